"""A local CloudFormation that the AWS CLI deploys the committed templates to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.session
import plain_sdk
from moto.server import ThreadedMotoServer

TEMPLATES = plain_sdk.ROOT / "templates"
ASSET = re.compile(r"\"?s3://code-bucket/sfn-cfn/[0-9a-f]{64}/(.+?)\"?")
ENV = {
    **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_PAGER": "",
}


class Cloud:
    """The local server: one deployment after another, each on empty ground."""

    def __init__(self, endpoint: str, region: str = plain_sdk.REGION) -> None:
        self.endpoint, self.region = endpoint, region

    def reset(self) -> None:
        """Forget all resources."""
        request = urllib.request.Request(f"{self.endpoint}/moto-api/reset", method="POST")
        urllib.request.urlopen(request).close()

    def client(self, service: str) -> Any:
        """A client of `service` that talks to this server."""
        return botocore.session.Session().create_client(
            service,
            region_name=self.region,
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
        env = {**ENV, "AWS_DEFAULT_REGION": self.region}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
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

    def create(self, name: str, parameters: Mapping[str, str]) -> dict[str, str]:
        """The outputs of a stack that is made without a change set: moto 5.2 gives none for the CLI's stacks."""
        client = self.client("cloudformation")
        client.create_stack(
            StackName=name,
            TemplateBody=(TEMPLATES / f"{name}.yaml").read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
        return {row["OutputKey"]: row["OutputValue"] for row in stack["Outputs"]}

    def role_arn(self, name: str, logical_id: str) -> str:
        """The ARN of a role that the stack made; fails where the role is not there."""
        _, physical_id = self.resources(name)[logical_id]
        arn: str = self.client("iam").get_role(RoleName=physical_id)["Role"]["Arn"]
        return arn


@contextmanager
def cloud_server() -> Iterator[Cloud]:
    """The server on a free port of this machine, stopped at the end."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    try:
        yield Cloud(f"http://{host}:{port}")
    finally:
        running.stop()


def script(name: str) -> Path:
    """The example that makes the workflow `name`."""
    return plain_sdk.ROOT / "workflows" / f"{name.replace('-', '_')}.py"


def with_role(node: Any, role: str) -> Any:
    """The definition with `role` wherever it gives a role to a job."""
    if isinstance(node, dict):
        return {
            key: role if key in ("RoleArn", "ExecutionRoleArn") else with_role(value, role)
            for key, value in node.items()
        }
    return [with_role(item, role) for item in node] if isinstance(node, list) else node


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every leaf of JSON values with its path."""
    if isinstance(node, (dict, list)) and node:
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(item, (*path, str(key)))
    else:
        yield path, node


def parameters(name: str, region: str) -> dict[str, str]:
    """What the template has of the SDK's default bucket, and of a bucket for code."""
    text = (TEMPLATES / f"{name}.yaml").read_text()
    given = {"DataBucket": f"sagemaker-{region}-{plain_sdk.ACCOUNT}", "AssetBucket": "code-bucket"}
    return {key: value for key, value in given.items() if f"\n  {key}:\n" in text}


def without_assets(deployed: dict[Any, Any], plain: dict[Any, Any]) -> dict[Any, Any]:
    """What is deployed, with the SDK's URI in place of each asset of the same name."""
    out = dict(deployed)
    for path, leaf in deployed.items():
        found = ASSET.fullmatch(leaf) if isinstance(leaf, str) else None
        if found and re.search(rf"/{re.escape(found[1])}\"?$", str(plain.get(path))):
            out[path] = plain[path]
    return out
