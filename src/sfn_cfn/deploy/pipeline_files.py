"""Files of pipelines' settings -> `Pipeline`, and the findings of one against its workflow's inputs.

pipelines/churn.json  {"workflow": "train", "stages": {"report": false}, "parameters": {"Data": "s3://..."}}
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sfn_cfn.deploy import input_checks, pipeline_json
from sfn_cfn.deploy.inputs import build, get, rooms
from sfn_cfn.deploy.interface import Interface
from sfn_cfn.deploy.pipeline_codes import SFN870, SFN871, SFN873
from sfn_cfn.deploy.start_codes import SFN842
from sfn_cfn.errors import DeployError, Diagnostic, SourceLocation
from sfn_cfn.json_lines import key_lines
from sfn_cfn.sections.pipelines import LARGEST, NAME, NAME_FORM
from sfn_cfn.sections.stages import INPUT as STAGES

FOLDER = "pipelines"
_KEYS: Mapping[str, tuple[type, str]] = {
    "workflow": (str, "a text"),
    "enabled": (bool, "true or false"),
    "stages": (dict, "an object"),
    "parameters": (dict, "an object"),
    "constants": (dict, "an object"),
    "event": (list, "a list"),
    "version": (int, "a whole number"),
}
_SAID = re.compile(r"input '([^']+)'")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline's settings: an item of the table, and a file of the project.

    `event` are the inputs that each event brings. `version` counts from 1, and is None where there is none.
    """

    name: str
    workflow: str
    enabled: bool = True
    stages: Mapping[str, bool] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    event: tuple[str, ...] = ()
    version: int | None = None

    def same(self, other: Pipeline) -> bool:
        """Whether both say the same, whatever their versions."""
        # As text: to Python, 1 and 1.0 and true are equal.
        return _compared(self) == _compared(other)


def _compared(one: Pipeline) -> str:
    return json.dumps(asdict(replace(one, version=None)), sort_keys=True)


@dataclass(frozen=True, slots=True)
class Written:
    """A pipeline with its file's text, and the line of each key. `path` is relative to the project."""

    pipeline: Pipeline
    path: str
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    text: str = ""

    def at(self, *key: str) -> SourceLocation:
        """The line of a key, or that of the nearest one around it."""
        found = (self.lines[key[:length]] for length in range(len(key), 0, -1) if key[:length] in self.lines)
        return SourceLocation(self.path, next(found, 1))


def parse(name: str, text: str, path: str) -> Written:
    """The pipeline of a file. Raises `DeployError` with every fault of its form."""
    if not re.fullmatch(NAME, name):
        place = SourceLocation(path)
        raise DeployError(SFN870.at(place, f"'{name}' is no name of a pipeline", f"use {NAME_FORM}"))
    try:
        value = pipeline_json.load(text)
    except pipeline_json.Unreadable as error:
        raise DeployError(
            SFN870.at(SourceLocation(path, one.line), f"the file {one.message}", one.hint)
            for one in error.faults
        ) from error
    blank = Written(Pipeline(name, ""), path, key_lines(text), text)
    if faults := list(_form_faults(blank, value)):
        raise DeployError(faults)
    return replace(blank, pipeline=Pipeline(name=name, **{**value, "event": tuple(value.get("event", ()))}))


def _form_faults(written: Written, value: Mapping[str, Any]) -> Iterator[Diagnostic]:
    for key, item in value.items():
        kind, shown = _KEYS.get(key, (None, ""))
        if kind is None:
            close = difflib.get_close_matches(key, list(_KEYS), 1)
            hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(_KEYS)}"
            yield SFN870.at(written.at(key), f"a pipeline has no key '{key}'", hint)
        elif not isinstance(item, kind) or (kind is int and isinstance(item, bool)):
            yield SFN870.at(written.at(key), f"'{key}' is not {shown}", f"write {shown}")
        elif isinstance(item, int) and kind is int and item < 1:
            hint = "write the one that 'sfn-cfn pipelines get' shows, or take it out"
            yield SFN870.at(written.at(key), f"there is no version {item}: the first is 1", hint)
    if "workflow" not in value:
        message = "the file does not say of which workflow the pipeline is"
        yield SFN870.at(SourceLocation(written.path, 1), message, 'write "workflow": "<name>"')
    stages, event = value.get("stages"), value.get("event")
    for name, item in stages.items() if isinstance(stages, dict) else ():
        if not isinstance(item, bool):
            yield SFN870.at(written.at("stages", name), f"stage '{name}' is neither true nor false")
    if isinstance(event, list) and not all(isinstance(item, str) for item in event):
        yield SFN870.at(written.at("event"), "'event' has an entry that is no text")


def unreadable(path: str, error: OSError | UnicodeDecodeError) -> Diagnostic:
    """The finding on a file that is no text, or that the system does not give."""
    if isinstance(error, UnicodeDecodeError):
        return SFN870.at(SourceLocation(path), "the file is not UTF-8", "save it as UTF-8")
    return SFN870.at(
        SourceLocation(path), f"the file cannot be read: {(error.strerror or str(error)).lower()}"
    )


