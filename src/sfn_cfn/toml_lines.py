"""The text of a TOML file -> the line of each of its keys, which the standard parser does not give."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["key_lines", "tomllib"]


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """The line (from 1) at which each key and table of a TOML text first stands, by its whole path.

    A statement of TOML is the fewest lines that parse by themselves, so its parser finds the statements.
    """
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    rows = text.splitlines()
    start = 0
    while start < len(rows):
        end = start + 1
        while (statement := _parsed("\n".join(rows[start:end]))) is None and end < len(rows):
            end += 1
        header = rows[start].lstrip().startswith("[")
        paths = list(_paths(statement or {}))
        if header and paths:
            table = paths[-1]
        for path in paths:
            lines.setdefault(path if header else table + path, start + 1)
        start = end
    return lines


def _parsed(statement: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return None


def _paths(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if path:
        yield path
    if isinstance(node, dict):
        for name, item in node.items():
            yield from _paths(item, (*path, name))
    elif isinstance(node, list) and node and isinstance(node[0], dict):
        yield from _paths(node[0], path)
