"""A state -> the places of its input that it reads and the places of its output that it writes.

A place is a root and names: `("$", "Prepared", "Uri")` for `$.Prepared.Uri` or `$states.input.Prepared.Uri`,
`("$limit",)` for a variable; `[0]` and `[*]` are names too. Sources: the Amazon States Language specification, "Input
and Output Processing", "Paths" and "Assign"; the Step Functions developer guide, "Passing data between states with
variables".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sfn_cfn.model import Node, State
from sfn_cfn.operations.stages_graph import shown
from sfn_cfn.operations.stages_states import steps

Place: TypeAlias = tuple[str, ...]
ROOT: Place = ("$",)

_NESTED = ("Branches", "ItemProcessor", "Iterator", "Catch", "Retry")
_RESULTS = ("ResultSelector", "ResultPath", "OutputPath", "Result")
_STEPS = r"((?:\.[A-Za-z_][A-Za-z0-9_-]*|\['[^']+'\]|\[(?:\d+|\*)\])*)"
_PATH = re.compile(r"(?<![\w$])(\$(?:[A-Za-z_][A-Za-z0-9_]*)?)(?![\w$(])" + _STEPS)
_QUOTED = re.compile(r"(\['[^']*'\])|'(?:[^'\\]|\\.)*'")
"""A step of a path, or a text argument of an intrinsic function."""
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\['([^']+)'\]|(\[(?:\d+|\*)\])")
_NAMES = r"((?:\.(?:\w+|`[^`]+`)|\[\d+\])*)"
_DATA = re.compile(r"(\$exists\(\s*)?\$states\.input\b" + _NAMES)
_VARIABLE = re.compile(r"(\$exists\(\s*)?(?<![\w$])(\$[A-Za-z_]\w*)(?![\w(])" + _NAMES)
_NAME = re.compile(r"\.(?:(\w+)|`([^`]+)`)|(\[\d+\])")


@dataclass(frozen=True, slots=True)
class Written:
    """What a state writes: places, and whether its output is another value than its input."""

    places: tuple[Place, ...] = ()
    replaces: bool = False


def related(one: Place, other: Place) -> bool:
    """Whether one place is the other, or holds it."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def is_jsonata(state: State, *, machine: bool) -> bool:
    """Whether the state's language is JSONata; `machine`: whether the state machine's is."""
    return machine or state.node.get("QueryLanguage") == "JSONata"


def written(state: State, *, jsonata: bool) -> Written:
    """What the state writes when it succeeds."""
    variables = tuple(_assigned(state.node))
    found = _put_out(state) if jsonata else _written_by_path(state)
    return Written((*found.places, *variables), found.replaces)


def caught(catcher: Mapping[Any, Node], *, jsonata: bool) -> Written:
    """What a Catch writes."""
    variables = tuple(_assigned(catcher))
    if jsonata:
        return Written(variables, replaces=True)
    path = catcher.get("ResultPath", "$")
    if path in ("$", None):
        return Written(variables, replaces=path == "$")
    return Written((*variables, ("$", *steps(shown(path)))))


def collects(state: State, *, jsonata: bool) -> Place | None:
    """Where a Parallel or Map state puts the list of its branches' or items' outputs, None where it does not."""
    node = state.node
    if state.type not in ("Parallel", "Map") or {"ResultSelector", "OutputPath", "Output"} & set(node):
        return None
    if jsonata:
        return ROOT
    path = node.get("ResultPath", "$")
    return None if path is None else ("$", *steps(shown(path)))


def _assigned(node: Mapping[Any, Node]) -> Iterator[Place]:
    """The variables that a state, or a rule of a Choice, assigns."""
    for one in (node, *node.get("Choices", ())):
        for key in one.get("Assign") or ():
            yield (f"${shown(key).removesuffix('.$')}",)


