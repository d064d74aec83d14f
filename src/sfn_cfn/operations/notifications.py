"""Definition, Settings -> EventBridge rules that tell the topic how executions and their SageMaker jobs end.

A message has its short lines first, each in quotes, which go with it: what happened, the page of the console, a
command of the AWS CLI. Errors and causes come last: a cause may be a job's whole description. Sources: the Step
Functions developer guide, "Automating Step Functions event delivery with EventBridge"; the SageMaker developer guide,
"Events that Amazon SageMaker AI sends to Amazon EventBridge"; the EventBridge user guide, "Amazon EventBridge input
transformation" (texts in quotes, one a line; a field that is not there gives nothing); the EventBridge API reference,
`InputTransformer` (at most 8,192 characters and 100 paths).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, Token, machine_name, text
from sfn_cfn.operations import console_links, jobs
from sfn_cfn.operations.capability import Addition, Capability
from sfn_cfn.operations.job_kinds import Kind
from sfn_cfn.sections import typed
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
_WELL = ("RUNNING", "SUCCEEDED")
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
    resources: dict[str, Value] = {}
    if badly:
        resources[RULE] = _execution_rule(definition.name, badly, "end badly", _FAULT)
    if well:
        resources[PROGRESS_RULE] = _execution_rule(definition.name, well, "start or end well", {})
    picked = tuple(jobs.patterns(definition)) if found.jobs else ()
    for logical_id, kind, pattern in picked:
        resources[logical_id] = _job_rule(definition.name, kind, pattern)
    linked = bool(found.statuses) or any(kind.page for _, kind, _ in picked)
    conditions = console_links.CONDITIONS if linked else {}
    return Addition(Fragment(conditions=conditions, resources=resources))


_FAULT = {"Error": "$.detail.error", "Cause": "$.detail.cause"}


def _execution_rule(
    workflow: str, statuses: tuple[str, ...], how: str, fault: Mapping[str, str]
) -> dict[str, Value]:
    """A rule for some statuses; `fault`: what is told of one besides, the last lines of the message."""
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": list(statuses), "stateMachineArn": [ref(STATE_MACHINE)]},
    }
    paths = {
        "name": "$.detail.name",
        "status": "$.detail.status",
        "execution": "$.detail.executionArn",
        **{name.lower(): path for name, path in fault.items()},
    }
    lines = (
        "History: aws stepfunctions get-execution-history --region <region> --execution-arn <execution>",
        *(f"{name}: <{name.lower()}>" for name in fault),
    )
    message = _message(
        workflow,
        "execution <name> is <status>",
        "states/home?region=<region>#/v2/executions/details/<execution>",
        lines,
    )
    return _rule(f"Executions of the workflow {workflow} that {how}", pattern, paths, message)


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
