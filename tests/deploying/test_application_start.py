"""A workflow of an application started: found in the nested stack, whatever else the application has."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from applications import Application
from project import ACCOUNT, REGION
from samples import loaded, machine

from sfn_cfn import application, compiler
from sfn_cfn.deploy import aws
from sfn_cfn.report import BuildReport

# moto knows no policies of topics and buckets, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:fraud-train-prod"


class Compiled(Application):
    """The application of templates as the compiler gives them."""

    def build(self, settings: Any, sources: Any, **options: Any) -> BuildReport:
        ends = machine(End={"Type": "Succeed"})
        results = [
            compiler.compile_workflow(loaded(ends, name=source.path.stem), settings, "yaml", explain=True)[0]
            for source in sources
        ]
        found = [one for one in results if one]
        outputs = tuple(file for one in found for file in one.outputs)
        made = application.files(outputs, settings, "yaml") if options.get("application") else ()
        report = BuildReport((*outputs, *made), (), tuple(one.name for one in found), ())
        return replace(report, interfaces=tuple(one.interface for one in found if one.interface))


@pytest.fixture
def compiled(app: Application) -> Compiled:
    """A project of two compiled workflows in one application, with a topic of alerts."""
    return Compiled(app.root, app.capsys)


def settings(app: Application, toml: str) -> None:
    file = app.root / "sfn-cfn.toml"
    file.write_text(f"{file.read_text()}\n{toml}")


def test_a_workflow_of_an_application_with_a_topic_is_started(compiled: Compiled, cloud: aws.Cloud) -> None:
    settings(compiled, "[alarms]\n")
    code, _, err = compiled.run("deploy", "--env", "prod", "--yes")
    assert code == 0, err
    code, out, err = compiled.run("start", "train", "--env", "prod")
    assert code == 0, err
    (found,) = cloud.client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"]
    assert out == f"{found['executionArn']}\n"


CHILD = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/fraud-application-prod-TrainStack-1/2"


class Account:
    """A made-up AWS with the application, in whose nested stack there is an alias."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.asked: list[str] = []

    def connect(self, target: aws.Target) -> aws.Cloud:
        return aws.Cloud(target.environment, ACCOUNT, REGION, "aws", lambda _: self)

    def get_paginator(self, name: str) -> Account:
        assert name == "list_stack_resources"
        return self

    def paginate(self, StackName: str) -> Any:  # noqa: N803 (boto3's name)
        self.asked.append(StackName)
        row = {"LogicalResourceId": "TrainStack", "ResourceType": "AWS::CloudFormation::Stack"}
        done = {"PhysicalResourceId": CHILD, "ResourceStatus": "CREATE_COMPLETE"}
        return [{"StackResourceSummaries": [{**row, **done}]}]

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 (boto3's name)
        assert StackName == CHILD
        values = {"StateMachineArn": MACHINE, "StateMachineAliasArn": f"{MACHINE}:live"}
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in values.items()]
        return {"Stacks": [{"StackName": "x", "StackStatus": "UPDATE_COMPLETE", "Outputs": outputs}]}

    def describe_state_machine(self, **_: Any) -> Any:
        return {"type": "STANDARD", "definition": json.dumps({"States": {"End": {"Type": "Succeed"}}})}

    def start_execution(self, stateMachineArn: str, **_: Any) -> Any:  # noqa: N803 (boto3's name)
        self.started.append(stateMachineArn)
        return {"executionArn": MACHINE.replace(":stateMachine:", ":execution:") + ":one"}


def test_the_alias_of_a_workflow_of_an_application_is_started(compiled: Compiled) -> None:
    account = Account()
    compiled.connect = account.connect
    code, _, err = compiled.run("start", "train", "--env", "prod")
    assert code == 0, err
    assert compiled.run("start", "train", "--env", "prod", "--unqualified")[0] == 0
    assert account.started == [f"{MACHINE}:live", MACHINE]
    assert account.asked == ["fraud-application-prod"] * 2
