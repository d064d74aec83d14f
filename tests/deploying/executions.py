"""Histories of executions, written as rows: type, the event before, what is particular to the type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:fraud-train-dev:one"
BEGAN = datetime(2026, 3, 1, 10, 15, tzinfo=timezone.utc)
Row = tuple[str, int] | tuple[str, int, Mapping[str, Any]]


def history(*rows: Row, seconds: int = 10) -> list[dict[str, Any]]:
    """The rows as events, numbered from 1, `seconds` apart."""
    events = []
    for number, (kind, before, *rest) in enumerate(rows, 1):
        event = {
            "id": number,
            "previousEventId": before,
            "type": kind,
            "timestamp": BEGAN + timedelta(seconds=seconds * (number - 1)),
        }
        if rest:
            key = f"{kind[0].lower()}{kind[1:]}"
            key = "stateEntered" if kind.endswith("StateEntered") else key
            key = "stateExited" if kind.endswith("StateExited") else key
            event[f"{key}EventDetails"] = dict(rest[0])
        events.append(event)
    return events


def entered(kind: str, name: str, before: int) -> Row:
    return (f"{kind}StateEntered", before, {"name": name})


def exited(kind: str, name: str, before: int) -> Row:
    return (f"{kind}StateExited", before, {"name": name})


def call(resource: str, before: int, **parameters: Any) -> Row:
    kind, _, action = resource.partition(":")
    given = {
        "resourceType": kind,
        "resource": action,
        "parameters": json.dumps(parameters),
        "region": "eu-west-1",
    }
    return ("TaskScheduled", before, given)


def submitted(resource: str, before: int, answer: Mapping[str, Any]) -> Row:
    kind, _, action = resource.partition(":")
    return ("TaskSubmitted", before, {"resourceType": kind, "resource": action, "output": json.dumps(answer)})


def broken(resource: str, before: int, error: str, cause: Any) -> Row:
    kind, _, action = resource.partition(":")
    text = cause if isinstance(cause, str) else json.dumps(cause)
    return ("TaskFailed", before, {"resourceType": kind, "resource": action, "error": error, "cause": text})


def ended(before: int, error: str = "", cause: str = "", kind: str = "Failed") -> Row:
    return (f"Execution{kind}", before, {"error": error, "cause": cause})


TRAINING = "sagemaker:createTrainingJob.sync"
FAILED_JOB = {
    "TrainingJobName": "job-1",
    "TrainingJobArn": "arn:aws:sagemaker:eu-west-1:123456789012:training-job/job-1",
    "TrainingJobStatus": "Failed",
    "FailureReason": "AlgorithmError: no such column 'age', exit code: 1",
}
FAILED_TRAINING = history(
    ("ExecutionStarted", 0),
    entered("Task", "Train", 0),
    call(TRAINING, 2, TrainingJobName="job-1"),
    ("TaskStarted", 3, {"resourceType": "sagemaker", "resource": "createTrainingJob.sync"}),
    submitted(TRAINING, 4, {"TrainingJobArn": FAILED_JOB["TrainingJobArn"]}),
    broken(TRAINING, 5, "States.TaskFailed", FAILED_JOB),
    ended(6, "States.TaskFailed", json.dumps(FAILED_JOB)),
)
"""A training job that fails, uncaught."""
