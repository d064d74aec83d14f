"""Interface -> the router's check of an execution's input: a rule for each input that may not be left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.deploy.interface import Interface
from sfn_cfn.model import Node
from sfn_cfn.operations.starting import shortened
from sfn_cfn.sections.stages import INPUT as STAGES

_TYPES: Mapping[str, str] = {
    "str": "IsString",
    "int": "IsNumeric",
    "float": "IsNumeric",
    "bool": "IsBoolean",
}
_SCALARS = ("IsString", "IsNumeric", "IsBoolean", "IsNull")


def lacking(face: Interface) -> Iterator[dict[str, Node]]:
    """A rule for each input that has to be there: it leads on where the input, or a part of it, is not."""
    for name, tests in _tests(face).items():
        yield {"Not": {"And": tests}, "Next": _lacks(name)}


def _lacks(name: str) -> str:
    return f"Input {shortened(name, 80 - len('Input  is missing'))} is missing"


def fails(face: Interface) -> Iterator[tuple[str, str]]:
    """The state that each rule leads to, and its cause, a form with a place for the pipeline."""
    for name in _tests(face):
        inner = sorted({".".join(path[1:]) for path in _paths(face, name) if path[1:]})
        parts = f" with {', '.join(inner)}" if inner else ""
        kind = f" of type {kind}" if (kind := _kind(face.schema.get(name))) else ""
        form = re.sub(
            r"(['\\{}])", r"\\\1", f"needs input {name}{kind}{parts}: in its parameters or in the event"
        )
        yield _lacks(name), f"pipeline {{}} {form}"


def _kind(declared: Any) -> str:
    return "object" if isinstance(declared, Mapping) else str(declared or "")


def _tests(face: Interface) -> dict[str, list[Node]]:
    """The conditions of each input that may not be left out."""
    return {
        one.name: [test for path in _paths(face, one.name) for test in _conditions(face, path)]
        for one in face.inputs
        if one.name not in face.optional and one.name != STAGES
    }


def _paths(face: Interface, name: str) -> list[tuple[str, ...]]:
    """The input's own place, and those in it that are declared or read, the outer first."""
    found = {(name,), *_declared(face.schema.get(name), (name,))}
    for use in face.uses:
        if use.path[0] == name:
            found |= {use.path[:length] for length in range(1, len(use.path) + 1)}
    return sorted(found)


def _declared(schema: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, inner in schema.items() if isinstance(schema, Mapping) else ():
        yield (*path, name)
        yield from _declared(inner, (*path, name))


def _conditions(face: Interface, path: tuple[str, ...]) -> Iterator[Node]:
    variable = "$.Input" + "".join(f"['{step}']" for step in path)
    yield {"Variable": variable, "IsPresent": True}
    declared: Any = face.schema
    for step in path:
        declared = declared.get(step) if isinstance(declared, Mapping) else None
    kind = _kind(declared)
    if kind in _TYPES:
        yield {"Variable": variable, _TYPES[kind]: True}
    elif kind:
        yield from ({"Variable": variable, test: False} for test in _SCALARS)
