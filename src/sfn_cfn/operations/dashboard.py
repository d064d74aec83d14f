"""Definition, Settings -> a CloudWatch dashboard of the workflow.

Its name is made by CloudFormation, because dashboards of all regions of an account share their names. Source: the
CloudWatch API reference, "Dashboard body structure and syntax" (24 columns).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfn_cfn.model import Definition, Node, Text, Token, machine_name, text
from sfn_cfn.operations.capability import Addition, Capability, with_tokens
from sfn_cfn.operations.neighbours import alarm_suffix, dead_letters, routers, watched
from sfn_cfn.operations.parts import alarm_name, arn, machine_arn
from sfn_cfn.sections import typed
from sfn_cfn.sections.alarms import SUFFIXES, alarms_of, beside
from sfn_cfn.sections.dashboard import DashboardSettings
from sfn_cfn.sections.logging import LoggingSettings
from sfn_cfn.sections.metrics import MetricSettings, limits_of, suffix
from sfn_cfn.settings import Settings
from sfn_cfn.template.asl import definition_string
from sfn_cfn.template.intrinsics import get_att, ref
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import STATE_MACHINE

DASHBOARD = "WorkflowDashboard"
WIDTH, HEIGHT = 12, 6
_REGION = Text((Token("AWS::Region"),))
_COUNTS = (
    "ExecutionsStarted",
    "ExecutionsSucceeded",
    "ExecutionsFailed",
    "ExecutionsTimedOut",
    "ExecutionsAborted",
    "ExecutionThrottled",
)
_QUERY = "fields @timestamp, type, details.error, details.cause | filter type like /Failed|TimedOut|Aborted/"


def _add(definition: Definition, settings: Settings) -> Addition:
    sections = settings.of(definition.name).operations
    if "dashboard" not in sections or not typed(sections, "dashboard", DashboardSettings).enabled:
        return Addition()
    widgets = list(_widgets(definition, settings))
    placed = [
        {"x": number % 2 * WIDTH, "y": number // 2 * HEIGHT, "width": WIDTH, "height": HEIGHT, **widget}
        for number, widget in enumerate(widgets)
    ]
    resource = {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {"DashboardBody": definition_string({"widgets": placed})},
    }
    outputs = {"DashboardName": {"Description": "Dashboard of the workflow", "Value": ref(DASHBOARD)}}
    return Addition(Fragment(resources={DASHBOARD: resource}, outputs=outputs))


def _widgets(definition: Definition, settings: Settings) -> Iterator[dict[str, Node]]:
    sections = settings.of(definition.name).operations
    yield _metrics("Executions", [_states(name) for name in _COUNTS], "Sum")
    times = [_states("ExecutionTime", {"stat": stat, "label": stat}) for stat in ("p50", "p90", "Maximum")]
    yield _metrics("Duration in milliseconds", times, "Maximum")
    found = sections.get("metrics", {})
    published = {name: typed(found, name, MetricSettings) for name in found}
    if published:
        lines: list[Node] = [
            [with_tokens(one.namespace, definition), name, "StateMachineArn", machine_arn(definition)]
            for name, one in published.items()
        ]
        yield _metrics("Metrics of the workflow", lines, "Average")
    if lost := list(_lost(sections)):
        yield _metrics("Starts that failed", lost, "Maximum")
    suffixes = [SUFFIXES[key] for key in alarms_of(sections)]
    suffixes += [alarm_suffix(key, one) for key in beside(sections) for one in watched(sections, key)]
    suffixes += [suffix(name, key) for name, one in published.items() for key in limits_of(one)]
    alarms = [arn("cloudwatch", "alarm:", alarm_name(definition, end)) for end in suffixes]
    if alarms:
        yield {"type": "alarm", "properties": {"title": "Alarms", "alarms": alarms}}
    if typed(sections, "logging", LoggingSettings).enabled:
        group = text("/aws/vendedlogs/states/", machine_name(definition.name))
        query = text("SOURCE '", group, f"' | {_QUERY} | sort @timestamp desc | limit 20")
        yield {
            "type": "log",
            "properties": {"title": "Last errors", "region": _REGION, "view": "table", "query": query},
        }


def _lost(sections: Mapping[str, Any]) -> Iterator[list[Node]]:
    """What was to start the workflow and did not: executions of routers, messages in queues."""
    for one in routers(sections):
        options = {"stat": "Sum", "label": f"{one.words}: executions that failed"}
        yield _states("ExecutionsFailed", options, machine=one.logical_id)
    for one in dead_letters(sections):
        name = Text((Token(f"{one.logical_id}Name", get_att(one.logical_id, "QueueName")),))
        label = {"label": f"{one.words}: messages kept"}
        yield ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, label]


def _metrics(title: str, lines: Sequence[Node], statistic: str) -> dict[str, Node]:
    properties: dict[str, Any] = {
        "title": title,
        "view": "timeSeries",
        "region": _REGION,
        "stat": statistic,
        "period": 300,
        "metrics": list(lines),
    }
    return {"type": "metric", "properties": properties}


def _states(name: str, *more: Node, machine: str = STATE_MACHINE) -> list[Node]:
    return ["AWS/States", name, "StateMachineArn", Text((Token(machine),)), *more]


CAPABILITY = Capability(add=_add)
