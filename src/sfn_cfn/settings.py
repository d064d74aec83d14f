"""`sfn-cfn.toml` -> `Settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import ParameterDeclaration


@dataclass(frozen=True, slots=True)
class Environment:
    """`[environments.<name>]`: where a configuration file deploys to, and with what values.

    `stacks` are the names of stacks by workflow; `places` are the parameters' lines, by name.
    """

    name: str
    region: str = ""
    account: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    stacks: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, SourceLocation] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class ExtraStatement:
    """A statement of a policy besides the derived ones. Texts may hold `${Parameter}`, and `*`.

    `conditions` is operator -> condition key -> values.
    """

    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ("*",)
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoleSettings:
    """What a role has besides what is derived: statements by their Sids, ARNs of managed policies."""

    statements: Mapping[str, ExtraStatement] = field(default_factory=dict)
    managed_policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IamSettings:
    """`[iam]` and `[workflows.<name>.iam]`: what only the author knows of a workflow's roles.

    `inputs` are the texts that a run-time value may be, by the name of an execution's input or by a path as
    it stands in the definition; `shared` names those that stand in `[iam]`. `places` are the lines of all
    keys by their dotted paths (`workflow_role.managed_policies`).
    """

    permissions_boundary: str = ""
    role_path: str = "/"
    sagemaker_source_account: bool = True
    managed_policies_per_role: int = 10
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    workflow_role: RoleSettings = RoleSettings()
    sagemaker_role: RoleSettings = RoleSettings()
    shared: tuple[str, ...] = ()
    places: Mapping[str, SourceLocation] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class WorkflowSettings:
    """`[workflows.<name>]`: what differs for one workflow (by its name, not its file's).

    `operations` are the sections of the capabilities, as plain values (`sections.typed` gives their types);
    `places` are the lines of their keys by dotted paths (`schedules.nightly.cron`), and that of the table itself by "".
    `own` are the checked keys that the table itself has.
    """

    emit: bool = True
    keep_role: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    iam: IamSettings = IamSettings()
    operations: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, SourceLocation] = field(default_factory=dict, compare=False)
    unique_names: bool = False
    own: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def place(self, *path: str) -> SourceLocation:
        """The line of a key of `operations`, or that of the nearest table around it."""
        for length in range(len(path), 0, -1):
            if found := self.places.get(".".join(path[:length])):
                return found
        return SourceLocation("sfn-cfn.toml")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a project. Everything has a default: a folder with `workflows/x.py` alone builds.

    `sources` are glob patterns relative to `root`; `output` is the templates' folder; `timeout` (seconds)
    and `region` (of the build, empty: chosen) are `[load]`'s; `tags` go on every stack and state machine.
    `emit` names the workflows to write, all where empty.
    """

    root: Path
    pipeline_name: str = "ml-pipeline"
    sources: tuple[str, ...] = ("workflows/*.py",)
    output: str = "templates"
    format: str = "yaml"
    lint: bool = True
    emit: tuple[str, ...] = ()
    keep_role: bool = False
    timeout: float = 60.0
    region: str = ""
    environments: tuple[Environment, ...] = (Environment("dev"), Environment("prod"))
    parameters: tuple[ParameterDeclaration, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    workflows: Mapping[str, WorkflowSettings] = field(default_factory=dict)
    iam: IamSettings = IamSettings()
    operations: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, SourceLocation] = field(default_factory=dict, compare=False)
    unique_names: bool = False
    application: bool = False

    def of(self, workflow: str) -> WorkflowSettings:
        """The settings of one workflow, project-wide ones where it has none of its own."""
        return self.workflows.get(workflow) or WorkflowSettings(
            keep_role=self.keep_role,
            tags=self.tags,
            iam=self.iam,
            operations=self.operations,
            places=self.places,
            unique_names=self.unique_names,
        )


def read(root: Path) -> Settings:
    """The settings of the project in `root`, defaults where it has no `sfn-cfn.toml`.

    Raises `SettingsError` with one diagnostic for every mistake in the file.
    """
    from sfn_cfn import settings_file  # noqa: PLC0415 (it makes the types above)

    return settings_file.read(root)
