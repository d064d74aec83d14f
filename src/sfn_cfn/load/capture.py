"""The SDK's objects -> `LoadedWorkflow`: JSON values, places and parameters, or findings at the state."""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_cfn import authored
from sfn_cfn.authored import FloatParameter, IntParameter, TextParameter
from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.load import codes, sdk
from sfn_cfn.model import GivenSettings, LoadedWorkflow, NodePath, WorkflowSource, World

_DEEPEST = 200
"""Nesting beyond this is taken for a value that holds itself."""


@dataclass(slots=True)
class Reading:
    """What one walk over the SDK's values finds besides the values."""

    numbers: dict[NodePath, str] = field(default_factory=dict)
    problems: list[tuple[NodePath, str, str]] = field(default_factory=list)


def read(value: Any, reading: Reading, path: NodePath = ()) -> Any:
    """`value` as plain JSON values; parameters, and what is no JSON, go into `reading` by their path."""
    if isinstance(value, (IntParameter, FloatParameter)):
        reading.numbers[path] = value.parameter
    if isinstance(value, str):
        return str(value) if isinstance(value, TextParameter) else str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, float):
        return _finite(float.__float__(value), reading, path)
    if len(path) > _DEEPEST:
        reading.problems.append((path, "a value that holds itself", ""))
        return None
    if isinstance(value, Mapping):
        return {
            name: read(item, reading, (*path, name))
            for key, item in value.items()
            if (name := _key(key, reading, path)) is not None
        }
    if isinstance(value, (list, tuple)):
        return [read(item, reading, (*path, str(index))) for index, item in enumerate(value)]
    return _foreign(value, reading, path)


def _finite(value: float, reading: Reading, path: NodePath) -> float | None:
    if math.isfinite(value):
        return value
    shown = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    reading.problems.append((path, f"the number {shown}", "give a finite number"))
    return None


def _key(key: Any, reading: Reading, path: NodePath) -> str | None:
    """A mapping's key as `json` writes it."""
    if isinstance(key, str):
        return str(key) if isinstance(key, TextParameter) else str.__str__(key)
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, (int, float)):
        return str(key)
    reading.problems.append((path, f"a key of type '{type_of(key)}'", ""))
    return None


def _foreign(value: Any, reading: Reading, path: NodePath) -> Any:
    """Scalars of numpy become Python's; everything else is a finding."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return read(value.item(), reading, path)
    inputs = sys.modules.get("stepfunctions.inputs")
    if inputs is not None and isinstance(value, inputs.Placeholder):
        what = f"the placeholder {value.to_jsonpath()} where the SDK does not render it"
        hint = "put placeholders into mappings of 'parameters', not into lists or other fields"
    elif numpy is not None and isinstance(value, numpy.ndarray):
        what, hint = f"a value of type '{type_of(value)}'", "call .tolist() on it"
    elif isinstance(value, (set, frozenset)):
        what, hint = f"a value of type '{type_of(value)}'", "make a sorted list of it"
    else:
        what, hint = f"a value of type '{type_of(value)}'", "make text, a number, a list or a mapping of it"
    reading.problems.append((path, what, hint))
    return None


def type_of(value: Any) -> str:
    """A type's name as its users know it."""
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def state_path(path: NodePath) -> NodePath:
    """The longest beginning of `path` that is a state's own path."""
    end = at = 0
    while at + 1 < len(path) and path[at] == "States":
        end = at = at + 2
        if path[at : at + 1] == ("Branches",):
            at += 2
        elif path[at : at + 1] in (("Iterator",), ("ItemProcessor",)):
            at += 1
    return path[:end]


def state_places(branch: Any, path: NodePath = ()) -> Iterator[tuple[NodePath, SourceLocation]]:
    """The place of each state that the SDK reaches from `branch`, nested ones too, by its path."""
    visitor = _Visitor()
    branch.accept(visitor)
    for name, state in visitor.states.items():
        here = (*path, "States", name)
        place = state.__dict__.get(sdk.PLACE)
        if place is not None:
            yield here, place
        for index, nested in enumerate(state.__dict__.get("branches") or ()):
            yield from state_places(nested, (*here, "Branches", str(index)))
        iterator = getattr(state, "iterator", None)
        if iterator is not None and hasattr(iterator, "accept"):
            yield from state_places(iterator, (*here, "Iterator"))


class _Visitor:
    """Collects states in the order and by the rule of the SDK's own graph."""

    def __init__(self) -> None:
        self.states: dict[str, Any] = {}

    def is_visited(self, state: Any) -> bool:
        return state.state_id in self.states

    def visit(self, state: Any) -> None:
        self.states[state.state_id] = state