def no_workflow(written: Written, known: Collection[str]) -> Diagnostic:
    """The finding on a pipeline whose workflow the project does not have."""
    name = written.pipeline.workflow
    hint = _near(name, known) or (f"there are {', '.join(known)}" if known else "")
    return SFN871.at(written.at("workflow"), f"the project has no workflow '{name}'", hint)


def without_router(written: Written) -> Diagnostic:
    """The finding on a pipeline whose workflow reads no settings."""
    name = written.pipeline.workflow
    message = f"workflow '{name}' has no router that would read the settings"
    return SFN871.at(written.at("workflow"), message, f"write [workflows.{name}.pipelines] enabled = true")


def render(pipeline: Pipeline) -> str:
    """The pipeline as a file has it."""
    out: dict[str, Any] = {"workflow": pipeline.workflow, "enabled": pipeline.enabled}
    for key in ("stages", "parameters", "constants"):
        if value := getattr(pipeline, key):
            out[key] = value
    if pipeline.event:
        out["event"] = list(pipeline.event)
    if pipeline.version is not None:
        out["version"] = pipeline.version
    return json.dumps(out, indent=2, allow_nan=False) + "\n"


def settings_text(pipeline: Pipeline) -> str:
    """The JSON text that the item's attribute `Settings` has."""
    parts: dict[str, Any] = {"parameters": pipeline.parameters, "constants": pipeline.constants}
    if pipeline.event:
        parts["event"] = list(pipeline.event)
    return json.dumps(parts, separators=(",", ":"), allow_nan=False)


def check(written: Written, face: Interface, stages: Collection[str]) -> Iterator[Diagnostic]:
    """What does not fit the workflow, at the file's lines. `stages` are the workflow's."""
    one = written.pipeline
    # In the state of an execution the text stands as a JSON string, its quotes escaped.
    if (size := len(json.dumps(settings_text(one)))) > LARGEST:
        message = f"the settings have {size:,} bytes, {LARGEST:,} are allowed"
        yield SFN871.at(written.at("parameters"), message, "put data into S3")
    for name in one.stages:
        if name not in stages:
            yield SFN871.at(
                written.at("stages", name),
                f"workflow '{one.workflow}' has no stage '{name}'",
                _near(name, stages) or "take it out",
            )
    known = {item.name for item in face.inputs}
    for name in one.event:
        if name not in known:
            message = f"'event' has '{name}', which is no input of workflow '{one.workflow}'"
            yield SFN871.at(written.at("event"), message, _near(name, known) or "take it out")
    for key in ("parameters", "constants"):
        if STAGES in getattr(one, key):
            message = f"the switches of stages stand in '{key}'"
            yield SFN871.at(written.at(key, STAGES), message, "write them in 'stages'")
    yield from _input_findings(written, face)
    yield from _fixed_names(written, face)


def _near(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), 1)
    return f"did you mean '{close[0]}'?" if close else ""


def _input_findings(written: Written, face: Interface) -> Iterator[Diagnostic]:
    """The findings on the input that the router would make, what the event alone brings left out."""
    one = written.pipeline
    base = _plain(build(face, face.default_input, {}, "0" * 21).value)
    given = {**base, **one.parameters, **one.constants}
    value = {key: item for key, item in given.items() if key != STAGES}
    brought = [name for name in one.event if name not in value]
    for found in input_checks.check(without(face, brought), value):
        path = tuple(match[1].split(".")) if (match := _SAID.search(found.message)) else ()
        key = next((key for key in ("constants", "parameters") if path and path[0] in getattr(one, key)), "")
        place = written.at(key, *path) if key else written.at("parameters")
        hint, detail = found.hint, found.detail
        if found.code == SFN842.code:
            hint = f"write '{'.'.join(path)}' in 'parameters', or name it in 'event' where events bring it"
            detail = str(found.location or "")
        yield replace(found, location=place, hint=hint, detail=detail)


def without(face: Interface, names: Collection[str]) -> Interface:
    """The interface without some inputs."""
    return replace(
        face,
        inputs=tuple(item for item in face.inputs if item.name not in names),
        uses=tuple(use for use in face.uses if use.path[0] not in names),
        schema={name: kind for name, kind in face.schema.items() if name not in names},
    )


def _plain(value: Any) -> Any:
    """The defaults with something in place of what the stack alone fills in."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return re.sub(r"\$\{[A-Za-z0-9:]+\}", "x", value) if isinstance(value, str) else value


def _fixed_names(written: Written, face: Interface) -> Iterator[Diagnostic]:
    for key in ("parameters", "constants"):
        for path in rooms(face):
            if isinstance(name := get(getattr(written.pipeline, key), path), str):
                use = next(use for use in face.uses if use.path == path and use.room)
                fixed = f"{key[:-1]} '{'.'.join(path)}' is '{name}' at each start"
                message = f"{fixed}, and state '{use.state}' makes something of that name"
                hint = "leave it out: the router makes a unique name"
                yield SFN873.at(written.at(key, *path), message, hint)
