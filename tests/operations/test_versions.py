"""Versions, the alias that is moved to them, and what starts it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from operating import findings
from starts import reader, resolved, template, text

TOML = """
[versions]
enabled = true
"""
STARTS = (
    TOML
    + """
[pipelines]
enabled = true
[workflows.train.schedules.nightly]
cron = "0 6 * * ? *"
input = { Data = "s3://lake/in" }
[workflows.train.triggers.done]
kind = "workflow"
workflow = "other"
input = { Data = "s3://lake/in" }
[endpoint]
enabled = true
[queue]
enabled = true
"""
)
STARTERS = (
    "ScheduleRole",
    "DoneTriggerRole",
    "EndpointRole",
    "QueueRouterRole",
    "PipelineRouterRole",
)


def made(toml: str = TOML) -> Any:
    return template(toml, reader("Data"))["Resources"]


def preference(toml: str) -> Any:
    return made(toml)["StateMachineAlias"]["Properties"]["DeploymentPreference"]


def test_a_change_of_the_state_machine_makes_a_version_and_keeps_the_one_before() -> None:
    assert made()["StateMachineVersion"] == {
        "Type": "AWS::StepFunctions::StateMachineVersion",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "StateMachineArn": {"Ref": "StateMachineComponent"},
            "StateMachineRevisionId": {"Fn::GetAtt": ["StateMachineComponent", "StateMachineRevisionId"]},
        },
    }


def test_the_alias_is_moved_at_once_where_nothing_else_is_said() -> None:
    assert made()["StateMachineAlias"] == {
        "Type": "AWS::StepFunctions::StateMachineAlias",
        "Properties": {
            "Name": "live",
            "DeploymentPreference": {
                "StateMachineVersionArn": {"Ref": "StateMachineVersion"},
                "Type": "ALL_AT_ONCE",
            },
        },
    }


@pytest.mark.parametrize(("kind", "shown"), [("linear", "LINEAR"), ("canary", "CANARY")])
def test_the_alias_is_moved_little_by_little(kind: str, shown: str) -> None:
    found = preference(TOML + f'deployment = "{kind}"\npercent = 20\nminutes = 30\n')
    assert (found["Type"], found["Percentage"], found["Interval"]) == (shown, 20, 30)


def test_alarms_take_it_back_by_their_names() -> None:
    """A reference to an alarm is its name; an ARN would never ring."""
    found = preference(TOML + 'alarm_names = ["${PipelineName}-errors"]\n[alarms]\n')
    assert found["Alarms"] == [
        {"Ref": "ExecutionsFailedAlarm"},
        {"Ref": "ExecutionsTimedOutAlarm"},
        {"Fn::Sub": "${PipelineName}-errors"},
    ]
    chosen = preference(TOML + 'alarms = ["aborted", "aborted"]\n[alarms]\n')
    assert chosen["Alarms"] == [{"Ref": "ExecutionsAbortedAlarm"}]


def test_every_alarm_named_is_in_the_template() -> None:
    resources = made(TOML + 'alarms = ["failed", "timed_out", "aborted", "throttled"]\n[alarms]\n')
    named = resources["StateMachineAlias"]["Properties"]["DeploymentPreference"]["Alarms"]
    assert {resources[one["Ref"]]["Type"] for one in named} == {"AWS::CloudWatch::Alarm"}


def test_an_alarm_that_is_off_takes_nothing_back() -> None:
    found = preference(TOML + "[alarms]\ntimed_out = { enabled = false }\n")
    assert found["Alarms"] == [{"Ref": "ExecutionsFailedAlarm"}]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            'alarms = ["faled"]\n[alarms]\n',
            (
                "SFN661 sfn-cfn.toml:4: 'versions.alarms' has 'faled', which is no alarm of [alarms] on executions | "
                "did you mean 'failed'?"
            ),
        ),
        (
            'alarms = ["failed"]\n',
            (
                "SFN661 sfn-cfn.toml:4: 'versions.alarms' has 'failed', and there is no such alarm of this workflow "
                "| switch it on by [alarms.failed], or take it out"
            ),
        ),
        (
            'alarms = ["duration"]\n[alarms]\n',
            (
                "SFN661 sfn-cfn.toml:4: 'versions.alarms' has 'duration', and there is no such alarm of this workflow "
                "| switch it on by [alarms.duration], or take it out"
            ),
        ),
        (
            'alarm_names = ["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors"]\n',
            (
                "SFN661 sfn-cfn.toml:4: 'versions.alarm_names' has the ARN "
                "'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors', which never rings | write 'errors'"
            ),
        ),
        (
            'deployment = "linear"\n',
            (
                "SFN662 sfn-cfn.toml:4: a deployment 'linear' of 'train' is watched by no alarm | "
                "switch [alarms] on, or give alarm_names"
            ),
        ),
        (
            "percent = 10\n",
            (
                "SFN663 sfn-cfn.toml:4: 'versions.percent' is given, and the deployment is 'all-at-once' | "
                'take it out, or write deployment = "linear"'
            ),
        ),
        (
            'deployment = "canary"\npercent = 100\n[alarms]\n',
            "SFN663 sfn-cfn.toml:5: 'versions.percent' is 100 | write a whole number from 1 to 99",
        ),
        (
            'deployment = "linear"\nminutes = 2101\n[alarms]\n',
            "SFN663 sfn-cfn.toml:5: 'versions.minutes' is 2101 | write a whole number from 1 to 2100",
        ),
        (
            'deployment = "linear"\npercent = 1\nminutes = 2100\n[alarms]\n',
            (
                "SFN663 sfn-cfn.toml:6: a deployment 'linear' by 1 percent each 2100 minutes lasts 210,000 minutes; "
                "CloudFormation takes 2,100 | write minutes = 21 at most, or a larger percent"
            ),
        ),
        (
            'deployment = "linear"\npercent = 33\nminutes = 526\n[alarms]\n',
            (
                "SFN663 sfn-cfn.toml:6: a deployment 'linear' by 33 percent each 526 minutes lasts 2,104 minutes; "
                "CloudFormation takes 2,100 | write minutes = 525 at most, or a larger percent"
            ),
        ),
        (
            'alarm_names = ["a", "b", "a"]\n',
            "SFN661 sfn-cfn.toml:4: 'versions.alarm_names' has 'a' twice | take one out",
        ),
    ],
)
def test_what_cannot_be_is_said_at_its_line(lines: str, expected: str) -> None:
    assert findings(TOML + lines) == [expected]


@pytest.mark.parametrize(
    "lines",
    [
        'deployment = "linear"\n',
        'deployment = "linear"\npercent = 1\nminutes = 21\n',
        'deployment = "linear"\npercent = 33\nminutes = 525\n',
        'deployment = "canary"\npercent = 1\nminutes = 2100\n',
    ],
)
def test_a_gradual_deployment_with_alarms_that_cloudformation_waits_for_has_no_finding(lines: str) -> None:
    assert findings(f"{TOML}{lines}[alarms]\n") == []


@pytest.mark.parametrize("role", STARTERS)
def test_what_starts_the_workflow_may_start_the_alias_only(role: str) -> None:
    (policy,) = made(STARTS)[role]["Properties"]["Policies"]
    (start,) = (one for one in policy["PolicyDocument"]["Statement"] if one["Sid"] == "StartExecution")
    assert start == {
        "Sid": "StartExecution",
        "Effect": "Allow",
        "Action": "states:StartExecution",
        "Resource": {"Ref": "StateMachineComponent"},
        "Condition": {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": ["live"]}},
    }


@pytest.mark.parametrize("role", STARTERS)
def test_what_starts_an_encrypted_workflow_needs_no_right_to_its_key(role: str) -> None:
    """The state machine's own role encrypts; who starts an execution reads nothing that is encrypted."""
    (policy,) = made(STARTS + "[encryption]\n")[role]["Properties"]["Policies"]
    of_key = [one for one in policy["PolicyDocument"]["Statement"] if "kms" in json.dumps(one["Action"])]
    machine = "arn:aws:states:eu-west-1:111122223333:stateMachine:ml-train-dev"
    assert machine not in json.dumps(resolved(of_key, {"PipelineName": "ml", "TargetEnv": "dev"}))


