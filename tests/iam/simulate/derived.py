"""A definition in a test's words -> the template that `sfn_cfn.iam.derive` makes for it, functions in long form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from iam.building import define
from sfn_cfn.iam import derive
from sfn_cfn.model import ParameterDeclaration
from sfn_cfn.template.intrinsics import Intrinsic

JOBS_ROLE = "SageMakerExecutionRole"


def template(states: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """Whole but for what has nothing to do with roles. `${Name}` in a text is a token."""
    declared = tuple(ParameterDeclaration(name, "String", default) for name, default in parameters.items())
    fragment = derive(define(states, declared))
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    made = {"Ref": "SageMakerRoleArn"}
    if JOBS_ROLE in fragment.resources:
        made = {"Fn::If": ["CreateSageMakerExecutionRole", {"Fn::GetAtt": [JOBS_ROLE, "Arn"]}, made]}
    given = {"SageMakerRole": made} if "SageMakerRoleArn" in fragment.parameters else {}
    properties = {key: value for (_, key), value in fragment.properties.items()} | {
        "StateMachineName": Intrinsic("Sub", "${PipelineName}-train-${TargetEnv}"),
        "DefinitionString": {"Fn::Sub": [definition, given]},
    }
    own = {"PipelineName": "fraud", "TargetEnv": "dev", **parameters}
    return long_form(
        {
            "Parameters": {
                **{name: {"Type": "String", "Default": default} for name, default in own.items()},
                **fragment.parameters,
            },
            "Conditions": dict(fragment.conditions),
            "Resources": {
                "StateMachineComponent": {
                    "Type": "AWS::StepFunctions::StateMachine",
                    "Properties": properties,
                },
                **fragment.resources,
            },
        }
    )


def long_form(value: Any) -> Any:
    """A tree with intrinsic functions as JSON has them."""
    if isinstance(value, Intrinsic):
        name = value.name if value.name in ("Ref", "Condition") else f"Fn::{value.name}"
        argument = value.argument
        if value.name == "GetAtt" and isinstance(argument, str):
            argument = argument.split(".", 1)
        return {name: long_form(argument)}
    if isinstance(value, Mapping):
        return {key: long_form(item) for key, item in value.items()}
    return [long_form(item) for item in value] if isinstance(value, (list, tuple)) else value
