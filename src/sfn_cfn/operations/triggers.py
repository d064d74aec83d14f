"""Definition, Settings -> EventBridge rules that start the state machine, with the input that they give it.

Sources: the EventBridge user guide, "Using dead-letter queues" and "Retrying event delivery"; the S3 user guide, "Using
EventBridge" (what a bucket sends); the CloudFormation template reference, `AWS::Events::Rule`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity, TemplateError
from sfn_cfn.model import Definition, Token, text
from sfn_cfn.operations import (
    event_circles,
    event_inputs,
    event_machines,
    event_own,
    event_patterns,
    inputs,
    pipeline_starts,
    starting,
)
from sfn_cfn.operations.capability import (
    Addition,
    Capability,
    declare,
    names_data_bucket,
    sets_data_bucket,
    with_tokens,
)
from sfn_cfn.operations.event_machines import SFN637
from sfn_cfn.operations.parts import arn, machine_arn
from sfn_cfn.sections.triggers import TriggerSettings, triggers
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import Value, from_text, get_att, ref
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import DATA_BUCKET_RESOURCE
from sfn_cfn.template.tokens import TRIGGER_DEAD_LETTERS as DEAD_LETTERS

_LIMITS = (("retry_attempts", 0, 185), ("retry_seconds", 60, 86_400))

SFN636 = Code(
    "SFN636",
    Severity.ERROR,
    "a trigger does not say what starts the workflow",
    "Each kind of trigger has its own keys: `s3` has `bucket`, `prefix`, `suffix`, `min_size` and `max_size`, "
    "`workflow` has one of `workflow` and `state_machine`, `event` has `pattern` and `event_bus`. The bucket may "
    "be left out where the workflow has a bucket for its data.",
)
SFN638 = Code(
    "SFN638",
    Severity.ERROR,
    "a pattern is not one of EventBridge",
    "A pattern is an object as the event is one, and each of its leaves a list of the values that match. `detail-type` "
    "and `source` are lists, too. `$or` is a list of at least two patterns. At the top stand the fields that every "
    'event has. A comparison has the form that it has in EventBridge: `{ numeric = [">", 0, "<=", 5] }`, '
    '`{ exists = true }`, `{ cidr = "10.0.0.0/24" }`, `{ anything-but = { prefix = "x" } }`.',
)
SFN639 = Code(
    "SFN639",
    Severity.INFO,
    "a trigger needs a bucket that sends its events",
    "A bucket that the stack does not make sends events to EventBridge only where that is switched on, once for the "
    "bucket: `aws s3api put-bucket-notification-configuration --bucket NAME --notification-configuration "
    "'{\"EventBridgeConfiguration\": {}}'` (it replaces the notifications that the bucket has).",
)

SFN667 = Code(
    "SFN667",
    Severity.WARNING,
    "a rule's pattern is longer than EventBridge takes by default",
    "EventBridge takes patterns of 2,048 characters. The quota of an account and a region, 'Event pattern size', may "
    "be raised; where it is not, the stack fails.",
)

LONGEST_KEY = 1024
"""Bytes in an object's key (S3 user guide, "Naming Amazon S3 objects")."""
LONGEST_RULE = 64
"""Characters in a rule's name (EventBridge API reference, `PutRule`)."""

_OWN: Mapping[str, tuple[str, ...]] = {
    "s3": ("bucket", "prefix", "suffix", "min_size", "max_size"),
    "workflow": ("workflow", "state_machine"),
    "event": ("pattern", "event_bus"),
}


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    own = settings.of(definition.name)
    given = triggers(own.operations)
    definition = declare(definition, settings)
    yield from starting.same_ids("trigger", given, own)
    for name, one in given.items():
        if faults := list(_form_faults(definition, settings, name, one)):
            yield from faults
            continue
        yield from starting.beyond("trigger", "triggers", name, one, own, _LIMITS)
        table = _given(definition, settings, name, one)
        yield from pipeline_starts.check(one, table, ("triggers", name), definition, settings)
        yield from event_inputs.faults(table, one, definition)
        yield from event_circles.likely_objects(name, one, definition, settings)
        yield from _length_faults(definition, settings, name, one)
        if one.kind == "s3" and not one.has_own_bucket:
            message = f"trigger '{name}' needs bucket '{one.bucket}' to send its events to EventBridge"
            hint = "switch that on, once for the bucket; 'sfn-cfn check --env ENV' asks S3 whether it is"
            yield SFN639.at(own.place("triggers", name, "bucket"), message, hint)


