"""Warnings of what a task may need although nothing names it."""

from __future__ import annotations

from typing import Any

import pytest

from iam.building import define, task
from sfn_cfn.errors import Severity
from sfn_cfn.iam import findings

TRAIN = "arn:aws:states:::sagemaker:createTrainingJob.sync"
PROCESS = "arn:aws:states:::sagemaker:createProcessingJob.sync"
TRANSFORM = "arn:aws:states:::sagemaker:createTransformJob.sync"
MODEL = "arn:aws:states:::sagemaker:createModel"
AT_RUN_TIME = "at run time; if that is an S3 URI, the SageMaker role cannot read it"

BEGIN = (
    "begin it with a literal (States.Format('s3://bucket/{}', ...)), name it as an input, or give a role as "
    "SageMakerRoleArn"
)


def found(resource: str, **parameters: Any) -> list[tuple[str, str]]:
    warned = findings(define({"Call": task(resource, {"RoleArn": "${SageMakerRole}", **parameters})}))
    assert all(one.code == "SFN505" and one.severity is Severity.WARNING for one in warned)
    assert all(str(one.location) == "workflows/train.py:10 (States/Call)" for one in warned)
    return [(one.message, one.hint) for one in warned]


def test_texts_known_at_run_time_only_are_named_in_one_warning() -> None:
    assert found(
        TRAIN,
        HyperParameters={"epochs": "5", "table.$": "$.table", "rows.$": "$$.Execution.Input['rows']"},
        Environment={"LOOKUP.$": "States.Format('{}/x', $.bucket)"},
    ) == [
        (
            f"task 'Call' gets 'Environment.LOOKUP', 'HyperParameters.rows', 'HyperParameters.table' {AT_RUN_TIME}",
            BEGIN,
        )
    ]


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"HyperParameters.$": "$.all"}, "HyperParameters"),
        ({"Environment.$": "$.all"}, "Environment"),
        ({"AlgorithmSpecification": {"ContainerArguments.$": "$.all"}}, "ContainerArguments"),
        ({"AlgorithmSpecification": {"ContainerEntrypoint": ["a", "{% $x %}"]}}, "ContainerEntrypoint"),
        ({"Environment": {"A": "{% $x %}"}}, "Environment.A"),
    ],
)
def test_a_whole_group_or_an_expression_at_run_time_is_named(parameters: dict[str, Any], named: str) -> None:
    ((message, _),) = found(TRAIN, **parameters)
    assert message == f"task 'Call' gets '{named}' {AT_RUN_TIME}"


def test_arguments_of_a_processing_job_at_run_time_are_named() -> None:
    ((message, _),) = found(PROCESS, AppSpecification={"ContainerArguments.$": "$.arguments"})
    assert message == f"task 'Call' gets 'ContainerArguments' {AT_RUN_TIME}"


@pytest.mark.parametrize(
    "parameters",
    [
        {"HyperParameters": {"a": "1", "b": "s3://bucket/key", "c": "${PipelineName}"}},
        {"HyperParameters": {"a.$": "States.Format('s3://bucket/{}', $.key)"}},
        {"HyperParameters": {"a.$": "States.Format('run-{}', $.name)", "b.$": "$$.Execution.Name"}},
        {"Environment": {"A.$": "$$.Execution.StartTime"}},
        {"AlgorithmSpecification": {"ContainerArguments": ["--a", "s3://bucket/key"]}},
    ],
)
def test_what_is_read_or_can_be_no_uri_is_not_warned_of(parameters: dict[str, Any]) -> None:
    assert found(TRAIN, **parameters) == []


def test_a_job_under_a_role_of_its_own_is_not_warned_of() -> None:
    role = "arn:aws:iam::111122223333:role/other"
    assert found(TRAIN, RoleArn=role, HyperParameters={"table.$": "$.table"}) == []


@pytest.mark.parametrize("resource", [TRAIN, PROCESS, TRANSFORM])
def test_an_experiment_is_warned_of_whatever_the_jobs_role(resource: str) -> None:
    role = "arn:aws:iam::111122223333:role/other"
    assert found(resource, RoleArn=role, ExperimentConfig={"ExperimentName": "e"}) == [
        (
            "task 'Call' has 'ExperimentConfig', for which the state machine's role gets nothing of its own",
            "try an execution, and where it is denied give a role as WorkflowExecutionRoleArn",
        )
    ]


def test_data_of_a_hub_is_warned_of() -> None:
    source = {"S3Uri": "s3://b/k", "HubAccessConfig": {"HubContentArn": "a"}}
    assert found(TRAIN, InputDataConfig=[{"DataSource": {"S3DataSource": source}}]) == [
        (
            "task 'Call' has 'HubAccessConfig', for which the SageMaker role gets nothing of its own",
            "try an execution, and where it is denied give a role as SageMakerRoleArn",
        )
    ]


def test_the_requests_of_an_asynchronous_endpoint_are_warned_of() -> None:
    call = "arn:aws:states:::sagemaker:createEndpointConfig"
    given = {"ExecutionRoleArn": "${SageMakerRole}", "AsyncInferenceConfig": {"OutputConfig": {}}}
    ((message, hint),) = found(call, **given)
    assert message == (
        "'AsyncInferenceConfig' of task 'Call' takes requests by their place in S3, which the SageMaker role can read "
        "only where a job names it"
    )
    assert hint == "allow s3:GetObject there by a statement of sagemaker_role in the settings"


@pytest.mark.parametrize("odd", [1.0, True, None, {}, "x"])
def test_arguments_that_are_no_list_are_no_failure(odd: Any) -> None:
    assert found(TRAIN, AlgorithmSpecification={"ContainerArguments": odd}) == []


@pytest.mark.parametrize(
    "algorithm",
    [
        {"AlgorithmName": "arn:aws:sagemaker:eu-west-1:865070037744:algorithm/bought"},
        {"AlgorithmName.$": "$.algorithm"},
    ],
)
def test_an_algorithm_that_may_be_of_another_account_is_warned_of(algorithm: dict[str, str]) -> None:
    assert found(TRAIN, AlgorithmSpecification=algorithm) == [
        (
            "'AlgorithmName' of task 'Call' may stand for an image and a model that the SageMaker role cannot reach",
            "leave it so for a subscription of the Marketplace, otherwise give a role as SageMakerRoleArn",
        )
    ]


def test_a_model_package_that_may_be_of_another_account_is_warned_of() -> None:
    given = {
        "ExecutionRoleArn": "${SageMakerRole}",
        "Containers": [{"ModelPackageName.$": "$.package"}],
    }
    ((message, _),) = found(MODEL, **given)
    assert message == (
        "'ModelPackageName' of task 'Call' may stand for an image and a model that the SageMaker role cannot reach"
    )


def test_states_inside_of_branches_and_maps_are_warned_of_at_their_places() -> None:
    train = task(TRAIN, {"RoleArn": "${SageMakerRole}", "HyperParameters": {"a.$": "$.a"}})
    inner = {"StartAt": "Train", "States": {"Train": train}}
    states = {
        "Fan": {"Type": "Parallel", "Branches": [inner], "End": True},
        "Each": {"Type": "Map", "Iterator": inner, "End": True},
    }
    places = [one.location.state for one in findings(define(states)) if one.location]
    assert places == ["States/Fan/Branches/0/States/Train", "States/Each/Iterator/States/Train"]
