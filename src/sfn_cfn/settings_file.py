"""The text of `sfn-cfn.toml` -> `Settings`, or every mistake in it at its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from sfn_cfn import settings_workflow
from sfn_cfn.errors import Code, SettingsError, Severity, SourceLocation
from sfn_cfn.model import ParameterDeclaration
from sfn_cfn.sections import CAPABILITIES
from sfn_cfn.settings import Environment, Settings
from sfn_cfn.settings_key import fits
from sfn_cfn.settings_keys import SECTIONS
from sfn_cfn.settings_reader import FILE_NAME, SFN111, SFN112, Reader, nearest
from sfn_cfn.toml_lines import key_lines, tomllib

SFN110 = Code(
    "SFN110",
    Severity.ERROR,
    "the settings cannot be read",
    "`sfn-cfn.toml` is a TOML file in UTF-8 at the project's root. The message says what its parser met.",
)

SFN114 = Code(
    "SFN114",
    Severity.ERROR,
    "a parameter's declaration contradicts itself",
    "A parameter's default and allowed values have its type and keep its limits. A Number has `min` and "
    "`max`, a String `allowed_pattern`; CloudFormation refuses the one on the other.",
)

RESERVED = ("PipelineName", "TargetEnv", "WorkflowExecutionRoleArn", "SageMakerRoleArn")


def read(root: Path) -> Settings:
    """The settings of the project in `root`, defaults where it has no `sfn-cfn.toml`.

    Raises `SettingsError` with one diagnostic for every mistake in the file.
    """
    path = root / FILE_NAME
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Settings(root=root, pipeline_name=name_of_folder(root))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(
            SFN110.at(SourceLocation(FILE_NAME), f"cannot read the settings: {reason}")
        ) from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        message = str(error)[: found.start()] if found else str(error)
        line = int(found[1]) if found and found[1] else len(text.splitlines())
        place = SourceLocation(FILE_NAME, line)
        message = f"the settings are not TOML: {message[:1].lower()}{message[1:]}"
        raise SettingsError(SFN110.at(place, message)) from error
    reader = Reader(key_lines(text))
    settings = _settings(root, document, reader)
    if reader.mistakes:
        raise SettingsError(sorted(reader.mistakes, key=lambda item: item.sort_key))
    return settings


def name_of_folder(root: Path) -> str:
    """The folder's name as a pipeline name: other characters become hyphens."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", root.resolve().name)
    return re.sub(r"^[^A-Za-z]+", "", name)[:40].rstrip("-") or "ml-pipeline"


def _settings(root: Path, document: dict[str, Any], reader: Reader) -> Settings:
    for name, value in document.items():
        if name not in SECTIONS:
            homes = [section for section, item in SECTIONS.items() if name in item.keys and not item.names]
            hint = f"write it under [{homes[0]}]" if homes else nearest(name, SECTIONS)
            kind = "section" if isinstance(value, dict) else "key"
            reader.wrong(
                SFN111, (name,), f"unknown {kind} '{name}'", hint or f"use one of {', '.join(SECTIONS)}"
            )
    project, load = (
        reader.keys(reader.table(document.get(name, {}), (name,)), (name,), SECTIONS[name].keys)
        for name in ("project", "load")
    )
    if "timeout" in load and load["timeout"] <= 0:
        reader.wrong(
            SFN112, ("load", "timeout"), f"'load.timeout' is {load['timeout']}, not more than 0 seconds"
        )
    for pattern in project.get("sources", ()):
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts or not pattern:
            message = f"'project.sources' has '{pattern}', which leaves the project's folder"
            reader.wrong(SFN112, ("project", "sources"), message, "write a pattern relative to sfn-cfn.toml")
    tags = reader.named_texts(reader.table(document.get("tags", {}), ("tags",)), ("tags",), tags=True)
    iam = settings_workflow.iam(
        reader.keys(reader.table(document.get("iam", {}), ("iam",)), ("iam",), SECTIONS["iam"].keys), reader
    )
    operations = {name: _capability(document, name, reader) for name in CAPABILITIES if name in document}
    environments = tuple(
        Environment(name, **keys, places=_places(name, keys, reader))
        for name, keys in reader.entries(document, "environments")
    )
    parameters = tuple(
        declaration(name, keys, reader) for name, keys in reader.entries(document, "parameters")
    )
    common = Settings(
        root=root,
        pipeline_name=project.pop("name", name_of_folder(root)),
        **project,
        timeout=float(load.get("timeout", 60.0)),
        region=load.get("region", ""),
        environments=environments or (Environment("dev"), Environment("prod")),
        parameters=parameters,
        tags=tags,
        iam=iam,
        operations=operations,
        places=settings_workflow.places(operations, reader.at),
    )
    workflows = {
        name: settings_workflow.of_workflow(common, name, keys, reader)
        for name, keys in reader.entries(document, "workflows")
    }
    return replace(common, workflows=workflows)


