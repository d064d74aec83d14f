"""Definition -> Interface: what an execution takes, and where it goes. It passes between processes as JSON.

Sources: Amazon States Language specification (context object, intrinsic functions), SageMaker API reference
(the Create... pages have the lengths of names).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import Definition, ExecutionInput, Node, State, Text, resolve

InputPath = tuple[str, ...]
"""A place in an execution's input: names from its root."""


@dataclass(frozen=True, slots=True)
class Use:
    """An input that goes into a field of a call.

    `field` is the field's path in the call, list indices left out. `room` is how many characters the input
    may have where the field is the name of something the call makes, 0 elsewhere. `whole`: nothing is
    written around the input. `early`: no task runs before the state.
    """

    path: tuple[str, ...]
    state: str
    call: str
    field: tuple[str, ...]
    location: SourceLocation
    room: int = 0
    whole: bool = True
    early: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A state by its name, with what it calls (`sagemaker:createTrainingJob.sync`, empty where nothing)."""

    name: str
    type: str
    call: str
    location: SourceLocation


@dataclass(frozen=True, slots=True)
class Interface:
    """What an execution of one workflow takes and goes through.

    `schema` is the declared input (`LoadedWorkflow.input_schema`). `optional` are the inputs that a Choice
    asks for before they are read. `default_input` is a ready-made pipeline's, its tokens as `${Name}`;
    `outputs` are the S3 places that states write to, tokens likewise.
    """

    workflow: str
    source: str
    location: SourceLocation
    inputs: tuple[ExecutionInput, ...]
    uses: tuple[Use, ...] = ()
    steps: tuple[Step, ...] = ()
    optional: tuple[str, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict)
    default_input: Mapping[str, Any] | None = None
    outputs: tuple[str, ...] = ()


NAMES: Mapping[tuple[str, str], tuple[str, int]] = {
    ("sagemaker", "createTrainingJob"): ("TrainingJobName", 63),
    ("sagemaker", "createTransformJob"): ("TransformJobName", 63),
    ("sagemaker", "createProcessingJob"): ("ProcessingJobName", 63),
    ("sagemaker", "createHyperParameterTuningJob"): ("HyperParameterTuningJobName", 32),
    ("sagemaker", "createLabelingJob"): ("LabelingJobName", 63),
    ("sagemaker", "createCompilationJob"): ("CompilationJobName", 63),
    ("sagemaker", "createAutoMLJob"): ("AutoMLJobName", 32),
    ("sagemaker", "createAutoMLJobV2"): ("AutoMLJobName", 32),
    ("sagemaker", "createModel"): ("ModelName", 63),
    ("sagemaker", "createEndpointConfig"): ("EndpointConfigName", 63),
    ("sagemaker", "createEndpoint"): ("EndpointName", 63),
    ("bedrock", "createModelCustomizationJob"): ("JobName", 63),
    ("states", "startExecution"): ("Name", 80),
}
"""Calls that make something whose name may not exist yet: the name's field and its longest form."""

WRITTEN = (("S3OutputPath",), ("S3Output", "S3Uri"), ("S3OutputLocation",))
"""The ends of fields that hold an S3 place a job writes to (SageMaker API reference)."""

