"""Definition, Settings -> what every service needs that starts the state machine: a role, a place for what fails.

Sources: IAM user guide, "The confused deputy problem"; EventBridge Scheduler user guide, "Cross-service confused
deputy prevention" (the source is the schedule group); EventBridge user guide, "Using dead-letter queues".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import (
    LONGEST_PIPELINE_NAME,
    PIPELINE_NAME,
    TARGET_ENV,
    Definition,
    Permission,
    Token,
    text,
)
from sfn_cfn.operations.capability import with_tokens
from sfn_cfn.sections import typed
from sfn_cfn.sections.versions import VersionsSettings
from sfn_cfn.settings import IamSettings, Settings, WorkflowSettings
from sfn_cfn.template.intrinsics import Value, from_text, get_att, ref
from sfn_cfn.template.tokens import STATE_MACHINE, STATE_MACHINE_ALIAS

Limits: TypeAlias = "tuple[tuple[str, int, int], ...]"
"""A key and the least and greatest whole number that it takes."""

SFN635 = Code(
    "SFN635",
    Severity.ERROR,
    "a number of a schedule or a trigger is outside of the service's limits",
    "`flexible_minutes` is 0 or a whole number up to 1440, `retry_attempts` up to 185, `retry_seconds` 60 to 86400.",
)
SFN674 = Code(
    "SFN674",
    Severity.ERROR,
    "two schedules or triggers of a workflow have one logical ID",
    "A logical ID has letters and digits only, so `new-data` and `newData` both become `NewData`. Rename one of them.",
)

SFN682 = Code(
    "SFN682",
    Severity.WARNING,
    "settings of what is not switched on",
    "The endpoint, the queue and the pipelines are there where their section has `enabled = true`. Without it, what "
    "else stands there does nothing; `enabled = false` says that this is meant. (Where the section of a workflow "
    "switches one on, what stands for all workflows are its defaults.)",
)

DAYS_14 = 14 * 24 * 3600
"""Seconds that SQS keeps a message at most (SQS API reference, SetQueueAttributes)."""
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def camel(name: str) -> str:
    """A name of the settings as a part of a logical ID: `new-data` is `NewData`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def same_ids(kind: str, given: Collection[str], own: WorkflowSettings) -> Iterator[Diagnostic]:
    """A finding for each schedule or trigger (`kind`) whose logical ID another has."""
    first: dict[str, str] = {}
    for name in given:
        other = first.setdefault(camel(name), name)
        if other != name:
            message = f"{kind}s '{other}' and '{name}' have one logical ID, '{camel(name)}'"
            yield SFN674.at(own.place(f"{kind}s", name), message, "rename one of them")


def service_name(middle: str, settings: Settings, longest: int) -> Value:
    """`${PipelineName}-<middle>-${TargetEnv}` with at most `longest` characters, whatever the parameters are.

    A middle that is too long ends with six characters of its hash.
    """
    return from_text(text(*name_pieces(middle, settings, longest)))


def name_pieces(middle: str, settings: Settings, longest: int) -> tuple[str | Token, ...]:
    """The same, as pieces of a longer text."""
    environment = max(len(item.name) for item in settings.environments)
    room = longest - LONGEST_PIPELINE_NAME - environment - 2
    return (PIPELINE_NAME, f"-{shortened(middle, room)}-", TARGET_ENV)


def shortened(name: str, room: int) -> str:
    """The name, or its beginning and its hash where it is longer than `room` (at least 6)."""
    if len(name) <= room:
        return name
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    mark = ""
    for _ in range(6):
        number, digit = divmod(number, len(_LETTERS))
        mark += _LETTERS[digit]
    before = name[: max(0, room - 7)].rstrip("-_")
    return f"{before}-{mark}" if before else mark


def logical_id(definition: Definition, settings: Settings) -> str:
    """What is started, by its logical ID: the state machine, or the alias where it has versions."""
    own = typed(settings.of(definition.name).operations, "versions", VersionsSettings)
    return STATE_MACHINE_ALIAS if own.enabled else STATE_MACHINE


def target(definition: Definition, settings: Settings) -> Value:
    """What is started, by its ARN."""
    return ref(logical_id(definition, settings))


