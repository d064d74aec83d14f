"""Interfaces of small workflows, for the tests of inputs and executions."""

from __future__ import annotations

from typing import Any

from samples import loaded, machine

from sfn_cfn import definition
from sfn_cfn.deploy.interface import Interface, interface
from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import ParameterDeclaration


def read(name: str) -> str:
    return f"$$.Execution.Input['{name}']"


def task(resource: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": fields, "End": True}


def channel(uri: str) -> list[dict[str, Any]]:
    return [{"DataSource": {"S3DataSource": {"S3Uri.$": uri}}}]


TRAIN = task(
    "sagemaker:createTrainingJob.sync",
    **{
        "TrainingJobName.$": read("JobName"),
        "InputDataConfig": channel(read("Data")),
        "OutputDataConfig": {"S3OutputPath": "s3://models/${Folder}/out"},
        "HyperParameters": {"epochs.$": f"{read('Options')}.Epochs"},
    },
)


def face(states: dict[str, Any] | None = None, **given: Any) -> Interface:
    """The interface of a machine with these states, its lines made up."""
    tree = machine(**(states or {"Train": TRAIN}))
    lines = {
        path: SourceLocation("workflows/train.py", 10 * number)
        for number, path in enumerate((("States", name) for name in tree["States"]), 1)
    }
    parameters = (ParameterDeclaration("Folder", "String", "a"),)
    return interface(definition.parse(loaded(tree, state_lines=lines, parameters=parameters, **given)))


READY = {
    "Training": {"TrainingJobName": "estimator-x", "OutputDataConfig": {"S3OutputPath": "s3://${Folder}/x"}},
    "Model": {
        "ModelName": "x",
        "PrimaryContainer": {"ModelDataUrl": "s3://${Folder}/x/estimator-x/output/model.tar.gz"},
    },
    "Config": {"EndpointConfigName": "x", "ProductionVariants": [{"ModelName": "x", "VariantName": "x"}]},
    "Deploy": {"EndpointConfigName": "x", "EndpointName": "x"},
}


def ready() -> Interface:
    """A ready-made pipeline, which reads everything from its input."""

    def whole(resource: str, name: str) -> dict[str, Any]:
        fields = {f"{key}.$": f"{read(name)}.{key}" for key in READY[name]}
        return {**task(resource, **fields), "Next": "Deploy"}

    states = {
        "Train": whole("sagemaker:createTrainingJob.sync", "Training"),
        "Save": whole("sagemaker:createModel", "Model"),
        "Configure": whole("sagemaker:createEndpointConfig", "Config"),
        "Deploy": whole("sagemaker:createEndpoint", "Deploy"),
    }
    return face(states, default_input=READY)
