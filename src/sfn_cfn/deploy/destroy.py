"""A stack's name -> no stack; its data buckets stay unless their deletion is asked for.

An application's nested stacks go with it. One of them deleted by itself would leave the application's stack with a
resource that is not there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sfn_cfn.application import NAME
from sfn_cfn.deploy import codes
from sfn_cfn.deploy.aws import Cloud, error_of, translated
from sfn_cfn.deploy.bootstrap import described
from sfn_cfn.deploy.change_set import PREFIX
from sfn_cfn.deploy.events import Event, Watched, follow, newest, root_cause
from sfn_cfn.deploy.nested import NESTED_TYPE, Place
from sfn_cfn.errors import DeployError, Diagnostic
from sfn_cfn.template.tokens import (
    DATA_BUCKET_RESOURCE,
    PIPELINE_TABLE_PARAMETER,
    PIPELINE_TABLE_RESOURCE,
)

_BATCH = 1000
"""The most keys that `DeleteObjects` takes."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """A stack that is to be deleted, and the buckets that it has made. `data` is the workflow's data bucket.

    `nested` are the stacks that go with it; the buckets are theirs too. `tables` are those of pipelines.
    """

    name: str
    arn: str
    buckets: tuple[str, ...] = ()
    data: str = ""
    nested: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


def find(cloud: Cloud, name: str) -> Doomed | None:
    """The stack and its buckets; None where it is not there. Raises `DeployError` (SFN831) where it is protected."""
    cloudformation = cloud.client("cloudformation")
    with translated():
        found = described(cloudformation, name)
        if found is None:
            return None
        if found.get("EnableTerminationProtection"):
            hint = (
                "take the protection away by 'aws cloudformation update-termination-protection "
                f"--no-enable-termination-protection --stack-name {name}'"
            )
            message = f"stack '{name}' is protected against termination"
            raise DeployError(codes.SFN831.at(None, message, hint))
        stacks, buckets, tables, data = [found["StackId"]], [], [], ""
        for arn in stacks:
            for one in _resources(cloudformation, arn):
                if one["ResourceType"] == NESTED_TYPE:
                    stacks.append(one["PhysicalResourceId"])
                elif one["LogicalResourceId"] == PIPELINE_TABLE_RESOURCE:
                    tables.append(one["PhysicalResourceId"])
                elif one["ResourceType"] == "AWS::S3::Bucket":
                    buckets.append(one["PhysicalResourceId"])
                    if one["LogicalResourceId"] == DATA_BUCKET_RESOURCE:
                        data = data or one["PhysicalResourceId"]
    nested = tuple(arn.split("/")[1] if arn.startswith("arn:") else arn for arn in stacks[1:])
    return Doomed(name, found["StackId"], tuple(buckets), data, nested, tuple(tables))


def _resources(cloudformation: Any, stack: str) -> Iterator[dict[str, Any]]:
    """The resources that a stack has."""
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for one in page["StackResourceSummaries"]:
            if one.get("PhysicalResourceId") and one.get("ResourceStatus") != "DELETE_COMPLETE":
                yield one


def part(place: Place, environment: str) -> Diagnostic:
    """The finding that a workflow is in an application, which is deleted as a whole."""
    message = f"workflow '{place.workflow}' is a part of the application's stack '{place.application}'"
    hint = (
        f"write emit = false in [workflows.{place.workflow}] and deploy by 'sfn-cfn deploy --env {environment}', "
        f"or delete the whole by 'sfn-cfn destroy {NAME} --env {environment}'"
    )
    return codes.SFN833.at(None, message, hint)


def delete(
    cloud: Cloud,
    doomed: Doomed,
    token: str,
    *,
    show: Callable[[Event], None] = lambda _: None,
    sleep: Callable[[float], None],
    role_arn: str = "",
) -> Diagnostic | None:
    """Delete the stack and follow that to its end; the first cause where it fails."""
    cloudformation = cloud.client("cloudformation")
    with translated():
        event = newest(cloudformation, doomed.arn)
        watched = Watched(doomed.name, doomed.arn, event.id if event else "")
        role = {"RoleARN": role_arn} if role_arn else {}
        cloudformation.delete_stack(StackName=doomed.arn, ClientRequestToken=PREFIX + token, **role)
        follow(cloudformation, [watched], show, sleep)
    if watched.status == "DELETE_COMPLETE":
        return None
    with translated():
        cause = root_cause(cloudformation, watched.events)
    message = f"stack '{doomed.name}' is not deleted, and in state {watched.status}"
    if cause and not cause.is_stack:
        reason = cause.reason.rstrip(".")
        message = f"{cause.type} '{cause.logical_id}' of stack '{cause.stack or doomed.name}' is not deleted: {reason}"
    return codes.SFN831.at(None, message, "mend the cause, and repeat the command")


def kept(cloud: Cloud, doomed: Doomed) -> tuple[str, ...]:
    """The stack's buckets that are still there."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (loaded with boto3)

    found = []
    s3 = cloud.client("s3")
    with translated():
        for bucket in doomed.buckets:
            with contextlib.suppress(ClientError):
                s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=cloud.account)
                found.append(bucket)
    return tuple(found)


def kept_tables(cloud: Cloud, doomed: Doomed) -> Iterator[Diagnostic]:
    """The stack's tables of pipelines that are still there, and how a later deployment takes them over."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (loaded with boto3)

    with translated():
        for table in doomed.tables:
            with contextlib.suppress(ClientError):
                cloud.client("dynamodb").describe_table(TableName=table)
                hint = (
                    f'a later deployment takes it by {PIPELINE_TABLE_PARAMETER} = "{table}" '
                    f"in [environments.{cloud.environment}.parameters]"
                )
                message = f"table '{table}' of stack '{doomed.name}' is kept"
                yield codes.SFN837.at(None, message, hint)


def keeping(doomed: Doomed, bucket: str, environment: str) -> Diagnostic:
    """How a later deployment takes over a bucket that is kept."""
    hint = "empty and delete it yourself when nobody needs it"
    if bucket == doomed.data:
        hint = f'a later deployment takes it by DataBucket = "{bucket}" in [environments.{environment}.parameters]'
    return codes.SFN832.at(None, f"bucket '{bucket}' of stack '{doomed.name}' is kept", hint)


def delete_bucket(cloud: Cloud, bucket: str, say: Callable[[str], None] = lambda _: None) -> int:
    """Delete a bucket with all versions of all its objects; how many those were."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (loaded with boto3)

    s3, count = cloud.client("s3"), 0
    place: dict[str, Any] = {"Bucket": bucket, "ExpectedBucketOwner": cloud.account}
    with translated():
        try:
            for page in s3.get_paginator("list_object_versions").paginate(**place):
                found = [
                    {"Key": one["Key"], "VersionId": one["VersionId"]}
                    for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                ]
                for start in range(0, len(found), _BATCH):
                    batch = found[start : start + _BATCH]
                    answer = s3.delete_objects(**place, Delete={"Objects": batch, "Quiet": True})
                    if errors := answer.get("Errors"):
                        first = errors[0]
                        message = (
                            f"object '{first['Key']}' of bucket '{bucket}' is not deleted: {first['Message']}"
                        )
                        raise DeployError(
                            codes.SFN831.at(None, message, "mend the cause, and repeat the command")
                        )
                    count += len(batch)
            s3.delete_bucket(**place)
        except ClientError as error:
            if error_of(error)[0] != "NoSuchBucket":
                raise
    say(f"bucket '{bucket}' is deleted, and {count} versions of objects in it")
    return count
