"""Two templates -> what differs in the state machine's definition, state by state, and in its name and type.

The definitions are compared as the templates have them, with `${Name}` where a value is filled in; what other
values of parameters change is told elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sfn_cfn.deploy.lines import Line
from sfn_cfn.template.intrinsics import Intrinsic
from sfn_cfn.template.model import Template

MACHINE = "StateMachineComponent"
MACHINE_TYPE = "AWS::StepFunctions::StateMachine"
ALIAS_TYPE = "AWS::StepFunctions::StateMachineAlias"
_TOKEN_OR_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\$\{[^{}]*\}', re.DOTALL)
_NAME = re.compile(r"\$\{([^!{}][^{}]*)\}")
_MOST = 4
_WIDEST = 40


@dataclass(frozen=True, slots=True)
class StateChange:
    """A state by its path (`States/Train`; empty: the definition's own fields), and its fields that differ.

    `fields` are pairs of a field's path in the state (`Parameters.RoleArn`) and what becomes of its value.
    """

    path: str
    kind: Literal["added", "changed", "removed"]
    fields: tuple[tuple[str, str], ...] = ()


def compare(old: Template, new: Template) -> tuple[StateChange, ...] | None:
    """What differs in the definitions, in their order; None where one of them cannot be read."""
    before, after = definition(old), definition(new)
    if before is None or after is None:
        return None
    return tuple(_compared(dict(_states(before)), dict(_states(after))))


def words(changes: tuple[StateChange, ...]) -> Iterator[Line]:
    """The changes as lines."""
    signs = {"added": "+", "changed": "~", "removed": "-"}
    for one in changes:
        shown = [f"{path}: {change}" for path, change in one.fields[:_MOST]]
        if len(one.fields) > _MOST:
            shown.append(f"{len(one.fields) - _MOST} more")
        tail = f" ({'; '.join(shown)})" if shown else ""
        yield Line(f"{signs[one.kind]} {one.path or 'the definition itself'}{tail}", one.kind)


def definition(template: Template) -> Any:
    """The definition as JSON values, `${Name}` as text wherever a value is filled in; None where there is none."""
    properties = _machine(template)
    text = _text(properties.get("DefinitionString"))
    if text is None:
        found = properties.get("Definition")
        return found if isinstance(found, Mapping) else None
    quoted = _TOKEN_OR_TEXT.sub(lambda one: one[0] if one[0].startswith('"') else json.dumps(one[0]), text)
    try:
        value = json.loads(quoted)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def replacing(
    old: Template, new: Template, before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[str, ...]:
    """The properties that make CloudFormation replace the state machine, in words; empty where it stays.

    `before` and `after` are the values of the stack's parameters. (AWS::StepFunctions::StateMachine:
    `StateMachineName` and `StateMachineType`, "Update requires: Replacement".)
    """
    if not _machine(old) or not _machine(new):
        return ()
    names, types = _names(old, new, before, after), _types(old, new)
    found = [f"its name '{names[0]}' becomes '{names[1]}'"] if names[0] != names[1] else []
    if types[0] != types[1]:
        found.append(f"its type {types[0]} becomes {types[1]}")
    return tuple(found)


def retyped(old: Template, new: Template, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """How the type changes under an unchanged name, which no deployment can do; empty where it does not."""
    if not _machine(old) or not _machine(new):
        return ""
    names, types = _names(old, new, before, after), _types(old, new)
    is_same = names[0] == names[1] != ""
    return f"its type {types[0]} would become {types[1]}" if is_same and types[0] != types[1] else ""


def stranded(old: Template, new: Template, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The name of an alias that stays while the state machine is replaced; empty where none does.

    An alias is replaced only with its name (AWS::StepFunctions::StateMachineAlias), and routes to versions of the same
    state machine.
    """
    if not replacing(old, new, before, after):
        return ""
    found = [
        (_resolved(one, before), _resolved(new_name, after))
        for logical_id, one in _aliases(old).items()
        if (new_name := _aliases(new).get(logical_id))
    ]
    return next((name for name, now in found if name == now), "")


