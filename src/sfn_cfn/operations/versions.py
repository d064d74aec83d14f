"""Definition, Settings -> a version of the state machine, and an alias that is moved to it.

A change of the state machine gives it another revision, so that the version is replaced by a new one. The old one stays
(executions may run on it, and the alias may have to go back to it), and so does not end with the stack: the deletion of
the state machine deletes it. CloudWatch takes an alarm that it does not know for one that does not ring, so alarms are
named by what the template itself makes, and other names are looked at. Sources: the Step Functions developer guide,
"Manage continuous deployments with versions and aliases in Step Functions" and "Perform gradual deployments of state
machine versions"; the CloudFormation template reference, `AWS::StepFunctions::StateMachineVersion` and
`AWS::StepFunctions::StateMachineAlias DeploymentPreference`.
"""

from __future__ import annotations

import difflib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition
from sfn_cfn.operations.capability import Addition, Capability, with_tokens
from sfn_cfn.sections import typed
from sfn_cfn.sections.alarms import LOGICAL_IDS, alarms_of
from sfn_cfn.sections.versions import ALL_AT_ONCE, LINEAR, VersionsSettings
from sfn_cfn.settings import Settings, WorkflowSettings
from sfn_cfn.template.intrinsics import Value, from_text, get_att, ref
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import STATE_MACHINE, STATE_MACHINE_ALIAS, STATE_MACHINE_VERSION

SFN661 = Code(
    "SFN661",
    Severity.ERROR,
    "an alarm that takes a deployment back is none",
    "CloudWatch takes an alarm that it does not know for one that does not ring, and an ARN for a name that it does not"
    " know: the deployment would never go back. `alarms` has keys of `[alarms]` that are on, `alarm_names` names.",
)
SFN662 = Code(
    "SFN662",
    Severity.WARNING,
    "a gradual deployment is watched by no alarm",
    "The alias is moved little by little so that a new version that fails is taken back before it gets all starts. "
    "Without an alarm it gets them in any case, only later.",
)
SFN663 = Code(
    "SFN663",
    Severity.ERROR,
    "a gradual deployment goes by steps that cannot be",
    "A share is a whole number from 1 to 99 percent, an interval 1 to 2100 minutes. A linear deployment lasts as many "
    "intervals as it takes shares to 100 percent, and CloudFormation waits 2100 minutes in all. A deployment "
    "`all-at-once` has neither.",
)

USUAL = ("failed", "timed_out")
LONGEST = 2100
"""Minutes that the resource's handler lets a deployment last (aws-cloudformation-resource-providers-stepfunctions)."""
MOST_ALARMS = 100


def _settings(definition: Definition, settings: Settings) -> VersionsSettings:
    return typed(settings.of(definition.name).operations, "versions", VersionsSettings)


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    one = _settings(definition, settings)
    own = settings.of(definition.name)
    if not one.enabled:
        return
    yield from _step_faults(one, own)
    yield from _alarm_faults(one, own)
    if one.deployment != ALL_AT_ONCE and not _alarms(one, own) and not one.alarm_names:
        place = own.place("versions", "deployment")
        message = f"a deployment '{one.deployment}' of '{definition.name}' is watched by no alarm"
        yield SFN662.at(place, message, "switch [alarms] on, or give alarm_names")


def _step_faults(one: VersionsSettings, own: WorkflowSettings) -> Iterator[Diagnostic]:
    given = own.operations["versions"]
    faults = 0
    for key, value, most in (("percent", one.percent, 99), ("minutes", one.minutes, LONGEST)):
        if one.deployment == ALL_AT_ONCE:
            if key in given:
                message = f"'versions.{key}' is given, and the deployment is '{ALL_AT_ONCE}'"
                hint = 'take it out, or write deployment = "linear"'
                yield SFN663.at(own.place("versions", key), message, hint)
        elif value != int(value) or not 1 <= value <= most:
            faults += 1
            hint = f"write a whole number from 1 to {most}"
            yield SFN663.at(own.place("versions", key), f"'versions.{key}' is {value}", hint)
    if one.deployment == LINEAR and not faults:
        steps = math.ceil(100 / one.percent)
        if (lasts := steps * int(one.minutes)) > LONGEST:
            message = (
                f"a deployment 'linear' by {int(one.percent)} percent each {int(one.minutes)} minutes lasts {lasts:,} "
                f"minutes; CloudFormation takes {LONGEST:,}"
            )
            hint = f"write minutes = {LONGEST // steps} at most, or a larger percent"
            yield SFN663.at(own.place("versions", "minutes"), message, hint)


