"""Definition, Settings -> schedules that start the state machine, with the input that they give it.

Each schedule has parameters that switch it and that bound it in time: a start in the past is refused at every
update, so it is no part of the settings. Sources: the EventBridge Scheduler user guide, "Schedule types", "Adding
context attributes", "Configuring a dead-letter queue" and "Cross-service confused deputy prevention"; its API
reference, `CreateSchedule`; the CloudFormation template reference, `AWS::Scheduler::Schedule`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, text
from sfn_cfn.operations import cron, inputs, pipeline_starts, starting, time_zones
from sfn_cfn.operations.capability import Addition, Capability, with_tokens
from sfn_cfn.operations.parts import arn
from sfn_cfn.sections.schedules import ScheduleSettings, schedules
from sfn_cfn.settings import Settings
from sfn_cfn.template.asl import definition_string
from sfn_cfn.template.intrinsics import Intrinsic, Value, equals, from_text, get_att, if_, ref
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import SCHEDULE_DEAD_LETTERS as DEAD_LETTERS

SFN633 = Code(
    "SFN633",
    Severity.ERROR,
    "a schedule has no expression that EventBridge Scheduler takes",
    "A schedule has one of `cron`, `rate` and `at`. A cron expression has six fields (minutes, hours, day of month, "
    "month, day of week, year), with `?` in one of the two days; Unix has five fields and no `?`. A rate is a whole "
    "number and minutes, hours or days. `at` is one time, `yyyy-mm-ddThh:mm:ss`, without a zone.",
)
SFN634 = Code(
    "SFN634",
    Severity.ERROR,
    "a schedule has an unknown time zone",
    "Time zones are called as in the IANA database: `Europe/Berlin`, `America/New_York`, `UTC`.",
)
GROUP, ROLE = "ScheduleGroup", "ScheduleRole"
LONGEST_GROUP = 64
"""Characters in a schedule group's name (EventBridge Scheduler API reference, `CreateScheduleGroup`)."""
CONTEXT: Mapping[str, str] = {
    "aws.scheduler.schedule-arn": "str",
    "aws.scheduler.scheduled-time": "str",
    "aws.scheduler.execution-id": "str",
    "aws.scheduler.attempt-number": "str",
}
"""What Scheduler fills in; each stands inside of a JSON string, so it gives text."""

TIME_PATTERN = r"^$|^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?Z$"
_TOKEN = re.compile(r"\$\{([A-Za-z0-9]+)\}")
_FAULTS = {"cron": cron.cron_faults, "rate": cron.rate_faults, "at": cron.at_faults}
_LIMITS = (("flexible_minutes", 0, 1440), ("retry_attempts", 0, 185), ("retry_seconds", 60, 86_400))


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    own = settings.of(definition.name)
    given = schedules(own.operations)
    yield from starting.same_ids("schedule", given, own)
    for name, one in given.items():
        yield from _expression_faults(definition, settings, name, one)
        place = own.place("schedules", name, "time_zone")
        if one.time_zone not in time_zones.time_zones():
            message = f"schedule '{name}' has the unknown time zone '{one.time_zone}'"
            yield SFN634.at(place, message, time_zones.remedy(one.time_zone))
        yield from starting.beyond("schedule", "schedules", name, one, own, _LIMITS)
        table = inputs.Given(
            f"schedule '{name}'",
            f"workflows.{definition.name}.schedules.{name}",
            own.place("schedules", name, "input"),
            one.input,
            CONTEXT,
            family="aws.",
            once=bool(one.at),
        )
        yield from pipeline_starts.check(one, table, ("schedules", name), definition, settings)


def _expression_faults(
    definition: Definition, settings: Settings, name: str, one: ScheduleSettings
) -> Iterator[Diagnostic]:
    own = settings.of(definition.name)
    given = [key for key in _FAULTS if getattr(one, key)]
    if len(given) != 1:
        found = f"both '{given[0]}' and '{given[1]}'" if given else "none of 'cron', 'rate' and 'at'"
        message = f"schedule '{name}' has {found}"
        hint = "take one of them out" if given else f"give one of them, such as cron = '{cron.EXAMPLE}'"
        yield SFN633.at(own.place("schedules", name), message, hint)
        return
    (key,) = given
    written = _bare(key, _with_defaults(getattr(one, key), definition, settings))
    if "${" in written:
        return
    for fault in _FAULTS[key](written):
        message = f"'{key}' of schedule '{name}' {fault.words}"
        yield SFN633.at(own.place("schedules", name, key), message, fault.remedy)


