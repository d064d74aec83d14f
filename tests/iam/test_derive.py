"""The fragment of the roles, the findings, and the resources that names, ARNs and URLs give."""

from __future__ import annotations

from typing import Any

import pytest

from iam.building import VALUES, allows, define, many, resolve, resolved, task
from sfn_cfn.errors import Diagnostic, PolicyError
from sfn_cfn.iam import SAGEMAKER_ROLE, derive, derive_policies
from sfn_cfn.iam.table import INTEGRATIONS
from sfn_cfn.model import ParameterDeclaration
from sfn_cfn.template.intrinsics import Intrinsic, equals, get_att, if_, ref

STATES = "arn:aws:states:::"
TRAIN = f"{STATES}sagemaker:createTrainingJob"
HERE = "eu-west-1:111122223333"


def workflow(resource: str, parameters: Any = None, **defaults: str) -> list[dict[str, Any]]:
    declared = tuple(ParameterDeclaration(name, "String", value) for name, value in defaults.items())
    policies = derive_policies(define({"Call": task(resource, parameters)}, declared))
    return resolved(policies.workflow, {**VALUES, **defaults})


def targets(resource: str, parameters: Any = None, **defaults: str) -> list[str]:
    """All resources of the policy of one call."""
    found = workflow(resource, parameters, **defaults)
    return sorted({item for one in found for item in many(one["Resource"])})


def findings(states: dict[str, Any]) -> list[Diagnostic]:
    with pytest.raises(PolicyError) as error:
        derive(define(states))
    return list(error.value.diagnostics)


def finding(state: dict[str, Any]) -> tuple[str, str, str]:
    (one,) = findings({"Call": state})
    assert str(one.location) == "workflows/train.py:10 (States/Call)"
    return one.code, one.message, one.hint


# -- the fragment ---------------------------------------------------------------------------------------


