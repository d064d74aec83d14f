"""A task's call that no policy can be derived for -> the finding that says what to write in its place."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from sfn_cfn.errors import Diagnostic
from sfn_cfn.iam import sdk
from sfn_cfn.iam.codes import SFN501, SFN502, SFN503
from sfn_cfn.iam.entries import Entry
from sfn_cfn.iam.maps import is_distributed
from sfn_cfn.iam.statements import shown
from sfn_cfn.iam.table import INTEGRATIONS
from sfn_cfn.model import Definition, Integration, Node, State, Text

_SDK = "arn:aws:states:::aws-sdk:"


def unknown(state: State, name: str, resource: Node) -> Diagnostic:
    """A service integration `name` (`service:action`) that is not in the table."""
    return SFN501.at(
        state.location,
        f"task '{state.name}' calls '{_as_written(resource)}', and what the role needs for that is not known",
        _instead(state.integration, name),
    )


def _instead(call: Integration | None, name: str) -> str:
    """The integration that is meant, the same operation by the AWS SDK, or what the service has."""
    of_service = [one for one in INTEGRATIONS if call and one.startswith(f"{call.service}:")]
    near = difflib.get_close_matches(name, of_service, 1, 0.85)
    if near:
        return f"use '{near[0]}' if that is meant"
    if call and _is_operation(call):
        if call.pattern in sdk.PATTERNS:
            return f"write '{_SDK}{name}{'.' * bool(call.pattern)}{call.pattern}'"
        return f"write '{_SDK}{name}', and wait for its end in states of your own"
    if of_service:
        return f"use one of: {', '.join(of_service)}"
    return f"call it as '{_SDK}<service>:<operation>', or by a Lambda function"


def _is_operation(call: Integration) -> bool:
    try:
        sdk.entry(call.service, call.action)
    except sdk.UnknownCallError:
        return False
    return True


def unsupported(state: State, name: str, wanted: str, entry: Entry) -> Diagnostic:
    """An integration by a pattern that it does not have."""
    called = f"'.{wanted}'" if wanted else "request-response"
    known = [f".{one}" if one else "request-response" for one in entry.patterns]
    return SFN502.at(
        state.location,
        f"task '{state.name}' calls '{name}' by {called}, which it does not support",
        f"use {' or '.join(known)}",
    )


def waiting(definition: Definition) -> Iterator[Diagnostic]:
    """Tasks that wait for a job or a callback in the Express executions of a Distributed Map.

    Source: the Step Functions developer guide, "Choosing workflow type in Step Functions".
    """
    maps = [one for one in definition.states if is_distributed(one.node, "EXPRESS")]
    for state in definition.states if maps else ():
        call = state.integration
        above = [one for one in maps if one is not state and state.path[: len(one.path)] == one.path]
        if call and call.pattern and above:
            yield SFN502.at(
                state.location,
                f"task '{state.name}' calls '{call.service}:{call.action}' by '.{call.pattern}', which Express "
                f"executions do not support, and map '{above[-1].name}' runs its items as such",
                "write ExecutionType STANDARD in the map's ProcessorConfig, or use request-response",
            )


def no_resource(state: State, resource: Node) -> Diagnostic:
    """A `Resource` that is nothing that a task can call."""
    return SFN503.at(
        state.location,
        f"Resource of task '{state.name}' is '{_as_written(resource)}', neither a service integration nor the ARN of a "
        "Lambda function or an activity",
        "write arn:aws:states:::<service>:<action>, or the ARN of a function",
    )


def refused(state: State, path: str) -> Diagnostic:
    """A parameter whose needs are not known."""
    return SFN501.at(
        state.location,
        f"task '{state.name}' has '{path}', and what the role needs for that is not known",
        "leave it out, or call the service by a Lambda function",
    )


def _as_written(resource: Node) -> str:
    """A resource as people write it: the partition is a token by now."""
    written = shown(resource) if isinstance(resource, (str, Text)) else repr(resource)
    return written.replace("${AWS::Partition}", "aws")
