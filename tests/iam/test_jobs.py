"""The SageMaker role's policy: a golden one for each kind of job, and what it does not reach."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from iam.building import VALUES, allows, define, resolved, task
from sfn_cfn.errors import PolicyError
from sfn_cfn.iam import derive_policies
from sfn_cfn.model import ParameterDeclaration

FILES = sorted((Path(__file__).parent / "jobs").glob("*.yaml"))
TRAIN = "arn:aws:states:::sagemaker:createTrainingJob"
PROCESS = "arn:aws:states:::sagemaker:createProcessingJob"
MODEL = "arn:aws:states:::sagemaker:createModel"
GROUP = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/"
ACCOUNT_ONLY = {"aws__ResourceAccount": "111122223333"}


def declare(**defaults: str) -> tuple[ParameterDeclaration, ...]:
    return tuple(ParameterDeclaration(name, "String", default) for name, default in defaults.items())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_policy_is_the_golden_one(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    policies = derive_policies(define(case["states"], declare(**case.get("parameters", {}))))
    given = {**VALUES, **case.get("values", {})}
    found = {"jobs": resolved(policies.jobs, given), "workflow": resolved(policies.workflow, given)}
    if os.environ.get("SFN_CFN_UPDATE"):
        case |= found
        path.write_text(yaml.safe_dump(case, sort_keys=False, width=110), encoding="utf-8")
    assert found == {"jobs": case["jobs"], "workflow": case["workflow"]}


def train(**parameters: Any) -> list[dict[str, Any]]:
    given = {"TrainingJobName": "t", "RoleArn": "${SageMakerRole}", **parameters}
    return resolved(derive_policies(define({"Train": task(TRAIN, given)})).jobs)


def channel(uri: str, key: str = "S3Uri", kind: str = "S3Prefix") -> dict[str, Any]:
    return {"InputDataConfig": [{"DataSource": {"S3DataSource": {"S3DataType": kind, key: uri}}}]}


def test_an_input_is_read_by_its_prefix_and_never_written() -> None:
    found = train(**channel("s3://data/train"))
    assert allows(found, "s3:GetObject", "arn:aws:s3:::data/train/part-0")
    assert allows(found, "s3:ListBucket", "arn:aws:s3:::data", s3__prefix="train/")
    assert not allows(found, "s3:PutObject", "arn:aws:s3:::data/train/part-0")


def test_a_sibling_prefix_and_a_sibling_bucket_are_not_read() -> None:
    found = train(**channel("s3://data/train/"))
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::data/validation/part-0")
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::data-two/train/part-0")
    assert not allows(found, "s3:ListBucket", "arn:aws:s3:::data", s3__prefix="validation/")


def test_an_output_is_written_below_its_folder_and_never_read() -> None:
    found = train(OutputDataConfig={"S3OutputPath": "s3://data/out/"})
    assert allows(found, "s3:PutObject", "arn:aws:s3:::data/out/t/output/model.tar.gz")
    assert not allows(found, "s3:PutObject", "arn:aws:s3:::data/out-two/model.tar.gz")
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::data/out/t/output/model.tar.gz")
    assert not allows(found, "s3:DeleteObject", "arn:aws:s3:::data/out/t/output/model.tar.gz")


def test_an_output_that_is_a_whole_bucket_stays_in_it() -> None:
    found = train(OutputDataConfig={"S3OutputPath": "s3://data"})
    assert allows(found, "s3:PutObject", "arn:aws:s3:::data/t/model.tar.gz")
    assert not allows(found, "s3:PutObject", "arn:aws:s3:::data-two/t/model.tar.gz")


def test_an_input_known_at_run_time_only_is_any_object_of_this_account() -> None:
    found = train(**channel("$.uri", "S3Uri.$"))
    assert allows(found, "s3:GetObject", "arn:aws:s3:::any/thing", **ACCOUNT_ONLY)
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::any/thing", aws__ResourceAccount="999999999999")
    assert not allows(found, "s3:PutObject", "arn:aws:s3:::any/thing", **ACCOUNT_ONLY)


def test_a_manifest_is_read_with_the_rest_of_its_bucket() -> None:
    found = train(**channel("s3://data/all.manifest", kind="ManifestFile"))
    assert allows(found, "s3:GetObject", "arn:aws:s3:::data/elsewhere/1.png")
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::other/elsewhere/1.png")


def test_a_model_archive_is_one_object() -> None:
    given = {
        "ModelName": "m",
        "ExecutionRoleArn": "${SageMakerRole}",
        "PrimaryContainer": {"ModelDataUrl": "s3://b/m.tar.gz"},
    }
    found = resolved(derive_policies(define({"Model": task(MODEL, given)})).jobs)
    assert allows(found, "s3:GetObject", "arn:aws:s3:::b/m.tar.gz")
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::b/m.tar.gz.bak")
    assert allows(
        found,
        "logs:PutLogEvents",
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/Endpoints/e:log-stream:x",
    )


def test_a_container_of_several_models_reads_below_its_uri() -> None:
    container = {"ModelDataUrl": "s3://b/models/", "Mode": "MultiModel"}
    given = {"ModelName": "m", "ExecutionRoleArn": "${SageMakerRole}", "PrimaryContainer": container}
    found = resolved(derive_policies(define({"Model": task(MODEL, given)})).jobs)
    assert allows(found, "s3:GetObject", "arn:aws:s3:::b/models/one.tar.gz")


def test_model_artifacts_of_a_training_state_are_read_where_training_states_write() -> None:
    container = {"ModelDataUrl.$": "$['ModelArtifacts']['S3ModelArtifacts']"}
    states = {
        "Train": task(
            TRAIN,
            {
                "TrainingJobName": "t",
                "RoleArn.$": "$.role",
                "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
            },
        ),
        "Model": task(
            MODEL, {"ModelName": "m", "ExecutionRoleArn": "${SageMakerRole}", "PrimaryContainer": container}
        ),
    }
    found = resolved(derive_policies(define(states)).jobs)
    assert allows(found, "s3:GetObject", "arn:aws:s3:::b/out/t/output/model.tar.gz")
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::other/model.tar.gz", **ACCOUNT_ONLY)
    assert not allows(found, "s3:PutObject", "arn:aws:s3:::b/out/t/output/model.tar.gz")


def test_a_hyperparameter_that_is_no_uri_gives_nothing() -> None:
    found = train(HyperParameters={"epochs.$": "$.epochs", "name": '"s3"'})
    assert not [one for one in found if one["Sid"].startswith("S3")]


def test_a_jobs_logs_and_metrics_are_of_its_kind_only() -> None:
    found = train()
    assert allows(found, "logs:PutLogEvents", f"{GROUP}TrainingJobs:log-stream:t/algo-1")
    assert not allows(found, "logs:PutLogEvents", f"{GROUP}ProcessingJobs:log-stream:t/algo-1")
    assert allows(found, "cloudwatch:PutMetricData", "*", cloudwatch__namespace="/aws/sagemaker/TrainingJobs")
    assert not allows(found, "cloudwatch:PutMetricData", "*", cloudwatch__namespace="AWS/EC2")


def test_an_image_is_pulled_from_its_own_repository_only() -> None:
    found = train(
        AlgorithmSpecification={"TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/own:1"}
    )
    assert allows(found, "ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:111122223333:repository/own")
    assert not allows(found, "ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:111122223333:repository/other")
    assert not allows(found, "ecr:PutImage", "arn:aws:ecr:eu-west-1:111122223333:repository/own")


def test_an_image_by_a_token_in_its_account_is_pulled_from_that_account() -> None:
    states = {"Train": task(TRAIN, {"RoleArn": "${SageMakerRole}", "AlgorithmSpecification": {
        "TrainingImage": "${ImageAccount}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/xgboost:1"}})}  # fmt: skip
    found = resolved(derive_policies(define(states)).jobs, {**VALUES, "ImageAccount": "683313688378"})
    assert allows(found, "ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:683313688378:repository/xgboost")


def test_network_interfaces_only_with_a_network() -> None:
    assert not [one for one in train() if one["Sid"].startswith("Network")]
    found = train(VpcConfig={"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]})
    assert allows(found, "ec2:CreateNetworkInterface", "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1")
    assert not allows(
        found, "ec2:CreateNetworkInterface", "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-2"
    )


def test_a_volume_key_may_only_be_granted_to_the_service() -> None:
    found = train(ResourceConfig={"VolumeKmsKeyId": "abc"})
    key = "arn:aws:kms:eu-west-1:111122223333:key/abc"
    assert allows(found, "kms:CreateGrant", key, kms__GrantIsForAWSResource="true")
    assert not allows(found, "kms:CreateGrant", key, kms__GrantIsForAWSResource="false")
    assert not allows(found, "kms:Decrypt", key)


def test_a_job_under_another_role_gives_this_one_nothing() -> None:
    output = {"OutputDataConfig": {"S3OutputPath": "s3://other/out"}}
    states = {
        "Train": task(TRAIN, {"TrainingJobName": "t", "RoleArn": "${SageMakerRole}"}),
        "Other": task(
            TRAIN, {"TrainingJobName": "o", "RoleArn": "arn:aws:iam::111122223333:role/other", **output}
        ),
    }
    found = resolved(derive_policies(define(states)).jobs)
    assert not [one for one in found if one["Sid"].startswith("S3")]


def test_a_transform_under_a_model_made_elsewhere_gives_this_role_nothing() -> None:
    transform = task(
        "arn:aws:states:::sagemaker:createTransformJob", {"TransformOutput": {"S3OutputPath": "s3://b/o"}}
    )
    states = {"Train": task(TRAIN, {"RoleArn": "${SageMakerRole}"}), "Transform": transform}
    found = resolved(derive_policies(define(states)).jobs)
    assert not allows(found, "s3:PutObject", "arn:aws:s3:::b/o/x")


def test_without_a_role_of_the_template_there_is_no_second_policy() -> None:
    assert derive_policies(define({"Train": task(TRAIN, {"RoleArn.$": "$.role"})})).jobs is None


def test_a_key_with_characters_that_policies_read_otherwise_matches_itself() -> None:
    found = train(**channel("s3://data/a*b$c/\u00e9"))
    assert allows(found, "s3:GetObject", "arn:aws:s3:::data/a*b$c/\u00e9/1")
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::data/aXXb$c/\u00e9/1")


# -- URIs in texts that may hold anything ---------------------------------------------------------------


def process(**parameters: Any) -> list[dict[str, Any]]:
    defaults = parameters.pop("defaults", {})
    given = {"ProcessingJobName": "p", "RoleArn": "${SageMakerRole}", **parameters}
    policies = derive_policies(define({"Prepare": task(PROCESS, given)}, declare(**defaults)))
    return resolved(policies.jobs, {**VALUES, "DataUri": "s3://mine/raw", **defaults})


@pytest.mark.parametrize("field", ["ContainerEntrypoint", "ContainerArguments"])
def test_a_uri_in_an_argument_of_a_container_is_read_and_never_written(field: str) -> None:
    found = process(AppSpecification={field: ["--input", "s3://data/raw", "--rows=5"]})
    assert allows(found, "s3:GetObject", "arn:aws:s3:::data/raw/1.csv")
    assert not allows(found, "s3:PutObject", "arn:aws:s3:::data/raw/1.csv")
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::data/other/1.csv")


def test_every_uri_in_the_midst_of_a_text_is_read() -> None:
    found = process(
        AppSpecification={"ContainerArguments": ["--input=s3://data/raw", '["s3://b1/k1", "s3://b2/k2"]']},
        Environment={"LOOKUP": '{"table": "s3://b3/k3"}'},
    )
    for place in ("data/raw/1", "b1/k1", "b2/k2", "b3/k3"):
        assert allows(found, "s3:GetObject", f"arn:aws:s3:::{place}")
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::b1/k2")


def test_a_parameter_that_is_a_uri_in_the_midst_of_an_argument_is_read() -> None:
    arguments = {"ContainerArguments": ["--input=${DataUri}/x --rows=5"]}
    found = process(AppSpecification=arguments, defaults={"DataUri": "s3://mine/raw"})
    assert allows(found, "s3:GetObject", "arn:aws:s3:::mine/raw/x")
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::mine/rawx")


def test_the_scheme_alone_is_no_place() -> None:
    found = process(AppSpecification={"ContainerArguments": ["--scheme=s3://", "s3:///"]})
    assert not [one for one in found if one["Sid"].startswith("S3")]


# -- private registries, packages -----------------------------------------------------------------------

PROVIDER = "arn:aws:lambda:eu-west-1:111122223333:function:registry-login"


def test_the_function_that_gives_a_registrys_credentials_may_be_called_by_training() -> None:
    image = {"TrainingRepositoryAuthConfig": {"TrainingRepositoryCredentialsProviderArn": PROVIDER}}
    found = train(AlgorithmSpecification={"TrainingImageConfig": image})
    assert allows(found, "lambda:InvokeFunction", PROVIDER)
    assert not allows(found, "lambda:InvokeFunction", f"{PROVIDER}-two")


def model(**container: Any) -> dict[str, Any]:
    given = {"ModelName": "m", "ExecutionRoleArn": "${SageMakerRole}", "PrimaryContainer": container}
    return {"Model": task(MODEL, given)}


def test_the_function_that_gives_a_registrys_credentials_may_be_called_by_a_model() -> None:
    states = model(ImageConfig={"RepositoryAuthConfig": {"RepositoryCredentialsProviderArn": PROVIDER}})
    assert allows(resolved(derive_policies(define(states)).jobs), "lambda:InvokeFunction", PROVIDER)


def test_a_model_package_is_a_resource_of_the_call_that_makes_a_model_of_it() -> None:
    package = "arn:aws:sagemaker:eu-west-1:865070037744:model-package/bought"
    found = resolved(derive_policies(define(model(ModelPackageName=package))).workflow)
    assert allows(found, "sagemaker:DescribeModelPackage", package)
    assert allows(found, "sagemaker:CreateModel", package)
    assert not allows(found, "sagemaker:DescribeModelPackage", f"{package}-two")
    plain = resolved(derive_policies(define(model(Image="i"))).workflow)
    assert not [one for one in plain if one["Sid"] == "SageMakerModelPackage"]


@pytest.mark.parametrize(
    "package", ["own", "arn:aws:sagemaker:${AWS::Region}:${AWS::AccountId}:model-package/own/1"]
)
def test_a_package_of_this_account_is_an_error_because_its_image_and_archive_are_not_named(
    package: str,
) -> None:
    with pytest.raises(PolicyError) as error:
        derive_policies(define(model(ModelPackageName=package)))
    (one,) = error.value.diagnostics
    assert (one.code, one.message, one.hint) == (
        "SFN501",
        "task 'Model' has 'ModelPackageName', and what its role needs for that is not known",
        "give the role's ARN and set keep_role for this workflow",
    )


def test_a_package_of_this_account_under_a_role_of_its_own_is_no_error() -> None:
    role = "arn:aws:iam::111122223333:role/other"
    given = {"ModelName": "m", "ExecutionRoleArn": role, "PrimaryContainer": {"ModelPackageName": "own"}}
    assert derive_policies(define({"Model": task(MODEL, given)})).jobs is None


# -- nothing that no job uses ---------------------------------------------------------------------------

LOGS = {"LogGroups", "PutMetrics", "WriteLogs"}


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        ("createTrainingJob", {"TrainingJobName": "t", "RoleArn": "${SageMakerRole}"}),
        ("createProcessingJob", {"ProcessingJobName": "p", "RoleArn": "${SageMakerRole}"}),
        (
            "createHyperParameterTuningJob",
            {"HyperParameterTuningJobName": "h", "TrainingJobDefinition": {"RoleArn": "${SageMakerRole}"}},
        ),
        ("createLabelingJob", {"LabelingJobName": "l", "RoleArn": "${SageMakerRole}"}),
        ("createModel", {"ModelName": "m", "ExecutionRoleArn": "${SageMakerRole}"}),
        ("createEndpointConfig", {"EndpointConfigName": "c", "ExecutionRoleArn": "${SageMakerRole}"}),
    ],
)
def test_a_job_that_names_nothing_gets_its_logs_and_nothing_else(
    call: str, parameters: dict[str, Any]
) -> None:
    policies = derive_policies(define({"Only": task(f"arn:aws:states:::sagemaker:{call}", parameters)}))
    assert {one["Sid"] for one in resolved(policies.jobs)} == LOGS


FILES_OF_EFS = {"FileSystemId": "fs-0123456789abcdef0", "FileSystemType": "EFS"}


@pytest.mark.parametrize(
    ("parameters", "sids"),
    [
        (channel("s3://data/train"), {"S3Read", "S3List", "S3Location"}),
        ({"OutputDataConfig": {"S3OutputPath": "s3://data/out"}}, {"S3Write", "S3List", "S3Location"}),
        ({"OutputDataConfig": {"KmsKeyId": "abc"}}, {"EncryptOutput"}),
        ({"ResourceConfig": {"VolumeKmsKeyId": "abc"}}, {"EncryptVolumes"}),
        ({"VpcConfig": {"Subnets": ["subnet-1"]}}, {"Network", "NetworkInterfaces", "NetworkInterfacesIn"}),
        ({"RemoteDebugConfig": {"EnableRemoteDebug": True}}, {"RemoteShell"}),
        ({"RemoteDebugConfig": {"EnableRemoteDebug": False}}, set()),
        ({"InputDataConfig": [{"DataSource": {"FileSystemDataSource": FILES_OF_EFS}}]}, {"FileSystems"}),
        (
            {"InputDataConfig": [{"DataSource": {"FileSystemDataSource": {"FileSystemType": "FSxLustre"}}}]},
            {"LustreFileSystems"},
        ),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 60}, "EnableNetworkIsolation": True}, set()),
    ],
)
def test_a_parameter_brings_what_it_needs_and_nothing_else(
    parameters: dict[str, Any], sids: set[str]
) -> None:
    assert {one["Sid"] for one in train(**parameters)} - LOGS == sids


# -- logs -----------------------------------------------------------------------------------------------


def test_a_job_writes_the_streams_that_begin_with_its_name() -> None:
    found = train()
    assert allows(found, "logs:CreateLogStream", f"{GROUP}TrainingJobs:log-stream:t/algo-1-1700000000")
    assert not allows(found, "logs:CreateLogStream", f"{GROUP}TrainingJobs:log-stream:t2/algo-1-1700000000")
    assert not allows(found, "logs:CreateLogGroup", f"{GROUP}ProcessingJobs")


def test_the_jobs_of_rules_write_streams_of_any_name() -> None:
    found = train(ProfilerRuleConfigurations=[{"RuleConfigurationName": "x"}])
    assert allows(found, "logs:PutLogEvents", f"{GROUP}ProcessingJobs:log-stream:t-x-0a1b/algo-1")


def hosting(**more: dict[str, Any]) -> list[dict[str, Any]]:
    states = {**model(Image="i"), **more}
    return resolved(derive_policies(define(states)).jobs)


def test_the_logs_of_a_model_are_those_of_the_endpoints_that_the_definition_names() -> None:
    create = task("arn:aws:states:::sagemaker:createEndpoint", {"EndpointName": "Fraud"})
    found = hosting(Endpoint=create)
    assert allows(found, "logs:PutLogEvents", f"{GROUP}Endpoints/Fraud:log-stream:all/i-1")
    assert not allows(found, "logs:PutLogEvents", f"{GROUP}Endpoints/Fraud-2:log-stream:all/i-1")


def test_a_model_for_transform_jobs_alone_writes_no_endpoints_logs() -> None:
    transform = task("arn:aws:states:::sagemaker:createTransformJob", {"TransformJobName": "b"})
    found = hosting(Transform=transform)
    assert allows(found, "logs:PutLogEvents", f"{GROUP}TransformJobs:log-stream:b/i-1")
    assert not allows(found, "logs:CreateLogGroup", f"{GROUP}Endpoints/any")
    assert not allows(
        found, "cloudwatch:PutMetricData", "*", cloudwatch__namespace="/aws/sagemaker/Endpoints"
    )


# -- features of endpoints ------------------------------------------------------------------------------


def test_an_alarm_that_stops_a_deployment_may_be_looked_at() -> None:
    alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}
    given = {"EndpointName": "e", "DeploymentConfig": alarms}
    found = hosting(Endpoint=task("arn:aws:states:::sagemaker:updateEndpoint", given))
    alarm = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors"
    assert allows(found, "cloudwatch:DescribeAlarms", alarm)
    assert not allows(found, "cloudwatch:DescribeAlarms", f"{alarm}-2")


def test_an_endpoint_configuration_under_another_role_gives_this_one_nothing() -> None:
    given = {
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/other",
        "DataCaptureConfig": {"DestinationS3Uri": "s3://captured"},
    }
    found = hosting(Config=task("arn:aws:states:::sagemaker:createEndpointConfig", given))
    assert not allows(found, "s3:PutObject", "arn:aws:s3:::captured/x")


@pytest.mark.parametrize(
    ("call", "parameters", "field"),
    [
        ("createTrainingJob", {"MlflowConfig": {"MlflowResourceArn": "a"}}, "MlflowConfig"),
        ("createTrainingJob", {"ModelPackageConfig": {"ModelPackageGroupArn": "a"}}, "ModelPackageConfig"),
        ("createTrainingJob", {"ServerlessJobConfig": {"JobType": "FineTuning"}}, "ServerlessJobConfig"),
        (
            "createTrainingJob",
            {"InputDataConfig": [{"DataSource": {"DatasetSource": {"DatasetArn": "a"}}}]},
            "DatasetSource",
        ),
        (
            "createProcessingJob",
            {"ProcessingInputs": [{"DatasetDefinition": {"AthenaDatasetDefinition": {"Database": "d"}}}]},
            "DatasetDefinition",
        ),
        (
            "createLabelingJob",
            {"InputConfig": {"DataSource": {"SnsDataSource": {"SnsTopicArn": "a"}}}},
            "SnsDataSource",
        ),
        ("createLabelingJob", {"LabelingJobAlgorithmsConfig": {}}, "LabelingJobAlgorithmsConfig"),
    ],
)
def test_a_feature_whose_needs_no_page_tells_is_an_error(
    call: str, parameters: dict[str, Any], field: str
) -> None:
    given = {"RoleArn": "${SageMakerRole}", **parameters}
    with pytest.raises(PolicyError) as error:
        derive_policies(define({"Job": task(f"arn:aws:states:::sagemaker:{call}", given)}))
    (one,) = error.value.diagnostics
    assert one.message == f"task 'Job' has '{field}', and what its role needs for that is not known"
