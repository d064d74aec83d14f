"""Packages: their files, and what the AWS CLI makes of them."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from project import ASSETS, CODE, FOLDER, REGION, Project, Workflow

from sfn_cfn.deploy import aws
from sfn_cfn.deploy.package import INLINE, Package, command, files, pairs, stack_name, to_upload, with_bucket
from sfn_cfn.deploy.upload import objects
from sfn_cfn.model import OutputFile
from sfn_cfn.settings import Environment

STACK = "fraud-train-prod"

# moto knows no bucket policies, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")


def package(content: str = "Resources: {}\n", **more: Any) -> Package:
    return Package("train", STACK, OutputFile("train.yaml", content), {"TargetEnv": "prod"}, **more)


def test_the_bucket_is_a_parameter_only_where_there_are_assets() -> None:
    assert with_bucket(package(), "b").parameters == {"TargetEnv": "prod"}
    assert with_bucket(package(assets=ASSETS), "b").parameters == {"TargetEnv": "prod", "AssetBucket": "b"}


def test_a_template_is_uploaded_where_it_is_too_large_to_send() -> None:
    assert to_upload([package("x" * INLINE)]) == ()
    (one,) = to_upload([package("x" * (INLINE + 1))])
    assert one.key == f"sfn-cfn/templates/{one.sha256}/train.yaml"


def test_assets_stand_under_their_hashes_and_the_prefix_that_is_given() -> None:
    found = Package("train", STACK, OutputFile("t.yaml", ""), {"AssetPrefix": "a/b"}, {}, ASSETS)
    assert sorted(one.key for one in to_upload([found, found])) == sorted(
        [
            f"a/b/{CODE.sha256}/sourcedir.tar.gz",
            f"a/b/{FOLDER.sha256}/code/lib/module.py",
            f"a/b/{FOLDER.sha256}/code/score.py",
        ]
    )


@pytest.mark.parametrize(
    ("environment", "workflow", "expected"),
    [
        (Environment("prod"), "train", "fraud-train-prod"),
        (Environment("prod"), "train_it", "fraud-train-it-prod"),
        (Environment("prod", parameters={"PipelineName": "risk"}), "train", "risk-train-prod"),
        (Environment("prod", stacks={"train": "own"}), "train", "own"),
    ],
)
def test_stacks_have_names(environment: Environment, workflow: str, expected: str) -> None:
    assert stack_name(environment, "fraud", workflow) == expected


def test_pairs_are_quoted_for_a_shell() -> None:
    assert pairs({"A": "1", "B": "a b'c"}) == ("A=1", "'B=a b'\"'\"'c'")


def test_the_files_are_the_template_the_configuration_and_the_pairs() -> None:
    found = {one.path: one.content for one in files(package(tags={"Team": "risk"}), "prod")}
    assert list(found) == ["train.yaml", "train.prod.json", "train.prod.params"]
    assert json.loads(found["train.prod.json"]) == {
        "Parameters": {"TargetEnv": "prod"},
        "Tags": {"Team": "risk"},
    }
    assert found["train.prod.params"] == "TargetEnv=prod\n"


def test_a_large_template_s_command_names_the_bucket() -> None:
    assert "--s3-bucket" not in command(package(), "prod", "out", REGION, "b")
    assert command(package("x" * (INLINE + 1)), "prod", "out", REGION, "b")[-2:] == ["--s3-bucket", "b"]


def packaged(project: Project, *arguments: str) -> str:
    code, out, err = project.run("package", "--env", "prod", *arguments)
    assert code == 0, err
    return out


def test_what_is_printed_deploys_what_is_written(project: Project, cloud: aws.Cloud) -> None:
    out = packaged(project)
    folder = ".sfn-cfn/package/prod"
    assert shlex.split(out) == [
        *("aws", "cloudformation", "deploy", "--region", REGION, "--stack-name", STACK),
        *("--template-file", f"{folder}/train.yaml", "--capabilities", "CAPABILITY_IAM"),
        *("--parameter-overrides", f"file://{folder}/train.prod.json", "--tags", "Team=risk"),
    ]
    listed = sorted(path.name for path in (project.root / folder).iterdir())
    assert listed == ["train.prod.json", "train.prod.params", "train.yaml"]
    assert (project.root / ".sfn-cfn/.gitignore").read_text() == "*\n"
    bucket = json.loads((project.root / folder / "train.prod.json").read_text())["Parameters"]["AssetBucket"]
    keys = [one["Key"] for one in cloud.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == [one.key for one in objects(ASSETS)]


def test_a_second_package_sends_nothing(project: Project) -> None:
    packaged(project)
    _, _, err = project.run("package", "--env", "prod")
    assert err.splitlines()[0].startswith("0 objects sent to ")
    assert err.splitlines()[0].endswith(", 3 objects there already")


def run(endpoint: str, root: Path, line: str) -> None:
    env = {**os.environ, "AWS_DEFAULT_REGION": REGION}
    done = subprocess.run(["sh", "-c", line], cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def definition(cloud: aws.Cloud) -> dict[str, Any]:
    rows = cloud.client("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    (arn,) = [
        one["PhysicalResourceId"] for one in rows if one["ResourceType"] == "AWS::StepFunctions::StateMachine"
    ]
    found = cloud.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"]
    return json.loads(found)


def names_its_code(cloud: aws.Cloud) -> bool:
    """Whether the first object that the deployed definition names is in its bucket."""
    uri = definition(cloud)["States"]["Prepare"]["Result"]["Code"][0]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return cloud.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"] == CODE.files[0].size


CLI_1 = f"{shlex.quote(sys.executable)} -m awscli"
PAIRS = (
    "xargs {aws} cloudformation deploy --template-file out/train.yaml --stack-name fraud-train-prod "
    "--capabilities CAPABILITY_IAM {more} --parameter-overrides < out/train.prod.params"
)


def test_cli_1_takes_the_pairs(project: Project, cloud: aws.Cloud, endpoint: str) -> None:
    packaged(project, "--output", "out")
    run(endpoint, project.root, PAIRS.format(aws=CLI_1, more=""))
    assert names_its_code(cloud)


def test_cli_1_takes_a_large_template_through_the_bucket(
    project: Project, cloud: aws.Cloud, endpoint: str
) -> None:
    project.workflows = [Workflow(comment="x" * 60_000)]
    packaged(project, "--output", "out")
    parameters = json.loads((project.root / "out/train.prod.json").read_text())["Parameters"]
    run(endpoint, project.root, PAIRS.format(aws=CLI_1, more=f"--s3-bucket {parameters['AssetBucket']}"))
    assert names_its_code(cloud)


def cli_2() -> str:
    """AWS CLI 2, where the machine has it."""
    found = os.environ.get("SFN_CFN_AWS_CLI_2") or shutil.which("aws") or "false"
    shown = subprocess.run(f"{found} --version", shell=True, capture_output=True, text=True, check=False)
    return found if shown.stdout.startswith("aws-cli/2") else ""


def test_cli_2_takes_the_file(project: Project, cloud: aws.Cloud, endpoint: str) -> None:
    if not (program := cli_2()):
        pytest.skip("AWS CLI 2 is not installed")
    out = packaged(project)
    # Version 2.9, that of Debian 12, does not read AWS_ENDPOINT_URL.
    run(endpoint, project.root, out.replace("aws ", f"{program} --endpoint-url {endpoint} ", 1))
    assert names_its_code(cloud)