def start_statement(definition: Definition, settings: Settings) -> dict[str, Any]:
    """The right to start it.

    A version or an alias is started by the right to the state machine itself, which a condition holds to the alias
    (Step Functions developer guide, "Authorization for versions and aliases in Step Functions workflows"). Who starts
    an execution needs no right to the key of the state machine, only its role does ("Data at rest encryption in Step
    Functions", the table of what API callers need).
    """
    out = {
        "Sid": "StartExecution",
        "Effect": "Allow",
        "Action": "states:StartExecution",
        "Resource": ref(STATE_MACHINE),
    }
    own = typed(settings.of(definition.name).operations, "versions", VersionsSettings)
    if own.enabled:
        out["Condition"] = {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": [own.alias]}}
    return out


def statement(permission: Permission) -> dict[str, Any]:
    """A permission as a statement of a policy."""
    resources = [one if one == "*" else from_text(one) for one in permission.resources]
    out: dict[str, Any] = {
        "Sid": permission.sid,
        "Effect": "Allow",
        "Action": _one_or_many(permission.actions),
        "Resource": _one_or_many(resources),
    }
    for operator, key, values in permission.conditions:
        tests = out.setdefault("Condition", {}).setdefault(operator, {})
        tests[key] = _one_or_many([from_text(value) for value in values])
    return out


def _one_or_many(items: Sequence[Any]) -> Any:
    return items[0] if len(items) == 1 else list(items)


def role(
    definition: Definition,
    settings: Settings,
    service: str,
    source: Value | None,
    statements: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """A role that the service takes for `source` (an ARN, `*` for any characters) of this account only.

    `source` is None for a service that is not documented to say for what it takes a role (API Gateway).
    """
    account = {"aws:SourceAccount": ref("AWS::AccountId")}
    conditions: dict[str, Any] = {"StringEqualsIfExists": account}
    if source is not None:
        conditions = {"ArnLike": {"aws:SourceArn": source}, "StringEquals": account}
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": conditions,
    }
    properties: dict[str, Any] = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [
            {
                "PolicyName": "StartWorkflow",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
            }
        ],
    }
    properties |= _bounds(definition, settings.of(definition.name).iam)
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _bounds(definition: Definition, iam: IamSettings) -> dict[str, Any]:
    """The path and the boundary that all roles of the stack have."""
    out: dict[str, Any] = {}
    if iam.role_path != "/":
        out["Path"] = iam.role_path
    if iam.permissions_boundary:
        out["PermissionsBoundary"] = from_text(with_tokens(iam.permissions_boundary, definition))
    return out


def queue(**properties: Value) -> dict[str, Any]:
    """An encrypted queue that keeps messages as long as SQS does."""
    kept = {"MessageRetentionPeriod": DAYS_14, "SqsManagedSseEnabled": True}
    return {"Type": "AWS::SQS::Queue", "Properties": {**kept, **properties}}


def queue_policy(logical_id: str, *statements: Mapping[str, Any]) -> dict[str, Any]:
    """The queue's policy: encrypted connections only, and what else is given."""
    only = {
        "Sid": "OnlyEncryptedConnections",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": get_att(logical_id, "Arn"),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [ref(logical_id)],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [only, *statements]},
        },
    }


def send_statement(logical_id: str) -> dict[str, Any]:
    """The right to put what failed into a queue."""
    return {
        "Sid": "KeepWhatFailed",
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": get_att(logical_id, "Arn"),
    }


def switch(default: bool, what: str, on: str = "ENABLED", off: str = "DISABLED") -> dict[str, Any]:
    """A parameter that switches something on and off."""
    return {
        "Type": "String",
        "Default": on if default else off,
        "AllowedValues": [on, off],
        "Description": f"Whether {what}",
    }


def idle(section: str, own: WorkflowSettings, settings: Settings) -> Iterator[Diagnostic]:
    """A finding where a section has keys, and nobody has said whether it is switched on."""
    given = own.operations.get(section, {})
    if not given or "enabled" in given:
        return
    others = (item.operations.get(section, {}) for item in settings.workflows.values())
    if not own.own.get(section) and any(one.get("enabled") for one in others):
        return
    key = next(iter(given))
    message = f"'{section}.{key}' does nothing, because [{section}] is not enabled"
    yield SFN682.at(own.place(section, key), message, "write enabled = true or enabled = false beside it")


def beyond(
    kind: str, section: str, name: str, one: object, own: WorkflowSettings, limits: Limits
) -> Iterator[Diagnostic]:
    """A finding for each number of a named table that is no whole one, or outside of its limits."""
    for key, low, high in limits:
        if outside(value := getattr(one, key), low, high):
            message = f"'{key}' of {kind} '{name}' is {value}"
            yield SFN635.at(
                own.place(section, name, key), message, f"write a whole number from {low} to {high}"
            )


def outside(value: float, low: int, high: int) -> bool:
    """Whether a number is no whole one, or outside of its limits."""
    return value != int(value) or not low <= value <= high


def retry_policy(attempts: float, seconds: float) -> dict[str, Any]:
    """How often, and for how long, a start that fails is tried again."""
    return {"MaximumEventAgeInSeconds": int(seconds), "MaximumRetryAttempts": int(attempts)}
