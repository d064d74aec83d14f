"""What names a resource in a call -> the ARNs of the policy: the forms that a service has of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sfn_cfn.iam import arns, forms_compute, forms_messages, forms_sdk
from sfn_cfn.iam.arns import Form, Shapes, Target, arn, default, is_settled, is_token, is_unknown, part_of
from sfn_cfn.iam.entries import Resource
from sfn_cfn.iam.statements import Condition
from sfn_cfn.iam.values import ANY, Folded, fold
from sfn_cfn.model import Text, text


def _function(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A function's name, `name:qualifier`, partial ARN (`account:function:name`) or ARN.

    Lambda authorises a call with a qualifier by the ARN with it, and one without by the ARN without
    (Lambda developer guide, "Using identity-based policies"; a run-time name may hold either).
    """
    if is_unknown(value):
        return [(arn("lambda", "function:", ANY), ())]
    folded = fold(value)
    fields = folded.string.split(":")
    if fields[0] == "arn" or default(value, shapes).startswith("arn:"):
        known = fields[0] != "arn" or (
            len(fields) in (7, 8) and fields[2] == "lambda" and fields[5] == "function"
        )
        if not known:
            raise ValueError("a Lambda function")
        return [(value, ())]
    if len(fields) in (3, 4) and fields[1] == "function":
        name = folded.part(":".join(fields[2:]))
        return [(arn("lambda", "function:", name, account=folded.part(fields[0])), ())]
    if len(fields) > 2 or not all(fields):
        raise ValueError("a Lambda function")
    return [(arn("lambda", "function:", value), ())]


def _queue(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A queue's URL: `https://sqs.<region>.<suffix>/<account>/<name>`, or an older host name."""
    folded = fold(value)
    if match := re.fullmatch(r"https?://([^/]+)/([^/]+)/([^/]+)", folded.string):
        host = match[1].split(".")
        # Older names are `<region>.queue.amazonaws.com`, and `queue.amazonaws.com` for the first region.
        regional = host[1] if host[0] == "sqs" else host[0] if host[1:2] == ["queue"] else ""
        region = folded.part(regional) if regional else "us-east-1"
        return [(arn("sqs", folded.part(match[3]), region=region, account=folded.part(match[2])), ())]
    if is_settled(folded):
        raise ValueError("a queue's URL")
    token = folded.tokens[0]
    if len(folded.string) == 1 and re.fullmatch(r"https?://[^/]+/[^/]+/[^/]+", default(value, shapes)):
        account, name = (part_of(token, (("/", i),), part) for i, part in ((3, "Account"), (4, "Name")))
        return [(arn("sqs", name, account=account), ())]
    return [(arn("sqs", ANY), ())]


def _machine(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A state machine's ARN; an alias or a version is authorised by the ARN without it and a condition."""
    folded = fold(value)
    fields = folded.string.split(":")
    if fields[0] == "arn":
        _demand_machine(fields)
        conditions: tuple[Condition, ...] = ()
        if len(fields) == 8:
            conditions = (("StringEquals", "states:StateMachineQualifier", (folded.part(fields[7]),)),)
        return [(folded.part(":".join(fields[:7])), conditions)]
    if is_token(folded) and default(value, shapes).count(":") == 6:
        return [(value, ())]
    return [(_unknown_machine(folded, "stateMachine:"), ())]


def _execution(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """The executions of the state machine that the field names."""
    folded = fold(value)
    fields = folded.string.split(":")
    if fields[0] == "arn":
        _demand_machine(fields)
        return [(folded.part(":".join([*fields[:5], "execution", fields[6]])), ())]
    if is_token(folded) and default(value, shapes).count(":") == 6:
        token = folded.tokens[0]
        region, account, name = (
            part_of(token, ((":", index),), part)
            for index, part in ((3, "Region"), (4, "Account"), (6, "Name"))
        )
        return [(arn("states", "execution:", name, region=region, account=account), ())]
    return [(_unknown_machine(folded, "execution:"), ())]


def _executions(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """`execution:<machine>:*`."""
    return [
        (one if one == arn("states", "execution:", ANY) else text(one, ":", ANY), ())
        for one, _ in _execution(resource, value, shapes)
    ]


def _demand_machine(fields: list[str]) -> None:
    if len(fields) not in (7, 8) or fields[2] != "states" or fields[5] != "stateMachine" or not fields[6]:
        raise ValueError("a state machine's ARN")


def _unknown_machine(folded: Folded, path: str) -> str | Text:
    if is_settled(folded):
        raise ValueError("a state machine's ARN")
    return arn("states", path, ANY)


def _key(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A KMS key's ID, ARN, alias or alias' ARN; a policy names keys, so an alias is a condition."""
    folded = fold(value)
    string = folded.string
    if match := re.fullmatch(r"(arn:[^:]+:kms:[^:]*:[^:]*:)?(alias/.+)", string):
        where = text(folded.part(match[1]), "key/", ANY) if match[1] else arn("kms", "key/", ANY)
        alias: Condition = ("ForAnyValue:StringEquals", "kms:ResourceAliases", (folded.part(match[2]),))
        return [(where, (alias,))]
    if re.fullmatch(r"arn:[^:]+:kms:[^:]*:[^:]*:key/.+", string) or default(value, shapes).startswith("arn:"):
        return [(value, ())]
    if string.startswith("arn:") or not string:
        raise ValueError("a KMS key")
    return [(arn("kms", "key/", ANY if folded.tokens else value), ())]


FORMS: Mapping[str, Form] = {
    "fixed": arns.fixed,
    "name": arns.named,
    "arn": arns.given_arn,
    "name or arn": arns.named_or_arn,
    "format": arns.formatted,
    "function": _function,
    "queue": _queue,
    "machine": _machine,
    "executions": _executions,
    "key": _key,
    "role": arns.role,
    **forms_compute.FORMS,
    **forms_messages.FORMS,
    **forms_sdk.FORMS,
}

FILLED = ("format", *forms_messages.FILLED, *forms_sdk.FILLED)
"""Forms whose `path` has parameters in braces."""


def targets(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """The ARNs of what a field names. Raises ValueError that says what the field should hold."""
    return FORMS[resource.form](resource, value, shapes)
