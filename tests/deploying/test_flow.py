"""Whole runs of the commands against a local AWS."""

from __future__ import annotations

import json

import pytest
from project import ASSETS, CODE, MODULE, REGION, SCRIPT, SOURCE, Project, Workflow, digest

from sfn_cfn.deploy import aws
from sfn_cfn.deploy.upload import objects

# moto knows no bucket policies, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")


def bucket(cloud: aws.Cloud) -> str:
    (stack,) = cloud.client("cloudformation").describe_stacks(StackName="sfn-cfn-assets")["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}["AssetBucket"]


def definition(cloud: aws.Cloud, stack: str) -> dict:
    (row,) = [
        one
        for one in cloud.client("cloudformation").list_stack_resources(StackName=stack)["StackResourceSummaries"]
        if one["ResourceType"] == "AWS::StepFunctions::StateMachine"
    ]
    arn = row["PhysicalResourceId"]
    return json.loads(cloud.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"])


def test_a_first_deployment_makes_bucket_code_and_stack(project: Project, cloud: aws.Cloud) -> None:
    code, out, err = project.run("deploy", "--env", "prod", "--yes")
    print(out, err)
    assert code == 0
