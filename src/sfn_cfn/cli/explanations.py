"""Explanations of roles -> text, Markdown or JSON."""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfn_cfn.model import Explanation
    from sfn_cfn.report import Explained

_NONE = "-"
_HEADINGS = ("State", "Call", "Statement", "Why")


def as_json(found: Sequence[Explained]) -> str:
    """One document; what a row has not is null."""
    return json.dumps({"version": 1, "workflows": [_object(one) for one in found]}, indent=2)


def _object(one: Explained) -> dict[str, Any]:
    rows = [
        {key: None if value == "" else value for key, value in dataclasses.asdict(row).items()}
        for row in one.rows
    ]
    return {"workflow": one.workflow, "source": one.source, "statements": rows}


def as_markdown(found: Sequence[Explained]) -> str:
    """A heading for each workflow and role, and a table for each role."""
    return "\n".join(line for one in found for line in _markdown(one)).rstrip("\n")


def _markdown(one: Explained) -> Iterator[str]:
    yield from (f"## {one.workflow}", "", f"From `{one.source}`.", "")
    for role, rows in _by_role(one):
        yield from (f"### {role}", "")
        yield "| State | Call | Statement | Actions | Resources | Conditions | Why |"
        yield "|---|---|---|---|---|---|---|"
        for row in rows:
            lists = (row.actions, row.resources, row.conditions)
            cells = [
                _cell(row.state),
                _code([row.call]),
                _code([_statement(row)]),
                *(_code(texts) for texts in lists),
                _cell(row.why),
            ]
            yield f"| {' | '.join(cells)} |"
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ") or _NONE


def _code(texts: Sequence[str]) -> str:
    return "<br>".join(f"`{_cell(text)}`" for text in texts if text) or _NONE


def as_text(found: Sequence[Explained]) -> str:
    """Tables as wide as the terminal; in a pipe, a line for each statement and what it allows below it."""
    if sys.stdout.isatty():
        return _tables(found)
    return "\n".join(line for one in found for line in _plain(one)).rstrip("\n")


def _plain(one: Explained) -> Iterator[str]:
    yield f"{one.workflow} ({one.source})"
    for role, rows in _by_role(one):
        lines = [(row.state or _NONE, row.call or _NONE, _statement(row), row.why) for row in rows]
        widths = [max(map(len, column)) for column in zip(_HEADINGS, *lines, strict=True)]
        yield from ("", role, _line(_HEADINGS, widths))
        for row, cells in zip(rows, lines, strict=True):
            yield _line(cells, widths)
            yield from (f"    {text}" for text in _allows(row))
    yield ""


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"  {'  '.join(padded)}".rstrip()


def _allows(row: Explanation) -> Iterator[str]:
    """Actions, resources and conditions, each of the latter two on a line of its own."""
    if row.actions:
        yield ", ".join(row.actions)
    yield from (
        f"{'by' if row.actions == ('sts:AssumeRole',) and not row.sid else 'on'} {text}"
        for text in row.resources
    )
    yield from (f"where {text}" for text in row.conditions)


def _statement(row: Explanation) -> str:
    """The Sid; a trust policy's statement and a role's own property have none."""
    if row.sid:
        return row.sid
    return "trust policy" if row.actions else "property"


def _by_role(one: Explained) -> Iterator[tuple[str, list[Explanation]]]:
    for role, rows in itertools.groupby(one.rows, key=lambda row: row.role):
        yield role, list(rows)


def _tables(found: Sequence[Explained]) -> str:
    from rich import box, console, table, text  # noqa: PLC0415 (0.1 s, and only for a terminal)

    terminal = console.Console(color_system=None)
    with terminal.capture() as captured:
        for one in found:
            for role, rows in _by_role(one):
                title = text.Text(f"{one.workflow} ({one.source}): {role}")
                shown = table.Table(
                    title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, expand=True
                )
                for heading, share in (("State, call", 3), ("Statement, why", 3), ("Allows", 5)):
                    shown.add_column(heading, overflow="fold", ratio=share)
                for row in rows:
                    cells = ((row.state or _NONE, row.call), (_statement(row), row.why), tuple(_allows(row)))
                    shown.add_row(*(text.Text("\n".join(cell)) for cell in cells), end_section=True)
                terminal.print(shown)
    return captured.get().rstrip("\n")


FORMS: Mapping[str, Callable[[Sequence[Explained]], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "json": as_json,
}