def _given(definition: Definition, settings: Settings, name: str, one: TriggerSettings) -> inputs.Given:
    return inputs.Given(
        f"trigger '{name}'",
        f"workflows.{definition.name}.triggers.{name}",
        settings.of(definition.name).place("triggers", name, "input"),
        one.input,
        event_inputs.KNOWN[one.kind],
    )


def _form_faults(
    definition: Definition, settings: Settings, name: str, one: TriggerSettings
) -> Iterator[Diagnostic]:
    own = settings.of(definition.name)
    if not one.kind:
        yield SFN636.at(own.place("triggers", name), f"trigger '{name}' has no kind", 'write kind = "s3"')
        return
    given = own.operations["triggers"][name]
    for key in (key for kind, keys in _OWN.items() if kind != one.kind for key in keys if key in given):
        message = f"trigger '{name}' is of kind '{one.kind}', which has no '{key}'"
        hint = f"take it out, or use {_listed(_OWN[one.kind])}"
        yield SFN636.at(own.place("triggers", name, key), message, hint)
    if one.kind == "workflow":
        yield from _machine_faults(definition, settings, name, one)
    if one.kind == "event" and not one.pattern:
        place = own.place("triggers", name)
        yield SFN636.at(place, f"trigger '{name}' has no pattern", "write the events' pattern")
    elif one.kind == "event":
        place, found = own.place("triggers", name, "pattern"), list(event_patterns.faults(one.pattern))
        yield from (SFN638.at(place, f"the pattern of trigger '{name}' {fault}") for fault in found)
        if not found:
            yield from event_circles.own_events(name, one, definition, settings)
    if one.kind == "event" and one.event_bus and not event_patterns.is_bus(one.event_bus):
        message = (
            f"trigger '{name}' listens to event bus '{one.event_bus}', which is no name and no ARN of one"
        )
        yield SFN636.at(own.place("triggers", name, "event_bus"), message, "write the bus's name or ARN")
    if one.kind == "s3":
        yield from _size_faults(settings, definition, name, one)
        if (length := len(one.prefix.encode()) + len(one.suffix.encode())) > LONGEST_KEY:
            size = f"prefix and suffix of trigger '{name}' have {length:,} characters"
            message = f"{size}, a key of S3 at most {LONGEST_KEY:,}"
            yield SFN636.at(own.place("triggers", name, "prefix"), message, "write shorter ones")


def _length_faults(
    definition: Definition, settings: Settings, name: str, one: TriggerSettings
) -> Iterator[Diagnostic]:
    if (length := event_patterns.length(definition, one)) > event_patterns.LONGEST_PATTERN:
        key = "pattern" if one.kind == "event" else "prefix"
        place = settings.of(definition.name).place("triggers", name, key)
        limit = f"EventBridge takes {event_patterns.LONGEST_PATTERN:,} by default"
        message = f"the pattern of trigger '{name}' has {length:,} characters, {limit}"
        hint = "name less in it, or ask AWS for a higher quota, 'Event pattern size'"
        yield SFN667.at(place, message, hint)


def _size_faults(
    settings: Settings, definition: Definition, name: str, one: TriggerSettings
) -> Iterator[Diagnostic]:
    own = settings.of(definition.name)
    least, greatest = one.min_size, one.max_size
    for key, value in (("min_size", least), ("max_size", greatest)):
        if value is not None and starting.outside(value, 0, event_patterns.LARGEST_NUMBER):
            message = f"'{key}' of trigger '{name}' is {value}"
            hint = (
                f"write a count of bytes, at most {event_patterns.LARGEST_NUMBER}, which EventBridge compares"
            )
            yield SFN636.at(own.place("triggers", name, key), message, hint)
    if least is not None and greatest is not None and greatest < least:
        message = f"trigger '{name}' has a min_size of {least} above its max_size of {greatest}"
        yield SFN636.at(own.place("triggers", name, "min_size"), message, "change one of them")


def _machine_faults(
    definition: Definition, settings: Settings, name: str, one: TriggerSettings
) -> Iterator[Diagnostic]:
    place = settings.of(definition.name).place("triggers", name)
    if bool(one.workflow) == bool(one.state_machine):
        found = (
            "both 'workflow' and 'state_machine'" if one.workflow else "no 'workflow' and no 'state_machine'"
        )
        yield SFN636.at(place, f"trigger '{name}' has {found}", "give one of them")
    elif why := event_patterns.no_machine(one.state_machine) if one.state_machine else "":
        message = f"trigger '{name}' waits for state machine '{one.state_machine}', which {why}"
        yield SFN636.at(place, message, "write its name, or its ARN without version and alias")
    elif event_patterns.machine(definition, one) == machine_arn(definition) or event_own.takes_execution(
        event_patterns.tree(definition, one), definition, settings, is_routed=bool(one.pipeline)
    ):
        what = f"pipeline '{one.pipeline}'" if one.pipeline else f"workflow '{definition.name}'"
        message = f"trigger '{name}' starts {what} at its own success"
        yield SFN637.at(place, message, "name another workflow")
    elif one.workflow:
        yield from event_machines.faults(definition.name, name, one, settings)


