"""Definition, Settings -> the bucket for a workflow's data, where the SDK's default one is named.

Nothing in a new account makes `sagemaker-<region>-<account>`, so the stack makes a bucket unless its
parameter names one. The bucket outlives the stack: `destroy` keeps it, and a later deployment takes it by the
parameter. Sources: the CloudFormation template reference, `AWS::S3::Bucket`; the S3 user guide, "Bucket naming
rules" and "Enforcing encryption of data in transit".
"""

from __future__ import annotations

from typing import Any

from sfn_cfn.errors import Code, Severity, TemplateError
from sfn_cfn.model import Definition
from sfn_cfn.operations.capability import Addition, Capability, names_data_bucket, sets_data_bucket
from sfn_cfn.sections import typed
from sfn_cfn.sections.storage import StorageSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import Value, equals, get_att, ref, sub
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import (
    DATA_BUCKET,
    DATA_BUCKET_CONDITION,
    DATA_BUCKET_PARAMETER,
    DATA_BUCKET_RESOURCE,
)

SFN601 = Code(
    "SFN601",
    Severity.ERROR,
    "the parameter of the data bucket is not a text",
    "Where a workflow uses the SDK's default bucket, the parameter `DataBucket` names it; empty, the stack makes one. "
    "A `DataBucket` that the author declares takes the place of the template's own, so it has to be a String.",
)

POLICY = "WorkflowDataBucketPolicy"
NAME_PATTERN = "^$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
DAYS = 7
"""After these, S3 drops the parts of an upload that was never completed."""
_KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}


def data_bucket(
    definition: Definition, settings: StorageSettings | None = None, *, is_set: bool = False
) -> Fragment:
    """The bucket with its policy, parameter, condition and output; empty where nothing names it.

    `is_set`: a setting of another capability names it.

    A `DataBucket` among the definition's own parameters stands in place of the template's. Raises
    `TemplateError` where that is a number.
    """
    if not (is_set or names_data_bucket(definition)):
        return Fragment()
    own = next((item for item in definition.parameters if item.name == DATA_BUCKET_PARAMETER), None)
    if own and own.kind != "String":
        place = own.location or definition.workflow.location
        message = f"parameter '{own.name}' is a {own.kind}, and names the workflow's bucket"
        raise TemplateError(SFN601.at(place, message, "make it a text, or give it another name"))
    return Fragment(
        parameters={} if own else {DATA_BUCKET_PARAMETER: _parameter()},
        conditions={DATA_BUCKET_CONDITION: equals(ref(DATA_BUCKET_PARAMETER), "")},
        resources={
            DATA_BUCKET_RESOURCE: _resource("AWS::S3::Bucket", _properties(settings or StorageSettings())),
            POLICY: _resource("AWS::S3::BucketPolicy", _policy()),
        },
        outputs={
            DATA_BUCKET.name: {
                "Description": "Bucket for the data of the workflow",
                "Value": DATA_BUCKET.value,
            }
        },
    )


def _parameter() -> dict[str, Any]:
    return {
        "Type": "String",
        "Default": "",
        "AllowedPattern": NAME_PATTERN,
        "Description": "Name of the bucket for the data of the workflow; empty: the stack creates one",
    }


def _resource(kind: str, properties: dict[str, Value]) -> dict[str, Value]:
    return {"Type": kind, "Condition": DATA_BUCKET_CONDITION, **_KEPT, "Properties": properties}


def _properties(settings: StorageSettings) -> dict[str, Value]:
    properties: dict[str, Value] = {
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            ]
        },
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "AbortIncompleteUploads",
                    "Status": "Enabled",
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": DAYS},
                }
            ]
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "VersioningConfiguration": {"Status": "Enabled"},
    }
    if settings.access_log_bucket:
        prefix = {"LogFilePrefix": _text(settings.access_log_prefix)} if settings.access_log_prefix else {}
        properties["LoggingConfiguration"] = {
            "DestinationBucketName": _text(settings.access_log_bucket),
            **prefix,
        }
    return properties


def _policy() -> dict[str, Value]:
    arn = get_att(DATA_BUCKET_RESOURCE, "Arn")
    statement = {
        "Sid": "OnlyEncryptedConnections",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, sub(f"${{{DATA_BUCKET_RESOURCE}.Arn}}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {
        "Bucket": ref(DATA_BUCKET_RESOURCE),
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }


def _text(value: str) -> Value:
    """A text of the settings, with its parameters."""
    return sub(value) if "${" in value else value


def _add(definition: Definition, settings: Settings) -> Addition:
    sections = settings.of(definition.name).operations
    own = typed(sections, "storage", StorageSettings)
    return Addition(data_bucket(definition, own, is_set=sets_data_bucket(definition, settings)))


CAPABILITY = Capability(add=_add)
