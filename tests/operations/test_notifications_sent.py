"""What a person reads when something fails, in each partition, and of whose jobs."""

from __future__ import annotations

import itertools
import json
from typing import Any

import botocore.session
import pytest
from event_bus import ACCOUNT, PARTITIONS, ROLE_ARN, owner, picks, rules, sent
from hypothesis import given, settings
from hypothesis import strategies as st
from operating import ROLE, made, training
from samples import machine

from sfn_cfn.operations.job_kinds import KINDS

HOSTS = {
    "aws": "eu-west-1.console.aws.amazon.com",
    "aws-cn": "cn-north-1.console.amazonaws.cn",
    "aws-us-gov": "us-gov-west-1.console.amazonaws-us-gov.com",
    "aws-eusc": "eusc-de-east-1.console.amazonaws-eusc.eu",
}
NAMED = "States.Format('churn-{}', $$.Execution.Name)"


def task(call: str, **parameters: Any) -> dict[str, Any]:
    resource = f"arn:aws:states:::{call}"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}


def stack(partition: str = "aws", toml: str = "[notifications]\n", **states: Any) -> dict[str, Any]:
    """The rules of a workflow with these states one after another."""
    names = list(states)
    for name, following in itertools.pairwise(names):
        kept = {key: value for key, value in states[name].items() if key != "End"}
        states[name] = {**kept, "Next": following}
    return rules(made(toml, machine(**states)), partition)


def event(kind: str, detail: dict[str, Any], partition: str = "aws", *resources: str) -> dict[str, Any]:
    """An event as the services' guides show it."""
    return {
        "version": "0",
        "id": "844e2571-85d4-695f-b930-0153b71dcb42",
        "detail-type": kind,
        "source": "aws.states" if kind.startswith("Step") else "aws.sagemaker",
        "account": ACCOUNT,
        "time": "2026-05-01T06:12:44Z",
        "region": PARTITIONS[partition],
        "resources": list(resources),
        "detail": detail,
    }


def execution(status: str, partition: str = "aws", **fault: Any) -> dict[str, Any]:
    arn = f"{owner(partition)}:execution:churn-train-dev:run-7"
    detail = {
        "executionArn": arn,
        "stateMachineArn": f"{owner(partition)}:stateMachine:churn-train-dev",
        "name": "run-7",
        "status": status,
        "startDate": 1551225146847,
        "stopDate": 1551225151881,
        "input": "{}",
        "output": None,
        "error": None,
        "cause": None,
        **fault,
    }
    return event("Step Functions Execution Status Change", detail, partition, arn)


def job(
    name: str = "churn-run-7", status: str = "Failed", partition: str = "aws", **more: Any
) -> dict[str, Any]:
    detail = {
        "TrainingJobName": name,
        "TrainingJobArn": f"arn:{partition}:sagemaker:r:{ACCOUNT}:training-job/{name}",
        "TrainingJobStatus": status,
        "FailureReason": "AlgorithmError: no data",
        "RoleArn": ROLE_ARN.format(partition=partition),
        "Tags": {},
        **more,
    }
    return event("SageMaker Training Job State Change", detail, partition)


def message(found: dict[str, Any], happened: dict[str, Any]) -> str:
    """What is sent of an event, by the one rule that picks it."""
    (rule,) = [one for one in found.values() if picks(one["EventPattern"], happened)]
    return sent(rule, happened)


# -- what is read -----------------------------------------------------------------------------------


@pytest.mark.parametrize("partition", HOSTS)
def test_a_failed_execution_is_told_with_the_page_of_its_partitions_console(partition: str) -> None:
    happened = execution("FAILED", partition, error="States.TaskFailed", cause="no data")
    region = PARTITIONS[partition]
    arn = f"arn:{partition}:states:{region}:111122223333:execution:churn-train-dev:run-7"
    assert message(stack(partition, Train=training()), happened) == (
        '"Workflow churn-train-dev: execution run-7 is FAILED '
        f'(2026-05-01T06:12:44Z, account 111122223333, region {region})."\n'
        f'"Console: https://{HOSTS[partition]}/states/home?region={region}#/v2/executions/details/{arn} "\n'
        f'"History: aws stepfunctions get-execution-history --region {region} --execution-arn {arn}"\n'
        '"Error: States.TaskFailed"\n'
        '"Cause: no data"'
    )