def _alarm_faults(one: VersionsSettings, own: WorkflowSettings) -> Iterator[Diagnostic]:
    on = alarms_of(own.operations)
    place = own.place("versions", "alarms")
    for key in one.alarms or ():
        if key not in LOGICAL_IDS:
            close = difflib.get_close_matches(key, list(LOGICAL_IDS), 1)
            hint = f"did you mean '{close[0]}'?" if close else f"use {', '.join(LOGICAL_IDS)}, or alarm_names"
            yield SFN661.at(
                place, f"'versions.alarms' has '{key}', which is no alarm of [alarms] on executions", hint
            )
        elif key not in on:
            message = f"'versions.alarms' has '{key}', and there is no such alarm of this workflow"
            yield SFN661.at(place, message, f"switch it on by [alarms.{key}], or take it out")
    place = own.place("versions", "alarm_names")
    for name in one.alarm_names:
        if name.startswith("arn:") or ":alarm:" in name:
            message = f"'versions.alarm_names' has the ARN '{name}', which never rings"
            yield SFN661.at(place, message, f"write '{name.rpartition(':')[2]}'")
    for name in _twice(one.alarm_names):
        yield SFN661.at(place, f"'versions.alarm_names' has '{name}' twice", "take one out")
    if len(one.alarm_names) + len(_alarms(one, own)) > MOST_ALARMS:
        message = f"'versions' names {len(one.alarm_names) + len(_alarms(one, own))} alarms, {MOST_ALARMS} are allowed"
        yield SFN661.at(place, message, "put some into a composite alarm, and name that")


def _twice(names: Sequence[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _alarms(one: VersionsSettings, own: WorkflowSettings) -> tuple[str, ...]:
    """The keys of the alarms of the template that take the alias back."""
    on = alarms_of(own.operations)
    return tuple(key for key in dict.fromkeys(USUAL if one.alarms is None else one.alarms) if key in on)


def _add(definition: Definition, settings: Settings) -> Addition:
    one = _settings(definition, settings)
    if not one.enabled:
        return Addition()
    version: dict[str, Value] = {
        "Type": "AWS::StepFunctions::StateMachineVersion",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "StateMachineArn": ref(STATE_MACHINE),
            "StateMachineRevisionId": get_att(STATE_MACHINE, "StateMachineRevisionId"),
        },
    }
    alias: dict[str, Value] = {
        "Type": "AWS::StepFunctions::StateMachineAlias",
        "Properties": {
            "Name": one.alias,
            "DeploymentPreference": _preference(definition, one, settings.of(definition.name)),
        },
    }
    outputs = {
        "StateMachineAliasArn": {
            "Description": "ARN of the alias, which is what to start",
            "Value": ref(STATE_MACHINE_ALIAS),
        },
        "StateMachineVersionArn": {
            "Description": "ARN of the newest version of the state machine",
            "Value": ref(STATE_MACHINE_VERSION),
        },
    }
    resources = {STATE_MACHINE_VERSION: version, STATE_MACHINE_ALIAS: alias}
    return Addition(Fragment(resources=resources, outputs=outputs))


def _preference(definition: Definition, one: VersionsSettings, own: WorkflowSettings) -> dict[str, Any]:
    out: dict[str, Any] = {
        "StateMachineVersionArn": ref(STATE_MACHINE_VERSION),
        "Type": one.deployment.replace("-", "_").upper(),
    }
    if one.deployment != ALL_AT_ONCE:
        out |= {"Percentage": int(one.percent), "Interval": int(one.minutes)}
    named = [from_text(with_tokens(name, definition)) for name in one.alarm_names]
    # A reference to an alarm is its name.
    if alarms := [*(ref(LOGICAL_IDS[key]) for key in _alarms(one, own)), *named]:
        out["Alarms"] = alarms
    return out


CAPABILITY = Capability(check=_check, add=_add)
