"""Definition, Settings -> a queue, a pipe from it, and the router that starts the workflow for each message.

A pipe gives its target a list even for one message, whatever its input template makes of it, and states read their
execution's input by its names. So the pipe's target is a router, an Express state machine that takes the message out
of the list and starts the workflow with its body. The pipe waits for it: what the router cannot start stays in the
queue, which gives it again and at last puts it aside. The execution is named by a hash of the message's ID, because
SQS may deliver a message twice. Sources: the EventBridge user guide, "Amazon Simple Queue Service as a source",
"Amazon EventBridge Pipes error handling and troubleshooting" (only what is called synchronously is tried again) and
"Amazon EventBridge feature availability by AWS Region"; the Step Functions API reference, `StartExecution`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfn_cfn.deploy.interface import interface
from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.machine_rights import LOG_DELIVERY
from sfn_cfn.model import Definition, Node, Text, Token, machine_name, text
from sfn_cfn.operations import inputs, starting
from sfn_cfn.operations.capability import Addition, Capability, with_tokens
from sfn_cfn.operations.parts import arn, log_group
from sfn_cfn.sections import typed
from sfn_cfn.sections.queue import QueueSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.asl import definition_string
from sfn_cfn.template.intrinsics import Value, from_text, get_att, ref
from sfn_cfn.template.model import Fragment

SFN670 = Code(
    "SFN670",
    Severity.WARNING,
    "an environment's region has no EventBridge Pipes",
    "The messages of a queue start the workflow through EventBridge Pipes, which not all regions have. The list was "
    "made of AWS's endpoints; where the region has it by now, nothing has to be done. Else start the workflow there by "
    "an event (`[triggers]`) or by the endpoint.",
)
SFN671 = Code(
    "SFN671",
    Severity.ERROR,
    "the queue's settings contradict each other",
    "A given queue (`arn`) has its own policy for messages that fail, so `receives` is of a queue that the stack "
    "makes. A queue's ARN is that of SQS, and `receives` is 1 to 1000.",
)

REGIONS = frozenset(
    {
        *("af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1"),
        *("ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ca-central-1", "cn-north-1"),
        *("cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"),
        *("eu-west-1", "eu-west-2", "eu-west-3", "me-central-1", "me-south-1", "sa-east-1", "us-east-1"),
        *("us-east-2", "us-west-1", "us-west-2"),
    }
)
"""Where Pipes is (AWS General Reference, "Amazon EventBridge Pipes endpoints and quotas")."""

QUEUE, DEAD_LETTERS, PIPE, PIPE_ROLE = (
    "WorkflowQueue",
    "WorkflowDeadLetterQueue",
    "QueuePipe",
    "QueuePipeRole",
)
ROUTER, ROUTER_ROLE, ROUTER_LOG = "QueueRouter", "QueueRouterRole", "QueueRouterLogGroup"
STATE = "QueuePipeState"
LONGEST_PIPE = 64
"""Characters in a pipe's name (EventBridge Pipes API reference, `CreatePipe`)."""
LONGEST_MACHINE = 80
"""Characters in a state machine's name (Step Functions API reference, `CreateStateMachine`)."""
VISIBILITY = 360
"""Seconds that a message is not given again: longer than an Express execution, which ends after 300 at most."""


