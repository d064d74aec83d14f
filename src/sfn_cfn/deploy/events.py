"""The events of stacks -> a table that grows, and the first cause of a failure.

An operation's end is told by the stack's own event. Events are read newest first (AWS CloudFormation API
Reference, "DescribeStackEvents"), down to the newest one that was there before the operation began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfn_cfn.deploy.aws import THROTTLED, error_of

_PAUSE = 3.0
_PATIENCE = 40
_DEEPEST = 5
_CASCADE = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")
_STACK = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `time` is UTC, `HH:MM:SS`; `is_stack` marks those of the stack itself.

    `physical_id` is that of the resource, a nested stack's ARN.
    """

    id: str
    stack: str
    time: str
    status: str
    type: str
    logical_id: str
    reason: str = ""
    is_stack: bool = False
    token: str = ""
    physical_id: str = ""


@dataclass
class Watched:
    """A stack whose operation is followed: `mark` is its newest event before that; `status` its end."""

    name: str
    arn: str
    mark: str = ""
    events: list[Event] = field(default_factory=list)
    status: str = ""


def newest(cloudformation: Any, stack: str) -> Event | None:
    """The stack's newest event; None where it has none."""
    found = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return read(found[0]) if found else None


def follow(
    cloudformation: Any,
    watched: Sequence[Watched],
    show: Callable[[Event], None],
    sleep: Callable[[float], None],
) -> None:
    """Show the events of all stacks until each operation has ended; `status` and `events` are filled in.

    A call that is refused as one too many, or that the network swallows, is made again after a pause.
    """
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: PLC0415, A004

    failures = 0
    while open_ones := [one for one in watched if not one.status]:
        for one in open_ones:
            try:
                new = _since(cloudformation, one)
            except (ClientError, ConnectionError, HTTPClientError) as error:
                failures += 1
                lasting = isinstance(error, ClientError) and error_of(error)[0] not in THROTTLED
                if lasting or failures > _PATIENCE:
                    raise
                sleep(_PAUSE)
                continue
            failures = 0
            for event in new:
                one.events.append(event)
                show(event)
                if event.is_stack and is_end(event.status):
                    one.status = event.status
        if any(not one.status for one in watched):
            sleep(_PAUSE)


def _since(cloudformation: Any, one: Watched) -> list[Event]:
    """The events that are not known yet, oldest first."""
    last = one.events[-1].id if one.events else one.mark
    new: list[Event] = []
    token: dict[str, str] = {}
    while True:
        page = cloudformation.describe_stack_events(StackName=one.arn, **token)
        for item in page["StackEvents"]:
            if item["EventId"] == last:
                return new[::-1]
            new.append(read(item))
        if not page.get("NextToken"):
            return new[::-1]
        token = {"NextToken": page["NextToken"]}


def read(item: Mapping[str, Any]) -> Event:
    """An event as `DescribeStackEvents` has it."""
    kind = item.get("ResourceType", "")
    return Event(
        item["EventId"],
        item.get("StackName", ""),
        item["Timestamp"].strftime("%H:%M:%S"),
        item.get("ResourceStatus", ""),
        kind,
        item.get("LogicalResourceId", ""),
        " ".join(item.get("ResourceStatusReason", "").split()),
        kind == _STACK and item.get("PhysicalResourceId") == item.get("StackId"),
        item.get("ClientRequestToken", ""),
        item.get("PhysicalResourceId", ""),
    )


def is_end(status: str) -> bool:
    """Whether a stack's status ends an operation."""
    return status.endswith(("_COMPLETE", "_FAILED"))


def is_good(status: str) -> bool:
    """Whether an operation that ended so did what was asked."""
    return status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE", "IMPORT_COMPLETE")


def first_cause(events: Iterable[Event]) -> Event | None:
    """The event of the first failure that is no consequence of another; None where nothing failed.

    A resource that is cancelled because another one failed is a consequence, and so is the stack's own failure.
    """
    failed = [one for one in events if one.status.endswith("_FAILED")]
    own = [one for one in failed if not one.is_stack and not one.reason.startswith(_CASCADE)]
    return next(iter(own or [one for one in failed if one.is_stack] or failed), None)


def root_cause(cloudformation: Any, events: Iterable[Event]) -> Event | None:
    """The first cause; where that is a nested stack that failed, the one in it, however deep.

    What cannot be read of a nested stack leaves the cause where it is.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (loaded with boto3)

    cause = first_cause(events)
    for _ in range(_DEEPEST):
        if not cause or cause.type != _STACK or cause.is_stack or not cause.physical_id:
            break
        try:
            inner = first_cause(_last_operation(cloudformation, cause.physical_id, cause.status))
        except (ClientError, BotoCoreError):
            break
        if not inner:
            break
        cause = inner
    return cause


def _last_operation(cloudformation: Any, stack: str, failed: str) -> list[Event]:
    """The events of the stack since the operation began that `failed` (a status, `UPDATE_FAILED`), oldest first."""
    begun = failed.replace("_FAILED", "_IN_PROGRESS")
    found: list[Event] = []
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack):
        for item in page["StackEvents"]:
            event = read(item)
            found.append(event)
            if event.is_stack and event.status == begun:
                return found[::-1]
    return found[::-1]


def row(event: Event, with_stack: bool) -> str:
    """The event as a row of a table; the stack's name first where several are followed."""
    stack = f"{event.stack:<32}  " if with_stack else ""
    line = f"{event.time}  {stack}{event.status:<24}  {event.type:<36}  {event.logical_id}"
    return f"{line}  {event.reason}" if event.reason else line
