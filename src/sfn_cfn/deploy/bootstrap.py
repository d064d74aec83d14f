"""An account and region -> the name of its asset bucket, made by a small stack of its own where there is none.

The bucket holds code before a workflow's stack exists, so no workflow's stack can make it. The stack is made
once; a second run, or one beside it, finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

from sfn_cfn.deploy import codes
from sfn_cfn.deploy.aws import Cloud, error_of, translated
from sfn_cfn.errors import DeployError

STACK = "sfn-cfn-assets"
OUTPUT = "AssetBucket"
_PAUSE = 2.0
_TAGS = [{"Key": "sfn-cfn", "Value": "assets"}]
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


def asset_bucket(
    cloud: Cloud,
    given: str = "",
    *,
    say: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None],
) -> str:
    """The bucket `given`, or that of the account's and region's stack, which is made where it is missing.

    Raises `DeployError` where the bucket is another account's or region's, or the stack is not in order.
    """
    bucket = given or _of_stack(cloud, say, sleep)
    _check(cloud, bucket)
    return bucket


def template() -> str:
    """The template of the asset bucket's stack."""
    return resources.files("sfn_cfn.deploy").joinpath("asset_bucket.yaml").read_text(encoding="utf-8")


def _of_stack(cloud: Cloud, say: Callable[[str], None], sleep: Callable[[float], None]) -> str:
    cloudformation = cloud.client("cloudformation")
    with translated():
        found = described(cloudformation, STACK)
        if found is None:
            say(f"making the asset bucket of account {cloud.account} in {cloud.region} (stack '{STACK}')")
            _create(cloudformation)
        while found is None or found["StackStatus"].endswith("_IN_PROGRESS"):
            if found is not None:
                sleep(_PAUSE)
            found = described(cloudformation, STACK)
    status = found["StackStatus"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())}
    if status not in _GOOD or not outputs.get(OUTPUT):
        hint = f"delete it by 'aws cloudformation delete-stack --stack-name {STACK}', or name a bucket by AssetBucket"
        message = f"stack '{STACK}' of the asset bucket is in state {status}"
        if status in _GOOD:
            message = f"stack '{STACK}' has no output '{OUTPUT}'"
        raise DeployError(codes.SFN824.at(None, message, hint))
    return str(outputs[OUTPUT])


def _create(cloudformation: Any) -> None:
    from botocore.exceptions import ClientError  # noqa: PLC0415 (loaded with boto3)

    try:
        cloudformation.create_stack(
            StackName=STACK,
            TemplateBody=template(),
            Tags=_TAGS,
            EnableTerminationProtection=True,
        )
    except ClientError as error:
        if error_of(error)[0] != "AlreadyExistsException":  # another run was faster
            raise


def described(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """The stack of that name (or ARN) as `DescribeStacks` has it; None where there is none."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (loaded with boto3)

    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        code, said = error_of(error)
        if code == "ValidationError" and "does not exist" in said:
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def _check(cloud: Cloud, bucket: str) -> None:
    """Raise where the bucket is not of this account and region."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (loaded with boto3)

    with translated():
        try:
            head = cloud.client("s3").head_bucket(Bucket=bucket, ExpectedBucketOwner=cloud.account)
        except ClientError as error:
            reasons = {
                "404": "does not exist",
                "403": f"is not of account {cloud.account}, or may not be read",
            }
            reason = reasons.get(error_of(error)[0])
            if reason is None:
                raise
            hint = "name another one in the environment's parameters, or none: then one is made"
            raise DeployError(codes.SFN822.at(None, f"the asset bucket '{bucket}' {reason}", hint)) from error
    region = head.get("BucketRegion") or cloud.region
    if region != cloud.region:
        message = f"the asset bucket '{bucket}' is in {region}, the environment in {cloud.region}"
        raise DeployError(codes.SFN823.at(None, message, f"name a bucket in {cloud.region}"))