def test_states_without_a_task_need_a_role_without_a_policy() -> None:
    fragment = derive(define({"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}))
    assert set(fragment.parameters) == {"WorkflowExecutionRoleArn"}
    assert set(fragment.conditions) == {"CreateWorkflowExecutionRole"}
    assert set(fragment.outputs) == {"StateMachineRoleArn"}
    assert list(fragment.resources) == ["WorkflowExecutionRole"]
    assert list(fragment.resources["WorkflowExecutionRole"]["Properties"]) == ["AssumeRolePolicyDocument"]


def test_the_second_role_comes_with_its_parameter_condition_and_output() -> None:
    fragment = derive(define({"Train": task(TRAIN, {"TrainingJobName": "t", "RoleArn": "${SageMakerRole}"})}))
    assert fragment.parameters["SageMakerRoleArn"] == {
        "Type": "String",
        "Default": "",
        "AllowedPattern": "^$|^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$",
        "Description": "ARN of the role of the SageMaker jobs; empty: the stack creates one",
    }
    assert fragment.conditions["CreateSageMakerExecutionRole"] == equals(ref("SageMakerRoleArn"), "")
    assert fragment.resources["SageMakerExecutionRole"]["Condition"] == "CreateSageMakerExecutionRole"
    assert fragment.outputs["SageMakerJobRoleArn"]["Value"] == SAGEMAKER_ROLE.value


def test_the_state_machines_role_is_the_stacks_or_the_given_one() -> None:
    fragment = derive(define({"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}))
    role = if_(
        "CreateWorkflowExecutionRole",
        get_att("WorkflowExecutionRole", "Arn"),
        ref("WorkflowExecutionRoleArn"),
    )
    assert fragment.properties == {
        ("StateMachineComponent", "RoleArn"): Intrinsic("Sub", ("${WorkflowRole}", {"WorkflowRole": role}))
    }


def test_only_this_state_machine_may_use_its_role() -> None:
    fragment = derive(define({"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}))
    (trust,) = resolve(fragment.resources["WorkflowExecutionRole"])["Properties"]["AssumeRolePolicyDocument"][
        "Statement"
    ]
    name = f"arn:aws:states:{HERE}:stateMachine:fraud-train-dev"
    assert trust == {
        "Effect": "Allow",
        "Principal": {"Service": "states.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": "111122223333"},
            "ArnLike": {"aws:SourceArn": [name, f"{name}/*", f"{name}:*"]},
        },
    }


def test_only_sagemaker_for_this_account_may_use_the_jobs_role() -> None:
    fragment = derive(define({"Train": task(TRAIN, {"TrainingJobName": "t", "RoleArn": "${SageMakerRole}"})}))
    (trust,) = resolve(fragment.resources["SageMakerExecutionRole"])["Properties"][
        "AssumeRolePolicyDocument"
    ]["Statement"]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_deriving_twice_gives_the_same_text() -> None:
    states = {
        f"S{n}": task(f"{STATES}dynamodb:{op}Item", {"TableName": f"t{n}"})
        for n, op in enumerate(["get", "put", "get"])
    }
    backwards = dict(reversed(list(states.items())))
    assert repr(derive(define(states)).resources) == repr(derive(define(backwards)).resources)


# -- roles that are passed ------------------------------------------------------------------------------


def passed(parameters: dict[str, Any]) -> list[str]:
    found = workflow(TRAIN, {"TrainingJobName": "t", **parameters})
    return [item for one in found if one["Sid"] == "PassRole" for item in many(one["Resource"])]


def test_a_kept_role_is_the_one_that_is_passed() -> None:
    assert passed({"RoleArn": "arn:aws:iam::111122223333:role/x"}) == ["arn:aws:iam::111122223333:role/x"]


def test_a_role_known_at_run_time_is_any_of_this_account_passed_to_sagemaker_only() -> None:
    assert passed({"RoleArn.$": "$.role"}) == ["arn:aws:iam::111122223333:role/*"]
    found = workflow(TRAIN, {"TrainingJobName": "t", "RoleArn.$": "$.role"})
    role = "arn:aws:iam::111122223333:role/x"
    assert allows(found, "iam:PassRole", role, iam__PassedToService="sagemaker.amazonaws.com")
    assert not allows(found, "iam:PassRole", role, iam__PassedToService="ec2.amazonaws.com")
    assert not allows(
        found, "iam:PassRole", role.replace("1111", "9999"), iam__PassedToService="sagemaker.amazonaws.com"
    )


def test_a_call_that_gets_its_whole_input_may_pass_any_role() -> None:
    found = workflow(TRAIN)
    assert allows(found, "sagemaker:CreateTrainingJob", f"arn:aws:sagemaker:{HERE}:training-job/any")
    assert allows(
        found,
        "iam:PassRole",
        "arn:aws:iam::111122223333:role/x",
        iam__PassedToService="sagemaker.amazonaws.com",
    )


# -- neighbours -----------------------------------------------------------------------------------------


def test_a_named_job_allows_no_sibling_no_other_account_and_no_other_action() -> None:
    found = workflow(f"{TRAIN}.sync", {"TrainingJobName": "fraud", "RoleArn": "${SageMakerRole}"})
    job = f"arn:aws:sagemaker:{HERE}:training-job/fraud"
    assert allows(found, "sagemaker:StopTrainingJob", job)
    assert not allows(found, "sagemaker:StopTrainingJob", f"{job}-two")
    assert not allows(found, "sagemaker:StopTrainingJob", job.replace("eu-west-1", "us-east-1"))
    assert not allows(found, "sagemaker:StopTrainingJob", job.replace("111122223333", "999999999999"))
    assert not allows(found, "sagemaker:DeleteTags", job)


def test_request_response_does_not_stop_jobs_or_make_rules() -> None:
    found = workflow(TRAIN, {"TrainingJobName": "fraud", "RoleArn": "${SageMakerRole}"})
    actions = {action for one in found for action in many(one["Action"])}
    assert actions == {
        "iam:PassRole",
        "sagemaker:AddTags",
        "sagemaker:CreateTrainingJob",
        "sagemaker:ListTags",
    }


def test_an_action_has_no_wildcard() -> None:
    grants = [
        grant for entry in INTEGRATIONS.values() for found in entry.patterns.values() for grant in found
    ]
    assert not [action for grant in grants for action in grant.actions if "*" in action]


# -- names, ARNs and URLs -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("score", f"arn:aws:lambda:{HERE}:function:score"),
        ("score:live", f"arn:aws:lambda:{HERE}:function:score:live"),
        ("222233334444:function:score", "arn:aws:lambda:eu-west-1:222233334444:function:score"),
        (
            "arn:aws:lambda:us-east-1:222233334444:function:score:2",
            "arn:aws:lambda:us-east-1:222233334444:function:score:2",
        ),
        (
            "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:s",
            f"arn:aws:lambda:{HERE}:function:s",
        ),
        ("score-${TargetEnv}", f"arn:aws:lambda:{HERE}:function:score-dev"),
        ("score:$LATEST", f"arn:aws:lambda:{HERE}:function:score:?LATEST"),
    ],
)
def test_a_function_by_each_of_its_names(name: str, resource: str) -> None:
    assert targets(f"{STATES}lambda:invoke", {"FunctionName": name}) == [resource]


def test_a_function_by_a_parameter_has_the_shape_of_its_default() -> None:
    given = {"FunctionName": "${Score}"}
    assert targets(f"{STATES}lambda:invoke", given, Score="score") == [
        f"arn:aws:lambda:{HERE}:function:score"
    ]
    arn = f"arn:aws:lambda:{HERE}:function:other"
    assert targets(f"{STATES}lambda:invoke", given, Score=arn) == [arn]


def test_a_qualifier_of_its_own_is_part_of_the_function() -> None:
    found = targets(f"{STATES}lambda:invoke", {"FunctionName": "score", "Qualifier": "live"})
    assert found == [f"arn:aws:lambda:{HERE}:function:score:live"]
    found = targets(f"{STATES}lambda:invoke", {"FunctionName": "score", "Qualifier.$": "$.alias"})
    assert found == [f"arn:aws:lambda:{HERE}:function:score:*"]


def test_a_resource_that_is_a_parameter_with_a_functions_arn_is_a_function() -> None:
    arn = f"arn:aws:lambda:{HERE}:function:score"
    assert targets("${Score}", {"x": 1}, Score=arn) == [arn]


@pytest.mark.parametrize(
    ("url", "resource"),
    [
        ("https://sqs.us-east-1.amazonaws.com/222233334444/work", "arn:aws:sqs:us-east-1:222233334444:work"),
        ("https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/work", f"arn:aws:sqs:{HERE}:work"),
        (
            "https://sqs.cn-north-1.amazonaws.com.cn/222233334444/work",
            "arn:aws:sqs:cn-north-1:222233334444:work",
        ),
        ("https://queue.amazonaws.com/222233334444/work", "arn:aws:sqs:us-east-1:222233334444:work"),
        (
            "https://us-east-1.queue.amazonaws.com/222233334444/work",
            "arn:aws:sqs:us-east-1:222233334444:work",
        ),
        ("${Unknown}/work", f"arn:aws:sqs:{HERE}:*"),
    ],
)
def test_a_queue_by_its_url(url: str, resource: str) -> None:
    assert targets(f"{STATES}sqs:sendMessage", {"QueueUrl": url}) == [resource]


def test_a_queue_by_a_parameter_is_cut_out_of_its_url() -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/222233334444/work"
    found = targets(f"{STATES}sqs:sendMessage", {"QueueUrl": "${Queue}"}, Queue=url)
    assert found == ["arn:aws:sqs:eu-west-1:222233334444:work"]


def test_a_topic_a_target_and_a_telephone() -> None:
    topic = f"arn:aws:sns:{HERE}:done"
    assert targets(f"{STATES}sns:publish", {"TopicArn": "${Topic}"}, Topic=topic) == [topic]
    assert targets(f"{STATES}sns:publish", {"TargetArn": topic}) == [topic]
    assert targets(f"{STATES}sns:publish", {"PhoneNumber": "+4912345"}) == ["*"]


def test_a_table_by_its_arn() -> None:
    arn = "arn:aws:dynamodb:eu-west-1:222233334444:table/runs"
    assert targets(f"{STATES}dynamodb:getItem", {"TableName": arn}) == [arn]


def test_an_alias_of_a_state_machine_is_a_condition() -> None:
    machine = f"arn:aws:states:{HERE}:stateMachine:child"
    (found,) = workflow(f"{STATES}states:startExecution", {"StateMachineArn": f"{machine}:live"})
    assert found["Resource"] == machine
    assert found["Condition"] == {"StringEquals": {"states:StateMachineQualifier": "live"}}


def test_the_executions_of_a_state_machine_by_a_parameter_are_cut_out_of_its_arn() -> None:
    machine = f"arn:aws:states:{HERE}:stateMachine:child"
    found = targets(f"{STATES}states:startExecution.sync:2", {"StateMachineArn": "${Child}"}, Child=machine)
    assert f"arn:aws:states:{HERE}:execution:child:*" in found
    assert machine in found


def test_a_name_made_at_run_time_keeps_its_literal_pieces() -> None:
    given = {"JobName.$": "States.Format('etl-{}-daily-${TargetEnv}', $.day)"}
    assert targets(f"{STATES}glue:startJobRun", given) == [f"arn:aws:glue:{HERE}:job/etl-*-daily-dev"]


def test_an_escaped_character_of_a_name_made_at_run_time_is_itself() -> None:
    given = {"JobName.$": "States.Format('it\\'s-{}', $.day)"}
    assert targets(f"{STATES}glue:startJobRun", given) == [f"arn:aws:glue:{HERE}:job/it's-*"]


def test_arguments_that_are_one_expression_leave_all_names_open() -> None:
    node = {"Type": "Task", "Resource": f"{STATES}glue:startJobRun", "Arguments": "{% $all %}", "End": True}
    (found,) = resolved(derive_policies(define({"Call": node})).workflow)
    assert found["Resource"] == f"arn:aws:glue:{HERE}:job/*"


def test_arguments_that_are_one_expression_publish_to_topics_and_not_to_telephones() -> None:
    node = {"Type": "Task", "Resource": f"{STATES}sns:publish", "Arguments": "{% $all %}", "End": True}
    (found,) = resolved(derive_policies(define({"Call": node})).workflow)
    assert found["Resource"] == f"arn:aws:sns:{HERE}:*"


def test_a_jsonata_name_is_any() -> None:
    node = {
        "Type": "Task",
        "Resource": f"{STATES}glue:startJobRun",
        "Arguments": {"JobName": "{% $x %}"},
        "End": True,
    }
    (found,) = resolved(derive_policies(define({"Call": node})).workflow)
    assert found["Resource"] == f"arn:aws:glue:{HERE}:job/*"


def test_an_endpoints_name_is_lower_case_and_a_token_that_may_not_be_is_any_text() -> None:
    given = {"EndpointName": "Fraud-${PipelineName}-${AWS::Region}", "EndpointConfigName": "C"}
    assert targets(f"{STATES}sagemaker:createEndpoint", given) == [
        f"arn:aws:sagemaker:{HERE}:endpoint-config/c",
        f"arn:aws:sagemaker:{HERE}:endpoint/fraud-*-eu-west-1",
    ]


@pytest.mark.parametrize(
    "declared",
    [
        ParameterDeclaration("Name", "String", "x", allowed_values=("x", "y")),
        ParameterDeclaration("Name", "String", "x", allowed_pattern="^[a-z0-9-]{1,20}$"),
        ParameterDeclaration("Name", "Number", 1),
    ],
)
def test_a_parameter_that_is_lower_case_stays_in_a_name(declared: ParameterDeclaration) -> None:
    states = {"Call": task(f"{STATES}sagemaker:createModel", {"ModelName": "m-${Name}"})}
    (found,) = resolved(derive_policies(define(states, (declared,))).workflow, {**VALUES, "Name": "x"})
    assert found["Resource"] == f"arn:aws:sagemaker:{HERE}:model/m-x"


def test_a_model_with_tags_may_be_tagged() -> None:
    found = workflow(
        f"{STATES}sagemaker:createModel", {"ModelName": "m", "Tags": [{"Key": "a", "Value": "b"}]}
    )
    assert allows(found, "sagemaker:AddTags", f"arn:aws:sagemaker:{HERE}:model/m")


def test_an_endpoint_configuration_with_a_key_may_grant_it() -> None:
    given = {"EndpointConfigName": "c", "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/k"}
    found = workflow(f"{STATES}sagemaker:createEndpointConfig", given)
    key = "arn:aws:kms:eu-west-1:111122223333:key/k"
    assert allows(found, "kms:CreateGrant", key, kms__GrantIsForAWSResource="true")
    assert not allows(found, "kms:CreateGrant", key)


# -- minimising -----------------------------------------------------------------------------------------


def test_equal_calls_become_one_statement_and_a_pattern_swallows_names() -> None:
    glue = f"{STATES}glue:startJobRun"
    states = {
        "A": task(glue, {"JobName": "b"}),
        "B": task(glue, {"JobName": "a"}),
        "C": task(glue, {"JobName": "b"}),
    }
    (found,) = resolved(derive_policies(define(states)).workflow)
    assert found["Resource"] == [f"arn:aws:glue:{HERE}:job/a", f"arn:aws:glue:{HERE}:job/b"]
    states["D"] = task(glue, {"JobName.$": "$.name"})
    (found,) = resolved(derive_policies(define(states)).workflow)
    assert found["Resource"] == f"arn:aws:glue:{HERE}:job/*"


def test_two_calls_on_one_table_become_one_statement() -> None:
    states = {op: task(f"{STATES}dynamodb:{op}Item", {"TableName": "t"}) for op in ("put", "get")}
    (found,) = resolved(derive_policies(define(states)).workflow)
    assert found["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem"]


def test_sids_stand_once() -> None:
    states = {
        "A": task(f"{STATES}dynamodb:getItem", {"TableName": "a"}),
        "B": task(f"{STATES}dynamodb:putItem", {"TableName": "b"}),
    }
    found = resolved(derive_policies(define(states)).workflow)
    assert [one["Sid"] for one in found] == ["DynamoDBItems", "DynamoDBItems2"]


# -- findings -------------------------------------------------------------------------------------------


def test_an_integration_that_is_not_known_is_an_error() -> None:
    assert finding(task(f"{STATES}weather:getForecast", {})) == (
        "SFN501",
        "task 'Call' calls 'arn:aws:states:::weather:getForecast', and what the role needs for that is not known",
        "call it as 'arn:aws:states:::aws-sdk:<service>:<operation>', or by a Lambda function",
    )


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        ("polly:synthesizeSpeech", f"write '{STATES}aws-sdk:polly:synthesizeSpeech'"),
        (
            "textract:detectDocumentText.waitForTaskToken",
            f"write '{STATES}aws-sdk:textract:detectDocumentText.waitForTaskToken'",
        ),
        (
            "rekognition:detectFaces.sync",
            f"write '{STATES}aws-sdk:rekognition:detectFaces', and wait for its end in states of your own",
        ),
        ("dynamodb:scan", f"write '{STATES}aws-sdk:dynamodb:scan'"),
    ],
)
def test_an_operation_without_an_integration_is_called_by_the_aws_sdk(call: str, hint: str) -> None:
    assert finding(task(f"{STATES}{call}", {}))[2] == hint


def test_what_a_service_does_not_have_brings_what_it_has() -> None:
    assert finding(task(f"{STATES}sqs:peek", {}))[2] == "use one of: sqs:sendMessage"


def test_a_malformed_resource_is_shown_as_it_was_written() -> None:
    assert finding(task("arn:${AWS::Partition}:states::glue:startJobRun", {}))[1] == (
        "Resource of task 'Call' is 'arn:aws:states::glue:startJobRun', neither a service integration nor the ARN of a "
        "Lambda function or an activity"
    )


def test_an_integration_is_shown_as_it_was_written_before_its_partition_became_a_token() -> None:
    assert finding(task("arn:${AWS::Partition}:states:::polly:synthesizeSpeech", {}))[1] == (
        "task 'Call' calls 'arn:aws:states:::polly:synthesizeSpeech', and what the role needs for that is not known"
    )


def test_a_near_miss_names_the_integration_that_is_meant() -> None:
    assert finding(task(f"{STATES}glue:startJobRuns", {})) == (
        "SFN501",
        "task 'Call' calls 'arn:aws:states:::glue:startJobRuns', and what the role needs for that is not known",
        "use 'glue:startJobRun' if that is meant",
    )


@pytest.mark.parametrize(
    ("call", "message", "hint"),
    [
        (
            "sagemaker:createTrainingJob.waitForTaskToken",
            "task 'Call' calls 'sagemaker:createTrainingJob' by '.waitForTaskToken', which it does not support",
            "use request-response or .sync",
        ),
        (
            "dynamodb:getItem.sync",
            "task 'Call' calls 'dynamodb:getItem' by '.sync', which it does not support",
            "use request-response",
        ),
        (
            "sqs:sendMessage.sync:2",
            "task 'Call' calls 'sqs:sendMessage' by '.sync:2', which it does not support",
            "use request-response or .waitForTaskToken",
        ),
    ],
)
def test_a_pattern_that_is_not_supported_is_an_error(call: str, message: str, hint: str) -> None:
    assert finding(task(STATES + call, {})) == ("SFN502", message, hint)


@pytest.mark.parametrize(
    "resource",
    [
        "lambda",
        "",
        "arn:aws:states:::sagemaker",
        "arn:aws:lambda:eu-west-1:111122223333:score",
        "arn:aws:states:::sagemaker:createModel.later",
        "${Unknown}",
    ],
)
def test_a_malformed_resource_is_an_error(resource: str) -> None:
    assert finding(task(resource, {})) == (
        "SFN503",
        (
            f"Resource of task 'Call' is '{resource}', neither a service integration nor the ARN of a Lambda "
            "function or an activity"
        ),
        "write arn:aws:states:::<service>:<action>, or the ARN of a function",
    )


@pytest.mark.parametrize(
    ("call", "given", "message"),
    [
        (
            "sns:publish",
            {"TopicArn": "done"},
            "'TopicArn' of task 'Call' is 'done', which is not an ARN of sns",
        ),
        (
            "sqs:sendMessage",
            {"QueueUrl": "work"},
            "'QueueUrl' of task 'Call' is 'work', which is not a queue's URL",
        ),
        (
            "states:startExecution",
            {"StateMachineArn": "child"},
            "'StateMachineArn' of task 'Call' is 'child', which is not a state machine's ARN",
        ),
        (
            "lambda:invoke",
            {"FunctionName": "arn:aws:sns:eu-west-1:1:x"},
            "'FunctionName' of task 'Call' is 'arn:aws:sns:eu-west-1:1:x', which is not a Lambda function",
        ),
        (
            "sagemaker:createTrainingJob",
            {"TrainingJobName": "t", "RoleArn": "role-name"},
            "'RoleArn' of task 'Call' is 'role-name', which is not a role's ARN",
        ),
        ("glue:startJobRun", {"JobName": ""}, "'JobName' of task 'Call' is '', which is not a name"),
    ],
)
def test_a_parameter_that_names_no_resource_is_an_error(
    call: str, given: dict[str, Any], message: str
) -> None:
    code, found, _ = finding(task(STATES + call, given))
    assert (code, found) == ("SFN504", message)


@pytest.mark.parametrize(
    ("call", "field", "given", "what"),
    [
        (
            "sqs:sendMessage",
            "QueueUrl",
            "arn:${AWS::Partition}:sqs:eu-west-1:111122223333:jobs",
            "a queue's URL",
        ),
        ("sns:publish", "TopicArn", "https://sns.${AWS::Region}.amazonaws.com/news", "an ARN of sns"),
        (
            "glue:startJobRun",
            "JobName",
            "arn:${AWS::Partition}:glue:eu-west-1:111122223333:job/etl",
            "a name",
        ),
        (
            "sagemaker:createModel",
            "ExecutionRoleArn",
            "arn:${AWS::Partition}:iam::111122223333:instance-profile/jobs",
            "a role's ARN",
        ),
        (
            "states:startExecution",
            "StateMachineArn",
            "child-${AWS::Region}",
            "a state machine's ARN",
        ),
        (
            "apigateway:invoke",
            "ApiEndpoint",
            "api.${AWS::Region}.example.com",
            "the host of an API (<id>.execute-api.<region>.amazonaws.com)",
        ),
        (
            "athena:startQueryExecution",
            "ResultConfiguration.OutputLocation",
            "arn:${AWS::Partition}:s3:::results",
            "an S3 URI",
        ),
    ],
)
def test_a_parameter_that_names_no_resource_is_an_error_in_every_partition_too(
    call: str, field: str, given: str, what: str
) -> None:
    """A build has the account, the region and the partition as tokens."""
    outer, _, inner = field.rpartition(".")
    parameters = {outer: {inner: given}} if outer else {inner: given}
    code, found, _ = finding(task(STATES + call, {"AuthType": "IAM_ROLE", **parameters}))
    written = given.replace("${AWS::Partition}", "aws")
    assert (code, found) == ("SFN504", f"'{inner}' of task 'Call' is '{written}', which is not {what}")


def test_an_output_that_is_no_uri_is_an_error() -> None:
    given = {
        "TrainingJobName": "t",
        "RoleArn": "${SageMakerRole}",
        "OutputDataConfig": {"S3OutputPath": "/out"},
    }
    assert finding(task(TRAIN, given)) == (
        "SFN504",
        "'S3OutputPath' of task 'Call' is '/out', which is not an S3 URI",
        "give an S3 URI",
    )


def test_a_data_set_as_input_is_an_error() -> None:
    source = [{"DataSource": {"DatasetSource": {"DatasetArn": "a"}}}]
    given = {"TrainingJobName": "t", "RoleArn": "${SageMakerRole}", "InputDataConfig": source}
    assert finding(task(TRAIN, given)) == (
        "SFN501",
        "task 'Call' has 'DatasetSource', and what its role needs for that is not known",
        "give the role's ARN and set keep_role for this workflow",
    )


def test_all_findings_are_reported_at_their_states() -> None:
    found = findings(
        {
            "A": task(f"{STATES}polly:synthesizeSpeech", {}),
            "B": task("nothing", {}),
            "C": task(f"{STATES}sqs:sendMessage.sync", {}),
        }
    )
    assert [(one.code, str(one.location)) for one in found] == [
        ("SFN501", "workflows/train.py:10 (States/A)"),
        ("SFN503", "workflows/train.py:11 (States/B)"),
        ("SFN502", "workflows/train.py:12 (States/C)"),
    ]
