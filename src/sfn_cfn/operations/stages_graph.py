"""Definition, stages' settings -> `Stage`s in their scopes, and the ways between states.

A scope is a (sub)definition: the state machine's own, a branch's, an item processor's. A stage is a part of one
scope with one entry, the state that every way into it leads to, and one exit, the state after it. Ways by which
errors are caught, and ways to a Fail state, may lead anywhere. Source: the Amazon States Language specification,
"Transitions".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sfn_cfn.model import Definition, Node, NodePath, State, Text
from sfn_cfn.sections.stages import StageSettings


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from a state (empty: `StartAt`) to another, or to one that does not exist. `caught`: by a Catch."""

    source: str
    target: str
    caught: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """A (sub)definition: its path, its node, its states by name in their order, the ways between them."""

    path: NodePath
    node: Mapping[str | Text, Node]
    states: Mapping[str, State]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage whose states stand in one scope. `exit` is empty where the stage ends its scope."""

    name: str
    settings: StageSettings = field(compare=False)
    path: NodePath
    states: frozenset[str]
    entry: str
    exit: str


def shown(value: Node) -> str:
    """A text as messages show it; empty for what is no text."""
    if isinstance(value, Text):
        return value.shown
    return value if isinstance(value, str) else ""


def scopes(definition: Definition) -> dict[NodePath, Scope]:
    """The scopes by their paths, outer ones first."""
    found: dict[NodePath, dict[str, State]] = {}
    for state in definition.states:
        found.setdefault(state.path[:-2], {})[state.name] = state
    out = {}
    for path, states in found.items():
        node = _at(definition.tree, path)
        ways = (
            Edge("", shown(node.get("StartAt"))),
            *(way for state in states.values() for way in _ways(state)),
        )
        out[path] = Scope(path, node, states, ways)
    return out


def _at(node: Node, path: NodePath) -> Mapping[str | Text, Node]:
    for step in path:
        node = (
            next(item for key, item in node.items() if shown(key) == step)
            if isinstance(node, Mapping)
            else node[int(step)]
        )
    found: Mapping[str | Text, Node] = node
    return found


def _ways(state: State) -> Iterator[Edge]:
    node = state.node
    for rule in node.get("Choices", ()):
        if "Next" in rule:
            yield Edge(state.name, shown(rule["Next"]))
    for key in ("Default", "Next"):
        if key in node:
            yield Edge(state.name, shown(node[key]))
    for catcher in node.get("Catch", ()):
        yield Edge(state.name, shown(catcher.get("Next")), caught=True)


def entries(scope: Scope, states: frozenset[str]) -> dict[str, Edge]:
    """The states of a part that ways from outside lead to, each with its first such way."""
    found: dict[str, Edge] = {}
    for way in scope.edges:
        if way.target in states and way.source not in states:
            found.setdefault(way.target, way)
    return found


def exits(scope: Scope, states: frozenset[str]) -> dict[str, Edge]:
    """The states after a part, each with its first way there; handlers and Fail states are none."""
    found: dict[str, Edge] = {}
    for way in scope.edges:
        after = scope.states.get(way.target)
        leaves = way.source in states and way.target not in states and not way.caught
        if leaves and after and after.type != "Fail":
            found.setdefault(way.target, way)
    return found


def ends(scope: Scope, states: frozenset[str]) -> bool:
    """Whether a state of a part ends the scope, other than by failing."""
    inside = [scope.states[name] for name in states]
    return any(state.type == "Succeed" or state.node.get("End") is True for state in inside)


def ended(scope: Scope, states: frozenset[str], entry: str) -> str:
    """A state of a part that ends the scope by success on a way without a Catch from its entry, empty if none does."""
    seen, ahead = {entry}, [entry]
    while ahead:
        name = ahead.pop()
        if ends(scope, frozenset({name})):
            return name
        new = {way.target for way in scope.edges if way.source == name and not way.caught} & states - seen
        seen |= new
        ahead += sorted(new)
    return ""


def outermost(stages: Sequence[Stage]) -> Stage | None:
    """The stage that holds the others, of stages with one entry."""
    return max(stages, key=lambda one: len(one.states), default=None)


def switched(stages: Sequence[Stage], way: Edge) -> Stage | None:
    """The stage whose switch a way leads to, None where it leads to a state itself. `stages`: of the scope."""
    return outermost([one for one in stages if one.entry == way.target and way.source not in one.states])


def switched_inside(stages: Sequence[Stage], stage: Stage) -> Stage | None:
    """The stage in `stage` with the same entry, whose switch comes next where `stage` runs."""
    return outermost([one for one in stages if one.entry == stage.entry and one.states < stage.states])


def switched_after(stages: Sequence[Stage], stage: Stage) -> Stage | None:
    """The stage whose switch comes next where `stage` is off."""
    after = [one for one in stages if one.entry == stage.exit and not stage.states < one.states]
    return outermost(after) if stage.exit else None
