"""Definition, stages -> the reads of what a stage that is off does not give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, NodePath, State
from sfn_cfn.operations.stages_flow import UNKNOWN, WRITTEN, Facts, Flow, flow, follow, gives
from sfn_cfn.operations.stages_graph import Scope, Stage
from sfn_cfn.operations.stages_reads import Place, collects, is_jsonata, reads

SFN693 = Code(
    "SFN693",
    Severity.ERROR,
    "a state reads what a stage that is off does not give",
    "When a stage is off, what its states would have written is not there, and a later state that reads it fails. "
    "Declare in the stage's `result` what such a state finds then, by the path that it reads: a value, or under a name "
    "that ends in `.$` a path to one, for example into the execution's input.",
)


def missing(
    definition: Definition, scopes: Mapping[NodePath, Scope], stages: Sequence[Stage]
) -> Iterator[Diagnostic]:
    """A finding for each state and place that a stage leaves without a value."""
    machine = definition.tree.get("QueryLanguage") == "JSONata"
    found = flow(scopes, stages, machine=machine)
    readers: dict[Place, list[State]] = {}
    for state in definition.states:
        for place in sorted(reads(state, jsonata=is_jsonata(state, machine=machine))):
            readers.setdefault(place, []).append(state)
    given = {*definition.workflow.input_schema, *(definition.default_input or ())}
    for place, states in readers.items():
        if any(gives(found, stage, place) for stage in stages):
            at: dict[NodePath, Facts] = {}
            is_given = place[0] == "$" and place[1] in given
            follow(found, place, (), frozenset({WRITTEN if is_given else UNKNOWN}), at)
            for state in states:
                for name in _off(at.get(state.path, frozenset())):
                    yield _finding(definition, state, place, name, place)
    for place, states in readers.items():
        for state in states:
            for name, inner in _collected(definition, found, state, place):
                yield _finding(definition, state, place, name, inner)


def _off(facts: Facts) -> list[str]:
    """The stages that leave a place without a value."""
    return sorted(facts - {UNKNOWN, WRITTEN})


def _finding(definition: Definition, state: State, place: Place, stage: str, inner: Place) -> Diagnostic:
    """`inner`: the place as the stage's own scope has it."""
    read = _path(place)
    machine = definition.tree.get("QueryLanguage") == "JSONata"
    if place[0] == "$" and is_jsonata(state, machine=machine):
        read = f"$states.input{read[1:]}"
    declared = _path(inner).partition("[")[0] if inner[0] == "$" else inner[0]
    message = f"state '{state.name}' reads '{read}', which stage '{stage}' does not give when it is off"
    table = f"workflows.{definition.name}.stages.{stage}"
    return SFN693.at(
        state.location, message, f'declare it under [{table}]: result = {{ "{declared}" = ... }}'
    )


def _path(place: Place) -> str:
    return place[0] + "".join(_step(step) for step in place[1:])


def _step(name: str) -> str:
    if name.startswith("["):
        return name
    return f".{name}" if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name) else f"['{name}']"


def _collected(
    definition: Definition, found: Flow, reader: State, place: Place
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
                for name in _off(follow(found, inner, path, frozenset({UNKNOWN}), {})):
                    yield name, inner


def _scopes_of(state: State, index: str) -> list[NodePath]:
    """The scopes whose outputs a Parallel or Map state puts at an index."""
    if state.type == "Map":
        return [(*state.path, key) for key in ("ItemProcessor", "Iterator") if key in state.node]
    numbers = range(len(state.node.get("Branches", ())))
    return [(*state.path, "Branches", str(one)) for one in numbers if index in (f"[{one}]", "[*]")]
