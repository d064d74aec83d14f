"""Clients, an input -> an execution that runs, and its events as they happen.

Source: Step Functions API reference (StartExecution, GetExecutionHistory, DescribeStateMachine, ListExecutions).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sfn_cfn.deploy.aws import THROTTLED, Cloud, error_of, translated
from sfn_cfn.deploy.bootstrap import described
from sfn_cfn.deploy.failure import Failure, failure
from sfn_cfn.deploy.history import ENDS, Event
from sfn_cfn.deploy.interface import Interface
from sfn_cfn.deploy.start_codes import SFN840, SFN845, SFN848, SFN849, SFN852, SFN853
from sfn_cfn.deploy.status import absent
from sfn_cfn.errors import DeployError, Diagnostic
from sfn_cfn.template.tokens import STATE_MACHINE, STATE_MACHINE_ALIAS

_REFUSED = {
    "ExecutionAlreadyExists",
    "ExecutionLimitExceeded",
    "InvalidArn",
    "InvalidExecutionInput",
    "InvalidName",
    "KmsAccessDeniedException",
    "KmsInvalidStateException",
    "ResourceNotFound",
    "StateMachineDeleting",
    "StateMachineDoesNotExist",
    "ValidationException",
}
_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Machine:
    """A deployed state machine. `outputs` are its stack's; `states` are empty where they may not be read.

    `alias` is the ARN of the alias that its stack has, which is what schedules and triggers start; empty without one.
    """

    arn: str
    type: str = "STANDARD"
    outputs: Mapping[str, str] = field(default_factory=dict)
    states: frozenset[str] = frozenset()
    alias: str = ""

    def qualified(self, alias: str, *, unqualified: bool) -> str:
        """What is to be started: the alias of that name, else the stack's, unless the machine itself is asked for."""
        if alias:
            return f"{self.arn}:{alias}"
        return self.arn if unqualified else self.alias or self.arn

    def shown(self, arn: str) -> str:
        """What an ARN of `qualified` names, in words."""
        machine = f"state machine '{self.arn.rpartition(':')[2]}'"
        return machine if arn == self.arn else f"alias '{arn.rpartition(':')[2]}' of {machine}"


def find(cloud: Cloud, stack: str) -> Machine:
    """The state machine of a stack. Raises `DeployError` where there is no stack, or none in it."""
    with translated():
        found = described(cloud.client("cloudformation"), stack)
        if found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS":
            raise DeployError(absent(cloud, stack))
        outputs = {item["OutputKey"]: item.get("OutputValue", "") for item in found.get("Outputs", ())}
        arn, alias = outputs.get("StateMachineArn", ""), outputs.get("StateMachineAliasArn", "")
        if not arn:
            arn = _resource(cloud.client("cloudformation"), stack, STATE_MACHINE)
            alias = _resource(cloud.client("cloudformation"), stack, STATE_MACHINE_ALIAS) if arn else ""
        if not arn:
            message = f"stack '{stack}' has no state machine: it is {found['StackStatus']}"
            raise DeployError(SFN840.at(None, message, "look at the stack's events, and deploy it"))
        return replace(_described(cloud.client("stepfunctions"), arn, outputs), alias=alias)


def _resource(cloudformation: Any, stack: str, logical_id: str) -> str:
    """The ARN by the stack's resource, where the stack shows no outputs; empty where it has no such resource."""
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        found = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
    except ClientError as error:
        if error_of(error)[0] != "ValidationError":
            raise
        return ""
    return str(found["StackResourceDetail"].get("PhysicalResourceId") or "")


def _described(stepfunctions: Any, arn: str, outputs: Mapping[str, str]) -> Machine:
    """The machine with its type and states; a caller who may start it need not be allowed to read it."""
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        found = stepfunctions.describe_state_machine(stateMachineArn=arn)
    except ClientError as error:
        if error_of(error)[0] != "AccessDeniedException":
            raise
        return Machine(arn, outputs=outputs)
    try:
        tree = json.loads(found.get("definition", ""))
    except ValueError:
        tree = {}
    return Machine(arn, found.get("type", "STANDARD"), outputs, frozenset(_states(tree)))


def _states(tree: Any) -> Iterator[str]:
    """The names of all states of a definition."""
    for name, state in tree.get("States", {}).items() if isinstance(tree, dict) else ():
        yield name
        inner = [*state.get("Branches", ()), state.get("Iterator"), state.get("ItemProcessor")]
        for part in inner:
            yield from _states(part)


