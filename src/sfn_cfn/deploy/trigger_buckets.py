"""Settings, workflows with their values -> the buckets whose new objects start workflows, and which of them are silent.

A bucket that the stack makes sends its events to EventBridge; one that is given does so only where somebody has
switched that on, and to EventBridge of its own region. An application's package has the triggers of all its workflows.
Sources: the S3 user guide, "Enabling Amazon EventBridge"; the S3 API reference, `GetBucketNotificationConfiguration`,
`PutBucketNotificationConfiguration` (which replaces the whole) and `HeadBucket` (which says the region even where it
refuses); the EventBridge user guide, "Sending and receiving events between AWS Regions".
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.deploy.aws import DENIED, Cloud, error_of
from sfn_cfn.deploy.codes import SFN817, SFN818, SFN819
from sfn_cfn.deploy.resolved import Member, resolved
from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.operations.starting import camel
from sfn_cfn.sections.triggers import TriggerSettings, triggers
from sfn_cfn.settings import Settings
from sfn_cfn.template.tokens import DATA_BUCKET


@dataclass(frozen=True, slots=True)
class Waiting:
    """A trigger that waits for new objects in a bucket that the stack does not make."""

    workflow: str
    trigger: str
    bucket: str
    location: SourceLocation


def concerns(chosen: Settings, workflow: str) -> bool:
    """Whether new objects start the workflow."""
    return bool(_of_s3(chosen, workflow))


def waiting(chosen: Settings, members: Iterable[Member]) -> Iterator[Waiting]:
    """The workflows' triggers on given buckets; those that are off, and names without a value, left out."""
    for package, known in members:
        own = chosen.of(package.workflow)
        for name, one in _of_s3(chosen, package.workflow).items():
            bucket = resolved(one.bucket or f"${{{DATA_BUCKET.name}}}", known)
            is_on = known.get(f"{camel(name)}TriggerState") != "DISABLED"
            if bucket and is_on:
                yield Waiting(package.workflow, name, bucket, own.place("triggers", name, "bucket"))


def _of_s3(chosen: Settings, workflow: str) -> dict[str, TriggerSettings]:
    return {name: one for name, one in triggers(chosen.of(workflow).operations).items() if one.kind == "s3"}


def check(cloud: Cloud, found: Iterable[Waiting]) -> Iterator[Diagnostic]:
    """A finding for each trigger whose bucket is silent, elsewhere, not there or may not be looked at.

    Raises `ClientError` where S3 refuses for another reason.
    """
    answers: dict[str, Mapping[str, Any]] = {}
    for one in found:
        if one.bucket not in answers:
            answers[one.bucket] = _ask(cloud, one.bucket)
        yield from _judge(cloud, one, answers[one.bucket])


def _ask(cloud: Cloud, bucket: str) -> Mapping[str, Any]:
    """The bucket's notifications; `{"Region": region}` of one that is elsewhere; `{"Refused": code, "Said": words}`."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (with the client)

    region = region_of(cloud, bucket)
    if region not in ("", cloud.region):
        return {"Region": region}
    try:
        answer = cloud.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    except ClientError as error:
        code, said = error_of(error)
        if code not in DENIED and code != "NoSuchBucket":
            raise
        return {"Refused": code, "Said": said}
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def region_of(cloud: Cloud, bucket: str) -> str:
    """The region that a bucket is in; empty where S3 does not say, or knows no such bucket.

    Raises `ClientError` where S3 refuses for another reason.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415 (with the client)

    try:
        answer = cloud.client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        if error_of(error)[0] not in {*DENIED, "301", "400", "404"}:
            raise
        answer = error.response
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(answer.get("BucketRegion") or headers.get("x-amz-bucket-region", ""))


def _judge(cloud: Cloud, one: Waiting, answer: Mapping[str, Any]) -> Iterator[Diagnostic]:
    what = f"bucket '{one.bucket}', whose new objects trigger '{one.trigger}' of workflow '{one.workflow}' waits for,"
    if "Region" in answer:
        message = f"{what} is in {answer['Region']}, and the stack in {cloud.region}"
        hint = (
            f"name a bucket in {cloud.region}, or deploy to {answer['Region']}; "
            "where a rule there sends the events on, write the trigger as kind = 'event'"
        )
        yield SFN819.at(one.location, message, hint)
    elif answer.get("Refused") == "NoSuchBucket":
        yield SFN817.at(one.location, f"{what} is not there", "create it, or correct its name")
    elif "Refused" in answer:
        message = f"it is not known whether {what} sends events to EventBridge: {answer['Said']}"
        yield SFN818.at(one.location, message, "ask for s3:GetBucketNotification, or see that it does")
    elif "EventBridgeConfiguration" not in answer:
        # The call replaces all notifications, so those that stand are given again.
        whole = json.dumps({**answer, "EventBridgeConfiguration": {}})
        command = ["aws", "s3api", "put-bucket-notification-configuration", "--region", cloud.region]
        command += ["--bucket", one.bucket, "--notification-configuration", whole]
        yield SFN817.at(one.location, f"{what} sends no events to EventBridge", f"run: {shlex.join(command)}")