@pytest.mark.parametrize("partition", HOSTS)
def test_a_failed_job_is_told_with_the_page_of_its_partitions_console(partition: str) -> None:
    region = PARTITIONS[partition]
    assert message(stack(partition, Train=training(NAMED)), job(partition=partition)) == (
        '"Workflow churn-train-dev: training job churn-run-7 is Failed '
        f'(2026-05-01T06:12:44Z, account 111122223333, region {region})."\n'
        f'"Console: https://{HOSTS[partition]}/sagemaker/home?region={region}#/jobs/churn-run-7 "\n'
        '"Description: aws sagemaker describe-training-job '
        f'--region {region} --training-job-name churn-run-7"\n'
        '"Reason: AlgorithmError: no data"'
    )


def test_where_the_console_is_not_known_no_link_is_given_and_the_rest_stands() -> None:
    found = stack("aws-iso", Train=training(NAMED))
    assert message(found, execution("ABORTED", "aws-iso", error="", cause="")) == (
        '"Workflow churn-train-dev: execution run-7 is ABORTED '
        '(2026-05-01T06:12:44Z, account 111122223333, region us-iso-east-1)."\n'
        '"History: aws stepfunctions get-execution-history --region us-iso-east-1 '
        '--execution-arn arn:aws-iso:states:us-iso-east-1:111122223333:execution:churn-train-dev:run-7"\n'
        '"Error: "\n"Cause: "'
    )
    assert "Console" not in message(found, job(partition="aws-iso"))


def test_what_goes_well_is_told_without_error_and_cause() -> None:
    toml = '[notifications]\nstatuses = ["SUCCEEDED", "FAILED"]\n'
    found = stack(toml=toml, Train=training())
    assert list(found) == ["ExecutionProgressRule", "ExecutionStatusRule", "TrainingJobFailedRule"]
    assert message(found, execution("SUCCEEDED")).endswith(
        '"History: aws stepfunctions get-execution-history --region eu-west-1 '
        '--execution-arn arn:aws:states:eu-west-1:111122223333:execution:churn-train-dev:run-7"'
    )
    assert message(found, execution("FAILED", error="E", cause="C")).endswith('"Error: E"\n"Cause: C"')


def test_a_cause_of_any_form_stands_behind_what_is_to_be_clicked() -> None:
    cause = '{"TrainingJobName":"churn","FailureReason":"line 1\\nline 2"}'
    read = message(stack(Train=training()), execution("FAILED", error="E", cause=cause)).split("\n")
    beginnings = [line.split(":")[0] for line in read]
    assert beginnings == ['"Workflow churn-train-dev', '"Console', '"History', '"Error', '"Cause']


ROUTED = "[notifications]\nstatuses = []\n[pipelines]\nenabled = true\n[queue]\nenabled = true\n"


