"""What names a resource in a call (a name, an ARN, a URL) -> the ARNs of the policy.

A form is a function `(resource, text, shapes) -> targets`. Forms never look at the table; `table.Resource`
says which one a field has. `shapes` gives the default of each declared parameter: a field that is nothing
but a parameter is read in the shape that its default has (an ARN, a URI, a name).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from sfn_cfn.iam.statements import Condition
from sfn_cfn.iam.table import Resource
from sfn_cfn.iam.values import ANY, UNKNOWN, Folded, fold
from sfn_cfn.model import ParameterDeclaration, Text, Token, text
from sfn_cfn.template.intrinsics import Intrinsic, ref

PARTITION = Token("AWS::Partition")
REGION = Token("AWS::Region")
ACCOUNT = Token("AWS::AccountId")

Piece: TypeAlias = "str | Text | Token"
Shapes: TypeAlias = "Mapping[str, ParameterDeclaration]"
Target: TypeAlias = "tuple[str | Text, tuple[Condition, ...]]"
Form: TypeAlias = "Callable[[Resource, str | Text, Shapes], list[Target]]"

# Their values are lower case everywhere; any other token may hold a capital letter.
_LOWER_CASE = frozenset({"AWS::Region", "AWS::AccountId", "AWS::Partition", "AWS::URLSuffix"})
_LOWER_PATTERN = re.compile(r"[a-z0-9^$*+?{}()|,_/ \[\]-]*")
_ROLE = re.compile(r"arn:[^:]+:iam::[^:]+:role/.+", re.DOTALL)


def arn(
    service: str, *path: Piece, region: Piece = REGION, account: Piece = ACCOUNT, partition: Piece = PARTITION
) -> str | Text:
    """`arn:<partition>:<service>:<region>:<account>:<path>`."""
    return text("arn:", partition, ":", service, ":", region, ":", account, ":", *path)


def default(value: str | Text, shapes: Shapes) -> str:
    """The default of the declared parameter that a text begins with, otherwise empty."""
    first = value.pieces[0] if isinstance(value, Text) else ""
    declared = shapes.get(first.name) if isinstance(first, Token) and first.value is None else None
    return str(declared.default) if declared and declared.default is not None else ""


def is_unknown(value: str | Text) -> bool:
    """Whether nothing is known of a text before the execution."""
    return value == UNKNOWN


def part_of(token: Token, steps: tuple[tuple[str, int], ...], name: str) -> Token:
    """A token for a piece of another's value: split at a separator, select by index, and so on."""
    value: Intrinsic = ref(token.name)
    for separator, index in steps:
        value = Intrinsic("Select", (index, Intrinsic("Split", (separator, value))))
    return Token(f"{token.name.replace(':', '')}{name}", value)


def _fixed(resource: Resource, _value: str | Text, _shapes: Shapes) -> list[Target]:
    return [(arn(resource.service, resource.path), ())]


def _name(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A plain name, in the spellings that the service may use in its ARN."""
    if isinstance(value, str) and (not value or ":" in value):
        raise ValueError("a name")
    spellings = [value]
    if resource.spelling == "lower":
        spellings = [_lowered(value, shapes, ANY)]
    elif resource.spelling == "both":
        # Nothing shows lower-cased job names, so a parameter in one is taken as it stands.
        spellings = [value, _lowered(value, shapes, None)]
    return [(arn(resource.service, resource.path, spelling), ()) for spelling in spellings]


def _lowered(value: str | Text, shapes: Shapes, capital: Token | None) -> str | Text:
    """Literal pieces in lower case; a token that may hold a capital letter becomes `capital`, if given."""
    if isinstance(value, str):
        return value.lower()
    return text(
        *(
            piece.lower()
            if isinstance(piece, str)
            else (capital if capital and not _is_lower(piece, shapes) else piece)
            for piece in value.pieces
        )
    )


def _is_lower(token: Token, shapes: Shapes) -> bool:
    if token.name in _LOWER_CASE or token == ANY or token.number:
        return True
    declared = shapes.get(token.name) if token.value is None else None
    if not declared:
        return False
    if declared.kind == "Number" or declared.allowed_values:
        return all(str(value) == str(value).lower() for value in declared.allowed_values)
    shape = declared.allowed_pattern
    return bool(shape) and "[^" not in shape and bool(_LOWER_PATTERN.fullmatch(shape))


def _arn(resource: Resource, value: str | Text, _shapes: Shapes) -> list[Target]:
    """The ARN that the field holds, whatever account or region it names."""
    folded = fold(value)
    if is_unknown(value):
        return [(arn(resource.service, resource.path, ANY), ())]
    if folded.string.startswith("arn:"):
        fields = folded.string.split(":", 5)
        if len(fields) < 6 or fields[2] != resource.service or not fields[5]:
            raise ValueError(f"an ARN of {resource.service}")
        return [(value, ())]
    if len(folded.tokens) == 1 == len(folded.string) and folded.tokens[0].value is None:
        return [(value, ())]
    if folded.tokens:
        return [(arn(resource.service, resource.path, ANY), ())]
    raise ValueError(f"an ARN of {resource.service}")


def _name_or_arn(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    if fold(value).string.startswith("arn:") or default(value, shapes).startswith("arn:"):
        return _arn(resource, value, shapes)
    return _name(resource, value, shapes)


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
    if not folded.tokens:
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
    if _is_token(folded) and default(value, shapes).count(":") == 6:
        return [(value, ())]
    return [(_unknown_machine(folded, "stateMachine:"), ())]


def _execution(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """The executions of the state machine that the field names."""
    folded = fold(value)
    fields = folded.string.split(":")
    if fields[0] == "arn":
        _demand_machine(fields)
        return [(folded.part(":".join([*fields[:5], "execution", fields[6]])), ())]
    if _is_token(folded) and default(value, shapes).count(":") == 6:
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


def _is_token(folded: Folded) -> bool:
    return len(folded.string) == 1 == len(folded.tokens) and folded.tokens[0] != ANY


def _demand_machine(fields: list[str]) -> None:
    if len(fields) not in (7, 8) or fields[2] != "states" or fields[5] != "stateMachine" or not fields[6]:
        raise ValueError("a state machine's ARN")


def _unknown_machine(folded: Folded, path: str) -> str | Text:
    if not folded.tokens:
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


def _role(_resource: Resource, value: str | Text, _shapes: Shapes) -> list[Target]:
    folded = fold(value)
    if _ROLE.fullmatch(folded.string) or _is_token(folded):
        return [(value, ())]
    if not folded.tokens:
        raise ValueError("a role's ARN")
    return [(arn("iam", "role/", ANY, region=""), ())]


def is_role_arn(value: str | Text) -> bool:
    """Whether a text is the ARN of a role, with or without tokens in it."""
    return bool(_ROLE.fullmatch(fold(value).string))


FORMS: Mapping[str, Form] = {
    "fixed": _fixed,
    "name": _name,
    "arn": _arn,
    "name or arn": _name_or_arn,
    "function": _function,
    "queue": _queue,
    "machine": _machine,
    "executions": _executions,
    "key": _key,
    "role": _role,
}


def targets(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """The ARNs of what a field names. Raises ValueError that says what the field should hold."""
    return FORMS[resource.form](resource, value, shapes)
