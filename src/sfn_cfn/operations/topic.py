"""Definition, Settings -> the SNS topic of alarms and notifications, its key, and who is subscribed.

The topic is the one that a parameter names, or one that the stack makes. Alarms cannot publish through the key of AWS
(`alias/aws/sns`), whose policy nobody can change, so the topic has a customer managed key. A condition
(`aws:SourceAccount`) holds CloudWatch to this account. The statements for EventBridge have none: the EventBridge user
guide says that a topic's policy cannot have one for it ("Using resource-based policies for Amazon EventBridge", Amazon
SNS permissions), and the SNS developer guide that `aws:SourceAccount`, `aws:SourceArn` and `aws:SourceOrgID` in a key's
policy are not supported for EventBridge and encrypted topics ("Enable compatibility between event sources from AWS
services and encrypted topics"). With one, what EventBridge publishes is refused, and nobody is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import PIPELINE_NAME, TARGET_ENV, Definition, machine_name, text
from sfn_cfn.operations.capability import Addition, Capability
from sfn_cfn.sections import typed
from sfn_cfn.sections.topic import TopicSettings, is_wanted
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import Intrinsic, Value, equals, from_text, if_, ref, sub
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import (
    ASSET_BUCKET,
    ASSET_PREFIX,
    DATA_BUCKET_PARAMETER,
    PIPELINE_TABLE_PARAMETER,
    TOPIC,
    TOPIC_CONDITION,
    TOPIC_PARAMETER,
    TOPIC_RESOURCE,
    WORKFLOW_KEY_PARAMETER,
)

SFN644 = Code(
    "SFN644",
    Severity.ERROR,
    "an address for alerts is none",
    "Each entry of `[topic] emails` is the name of a template parameter and an e-mail address, which is the "
    "parameter's default; an empty text leaves it to the deployment.",
)

SFN677 = Code(
    "SFN677",
    Severity.ERROR,
    "an address for alerts has a name that cannot be a parameter's",
    "Each entry of `[topic] emails` makes a parameter of the template, whose name must be its own: not one of the "
    "parameters that a template has anyway, nor one that the author declares. With `Subscription` after it, it is the "
    "name of a resource, which has at most 255 characters.",
)

LONGEST = 255 - len("Subscription")
POLICY = "AlertTopicPolicy"
KEY = "AlertTopicKey"
KEY_PARAMETER = "AlertTopicKeyArn"
KEY_CONDITION = "CreateAlertTopicKey"
TOPIC_PATTERN = "^$|^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$"
KEY_PATTERN = "^$|^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$"
_TAKEN = (
    PIPELINE_NAME.name,
    TARGET_ENV.name,
    "WorkflowExecutionRoleArn",
    "SageMakerRoleArn",
    TOPIC_PARAMETER,
    KEY_PARAMETER,
    WORKFLOW_KEY_PARAMETER,
    DATA_BUCKET_PARAMETER,
    PIPELINE_TABLE_PARAMETER,
    ASSET_BUCKET.name,
    ASSET_PREFIX.name,
)
"""Parameters of templates that are nobody's address."""

ADDRESS = r"[!#-&(-?A-\[\]-~]+@[A-Za-z0-9.-]+"
"""An address as it comes in practice: ASCII, no quotes, no second @ in the host."""


def _settings(definition: Definition, settings: Settings) -> TopicSettings | None:
    sections = settings.of(definition.name).operations
    return typed(sections, "topic", TopicSettings) if is_wanted(sections) else None


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    own = settings.of(definition.name)
    found = typed(own.operations, "topic", TopicSettings)
    for name, address in found.emails.items():
        if address and not re.fullmatch(ADDRESS, address):
            message = f"'topic.emails.{name}' is '{address}', not an e-mail address"
            yield SFN644.at(own.place("topic", "emails", name), message, 'write "name@example.com"')
    declared = (*settings.parameters, *definition.workflow.parameters)
    taken = {*_TAKEN, *(item.name for item in declared)}
    for name in found.emails:
        if name in taken:
            message = f"'topic.emails.{name}' has the name of another parameter of the template"
            yield SFN677.at(own.place("topic", "emails", name), message, f'write "{name}Email"')
        if len(name) > LONGEST:
            message = f"'topic.emails' has a name of {len(name)} characters, {LONGEST} are allowed"
            yield SFN677.at(own.place("topic", "emails", name), message, "write a shorter one")


