"""The state machine's log, its traces and its key."""

from __future__ import annotations

import pytest
from operating import findings, made, plain

from sfn_cfn.machine_rights import LOG_DELIVERY, TRACING

KEYS = ("LoggingConfiguration", "TracingConfiguration", "EncryptionConfiguration", "StateMachineType")


# -- logging ------------------------------------------------------------------------------------------


def test_a_log_of_errors_without_data_is_on_by_default() -> None:
    found = made()
    assert plain(found.machine["LoggingConfiguration"]) == {
        "Level": "ERROR",
        "IncludeExecutionData": False,
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": "GetAtt(StateMachineLogGroup.Arn)"}}],
    }
    assert plain(found.template.resources["StateMachineLogGroup"]) == {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": {
            "LogGroupName": "Sub(/aws/vendedlogs/states/${PipelineName}-train-${TargetEnv})",
            "RetentionInDays": 90,
        },
    }
    assert plain(found.template.outputs["LogGroupName"]["Value"]) == "Ref(StateMachineLogGroup)"


def test_the_role_may_deliver_logs_by_exact_actions_and_says_why() -> None:
    found = made()
    statement = found.statement("LogDelivery")
    assert (statement["Action"], statement["Resource"]) == (list(LOG_DELIVERY.actions), "*")
    (row,) = [one for one in found.why if one.sid == "LogDelivery"]
    assert row.why == LOG_DELIVERY.why


def test_a_log_is_what_the_settings_say() -> None:
    found = made(
        '[logging]\nlevel = "FATAL"\ninclude_execution_data = true\nretention_days = 365\nkeep = true\n'
        'kms_key = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${LogKey}"\n'
        '[parameters.LogKey]\ndefault = "k-1"\n'
    )
    assert found.machine["LoggingConfiguration"]["Level"] == "FATAL"
    assert found.machine["LoggingConfiguration"]["IncludeExecutionData"] is True
    group = found.template.resources["StateMachineLogGroup"]
    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert group["Properties"]["RetentionInDays"] == 365
    assert plain(group["Properties"]["KmsKeyId"]) == (
        "Sub(arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${LogKey})"
    )
    assert found.template.parameters["LogKey"]["Default"] == "k-1"


def test_a_log_that_is_off_leaves_nothing_behind() -> None:
    found = made("[logging]\nenabled = false\n")
    assert "LoggingConfiguration" not in found.machine
    assert found.of_type("AWS::Logs::LogGroup") == []
    assert found.permissions == ()
    assert "LogGroupName" not in found.template.outputs


def test_one_workflow_may_differ_from_all() -> None:
    toml = '[logging]\nlevel = "ALL"\nretention_days = 30\n[workflows.train.logging]\nretention_days = 7\n'
    found = made(toml)
    assert found.machine["LoggingConfiguration"]["Level"] == "ALL"
    assert found.properties("StateMachineLogGroup")["RetentionInDays"] == 7


def test_an_express_state_machine_logs_everything_because_nothing_else_keeps_its_history() -> None:
    found = made('[state_machine]\ntype = "EXPRESS"\n')
    assert found.machine["LoggingConfiguration"]["Level"] == "ALL"


@pytest.mark.parametrize(("days", "hint"), [("31", 60), ("0", 1), ("4000", 3653), ("30.5", 60)])
def test_a_time_that_cloudwatch_logs_does_not_know_is_refused(days: str, hint: int) -> None:
    assert findings(f"[logging]\nlevel = 'ALL'\nretention_days = {days}\n") == [
        f"SFN640 sfn-cfn.toml:3: 'logging.retention_days' is {days}, which CloudWatch Logs does not take | write {hint}"
    ]


# -- tracing ------------------------------------------------------------------------------------------


def test_traces_are_off_unless_their_section_stands() -> None:
    assert "TracingConfiguration" not in made().machine
    assert "TracingConfiguration" not in made("[tracing]\nenabled = false\n").machine
    found = made("[tracing]\n")
    assert found.machine["TracingConfiguration"] == {"Enabled": True}
    statement = found.statement("Tracing")
    assert (statement["Action"], statement["Resource"]) == (list(TRACING.actions), "*")


# -- encryption ---------------------------------------------------------------------------------------

CONTEXT = "kms:EncryptionContext:"
SELF = (
    "Sub(arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:"
    "${PipelineName}-train-${TargetEnv})"
)
LOGS = "Sub(arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*)"
USED = "If(['CreateWorkflowKey', 'GetAtt(WorkflowKey.Arn)', 'Ref(WorkflowKeyArn)'])"


def test_encryption_uses_the_key_that_is_given_or_one_of_the_stack() -> None:
    found = made("[encryption]\nreuse_seconds = 60\n")
    assert plain(found.machine["EncryptionConfiguration"]) == {
        "Type": "CUSTOMER_MANAGED_KMS_KEY",
        "KmsKeyId": USED,
        "KmsDataKeyReusePeriodSeconds": 60,
    }
    assert plain(found.template.conditions["CreateWorkflowKey"]) == "Equals(['Ref(WorkflowKeyArn)', ''])"
    assert found.template.parameters["WorkflowKeyArn"]["Default"] == ""
    key = found.template.resources["WorkflowKey"]
    assert (key["Condition"], key["DeletionPolicy"]) == ("CreateWorkflowKey", "RetainExceptOnCreate")
    assert key["Properties"]["EnableKeyRotation"] is True


def test_the_role_may_use_the_key_for_this_state_machine_and_its_log_only() -> None:
    found = made("[encryption]\n")
    assert plain(found.statement("WorkflowKey")) == {
        "Sid": "WorkflowKey",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": USED,
        "Condition": {"StringEquals": {f"{CONTEXT}aws:states:stateMachineArn": SELF}},
    }
    assert plain(found.statement("WorkflowKeyLogs")) == {
        "Sid": "WorkflowKeyLogs",
        "Effect": "Allow",
        "Action": "kms:GenerateDataKey",
        "Resource": USED,
        "Condition": {"StringEquals": {f"{CONTEXT}SourceArn": LOGS}},
    }


def test_the_keys_own_policy_lets_the_delivery_service_read_what_is_logged() -> None:
    account, delivery = plain(made("[encryption]\n").properties("WorkflowKey")["KeyPolicy"]["Statement"])
    assert account["Principal"] == {"AWS": "Sub(arn:${AWS::Partition}:iam::${AWS::AccountId}:root)"}
    assert delivery == {
        "Sid": "LogDelivery",
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {f"{CONTEXT}SourceArn": LOGS}},
    }


def test_without_a_log_nobody_needs_the_key_for_it() -> None:
    found = made("[encryption]\n[logging]\nenabled = false\n")
    assert [one.sid for one in found.permissions] == ["WorkflowKey"]
    assert len(found.properties("WorkflowKey")["KeyPolicy"]["Statement"]) == 1


@pytest.mark.parametrize("seconds", ["59", "901", "60.5"])
def test_a_data_key_is_used_for_60_to_900_seconds(seconds: str) -> None:
    assert findings(f"[encryption]\nreuse_seconds = {seconds}\n") == [
        f"SFN643 sfn-cfn.toml:2: 'encryption.reuse_seconds' is {seconds}, not 60 to 900 | write 300"
    ]


@pytest.mark.parametrize("toml", ["", "[encryption]\nenabled = false\nreuse_seconds = 1\n"])
def test_without_encryption_there_is_no_key(toml: str) -> None:
    found = made(toml)
    assert "EncryptionConfiguration" not in found.machine
    assert found.of_type("AWS::KMS::Key") == []
    assert "WorkflowKeyArn" not in found.template.parameters
