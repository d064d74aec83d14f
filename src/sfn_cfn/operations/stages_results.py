"""Definition, stages -> the reads of what a stage that is off does not give."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation
from sfn_cfn.model import Definition, NodePath
from sfn_cfn.operations.stages_flow import Found, flow, follow
from sfn_cfn.operations.stages_graph import Scope, Stage
from sfn_cfn.operations.stages_paths import Note, written
from sfn_cfn.operations.stages_values import EMPTY, NOTHING, RESULT, Off, Place, Value, is_item
from sfn_cfn.settings import WorkflowSettings

SFN693 = Code(
    "SFN693",
    Severity.ERROR,
    "a state reads what a stage that is off does not give",
    "When a stage is off, what its states would have written is not there, and a later state that reads it fails. "
    "Declare in the stage's `result` what such a state finds then, by the path that it reads: a value, or under a name "
    "that ends in `.$` a path to one, for example into the execution's input.",
)


SFN697 = Code(
    "SFN697",
    Severity.WARNING,
    "an expression may need what a stage that is off does not give",
    "What a JSONata expression does with a value as a whole, such as `$lookup($states.input, 'Uri')`, cannot be told. "
    "Where it needs what a stage gives, declare that in the stage's `result`, or read it by its name, as in "
    "`$states.input.Uri`.",
)


def missing(
    definition: Definition, scopes: Mapping[NodePath, Scope], stages: Sequence[Stage], own: WorkflowSettings
) -> Iterator[Diagnostic]:
    """A finding for each place that a stage leaves without a value, and each state or result that reads it."""
    found = flow(scopes, stages, machine=definition.tree.get("QueryLanguage") == "JSONata")
    begun = Value(EMPTY.own, NOTHING, {"$": _input(definition)})
    noted: Found = {}
    for stage in stages:
        seen: Found = {}
        follow(found, (), begun, stage, seen)
        for key, notes in seen.items():
            noted.setdefault(key, set()).update(one for one in notes if one.off.stage == stage.name)
    for state in definition.states:
        for note in _in_order(noted.get((state.path, ""), set())):
            yield _finding(definition, f"state '{state.name}'", state.location, note)
    for stage in stages:
        for path in stage.settings.result:
            place = own.place("stages", stage.name, "result", path)
            for note in _in_order(noted.get((stage.path, f"{stage.name}.{path}"), set())):
                yield _finding(definition, f"result '{path}' of stage '{stage.name}'", place, note)


def _input(definition: Definition) -> Value:
    """The execution's input: what the workflow declares of it is there."""
    schema, given = definition.workflow.input_schema, definition.default_input or {}
    return Value(EMPTY.own, NOTHING, {**_declared(given).names, **_declared(schema).names})


def _declared(given: object) -> Value:
    if not isinstance(given, Mapping) or not given:
        return RESULT
    return Value(EMPTY.own, NOTHING, {name: _declared(one) for name, one in given.items()})


def _in_order(notes: set[Note]) -> list[Note]:
    """The notes, one for each read and place that can be declared; those that are sure first."""
    found: dict[tuple[str, str, Place], Note] = {}
    for one in sorted(notes, key=lambda one: (not one.sure, one.read, one.off.stage, one.off.place)):
        place = _declarable(one.off.place)
        found.setdefault((one.read, one.off.stage, place), replace(one, off=Off(one.off.stage, place)))
    return list(found.values())


def _finding(definition: Definition, reader: str, place: SourceLocation | None, note: Note) -> Diagnostic:
    """`place`: where the reader is."""
    declared = written(note.off.place)
    table = f"workflows.{definition.name}.stages.{note.off.stage}"
    hint = f"declare it under [{table}]: result = {{ {json.dumps(declared, ensure_ascii=False)} = ... }}"
    if note.sure:
        message = f"{reader} reads '{note.read}', which stage '{note.off.stage}' does not give when it is off"
        return SFN693.at(place, message, hint)
    message = (
        f"{reader} takes '{note.read}' in an expression, which may need '{declared}', and stage "
        f"'{note.off.stage}' does not give that when it is off"
    )
    return SFN697.at(place, message, hint)


def _declarable(place: Place) -> Place:
    """The part of a place that a result can be written to: no item of a list, nothing in a variable."""
    if place[0] != "$":
        return place[:1]
    return place[: next((number for number, name in enumerate(place) if is_item(name)), len(place))]
