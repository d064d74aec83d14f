"""What names a resource in a call (a name, an ARN) -> the ARNs of the policy: the forms common to all services.

A form is a function `(resource, text, shapes) -> targets`. Forms never look at the table; an entry's
`Resource` says which one a field has. `shapes` gives the default of each declared parameter: a field that is
nothing but a parameter is read in the shape that its default has (an ARN, a URI, a name).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from sfn_cfn.iam.entries import Resource
from sfn_cfn.iam.statements import Condition
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


def is_token(folded: Folded) -> bool:
    """Whether a text is one token, of which something is known."""
    return len(folded.string) == 1 == len(folded.tokens) and folded.tokens[0] != ANY


def is_settled(folded: Folded) -> bool:
    """Whether a text is known but for the account, the region and the partition, which cannot hold a piece of its form.

    A build has these three as tokens, in texts that the author wrote out too.
    """
    return all(token.value is None and token.name.startswith("AWS::") for token in folded.tokens)


def part_of(token: Token, steps: tuple[tuple[str, int], ...], name: str) -> Token:
    """A token for a piece of another's value: split at a separator, select by index, and so on."""
    value: Intrinsic = ref(token.name)
    for separator, index in steps:
        value = Intrinsic("Select", (index, Intrinsic("Split", (separator, value))))
    return Token(f"{token.name.replace(':', '')}{name}", value)


def fixed(resource: Resource, _value: str | Text, _shapes: Shapes) -> list[Target]:
    """The path as it stands in the table."""
    return [(arn(resource.service, resource.path), ())]


def named(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A plain name, in the spellings that the service may use in its ARN."""
    if (isinstance(value, str) and (not value or ":" in value)) or fold(value).string.startswith("arn:"):
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


def given_arn(resource: Resource, value: str | Text, _shapes: Shapes) -> list[Target]:
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
    if is_settled(folded):
        raise ValueError(f"an ARN of {resource.service}")
    return [(arn(resource.service, resource.path, ANY), ())]


def formatted(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """The last part of an ARN, filled in from the parameters; or the whole ARN that one of them holds."""
    if fold(value).string.startswith("arn:") or default(value, shapes).startswith("arn:"):
        return given_arn(resource, value, shapes)
    region = REGION if resource.region == "own" else _as_it_stands(resource.region)
    account = ACCOUNT if resource.account == "own" else _as_it_stands(resource.account)
    return [(arn(resource.service, value, region=region, account=account), ())]


def _as_it_stands(part: str) -> str | Token:
    return ANY if part == "*" else part


def named_or_arn(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A name, or an ARN where the field (or its default) begins as one."""
    if fold(value).string.startswith("arn:") or default(value, shapes).startswith("arn:"):
        return given_arn(resource, value, shapes)
    return named(resource, value, shapes)


def role(_resource: Resource, value: str | Text, _shapes: Shapes) -> list[Target]:
    """The ARN of a role."""
    folded = fold(value)
    if _ROLE.fullmatch(folded.string) or is_token(folded):
        return [(value, ())]
    if is_settled(folded):
        raise ValueError("a role's ARN")
    return [(arn("iam", "role/", ANY, region=""), ())]


def is_role_arn(value: str | Text) -> bool:
    """Whether a text is the ARN of a role, with or without tokens in it."""
    return bool(_ROLE.fullmatch(fold(value).string))
