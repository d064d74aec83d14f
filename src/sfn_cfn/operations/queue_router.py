r"""Definition, constants -> the router of a queue: a state machine that starts the workflow for a message.

    [{"messageId": "059f...", "body": "{\"Day\": ...}", ...}]  ->  execution "<hash of the message's ID>"

A pipe gives its target a list even for one message, and states read their execution's input by its names. So the
router takes the message out of the list, puts its body over the constants, checks the inputs and starts the workflow.
Jobs get unique names where neither the message nor the constants name them, as `sfn-cfn start` makes them.
What it cannot start ends it with an error, which the pipe waits for: the message stays in the queue, and the queue's
redrive policy decides. The execution is named by a hash of the message's ID, because SQS may deliver a message twice.
Sources: the EventBridge user guide, "Amazon Simple Queue Service as a source" and "Amazon EventBridge Pipes error
handling and troubleshooting"; the Step Functions API reference, `StartExecution`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sfn_cfn.deploy.interface import Interface, interface
from sfn_cfn.model import Definition, Node
from sfn_cfn.operations import inputs, router_defaults, router_inputs
from sfn_cfn.operations.router_states import START, fails, parallel, passes, start

MALFORMED = "MessageMalformed"
GIVER = router_inputs.Giver(
    kind="message",
    name="$.Message",
    missing="MessageInputMissing",
    mistyped="MessageInputOfAnotherType",
    where="in its body",
)
"""The errors that the router's executions fail with, besides those of a start."""


def router(
    definition: Definition, stages: Collection[str], constants: Mapping[str, Any], started: str
) -> dict[Any, Node]:
    """The router's definition; its input is the list that the pipe gives, of one message.

    `constants` are the inputs that a message may leave out, `started` is the logical ID of what is started.
    """
    face = interface(definition)
    checks = router_inputs.checks(face, stages, GIVER, START)
    reading = passes(_reading(definition, face, constants))
    states: dict[Any, Node] = {
        "Take message": {
            "Type": "Pass",
            "InputPath": "$[0]",
            "Parameters": {"Message.$": "$.messageId", "Body.$": "$.body"},
            "Next": "Read body",
        },
        "Read body": parallel(reading, "Message is malformed", next(iter(checks), START)),
        "Message is malformed": fails(
            MALFORMED, "the body of message {} is not the JSON text of an object", "$.Message"
        ),
        **checks,
        # The output is an empty object, because a pipe looks in it for messages that failed.
        **start(started, "States.Hash($.Message, 'SHA-256')", OutputPath=None),
    }
    return {
        "Comment": "Starts the workflow for a message of its queue",
        "StartAt": "Take message",
        "States": states,
        "TimeoutSeconds": 240,
    }


def _reading(
    definition: Definition, face: Interface, constants: Mapping[str, Any]
) -> dict[str, dict[str, Node]]:
    """From the message to the workflow's input: the constants, unique names beside them, the body over both."""
    _, named, texts = router_defaults.defaults(definition, face)
    named = {key: form for key, form in named.items() if key.removesuffix(".$") not in constants}
    below = "States.JsonMerge($.Defaults.Input, $.Names, false)" if named else "$.Defaults.Input"
    given = inputs.execution_input(constants, definition)
    defaults: dict[str, Node] = {"Input": given, "Texts": texts} if named else {"Input": given}
    return {
        "Add constants": {"Result": defaults, "ResultPath": "$.Defaults"},
        **(router_defaults.naming(named) if named else {}),
        "Merge": {
            "Parameters": {
                "Message.$": "$.Message",
                "Input.$": f"States.JsonMerge({below}, States.StringToJson($.Body), false)",
            },
        },
    }