def _bare(key: str, written: str) -> str:
    """The expression without the `cron(...)` that may stand around it."""
    around = re.fullmatch(rf"{key}\((.*)\)", written.strip())
    return around[1] if around else written.strip()


def _with_defaults(written: str, definition: Definition, settings: Settings) -> str:
    """The text with the defaults of its parameters."""
    every = (*settings.parameters, *definition.workflow.parameters)
    known = {item.name: str(item.default) for item in every if item.default is not None}
    return _TOKEN.sub(lambda match: known.get(match[1], match[0]), written)


def _add(definition: Definition, settings: Settings) -> Addition:
    given = schedules(settings.of(definition.name).operations)
    if not given:
        return Addition()
    starts = {bool(one.pipeline): one for one in given.values()}
    statements = [pipeline_starts.statement(starts[key], definition, settings) for key in sorted(starts)]
    statements.append(starting.send_statement(DEAD_LETTERS))
    group_name = starting.name_pieces(definition.name, settings, LONGEST_GROUP)
    source = from_text(arn("scheduler", "schedule-group/", *group_name))
    group = {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": from_text(text(*group_name))}}
    resources: dict[str, Any] = {
        GROUP: group,
        ROLE: starting.role(definition, settings, "scheduler.amazonaws.com", source, statements),
        DEAD_LETTERS: starting.queue(),
        f"{DEAD_LETTERS}Policy": starting.queue_policy(DEAD_LETTERS),
    }
    parameters: dict[str, Any] = {}
    conditions: dict[str, Any] = {}
    for name, one in given.items():
        stem = f"{starting.camel(name)}Schedule"
        resources[stem] = _schedule(definition, settings, stem, one)
        parameters[f"{stem}State"] = starting.switch(one.enabled, f"schedule {name} starts the workflow")
        for end in _ends(one):
            parameters[f"{stem}{end}"] = _time(name, end)
            conditions[f"Has{stem}{end}"] = Intrinsic("Not", (equals(ref(f"{stem}{end}"), ""),))
    return Addition(Fragment(parameters=parameters, conditions=conditions, resources=resources))


def _ends(one: ScheduleSettings) -> tuple[str, ...]:
    """The bounds in time that a schedule has: one of a single time has none."""
    return () if one.at else ("Start", "End")


def _time(name: str, end: str) -> dict[str, Any]:
    what = "before which it starts nothing" if end == "Start" else "after which it starts nothing"
    return {
        "Type": "String",
        "Default": "",
        "AllowedPattern": TIME_PATTERN,
        "Description": f"Time of schedule {name} {what}, such as 2030-01-31T06:00:00Z; empty: none",
    }


def _schedule(
    definition: Definition, settings: Settings, stem: str, one: ScheduleSettings
) -> dict[str, Value]:
    (key,) = (key for key in _FAULTS if getattr(one, key))
    flexible = int(one.flexible_minutes)
    given, over = pipeline_starts.wrapped(one, definition)
    properties: dict[str, Any] = {
        "GroupName": ref(GROUP),
        "State": ref(f"{stem}State"),
        "ScheduleExpression": from_text(with_tokens(f"{key}({_bare(key, getattr(one, key))})", definition)),
        "ScheduleExpressionTimezone": one.time_zone,
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": flexible}
        if flexible
        else {"Mode": "OFF"},
        "Target": {
            "Arn": pipeline_starts.target(one, definition, settings),
            "RoleArn": get_att(ROLE, "Arn"),
            "Input": definition_string(inputs.execution_input(given.input, over)),
            "DeadLetterConfig": {"Arn": get_att(DEAD_LETTERS, "Arn")},
            "RetryPolicy": starting.retry_policy(one.retry_attempts, one.retry_seconds),
        },
    }
    for end in _ends(one):
        value = if_(f"Has{stem}{end}", ref(f"{stem}{end}"), ref("AWS::NoValue"))
        properties[f"{end}Date"] = value
    if one.description:
        properties["Description"] = one.description
    return {"Type": "AWS::Scheduler::Schedule", "Properties": properties}


CAPABILITY = Capability(check=_check, add=_add)
