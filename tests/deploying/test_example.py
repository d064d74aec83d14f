"""An example workflow is built and deployed by one command; what its definition names as code is in the bucket."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from sfn_cfn import compiler
from sfn_cfn.cli import main
from sfn_cfn.cli.console import Services
from sfn_cfn.deploy import aws
from sfn_cfn.deploy.upload import objects
from sfn_cfn.report import BuildReport

ROOT = Path(__file__).parents[2]
STACK = "example-evaluate-dev"

# moto knows no bucket policies, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")


def definition(cloud: aws.Cloud) -> str:
    rows = cloud.client("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    (arn,) = [
        one["PhysicalResourceId"] for one in rows if one["ResourceType"] == "AWS::StepFunctions::StateMachine"
    ]
    found: str = cloud.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"]
    return found


def test_a_first_execution_would_find_its_code(
    cloud: aws.Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "workflows", tmp_path / "workflows")
    shutil.copy(ROOT / "sfn-cfn.toml", tmp_path)
    reports = []

    def build(*arguments: Any, **options: Any) -> BuildReport:
        reports.append(compiler.build(*arguments, **options))
        return reports[-1]

    arguments = ["--project", str(tmp_path), "deploy", "evaluate", "--env", "dev", "--yes", "--no-lint"]
    assert main(arguments, Services(build, sleep=lambda _: None)) == 0, capsys.readouterr().err

    s3 = cloud.client("s3")
    (bucket,) = [
        one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith("sfn-cfn-assets-")
    ]
    wanted = objects(reports[0].assets["evaluate"])
    assert wanted
    for one in wanted:
        content = s3.get_object(Bucket=bucket, Key=one.key)["Body"].read()
        assert hashlib.sha256(content).hexdigest() == one.sha256

    text = json.dumps(json.loads(definition(cloud)))
    assert "${" not in text
    named = set(re.findall(rf"s3://{bucket}/([^\"\\ ]+)", text))
    assert named
    keys = [one.key for one in wanted]
    for name in named:
        assert any(key == name or key.startswith(f"{name.rstrip('/')}/") for key in keys), name
