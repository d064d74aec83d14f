"""Why an execution ended: its history as a finding at the line of the workflow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from executions import (
    EXECUTION,
    FAILED_JOB,
    FAILED_TRAINING,
    TRAINING,
    Row,
    broken,
    call,
    ended,
    entered,
    exited,
)
from executions import history as events
from faces import TRAIN, face, task

from sfn_cfn.deploy import console
from sfn_cfn.deploy.failure import LOG_GROUPS, Failure, failure, finding
from sfn_cfn.deploy.interface import NAMES

TWO = face({"Train": TRAIN, "Check": task("lambda:invoke", FunctionName="check")})


def why(*rows: Row) -> Failure:
    found = failure(events(*rows))
    assert found is not None
    return found


def test_a_failed_job_is_told_with_its_reason_its_log_and_its_line() -> None:
    found = failure(FAILED_TRAINING)
    assert found is not None
    shown = finding(found, TWO, EXECUTION)
    assert (shown.code, str(shown.location)) == ("SFN850", "workflows/train.py:10 (States/Train)")
    assert shown.message == (
        "state 'Train' failed: States.TaskFailed: AlgorithmError: no such column 'age', exit code: 1"
    )
    assert shown.hint == "read the log"
    assert shown.detail.splitlines() == [
        f"execution: {EXECUTION}",
        "call: sagemaker:createTrainingJob.sync",
        "job: job-1",
        "log: /aws/sagemaker/TrainingJobs (job-1/...)",
        (
            "     https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/"
            "log-group/$252Faws$252Fsagemaker$252FTrainingJobs$3FlogStreamNameFilter$3Djob-1$252F"
        ),
        (
            "console: https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1"
            f"#/v2/executions/details/{EXECUTION}"
        ),
    ]


@pytest.mark.parametrize(
    "last", [[], [("ExecutionStarted", 0)], [("ExecutionStarted", 0), ("ExecutionSucceeded", 1)]]
)
def test_an_execution_that_has_not_failed_has_no_failure(last: list[Row]) -> None:
    assert failure(events(*last)) is None


def test_an_attempt_that_was_repeated_is_not_the_failure() -> None:
    found = why(
        entered("Task", "Train", 0),
        call(TRAINING, 1, TrainingJobName="a"),
        broken(TRAINING, 2, "SageMaker.ThrottlingException", "slow"),
        call(TRAINING, 3, TrainingJobName="a"),
        ("TaskSucceeded", 4),
        exited("Task", "Train", 5),
        entered("Task", "Check", 6),
        ended(7, "States.Runtime", "An error occurred while executing the state 'Check'"),
    )
    assert (found.state, found.error) == ("Check", "States.Runtime")
    assert finding(found, TWO, EXECUTION).message == (
        "state 'Check' failed: States.Runtime: An error occurred while executing the state 'Check'"
    )


def test_an_attempt_that_was_repeated_is_not_what_a_fail_state_ends() -> None:
    found = why(
        entered("Task", "Train", 0),
        call(TRAINING, 1, TrainingJobName="a"),
        broken(TRAINING, 2, "SageMaker.ThrottlingException", "slow"),
        call(TRAINING, 3, TrainingJobName="a"),
        ("TaskSucceeded", 4),
        exited("Task", "Train", 5),
        entered("Fail", "Refuse", 6),
        ended(7, "Refused", "not accurate enough"),
    )
    assert (found.state, found.error, found.ended_by) == ("Refuse", "Refused", "")


CAUGHT: list[Row] = [
    entered("Task", "Train", 0),
    call(TRAINING, 1, TrainingJobName="job-1"),
    broken(TRAINING, 2, "States.TaskFailed", FAILED_JOB),
    exited("Task", "Train", 3),
]


def test_a_failure_that_a_fail_state_ends_is_told_at_its_root() -> None:
    found = why(*CAUGHT, entered("Fail", "Give up", 4), ended(5, "GaveUp", "see the log"))
    assert found.ended_by == "Give up"
    shown = finding(found, TWO, EXECUTION)
    assert shown.message == (
        "state 'Train' failed: States.TaskFailed: AlgorithmError: no such column 'age', exit code: 1; "
        "it was caught, and 'Give up' ended the execution"
    )
    assert shown.location == TWO.steps[0].location


def test_a_failure_that_was_caught_is_not_that_of_a_later_state() -> None:
    found = why(*CAUGHT, entered("Task", "Check", 4), ended(5, "States.Runtime", "no path"))
    assert (found.state, found.error, found.ended_by) == ("Check", "States.Runtime", "")


def test_a_fail_state_alone_is_the_failure() -> None:
    found = why(entered("Fail", "Refuse", 0), ended(1, "Refused", "not accurate enough"))
    assert finding(found, TWO, EXECUTION).message == "state 'Refuse' failed: Refused: not accurate enough"
    assert found.call == ""


def test_a_fail_state_in_a_map_is_the_failure() -> None:
    found = why(
        entered("Map", "Each", 0),
        ("MapStateStarted", 1, {"length": 2}),
        ("MapIterationStarted", 2, {"name": "Each", "index": 1}),
        entered("Fail", "Refuse", 3),
        ("MapIterationFailed", 4, {"name": "Each", "index": 1}),
        ("MapStateFailed", 4),
        ended(6, "Refused", "bad item"),
    )
    assert (found.shown, found.error, found.reason) == ("Each[1] / Refuse", "Refused", "bad item")


def test_a_failure_in_a_parallel_state_in_a_map_names_the_item() -> None:
    found = why(
        entered("Map", "Each", 0),
        ("MapStateStarted", 1, {"length": 2}),
        ("MapIterationStarted", 2, {"name": "Each", "index": 1}),
        entered("Parallel", "Both", 3),
        ("ParallelStateStarted", 4),
        entered("Task", "Check", 5),
        broken("lambda:invoke", 6, "KeyError", {"errorMessage": "'age'", "errorType": "KeyError"}),
        ("ParallelStateFailed", 7),
        ("MapIterationFailed", 8, {"name": "Each", "index": 1}),
        ("MapStateFailed", 8),
        ended(10, "KeyError", "x"),
    )
    assert (found.shown, found.reason) == ("Each[1] / Check", "KeyError: 'age'")


def test_a_map_that_was_repeated_is_not_the_failure() -> None:
    found = why(
        *CAUGHT,
        entered("Map", "Each", 4),
        ("MapStateStarted", 5, {"length": 1}),
        ("MapIterationStarted", 6, {"name": "Each", "index": 0}),
        entered("Task", "Check", 7),
        broken("lambda:invoke", 8, "Oops", "x"),
        ("MapStateFailed", 9),
        ("MapStateStarted", 10, {"length": 1}),
        ("MapStateSucceeded", 11),
        exited("Map", "Each", 12),
        entered("Fail", "Give up", 13),
        ended(14, "GaveUp", ""),
    )
    assert (found.state, found.ended_by) == ("Train", "Give up")


def test_a_timeout_of_a_task_has_its_name() -> None:
    timeout: Row = ("TaskTimedOut", 2, {"resourceType": "sagemaker", "resource": "createTrainingJob.sync"})
    found = why(
        entered("Task", "Train", 0),
        call(TRAINING, 1, TrainingJobName="j"),
        timeout,
        ended(3, "States.Timeout"),
    )
    assert finding(found, TWO, EXECUTION).message == "state 'Train' failed: States.Timeout"
    assert found.log == ("/aws/sagemaker/TrainingJobs", "j/")


def test_an_execution_that_was_stopped_says_by_whose_words() -> None:
    found = why(*CAUGHT[:2], ended(0, "Stopped", "by hand", kind="Aborted"))
    shown = finding(found, TWO, EXECUTION)
    assert (shown.code, shown.message) == ("SFN851", "the execution was stopped: Stopped: by hand")
    silent = finding(why(*CAUGHT[:2], ended(0, kind="Aborted")), TWO, EXECUTION)
    assert silent.message == "the execution was stopped"


def test_an_execution_that_took_too_long_says_so() -> None:
    shown = finding(why(*CAUGHT[:2], ended(0, kind="TimedOut")), TWO, EXECUTION)
    assert (shown.code, shown.message) == (
        "SFN851",
        "the execution ran longer than the state machine's TimeoutSeconds",
    )


def failed(resource: str, cause: Any, **parameters: Any) -> Failure:
    """A task that fails with this cause."""
    return why(
        entered("Task", "Train", 0),
        call(resource, 1, **parameters),
        broken(resource, 2, "E", cause),
        ended(3, "E"),
    )


@pytest.mark.parametrize("call", LOG_GROUPS)
def test_each_sagemaker_job_has_a_log(call: str) -> None:
    field, _ = NAMES["sagemaker", call]
    found = failed(f"sagemaker:{call}.sync", "x", **{field: "n"})
    prefix = "n" if "Tuning" in call else "n/"
    assert (found.job, found.log) == ("n", (LOG_GROUPS[call], prefix))


@pytest.mark.parametrize(
    ("resource", "cause", "given", "reason", "log"),
    [
        (
            "glue:startJobRun.sync",
            {"Id": "jr_1", "JobName": "j", "ErrorMessage": "no table", "LogGroupName": "/aws-glue/jobs"},
            {},
            "no table",
            ("/aws-glue/jobs/error", "jr_1"),
        ),
        (
            "lambda:invoke",
            {"errorMessage": "boom", "errorType": "ValueError", "stackTrace": []},
            {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:check:live"},
            "ValueError: boom",
            ("/aws/lambda/check", ""),
        ),
        ("lambda:invoke", "x", {"FunctionName": "check:live"}, "x", ("/aws/lambda/check", "")),
        (
            "batch:submitJob.sync",
            {"JobId": "1", "StatusReason": "exit 1", "Container": {"LogStreamName": "a/b"}},
            {},
            "exit 1",
            ("/aws/batch/job", "a/b"),
        ),
        (
            "codebuild:startBuild.sync",
            {"Build": {"Logs": {"GroupName": "/aws/codebuild/p", "StreamName": "s"}}},
            {},
            None,
            ("/aws/codebuild/p", "s"),
        ),
        (
            "athena:startQueryExecution.sync",
            {"QueryExecution": {"Status": {"StateChangeReason": "SYNTAX_ERROR"}}},
            {},
            "SYNTAX_ERROR",
            ("", ""),
        ),
        (
            "ecs:runTask.sync",
            {"StoppedReason": "Essential container exited"},
            {},
            "Essential container exited",
            ("", ""),
        ),
        (
            "sagemaker:createEndpoint",
            "Cannot create already existing endpoint",
            {"EndpointName": "e"},
            "Cannot create already existing endpoint",
            ("/aws/sagemaker/Endpoints/e", ""),
        ),
    ],
)
def test_each_service_tells_its_reason_its_own_way(
    resource: str, cause: Any, given: dict[str, Any], reason: str | None, log: tuple[str, str]
) -> None:
    found = failed(resource, cause, **given)
    assert found.log == log
    assert found.reason == (json.dumps(cause) if reason is None else reason)


def test_a_function_that_is_called_by_its_arn_has_a_log() -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:check"
    found = why(
        entered("Task", "Check", 0),
        ("LambdaFunctionScheduled", 1, {"resource": arn}),
        ("LambdaFunctionStarted", 2),
        ("LambdaFunctionFailed", 3, {"error": "Runtime.ExitError", "cause": '{"errorMessage": "killed"}'}),
        ended(4, "Runtime.ExitError"),
    )
    assert (found.call, found.job, found.log) == ("lambda", "check", ("/aws/lambda/check", ""))
    assert "function: check" in finding(found, TWO, EXECUTION).detail


def test_a_permission_that_is_missing_leads_to_the_policies() -> None:
    found = failed(
        TRAINING, "User: x is not authorized to perform: sagemaker:CreateTrainingJob on resource: y"
    )
    assert (
        finding(found, TWO, EXECUTION).hint
        == "run 'sfn-cfn explain-policy train' to see what the roles may do"
    )


def test_what_failed_in_a_nested_execution_is_told_too() -> None:
    nested = EXECUTION.replace("fraud-train-dev:one", "score-dev:two")
    cause = {"ExecutionArn": nested, "Status": "FAILED", "Error": "Bad", "Cause": json.dumps(FAILED_JOB)}
    found = failed("states:startExecution.sync:2", cause)
    assert found.nested == nested
    assert found.reason == "AlgorithmError: no such column 'age', exit code: 1"
    inner = failure(FAILED_TRAINING)
    assert inner is not None
    shown = finding(found, TWO, EXECUTION, [(nested, inner)])
    assert shown.detail.splitlines()[2:7] == [
        f"in execution: {nested}",
        "  state 'Train' failed: States.TaskFailed: AlgorithmError: no such column 'age', exit code: 1",
        "  call: sagemaker:createTrainingJob.sync",
        "  job: job-1",
        "  log: /aws/sagemaker/TrainingJobs (job-1/...)",
    ]
    assert shown.hint == "read the log"


def test_a_map_run_is_told_at_the_line_of_the_state_that_failed_in_it() -> None:
    run = "arn:aws:states:eu-west-1:123456789012:mapRun:fraud/Each:abc"
    found = why(
        entered("Map", "Each", 0),
        ("MapStateStarted", 1, {"length": 0}),
        ("MapRunStarted", 2, {"mapRunArn": run}),
        ("MapRunFailed", 3, {"error": "States.ExceedToleratedFailureThreshold", "cause": "too many"}),
        ("MapStateFailed", 4),
        ended(5, "States.ExceedToleratedFailureThreshold", "too many"),
    )
    assert (found.state, found.nested) == ("Each", run)
    inner = failure(FAILED_TRAINING)
    assert inner is not None
    assert finding(found, TWO, EXECUTION, [(EXECUTION, inner)]).location == TWO.steps[0].location


def test_a_state_that_the_source_does_not_have_is_shown_at_the_workflow() -> None:
    found = why(entered("Fail", "Other", 0), ended(1, "E", "c"))
    assert finding(found, TWO, EXECUTION).location == TWO.location


def test_a_long_reason_is_cut_in_the_message() -> None:
    message = finding(failed(TRAINING, "x" * 5000), TWO, EXECUTION).message
    assert message == f"state 'Train' failed: E: {'x' * 2000}..."


@pytest.mark.parametrize(
    ("partition", "region", "link"),
    [
        ("aws", "eu-west-1", "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#"),
        ("aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/states/home?region=cn-north-1#"),
        (
            "aws-us-gov",
            "us-gov-west-1",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/states/home?region=us-gov-west-1#",
        ),
    ],
)
def test_a_link_goes_to_the_console_of_the_partition(partition: str, region: str, link: str) -> None:
    arn = f"arn:{partition}:states:{region}:123456789012:execution:m:e"
    assert console.execution(arn) == f"{link}/v2/executions/details/{arn}"


def test_a_partition_whose_console_is_not_known_has_no_link() -> None:
    assert console.execution("arn:aws-iso:states:us-iso-east-1:123456789012:execution:m:e") == ""
