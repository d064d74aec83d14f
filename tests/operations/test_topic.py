"""The topic of alarms and notifications: its key, its policy and who is subscribed."""

from __future__ import annotations

import re

import pytest
from operating import findings, made, plain

from sfn_cfn.operations import topic

ACCOUNT = {"StringEquals": {"aws:SourceAccount": "Ref(AWS::AccountId)"}}
ADDRESSED = '[topic.emails]\nOpsEmail = "ops@example.com"\nOwnerEmail = ""\n'


@pytest.mark.parametrize(
    "toml",
    [
        "[topic]\n",
        "[alarms]\n",
        "[notifications]\n",
        '[metrics.Accuracy]\nstate = "A"\npath = "$.a"\nbelow = 1\nperiod = 60\n',
    ],
)
def test_there_is_a_topic_where_something_is_told(toml: str) -> None:
    assert made(toml).of_type("AWS::SNS::Topic") == ["AlertTopic"]


@pytest.mark.parametrize(
    "toml",
    [
        "",
        "[alarms]\nenabled = false\n",
        "[notifications]\nenabled = false\n",
        '[metrics.Accuracy]\nstate = "A"\npath = "$.a"\n',
    ],
)
def test_there_is_none_where_nobody_tells_anything(toml: str) -> None:
    found = made(toml)
    assert found.of_type("AWS::SNS::Topic") == []
    assert "AlertTopicArn" not in found.template.parameters


def test_a_topic_that_is_given_is_used_and_none_is_made_nor_its_key() -> None:
    found = made("[alarms]\n")
    assert plain(found.template.conditions) == {
        "CreateWorkflowExecutionRole": "Equals(['Ref(WorkflowExecutionRoleArn)', ''])",
        "CreateAlertTopic": "Equals(['Ref(AlertTopicArn)', ''])",
        "CreateAlertTopicKey": "Equals(['Sub(${AlertTopicArn}${AlertTopicKeyArn})', ''])",
    }
    own = {name: one["Condition"] for name, one in found.template.resources.items() if "Alert" in name}
    assert own == {
        "AlertTopic": "CreateAlertTopic",
        "AlertTopicPolicy": "CreateAlertTopic",
        "AlertTopicKey": "CreateAlertTopicKey",
    }
    used = "If(['CreateAlertTopic', 'Ref(AlertTopic)', 'Ref(AlertTopicArn)'])"
    assert plain(found.properties("ExecutionsFailedAlarm")["AlarmActions"]) == [used]
    assert plain(found.template.outputs["AlertTopicArn"]["Value"]) == used


def test_the_topic_is_encrypted_with_a_key_whose_policy_one_can_change() -> None:
    found = made("[alarms]\n")
    assert plain(found.properties("AlertTopic")) == {
        "DisplayName": "Sub(${PipelineName}-train-${TargetEnv})",
        "KmsMasterKeyId": "If(['CreateAlertTopicKey', 'Ref(AlertTopicKey)', 'Ref(AlertTopicKeyArn)'])",
    }
    assert found.properties("AlertTopicKey")["EnableKeyRotation"] is True


def test_alarms_of_this_account_and_events_may_use_key_and_topic() -> None:
    found = made("[alarms]\n")
    account, *services = plain(found.properties("AlertTopicKey")["KeyPolicy"]["Statement"])
    assert account["Principal"] == {"AWS": "Sub(arn:${AWS::Partition}:iam::${AWS::AccountId}:root)"}
    for statements, actions, resource in (
        (services, ["kms:Decrypt", "kms:GenerateDataKey*"], "*"),
        (
            plain(found.properties("AlertTopicPolicy")["PolicyDocument"]["Statement"]),
            "sns:Publish",
            "Ref(AlertTopic)",
        ),
    ):
        shared = {"Effect": "Allow", "Action": actions, "Resource": resource}
        alarms = {"Sid": "Alarms", "Principal": {"Service": "cloudwatch.amazonaws.com"}, **shared}
        # AWS supports no condition for EventBridge in either policy: it would refuse all that is published.
        events = {"Sid": "Events", "Principal": {"Service": "events.amazonaws.com"}, **shared}
        assert statements == [{**alarms, "Condition": ACCOUNT}, events]


def test_each_address_is_a_parameter_that_a_deployment_may_empty() -> None:
    found = made(ADDRESSED.replace('OwnerEmail = ""\n', ""))
    parameter = found.template.parameters["OpsEmail"]
    assert (parameter["Type"], parameter["Default"]) == ("String", "ops@example.com")
    assert re.fullmatch(parameter["AllowedPattern"], "")
    assert (
        plain(found.template.conditions["SubscribeToOpsEmail"]) == "Not([\"Equals(['Ref(OpsEmail)', ''])\"])"
    )
    assert plain(found.template.resources["OpsEmailSubscription"]) == {
        "Type": "AWS::SNS::Subscription",
        "Condition": "SubscribeToOpsEmail",
        "Properties": {
            "Protocol": "email",
            "TopicArn": "If(['CreateAlertTopic', 'Ref(AlertTopic)', 'Ref(AlertTopicArn)'])",
            "Endpoint": "Ref(OpsEmail)",
        },
    }


def test_an_address_may_be_left_to_the_deployment() -> None:
    assert findings(ADDRESSED) == []
    assert made(ADDRESSED).template.parameters["OwnerEmail"]["Default"] == ""


@pytest.mark.parametrize("address", ["ops", "ops@", "a b@c.de", "a@b@c.de", "\\u00e9@example.com"])
def test_what_is_no_address_is_refused_at_its_line(address: str) -> None:
    shown = address.encode().decode("unicode_escape") if "\\" in address else address
    message = f"'topic.emails.OpsEmail' is '{shown}', not an e-mail address | write \"name@example.com\""
    assert findings(f'[topic]\nemails.OpsEmail = "{address}"\n') == [f"SFN644 sfn-cfn.toml:2: {message}"]


@pytest.mark.parametrize("name", ["PipelineName", "AlertTopicArn", "DataBucket", "Owner"])
def test_an_address_with_the_name_of_another_parameter_is_refused_at_its_line(name: str) -> None:
    toml = f'[topic]\nemails.{name} = "a@example.com"\n[parameters.Owner]\ndefault = "me"\n'
    message = f"'topic.emails.{name}' has the name of another parameter of the template"
    assert findings(toml) == [f'SFN677 sfn-cfn.toml:2: {message} | write "{name}Email"']


def test_a_name_that_is_too_long_for_its_subscription_is_refused() -> None:
    toml = '[topic.emails]\n{} = "ops@example.com"\n'
    message = "'topic.emails' has a name of 244 characters, 243 are allowed"
    assert findings(toml.format("E" * 244)) == [f"SFN677 sfn-cfn.toml:2: {message} | write a shorter one"]
    assert findings(toml.format("E" * 243)) == []


@pytest.mark.parametrize("pattern", [topic.TOPIC_PATTERN, topic.KEY_PATTERN])
def test_the_parameters_take_nothing_but_arns(pattern: str) -> None:
    assert re.fullmatch(pattern, "")
    assert not re.fullmatch(pattern, "alias/aws/sns")
    assert re.fullmatch(topic.TOPIC_PATTERN, "arn:aws-us-gov:sns:us-gov-west-1:111122223333:alerts")
    assert re.fullmatch(topic.KEY_PATTERN, "arn:aws:kms:eu-west-1:111122223333:key/1-2")
