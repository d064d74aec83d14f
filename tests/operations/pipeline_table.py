"""A table of pipelines on a server of this machine, and a router that is executed with an item of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from interpreter import Interpreter, Run, interpreter
from mended import mended
from starts import resolved

TABLE = "pipelines"
VALUES = {
    "StateMachineComponent": "arn:machine",
    "StateMachineAlias": "arn:machine:live",
    "PipelineTableName": TABLE,
    "PipelineName": "ml",
    "TargetEnv": "prod",
}


@contextmanager
def serving() -> Iterator[Interpreter]:
    """The server, with an empty table."""
    with mended(), interpreter() as started, pytest.MonkeyPatch.context() as patched:
        # Tasks call the services of this server, as whoever is there.
        for name, value in {
            "MOTO_PORT": started.port,
            "AWS_ACCESS_KEY_ID": "t",
            "AWS_SECRET_ACCESS_KEY": "t",
        }.items():
            patched.setenv(name, value)
        started.client("dynamodb").create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": "Pipeline", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "Pipeline", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield started


def router_of(template: Any, logical_id: str = "PipelineRouter") -> Any:
    """The definition of a template's router as deployed, `echoing`."""
    made = template["Resources"][logical_id]["Properties"]["DefinitionString"]
    return echoing(json.loads(resolved(made, VALUES)))


def echoing(definition: Any) -> Any:
    """The definition with a task that gives what it would start the workflow with."""
    start = definition["States"]["Start workflow"]
    echo = {"Type": "Pass", "Parameters": start["Parameters"], "End": True}
    return {**definition, "States": {**definition["States"], "Start workflow": echo}}


def routed(
    local: Interpreter,
    item: dict[str, Any] | None,
    event: Any,
    definition: Any,
    real: Sequence[str] = ("Find pipeline",),
) -> Run:
    """An execution of the router where the table has this item for `churn`, or none."""
    table = local.client("dynamodb")
    table.delete_item(TableName=TABLE, Key={"Pipeline": {"S": "churn"}})
    if item is not None:
        table.put_item(TableName=TABLE, Item={"Pipeline": {"S": "churn"}, **item})
    return local.run(definition, event, real=real)


def item(parameters: Any = None, constants: Any = None, **more: Any) -> dict[str, Any]:
    """An item of workflow `train` that is switched on, without its name."""
    settings = {"parameters": parameters or {}, "constants": constants or {}}
    return {
        "Workflow": {"S": "train"},
        "Enabled": {"BOOL": True},
        "Settings": {"S": json.dumps(settings)},
        **more,
    }