def default_input(machine: Machine) -> dict[str, Any] | None:
    """The stack's output `ExecutionInput`, which a ready-made pipeline has."""
    try:
        value = json.loads(machine.outputs.get("ExecutionInput", "null"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def differences(machine: Machine, face: Interface) -> Iterator[Diagnostic]:
    """A finding where the deployed machine has other states than the source."""
    own = {step.name for step in face.steps}
    if machine.states and machine.states != own:
        only = sorted(own - machine.states) or sorted(machine.states - own)
        where = "the source" if own - machine.states else "the deployed state machine"
        message = f"workflow '{face.workflow}' is deployed with other states: '{only[0]}' is in {where} only"
        yield SFN849.at(face.location, message, "deploy the source first")


def follows(machine: Machine) -> Iterator[Diagnostic]:
    """A finding where an execution of the machine has no history."""
    if machine.type == "EXPRESS":
        message = "the state machine is of type EXPRESS, whose executions cannot be followed"
        yield SFN853.at(None, message, "start it without --follow, and read its log group")


def start(stepfunctions: Any, machine: str, name: str, value: Mapping[str, Any]) -> str:
    """Start an execution; its ARN. `machine` is the ARN of a state machine, a version or an alias.

    A request that is repeated starts no second one, because the name is given. Raises `DeployError`.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415

    if not _NAME.fullmatch(name):
        message = f"'{name}' is no name of an execution"
        hint = "use up to 80 letters, digits, '-', '_' and '.'"
        raise DeployError(SFN845.at(None, message, hint))
    with translated():
        try:
            answer = stepfunctions.start_execution(
                stateMachineArn=machine, name=name, input=json.dumps(value)
            )
        except ClientError as error:
            code, said = error_of(error)
            if code not in _REFUSED:
                raise
            hint = "choose another --name" if code == "ExecutionAlreadyExists" else ""
            message = f"execution '{name}' cannot be started: {said}"
            raise DeployError(SFN848.at(None, message, hint)) from error
    return str(answer["executionArn"])


def watch(
    stepfunctions: Any, arn: str, sleep: Callable[[float], None], begun: Sequence[Event] = ()
) -> Iterator[list[Event]]:
    """All events so far, each time there are new ones, until the execution ends.

    Asks after 1 s, and less often while nothing happens (at most every 15 s). Raises `DeployError`.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415

    events = list(begun)
    pause, patience = _FIRST_PAUSE, 10
    with translated():
        while not events or events[-1]["type"] not in ENDS:
            try:
                fresh = _since(stepfunctions, arn, events[-1]["id"] if events else 0)
            except ClientError as error:
                # An execution that has just been started is not known everywhere at once.
                known = error_of(error)[0] in {*THROTTLED, "ExecutionDoesNotExist"}
                patience -= 1
                if not known or patience < 0:
                    raise
                fresh = []
            if fresh:
                events += fresh
                pause, patience = _FIRST_PAUSE, 10
                yield list(events)
            else:
                pause = min(pause * 1.5, _LONGEST_PAUSE)
            if not events or events[-1]["type"] not in ENDS:
                sleep(pause)


def goes_on(arn: str, why: str) -> Diagnostic:
    """The finding that nobody watches the execution any more, with how to stop it."""
    region = arn.split(":")[3]
    hint = f"stop it by 'aws stepfunctions stop-execution --region {region} --execution-arn {arn}'"
    return SFN852.at(None, f"the execution goes on in AWS; {why}", hint)


def perhaps(machine: str, name: str) -> Diagnostic:
    """The finding that a request was sent and its answer not waited for."""
    region = machine.split(":")[3]
    hint = f"look by 'aws stepfunctions list-executions --region {region} --state-machine-arn {machine}'"
    return SFN852.at(None, f"execution '{name}' may have been started, and is not followed", hint)


def _since(stepfunctions: Any, arn: str, last: int) -> list[Event]:
    """The events after the one numbered `last`, in order: read backwards, so that a long history is read once."""
    found: list[Event] = []
    token: dict[str, str] = {}
    while True:
        page = stepfunctions.get_execution_history(
            executionArn=arn, maxResults=1000 if not last else 100, reverseOrder=True, **token
        )
        fresh = [event for event in page["events"] if event["id"] > last]
        found += fresh
        if "nextToken" not in page or len(fresh) < len(page["events"]):
            return sorted(found, key=lambda event: event["id"])
        token = {"nextToken": page["nextToken"]}


def inner(stepfunctions: Any, found: Failure) -> list[tuple[str, Failure]]:
    """The failures in executions that the failing state started, from the outside in, by their ARNs.

    Empty where there are none, or where they may not be read.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    out: list[tuple[str, Failure]] = []
    seen: Failure | None = found
    while seen and seen.nested and len(out) < _DEEPEST:
        try:
            arn = _failed_child(stepfunctions, seen.nested)
            seen = failure(_since(stepfunctions, arn, 0)) if arn else None
        except (ClientError, BotoCoreError):
            break
        if seen:
            out.append((arn, seen))
    return out


def _failed_child(stepfunctions: Any, arn: str) -> str:
    """The execution itself, or the first failed one of a Map run."""
    if ":mapRun:" not in arn:
        return arn
    found = stepfunctions.list_executions(mapRunArn=arn, statusFilter="FAILED", maxResults=1)["executions"]
    return str(found[0]["executionArn"]) if found else ""
