"""Definition, stages -> the reads of what a stage that is off does not give.

For each place that a state reads, the ways through the definition are followed, those past a stage that is off
too, with what is known of the place: nothing (the execution's input may have it), that it is written, or that a
stage which writes it was left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, NodePath, State
from sfn_cfn.operations.stages_graph import (
    Edge,
    Scope,
    Stage,
    shown,
    switched,
    switched_after,
    switched_inside,
)
from sfn_cfn.operations.stages_maps import is_distributed
from sfn_cfn.operations.stages_reads import (
    Place,
    Written,
    caught,
    collects,
    is_jsonata,
    reads,
    related,
    tested,
    written,
)
from sfn_cfn.operations.stages_states import steps

SFN693 = Code(
    "SFN693",
    Severity.ERROR,
    "a state reads what a stage that is off does not give",
    "When a stage is off, what its states would have written is not there, and a later state that reads it fails. "
    "Declare in the stage's `result` what such a state finds then, by the path that it reads: a value, or under a name "
    "that ends in `.$` a path to one, for example into the execution's input.",
)

Facts: TypeAlias = frozenset[str]
"""What is known of a place: `UNKNOWN`, `WRITTEN`, names of stages that are off and would have written it."""

UNKNOWN, WRITTEN = "?", "!"

_Stop: TypeAlias = "Stage | str"
"""The switch of a stage, or a state by its name."""


@dataclass
class _Search:
    """One place through all scopes; `at` collects what is known of it where each state begins."""

    place: Place
    scopes: Mapping[NodePath, Scope]
    stages: Sequence[Stage]
    jsonata: bool
    at: dict[NodePath, Facts] = field(default_factory=dict)


def missing(
    definition: Definition, scopes: Mapping[NodePath, Scope], stages: Sequence[Stage]
) -> Iterator[Diagnostic]:
    """A finding for each state and place that a stage leaves without a value."""
    machine = definition.tree.get("QueryLanguage") == "JSONata"
    readers: dict[Place, list[State]] = {}
    for state in definition.states:
        for place in sorted(reads(state, jsonata=is_jsonata(state, machine=machine))):
            readers.setdefault(place, []).append(state)
    given = {*definition.workflow.input_schema, *(definition.default_input or ())}
    for place, states in readers.items():
        if not any(_gives(stage, place, scopes, machine) for stage in stages):
            continue
        search = _Search(place, scopes, stages, machine)
        is_given = place[0] == "$" and place[1] in given
        _follow(search, (), frozenset({WRITTEN if is_given else UNKNOWN}))
        for state in states:
            for name in sorted(search.at.get(state.path, frozenset()) - {UNKNOWN, WRITTEN}):
                yield _finding(definition.name, state, place, name, place, machine)
    for place, states in readers.items():
        for state in states:
            for name, inner in _collected(definition, scopes, stages, state, place):
                yield _finding(definition.name, state, place, name, inner, machine)


def _finding(
    workflow: str, state: State, place: Place, stage: str, inner: Place, machine: bool
) -> Diagnostic:
    """`inner`: the place as the stage's own scope has it."""
    read = _path(place)
    if place[0] == "$" and is_jsonata(state, machine=machine):
        read = f"$states.input{read[1:]}"
    declared = _path(inner).partition("[")[0] if inner[0] == "$" else inner[0]
    message = f"state '{state.name}' reads '{read}', which stage '{stage}' does not give when it is off"
    hint = f'declare it under [workflows.{workflow}.stages.{stage}]: result = {{ "{declared}" = ... }}'
    return SFN693.at(state.location, message, hint)


def _path(place: Place) -> str:
    return place[0] + "".join(_step(step) for step in place[1:])


def _step(name: str) -> str:
    if name.startswith("["):
        return name
    return f".{name}" if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name) else f"['{name}']"


def _collected(
    definition: Definition,
    scopes: Mapping[NodePath, Scope],
    stages: Sequence[Stage],
    reader: State,
    place: Place,
) -> Iterator[tuple[str, Place]]:
    """Stages in the branches or items whose outputs the place is of, and the place in those."""
    machine = definition.tree.get("QueryLanguage") == "JSONata"
    index = next((number for number, name in enumerate(place) if name.startswith("[")), len(place))
    if len(place) <= index + 1:
        return
    inner = ("$", *place[index + 1 :])
    for state in definition.states:
        beside = reader.path[: len(state.path) - 2] == state.path[:-2]
        if beside and collects(state, jsonata=is_jsonata(state, machine=machine)) == place[:index]:
            for path in _scopes_of(state, place[index]):
                search = _Search(inner, scopes, stages, machine)
                for name in sorted(_follow(search, path, frozenset({UNKNOWN})) - {UNKNOWN, WRITTEN}):
                    yield name, inner


def _scopes_of(state: State, index: str) -> list[NodePath]:
    """The scopes whose outputs a Parallel or Map state puts at an index."""
    if state.type == "Map":
        return [(*state.path, key) for key in ("ItemProcessor", "Iterator") if key in state.node]
    numbers = range(len(state.node.get("Branches", ())))
    return [(*state.path, "Branches", str(one)) for one in numbers if index in (f"[{one}]", "[*]")]


