from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from sfn_cfn.errors import Code, Severity, SourceLocation
from sfn_cfn.model import OutputFile
from sfn_cfn.report import SFN291

from .conftest import WARNING, Run, template

ERROR = Code("SFN310", Severity.ERROR, "t", "e")
HERE = SourceLocation("workflows/train.py", 2, "States/Train")


def test_a_build_writes_templates_and_says_how_many(run: Run) -> None:
    assert run("build") == (0, "", "built workflows/score.py\nbuilt workflows/train.py\n2 templates\n")
    assert (run.root / "templates/train.yaml").read_text() == template("workflows/train.py")
    assert run.compiler.calls == [
        {
            "sources": ["workflows/score.py", "workflows/train.py"],
            "lint": True,
            "template_format": "yaml",
            "jobs": None,
        }
    ]


def test_a_second_build_says_what_did_not_change(run: Run) -> None:
    run("build")
    assert run("-q", "build") == (0, "", "")
    assert run("build")[2].splitlines()[-1] == "2 templates, 2 unchanged"


def test_options_and_sources_reach_the_compiler(run: Run) -> None:
    run("build", "train", "--no-lint", "--template-format", "json", "--jobs", "3")
    assert run.compiler.calls == [
        {"sources": ["workflows/train.py"], "lint": False, "template_format": "json", "jobs": 3}
    ]


def test_settings_are_defaults_for_options(run: Run) -> None:
    (run.root / "sfn-cfn.toml").write_text('[project]\noutput = "out"\nformat = "json"\nlint = false\n')
    run("build")
    assert run.compiler.calls[0]["template_format"] == "json"
    assert run.compiler.calls[0]["lint"] is False
    assert (run.root / "out/train.yaml").exists()


def test_a_build_from_below_and_from_outside_is_of_the_same_project(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.root / "workflows")
    assert run("build")[0] == 0
    monkeypatch.chdir(run.root.parent)
    assert run("--project", "fraud", "build")[2].splitlines()[-1] == "2 templates, 2 unchanged"


def test_output_goes_where_the_option_says_from_the_current_folder(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.root.parent)
    assert run("--project", "fraud", "build", "--output", "out")[0] == 0
    assert sorted(path.name for path in (run.root.parent / "out").iterdir()) == ["score.yaml", "train.yaml"]
    assert not (run.root / "templates").exists()


def test_a_warning_is_shown_with_its_line_and_the_exit_is_clean(run: Run) -> None:
    run.compiler.diagnostics = (
        WARNING.at(HERE, "task 'Train' has no TimeoutSeconds", "set timeout_seconds on the step"),
    )
    code, out, err = run("-q", "build")
    assert (code, out) == (0, "")
    assert err == (
        "warning[SFN320]: task 'Train' has no TimeoutSeconds\n"
        "  --> workflows/train.py:2 (States/Train)\n"
        "  2 | step = Step('train')\n"
        "  hint: set timeout_seconds on the step\n"
    )
    assert run("build")[2].splitlines()[-1] == "2 templates, 2 unchanged; 1 warning"


def test_findings_are_sorted_and_an_error_gives_exit_code_1(run: Run) -> None:
    run.compiler.failed = ("workflows/train.py",)
    run.compiler.diagnostics = (
        ERROR.at(HERE, "b"),
        WARNING.at(SourceLocation("workflows/train.py", 1), "a"),
        ERROR.at(SourceLocation("workflows/score.py"), "c"),
    )
    code, _, err = run("build")
    assert code == 1
    assert [row for row in err.splitlines() if "[SFN" in row] == [
        "error[SFN310]: c",
        "warning[SFN320]: a",
        "error[SFN310]: b",
    ]
    assert err.startswith("built workflows/score.py\nfailed workflows/train.py\n")
    assert err.endswith("1 template; 2 errors, 1 warning\n")


def test_a_workflow_that_fails_keeps_its_template(run: Run) -> None:
    run("build")
    before = (run.root / "templates/train.yaml").read_bytes()
    run.compiler.failed = ("workflows/train.py",)
    run.compiler.diagnostics = (ERROR.at(HERE, "b"),)
    code, _, err = run("build", "--prune")
    assert (code, "SFN705" in err) == (1, False)
    assert (run.root / "templates/train.yaml").read_bytes() == before