def test_an_execution_of_the_router_that_fails_is_told_whatever_the_workflow_s_statuses_are() -> None:
    found = stack(toml=ROUTED, Wait={"Type": "Pass", "End": True})
    assert list(found) == ["RouterStatusRule"]
    router = f"{owner()}:stateMachine:churn-train-router-dev"
    arn = f"{owner()}:execution:churn-train-router-dev:run-7"
    cause = "there is no pipeline chrun in the table"
    happened = execution(
        "FAILED", stateMachineArn=router, executionArn=arn, error="PipelineUnknown", cause=cause
    )
    assert message(found, happened) == (
        '"Workflow churn-train-dev: execution run-7 of the router of pipelines is FAILED '
        '(2026-05-01T06:12:44Z, account 111122223333, region eu-west-1)."\n'
        f'"Console: https://{HOSTS["aws"]}/states/home?region=eu-west-1#/v2/executions/details/{arn} "\n'
        f'"History: aws stepfunctions get-execution-history --region eu-west-1 --execution-arn {arn}"\n'
        '"Error: PipelineUnknown"\n'
        f'"Cause: {cause}"'
    )
    pattern = found["RouterStatusRule"]["EventPattern"]
    for status in ("TIMED_OUT", "ABORTED"):
        assert picks(pattern, execution(status, stateMachineArn=router))
    assert not picks(pattern, execution("SUCCEEDED", stateMachineArn=router))
    assert not picks(pattern, execution("FAILED"))


def test_nobody_is_told_of_a_router_that_is_not_there_or_not_wanted() -> None:
    wait = {"Type": "Pass", "End": True}
    assert "RouterStatusRule" not in stack(toml="[notifications]\n[queue]\nenabled = true\n", Wait=wait)
    off = ROUTED.replace("statuses = []", "router = false")
    assert list(stack(toml=off, Wait=wait)) == ["ExecutionStatusRule"]


def test_a_key_hides_error_and_cause_which_the_message_says() -> None:
    found = stack(toml=f"[encryption]\n{ROUTED}".replace("statuses = []\n", ""), Train=training())
    # Step Functions leaves out of an encrypted execution's event what is encrypted.
    detail = execution("FAILED")["detail"]
    hidden = {key: one for key, one in detail.items() if key not in ("input", "output", "error", "cause")}
    for name, whose in (
        ("churn-train-dev", ""),
        ("churn-train-router-dev", " of the router of pipelines"),
    ):
        happened = event(
            "Step Functions Execution Status Change",
            {**hidden, "stateMachineArn": f"{owner()}:stateMachine:{name}"},
        )
        told = message(found, happened).split("\n")
        assert told[0].startswith(f'"Workflow churn-train-dev: execution run-7{whose} is FAILED (')
        assert told[3:] == ['"Error and cause: hidden by the workflow\'s key; see the execution."']


@pytest.mark.parametrize("action", KINDS)
def test_calls_and_commands_are_those_of_the_api(action: str) -> None:
    """Each action with its field for the name, and each command of a message with its options."""
    api = botocore.session.get_session().get_service_model("sagemaker")
    own = api.operation_model(action[0].upper() + action[1:])
    assert KINDS[action].given in own.input_shape.members
    command, *options = KINDS[action].describe.split()
    called = next(name for name in api.operation_names if botocore.xform_name(name, "-") == command)
    members = {botocore.xform_name(name, "-") for name in api.operation_model(called).input_shape.members}
    given = {option.removeprefix("--") for option in options if option.startswith("--")}
    assert given - {"region"} <= members


# -- whose jobs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "strange",
    [
        {"TrainingJobStatus": "Completed"},
        {"TrainingJobName": "fraud-run-7"},
        {"RoleArn": "arn:aws:iam::111122223333:role/churn-prod-jobs"},
    ],
)
def test_nobody_hears_of_another_job(strange: dict[str, Any]) -> None:
    (rule,) = [one for key, one in stack(Train=training(NAMED)).items() if key.startswith("Training")]
    assert picks(rule["EventPattern"], job())
    assert not picks(rule["EventPattern"], job(**strange))


def test_an_execution_of_another_workflow_is_not_told() -> None:
    rule = stack(Train=training())["ExecutionStatusRule"]
    other = execution(
        "FAILED", stateMachineArn="arn:aws:states:eu-west-1:111122223333:stateMachine:churn-train-prod"
    )
    assert not picks(rule["EventPattern"], other)


