"""Definition, Settings -> EventBridge rules that tell the topic how executions and their SageMaker jobs end.

A message has its short lines first, each in quotes, which go with it: what happened, the page of the console, a
command of the AWS CLI. Errors and causes come last: a cause may be a job's whole description. Where the workflow has a
key of its own, the events have neither, and the message says so. The router of pipelines is told too: where an
execution of it ends badly, nothing was started, and who started it, a schedule or a rule, has not failed. Sources: the
Step Functions developer guide, "Automating Step Functions event delivery with EventBridge"; the SageMaker developer
guide, "Events that Amazon SageMaker AI sends to Amazon EventBridge"; the EventBridge user guide, "Amazon EventBridge
input transformation" (texts in quotes, one a line; a field that is not there gives nothing); the EventBridge API
reference, `InputTransformer` (at most 8,192 characters and 100 paths).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, Token, machine_name, text
from sfn_cfn.operations import console_links, jobs
from sfn_cfn.operations.capability import Addition, Capability
from sfn_cfn.operations.job_kinds import Kind
from sfn_cfn.operations.neighbours import routers
from sfn_cfn.sections import typed
from sfn_cfn.sections.encryption import encryption_of
from sfn_cfn.sections.notifications import NotificationsSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import Value, from_text, ref
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import STATE_MACHINE, TOPIC

SFN648 = Code(
    "SFN648",
    Severity.WARNING,
    "a job that fails is not told",
    "EventBridge tells of all jobs and endpoints of an account. A rule picks those of one workflow by their names, or "
    "the beginning of these, and by the role that they run under; where the name is known at run time only and the "
    "event has no role (labeling jobs, endpoints, SageMaker pipelines, model packages; transform jobs are known by the "
    "place of their results too), nothing tells them from others. An execution that waits for a job fails with it, "
    "and that is told all the same.",
)

RULE = "ExecutionStatusRule"
PROGRESS_RULE = "ExecutionProgressRule"
ROUTER_RULE = "RouterStatusRule"
_WELL = ("RUNNING", "SUCCEEDED")
_BADLY = ("FAILED", "TIMED_OUT", "ABORTED")
_WHERE = {"time": "$.time", "region": "$.region", "account": "$.account"}
_PLACE = "(<time>, account <account>, region <region>)."


def _settings(definition: Definition, settings: Settings) -> NotificationsSettings | None:
    """None where the section is not there, or switched off."""
    sections = settings.of(definition.name).operations
    found = typed(sections, "notifications", NotificationsSettings)
    return found if "notifications" in sections and found.enabled else None


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    found = _settings(definition, settings)
    if not found or not found.jobs:
        return
    for kind, state in jobs.untold(definition):
        hint = f"let {kind.given} begin with a text, or write jobs = false in [notifications]"
        message = (
            f"nobody is told when the {kind.noun} of task '{state.name}' fails: its {kind.given} is known at run "
            "time only"
        )
        yield SFN648.at(state.location, message, hint)


def _add(definition: Definition, settings: Settings) -> Addition:
    found = _settings(definition, settings)
    if not found:
        return Addition()
    statuses = tuple(dict.fromkeys(found.statuses))
    badly = tuple(one for one in statuses if one not in _WELL)
    well = tuple(one for one in statuses if one in _WELL)
    sections = settings.of(definition.name).operations
    executions = _Executions(definition.name, STATE_MACHINE, "execution <name>", _fault(sections))
    own = f"the workflow {definition.name}"
    resources: dict[str, Value] = {}
    if badly:
        resources[RULE] = _execution_rule(executions, badly, f"{own} that end badly")
    if well:
        resources[PROGRESS_RULE] = _execution_rule(
            replace(executions, fault=()), well, f"{own} that start or end well"
        )
    told = [one for one in routers(sections) if one.has_events] if found.router else []
    for one in told:
        of_router = replace(executions, machine=one.logical_id, noun=f"execution <name> of {one.words}")
        resources[ROUTER_RULE] = _execution_rule(of_router, _BADLY, f"{one.words} of {own} that end badly")
    picked = tuple(jobs.patterns(definition)) if found.jobs else ()
    for logical_id, kind, pattern in picked:
        resources[logical_id] = _job_rule(definition.name, kind, pattern)
    linked = bool(found.statuses) or bool(told) or any(kind.page for _, kind, _ in picked)
    conditions = console_links.CONDITIONS if linked else {}
    return Addition(Fragment(conditions=conditions, resources=resources))


_FAULT = {"error": "$.detail.error", "cause": "$.detail.cause"}
_HIDDEN = "Error and cause: hidden by the workflow's key; see the execution."


def _fault(sections: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines of a message that say why. Where a key encrypts executions, their events have no error and no cause."""
    return (_HIDDEN,) if encryption_of(sections) else ("Error: <error>", "Cause: <cause>")


@dataclass(frozen=True, slots=True)
class _Executions:
    """Whose executions are told, and how: `machine` is its logical ID, `fault` are the last lines of a message."""

    workflow: str
    machine: str
    noun: str
    fault: tuple[str, ...]


def _execution_rule(one: _Executions, statuses: tuple[str, ...], which: str) -> dict[str, Value]:
    """A rule for some statuses."""
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": list(statuses), "stateMachineArn": [ref(one.machine)]},
    }
    paths = {
        "name": "$.detail.name",
        "status": "$.detail.status",
        "execution": "$.detail.executionArn",
        **{name: path for name, path in _FAULT.items() if any(f"<{name}>" in line for line in one.fault)},
    }
    lines = (
        "History: aws stepfunctions get-execution-history --region <region> --execution-arn <execution>",
        *one.fault,
    )
    message = _message(
        one.workflow,
        f"{one.noun} is <status>",
        "states/home?region=<region>#/v2/executions/details/<execution>",
        lines,
    )
    return _rule(f"Executions of {which}", pattern, paths, message)


def _job_rule(workflow: str, kind: Kind, pattern: Mapping[str, Value]) -> dict[str, Value]:
    paths = {"name": kind.shown, "status": f"$.detail.{kind.status}"}
    lines = [f"Description: aws sagemaker {kind.describe}"]
    if kind.reason:
        paths["reason"] = kind.reason
        lines.append("Reason: <reason>")
    title = f"What fails of the workflow {workflow}: {kind.noun}s"
    message = _message(workflow, f"{kind.noun} <name> is <status>", kind.page, lines)
    return _rule(title, pattern, paths, message)


def _message(workflow: str, what: str, page: str, lines: Sequence[str]) -> Value:
    """The input template: a line on what happened, one with the page of the console where there is one, and others."""
    link = (Token("ConsoleLine", console_links.line(page)),) if page else ()
    end = "\n".join(f'"{line}"' for line in lines)
    return from_text(text('"Workflow ', machine_name(workflow), f': {what} {_PLACE}"\n', *link, end))


def _rule(
    description: str, pattern: Mapping[str, Value], paths: Mapping[str, str], message: Value
) -> dict[str, Value]:
    target = {
        "Id": "Topic",
        "Arn": TOPIC.value,
        "InputTransformer": {"InputPathsMap": {**paths, **_WHERE}, "InputTemplate": message},
    }
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {"Description": description, "EventPattern": pattern, "Targets": [target]},
    }


CAPABILITY = Capability(check=_check, add=_add)
