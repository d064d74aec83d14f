"""Pipelines' settings <-> items of a DynamoDB table, each written only where it is as it was read.

Source: the DynamoDB API reference (GetItem, PutItem, Scan) and its developer guide, "Optimistic locking with version
number". The attributes are those that the router reads (`operations.router`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sfn_cfn.deploy import pipeline_json
from sfn_cfn.deploy.aws import Cloud, error_of, translated
from sfn_cfn.deploy.pipeline_codes import SFN872, SFN874
from sfn_cfn.deploy.pipeline_files import FOLDER, Pipeline, Written, settings_text
from sfn_cfn.errors import DeployError, Diagnostic
from sfn_cfn.sections.pipelines import (
    CONSTANTS,
    ENABLED,
    EVENT,
    NAME,
    NAME_FORM,
    PARAMETERS,
    SETTINGS,
    STAGE,
    TABLE_KEY,
    VERSION,
    WORKFLOW,
)

_TYPES: Mapping[str, str] = {
    "S": "a text",
    "BOOL": "a boolean",
    "N": "a number",
    "B": "binary",
    "NULL": "null",
    "M": "a map",
    "L": "a list",
    "SS": "a set of texts",
    "NS": "a set of numbers",
    "BS": "a set of binaries",
}
_PARTS: Mapping[str, tuple[type[Any], str]] = {
    PARAMETERS: (dict, "are no object"),
    CONSTANTS: (dict, "are no object"),
    EVENT: (list, "is no list of texts"),
}


@dataclass(frozen=True, slots=True)
class Malformed:
    """An item that is no pipeline's. `faults` say why; `workflow` and `version` are there where they can be read."""

    name: str
    faults: tuple[str, ...]
    item: Mapping[str, Any]
    workflow: str = ""
    version: int | None = None

    @property
    def finding(self) -> Diagnostic:
        """What is wrong with the item, and how it is mended."""
        message = f"the item of pipeline '{self.name}' cannot be read: {', '.join(self.faults)}"
        file = (
            f"write {FOLDER}/{self.name}.json, and 'sfn-cfn pipelines put {self.name}' writes over the item"
        )
        known = re.fullmatch(NAME, self.name)
        return SFN874.at(None, message, file if known else "delete it, and put it under another name")


@dataclass(frozen=True, slots=True)
class Change:
    """What a `put` does with one pipeline; `before` is None where the table has no item of its name."""

    written: Written
    table: str
    before: Pipeline | Malformed | None
    kind: Literal["new", "changed", "unchanged", "repaired"]

    @property
    def version(self) -> int | None:
        """The version that the item has afterwards; None where it is as it was and has none."""
        old = self.before.version if self.before else None
        if self.kind == "unchanged":
            return old
        return max(old or 0, self.written.pipeline.version or 0) + 1


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


def pipeline_of(item: Mapping[str, Any]) -> Pipeline | Malformed:
    """The pipeline of an item. Raises `DeployError` where the item has no name: the table is another one's."""
    name = item.get(TABLE_KEY, {}).get("S")
    if name is None:
        message = f"the table has an item without the text {TABLE_KEY}: it is no table of pipelines"
        hint = "name another table by the parameter 'PipelineTableName'"
        raise DeployError(SFN874.at(None, message, hint))
    faults = [] if re.fullmatch(NAME, name) else [f"its name is not {NAME_FORM}"]

    def value(attribute: str, kind: str, default: Any) -> Any:
        found = item.get(attribute)
        if found and kind in found:
            return found[kind]
        other = f"is {_TYPES.get(next(iter(found)), 'of another type')}" if found else "is missing"
        faults.append(f"its {attribute} {other}" + (f", not {_TYPES[kind]}" if found else ""))
        return default

    workflow, enabled = value(WORKFLOW, "S", ""), value(ENABLED, "BOOL", False)
    if not workflow and item.get(WORKFLOW) == {"S": ""}:
        faults.append(f"its {WORKFLOW} is empty")
    settings = _settings(value(SETTINGS, "S", "{}"), faults)
    number = value(VERSION, "N", "") if VERSION in item else ""
    version = _version(number, faults) if number else None
    stages = {key[len(STAGE) :]: value(key, "BOOL", False) for key in item if key.startswith(STAGE)}
    if faults:
        return Malformed(name, tuple(faults), item, workflow, version)
    parts = (settings.get(PARAMETERS, {}), settings.get(CONSTANTS, {}), tuple(settings.get(EVENT, ())))
    return Pipeline(name, workflow, enabled, stages, *parts, version)


def _version(text: str, faults: list[str]) -> int | None:
    # The table's numbers have fractions, and 38 digits.
    if re.fullmatch("[1-9][0-9]{0,37}", text):
        return int(text)
    faults.append(f"its {VERSION} is {text}, not a whole number from 1 on")
    return None