def _add(definition: Definition, settings: Settings) -> Addition:
    found = _settings(definition, settings)
    if not found:
        return Addition()
    parameters = {
        TOPIC_PARAMETER: _parameter(
            TOPIC_PATTERN, "ARN of the topic of alerts; empty: the stack creates one"
        ),
        KEY_PARAMETER: _parameter(
            KEY_PATTERN, "ARN of the key of the topic that the stack creates; empty: it creates that too"
        ),
    }
    conditions: dict[str, Value] = {
        TOPIC_CONDITION: equals(ref(TOPIC_PARAMETER), ""),
        KEY_CONDITION: equals(sub(f"${{{TOPIC_PARAMETER}}}${{{KEY_PARAMETER}}}"), ""),
    }
    resources = {
        TOPIC_RESOURCE: _resource("AWS::SNS::Topic", TOPIC_CONDITION, _topic(definition)),
        POLICY: _resource("AWS::SNS::TopicPolicy", TOPIC_CONDITION, _topic_policy()),
        KEY: _resource("AWS::KMS::Key", KEY_CONDITION, _key(definition)),
    }
    for name, address in found.emails.items():
        parameters[name] = _parameter(
            f"^$|^{ADDRESS}$", "E-mail address that gets the alerts; empty: none", address
        )
        conditions[f"SubscribeTo{name}"] = Intrinsic("Not", (equals(ref(name), ""),))
        subscription = {"Protocol": "email", "TopicArn": TOPIC.value, "Endpoint": ref(name)}
        resources[f"{name}Subscription"] = _resource(
            "AWS::SNS::Subscription", f"SubscribeTo{name}", subscription
        )
    outputs = {TOPIC_PARAMETER: {"Description": "Topic of the alerts", "Value": TOPIC.value}}
    return Addition(Fragment(parameters, {}, conditions, {}, resources, outputs))


def _parameter(pattern: str, description: str, default: str = "") -> dict[str, Any]:
    return {"Type": "String", "Default": default, "AllowedPattern": pattern, "Description": description}


def _resource(kind: str, condition: str, properties: dict[str, Value]) -> dict[str, Value]:
    return {"Type": kind, "Condition": condition, "Properties": properties}


def _topic(definition: Definition) -> dict[str, Value]:
    return {
        "DisplayName": from_text(machine_name(definition.name)),
        "KmsMasterKeyId": if_(KEY_CONDITION, ref(KEY), ref(KEY_PARAMETER)),
    }


def _topic_policy() -> dict[str, Value]:
    statements = (
        _statement("Alarms", "cloudwatch.amazonaws.com", "sns:Publish", ref(TOPIC_RESOURCE), account=True),
        _statement("Events", "events.amazonaws.com", "sns:Publish", ref(TOPIC_RESOURCE), account=False),
    )
    return {
        "Topics": [ref(TOPIC_RESOURCE)],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
    }


def _key(definition: Definition) -> dict[str, Value]:
    root = {"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")}
    account = {"Sid": "Account", "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    use = ["kms:Decrypt", "kms:GenerateDataKey*"]
    statements = (
        account,
        _statement("Alarms", "cloudwatch.amazonaws.com", use, "*", account=True),
        _statement("Events", "events.amazonaws.com", use, "*", account=False),
    )
    return {
        "Description": from_text(text("Alerts of ", machine_name(definition.name))),
        "EnableKeyRotation": True,
        "KeyPolicy": {"Version": "2012-10-17", "Statement": list(statements)},
    }


def _statement(
    sid: str, service: str, actions: str | list[str], resource: Value, *, account: bool
) -> dict[str, Value]:
    statement: dict[str, Value] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": actions,
        "Resource": resource,
    }
    condition = {"StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")}}
    return {**statement, "Condition": condition} if account else statement


CAPABILITY = Capability(check=_check, add=_add)
