"""The workflows of an environment -> their stacks as they stand, and the outputs of stacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sfn_cfn.deploy import codes
from sfn_cfn.deploy.aws import Cloud, translated
from sfn_cfn.deploy.bootstrap import described
from sfn_cfn.deploy.nested import Place
from sfn_cfn.errors import DeployError, Diagnostic

ABSENT = "not deployed"


@dataclass(frozen=True, slots=True)
class Status:
    """A workflow's stack. `changed` is the time of its last operation in UTC (ISO 8601, to the second).

    `application` is the stack that it is nested in, or would be.
    """

    workflow: str
    stack: str
    status: str = ABSENT
    changed: str = ""
    reason: str = ""
    is_protected: bool = False
    application: str = ""


def statuses(cloud: Cloud, places: Iterable[Place]) -> tuple[Status, ...]:
    """The stack of each workflow."""
    cloudformation = cloud.client("cloudformation")
    found = []
    with translated():
        for place in places:
            one = described(cloudformation, place.stack)
            if one is None:
                stack = place.expected or place.own
                found.append(Status(place.workflow, stack, application=place.application))
                continue
            changed = one.get("LastUpdatedTime") or one["CreationTime"]
            found.append(
                Status(
                    place.workflow,
                    one["StackName"],
                    one["StackStatus"],
                    changed.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    " ".join(one.get("StackStatusReason", "").split()),
                    one.get("EnableTerminationProtection", False),
                    place.application if place.nested else "",
                )
            )
    return tuple(found)


def outputs(cloud: Cloud, name: str) -> dict[str, str]:
    """The outputs of a stack by their keys. Raises `DeployError` (SFN830) where there is none of that name."""
    with translated():
        found = described(cloud.client("cloudformation"), name)
    if found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS":
        raise DeployError(absent(cloud, name))
    return {one["OutputKey"]: one.get("OutputValue", "") for one in found.get("Outputs", ())}


def absent(cloud: Cloud, name: str) -> Diagnostic:
    """The finding that there is no stack of that name."""
    message = f"there is no stack '{name}' in account {cloud.account}, region {cloud.region}"
    return codes.SFN830.at(None, message, f"deploy it by 'sfn-cfn deploy --env {cloud.environment}'")