def capture(
    source: WorkflowSource,
    world: World,
    workflow: Any,
    place: SourceLocation | None,
    given: tuple[GivenSettings, ...] = (),
) -> tuple[LoadedWorkflow | None, list[Diagnostic]]:
    """One `Workflow` as values, or None and the reasons. User classes run here: exceptions pass.

    `given` is what the source sets for it.
    """
    location = place or SourceLocation(source.name)
    reading = Reading()
    definition = read(workflow.definition.to_dict(), reading)
    branch = vars(workflow.definition).get("branch")
    lines = dict(state_places(branch)) if branch is not None else {}
    name = _text(workflow.name)
    sent = Reading()
    default_input = _default_input(workflow, sent)
    problems = [*reading.problems, *(_in_parameters(item) for item in sent.problems)]
    if problems:
        return None, [_problem(name, item, lines, location) for item in dict.fromkeys(problems)]
    tags, role = _tags(workflow.tags), _text(workflow.role)
    texts = [*_texts(definition), *_texts(tags), *_texts(default_input), name, role]
    texts += (text for one in given for text in _texts(one.tables))
    used = authored.reached(texts, reading.numbers)
    return LoadedWorkflow(
        source=source,
        name=name,
        location=location,
        template=_template(workflow, name, role, definition),
        definition=definition,
        world=world,
        role=role,
        tags=tags,
        parameters=tuple(item for item in authored.registry.declared.values() if item.name in used),
        numbers=reading.numbers,
        state_lines={key: place for key, place in lines.items() if _has(definition, key)},
        input_schema=_schema(workflow.workflow_input),
        default_input=default_input,
        given=given,
    ), []


def _problem(
    name: str,
    problem: tuple[NodePath, str, str],
    lines: Mapping[NodePath, SourceLocation],
    location: SourceLocation,
) -> Diagnostic:
    path, what, hint = problem
    state = state_path(path)
    place = lines.get(state, location)
    rest = ".".join(path[len(state) :])
    at = f" at '{rest}'" if rest else ""
    if not state:
        return codes.NOT_JSON.at(place, f"workflow '{name}' holds {what}{at}", hint)
    place = SourceLocation(place.file, place.line, "/".join(state))
    return codes.NOT_JSON.at(place, f"state '{state[-1]}' holds {what}{at}", hint)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _texts(value: Any) -> Iterator[str]:
    """All text in a tree of JSON values, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _has(tree: Any, path: NodePath) -> bool:
    for key in path:
        if isinstance(tree, list):
            tree = tree[int(key)] if key.isdigit() and int(key) < len(tree) else None
        else:
            tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree is not None


def _tags(tags: Any) -> dict[str, str]:
    """The SDK passes tags on as they are; authors write both APIs' spellings, or a mapping."""
    if isinstance(tags, Mapping):
        return {_text(key): _text(value) for key, value in tags.items()}
    pairs: Iterable[Any] = tags or ()
    found = {}
    for pair in pairs:
        entry = {str(key).lower(): value for key, value in pair.items()} if isinstance(pair, Mapping) else {}
        if "key" in entry:
            found[_text(entry["key"])] = _text(entry.get("value"))
    return found


def _schema(placeholder: Any) -> dict[str, Any]:
    """An `ExecutionInput`'s variables: name to type name, nested."""
    if not hasattr(placeholder, "get_schema_as_dict"):
        return {}

    def named(schema: Mapping[Any, Any]) -> dict[str, Any]:
        return {
            str(key): named(kind) if isinstance(kind, Mapping) else getattr(kind, "__name__", str(kind))
            for key, kind in schema.items()
        }

    return named(placeholder.get_schema_as_dict())


def _default_input(workflow: Any, reading: Reading) -> Any:
    """What `TrainingPipeline.execute()` would send for `workflow`, under the pipeline's own name.

    `input_template` alone is not what a pipeline wants: `execute` fills in names and the model's place.
    """
    for pipeline, template in sdk.journal.pipelines:
        if getattr(pipeline, "workflow", None) is workflow and template is not None:
            return read(sdk.input_of(pipeline, template), reading)
    return None


def _in_parameters(problem: tuple[NodePath, str, str]) -> tuple[NodePath, str, str]:
    """A problem in a ready-made pipeline's input, where its author caused it: the state's parameters."""
    path, what, hint = problem
    return (("States", path[0], "Parameters", *path[1:]) if path else path), what, hint


def _template(workflow: Any, name: str, role: str, definition: Any) -> str:
    """The SDK's template over the values as read: numpy's numbers and parameters make it fail."""
    frozen = sys.modules["stepfunctions.steps.states"].FrozenGraph(definition)
    kept = {key: workflow.__dict__.get(key) for key in ("definition", "name", "role")}
    workflow.__dict__.update(definition=frozen, name=name, role=role)
    # The SDK warns about what this compiler mends, on any handler that the source has set.
    logging.disable(logging.CRITICAL)
    try:
        return str(workflow.get_cloudformation_template(workflow.__dict__.get(sdk.DESCRIPTION)))
    finally:
        logging.disable(logging.NOTSET)
        workflow.__dict__.update(kept)
