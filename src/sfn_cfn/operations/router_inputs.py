"""Interface -> a router's check of an execution's input, and a failure that names what is missing or of another type.

What the states language can tell apart decides how far it goes: a number with a fraction is a number, and a list is
seen by its first entry, so that an object passes where a list is declared, and an empty list where an object is.
Source: the Amazon States Language specification, "Choice State" (data-test expressions, reference paths).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.deploy.interface import Interface
from sfn_cfn.model import Node
from sfn_cfn.operations.parts import LONGEST_STATE, unique
from sfn_cfn.operations.router_states import choice, fails, literal
from sfn_cfn.operations.starting import shortened
from sfn_cfn.sections.stages import INPUT as STAGES

CHECK = "Check inputs"
_TESTS: Mapping[str, str] = {
    "str": "IsString",
    "int": "IsNumeric",
    "float": "IsNumeric",
    "bool": "IsBoolean",
}
_SCALARS: Mapping[str, str] = {
    "IsNull": "null",
    "IsString": "a text",
    "IsNumeric": "a number",
    "IsBoolean": "a boolean",
}
_FOUND = "What is in its place?"
_WRITE, _EMPTY = "Write it as text", "Is it an empty list?"
_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gives the input: `pipeline` or `message`, and the place of its name in the state.

    `missing` and `mistyped` are the errors that the router fails with; `where`: where the input is looked for.
    """

    kind: str
    name: str
    missing: str
    mistyped: str
    where: str


def checks(face: Interface, stages: Collection[str], giver: Giver, following: str) -> dict[str, Node]:
    """`Check inputs`, which goes on to `following`, and what it leads to else; nothing where there is nothing to check.

    The state has the input in `$.Input`. Inputs are checked in order, the outer before what is in them.
    """
    rules: list[Mapping[str, Node]] = []
    states: dict[str, Node] = {}
    taken: set[str] = set()
    for path in _paths(face, stages):
        kind = _kind(_declared(face, stages, path))
        if _is_needed(face, path):
            name = _named(path, "missing", taken)
            rules.append({"Variable": _variable(path), "IsPresent": False, "Next": name})
            states[name] = _lacks(path, kind, giver)
        if kind:
            name = _named(path, "of another type", taken)
            rules.append({**_mistyped(_variable(path), kind, sure=_is_needed(face, path)), "Next": name})
            states[name] = _looks(path, kind, giver)
    if not rules:
        return {}
    found = _found(giver) if any(one.get("Next") == _FOUND for one in _mappings(states)) else {}
    return {CHECK: choice(rules, following), **states, **found}


def _mappings(states: Mapping[str, Node]) -> Iterator[Mapping[Any, Node]]:
    for node in states.values():
        assert isinstance(node, Mapping)
        yield node


def _named(path: _Path, what: str, taken: set[str]) -> str:
    room = LONGEST_STATE - len(f"Input  is {what}")
    return unique(f"Input {shortened('.'.join(path), room)} is {what}", taken)


def _is_needed(face: Interface, path: _Path) -> bool:
    return path[0] not in face.optional and path[0] != STAGES


def _paths(face: Interface, stages: Collection[str]) -> Iterator[_Path]:
    """The places of the inputs, and of what in them is declared or read; those of the switches."""
    for one in face.inputs:
        if one.name != STAGES:
            found = {(one.name,), *_within(face.schema.get(one.name), (one.name,))}
            for use in face.uses:
                if use.path[0] == one.name:
                    found |= {use.path[:length] for length in range(1, len(use.path) + 1)}
            yield from sorted(found)
    if stages:
        yield (STAGES,)
        yield from ((STAGES, one) for one in stages)


def _within(schema: Any, path: _Path) -> Iterator[_Path]:
    for name, inner in schema.items() if isinstance(schema, Mapping) else ():
        yield (*path, name)
        yield from _within(inner, (*path, name))


def _declared(face: Interface, stages: Collection[str], path: _Path) -> Any:
    declared: Any = {**face.schema, STAGES: dict.fromkeys(stages, "bool")} if stages else face.schema
    for step in path:
        declared = declared.get(step) if isinstance(declared, Mapping) else None
    return declared


def _kind(declared: Any) -> str:
    return "object" if isinstance(declared, Mapping) else str(declared or "")


def _variable(path: _Path) -> str:
    return "$.Input" + "".join(f"['{step}']" for step in path)


def _mistyped(variable: str, kind: str, *, sure: bool) -> dict[str, Node]:
    """The test of a value of another type. `sure`: it is there; else a path that leads nowhere would end it all."""
    test: dict[str, Node] = {"Variable": variable, _TESTS[kind]: False} if kind in _TESTS else {}
    if not test:
        wrong: list[Node] = [{"Variable": variable, one: True} for one in _SCALARS]
        if kind != "list":
            wrong.append({"Variable": f"{variable}[0]", "IsPresent": True})
        test = {"Or": wrong}
    return test if sure else {"And": [{"Variable": variable, "IsPresent": True}, test]}


def _lacks(path: _Path, kind: str, giver: Giver) -> dict[str, Node]:
    shown = f"{'.'.join(path)} of type {kind}" if kind else ".".join(path)
    words = literal(f" needs input {shown}: {giver.where}")
    return fails(giver.missing, f"{giver.kind} {{}}{words}", giver.name)


def _looks(path: _Path, kind: str, giver: Giver) -> dict[str, Node]:
    """Keeps what the failure says of a value; the choice after it finds the type."""
    kept = {"Giver.$": giver.name, "Name": ".".join(path), "Wanted": kind, "Value.$": _variable(path)}
    return {"Type": "Pass", "Parameters": kept, "Next": _FOUND}


def _found(giver: Giver) -> dict[str, Node]:
    """A failure for each type that a value may have in place of the declared one."""
    tests = [(test, "$.Value", words) for test, words in _SCALARS.items()]
    tests.append(("IsPresent", "$.Value[0]", "a list"))
    rules = [{"Variable": place, test: True, "Next": f"It is {words}"} for test, place, words in tests]
    # Neither an object nor an empty list has a first entry; as text, they are told apart.
    written = {key: f"$.{key.removesuffix('.$')}" for key in ("Giver.$", "Name.$", "Wanted.$")}
    empty = {"Variable": "$.Text", "StringEquals": "[]", "Next": "It is an empty list"}
    form = f"{giver.kind} {{}} gives input {{}} as %s, not as {{}}"
    return {
        _FOUND: choice(rules, _WRITE),
        _WRITE: {
            "Type": "Pass",
            "Parameters": {**written, "Text.$": "States.JsonToString($.Value)"},
            "Next": _EMPTY,
        },
        _EMPTY: choice([empty], "It is an object"),
        **{
            f"It is {words}": fails(giver.mistyped, form % words, "$.Giver", "$.Name", "$.Wanted")
            for words in (*(words for _, _, words in tests), "an empty list", "an object")
        },
    }
