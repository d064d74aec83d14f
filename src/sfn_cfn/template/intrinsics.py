"""Intrinsic functions as values. `template.yaml` writes them as tags (`!Sub`), JSON as `Fn::Sub`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.model import Text, Token

_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")

Value = Any
"""A template's value: mappings, sequences, scalars and `Intrinsic`s."""


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A call of an intrinsic function by its tag's name: `Sub`, `GetAtt`, `Ref`, `If`, `Equals`, ..."""

    name: str
    argument: Value


def ref(name: str) -> Intrinsic:
    """`!Ref` of a parameter, a resource or a pseudo parameter."""
    return Intrinsic("Ref", name)


def get_att(logical_id: str, attribute: str) -> Intrinsic:
    """`!GetAtt LogicalId.Attribute`."""
    return Intrinsic("GetAtt", f"{logical_id}.{attribute}")


def if_(condition: str, then: Value, otherwise: Value) -> Intrinsic:
    """`!If [Condition, then, otherwise]`."""
    return Intrinsic("If", (condition, then, otherwise))


def equals(left: Value, right: Value) -> Intrinsic:
    """`!Equals [left, right]`."""
    return Intrinsic("Equals", (left, right))


def find_in_map(mapping: str, top: Value, second: Value) -> Intrinsic:
    """`!FindInMap [Mapping, top, second]`."""
    return Intrinsic("FindInMap", (mapping, top, second))


def sub(template: str, variables: Mapping[str, Value] | None = None) -> Intrinsic:
    """`!Sub`; `template` is written as CloudFormation reads it, already escaped."""
    return Intrinsic("Sub", (template, dict(variables)) if variables else template)


def literal(value: str) -> str:
    """Escape a literal piece for `Fn::Sub` outside of a definition: `${X}` becomes `${!X}`."""
    return value.replace("${", "${!")


def references(value: Value) -> Iterator[str]:
    """The names that a template value reads by `!Ref` or `!Sub`, however deep."""
    if isinstance(value, Intrinsic):
        argument = value.argument
        if value.name == "Ref":
            yield argument
        elif value.name == "Sub":
            yield from _VARIABLE.findall(argument if isinstance(argument, str) else argument[0])
        yield from references(() if isinstance(argument, str) else argument)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from references(item)


def from_text(value: str | Text) -> Value:
    """A text with tokens as a template value: a plain string, `!Ref`, an expression, or `!Sub`."""
    if isinstance(value, str):
        return value
    if len(value.pieces) == 1 and isinstance(value.pieces[0], Token):
        token = value.pieces[0]
        return ref(token.name) if token.value is None else token.value
    variables = {token.name: token.value for token in value.tokens if token.value is not None}
    shown = "".join(literal(p) if isinstance(p, str) else f"${{{p.name}}}" for p in value.pieces)
    return sub(shown, variables)