_PATH = r"(?P<steps>(?:\.[A-Za-z0-9_-]+|\[['\"][^'\"\]]+['\"]\])+)"
_CONTEXT = re.compile(r"\$\$\.Execution\.Input" + _PATH)
_OWN = re.compile(r"(?<!\$)\$" + _PATH)
_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[['\"]([^'\"\]]+)['\"]\]")
_FORMAT = re.compile(r"^States\.Format\(\s*'(?P<form>(?:[^'\\]|\\.)*)'\s*,(?P<rest>[^,]*)\)$")
_NESTING = ("Branches", "Iterator", "ItemProcessor")


def interface(definition: Definition) -> Interface:
    """The interface of one workflow, from the definition as it stands in its template."""
    first, early = _firsts(definition.tree), _early(definition.tree)
    known = {one.name for one in definition.inputs}
    # A state behind a Choice may also be reached with another input than the execution's.
    found = (use for state in definition.states for use in _uses(state, first, early))
    uses = [use for use in found if use.path[0] in known]
    given = definition.default_input
    return Interface(
        workflow=definition.name,
        source=definition.workflow.source.name,
        location=definition.workflow.location,
        inputs=definition.inputs,
        uses=tuple(uses),
        steps=tuple(Step(one.name, one.type, _call(one), one.location) for one in definition.states),
        optional=tuple(sorted({name for one in definition.states for name in _asked_for(one, first)})),
        schema=definition.workflow.input_schema,
        default_input=None if given is None else resolve(given, lambda token: f"${{{token.name}}}"),
        outputs=tuple(sorted({place for one in definition.states for place in _written(one)})),
    )


def _call(state: State) -> str:
    one = state.integration
    if one is None:
        return ""
    pattern = f".{one.pattern}" if one.pattern else ""
    return f"{one.service}:{one.action}{pattern}" if one.action else one.service


def _uses(state: State, first: set[str], early: set[str]) -> Iterator[Use]:
    """The inputs that stand in the parameters of a task."""
    if state.integration is None:
        return
    call = (state.integration.service, state.integration.action)
    named, longest = NAMES.get(call, ("", 0))
    for place, leaf in leaves(state.node.get("Parameters", {})):
        if not isinstance(leaf, str) or not place or not place[-1].endswith(".$"):
            continue
        into = (*place[:-1], place[-1].removesuffix(".$"))
        room = _room(leaf, longest) if into == (named,) else 0
        for path, whole in _reads(leaf, state.name in first):
            yield Use(path, state.name, _call(state), into, state.location, room, whole, state.name in early)


def _reads(leaf: str, first: bool) -> Iterator[tuple[InputPath, bool]]:
    """The inputs that a path or an intrinsic function reads, and whether it is nothing but the input."""
    for form in (_CONTEXT, _OWN) if first else (_CONTEXT,):
        for match in form.finditer(leaf):
            yield tuple(dot or key for dot, key in _STEP.findall(match["steps"])), match[0] == leaf


def _room(leaf: str, longest: int) -> int:
    """How many characters an input may have in a name of at most `longest`; 0 where that cannot be told."""
    if not leaf.startswith("States."):
        return longest
    match = _FORMAT.match(leaf)
    if not match or match["form"].count("{}") != 1:
        return 0
    return max(0, longest - len(match["form"]) + 2)


def _asked_for(state: State, first: set[str]) -> Iterator[str]:
    """The inputs that a Choice asks for with IsPresent."""
    for rule in _mappings(state.node.get("Choices", ())) if state.type == "Choice" else ():
        if "IsPresent" in rule and isinstance(rule.get("Variable"), str):
            yield from (path[0] for path, _ in _reads(rule["Variable"], state.name in first))


def _mappings(node: Node) -> Iterator[Mapping[Any, Node]]:
    if isinstance(node, Mapping):
        yield node
    for item in (
        node.values() if isinstance(node, Mapping) else node if isinstance(node, (list, tuple)) else ()
    ):
        yield from _mappings(item)


def _written(state: State) -> Iterator[str]:
    """The S3 places that a task writes to, where the definition has them."""
    for place, leaf in leaves(state.node.get("Parameters", {})):
        shown = leaf.shown if isinstance(leaf, Text) else leaf
        if isinstance(shown, str) and shown.startswith("s3://") and ends(place, WRITTEN):
            yield shown


def ends(place: tuple[str, ...], forms: tuple[tuple[str, ...], ...]) -> bool:
    """Whether a field's path ends with one of the forms."""
    return any(place[-len(form) :] == form for form in forms)


def leaves(node: Node, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every leaf with its path, list indices left out."""
    if isinstance(node, Mapping):
        for key, item in node.items():
            yield from leaves(item, (*place, key.shown if isinstance(key, Text) else key))
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from leaves(item, place)
    else:
        yield place, node


def _parts(node: Mapping[Any, Node]) -> Iterator[Mapping[Any, Node]]:
    """The state machines in a state."""
    for key in _NESTING:
        inner = node.get(key, ())
        yield from (inner,) if isinstance(inner, Mapping) else inner


def _start(tree: Node) -> str:
    """The name of the state that a (sub)definition starts with."""
    start = tree["StartAt"]
    return start.shown if isinstance(start, Text) else str(start)


def _named(tree: Node) -> dict[str, Mapping[Any, Node]]:
    """The states of a (sub)definition, without those nested in them, by their names."""
    return {key.shown if isinstance(key, Text) else key: node for key, node in tree["States"].items()}


def _next(node: Mapping[Any, Node]) -> list[str]:
    """The states that a state goes on to."""
    rules = [rule["Next"] for rule in node.get("Choices", ()) if "Next" in rule]
    found = [*rules, *(node[key] for key in ("Next", "Default") if key in node)]
    return [one.shown if isinstance(one, Text) else one for one in found]


def _firsts(tree: Node) -> set[str]:
    """The states whose own input is the execution's."""
    states = _named(tree)
    found: set[str] = set()
    ahead = [_start(tree)]
    while ahead:
        name = ahead.pop()
        node = states.get(name, {})
        if name in found:
            continue
        found.add(name)
        if node.get("Type") == "Parallel" and not {"InputPath", "Parameters"} & set(node):
            found |= set().union(*(_firsts(part) for part in _parts(node)))
        elif node.get("Type") in ("Choice", "Wait") and not {"InputPath", "OutputPath"} & set(node):
            ahead += _next(node)
    return found


def _early(tree: Node) -> set[str]:
    """The tasks before which no other task runs."""
    states = _named(tree)
    found: set[str] = set()
    seen: set[str] = set()
    ahead = [_start(tree)]
    while ahead:
        name = ahead.pop()
        node = states.get(name)
        if name in seen or node is None:
            continue
        seen.add(name)
        if node["Type"] == "Task":
            found.add(name)
        elif node["Type"] in ("Parallel", "Map"):
            found |= set().union(*(_early(part) for part in _parts(node)))
        else:
            ahead += _next(node)
    return found
