"""A state, the data where it begins -> the data on each way from it, and the reads of what is not given.

Sources: the Amazon States Language specification, "Input and Output Processing", "Choice State", "Map State" and
"Errors"; the Step Functions developer guide, "Passing data between states with variables" (what `$` is in `Assign`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sfn_cfn.model import Node, NodePath, State
from sfn_cfn.operations.stages_expressions import by_expressions, conjunction
from sfn_cfn.operations.stages_graph import shown
from sfn_cfn.operations.stages_maps import is_distributed
from sfn_cfn.operations.stages_paths import (
    Leaf,
    Notes,
    assigned,
    by_paths,
    is_function,
    literal,
    parse,
    place_of,
    taking,
    template,
)
from sfn_cfn.operations.stages_values import (
    EMPTY,
    RESULT,
    Value,
    child,
    joined,
    of,
    present,
    put,
    taken,
    whole,
)

Inner: TypeAlias = "Callable[[NodePath, Value], Value]"
"""A scope within a state and the data where it begins -> what it puts out."""

_INNER = ("Branches", "ItemProcessor", "Iterator", "Catch", "Retry", "Choices", "Output", "Assign")
_LATER = ("InputPath", "OutputPath", "ResultPath", "ResultSelector", "Result")
_OWN_INPUT = ("Parameters", "ItemSelector")


@dataclass(frozen=True, slots=True)
class After:
    """The data behind a state: when it succeeds, for each rule of a Choice, and for each Catch."""

    out: Value
    rules: tuple[Value, ...] = ()
    caught: tuple[Value, ...] = ()


def after(state: State, around: Value, inner: Inner, notes: Notes, *, jsonata: bool) -> After:
    """Follow a state. `jsonata`: whether that is its language."""
    if jsonata:
        return _by_expression(state, around, inner, notes)
    return _by_path(state, around, inner, notes)


def _by_path(state: State, around: Value, inner: Inner, notes: Notes) -> After:
    node, data = state.node, child(around, "$")
    chosen = _chosen(node, "InputPath", data, around, notes)
    leaf = by_paths(chosen, around, notes)
    _read(node, chosen, around, notes)
    if state.type == "Choice":
        return _choice(node, _with(around, chosen), notes)
    caught = tuple(_caught(one, data, around, notes) for one in node.get("Catch", ()))
    if state.type not in ("Pass", "Task", "Parallel", "Map"):
        left = _with(assigned(around, node.get("Assign"), leaf), chosen)
        return After(_left(node, left, notes), (), caught)
    result = _result(state, chosen, around, inner, notes)
    if "ResultSelector" in node:
        result = template(node["ResultSelector"], by_paths(result, around, notes))
    known = assigned(around, node.get("Assign"), by_paths(result, around, notes))
    path = node.get("ResultPath", "$")
    place = place_of(shown(path))
    out = result if len(place) == 1 else child(put(_with(known, data), place, result), "$")
    out = data if path is None else out
    return After(_left(node, _with(known, whole(out)), notes), (), caught)


def _with(around: Value, data: Value) -> Value:
    return Value(around.own, around.rest, {**around.names, "$": data})


def _chosen(node: Mapping[Any, Node], key: str, data: Value, around: Value, notes: Notes) -> Value:
    """What `InputPath` or `OutputPath` takes of the data."""
    path = node.get(key, "$")
    if path is None:
        return EMPTY
    value = taking(shown(path), data, around, notes)
    return value if value is data else whole(taken(value))


def _left(node: Mapping[Any, Node], around: Value, notes: Notes) -> Value:
    """The data behind a state, with its `OutputPath`."""
    return _with(around, _chosen(node, "OutputPath", child(around, "$"), around, notes))


def _read(node: Mapping[Any, Node], data: Value, around: Value, notes: Notes) -> None:
    """Note what the fields of a state read that are no templates of what it gets."""
    for key, text in _leaves({key: one for key, one in node.items() if shown(key) not in (*_INNER, *_LATER)}):
        if key.endswith((".$", "Path")) and (is_function(text) or parse(text)):
            taking(text, data, around, notes)


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


def _result(state: State, data: Value, around: Value, inner: Inner, notes: Notes) -> Value:
    """What a state gives, before `ResultSelector`."""
    node = state.node
    leaf = by_paths(data, around, notes)
    if state.type == "Pass" and "Result" in node:
        return literal(node["Result"])
    given = template(node["Parameters"], leaf) if "Parameters" in node else data
    if state.type == "Pass":
        return given
    if state.type == "Parallel":
        return _branches(state, _with(around, given), inner)
    if state.type != "Map":
        return RESULT
    items = taking(shown(node.get("ItemsPath", "$")), data, around, notes)
    item = next((template(node[key], leaf) for key in _OWN_INPUT if key in node), child(items, "[*]"))
    return _items(state, item, node.get("ItemBatcher"), leaf, around, inner)


def _branches(state: State, around: Value, inner: Inner) -> Value:
    paths = [(*state.path, "Branches", str(number)) for number in range(len(state.node.get("Branches", ())))]
    return of({f"[{number}]": inner(path, around) for number, path in enumerate(paths)})


def _items(state: State, item: Value, batcher: Node, leaf: Leaf, around: Value, inner: Inner) -> Value:
    """What a Map gives; its children have no variables of their parent where they are executions of their own."""
    node = state.node
    if "ItemReader" in node and not any(key in node for key in _OWN_INPUT):
        item = RESULT
    if isinstance(batcher, Mapping):
        own = {"BatchInput": template(batcher["BatchInput"], leaf)} if "BatchInput" in batcher else {}
        item = of({"Items": of({"[*]": item}), **own})
    begun = Value(around.own, around.rest) if is_distributed(node) else around
    ends = [
        inner((*state.path, key), _with(begun, whole(taken(item))))
        for key in ("ItemProcessor", "Iterator")
        if key in node
    ]
    return of({"[*]": ends[0]}) if ends and "ResultWriter" not in node else RESULT


def _caught(catcher: Mapping[Any, Node], data: Value, around: Value, notes: Notes) -> Value:
    """The data behind a Catch, whose result is the error."""
    known = assigned(around, catcher.get("Assign"), by_paths(RESULT, around, notes))
    path = catcher.get("ResultPath", "$")
    if path is None:
        return _with(known, data)
    place = place_of(shown(path))
    return put(_with(known, data), place, RESULT) if place[1:] else _with(known, whole(RESULT))


def _choice(node: Mapping[Any, Node], around: Value, notes: Notes) -> After:
    """The rules are asked in their order."""
    rules = []
    for rule in node.get("Choices", ()):
        true, around = _asked(rule, around, notes)
        leaf = by_paths(child(true, "$"), true, notes)
        rules.append(_left(node, assigned(true, rule.get("Assign"), leaf), notes))
    leaf = by_paths(child(around, "$"), around, notes)
    return After(_left(node, assigned(around, node.get("Assign"), leaf), notes), tuple(rules))


def _asked(rule: Mapping[Any, Node], around: Value, notes: Notes) -> tuple[Value, Value]:
    """What is known where a rule is true, and where it is false."""
    if "Not" in rule:
        true, false = _asked(rule["Not"], around, notes)
        return false, true
    if "And" in rule or "Or" in rule:
        decided, on = [], around
        for one in rule.get("And", rule.get("Or", ())):
            true, false = _asked(one, on, notes)
            on, other = (true, false) if "And" in rule else (false, true)
            decided.append(other)
        ways = (on, joined(decided)) if "And" in rule else (joined(decided), on)
        return ways if decided else (around, around)
    if "IsPresent" in rule:
        found = parse(shown(rule.get("Variable")))
        if not found or found.root == "$$" or found.wide:
            return around, around
        there = present(around, (found.root, *found.names))
        return (there, around) if rule["IsPresent"] is True else (around, there)
    for key, item in rule.items():
        if shown(key) == "Variable" or shown(key).endswith("Path"):
            taking(shown(item), child(around, "$"), around, notes)
    return around, around


def _by_expression(state: State, around: Value, inner: Inner, notes: Notes) -> After:
    node = state.node
    leaf = by_expressions(around, notes)
    template({key: one for key, one in node.items() if shown(key) not in _INNER}, leaf)
    given: dict[str, Value] = {}
    if state.type == "Parallel":
        begun = template(node["Arguments"], leaf) if "Arguments" in node else child(around, "$")
        given["result"] = _branches(state, _with(around, begun), inner)
    elif state.type == "Map":
        items = template(node["Items"], leaf) if "Items" in node else child(around, "$")
        item = template(node["ItemSelector"], leaf) if "ItemSelector" in node else child(items, "[*]")
        given["result"] = _items(state, item, node.get("ItemBatcher"), leaf, around, inner)
    elif state.type == "Task":
        given["result"] = RESULT
    rules = []
    for rule in node.get("Choices", ()):
        condition = shown(rule.get("Condition"))
        template(condition, by_expressions(around, notes))
        yes, no = conjunction(condition)
        true, false = around, around
        for place in yes:
            true = present(true, _own(place))
        for place in no:
            false = present(false, _own(place))
        rules.append(_put_out(rule, true, notes))
        around = false
    caught = tuple(
        _put_out(one, around, notes, first="errorOutput", errorOutput=RESULT) for one in node.get("Catch", ())
    )
    return After(_put_out(node, around, notes, first="result", **given), tuple(rules), caught)


def _own(place: tuple[str, ...]) -> tuple[str, ...]:
    return ("$", *place[1:]) if place[0] == "$states.input" else place


def _put_out(node: Mapping[Any, Node], around: Value, notes: Notes, first: str = "", **given: Value) -> Value:
    """The data behind a state, a rule or a Catch; without `Output` it is the result, or the input."""
    leaf = by_expressions(around, notes, **given)
    known = assigned(around, node.get("Assign"), leaf)
    if "Output" in node:
        return _with(known, whole(taken(template(node["Output"], leaf))))
    return _with(known, whole(given[first]) if first in given else child(around, "$"))
