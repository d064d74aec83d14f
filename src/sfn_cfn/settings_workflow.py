"""The checked keys of `[workflows.<name>]`, from a file or from Python, over those of all -> `WorkflowSettings`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import merged
from sfn_cfn.sections import CAPABILITIES
from sfn_cfn.settings import IamSettings, Settings, WorkflowSettings
from sfn_cfn.settings_iam import iam_settings
from sfn_cfn.settings_reader import SFN112, Reader

LONGEST_PATH = 512
"""Characters in a role's path (docs.aws.amazon.com/IAM, IAM and AWS STS quotas)."""


def of_workflow(common: Settings, name: str, keys: Mapping[str, Any], reader: Reader) -> WorkflowSettings:
    """The settings of workflow `name` that its `keys` give over those of all; `reader` has their places."""
    section = ("workflows", name)
    own = {part: keys[part] for part in CAPABILITIES if part in keys}
    return WorkflowSettings(
        keys.get("emit", True),
        keys.get("keep_role", common.keep_role),
        {**common.tags, **keys.get("tags", {})},
        iam(keys.get("iam", {}), reader, name, common.iam),
        merged(common.operations, own),
        {
            **common.places,
            "": reader.at(section),
            **places(own, lambda path: reader.at((*section, *path))),
        },
        unique_names=keys.get("unique_names", common.unique_names),
        own=keys,
    )


def iam(
    keys: Mapping[str, Any], reader: Reader, workflow: str = "", common: IamSettings | None = None
) -> IamSettings:
    """The roles' settings of all workflows, or of one; contradictions are noted."""
    section = ("workflows", workflow, "iam") if workflow else ("iam",)
    quota = "managed_policies_per_role"
    if quota in keys and (keys[quota] < 1 or keys[quota] != int(keys[quota])):
        place = (*section, quota)
        reader.wrong(SFN112, place, f"'{'.'.join(place)}' is {keys[quota]}, not a count of at least 1")
    if len(keys.get("role_path", "")) > LONGEST_PATH:
        place = (*section, "role_path")
        reader.wrong(SFN112, place, f"'{'.'.join(place)}' has more than {LONGEST_PATH} characters")
    return iam_settings(keys, lambda path: reader.at((*section, *path)), common)


def places(
    tables: Mapping[str, Any], place: Callable[[tuple[str, ...]], SourceLocation]
) -> dict[str, SourceLocation]:
    """The place of each key below `tables`, by its dotted path."""
    return {".".join(path): place(path) for path in paths(tables)}


def paths(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of each key below a table."""
    if isinstance(node, Mapping):
        for key, item in node.items():
            yield (*path, key)
            yield from paths(item, (*path, key))
