"""Each committed template is deployed by the AWS CLI to a local CloudFormation, and looked at there.

moto ignores resource types that it does not know and is content all the same, so each resource is asked for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import plain_sdk
import pytest
from moto.server import ThreadedMotoServer

TEMPLATES = plain_sdk.ROOT / "templates"
NAMES = sorted(path.stem for path in TEMPLATES.glob("*.yaml"))
CONFIGURATIONS = ["", *sorted(path.name for path in (TEMPLATES / "config").glob("*.json"))]
CASES = [
    (name, config)
    for name in NAMES
    for config in CONFIGURATIONS
    if not config or config.rsplit(".", 2)[0] == name
]
ENV = {
    **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": plain_sdk.REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_PAGER": "",
}


class Cloud:
    """The local server: one deployment after another, each on empty ground."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def reset(self) -> None:
        """Forget all resources."""
        request = urllib.request.Request(f"{self.endpoint}/moto-api/reset", method="POST")
        urllib.request.urlopen(request).close()

    def client(self, service: str) -> Any:
        """A client of `service` that talks to this server."""
        return botocore.session.Session().create_client(
            service,
            region_name=plain_sdk.REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def deploy(self, name: str, parameters: Mapping[str, str], tags: Mapping[str, str]) -> None:
        """`aws cloudformation deploy` of the template `name`, as the README has it."""
        command = [sys.executable, "-m", "awscli", "cloudformation", "deploy"]
        command += ["--endpoint-url", self.endpoint, "--template-file", str(TEMPLATES / f"{name}.yaml")]
        command += ["--stack-name", name, "--capabilities", "CAPABILITY_IAM"]
        if parameters:
            command += ["--parameter-overrides", *(f"{key}={value}" for key, value in parameters.items())]
        if tags:
            command += ["--tags", *(f"{key}={value}" for key, value in tags.items())]
        done = subprocess.run(command, env=ENV, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def resources(self, name: str) -> dict[str, tuple[str, str]]:
        """Logical ID -> type and physical ID of what the stack has."""
        rows = self.client("cloudformation").list_stack_resources(StackName=name)["StackResourceSummaries"]
        return {
            row["LogicalResourceId"]: (row["ResourceType"], row.get("PhysicalResourceId", ""))
            for row in rows
            if row["LogicalResourceId"]  # a resource whose condition is false is listed without a name
        }

    def machine(self, name: str) -> dict[str, Any]:
        """`describe-state-machine` of the stack's one state machine."""
        _, arn = self.resources(name)["StateMachineComponent"]
        described: dict[str, Any] = self.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
        return described

    def role_arn(self, name: str, logical_id: str) -> str:
        """The ARN of a role that the stack made; fails where the role is not there."""
        _, physical_id = self.resources(name)[logical_id]
        arn: str = self.client("iam").get_role(RoleName=physical_id)["Role"]["Arn"]
        return arn


@pytest.fixture(scope="module")
def server() -> Iterator[Cloud]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield Cloud(f"http://{host}:{port}")
    running.stop()


@pytest.fixture
def cloud(server: Cloud) -> Cloud:
    server.reset()
    return server


def configuration(file: str) -> tuple[dict[str, str], dict[str, str]]:
    """Parameters and tags of a configuration file; none of either without a file."""
    if not file:
        return {}, {}
    content = json.loads((TEMPLATES / "config" / file).read_text())
    assert set(content) <= {"Parameters", "Tags"}
    return content["Parameters"], content.get("Tags", {})


def with_role(node: Any, role: str) -> Any:
    """The definition with `role` wherever it gives a role to a job."""
    if isinstance(node, dict):
        return {
            key: role if key in ("RoleArn", "ExecutionRoleArn") else with_role(value, role)
            for key, value in node.items()
        }
    return [with_role(item, role) for item in node] if isinstance(node, list) else node


def own(parameters: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The parameters that the workflow's author declared."""
    return tuple(
        (key, value) for key, value in parameters.items() if key not in ("PipelineName", "TargetEnv")
    )


def script(name: str) -> Path:
    """The example that makes the workflow `name`."""
    return plain_sdk.ROOT / "workflows" / f"{name.replace('-', '_')}.py"


def test_every_example_has_a_template_and_two_configurations() -> None:
    assert {script(name) for name in NAMES} == set((plain_sdk.ROOT / "workflows").glob("*.py"))
    assert len(CASES) == 3 * len(NAMES)


@pytest.mark.parametrize(("name", "config"), CASES)
def test_the_deployed_machine_is_the_one_that_the_sdk_made(
    name: str, config: str, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> None:
    parameters, tags = configuration(config)
    cloud.deploy(name, parameters, tags)
    machine = cloud.machine(name)
    (plain,) = plain_sdk.run(script(name), tmp_path_factory.getbasetemp(), own(parameters))

    expected = plain.definition
    if "SageMakerExecutionRole" in cloud.resources(name):
        expected = with_role(expected, cloud.role_arn(name, "SageMakerExecutionRole"))
    assert json.loads(machine["definition"]) == expected

    environment = parameters.get("TargetEnv", "dev")
    assert machine["name"] == f"{parameters.get('PipelineName', 'example')}-{plain.name}-{environment}"
    assert machine["roleArn"] == cloud.role_arn(name, "WorkflowExecutionRole")


@pytest.mark.parametrize("name", NAMES)
def test_the_roles_are_made_with_their_policies_and_trust(name: str, cloud: Cloud) -> None:
    cloud.deploy(name, {}, {})
    iam = cloud.client("iam")
    roles = {
        key: physical for key, (type_, physical) in cloud.resources(name).items() if type_ == "AWS::IAM::Role"
    }
    assert "WorkflowExecutionRole" in roles
    services = {
        "WorkflowExecutionRole": "states.amazonaws.com",
        "SageMakerExecutionRole": "sagemaker.amazonaws.com",
    }
    for logical_id, physical_id in roles.items():
        trust = iam.get_role(RoleName=physical_id)["Role"]["AssumeRolePolicyDocument"]
        assert [row["Principal"] for row in trust["Statement"]] == [{"Service": services[logical_id]}]
        policies = iam.list_role_policies(RoleName=physical_id)["PolicyNames"]
        assert policies
        for policy in policies:
            document = iam.get_role_policy(RoleName=physical_id, PolicyName=policy)["PolicyDocument"]
            assert "${" not in json.dumps(document)


def test_roles_that_are_given_are_used_and_none_is_made(cloud: Cloud) -> None:
    states = f"arn:aws:iam::{plain_sdk.ACCOUNT}:role/given/states"
    jobs = f"arn:aws:iam::{plain_sdk.ACCOUNT}:role/given/jobs"
    cloud.deploy("train-deploy", {"WorkflowExecutionRoleArn": states, "SageMakerRoleArn": jobs}, {})
    assert set(cloud.resources("train-deploy")) == {"StateMachineComponent"}
    machine = cloud.machine("train-deploy")
    assert machine["roleArn"] == states
    definition = json.loads(machine["definition"])
    assert definition["States"]["Train"]["Parameters"]["RoleArn"] == jobs
    assert definition["States"]["Save model"]["Parameters"]["ExecutionRoleArn"] == jobs


def test_the_stacks_tags_reach_the_state_machine(cloud: Cloud) -> None:
    cloud.deploy("train-deploy", *configuration("train-deploy.prod.json"))
    arn = cloud.machine("train-deploy")["stateMachineArn"]
    listed = cloud.client("stepfunctions").list_tags_for_resource(resourceArn=arn)["tags"]
    assert {"key": "Project", "value": "sfn-cfn-examples"} in listed
