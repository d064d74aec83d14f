"""The workflows of an application -> what they share, made once in the parent: bucket, topic, subscribers, table.

What two of them say otherwise of one part cannot be kept for both, so it is refused. Sources: as in `application`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation
from sfn_cfn.model import PIPELINE_NAME, TARGET_ENV, text
from sfn_cfn.settings import Settings
from sfn_cfn.template import tokens
from sfn_cfn.template.intrinsics import Value, from_text, if_, ref
from sfn_cfn.template.model import Template

SFN440 = Code(
    "SFN440",
    Severity.ERROR,
    "workflows of an application do not fit together",
    "With `application = true` the workflows have one data bucket, one topic of alerts and one table of pipelines. "
    "What their settings say of it has to agree, and parameters that it reads have to be declared alike. Write the "
    "settings for all workflows (`[storage]`, `[topic]`, `[pipelines]`), not for one of them. Parameters and resources "
    "of the application have one name space, so each name there has to mean one thing.",
)

STACK = "Stack"
"""What ends the logical ID of a nested stack."""

SOURCE = "sfn-cfn.toml"
PLACE = SourceLocation(SOURCE)


@dataclass(frozen=True, slots=True)
class Child:
    """A workflow's template. `stem` begins the names that it has in the parent; `place` is the workflow's."""

    name: str
    path: str
    template: Template
    stem: str
    place: SourceLocation = PLACE

    @property
    def stack(self) -> str:
        """The logical ID of its stack."""
        return f"{self.stem}{STACK}"


@dataclass(slots=True)
class Parent:
    """The parent as it is put together. `origins`: a parameter's name in its child, by that in the parent.

    `passed`: what each child is given, by its parameters; `inner`: parameters of children, with the child's name, that
    only the parent reads.
    """

    parameters: dict[str, Any] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=dict)
    resources: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    passed: dict[str, dict[str, Value]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    inner: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Shared:
    """A part that the parent makes once: its parameter, its first resource, and all that belongs to it.

    `own` are properties that hold a workflow's name in a child, with what the parent has in their place; `added` those
    that the part has where any of its workflows needs them.
    """

    parameter: str
    condition: str
    resource: str
    output: str
    others: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    own: Mapping[tuple[str, str], Value] = field(default_factory=dict)
    added: tuple[tuple[str, str], ...] = ()

    @property
    def value(self) -> Value:
        """What a child is given."""
        return if_(self.condition, ref(self.resource), ref(self.parameter))


_TITLE = from_text(text(PIPELINE_NAME, "-", TARGET_ENV))
SHARED = (
    Shared(
        tokens.DATA_BUCKET_PARAMETER,
        tokens.DATA_BUCKET_CONDITION,
        tokens.DATA_BUCKET_RESOURCE,
        "DataBucketName",
        others=(f"{tokens.DATA_BUCKET_RESOURCE}Policy",),
        # A trigger of one workflow wants the bucket's events, which cost the others nothing.
        added=((tokens.DATA_BUCKET_RESOURCE, "NotificationConfiguration"),),
    ),
    Shared(
        tokens.TOPIC_PARAMETER,
        tokens.TOPIC_CONDITION,
        tokens.TOPIC_RESOURCE,
        tokens.TOPIC_PARAMETER,
        others=("AlertTopicPolicy", "AlertTopicKey"),
        conditions=("CreateAlertTopicKey",),
        parameters=("AlertTopicKeyArn",),
        own={
            ("AlertTopic", "DisplayName"): _TITLE,
            ("AlertTopicKey", "Description"): from_text(text("Alerts of ", PIPELINE_NAME, "-", TARGET_ENV)),
        },
    ),
    Shared(
        tokens.PIPELINE_TABLE_PARAMETER,
        tokens.PIPELINE_TABLE_CONDITION,
        tokens.PIPELINE_TABLE_RESOURCE,
        "PipelineTable",
    ),
)


def share(parent: Parent, children: Sequence[Child], settings: Settings) -> Iterator[Diagnostic]:
    """Put the shared parts into the parent, and give them to the children; what cannot be shared is told."""
    for shared in SHARED:
        if owners := [one for one in children if shared.resource in one.template.resources]:
            yield from _share(parent, shared, owners)
    yield from _subscribe(parent, children, settings)


def _share(parent: Parent, shared: Shared, owners: Sequence[Child]) -> Iterator[Diagnostic]:
    first = owners[0].template
    for name in (shared.parameter, *shared.parameters):
        yield from _declared_otherwise(name, owners)
        parent.parameters[name] = first.parameters[name]
        parent.origins[name] = name
    for name in (shared.condition, *shared.conditions):
        parent.conditions[name] = first.conditions[name]
    for logical_id in (shared.resource, *shared.others):
        if holders := [one for one in owners if logical_id in one.template.resources]:
            parent.resources[logical_id], found = _one(shared, logical_id, holders)
            yield from found
    parent.outputs[shared.output] = {**first.outputs[shared.output], "Value": shared.value}
    for one in owners:
        parent.passed[one.name][shared.parameter] = shared.value
        parent.inner.update((one.name, name) for name in shared.parameters)


def _declared_otherwise(name: str, owners: Sequence[Child]) -> Iterator[Diagnostic]:
    first = owners[0]
    for one in owners[1:]:
        if one.template.parameters[name] != first.template.parameters[name]:
            message = (
                f"workflows '{first.name}' and '{one.name}' declare their shared parameter '{name}' otherwise"
            )
            yield SFN440.at(PLACE, message, "declare it alike for all workflows")


def _one(shared: Shared, logical_id: str, owners: Sequence[Child]) -> tuple[dict[str, Any], list[Diagnostic]]:
    """The resource of all owners, with the properties that any of them adds; a finding where two differ."""
    first = owners[0]
    out, properties = _split(shared, logical_id, first)
    added = {key for resource, key in shared.added if resource == logical_id}
    found = []
    for one in owners[1:]:
        pairs = zip((out, properties), _split(shared, logical_id, one), strict=True)
        for mine, theirs in pairs:
            for key in dict.fromkeys((*mine, *theirs)):
                if mine.get(key) != theirs.get(key) and not (
                    key in added and (key in mine) != (key in theirs)
                ):
                    both = f"workflows '{first.name}' and '{one.name}'"
                    message = f"{both} set '{key}' of their shared '{logical_id}' otherwise"
                    found.append(SFN440.at(PLACE, message, "write it for all workflows"))
            mine.update((key, value) for key, value in theirs.items() if key in added)
    return {**out, "Properties": properties}, found


def _split(shared: Shared, logical_id: str, owner: Child) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a child says of the resource itself, and its properties with the parent's name in them."""
    resource = dict(owner.template.resources[logical_id])
    properties = resource.pop("Properties")
    return resource, {key: shared.own.get((logical_id, key), value) for key, value in properties.items()}


def _subscribe(parent: Parent, children: Sequence[Child], settings: Settings) -> Iterator[Diagnostic]:
    """The subscribers of the topic, each once; a child is given none."""
    first: dict[str, Child] = {}
    for one in children:
        for logical_id, resource in one.template.resources.items():
            if resource["Type"] != "AWS::SNS::Subscription":
                continue
            name = resource["Properties"]["Endpoint"].argument
            declared = one.template.parameters[name]
            other = first.setdefault(name, one)
            if parent.parameters.setdefault(name, declared) != declared:
                both = f"workflows '{other.name}' and '{one.name}'"
                message = f"{both} have '{name}' with different addresses, and share the topic"
                place = settings.of(one.name).place("topic", "emails", name)
                hint = "write it in [topic.emails] for all workflows, or give one another name"
                yield SFN440.at(place, message, hint)
            parent.origins[name] = name
            condition = resource["Condition"]
            parent.conditions[condition] = one.template.conditions[condition]
            parent.resources[logical_id] = resource
            parent.passed[one.name][name] = ""
