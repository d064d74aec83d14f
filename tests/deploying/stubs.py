"""Clients of botocore that answer what a test says, one answer a call, in order."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import botocore.session
from botocore.stub import Stubber
from project import ACCOUNT, REGION

from sfn_cfn.deploy.aws import Cloud

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
STACK = "fraud-train-prod"
ARN = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/1"
CHANGE_SET = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/sfn-cfn-1/2"


class Refusal:
    """An answer that is an error of AWS."""

    def __init__(
        self, code: str, message: str = "", status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        self.code, self.message, self.status = code, message, status
        self.meta = {"HTTPHeaders": dict(headers or {})}


@contextmanager
def answering(**services: Sequence[tuple[str, Any]]) -> Iterator[Cloud]:
    """A cloud whose clients answer these calls, and no others; all of them must be made."""
    session = botocore.session.Session()
    clients = {}
    with ExitStack() as stack:
        for service, answers in services.items():
            client = session.create_client(
                service, region_name=REGION, aws_access_key_id="t", aws_secret_access_key="t"
            )
            stubber = Stubber(client)
            for call, answer in answers:
                if isinstance(answer, Refusal):
                    stubber.add_client_error(
                        call, answer.code, answer.message, answer.status, response_meta=answer.meta
                    )
                else:
                    stubber.add_response(call, answer)
            stack.enter_context(stubber)
            stack.callback(stubber.assert_no_pending_responses)
            clients[service] = client
        yield Cloud("prod", ACCOUNT, REGION, "aws", clients.__getitem__)


def stack(status: str, **more: Any) -> tuple[str, Any]:
    """An answer of DescribeStacks."""
    row = {"StackName": STACK, "StackId": ARN, "CreationTime": NOW, "StackStatus": status, **more}
    return "describe_stacks", {"Stacks": [row]}


ABSENT = ("describe_stacks", Refusal("ValidationError", f"Stack with id {STACK} does not exist"))


def event(number: int, logical_id: str, status: str, reason: str = "", **more: Any) -> dict[str, Any]:
    """A row of DescribeStackEvents; of the stack itself where `logical_id` is its name."""
    own = logical_id == STACK
    return {
        "StackId": ARN,
        "EventId": str(number),
        "StackName": STACK,
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": ARN if own else "",
        "ResourceType": "AWS::CloudFormation::Stack" if own else "AWS::IAM::Role",
        "Timestamp": NOW,
        "ResourceStatus": status,
        **({"ResourceStatusReason": reason} if reason else {}),
        **more,
    }


def events(*rows: dict[str, Any], token: str = "") -> tuple[str, Any]:
    """An answer of DescribeStackEvents, newest first."""
    return "describe_stack_events", {"StackEvents": list(rows), **({"NextToken": token} if token else {})}
