from __future__ import annotations

import json
import os
import pty
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sfn_cfn.cli import explanations, main
from sfn_cfn.cli.console import Services
from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation
from sfn_cfn.model import Explanation
from sfn_cfn.report import Explained

ROOT = Path(__file__).parents[2]
ERROR = Code("SFN310", Severity.ERROR, "t", "e")
WARNING = Code("SFN320", Severity.WARNING, "t", "e")

PASS_ROLE = Explanation(
    role="WorkflowExecutionRole",
    state="Train",
    place="workflows/train.py:12",
    call="sagemaker:createTrainingJob.sync",
    sid="PassRole",
    actions=("iam:PassRole",),
    resources=("${SageMakerRole}",),
    conditions=("StringEquals iam:PassedToService = sagemaker.amazonaws.com",),
    why="passes the role",
)
TRUST = Explanation(
    "WorkflowExecutionRole",
    "",
    "",
    "",
    "",
    ("sts:AssumeRole",),
    ("Service states.amazonaws.com",),
    (),
    "may use it",
)
JOBS = Explanation(
    "SageMakerExecutionRole", "A|b", "x:1", "c", "S3Read", ("s3:GetObject", "s3:X"), ("r", "s"), (), "reads"
)


@dataclass
class Project:
    """A project's folder, what each of its sources makes, and `main` in it."""

    root: Path
    capsys: pytest.CaptureFixture[str]
    makes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    rows: tuple[Explanation, ...] = (PASS_ROLE,)
    runs: list[list[str]] = field(default_factory=list)

    def build(self, _settings: Any, sources: Sequence[Any], **options: Any) -> Any:
        assert options["explain"] is True
        assert options["lint"] is False
        self.runs.append([source.path.stem for source in sources])
        made = [(name, source) for source in sources for name in self.makes.get(source.path.stem, ())]
        explained = tuple(Explained(name, source.name, self.rows) for name, source in made)
        return SimpleNamespace(explained=explained, diagnostics=self.diagnostics)

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        code = main(["-q", *arguments], Services(self.build))
        out, err = self.capsys.readouterr()
        return code, out, err

    def names(self, wanted: str) -> list[str]:
        """The workflows that are shown."""
        code, out, _ = self("explain-policy", wanted, "--format", "json")
        assert code == 0
        return [one["workflow"] for one in json.loads(out)["workflows"]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    (tmp_path / "workflows").mkdir()
    for name in ("score", "train"):
        (tmp_path / f"workflows/{name}.py").write_text("")
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys, {"score": ("score", "score-daily"), "train": ("fraud-train",)})


def test_a_workflow_is_found_by_its_name_wherever_it_is_made(project: Project) -> None:
    assert project.names("fraud-train") == ["fraud-train"]
    assert project.runs == [["score", "train"]]


def test_a_source_whose_name_has_underscores_for_hyphens_runs_alone(project: Project) -> None:
    (project.root / "workflows/batch_score.py").write_text("")
    project.makes["batch_score"] = ("batch-score",)
    assert project.names("batch-score") == ["batch-score"]
    assert project.runs == [["batch_score"]]


def test_a_source_that_is_only_alike_does_not_stand_for_the_workflow(project: Project) -> None:
    (project.root / "workflows/fraud_train.py").write_text("")
    project.makes["fraud_train"] = ("other",)
    assert project.names("fraud-train") == ["fraud-train"]
    assert project.runs == [["fraud_train"], ["score", "train"]]
    code, _, err = project("explain-policy", "fraud-trai")
    assert code == 2
    assert err.endswith("Error: there is no workflow 'fraud-trai'; did you mean 'fraud-train'?\n")
    del project.makes["train"]
    code, _, err = project("explain-policy", "fraud-train")
    assert (code, err.splitlines()[-1]) == (
        2,
        "Error: there is no workflow 'fraud-train'; there are other, score, score-daily.",
    )


def test_a_source_of_that_name_runs_alone(project: Project) -> None:
    assert project.names("score") == ["score"]
    assert project.runs == [["score"]]


def test_a_path_gives_all_workflows_of_its_source(project: Project) -> None:
    assert project.names("workflows/score.py") == ["score", "score-daily"]
    assert project.runs == [["score"]]


def test_a_source_that_makes_workflows_of_other_names_gives_them_if_nobody_has_its_own(
    project: Project,
) -> None:
    assert project.names("train") == ["fraud-train"]
    assert project.runs == [["train"], ["score"]]


def test_a_workflow_goes_before_a_source_of_the_same_name(project: Project) -> None:
    project.makes["score"] = ("train",)
    assert project.names("train") == ["train"]


@pytest.mark.parametrize(
    ("wanted", "rest"),
    [("fraud-trian", "; did you mean 'fraud-train'?"), ("x", "; there are fraud-train, score, score-daily.")],
)
def test_an_unknown_name_is_told_with_the_nearest_one(project: Project, wanted: str, rest: str) -> None:
    code, out, err = project("explain-policy", wanted)
    assert (code, out) == (2, "")
    assert f"there is no workflow '{wanted}'{rest}" in err


