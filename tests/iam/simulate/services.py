"""The calls of a state in every other service. From the developer guide of Step Functions, "IAM policies for
integrated services", and the service authorization reference (which resource each action takes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from iam.simulate.calls import Call, named, pass_role, texts, watched
from iam.simulate.machines import Place, plain, run_time
from iam.simulate.samples import NAME, Task


@dataclass(frozen=True, slots=True)
class Row:
    """`start`: (action, service and form of the resource, or `*`), for every pattern; `sync`: more with `.sync`.

    `rule` is the managed rule of `.sync`; `roles`: (parameter with a role, service that it is passed to).
    """

    start: Sequence[tuple[str, str]]
    sync: Sequence[tuple[str, str]] = ()
    rule: str = ""
    roles: Sequence[tuple[str, str]] = ()


def _item(action: str) -> Row:
    return Row([(f"dynamodb:{action}", "dynamodb table/{TableName}")])


TABLE = {
    "glue:startJobRun": Row(
        [("glue:StartJobRun", "glue job/{JobName}")],
        [(f"glue:{one}", "glue job/{JobName}") for one in ("GetJobRun", "GetJobRuns", "BatchStopJobRun")],
    ),
    "dynamodb:getItem": _item("GetItem"),
    "dynamodb:putItem": _item("PutItem"),
    "dynamodb:updateItem": _item("UpdateItem"),
    "dynamodb:deleteItem": _item("DeleteItem"),
    "sns:publish": Row([("sns:Publish", "sns {TopicArn}")]),
}


def of_row(task: Task) -> Iterator[Call]:
    """The calls of a state whose row is in the table."""
    row, place = TABLE[task.call], task.machine.place
    for action, where in [*row.start, *(row.sync if task.pattern.startswith("sync") else ())]:
        for resource in _resources(place, where, task.parameters):
            yield Call(action, resource)
    if row.rule and task.pattern.startswith("sync"):
        yield from watched(place, row.rule)
    for field, service in row.roles:
        for role in texts(task.parameters, field):
            yield pass_role(place, role, service)


def _resources(place: Place, where: str, given: Any) -> list[str]:
    if where == "*":
        return ["*"]
    service, form = where.split(" ")
    return named(place, service, form, given)


def _function(task: Task) -> Iterator[Call]:
    """A function by name, with or without a qualifier, or by ARN."""
    given = task.parameters
    for resource in named(task.machine.place, "lambda", "function:{FunctionName}", given):
        for qualifier in texts(given, "Qualifier") or [""]:
            yield Call("lambda:InvokeFunction", f"{resource}:{qualifier}" if qualifier else resource)


def _message(task: Task) -> Iterator[Call]:
    """A queue by its URL: `https://sqs.<region>.amazonaws.com/<account>/<name>`."""
    place = task.machine.place
    for url in texts(task.parameters, "QueueUrl") or [run_time(NAME)]:
        match = re.match(r"https://sqs\.([a-z0-9-]+)\.[a-z.]+/(\d{12})/(.*)", url)
        where = place.arn("sqs", match[3], match[1], match[2]) if match else place.arn("sqs", run_time(NAME))
        yield Call("sqs:SendMessage", where)


SPECIAL: dict[str, Callable[[Task], Iterator[Call]]] = {
    "lambda:invoke": _function,
    "sqs:sendMessage": _message,
}


def calls(task: Task) -> Iterator[Call]:
    """All calls of a state; `KeyError` for an integration that no one has written down here."""
    if plain(task.call).startswith("arn:"):
        if ":lambda:" in task.call:
            yield Call("lambda:InvokeFunction", task.call)
        return
    yield from SPECIAL[task.call](task) if task.call in SPECIAL else of_row(task)