def _capability(document: dict[str, Any], name: str, reader: Reader) -> dict[str, Any]:
    """The checked section of a capability; of one with names, a table for each."""
    if SECTIONS[name].names:
        return dict(reader.entries(document, name))
    return reader.keys(reader.table(document[name], (name,)), (name,), SECTIONS[name].keys)


def declaration(name: str, keys: Mapping[str, Any], reader: Reader) -> ParameterDeclaration:
    """A parameter's declaration, its contradictions noted."""
    path = ("parameters", name)
    default = keys.get("default")
    kind: Literal["String", "Number"] = "Number" if isinstance(default, (int, float)) else "String"
    kind = keys.get("type", kind)
    allowed = keys.get("allowed_values", ())
    pattern = keys.get("allowed_pattern", "")
    if name in RESERVED:
        reader.wrong(SFN114, path, f"parameter '{name}' is in every template already", "choose another name")
    for key in ("min", "max") if kind == "String" else ("allowed_pattern",):
        if key in keys:
            other = "Number" if kind == "String" else "String"
            hint = f'remove it, or write type = "{other}"'
            reader.wrong(SFN114, (*path, key), f"parameter '{name}' is a {kind}, which has no {key}", hint)
    try:
        re.compile(pattern)
    except re.error as error:
        message = f"'allowed_pattern' of parameter '{name}' is not a regular expression: {error}"
        reader.wrong(SFN112, (*path, "allowed_pattern"), message)
        pattern = ""
    low, high = keys.get("min"), keys.get("max")
    if low is not None and high is not None and low > high:
        reader.wrong(SFN114, (*path, "min"), f"parameter '{name}' has a min of {low} above its max of {high}")
    given = [("default", default)] if default is not None else []
    for key, value in (*given, *(("allowed_values", item) for item in allowed)):
        if fault := _fault(value, kind, pattern, low, high):
            reader.wrong(SFN114, (*path, key), f"{key} {value!r} of parameter '{name}' {fault}")
    if allowed and default is not None and default not in allowed:
        message = f"default {default!r} of parameter '{name}' is not among its allowed_values"
        reader.wrong(SFN114, (*path, "default"), message)
    location = reader.at(path)
    return ParameterDeclaration(
        name, kind, **{k: v for k, v in keys.items() if k != "type"}, location=location
    )


def _fault(value: Any, kind: str, pattern: str, low: Any, high: Any) -> str:
    if isinstance(value, str) != (kind == "String"):
        return f"is not a {kind}"
    if kind == "String":
        return f"does not match allowed_pattern '{pattern}'" if pattern and not fits(pattern, value) else ""
    if low is not None and value < low:
        return f"is below min {low}"
    return f"is above max {high}" if high is not None and value > high else ""


def _places(name: str, keys: Mapping[str, Any], reader: Reader) -> dict[str, SourceLocation]:
    """Where an environment's parameters stand."""
    path = ("environments", name, "parameters")
    return {key: reader.at((*path, key)) for key in keys.get("parameters", ())}