def _written_by_path(state: State) -> Written:
    node = state.node
    if node.get("OutputPath", "$") != "$":
        return Written((), replaces=True)
    if state.type in ("Choice", "Wait", "Succeed", "Fail"):
        return Written((), replaces=node.get("InputPath", "$") != "$")
    made = [node[key] for key in ("Parameters", "Result") if key in node]
    if state.type == "Pass" and not made and node.get("InputPath", "$") == "$":
        return Written()
    path = node.get("ResultPath", "$")
    if path is None:
        return Written()
    if path != "$":
        return Written((("$", *steps(shown(path))),))
    known = made[-1] if state.type == "Pass" and made else {}
    return Written(tuple(_fields(known)), replaces=True)


def _fields(value: Node) -> Iterator[Place]:
    for key in value if isinstance(value, Mapping) else ():
        yield ("$", shown(key).removesuffix(".$"))


def _put_out(state: State) -> Written:
    """What a JSONata state puts out."""
    output = state.node.get("Output")
    if output is None:
        return Written((), replaces=state.type in ("Task", "Parallel", "Map"))
    return Written(tuple(_fields(output)), replaces=True)


def reads(state: State, *, jsonata: bool) -> frozenset[Place]:
    """The places that the state needs; those that it asks for first are none."""
    return _read_by_expression(state) if jsonata else _read_by_path(state)


def _read_by_path(state: State) -> frozenset[Place]:
    node = state.node
    chosen = shown(node.get("InputPath", "$"))
    found = {place for place in _places(chosen) if place != ROOT}
    base = next(iter(_places(chosen)), None)
    skipped = {*_NESTED, *_RESULTS, "InputPath"}
    if state.type in ("Task", "Parallel", "Map"):
        skipped.add("Assign")  # its paths are of the result
    for key, leaf in _leaves({key: item for key, item in node.items() if shown(key) not in skipped}):
        if key.endswith((".$", "Path")) or key == "Variable":
            for place in _places(leaf):
                if place[0] != "$":
                    found.add(place)
                elif base:
                    found.add((*base, *place[1:]))
    return frozenset(found - tested(state, jsonata=False) - {ROOT})


def tested(state: State, *, jsonata: bool) -> frozenset[Place]:
    """The places that a Choice asks for before it reads them."""
    if state.type != "Choice":
        return frozenset()
    if jsonata:
        texts = [leaf for _, leaf in _leaves(state.node.get("Choices", ()))]
        return frozenset(place for leaf in texts for place, asked in _expressed(leaf) if asked)
    rules = [rule for rule in _mappings(state.node.get("Choices", ())) if "IsPresent" in rule]
    return frozenset(place for rule in rules for place in _places(shown(rule.get("Variable"))))


def _mappings(node: Node) -> Iterator[Mapping[Any, Node]]:
    if isinstance(node, Mapping):
        yield node
        node = node.values()
    elif not isinstance(node, (list, tuple)):
        return
    for item in node:
        yield from _mappings(item)


def _leaves(node: Node, key: str = "") -> Iterator[tuple[str, str]]:
    """Texts with the names of their fields."""
    if isinstance(node, Mapping):
        for name, item in node.items():
            yield from _leaves(item, shown(name))
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _leaves(item, key)
    elif found := shown(node):
        yield key, found


def _places(path: str) -> Iterator[Place]:
    """The places in a path or an intrinsic function; none of the context object."""
    for root, names in _PATH.findall(_QUOTED.sub(lambda match: match[1] or "", path)):
        yield (root, *(one or other or index for one, other, index in _STEP.findall(names)))


def _read_by_expression(state: State) -> frozenset[Place]:
    own = {key: item for key, item in state.node.items() if shown(key) not in _NESTED}
    read = [found for _, leaf in _leaves(own) if "{%" in leaf for found in _expressed(leaf)]
    asked = {place for place, is_asked in read if is_asked}
    return frozenset({place for place, _ in read} - asked - {ROOT})


def _expressed(leaf: str) -> Iterator[tuple[Place, bool]]:
    """The places in a JSONata text, and whether the text asks for them."""
    for asked, names in _DATA.findall(leaf):
        yield ("$", *_names(names)), bool(asked)
    for asked, root, names in _VARIABLE.findall(leaf):
        if root != "$states":
            yield (root, *_names(names)), bool(asked)


def _names(written_names: str) -> tuple[str, ...]:
    return tuple(one or other or index for one, other, index in _NAME.findall(written_names))
