"""The text of a JSON document -> the line of each of its keys, which the standard parser does not give."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def key_lines(text: str) -> Mapping[tuple[str, ...], int]:
    """The line (from 1) of each key by its whole path, list indices as decimal text. `text` is valid JSON."""
    lines: dict[tuple[str, ...], int] = {}
    path: list[str] = []
    kinds: list[str] = []
    is_key = False
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece in "{[":
            kinds.append(piece)
            path.append("" if piece == "{" else "0")
            is_key = piece == "{"
        elif piece in "}]":
            kinds.pop()
            path.pop()
            is_key = False
        elif piece == ",":
            is_key = kinds[-1] == "{"
            if not is_key:
                path[-1] = str(int(path[-1]) + 1)
        elif is_key and piece != ":":
            path[-1] = json.loads(piece)
            lines.setdefault(tuple(path), text.count("\n", 0, match.start()) + 1)
            is_key = False
    return lines
