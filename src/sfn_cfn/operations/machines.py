"""Definition, Settings -> log, traces, encryption and tags of a state machine: the workflow's, and those added.

A router, the state machine that starts the workflow for a queue or a pipeline, sees the same inputs as the workflow
does. So it is logged, traced and encrypted as that is, by the same settings and the same key, and has its tags.
Sources: the Step Functions developer guide, "Data at rest encryption in Step Functions" (the rights of the execution
role, and of who calls `StartSyncExecution`), "Using CloudWatch Logs to log execution history" and "Trace Step
Functions request data in AWS X-Ray".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_cfn.machine_rights import LOG_DELIVERY, TRACING
from sfn_cfn.model import Definition, Node, Permission, Text, machine_name, text
from sfn_cfn.operations import starting
from sfn_cfn.operations.parts import arn, log_group
from sfn_cfn.sections import typed
from sfn_cfn.sections.encryption import EncryptionSettings, encryption_of
from sfn_cfn.sections.logging import LoggingSettings
from sfn_cfn.sections.tracing import is_traced
from sfn_cfn.settings import Settings
from sfn_cfn.template.asl import definition_string
from sfn_cfn.template.intrinsics import Value, from_text, get_att, ref
from sfn_cfn.template.tags import tag_entries
from sfn_cfn.template.tokens import WORKFLOW_KEY

LONGEST = 80
"""Characters in a state machine's name (Step Functions API reference, `CreateStateMachine`)."""

TRACED: dict[str, Value] = {"Enabled": True}
"""`TracingConfiguration` of a state machine that is traced."""


def log_configuration(own: LoggingSettings, group: str, level: str) -> dict[str, Value]:
    """`LoggingConfiguration`. `group`: the log group's logical ID; `level`: where the settings say none."""
    return {
        "Level": own.level or level,
        "IncludeExecutionData": own.include_execution_data,
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": get_att(group, "Arn")}}],
    }


def key_configuration(own: EncryptionSettings) -> dict[str, Value]:
    """`EncryptionConfiguration` with the workflow's key."""
    return {
        "Type": "CUSTOMER_MANAGED_KMS_KEY",
        "KmsKeyId": WORKFLOW_KEY.value,
        "KmsDataKeyReusePeriodSeconds": int(own.reuse_seconds),
    }


def key_permissions(machine: Text, *, logged: bool) -> Iterator[Permission]:
    """What the role of an encrypted state machine may do with the key, for this machine and for its log only.

    One place of the guide asks both rights of every execution, another only the first of a synchronous Express one:
    both are given.
    """
    yield key_permission(machine, "kms:Decrypt", "kms:GenerateDataKey")
    if logged:
        yield Permission(
            "WorkflowKeyLogs",
            ("kms:GenerateDataKey",),
            (Text((WORKFLOW_KEY,)),),
            "encrypts the log on its way with the key",
            # The star is a part of the value that the service gives, not a pattern.
            (("StringEquals", "kms:EncryptionContext:SourceArn", (arn("logs", "*"),)),),
        )


def key_permission(machine: Text, *actions: str) -> Permission:
    """The right to use the key for one state machine only."""
    return Permission(
        "WorkflowKey",
        actions,
        (Text((WORKFLOW_KEY,)),),
        "encrypts the definition and the history of executions with the key",
        (("StringEquals", "kms:EncryptionContext:aws:states:stateMachineArn", (machine,)),),
    )


@dataclass(frozen=True, slots=True)
class Router:
    """A state machine that starts the workflow.

    `logical_id` begins those of its role and its log, too; `suffix` parts its name from the workflow's own. `type` is
    `STANDARD` or `EXPRESS`, `statements` what its role may do for its states.
    """

    logical_id: str
    suffix: str
    type: str
    tree: Node
    statements: Sequence[dict[str, Any]]


def router_arn(definition: Definition, settings: Settings, suffix: str) -> Text:
    """The ARN of a router by its name, where a reference to the resource would be a circle."""
    return arn("states", "stateMachine:", *_name(definition, settings, suffix))


def _name(definition: Definition, settings: Settings, suffix: str) -> Sequence[Any]:
    return starting.name_pieces(f"{definition.name}-{suffix}", settings, LONGEST)


def router(definition: Definition, settings: Settings, one: Router) -> dict[str, Any]:
    """The router, its role and its log, by their logical IDs.

    Where the settings name no level, its log has what fails: what succeeds is seen in the execution that it starts.
    """
    sections = settings.of(definition.name).operations
    role, group = f"{one.logical_id}Role", f"{one.logical_id}LogGroup"
    logging = typed(sections, "logging", LoggingSettings)
    properties: dict[str, Any] = {
        "StateMachineName": from_text(text(*_name(definition, settings, one.suffix))),
        "StateMachineType": one.type,
        "DefinitionString": definition_string(one.tree),
        "RoleArn": get_att(role, "Arn"),
    }
    made: dict[str, Any] = {}
    if logging.enabled:
        name = text("/aws/vendedlogs/states/", machine_name(definition.name), f"-{one.suffix}")
        made[group] = log_group(definition, settings, name)
        properties["LoggingConfiguration"] = log_configuration(logging, group, "ERROR")
    if is_traced(sections):
        properties["TracingConfiguration"] = TRACED
    if encryption := encryption_of(sections):
        properties["EncryptionConfiguration"] = key_configuration(encryption)
    if found := tag_entries(settings.of(definition.name).tags, definition.tags):
        properties["Tags"] = found
    machine = router_arn(definition, settings, one.suffix)
    rights = map(starting.statement, permissions(definition, settings, machine))
    trusted = "states.amazonaws.com"
    return {
        one.logical_id: {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties},
        role: starting.role(definition, settings, trusted, from_text(machine), [*one.statements, *rights]),
        **made,
    }


def permissions(definition: Definition, settings: Settings, machine: Text) -> Iterator[Permission]:
    """What the role of a state machine may do for its log, its traces and its key, as the workflow's settings are."""
    sections = settings.of(definition.name).operations
    logged = typed(sections, "logging", LoggingSettings).enabled
    if logged:
        yield LOG_DELIVERY
    if is_traced(sections):
        yield TRACING
    if encryption_of(sections):
        yield from key_permissions(machine, logged=logged)


def caller_statements(
    definition: Definition, settings: Settings, logical_id: str, suffix: str
) -> list[dict[str, Any]]:
    """What lets a service run an Express router and wait for it: the right to it, and to read its definition."""
    run = {
        "Sid": "RunRouter",
        "Effect": "Allow",
        "Action": "states:StartSyncExecution",
        "Resource": ref(logical_id),
    }
    if not encryption_of(settings.of(definition.name).operations):
        return [run]
    key = key_permission(router_arn(definition, settings, suffix), "kms:Decrypt")
    return [run, starting.statement(key)]
