"""Definition -> the event patterns of its SageMaker jobs and endpoints that fail, which tell them from those of others.

A job is known by its name, or how that begins, and by the role that it runs under: both where both are known, because
a second stack of the same workflow has the same names, and another workflow may have the same role. A transform job,
which has no role, is known by the place of its results where its name is not. Sources: the
SageMaker developer guide, "Events that Amazon SageMaker AI sends to Amazon EventBridge"; the EventBridge user guide,
"Comparison operators for use in event patterns" (prefix, letters of either size) and "Amazon EventBridge quotas" (a
pattern has at most 2,048 characters).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sfn_cfn.model import Definition, Node, State, Text, text
from sfn_cfn.operations.job_kinds import KINDS, Kind
from sfn_cfn.operations.parts import arn
from sfn_cfn.template.intrinsics import Value, from_text

_FORMAT = re.compile(r"States\.Format\(\s*'((?:[^'\\{]|\\.)*)")
_JSONATA = re.compile(r"\{%\s*(?:'((?:[^'\\])*)'|\"((?:[^\"\\])*)\")\s*(&|%\})")
_STEP = re.compile(r"\['([^']+)'\]|\.([A-Za-z0-9_]+)")
_INPUT = re.compile(rf"\$\$\.Execution\.Input(?:{_STEP.pattern})+")
_Given: TypeAlias = "Mapping[Any, Node]"
_NAMES_OF_A_RULE = 8
"""So many ARNs with the longest names and the longest role stay within a pattern's 2,048 characters."""


def patterns(definition: Definition) -> Iterator[tuple[str, Kind, dict[str, Value]]]:
    """The logical ID and the pattern of each rule on what fails or is stopped, and what kind that is."""
    found: dict[str, list[_Given]] = defaultdict(list)
    for kind, state in _starting(definition):
        found[kind.rule].append(_given(definition, kind, state))
    for kind in {kind.rule: kind for kind in KINDS.values()}.values():
        for number, alternative in enumerate(_alternatives(kind, found[kind.rule]), 1):
            logical_id = f"{kind.rule}FailedRule{number if number > 1 else ''}"
            pattern: dict[str, Value] = {"source": ["aws.sagemaker"], "detail-type": [kind.detail_type]}
            pattern = _with(pattern, ("detail", kind.status), list(kind.statuses))
            for path, values in alternative.items():
                pattern = _with(pattern, path, values)
            yield logical_id, kind, pattern


def untold(definition: Definition) -> Iterator[tuple[Kind, State]]:
    """States whose jobs no pattern picks."""
    for kind, state in _starting(definition):
        given = _given(definition, kind, state)
        if not _name(kind, given) and _role(kind, given) is None and not _result(kind, given):
            yield kind, state


def _starting(definition: Definition) -> Iterator[tuple[Kind, State]]:
    for state in definition.states:
        call = state.integration
        kind = KINDS.get(call.action) if call and call.service == "sagemaker" else None
        if kind and not (kind.rule == "ModelPackage" and _of_no_group(kind, state)):
            yield kind, state


def _of_no_group(kind: Kind, state: State) -> bool:
    """Whether a model package has a name of its own, which the documented event has not."""
    given = _parameters(state)
    return bool(given) and kind.given not in given and f"{kind.given}.$" not in given


@dataclass(slots=True)
class _Group:
    """The jobs under one role; `names` is empty where every job under it is the workflow's."""

    role: str | Text | None
    names: list[Value] = field(default_factory=list)
    whole: bool = False

    def add(self, matcher: Value | None) -> None:
        """A job that a matcher picks by its name; None: one whose name nothing is known of."""
        self.whole = self.whole or matcher is None
        if matcher is not None and matcher not in self.names:
            self.names.append(matcher)


_Alternative: TypeAlias = "dict[tuple[str, ...], list[Value]]"


def _alternatives(kind: Kind, calls: Sequence[_Given]) -> Iterator[_Alternative]:
    """What fields of an event have to be, one way after another: roles, roles and names, names, places of results."""
    groups: list[_Group] = []
    results: list[Value] = []
    for given in calls:
        name, role, result = _name(kind, given), _role(kind, given), _result(kind, given)
        if name or role is not None:
            group = next((one for one in groups if one.role == role), None)
            if group is None:
                groups.append(group := _Group(role))
            group.add(_matcher(kind, name) if name else None)
        elif result and (matcher := _plain_matcher(result)) not in results:
            results.append(matcher)
    for group in groups:
        own: _Alternative = {} if group.role is None else {kind.role: [from_text(group.role)]}
        if group.whole:
            yield own
        else:
            for start in range(0, len(group.names), _NAMES_OF_A_RULE):
                yield {kind.field: group.names[start : start + _NAMES_OF_A_RULE], **own}
    # Two of the longest places do not fit into one pattern.
    yield from ({kind.result: [place]} for place in results)


