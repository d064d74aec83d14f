"""A path, an intrinsic function, a payload template of JSONPath, the data -> the value that it gives, what it misses.

Sources: the Amazon States Language specification, "Paths", "Payload Template" and "Intrinsic Functions"; the Step
Functions developer guide, "Passing data between states with variables".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from sfn_cfn.model import Node
from sfn_cfn.operations.stages_graph import shown
from sfn_cfn.operations.stages_values import (
    EMPTY,
    RESULT,
    Off,
    Place,
    Value,
    child,
    find,
    merged,
    missed_within,
    of,
    put,
)

_ROOT = re.compile(r"\$\$|\$(?:[^\W\d]\w*)?")
_NAME = re.compile(r"\.([^\s.\[\](),'\"*@?$][^\s.\[\](),'\"*@?]*)")
_QUOTED = re.compile(r"\[\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*\]")
_ITEM = re.compile(r"\[\s*(\d+)\s*\]")
_FIELDS = re.compile(r"\[\s*['\"]")
_FUNCTION = re.compile(r"States\.(\w+)\s*\(")


@dataclass(frozen=True, slots=True)
class Path:
    """A path: its root (`$`, `$$`, `$name`), its names, whether it takes what is below those, where it ends."""

    root: str
    names: Place
    wide: bool
    end: int


@dataclass(frozen=True, slots=True)
class Note:
    """A read of what a stage that is off does not give. `sure` is false where an expression may not need it."""

    read: str
    off: Off
    sure: bool = True


Notes: TypeAlias = "set[Note]"


@lru_cache(maxsize=4096)
def parse(text: str, start: int = 0) -> Path | None:
    """The path that begins at `start`."""
    found = _ROOT.match(text, start)
    if not found:
        return None
    names: list[str] = []
    at, wide = found.end(), False
    while at < len(text):
        step = _NAME.match(text, at) or _QUOTED.match(text, at)
        if step and text.startswith("(", step.end()):  # a function of the value
            at = _closed(text, step.end())
        elif step:
            name = next(one for one in step.groups() if one is not None)
            names.append(re.sub(r"\\(.)", r"\1", name) if text[at] == "[" else name)
            at = step.end()
        elif step := _ITEM.match(text, at):
            names.append(f"[{step[1]}]")
            at = step.end()
        elif text.startswith((".*", "..", "["), at):
            wide = wide or text[at] == "." or bool(_FIELDS.match(text, at))
            if not wide:
                names.append("[*]")
            at = at + 2 if text[at] == "." else _closed(text, at)
            at = _after_deep(text, at)
        else:
            break
        if wide:
            at = _rest(text, at)
            break
    return Path(found[0], tuple(names), wide, at)


def _after_deep(text: str, at: int) -> int:
    name = re.compile(r"[^\s.\[\](),'\"]+").match(text, at)
    return name.end() if name and text[at - 2 : at] == ".." else at


def _rest(text: str, at: int) -> int:
    """The end of a path whose further names do not matter."""
    while at < len(text) and text[at] in ".[":
        step = re.compile(r"\.{1,2}[^\s.\[\](),]*").match(text, at)
        at = step.end() if step else _closed(text, at)
    return at


def _closed(text: str, at: int) -> int:
    """The end of what begins with a bracket at `at`."""
    depth, quote = 0, ""
    while at < len(text):
        one = text[at]
        if one == "\\":
            at += 1
        elif quote:
            quote = "" if one == quote else quote
        elif one in "'\"":
            quote = one
        elif one in "[(":
            depth += 1
        elif one in "])":
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    return at


def is_path(text: str) -> bool:
    """Whether a text is one path, and a whole one."""
    found = parse(text)
    balanced = text.count("[") == text.count("]") and text.count("(") == text.count(")")
    return found is not None and found.end == len(text) and balanced


def is_function(text: str) -> bool:
    """Whether a text is a call of an intrinsic function."""
    found = _FUNCTION.match(text)
    return found is not None and _closed(text, found.end() - 1) == len(text) and text.endswith(")")


def written(place: Place) -> str:
    """A place as a path."""
    return place[0] + "".join(_step(name) for name in place[1:])


def _step(name: str) -> str:
    if re.fullmatch(r"\[(?:\d+|\*)\]", name):
        return name
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name):
        return f".{name}"
    return "['" + name.replace("\\", "\\\\").replace("'", "\\'") + "']"


def place_of(text: str) -> Place:
    """The place that a reference path leads to."""
    found = parse(text)
    return (found.root, *found.names) if found else ("$",)


def taking(text: str, data: Value, around: Value, notes: Notes) -> Value:
    """What a path or an intrinsic function gives; `data` is `$`, `around` has the variables."""
    if found := _FUNCTION.match(text):
        given = [
            taking(one, data, around, notes)
            for one in _arguments(text[found.end() : _closed(text, found.end() - 1) - 1])
        ]
        if found[1] == "JsonMerge" and len(given) > 1:
            return merged(given[0], given[1])
        return of({f"[{index}]": one for index, one in enumerate(given)}) if found[1] == "Array" else RESULT
    path = parse(text)
    if path is None:
        return EMPTY
    if path.root == "$$":
        return RESULT
    value = find(data if path.root == "$" else child(around, path.root), path.names)
    if path.wide:
        notes.update(Note(text[: path.end], one) for one in missed_within(value))
        return RESULT
    note(value, written((path.root, *path.names)), notes)
    return value


def note(value: Value, read: str, notes: Notes) -> None:
    """Note a read of a value that a stage may not have given."""
    notes.update(Note(read, one) for one in value.own if isinstance(one, Off))


def _arguments(text: str) -> Iterator[str]:
    start = at = 0
    while at < len(text):
        if text[at] == "'":
            at = _quote(text, at)
        elif text[at] in "[(":
            at = _closed(text, at)
        elif text[at] == ",":
            yield text[start:at].strip()
            start = at = at + 1
        else:
            at += 1
    yield text[start:].strip()


def _quote(text: str, at: int) -> int:
    found = re.compile(r"'(?:[^'\\]|\\.)*'").match(text, at)
    return found.end() if found else len(text)


Leaf: TypeAlias = "Callable[[str, str], Value | None]"
"""The name of a field and its text -> what it gives, None where it is a text."""


def by_paths(data: Value, around: Value, notes: Notes) -> Leaf:
    """The fields of a payload template whose names end in `.$`."""
    return lambda name, text: taking(text, data, around, notes) if name.endswith(".$") else None


def template(node: Node, leaf: Leaf) -> Value:
    """What a template gives."""
    if isinstance(node, Mapping):
        names = {}
        for key, item in node.items():
            found = None if isinstance(item, (Mapping, list, tuple)) else leaf(shown(key), shown(item))
            own = shown(key) if found is None else shown(key).removesuffix(".$")
            names[own] = template(item, leaf) if found is None else found
        return of(names)
    if isinstance(node, (list, tuple)):
        return of({f"[{index}]": template(item, leaf) for index, item in enumerate(node)})
    return leaf("", shown(node)) or EMPTY


def literal(node: Node) -> Value:
    """A value as it stands."""
    return template(node, lambda _name, _text: None)


def assigned(around: Value, given: Node, leaf: Leaf) -> Value:
    """The data with the variables that a state assigns."""
    new = around
    for name, value in template(given or {}, leaf).names.items():
        new = put(new, (f"${name}",), value)
    return new
