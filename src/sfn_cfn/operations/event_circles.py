"""A trigger, Definition, Settings -> findings on what the workflow does itself and the trigger would take.

Such a workflow would run without end: its own executions, its jobs and the objects that it writes start it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_cfn.errors import Diagnostic
from sfn_cfn.model import Definition
from sfn_cfn.operations import event_own, event_patterns
from sfn_cfn.operations.capability import with_tokens
from sfn_cfn.operations.event_loops import SFN666, Output, outputs
from sfn_cfn.operations.event_machines import SFN637
from sfn_cfn.sections.triggers import TriggerSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.tokens import DATA_BUCKET

_BESIDE = "give a prefix beside it, or let the state write elsewhere"


def own_events(
    name: str, one: TriggerSettings, definition: Definition, settings: Settings
) -> Iterator[Diagnostic]:
    """Patterns that take changes of status of the workflow's own executions and jobs."""
    place = settings.of(definition.name).place("triggers", name, "pattern")
    pattern = event_patterns.tree(definition, one)
    if event_own.takes_execution(pattern, definition, settings, is_routed=bool(one.pipeline)):
        message = (
            f"trigger '{name}' takes what EventBridge hears of the executions of '{definition.name}' itself"
        )
        yield SFN637.at(place, message, "name another state machine in the pattern")
    elif state := event_own.taken_job(pattern, definition, settings):
        message = f"trigger '{name}' takes what EventBridge hears of the jobs of state '{state}' itself"
        yield SFN637.at(place, message, "name the jobs of others in the pattern")


def written_objects(
    name: str, one: TriggerSettings, definition: Definition, settings: Settings
) -> Iterator[Diagnostic]:
    """The first place that the final definition writes to, and the trigger takes objects of."""
    key = "pattern" if one.kind == "event" else "prefix"
    for output in outputs(definition):
        if not output.field and _takes(one, output, definition, settings):
            message = f"trigger '{name}' takes what state '{output.state}' writes to '{output.uri}'"
            hint = _BESIDE if one.kind == "s3" else "let the pattern name another bucket or prefix"
            yield SFN637.at(
                settings.of(definition.name).place("triggers", name, key), message, hint, _where(output)
            )
            return


def likely_objects(
    name: str, one: TriggerSettings, definition: Definition, settings: Settings
) -> Iterator[Diagnostic]:
    """Places that the author's definition tells a job of, under a name of an output."""
    place = settings.of(definition.name).place("triggers", name, "prefix")
    world = definition.workflow.world
    own = f"s3://sagemaker-{world.region}-{world.account}/"
    for output in outputs(definition) if one.kind == "s3" else ():
        uri = output.uri.replace(own, f"s3://${{{DATA_BUCKET.name}}}/")
        if output.field and uri.startswith(_below(one, definition)):
            message = f"state '{output.state}' gives '{output.field}' a place that trigger '{name}' takes objects of"
            hint = "give a prefix beside it, or let the job write elsewhere"
            yield SFN666.at(place, f"{message}: '{uri}'", hint, _where(output))


def _takes(one: TriggerSettings, output: Output, definition: Definition, settings: Settings) -> bool:
    if one.kind == "s3":
        suffix = event_patterns.shown(with_tokens(one.suffix, definition))
        return output.may_lie(_below(one, definition), suffix)
    bucket, keys = output.object
    pattern = event_patterns.tree(definition, one)
    return any(event_own.takes_object(pattern, bucket, key, definition, settings) for key in keys)


def _below(one: TriggerSettings, definition: Definition) -> str:
    """The place whose objects an S3 trigger takes."""
    bucket = event_patterns.shown(event_patterns.bucket(one, definition))
    return f"s3://{bucket}/{event_patterns.shown(with_tokens(one.prefix, definition))}"


def _where(output: Output) -> str:
    return f"{output.state} ({output.location.file}:{output.location.line})"
