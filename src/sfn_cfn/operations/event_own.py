"""Definition, Settings -> events that each execution of the workflow causes, and whether a pattern takes one of them.

A rule that takes such an event starts the workflow at what the workflow does itself, without end. What an execution
causes: the changes of its own status, those of the SageMaker jobs that it starts, and the objects that it writes.
Sources: the Step Functions developer guide, "Automating Step Functions event delivery with EventBridge" (the events,
whose executions have the status RUNNING, too); the S3 user guide, "EventBridge event message structure"; the SageMaker
developer guide, "Events that Amazon SageMaker AI sends to Amazon EventBridge".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.model import Definition, Node
from sfn_cfn.operations import event_matching, machines
from sfn_cfn.operations.job_kinds import KINDS
from sfn_cfn.operations.neighbours import PIPELINE_SUFFIX
from sfn_cfn.operations.parts import machine_arn
from sfn_cfn.sections import typed
from sfn_cfn.sections.kind import KindSettings
from sfn_cfn.settings import Environment, Settings

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
_JOB_STATUSES = (
    "InProgress",
    "Completed",
    "Stopping",
    "InService",
    "IN_SERVICE",
    "Executing",
    "Succeeded",
    "Created",
)
_REGION = re.compile(r"\b[a-z]{2}(?:-[a-z]+){1,2}-\d\b")
_ACCOUNT = re.compile(r"\b\d{12}\b")
_PARTITION = re.compile(r"\barn:(aws[a-z-]*):")
# EventBridge names the executions that it starts by the event's ID and one of its own.
_EVENT_ID = "17793124-05d4-b198-2fde-7ededc63b103"
_NAME = f"{_EVENT_ID}_9b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"


def takes_execution(
    pattern: Node, definition: Definition, settings: Settings, *, is_routed: bool = False
) -> bool:
    """Whether a pattern (with tokens) takes a change of status of the workflow's own executions.

    `is_routed`: what it takes starts the router of pipelines, whose executions are looked at too.
    """
    own = settings.of(definition.name).operations
    is_express = typed(own, "state_machine", KindSettings).is_express
    own_machines = [] if is_express else [machine_arn(definition)]
    if is_routed:
        own_machines.append(machines.router_arn(definition, settings, PIPELINE_SUFFIX))
    for values in _surroundings(pattern, definition, settings):
        plain = event_matching.resolved(pattern, values)
        for machine, status in itertools.product(own_machines, STATUSES):
            arn = event_matching.resolved(machine, values)
            if event_matching.matches(plain, _execution(values, arn, status)):
                return True
    return False


def taken_job(pattern: Node, definition: Definition, settings: Settings) -> str:
    """The state whose SageMaker job's changes of status a pattern takes, by its name; empty where there is none."""
    for state in definition.states:
        one = state.integration
        kind = KINDS.get(one.action) if one and one.service == "sagemaker" else None
        if kind is None:
            continue
        for values in _surroundings(pattern, definition, settings):
            plain = event_matching.resolved(pattern, values)
            for status in (*_JOB_STATUSES, *kind.statuses):
                event = _event(values, "aws.sagemaker", kind.detail_type, {kind.status: status})
                if event_matching.matches(plain, event):
                    return state.name
    return ""


def takes_object(pattern: Node, bucket: str, key: str, definition: Definition, settings: Settings) -> bool:
    """Whether a pattern takes a new object. `bucket` and `key` have tokens as `${Name}`."""
    for values in _surroundings(pattern, definition, settings):
        detail = {
            "version": "0",
            "bucket": {"name": _filled(bucket, values)},
            "object": {"key": _filled(key, values), "size": 1},
            "reason": "PutObject",
        }
        event = _event(values, "aws.s3", "Object Created", detail)
        if event_matching.matches(event_matching.resolved(pattern, values), event):
            return True
    return False


def _filled(shown: str, values: Mapping[str, Any]) -> str:
    return re.sub(r"\$\{([^}]*)\}", lambda found: str(values.get(found[1], found[0])), shown)


def _surroundings(pattern: Node, definition: Definition, settings: Settings) -> Iterator[dict[str, Any]]:
    """What the tokens are in each environment, in the regions and accounts that the pattern writes out."""
    written = "\n".join(event_matching.texts(event_matching.resolved(pattern, {})))
    partitions = sorted(set(_PARTITION.findall(written))) or ["aws"]
    for environment in settings.environments:
        regions = [environment.region] if environment.region else sorted(set(_REGION.findall(written)))
        accounts = [environment.account] if environment.account else sorted(set(_ACCOUNT.findall(written)))
        for partition, region, account in itertools.product(
            partitions, regions or ["eu-west-1"], accounts or ["111122223333"]
        ):
            yield {
                **_parameters(definition, settings, environment),
                "AWS::Partition": partition,
                "AWS::Region": region,
                "AWS::AccountId": account,
            }


def _parameters(definition: Definition, settings: Settings, environment: Environment) -> dict[str, Any]:
    defaults = {one.name: one.default for one in definition.parameters if one.default is not None}
    names = {"PipelineName": settings.pipeline_name, "TargetEnv": environment.name}
    return {**defaults, **names, **environment.parameters}


def _execution(values: Mapping[str, Any], machine: str, status: str) -> dict[str, Any]:
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{_NAME}"
    ended = status != "RUNNING"
    detail = {
        "executionArn": execution,
        "stateMachineArn": machine,
        "name": _NAME,
        "status": status,
        "startDate": 1_551_225_271_984,
        "stopDate": 1_551_225_291_984 if ended else None,
        "input": "{}",
        "output": "{}" if status == "SUCCEEDED" else None,
        "inputDetails": {"included": True},
        "outputDetails": {"included": True} if status == "SUCCEEDED" else None,
        "error": "States.TaskFailed" if status == "FAILED" else None,
        "cause": "" if status == "FAILED" else None,
    }
    event = _event(values, "aws.states", "Step Functions Execution Status Change", detail)
    return {**event, "resources": [execution]}


def _event(values: Mapping[str, Any], source: str, kind: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "version": "0",
        "id": _EVENT_ID,
        "detail-type": kind,
        "source": source,
        "account": values["AWS::AccountId"],
        "time": "2026-01-31T00:00:00Z",
        "region": values["AWS::Region"],
        "resources": [],
        "detail": detail,
    }