def test_a_labeling_job_is_known_by_its_arn_which_has_small_letters() -> None:
    found = stack(Label=task("sagemaker:createLabelingJob.sync", LabelingJobName="Pick-Labels", RoleArn=ROLE))
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:labeling-job/pick-labels"
    kind = "SageMaker Ground Truth Labeling Job State Change"
    happened = event(kind, {"LabelingJobStatus": "Failed"}, "aws", arn)
    assert message(found, happened) == (
        f'"Workflow churn-train-dev: labeling job {arn} is Failed '
        '(2026-05-01T06:12:44Z, account 111122223333, region eu-west-1)."\n'
        '"Console: https://eu-west-1.console.aws.amazon.com/sagemaker/groundtruth?region=eu-west-1#/labeling-jobs "\n'
        '"Description: aws sagemaker list-labeling-jobs --region eu-west-1 --status-equals Failed"'
    )
    other = event(kind, {"LabelingJobStatus": "Failed"}, "aws", f"{arn}-2")
    assert not picks(found["LabelingJobFailedRule"]["EventPattern"], other)


def test_labeling_jobs_are_known_by_how_their_names_begin() -> None:
    state = task("sagemaker:createLabelingJob.sync", **{"LabelingJobName.$": "States.Format('Pick-{}', $.n)"})
    pattern = stack(Label=state)["LabelingJobFailedRule"]["EventPattern"]
    kind = "SageMaker Ground Truth Labeling Job State Change"
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:labeling-job/"
    assert picks(pattern, event(kind, {"LabelingJobStatus": "Stopped"}, "aws", f"{arn}pick-9"))
    assert not picks(pattern, event(kind, {"LabelingJobStatus": "Stopped"}, "aws", f"{arn}other"))


@pytest.mark.parametrize("call", ["createEndpoint", "updateEndpoint", "aws-sdk:sagemaker:updateEndpoint"])
@pytest.mark.parametrize("status", ["FAILED", "Failed", "ROLLING_BACK", "UPDATE_ROLLBACK_FAILED"])
def test_an_endpoint_that_fails_after_its_task_is_told(call: str, status: str) -> None:
    full = call if ":" in call else f"sagemaker:{call}"
    found = stack(Serve=task(full, EndpointName="churn", EndpointConfigName="c"))
    detail = {"EndpointName": "churn", "EndpointStatus": status, "FailureReason": "no capacity"}
    assert message(found, event("SageMaker Endpoint State Change", detail)) == (
        f'"Workflow churn-train-dev: endpoint churn is {status} '
        '(2026-05-01T06:12:44Z, account 111122223333, region eu-west-1)."\n'
        '"Console: https://eu-west-1.console.aws.amazon.com/sagemaker/home?region=eu-west-1#/endpoints/churn "\n'
        '"Description: aws sagemaker describe-endpoint --region eu-west-1 --endpoint-name churn"\n'
        '"Reason: no capacity"'
    )
    ready = event("SageMaker Endpoint State Change", {**detail, "EndpointStatus": "IN_SERVICE"})
    assert not picks(found["EndpointFailedRule"]["EventPattern"], ready)


def test_an_execution_of_a_sagemaker_pipeline_is_told() -> None:
    own = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/mypipe"
    detail = {
        "currentPipelineExecutionStatus": "Failed",
        "pipelineArn": own,
        "pipelineExecutionArn": f"{own}/execution/p4jn9xou8a8s",
    }
    kind = "SageMaker Model Building Pipeline Execution Status Change"
    named = stack(Start=task("aws-sdk:sagemaker:startPipelineExecution", PipelineName="MyPipe"))
    by_arn = stack(Start=task("aws-sdk:sagemaker:startPipelineExecution", PipelineName=own))
    for found in (named, by_arn):
        assert message(found, event(kind, detail)) == (
            f'"Workflow churn-train-dev: SageMaker pipeline execution {own}/execution/p4jn9xou8a8s is Failed '
            '(2026-05-01T06:12:44Z, account 111122223333, region eu-west-1)."\n'
            '"Description: aws sagemaker describe-pipeline-execution --region eu-west-1 '
            f'--pipeline-execution-arn {own}/execution/p4jn9xou8a8s"'
        )


