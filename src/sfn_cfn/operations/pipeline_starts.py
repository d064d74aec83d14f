"""What has a `pipeline` in its settings -> what it starts, with which right, and the input that the router expects.

    pipeline = "churn", input = { Day = "x" }   ->   the router, with {"Pipeline": "churn", "Input": {"Day": "x"}}

It is a schedule, a trigger or the endpoint. Without a pipeline it starts the workflow itself. The router completes the
input by the pipeline's item and by what a ready-made pipeline has by default, so what is given need not be complete,
and stands over the item by the keys at the top. Whoever calls `StartExecution` of an encrypted router needs no right
to its key (`starting.start_statement`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import PIPELINE_NAME, TARGET_ENV, Definition
from sfn_cfn.operations import inputs, starting
from sfn_cfn.operations.neighbours import has_pipelines
from sfn_cfn.sections.endpoint import EndpointSettings
from sfn_cfn.sections.pipelines import NAME, NAME_FORM, TABLE_KEY
from sfn_cfn.sections.schedules import ScheduleSettings
from sfn_cfn.sections.triggers import TriggerSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import Value, ref
from sfn_cfn.template.tokens import PIPELINE_ROUTER

SFN680 = Code(
    "SFN680",
    Severity.ERROR,
    "something starts a pipeline, and there are none",
    "`pipeline` of a schedule, a trigger or the endpoint names an item of the table of pipelines, and starts the "
    "router that reads it. Table and router are there where `[pipelines]` has `enabled = true`.",
)
SFN681 = Code(
    "SFN681",
    Severity.ERROR,
    "something starts a pipeline by a name that none can have",
    "A pipeline's name is a letter or a digit, then up to 42 letters, digits, `-` and `_`: an execution is called by "
    "it, a hyphen and a UUID, in 80 characters. A parameter counts with its value in each environment.",
)

_TOKEN = re.compile(r"\$\{([A-Za-z0-9:]+)\}")


Start: TypeAlias = "ScheduleSettings | TriggerSettings | EndpointSettings"
S = TypeVar("S", ScheduleSettings, TriggerSettings)


def check(
    one: ScheduleSettings | TriggerSettings,
    given: inputs.Given,
    path: tuple[str, str],
    definition: Definition,
    settings: Settings,
) -> Iterator[Diagnostic]:
    """What is wrong with the input, and with the pipeline where there is one; `path`: of the settings' table."""
    if not one.pipeline:
        yield from inputs.check(given, definition, settings)
        return
    yield from named(one, given.owner, path, definition, settings)
    # An object of the input stands in place of the whole one below it, so it is looked at alone.
    yield from inputs.check(given, _bare(definition), settings, complete=False)


def named(
    one: Start, owner: str, path: tuple[str, ...], definition: Definition, settings: Settings
) -> Iterator[Diagnostic]:
    """What is wrong with the pipeline that `owner` starts; `path`: of the settings' table."""
    own = settings.of(definition.name)
    place = own.place(*path, "pipeline")
    if not has_pipelines(own.operations):
        message = f"{owner} starts pipeline '{one.pipeline}', and the workflow has no router of pipelines"
        yield SFN680.at(place, message, "write enabled = true in [pipelines], or take it out")
    for name in sorted(set(_names(one.pipeline, definition, settings))):
        if not re.fullmatch(NAME, name):
            message = f"{owner} starts pipeline '{name}', a name of {len(name)} characters"
            yield SFN681.at(place, message, f"write {NAME_FORM}")


def _names(written: str, definition: Definition, settings: Settings) -> Iterator[str]:
    """What the text is in each environment; nothing where a parameter of it is not known."""
    every = (*settings.parameters, *definition.workflow.parameters)
    known = {item.name: str(item.default) for item in every if item.default is not None}
    known[PIPELINE_NAME.name] = settings.pipeline_name
    for environment in settings.environments:
        own = {name: str(value) for name, value in environment.parameters.items()}
        values = {**known, **own, TARGET_ENV.name: environment.name}
        name = _TOKEN.sub(lambda match, values=values: values.get(match[1], match[0]), written)  # type: ignore[misc]
        if "${" not in name:
            yield name


def wrapped(one: S, definition: Definition) -> tuple[S, Definition]:
    """The same with the input that its target takes, and the definition whose own input stands under that."""
    if not one.pipeline:
        return one, definition
    event = {TABLE_KEY: one.pipeline, "Input": one.input}
    return replace(one, input=event), _bare(definition)


def _bare(definition: Definition) -> Definition:
    """The definition without a ready-made pipeline's own input, which the router gives."""
    return replace(definition, default_input=None)


def logical_id(one: Start, definition: Definition, settings: Settings) -> str:
    """What is started, by its logical ID."""
    return PIPELINE_ROUTER if one.pipeline else starting.logical_id(definition, settings)


def target(one: Start, definition: Definition, settings: Settings) -> Value:
    """The same by its ARN."""
    return ref(logical_id(one, definition, settings))


def statement(one: Start, definition: Definition, settings: Settings) -> dict[str, Any]:
    """The right to start it; the router, which has no versions, is not the workflow's alias."""
    if not one.pipeline:
        return starting.start_statement(definition, settings)
    return {
        "Sid": "StartRouter",
        "Effect": "Allow",
        "Action": "states:StartExecution",
        "Resource": ref(PIPELINE_ROUTER),
    }
