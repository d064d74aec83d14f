"""A local AWS (moto), its services' clients, and stacks on it.

moto 5.2 takes the resources that an update adds in the order in which they stand, whatever they depend on, so templates
are sent with what others depend on first (the order means nothing to CloudFormation). They are sent by S3, as those of
more than 51,200 bytes have to be.
"""

from __future__ import annotations

import functools
import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from mending import mend
from moto.server import ThreadedMotoServer

REGION = "eu-west-1"
ACCOUNT = "123456789012"
BUCKET = "templates-of-stacks"


@dataclass(frozen=True)
class Aws:
    """The services at one address."""

    url: str

    def client(self, service: str) -> Any:
        return _client(service, self.url)


@functools.cache
def _client(service: str, url: str) -> Any:
    return botocore.session.Session().create_client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@contextmanager
def serving() -> Iterator[Aws]:
    """A local AWS with nothing in it, with what `mending` says."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    _, port = running.get_host_and_port()
    # Only under this name does moto read a template's bucket from the path of its address.
    aws = Aws(f"http://localhost:{port}")
    try:
        urllib.request.urlopen(urllib.request.Request(f"{aws.url}/moto-api/reset", method="POST")).close()
        aws.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        with pytest.MonkeyPatch.context() as patched:
            mend(patched)
            yield aws
    finally:
        running.stop()


@dataclass(frozen=True)
class Made:
    """A resource of a stack, as CloudFormation lists it."""

    kind: str
    physical: str


@dataclass(frozen=True)
class Stack:
    """A stack by its name and parameters."""

    aws: Aws
    name: str
    parameters: Mapping[str, str]

    def create(self, template: Mapping[str, Any]) -> dict[str, Made]:
        return self._deploy("create_stack", template)

    def update(self, template: Mapping[str, Any]) -> dict[str, Made]:
        return self._deploy("update_stack", template)

    def delete(self) -> None:
        self.aws.client("cloudformation").delete_stack(StackName=self.name)

    def outputs(self) -> dict[str, str]:
        (one,) = self.aws.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        return {row["OutputKey"]: row["OutputValue"] for row in one["Outputs"]}

    def _deploy(self, call: str, template: Mapping[str, Any]) -> dict[str, Made]:
        cloud = self.aws.client("cloudformation")
        body = json.dumps(in_order(template))
        self.aws.client("s3").put_object(Bucket=BUCKET, Key=f"{self.name}.json", Body=body.encode())
        values = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        getattr(cloud, call)(
            StackName=self.name,
            TemplateURL=f"{self.aws.url}/{BUCKET}/{self.name}.json",
            Parameters=values,
            Capabilities=["CAPABILITY_IAM"],
        )
        rows = cloud.list_stack_resources(StackName=self.name)["StackResourceSummaries"]
        return {
            row["LogicalResourceId"]: Made(row["ResourceType"], row.get("PhysicalResourceId", ""))
            for row in rows
            # moto lists an empty row for each resource of a type that it does not know.
            if row.get("LogicalResourceId")
        }


def in_order(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template with each resource after those that its `DependsOn` names."""
    resources = template["Resources"]
    out: dict[str, Any] = {}

    def add(name: str) -> None:
        needed = resources[name].get("DependsOn", [])
        for other in [needed] if isinstance(needed, str) else needed:
            add(other)
        out.setdefault(name, resources[name])

    for name in resources:
        add(name)
    return {**template, "Resources": out}