def _with(pattern: Mapping[str, Value], path: Sequence[str], value: Value) -> dict[str, Value]:
    """The pattern with a value at a path."""
    name, *rest = path
    return {**pattern, name: _with(pattern.get(name, {}), rest, value) if rest else value}


@dataclass(frozen=True, slots=True)
class _Name:
    """A job's name, or the place of its results, or how that begins."""

    value: str | Text
    whole: bool


def _matcher(kind: Kind, name: _Name) -> Value:
    """What a name has to be in an event; ARNs of SageMaker have it in small letters."""
    if not kind.resource:
        return _plain_matcher(name)
    given = (
        name.value if _begins(name.value, "arn:") else arn("sagemaker", kind.resource, *_pieces(name.value))
    )
    either = {"equals-ignore-case": from_text(given)}
    return either if name.whole else {"prefix": either}


def _plain_matcher(name: _Name) -> Value:
    value = from_text(name.value)
    return value if name.whole else {"prefix": value}


def _pieces(value: str | Text) -> tuple[Any, ...]:
    return value.pieces if isinstance(value, Text) else (value,)


def _parameters(state: State) -> _Given:
    found = state.node.get("Parameters", state.node.get("Arguments"))
    return found if isinstance(found, Mapping) else {}


def _given(definition: Definition, kind: Kind, state: State) -> _Given:
    """The call's parameters, a role and an endpoint's name out of the input that a ready-made pipeline comes with.

    Its jobs get names of their own at each execution, its endpoint keeps its name.
    """
    given = _parameters(state)
    keys = [*kind.role[1:2], *([kind.given] if kind.rule == "Endpoint" else ())]
    read = {key: _of_input(definition.default_input, given.get(f"{key}.$")) for key in keys}
    return {**given, **{key: value for key, value in read.items() if value is not None}}


def _of_input(default: Node, path: Node) -> Node | None:
    """What stands at `$$.Execution.Input['A'].B` in an input."""
    if not isinstance(path, str) or not _INPUT.fullmatch(path):
        return None
    for quoted, plain in _STEP.findall(path.removeprefix("$$.Execution.Input")):
        default = default.get(quoted or plain) if isinstance(default, Mapping) else None
    return default


def _name(kind: Kind, given: _Given) -> _Name | None:
    """What the definition says of the job's name; None where that is nothing."""
    return _text(given, kind.given)


def _result(kind: Kind, given: _Given) -> _Name | None:
    """The same of the place of its results."""
    *around, last = kind.result[1:] or ("",)
    found: Any = given
    for name in around:
        found = found.get(name) if isinstance(found, Mapping) else None
    return _text(found, last) if isinstance(found, Mapping) else None


def _text(given: _Given, key: str) -> _Name | None:
    """The text of a key, or how it begins where a function puts it together; None where the execution gives it."""
    if isinstance(written := given.get(key), (str, Text)):
        return _evaluated(written, _JSONATA) if _begins(written, "{%") else _Name(written, whole=True)
    read = given.get(f"{key}.$")
    return _evaluated(read, _FORMAT) if isinstance(read, (str, Text)) else None


def _begins(value: str | Text, beginning: str) -> bool:
    first = value.pieces[0] if isinstance(value, Text) else value
    return isinstance(first, str) and first.lstrip().startswith(beginning)


def _evaluated(value: str | Text, form: re.Pattern[str]) -> _Name | None:
    """How a name begins that a function puts together, its tokens kept.

    Tokens stand as private letters while the text is matched, so that a literal with tokens is found whole.
    """
    pieces = _pieces(value)
    shown = "".join(p if isinstance(p, str) else chr(0xE000 + i) for i, p in enumerate(pieces))
    match = form.match(shown)
    prefix = next((group for group in match.groups()[:2] if group), "") if match else ""
    if not prefix or "\\" in prefix:
        return None
    letters = (pieces[ord(one) - 0xE000] if 0xE000 <= ord(one) < 0xF8FF else one for one in prefix)
    whole = bool(match and match.re is _JSONATA and match[3] == "%}")
    return _Name(text(*letters), whole)


def _role(kind: Kind, given: _Given) -> str | Text | None:
    """The role that the job runs under; None where only the execution knows it, or the event does not."""
    if not kind.role:
        return None
    found: Any = given
    for name in kind.role[1:]:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, (str, Text)) and not _begins(found, "{%") else None
