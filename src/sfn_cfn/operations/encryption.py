"""Definition, Settings -> encryption of the definition and of the histories with a customer managed key.

The key is the one that a parameter names, or one that the stack makes; that one outlives the stack, because a
history cannot be read without it. Source: the Step Functions developer guide, "Data at rest encryption in Step
Functions" (the role's rights, and those of the delivery service for a log); the AWS KMS developer guide, "Key
policies".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, machine_name, text
from sfn_cfn.operations.capability import Addition, Capability
from sfn_cfn.operations.machines import key_configuration, key_permissions
from sfn_cfn.operations.parts import arn, machine_arn
from sfn_cfn.sections import typed
from sfn_cfn.sections.encryption import EncryptionSettings, encryption_of
from sfn_cfn.sections.logging import LoggingSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import Value, equals, from_text, ref, sub
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import (
    STATE_MACHINE,
    WORKFLOW_KEY,
    WORKFLOW_KEY_CONDITION,
    WORKFLOW_KEY_PARAMETER,
    WORKFLOW_KEY_RESOURCE,
)

SFN643 = Code(
    "SFN643",
    Severity.ERROR,
    "a data key is used for a time that Step Functions does not take",
    "Step Functions uses one data key for 60 to 900 seconds before it asks KMS for another.",
)

KEY_PATTERN = "^$|^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$"


def _settings(definition: Definition, settings: Settings) -> EncryptionSettings | None:
    return encryption_of(settings.of(definition.name).operations)


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    found = _settings(definition, settings)
    if found and (not 60 <= found.reuse_seconds <= 900 or found.reuse_seconds != int(found.reuse_seconds)):
        place = settings.of(definition.name).place("encryption", "reuse_seconds")
        message = f"'encryption.reuse_seconds' is {found.reuse_seconds}, not 60 to 900"
        yield SFN643.at(place, message, "write 300")


def _add(definition: Definition, settings: Settings) -> Addition:
    found = _settings(definition, settings)
    if not found:
        return Addition()
    logs = typed(settings.of(definition.name).operations, "logging", LoggingSettings).enabled
    parameter = {
        "Type": "String",
        "Default": "",
        "AllowedPattern": KEY_PATTERN,
        "Description": "ARN of the key of the state machine; empty: the stack creates one",
    }
    fragment = Fragment(
        parameters={WORKFLOW_KEY_PARAMETER: parameter},
        conditions={WORKFLOW_KEY_CONDITION: equals(ref(WORKFLOW_KEY_PARAMETER), "")},
        resources={WORKFLOW_KEY_RESOURCE: _key(definition, logs)},
        outputs={"WorkflowKeyArn": {"Description": "Key of the state machine", "Value": WORKFLOW_KEY.value}},
        properties={(STATE_MACHINE, "EncryptionConfiguration"): key_configuration(found)},
    )
    return Addition(fragment, tuple(key_permissions(machine_arn(definition), logged=logs)))


def _key(definition: Definition, logs: bool) -> dict[str, Value]:
    statements: list[dict[str, Any]] = [
        {
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
    if logs:
        statements.append(
            {
                "Sid": "LogDelivery",
                "Effect": "Allow",
                "Principal": {"Service": "delivery.logs.amazonaws.com"},
                "Action": "kms:Decrypt",
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"kms:EncryptionContext:SourceArn": from_text(arn("logs", "*"))}
                },
            }
        )
    return {
        "Type": "AWS::KMS::Key",
        "Condition": WORKFLOW_KEY_CONDITION,
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "Description": from_text(text("State machine ", machine_name(definition.name))),
            "EnableKeyRotation": True,
            "KeyPolicy": {"Version": "2012-10-17", "Statement": statements},
        },
    }


CAPABILITY = Capability(check=_check, add=_add)
