"""Definition, Settings -> a queue, a pipe from it, and the router that starts the workflow for each message.

The pipe's target is a router, an Express state machine (`queue_router`). The pipe waits for it
(`REQUEST_RESPONSE`): of what is started and left to itself (`FIRE_AND_FORGET`), it would learn no error, and take the
message out of the queue. So a message that the router fails for stays in the queue, which gives it again when its
visibility timeout ends, and puts it aside after `receives` times. One message at a time, because one that fails would
bring its whole batch back. Sources: the EventBridge user guide, "Amazon EventBridge Pipes error handling and
troubleshooting" (customer invocation errors, pipe DLQ behavior) and "Amazon EventBridge Pipes batching and
concurrency"; the AWS General Reference, "Amazon EventBridge Pipes endpoints and quotas".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition
from sfn_cfn.operations import inputs, machines, starting
from sfn_cfn.operations.capability import Addition, Capability, with_tokens
from sfn_cfn.operations.neighbours import QUEUE_SUFFIX as SUFFIX
from sfn_cfn.operations.parts import arn
from sfn_cfn.operations.queue_router import router
from sfn_cfn.sections import typed
from sfn_cfn.sections.queue import QueueSettings
from sfn_cfn.sections.stages import stages
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import Value, from_text, get_att, ref
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import QUEUE_DEAD_LETTERS as DEAD_LETTERS
from sfn_cfn.template.tokens import QUEUE_ROUTER as ROUTER

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
    "A given queue (`arn`) has its own policy for messages that fail, so `receives`, which is 1 to 1000, is of a queue "
    "that the stack makes.",
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

QUEUE, PIPE, PIPE_ROLE = "WorkflowQueue", "QueuePipe", "QueuePipeRole"
STATE = "QueuePipeState"
LONGEST_PIPE = 64
"""Characters in a pipe's name (EventBridge Pipes API reference, `CreatePipe`)."""
VISIBILITY = 360
"""Seconds that a message is not given again: longer than an Express execution, which ends after 300 at most."""


def _settings(definition: Definition, settings: Settings) -> QueueSettings:
    return typed(settings.of(definition.name).operations, "queue", QueueSettings)


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    one = _settings(definition, settings)
    own = settings.of(definition.name)
    yield from starting.idle("queue", own, settings)
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
    given = inputs.Given(
        "the queue",
        f"workflows.{definition.name}.queue",
        own.place("queue", "input"),
        one.input,
        {},
        "aws.pipes.",
    )
    yield from inputs.check(given, definition, settings, complete=False)


def _add(definition: Definition, settings: Settings) -> Addition:
    one = _settings(definition, settings)
    if not one.enabled:
        return Addition()
    resources = _queues(definition, one) if not one.arn else {}
    resources |= _router(definition, settings, one)
    resources |= _pipe(definition, settings, one)
    router_arn = {"Description": "State machine that takes the queue's messages", "Value": ref(ROUTER)}
    outputs = {"QueueRouterArn": router_arn}
    if not one.arn:
        outputs["QueueUrl"] = {"Description": "Queue whose messages start the workflow", "Value": ref(QUEUE)}
        aside = {"Description": "Queue of messages that could not be started", "Value": ref(DEAD_LETTERS)}
        outputs["QueueDeadLettersUrl"] = aside
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
        *machines.caller_statements(definition, settings, ROUTER, SUFFIX),
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
    own = stages(settings.of(definition.name).operations)
    tree = router(definition, own, one.input, starting.logical_id(definition, settings))
    statements = (starting.start_statement(definition, settings),)
    return machines.router(definition, settings, machines.Router(ROUTER, SUFFIX, "EXPRESS", tree, statements))


CAPABILITY = Capability(check=_check, add=_add)
