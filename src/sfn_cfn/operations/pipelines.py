"""Definition, Settings -> a table of pipelines' settings, and the router that starts the workflow with them.

The table is the one that a parameter names, which several workflows may share, or one that the stack makes and that
outlives it. Its items are written by `sfn-cfn pipelines`; what they are stands in `sections.pipelines`. Sources: the
CloudFormation template reference, `AWS::DynamoDB::Table`; the DynamoDB developer guide, "DynamoDB encryption at rest"
and "Using IAM policy conditions for fine-grained access control"; the AWS KMS developer guide, "kms:ViaService".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfn_cfn.errors import Diagnostic
from sfn_cfn.model import Definition, Text, Token, text
from sfn_cfn.operations import machines, starting
from sfn_cfn.operations.capability import Addition, Capability, with_tokens
from sfn_cfn.operations.neighbours import PIPELINE_SUFFIX
from sfn_cfn.operations.parts import arn
from sfn_cfn.operations.router import router
from sfn_cfn.sections import typed
from sfn_cfn.sections.pipelines import TABLE_KEY, PipelinesSettings
from sfn_cfn.sections.stages import stages
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import Value, equals, from_text, if_, ref
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import PIPELINE_ROUTER as ROUTER
from sfn_cfn.template.tokens import (
    PIPELINE_TABLE_CONDITION,
    PIPELINE_TABLE_PARAMETER,
    PIPELINE_TABLE_RESOURCE,
)

NAME_PATTERN = "^$|^[A-Za-z0-9_.-]{3,255}$"
_TABLE = Token(
    "PipelineTableTarget",
    if_(PIPELINE_TABLE_CONDITION, ref(PIPELINE_TABLE_RESOURCE), ref(PIPELINE_TABLE_PARAMETER)),
)


def _settings(definition: Definition, settings: Settings) -> PipelinesSettings:
    return typed(settings.of(definition.name).operations, "pipelines", PipelinesSettings)


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    yield from starting.idle("pipelines", settings.of(definition.name), settings)


def _add(definition: Definition, settings: Settings) -> Addition:
    one = _settings(definition, settings)
    if not one.enabled:
        return Addition()
    parameter = {
        "Type": "String",
        "Default": "",
        "AllowedPattern": NAME_PATTERN,
        "Description": "Name of the table with the settings of pipelines; empty: the stack creates one",
    }
    resources = {PIPELINE_TABLE_RESOURCE: _table(definition, one), **_router(definition, settings, one)}
    outputs = {
        "PipelineTable": {"Description": "Table with the settings of pipelines", "Value": _TABLE.value},
        "PipelineRouterArn": {
            "Description": "State machine that starts the workflow for a pipeline",
            "Value": ref(ROUTER),
        },
    }
    return Addition(
        Fragment(
            parameters={PIPELINE_TABLE_PARAMETER: parameter},
            conditions={PIPELINE_TABLE_CONDITION: equals(ref(PIPELINE_TABLE_PARAMETER), "")},
            resources=resources,
            outputs=outputs,
        )
    )


def _table(definition: Definition, one: PipelinesSettings) -> dict[str, Value]:
    encryption: dict[str, Any] = {"SSEEnabled": True}
    if one.kms_key:
        key = from_text(with_tokens(one.kms_key, definition))
        encryption |= {"SSEType": "KMS", "KMSMasterKeyId": key}
    return {
        "Type": "AWS::DynamoDB::Table",
        "Condition": PIPELINE_TABLE_CONDITION,
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "AttributeDefinitions": [{"AttributeName": TABLE_KEY, "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": TABLE_KEY, "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "SSESpecification": encryption,
        },
    }


def _router(definition: Definition, settings: Settings, one: PipelinesSettings) -> dict[str, Any]:
    own = settings.of(definition.name).operations
    tree = router(definition, stages(own), Text((_TABLE,)), starting.logical_id(definition, settings))
    statements = (starting.start_statement(definition, settings), *_reading(definition, one))
    made = machines.Router(ROUTER, PIPELINE_SUFFIX, "STANDARD", tree, statements)
    return machines.router(definition, settings, made)


def _reading(definition: Definition, one: PipelinesSettings) -> Iterator[dict[str, Any]]:
    """The rights to read an item."""
    yield {
        "Sid": "ReadPipeline",
        "Effect": "Allow",
        "Action": "dynamodb:GetItem",
        "Resource": from_text(arn("dynamodb", "table/", _TABLE)),
    }
    if one.kms_key:
        via = text("dynamodb.", Token("AWS::Region"), ".", Token("AWS::URLSuffix"))
        yield {
            "Sid": "DecryptPipeline",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": from_text(with_tokens(one.kms_key, definition)),
            "Condition": {"StringEquals": {"kms:ViaService": from_text(via)}},
        }


CAPABILITY = Capability(check=_check, add=_add)