def test_check_mode_writes_nothing_and_tells_of_drift(run: Run) -> None:
    code, _, err = run("-q", "build", "--check", "train")
    assert code == 1
    assert err == (
        "error[SFN711]: this file is missing\n"
        "  --> templates/train.yaml\n"
        "  hint: run 'sfn-cfn build' and commit the result\n"
    )
    assert not (run.root / "templates").exists()


def test_check_mode_is_clean_after_a_build(run: Run) -> None:
    run("build")
    assert run("-q", "build", "--check") == (0, "", "")


def test_a_changed_file_is_shown_as_a_difference(run: Run) -> None:
    run("build")
    (run.root / "templates/train.yaml").write_text(template("workflows/train.py", "Resources: {a: 1}\n"))
    code, _, err = run("-q", "build", "--check")
    assert code == 1
    assert err == (
        "error[SFN712]: this file is not what the sources give\n"
        "  --> templates/train.yaml\n"
        "  --- on disk\n"
        "  +++ from the sources\n"
        "  @@ -4,2 +4,2 @@\n"
        "       Source: workflows/train.py\n"
        "  -Resources: {a: 1}\n"
        "  +Resources: {}\n"
        "  hint: run 'sfn-cfn build' and commit the result\n"
    )


def test_a_left_over_template_is_reported_and_pruned(run: Run) -> None:
    run("build")
    (run.root / "workflows/score.py").unlink()
    code, _, err = run("-q", "build")
    assert (code, err) == (
        0,
        (
            "warning[SFN705]: the workflow of 'workflows/score.py' for this template is no more\n"
            "  --> templates/score.yaml\n"
            "  hint: run 'sfn-cfn build --prune' to remove it and its configuration files\n"
        ),
    )
    assert run("-q", "build", "--check")[0] == 1
    assert run("build", "--prune")[2].splitlines()[-1] == "1 template, 1 unchanged, 1 removed"
    assert not (run.root / "templates/score.yaml").exists()


def test_a_build_of_one_source_does_not_call_the_others_left_over(run: Run) -> None:
    run("build")
    assert run("-q", "build", "train", "--prune") == (0, "", "")
    assert (run.root / "templates/score.yaml").exists()


def test_print_gives_the_template_and_writes_nothing(run: Run) -> None:
    assert run("-q", "build", "train", "--print") == (0, template("workflows/train.py"), "")
    assert not (run.root / "templates").exists()


def test_print_wants_one_template(run: Run) -> None:
    code, out, err = run("-q", "build", "--print")
    assert (code, out) == (2, "")
    assert err.endswith("--print needs exactly one template, and there are 2: score.yaml, train.yaml.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("build", "--check", "--prune"),
            "--check writes nothing, so it goes with neither --prune nor --print.",
        ),
        (
            ("--format", "json", "build", "--print"),
            "--print and --format json or sarif both write to stdout; choose one.",
        ),
    ],
)
def test_options_that_contradict_one_another_are_refused(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    code, _, err = run(*arguments)
    assert (code, err.splitlines()[-1]) == (2, f"Error: {message}")
    assert run.compiler.calls == []


def test_check_prints_findings_and_writes_nothing(run: Run) -> None:
    assert run("check") == (
        0,
        "",
        "built workflows/score.py\nbuilt workflows/train.py\n2 workflows; no findings\n",
    )
    assert not (run.root / "templates").exists()


def test_check_also_checks_what_would_be_written(run: Run) -> None:
    run.compiler.outputs = (OutputFile("train.yaml", "A: é\n"),)
    code, _, err = run("-q", "check", "train")
    assert code == 1
    assert err.startswith("error[SFN725]: line 1 is not ASCII: 'A: \\xe9'\n  --> templates/train.yaml:1\n")


def test_an_output_that_cannot_be_written_ends_with_exit_code_2(run: Run) -> None:
    (run.root / "templates").write_text("")
    assert run("-q", "build") == (
        2,
        "",
        (
            "error[SFN701]: a file stands where the folder 'templates' goes\n"
            "  --> templates\n"
            "  hint: remove the file, or name another folder by '--output'\n"
        ),
    )


def test_a_report_in_json_is_all_of_stdout(run: Run) -> None:
    run.compiler.diagnostics = (WARNING.at(HERE, "m", "h", "d"), WARNING.at(None, "n"))
    code, out, err = run("--format", "json", "build")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "version": 1,
        "findings": [
            {
                "code": "SFN320",
                "severity": "warning",
                "message": "n",
                "file": None,
                "line": None,
                "state": None,
                "hint": "",
                "detail": "",
            },
            {
                "code": "SFN320",
                "severity": "warning",
                "message": "m",
                "file": "workflows/train.py",
                "line": 2,
                "state": "States/Train",
                "hint": "h",
                "detail": "d",
            },
        ],
    }