def _settings(definition: Definition, settings: Settings) -> QueueSettings:
    return typed(settings.of(definition.name).operations, "queue", QueueSettings)


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    one = _settings(definition, settings)
    own = settings.of(definition.name)
    if not one.enabled:
        return
    for environment in settings.environments:
        if environment.region and environment.region not in REGIONS:
            message = f"environment '{environment.name}' is in '{environment.region}', which has no EventBridge Pipes"
            yield SFN670.at(
                own.place("queue"), message, "start the workflow there by an event or the endpoint"
            )
    if one.arn and "receives" in own.operations["queue"]:
        message = "'receives' is given, and the queue is not made by the stack"
        hint = "take it out, and give the queue itself a redrive policy"
        yield SFN671.at(own.place("queue", "receives"), message, hint)
    elif starting.outside(one.receives, 1, 1000):
        message = f"'receives' is {one.receives}"
        yield SFN671.at(own.place("queue", "receives"), message, "write a whole number from 1 to 1000")
    if one.arn and "$" not in one.arn and not one.arn.startswith(("arn:aws:sqs:", "arn:aws-")):
        message = f"'arn' of the queue is '{one.arn}', which is no ARN of SQS"
        yield SFN671.at(own.place("queue", "arn"), message, "write 'arn:aws:sqs:<region>:<account>:<name>'")
    given = inputs.Given(
        "the queue",
        f"workflows.{definition.name}.queue",
        own.place("queue", "input"),
        one.input,
        {},
        "aws.pipes.",
    )
    yield from inputs.check(given, definition, settings, complete=False)


def router(definition: Definition, constants: Mapping[str, Any], started: str) -> Node:
    """The router's definition; its input is the list that the pipe gives, of one message.

    `constants` are the inputs that a message may leave out, `started` is the logical ID of what is started. A body
    that is no object, or lacks an input, fails.
    """
    optional = interface(definition).optional
    asked = [item.name for item in definition.inputs if item.name not in optional]
    states: dict[Any, Node] = {
        "Take message": {"Type": "Pass", "InputPath": "$[0]", "Next": "Add constants"},
        "Add constants": {
            "Type": "Pass",
            "Result": inputs.execution_input(constants, definition),
            "ResultPath": "$.constants",
            "Next": "Read body",
        },
        "Read body": {
            "Type": "Pass",
            "Parameters": {
                "id.$": "$.messageId",
                "input.$": "States.JsonMerge($.constants, States.StringToJson($.body), false)",
            },
            "Next": "Check inputs" if asked else "Start workflow",
        },
    }
    if asked:
        states |= _asking(asked)
    return {
        "Comment": "Starts the workflow for a message of its queue",
        "StartAt": "Take message",
        "States": {**states, "Start workflow": _start(started), "Started before": {"Type": "Succeed"}},
        "TimeoutSeconds": 240,
    }


def _asking(asked: Sequence[str]) -> dict[Any, Node]:
    there = [{"Variable": f"$.input['{name}']", "IsPresent": True} for name in asked]
    return {
        "Check inputs": {
            "Type": "Choice",
            "Choices": [{"And": there, "Next": "Start workflow"}],
            "Default": "Inputs are missing",
        },
        "Inputs are missing": {
            "Type": "Fail",
            "Error": "MissingInput",
            "Cause": f"The message does not give all of the workflow's inputs: {', '.join(asked)}",
        },
    }


def _start(started: str) -> dict[Any, Node]:
    return {
        "Type": "Task",
        "Resource": text("arn:", Token("AWS::Partition"), ":states:::states:startExecution"),
        "Parameters": {
            "StateMachineArn": Text((Token(started),)),
            "Name.$": "States.Hash($.id, 'SHA-256')",
            "Input.$": "$.input",
        },
        "TimeoutSeconds": 60,
        "Catch": [
            {"ErrorEquals": ["StepFunctions.ExecutionAlreadyExistsException"], "Next": "Started before"}
        ],
        "End": True,
    }


def _add(definition: Definition, settings: Settings) -> Addition:
    one = _settings(definition, settings)
    if not one.enabled:
        return Addition()
    resources = _queues(definition, one) if not one.arn else {}
    resources |= _router(definition, settings, one)
    resources |= _pipe(definition, settings, one)
    outputs = {}
    if not one.arn:
        outputs["QueueUrl"] = {"Description": "Queue whose messages start the workflow", "Value": ref(QUEUE)}
    what = "messages of the queue start the workflow"
    parameters = {STATE: starting.switch(True, what, "RUNNING", "STOPPED")}
    return Addition(Fragment(parameters=parameters, resources=resources, outputs=outputs))


