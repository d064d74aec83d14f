"""A queue whose messages start a workflow: the pipe, the router that unwraps what it gives, and what fails."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from interpreter import Interpreter, interpreter
from mended import mended
from starts import accepted, findings, read, reader, resolved, template

from sfn_cfn.errors import SettingsError
from sfn_cfn.operations import queue

TOML = "[workflows.train.queue]\nenabled = true\n"


def made(toml: str = TOML, states: Any = None, **given: Any) -> Any:
    """The resources of the template."""
    return template(toml, states or reader(), **given)["Resources"]


def test_without_the_setting_nothing_is_made() -> None:
    assert not [name for name in made("[workflows.train.queue]\nreceives = 3") if "Queue" in name]


def test_a_pipe_takes_one_message_at_a_time_and_waits_for_the_router() -> None:
    pipe = made()["QueuePipe"]["Properties"]
    assert pipe == {
        "Name": {"Fn::Sub": "${PipelineName}-train-${TargetEnv}"},
        "RoleArn": {"Fn::GetAtt": ["QueuePipeRole", "Arn"]},
        "Source": {"Fn::GetAtt": ["WorkflowQueue", "Arn"]},
        "SourceParameters": {"SqsQueueParameters": {"BatchSize": 1}},
        "Target": {"Ref": "QueueRouter"},
        "TargetParameters": {"StepFunctionStateMachineParameters": {"InvocationType": "REQUEST_RESPONSE"}},
        "DesiredState": {"Ref": "QueuePipeState"},
    }


def test_what_cannot_be_started_goes_into_another_queue() -> None:
    resources = made(TOML + "receives = 3")
    assert resources["WorkflowQueue"]["Properties"] == {
        "MessageRetentionPeriod": 1_209_600,
        "SqsManagedSseEnabled": True,
        "RedrivePolicy": {
            "deadLetterTargetArn": {"Fn::GetAtt": ["WorkflowDeadLetterQueue", "Arn"]},
            "maxReceiveCount": 3,
        },
        "VisibilityTimeout": 360,
    }
    assert {"WorkflowQueuePolicy", "WorkflowDeadLetterQueuePolicy", "WorkflowDeadLetterQueue"} <= set(
        resources
    )


def test_the_roles_may_do_what_they_have_to_and_no_more() -> None:
    resources = made()
    rights = {
        name: [
            (one["Action"], one["Resource"])
            for one in resources[name]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        ]
        for name in ("QueuePipeRole", "QueueRouterRole")
    }
    assert rights["QueuePipeRole"] == [
        (
            ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            {"Fn::GetAtt": ["WorkflowQueue", "Arn"]},
        ),
        ("states:StartSyncExecution", {"Ref": "QueueRouter"}),
    ]
    assert rights["QueueRouterRole"][0] == ("states:StartExecution", {"Ref": "StateMachineComponent"})
    trust = {
        name: resources[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"][
            "ArnLike"
        ]
        for name in rights
    }
    known = {"PipelineName": "ml", "TargetEnv": "dev"}
    assert resolved(trust, known) == {
        "QueuePipeRole": {"aws:SourceArn": "arn:aws:pipes:eu-west-1:111122223333:pipe/ml-train-dev"},
        "QueueRouterRole": {
            "aws:SourceArn": "arn:aws:states:eu-west-1:111122223333:stateMachine:ml-train-queue-dev"
        },
    }


def test_outputs_tell_where_messages_go_and_who_takes_them() -> None:
    made_by_stack = template(TOML, reader())["Outputs"]
    assert {name: made_by_stack[name]["Value"] for name in made_by_stack if name.startswith("Queue")} == {
        "QueueRouterArn": {"Ref": "QueueRouter"},
        "QueueUrl": {"Ref": "WorkflowQueue"},
        "QueueDeadLettersUrl": {"Ref": "WorkflowDeadLetterQueue"},
    }
    given = template(f'{TOML}arn = "arn:aws:sqs:eu-west-1:111122223333:jobs"', reader())["Outputs"]
    assert [name for name in given if name.startswith("Queue")] == ["QueueRouterArn"]


def test_a_given_queue_is_taken_with_its_key() -> None:
    arn, key = "arn:aws:sqs:eu-west-1:111122223333:jobs", "arn:aws:kms:eu-west-1:111122223333:key/k"
    resources = made(f'{TOML}arn = "{arn}"\nkms_key = "{key}"')
    assert "WorkflowQueue" not in resources
    assert resources["QueuePipe"]["Properties"]["Source"] == arn
    statements = resources["QueuePipeRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert [(one["Action"], one["Resource"]) for one in statements[2:]] == [("kms:Decrypt", key)]


def test_a_key_encrypts_the_queues_that_are_made() -> None:
    resources = made(
        f'[parameters.Key]\ndefault = "arn:aws:kms:eu-west-1:111122223333:key/k"\n{TOML}kms_key = "${{Key}}"'
    )
    for name in ("WorkflowQueue", "WorkflowDeadLetterQueue"):
        assert resources[name]["Properties"]["KmsMasterKeyId"] == {"Ref": "Key"}
        assert "SqsManagedSseEnabled" not in resources[name]["Properties"]


@pytest.mark.parametrize(
    "written",
    [
        'arn = "jobs"',
        'arn = "arn:aws:sqs:*:*:*"',
        'arn = "${Queue}*"',
        'arn = "arn:aws:sns:eu-west-1:111122223333:jobs"',
        'kms_key = "*"',
        'kms_key = "alias/jobs"',
        'kms_key = "${Key}:alias/jobs"',
        'kms_key = "arn:aws:kms:eu-west-1:111122223333:alias/jobs"',
        'kms_key = "arn:aws:kms:eu-west-1:111122223333:key/*"',
        'kms_key = "arn:aws:sqs:eu-west-1:111122223333:key/k"',
    ],
)
def test_an_arn_that_a_policy_would_not_know_is_refused_at_its_line(written: str) -> None:
    key, _, value = written.replace('"', "").partition(" = ")
    what = "the ARN of an SQS queue" if key == "arn" else "a key's own ARN (no alias, no star)"
    with pytest.raises(SettingsError) as refused:
        read(TOML + written)
    (told,) = refused.value.diagnostics
    assert f"{told.code} {told.location}: {told.message}" == (
        f"SFN112 sfn-cfn.toml:5: 'workflows.train.queue.{key}' is '{value}', not {what}, with parameters such as "
        "'${AWS::Region}' in it"
    )


@pytest.mark.parametrize(
    "written",
    [
        'arn = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${PipelineName}-jobs_1"',
        'arn = "arn:aws:sqs:eu-west-1:111122223333:jobs.fifo"',
        'arn = "${Queue}"',
        'kms_key = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/mrk-1"',
        'kms_key = "${Key}"',
        'kms_key = "${Keys}:key/1"',
        'kms_key = ""',
    ],
)
def test_an_arn_with_parameters_is_taken(written: str) -> None:
    own = read(TOML + written).of("train").operations["queue"]
    assert own[written.split(" ", maxsplit=1)[0]] == written.split('"')[1]


def test_a_queue_that_is_not_switched_on_is_told() -> None:
    assert findings("[queue]\nreceives = 3\n", reader()) == [
        (
            "SFN682 sfn-cfn.toml:4: 'queue.receives' does nothing, because [queue] is not enabled | "
            "write enabled = true or enabled = false beside it"
        )
    ]
    assert findings("[queue]\nenabled = false\nreceives = 3\n", reader()) == []
    assert findings("[queue]\nreceives = 3\n" + TOML, reader()) == []


def test_the_queue_of_one_workflow_has_the_defaults_of_all_of_which_the_others_have_none() -> None:
    others = "[queue]\nreceives = 3\n[workflows.score.queue]\nenabled = true\n"
    assert findings(others, reader()) == []
    (told,) = findings(others + "[workflows.train.queue]\nreceives = 5\n", reader())
    assert told.startswith("SFN682 sfn-cfn.toml:8: 'queue.receives' does nothing, ")


BAD = {
    "receives = 0": "SFN671 sfn-cfn.toml:5: 'receives' is 0 | write a whole number from 1 to 1000",
    'arn = "arn:aws:sqs:eu-west-1:1:q"\nreceives = 3': "SFN671 sfn-cfn.toml:6: 'receives' is given, and the queue is "
    "not made by the stack | take it out, and give the queue itself a redrive policy",
    "input = { Epoch = 1 }": "SFN631 sfn-cfn.toml:5: the queue gives input 'Epoch', which no state reads | "
    "did you mean 'Epochs'?",
}


@pytest.mark.parametrize("toml", BAD)
def test_what_cannot_be_is_told_at_its_line(toml: str) -> None:
    assert findings(TOML + toml, reader("Epochs")) == [BAD[toml]]


def test_a_region_without_pipes_is_told() -> None:
    toml = TOML + '[environments.far]\nregion = "il-central-1"\n[environments.near]\nregion = "eu-west-1"'
    assert findings(toml, reader()) == [
        (
            "SFN670 sfn-cfn.toml:3: environment 'far' is in 'il-central-1', which has no EventBridge Pipes | "
            "start the workflow there by an event or the endpoint"
        )
    ]


def test_the_regions_of_pipes_are_those_of_botocore() -> None:
    session = botocore.session.Session()
    listed = {one for part in ("aws", "aws-cn") for one in session.get_available_regions("pipes", part)}
    assert listed >= queue.REGIONS
    assert len(queue.REGIONS) > 20


@pytest.fixture(scope="module")
def local() -> Iterator[Interpreter]:
    with mended(), interpreter() as started:
        yield started


def router(toml: str = TOML, states: Any = None, **given: Any) -> Any:
    """The router's definition as deployed; the task that starts the workflow gives its own parameters instead."""
    properties = made(toml, states, **given)["QueueRouter"]["Properties"]
    definition = json.loads(
        resolved(properties["DefinitionString"], {"StateMachineComponent": "arn:machine"})
    )
    kept = copy.deepcopy(definition["States"])
    start = kept["Start workflow"]
    kept["Start workflow"] = {"Type": "Pass", "Parameters": start["Parameters"], "End": True}
    return {**definition, "States": kept}


