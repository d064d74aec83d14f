"""Finding a state machine, starting an execution and watching it: what Step Functions answers, and its refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from executions import EXECUTION, FAILED_TRAINING, broken, ended, entered
from executions import history as events
from faces import TRAIN, face

from sfn_cfn.deploy import start
from sfn_cfn.deploy.aws import Cloud
from sfn_cfn.deploy.failure import Failure, failure
from sfn_cfn.errors import DeployError

ACCOUNT, REGION = "123456789012", "eu-west-1"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:fraud-train-dev"
STACK = {"StackName": "fraud-train-dev"}
SERVICES = ("cloudformation", "stepfunctions")


@pytest.fixture
def stubs() -> Iterator[dict[str, Stubber]]:
    """The clients of a made-up AWS, each of which answers in the order that a test says."""
    found = {
        name: Stubber(
            boto3.client(name, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
        )
        for name in SERVICES
    }
    with ExitStack() as stack:
        for stub in found.values():
            stack.enter_context(stub)
        yield found
        for stub in found.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def cloud(stubs: dict[str, Stubber]) -> Cloud:
    return Cloud("dev", ACCOUNT, REGION, "aws", lambda name: stubs[name].client)


@pytest.fixture
def states(stubs: dict[str, Stubber]) -> Stubber:
    return stubs["stepfunctions"]


def refusal(raised: pytest.ExceptionInfo[DeployError]) -> str:
    (found,) = raised.value.diagnostics
    return f"{found.code} {found.message} | {found.hint}"


def stack(**given: Any) -> dict[str, Any]:
    return {
        "Stacks": [
            {"StackName": "fraud-train-dev", "CreationTime": 0, "StackStatus": "CREATE_COMPLETE", **given}
        ]
    }


def described(definition: Any, kind: str = "STANDARD") -> dict[str, Any]:
    return {
        "stateMachineArn": MACHINE,
        "name": "fraud-train-dev",
        "definition": definition if isinstance(definition, str) else json.dumps(definition),
        "roleArn": "arn:aws:iam::123456789012:role/r",
        "type": kind,
        "creationDate": 0,
    }


NESTED = {
    "StartAt": "Each",
    "States": {
        "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass"}}}},
        "Both": {"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass"}}}]},
    },
}


def test_a_machine_is_found_by_its_stacks_outputs(cloud: Cloud, stubs: dict[str, Stubber]) -> None:
    outputs = [
        {"OutputKey": "StateMachineArn", "OutputValue": MACHINE},
        {"OutputKey": "StateMachineAliasArn", "OutputValue": f"{MACHINE}:live"},
        {"OutputKey": "ExecutionInput", "OutputValue": '{"a": 1}'},
    ]
    stubs["cloudformation"].add_response("describe_stacks", stack(Outputs=outputs), STACK)
    stubs["stepfunctions"].add_response(
        "describe_state_machine", described(NESTED, "EXPRESS"), {"stateMachineArn": MACHINE}
    )
    found = start.find(cloud, "fraud-train-dev")
    assert (found.arn, found.alias, found.type) == (MACHINE, f"{MACHINE}:live", "EXPRESS")
    assert found.states == {"Each", "A", "Both", "B"}
    assert start.default_input(found) == {"a": 1}


def test_a_machine_is_found_by_its_resource_where_the_stack_has_no_outputs(
    cloud: Cloud, stubs: dict[str, Stubber]
) -> None:
    stubs["cloudformation"].add_response("describe_stacks", stack(), STACK)
    detail = {
        "LogicalResourceId": "StateMachineComponent",
        "PhysicalResourceId": MACHINE,
        "ResourceType": "AWS::StepFunctions::StateMachine",
        "LastUpdatedTimestamp": 0,
        "ResourceStatus": "CREATE_COMPLETE",
    }
    stubs["cloudformation"].add_response(
        "describe_stack_resource",
        {"StackResourceDetail": detail},
        {**STACK, "LogicalResourceId": "StateMachineComponent"},
    )
    detail = {**detail, "LogicalResourceId": "StateMachineAlias", "PhysicalResourceId": f"{MACHINE}:live"}
    stubs["cloudformation"].add_response(
        "describe_stack_resource",
        {"StackResourceDetail": detail},
        {**STACK, "LogicalResourceId": "StateMachineAlias"},
    )
    stubs["stepfunctions"].add_client_error("describe_state_machine", "AccessDeniedException", "no", 400)
    found = start.find(cloud, "fraud-train-dev")
    assert (found.arn, found.alias, found.states) == (MACHINE, f"{MACHINE}:live", frozenset())
    assert start.default_input(found) is None


def test_a_stack_that_is_not_there_is_named(cloud: Cloud, stubs: dict[str, Stubber]) -> None:
    stubs["cloudformation"].add_client_error(
        "describe_stacks", "ValidationError", "Stack with id fraud-train-dev does not exist"
    )
    with pytest.raises(DeployError) as raised:
        start.find(cloud, "fraud-train-dev")
    assert refusal(raised) == (
        "SFN830 there is no stack 'fraud-train-dev' in account 123456789012, region eu-west-1 | "
        "deploy it by 'sfn-cfn deploy --env dev'"
    )


def test_a_stack_without_a_machine_says_how_it_is(cloud: Cloud, stubs: dict[str, Stubber]) -> None:
    stubs["cloudformation"].add_response("describe_stacks", stack(StackStatus="ROLLBACK_COMPLETE"), STACK)
    stubs["cloudformation"].add_client_error(
        "describe_stack_resource", "ValidationError", "Resource StateMachineComponent does not exist"
    )
    with pytest.raises(DeployError) as raised:
        start.find(cloud, "fraud-train-dev")
    assert refusal(raised) == (
        "SFN840 stack 'fraud-train-dev' has no state machine: it is ROLLBACK_COMPLETE | "
        "look at the stack's events, and deploy it"
    )


@pytest.mark.parametrize("text", ["not json", "[1]", "null"])
def test_an_output_that_is_no_object_is_no_input(text: str) -> None:
    assert start.default_input(start.Machine(MACHINE, outputs={"ExecutionInput": text})) is None


def test_other_states_than_those_of_the_source_are_a_warning() -> None:
    def said(*names: str) -> list[str]:
        machine = start.Machine(MACHINE, states=frozenset(names))
        return [f"{one.code} {one.message}" for one in start.differences(machine, face({"Train": TRAIN}))]

    where = "SFN849 workflow 'train' is deployed with other states"
    assert said("Train") == said() == []
    assert said("Other") == [f"{where}: 'Train' is in the source only"]
    assert said("Train", "Old") == [f"{where}: 'Old' is in the deployed state machine only"]


def test_an_express_machine_cannot_be_followed() -> None:
    (found,) = start.follows(start.Machine(MACHINE, "EXPRESS"))
    assert (found.code, found.message) == (
        "SFN853",
        "the state machine is of type EXPRESS, whose executions cannot be followed",
    )
    assert list(start.follows(start.Machine(MACHINE))) == []


def test_an_execution_is_started_under_its_name(states: Stubber) -> None:
    states.add_response(
        "start_execution",
        {"executionArn": EXECUTION, "startDate": 0},
        {"stateMachineArn": f"{MACHINE}:live", "name": "one", "input": '{"a": [1]}'},
    )
    assert start.start(states.client, f"{MACHINE}:live", "one", {"a": [1]}) == EXECUTION


@pytest.mark.parametrize(
    ("code", "said", "finding"),
    [
        (
            "ExecutionAlreadyExists",
            "Execution Already Exists: 'one'",
            "SFN848 execution 'one' cannot be started: Execution Already Exists: 'one' | choose another --name",
        ),
        (
            "StateMachineDoesNotExist",
            "State Machine Does Not Exist",
            "SFN848 execution 'one' cannot be started: State Machine Does Not Exist | ",
        ),
        (
            "AccessDeniedException",
            "User: x is not authorized to perform: states:StartExecution",
            (
                "SFN806 AWS does not permit 'StartExecution': User: x is not authorized to perform: "
                "states:StartExecution | ask for that permission"
            ),
        ),
        (
            "ExpiredTokenException",
            "The security token included in the request is expired",
            "SFN802 the AWS credentials are expired | log in again and repeat the command",
        ),
    ],
)
def test_a_refusal_to_start_is_told(states: Stubber, code: str, said: str, finding: str) -> None:
    states.add_client_error("start_execution", code, said)
    with pytest.raises(DeployError) as raised:
        start.start(states.client, MACHINE, "one", {})
    assert refusal(raised) == finding


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a" * 81, "a\n"])
def test_a_name_that_step_functions_refuses_is_not_sent(states: Stubber, name: str) -> None:
    with pytest.raises(DeployError) as raised:
        start.start(states.client, MACHINE, name, {})
    assert refusal(raised) == (
        f"SFN845 '{name}' is no name of an execution | use up to 80 letters, digits, '-', '_' and '.'"
    )


class Clock:
    """Says how long it was asked to sleep."""

    def __init__(self) -> None:
        self.naps: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.naps.append(seconds)


def page(some: list[dict[str, Any]], token: str = "") -> dict[str, Any]:
    """What GetExecutionHistory gives of these events, the latest first."""
    return {"events": some[::-1], **({"nextToken": token} if token else {})}


def asked(token: str = "", size: int = 100) -> dict[str, Any]:
    first = {"executionArn": EXECUTION, "maxResults": size, "reverseOrder": True}
    return first | ({"nextToken": token} if token else {})


def test_an_execution_is_watched_until_it_ends(states: Stubber) -> None:
    clock = Clock()
    some = FAILED_TRAINING
    states.add_response("get_execution_history", page(some[:2]), asked(size=1000))
    states.add_response("get_execution_history", page(some[:2]), asked())
    states.add_response("get_execution_history", page(some[:2]), asked())
    states.add_response("get_execution_history", page(some[:5]), asked())
    states.add_response("get_execution_history", page(some), asked())
    seen = [len(found) for found in start.watch(states.client, EXECUTION, clock)]
    assert seen == [2, 5, 7]
    assert clock.naps == [1.0, 1.5, 2.25, 1.0]


def test_a_long_history_is_read_page_by_page_and_once(states: Stubber) -> None:
    some = FAILED_TRAINING
    states.add_response("get_execution_history", page(some[2:4], "a"), asked(size=1000))
    states.add_response("get_execution_history", page(some[:2]), asked("a", 1000))
    states.add_response("get_execution_history", page(some[5:], "b"), asked())
    states.add_response("get_execution_history", page(some[3:5], "c"), asked("b"))
    found = list(start.watch(states.client, EXECUTION, Clock()))
    assert [event["id"] for event in found[-1]] == [1, 2, 3, 4, 5, 6, 7]


def test_the_pause_between_two_looks_grows_to_fifteen_seconds(states: Stubber) -> None:
    clock = Clock()
    states.add_response("get_execution_history", page(FAILED_TRAINING[:1]))
    for _ in range(9):
        states.add_response("get_execution_history", page(FAILED_TRAINING[:1]))
    states.add_response("get_execution_history", page(FAILED_TRAINING))
    list(start.watch(states.client, EXECUTION, clock))
    assert clock.naps[0] == 1.0
    assert clock.naps[-3:] == [15.0, 15.0, 15.0]


def test_throttling_and_an_execution_that_is_not_known_yet_are_waited_out(states: Stubber) -> None:
    clock = Clock()
    states.add_client_error("get_execution_history", "ExecutionDoesNotExist", "Execution Does Not Exist")
    states.add_client_error("get_execution_history", "ThrottlingException", "Rate exceeded")
    states.add_response("get_execution_history", page(FAILED_TRAINING))
    assert len(list(start.watch(states.client, EXECUTION, clock))) == 1
    assert clock.naps == [1.5, 2.25]


def test_an_execution_that_stays_unknown_ends_the_watch(states: Stubber) -> None:
    for _ in range(11):
        states.add_client_error("get_execution_history", "ExecutionDoesNotExist", "Execution Does Not Exist")
    with pytest.raises(DeployError) as raised:
        list(start.watch(states.client, EXECUTION, Clock()))
    assert refusal(raised) == "SFN809 AWS refuses 'GetExecutionHistory': Execution Does Not Exist | "


def test_expired_credentials_end_the_watch(states: Stubber) -> None:
    states.add_response("get_execution_history", page(FAILED_TRAINING[:3]))
    states.add_client_error("get_execution_history", "ExpiredTokenException", "expired")
    with pytest.raises(DeployError) as raised:
        list(start.watch(states.client, EXECUTION, Clock()))
    assert refusal(raised) == "SFN802 the AWS credentials are expired | log in again and repeat the command"


def test_an_execution_that_nobody_watches_any_more_can_be_stopped() -> None:
    found = start.goes_on(EXECUTION, "it is no longer followed")
    assert f"{found.code} {found.message} | {found.hint}" == (
        "SFN852 the execution goes on in AWS; it is no longer followed | stop it by 'aws stepfunctions "
        f"stop-execution --region eu-west-1 --execution-arn {EXECUTION}'"
    )


CHILD = EXECUTION.replace(":one", ":child")
RUN = f"arn:aws:states:{REGION}:{ACCOUNT}:mapRun:fraud-train-dev/Each:abc"


def nesting(arn: str) -> Failure:
    cause = {"ExecutionArn": arn, "Error": "E", "Cause": "c"}
    rows = (entered("Task", "Nested", 0), broken("states:startExecution.sync", 1, "E", cause), ended(2, "E"))
    found = failure(events(*rows))
    assert found is not None
    return found


def test_the_history_of_a_nested_execution_says_why_it_failed(states: Stubber) -> None:
    states.add_response(
        "get_execution_history", page(FAILED_TRAINING), {**asked(size=1000), "executionArn": CHILD}
    )
    ((arn, found),) = start.inner(states.client, nesting(CHILD))
    assert (arn, found.state, found.job) == (CHILD, "Train", "job-1")


def test_a_map_run_leads_to_its_first_failed_execution(states: Stubber) -> None:
    one = {
        "executionArn": CHILD,
        "stateMachineArn": MACHINE,
        "name": "child",
        "status": "FAILED",
        "startDate": 0,
    }
    states.add_response(
        "list_executions",
        {"executions": [one]},
        {"mapRunArn": RUN, "statusFilter": "FAILED", "maxResults": 1},
    )
    states.add_response("get_execution_history", page(FAILED_TRAINING))
    assert [arn for arn, _ in start.inner(states.client, Failure("FAILED", nested=RUN))] == [CHILD]


def test_a_nested_execution_that_may_not_be_read_is_left_out(states: Stubber) -> None:
    states.add_client_error("get_execution_history", "AccessDeniedException", "no")
    assert start.inner(states.client, nesting(CHILD)) == []


def test_a_map_run_without_failed_executions_is_left_out(states: Stubber) -> None:
    states.add_response("list_executions", {"executions": []})
    assert start.inner(states.client, Failure("FAILED", nested=RUN)) == []
