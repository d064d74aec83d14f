"""Buckets that start a workflow: what S3 says of them before anything is deployed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from project import ACCOUNT, REGION, Project, Workflow
from stubs import STACK, Refusal, answering

from sfn_cfn import settings
from sfn_cfn.deploy import aws, trigger_buckets
from sfn_cfn.deploy.package import Package
from sfn_cfn.deploy.proposal import Options
from sfn_cfn.deploy.standing import Standing
from sfn_cfn.model import OutputFile

TRIGGER = '[workflows.train.triggers.new-data]\nkind = "s3"\n'
GIVEN = TRIGGER + 'bucket = "lake"\n'
ASK = "get_bucket_notification_configuration"
ON = (ASK, {"EventBridgeConfiguration": {}})
TEMPLATE = """
Parameters:
  Lake: {Type: String, Default: lake}
  DataBucket: {Type: String, Default: ''}
  NewDataTriggerState: {Type: String, Default: ENABLED}
Resources: {}
"""
PACKAGE = Package("train", STACK, OutputFile("train.yaml", TEMPLATE), {})
SILENT = (
    "error[SFN817] bucket '{0}', whose new objects trigger 'new-data' of workflow 'train' waits for, sends no events "
    "to EventBridge | run: aws s3api put-bucket-notification-configuration --region eu-west-1 --bucket {0} "
    "--notification-configuration '{1}' | sfn-cfn.toml:{2}"
)
SWITCH = '{"EventBridgeConfiguration": {}}'


def wanted(
    tmp_path: Path, toml: str, package: Package = PACKAGE, standing: Standing | None = None, **parameters: str
) -> tuple[trigger_buckets.Waiting, ...]:
    """What is to be looked at before this package is deployed."""
    (tmp_path / "sfn-cfn.toml").write_text(toml)
    chosen = settings.read(tmp_path)
    cloud = aws.Cloud("prod", ACCOUNT, REGION, "aws", lambda _: None)
    options = Options(parameters=parameters)
    return tuple(trigger_buckets.waiting(cloud, chosen, package, standing or Standing(STACK), options))


def buckets(*given: Any, **more: Any) -> list[str]:
    return [one.bucket for one in wanted(*given, **more)]


def said(tmp_path: Path, toml: str, *answers: tuple[str, Any]) -> list[str]:
    """Severity, code, message, hint and line of each finding."""
    with answering(s3=answers) as cloud:
        found = list(trigger_buckets.check(cloud, wanted(tmp_path, toml)))
    return [f"{one.severity.value}[{one.code}] {one.message} | {one.hint} | {one.location}" for one in found]


def test_a_bucket_that_sends_its_events_is_left_alone(tmp_path: Path) -> None:
    assert said(tmp_path, GIVEN, ON) == []


def test_one_that_does_not_is_an_error_with_the_command_that_switches_it_on(tmp_path: Path) -> None:
    assert said(tmp_path, GIVEN, (ASK, {})) == [SILENT.format("lake", SWITCH, 3)]


def test_the_command_keeps_the_notifications_that_the_bucket_has(tmp_path: Path) -> None:
    queue = {"Id": "q", "QueueArn": "arn:aws:sqs:eu-west-1:1:it's", "Events": ["s3:ObjectCreated:*"]}
    (found,) = said(tmp_path, GIVEN, (ASK, {"QueueConfigurations": [queue]}))
    text = (
        '{"QueueConfigurations": [{"Id": "q", "QueueArn": "arn:aws:sqs:eu-west-1:1:it\'"\'"\'s", '
        '"Events": ["s3:ObjectCreated:*"]}], "EventBridgeConfiguration": {}}'
    )
    assert found == SILENT.format("lake", text, 3)


def test_a_bucket_is_asked_for_once(tmp_path: Path) -> None:
    other = GIVEN + '[workflows.train.triggers.more]\nkind = "s3"\nbucket = "${Lake}"\n'
    assert len(said(tmp_path, other, (ASK, {}))) == 2


def test_a_bucket_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert said(tmp_path, GIVEN, (ASK, Refusal("NoSuchBucket", status=404))) == [
        (
            "error[SFN817] bucket 'lake', whose new objects trigger 'new-data' of workflow 'train' waits for, is not "
            "there | create it, or correct its name | sfn-cfn.toml:3"
        )
    ]


def test_a_bucket_that_may_not_be_looked_at_is_a_warning(tmp_path: Path) -> None:
    assert said(tmp_path, GIVEN, (ASK, Refusal("AccessDenied", "Access Denied", 403))) == [
        (
            "warning[SFN818] it is not known whether bucket 'lake', whose new objects trigger 'new-data' of workflow "
            "'train' waits for, sends events to EventBridge: Access Denied | "
            "ask for s3:GetBucketNotification, or see that it does | sfn-cfn.toml:3"
        )
    ]


def test_any_other_refusal_is_raised(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="SlowDown"):
        said(tmp_path, GIVEN, (ASK, Refusal("SlowDown")))


def test_a_parameter_is_what_the_stack_will_have(tmp_path: Path) -> None:
    toml = TRIGGER + 'bucket = "${Lake}-${AWS::Region}-${AWS::AccountId}"\n'
    tail = f"-{REGION}-{ACCOUNT}"
    stands = Standing(STACK, "CREATE_COMPLETE", parameters={"Lake": "old"})
    given = replace(PACKAGE, parameters={"Lake": "set"})
    assert buckets(tmp_path, toml) == [f"lake{tail}"]
    assert buckets(tmp_path, toml, standing=stands) == [f"old{tail}"]
    assert buckets(tmp_path, toml, given, stands) == [f"set{tail}"]
    assert buckets(tmp_path, toml, given, stands, Lake="said") == [f"said{tail}"]


def test_a_name_without_its_value_is_left_to_cloudformation(tmp_path: Path) -> None:
    assert buckets(tmp_path, TRIGGER + 'bucket = "${Unknown}"\n') == []


def test_the_data_bucket_is_looked_at_where_the_stack_does_not_make_it(tmp_path: Path) -> None:
    assert buckets(tmp_path, TRIGGER) == []
    assert buckets(tmp_path, TRIGGER, DataBucket="mine") == ["mine"]


def test_a_trigger_that_is_off_waits_for_nothing(tmp_path: Path) -> None:
    assert buckets(tmp_path, GIVEN, NewDataTriggerState="DISABLED") == []


def test_triggers_of_other_kinds_have_no_bucket(tmp_path: Path) -> None:
    toml = '[workflows.train.triggers.after]\nkind = "workflow"\nworkflow = "prepare"\n'
    assert buckets(tmp_path, toml) == []


def test_deploy_asks_before_it_makes_a_change_set(project: Project, cloud: aws.Cloud) -> None:
    with (project.root / "sfn-cfn.toml").open("a") as file:
        file.write(GIVEN)
    project.workflows = [Workflow(assets=())]
    where = {"LocationConstraint": REGION}
    cloud.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration=where)
    code, out, err = project.run("deploy", "--env", "prod", "--yes")
    assert (code, out) == (1, "")
    assert "error[SFN817]: bucket 'lake', whose new objects" in err
    assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []
    with answering(s3=[ON]) as asked:  # moto 5.2 tells nothing of EventBridge in its answer
        project.connect = lambda _: replace(
            cloud, client=lambda service: (asked if service == "s3" else cloud).client(service)
        )
        code, _, err = project.run("deploy", "--env", "prod", "--yes")
    assert (code, "SFN81" in err) == (0, False)
