"""Messages of a queue as a pipe gives them to the router: started once, or kept and put aside by the redrive policy.

SQS and Step Functions are a local AWS; the pipe is a few lines of the EventBridge user guide ("Amazon EventBridge
Pipes error handling and troubleshooting"): it takes a message out of the queue if the router's execution succeeds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from interpreter import ROLE, Interpreter, interpreter
from mended import mended
from starts import reader, resolved, template

TOML = "[queue]\nenabled = true\nreceives = 3\n"
RESOURCES = template(TOML, reader("Day"), input_schema={"Day": "str"})["Resources"]


@pytest.fixture(scope="module")
def local() -> Iterator[Interpreter]:
    with mended(), interpreter() as started, pytest.MonkeyPatch.context() as patched:
        known = {"MOTO_PORT": started.port, "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t"}
        for name, value in known.items():
            patched.setenv(name, value)
        yield started


@pytest.fixture
def queues(local: Interpreter) -> Iterator[tuple[str, str]]:
    """The queue, by its template, and that of dead letters. A message is given again at once."""
    sqs = local.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {**RESOURCES["WorkflowQueue"]["Properties"]["RedrivePolicy"], "deadLetterTargetArn": arn}
    attributes = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "0"}
    queue = sqs.create_queue(QueueName="queue", Attributes=attributes)["QueueUrl"]
    yield queue, dead
    for url in (queue, dead):
        sqs.delete_queue(QueueUrl=url)


@pytest.fixture(scope="module")
def router(local: Interpreter) -> Any:
    """The router's definition, which starts a workflow that is there."""
    empty = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    steps = local.client("stepfunctions")
    made = steps.create_state_machine(name="train", definition=json.dumps(empty), roleArn=ROLE)
    known = {"StateMachineComponent": made["stateMachineArn"]}
    return json.loads(resolved(RESOURCES["QueueRouter"]["Properties"]["DefinitionString"], known))


def pipe(local: Interpreter, queue: str, router: Any) -> list[str | None]:
    """Deliver all messages until the queue gives none; the errors of the router's executions, None for a success."""
    sqs, errors = local.client("sqs"), []
    batch = RESOURCES["QueuePipe"]["Properties"]["SourceParameters"]["SqsQueueParameters"]["BatchSize"]
    while given := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=batch).get("Messages"):
        records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in given]
        run = local.run(router, records, real=["Start workflow"])
        errors.append(run.error)
        if run.status == "SUCCEEDED":
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=given[0]["ReceiptHandle"])
    return errors


def bodies(local: Interpreter, queue: str) -> list[str]:
    """What a queue holds."""
    found = local.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [one["Body"] for one in found]


def executions(local: Interpreter, router: Any) -> int:
    machine = router["States"]["Start workflow"]["Parameters"]["StateMachineArn"]
    steps = local.client("stepfunctions")
    return len(steps.list_executions(stateMachineArn=machine)["executions"])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("no json", "MessageMalformed"),
        ("{}", "MessageInputMissing"),
        ('{"Day": 3}', "MessageInputOfAnotherType"),
    ],
)
def test_a_message_that_cannot_be_started_is_put_aside_after_its_receives(
    body: str, error: str, local: Interpreter, queues: tuple[str, str], router: Any
) -> None:
    queue, dead = queues
    before = executions(local, router)
    local.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
    assert pipe(local, queue, router) == [error] * 3
    assert bodies(local, dead) == [body]
    assert executions(local, router) == before


def test_a_good_message_starts_one_execution_and_is_gone(
    local: Interpreter, queues: tuple[str, str], router: Any
) -> None:
    queue, dead = queues
    before = executions(local, router)
    local.client("sqs").send_message(QueueUrl=queue, MessageBody='{"Day": "x"}')
    assert pipe(local, queue, router) == [None]
    assert (bodies(local, queue), bodies(local, dead)) == ([], [])
    assert executions(local, router) == before + 1


def test_a_message_that_comes_twice_starts_one_execution(local: Interpreter, router: Any) -> None:
    before = executions(local, router)
    record = {"messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "body": '{"Day": "x"}'}
    runs = [local.run(router, [record], real=["Start workflow"]) for _ in range(2)]
    assert [(run.status, run.output) for run in runs] == [("SUCCEEDED", {})] * 2
    assert executions(local, router) == before + 1