def piped(body: str, message: str = "059f36b4-87a3-44ab-83d2-661975830a7d") -> list[dict[str, Any]]:
    """What a pipe gives for one message, as the EventBridge user guide shows it."""
    return [
        {
            "messageId": message,
            "receiptHandle": "AQEB",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:jobs",
            "awsRegion": "eu-west-1",
        }
    ]


def test_the_router_starts_the_workflow_with_the_messages_body(local: Interpreter) -> None:
    body = {"Data": 's3://lake/a "b"', "Epochs": 3, "Deep": {"x": [1, None]}}
    done = local.run(router(), piped(json.dumps(body)))
    assert done.entered == ("Take message", "Read body", "Add constants", "Merge", "Start workflow")
    assert done.output["StateMachineArn"] == "arn:machine"
    assert done.output["Input"] == body
    assert done.output["Name"] == hashlib.sha256(piped("")[0]["messageId"].encode()).hexdigest()
    assert len(done.output["Name"]) <= 80
    assert accepted(done.output["Input"], TOML, reader("Data", "Epochs", "Deep")) == []


def test_a_message_stands_over_what_the_settings_give(local: Interpreter) -> None:
    toml = "[parameters.Count]\ndefault = 3\n" + TOML + 'input = { Epochs = 1, Where = "${AWS::Region}" }'
    done = local.run(router(toml), piped('{"Epochs": 2, "Data": "x"}'))
    assert done.output["Input"] == {"Epochs": 2, "Where": "eu-west-1", "Data": "x"}


