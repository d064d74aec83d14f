"""Roles' settings from the file to the template, by whole builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfn_cfn import compiler, settings
from sfn_cfn.model import WorkflowSource
from sfn_cfn.report import BuildReport

WORKFLOW = """\
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import Chain, Task
from stepfunctions.steps.service import SnsPublishStep
from stepfunctions.workflow import Workflow

inputs = ExecutionInput(schema={{"Topic": str}})
step = SnsPublishStep("Tell", parameters={{"TopicArn": inputs["Topic"], "Message": "done"}})
Workflow("{name}", Chain([step]), role="arn:aws:iam::111122223333:role/x", execution_input=inputs)
"""
TOPIC = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${Team}-done"
SETTINGS = f"""\
[parameters.Team]
default = "risk"
allowed_pattern = "[a-z]{{1,20}}"

[environments.dev]
parameters = {{ Team = "ml" }}

[iam.inputs]
Topic = "{TOPIC}"
"""


def build(root: Path, text: str, names: tuple[str, ...] = ("a", "b"), *, whole: bool = True) -> BuildReport:
    (root / "sfn-cfn.toml").write_text(text, encoding="utf-8")
    sources = []
    for name in names:
        path = root / f"{name}.py"
        path.write_text(WORKFLOW.format(name=name), encoding="utf-8")
        sources.append(WorkflowSource(root, path))
    return compiler.build(settings.read(root), sources, lint=False, whole=whole)


def warned(report: BuildReport) -> list[str]:
    return [f"{one.code} {one.location}: {one.message}" for one in report.diagnostics if one.code != "SFN320"]


def test_a_parameter_of_an_allowed_value_is_in_the_template_and_its_configuration(tmp_path: Path) -> None:
    report = build(tmp_path, SETTINGS, ("a",))
    assert warned(report) == []
    files = {file.path: file.content for file in report.outputs}
    assert f"Resource: !Sub '{TOPIC}'" in files["a.yaml"]
    assert "  Team:\n    Type: String\n    Default: risk\n" in files["a.yaml"]
    assert '"TopicArn.$": "$$.Execution.Input[\'Topic\']"' in files["a.yaml"]
    assert '"Team": "ml"' in files["config/a.dev.json"]


def test_a_value_that_a_deployment_gives_such_a_parameter_is_held_to_its_pattern(tmp_path: Path) -> None:
    report = build(tmp_path, SETTINGS.replace('"ml"', '"ML"'), ("a",))
    assert warned(report) == [
        "SFN433 sfn-cfn.toml:6: 'ML' of environment 'dev' for parameter 'Team' does not match its pattern [a-z]{1,20}"
    ]


@pytest.mark.parametrize("whole", [True, False])
def test_an_input_of_all_workflows_that_none_reads_is_a_finding_once_all_are_known(
    tmp_path: Path, whole: bool
) -> None:
    report = build(tmp_path, f"{SETTINGS}Tpoic = 'x'\n", whole=whole)
    found = ["SFN514 sfn-cfn.toml:10: the settings narrow 'Tpoic', which no workflow reads"]
    assert warned(report) == (found if whole else [])


def test_an_input_that_one_workflow_reads_and_another_does_not_is_none(tmp_path: Path) -> None:
    (tmp_path / "sfn-cfn.toml").write_text(SETTINGS, encoding="utf-8")
    sources = []
    for name, field in (("reads", "Topic"), ("reads_other", "Other")):
        path = tmp_path / f"{name}.py"
        path.write_text(WORKFLOW.format(name=name).replace('Topic"', f'{field}"'), encoding="utf-8")
        sources.append(WorkflowSource(tmp_path, path))
    report = compiler.build(settings.read(tmp_path), sources, lint=False, whole=True)
    assert warned(report) == []
    assert len(report.workflows) == 2


def test_an_input_that_a_workflow_allows_other_values_for_is_none(tmp_path: Path) -> None:
    text = f"{SETTINGS}\n[workflows.a.iam.inputs]\nTopic = '{TOPIC}-own'\n"
    assert warned(build(tmp_path, text)) == []


def test_a_mistake_in_a_statement_of_all_workflows_is_said_once(tmp_path: Path) -> None:
    statement = "actions = ['s3:GetObjct']\nresources = ['arn:aws:s3:::b/*']"
    text = f"{SETTINGS}\n[iam.workflow_role.statements.A]\n{statement}\n"
    report = build(tmp_path, text)
    assert warned(report) == [
        "SFN510 sfn-cfn.toml:12: statement 'A' allows 's3:GetObjct', which is no action of IAM"
    ]
    assert report.outputs == ()
