"""What a rule is: a `Code` and a generator function, and the parts of a definition that rules look at."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation
from sfn_cfn.model import Definition, Node, NodePath, State, Text

Run = Callable[[Definition, Code], Iterator[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A check of a definition. `run` is pure."""

    code: Code
    run: Run

    def __call__(self, definition: Definition) -> Iterator[Diagnostic]:
        """The findings of this rule, in the definition's order."""
        return self.run(definition, self.code)


def rule(code: str, severity: Severity, title: str) -> Callable[[Run], Rule]:
    """Make a rule of a generator function; its docstring is the documentation of the code."""

    def decorate(run: Run) -> Rule:
        return Rule(Code(code, severity, title, inspect.getdoc(run) or ""), run)

    return decorate


def shown(value: str | Text) -> str:
    """A text as messages show it."""
    return value.shown if isinstance(value, Text) else value


def field(node: Mapping[Any, Node], name: str) -> str:
    """A text field as shown, empty where it is missing or no text."""
    value = node.get(name)
    return shown(value) if isinstance(value, (str, Text)) else ""


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint with the nearest known name, empty where none is near."""
    close = difflib.get_close_matches(name, sorted(names), n=1)
    return f"write '{close[0]}'" if close else ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that is no container. `path` counts from the state (or from the root outside of states).

    `siblings` is the mapping that holds it, empty in a list.
    """

    location: SourceLocation
    owner: str
    path: NodePath
    value: Any
    siblings: Mapping[Any, Node]

    @property
    def place(self) -> str:
        """Its path as messages show it."""
        return ".".join(self.path)


def leaves(definition: Definition) -> Iterator[Leaf]:
    """Every leaf of the definition in document order, each once, with the innermost state that holds it."""
    states = {state.path: state for state in definition.states}
    top = ("the definition", definition.workflow.location, 0)
    yield from _leaves(definition.tree, (), {}, top, states)


def _leaves(
    node: Node,
    path: NodePath,
    siblings: Mapping[Any, Node],
    owner: tuple[str, SourceLocation, int],
    states: Mapping[NodePath, State],
) -> Iterator[Leaf]:
    if state := states.get(path):
        owner = (f"state '{state.name}'", state.location, len(path))
    if isinstance(node, Mapping):
        for key, item in node.items():
            yield from _leaves(item, (*path, shown(key)), node, owner, states)
    elif isinstance(node, (list, tuple)):
        for index, item in enumerate(node):
            yield from _leaves(item, (*path, str(index)), {}, owner, states)
    else:
        yield Leaf(owner[1], owner[0], path[owner[2] :], node, siblings)


def scopes(definition: Definition) -> dict[NodePath, tuple[Mapping[Any, Node], tuple[State, ...]]]:
    """By path, the (sub)definitions of a state machine: its own, each branch's, each item processor's."""
    found: dict[NodePath, list[State]] = {}
    for state in definition.states:
        found.setdefault(state.path[:-2], []).append(state)
    return {path: (_at(definition.tree, path), tuple(states)) for path, states in found.items()}


def _at(node: Node, path: NodePath) -> Mapping[Any, Node]:
    for step in path:
        if isinstance(node, Mapping):
            node = next(item for key, item in node.items() if shown(key) == step)
        else:
            node = node[int(step)]
    result: Mapping[Any, Node] = node
    return result
