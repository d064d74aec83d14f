"""A text of JSONata, the data -> the value that it gives, and what it misses.

Only paths from `$states.input`, `$states.result` and variables are followed, and `$merge` of the input with an
object; what else an expression does with a value is not known, and a stage's place within it is noted as not sure.
Sources: the JSONata documentation, "Path Operators" and "Object functions"; the Step Functions developer guide,
"Transforming data with JSONata in Step Functions".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from sfn_cfn.operations.stages_paths import Leaf, Note, Notes, note, written
from sfn_cfn.operations.stages_values import (
    RESULT,
    Place,
    Value,
    child,
    is_item,
    merged,
    missed,
    missed_within,
    of,
    present,
)

_EXPRESSION = re.compile(r"\s*\{%(.*)%\}\s*", re.DOTALL)
_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|/\*.*?\*/", re.DOTALL)
_ROOT = re.compile(
    r"(?<![\w$`])\$(?:states\b(?:\.(input|result|errorOutput|context)\b)?|[^\W\d]\w*)(?!\s*\()"
)
_STEP = re.compile(r"\s*\.\s*(?:([^\W\d]\w*)(?!\s*\()|`([^`]+)`)|\[\s*(\d+)\s*\]")
_MERGE = re.compile(r"\$merge\(\s*\[\s*\$states\.input\s*,\s*\{(.*)\}\s*\]\s*\)", re.DOTALL)
_EXISTS = re.compile(r"\$exists\(\s*$")
_FIELD = re.compile(r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)')\s*:\s*")


@dataclass(frozen=True, slots=True)
class _Use:
    """A place in an expression: its root (`$states.input`, `$name`), where it stands, whether it is asked for."""

    place: Place
    start: int
    end: int
    asked: bool


def is_expression(text: str) -> bool:
    """Whether a text is an expression."""
    return bool(_EXPRESSION.fullmatch(text))


def by_expressions(around: Value, notes: Notes, **given: Value) -> Leaf:
    """The expressions of a template; `given` are the fields of `$states` besides `input`, such as `result`."""
    known = {f"$states.{name}": one for name, one in {"input": child(around, "$"), **given}.items()}

    def leaf(_name: str, text: str) -> Value | None:
        found = _EXPRESSION.fullmatch(text)
        return _given(found[1].strip(), around, known, notes) if found else None

    return leaf


def _given(text: str, around: Value, known: Mapping[str, Value], notes: Notes) -> Value:
    """What an expression gives: what a path leads to, the input with more, or what is not known."""
    bare = _bare(text)
    uses = list(_uses(bare))
    if len(uses) == 1 and uses[0].start == 0 and uses[0].end == len(text):
        value = _value(uses[0].place, around, known)
        note(value, written(uses[0].place), notes)
        return value
    if (found := _MERGE.fullmatch(text)) and (names := _names(found[1])) is not None:
        _note_all([one for one in uses if one.start >= found.start(1)], around, known, notes)
        return merged(known["$states.input"], of(dict.fromkeys(names, RESULT)))
    for part in re.split(r"\bor\b", bare):  # what one side asks for, the other does not know
        _note_all(_uses(part), around, known, notes)
    return RESULT


def _note_all(uses: Iterable[_Use], around: Value, known: Mapping[str, Value], notes: Notes) -> None:
    """Note the reads of an expression; what it asks for before is there, or not read."""
    asked: list[Place] = []
    for one in uses:
        if one.asked:
            asked.append(one.place)
            continue
        root = _value(one.place[:1], around, known)
        for place in asked:
            if place[0] == one.place[0]:
                root = present(root, place[1:])
        value = reduce(_mapped, one.place[1:], root)
        note(value, written(one.place), notes)
        if not missed(value.own):
            notes.update(Note(written(one.place), off, sure=False) for off in missed_within(value))


def _value(place: Place, around: Value, known: Mapping[str, Value]) -> Value:
    root = known.get(place[0], RESULT) if place[0].startswith("$states") else child(around, place[0])
    return reduce(_mapped, place[1:], root)


def _mapped(value: Value, name: str) -> Value:
    """What is below a value by a name; of a list, what its items have by it."""
    of_items = not is_item(name) and any(is_item(key) for key in value.names)
    return child(child(value, "[*]") if of_items else value, name)


def _bare(text: str) -> str:
    """An expression with blanks in place of its texts and comments."""
    return _TEXT.sub(lambda found: " " * len(found[0]), text)


def _uses(bare: str) -> Iterator[_Use]:
    """The places in an expression, in their order."""
    for found in _ROOT.finditer(bare):
        place, at = [re.sub(r"\s", "", found[0])], found.end()
        while step := _STEP.match(bare, at):
            name, quoted, index = step.groups()
            place.append(name or quoted or f"[{index}]")
            at = step.end()
        if bare.startswith(":=", at + len(bare[at:]) - len(bare[at:].lstrip())):
            continue  # a name of the expression's own
        if place == ["$states"]:
            place = ["$states.input"]
        if place[0] != "$states.context":
            asked = bool(_EXISTS.search(bare[: found.start()])) and bare[at:].lstrip().startswith(")")
            yield _Use(tuple(place), found.start(), at, asked)


def _names(text: str) -> list[str] | None:
    """The names of an object's fields, None where they are not all texts. `text`: between its braces."""
    names: list[str] = []
    at = 0
    while at < len(text):
        field = _FIELD.match(text, at)
        if not field:
            return names if not text[at:].strip() else None
        names.append(field[1] or field[2] or "")
        at = _after(text, field.end())
    return names


def _after(text: str, at: int) -> int:
    """Behind the next comma that stands outside of brackets."""
    depth = 0
    bare = _bare(text)
    while at < len(bare):
        if bare[at] in "([{":
            depth += 1
        elif bare[at] in ")]}":
            depth -= 1
        elif bare[at] == "," and not depth:
            return at + 1
        at += 1
    return at


def conjunction(text: str) -> tuple[list[Place], list[Place]]:
    """The places that are there where a condition is true, and where it is false."""
    found = _EXPRESSION.fullmatch(text)
    bare = _bare(found[1].strip()) if found else ""
    if refused := re.fullmatch(r"\$not\(\s*(\$exists\(.*\))\s*\)", bare):
        inside = [one for one in _uses(refused[1]) if one.asked]
        return [], [inside[0].place] if len(inside) == 1 and not re.search(r"\b(and|or)\b", bare) else []
    if re.search(r"\bor\b|\?|\$not\(", bare):
        return [], []
    terms = [term.strip() for term in re.split(r"\band\b", bare)]
    exact = [re.fullmatch(r"\$exists\([^()]*\)", term) for term in terms]
    return [one.place for term, is_it in zip(terms, exact, strict=True) if is_it for one in _uses(term)], []
