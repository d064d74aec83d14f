"""`[queue]`: a workflow that is started by the messages of an SQS queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_cfn.sections import arns
from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """The queue: made by the stack where `arn` is empty. `input` stands under what a message gives."""

    enabled: bool = False
    arn: str = ""
    kms_key: str = ""
    receives: float = 5
    input: Mapping[str, Any] = field(default_factory=dict)


SECTION = Section(
    "A queue whose messages start the workflow, each an execution's input as JSON.",
    {
        "enabled": Key("boolean", "whether there is one", "false"),
        "arn": Key(
            "text",
            "ARN of the queue, with parameters in it; empty: the stack makes it, and another for what fails",
            '""',
            arns.QUEUE,
            arns.QUEUE_FORM,
        ),
        "kms_key": Key(
            "text",
            "ARN of the KMS key that encrypts it; of a queue that the stack makes, empty is a key of SQS",
            '""',
            arns.KEY,
            arns.KEY_FORM,
        ),
        "receives": Key(
            "number",
            "how often a message is tried before it goes into the other queue, of a queue that the stack makes",
            "5",
        ),
        "input": Key("values", "inputs that a message may leave out, with parameters in their texts", "{}"),
    },
)
