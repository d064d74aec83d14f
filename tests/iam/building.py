"""Definitions built by hand, policies resolved as CloudFormation does, and a matcher for their ARNs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sfn_cfn.errors import SourceLocation
from sfn_cfn.iam import SAGEMAKER_ROLE
from sfn_cfn.iam.statements import PolicyDocument, to_template
from sfn_cfn.model import (
    Definition,
    Integration,
    LoadedWorkflow,
    ParameterDeclaration,
    State,
    Text,
    Token,
    WorkflowSource,
    World,
    text,
)
from sfn_cfn.template.intrinsics import Intrinsic

ACCOUNT = "111122223333"
REGION = "eu-west-1"
JOB_ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"
VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
    "PipelineName": "fraud",
    "TargetEnv": "dev",
    "SageMakerRoleArn": "",
    "WorkflowExecutionRoleArn": "",
}

_TOKEN = re.compile(r"\$\{([A-Za-z0-9:]+)\}")
_SERVICE = re.compile(
    r"arn:(?:aws|\$\{AWS::Partition\}):states:::(aws-sdk:)?([\w-]+):(\w+)(?:\.(sync:2|sync|waitForTaskToken))?"
)


def tokens(value: Any) -> Any:
    """`${Name}` in each text of a tree as a token; `${SageMakerRole}` is the template's role."""
    if isinstance(value, str):
        found = _TOKEN.split(value)
        pieces = [_token(piece) if index % 2 else piece for index, piece in enumerate(found)]
        return text(*pieces)
    if isinstance(value, Mapping):
        return {tokens(key): tokens(item) for key, item in value.items()}
    return [tokens(item) for item in value] if isinstance(value, list) else value


def _token(name: str) -> Token:
    return SAGEMAKER_ROLE if name == "SageMakerRole" else Token(name)


def task(resource: str, parameters: Any = None, **more: Any) -> dict[str, Any]:
    """A Task state."""
    node = {"Type": "Task", "Resource": resource, "End": True, **more}
    return node if parameters is None else {**node, "Parameters": parameters}


def define(states: Mapping[str, Any], parameters: tuple[ParameterDeclaration, ...] = ()) -> Definition:
    """A definition of states whose texts may hold `${Name}`."""
    tree = tokens({"StartAt": next(iter(states), ""), "States": dict(states)})
    place = SourceLocation("workflows/train.py", 1)
    source = WorkflowSource(Path("/p"), Path("/p/workflows/train.py"))
    loaded = LoadedWorkflow(source, "train", place, "", {}, World("123456789012", "ap-south-1"))
    return Definition(loaded, tree, tuple(_states(tree, ())), parameters=parameters)


def _states(tree: Mapping[Any, Any], path: tuple[str, ...]) -> Iterator[State]:
    for line, (key, node) in enumerate(tree["States"].items(), start=10):
        name = key.shown if isinstance(key, Text) else key
        here = (*path, "States", name)
        place = SourceLocation("workflows/train.py", line, "/".join(here))
        yield State(here, name, node["Type"], node, place, integration(node.get("Resource")))
        for number, branch in enumerate(node.get("Branches", ())):
            yield from _states(branch, (*here, "Branches", str(number)))
        for field in ("ItemProcessor", "Iterator"):
            if field in node:
                yield from _states(node[field], (*here, field))


def integration(resource: Any) -> Integration | None:
    """As the definition stage parses a `Resource`."""
    if resource is None:
        return None
    shown = resource.shown if isinstance(resource, Text) else resource
    if match := _SERVICE.fullmatch(shown):
        return Integration(match[2], match[3], match[4] or "", bool(match[1]))
    kind = "lambda" if ":lambda:" in shown else "activity" if ":activity:" in shown else ""
    return Integration(kind, "", arn=resource)


def resolve(value: Any, given: Mapping[str, str] = VALUES) -> Any:
    """A template value as CloudFormation resolves it in a stack that creates both roles."""
    if isinstance(value, Mapping):
        return {key: resolve(item, given) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(item, given) for item in value]
    if not isinstance(value, Intrinsic):
        return value
    return _call(value.name, value.argument, given)


def _call(name: str, argument: Any, given: Mapping[str, str]) -> Any:
    if name == "Sub":
        template, variables = argument if isinstance(argument, tuple) else (argument, {})
        known = {**given, **resolve(variables, given)}
        done = re.sub(r"\$\{([^!}][^}]*)\}", lambda match: known[match[1]], template)
        return done.replace("${!", "${")
    if name == "Ref":
        return given[argument]
    if name == "GetAtt":
        return (
            JOB_ROLE if argument == "SageMakerExecutionRole.Arn" else f"arn:aws:iam::{ACCOUNT}:role/workflow"
        )
    argument = [resolve(item, given) for item in argument]
    if name == "If":
        return argument[1]
    if name == "Split":
        return argument[1].split(argument[0])
    assert name == "Select", name
    return argument[1][argument[0]]


def resolved(document: PolicyDocument | None, given: Mapping[str, str] = VALUES) -> list[dict[str, Any]]:
    """The statements of a policy, resolved; without `Effect`, which is always `Allow`."""
    written = resolve(to_template(document), given)["Statement"] if document else []
    return [{key: item for key, item in one.items() if key != "Effect"} for one in written]


def many(value: Any) -> list[Any]:
    """`Action` and `Resource` as lists."""
    return value if isinstance(value, list) else [value]


def matches(pattern: str, value: str) -> bool:
    """IAM's own wildcards: `*` any text, `?` one character."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def allows(statements: list[dict[str, Any]], action: str, resource: str, **context: str) -> bool:
    """Whether a policy allows a call; a condition key is written `s3__prefix` for `s3:prefix`."""
    given = {key.replace("__", ":"): value for key, value in context.items()}
    return any(
        any(action.lower() == one.lower() for one in many(found["Action"]))
        and any(matches(one, resource) for one in many(found["Resource"]))
        and all(
            _holds(operator, many(wanted), given.get(key))
            for operator, keys in found.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
        for found in statements
    )


def _holds(operator: str, wanted: list[str], value: str | None) -> bool:
    if value is None:
        return False
    if operator.endswith("Like"):
        return any(matches(one, value) for one in wanted)
    assert operator.removeprefix("ForAnyValue:") in ("StringEquals", "Bool"), operator
    return value in wanted
