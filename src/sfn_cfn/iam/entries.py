"""What an entry of the table is: values that say what a call needs. No logic beyond their construction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Resource:
    """The resource of a call: the parameter `field` names it in the way that `form` says (see `arns`).

    `qualifier` is a parameter whose text, behind a colon, is part of the name. With the form `format`, `path`
    is the last part of the ARN with parameters in braces (`table/{TableName}`); `{}` stands for any text, and a
    parameter that holds an ARN of the service stands for the whole ARN. `region` and `account` are those of
    the stack (`own`), or as they stand in the ARN.
    """

    service: str
    path: str = ""
    field: str = ""
    form: str = "name"
    spelling: Literal["exact", "lower", "both"] = "exact"
    qualifier: str = ""
    region: str = "own"
    account: str = "own"


Condition: TypeAlias = "tuple[str, str, tuple[str | Resource, ...]]"
"""An operator, a condition key and its values; a `Resource` stands for what the parameters make of it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on resources. None means `*`: the actions have no resource type.

    Given only where the parameters have one of the fields `when` and none of `unless`. A condition whose
    value only the execution knows is left out.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[Resource, ...] | None
    conditions: tuple[Condition, ...] = ()
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A parameter that passes a role to a service (in China by another name, where it has one).

    With `required`, a role that no parameter names is one that is named elsewhere (in a task definition), so
    that any role of the account may be passed, to these services only.
    """

    field: str
    services: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One service integration: the grants of each of its patterns, and the roles it passes."""

    patterns: Mapping[str, tuple[Grant, ...]]
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Where a SageMaker call names what its execution role must reach.

    `sources` are mappings `S3DataSource` or `S3Input`; `objects`, `folders` (written) and `synced` (read and
    written) are texts; `environment`, `arguments` (read, in the midst of a text too) and `directories` (read and
    written) count only where they are S3 URIs. `written_keys` encrypt output, `volume_keys` storage. `rules`
    run as processing jobs beside the job. `providers` are functions that give a registry's credentials.
    `packages` stand for an image and a model that the call does not name. `refused` are features whose needs
    are not known, `unsettled` those for which no guide says what they need.
    """

    logs: str
    sources: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    synced: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    written_keys: tuple[str, ...] = ()
    volume_keys: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()


REQUEST = ("",)
TOKEN = ("", "waitForTaskToken")

MANAGED_RULE_ACTIONS = ("events:DescribeRule", "events:PutRule", "events:PutTargets")


def same(patterns: tuple[str, ...], *grants: Grant, roles: tuple[Role, ...] = ()) -> Entry:
    """An entry that needs the same by each of its patterns."""
    return Entry(dict.fromkeys(patterns, grants), roles)


def rule(name: str) -> Grant:
    """The managed rule through which Step Functions learns that a job has ended."""
    return Grant("ManagedRules", MANAGED_RULE_ACTIONS, (Resource("events", f"rule/{name}", form="fixed"),))


def grant_key(*fields: str) -> tuple[Grant, ...]:
    """The caller's own right to let the service use a key for storage."""
    condition: Condition = ("Bool", "kms:GrantIsForAWSResource", ("true",))
    return tuple(
        Grant(
            "GrantKey", ("kms:CreateGrant",), (Resource("kms", "key/", name, "key"),), (condition,), (name,)
        )
        for name in fields
    )
