"""The states that the routers are made of, those of a queue and of pipelines.

A Pass and a Choice cannot catch, so what parses and merges stands in a Parallel whose Catch names what is at fault.
Sources: the Amazon States Language specification, "Parallel State", "Fail State" and "Errors".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sfn_cfn.model import Node, Text, Token, text

RETRY: Mapping[str, Any] = {
    "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 4,
    "JitterStrategy": "FULL",
}
START = "Start workflow"
_BEFORE = "Started before"
_TAKEN = "StepFunctions.ExecutionAlreadyExistsException"


def choice(rules: Sequence[Mapping[str, Node]], default: str) -> dict[str, Node]:
    """A Choice; each rule leads on by its own `Next`."""
    return {"Type": "Choice", "Choices": list(rules), "Default": default}


def fails(error: str, form: str, *paths: str) -> dict[str, Node]:
    """A Fail whose cause is `form` with the values of `paths` in its places `{}`."""
    return {"Type": "Fail", "Error": error, "CausePath": f"States.Format('{form}', {', '.join(paths)})"}


def literal(words: str) -> str:
    """Words as they stand in a form: what has a meaning there is escaped."""
    return re.sub(r"(['\\{}])", r"\\\1", words)


def parallel(states: Mapping[str, Node], fault: str, following: str) -> dict[str, Node]:
    """One branch whose result replaces the state; what fails in it leads to `fault`."""
    return {
        "Type": "Parallel",
        "Branches": [{"StartAt": next(iter(states)), "States": dict(states)}],
        "OutputPath": "$[0]",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Fault", "Next": fault}],
        "Next": following,
    }


def passes(states: Mapping[str, Mapping[str, Node]]) -> dict[str, dict[str, Node]]:
    """Pass states, one after the other, of their further fields."""
    following: list[dict[str, Node]] = [{"Next": one} for one in list(states)[1:]] + [{"End": True}]
    return {
        one: {"Type": "Pass", **node, **after}
        for (one, node), after in zip(states.items(), following, strict=True)
    }


def made(expression: str, place: str) -> dict[str, Node]:
    """A Pass's fields that put a value at `place`, under `Value`."""
    return {"Parameters": {"Value.$": expression}, "ResultPath": place}


def start(started: str, name: str, **after: Node) -> dict[str, Node]:
    """The task that starts the workflow with `$.Input`, and where it ends if that was done before.

    `started`: the workflow's logical ID; `name`: of the execution, made before, so that a start that is tried again
    starts no second execution. A name that is taken is that of the same execution: there is nothing to do, and nothing
    to repeat. `after`: further fields of both states.
    """
    never = {"ErrorEquals": [_TAKEN], "MaxAttempts": 0}
    task: dict[str, Node] = {
        "Type": "Task",
        "Resource": text("arn:", Token("AWS::Partition"), ":states:::states:startExecution"),
        "Parameters": {
            "StateMachineArn": Text((Token(started),)),
            "Name.$": name,
            "Input.$": "$.Input",
        },
        "TimeoutSeconds": 60,
        "Retry": [never, RETRY],
        "Catch": [{"ErrorEquals": [_TAKEN], "Next": _BEFORE}],
        **after,
        "End": True,
    }
    return {START: task, _BEFORE: {"Type": "Succeed", **after}}
