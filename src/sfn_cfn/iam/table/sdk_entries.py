"""Operations whose needs no rule gives: the whole of them, as `service:Operation` of botocore's.

Sources: the service authorization reference; the DynamoDB developer guide, "Using IAM with DynamoDB
transactions" and "IAM security policies with PartiQL for DynamoDB"; the AWS KMS developer guide, "Key policies"
(re-encryption); the Bedrock user guide, "Prerequisites for running model inference" (a model in any region stands
behind an inference profile).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfn_cfn.iam.entries import Grant, Resource
from sfn_cfn.iam.table.sdk_s3 import S3

_MODEL = Resource("bedrock", "", "ModelId", "model")
_INVOCATIONS = Resource("bedrock", "model-invocation-job/{}", form="format")
_GUARDRAIL = Resource("bedrock", "guardrail/", "GuardrailIdentifier", "name or arn")
_SECRET = Resource("secretsmanager", "secret:", "SecretArn", "arn")
_CONVERSE_GUARDRAIL = Resource("bedrock", "guardrail/", "GuardrailConfig.GuardrailIdentifier", "name or arn")


def _one(*actions: str, on: tuple[Resource, ...] | None, when: tuple[str, ...] = ()) -> Grant:
    return Grant("", actions, on, when=when)


def _table(field: str) -> Resource:
    return Resource("dynamodb", "table/", field, "name or arn")


def _partiql(field: str) -> tuple[Grant, ...]:
    return tuple(
        _one(
            f"dynamodb:PartiQL{verb}", on=(Resource("dynamodb", "table/", field, f"partiql {verb.lower()}"),)
        )
        for verb in ("Delete", "Insert", "Select", "Update")
    )


_PACKAGE = Resource("sagemaker", "model-package/{ModelPackageName}", form="both")
_PACKAGES = (
    Resource("sagemaker", "model-package/{ModelPackageGroupName}/{}", form="both"),
    Resource("sagemaker", "model-package-group/{ModelPackageGroupName}", form="both"),
)
_ANY_PACKAGE = Resource("sagemaker", "model-package/{ModelPackageGroupName}{ModelPackageName}{}", form="both")

_CLUSTER = Resource("redshift", "cluster:{ClusterIdentifier}", form="format")
# A workgroup's ARN holds an ID that no parameter has.
_WORKGROUP = Resource("redshift-serverless", "workgroup/{}", form="format")


def _redshift_data() -> Iterator[tuple[str, tuple[Grant, ...]]]:
    """A statement on a cluster or a workgroup, with the credentials of a secret, of a user or of the role."""
    for name in (
        "BatchExecuteStatement",
        "DescribeTable",
        "ExecuteStatement",
        "ListDatabases",
        "ListSchemas",
        "ListTables",
    ):
        action = f"redshift-data:{name}"
        yield (
            name,
            (
                _one(action, on=(_CLUSTER,), when=("ClusterIdentifier",)),
                _one(action, on=(_WORKGROUP,), when=("WorkgroupName",)),
                Grant("", (action,), (_CLUSTER, _WORKGROUP), unless=("ClusterIdentifier", "WorkgroupName")),
                _one("secretsmanager:GetSecretValue", on=(_SECRET,), when=("SecretArn",)),
                Grant(
                    "",
                    ("redshift:GetClusterCredentials",),
                    (
                        Resource("redshift", "dbuser:{ClusterIdentifier}/{DbUser}", form="format"),
                        Resource("redshift", "dbname:{ClusterIdentifier}/{Database}", form="format"),
                    ),
                    when=("DbUser",),
                    unless=("SecretArn",),
                ),
                Grant(
                    "",
                    ("redshift:GetClusterCredentialsWithIAM",),
                    (Resource("redshift", "dbname:{ClusterIdentifier}/{Database}", form="format"),),
                    when=("ClusterIdentifier",),
                    unless=("SecretArn", "DbUser"),
                ),
                Grant(
                    "",
                    ("redshift-serverless:GetCredentials",),
                    (_WORKGROUP,),
                    when=("WorkgroupName",),
                    unless=("SecretArn",),
                ),
            ),
        )


def _sent(field: str) -> tuple[Grant, ...]:
    """A message by an address' identity or its domain's, with a configuration set and a template where named."""
    action = "ses:SendTemplatedEmail" if field == "Template" else "ses:SendEmail"
    return (
        _one(action, on=(Resource("ses", "identity/", field, "sender"),)),
        _one(action, on=(_set("configuration-set", "ConfigurationSetName"),), when=("ConfigurationSetName",)),
    )


def _set(kind: str, field: str) -> Resource:
    return Resource("ses", f"{kind}/{{{field}}}", form="format")


_TRANSACT = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}

ENTRIES: Mapping[str, tuple[Grant, ...]] = {
    **{f"s3:{name}": grants for name, grants in S3.items()},
    "bedrock:CreateModelInvocationJob": (
        _one(
            "bedrock:CreateModelInvocationJob",
            on=(_MODEL, Resource("bedrock", "model-invocation-job/{}", form="format")),
        ),
        _one(
            "bedrock:TagResource",
            on=(Resource("bedrock", "model-invocation-job/{}", form="format"),),
            when=("Tags",),
        ),
    ),
    "bedrock-runtime:Converse": (
        _one("bedrock:InvokeModel", on=(_MODEL,)),
        _one("bedrock:ApplyGuardrail", on=(_CONVERSE_GUARDRAIL,), when=("GuardrailConfig",)),
    ),
    "bedrock-runtime:InvokeModel": (
        _one("bedrock:InvokeModel", on=(_MODEL,)),
        _one("bedrock:ApplyGuardrail", on=(_GUARDRAIL,), when=("GuardrailIdentifier",)),
    ),
    "bedrock-runtime:StartAsyncInvoke": (
        _one("bedrock:InvokeModel", on=(_MODEL, Resource("bedrock", "async-invoke/{}", form="format"))),
        _one(
            "s3:PutObject",
            on=(Resource("s3", "folder", "OutputDataConfig.S3OutputDataConfig.S3Uri", "place"),),
        ),
    ),
    "dynamodb:BatchExecuteStatement": _partiql("Statements[].Statement"),
    "dynamodb:BatchGetItem": (_one("dynamodb:BatchGetItem", on=(_table("RequestItems.@keys"),)),),
    "dynamodb:BatchWriteItem": (_one("dynamodb:BatchWriteItem", on=(_table("RequestItems.@keys"),)),),
    "dynamodb:ExecuteStatement": _partiql("Statement"),
    "dynamodb:ExecuteTransaction": _partiql("TransactStatements[].Statement"),
    "dynamodb:TransactGetItems": (_one("dynamodb:GetItem", on=(_table("TransactItems[].Get.TableName"),)),),
    "dynamodb:TransactWriteItems": tuple(
        _one(
            f"dynamodb:{action}",
            on=(_table(f"TransactItems[].{kind}.TableName"),),
            when=(f"TransactItems[].{kind}",),
        )
        for kind, action in _TRANSACT.items()
    ),
    "kms:UpdateAlias": (
        _one(
            "kms:UpdateAlias",
            on=(
                Resource("kms", "alias/", "AliasName", "alias"),
                Resource("kms", "key/", "AliasName", "key"),
                Resource("kms", "key/", "TargetKeyId", "key"),
            ),
        ),
    ),
    "kms:ReEncrypt": (
        _one("kms:ReEncryptFrom", on=(Resource("kms", "key/", "SourceKeyId", "key"),)),
        _one("kms:ReEncryptTo", on=(Resource("kms", "key/", "DestinationKeyId", "key"),)),
    ),
    "cloudwatch:PutMetricData": (
        Grant(
            "",
            ("cloudwatch:PutMetricData",),
            None,
            (("StringEquals", "cloudwatch:namespace", (Resource("cloudwatch", "", "Namespace", "text"),)),),
        ),
    ),
    **{f"redshift-data:{name}": grants for name, grants in _redshift_data()},
    "sagemaker:CreateModelPackage": (
        _one("sagemaker:CreateModelPackage", on=(_PACKAGE,), when=("ModelPackageName",)),
        _one("sagemaker:CreateModelPackage", on=_PACKAGES, when=("ModelPackageGroupName",)),
        Grant(
            "",
            ("sagemaker:CreateModelPackage",),
            (Resource("sagemaker", "model-package/{}", form="format"),),
            unless=("ModelPackageName", "ModelPackageGroupName"),
        ),
        _one("sagemaker:AddTags", on=(_ANY_PACKAGE,), when=("Tags",)),
    ),
    "ses:SendEmail": _sent("Source"),
    "ses:SendTemplatedEmail": _sent("Source"),
    "sesv2:SendEmail": _sent("FromEmailAddress"),
    "ssm:GetParametersByPath": (
        _one(
            "ssm:GetParametersByPath",
            on=tuple(Resource("ssm", f"parameter/{{Path}}{rest}", form="path") for rest in ("", "/{}")),
        ),
    ),
    "sagemaker:UpdateEndpoint": (
        _one(
            "sagemaker:UpdateEndpoint",
            on=(
                Resource("sagemaker", "endpoint/", "EndpointName", "name or arn", "lower"),
                Resource("sagemaker", "endpoint-config/", "EndpointConfigName", "name or arn", "lower"),
            ),
        ),
    ),
}
"""A Sid that is empty is made of the service and the operation."""
