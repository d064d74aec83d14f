"""A template's rule and an event -> whether EventBridge picks it, and what it sends to the target.

From the EventBridge user guide, "Comparison operators for use in event patterns" and "Amazon EventBridge input
transformation": texts keep their quotes, a value is put in as it stands in the event's JSON without quotes of its own,
and one that is not there gives nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import cfn_flip
from operating import Made
from starts import resolved

PARTITIONS = {
    "aws": "eu-west-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
}
"""A region of each."""

ACCOUNT = "111122223333"
ROLE_ARN = "arn:{partition}:iam::111122223333:role/churn-dev-jobs"


def rules(made: Made, partition: str = "aws") -> dict[str, Any]:
    """The properties of a stack's rules in a partition, whose jobs run under `ROLE_ARN`."""
    template = json.loads(cfn_flip.to_json(made.text))
    values: dict[str, Any] = {
        "AWS::Partition": partition,
        "AWS::Region": PARTITIONS[partition],
        "AWS::AccountId": ACCOUNT,
        "PipelineName": "churn",
        "TargetEnv": "dev",
        "SageMakerRoleArn": ROLE_ARN.format(partition=partition),
        "AlertTopicArn": "topic",
        "StateMachineComponent": f"{owner(partition)}:stateMachine:churn-train-dev",
        "PipelineRouter": f"{owner(partition)}:stateMachine:churn-train-router-dev",
    }
    for name, condition in template["Conditions"].items():
        values[name] = _holds(condition, values)
    found = {key: one for key, one in template["Resources"].items() if one["Type"] == "AWS::Events::Rule"}
    return {key: resolved(one["Properties"], values) for key, one in found.items()}


def owner(partition: str = "aws") -> str:
    """How the ARNs of Step Functions begin."""
    return f"arn:{partition}:states:{PARTITIONS[partition]}:{ACCOUNT}"


def _holds(condition: Any, values: Mapping[str, Any]) -> bool:
    ((function, arguments),) = condition.items()
    if function == "Fn::Equals":
        left, right = resolved(arguments, values)
        return bool(left == right)
    return any(_holds(one, values) for one in arguments)


def picks(pattern: Any, event: Any) -> bool:
    """Whether a pattern matches an event."""
    if isinstance(pattern, Mapping):
        return isinstance(event, Mapping) and all(
            key in event and picks(one, event[key]) for key, one in pattern.items()
        )
    given = event if isinstance(event, list) else [event]
    return any(_is(matcher, value) for matcher in pattern for value in given)


def _is(matcher: Any, value: Any) -> bool:
    if not isinstance(matcher, Mapping):
        return bool(matcher == value)
    ((operator, wanted),) = matcher.items()
    if isinstance(wanted, Mapping):
        return _is({operator: wanted["equals-ignore-case"].lower()}, value.lower())
    if operator == "prefix":
        return bool(value.startswith(wanted))
    assert operator == "equals-ignore-case"
    return bool(value.lower() == wanted.lower())


def sent(rule: Mapping[str, Any], event: Any) -> str:
    """What the rule's target gets."""
    (target,) = rule["Targets"]
    transformer = target["InputTransformer"]
    template = transformer["InputTemplate"]
    assert len(template) <= 8192
    assert len(transformer["InputPathsMap"]) <= 100
    assert all(re.fullmatch('"[^"]*"', line) for line in template.split("\n"))
    found = {name: _value(event, path) for name, path in transformer["InputPathsMap"].items()}
    return re.sub("<([a-z]+)>", lambda match: found[match[1]], template)


def _value(event: Any, path: str) -> str:
    for step in re.findall(r"[^.$\[\]]+", path):
        if isinstance(event, list):
            event = event[int(step)]
        elif step in event:
            event = event[step]
        else:
            return ""
    return json.dumps(event, ensure_ascii=False)[1:-1] if isinstance(event, str) else json.dumps(event)
