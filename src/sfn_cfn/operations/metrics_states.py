"""Numbers in a state's output -> the states that publish them, in JSONPath and in JSONata.

    Publish metrics of Train (Parallel)
      Choice: is the number there?  ->  Task: cloudwatch:putMetricData  ->  Succeed

A Parallel state, so that what comes before it comes out of it and each metric goes its own way: one that is not
there is left out, and one that CloudWatch refuses is given up after some tries. A name among a training job's final
metrics is looked for by a Map state: what a filter in a path gives where nothing matches is not documented, and a path
that leads nowhere (`States.Runtime`) ends an execution and cannot be caught. Sources: the Amazon States Language
specification; the Step Functions developer guide, "Using JSONPath paths", "Handling errors in Step Functions workflows"
and "Transforming data with JSONata in Step Functions".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sfn_cfn.model import Integration, Node, State, Text, Token, text
from sfn_cfn.operations.parts import unique

CALL = Integration("cloudwatch", "putMetricData", "", sdk=True)
_RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2}]
_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\['([^']+)'\]|\[([0-9]+)\]")


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a number stands in a state's output: at `path`, or under `metric` in the list at `path`."""

    path: str
    metric: str = ""


def publishing(
    state: State,
    metrics: Mapping[str, tuple[Reading, str | Text, str]],
    machine: Text,
    taken: set[str],
    *,
    jsonata: bool,
) -> dict[str, Node]:
    """The states behind `state`, by their names: the Parallel, and an end for it where `state` is the last one.

    `metrics`: reading, namespace and unit by name. `jsonata`: the state machine's language, and so that of the states.
    """
    name = unique(f"Publish metrics of {state.name}", taken)
    branch = _branch_in_jsonata if jsonata else _branch
    branches = [
        branch(metric, reading, (namespace, unit), machine, taken)
        for metric, (reading, namespace, unit) in metrics.items()
    ]
    ways = {key: state.node[key] for key in ("Next", "End") if key in state.node}
    kept: dict[str, Node] = {"Output": "{% $states.input %}"} if jsonata else {"ResultPath": None}
    after = ways.get("Next")
    states: dict[str, Node] = {}
    if after is None:
        after = unique(f"Metrics of {state.name} not published", taken)
        states[after] = {"Type": "Pass", "End": True}
    catch = {"ErrorEquals": ["States.ALL"], **kept, "Next": after}
    parallel: dict[str, Node] = {
        "Type": "Parallel",
        "Comment": f"Publishes metrics to CloudWatch, whatever comes of it; the output of '{state.name}' goes on",
        "Branches": branches,
        **kept,
        "Catch": [catch],
        **ways,
    }
    return {name: parallel, **states}


def _branch(
    metric: str,
    reading: Reading,
    stored: tuple[str | Text, str],
    machine: Text,
    taken: set[str],
) -> dict[str, Node]:
    """The part of the Parallel that publishes one metric."""
    ends = unique(f"After {metric}", taken)
    if not reading.metric:
        return _asking(metric, _tests(reading.path), reading.path, ends, stored, machine, taken)
    start = unique(f"Are there metrics for {metric}?", taken)
    each = unique(f"Find {metric}", taken)
    named = [{"Variable": "$.MetricName", "StringEquals": reading.metric}, *_tests("$.Value")]
    ends_of_one = unique(f"After one for {metric}", taken)
    processor = _asking(metric, named, "$.Value", ends_of_one, stored, machine, taken)
    finds = {
        "Type": "Map",
        "ItemsPath": reading.path,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **processor},
        "Next": ends,
    }
    here = [{"Variable": reading.path, "IsPresent": True, "Next": each}]
    states = {start: {"Type": "Choice", "Choices": here, "Default": ends}, each: finds}
    return {"StartAt": start, "States": {**states, ends: {"Type": "Succeed"}}}


def _tests(path: str) -> list[Node]:
    """That there is a number; whether it is there is asked first, because reading a missing path is an error."""
    return [{"Variable": path, "IsPresent": True}, {"Variable": path, "IsNumeric": True}]


def _asking(
    metric: str,
    tests: list[Node],
    value: str,
    ends: str,
    stored: tuple[str | Text, str],
    machine: Text,
    taken: set[str],
) -> dict[str, Node]:
    """A (sub)definition that publishes the number at `value` where all tests hold."""
    asks, puts = unique(f"Is {metric} there?", taken), unique(f"Put {metric}", taken)
    states = {
        asks: {"Type": "Choice", "Choices": [{"And": tests, "Next": puts}], "Default": ends},
        puts: _put(metric, value, stored, machine, ends, jsonata=False),
        ends: {"Type": "Succeed"},
    }
    return {"StartAt": asks, "States": states}


def _branch_in_jsonata(
    metric: str, reading: Reading, stored: tuple[str | Text, str], machine: Text, taken: set[str]
) -> dict[str, Node]:
    """The same in JSONata, which has an expression for what a list holds under a name."""
    asks, puts = unique(f"Is {metric} there?", taken), unique(f"Put {metric}", taken)
    ends = unique(f"After {metric}", taken)
    value = _expression(reading)
    choice = {"Condition": f"{{% $type({value}) = 'number' %}}", "Next": puts}
    states = {
        asks: {"Type": "Choice", "Choices": [choice], "Default": ends},
        puts: _put(metric, value, stored, machine, ends, jsonata=True),
        ends: {"Type": "Succeed"},
    }
    return {"StartAt": asks, "States": states}


def _put(
    metric: str, value: str, stored: tuple[str | Text, str], machine: Text, ends: str, *, jsonata: bool
) -> dict[str, Node]:
    """The task that calls CloudWatch."""
    namespace, unit = stored
    entry: dict[str, Node] = {
        "MetricName": metric,
        "Dimensions": [{"Name": "StateMachineArn", "Value": machine}],
        "Unit": unit,
    }
    entry |= {"Value": f"{{% {value} %}}"} if jsonata else {"Value.$": value}
    arguments: dict[str, Node] = {"Namespace": namespace, "MetricData": [entry]}
    return {
        "Type": "Task",
        "Resource": text("arn:", Token("AWS::Partition"), ":states:::aws-sdk:cloudwatch:putMetricData"),
        "TimeoutSeconds": 60,
        "Arguments" if jsonata else "Parameters": arguments,
        "Retry": [dict(one) for one in _RETRY],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": ends}],
        "Next": ends,
    }


def _expression(reading: Reading) -> str:
    """The number in JSONata."""
    steps = _STEP.findall(reading.path)
    path = "$states.input" + "".join(
        f"[{index}]" if index else f".`{plain or quoted}`" for plain, quoted, index in steps
    )
    return f"{path}[MetricName={json.dumps(reading.metric)}][0].Value" if reading.metric else path