def test_a_report_in_sarif_has_rules_and_places(run: Run) -> None:
    run.compiler.diagnostics = (
        WARNING.at(HERE, "m", "h"),
        ERROR.at(SourceLocation("workflows/a b.py"), "n"),
        ERROR.at(None, "o"),
    )
    code, out, err = run("--format", "sarif", "check")
    assert (code, err) == (1, "")
    report = json.loads(out)
    schema = json.loads((Path(__file__).parent / "sarif-subset.schema.json").read_text())
    jsonschema.validate(report, schema)
    (only,) = report["runs"]
    assert only["tool"]["driver"]["rules"] == [
        {"id": "SFN310"},
        {
            "id": "SFN320",
            "shortDescription": {"text": "a task has no time limit"},
            "fullDescription": {"text": "It may run for ever.\n\nSet one."},
            "defaultConfiguration": {"level": "warning"},
        },
    ]
    assert only["results"] == [
        {"ruleId": "SFN310", "ruleIndex": 0, "level": "error", "message": {"text": "o"}},
        {
            "ruleId": "SFN310",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "n"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": "workflows/a%20b.py"}}}],
        },
        {
            "ruleId": "SFN320",
            "ruleIndex": 1,
            "level": "warning",
            "message": {"text": "m\nh"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "workflows/train.py"},
                        "region": {"startLine": 2},
                    },
                    "logicalLocations": [{"fullyQualifiedName": "States/Train"}],
                }
            ],
        },
    ]


def test_a_report_without_findings_is_still_a_document(run: Run) -> None:
    assert json.loads(run("--format", "json", "check")[1]) == {"version": 1, "findings": []}
    assert json.loads(run("--format", "sarif", "check")[1])["runs"][0]["results"] == []


def test_an_excerpt_hides_what_looks_like_a_key_of_aws(run: Run) -> None:
    identity, secret = "AKIA" + "ABCDEFGHIJKLMNOP", "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY"
    (run.root / "workflows/train.py").write_text(f"\nx = '{identity}', '{secret}'\n")
    run.compiler.diagnostics = (ERROR.at(HERE, "m"),)
    assert "  2 | x = 'AKIA************', 'wJal************'\n" in run("-q", "check")[2]


def test_control_characters_of_user_texts_are_shown_as_escapes(run: Run) -> None:
    run.compiler.diagnostics = (ERROR.at(None, "state '\x1b[2J\x07'", "", "a\x1b[0m"),)
    assert run("-q", "check")[2] == "error[SFN310]: state '\\x1b[2J\\x07'\n  a\\x1b[0m\n"


def test_what_turns_the_direction_of_a_text_is_shown_as_an_escape(run: Run) -> None:
    run.compiler.diagnostics = (ERROR.at(None, "state 'a\u202eb\u2028c'"),)
    assert run("-q", "check")[2] == "error[SFN310]: state 'a\\u202eb\\u2028c'\n"


def test_a_finding_in_a_file_that_is_not_there_has_no_excerpt(run: Run) -> None:
    run.compiler.diagnostics = (ERROR.at(SourceLocation("gone.py", 3), "m"),)
    assert run("-q", "check")[2] == "error[SFN310]: m\n  --> gone.py:3\n"


def test_a_defect_of_ours_in_one_source_is_exit_code_3(run: Run) -> None:
    run.compiler.failed = ("workflows/score.py",)
    message = "sfn-cfn fails by itself: KeyError: 'x'"
    run.compiler.diagnostics = (SFN291.at(SourceLocation("workflows/score.py"), message),)
    code, _, err = run("-q", "build")
    assert (code, err) == (3, f"error[SFN291]: {message}\n  --> workflows/score.py\n")
    assert (run.root / "templates/train.yaml").exists()


@pytest.mark.parametrize("command", ["build", "check"])
def test_sources_that_are_gone_after_their_run_are_no_failure_of_the_rest(run: Run, command: str) -> None:
    run.compiler.effect = lambda: shutil.rmtree(run.root / "workflows")
    assert run("-q", command) == (0, "", "")
    assert (run.root / "templates/train.yaml").exists() == (command == "build")
