"""Messages when executions and SageMaker jobs end."""

from __future__ import annotations

from typing import Any

import pytest
from operating import ROLE, dumped, findings, made, plain, training
from samples import machine
from starts import final

from sfn_cfn.operations import jobs
from sfn_cfn.operations.job_kinds import KINDS

TOML = "[notifications]\n"
TOPIC = "If(['CreateAlertTopic', 'Ref(AlertTopic)', 'Ref(AlertTopicArn)'])"
JOB_ROLE = (
    "If(['CreateSageMakerExecutionRole', 'GetAtt(SageMakerExecutionRole.Arn)', 'Ref(SageMakerRoleArn)'])"
)


BY_ROLE = {"RoleArn": [JOB_ROLE]}


def transform(**parameters: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTransformJob.sync",
        "Parameters": {"ModelName": "m", **parameters},
        "End": True,
    }


def detail(state: dict[str, Any], rule: str = "TrainingJobFailedRule") -> Any:
    """What the events of the state's jobs are picked by, their statuses left out."""
    found = plain(made(TOML, machine(Train=state)).properties(rule)["EventPattern"]["detail"])
    (status,) = [key for key in found if key.endswith("JobStatus")]
    assert found.pop(status) == ["Failed", "Stopped"]
    return found


def test_nothing_is_told_unless_the_section_stands() -> None:
    assert made("").of_type("AWS::Events::Rule") == []
    assert made("[notifications]\nenabled = false\n").of_type("AWS::Events::Rule") == []


def test_an_execution_that_ends_badly_is_told_in_words() -> None:
    found = plain(made(TOML).properties("ExecutionStatusRule"))
    assert found["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "status": ["FAILED", "TIMED_OUT", "ABORTED"],
            "stateMachineArn": ["Ref(StateMachineComponent)"],
        },
    }
    (target,) = found["Targets"]
    assert target["Arn"] == TOPIC


def test_every_placeholder_of_a_message_has_its_path_and_every_path_its_place() -> None:
    found = made(TOML, machine(Train=training()))
    rules = found.of_type("AWS::Events::Rule")
    assert rules == ["ExecutionStatusRule", "TrainingJobFailedRule"]
    for rule in rules:
        (target,) = found.properties(rule)["Targets"]
        transformer = target["InputTransformer"]
        written = plain(transformer["InputTemplate"])
        names = {part.split(">")[0] for part in str(written).split("<")[1:]}
        assert names == set(transformer["InputPathsMap"])


def test_the_statuses_are_what_the_settings_say() -> None:
    found = made('[notifications]\nstatuses = ["SUCCEEDED"]\n')
    assert found.properties("ExecutionProgressRule")["EventPattern"]["detail"]["status"] == ["SUCCEEDED"]
    assert found.of_type("AWS::Events::Rule") == ["ExecutionProgressRule"]
    assert made("[notifications]\nstatuses = []\n").of_type("AWS::Events::Rule") == []


def test_a_status_that_stands_twice_is_asked_for_once() -> None:
    found = made('[notifications]\nstatuses = ["FAILED", "FAILED"]\n')
    assert found.properties("ExecutionStatusRule")["EventPattern"]["detail"]["status"] == ["FAILED"]


def test_jobs_may_be_left_out() -> None:
    found = made("[notifications]\njobs = false\n", machine(Train=training()))
    assert found.of_type("AWS::Events::Rule") == ["ExecutionStatusRule"]


# -- which jobs are the workflow's ------------------------------------------------------------------------


def test_a_job_is_known_by_its_name_and_its_role() -> None:
    assert detail(training("churn")) == {"TrainingJobName": ["churn"], **BY_ROLE}


def test_a_job_is_known_by_how_its_name_begins() -> None:
    made_up = "States.Format('churn-{}', $$.Execution.Name)"
    assert detail(training(made_up)) == {"TrainingJobName": [{"prefix": "churn-"}], **BY_ROLE}


def test_a_job_whose_role_is_known_at_run_time_only_is_known_by_its_name() -> None:
    state = training("churn")
    state["Parameters"] = {"TrainingJobName": "churn", "RoleArn.$": "$.role"}
    assert detail(state) == {"TrainingJobName": ["churn"]}


def test_a_parameter_may_stand_in_the_beginning_of_a_name() -> None:
    made_up = "States.Format('${PipelineName}-churn-{}', $$.Execution.Name)"
    assert detail(training(made_up))["TrainingJobName"] == [{"prefix": "Sub(${PipelineName}-churn-)"}]


@pytest.mark.parametrize(
    "name", ["$.name", "States.Format('{}-x', $.name)", "States.Format('a\\'{}', $.name)"]
)
def test_a_job_whose_name_is_known_at_run_time_only_is_known_by_its_role(name: str) -> None:
    assert detail(training(name)) == BY_ROLE


def test_one_unknown_name_under_a_role_lets_all_jobs_of_the_role_be_told() -> None:
    tree = machine(A=training("churn", Next="B"), B=training("$.name"))
    found = plain(made(TOML, tree).properties("TrainingJobFailedRule")["EventPattern"]["detail"])
    assert found == {"TrainingJobStatus": ["Failed", "Stopped"], **BY_ROLE}