def test_a_ready_made_pipelines_own_input_stands_under_a_message(local: Interpreter) -> None:
    done = local.run(router(default_input={"Load": {"a": 1}}), piped('{"Day": "x"}'))
    assert done.output["Input"] == {"Load": {"a": 1}, "Day": "x"}


ID = "059f36b4-87a3-44ab-83d2-661975830a7d"
SCHEMA = {"Day": "str", "Epochs": "int", "Rate": "float", "Tags": "list", "Options": {"Deep": "bool"}}
FULL = {"Day": "x", "Epochs": 1, "Rate": 0.5, "Tags": [], "Options": {"Deep": True}}


def job() -> dict[str, Any]:
    """A workflow that makes a model whose name is an input."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createModel",
        "Parameters": {"ModelName.$": "$$.Execution.Input['Model']", "ExecutionRoleArn": "r"},
        "TimeoutSeconds": 60,
        "End": True,
    }
    return {"StartAt": "Save", "States": {"Save": task}}


def test_what_a_workflow_makes_has_a_name_of_its_own_for_each_message(local: Interpreter) -> None:
    definition = router(states=job())
    names = [local.run(definition, piped("{}")).output["Input"]["Model"] for _ in range(2)]
    assert all(re.fullmatch("train-model-[0-9a-f]{8}-[0-9a-f]{12}", name) for name in names)
    assert names[0] != names[1]
    assert local.run(definition, piped('{"Model": "mine"}')).output["Input"] == {"Model": "mine"}
    fixed = router(TOML + 'input = { Model = "ours" }', job())
    assert local.run(fixed, piped("{}")).output["Input"] == {"Model": "ours"}


def test_a_ready_made_pipelines_names_are_made_for_each_message(local: Interpreter) -> None:
    states = job()
    states["States"]["Save"]["Parameters"]["ModelName.$"] = "$$.Execution.Input['Save'].ModelName"
    given = {"Save": {"ModelName": "x", "More": 1}, "Other": "y"}
    done = local.run(router(states=states, default_input=given), piped("{}"))
    assert re.fullmatch("train-model-[0-9a-f]{8}-[0-9a-f]{12}", done.output["Input"]["Save"].pop("ModelName"))
    assert done.output["Input"] == {"Save": {"More": 1}, "Other": "y"}


def test_a_name_that_the_settings_fix_is_told() -> None:
    assert findings(TOML + 'input = { Model = "ours" }', job()) == [
        (
            "SFN673 sfn-cfn.toml:5: the queue gives a name of what states make, the same at each start | "
            "write it in the workflow, with unique_names = true, not in its input\n"
            "Model = 'ours': state 'Save'"
        )
    ]


@pytest.mark.parametrize("body", ["no json", "[1", "[1]", "3", "null", '"{}"'])
def test_a_message_that_is_no_object_fails_so_that_the_queue_keeps_it(body: str, local: Interpreter) -> None:
    done = local.run(router(), piped(body))
    assert (done.status, done.error) == ("FAILED", "MessageMalformed")
    assert done.cause == f"the body of message {ID} is not the JSON text of an object"
    assert "Start workflow" not in done.entered


def test_a_message_with_all_inputs_of_their_types_is_taken(local: Interpreter) -> None:
    done = local.run(router(states=reader(*SCHEMA), input_schema=SCHEMA), piped(json.dumps(FULL)))
    assert done.status == "SUCCEEDED", (done.error, done.cause)
    assert done.output["Input"] == FULL


@pytest.mark.parametrize(
    ("left", "needs"),
    [
        ({"Day"}, "input Day of type str"),
        ({"Epochs", "Options"}, "input Epochs of type int"),
        ({"Options"}, "input Options of type object"),
    ],
)
def test_a_message_without_an_input_starts_nothing(left: set[str], needs: str, local: Interpreter) -> None:
    body = {name: value for name, value in FULL.items() if name not in left}
    done = local.run(router(states=reader(*SCHEMA), input_schema=SCHEMA), piped(json.dumps(body)))
    assert (done.error, done.cause) == ("MessageInputMissing", f"message {ID} needs {needs}: in its body")
    assert "Start workflow" not in done.entered


def test_an_input_that_is_not_declared_is_asked_for_by_its_name(local: Interpreter) -> None:
    done = local.run(router(states=reader("Day", "a b")), piped('{"Day": null}'))
    assert (done.error, done.cause) == ("MessageInputMissing", f"message {ID} needs input a b: in its body")
    assert (
        local.run(router(states=reader("Day", "a b")), piped('{"Day": [1], "a b": 2}')).status == "SUCCEEDED"
    )


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"Day": 3}, "Day as a number, not as str"),
        ({"Epochs": "3"}, "Epochs as a text, not as int"),
        ({"Epochs": True}, "Epochs as a boolean, not as int"),
        ({"Rate": None}, "Rate as null, not as float"),
        ({"Tags": "a"}, "Tags as a text, not as list"),
        ({"Options": [True]}, "Options as a list, not as object"),
        ({"Options": {"Deep": {"x": 1}}}, "Options.Deep as an object, not as bool"),
    ],
)
def test_a_message_with_an_input_of_another_type_starts_nothing(
    change: Any, found: str, local: Interpreter
) -> None:
    body = json.dumps({**FULL, **change})
    done = local.run(router(states=reader(*SCHEMA), input_schema=SCHEMA), piped(body))
    assert (done.error, done.cause) == ("MessageInputOfAnotherType", f"message {ID} gives input {found}")
    assert "Start workflow" not in done.entered


def asking() -> dict[str, Any]:
    """A workflow that asks whether its input `Day` is there."""
    asked = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.Day", "IsPresent": True, "Next": "Load"}],
        "Default": "Load",
    }
    return {"StartAt": "Asks", "States": {"Asks": asked, **reader("Epochs")["States"]}}


def test_an_input_that_may_be_left_out_is_checked_where_it_is_given(local: Interpreter) -> None:
    definition = router(states=asking(), input_schema={"Day": "str", "Epochs": "int"})
    assert local.run(definition, piped('{"Epochs": 1}')).status == "SUCCEEDED"
    done = local.run(definition, piped('{"Epochs": 1, "Day": 2}'))
    assert done.cause == f"message {ID} gives input Day as a number, not as str"


def test_switches_are_checked_where_they_are_given(local: Interpreter) -> None:
    first = reader()["States"]["Load"]
    states = {"StartAt": "A", "States": {"A": {**first, "Next": "B"}, "B": first}}
    del states["States"]["A"]["End"]
    definition = router(TOML + '[workflows.train.stages]\nlast = { states = ["B"] }\n', states)
    assert local.run(definition, piped('{"Stages": {"last": false}}')).status == "SUCCEEDED"
    for given, found in {
        '{"last": 0}': ".last as a number, not as bool",
        "5": " as a number, not as object",
    }.items():
        done = local.run(definition, piped(f'{{"Stages": {given}}}'))
        assert done.cause == f"message {ID} gives input Stages{found}"


def test_10_000_messages_have_names_of_their_own_inside_the_limit() -> None:
    written = made()["QueueRouter"]["Properties"]["DefinitionString"]
    start = json.loads(resolved(written, {}))["States"]["Start workflow"]
    assert start["Parameters"]["Name.$"] == "States.Hash($.Message, 'SHA-256')"
    # The test of the message's body has the interpreter give the same as hashlib.
    names = {hashlib.sha256(f"{number:08x}{ID[8:]}".encode()).hexdigest() for number in range(10_000)}
    assert (len(names), {len(name) for name in names}) == (10_000, {64})


def test_the_longest_names_of_what_is_made_stay_inside_the_limits() -> None:
    whole = template("[queue]\nenabled = true\n", reader(), name="w" * 21)
    resources, environments = whole["Resources"], whole["Parameters"]["TargetEnv"]["AllowedValues"]
    values = {"PipelineName": "p" * 40, "TargetEnv": max(environments, key=len)}
    assert len(resolved(resources["QueueRouter"]["Properties"]["StateMachineName"], values)) <= 80
    assert len(resolved(resources["QueuePipe"]["Properties"]["Name"], values)) <= 64


def test_a_message_that_came_before_is_done() -> None:
    written = made()["QueueRouter"]["Properties"]["DefinitionString"]
    states = json.loads(resolved(written, {}))["States"]
    known = "StepFunctions.ExecutionAlreadyExistsException"
    assert states["Start workflow"]["Catch"] == [{"ErrorEquals": [known], "Next": "Started before"}]
    assert states["Start workflow"]["Retry"][0] == {"ErrorEquals": [known], "MaxAttempts": 0}
    assert states["Started before"] == {"Type": "Succeed", "OutputPath": None}


@pytest.mark.parametrize("again", [False, True])
def test_the_output_names_no_message_that_failed(local: Interpreter, *, again: bool) -> None:
    """A pipe would take `batchItemFailures` of the output for messages that it has to give again."""
    written = made()["QueueRouter"]["Properties"]["DefinitionString"]
    definition = json.loads(resolved(written, {}))
    if again:
        definition["States"]["Read body"]["Next"] = "Started before"
    assert local.run(definition, piped('{"batchItemFailures": [{"itemIdentifier": "x"}]}')).output == {}
