"""Buckets that start a workflow: what S3 says of them before anything is deployed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from applications import Application
from botocore.exceptions import ClientError
from project import ACCOUNT, REGION, Project, Workflow
from stubs import ABSENT, ARN, NOW, STACK, Refusal, answering

from sfn_cfn import settings
from sfn_cfn.deploy import aws, trigger_buckets
from sfn_cfn.deploy.package import Package
from sfn_cfn.deploy.proposal import Options
from sfn_cfn.deploy.resolved import by_workflow
from sfn_cfn.deploy.standing import Standing, parameters
from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import OutputFile
from sfn_cfn.operations.triggers import SFN639
from sfn_cfn.settings import WorkflowSettings

TRIGGER = '[workflows.train.triggers.new-data]\nkind = "s3"\n'
GIVEN = TRIGGER + 'bucket = "lake"\n'
ASK = "get_bucket_notification_configuration"
HERE = ("head_bucket", {"BucketRegion": REGION})
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
    return tuple(
        trigger_buckets.waiting(
            chosen, tuple(by_workflow(cloud, package, standing or Standing(STACK), options))
        )
    )


def buckets(*given: Any, **more: Any) -> list[str]:
    return [one.bucket for one in wanted(*given, **more)]


def said(tmp_path: Path, toml: str, *answers: tuple[str, Any]) -> list[str]:
    """Severity, code, message, hint and line of each finding."""
    with answering(s3=answers) as cloud:
        found = list(trigger_buckets.check(cloud, wanted(tmp_path, toml)))
    return [f"{one.severity.value}[{one.code}] {one.message} | {one.hint} | {one.location}" for one in found]


def test_a_bucket_that_sends_its_events_is_left_alone(tmp_path: Path) -> None:
    assert said(tmp_path, GIVEN, HERE, ON) == []


def test_one_that_does_not_is_an_error_with_the_command_that_switches_it_on(tmp_path: Path) -> None:
    assert said(tmp_path, GIVEN, HERE, (ASK, {})) == [SILENT.format("lake", SWITCH, 3)]


def test_the_command_keeps_the_notifications_that_the_bucket_has(tmp_path: Path) -> None:
    queue = {"Id": "q", "QueueArn": "arn:aws:sqs:eu-west-1:1:it's", "Events": ["s3:ObjectCreated:*"]}
    (found,) = said(tmp_path, GIVEN, HERE, (ASK, {"QueueConfigurations": [queue]}))
    text = (
        '{"QueueConfigurations": [{"Id": "q", "QueueArn": "arn:aws:sqs:eu-west-1:1:it\'"\'"\'s", '
        '"Events": ["s3:ObjectCreated:*"]}], "EventBridgeConfiguration": {}}'
    )
    assert found == SILENT.format("lake", text, 3)


def test_a_bucket_is_asked_for_once(tmp_path: Path) -> None:
    other = GIVEN + '[workflows.train.triggers.more]\nkind = "s3"\nbucket = "${Lake}"\n'
    assert len(said(tmp_path, other, HERE, (ASK, {}))) == 2


def test_a_bucket_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert said(tmp_path, GIVEN, HERE, (ASK, Refusal("NoSuchBucket", status=404))) == [
        (
            "error[SFN817] bucket 'lake', whose new objects trigger 'new-data' of workflow 'train' waits for, is not "
            "there | create it, or correct its name | sfn-cfn.toml:3"
        )
    ]


def test_a_bucket_that_may_not_be_looked_at_is_a_warning(tmp_path: Path) -> None:
    assert said(tmp_path, GIVEN, HERE, (ASK, Refusal("AccessDenied", "Access Denied", 403))) == [
        (
            "warning[SFN818] it is not known whether bucket 'lake', whose new objects trigger 'new-data' of workflow "
            "'train' waits for, sends events to EventBridge: Access Denied | "
            "ask for s3:GetBucketNotification, or see that it does | sfn-cfn.toml:3"
        )
    ]


ELSEWHERE = (
    "error[SFN819] bucket 'lake', whose new objects trigger 'new-data' of workflow 'train' waits for, is in us-west-2, "
    "and the stack in eu-west-1 | name a bucket in eu-west-1, or deploy to us-west-2; where a rule there sends the "
    "events on, write the trigger as kind = 'event' | sfn-cfn.toml:3"
)


def test_a_bucket_of_another_region_is_an_error(tmp_path: Path) -> None:
    assert said(tmp_path, GIVEN, ("head_bucket", {"BucketRegion": "us-west-2"})) == [ELSEWHERE]


@pytest.mark.parametrize(("code", "status"), [("403", 403), ("301", 301)])
def test_a_bucket_that_may_not_be_looked_at_tells_its_region_all_the_same(
    tmp_path: Path, code: str, status: int
) -> None:
    refusal = Refusal(code, status=status, headers={"x-amz-bucket-region": "us-west-2"})
    assert said(tmp_path, GIVEN, ("head_bucket", refusal)) == [ELSEWHERE]


def test_a_bucket_whose_region_nobody_says_is_asked_for_its_notifications(tmp_path: Path) -> None:
    assert said(tmp_path, GIVEN, ("head_bucket", Refusal("403", status=403)), ON) == []
    assert (
        len(
            said(tmp_path, GIVEN, ("head_bucket", Refusal("404", status=404)), (ASK, Refusal("NoSuchBucket")))
        )
        == 1
    )


def test_any_other_refusal_is_raised(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="SlowDown"):
        said(tmp_path, GIVEN, ("head_bucket", Refusal("SlowDown")))
    with pytest.raises(ClientError, match="SlowDown"):
        said(tmp_path, GIVEN, HERE, (ASK, Refusal("SlowDown")))


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


@pytest.mark.parametrize(
    ("given", "expected"), [({"DataBucket": "mine"}, ["mine"]), ({}, [])], ids=["given", "made by the stack"]
)
def test_the_bucket_for_the_data_may_be_named_as_the_template_names_it(
    tmp_path: Path, given: dict[str, str], expected: list[str]
) -> None:
    assert buckets(tmp_path, TRIGGER + 'bucket = "${DataBucketName}"\n', **given) == expected


def test_a_trigger_that_is_off_waits_for_nothing(tmp_path: Path) -> None:
    assert buckets(tmp_path, GIVEN, NewDataTriggerState="DISABLED") == []


def test_triggers_of_other_kinds_have_no_bucket(tmp_path: Path) -> None:
    toml = '[workflows.train.triggers.after]\nkind = "workflow"\nworkflow = "prepare"\n'
    assert buckets(tmp_path, toml) == []


PARENT = """
Parameters:
  Lake: {Type: String, Default: lake}
  DataBucket: {Type: String, Default: ''}
  TrainSuffix: {Type: String, Default: a}
