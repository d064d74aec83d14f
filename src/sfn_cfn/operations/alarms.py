"""Definition, Settings -> CloudWatch alarms on the executions and on what starts them, which tell the topic.

Sources: the Step Functions developer guide, "Monitoring Step Functions metrics using Amazon CloudWatch" (names of the
metrics; `ExecutionTime` is in milliseconds; Express executions are counted too); the SQS developer guide, "Available
CloudWatch metrics for Amazon SQS" (only an active queue has values).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition
from sfn_cfn.operations.capability import Addition, Capability
from sfn_cfn.operations.neighbours import Neighbour, alarm_suffix, watched
from sfn_cfn.operations.parts import Watched, alarm, period_faults, shown
from sfn_cfn.sections.alarms import BESIDE, LOGICAL_IDS, SUFFIXES, AlarmSettings, alarms_of, beside
from sfn_cfn.settings import Settings, WorkflowSettings
from sfn_cfn.template.intrinsics import get_att, ref
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import STATE_MACHINE

SFN645 = Code(
    "SFN645",
    Severity.ERROR,
    "an alarm has a threshold and no period",
    "A count of executions means nothing without the time in which they are counted: where a `threshold` of an alarm "
    "stands in the settings, or a limit of a metric, its `period` stands there too.",
)

SFN646 = Code(
    "SFN646",
    Severity.ERROR,
    "an alarm looks at a time that CloudWatch does not take",
    "A period is 60 seconds or a multiple of it (the metrics have one value a minute). All periods of an alarm "
    "together last at most a day, with periods of an hour and more at most a week.",
)

SFN647 = Code(
    "SFN647",
    Severity.ERROR,
    "an alarm's threshold cannot be",
    "An alarm on a count, or on a duration in seconds, has a threshold greater than 0.",
)

SFN678 = Code(
    "SFN678",
    Severity.ERROR,
    "an alarm on the duration has no limit",
    "How long an execution may take is for its author to say: without a `threshold`, in seconds, `[alarms.duration]` "
    "would make no alarm.",
)


@dataclass(frozen=True, slots=True)
class _Metric:
    """A metric of Step Functions; `scale`: of its unit to that of the settings."""

    name: str
    description: str
    statistic: str = "Sum"
    scale: int = 1


_METRICS: Mapping[str, _Metric] = {
    "failed": _Metric("ExecutionsFailed", "executions failed"),
    "timed_out": _Metric("ExecutionsTimedOut", "executions timed out"),
    "aborted": _Metric("ExecutionsAborted", "executions were stopped"),
    "throttled": _Metric("ExecutionThrottled", "state transitions were held back"),
    "duration": _Metric("ExecutionTime", "an execution took long", "Maximum", 1000),
}


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    own = settings.of(definition.name)
    for key, one in own.operations.get("alarms", {}).items():
        if key in (*_METRICS, *BESIDE) and "threshold" in one and "period" not in one:
            message = f"'alarms.{key}' has a threshold of {shown(one['threshold'])} and no period"
            yield SFN645.at(own.place("alarms", key, "threshold"), message, "write period = 300 beside it")
    duration = own.operations.get("alarms", {}).get("duration", {})
    if duration.get("enabled", bool(duration)) and "threshold" not in duration:
        message = "'alarms.duration' has no threshold, and so makes no alarm"
        hint = "write threshold = 7200, or as many seconds as the longest execution may take"
        yield SFN678.at(own.place("alarms", "duration"), message, hint)
    for key, item in {**alarms_of(own.operations), **beside(own.operations)}.items():
        yield from _faults(key, item, own)


def _faults(key: str, one: AlarmSettings, own: WorkflowSettings) -> Iterator[Diagnostic]:
    """What CloudWatch refuses, or would never or always ring."""
    if (one.threshold or 0) <= 0:
        message = f"'alarms.{key}.threshold' is {shown(one.threshold or 0)}, not more than 0"
        yield SFN647.at(own.place("alarms", key, "threshold"), message, "write 1 or more")
    for name, fault, remedy in period_faults(one.period or 0, one.evaluation_periods or 0):
        yield SFN646.at(own.place("alarms", key, name), f"'alarms.{key}.{name}' is {fault}", remedy)


def _add(definition: Definition, settings: Settings) -> Addition:
    sections = settings.of(definition.name).operations
    found = alarms_of(sections)
    resources = {LOGICAL_IDS[key]: _alarm(definition, key, one) for key, one in found.items()}
    for key, one in beside(sections).items():
        for neighbour in watched(sections, key):
            made = (
                _failing(definition, neighbour, one) if key == "router" else _lost(definition, neighbour, one)
            )
            resources[f"{neighbour.logical_id}Alarm"] = made
    return Addition(Fragment(resources=resources))


def _alarm(definition: Definition, key: str, one: AlarmSettings) -> dict[str, Any]:
    metric = _METRICS[key]
    watched = Watched(
        SUFFIXES[key],
        f"Workflow {definition.name}: {metric.description}",
        "AWS/States",
        metric.name,
        {"StateMachineArn": ref(STATE_MACHINE)},
        metric.statistic,
        (one.threshold or 0) * metric.scale,
        one.period or 0,
        one.evaluation_periods or 1,
    )
    return alarm(definition, watched)


def _failing(definition: Definition, router: Neighbour, one: AlarmSettings) -> dict[str, Any]:
    """An alarm on the executions of a router that failed."""
    watched = Watched(
        alarm_suffix("router", router),
        f"Workflow {definition.name}: executions of {router.words} failed, and started nothing",
        "AWS/States",
        "ExecutionsFailed",
        {"StateMachineArn": ref(router.logical_id)},
        "Sum",
        one.threshold or 0,
        one.period or 0,
        one.evaluation_periods or 1,
    )
    return alarm(definition, watched)


def _lost(definition: Definition, queue: Neighbour, one: AlarmSettings) -> dict[str, Any]:
    """An alarm on the messages in a queue of what could not be started.

    A queue that nobody asks has no values after six hours, though its messages stay: so does the alarm.
    """
    watched = Watched(
        alarm_suffix("dead_letters", queue),
        f"Workflow {definition.name}: what {queue.words} could not start is kept in a queue",
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        {"QueueName": get_att(queue.logical_id, "QueueName")},
        "Maximum",
        one.threshold or 0,
        one.period or 0,
        one.evaluation_periods or 1,
        extra={"TreatMissingData": "ignore"},
    )
    return alarm(definition, watched)


CAPABILITY = Capability(check=_check, add=_add)
