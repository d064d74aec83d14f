"""Definitions with unique names are run, twice, by an interpreter of the states language on a local SageMaker."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from samples import loaded, machine

from sfn_cfn import definition, job_names
from sfn_cfn.model import resolve

ROLE = "arn:aws:iam::123456789012:role/x"
SAGEMAKER_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        yield


def task(action: str, *, retry: bool = False, end: str = "", **parameters: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:sagemaker:{action}",
        "Parameters": parameters,
        "ResultPath": None,
        **({"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]} if retry else {}),
        **({"Next": end} if end else {"End": True}),
    }


def model(name: str, end: str = "") -> dict[str, Any]:
    return task(
        "createModel", end=end, ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "image"}
    )


def transform(name: str, of: str) -> dict[str, Any]:
    return task(
        "createTransformJob",
        retry=True,
        TransformJobName=name,
        ModelName=of,
        TransformInput={"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://in"}}},
        TransformOutput={"S3OutputPath": "s3://out"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )


def run_twice(given: dict[str, Any]) -> None:
    """Run the definition, with unique names, under two names of an execution."""
    made, findings = job_names.name_jobs(definition.parse(loaded(given)), unique=True)
    assert findings == ()
    client = boto3.client("stepfunctions")
    text = json.dumps(resolve(made.tree, lambda token: "aws"))
    arn = client.create_state_machine(name="machine", definition=text, roleArn=ROLE)["stateMachineArn"]
    for name in ("one", "two"):
        started = client.start_execution(stateMachineArn=arn, name=name, input=json.dumps({"items": [1, 2]}))
        while (told := client.describe_execution(executionArn=started["executionArn"]))[
            "status"
        ] == "RUNNING":
            time.sleep(0.05)
        assert told["status"] == "SUCCEEDED", told.get("cause")


def models() -> list[str]:
    return sorted(item["ModelName"] for item in boto3.client("sagemaker").list_models()["Models"])


def transforms() -> list[tuple[str, str]]:
    """Each transform job, and its model."""
    client = boto3.client("sagemaker")
    names = [item["TransformJobName"] for item in client.list_transform_jobs()["TransformJobSummaries"]]
    return [(name, client.describe_transform_job(TransformJobName=name)["ModelName"]) for name in names]


def test_each_execution_makes_its_own_and_states_that_name_it_find_it() -> None:
    run_twice(machine(Model=model("income", "Score"), Score=transform("score", "income")))
    assert [name[:7] for name in models()] == ["income-", "income-"]
    assert sorted(of for _, of in transforms()) == models()
    assert len({name for name, _ in transforms()}) == 2
    assert all(SAGEMAKER_NAME.fullmatch(name) for name in models())


def test_each_item_of_a_map_makes_its_own() -> None:
    each = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": machine(Item=model("part")), "End": True}
    run_twice(machine(Each=each))
    assert len(models()) == 4