def _listed(keys: tuple[str, ...]) -> str:
    return ", ".join(f"'{key}'" for key in keys)


def _add(definition: Definition, settings: Settings) -> Addition:
    given = triggers(settings.of(definition.name).operations)
    if not given:
        return Addition()
    if faults := list(_late_faults(definition, settings, given)):
        raise TemplateError(faults)
    resources: dict[str, Any] = {DEAD_LETTERS: starting.queue()}
    parameters: dict[str, Any] = {}
    sources = []
    for name, one in given.items():
        stem = f"{starting.camel(name)}Trigger"
        pieces = _name(definition, settings, name)
        source = from_text(
            arn("events", "rule/", *event_patterns.pieces(with_tokens(_bus(one), definition)), *pieces)
        )
        sources.append(source)
        resources[stem] = _rule(definition, settings, name, one)
        statements = [pipeline_starts.statement(one, definition, settings)]
        resources[f"{stem}Role"] = starting.role(
            definition, settings, "events.amazonaws.com", source, statements
        )
        parameters[f"{stem}State"] = starting.switch(one.enabled, f"trigger {name} starts the workflow")
    keep = {
        **starting.send_statement(DEAD_LETTERS),
        "Principal": {"Service": "events.amazonaws.com"},
        "Condition": {"ArnEquals": {"aws:SourceArn": sources}},
    }
    resources[f"{DEAD_LETTERS}Policy"] = starting.queue_policy(DEAD_LETTERS, keep)
    properties: dict[tuple[str, str], Any] = {}
    if any(one.kind == "s3" and one.has_own_bucket for one in given.values()):
        sends = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
        properties[DATA_BUCKET_RESOURCE, "NotificationConfiguration"] = sends
    return Addition(Fragment(parameters=parameters, resources=resources, properties=properties))


def _late_faults(
    definition: Definition, settings: Settings, given: Mapping[str, TriggerSettings]
) -> Iterator[Diagnostic]:
    """What only the final definition tells: whether it has a data bucket, and where it writes."""
    own = settings.of(definition.name)
    has_bucket = names_data_bucket(definition) or sets_data_bucket(definition, settings)
    for name, one in given.items():
        written = pipeline_starts.wrapped(one, definition)
        yield from event_inputs.late_faults(_given(definition, settings, name, one), *written)
        if one.kind == "s3" and one.has_own_bucket and not has_bucket:
            message = f"trigger '{name}' has no bucket, and the workflow has none for its data"
            yield SFN636.at(own.place("triggers", name), message, 'write bucket = "..."')
        elif one.kind != "workflow":
            yield from event_circles.written_objects(name, one, definition, settings)


def _bus(one: TriggerSettings) -> str:
    """The part of a rule's ARN that its event bus has; the rule's role needs the ARN before there is the rule."""
    bus = one.event_bus.split(":event-bus/")[-1]  # a partner's has slashes in its name
    return f"{bus}/" if bus and bus != "default" else ""


def _name(definition: Definition, settings: Settings, name: str) -> tuple[str | Token, ...]:
    """The rule's name."""
    return starting.name_pieces(f"{definition.name}-{name}", settings, LONGEST_RULE)


def _rule(definition: Definition, settings: Settings, name: str, one: TriggerSettings) -> dict[str, Value]:
    stem = f"{starting.camel(name)}Trigger"
    properties: dict[str, Any] = {
        "Name": from_text(text(*_name(definition, settings, name))),
        "State": ref(f"{stem}State"),
        "EventPattern": event_patterns.pattern(definition, one),
        "Targets": [
            {
                "Id": "Workflow",
                "Arn": pipeline_starts.target(one, definition, settings),
                "RoleArn": get_att(f"{stem}Role", "Arn"),
                **event_inputs.target_input(*pipeline_starts.wrapped(one, definition)),
                "DeadLetterConfig": {"Arn": get_att(DEAD_LETTERS, "Arn")},
                "RetryPolicy": starting.retry_policy(one.retry_attempts, one.retry_seconds),
            }
        ],
    }
    if one.description:
        properties["Description"] = one.description
    if one.event_bus:
        properties["EventBusName"] = from_text(with_tokens(one.event_bus, definition))
    return {"Type": "AWS::Events::Rule", "Properties": properties}


CAPABILITY = Capability(check=_check, add=_add)