def test_a_model_package_is_told_by_its_group_and_a_feature_group_by_name_and_role() -> None:
    found = stack(
        Register=task("aws-sdk:sagemaker:createModelPackage", ModelPackageGroupName="churn"),
        Group=task("aws-sdk:sagemaker:createFeatureGroup", FeatureGroupName="customers", RoleArn=ROLE),
    )
    package = {"ModelPackageGroupName": "churn", "ModelPackageArn": "a", "ModelPackageStatus": "Failed"}
    assert message(found, event("SageMaker Model Package State Change", package)).split("\n")[1:] == [
        '"Description: aws sagemaker describe-model-package --region eu-west-1 --model-package-name a"'
    ]
    group = {
        "FeatureGroupName": "customers",
        "RoleArn": "arn:aws:iam::111122223333:role/jobs",
        "FeatureGroupStatus": "CreateFailed",
    }
    happened = event("SageMaker Feature Group State Change", group)
    assert message(found, happened).split("\n")[1:] == [
        '"Description: aws sagemaker describe-feature-group --region eu-west-1 --feature-group-name customers"',
        '"Reason: "',
    ]


def test_a_model_package_without_a_group_has_no_event_to_go_by() -> None:
    found = stack(Register=task("aws-sdk:sagemaker:createModelPackage", ModelPackageName="churn"))
    assert list(found) == ["ExecutionStatusRule"]


def test_many_names_are_parted_among_rules_whose_patterns_eventbridge_takes() -> None:
    states = {f"S{number}": training(f"{'n' * 60}{number:03}") for number in range(40)}
    found = {key: one for key, one in stack("aws-us-gov", **states).items() if key.startswith("Train")}
    assert list(found) == [
        "TrainingJobFailedRule",
        *(f"TrainingJobFailedRule{number}" for number in range(2, 6)),
    ]
    assert max(len(json.dumps(one["EventPattern"])) for one in found.values()) < 2048
    for number in range(40):
        happened = job(f"{'n' * 60}{number:03}", partition="aws-us-gov")
        assert len([one for one in found.values() if picks(one["EventPattern"], happened)]) == 1


_LETTERS = st.text("abc", min_size=1, max_size=4)
_JOBS = st.lists(
    st.tuples(st.sampled_from(["whole", "begins", "unknown"]), _LETTERS, st.booleans()),
    min_size=1,
    max_size=12,
)


def _named(how: str, letters: str, *, known: bool) -> dict[str, Any]:
    given = {"whole": letters, "begins": f"States.Format('{letters}-{{}}', $.n)", "unknown": "$.name"}
    state = training(given[how])
    if not known:
        state["Parameters"]["RoleArn.$"] = "$.role"
        del state["Parameters"]["RoleArn"]
    return state


@settings(max_examples=12)
@given(_JOBS)
def test_every_job_of_the_workflow_is_told_unless_the_build_says_so_and_no_other_is(
    jobs: list[tuple[str, str, bool]],
) -> None:
    found = stack(**{f"S{i}": _named(how, name, known=known) for i, (how, name, known) in enumerate(jobs)})
    rules_of_jobs = [one["EventPattern"] for key, one in found.items() if key.startswith("Training")]
    for how, letters, known in jobs:
        name = {"whole": letters, "begins": f"{letters}-7", "unknown": "anything"}[how]
        role = ROLE_ARN.format(partition="aws") if known else "arn:aws:iam::111122223333:role/given"
        told = any(picks(pattern, job(name, RoleArn=role)) for pattern in rules_of_jobs)
        assert told or (how == "unknown" and not known)
    strange = job("strange", RoleArn="arn:aws:iam::111122223333:role/strange")
    assert not any(picks(pattern, strange) for pattern in rules_of_jobs)
