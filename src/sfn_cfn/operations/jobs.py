"""Definition -> what tells the SageMaker jobs of one workflow from those of others, as event patterns.

Source: the SageMaker developer guide, "Events that Amazon SageMaker AI sends to Amazon EventBridge" (the details of
an event are what the job's Describe call gives, so the role is among them, save for transform jobs); the EventBridge
user guide, "Comparison operators for use in event patterns" (prefix, `$or`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_cfn.model import Definition, Node, State, Text, text
from sfn_cfn.template.intrinsics import Value, from_text

_FORMAT = re.compile(r"States\.Format\(\s*'((?:[^'\\{]|\\.)*)")
_JSONATA = re.compile(r"\{%\s*(?:'((?:[^'\\])*)'|\"((?:[^\"\\])*)\")\s*(&|%\})")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: the fields of its event's details. `role` is a path of names, empty where there is none."""

    name: str
    title: str
    detail_type: str
    field: str
    status: str
    role: tuple[str, ...] = ("RoleArn",)


def _kind(name: str, title: str, words: str, role: tuple[str, ...] = ("RoleArn",)) -> Kind:
    return Kind(
        name, title, f"SageMaker {words} Job State Change", f"{name}JobName", f"{name}JobStatus", role
    )


KINDS: Mapping[str, Kind] = {
    "createTrainingJob": _kind("Training", "Training job", "Training"),
    "createProcessingJob": _kind("Processing", "Processing job", "Processing"),
    "createTransformJob": _kind("Transform", "Transform job", "Transform", ()),
    "createHyperParameterTuningJob": _kind(
        "HyperParameterTuning", "Tuning job", "HyperParameter Tuning", ("TrainingJobDefinition", "RoleArn")
    ),
}
"""By the action of the task that starts them."""


def patterns(definition: Definition) -> Iterator[tuple[Kind, dict[str, Value]]]:
    """For each kind of job that the workflow starts, the pattern of the events of those that fail or are stopped."""
    found: dict[str, list[State]] = defaultdict(list)
    for state in _starting(definition):
        found[state.integration.action if state.integration else ""].append(state)
    for action, kind in KINDS.items():
        if narrowed := _narrowed(kind, found[action]):
            detail = {kind.status: ["Failed", "Stopped"], **narrowed}
            yield kind, {"source": ["aws.sagemaker"], "detail-type": [kind.detail_type], "detail": detail}


def untold(definition: Definition) -> Iterator[State]:
    """States whose jobs no pattern picks."""
    for state in _starting(definition):
        kind = KINDS[state.integration.action if state.integration else ""]
        if not _name(kind, state) and _role(kind, state) is None:
            yield state


def _starting(definition: Definition) -> Iterator[State]:
    for state in definition.states:
        call = state.integration
        if call and call.service == "sagemaker" and call.action in KINDS:
            yield state


def _narrowed(kind: Kind, states: Sequence[State]) -> dict[str, Value]:
    """The names of the jobs, the roles of those without a known one, or either; empty where nothing is known."""
    names = [found for state in states if (found := _name(kind, state))]
    unnamed = [state for state in states if not _name(kind, state)]
    roles = [role for state in unnamed if (role := _role(kind, state)) is not None]
    by_name = {kind.field: _unique(map(_matcher, names))} if names else {}
    by_role: dict[str, Value] = {}
    if roles:
        by_role = _nested(kind.role, _unique(map(from_text, roles)))
    return {"$or": [by_name, by_role]} if by_name and by_role else {**by_name, **by_role}


def _nested(path: Sequence[str], value: Value) -> dict[str, Value]:
    for name in reversed(path):
        value = {name: value}
    return dict(value)


def _unique(values: Any) -> list[Value]:
    found: list[Value] = []
    found.extend(value for value in values if value not in found)
    return found


@dataclass(frozen=True, slots=True)
class _Name:
    """A job's name, or how it begins."""

    value: str | Text
    whole: bool


def _matcher(name: _Name) -> Value:
    value = from_text(name.value)
    return value if name.whole else {"prefix": value}


def _parameters(state: State) -> Mapping[Any, Node]:
    found = state.node.get("Parameters", state.node.get("Arguments"))
    return found if isinstance(found, Mapping) else {}


def _name(kind: Kind, state: State) -> _Name | None:
    """What the definition says of the job's name; None where that is nothing."""
    given = _parameters(state)
    if isinstance(written := given.get(kind.field), (str, Text)):
        return _evaluated(written, _JSONATA) if _begins(written, "{%") else _Name(written, whole=True)
    read = given.get(f"{kind.field}.$")
    return _evaluated(read, _FORMAT) if isinstance(read, (str, Text)) else None


def _begins(value: str | Text, beginning: str) -> bool:
    first = value.pieces[0] if isinstance(value, Text) else value
    return isinstance(first, str) and first.lstrip().startswith(beginning)


def _evaluated(value: str | Text, form: re.Pattern[str]) -> _Name | None:
    """How a name begins that a function puts together, its tokens kept.

    Tokens stand as private letters while the text is matched, so that a literal with tokens is found whole.
    """
    pieces = value.pieces if isinstance(value, Text) else (value,)
    shown = "".join(p if isinstance(p, str) else chr(0xE000 + i) for i, p in enumerate(pieces))
    match = form.match(shown)
    prefix = next((group for group in match.groups()[:2] if group), "") if match else ""
    if not prefix or "\\" in prefix:
        return None
    letters = (pieces[ord(one) - 0xE000] if 0xE000 <= ord(one) < 0xF8FF else one for one in prefix)
    whole = bool(match and match.re is _JSONATA and match[3] == "%}")
    return _Name(text(*letters), whole)


def _role(kind: Kind, state: State) -> str | Text | None:
    """The role that the job runs under; None where only the execution knows it, or the event does not."""
    if not kind.role:
        return None
    given: Any = _parameters(state)
    for name in kind.role:
        given = given.get(name) if isinstance(given, Mapping) else None
    return given if isinstance(given, (str, Text)) and not _begins(given, "{%") else None
