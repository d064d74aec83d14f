"""A task's parameters -> the texts under a path of them, with a token where text is made at run time.

`ANY` is the token for what only the execution knows; it becomes `*` when a policy is written. A value
`States.Format('prefix-{}', $.x)` is the text `prefix-` and `ANY`, and so is the JSONata `{% 'prefix-' & $x %}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.iam import jsonata
from sfn_cfn.model import Node, Text, Token, text

ANY = Token("*")
UNKNOWN = Text((ANY,))

_FIRST_MARK = 0xF0000
_MARK = re.compile("([\U000f0000-\U0010ffff])")
_FORMAT = re.compile(r"^\s*States\.Format\(\s*'((?:[^'\\]|\\.)*)'\s*[,)]", re.DOTALL)
_HOLE = re.compile(r"\\(.)|(\{\})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Value:
    """A text of a task's parameters; `expression` is the path that gives it at run time, or empty."""

    text: str | Text
    expression: str = ""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A leaf that is one of several texts at run time, as the settings say; `expression` as in `Value`."""

    texts: tuple[str | Text, ...]
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as a plain string in which each token is one private character, to match patterns on."""

    string: str
    tokens: tuple[Token, ...]

    def part(self, string: str) -> str | Text:
        """A piece of `string` as a text with its tokens again."""
        if not self.tokens:
            return string
        return text(*(self._piece(piece) for piece in _MARK.split(string)))

    def _piece(self, piece: str) -> str | Token:
        index = ord(piece) - _FIRST_MARK if len(piece) == 1 else -1
        return self.tokens[index] if 0 <= index < len(self.tokens) else piece


def fold(value: str | Text) -> Folded:
    """The text with one private character for each token."""
    if isinstance(value, str):
        return Folded(_MARK.sub("\ufffd", value), ())
    tokens: list[Token] = []
    out: list[str] = []
    for piece in value.pieces:
        if isinstance(piece, str):
            out.append(_MARK.sub("\ufffd", piece))
        else:
            out.append(chr(_FIRST_MARK + len(tokens)))
            tokens.append(piece)
    return Folded("".join(out), tuple(tokens))


def parameters(state: Mapping[Any, Node]) -> Node:
    """What a task gives its call: `Parameters`, `Arguments` (JSONata), or its whole input (run time)."""
    for key in ("Parameters", "Arguments"):
        if key in state:
            return given(state[key])
    return Value(UNKNOWN, "$")


def nodes(node: Node, path: str) -> Iterator[Node]:
    """What stands at `path`: mappings and lists as they are, leaves as `Value`s.

    `A.B[].C` goes through mappings and lists, a last `*` through all values of a mapping, a last
    `@keys` through its keys. Where a part of the path is only known at run time, there is one unknown `Value`.
    """
    head, _, rest = path.partition(".")
    if isinstance(node, Value):
        yield node
    elif isinstance(node, AnyOf):
        # Behind a text there is nothing: where there should be, the settings do not say what it holds.
        texts = (UNKNOWN,) if path else node.texts
        yield from (Value(one, node.expression) for one in texts)
    elif not path:
        yield node if isinstance(node, (Mapping, list, tuple)) else _leaf(node)
    elif isinstance(node, Mapping) and head == "@keys":
        yield from _keys(node)
    elif isinstance(node, Mapping):
        name = head.removesuffix("[]")
        for key, item in node.items():
            shown = key.shown if isinstance(key, Text) else key
            if shown.removesuffix(".$") == name or name == "*":
                found = run_time(item) if shown.endswith(".$") else item
                for one in _items(found, head.endswith("[]")):
                    yield from nodes(one, rest)
    elif isinstance(leaf := _leaf(node), Value) and leaf.text == UNKNOWN:
        yield leaf


def _keys(node: Mapping[Any, Node]) -> Iterator[Value]:
    for key in node:
        unknown = (key.shown if isinstance(key, Text) else key).endswith(".$")
        yield Value(UNKNOWN if unknown else key)


def _items(node: Node, each: bool) -> Iterator[Node]:
    if each and isinstance(node, (list, tuple)):
        yield from node
    elif each and isinstance(node, (str, Text)):
        yield _leaf(node)
    else:
        yield node


def values(node: Node, path: str) -> Iterator[Value]:
    """The texts at `path`; numbers, booleans and whole mappings are left out."""
    return (found for found in nodes(node, path) if isinstance(found, Value))


def _leaf(node: Node) -> Any:
    if isinstance(node, (str, Text)):
        return _text(node)
    return Value(Text((node,))) if isinstance(node, Token) else node


def _text(node: str | Text) -> Value:
    """A text as it stands, or what is known of a JSONata expression."""
    shown = node.shown if isinstance(node, Text) else node
    if not jsonata.is_expression(shown):
        return Value(node)
    folded = fold(node)
    pieces = jsonata.pieces(folded.string) or [None]
    return Value(_joined(ANY if piece is None else folded.part(piece) for piece in pieces), shown)


def _joined(pieces: Iterable[str | Text | Token]) -> str | Text:
    """The pieces as one text; gaps that follow each other are one."""
    out: list[str | Text | Token] = []
    for piece in pieces:
        if piece and (piece != ANY or not out or out[-1] != ANY):
            out.append(piece)
    return text(*out)


def given(node: Node) -> Node:
    """A mapping of fields as it stands; a text that makes one at run time as an unknown `Value`."""
    if isinstance(node, (str, Text)):
        return Value(UNKNOWN, node.shown if isinstance(node, Text) else node)
    return node


def holds(node: Node, requirement: str, *, surely: bool = False) -> bool:
    """Whether the parameters meet a requirement of the table: `Field`, or `Field~pattern`.

    A pattern is a regular expression that the beginning of the field's text matches. Where that is known
    at run time only, it may match; with `surely` that does not count.
    """
    field, _, pattern = requirement.partition("~")
    for found in nodes(node, field):
        if not pattern:
            return True
        if isinstance(found, Value):
            folded = fold(found.text)
            if re.match(pattern, folded.string) or (folded.tokens and not surely):
                return True
    return False


def run_time(expression: Node) -> Value:
    """The value of a key `X.$`: literal pieces of `States.Format`, otherwise unknown."""
    if not isinstance(expression, (str, Text)):
        return Value(UNKNOWN, "$")
    shown = expression.shown if isinstance(expression, Text) else expression
    folded = fold(expression)
    match = _FORMAT.match(folded.string)
    if not match:
        return Value(UNKNOWN, shown)
    pieces: list[str | Text | Token] = []
    end = 0
    for hole in _HOLE.finditer(match[1]):
        pieces += [folded.part(match[1][end : hole.start()]), ANY if hole[2] else hole[1]]
        end = hole.end()
    return Value(text(*pieces, folded.part(match[1][end:])), shown)