def _key(definition: Definition, one: QueueSettings) -> Value:
    return from_text(with_tokens(one.kms_key, definition))


def _queues(definition: Definition, one: QueueSettings) -> dict[str, Any]:
    redrive = {"deadLetterTargetArn": get_att(DEAD_LETTERS, "Arn"), "maxReceiveCount": int(one.receives)}
    made = {
        QUEUE: starting.queue(RedrivePolicy=redrive, VisibilityTimeout=VISIBILITY),
        DEAD_LETTERS: starting.queue(),
    }
    if one.kms_key:
        for item in made.values():
            del item["Properties"]["SqsManagedSseEnabled"]
            item["Properties"]["KmsMasterKeyId"] = _key(definition, one)
    return made | {f"{name}Policy": starting.queue_policy(name) for name in made}


def _pipe(definition: Definition, settings: Settings, one: QueueSettings) -> dict[str, Any]:
    name = starting.service_name(definition.name, settings, LONGEST_PIPE)
    source = from_text(with_tokens(one.arn, definition)) if one.arn else get_att(QUEUE, "Arn")
    statements: list[dict[str, Any]] = [
        {
            "Sid": "TakeMessages",
            "Effect": "Allow",
            "Action": ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            "Resource": source,
        },
        {
            "Sid": "RunRouter",
            "Effect": "Allow",
            "Action": "states:StartSyncExecution",
            "Resource": ref(ROUTER),
        },
    ]
    if one.kms_key:
        key = {"Sid": "ReadMessages", "Effect": "Allow", "Action": "kms:Decrypt"}
        statements.append({**key, "Resource": _key(definition, one)})
    own = from_text(arn("pipes", "pipe/", *starting.name_pieces(definition.name, settings, LONGEST_PIPE)))
    properties = {
        "Name": name,
        "RoleArn": get_att(PIPE_ROLE, "Arn"),
        "Source": source,
        "SourceParameters": {"SqsQueueParameters": {"BatchSize": 1}},
        "Target": ref(ROUTER),
        "TargetParameters": {"StepFunctionStateMachineParameters": {"InvocationType": "REQUEST_RESPONSE"}},
        "DesiredState": ref(STATE),
    }
    return {
        PIPE: {"Type": "AWS::Pipes::Pipe", "Properties": properties},
        PIPE_ROLE: starting.role(definition, settings, "pipes.amazonaws.com", own, statements),
    }


def _router(definition: Definition, settings: Settings, one: QueueSettings) -> dict[str, Any]:
    log = {"CloudWatchLogsLogGroup": {"LogGroupArn": get_att(ROUTER_LOG, "Arn")}}
    delivery = {
        "Sid": LOG_DELIVERY.sid,
        "Effect": "Allow",
        "Action": list(LOG_DELIVERY.actions),
        "Resource": "*",
    }
    name = starting.name_pieces(f"{definition.name}-queue", settings, LONGEST_MACHINE)
    source = from_text(arn("states", "stateMachine:", *name))
    group = text("/aws/vendedlogs/states/", machine_name(definition.name), "-queue")
    properties = {
        "StateMachineName": from_text(text(*name)),
        "StateMachineType": "EXPRESS",
        "DefinitionString": definition_string(
            router(definition, one.input, starting.logical_id(definition, settings))
        ),
        "RoleArn": get_att(ROUTER_ROLE, "Arn"),
        "LoggingConfiguration": {"Level": "ERROR", "IncludeExecutionData": False, "Destinations": [log]},
        "TracingConfiguration": {"Enabled": False},
    }
    statements = (*starting.start_statements(definition, settings), delivery)
    return {
        ROUTER: {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties},
        ROUTER_ROLE: starting.role(definition, settings, "states.amazonaws.com", source, statements),
        ROUTER_LOG: log_group(definition, settings, group),
    }


CAPABILITY = Capability(check=_check, add=_add)
