"""What two runs made, under two worlds -> the first's workflows, with what varies marked."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfn_cfn.errors import Diagnostic
from sfn_cfn.load import codes
from sfn_cfn.model import LoadedWorkflow, NodePath, Upload, World

_IMAGE_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?=\.dkr\.ecr[.-])")
_PIECES = re.compile(r"([-_]+)")


def compare(
    first: Sequence[LoadedWorkflow], second: Sequence[LoadedWorkflow]
) -> tuple[tuple[LoadedWorkflow, ...], tuple[Diagnostic, ...]]:
    """The first run's workflows with `varying` leaves and stable names; warnings of names that vary.

    Workflows are matched by name, then, where names vary, by their order. One without a counterpart
    stays as it is, with a warning.
    """
    merged: list[LoadedWorkflow] = []
    found: list[Diagnostic] = []
    for one, other in _pairs(first, second):
        if other is None:
            message = f"workflow '{one.name}' is not made by a second run at another time and place"
            hint = "make the same workflows whatever the account, region, time and random seed are"
            found.append(codes.RUNS_DIFFER.at(one.location, message, hint))
            merged.append(one)
            continue
        varying = tuple(
            _differences(_Plain(one.world), _Plain(other.world), one.definition, other.definition)
        )
        workflow = dataclasses.replace(one, varying=varying)
        if one.name != other.name:
            names = _unplaced(one.name, one.world, "0"), _unplaced(other.name, other.world, "1")
            workflow = _renamed(workflow, stable_name(*names) or one.source.path.stem)
            message = f"the name '{one.name}' differs from run to run; the template's is '{workflow.name}'"
            hint = "give the workflow a fixed name"
            found.append(codes.NAME_VARIES.at(one.location, message, hint))
        found += _settings(one, other)
        merged.append(workflow)
    return tuple(merged), tuple(found)


def _settings(one: LoadedWorkflow, other: LoadedWorkflow) -> Iterator[Diagnostic]:
    """A finding for each setting that the worlds do not explain."""
    for left, right in itertools.zip_longest(one.given, other.given):
        given = left or right
        tables = left.tables if left else {}, right.tables if right else {}
        for path in _differences(_Plain(one.world), _Plain(other.world), *tables):
            message = f"setting '{'.'.join(path)}' of workflow '{one.name}' differs from run to run"
            yield codes.SETTING_VARIES.at(given.place(path), message, "give it a fixed value")


def compare_uploads(
    first: Sequence[Upload], second: Sequence[Upload], worlds: tuple[World, World]
) -> tuple[Upload, ...]:
    """The first run's uploads, those marked whose body is another in the second, or that only the first has.

    They are matched by their names, then, where a name holds the time, by their order.
    """
    plain, other_plain = (_Plain(world) for world in worlds)
    left = {other_plain(f"{item.bucket}/{item.key}"): item for item in second}
    named = {item: left.pop(plain(f"{item.bucket}/{item.key}"), None) for item in first}
    rest = iter(left.values())
    matched = {item: other or next(rest, None) for item, other in named.items()}
    return tuple(
        dataclasses.replace(item, varies=other is None or other.sha256 != item.sha256)
        for item, other in matched.items()
    )


def _pairs(
    first: Sequence[LoadedWorkflow], second: Sequence[LoadedWorkflow]
) -> Iterator[tuple[LoadedWorkflow, LoadedWorkflow | None]]:
    if len(first) == len(second):
        yield from zip(first, second, strict=True)
        return
    left = list(second)
    for one in first:
        match = next((other for other in left if other.name == one.name), None)
        if match is not None:
            left.remove(match)
        yield one, match


@dataclasses.dataclass(frozen=True, slots=True)
class _Plain:
    """Text without what the world explains: its account, its region, and image accounts by region."""

    world: World

    def __call__(self, text: str) -> str:
        text = text.replace(self.world.account, "\0account").replace(self.world.region, "\0region")
        text = text.replace(f"arn:{self.world.partition}:", "arn:\0partition:")
        text = text.replace(".amazonaws.com.cn", ".amazonaws.com")
        return _IMAGE_ACCOUNT.sub("\0images", text).replace("\0account.dkr.ecr", "\0images.dkr.ecr")


def _differences(
    plain: _Plain, other_plain: _Plain, one: Any, other: Any, path: NodePath = ()
) -> Iterator[NodePath]:
    """Paths of `one`'s leaves that the worlds do not explain; of a whole part where the shapes differ."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        yield from _in_mapping(plain, other_plain, one, other, path)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(plain, other_plain, left, right, (*path, str(index)))
    elif isinstance(one, str) and isinstance(other, str):
        if plain(one) != other_plain(other):
            yield path
    elif type(one) is not type(other) or one != other:
        yield path


def _in_mapping(
    plain: _Plain, other_plain: _Plain, one: Mapping[str, Any], other: Mapping[str, Any], path: NodePath
) -> Iterator[NodePath]:
    """Keys are matched by name; those left over by their order, and such a key itself varies."""
    names = {other_plain(key): key for key in other}
    matched = {key: names.pop(plain(key)) for key in one if plain(key) in names}
    rest = iter([key for key in other if key in set(names.values())])
    for key, value in one.items():
        if key in matched:
            yield from _differences(plain, other_plain, value, other[matched[key]], (*path, key))
            continue
        yield (*path, key)
        counterpart = next(rest, None)
        if counterpart is not None and isinstance(value, (Mapping, list)):
            yield from _differences(plain, other_plain, value, other[counterpart], (*path, key))


def stable_name(one: str, other: str) -> str:
    """What two runs' names have in common, without the part that varies; may be empty."""
    left, right = _PIECES.split(one), _PIECES.split(other)
    head = _common(left, right)
    tail = _common(left[head:][::-1], right[head:][::-1])
    kept = left[:head]
    ending = left[len(left) - tail :] if tail else []
    while len(kept) > 1 and _dated(kept[-1]):
        kept.pop()
    while len(ending) > 1 and _dated(ending[0]):
        ending.pop(0)
    between = next((piece for piece in (*reversed(kept), *ending) if not piece.strip("-_")), "-")
    parts = ("".join(kept).strip("-_"), "".join(ending).strip("-_"))
    name = between.join(part for part in parts if part)
    if not any(_PIECES.sub("", piece) for piece in (*kept, *ending)):
        shared = _common(list(one), list(other))
        name = one[:shared].rstrip("0123456789")
    return name.strip("-_")


def _unplaced(name: str, world: World, mark: str) -> str:
    """A name whose account and region are one short piece, so that all of them counts as varying."""
    return name.replace(world.account, mark).replace(world.region, mark)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items two sequences share from their beginning."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _dated(piece: str) -> bool:
    """Whether a piece beside the varying part is a separator or belongs to a time (`2024`, `01`)."""
    return not piece.strip("-_") or (piece.isdigit() and len(piece) > 1)


def _renamed(workflow: LoadedWorkflow, name: str) -> LoadedWorkflow:
    """With the stable name, also where the default input repeats the other one."""

    def replaced(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(workflow.name, name)
        if isinstance(value, Mapping):
            return {key: replaced(item) for key, item in value.items()}
        return [replaced(item) for item in value] if isinstance(value, list) else value

    return dataclasses.replace(
        workflow,
        name=name,
        name_varies=True,
        default_input=None if workflow.default_input is None else replaced(workflow.default_input),
    )
