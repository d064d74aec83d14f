"""Two builds of a source, in two partitions -> findings where what they would deploy differs.

Both runs have one clock and one seed, so that only the place differs: its region, account and partition.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfn_cfn.errors import Diagnostic, Severity, SourceLocation
from sfn_cfn.model import Definition, LoadedWorkflow, Node, NodePath, Text, Token, World
from sfn_cfn.portable.codes import SFN333, SFN334
from sfn_cfn.portable.mappings import image_fragment

_SHOWN = 80
"""Characters of a value that a message shows."""
_ABSENT = object()
_HINT = "take the value from a parameter of the template, or make it the same in every region and account"


def differences(
    one: Definition, other: Definition, before: tuple[Definition, Definition] | None = None
) -> Iterator[Diagnostic]:
    """A finding for each leaf that differs between two final definitions, at its state and field.

    Compared are the definition with its tokens, the default input, the tags and the parameters' defaults;
    with `before`, the definitions from before their values became tokens, also the accounts of their images.
    """
    parts: list[tuple[NodePath, Any, Any]] = [
        ((), one.tree, other.tree),
        (("default input",), one.default_input, other.default_input),
        (("tags",), one.tags, other.tags),
        (("parameters",), _defaults(one), _defaults(other)),
    ]
    if before:
        first, second = (image_fragment(item).mappings for item in before)
        parts.append((("mappings",), first, second))
    worlds = one.workflow.world, other.workflow.world
    for root, left, right in parts:
        for path, mine, its in _leaves(left, right, ()):
            yield _finding(one, (*root, *path), (mine, its), worlds)


def not_built(
    workflows: Sequence[LoadedWorkflow],
    elsewhere: Sequence[LoadedWorkflow],
    failures: Sequence[Diagnostic],
    world: World,
    place: SourceLocation,
) -> Iterator[Diagnostic]:
    """A finding where the source cannot be run in the other world, or makes other workflows there."""
    where = f"'{world.region}' (partition '{world.partition}')"
    errors = [item for item in failures if item.severity is Severity.ERROR]
    for item in errors:
        hint = item.hint or "ask for what every region has, or take it from a parameter"
        yield SFN334.at(
            item.location or place, f"the source does not run in {where}: {item.message}", hint, item.detail
        )
    if errors:
        return
    known = {item.name for item in elsewhere}
    for workflow in workflows:
        if workflow.name not in known:
            message = f"workflow '{workflow.name}' is not made in {where}"
            yield SFN334.at(workflow.location, message, "make the same workflows wherever the source runs")


def _defaults(definition: Definition) -> Mapping[str, Any]:
    return {item.name: {"default": item.default} for item in definition.parameters}


def _leaves(one: Node, other: Node, path: NodePath) -> Iterator[tuple[NodePath, Any, Any]]:
    """The paths of leaves that differ, with both values; of the whole part where the shapes differ."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        mine = {_key(key): item for key, item in one.items()}
        its = {_key(key): item for key, item in other.items()}
        for key in dict.fromkeys((*mine, *its)):
            yield from _leaves(mine.get(key, _ABSENT), its.get(key, _ABSENT), (*path, key))
    elif isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _leaves(left, right, (*path, str(index)))
    elif type(one) is not type(other) or one != other:
        yield path, one, other


def _key(key: str | Text) -> str:
    return key.shown if isinstance(key, Text) else key


def _finding(
    definition: Definition, path: NodePath, values: tuple[Any, Any], worlds: tuple[World, World]
) -> Diagnostic:
    owner, field, place = _place(definition, path)
    texts = [_shown(value) for value in values]
    start = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False)))
    first, second = (
        f"{_cut(text, start)} in '{world.region}'" for text, world in zip(texts, worlds, strict=True)
    )
    return SFN333.at(place, f"{owner}: '{field}' is {first} and {second}", _HINT)


def _cut(text: str, start: int) -> str:
    """The part of a long text around the place where it begins to differ."""
    if len(text) <= _SHOWN:
        return text
    first = max(0, min(start - _SHOWN // 4, len(text) - _SHOWN))
    last = first + _SHOWN
    return f"{'...' if first else ''}{text[first:last]}{'...' if last < len(text) else ''}"


def _place(definition: Definition, path: NodePath) -> tuple[str, str, SourceLocation]:
    """Whose field it is, the field, and the place: the innermost state that the path goes through."""
    around = [state for state in definition.states if path[: len(state.path)] == state.path]
    if around:
        state = max(around, key=lambda item: len(item.path))
        return f"state '{state.name}'", ".".join(path[len(state.path) :]) or "Type", state.location
    return "the definition", ".".join(path), definition.workflow.location


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "absent"
    if isinstance(value, (Text, Token)):
        value = value.shown if isinstance(value, Text) else f"${{{value.name}}}"
    return f"'{value}'" if isinstance(value, str) else repr(_plain(value))


def _plain(node: Node) -> Any:
    """A part of a tree without our own types, for a message."""
    if isinstance(node, Text):
        return node.shown
    if isinstance(node, Token):
        return f"${{{node.name}}}"
    if isinstance(node, Mapping):
        return {_key(key): _plain(item) for key, item in node.items()}
    if isinstance(node, (list, tuple)):
        return [_plain(item) for item in node]
    return node