def _gives(stage: Stage, place: Place, scopes: Mapping[NodePath, Scope], machine: bool) -> bool:
    """Whether a state of the stage writes the place, or puts out another value than its input."""
    states = scopes[stage.path].states
    return any(_affects(_written(states[name], machine), place) for name in stage.states)


def _written(state: State, machine: bool) -> Written:
    return written(state, jsonata=is_jsonata(state, machine=machine))


def _affects(one: Written, place: Place) -> bool:
    return any(related(item, place) for item in one.places) or (one.replaces and place[0] == "$")


def _follow(search: _Search, path: NodePath, start: Facts) -> Facts:
    """Follow the ways of a scope, and of those within it; what is known where it ends."""
    scope = search.scopes[path]
    stages = [one for one in search.stages if one.path == path]
    known: dict[_Stop, Facts] = {}
    ahead = [(_stop(stages, Edge("", shown(scope.node.get("StartAt")))), start)]
    while ahead:
        stop, facts = ahead.pop()
        if facts <= known.get(stop, frozenset()):
            continue
        known[stop] = facts = known.get(stop, frozenset()) | facts
        if isinstance(stop, Stage):
            ahead += _past(search, stages, stop, facts)
        elif stop in scope.states:
            ways = _left(search, scope, scope.states[stop], facts)
            ahead += ((_stop(stages, way), left) for way, left in ways)
    for name, state in scope.states.items():
        search.at[state.path] = known.get(name, frozenset())
        for inner, first in _within(search, state, search.at[state.path]):
            _follow(search, inner, first)
    return frozenset().union(*_ended(search, scope, stages, known))


def _ended(
    search: _Search, scope: Scope, stages: Sequence[Stage], known: Mapping[_Stop, Facts]
) -> Iterator[Facts]:
    """What is known at each end of a scope."""
    for name, state in scope.states.items():
        if state.type == "Succeed" or state.node.get("End") is True:
            made = written(state, jsonata=is_jsonata(state, machine=search.jsonata))
            yield _after(made, search.place, known.get(name, frozenset()))
    for stage in stages:
        if not stage.exit:
            yield _skipped(search, stage, known.get(stage, frozenset()))


def _stop(stages: Sequence[Stage], way: Edge) -> _Stop:
    return switched(stages, way) or way.target


def _past(
    search: _Search, stages: Sequence[Stage], stage: Stage, facts: Facts
) -> Iterator[tuple[_Stop, Facts]]:
    """The two ways from a switch."""
    yield switched_inside(stages, stage) or stage.entry, facts
    if stage.exit:
        yield switched_after(stages, stage) or stage.exit, _skipped(search, stage, facts)


def _skipped(search: _Search, stage: Stage, facts: Facts) -> Facts:
    """What is known once a stage was left out."""
    place = search.place
    for path, value in stage.settings.result.items():
        plain = path.removesuffix(".$")
        root = "$" if plain[:2] in ("$", "$.", "$[") else plain
        default = (root, *(steps(plain) if root == "$" else ()))
        if related(default, place) and _has(value, place[len(default) :], known=path == plain):
            return frozenset({WRITTEN})
    if not _gives(stage, place, search.scopes, search.jsonata):
        return facts
    return frozenset(stage.name if one == UNKNOWN else one for one in facts)


def _has(value: Any, names: Place, *, known: bool) -> bool:
    """Whether a declared value has a place within it; one that is found at run time may."""
    for name in names:
        if known and isinstance(value, (list, tuple)) and name.startswith("["):
            chosen = value[:1] if name == "[*]" else value[int(name[1:-1]) :][:1]
            if not chosen:
                return False
            value = chosen[0]
            continue
        if not known or not isinstance(value, Mapping):
            return not known
        if name not in value:
            return f"{name}.$" in value
        value = value[name]
    return True


def _left(search: _Search, scope: Scope, state: State, facts: Facts) -> Iterator[tuple[Edge, Facts]]:
    """The ways from a state, with what is known on each."""
    jsonata = is_jsonata(state, machine=search.jsonata)
    if any(related(one, search.place) for one in tested(state, jsonata=jsonata)):
        facts = frozenset({UNKNOWN})
    done = _after(written(state, jsonata=jsonata), search.place, facts)
    catchers = iter(state.node.get("Catch", ()))
    for way in scope.edges:
        if way.source == state.name:
            by = caught(next(catchers), jsonata=jsonata) if way.caught else None
            yield way, _after(by, search.place, facts) if by else done


def _after(one: Written, place: Place, facts: Facts) -> Facts:
    if any(related(item, place) for item in one.places):
        return frozenset({WRITTEN})
    return frozenset({UNKNOWN}) if one.replaces and place[0] == "$" and facts else facts


def _within(search: _Search, state: State, facts: Facts) -> Iterator[tuple[NodePath, Facts]]:
    """The scopes within a state, with what is known where they begin."""
    node = state.node
    whole = state.type == "Parallel" and not {"InputPath", "Parameters", "Arguments"} & set(node)
    variable = search.place[0] != "$" and not is_distributed(node)
    first = facts if whole or variable else frozenset({UNKNOWN})
    paths = [(*state.path, "Branches", str(number)) for number in range(len(node.get("Branches", ())))]
    paths += [(*state.path, key) for key in ("ItemProcessor", "Iterator") if key in node]
    yield from ((path, first) for path in paths)
