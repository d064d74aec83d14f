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
from cloud import TEMPLATES, Cloud, cloud_server, script, with_role
from moto.cloudformation import parsing

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


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every leaf of JSON values with its path."""
    if isinstance(node, (dict, list)) and node:
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(item, (*path, str(key)))
    else:
        yield path, node


def expected(node: Any, region: str) -> Any:
    """What the SDK gives, with the domain of the region's partition where a script wrote `.amazonaws.com`."""
    suffix = REGIONS[region][1]
    text = json.dumps(node)
    return json.loads(re.sub(rf"(\\.{region})\\.amazonaws\\.com(?!\\.cn)", rf"\\1.{suffix}", text))


def without_times(node: Any) -> Any:
    """A ready-made pipeline's input without the times that the SDK puts into names."""
    return json.loads(re.sub(r"-\d{4}(-\d\d){5}|-\d{4}(-\d\d){5}-\d{3}", "", json.dumps(node)))


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_in_each_region_what_the_sdk_makes_there(
    name: str, place: tuple[str, dict[str, plain_sdk.PlainWorkflow]], server: Cloud
) -> None:
    region, made = place
    cloud = Cloud(server.endpoint, region)
    cloud.reset()
    bucket = f"sagemaker-{region}-{plain_sdk.ACCOUNT}"
    given = {"DataBucket": bucket} if "  DataBucket:\n" in (TEMPLATES / f"{name}.yaml").read_text() else {}
    cloud.deploy(name, given, {})
    wanted = expected(made[name].definition, region)
    resources = cloud.resources(name)
    role = cloud.role_arn(name, "SageMakerExecutionRole") if "SageMakerExecutionRole" in resources else ""
    assert dict(leaves(json.loads(cloud.machine(name)["definition"]))) == dict(
        leaves(with_role(wanted, role))
    )
    assert "WorkflowDataBucket" not in resources


def test_a_ready_made_pipelines_input_is_in_each_region_what_the_sdk_makes_there(
    place: tuple[str, dict[str, plain_sdk.PlainWorkflow]], server: Cloud
) -> None:
    region, made = place
    cloud = Cloud(server.endpoint, region)
    cloud.reset()
    outputs = cloud.create("ready-made", {"DataBucket": f"sagemaker-{region}-{plain_sdk.ACCOUNT}"})
    given = with_role(expected(made["ready-made"].given, region), outputs["SageMakerJobRoleArn"])
    assert dict(leaves(without_times(json.loads(outputs["ExecutionInput"])))) == dict(
        leaves(without_times(given))
    )


def test_the_stack_makes_the_data_bucket_where_none_is_given(server: Cloud) -> None:
    cloud = Cloud(server.endpoint)
    cloud.reset()
    outputs = cloud.create("train-deploy", {})
    made = cloud.resources("train-deploy")
    kind, name = made["WorkflowDataBucket"]
    assert (kind, made["WorkflowDataBucketPolicy"][0]) == ("AWS::S3::Bucket", "AWS::S3::BucketPolicy")
    assert outputs["DataBucketName"] == name
    train = json.loads(cloud.machine("train-deploy")["definition"])["States"]["Train"]["Parameters"]
    assert train["OutputDataConfig"] == {"S3OutputPath": f"s3://{name}/churn/models"}
    s3 = cloud.client("s3")
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert set(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values()) == {True}
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
