"""A Distributed Map -> one that hands the switches to its children, whose input is their own.

An item goes down as `{"ExecutionInput": <the parent's>, "Item": <the item>}`, a batch with the first in its
`BatchInput`; the children's first state takes the item out again, so that no other state sees a difference. Of the
parent's input JSONata hands down the switches alone. JSONPath cannot: a path to what is not there fails the Map, and a
variable that a Choice would set before is of an outer scope, which a Distributed Map cannot refer to. Sources: the Step
Functions developer guide, "Distributed mode", "ItemSelector (Map)", "ItemBatcher (Map)" and "Passing data between
states with variables".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfn_cfn.model import Definition, Node, NodePath, State
from sfn_cfn.operations.stages_graph import Scope, Stage, shown
from sfn_cfn.sections.stages import INPUT

HANDED = "ExecutionInput"
_ITEM = "Item"
_BATCH = "BatchInput"
_CONTEXT = "$$.Execution.Input"
_JSONATA_CONTEXT = "$states.context.Execution.Input"
_READ = re.compile(r"(?:\$\$|\$states\.context)(?:\.Execution|\['Execution'\])(?:\.Input|\['Input'\])")


def is_distributed(node: Mapping[Any, Node]) -> bool:
    """Whether a Map state runs its items as executions of their own."""
    processor = node.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, Mapping) else None
    return isinstance(config, Mapping) and config.get("Mode") == "DISTRIBUTED"


def handed(definition: Definition, stages: Sequence[Stage]) -> Iterator[NodePath]:
    """The paths of the Distributed Maps that have a stage within."""
    for state in definition.states:
        has_stage = any(one.path[: len(state.path)] == state.path for one in stages)
        if has_stage and state.type == "Map" and is_distributed(state.node):
            yield state.path


def child_readers(definition: Definition, stages: Sequence[Stage]) -> Iterator[State]:
    """The states that read the input of a child to which switches are handed down."""
    maps = tuple(handed(definition, stages))
    for state in definition.states:
        around = [path for path in maps if len(path) < len(state.path) and state.path[: len(path)] == path]
        if around and any(_READ.search(leaf) for leaf in _own_leaves(state.node)):
            yield state


def _own_leaves(node: Node) -> Iterator[str]:
    """Texts of a state without those of the states within it."""
    if isinstance(node, Mapping):
        for key, item in node.items():
            if shown(key) not in ("Branches", "Iterator", "ItemProcessor"):
                yield from _own_leaves(item)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _own_leaves(item)
    else:
        yield shown(node)


def root(path: NodePath, scopes: Mapping[NodePath, Scope], *, jsonata: bool) -> str:
    """Where the parent's input is in the scope: that of the execution, or what is handed down."""
    context = _JSONATA_CONTEXT if jsonata else _CONTEXT
    node = _around(path, scopes)
    if node is None:
        return context
    steps = (_BATCH, HANDED) if "ItemBatcher" in node else (HANDED,)
    return context + "".join(f".{step}" if jsonata else f"['{step}']" for step in steps)


def _around(path: NodePath, scopes: Mapping[NodePath, Scope]) -> Mapping[Any, Node] | None:
    """The nearest Distributed Map that holds the scope."""
    for length in range(len(path), 0, -1):
        outer, name = path[: length - 2], path[length - 1]
        scope = scopes.get(outer) if path[length - 2 : length - 1] == ("States",) else None
        if scope and name in scope.states and is_distributed(scope.states[name].node):
            return scope.states[name].node
    return None


def is_handed(path: NodePath, scopes: Mapping[NodePath, Scope]) -> bool:
    """Whether the scope is in a Distributed Map."""
    return _around(path, scopes) is not None


def handing(node: Mapping[Any, Node], where: str, *, jsonata: bool) -> dict[str, Node]:
    """The fields of a Distributed Map that hand down the input at `where`."""
    given = _switches(where) if jsonata else _value(HANDED, where, jsonata=False)
    if "ItemBatcher" in node:
        batcher = node["ItemBatcher"]
        own = {_ITEM: batcher[_BATCH]} if _BATCH in batcher else {}
        return {"ItemBatcher": {**batcher, _BATCH: {**given, **own}}}
    item = "$states.context.Map.Item.Value" if jsonata else "$$.Map.Item.Value"
    selector = "Parameters" if "Parameters" in node else "ItemSelector"  # the field's name until 2022
    own = {_ITEM: node[selector]} if selector in node else _value(_ITEM, item, jsonata=jsonata)
    return {selector: {**given, **own}}


def _switches(where: str) -> dict[str, Node]:
    """Of the input no more than its switches."""
    switches = f"{where}.`{INPUT}`"
    return {HANDED: f'{{% $exists({switches}) ? {{"{INPUT}": {switches}}} : {{}} %}}'}


def _value(key: str, path: str, *, jsonata: bool) -> dict[str, Node]:
    return {key: f"{{% {path} %}}"} if jsonata else {f"{key}.$": path}


def taking(node: Mapping[Any, Node], *, jsonata: bool) -> dict[str, Node]:
    """The children's first state, without its way on: it puts out what they would have got."""
    source = "$states.input" if jsonata else "$"
    if "ItemBatcher" not in node:
        path = f"{source}.{_ITEM}"
        return {"Type": "Pass", **({"Output": f"{{% {path} %}}"} if jsonata else {"InputPath": path})}
    fields = _value("Items", f"{source}.Items", jsonata=jsonata)
    if _BATCH in node["ItemBatcher"]:
        fields |= _value(_BATCH, f"{source}.{_BATCH}.{_ITEM}", jsonata=jsonata)
    return {"Type": "Pass", "Output" if jsonata else "Parameters": fields}
