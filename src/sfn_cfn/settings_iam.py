"""The checked keys of `[iam]` and `[workflows.<name>.iam]` -> `IamSettings`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sfn_cfn.errors import SourceLocation
from sfn_cfn.settings import ExtraStatement, IamSettings, RoleSettings

_ROLES = ("workflow_role", "sagemaker_role")


def iam_settings(
    keys: Mapping[str, Any],
    place: Callable[[tuple[str, ...]], SourceLocation],
    common: IamSettings | None = None,
) -> IamSettings:
    """The settings that the keys give; for a workflow, `common` are those of all.

    `place` gives the line of a path below the section. What a workflow sets stands instead of what is common;
    inputs and statements do so one by one.
    """
    base = common or IamSettings()
    own = {path: place(path) for path in _paths(keys)}
    inputs = keys.get("inputs", {})
    changed: dict[str, Any] = {
        name: _role(value, getattr(base, name)) if name in _ROLES else value for name, value in keys.items()
    }
    changed["inputs"] = {**base.inputs, **inputs}
    return replace(
        base,
        **changed,
        shared=tuple(name for name in base.inputs if name not in inputs) if common else tuple(inputs),
        places={**base.places, **{".".join(path): found for path, found in own.items()}},
    )


def _role(keys: Mapping[str, Any], common: RoleSettings) -> RoleSettings:
    statements = {sid: ExtraStatement(**given) for sid, given in keys.get("statements", {}).items()}
    return RoleSettings(
        {**common.statements, **statements}, keys.get("managed_policies", common.managed_policies)
    )


def _paths(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if path:
        yield path
    if isinstance(node, Mapping):
        for name, item in node.items():
            yield from _paths(item, (*path, name))
