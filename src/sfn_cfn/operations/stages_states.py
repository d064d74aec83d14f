"""A stage -> the states that switch it: a Choice before it, what stands in its place when it is off, a Fail.

The Choice asks whether the switch is there before it reads it, and whether it is true or false; anything else fails
the execution, and so do switches that are no object. A comparison of values of other types is false (Amazon States
Language specification, "Data-test expression"); the context object may stand in `Variable` and `InputPath` (Step
Functions developer guide, "Accessing execution data from the Context object").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from sfn_cfn.model import Node, Text, Token
from sfn_cfn.operations.stages_paths import place_of
from sfn_cfn.operations.stages_paths import written as reference
from sfn_cfn.operations.stages_values import Place
from sfn_cfn.sections.stages import INPUT

ERROR = "StageSwitchNotBoolean"

Written: TypeAlias = "Callable[[str], str | Text | Token]"
"""A text of the settings as the definition has it; a token alone is that of a number."""

_INPUT, _VALUE = "Input", "Value"


def choice(
    stage: str, root: str, *, default: bool, ways: tuple[str, str, str], jsonata: bool
) -> dict[str, Node]:
    """The Choice before a stage. `root`: the input that holds the switches; `ways`: on, off, no boolean."""
    on, off, bad = ways
    node: dict[str, Node] = {
        "Type": "Choice",
        "Comment": f"Stage '{stage}' runs {'unless' if default else 'if'} the execution's input has "
        f"{INPUT}.{stage} = {json.dumps(not default)}",
    }
    absent = on if default else off
    if jsonata:
        switches = f"{root}.`{INPUT}`"
        switch = f"{switches}.`{stage}`"
        no_object = f"$exists({switches}) and $not($type({switches}) in ['object', 'null'])"
        node["Choices"] = [
            {"Condition": f"{{% {no_object} %}}", "Next": bad},
            {"Condition": f"{{% $not($exists({switch})) %}}", "Next": absent},
            {"Condition": f"{{% {switch} = true %}}", "Next": on},
            {"Condition": f"{{% {switch} = false %}}", "Next": off},
        ]
    else:
        switches = f"{root}['{INPUT}']"
        switch = f"{switches}['{stage}']"
        types = ("IsString", "IsNumeric", "IsBoolean")
        other: list[Node] = [{"Variable": switches, one: True} for one in types]
        other.append({"Variable": f"{switches}[0]", "IsPresent": True})
        there = {"Variable": switches, "IsPresent": True}
        node["Choices"] = [
            {"And": [there, {"Or": other}], "Next": bad},
            {"Variable": switch, "IsPresent": False, "Next": absent},
            {"Variable": switch, "BooleanEquals": True, "Next": on},
            {"Variable": switch, "BooleanEquals": False, "Next": off},
        ]
    return {**node, "Default": bad}


def fail(stage: str) -> dict[str, Node]:
    """The state that a switch of another type leads to."""
    cause = f"The execution's input has a {INPUT}.{stage} that is neither true nor false, or {INPUT} that are no object"
    return {"Type": "Fail", "Error": ERROR, "Cause": cause}


def passes(
    result: Mapping[str, Any], written: Written, *, jsonata: bool
) -> Iterator[tuple[str, dict[str, Node]]]:
    """For each declared result what it gives, and the Pass states that give it, without `Next` or `End`."""
    for path, value in result.items():
        plain = path.removesuffix(".$")
        place = place_of(plain)
        given = _plain(value, written)
        if place[0] != "$":
            name = place[0][1:]
            yield plain, {"Type": "Pass", "Assign": {name if path == plain else f"{name}.$": given}}
        elif jsonata and place[1:]:
            yield (
                f"value of {plain}",
                {"Type": "Pass", "Output": {_INPUT: "{% $states.input %}", _VALUE: given}},
            )
            yield plain, {"Type": "Pass", "Output": _merged(place[1:])}
        elif jsonata:
            yield plain, {"Type": "Pass", "Output": given}
        elif path == plain and isinstance(value, (list, tuple)) and dynamic(value):
            yield f"value of {plain}", {"Type": "Pass", "Parameters": {f"{_INPUT}.$": "$", _VALUE: given}}
            yield plain, {"Type": "Pass", "InputPath": f"$.{_VALUE}", **_put(place, ("$", _INPUT))}
        else:
            field = "InputPath" if path != plain else "Parameters" if dynamic(value) else "Result"
            yield plain, {"Type": "Pass", field: given, **_put(place, ("$",))}


def _put(place: Place, root: Place) -> dict[str, Node]:
    """The fields that put a result at a place of the input, which is at `root`."""
    if not place[1:]:
        return {}
    path = {"ResultPath": reference((*root, *place[1:]))}
    return {**path, "OutputPath": reference(root)} if root[1:] else path


def dynamic(value: Any) -> bool:
    """Whether a value has, or holds an object that has, a field with a path for its value."""
    if isinstance(value, Mapping):
        return any(key.endswith(".$") or dynamic(item) for key, item in value.items())
    return isinstance(value, (list, tuple)) and any(dynamic(item) for item in value)


def _plain(value: Any, written: Written) -> Node:
    if isinstance(value, Mapping):
        return {key: _plain(item, written) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, written) for item in value]
    return written(value) if isinstance(value, str) else value


def _merged(names: Place) -> str:
    """What puts out the input with a value at a place; both are apart, so that no text is part of an expression."""
    made = f"$states.input.{_VALUE}"
    for length in range(len(names) - 1, -1, -1):
        before = ".".join((f"$states.input.{_INPUT}", *(f"`{name}`" for name in names[:length])))
        made = f"$merge([{before}, {{{json.dumps(names[length])}: {made}}}])"
    return f"{{% {made} %}}"
