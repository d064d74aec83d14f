"""The stages together, on real sources: what a build gives and what it leaves out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from samples import ROOT, WORLD, loaded, machine

from sfn_cfn import compiler
from sfn_cfn import settings as project_settings
from sfn_cfn.check import linting
from sfn_cfn.check.lint import Linter
from sfn_cfn.emit_checks import source_of
from sfn_cfn.errors import Diagnostic, Severity, SourceLocation
from sfn_cfn.model import GivenSettings, OutputFile, ParameterDeclaration, WorkflowSource
from sfn_cfn.report import BuildReport
from sfn_cfn.settings import Environment, Settings
from sfn_cfn.template import yaml

GOOD = """
from stepfunctions.steps import Chain, Pass, Succeed
from stepfunctions.workflow import Workflow

Workflow({name!r}, Chain([Pass("First"), Succeed("Last")]), role="")
"""
BAD_CHOICE = """
from stepfunctions.steps import Task, Chain
from stepfunctions.workflow import Workflow

Workflow("sms", Chain([Task("Text", resource="arn:aws:states:::sms:send", timeout_seconds=3)]), role="")
"""


def build(
    root: Path, files: dict[str, str], *, stands: tuple[str, ...] = (), lint: bool = False
) -> BuildReport:
    (root / "workflows").mkdir(exist_ok=True)
    for name, content in files.items():
        (root / "workflows" / name).write_text(content, encoding="utf-8")
    sources = [WorkflowSource(root, root / "workflows" / name) for name in sorted(files)]
    return compiler.build(Settings(root), sources, lint=lint, stands=lambda file: file.path in stands)


def paths(outputs: tuple[OutputFile, ...]) -> list[str]:
    return [output.path for output in outputs]


def test_one_bad_source_does_not_keep_the_others_from_their_templates(tmp_path: Path) -> None:
    report = build(tmp_path, {"a.py": GOOD.format(name="a"), "b.py": "1 / 0\n", "sms.py": BAD_CHOICE})
    assert paths(report.outputs) == ["a.yaml", "config/a.dev.json", "config/a.prod.json"]
    assert report.failed == ("workflows/b.py", "workflows/sms.py")
    errors = [item for item in report.diagnostics if item.severity is Severity.ERROR]
    assert [str(item.location) for item in errors] == [
        "workflows/b.py:1",
        "workflows/sms.py:5 (States/Text)",
    ]


def test_two_workflows_of_one_name_are_both_refused(tmp_path: Path) -> None:
    report = build(tmp_path, {"a.py": GOOD.format(name="same"), "b.py": GOOD.format(name="same")})
    assert report.outputs == ()
    assert [(item.code, str(item.location), item.message) for item in report.diagnostics] == [
        ("SFN190", "workflows/a.py:5", "workflow 'same' is also made at workflows/b.py:5"),
        ("SFN190", "workflows/b.py:5", "workflow 'same' is also made at workflows/a.py:5"),
    ]


@pytest.mark.parametrize(
    ("whole", "bad", "expected"), [(True, "", ["SFN432"]), (False, "", []), (True, "1 / 0\n", ["SFN203"])]
)
def test_a_parameter_set_in_vain_is_a_finding_once_all_templates_are_known(
    tmp_path: Path, whole: bool, bad: str, expected: list[str]
) -> None:
    settings = Settings(tmp_path, environments=(Environment("dev", parameters={"Nmae": "x"}),))
    sources = []
    for name, content in {"a": GOOD.format(name="a"), "b": bad or GOOD.format(name="b")}.items():
        path = tmp_path / f"{name}.py"
        path.write_text(content, encoding="utf-8")
        sources.append(WorkflowSource(tmp_path, path))
    report = compiler.build(settings, sources, lint=False, whole=whole)
    assert [item.code for item in report.diagnostics] == expected


WAITING = """
[workflows.a.triggers.after]
kind = "workflow"
workflow = "zz"
[workflows.c.tracing]
"""
STRANGER = "SFN676 sfn-cfn.toml:7: 'workflows.c' is set, and the project has no such workflow | take it out"


@pytest.mark.parametrize(
    ("whole", "awaited", "expected", "built"),
    [
        (
            True,
            "zz",
            [
                (
                    "SFN675 sfn-cfn.toml:6: trigger 'after' waits for workflow 'zz', which the project does not have | "
                    "write state_machine in place of workflow, or take it out"
                )
            ],
            ["b.yaml"],
        ),
        (True, "b", [STRANGER], ["a.yaml", "b.yaml"]),
        (False, "zz", [], ["a.yaml", "b.yaml"]),
    ],
)
def test_a_workflow_of_the_settings_is_one_of_the_project(
    tmp_path: Path, whole: bool, awaited: str, expected: list[str], built: list[str]
) -> None:
    toml = '[project]\nname = "ml"\n' + WAITING.replace("zz", awaited)
    (tmp_path / "sfn-cfn.toml").write_text(toml, encoding="utf-8")
    sources = []
    for name in ("a", "b"):
        path = tmp_path / f"{name}.py"
        path.write_text(GOOD.format(name=name), encoding="utf-8")
        sources.append(WorkflowSource(tmp_path, path))
    report = compiler.build(project_settings.read(tmp_path), sources, lint=False, whole=whole)
    found = [f"{one.code} {one.location}: {one.message} | {one.hint}" for one in report.diagnostics]
    assert (found, [one for one in paths(report.outputs) if "/" not in one]) == (expected, built)


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        (
            "state_machine={'type': 'EXPRESS'}",
            "SFN664 a.py:6: trigger 'after' waits for workflow 'b', which is Express and sends no events",
        ),
        (
            "triggers={'back': {'kind': 'workflow', 'workflow': 'a'}}",
            "SFN637 a.py:6: trigger 'after' starts workflow 'a' at the end of what it starts: 'a', then 'b'",
        ),
        ("tracing={'enabled': True}", ""),
    ],
)
def test_what_one_source_sets_for_its_workflow_is_known_to_the_triggers_of_others(
    tmp_path: Path, beside: str, expected: str
) -> None:
    waits = "triggers={'after': {'kind': 'workflow', 'workflow': 'b'}}"
    sources = []
    for name, tables in (("a", waits), ("b", beside)):
        path = tmp_path / f"{name}.py"
        configured = f"import sfn_cfn; sfn_cfn.configure({name!r}, {tables})\n"
        path.write_text(GOOD.format(name=name) + configured, encoding="utf-8")
        sources.append(WorkflowSource(tmp_path, path))
    report = compiler.build(Settings(tmp_path), sources, lint=False, whole=True)
    found = [f"{one.code} {one.location}: {one.message}" for one in report.diagnostics]
    assert expected in found if expected else found == []
    assert report.settings(Settings(tmp_path)).of("b").own == report.configured["b"].own != {}


def test_settings_choose_what_is_emitted(tmp_path: Path) -> None:
    (tmp_path / "workflows").mkdir()
    path = tmp_path / "workflows/two.py"
    path.write_text(GOOD.format(name="one") + GOOD.format(name="two"), encoding="utf-8")
    report = compiler.build(Settings(tmp_path, emit=("two",)), [WorkflowSource(tmp_path, path)], lint=False)
    assert report.workflows == ("two",)


def test_a_defect_of_ours_is_said_at_the_source_and_harms_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/broken_entry.py").write_text(
        "from sfn_cfn import compiler, synthesize\n"
        "def go(text):\n"
        "    if 'b.py' in text:\n"
        "        synthesize.synthesize = None\n"
        "    return compiler.compile_request(text)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.setattr(compiler, "_ENTRY", "broken_entry:go")
    report = build(tmp_path, {"a.py": GOOD.format(name="a"), "b.py": GOOD.format(name="b")})
    assert [item.path for item in report.outputs if "/" not in item.path] == ["a.yaml"]
    (finding,) = report.diagnostics
    assert (finding.code, str(finding.location)) == ("SFN291", "workflows/b.py")
    assert finding.message == "sfn-cfn fails by itself: TypeError: 'NoneType' object is not callable"
    assert finding.hint == "report it with the traceback and the output of 'sfn-cfn version'"
    assert finding.detail.startswith("Traceback (most recent call last):\n")


READS = GOOD.format(name="umlaut").replace('"First"', 'open("data.txt").read()')


@pytest.mark.parametrize("name", ["fluß.py", "byte-\udcff.py"])
def test_names_and_texts_beyond_ascii_give_the_same_template_in_any_locale(tmp_path: Path, name: str) -> None:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "data.txt").write_bytes("Größe".encode())
    (tmp_path / "workflows" / name).write_text(READS)
    written = []
    for variables in ({"PYTHONUTF8": "1"}, {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}):
        command = [sys.executable, "-m", "sfn_cfn", "--project", str(tmp_path), "build", "--no-lint"]
        done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, check=False)
        assert (done.returncode, done.stderr.splitlines()[1:]) == (
            0,
            [b"1 template" + b", 1 unchanged" * len(written)],
        )
        written.append((tmp_path / "templates/umlaut.yaml").read_text())
    assert written[0] == written[1]


HELPER = """
import sys
from stepfunctions.steps import Pass
from stepfunctions.workflow import Workflow

