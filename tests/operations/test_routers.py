"""The routers of a queue and of pipelines are logged, traced and encrypted as the workflow is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starts import reader, resolved, template

TOML = "[queue]\nenabled = true\n[pipelines]\nenabled = true\n"
KNOWN = {"PipelineName": "ml", "TargetEnv": "dev", "WorkflowKeyArn": "arn:key"}
ROUTERS = {"QueueRouter": "ml-train-queue-dev", "PipelineRouter": "ml-train-router-dev"}
MACHINE = "StateMachineComponent"


def made(toml: str = "") -> Any:
    """The resources of a template with both routers."""
    return template(TOML + toml, reader("Data"))["Resources"]


def rights(resources: Any, role: str) -> dict[str, Any]:
    """The statements of a role by their Sids, functions applied."""
    (policy,) = resources[role]["Properties"]["Policies"]
    return {one["Sid"]: resolved(one, KNOWN) for one in policy["PolicyDocument"]["Statement"]}


def arn(name: str) -> str:
    return f"arn:aws:states:eu-west-1:111122223333:stateMachine:{name}"


@pytest.mark.parametrize("router", ROUTERS)
def test_a_router_s_log_is_kept_encrypted_and_filled_as_the_settings_say(router: str) -> None:
    key = "arn:aws:kms:eu-west-1:111122223333:key/1"
    level = 'level = "ALL"\nretention_days = 30\ninclude_execution_data = true\n'
    resources = made(f'[logging]\nkms_key = "{key}"\n{level}')
    group = resources[f"{router}LogGroup"]["Properties"]
    assert (group["RetentionInDays"], group["KmsKeyId"]) == (30, key)
    own, of_workflow = (resources[name]["Properties"]["LoggingConfiguration"] for name in (router, MACHINE))
    assert own == {
        "Level": "ALL",
        "IncludeExecutionData": True,
        "Destinations": [
            {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": [f"{router}LogGroup", "Arn"]}}}
        ],
    }
    assert {**own, "Destinations": 0} == {**of_workflow, "Destinations": 0}


@pytest.mark.parametrize("router", ROUTERS)
def test_a_router_s_log_has_what_fails_without_data_where_nothing_else_is_said(router: str) -> None:
    own = made()[router]["Properties"]["LoggingConfiguration"]
    assert (own["Level"], own["IncludeExecutionData"]) == ("ERROR", False)
    assert made()[f"{router}LogGroup"]["Properties"]["RetentionInDays"] == 90


@pytest.mark.parametrize("router", ROUTERS)
def test_without_logging_a_router_writes_no_log_and_may_not(router: str) -> None:
    resources = made("[logging]\nenabled = false\n")
    assert f"{router}LogGroup" not in resources
    assert "LoggingConfiguration" not in resources[router]["Properties"]
    assert "logs:" not in json.dumps(rights(resources, f"{router}Role"))


@pytest.mark.parametrize("router", ROUTERS)
def test_a_router_has_the_tags_of_the_workflow(router: str) -> None:
    assert "Tags" not in made()[router]["Properties"]
    resources = made('[tags]\nTeam = "ml"\n[workflows.train.tags]\nCost = "12"\n')
    tags = resources[router]["Properties"]["Tags"]
    assert tags == [{"Key": "Cost", "Value": "12"}, {"Key": "Team", "Value": "ml"}]
    assert tags == resources[MACHINE]["Properties"]["Tags"]


@pytest.mark.parametrize("router", ROUTERS)
def test_a_router_is_traced_as_the_workflow_is(router: str) -> None:
    resources = made("[tracing]\n")
    assert resources[router]["Properties"]["TracingConfiguration"] == {"Enabled": True}
    (policy,) = resources["WorkflowExecutionRole"]["Properties"]["Policies"]
    (of_workflow,) = (one for one in policy["PolicyDocument"]["Statement"] if one["Sid"] == "Tracing")
    assert rights(resources, f"{router}Role")["Tracing"] == of_workflow
    for off in ("", "[tracing]\nenabled = false\n"):
        assert "TracingConfiguration" not in made(off)[router]["Properties"]
        assert "Tracing" not in rights(made(off), f"{router}Role")


@pytest.mark.parametrize("router", ROUTERS)
def test_a_router_is_encrypted_with_the_workflow_s_key(router: str) -> None:
    resources = made("[encryption]\nreuse_seconds = 60\n")
    own = resources[router]["Properties"]["EncryptionConfiguration"]
    assert own == resources[MACHINE]["Properties"]["EncryptionConfiguration"]
    assert own["KmsDataKeyReusePeriodSeconds"] == 60
    assert "EncryptionConfiguration" not in made("[encryption]\nenabled = false\n")[router]["Properties"]


@pytest.mark.parametrize("router", ROUTERS)
def test_a_router_s_role_may_use_the_key_for_the_router_and_its_log_only(router: str) -> None:
    found = rights(made("[encryption]\n"), f"{router}Role")
    context = "kms:EncryptionContext:"
    assert {sid: one for sid, one in found.items() if sid.startswith("WorkflowKey")} == {
        "WorkflowKey": {
            "Sid": "WorkflowKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "arn:key",
            "Condition": {"StringEquals": {f"{context}aws:states:stateMachineArn": arn(ROUTERS[router])}},
        },
        "WorkflowKeyLogs": {
            "Sid": "WorkflowKeyLogs",
            "Effect": "Allow",
            "Action": "kms:GenerateDataKey",
            "Resource": "arn:key",
            "Condition": {"StringEquals": {f"{context}SourceArn": "arn:aws:logs:eu-west-1:111122223333:*"}},
        },
    }
    silent = rights(made("[encryption]\n[logging]\nenabled = false\n"), f"{router}Role")
    assert [sid for sid in silent if sid.startswith("WorkflowKey")] == ["WorkflowKey"]


@pytest.mark.parametrize("router", ROUTERS)
def test_the_name_in_the_conditions_is_the_router_s(router: str) -> None:
    resources = made("[encryption]\n")
    name = resolved(resources[router]["Properties"]["StateMachineName"], KNOWN)
    assert name == ROUTERS[router]
    (trust,) = resources[f"{router}Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert resolved(trust["Condition"], KNOWN) == {
        "ArnLike": {"aws:SourceArn": arn(name)},
        "StringEquals": {"aws:SourceAccount": "111122223333"},
    }


def test_the_key_that_the_stack_makes_lets_the_logs_of_the_routers_be_read_on_their_way() -> None:
    policy = made("[encryption]\n")["WorkflowKey"]["Properties"]["KeyPolicy"]
    (delivery,) = (one for one in policy["Statement"] if one["Sid"] == "LogDelivery")
    assert resolved(delivery["Condition"], KNOWN) == {
        "StringEquals": {"kms:EncryptionContext:SourceArn": "arn:aws:logs:eu-west-1:111122223333:*"}
    }


def test_the_pipe_may_read_the_definition_of_an_encrypted_router_and_encrypt_nothing() -> None:
    assert rights(made("[encryption]\n"), "QueuePipeRole")["WorkflowKey"] == {
        "Sid": "WorkflowKey",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "arn:key",
        "Condition": {
            "StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": arn(ROUTERS["QueueRouter"])}
        },
    }
    assert "kms" not in json.dumps(rights(made(), "QueuePipeRole"))
