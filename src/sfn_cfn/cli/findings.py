"""Findings -> text for people, JSON for programs, SARIF for code scanning."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

import sfn_cfn
from sfn_cfn.errors import Code, Diagnostic, Severity

_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
# Those of the terminal, those that turn the direction of what follows, and Unicode's line ends.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# AWS access key IDs, and texts with the length and the letters of secret keys: excerpts end up in build logs.
_SECRET = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|(?<![A-Za-z0-9/+=])(?=[a-z0-9/+]*[A-Z])(?=[A-Z0-9/+]*[a-z])(?=[A-Za-z/+]*[0-9])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
)
_WIDTH = 120


def as_text(item: Diagnostic, root: Path, color: bool = False) -> str:
    """One finding with its place and the line of the source.

    Control characters of user texts are shown as escapes, so that they cannot drive the terminal.
    """
    head = f"{item.severity.value}[{item.code}]"
    if color:
        head = click.style(head, fg=_COLORS[item.severity], bold=True)
    lines = [f"{head}: {_line(item.message)}"]
    if item.location:
        lines.append(f"  --> {_line(str(item.location))}")
        if excerpt := _excerpt(root / item.location.file, item.location.line):
            lines.append(f"  {item.location.line} | {excerpt}")
    lines.extend(f"  {_plain(row)}" for row in item.detail.splitlines())
    if item.hint:
        lines.append(f"  hint: {_line(item.hint)}")
    return "\n".join(lines)


def as_json(findings: Sequence[Diagnostic]) -> str:
    """All findings as one JSON document."""
    return json.dumps({"version": 1, "findings": [_record(item) for item in findings]}, indent=2)


def as_sarif(findings: Sequence[Diagnostic], find: Callable[[str], Code | None]) -> str:
    """All findings as SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0)."""
    codes = sorted({item.code for item in findings})
    driver = {
        "name": "sfn-cfn",
        "version": sfn_cfn.__version__,
        "rules": [_rule(code, find(code)) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(item, codes.index(item.code)) for item in findings],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2)


def _record(item: Diagnostic) -> dict[str, Any]:
    place = item.location
    return {
        "code": item.code,
        "severity": item.severity.value,
        "message": item.message,
        "file": place.file if place else None,
        "line": place.line or None if place else None,
        "state": place.state or None if place else None,
        "hint": item.hint,
        "detail": item.detail,
    }


def _rule(code: str, known: Code | None) -> dict[str, Any]:
    if known is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.explanation},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
    }


def _result(item: Diagnostic, rule: int) -> dict[str, Any]:
    text = f"{item.message}\n{item.hint}" if item.hint else item.message
    result: dict[str, Any] = {
        "ruleId": item.code,
        "ruleIndex": rule,
        "level": _LEVELS[item.severity],
        "message": {"text": text},
    }
    if item.location:
        path = Path(item.location.file)
        uri = path.as_uri() if path.is_absolute() else _quoted(item.location.file)
        physical: dict[str, Any] = {"artifactLocation": {"uri": uri}}
        if item.location.line:
            physical["region"] = {"startLine": item.location.line}
        place: dict[str, Any] = {"physicalLocation": physical}
        if item.location.state:
            place["logicalLocations"] = [{"fullyQualifiedName": item.location.state}]
        result["locations"] = [place]
    return result


def _quoted(path: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 (only for SARIF)

    return quote(path)


def _excerpt(path: Path, number: int) -> str:
    """The source's line; empty where there is none."""
    if not number:
        return ""
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            line = next((row for index, row in enumerate(stream, 1) if index == number), "")
    except (OSError, ValueError):
        return ""
    shown = _plain(_SECRET.sub(lambda found: found[0][:4] + "*" * 12, line.strip()))
    return shown if len(shown) <= _WIDTH else shown[: _WIDTH - 3] + "..."


def _plain(text: str) -> str:
    """Text whose control characters are visible."""
    return _CONTROL.sub(lambda found: _escape(ord(found[0])), text)


def _escape(number: int) -> str:
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def _line(text: str) -> str:
    """One line of such text: a state's name may hold line breaks."""
    return _plain(text).replace("\n", "\\n")
