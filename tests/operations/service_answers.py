"""What the services themselves say of a resource: client, physical ID, wanted properties -> properties, None if gone.

One function per type of resource. `UNTOLD` has the properties that moto 5.2 does not keep or give.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from botocore.exceptions import ClientError
from local_aws import Aws

Reader: TypeAlias = "Callable[[Aws, str, Mapping[str, Any]], dict[str, Any] | None]"
_GONE = re.compile(r"NotFound|NoSuch|NonExistent|DoesNotExist|^404$")


def told(aws: Aws, kind: str, physical: str, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """The properties of a resource, None where its service does not know it (any more)."""
    try:
        return READERS[kind](aws, physical, wanted)
    except ClientError as error:
        if _GONE.search(error.response["Error"]["Code"]):
            return None
        raise


def _machine(aws: Aws, physical: str, _: Mapping[str, Any]) -> dict[str, Any]:
    states = aws.client("stepfunctions")
    one = states.describe_state_machine(stateMachineArn=physical)
    tags = states.list_tags_for_resource(resourceArn=physical)["tags"]
    return {
        "StateMachineName": one["name"],
        "DefinitionString": one["definition"],
        "RoleArn": one["roleArn"],
        "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in tags],
    }


def _role(aws: Aws, physical: str, _: Mapping[str, Any]) -> dict[str, Any]:
    iam = aws.client("iam")
    names = iam.list_role_policies(RoleName=physical)["PolicyNames"]
    found = [iam.get_role_policy(RoleName=physical, PolicyName=name) for name in names]
    return {
        "AssumeRolePolicyDocument": iam.get_role(RoleName=physical)["Role"]["AssumeRolePolicyDocument"],
        "Policies": [
            # moto keeps the Python value, and gives its `repr` where IAM gives JSON.
            {"PolicyName": one["PolicyName"], "PolicyDocument": ast.literal_eval(one["PolicyDocument"])}
            for one in found
        ],
    }


def _log_group(aws: Aws, physical: str, _: Mapping[str, Any]) -> dict[str, Any] | None:
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=physical)["logGroups"]
    one = next((one for one in groups if one["logGroupName"] == physical), None)
    return one and {"LogGroupName": physical, "RetentionInDays": one["retentionInDays"]}


def _dashboard(aws: Aws, physical: str, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"DashboardBody": aws.client("cloudwatch").get_dashboard(DashboardName=physical)["DashboardBody"]}


def _key(aws: Aws, physical: str, _: Mapping[str, Any]) -> dict[str, Any] | None:
    kms = aws.client("kms")
    one = kms.describe_key(KeyId=physical)["KeyMetadata"]
    if one["KeyState"] == "PendingDeletion":
        return None
    return {
        "Description": one["Description"],
        "EnableKeyRotation": kms.get_key_rotation_status(KeyId=physical)["KeyRotationEnabled"],
        "KeyPolicy": json.loads(kms.get_key_policy(KeyId=physical, PolicyName="default")["Policy"]),
    }


def _topic(aws: Aws, physical: str, _: Mapping[str, Any]) -> dict[str, Any]:
    found = aws.client("sns").get_topic_attributes(TopicArn=physical)["Attributes"]
    return {"DisplayName": found["DisplayName"], "KmsMasterKeyId": found["KmsMasterKeyId"]}


def _rule(aws: Aws, physical: str, _: Mapping[str, Any]) -> dict[str, Any]:
    events = aws.client("events")
    one = events.describe_rule(Name=physical)
    return {
        "Name": one["Name"],
        "State": one["State"],
        "Description": one.get("Description"),
        "EventPattern": json.loads(one["EventPattern"]),
        "Targets": events.list_targets_by_rule(Rule=physical)["Targets"],
    }


def _queue(aws: Aws, physical: str, _: Mapping[str, Any]) -> dict[str, Any]:
    found = aws.client("sqs").get_queue_attributes(QueueUrl=physical, AttributeNames=["All"])["Attributes"]
    redrive = json.loads(found["RedrivePolicy"]) if "RedrivePolicy" in found else None
    return {
        "MessageRetentionPeriod": int(found["MessageRetentionPeriod"]),
        "SqsManagedSseEnabled": found["SqsManagedSseEnabled"] == "true",
        "VisibilityTimeout": int(found["VisibilityTimeout"]),
        "RedrivePolicy": redrive,
    }


def _table(aws: Aws, physical: str, _: Mapping[str, Any]) -> dict[str, Any]:
    one = aws.client("dynamodb").describe_table(TableName=physical)["Table"]
    return {
        "AttributeDefinitions": one["AttributeDefinitions"],
        "KeySchema": one["KeySchema"],
        "BillingMode": one["BillingModeSummary"]["BillingMode"],
    }


def _bucket(aws: Aws, physical: str, _: Mapping[str, Any]) -> dict[str, Any]:
    found = aws.client("s3").get_bucket_encryption(Bucket=physical)["ServerSideEncryptionConfiguration"]
    rules = [
        {
            "ServerSideEncryptionByDefault": {
                "SSEAlgorithm": one["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
            }
        }
        for one in found["Rules"]
    ]
    return {"BucketEncryption": {"ServerSideEncryptionConfiguration": rules}}


def _api(aws: Aws, physical: str, _: Mapping[str, Any]) -> dict[str, Any]:
    one = aws.client("apigateway").get_rest_api(restApiId=physical)
    return {"Name": one["name"]}


def _path(aws: Aws, physical: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    one = aws.client("apigateway").get_resource(restApiId=wanted["RestApiId"], resourceId=physical)
    return {"RestApiId": wanted["RestApiId"], "ParentId": one["parentId"], "PathPart": one["pathPart"]}


def _method(aws: Aws, _: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    place = {
        "restApiId": wanted["RestApiId"],
        "resourceId": wanted["ResourceId"],
        "httpMethod": wanted["HttpMethod"],
    }
    one = aws.client("apigateway").get_method(**place)
    return {
        "RestApiId": wanted["RestApiId"],
        "ResourceId": wanted["ResourceId"],
        "HttpMethod": one["httpMethod"],
        "AuthorizationType": one["authorizationType"],
    }


def _deployment(aws: Aws, _: str, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """The API's one deployment: moto gives it no physical ID."""
    found = aws.client("apigateway").get_deployments(restApiId=wanted["RestApiId"])["items"]
    return {"RestApiId": wanted["RestApiId"]} if len(found) == 1 else None


