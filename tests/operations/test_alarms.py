"""Alarms on the executions."""

from __future__ import annotations

from typing import Any

import pytest
from operating import findings, made, plain

from sfn_cfn.sections.alarms import LOGICAL_IDS, alarms_of


def alarm(toml: str, key: str = "failed") -> dict[str, Any]:
    found: dict[str, Any] = plain(made(toml).properties(LOGICAL_IDS[key]))
    return found


def test_there_are_no_alarms_unless_their_section_stands() -> None:
    assert made().of_type("AWS::CloudWatch::Alarm") == []
    assert made("[alarms]\nenabled = false\n").of_type("AWS::CloudWatch::Alarm") == []


def test_with_the_section_all_alarms_are_on_that_need_no_limit_of_ones_own() -> None:
    assert made("[alarms]\n").of_type("AWS::CloudWatch::Alarm") == [
        "ExecutionsAbortedAlarm",
        "ExecutionsFailedAlarm",
        "ExecutionsThrottledAlarm",
        "ExecutionsTimedOutAlarm",
    ]


def test_an_alarm_rings_at_the_first_failure_and_not_for_want_of_executions() -> None:
    assert alarm("[alarms]\n") == {
        "AlarmName": "Sub(${PipelineName}-train-${TargetEnv}-failed)",
        "AlarmDescription": "Workflow train: executions failed",
        "Namespace": "AWS/States",
        "MetricName": "ExecutionsFailed",
        "Dimensions": [{"Name": "StateMachineArn", "Value": "Ref(StateMachineComponent)"}],
        "Statistic": "Sum",
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Period": 300,
        "EvaluationPeriods": 1,
        "TreatMissingData": "notBreaching",
        "AlarmActions": ["If(['CreateAlertTopic', 'Ref(AlertTopic)', 'Ref(AlertTopicArn)'])"],
    }


@pytest.mark.parametrize(
    ("key", "metric"),
    [
        ("timed_out", "ExecutionsTimedOut"),
        ("aborted", "ExecutionsAborted"),
        ("throttled", "ExecutionThrottled"),
    ],
)
def test_each_alarm_has_its_metric(key: str, metric: str) -> None:
    assert alarm("[alarms]\n", key)["MetricName"] == metric


def test_throttling_has_to_last() -> None:
    assert alarm("[alarms]\n", "throttled")["EvaluationPeriods"] == 3


def test_a_duration_is_given_in_seconds_and_compared_in_milliseconds() -> None:
    found = alarm("[alarms.duration]\nthreshold = 5400\nperiod = 3600\n", "duration")
    assert (found["MetricName"], found["Statistic"]) == ("ExecutionTime", "Maximum")
    assert (found["Threshold"], found["Period"]) == (5_400_000, 3600)


def test_an_alarm_is_what_the_settings_say() -> None:
    found = alarm("[alarms.failed]\nthreshold = 3\nperiod = 60\nevaluation_periods = 2\n")
    assert (found["Threshold"], found["Period"], found["EvaluationPeriods"]) == (3, 60, 2)


def test_one_alarm_may_be_off() -> None:
    toml = "[alarms.aborted]\nenabled = false\n[workflows.train.alarms.failed]\nenabled = false\n"
    assert made(toml).of_type("AWS::CloudWatch::Alarm") == [
        "ExecutionsThrottledAlarm",
        "ExecutionsTimedOutAlarm",
    ]


def test_the_alarms_that_are_on_are_known_to_whom_they_concern() -> None:
    assert alarms_of({}) == {}
    assert list(alarms_of({"alarms": {"failed": {"enabled": False}}})) == [
        "timed_out",
        "aborted",
        "throttled",
    ]


def test_a_threshold_without_period_is_refused_at_its_line() -> None:
    assert findings("[alarms.failed]\nthreshold = 5\n") == [
        "SFN645 sfn-cfn.toml:2: 'alarms.failed' has a threshold of 5 and no period | write period = 300 beside it"
    ]
    assert findings("[alarms.failed]\nperiod = 60\n[workflows.train.alarms.failed]\nthreshold = 5\n") == []


@pytest.mark.parametrize(
    ("values", "line", "fault"),
    [
        ("period = 90", 2, "period' is 90, not a multiple of 60 seconds"),
        ("period = 0", 2, "period' is 0, not a multiple of 60 seconds"),
        ("evaluation_periods = 0.5", 2, "evaluation_periods' is 0.5, not a count of at least 1"),
        (
            "period = 1800\nevaluation_periods = 49",
            2,
            "period' is 1800, 88200 seconds with all periods, where CloudWatch takes 86400",
        ),
        (
            "period = 3600\nevaluation_periods = 169",
            2,
            "period' is 3600, 608400 seconds with all periods, where CloudWatch takes 604800",
        ),
    ],
)
def test_a_time_that_cloudwatch_does_not_take_is_refused(values: str, line: int, fault: str) -> None:
    assert findings(f"[alarms.failed]\n{values}\n") == [
        f"SFN646 sfn-cfn.toml:{line}: 'alarms.failed.{fault} | write 300 and 1, or a shorter time"
    ]


@pytest.mark.parametrize(
    "values", ["period = 1800\nevaluation_periods = 48", "period = 3600\nevaluation_periods = 168"]
)
def test_the_longest_time_is_taken(values: str) -> None:
    assert findings(f"[alarms.failed]\n{values}\n") == []


@pytest.mark.parametrize("values", ["period = 3600", "enabled = true"])
def test_an_alarm_on_the_duration_without_a_limit_is_refused(values: str) -> None:
    hint = "write threshold = 7200, or as many seconds as the longest execution may take"
    message = "'alarms.duration' has no threshold, and so makes no alarm"
    assert findings(f"[alarms.duration]\n{values}\n") == [f"SFN678 sfn-cfn.toml:1: {message} | {hint}"]


def test_an_alarm_on_the_duration_that_is_off_needs_no_limit() -> None:
    assert findings("[alarms.duration]\nenabled = false\n") == []
    assert findings("[alarms]\n") == []


def test_a_threshold_that_always_rings_is_refused() -> None:
    assert findings("[alarms.failed]\nthreshold = 0\nperiod = 60\n") == [
        "SFN647 sfn-cfn.toml:2: 'alarms.failed.threshold' is 0, not more than 0 | write 1 or more"
    ]