Conditions:
  CreateDataBucket: !Equals [!Ref DataBucket, '']
  HasDataBucket: !Not [!Equals [!Ref DataBucket, '']]
Resources:
  WorkflowDataBucket: {Type: AWS::S3::Bucket}
  TrainStack:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: train.yaml
      Parameters:
        Lake: !Sub "${Lake}-${TrainSuffix}"
        DataBucket: !If [CreateDataBucket, !Ref WorkflowDataBucket, !Ref DataBucket]
        Other: !If [HasDataBucket, !Ref DataBucket, none]
        Late: !GetAtt WorkflowDataBucket.Arn
"""
TRAIN = """
Parameters:
  Lake: {Type: String, Default: lake}
  DataBucket: {Type: String, Default: ''}
  Other: {Type: String, Default: ''}
  Late: {Type: String, Default: late}
  Fixed: {Type: String, Default: fixed}
Resources: {}
"""
APPLICATION = Package(
    "application",
    "fraud-application-prod",
    OutputFile("application.yaml", PARENT),
    {},
    children=(OutputFile("train.yaml", TRAIN),),
)


@pytest.mark.parametrize(
    ("written", "given", "bucket"),
    [
        ("${Lake}", {}, ["lake-a"]),
        ("${Lake}", {"Lake": "sea", "TrainSuffix": "b"}, ["sea-b"]),
        ("${Fixed}-${AWS::AccountId}", {}, [f"fixed-{ACCOUNT}"]),
        ("${Other}", {}, ["none"]),
        ("${Other}", {"DataBucket": "mine"}, ["mine"]),
        ("${Late}", {}, []),
    ],
)
def test_a_workflow_of_an_application_waits_for_what_its_nested_stack_is_given(
    tmp_path: Path, written: str, given: dict[str, str], bucket: list[str]
) -> None:
    assert buckets(tmp_path, f'{TRIGGER}bucket = "{written}"\n', APPLICATION, **given) == bucket


def test_the_data_bucket_of_an_application_is_looked_at_where_the_parent_does_not_make_it(
    tmp_path: Path,
) -> None:
    assert buckets(tmp_path, TRIGGER, APPLICATION) == []
    (found,) = wanted(tmp_path, TRIGGER, APPLICATION, DataBucket="mine")
    assert (found.workflow, found.trigger, found.bucket) == ("train", "new-data", "mine")


def test_what_the_parent_s_stack_has_is_kept(tmp_path: Path) -> None:
    stands = Standing(APPLICATION.stack, "CREATE_COMPLETE", parameters={"Lake": "old"})
    assert buckets(tmp_path, TRIGGER + 'bucket = "${Lake}"\n', APPLICATION, stands) == ["old-a"]


def test_an_application_in_json_is_read_too(tmp_path: Path) -> None:
    template = {
        "Parameters": {"Lake": {"Type": "String", "Default": "lake"}},
        "Resources": {
            "TrainStack": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": "train.yaml", "Parameters": {"Lake": {"Ref": "Lake"}}},
            }
        },
    }
    one = replace(APPLICATION, template=OutputFile("application.json", json.dumps(template)))
    assert buckets(tmp_path, TRIGGER + 'bucket = "${Lake}"\n', one, Lake="sea") == ["sea"]


def test_an_application_is_not_deployed_over_a_silent_bucket(app: Application, cloud: aws.Cloud) -> None:
    with (app.root / "sfn-cfn.toml").open("a") as file:
        file.write(GIVEN)
    place = {"LocationConstraint": REGION}
    cloud.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration=place)
    code, out, err = app.run("deploy", "--env", "prod", "--yes")
    assert (code, out) == (1, "")
    assert (
        "error[SFN817]: bucket 'lake', whose new objects trigger 'new-data' of workflow 'train' waits for"
        in err
    )
    assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []


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
    with answering(s3=[HERE, ON]) as asked:  # moto 5.2 tells nothing of EventBridge in its answer
        project.connect = lambda _: replace(
            cloud, client=lambda service: (asked if service == "s3" else cloud).client(service)
        )
        code, _, err = project.run("deploy", "--env", "prod", "--yes")
    assert (code, "SFN81" in err) == (0, False)


def test_check_asks_for_the_buckets_of_an_environment(project: Project, cloud: aws.Cloud) -> None:
    with (project.root / "sfn-cfn.toml").open("a") as file:
        file.write(GIVEN)
    project.diagnostics = (
        SFN639.at(SourceLocation("sfn-cfn.toml", 9), "trigger 'new-data' needs bucket 'lake'"),
    )
    code, _, err = project.run("check")
    assert (code, "info[SFN639]" in err, "SFN817" in err) == (0, True, False)
    code, _, err = project.run("check", "--env", "prod")
    assert (code, "SFN639" in err) == (1, False)
    assert (
        "error[SFN817]: bucket 'lake', whose new objects trigger 'new-data' of workflow 'train' waits for, is not"
        in err
    )
    assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []


def test_check_takes_the_values_that_the_stack_has(project: Project, cloud: aws.Cloud) -> None:
    """A stack that nothing can be deployed to is no matter: nothing is."""
    stack = {
        "StackStatus": "ROLLBACK_COMPLETE",
        "Parameters": [{"ParameterKey": "Lake", "ParameterValue": "old"}],
    }
    row = {"StackName": STACK, "StackId": ARN, "CreationTime": NOW, **stack}
    with answering(cloudformation=[("describe_stacks", {"Stacks": [row]})]) as asked:
        assert parameters(asked, STACK).parameters == {"Lake": "old"}
    with answering(cloudformation=[ABSENT]) as asked:
        assert parameters(asked, STACK) == Standing(STACK)


def test_check_without_an_environment_takes_no_place(project: Project) -> None:
    code, _, err = project.run("check", "--region", "eu-west-1")
    assert code == 2
    assert err.endswith("Error: --profile and --region say how --env is reached; give it too.\n")


def test_a_trigger_that_stands_in_the_source_is_looked_at_too(project: Project, cloud: aws.Cloud) -> None:
    triggers = {"new-data": {"kind": "s3", "bucket": "lake"}}
    plain = project.build

    def build(*arguments: Any, **options: Any) -> Any:
        given = WorkflowSettings(operations={"triggers": triggers})
        return replace(plain(*arguments, **options), configured={"train": given})

    project.build = build  # type: ignore[method-assign]
    for command in (("deploy", "--env", "prod", "--yes"), ("check", "--env", "prod")):
        code, _, err = project.run(*command)
        assert code == 1
        assert (
            "error[SFN817]: bucket 'lake', whose new objects trigger 'new-data' of workflow 'train' waits for"
            in err
        )
    assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []
