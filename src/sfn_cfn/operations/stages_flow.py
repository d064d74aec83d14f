"""Scopes, stages -> what is known of a place of the data where each state begins, whichever stages are off.

The ways of a definition with its switches are followed from the start, with what is known of the place on them:
nothing (the execution's input may have it), that it is written, or that a stage which writes it was left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sfn_cfn.model import NodePath, State
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
from sfn_cfn.operations.stages_reads import Place, Written, caught, is_jsonata, related, tested, written
from sfn_cfn.operations.stages_states import steps

Facts: TypeAlias = frozenset[str]
"""What is known of a place: `UNKNOWN`, `WRITTEN`, names of stages that are off and would have written it."""

UNKNOWN, WRITTEN = "?", "!"
_NOTHING: Facts = frozenset()

Stop: TypeAlias = "Stage | str"
"""The switch of a stage, or a state by its name."""


@dataclass(frozen=True, slots=True)
class Part:
    """A scope with its stages and ways as an execution with switches has them.

    `ways` are from each state: where to, and what a Catch writes on the way (None: the state's own output).
    """

    scope: Scope
    stages: tuple[Stage, ...]
    start: Stop
    ways: Mapping[str, tuple[tuple[Stop, Written | None], ...]]


@dataclass(frozen=True, slots=True)
class Flow:
    """What is the same for all places: the parts; what states write and ask for; what stages write."""

    parts: Mapping[NodePath, Part]
    written: Mapping[NodePath, Written]
    tested: Mapping[NodePath, frozenset[Place]]
    given: Mapping[str, tuple[Written, ...]]


def flow(scopes: Mapping[NodePath, Scope], stages: Sequence[Stage], *, machine: bool) -> Flow:
    """The ways through a definition. `machine`: whether its language is JSONata."""
    states = [state for scope in scopes.values() for state in scope.states.values()]
    speaks = {state.path: is_jsonata(state, machine=machine) for state in states}
    made = {state.path: written(state, jsonata=speaks[state.path]) for state in states}
    asked = {state.path: tested(state, jsonata=speaks[state.path]) for state in states}
    given = {one.name: tuple(made[(*one.path, "States", name)] for name in one.states) for one in stages}
    parts = {
        path: _part(scope, [one for one in stages if one.path == path], speaks)
        for path, scope in scopes.items()
    }
    return Flow(parts, made, asked, given)


def _part(scope: Scope, stages: Sequence[Stage], speaks: Mapping[NodePath, bool]) -> Part:
    ways: dict[str, list[tuple[Stop, Written | None]]] = {}
    catchers = {name: iter(state.node.get("Catch", ())) for name, state in scope.states.items()}
    for way in scope.edges[1:]:
        jsonata = speaks[scope.states[way.source].path]
        by = caught(next(catchers[way.source]), jsonata=jsonata) if way.caught else None
        ways.setdefault(way.source, []).append((switched(stages, way) or way.target, by))
    first = Edge("", shown(scope.node.get("StartAt")))
    start = switched(stages, first) or first.target
    return Part(scope, tuple(stages), start, {name: tuple(each) for name, each in ways.items()})


def gives(found: Flow, stage: Stage, place: Place) -> bool:
    """Whether a state of the stage writes the place, or puts out another value than its input."""
    return any(_affects(one, place) for one in found.given[stage.name])


def _affects(one: Written, place: Place) -> bool:
    return any(related(item, place) for item in one.places) or (one.replaces and place[0] == "$")


def follow(found: Flow, place: Place, path: NodePath, start: Facts, at: dict[NodePath, Facts]) -> Facts:
    """Follow the ways of a scope and of those within it; `at` gets what is known where each state begins.

    Gives what is known where the scope ends.
    """
    part = found.parts[path]
    known: dict[Stop, Facts] = {}
    ahead = deque([(part.start, start)])
    while ahead:
        stop, facts = ahead.popleft()
        if facts <= known.get(stop, _NOTHING):
            continue
        known[stop] = facts = known.get(stop, _NOTHING) | facts
        if isinstance(stop, Stage):
            ahead += _past(found, part, stop, place, facts)
        elif stop in part.scope.states:
            ahead += _left(found, part, part.scope.states[stop], place, facts)
    for name, state in part.scope.states.items():
        at[state.path] = known.get(name, _NOTHING)
        for inner, first in _within(state, place, at[state.path]):
            follow(found, place, inner, first, at)
    return _NOTHING.union(*_ended(found, part, place, known))


def _past(found: Flow, part: Part, stage: Stage, place: Place, facts: Facts) -> Iterator[tuple[Stop, Facts]]:
    """The two ways from a switch."""
    yield switched_inside(part.stages, stage) or stage.entry, facts
    if stage.exit:
        yield switched_after(part.stages, stage) or stage.exit, _skipped(found, stage, place, facts)


def _left(found: Flow, part: Part, state: State, place: Place, facts: Facts) -> Iterator[tuple[Stop, Facts]]:
    """The ways from a state."""
    if any(related(one, place) for one in found.tested[state.path]):
        facts = frozenset({UNKNOWN})
    for stop, by in part.ways.get(state.name, ()):
        yield stop, _after(by or found.written[state.path], place, facts)


def _after(one: Written, place: Place, facts: Facts) -> Facts:
    if any(related(item, place) for item in one.places):
        return frozenset({WRITTEN})
    return frozenset({UNKNOWN}) if one.replaces and place[0] == "$" and facts else facts


def _ended(found: Flow, part: Part, place: Place, known: Mapping[Stop, Facts]) -> Iterator[Facts]:
    """What is known at each end of a scope."""
    for name, state in part.scope.states.items():
        if name in known and (state.type == "Succeed" or state.node.get("End") is True):
            yield _after(found.written[state.path], place, known[name])
    for stage in part.stages:
        if not stage.exit and stage in known:
            yield _skipped(found, stage, place, known[stage])


def _skipped(found: Flow, stage: Stage, place: Place, facts: Facts) -> Facts:
    """What is known once a stage was left out."""
    for path, value in stage.settings.result.items():
        plain = path.removesuffix(".$")
        root = "$" if plain[:2] in ("$", "$.", "$[") else plain
        default = (root, *(steps(plain) if root == "$" else ()))
        if related(default, place) and _has(value, place[len(default) :], known=path == plain):
            return frozenset({WRITTEN})
    if not gives(found, stage, place):
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


def _within(state: State, place: Place, facts: Facts) -> Iterator[tuple[NodePath, Facts]]:
    """The scopes within a state, with what is known where they begin."""
    node = state.node
    whole = state.type == "Parallel" and not {"InputPath", "Parameters", "Arguments"} & set(node)
    variable = place[0] != "$" and not is_distributed(node)
    first = facts if whole or variable else frozenset({UNKNOWN})
    paths = [(*state.path, "Branches", str(number)) for number in range(len(node.get("Branches", ())))]
    paths += [(*state.path, key) for key in ("ItemProcessor", "Iterator") if key in node]
    yield from ((path, first) for path in paths)
