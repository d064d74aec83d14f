"""A stack as it stands -> whether it can be deployed to, and if not, what to do first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_cfn.deploy import codes
from sfn_cfn.deploy.aws import Cloud
from sfn_cfn.deploy.bootstrap import described
from sfn_cfn.deploy.change_set import PREFIX, busy
from sfn_cfn.deploy.events import newest
from sfn_cfn.errors import DeployError, Diagnostic, TemplateError
from sfn_cfn.template import yaml
from sfn_cfn.template.model import Template

_MASKED = "****"
"""What `DescribeStacks` gives in place of a value that must not be shown (`NoEcho`)."""
_DELETE = (
    "delete it by 'aws cloudformation delete-stack --stack-name {stack} --region {region}', and deploy again"
)
_CONTINUE = (
    "mend what its events name, finish the rollback by 'aws cloudformation continue-update-rollback "
    "--stack-name {stack} --region {region}', and deploy again"
)
_REMEDIES = {
    "ROLLBACK_COMPLETE": ("its first creation failed, and it holds nothing", _DELETE),
    "ROLLBACK_FAILED": ("its first creation failed, and so did its rollback", _DELETE),
    "CREATE_FAILED": ("its first creation failed", _DELETE),
    "DELETE_FAILED": ("its deletion failed", _DELETE),
    "UPDATE_ROLLBACK_FAILED": (
        "the rollback of an update failed",
        _CONTINUE,
    ),
    "UPDATE_FAILED": (
        "an update failed and was not rolled back",
        "take it back by 'aws cloudformation rollback-stack --stack-name {stack} --region {region}', and deploy again",
    ),
    "IMPORT_ROLLBACK_FAILED": (
        "the rollback of an import failed",
        "mend what its events name, and delete the stack or import again",
    ),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A stack as it stands; without `status`, there is none.

    `exists` tells whether it has been made (one in REVIEW_IN_PROGRESS only waits for that); `follows` that an
    operation which an earlier run of ours began still works on it. `template` is None where it is none of those that
    can be read. `children` are an application's nested stacks, by their workflows.
    """

    name: str
    status: str = ""
    arn: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    template: Template | None = None
    follows: bool = False
    children: Mapping[str, Standing] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Whether there is a stack to update."""
        return self.status not in ("", "REVIEW_IN_PROGRESS")

    def previous(self, name: str) -> dict[str, Any] | None:
        """The parameter's value as a request gives it again; None where the stack does not have it."""
        if name not in self.parameters:
            return None
        value = self.parameters[name]
        if value == _MASKED:
            return {"ParameterKey": name, "UsePreviousValue": True}
        return {"ParameterKey": name, "ParameterValue": value}


def look(cloud: Cloud, name: str) -> Standing:
    """The stack as it stands. Raises `DeployError` (SFN810, SFN811, SFN816) where nothing can be deployed to it."""
    cloudformation = cloud.client("cloudformation")
    found = described(cloudformation, name)
    if found is None:
        return Standing(name)
    status = found["StackStatus"]
    if status == "REVIEW_IN_PROGRESS":
        _refuse_foreign(cloudformation, name)
    elif status in _REMEDIES:
        raise DeployError(stuck(name, status, cloud.region))
    elif status.endswith("_IN_PROGRESS"):
        event = newest(cloudformation, found["StackId"])
        if not event or not event.token.startswith(PREFIX) or status == "DELETE_IN_PROGRESS":
            raise DeployError(busy(name, f"it is in state {status}"))
        return Standing(name, status, found["StackId"], follows=True)
    return Standing(
        name,
        status,
        found["StackId"],
        {one["ParameterKey"]: one.get("ParameterValue", "") for one in found.get("Parameters", ())},
        {one["OutputKey"]: one.get("OutputValue", "") for one in found.get("Outputs", ())},
        deployed(cloudformation, name) if status != "REVIEW_IN_PROGRESS" else None,
    )


def parameters(cloud: Cloud, name: str) -> Standing:
    """The stack with the values of its parameters, whatever state it is in; nothing is deployed to it."""
    found = described(cloud.client("cloudformation"), name)
    if found is None:
        return Standing(name)
    values = {one["ParameterKey"]: one.get("ParameterValue", "") for one in found.get("Parameters", ())}
    return Standing(name, found["StackStatus"], found["StackId"], values)


def stuck(name: str, status: str, region: str) -> Diagnostic:
    """What to do with a stack that is in a state in which nothing can be deployed."""
    reason, remedy = _REMEDIES[status]
    message = f"stack '{name}' is in state {status}: {reason}"
    return codes.SFN810.at(None, message, remedy.format(stack=name, region=region))


def _refuse_foreign(cloudformation: Any, name: str) -> None:
    """Raise where somebody else's change set waits for the creation of the stack."""
    listed = cloudformation.list_change_sets(StackName=name).get("Summaries", ())
    foreign = [one["ChangeSetName"] for one in listed if not one["ChangeSetName"].startswith(PREFIX)]
    if foreign:
        message = f"stack '{name}' waits for the change set '{foreign[0]}' of somebody else"
        hint = "execute or delete that change set first"
        raise DeployError(codes.SFN816.at(None, message, hint))


def deployed(cloudformation: Any, name: str) -> Template | None:
    """The template that the stack was last deployed from; None where it cannot be read."""
    body = cloudformation.get_template(StackName=name, TemplateStage="Original").get("TemplateBody", "")
    try:
        return yaml.load(body if isinstance(body, str) else json.dumps(body), name)
    except TemplateError:
        return None
