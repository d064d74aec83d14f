"""The text of a JSON document -> where its keys and scalars stand, which the standard parser does not give."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class Leaf:
    """A key, or a text, number or word that is a value. `path` are the keys to it, list indices as decimal text.

    `start` and `end` are offsets into the document. `owner` is the number of the object that a key stands in.
    """

    path: tuple[str, ...]
    start: int
    end: int
    is_key: bool
    owner: int = 0


def leaves(text: str) -> Iterator[Leaf]:
    """All keys and scalars of a document, in order. `text` is valid JSON."""
    path: list[str] = []
    kinds: list[str] = []
    owners: list[int] = []
    number = 0
    is_key = False
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece in "{[":
            number += 1
            kinds.append(piece)
            owners.append(number)
            path.append("" if piece == "{" else "0")
            is_key = piece == "{"
        elif piece in "}]":
            for stack in (kinds, owners, path):
                stack.pop()
            is_key = False
        elif piece == ",":
            is_key = kinds[-1] == "{"
            if not is_key:
                path[-1] = str(int(path[-1]) + 1)
        elif piece != ":":
            if is_key:
                path[-1] = json.loads(piece)
            yield Leaf(tuple(path), match.start(), match.end(), is_key, owners[-1] if owners else 0)
            is_key = False


def key_lines(text: str) -> Mapping[tuple[str, ...], int]:
    """The line (from 1) of each key by its whole path, list indices as decimal text. `text` is valid JSON."""
    line = liner(text)
    lines: dict[tuple[str, ...], int] = {}
    for leaf in leaves(text):
        if leaf.is_key:
            lines.setdefault(leaf.path, line(leaf.start))
    return lines


def liner(text: str) -> Callable[[int], int]:
    """What gives the line (from 1) of an offset into the text."""
    ends = [match.start() for match in re.finditer("\n", text)]
    return lambda offset: bisect.bisect_left(ends, offset) + 1
