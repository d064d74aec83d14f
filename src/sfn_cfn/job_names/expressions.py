"""Names as the two languages of a state give them: a literal, a path or an intrinsic function, or JSONata.

Source: the AWS Step Functions Developer Guide's pages on intrinsic functions (`States.Format`,
`States.Hash`; `'`, `{`, `}` and the backslash are escaped in their texts), on JSONata's `$hash`, and on the
context object.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from sfn_cfn.model import Node, Text, text

EXECUTION = "$$.Execution.Id"
"""The execution's ARN: its name alone is the same for two machines whose executions somebody names."""

STAMP = re.compile(r"-\d{4}(?:-\d{2}){5}-\d{3}(?!\d)")
"""The time that sagemaker puts behind a name (`sagemaker.utils.name_from_base`)."""

STAMPED = re.compile(r"[A-Za-z0-9](?:-*[A-Za-z0-9])*" + STAMP.pattern)


@dataclass(frozen=True, slots=True)
class Name:
    """A name: as it is (`literal`), by an expression of JSONPath states (`path`), or by one of JSONata."""

    kind: Literal["literal", "path", "jsonata"]
    value: str | Text

    def entry(self, key: str) -> tuple[str, str | Text]:
        """The field with this value, `key` without `.$`."""
        if self.kind == "path":
            return f"{key}.$", self.value
        return key, text("{% ", self.value, " %}") if self.kind == "jsonata" else self.value

    def between(self, before: str | Text, after: str | Text) -> Name:
        """The name with texts around it."""
        if self.kind == "literal":
            return Name("literal", text(before, self.value, after))
        if self.kind == "path":
            return Name(
                "path",
                text("States.Format('", _escaped(before), "{}", _escaped(after), "', ", self.value, ")"),
            )
        sides = (_quoted(before), self.value, _quoted(after))
        return Name("jsonata", text(sides[0], " & (", sides[1], ") & ", sides[2]))


def read(key: str, value: Node) -> Name | None:
    """The name that a field gives; None for what is no text."""
    if not isinstance(value, (str, Text)):
        return None
    if key.endswith(".$"):
        return Name("path", value)
    shown = value.shown if isinstance(value, Text) else value
    if shown.startswith("{%") and shown.rstrip().endswith("%}"):
        return Name("jsonata", _inside(value))
    return Name("literal", value)


def unique(
    prefix: str, longest: int, discriminator: str, extra: tuple[str, ...], kind: Literal["path", "jsonata"]
) -> Name:
    """A name of at most `longest` characters that another execution, and another discriminator, do not give.

    `extra`: paths into the context object whose values differ too. The states language cannot cut text, so the
    prefix is cut here; where 32 characters are all, the hash stands alone.
    """
    head = cut(prefix, longest - 33)
    if not re.fullmatch(r"[A-Za-z0-9 _.:-]+", discriminator):
        # Engines do not agree on how a quote or a brace is escaped.
        discriminator = hashlib.sha256(discriminator.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return _of_path(head, discriminator, extra) if kind == "path" else _of_jsonata(head, discriminator, extra)


def _of_path(head: str, discriminator: str, extra: tuple[str, ...]) -> Name:
    form = "{}|" + discriminator + "|{}" * len(extra)
    hashed = f"States.Hash(States.Format('{form}', {', '.join((EXECUTION, *extra))}), 'MD5')"
    return Name("path", f"States.Format('{head}-{{}}', {hashed})" if head else hashed)


def _of_jsonata(head: str, discriminator: str, extra: tuple[str, ...]) -> Name:
    data = f"$states.context.Execution.Id & {_quoted(f'|{discriminator}')}"
    data += "".join(f" & '|' & {_context(path)}" for path in extra)
    return Name("jsonata", f"'{head}-' & $hash({data}, 'MD5')" if head else f"$hash({data}, 'MD5')")


def _context(path: str) -> str:
    if path == "States.UUID()":
        return "$uuid()"
    return "$states.context." + path.removeprefix("$$.")


def cut(prefix: str, room: int) -> str:
    """The prefix in SageMaker's alphabet and at most `room` characters; may be empty."""
    clean = re.sub(r"[^A-Za-z0-9]+", "-", prefix).strip("-")
    return clean[: max(room, 0)].rstrip("-")


def literal_part(value: str | Text) -> str:
    """What of a name is known now, without a time that sagemaker has put behind it."""
    pieces = (
        [value] if isinstance(value, str) else [piece for piece in value.pieces if isinstance(piece, str)]
    )
    return STAMP.sub("", "-".join(pieces))


def _inside(value: str | Text) -> str | Text:
    if isinstance(value, str):
        return value.strip()[2:-2].strip()
    first, last = value.pieces[0], value.pieces[-1]
    head = first[2:].lstrip() if isinstance(first, str) else first
    tail = last.rstrip()[:-2].rstrip() if isinstance(last, str) else last
    return text(head, *value.pieces[1:-1], tail)


def _escaped(value: str | Text) -> str | Text:
    """A text as `States.Format` has it in quotes."""
    return _each(value, lambda piece: re.sub(r"([\\'{}])", r"\\\1", piece))


def _quoted(value: str | Text) -> str | Text:
    """A text as a literal of JSONata."""
    return text("'", _each(value, lambda piece: piece.replace("\\", "\\\\").replace("'", "\\'")), "'")


def _each(value: str | Text, change) -> str | Text:  # type: ignore[no-untyped-def]
    if isinstance(value, str):
        return str(change(value))
    return text(*(change(piece) if isinstance(piece, str) else piece for piece in value.pieces))
