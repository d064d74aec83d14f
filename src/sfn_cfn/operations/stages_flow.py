"""Scopes, stages -> what the states read that is not there, where a stage is off and the others are on or off.

The ways of a definition with its switches are followed from the start, with what is known of the data on them. What a
stage gives is found by following its own states from data of which nothing is known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from sfn_cfn.model import NodePath, State
from sfn_cfn.operations.stages_expressions import by_expressions
from sfn_cfn.operations.stages_graph import (
    Edge,
    Scope,
    Stage,
    shown,
    switched,
    switched_after,
    switched_inside,
)
from sfn_cfn.operations.stages_paths import Notes, by_paths, place_of, template
from sfn_cfn.operations.stages_reads import After, after
from sfn_cfn.operations.stages_values import (
    EMPTY,
    NOT_KNOWN,
    RESULT,
    Value,
    child,
    counted,
    declared,
    joined,
    put,
    without,
)

Stop: TypeAlias = "Stage | str"
"""The switch of a stage, or a state by its name."""

Found: TypeAlias = "dict[tuple[NodePath, str], Notes]"
"""By a state's path and "", or by a scope's and a stage that puts its declared results there."""


@dataclass(frozen=True, slots=True)
class Part:
    """A scope with its stages and the ways from each state, in the order of `stages_graph`."""

    scope: Scope
    stages: tuple[Stage, ...]
    start: Stop
    ways: Mapping[str, tuple[tuple[Edge, Stop], ...]]


@dataclass(frozen=True, slots=True)
class Flow:
    """What is the same for all stages. `machine`: whether the state machine's language is JSONata."""

    parts: Mapping[NodePath, Part]
    given: dict[str, Value]
    machine: bool

    def jsonata(self, state: State) -> bool:
        """Whether the state's language is JSONata."""
        return self.machine or state.node.get("QueryLanguage") == "JSONata"


def flow(scopes: Mapping[NodePath, Scope], stages: Sequence[Stage], *, machine: bool) -> Flow:
    """The ways through a definition, and what its stages give."""
    parts = {
        path: _part(scope, [one for one in stages if one.path == path]) for path, scope in scopes.items()
    }
    found = Flow(parts, {}, machine)
    begun = Value(EMPTY.own, EMPTY.rest, {"$": NOT_KNOWN})
    for stage in sorted(stages, key=lambda one: -len(one.path)):
        found.given[stage.name] = _given(found, stage, begun)
    return found


def _part(scope: Scope, stages: Sequence[Stage]) -> Part:
    ways: dict[str, list[tuple[Edge, Stop]]] = {}
    for way in scope.edges[1:]:
        ways.setdefault(way.source, []).append((way, switched(stages, way) or way.target))
    first = Edge("", shown(scope.node.get("StartAt")))
    start = switched(stages, first) or first.target
    return Part(scope, tuple(stages), start, {name: tuple(each) for name, each in ways.items()})


def _given(found: Flow, stage: Stage, begun: Value) -> Value:
    """What is known behind a stage, of what was not known before it."""
    part = found.parts[stage.path]
    ends: list[Value] = []

    def ahead(stop: Stop, data: Value) -> Iterator[tuple[Stop, Value]]:
        if isinstance(stop, Stage):
            yield switched_inside(part.stages, stop) or stop.entry, data
            return
        state = part.scope.states[stop]
        left = _behind(found, state, data, None, {})
        if _is_end(state):
            ends.append(left.out)
        for way, following, value in _ways(part, state, left):
            if way.target in stage.states:
                yield following, value
            elif way.target == stage.exit and not way.caught:
                ends.append(value)

    _walk(stage.entry, begun, ahead)
    return joined(ends) if ends else begun


def _walk(
    start: Stop, begun: Value, ahead: Callable[[Stop, Value], Iterator[tuple[Stop, Value]]]
) -> dict[Stop, Value]:
    """What is known at each stop that the ways reach."""
    known: dict[Stop, Value] = {start: begun}
    open_ = deque([start])
    while open_:
        stop = open_.popleft()
        for following, value in ahead(stop, known[stop]):
            before = known.get(following)
            new = value if before is None else joined([before, value])
            if new != before:
                known[following] = new
                if following not in open_:
                    open_.append(following)
    return known


def follow(found: Flow, path: NodePath, begun: Value, off: Stage | None, notes: Found | None) -> Value:
    """Follow the ways of a scope and of those within it, where a stage is off. Gives what the scope puts out.

    `notes` gets the reads of what is not there.
    """
    part = found.parts[path]
    known = _walk(part.start, begun, partial(_ahead, found, part, off))
    ends: list[Value] = []
    for stop, data in known.items():
        if isinstance(stop, Stage):
            skipped = _skipped(found, stop, data, {} if notes is None else notes)
            ends += [] if stop.exit else [skipped]
        elif state := part.scope.states.get(stop):
            left = _behind(found, state, data, off, notes)
            ends += [left.out] if _is_end(state) else []
    return child(joined(ends), "$") if ends else RESULT


def _ahead(
    found: Flow, part: Part, off: Stage | None, stop: Stop, data: Value
) -> Iterator[tuple[Stop, Value]]:
    """The ways from a stop, with what is known on them."""
    if isinstance(stop, Stage):
        if stop != off:
            yield switched_inside(part.stages, stop) or stop.entry, data
        if stop.exit:
            yield switched_after(part.stages, stop) or stop.exit, _skipped(found, stop, data, {})
    elif state := part.scope.states.get(stop):
        for _, following, value in _ways(part, state, _behind(found, state, data, off, None)):
            yield following, value


def _is_end(state: State) -> bool:
    return state.type == "Succeed" or state.node.get("End") is True


def _behind(found: Flow, state: State, data: Value, off: Stage | None, notes: Found | None) -> After:
    def inner(path: NodePath, begun: Value) -> Value:
        return follow(found, path, begun, off, notes)

    seen: Notes = set() if notes is None else notes.setdefault((state.path, ""), set())
    return after(state, data, inner, seen, jsonata=found.jsonata(state))


def _ways(part: Part, state: State, left: After) -> Iterator[tuple[Edge, Stop, Value]]:
    """The ways from a state, each with what is known on it."""
    rules, caught = iter(left.rules), iter(left.caught)
    for way, following in part.ways.get(state.name, ()):
        yield way, following, next(caught if way.caught else rules, left.out)


def _skipped(found: Flow, stage: Stage, data: Value, notes: Found) -> Value:
    """What is known where a stage was left out, with the results that the settings declare."""
    given = found.given[stage.name]
    for path, value in stage.settings.result.items():
        seen = notes.setdefault((stage.path, f"{stage.name}.{path}"), set())
        left = without(data, given, stage.name)
        data = put(data, place_of(path), _declared(path, value, left, seen, jsonata=found.machine))
    return without(data, given, stage.name)


def _declared(path: str, given: Any, data: Value, notes: Notes, *, jsonata: bool) -> Value:
    """A declared result, where it stands as it is, or is found at run time."""
    leaf = by_expressions(data, notes) if jsonata else by_paths(child(data, "$"), data, notes)

    def found(name: str, text: str) -> Value | None:
        value = leaf(name, text)
        return counted(value) if value else None

    value = found(path, given) if isinstance(given, str) else None
    return declared(template(given, found) if value is None else value)
