"""Each committed template, built once, is deployed in regions of three partitions and compared with the SDK there.

The SDK runs by itself, as in that region and account; the stack's own values are read from the deployment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import plain_sdk
import pytest
from cloud import TEMPLATES, Cloud, cloud_server, leaves, parameters, script, with_role, without_assets
from moto.cloudformation import parsing

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS..S3..BucketPolicy")

NAMES = sorted(path.stem for path in TEMPLATES.glob("*.yaml"))
REGIONS = {
    "us-east-1": ("aws", "amazonaws.com"),
    "eu-west-1": ("aws", "amazonaws.com"),
    "ap-southeast-1": ("aws", "amazonaws.com"),
    "us-gov-west-1": ("aws-us-gov", "amazonaws.com"),
    "cn-north-1": ("aws-cn", "amazonaws.com.cn"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Cloud]:
    """A server that knows partitions: moto 5.2 gives every stack those of the commercial regions."""
    init = parsing.ResourceMap.__init__

    def with_partition(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        partition, suffix = REGIONS[self._region_name]
        self._parsed_resources |= {"AWS::Partition": partition, "AWS::URLSuffix": suffix}

    with pytest.MonkeyPatch.context() as patch, cloud_server() as started:
        patch.setattr(parsing.ResourceMap, "__init__", with_partition)
        yield started


@pytest.fixture(scope="module", params=REGIONS)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, plain_sdk.PlainWorkflow]]:
    """A region, and what the SDK makes of all examples there."""
    scripts = tuple(script(name) for name in NAMES)
    return request.param, plain_sdk.run_all(scripts, tmp_path_factory.mktemp(request.param), request.param)


def expected(node: Any, region: str) -> Any:
    """What the SDK gives there, with the partition and its domain where a script wrote out those of `aws`."""
    partition, suffix = REGIONS[region]
    text = json.dumps(node).replace("arn:aws:", f"arn:{partition}:")
    return json.loads(re.sub(rf"(\.{region})\.amazonaws\.com(?!\.cn)", rf"\1.{suffix}", text))


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_in_each_region_what_the_sdk_makes_there(
    name: str, place: tuple[str, dict[str, plain_sdk.PlainWorkflow]], server: Cloud
) -> None:
    region, made = place
    cloud = Cloud(server.endpoint, region)
    cloud.reset()
    cloud.deploy(name, parameters(name, region), {})
    resources = cloud.resources(name)
    role = cloud.role_arn(name, "SageMakerExecutionRole") if "SageMakerExecutionRole" in resources else ""
    wanted = dict(leaves(with_role(expected(made[name].definition, region), role)))
    deployed = dict(leaves(json.loads(cloud.machine(name)["definition"])))
    assert without_assets(deployed, wanted) == wanted
    assert "WorkflowDataBucket" not in resources


MADE_UP = {
    "TrainingJobName",
    "ModelName",
    "EndpointName",
    "EndpointConfigName",
    "ModelDataUrl",
    "S3OutputPath",
}
"""What the SDK's pipeline makes up when it is executed: names, and what holds them."""


def test_a_ready_made_pipelines_input_is_in_each_region_what_the_sdk_makes_there(
    place: tuple[str, dict[str, plain_sdk.PlainWorkflow]], server: Cloud
) -> None:
    region, made = place
    cloud = Cloud(server.endpoint, region)
    cloud.reset()
    given = parameters("ready-made", region)
    outputs = cloud.create("ready-made", given)
    plain = with_role(expected(made["ready-made"].given, region), outputs["SageMakerJobRoleArn"])
    wanted, deployed = dict(leaves(plain)), dict(leaves(json.loads(outputs["ExecutionInput"])))
    kept = {path for path in wanted if path[-1] not in MADE_UP}
    assert {path: deployed.get(path) for path in kept} == {path: wanted[path] for path in kept}
    assert set(deployed) == set(wanted)
    assert deployed["Training", "OutputDataConfig", "S3OutputPath"] == (
        f"s3://{given['DataBucket']}/ready-made/models"
    )


def test_the_stack_makes_the_data_bucket_where_none_is_given(server: Cloud) -> None:
    cloud = Cloud(server.endpoint)
    cloud.reset()
    outputs = cloud.create("train-deploy", {})
    made = cloud.resources("train-deploy")
    kind, name = made["WorkflowDataBucket"]
    assert kind == "AWS::S3::Bucket"
    assert outputs["DataBucketName"] == name
    train = json.loads(cloud.machine("train-deploy")["definition"])["States"]["Train"]["Parameters"]
    assert train["OutputDataConfig"] == {"S3OutputPath": f"s3://{name}/churn/models"}
    s3 = cloud.client("s3")
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