def test_jobs_under_several_roles_have_a_rule_for_each() -> None:
    other = training("fraud")
    other["Parameters"] = {"TrainingJobName": "fraud", "RoleArn.$": "$.role"}
    found = made(TOML, machine(A=training("$.name", Next="B"), B=other))
    rules = [name for name in found.of_type("AWS::Events::Rule") if name.startswith("Training")]
    assert rules == ["TrainingJobFailedRule", "TrainingJobFailedRule2"]
    details = [plain(found.properties(name)["EventPattern"]["detail"]) for name in rules]
    status = {"TrainingJobStatus": ["Failed", "Stopped"]}
    assert details == [{**status, **BY_ROLE}, {**status, "TrainingJobName": ["fraud"]}]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("{% 'churn-' & $states.context.Execution.Name %}", {"TrainingJobName": [{"prefix": "churn-"}]}),
        ("{% 'churn' %}", {"TrainingJobName": ["churn"]}),
        ("{% $states.input.name %}", {}),
    ],
)
def test_names_in_jsonata_are_read_alike(name: str, expected: dict[str, Any]) -> None:
    state = training()
    del state["Parameters"]
    arguments = {"TrainingJobName": name, "RoleArn": ROLE}
    tree = {**machine(Train={**state, "Arguments": arguments}), "QueryLanguage": "JSONata"}
    found = plain(made(TOML, tree).properties("TrainingJobFailedRule")["EventPattern"]["detail"])
    del found["TrainingJobStatus"]
    assert found == {**expected, **BY_ROLE}


def test_a_tuning_jobs_role_is_that_of_its_training_jobs() -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync",
        "Parameters": {
            "HyperParameterTuningJobName.$": "$.name",
            "TrainingJobDefinition": {"RoleArn": ROLE},
        },
        "End": True,
    }
    found = detail(state, "HyperParameterTuningJobFailedRule")
    assert found == {"TrainingJobDefinition": {"RoleArn": [JOB_ROLE]}}


def test_a_transform_job_without_a_known_name_is_not_told_and_that_is_said() -> None:
    tree = machine(Score=transform(**{"TransformJobName.$": "$.name"}))
    message = (
        "nobody is told when the transform job of task 'Score' fails: "
        "its TransformJobName is known at run time only"
    )
    hint = "let TransformJobName begin with a text, or write jobs = false in [notifications]"
    assert findings(TOML, tree) == [f"SFN648 workflows/train.py:40 (States/Score): {message} | {hint}"]
    assert made(TOML, tree).of_type("AWS::Events::Rule") == ["ExecutionStatusRule"]
    assert findings("[notifications]\njobs = false\n", tree) == []
    assert detail(transform(TransformJobName="t"), "TransformJobFailedRule") == {"TransformJobName": ["t"]}


def test_a_transform_job_without_a_known_name_is_known_by_the_place_of_its_results() -> None:
    for output, expected in (
        ({"S3OutputPath": "s3://scores/churn"}, "s3://scores/churn"),
        ({"S3OutputPath.$": "States.Format('s3://scores/{}', $.run)"}, {"prefix": "s3://scores/"}),
    ):
        state = transform(**{"TransformJobName.$": "$.name", "TransformOutput": output})
        assert findings(TOML, machine(Score=state)) == []
        assert detail(state, "TransformJobFailedRule") == {"TransformOutput": {"S3OutputPath": [expected]}}


def test_a_transform_job_with_a_known_name_is_known_by_that_alone() -> None:
    state = transform(TransformJobName="t", TransformOutput={"S3OutputPath": "s3://scores/churn"})
    assert detail(state, "TransformJobFailedRule") == {"TransformJobName": ["t"]}


def test_jobs_of_a_ready_made_pipeline_are_known_by_the_role_of_its_own_input() -> None:
    def read(step: str, *keys: str) -> dict[str, str]:
        return {f"{key}.$": f"$$.Execution.Input['{step}'].{key}" for key in keys}

    train = {**training(), "Parameters": read("Train", "TrainingJobName", "RoleArn"), "Next": "Deploy"}
    del train["End"]
    serve = {"Resource": "arn:aws:states:::sagemaker:createEndpoint", "Type": "Task", "End": True}
    tree = machine(Train=train, Deploy={**serve, "Parameters": read("Deploy", "EndpointName")})
    given = {
        "Train": {"TrainingJobName": "t", "RoleArn": "arn:aws:iam::210987654321:role/r"},
        "Deploy": {"EndpointName": "e"},
    }
    one, _ = final(TOML, tree, default_input=given)
    details = {name: plain(pattern["detail"]) for name, _, pattern in jobs.patterns(one)}
    assert details == {
        "TrainingJobFailedRule": {
            "TrainingJobStatus": ["Failed", "Stopped"],
            "RoleArn": ["Sub(arn:${AWS::Partition}:iam::210987654321:role/r)"],
        },
        "EndpointFailedRule": {
            "EndpointStatus": list(KINDS["createEndpoint"].statuses),
            "EndpointName": ["e"],
        },
    }
    assert list(jobs.untold(one)) == []


def test_no_rule_picks_all_jobs_of_the_account() -> None:
    tree = machine(A=training("$.a", Next="B"), B=transform(**{"TransformJobName.$": "$.name"}))
    found = made(TOML, tree)
    for rule in found.of_type("AWS::Events::Rule"):
        assert len(found.properties(rule)["EventPattern"]["detail"]) >= 2, dumped(rule)