def _settings(text: str, faults: list[str]) -> dict[str, Any]:
    try:
        settings = pipeline_json.load(text)
    except pipeline_json.Unreadable as error:
        faults += (f"its {SETTINGS} {one.message}" for one in error.faults)
        return {}
    for key, (kind, shown) in _PARTS.items():
        one: Any = settings.get(key, kind())
        if not isinstance(one, kind) or (key == EVENT and not all(isinstance(each, str) for each in one)):
            faults.append(f"the {key} of its {SETTINGS} {shown}")
    return settings


def read(cloud: Cloud, table_name: str, name: str) -> Pipeline | Malformed | None:
    """The pipeline of that name as it is at this moment; None where the table has none."""
    with translated():
        found = cloud.client("dynamodb").get_item(
            TableName=table_name, Key={TABLE_KEY: {"S": name}}, ConsistentRead=True
        )
    return pipeline_of(found["Item"]) if "Item" in found else None


def read_all(cloud: Cloud, table_name: str) -> Iterator[Pipeline | Malformed]:
    """All pipelines of a table, by name."""
    items: list[dict[str, Any]] = []
    with translated():
        pages = cloud.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=table_name, ConsistentRead=True):
            items += page["Items"]
    yield from sorted((pipeline_of(item) for item in items), key=lambda one: one.name)


def change(written: Written, table_name: str, before: Pipeline | Malformed | None) -> Change | Diagnostic:
    """What is to be done; a finding where the item is not the one that the file is a change of."""
    one = written.pipeline
    if before is None:
        if one.version:
            message = f"pipeline '{one.name}' is not in the table, and the file has version {one.version}"
            return SFN872.at(written.at("version"), message, "take 'version' out of the file")
        return Change(written, table_name, None, "new")
    if before.workflow and before.workflow != one.workflow:
        message = f"pipeline '{one.name}' is one of workflow '{before.workflow}' in the table"
        return SFN872.at(written.at("workflow"), message, "give the pipeline another name")
    if isinstance(before, Pipeline) and before.same(one):
        return Change(written, table_name, before, "unchanged")
    broken = isinstance(before, Malformed)
    if one.version not in (None, before.version) and not (broken and before.version is None):
        there = f"version {before.version}" if before.version else "no version"
        message = (
            f"pipeline '{one.name}' has {there} in the table, the file is a change of version {one.version}"
        )
        hint = f"look at it by 'sfn-cfn pipelines get {one.name}', and put both together"
        if broken:
            hint = "take 'version' out of the file to write over the item, which cannot be read"
        return SFN872.at(written.at("version"), message, hint)
    return Change(written, table_name, before, "repaired" if broken else "changed")


def write(cloud: Cloud, one: Change) -> Pipeline:
    """Write an item, where the table has it still as it was read. Raises `DeployError` (SFN872) where not."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (with the client)

    pipeline, version = one.written.pipeline, one.version or 1
    request = {"TableName": one.table, "Item": attributes(pipeline, version), **_as_read(one.before)}
    with translated():
        try:
            cloud.client("dynamodb").put_item(**request)
        except ClientError as error:
            if error_of(error)[0] != "ConditionalCheckFailedException":
                raise
            message = f"pipeline '{pipeline.name}' was changed while this command ran"
            hint = f"look at it by 'sfn-cfn pipelines get {pipeline.name}', and repeat the command"
            raise DeployError(SFN872.at(one.written.at("version"), message, hint)) from error
    return replace(pipeline, version=version)


def _as_read(before: Pipeline | Malformed | None) -> dict[str, Any]:
    """The condition that an item is still the one that was read.

    Every item that `put` writes has another version. Of one that cannot be read, all that made it so has to stand.
    """
    if before is None:
        return {"ConditionExpression": f"attribute_not_exists({TABLE_KEY})"}
    read: Mapping[str, Any]
    if isinstance(before, Pipeline):
        read = {VERSION: {"N": str(before.version)}} if before.version else {}
        names = [VERSION]
    else:
        read = before.item
        switches = [key for key in read if key.startswith(STAGE) and "BOOL" not in read[key]]
        names = [WORKFLOW, ENABLED, SETTINGS, VERSION, *switches]
    terms = [
        f"#a{number} = :a{number}" if name in read else f"attribute_not_exists(#a{number})"
        for number, name in enumerate(names)
    ]
    values = {f":a{number}": read[name] for number, name in enumerate(names) if name in read}
    return {
        "ConditionExpression": " AND ".join(terms),
        "ExpressionAttributeNames": {f"#a{number}": name for number, name in enumerate(names)},
        **({"ExpressionAttributeValues": values} if values else {}),
    }
