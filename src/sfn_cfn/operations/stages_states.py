"""A stage -> the states that switch it: a Choice before it, what stands in its place when it is off, a Fail.

The Choice asks whether the switch is there before it reads it, and whether it is true or false; anything else fails
the execution. A comparison of values of other types is false (Amazon States Language specification, "Data-test
expression"); the context object may stand in `Variable` and `InputPath` (Step Functions developer guide, "Accessing
execution data from the Context object").
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from sfn_cfn.model import Node, Text, Token, text
from sfn_cfn.sections.stages import INPUT

ERROR = "StageSwitchNotBoolean"

Written: TypeAlias = "Callable[[str], str | Text | Token]"
"""A text of the settings as the definition has it; a token alone is that of a number."""

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\['([^']+)'\]")
_EXPRESSION = re.compile(r"\{%(.*)%\}", re.DOTALL)


def steps(path: str) -> tuple[str, ...]:
    """The names in `$.a['b']`, without its root."""
    return tuple(one or other for one, other in _STEP.findall(path))


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
        switch = f"{root}.`{INPUT}`.`{stage}`"
        node["Choices"] = [
            {"Condition": f"{{% $not($exists({switch})) %}}", "Next": absent},
            {"Condition": f"{{% {switch} = true %}}", "Next": on},
            {"Condition": f"{{% {switch} = false %}}", "Next": off},
        ]
    else:
        switch = f"{root}['{INPUT}']['{stage}']"
        node["Choices"] = [
            {"Variable": switch, "IsPresent": False, "Next": absent},
            {"Variable": switch, "BooleanEquals": True, "Next": on},
            {"Variable": switch, "BooleanEquals": False, "Next": off},
        ]
    return {**node, "Default": bad}


def fail(stage: str) -> dict[str, Node]:
    """The state that a switch of another type leads to."""
    cause = f"The execution's input has a {INPUT}.{stage} that is neither true nor false"
    return {"Type": "Fail", "Error": ERROR, "Cause": cause}


def passes(
    result: Mapping[str, Any], written: Written, *, jsonata: bool
) -> Iterator[tuple[str, dict[str, Node]]]:
    """For each declared result its path and the Pass state that gives it; `Next` or `End` is not there yet."""
    for path, value in result.items():
        plain = path.removesuffix(".$")
        node: dict[str, Node] = {"Type": "Pass"}
        if re.match(r"\$[A-Za-z_]", plain):
            name = plain[1:]
            key = name if path == plain else f"{name}.$"
            node["Assign"] = {key: _plain(value, written)}
        elif jsonata:
            node["Output"] = _output(steps(plain), value, written)
        else:
            node |= _taken(value, written, by_path=path != plain)
            if plain != "$":
                node["ResultPath"] = plain
        yield plain, node


def _taken(value: Any, written: Written, *, by_path: bool) -> dict[str, Node]:
    """The fields of a Pass state that give a value, or what a path leads to."""
    if by_path:
        return {"InputPath": _plain(value, written)}
    return {"Parameters" if dynamic(value) else "Result": _plain(value, written)}


def dynamic(value: Any) -> bool:
    """Whether an object has, or holds an object that has, a field with a path for its value."""
    if not isinstance(value, Mapping):
        return False
    return any(key.endswith(".$") or dynamic(item) for key, item in value.items())


def _plain(value: Any, written: Written) -> Node:
    if isinstance(value, Mapping):
        return {key: _plain(item, written) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, written) for item in value]
    return written(value) if isinstance(value, str) else value


def _output(place: tuple[str, ...], value: Any, written: Written) -> Node:
    """What a JSONata state puts out: its input with a value at `place`."""
    if not place:
        return _plain(value, written)
    made = _expression(value, written)
    for length in range(len(place) - 1, -1, -1):
        before = ".".join(("$states.input", *(f"`{step}`" for step in place[:length])))
        made = text(f"$merge([{before}, {{{json.dumps(place[length])}: ", made, "}])")
    return text("{% ", made, " %}")


def _expression(value: Any, written: Written) -> str | Text:
    """A value as JSONata writes it, which is as JSON does, with expressions in `{% %}` as they are."""
    if isinstance(value, Mapping):
        parts = [text(json.dumps(key), ": ", _expression(item, written)) for key, item in value.items()]
        return text("{", *_joined(parts), "}")
    if isinstance(value, (list, tuple)):
        return text("[", *_joined([_expression(item, written) for item in value]), "]")
    if not isinstance(value, str):
        return json.dumps(value)
    if match := _EXPRESSION.fullmatch(value):
        return text("(", written(match[1].strip()), ")")
    found = written(value)
    if isinstance(found, Token):
        return text(found)
    pieces = found.pieces if isinstance(found, Text) else (found,)
    return text('"', *(_quoted(piece) if isinstance(piece, str) else piece for piece in pieces), '"')


def _quoted(piece: str) -> str:
    return json.dumps(piece)[1:-1].replace("%}", "\\u0025}")


def _joined(parts: list[str | Text]) -> Iterator[str | Text]:
    for index, part in enumerate(parts):
        yield from (", ", part) if index else (part,)
