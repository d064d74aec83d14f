"""Definition -> what the router gives an execution where nobody else does: literal inputs, and unique names.

The names are those that `sfn-cfn start` makes, with their unique part left to the router. Source: the Amazon States
Language specification, "Payload Template" and "Intrinsic Functions" (what a text of `States.Format` escapes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.deploy.inputs import build
from sfn_cfn.deploy.interface import Interface
from sfn_cfn.model import Definition, Node, Text, Token, text
from sfn_cfn.operations.router_states import made

STAMP = "\x00" * 21
"""Stands for the unique part of a name: two groups of a UUID with a hyphen between, 80 random bits."""

NAMES = "$.Names"
"""Where `naming` leaves the inputs with unique names; it needs their texts in `$.Defaults.Texts`."""

_SHORT = (
    "States.Format('{}-{}', States.ArrayGetItem(States.StringSplit($.Unique.Value, '-'), 0), "
    "States.ArrayGetItem(States.StringSplit($.Unique.Value, '-'), 4))"
)
_TOKEN = re.compile(r"\$\{([A-Za-z0-9:]+)\}")


def defaults(
    definition: Definition, face: Interface
) -> tuple[dict[str, Node], dict[str, Node], dict[str, Node]]:
    """What an execution is given where nobody gives it: literal inputs, those with unique names, texts in these.

    The names are those that `sfn-cfn start` makes, with the unique part left to the router.
    """
    known = {token.name: token for token in _tokens(definition.default_input)}
    value = build(face, face.default_input, {}, STAMP).value
    literal: dict[str, Node] = {}
    named: dict[str, Node] = {}
    texts: dict[str, Node] = {}
    for key, item in value.items():
        if _is_unique(item):
            named |= _payload(key, item, known, texts)
        else:
            literal[key] = _node(item, known)
    return literal, named, texts


def naming(named: Mapping[str, Node]) -> dict[str, dict[str, Node]]:
    """The fields of Pass states, in order, that make the unique part, in `$.Unique.Value`, and what has it."""
    return {
        "Make unique": made("States.UUID()", "$.Unique"),
        "Shorten": made(_SHORT, "$.Short"),
        "Make names": {"Parameters": dict(named), "ResultPath": NAMES},
    }


def _is_unique(value: Any) -> bool:
    """Whether a text in the value has the unique part."""
    if isinstance(value, Mapping):
        return any(_is_unique(item) for item in value.values())
    if isinstance(value, list):
        return any(_is_unique(item) for item in value)
    return isinstance(value, str) and STAMP in value


def _tokens(node: Node) -> Iterator[Token]:
    if isinstance(node, Mapping):
        for key, item in node.items():
            yield from (*_tokens(key), *_tokens(item))
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _tokens(item)
    elif isinstance(node, Text):
        yield from node.tokens
    elif isinstance(node, Token):
        yield node


def _node(value: Any, known: Mapping[str, Token]) -> Node:
    """Plain values with tokens again in place of `${Name}`."""
    if isinstance(value, Mapping):
        return {_node(key, known): _node(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_node(item, known) for item in value]
    if not isinstance(value, str):
        return value
    pieces = _TOKEN.split(value)
    parts = [known.get(one, f"${{{one}}}") if index % 2 else one for index, one in enumerate(pieces)]
    inside = [one for one in parts if one != ""]
    if len(inside) == 1 and isinstance(inside[0], Token) and inside[0].number:
        return inside[0]
    return text(*parts)


def _payload(key: str, value: Any, known: Mapping[str, Token], texts: dict[str, Node]) -> dict[str, Node]:
    """One field of a payload template; a text with the unique part is formatted."""
    if isinstance(value, Mapping):
        inner: dict[str, Node] = {}
        for name, item in value.items():
            inner |= _payload(name, item, known, texts)
        return {key: inner}
    if isinstance(value, list):
        # A payload template looks into lists of objects, and not at texts in lists.
        return {key: [_payload("", item, known, texts)[""] for item in value]}
    if not isinstance(value, str) or STAMP not in value:
        return {key: _node(value, known)}
    form = ""
    arguments: list[str] = []
    for index, piece in enumerate(re.split(r"(\x00+|\$\{[A-Za-z0-9:]+\})", value)):
        token = known.get(piece[2:-1]) if index % 2 and piece.startswith("$") else None
        if token:
            place = f"T{len(texts)}"
            texts[place] = text(token)
            form, arguments = f"{form}{{}}", [*arguments, f"$.Defaults.Texts.{place}"]
        elif piece.startswith("\x00"):
            form, arguments = f"{form}{{}}", [*arguments, "$.Short.Value"]
        else:
            form += re.sub(r"(['\\{}])", r"\\\1", piece)
    return {f"{key}.$": f"States.Format('{form}', {', '.join(arguments)})"}
