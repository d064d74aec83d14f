"""What a deployment would do to an application's workflows, and why one failed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from applications import STACK, Application
from project import ACCOUNT, REGION, Workflow
from stubs import ARN, CHANGE_SET, answering, event
from stubs import STACK as PARENT

from sfn_cfn.deploy import aws, change_set, events, proposal
from sfn_cfn.deploy.change_set import Change, ChangeSet
from sfn_cfn.deploy.package import Package
from sfn_cfn.deploy.standing import Standing
from sfn_cfn.model import OutputFile

# moto knows no bucket policies, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")

DEPLOY = ("deploy", "--env", "prod", "--yes")
INNER = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/inner/3"
NESTED = "AWS::CloudFormation::Stack"
MACHINE = "AWS::StepFunctions::StateMachine"


def answer(*changes: dict[str, Any], status: str = "CREATE_COMPLETE", reason: str = "") -> tuple[str, Any]:
    rows = [{"Type": "Resource", "ResourceChange": one} for one in changes]
    found = {"Status": status, "ChangeSetId": CHANGE_SET, "StackId": ARN, "Changes": rows}
    return "describe_change_set", {**found, **({"StatusReason": reason} if reason else {})}


def row(logical_id: str, kind: str, action: str = "Modify", **more: Any) -> dict[str, Any]:
    return {"Action": action, "LogicalResourceId": logical_id, "ResourceType": kind, **more}


def changes(*answers: tuple[str, Any]) -> list[Change]:
    with answering(cloudformation=answers) as cloud:
        found = change_set.wait(cloud.client("cloudformation"), PARENT, CHANGE_SET, lambda _: None)
    return list(found.changes)


def test_changes_in_a_nested_stack_stand_in_place_of_its_own() -> None:
    parent = answer(row("TrainStack", NESTED, ChangeSetId=INNER), row("Topic", "AWS::SNS::Topic", "Add"))
    inner = answer(row("StateMachineComponent", MACHINE, Replacement="True"))
    waiting = answer(status="CREATE_IN_PROGRESS")
    assert changes(parent, waiting, inner) == [
        Change("Modify", "TrainStack/StateMachineComponent", MACHINE, "True"),
        Change("Add", "Topic", "AWS::SNS::Topic"),
    ]


def test_a_nested_stack_in_which_nothing_changes_is_not_told() -> None:
    inner = answer(status="FAILED", reason="The submitted information didn't contain changes.")
    assert changes(answer(row("TrainStack", NESTED, ChangeSetId=INNER)), inner) == []


def test_a_nested_stack_that_comes_is_told_with_what_is_in_it() -> None:
    parent = answer(row("TrainStack", NESTED, "Add", ChangeSetId=INNER))
    assert [one.logical_id for one in changes(parent, answer(row("Role", "AWS::IAM::Role", "Add")))] == [
        "TrainStack",
        "TrainStack/Role",
    ]


@pytest.mark.parametrize(("children", "asked"), [((OutputFile("train.yaml", "{}"),), True), ((), False)])
def test_the_change_set_of_an_application_has_those_of_its_stacks(
    children: tuple[OutputFile, ...], asked: bool
) -> None:
    package = Package(
        "application", STACK, OutputFile("application.yaml", "Resources: {}"), {}, children=children
    )
    assert proposal.request(package, Standing(STACK), proposal.Options(), "n", "").nested is asked


@pytest.mark.parametrize(
    ("one", "reasons"),
    [
        (Change("Remove", "TrainStack", NESTED), ("'TrainStack' is deleted",)),
        (
            Change("Remove", "TrainStack/StateMachineComponent", MACHINE),
            ("'TrainStack/StateMachineComponent' is deleted",),
        ),
        (
            Change("Modify", "TrainStack/StateMachineComponent", MACHINE, "True", ("StateMachineName",)),
            ("'TrainStack/StateMachineComponent' changes in StateMachineName",),
        ),
        (Change("Modify", "TrainStack/StateMachineComponent", MACHINE, "False"), ()),
    ],
)
def test_a_state_machine_of_an_application_that_goes_is_told(one: Change, reasons: tuple[str, ...]) -> None:
    package = Package("application", STACK, OutputFile("application.yaml", "Resources: {}"), {})
    standing = Standing(STACK, "UPDATE_COMPLETE", template=package.read())
    found = proposal.replacing(package, standing, proposal.Options(), ChangeSet(CHANGE_SET, ARN, (one,)))
    assert found == reasons


def test_a_state_machine_of_an_application_is_not_replaced_without_a_yes_of_its_own(
    app: Application, cloud: aws.Cloud
) -> None:
    assert app.run(*DEPLOY)[0] == 0
    app.workflows[0] = Workflow("train", machine="other")
    code, _, err = app.run(*DEPLOY)
    reason = "its name 'fraud-train-prod' becomes 'fraud-other-prod'"
    assert code == 1
    assert (
        f"error[SFN814]: the state machine of stack '{STACK}' would be replaced: workflow 'train': {reason}"
        in err
    )
    found = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    assert sorted(one["name"] for one in found) == ["fraud-score-prod", "fraud-train-prod"]


def test_the_changes_of_each_workflow_of_an_application_are_told_in_words(app: Application) -> None:
    _, _, err = app.run(*DEPLOY)
    roles = "  ! role 'WorkflowExecutionRole' is new, and may call 'sagemaker:CreateTrainingJob'"
    for name in ("train", "score"):
        assert f"workflow '{name}'\nroles\n{roles}\n" in err
    end = {"End": {"Type": "Succeed"}}
    app.workflows[0] = Workflow("train", states=end, action="sagemaker:*")
    _, _, err = app.run(*DEPLOY)
    told = [line for line in err.splitlines() if not re.match(r"\d\d:\d\d:\d\d  |\d+ objects? sent", line)]
    assert "workflow 'score'" not in told
    first = told.index("workflow 'train'")
    assert told[first + 1] == "roles"
    assert told[first + 2].startswith("  ! role 'WorkflowExecutionRole' may")
    assert told[-3:-1] == ["definition", "  + States/End"]


CHILD = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{PARENT}-TrainStack-1/2"


def inner(
    number: int, logical_id: str, status: str, reason: str = "", *, is_stack: bool = False
) -> dict[str, Any]:
    found = event(number, logical_id, status, reason, StackId=CHILD, StackName=f"{PARENT}-TrainStack-1")
    if is_stack:
        found |= {"ResourceType": NESTED, "PhysicalResourceId": CHILD}
    return found


FAILED = event(
    1,
    "TrainStack",
    "UPDATE_FAILED",
    "Embedded stack was not successfully updated",
    ResourceType=NESTED,
    PhysicalResourceId=CHILD,
)
BEFORE = inner(2, "Old", "UPDATE_FAILED", "of an earlier day")
BEGUN = inner(3, "TrainStack", "UPDATE_IN_PROGRESS", is_stack=True)
CAUSE = inner(4, "NightlySchedule", "UPDATE_FAILED", "Invalid Schedule Expression")
END = inner(5, "TrainStack", "UPDATE_FAILED", "The following resource(s) failed to update", is_stack=True)
BACK = inner(6, "TrainStack", "UPDATE_ROLLBACK_IN_PROGRESS", is_stack=True)


def test_the_cause_of_a_failed_application_is_the_resource_in_its_nested_stack() -> None:
    page = ("describe_stack_events", {"StackEvents": [BACK, END, CAUSE, BEGUN, BEFORE]})
    with answering(cloudformation=[page]) as cloud:
        found = events.root_cause(cloud.client("cloudformation"), [events.read(FAILED)])
    assert found
    assert (found.logical_id, found.stack, found.reason) == (
        "NightlySchedule",
        f"{PARENT}-TrainStack-1",
        "Invalid Schedule Expression",
    )


def test_a_nested_stack_that_cannot_be_read_is_the_cause_itself() -> None:
    page = ("describe_stack_events", {"StackEvents": [END, BEGUN]})
    with answering(cloudformation=[page]) as cloud:
        found = events.root_cause(cloud.client("cloudformation"), [events.read(FAILED)])
    assert found
    assert found.logical_id == "TrainStack"
