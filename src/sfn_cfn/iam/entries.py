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
    the stack (`own`), or as they stand in the ARN. `usual` is what the service takes where `field` is not given.
    """

    service: str
    path: str = ""
    field: str = ""
    form: str = "name"
    spelling: Literal["exact", "lower", "both"] = "exact"
    qualifier: str = ""
    region: str = "own"
    account: str = "own"
    usual: str = ""


Condition: TypeAlias = "tuple[str, str, tuple[str | Resource, ...]]"
"""An operator, a condition key and its values; a `Resource` stands for what the parameters make of it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on resources. None means `*`: the actions have no resource type.

    Given only where the parameters have one of the fields `when` and none of `unless` (`Field~pattern`: whose text
    begins so, for `when` as far as one can tell, for `unless` surely); with `likely`, also where
    nothing is known of the parameters. A condition whose value only the execution knows is left out.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[Resource, ...] | None
    conditions: tuple[Condition, ...] = ()
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    likely: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """A parameter that passes a role to a service (in China by another name, where it has one).

    With `required`, a role that no parameter names is one that is named elsewhere (in a task definition), so
    that any role of the account may be passed, to these services only. `form` says how the field names the
    role, `usual` which one the service takes where the field is not given.
    """

    field: str
    services: tuple[str, ...]
    required: bool = False
    form: str = "role"
    usual: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One service integration: the grants of each of its patterns, and the roles it passes.

    `refused` are parameters whose needs are not known.
    """

    patterns: Mapping[str, tuple[Grant, ...]]
    roles: tuple[Role, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Where a SageMaker call names what its execution role must reach.

    `sources` are mappings `S3DataSource` or `S3Input`; `objects`, `folders` (written) and `synced` (read and
    written) are texts; `environment`, `arguments` (read, in the midst of a text too) and `directories` (read and
    written) count only where they are S3 URIs. `written_keys` encrypt output, `volume_keys` storage. `rules`
    run as processing jobs beside the job. `providers` are functions that give a registry's credentials.
    `packages` stand for an image and a model that the call does not name. `manifests` are objects that name
    others of their bucket, `functions` what the job calls. `grants` are filled from the parameters as those of
    an integration are. `refused` are features whose needs are not known, `unsettled` those for which no guide says
    what they need, `later` those by which others name data when the workflow is done.

    `logs` is the kind of job in the names of log groups and metrics (`/aws/sagemaker/<kind>`), empty where nothing
    runs. `streams` are the names of its log streams with parameters in braces; without one, each thing of that kind
    has a group of its own, by the name that `group` has.
    """

    logs: str = ""
    streams: tuple[str, ...] = ()
    group: str = ""
    grants: tuple[Grant, ...] = ()
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
    manifests: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


REQUEST = ("",)
SYNC = ("", "sync")
TOKEN = ("", "waitForTaskToken")

MANAGED_RULE_ACTIONS = ("events:DescribeRule", "events:PutRule", "events:PutTargets")


def same(patterns: tuple[str, ...], *grants: Grant, roles: tuple[Role, ...] = ()) -> Entry:
    """An entry that needs the same by each of its patterns."""
    return Entry(dict.fromkeys(patterns, grants), roles)


def watched(
    start: tuple[Grant, ...],
    watch: tuple[Grant, ...],
    roles: tuple[Role, ...] = (),
    *more: str,
    refused: tuple[str, ...] = (),
) -> Entry:
    """An entry whose `.sync` needs `watch` beside `start`; the other patterns (`more`) need `start` alone."""
    return Entry({**dict.fromkeys(("", *more), start), "sync": (*start, *watch)}, roles, refused)


def linked_role(services: tuple[str, ...], name: str) -> Grant:
    """The right to make a service's own role, which the first call of its kind in an account does.

    The service is named by its principals: in China it may have another one.
    """
    return Grant(
        "CreateServiceLinkedRole",
        ("iam:CreateServiceLinkedRole",),
        tuple(
            Resource("iam", f"role/aws-service-role/{one}/{name}", form="format", region="")
            for one in services
        ),
        (("StringEquals", "iam:AWSServiceName", services),),
    )


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
