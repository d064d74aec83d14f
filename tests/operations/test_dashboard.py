"""The dashboard of the workflow."""

from __future__ import annotations

import json
from typing import Any

from operating import BESIDE, made, plain

from sfn_cfn.template.intrinsics import Intrinsic

METRIC = '[metrics.Accuracy]\nstate = "A"\npath = "$.a"\n'


def widgets(toml: str) -> list[dict[str, Any]]:
    body = made(toml).properties("WorkflowDashboard")["DashboardBody"]
    assert isinstance(body, Intrinsic)
    text = body.argument if isinstance(body.argument, str) else body.argument[0]
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def titles(toml: str) -> list[str]:
    return [one["properties"]["title"] for one in widgets(toml)]


def test_there_is_no_dashboard_unless_its_section_stands() -> None:
    assert made().of_type("AWS::CloudWatch::Dashboard") == []
    assert made("[dashboard]\nenabled = false\n").of_type("AWS::CloudWatch::Dashboard") == []


def test_it_shows_what_the_workflow_has() -> None:
    least = "[dashboard]\n[logging]\nenabled = false\n"
    assert titles(least) == ["Executions", "Duration in milliseconds"]
    assert titles("[dashboard]\n[alarms]\n" + METRIC) == [
        "Executions",
        "Duration in milliseconds",
        "Metrics of the workflow",
        "Alarms",
        "Last errors",
    ]


def test_its_metrics_are_this_state_machines_in_this_region() -> None:
    executions = widgets("[dashboard]\n")[0]["properties"]
    assert executions["region"] == "${AWS::Region}"
    assert executions["metrics"][2] == [
        "AWS/States",
        "ExecutionsFailed",
        "StateMachineArn",
        "${StateMachineComponent}",
    ]


def test_its_alarms_are_the_stacks() -> None:
    toml = "[dashboard]\n[alarms]\naborted.enabled = false\n" + METRIC + "below = 0.5\nperiod = 3600\n"
    (shown,) = [one["properties"]["alarms"] for one in widgets(toml) if one["type"] == "alarm"]
    names = {arn.partition(":alarm:")[2] for arn in shown}
    alarms = made(toml).of_type("AWS::CloudWatch::Alarm")
    assert names == {made(toml).properties(one)["AlarmName"].argument for one in alarms}
    assert shown[0].startswith("arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:")


def test_a_declared_metric_is_found_where_it_is_published() -> None:
    line = widgets("[dashboard]\n" + METRIC)[2]["properties"]["metrics"][0]
    assert line[:3] == ["${PipelineName}", "Accuracy", "StateMachineArn"]


def test_it_shows_the_starts_that_failed_of_routers_and_queues() -> None:
    shown = [
        one["properties"]
        for one in widgets(f"[dashboard]\n{BESIDE}")
        if one["properties"]["title"] == "Starts that failed"
    ]
    messages = "ApproximateNumberOfMessagesVisible"
    assert [(line[1], line[3], line[4]["label"]) for line in shown[0]["metrics"]] == [
        ("ExecutionsFailed", "${PipelineRouter}", "the router of pipelines: executions that failed"),
        ("ExecutionsFailed", "${QueueRouter}", "the router of the queue: executions that failed"),
        (messages, "${ScheduleDeadLetterQueueName}", "schedules: messages kept"),
        (messages, "${TriggerDeadLetterQueueName}", "triggers: messages kept"),
        (messages, "${WorkflowDeadLetterQueueName}", "the queue: messages kept"),
    ]
    body = made(f"[dashboard]\n{BESIDE}").properties("WorkflowDashboard")["DashboardBody"]
    variables = {name: plain(value) for name, value in body.argument[1].items()}
    assert variables["TriggerDeadLetterQueueName"] == "GetAtt(TriggerDeadLetterQueue.QueueName)"


def test_its_alarms_are_those_of_routers_and_queues_too() -> None:
    toml = f"[dashboard]\n[alarms]\nrouter.enabled = false\n{BESIDE}"
    (shown,) = [one["properties"]["alarms"] for one in widgets(toml) if one["type"] == "alarm"]
    names = {arn.partition(":alarm:")[2] for arn in shown}
    alarms = made(toml).of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) == 7
    assert names == {made(toml).properties(one)["AlarmName"].argument for one in alarms}


def test_widgets_stand_side_by_side_and_do_not_overlap() -> None:
    found = widgets("[dashboard]\n[alarms]\n" + METRIC)
    assert [(one["x"], one["y"]) for one in found] == [(0, 0), (12, 0), (0, 6), (12, 6), (0, 12)]


def test_its_name_is_made_up_because_all_regions_share_names() -> None:
    found = made("[dashboard]\n")
    assert "DashboardName" not in found.properties("WorkflowDashboard")
    assert "DashboardName" in found.template.outputs
