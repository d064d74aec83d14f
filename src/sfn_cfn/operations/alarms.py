"""Definition, Settings -> CloudWatch alarms on the executions, which tell the topic.

Source: the Step Functions developer guide, "Monitoring Step Functions metrics using Amazon CloudWatch" (names of the
metrics; `ExecutionTime` is in milliseconds).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition
from sfn_cfn.operations.capability import Addition, Capability
from sfn_cfn.operations.parts import Watched, alarm, period_faults, shown
from sfn_cfn.sections.alarms import LOGICAL_IDS, SUFFIXES, AlarmSettings, alarms_of
from sfn_cfn.settings import Settings, WorkflowSettings
from sfn_cfn.template.intrinsics import ref
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
        if key in _METRICS and "threshold" in one and "period" not in one:
            message = f"'alarms.{key}' has a threshold of {shown(one['threshold'])} and no period"
            yield SFN645.at(own.place("alarms", key, "threshold"), message, "write period = 300 beside it")
    duration = own.operations.get("alarms", {}).get("duration", {})
    if duration.get("enabled", bool(duration)) and "threshold" not in duration:
        message = "'alarms.duration' has no threshold, and so makes no alarm"
        hint = "write threshold = 7200, or as many seconds as the longest execution may take"
        yield SFN678.at(own.place("alarms", "duration"), message, hint)
    for key, item in alarms_of(own.operations).items():
        yield from _faults(key, item, own)


def _faults(key: str, one: AlarmSettings, own: WorkflowSettings) -> Iterator[Diagnostic]:
    """What CloudWatch refuses, or would never or always ring."""
    if (one.threshold or 0) <= 0:
        message = f"'alarms.{key}.threshold' is {shown(one.threshold or 0)}, not more than 0"
        yield SFN647.at(own.place("alarms", key, "threshold"), message, "write 1 or more")
    for name, fault in period_faults(one.period or 0, one.evaluation_periods or 0):
        place = own.place("alarms", key, name)
        yield SFN646.at(place, f"'alarms.{key}.{name}' is {fault}", "write 300 and 1, or a shorter time")


def _add(definition: Definition, settings: Settings) -> Addition:
    found = alarms_of(settings.of(definition.name).operations)
    resources = {LOGICAL_IDS[key]: _alarm(definition, key, one) for key, one in found.items()}
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


CAPABILITY = Capability(check=_check, add=_add)
