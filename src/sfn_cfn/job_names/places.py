"""The fields of a definition's states, where they stand, and a tree with some of them replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sfn_cfn.job_names.expressions import Name
from sfn_cfn.model import Definition, Node, NodePath, State, Text

MAPS = ("Iterator", "ItemProcessor")


@dataclass(frozen=True, slots=True)
class Field:
    """A text in a state: the path of the object or list that holds it, its key there, and the text.

    `listed`: it is an item of a list, which no expression can replace in a JSONPath state.
    """

    parent: NodePath
    key: str
    value: str | Text
    listed: bool = False

    @property
    def name(self) -> str:
        """Its key without the mark of an expression."""
        return self.key.removesuffix(".$")

    @property
    def path(self) -> NodePath:
        """Where it stands."""
        return (*self.parent, self.key)

    @property
    def shown(self) -> str:
        """The text with its tokens by name."""
        return shown(self.value)


def shown(value: Node) -> str:
    """A text with its tokens by name; empty for anything else."""
    return value.shown if isinstance(value, Text) else value if isinstance(value, str) else ""


def container(state: State) -> str:
    """Where a task has its call's parameters: `Arguments` in JSONata, else `Parameters`."""
    return "Arguments" if "Arguments" in state.node else "Parameters"


def fields(state: State) -> Iterator[Field]:
    """The texts of a state's own parameters, however deep."""
    key = container(state)
    yield from _fields(state.node.get(key), (*state.path, key))


def _fields(node: Node, path: NodePath) -> Iterator[Field]:
    if isinstance(node, Mapping):
        for key, item in node.items():
            if isinstance(item, (str, Text)):
                yield Field(path, shown(key), item)
            else:
                yield from _fields(item, (*path, shown(key)))
    elif isinstance(node, (list, tuple)):
        for index, item in enumerate(node):
            if isinstance(item, (str, Text)):
                yield Field(path, str(index), item, listed=True)
            else:
                yield from _fields(item, (*path, str(index)))


@dataclass(frozen=True, slots=True)
class Scope:
    """The Map states that a state is in: by the paths of distributed ones, and of inline ones."""

    distributed: tuple[NodePath, ...] = ()
    inline: tuple[NodePath, ...] = ()

    def sees(self, other: Scope) -> bool:
        """Whether a name made here is the same expression there: in one execution, and not one for each item."""
        return self.distributed == other.distributed and not self.inline


def scope(definition: Definition, path: NodePath) -> Scope:
    """The Map states around a state. An item of a distributed one is an execution of its own."""
    found: dict[bool, list[NodePath]] = {True: [], False: []}
    for state in definition.states:
        if state.type == "Map" and len(path) > len(state.path) and path[: len(state.path)] == state.path:
            processor: Node = next((state.node[name] for name in MAPS if name in state.node), None)
            mode = (
                processor.get("ProcessorConfig", {}).get("Mode") if isinstance(processor, Mapping) else None
            )
            found[mode == "DISTRIBUTED"].append(state.path)
    last = max(found[True], key=len, default=())
    inner = [one for one in found[False] if len(one) > len(last)]
    return Scope(tuple(sorted(found[True], key=len)), tuple(sorted(inner, key=len)))


def replaced(node: Node, edits: Mapping[NodePath, Name], path: NodePath = ()) -> Node:
    """The tree with the fields at these paths replaced, each under the key that its new value needs."""
    if isinstance(node, Mapping):
        out = {}
        for key, item in node.items():
            here = (*path, shown(key))
            if here in edits:
                new, value = edits[here].entry(shown(key).removesuffix(".$"))
                out[new] = value
            else:
                out[key] = replaced(item, edits, here)
        return out
    if isinstance(node, (list, tuple)):
        return [replaced(item, edits, (*path, str(index))) for index, item in enumerate(node)]
    return node