def targets(toml: str) -> dict[str, Any]:
    resources = made(toml)
    values = {"StateMachineAlias": "arn:live", "StateMachineComponent": "arn:machine"}
    rule, schedule = resources["DoneTrigger"]["Properties"], resources["NightlySchedule"]["Properties"]
    method = resources["EndpointMethod"]["Properties"]["Integration"]
    routers = {
        name: json.loads(resolved(resources[name]["Properties"]["DefinitionString"], values))["States"]
        for name in ("QueueRouter", "PipelineRouter")
    }
    body = resolved(method["RequestTemplates"]["application/json"], values)
    return {
        "schedule": resolved(schedule["Target"]["Arn"], values),
        "trigger": resolved(rule["Targets"][0]["Arn"], values),
        "endpoint": body.partition('"stateMachineArn": "')[2].partition('"')[0],
        **{
            name: states["Start workflow"]["Parameters"]["StateMachineArn"]
            for name, states in routers.items()
        },
    }


def test_all_that_starts_the_workflow_starts_the_alias_where_there_is_one() -> None:
    assert set(targets(STARTS).values()) == {"arn:live"}
    assert set(targets(STARTS.replace("enabled = true", "enabled = false", 1)).values()) == {"arn:machine"}
    assert len(targets(STARTS)) == 5


def test_a_role_without_versions_has_no_condition() -> None:
    toml = STARTS.replace("enabled = true", "enabled = false", 1)
    assert "StateMachineQualifier" not in text(toml, reader("Data"))
    assert "StateMachineVersion" not in made(toml)


def test_an_alias_has_a_hundred_alarms_at_most() -> None:
    toml = TOML + "alarm_names = [{}]\n[alarms]\n"
    names = [f'"a{number}"' for number in range(99)]
    assert findings(toml.format(", ".join(names[:98]))) == []
    assert [one.split(" | ")[0] for one in findings(toml.format(", ".join(names)))] == [
        "SFN661 sfn-cfn.toml:4: 'versions' names 101 alarms, 100 are allowed"
    ]
