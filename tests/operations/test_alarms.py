"""Alarms on the executions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from operating import BESIDE, findings, made, plain

import sfn_cfn
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
        ("period = 90", 2, "period' is 90, not a multiple of 60 seconds | write period = 120"),
        ("period = 0", 2, "period' is 0, not a multiple of 60 seconds | write period = 60"),
        (
            "evaluation_periods = 0.5",
            2,
            "evaluation_periods' is 0.5, not a count of at least 1 | write evaluation_periods = 1",
        ),
        (
            "period = 1800\nevaluation_periods = 49",
            2,
            (
                "period' is 1800, 88200 seconds with all periods, where CloudWatch takes 86400 | "
                "write evaluation_periods = 48, or less"
            ),
        ),
        (
            "period = 3600\nevaluation_periods = 169",
            2,
            (
                "period' is 3600, 608400 seconds with all periods, where CloudWatch takes 604800 | "
                "write evaluation_periods = 168, or less"
            ),
        ),
        (
            "period = 604800\nevaluation_periods = 2",
            2,
            (
                "period' is 604800, 1209600 seconds with all periods, where CloudWatch takes 604800 | "
                "write evaluation_periods = 1, or less"
            ),
        ),
        (
            "period = 604860",
            2,
            (
                "period' is 604860, 604860 seconds with all periods, where CloudWatch takes 604800 | "
                "write period = 604800, or less"
            ),
        ),
    ],
)
def test_a_time_that_cloudwatch_does_not_take_is_refused(values: str, line: int, fault: str) -> None:
    assert findings(f"[alarms.failed]\n{values}\n") == [f"SFN646 sfn-cfn.toml:{line}: 'alarms.failed.{fault}"]


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


# -- beside the workflow ------------------------------------------------------------------------------

TAKEN = {
    "pipelines": ["PipelineRouter"],
    "queue": ["QueueRouter", "WorkflowDeadLetterQueue"],
    "schedules": ["ScheduleDeadLetterQueue"],
    "triggers": ["TriggerDeadLetterQueue"],
}
"""Capability -> what it makes beside the workflow."""
BESIDE_ALARMS = {
    "PipelineRouterAlarm": "router-failed",
    "QueueRouterAlarm": "queue-failed",
    "ScheduleDeadLetterQueueAlarm": "schedule-dead-letters",
    "TriggerDeadLetterQueueAlarm": "trigger-dead-letters",
    "WorkflowDeadLetterQueueAlarm": "queue-dead-letters",
}


def beside(toml: str) -> list[str]:
    """The alarms on what stands beside the workflow."""
    alarms = made(toml).of_type("AWS::CloudWatch::Alarm")
    return [one for one in alarms if one not in LOGICAL_IDS.values()]


def test_what_starts_the_workflow_has_alarms_of_names_of_their_own() -> None:
    toml = f"[alarms]\n{BESIDE}"
    assert beside(toml) == list(BESIDE_ALARMS)
    names = {one: plain(made(toml).properties(one)["AlarmName"]) for one in BESIDE_ALARMS}
    own = "Sub(${PipelineName}-train-${TargetEnv}-"
    assert names == {one: f"{own}{suffix})" for one, suffix in BESIDE_ALARMS.items()}


@pytest.mark.parametrize(
    ("router", "words"),
    [("PipelineRouter", "the router of pipelines"), ("QueueRouter", "the router of the queue")],
)
def test_a_router_that_fails_rings_at_its_first_failure(router: str, words: str) -> None:
    found = plain(made(f"[alarms]\n{BESIDE}").properties(f"{router}Alarm"))
    assert found["Dimensions"] == [{"Name": "StateMachineArn", "Value": f"Ref({router})"}]
    assert found["AlarmDescription"] == f"Workflow train: executions of {words} failed, and started nothing"
    assert {key: found[key] for key in ("Namespace", "MetricName", "Statistic", "Threshold", "Period")} == {
        "Namespace": "AWS/States",
        "MetricName": "ExecutionsFailed",
        "Statistic": "Sum",
        "Threshold": 1,
        "Period": 300,
    }
    assert found["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert found["TreatMissingData"] == "notBreaching"
    assert found["AlarmActions"] == ["If(['CreateAlertTopic', 'Ref(AlertTopic)', 'Ref(AlertTopicArn)'])"]


@pytest.mark.parametrize("queue", [one for one in BESIDE_ALARMS if "DeadLetter" in one])
def test_a_start_that_is_lost_rings_until_its_queue_is_emptied(queue: str) -> None:
    found = plain(made(f"[alarms]\n{BESIDE}").properties(queue))
    name = queue.removesuffix("Alarm")
    assert found["Dimensions"] == [{"Name": "QueueName", "Value": f"GetAtt({name}.QueueName)"}]
    assert {key: found[key] for key in ("Namespace", "MetricName", "Statistic", "Threshold", "Period")} == {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Statistic": "Maximum",
        "Threshold": 1,
        "Period": 300,
    }
    assert found["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert found["TreatMissingData"] == "ignore"


def test_each_of_them_may_be_set_and_switched_off() -> None:
    toml = f"[alarms]\nrouter.enabled = false\n[alarms.dead_letters]\nthreshold = 5\nperiod = 60\n{BESIDE}"
    assert beside(toml) == [one for one in BESIDE_ALARMS if "DeadLetter" in one]
    found = made(toml).properties("TriggerDeadLetterQueueAlarm")
    assert (found["Threshold"], found["Period"]) == (5, 60)
    assert beside(BESIDE) == []
    assert beside("[alarms]\nenabled = false\n" + BESIDE) == []


@pytest.mark.parametrize("key", ["router", "dead_letters"])
def test_their_settings_are_looked_at_as_the_others_are(key: str) -> None:
    assert findings(f"[alarms.{key}]\nthreshold = 2\n") == [
        f"SFN645 sfn-cfn.toml:2: 'alarms.{key}' has a threshold of 2 and no period | write period = 300 beside it"
    ]
    assert findings(f"[alarms.{key}]\nperiod = 61\n") == [
        f"SFN646 sfn-cfn.toml:2: 'alarms.{key}.period' is 61, not a multiple of 60 seconds | write period = 60"
    ]


def test_a_queue_of_ones_own_has_its_own_dead_letters() -> None:
    toml = '[alarms]\n[queue]\nenabled = true\narn = "arn:aws:sqs:eu-west-1:111122223333:jobs"\n'
    assert beside(toml) == ["QueueRouterAlarm"]


@pytest.mark.parametrize("name", ["pipelines", "queue", "schedules", "triggers"])
def test_nothing_names_what_a_capability_that_is_taken_out_would_make(name: str, tmp_path: Path) -> None:
    package = Path(sfn_cfn.__file__).parent
    shutil.copytree(package, tmp_path / "sfn_cfn", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "sfn_cfn" / "operations" / f"{name}.py").unlink()
    here = Path(__file__).parent
    toml = f"[alarms]\n[dashboard]\n[notifications]\n{BESIDE}"
    program = f"from operating import made; print(made({toml!r}).text)"
    paths = os.pathsep.join(map(str, (tmp_path, here, here.parent)))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    made_without, made_with = done.stdout, made(toml).text
    gone = [one.removesuffix("Alarm") for one in BESIDE_ALARMS if f"\n  {one}:" not in made_without]
    assert gone == TAKEN[name]
    assert all(one in made_with and one not in made_without for one in gone)
