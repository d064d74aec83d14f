"""A state machine that is replaced while its alias keeps its name: refused by `deploy`, and nothing is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from applications import Application
from project import Project, Workflow

from sfn_cfn.deploy import aws
from sfn_cfn.template.intrinsics import ref

# moto knows no bucket policies, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")

HINT = 'give the alias another name too ([versions] alias = "..."), or deploy without [versions] first'


def versioned(machine: str, alias: Any = "live") -> Workflow:
    properties = {
        "Name": alias,
        "DeploymentPreference": {"StateMachineVersionArn": "arn", "Type": "ALL_AT_ONCE"},
    }
    resource = {"Type": "AWS::StepFunctions::StateMachineAlias", "Properties": properties}
    return Workflow("train", machine=machine, assets=(), resources={"StateMachineAlias": resource})


def names(cloud: aws.Cloud) -> list[str]:
    return sorted(one["name"] for one in cloud.client("stepfunctions").list_state_machines()["stateMachines"])


@pytest.mark.parametrize("option", ["--yes", "--allow-replacement"])
@pytest.mark.parametrize("alias", ["prod", ref("TargetEnv")])
def test_an_alias_that_keeps_its_name_with_a_machine_that_does_not_is_refused(
    project: Project, cloud: aws.Cloud, option: str, alias: Any
) -> None:
    project.workflows = [versioned("train", alias)]
    assert project.run("deploy", "--env", "prod", "--yes")[0] == 0
    project.workflows = [versioned("other", alias)]
    code, _, err = project.run("deploy", "--env", "prod", "--yes", option)
    assert (code, err.splitlines()) == (
        1,
        [
            (
                "error[SFN839]: the state machine of workflow 'train' would be replaced, and its alias 'prod' would "
                "not"
            ),
            f"  hint: {HINT}",
        ],
    )
    assert names(cloud) == ["fraud-train-prod"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (versioned("train"), versioned("other", "current")),
        (versioned("train"), Workflow("train", machine="other", assets=())),
        (Workflow("train", assets=()), versioned("other")),
        (versioned("train"), replace(versioned("train"), comment="changed")),
    ],
)
def test_a_machine_that_is_replaced_with_its_alias_is_not(
    project: Project, cloud: aws.Cloud, before: Workflow, after: Workflow
) -> None:
    project.workflows = [before]
    assert project.run("deploy", "--env", "prod", "--yes")[0] == 0
    project.workflows = [after]
    code, out, err = project.run("deploy", "--env", "prod", "--no-execute", "--allow-replacement")
    assert (code, out.startswith("fraud-train-prod ")) == (0, True), err
    assert names(cloud) == ["fraud-train-prod"]


def test_an_alias_in_a_nested_stack_is_looked_at_too(app: Application, cloud: aws.Cloud) -> None:
    app.workflows[0] = versioned("train")
    assert app.run("deploy", "--env", "prod", "--yes")[0] == 0
    app.workflows[0] = versioned("other")
    code, _, err = app.run("deploy", "--env", "prod", "--yes", "--allow-replacement")
    assert code == 1
    assert err.startswith(
        "error[SFN839]: the state machine of workflow 'train' would be replaced, and its alias 'live'"
    )
    assert names(cloud) == ["fraud-score-prod", "fraud-train-prod"]
