"""Definition, Settings -> EventBridge rules that tell the topic how executions and their SageMaker jobs end.

Sources: the Step Functions developer guide, "Automating Step Functions event delivery with EventBridge"; the
SageMaker developer guide, "Events that Amazon SageMaker AI sends to Amazon EventBridge"; the EventBridge user guide,
"Amazon EventBridge input transformation" (texts in quotes, one a line; a field that is not there gives nothing).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition
from sfn_cfn.operations import jobs
from sfn_cfn.operations.capability import Addition, Capability
from sfn_cfn.sections import typed
from sfn_cfn.sections.notifications import NotificationsSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import Value, ref
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import STATE_MACHINE, TOPIC

SFN648 = Code(
    "SFN648",
    Severity.WARNING,
    "a job that fails is not told",
    "EventBridge tells of all jobs of an account. A rule picks those of one workflow by the beginning of their names "
    "or by the role that they run under; where only the execution knows the name of a transform job, which has no "
    "role, nothing tells it from others. The failure of the execution is told all the same.",
)

RULE = "ExecutionStatusRule"


def _settings(definition: Definition, settings: Settings) -> NotificationsSettings | None:
    """None where the section is not there, or switched off."""
    sections = settings.of(definition.name).operations
    found = typed(sections, "notifications", NotificationsSettings)
    return found if "notifications" in sections and found.enabled else None


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    found = _settings(definition, settings)
    if not found or not found.jobs:
        return
    for state in jobs.untold(definition):
        hint = "let the job's name begin with a text, or write jobs = false in [notifications]"
        message = (
            f"nobody is told when the job of task '{state.name}' fails: its name is known at run time only"
        )
        yield SFN648.at(state.location, message, hint)


def _add(definition: Definition, settings: Settings) -> Addition:
    found = _settings(definition, settings)
    if not found:
        return Addition()
    resources: dict[str, Value] = {}
    if found.statuses:
        resources[RULE] = _execution_rule(definition.name, found.statuses)
    for kind, pattern in jobs.patterns(definition) if found.jobs else ():
        resources[f"{kind.name}JobFailedRule"] = _job_rule(definition.name, kind, pattern)
    return Addition(Fragment(resources=resources))


def _execution_rule(workflow: str, statuses: tuple[str, ...]) -> dict[str, Value]:
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": list(statuses), "stateMachineArn": [ref(STATE_MACHINE)]},
    }
    paths = {
        "name": "$.detail.name",
        "status": "$.detail.status",
        "error": "$.detail.error",
        "cause": "$.detail.cause",
        "execution": "$.detail.executionArn",
        "time": "$.time",
        "region": "$.region",
        "account": "$.account",
    }
    lines = (
        f"Workflow {workflow}: execution <name> is <status> (<time>, account <account>, region <region>).",
        "Error: <error>",
        "Cause: <cause>",
        "History: aws stepfunctions get-execution-history --region <region> --execution-arn <execution>",
    )
    return _rule(f"Executions of the workflow {workflow} that end", pattern, paths, lines)


def _job_rule(workflow: str, kind: jobs.Kind, pattern: Mapping[str, Value]) -> dict[str, Value]:
    paths = {
        "name": f"$.detail.{kind.field}",
        "status": f"$.detail.{kind.status}",
        "reason": "$.detail.FailureReason",
        "time": "$.time",
        "region": "$.region",
        "account": "$.account",
    }
    job = kind.title.lower()
    lines = (
        f"Workflow {workflow}: {job} <name> is <status> (<time>, account <account>, region <region>).",
        "Reason: <reason>",
    )
    title = f"{kind.title}s of the workflow {workflow} that fail or are stopped"
    return _rule(title, pattern, paths, lines)


def _rule(
    description: str, pattern: Mapping[str, Value], paths: Mapping[str, str], lines: tuple[str, ...]
) -> dict[str, Value]:
    template = "\n".join(f'"{line}"' for line in lines)
    target = {
        "Id": "Topic",
        "Arn": TOPIC.value,
        "InputTransformer": {"InputPathsMap": dict(paths), "InputTemplate": template},
    }
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {"Description": description, "EventPattern": pattern, "Targets": [target]},
    }


CAPABILITY = Capability(check=_check, add=_add)
