"""A definition and the text of `sfn-cfn.toml` -> findings, and the template, without running any workflow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from samples import loaded

from sfn_cfn import definition, iam, operations, portable, settings, synthesize
from sfn_cfn.errors import Diagnostic
from sfn_cfn.iam.statements import shown
from sfn_cfn.model import Definition, Explanation, Permission, resolve
from sfn_cfn.settings import Settings
from sfn_cfn.template import text, yaml
from sfn_cfn.template.intrinsics import Intrinsic
from sfn_cfn.template.model import Template

ROLE = "arn:aws:iam::487651230987:role/jobs"
MACHINE = "StateMachineComponent"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
BESIDE = """
[pipelines]
enabled = true
[queue]
enabled = true
[schedules.daily]
rate = "1 day"
[triggers.any]
kind = "event"
pattern = { source = ["my.shop"] }
"""
"""Settings by which there are routers, and queues of what could not be started."""


def read(toml: str) -> Settings:
    """The settings of a project with this file."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "sfn-cfn.toml").write_text(toml, encoding="utf-8")
        return settings.read(Path(folder))


def placed(tree: Mapping[str, Any], found: Settings) -> Definition:
    """The definition as capabilities check it, the template's role where a role stands."""
    parsed = definition.parse(loaded(dict(tree)), found.parameters, {"SageMakerRoleArn": iam.SAGEMAKER_ROLE})
    return iam.place_role(parsed, keep=False)


def findings(toml: str, tree: Mapping[str, Any] = PASS) -> list[str]:
    """What the capabilities find: `code place: message | hint`."""
    found = read(toml)
    return [_line(one) for one in operations.check(placed(tree, found), found)]


def _line(one: Diagnostic) -> str:
    return f"{one.code} {one.location}: {one.message} | {one.hint}"


@dataclass(frozen=True)
class Made:
    """A template with the definition that it holds and the permissions besides the calls of its states."""

    template: Template
    definition: Definition
    permissions: tuple[Permission, ...]
    why: tuple[Explanation, ...]

    @property
    def machine(self) -> Any:
        """The properties of the state machine."""
        return self.template.resources[MACHINE]["Properties"]

    @property
    def text(self) -> str:
        """The template as it is written."""
        return text.render(self.template, "yaml")

    @property
    def tree(self) -> Any:
        """The definition as plain JSON, `<Name>` where a token stands."""
        return resolve(self.definition.tree, lambda token: f"<{token.name}>")

    def properties(self, logical_id: str) -> Any:
        """The properties of a resource."""
        return self.template.resources[logical_id]["Properties"]

    def statement(self, sid: str) -> Any:
        """A statement of the state machine's role."""
        (policy,) = self.properties("WorkflowExecutionRole")["Policies"]
        return next(one for one in policy["PolicyDocument"]["Statement"] if one["Sid"] == sid)

    def of_type(self, kind: str) -> list[str]:
        """The logical IDs of all resources of a type."""
        return [name for name, one in self.template.resources.items() if one["Type"] == kind]


def made(toml: str = "", tree: Mapping[str, Any] = PASS) -> Made:
    """The template of a workflow; fails where a capability finds an error in it."""
    found = read(toml)
    first = placed(tree, found)
    errors = [_line(one) for one in operations.check(first, found) if one.severity.value == "error"]
    assert errors == []
    final = portable.make_portable(operations.rewrite(first, found), found.parameters)
    final = operations.declare(final, found)
    added = operations.add(final, found)
    permissions = tuple(one for item in added for one in item.permissions)
    roles = iam.derive(final, found.of(final.name).iam, permissions)
    template = synthesize.synthesize(final, found, [roles, *(one.fragment for one in added)])
    assert yaml.load(text.render(template, "yaml"), "t.yaml").resources.keys() == template.resources.keys()
    from sfn_cfn.iam.explain import explain  # noqa: PLC0415 (a build does not need it either)

    return Made(template, final, permissions, explain(final, template, own=permissions))


def plain(value: Any) -> Any:
    """A template's value with intrinsic functions as `Fn(...)`."""
    if isinstance(value, Intrinsic):
        return f"{value.name}({plain(value.argument)})"
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def resources_of(permission: Permission) -> Iterable[str]:
    """The resources of a permission as text."""
    return [shown(one) for one in permission.resources]


def training(name: Any = "churn", **fields: Any) -> dict[str, Any]:
    """A task that waits for a training job."""
    key = (
        "TrainingJobName"
        if isinstance(name, str) and not name.startswith(("$", "States."))
        else "TrainingJobName.$"
    )
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {key: name, "RoleArn": ROLE},
        **({} if "Next" in fields else {"End": True}),
        **fields,
    }


def dumped(value: Any) -> str:
    """JSON text, keys in order, for looking into."""
    return json.dumps(value, sort_keys=True)