def test_an_unknown_path_is_told_as_in_a_build(project: Project) -> None:
    code, _, err = project("explain-policy", "workflows/trian.py")
    assert code == 2
    assert err.startswith("error[SFN103]: there is no source 'workflows/trian.py'\n")


def test_an_error_of_the_workflow_is_shown_in_place_of_its_roles(project: Project) -> None:
    project.makes = {}
    project.diagnostics = (
        ERROR.at(SourceLocation("workflows/train.py", 1), "broken"),
        WARNING.at(SourceLocation("workflows/train.py", 1), "meh"),
    )
    code, out, err = project("explain-policy", "train")
    assert (code, out) == (1, "")
    assert err == "error[SFN310]: broken\n  --> workflows/train.py:1\n"


def test_sarif_is_refused(project: Project) -> None:
    code, _, err = project("--format", "sarif", "explain-policy", "train")
    assert code == 2
    assert "explain-policy has no SARIF; give it --format text, markdown or json." in err


def test_the_format_of_all_commands_goes_for_this_one_too(project: Project) -> None:
    _, out, _ = project("--format", "json", "explain-policy", "fraud-train")
    assert json.loads(out)["version"] == 1


def test_json_has_every_field_and_null_for_what_is_not(project: Project) -> None:
    project.rows = (TRUST,)
    _, out, _ = project("explain-policy", "fraud-train", "--format", "json")
    assert json.loads(out) == {
        "version": 1,
        "workflows": [
            {
                "workflow": "fraud-train",
                "source": "workflows/train.py",
                "statements": [
                    {
                        "role": "WorkflowExecutionRole",
                        "state": None,
                        "place": None,
                        "call": None,
                        "sid": None,
                        "actions": ["sts:AssumeRole"],
                        "resources": ["Service states.amazonaws.com"],
                        "conditions": [],
                        "why": "may use it",
                    }
                ],
            }
        ],
    }


def test_a_pipe_gets_plain_text(project: Project) -> None:
    project.rows = (PASS_ROLE, TRUST, JOBS)
    assert project("explain-policy", "fraud-train") == (
        0,
        (
            "fraud-train (workflows/train.py)\n"
            "\n"
            "WorkflowExecutionRole\n"
            "  State  Call                              Statement     Why\n"
            "  Train  sagemaker:createTrainingJob.sync  PassRole      passes the role\n"
            "    iam:PassRole\n"
            "    on ${SageMakerRole}\n"
            "    where StringEquals iam:PassedToService = sagemaker.amazonaws.com\n"
            "  -      -                                 trust policy  may use it\n"
            "    sts:AssumeRole\n"
            "    by Service states.amazonaws.com\n"
            "\n"
            "SageMakerExecutionRole\n"
            "  State  Call  Statement  Why\n"
            "  A|b    c     S3Read     reads\n"
            "    s3:GetObject, s3:X\n"
            "    on r\n"
            "    on s\n"
        ),
        "",
    )


def test_markdown_has_a_table_for_each_role(project: Project) -> None:
    project.rows = (PASS_ROLE, JOBS)
    _, out, _ = project("explain-policy", "fraud-train", "--format", "markdown")
    assert out == (
        "## fraud-train\n"
        "\n"
        "From `workflows/train.py`.\n"
        "\n"
        "### WorkflowExecutionRole\n"
        "\n"
        "| State | Call | Statement | Actions | Resources | Conditions | Why |\n"
        "|---|---|---|---|---|---|---|\n"
        "| Train | `sagemaker:createTrainingJob.sync` | `PassRole` | `iam:PassRole` | `${SageMakerRole}` | "
        "`StringEquals iam:PassedToService = sagemaker.amazonaws.com` | passes the role |\n"
        "\n"
        "### SageMakerExecutionRole\n"
        "\n"
        "| State | Call | Statement | Actions | Resources | Conditions | Why |\n"
        "|---|---|---|---|---|---|---|\n"
        "| A\\|b | `c` | `S3Read` | `s3:GetObject`<br>`s3:X` | `r`<br>`s` | - | reads |\n"
    )


def test_a_terminal_gets_a_table_within_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    main_end, terminal = pty.openpty()
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(terminal, "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        text = explanations.as_text([Explained("train", "workflows/train.py", (PASS_ROLE,))])
    os.close(main_end)
    lines = text.splitlines()
    assert "train (workflows/train.py): WorkflowExecutionRole" in lines[0]
    assert lines[2].split("  ")[0].strip() == "State, call"
    assert "Statement, why" in lines[2]
    assert lines[4].split() == ["Train", "PassRole", "iam:PassRole"]
    assert max(map(len, lines)) <= 70
    assert "\x1b[" not in lines[3]


def test_a_real_workflow_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["-q", "--project", str(ROOT), "explain-policy", "workflows/glue_etl.py", "--format", "json"]
    assert main(arguments) == 0
    (found,) = json.loads(capsys.readouterr().out)["workflows"]
    assert found["workflow"] == "glue-etl"
    calls = {one["call"]: one["why"] for one in found["statements"] if one["sid"] == "GlueJobRun"}
    assert calls == {
        "glue:startJobRun.sync": "starts the Glue job; with .sync watches the run, and stops it when told to"
    }
