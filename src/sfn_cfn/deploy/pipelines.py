"""Pipelines' settings <-> items of a DynamoDB table, each written only where it is as it was read.

Source: the DynamoDB API reference (GetItem, PutItem, Scan) and its developer guide, "Optimistic locking with version
number". The attributes are those that the router reads (`operations.router`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sfn_cfn.deploy.aws import Cloud, error_of, translated
from sfn_cfn.deploy.pipeline_codes import SFN872, SFN874
from sfn_cfn.deploy.pipeline_files import Pipeline, Written, settings_text
from sfn_cfn.deploy.status import outputs
from sfn_cfn.errors import DeployError, Diagnostic
from sfn_cfn.sections.pipelines import ENABLED, SETTINGS, STAGE, TABLE_KEY, VERSION, WORKFLOW

OUTPUT = "PipelineTable"


@dataclass(frozen=True, slots=True)
class Change:
    """What a `put` does with one pipeline; `before` is None where the table has no item of its name."""

    written: Written
    table: str
    before: Pipeline | None
    kind: Literal["new", "changed", "unchanged"]

    @property
    def version(self) -> int:
        """The version that the item has afterwards."""
        old = self.before.version or 0 if self.before else 0
        return old if self.kind == "unchanged" else old + 1


def table(cloud: Cloud, stack: str) -> str:
    """The table's name, which the stack tells. Raises `DeployError` where there is no stack, or no table."""
    if name := outputs(cloud, stack).get(OUTPUT, ""):
        return name
    message = f"stack '{stack}' has no table of pipelines"
    raise DeployError(SFN874.at(None, message, "write [pipelines] enabled = true, build and deploy"))


def attributes(pipeline: Pipeline, version: int) -> dict[str, Any]:
    """The item."""
    return {
        TABLE_KEY: {"S": pipeline.name},
        WORKFLOW: {"S": pipeline.workflow},
        ENABLED: {"BOOL": pipeline.enabled},
        SETTINGS: {"S": settings_text(pipeline)},
        VERSION: {"N": str(version)},
        **{f"{STAGE}{name}": {"BOOL": on} for name, on in pipeline.stages.items()},
    }


def pipeline_of(item: Mapping[str, Any]) -> Pipeline:
    """The pipeline of an item. Raises `DeployError` where one of its attributes is not what it has to be."""
    name = item[TABLE_KEY]["S"]

    def value(attribute: str, kind: str) -> Any:
        found = item.get(attribute, {})
        if kind not in found:
            message = f"the item of pipeline '{name}' has no {_KINDS[kind]} {attribute}"
            raise DeployError(SFN874.at(None, message, "put it again by 'sfn-cfn pipelines put'"))
        return found[kind]

    try:
        settings = json.loads(value(SETTINGS, "S"))
        parts = {key: settings.get(key, {}) for key in ("parameters", "constants")}
        event = tuple(settings.get("event", ()))
    except (ValueError, AttributeError, TypeError) as error:
        message = f"the {SETTINGS} of pipeline '{name}' are no JSON object"
        raise DeployError(SFN874.at(None, message, "put it again by 'sfn-cfn pipelines put'")) from error
    stages = {key[len(STAGE) :]: value(key, "BOOL") for key in item if key.startswith(STAGE)}
    version = int(value(VERSION, "N")) if VERSION in item else 0
    workflow, enabled = value(WORKFLOW, "S"), value(ENABLED, "BOOL")
    return Pipeline(name, workflow, enabled, stages, parts["parameters"], parts["constants"], event, version)


_KINDS: Mapping[str, str] = {"S": "text", "BOOL": "boolean", "N": "number"}


def read(cloud: Cloud, table_name: str, name: str) -> Pipeline | None:
    """The pipeline of that name; None where the table has none."""
    with translated():
        found = cloud.client("dynamodb").get_item(
            TableName=table_name, Key={TABLE_KEY: {"S": name}}, ConsistentRead=True
        )
    return pipeline_of(found["Item"]) if "Item" in found else None


def read_all(cloud: Cloud, table_name: str) -> Iterator[Pipeline]:
    """All pipelines of a table, by name."""
    items: list[dict[str, Any]] = []
    with translated():
        for page in cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table_name):
            items += page["Items"]
    for item in sorted(items, key=lambda one: str(one[TABLE_KEY]["S"])):
        yield pipeline_of(item)


def change(written: Written, table_name: str, before: Pipeline | None) -> Change | Diagnostic:
    """What is to be done; a finding where the item is not the one that the file is a change of."""
    one = written.pipeline
    if before is None:
        if one.version:
            message = f"pipeline '{one.name}' is not in the table, and the file has version {one.version}"
            return SFN872.at(written.at("version"), message, "take 'version' out of the file")
        return Change(written, table_name, None, "new")
    if before.workflow != one.workflow:
        message = f"pipeline '{one.name}' is one of workflow '{before.workflow}' in the table"
        return SFN872.at(written.at("workflow"), message, "give the pipeline another name")
    if before.same(one):
        return Change(written, table_name, before, "unchanged")
    if one.version is not None and one.version != before.version:
        message = f"pipeline '{one.name}' has version {before.version} in the table, the file is a change of version "
        hint = f"look at it by 'sfn-cfn pipelines get {one.name}', and put both together"
        return SFN872.at(written.at("version"), f"{message}{one.version}", hint)
    return Change(written, table_name, before, "changed")


def write(cloud: Cloud, one: Change) -> Pipeline:
    """Write an item, where the table has it still as it was read. Raises `DeployError` (SFN872) where not."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (with the client)

    pipeline = one.written.pipeline
    request: dict[str, Any] = {
        "TableName": one.table,
        "Item": attributes(pipeline, one.version),
        "ConditionExpression": f"attribute_not_exists({TABLE_KEY})",
    }
    if one.before and one.before.version:
        request["ConditionExpression"] = "#version = :read"
        request["ExpressionAttributeValues"] = {":read": {"N": str(one.before.version)}}
    elif one.before:
        request["ConditionExpression"] = "attribute_not_exists(#version)"
    if one.before:
        request["ExpressionAttributeNames"] = {"#version": VERSION}
    with translated():
        try:
            cloud.client("dynamodb").put_item(**request)
        except ClientError as error:
            if error_of(error)[0] != "ConditionalCheckFailedException":
                raise
            message = f"pipeline '{pipeline.name}' was changed while this command ran"
            hint = f"look at it by 'sfn-cfn pipelines get {pipeline.name}', and repeat the command"
            raise DeployError(SFN872.at(one.written.at("version"), message, hint)) from error
    return replace(pipeline, version=one.version)
