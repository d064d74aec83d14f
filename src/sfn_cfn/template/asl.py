r"""A definition's tree with tokens -> the text of `Fn::Sub`: the one place where a `${` is escaped.

A literal `${` is written `\u0024{`: JSON reads it as `${`, CloudFormation never sees it. (`${!X}` is
documented only for whole names, and not every engine knows it.) The law: resolving the text as `Fn::Sub`
does and parsing the JSON gives the tree with its tokens replaced and nothing else changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sfn_cfn.errors import Code, Severity, TemplateError
from sfn_cfn.model import Node, Text, Token
from sfn_cfn.template.intrinsics import Intrinsic, sub

SFN420 = Code(
    "SFN420",
    Severity.ERROR,
    "one variable of Fn::Sub has two meanings",
    "A token's name stands for one expression in the whole definition. Rename the parameter that has the name "
    "of a token that the compiler itself puts in.",
)

_DOUBLE_DOLLAR = re.compile(r"\$(?=\$)")

WIDTH = 100
"""Columns within which a flat object or list stands on one line."""


def definition_string(tree: Node) -> str | Intrinsic:
    """The value of `DefinitionString`: `!Sub` in its one- or two-element form, plain text without tokens."""
    text = write(tree)
    names = _variables(tree)
    if not names:
        return text
    variables = {name: value for name, value in names.items() if value is not None}
    if variables:
        # moto 5.2 fills variables in with string.Template, which makes one dollar of `$$`.
        text = _DOUBLE_DOLLAR.sub(r"\\u0024", text)
    return sub(text, variables)


def write(tree: Node) -> str:
    """Readable JSON, pure ASCII, with `${Name}` where a token stands."""
    return _write(tree, 0)


def _write(node: Node, depth: int) -> str:
    if isinstance(node, Mapping):
        entries = [(f"{_scalar(key)}: ", item) for key, item in node.items()]
        return _container("{", entries, "}", depth)
    if isinstance(node, (list, tuple)):
        return _container("[", [("", item) for item in node], "]", depth)
    return _scalar(node)


def _container(opening: str, entries: list[tuple[str, Node]], closing: str, depth: int) -> str:
    if not any(isinstance(item, (Mapping, list, tuple)) and item for _, item in entries):
        line = opening + ", ".join(key + _write(item, 0) for key, item in entries) + closing
        if len(line) + 2 * depth <= WIDTH:
            return line
    pad = "  " * (depth + 1)
    body = ",\n".join(pad + key + _write(item, depth + 1) for key, item in entries)
    return f"{opening}\n{body}\n{'  ' * depth}{closing}"


def _scalar(node: Node) -> str:
    if isinstance(node, Token):
        return f"${{{node.name}}}"
    if isinstance(node, Text):
        return '"' + "".join(_piece(piece) for piece in node.pieces) + '"'
    if isinstance(node, str):
        return '"' + _literal(node) + '"'
    return json.dumps(node, allow_nan=False)


def _piece(piece: str | Token) -> str:
    if isinstance(piece, Token):
        return f"${{{piece.name}}}"
    written = _literal(piece)
    # A dollar at the end of a piece would stand before the token's own: `$${Name}`.
    return written[:-1] + "\\u0024" if written.endswith("$") else written


def _literal(piece: str) -> str:
    # json leaves DEL as it is; a YAML reader may refuse it.
    return json.dumps(piece)[1:-1].replace("${", "\\u0024{").replace("\x7f", "\\u007f")


def _variables(tree: Node) -> dict[str, Any]:
    """Token names to their expressions (None: the name itself resolves), by name, mappings last."""
    found: dict[str, Any] = {}
    stack: list[Node] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            stack.extend(node.values())
            stack.extend(key for key in node if isinstance(key, Text))
        elif isinstance(node, (list, tuple)):
            stack.extend(node)
        elif isinstance(node, (Text, Token)):
            for token in node.tokens if isinstance(node, Text) else (node,):
                if found.setdefault(token.name, token.value) != token.value:
                    raise TemplateError(
                        SFN420.at(None, f"'{token.name}' stands for two values", "rename the parameter")
                    )
    return dict(sorted(found.items(), key=lambda item: (_is_looked_up(item[1]), item[0])))


def _is_looked_up(value: Any) -> bool:
    """Whether a variable's value comes from a mapping.

    cfn-lint 1.58 tries all combinations of the variables' values, each region's of a mapping, until one resolves.
    A value that it cannot know (a resource's) must stop it before: behind three mappings it would take hours.
    """
    return isinstance(value, Intrinsic) and value.name == "FindInMap"