READERS: Mapping[str, Reader] = {
    "AWS::ApiGateway::Deployment": _deployment,
    "AWS::ApiGateway::Method": _method,
    "AWS::ApiGateway::Resource": _path,
    "AWS::ApiGateway::RestApi": _api,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::Role": _role,
    "AWS::KMS::Key": _key,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::StepFunctions::StateMachine": _machine,
}
UNTOLD: Mapping[str, frozenset[str]] = {
    "AWS::ApiGateway::Method": frozenset(
        {"Integration", "MethodResponses", "RequestModels", "RequestValidatorId"}
    ),
    "AWS::ApiGateway::RestApi": frozenset({"EndpointConfiguration"}),
    "AWS::DynamoDB::Table": frozenset({"PointInTimeRecoverySpecification", "SSESpecification"}),
    "AWS::S3::Bucket": frozenset(
        {
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "VersioningConfiguration",
        }
    ),
    "AWS::StepFunctions::StateMachine": frozenset(
        {"EncryptionConfiguration", "LoggingConfiguration", "StateMachineType", "TracingConfiguration"}
    ),
}
"""Properties that moto makes nothing of when CloudFormation gives them."""


def attribute(aws: Aws, kind: str, physical: str, name: str) -> Any:
    """An attribute that templates ask for, from the service."""
    return _ATTRIBUTES[kind, name](aws, physical)


_ATTRIBUTES: Mapping[tuple[str, str], Callable[[Aws, str], Any]] = {
    ("AWS::ApiGateway::RestApi", "RootResourceId"): lambda aws, it: next(
        one["id"]
        for one in aws.client("apigateway").get_resources(restApiId=it)["items"]
        if one["path"] == "/"
    ),
    ("AWS::IAM::Role", "Arn"): lambda aws, it: aws.client("iam").get_role(RoleName=it)["Role"]["Arn"],
    ("AWS::KMS::Key", "Arn"): lambda aws, it: aws.client("kms").describe_key(KeyId=it)["KeyMetadata"]["Arn"],
    ("AWS::Logs::LogGroup", "Arn"): lambda aws, it: aws.client("logs").describe_log_groups(
        logGroupNamePrefix=it
    )["logGroups"][0]["arn"],
    ("AWS::S3::Bucket", "Arn"): lambda _, it: f"arn:aws:s3:::{it}",
    ("AWS::SQS::Queue", "QueueName"): lambda _, it: it.rpartition("/")[2],
    ("AWS::SQS::Queue", "Arn"): lambda aws, it: aws.client("sqs").get_queue_attributes(
        QueueUrl=it, AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"],
    ("AWS::StepFunctions::StateMachine", "Name"): lambda aws, it: aws.client(
        "stepfunctions"
    ).describe_state_machine(stateMachineArn=it)["name"],
}