def _aliases(template: Template) -> dict[str, Any]:
    """The names of the template's aliases by their logical IDs."""
    return {
        logical_id: one.get("Properties", {}).get("Name", "")
        for logical_id, one in template.resources.items()
        if isinstance(one, Mapping) and one.get("Type") == ALIAS_TYPE
    }


def _names(
    old: Template, new: Template, before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[str, str]:
    first, second = (_machine(one).get("StateMachineName", "") for one in (old, new))
    return _resolved(first, before), _resolved(second, after)


def _types(old: Template, new: Template) -> tuple[str, str]:
    first, second = (str(_machine(one).get("StateMachineType", "STANDARD")) for one in (old, new))
    return first, second


def values(template: Template, given: Mapping[str, str]) -> dict[str, str]:
    """The parameters' values: those given, and the template's defaults."""
    own = {name: str(one["Default"]) for name, one in template.parameters.items() if "Default" in one}
    return {**own, **given}


def _machine(template: Template) -> Mapping[str, Any]:
    resources = template.resources
    found = resources.get(MACHINE) or next(
        (one for one in resources.values() if isinstance(one, Mapping) and one.get("Type") == MACHINE_TYPE),
        {},
    )
    properties: Mapping[str, Any] = found.get("Properties", {})
    return properties


def _text(value: Any) -> str | None:
    """The text of a plain value or of `Fn::Sub` in any of its forms."""
    if isinstance(value, Intrinsic):
        value = value.argument if value.name == "Sub" else None
    elif isinstance(value, Mapping):
        value = value.get("Fn::Sub")
    if isinstance(value, (list, tuple)) and value:
        value = value[0]
    return value if isinstance(value, str) else None


def _resolved(value: Any, given: Mapping[str, str]) -> str:
    name = value.argument if isinstance(value, Intrinsic) and value.name == "Ref" else None
    if isinstance(value, Mapping):
        name = value.get("Ref")
    if isinstance(name, str):
        return given.get(name, f"${{{name}}}")
    return _NAME.sub(lambda one: given.get(one[1], one[0]), _text(value) or "")


def _states(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state by its path, without the states inside of it; first the definition's own fields."""
    yield path, {key: value for key, value in node.items() if key != "States"}
    for name, state in node.get("States", {}).items():
        place = f"{path}/States/{name}" if path else f"States/{name}"
        inner = {key: state[key] for key in ("Branches", "ItemProcessor", "Iterator") if key in state}
        yield place, {key: value for key, value in state.items() if key not in inner}
        for key, value in inner.items():
            for index, machine in enumerate(value if isinstance(value, list) else [value]):
                numbered = f"{place}/{key}/{index}" if isinstance(value, list) else f"{place}/{key}"
                yield from _states(machine, numbered)


def _compared(
    before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]
) -> Iterator[StateChange]:
    for path, fields in after.items():
        if path not in before:
            yield StateChange(path, "added")
        elif found := tuple(_fields(before[path], fields, "")):
            yield StateChange(path, "changed", found)
    yield from (StateChange(path, "removed") for path in before if path not in after)


def _fields(old: Any, new: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            place = f"{path}.{key}" if path else key
            if key not in new:
                yield place, f"{_shown(old[key])} goes"
            elif key not in old:
                yield place, f"{_shown(new[key])} is new"
            else:
                yield from _fields(old[key], new[key], place)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _fields(one, other, f"{path}.{index}")
    elif old != new:
        texts = json.dumps(old), json.dumps(new)
        same = next((at for at, (one, other) in enumerate(zip(*texts, strict=False)) if one != other), 0)
        yield path, " -> ".join(_cut(text, same) for text in texts)


def _shown(value: Any) -> str:
    return _cut(json.dumps(value), 0)


def _cut(text: str, place: int) -> str:
    """A long text without its beginning and its end, as far as the part around `place` is shown."""
    if len(text) <= _WIDEST:
        return text
    first = max(0, min(place - _WIDEST // 3, len(text) - _WIDEST + 3))
    head = "..." if first else ""
    last = first + _WIDEST - len(head)
    return f"{head}{text[first:last]}" if last >= len(text) else f"{head}{text[first : last - 3]}..."
