"""Stage switches from the settings to the template, by whole builds of the guide's example."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sfn_cfn import compiler, settings
from sfn_cfn.errors import SfnCfnError
from sfn_cfn.model import WorkflowSource
from sfn_cfn.report import BuildReport

GUIDE = (Path(__file__).parents[2] / "docs/how-to/stage-switches.md").read_text(encoding="utf-8")
FENCED = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
BLOCKS = [(language, text) for language, text in FENCED.findall(GUIDE)]
(WORKFLOW,) = (text for language, text in BLOCKS if language == "python")
SHORT, WHOLE = (text for language, text in BLOCKS if language == "toml")
(SAID,) = (text for language, text in BLOCKS if language == "text")


def build(root: Path, text: str) -> BuildReport:
    (root / "sfn-cfn.toml").write_text(text, encoding="utf-8")
    (root / "workflows").mkdir()
    source = root / "workflows/churn.py"
    source.write_text(WORKFLOW, encoding="utf-8")
    return compiler.build(settings.read(root), [WorkflowSource(root, source)], explain=True)


def test_the_guide_s_stages_need_a_result(tmp_path: Path) -> None:
    report = build(tmp_path, SHORT)
    shown = [
        f"error[{one.code}]: {one.message}\n  --> {one.location}\n"
        f"  {one.location.line} | {WORKFLOW.splitlines()[one.location.line - 1]}\n  hint: {one.hint}\n"
        for one in report.diagnostics
        if one.location
    ]
    assert shown[0] == SAID
    assert report.outputs == ()


def test_the_guide_s_example_builds_and_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    report = build(tmp_path, WHOLE)
    assert [one.message for one in report.diagnostics] == []
    (face,) = report.interfaces
    assert face.schema == {"Data": "str", "Stages": {"preprocess": "bool", "deploy": "bool"}}
    assert "Stages" in face.optional
    template = next(file.content for file in report.outputs if file.path == "churn.yaml")
    states = [
        "Run preprocess?",
        "Skip preprocess",
        "Clean",
        "Split",
        "Train",
        "Run deploy?",
        "Skip deploy",
        "Deploy",
    ]
    assert [
        name for name in re.findall(r'^ +"([^"]+)": \{', template, re.MULTILINE) if name in states
    ] == states
    assert '"InputPath": "$$.Execution.Input.Data"' in template


@pytest.mark.parametrize(
    ("stages", "found"),
    [
        (
            '{ pre = ["Clena"] }',
            "SFN690 {}: stage 'pre' names state 'Clena', which the workflow does not have",
        ),
        ("{ pre = [] }", "SFN690 {}: stage 'pre' has no states"),
        (
            '{ pre = { states = ["Deploy"], result = { x = 1 } } }',
            "SFN695 {}: result 'x' of stage 'pre' is no reference path and no variable",
        ),
    ],
)
def test_a_fault_of_the_settings_is_at_their_line(tmp_path: Path, stages: str, found: str) -> None:
    report = build(tmp_path, f"[workflows.churn]\nstages = {stages}\n")
    assert [f"{one.code} {one.location}: {one.message}" for one in report.diagnostics] == [
        found.format("sfn-cfn.toml:2")
    ]


def test_a_default_that_is_no_boolean_has_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(SfnCfnError) as caught:
        build(tmp_path, "[workflows.churn.stages.pre]\nstates = ['Clean']\ndefault = 'no'\n")
    assert [(one.code, str(one.location), one.message, one.hint) for one in caught.value.diagnostics] == [
        (
            "SFN112",
            "sfn-cfn.toml:3",
            "'workflows.churn.stages.pre.default' is a text, not a boolean",
            "write true or false",
        )
    ]


def test_the_guide_s_input_is_what_the_example_takes(tmp_path: Path) -> None:
    from sfn_cfn.deploy.input_checks import check  # noqa: PLC0415 (as the command does)
    from sfn_cfn.deploy.inputs import assigned  # noqa: PLC0415

    (face,) = build(tmp_path, WHOLE).interfaces
    (given,) = (json.loads(text) for language, text in BLOCKS if language == "json")
    assert list(check(face, given)) == []
    assert [one.message for one in check(face, {**given, "Stages": {"deploy": "false"}})] == [
        "input 'Stages.deploy' is of type str, not bool"
    ]
    assert [one.message for one in check(face, {**given, "Stages": "preprocess"})] == [
        "input 'Stages' is of type str, not object"
    ]
    assert "--set Stages.preprocess=false" in GUIDE
    assert assigned(["Stages.preprocess=false"], face) == {"Stages": {"preprocess": False}}
