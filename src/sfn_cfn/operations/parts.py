"""What several capabilities write alike: the state machine's ARN, states' names, log groups, alarms with their limits.

Source: the CloudWatch API reference, `PutMetricAlarm` (periods and how long they may be together).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_cfn.model import Definition, Text, Token, machine_name, text
from sfn_cfn.operations.capability import with_tokens
from sfn_cfn.sections import typed
from sfn_cfn.sections.logging import LoggingSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import Value, from_text
from sfn_cfn.template.tokens import TOPIC

LONGEST_STATE = 80
"""Characters in a state's name (Step Functions developer guide, "Service quotas")."""

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800


def arn(service: str, *rest: str | Token | Text) -> Text:
    """An ARN of the stack's partition, region and account."""
    own = (Token("AWS::Partition"), f":{service}:", Token("AWS::Region"), ":", Token("AWS::AccountId"), ":")
    made = text("arn:", *own, *rest)
    assert isinstance(made, Text)
    return made


def unique(name: str, taken: set[str]) -> str:
    """A name of at most 80 characters that no state has, taken from now on."""
    number, found = 1, name[:LONGEST_STATE]
    while found in taken:
        number += 1
        end = f" ({number})"
        found = name[: LONGEST_STATE - len(end)] + end
    taken.add(found)
    return found


def machine_arn(definition: Definition) -> Text:
    """The state machine's ARN by its name, where a reference to the resource would be a circle."""
    return arn("states", "stateMachine:", machine_name(definition.name))


def log_group(definition: Definition, settings: Settings, name: str | Text) -> dict[str, Any]:
    """A log group that is kept, and encrypted, as `[logging]` says."""
    own = typed(settings.of(definition.name).operations, "logging", LoggingSettings)
    properties: dict[str, Any] = {"LogGroupName": from_text(name), "RetentionInDays": int(own.retention_days)}
    if own.kms_key:
        properties["KmsKeyId"] = from_text(with_tokens(own.kms_key, definition))
    # A group that is kept by default would be in the way of the next stack, which makes one of the same name.
    kept = {
        "DeletionPolicy": "RetainExceptOnCreate" if own.keep else "Delete",
        "UpdateReplacePolicy": "Retain" if own.keep else "Delete",
    }
    return {"Type": "AWS::Logs::LogGroup", **kept, "Properties": properties}


@dataclass(frozen=True, slots=True)
class Watched:
    """A metric with the limit that an alarm has; `comparison` as CloudWatch names it."""

    suffix: str
    description: str
    namespace: Value
    metric: str
    dimensions: Mapping[str, Value]
    statistic: str
    threshold: float
    period: float
    evaluation_periods: float = 1
    comparison: str = "GreaterThanOrEqualToThreshold"
    extra: Mapping[str, Value] = field(default_factory=dict)


def alarm_name(definition: Definition, suffix: str) -> str | Text:
    """The name of an alarm, which ends in `suffix`."""
    return text(machine_name(definition.name), f"-{suffix}")


def alarm(definition: Definition, watched: Watched) -> dict[str, Value]:
    """The alarm as a resource, which tells the topic.

    Workflows run now and then, so that most periods have no data: these are no breach. With CloudWatch's own
    default the alarm would stay in `INSUFFICIENT_DATA` between executions.
    """
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": from_text(alarm_name(definition, watched.suffix)),
            "AlarmDescription": watched.description,
            "Namespace": watched.namespace,
            "MetricName": watched.metric,
            "Dimensions": [{"Name": key, "Value": value} for key, value in watched.dimensions.items()],
            "Statistic": watched.statistic,
            "Threshold": whole(watched.threshold),
            "ComparisonOperator": watched.comparison,
            "Period": whole(watched.period),
            "EvaluationPeriods": whole(watched.evaluation_periods),
            "TreatMissingData": "notBreaching",
            "AlarmActions": [TOPIC.value],
            **watched.extra,
        },
    }


def period_faults(period: float, evaluation_periods: float = 1) -> Iterator[tuple[str, str, str]]:
    """What CloudWatch does not take of an alarm's periods: `period` or `evaluation_periods`, why, and the remedy."""
    if period < MINUTE or period % MINUTE:
        near = min(max(MINUTE, round(period / MINUTE) * MINUTE), WEEK)
        yield "period", f"{shown(period)}, not a multiple of 60 seconds", f"write period = {near}"
    elif evaluation_periods < 1 or evaluation_periods % 1:
        near = max(1, round(evaluation_periods))
        why = f"{shown(evaluation_periods)}, not a count of at least 1"
        yield "evaluation_periods", why, f"write evaluation_periods = {near}"
    elif period * evaluation_periods > (limit := DAY if period < HOUR else WEEK):
        long = shown(period * evaluation_periods)
        most = int(limit // period)
        hint = f"write evaluation_periods = {most}" if most else f"write period = {limit}"
        why = f"{shown(period)}, {long} seconds with all periods, where CloudWatch takes {limit}"
        yield "period", why, f"{hint}, or less"


def whole(number: float) -> float:
    """A number without a fraction as an integer."""
    return int(number) if number == int(number) else number


def shown(number: float) -> str:
    """A number as a person writes it."""
    return str(whole(number))
