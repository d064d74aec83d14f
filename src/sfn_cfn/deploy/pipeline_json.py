"""The JSON text of a pipeline's settings -> its object, or every fault with its line; and a new version in it.

What is refused is valid for Python, and not what the router or DynamoDB would read: two values of one key, numbers
that no double holds, NaN, halves of characters. Sources: RFC 8259, "The JavaScript Object Notation (JSON) Data
Interchange Format", sections 4, 6 and 8; the Python library reference, "json".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sfn_cfn.json_lines import Leaf, leaves, liner

DEEPEST = 100
"""How deep objects and lists may stand in each other."""

_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text, whose name goes before the message. `line` counts from 1."""

    line: int
    message: str
    hint: str = ""


class Unreadable(Exception):  # noqa: N818 (it carries findings in the making)
    """A text that is refused, with all its faults."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = faults


def load(text: str) -> dict[str, Any]:
    """The object that the text is. Raises `Unreadable`."""
    if text.startswith("\ufeff"):
        raise Unreadable(Fault(1, "begins with a byte order mark", "save it as UTF-8 without one"))
    if deep := _too_deep(text):
        message = f"has objects and lists more than {DEEPEST} deep in each other"
        raise Unreadable(Fault(liner(text)(deep), message))
    try:
        value = json.loads(text, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise Unreadable(Fault(error.lineno, f"is no JSON: {error.msg.lower()}")) from error
    if faults := tuple(_faults(text)):
        raise Unreadable(*faults)
    if not isinstance(value, dict):
        raise Unreadable(Fault(1, "is no JSON object", 'write {"key": value}'))
    return value


def with_version(text: str, version: int) -> str:
    """The text with another number at its top-level `version`, and not a byte else. It is an object that has one."""
    *_, leaf = (one for one in leaves(text) if one.path == ("version",) and not one.is_key)
    return f"{text[: leaf.start]}{version}{text[leaf.end :]}"


def _too_deep(text: str) -> int:
    """The offset of the first bracket that stands too deep; 0 where none does."""
    depth = 0
    for match in _BRACKET.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match[0], 0)
        if depth > DEEPEST:
            return match.start()
    return 0


def _integer(text: str) -> int:
    # Python refuses thousands of digits with an error of its own; `_faults` finds them.
    return int(text) if len(text) < 400 else 0


def _faults(text: str) -> Iterator[Fault]:
    line = liner(text)
    seen: set[tuple[int, str]] = set()
    for leaf in leaves(text):
        piece = text[leaf.start : leaf.end]
        where = line(leaf.start)
        if leaf.is_key:
            yield from _twice(leaf, where, seen)
        if piece[0] == '"':
            yield from _halved(json.loads(piece), where)
        elif piece in ("NaN", "Infinity", "-Infinity"):
            yield Fault(where, f"has {piece}, which is no JSON")
        elif piece not in ("true", "false", "null") and math.isinf(float(piece)):
            shown = piece if len(piece) <= _SHOWN else f"{piece[:_SHOWN]}..."
            yield Fault(where, f"has the number {shown}, which is too large", "write it as a text")


def _twice(leaf: Leaf, line: int, seen: set[tuple[int, str]]) -> Iterator[Fault]:
    key = (leaf.owner, leaf.path[-1])
    if key in seen:
        yield Fault(line, f"has the key '{leaf.path[-1]}' twice in an object", "take one of them out")
    seen.add(key)


def _halved(value: str, line: int) -> Iterator[Fault]:
    if found := _SURROGATE.search(value):
        message = f"has a text with \\u{ord(found[0]):04x}, which is half of a character"
        yield Fault(line, message, "write the whole character")