Workflow("shared", Pass(sys.argv[0] if {varies} else "A"), role="")
"""


def test_a_workflow_of_a_helper_that_two_sources_import_is_one(tmp_path: Path) -> None:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows/_helper.py").write_text(HELPER.format(varies=False))
    source = "import _helper\n" + GOOD
    files = {"a.py": source.format(name="a"), "b.py": source.format(name="b"), "c.py": "import _helper\n"}
    report = build(tmp_path, files)
    assert report.diagnostics == ()
    assert [item.path for item in report.outputs if "/" not in item.path] == [
        "a.yaml",
        "b.yaml",
        "shared.yaml",
    ]
    assert report.workflows == ("a", "b", "shared")
    (shared,) = (item.content for item in report.outputs if item.path == "shared.yaml")
    assert source_of(shared) == "workflows/a.py"


def test_a_workflow_of_a_source_that_another_imports_belongs_to_the_first(tmp_path: Path) -> None:
    files = {"z.py": GOOD.format(name="z"), "a.py": "import z\n" + GOOD.format(name="a")}
    report = build(tmp_path, files)
    assert report.diagnostics == ()
    assert {item.path: source_of(item.content) for item in report.outputs if "/" not in item.path} == {
        "a.yaml": "workflows/a.py",
        "z.yaml": "workflows/z.py",
    }


def test_a_workflow_of_a_helper_that_differs_between_its_sources_is_refused(tmp_path: Path) -> None:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows/_helper.py").write_text(HELPER.format(varies=True))
    report = build(tmp_path, {"a.py": "import _helper\n", "b.py": "import _helper\n"})
    assert report.outputs == ()
    assert [(str(item.location), item.message, item.hint) for item in report.diagnostics] == [
        (
            "workflows/_helper.py:6",
            "workflow 'shared' is made for 'workflows/a.py' and 'workflows/b.py', and differs",
            "make it the same for all sources, or give each its own name",
        )
    ]


def test_a_workflow_made_twice_at_one_line_is_refused(tmp_path: Path) -> None:
    source = (
        "from stepfunctions.steps import Pass\nfrom stepfunctions.workflow import Workflow\n"
        "for name in 'AB':\n    Workflow('same', Pass(name), role='')\n"
    )
    report = build(tmp_path, {"a.py": source})
    assert report.outputs == ()
    assert [(str(item.location), item.message, item.hint) for item in report.diagnostics] == [
        (
            "workflows/a.py:4",
            "workflow 'same' is made more than once here",
            "give each workflow a name of its own",
        )
    ]


@pytest.mark.parametrize(("stands", "linted"), [((), True), (("wait.yaml",), False)])
def test_a_template_that_stands_as_it_is_is_not_linted_again(
    tmp_path: Path, stands: tuple[str, ...], linted: bool
) -> None:
    source = (
        "from stepfunctions.steps import Wait\nfrom stepfunctions.workflow import Workflow\n"
        "Workflow('wait', Wait('A', seconds=-1), role='')\n"
    )
    report = build(tmp_path, {"wait.py": source}, stands=stands, lint=True)
    found = [(str(item.location), item.message) for item in report.diagnostics]
    expected = (
        "workflows/wait.py:3 (States/A)",
        "cfn-lint E3601: -1 is less than the minimum of 0 at 'States/A/Seconds'",
    )
    assert found == ([expected] if linted else [])
    assert report.failed == (("workflows/wait.py",) if linted else ())


def test_a_build_that_is_interrupted_does_not_wait_for_what_is_not_linted_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, going = threading.Event(), threading.Event()
    linted: list[str] = []

    def lint(_self: Linter, subjects: Sequence[str]) -> tuple[Diagnostic, ...]:
        linted.extend(subjects)
        begun.set()
        going.wait(5)
        return ()

    monkeypatch.setattr(Linter, "_start", lambda _: None)
    monkeypatch.setattr(Linter, "_stop", lambda _: going.set())
    monkeypatch.setattr(Linter, "lint", lint)

    def interrupted() -> None:
        with linting.linting(True) as check:
            for name in ("a", "b", "c"):
                check(name)  # type: ignore[arg-type]
            begun.wait(20)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert linted == ["a"]


def test_a_role_given_by_a_parameter_makes_room_for_the_templates_own() -> None:
    model = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createModel",
        "Parameters": {
            "ModelName": "m",
            "ExecutionRoleArn": "${MyRole}",
            "PrimaryContainer": {"Image": "${Image}", "ModelDataUrl": "s3://bucket/m.tar.gz"},
        },
        "End": True,
    }
    image = "739164285013.dkr.ecr.eu-west-1.amazonaws.com/mine:1"
    declared = (ParameterDeclaration("MyRole", "String", "r"), ParameterDeclaration("Image", "String", image))
    one, _ = compiler.compile_workflow(loaded(machine(M=model), parameters=declared), Settings(ROOT), "yaml")
    assert one
    parameters = yaml.load(one.outputs[0].content, "train.yaml").parameters
    assert list(parameters) == [
        "PipelineName",
        "TargetEnv",
        "Image",
        "SageMakerRoleArn",
        "WorkflowExecutionRoleArn",
    ]


def test_what_binds_a_template_to_a_place_is_reported_with_the_other_findings() -> None:
    host = "https://sqs.us-west-2.amazonaws.com"
    image = "720646828776.dkr.ecr.ap-south-1.amazonaws.com/sagemaker-next:1"
    given = loaded(machine(A={"Type": "Pass", "Result": [host, image], "End": True}))
    made, findings = compiler.compile_workflow(given, Settings(ROOT), "yaml")
    assert made
    assert sorted(item.code for item in findings) == ["SFN330", "SFN332"]


def test_json_is_the_same_template() -> None:
    given = loaded(machine(A={"Type": "Pass", "Result": "${AWS::Region} ${literal}", "End": True}))
    as_yaml, _ = compiler.compile_workflow(given, Settings(ROOT), "yaml")
    as_json, _ = compiler.compile_workflow(given, Settings(ROOT), "json")
    assert as_yaml
    assert as_json
    assert as_json.outputs[0].path == "train.json"
    machine_ = json.loads(as_json.outputs[0].content)["Resources"]["StateMachineComponent"]["Properties"]
    text = yaml.load(as_yaml.outputs[0].content, "t").resources["StateMachineComponent"]["Properties"]
    assert machine_["DefinitionString"] == {"Fn::Sub": text["DefinitionString"].argument}
    assert machine_["StateMachineName"] == {"Fn::Sub": "${PipelineName}-train-${TargetEnv}"}


def test_what_no_role_can_be_derived_for_is_told_together_with_other_errors() -> None:
    function = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionNam": "a"},
    }
    unknown = {"Type": "Task", "Resource": "arn:aws:states:::glue:startCrawler", "Parameters": {}}
    given = loaded(machine(A={**function, "Next": "B"}, B={**unknown, "End": True}))
    made, findings = compiler.compile_workflow(given, Settings(ROOT), "yaml")
    assert made is None
    errors = [item.code for item in findings if item.severity is Severity.ERROR]
    assert errors == ["SFN350", "SFN351", "SFN351", "SFN501"]


def test_settings_in_the_source_give_the_template_that_the_same_table_in_the_file_gives(
    tmp_path: Path,
) -> None:
    head = "[workflows.train"
    text = (
        f"{head}.logging]\nretention_days = 30\n"
        f"{head}.schedules.nightly]\ncron = '0 2 * * ? *'\ninput = {{ Data = 's3://${{DataBucketName}}/daily' }}\n"
        f"{head}.triggers.new]\nkind = 's3'\nbucket = '${{DataBucketName}}'\nprefix = 'in/'\ninput = {{ Data = 'x' }}\n"
        f"{head}.stages]\nfirst = ['A']\n"
    )
    (tmp_path / "sfn-cfn.toml").write_text(text, encoding="utf-8")
    bucket = f"sagemaker-{WORLD.region}-{WORLD.account}"
    tables = {
        "logging": {"retention_days": 30},
        "schedules": {"nightly": {"cron": "0 2 * * ? *", "input": {"Data": f"s3://{bucket}/daily"}}},
        "triggers": {"new": {"kind": "s3", "bucket": bucket, "prefix": "in/", "input": {"Data": "x"}}},
        "stages": {"first": ["A"]},
    }
    first = {"Type": "Pass", "Parameters": {"d.$": "$$.Execution.Input['Data']"}, "Next": "B"}
    states = machine(A=first, B={"Type": "Succeed"})
    plain = loaded(states, input_schema={"Data": "str"})
    beside = replace(plain, given=(GivenSettings(tables, SourceLocation("workflows/train.py", 50)),))
    project = project_settings.read(tmp_path)
    expected, _ = compiler.compile_workflow(plain, project, "yaml")
    made, findings = compiler.compile_workflow(beside, replace(project, workflows={}), "yaml")
    assert made, findings
    assert expected
    assert made.outputs == expected.outputs
    assert "WorkflowDataBucket" in yaml.load(made.outputs[0].content, "train.yaml").resources
    assert made.settings
    assert made.settings.place("triggers", "new") == SourceLocation("workflows/train.py", 50)
