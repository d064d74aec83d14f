"""Whole runs of the commands against a local AWS."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from project import ACCOUNT, ASSETS, Project, Workflow

from sfn_cfn.cli import main
from sfn_cfn.cli.console import Services
from sfn_cfn.deploy import aws
from sfn_cfn.deploy.upload import objects
from sfn_cfn.report import SFN290

STACK = "fraud-train-prod"
DEPLOY = ("deploy", "--env", "prod", "--yes")

# moto knows no bucket policies, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")


def asset_bucket(cloud: aws.Cloud) -> str:
    (stack,) = cloud.client("cloudformation").describe_stacks(StackName="sfn-cfn-assets")["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}["AssetBucket"]


def stacks(cloud: aws.Cloud) -> dict[str, str]:
    listed = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return {one["StackName"]: one["StackStatus"] for one in listed if one["StackName"] != "sfn-cfn-assets"}


def machine(cloud: aws.Cloud, stack: str = STACK) -> dict[str, Any]:
    rows = cloud.client("cloudformation").list_stack_resources(StackName=stack)["StackResourceSummaries"]
    (arn,) = [
        one["PhysicalResourceId"] for one in rows if one["ResourceType"] == "AWS::StepFunctions::StateMachine"
    ]
    return cloud.client("stepfunctions").describe_state_machine(stateMachineArn=arn)


def body(cloud: aws.Cloud, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def without_events(err: str) -> list[str]:
    return [line for line in err.splitlines() if not re.match(r"\d\d:\d\d:\d\d  ", line)]


def test_what_the_deployed_definition_names_is_in_the_bucket_with_its_hash(
    project: Project, cloud: aws.Cloud
) -> None:
    code, out, err = project.run(*DEPLOY)
    bucket = asset_bucket(cloud)
    assert (code, out) == (0, "")
    assert without_events(err) == [
        f"making the asset bucket of account {ACCOUNT} in eu-west-1 (stack 'sfn-cfn-assets')",
        f"3 objects sent to {bucket}, 0 objects there already",
        f"stack '{STACK}': first creation",
        "  + AWS::IAM::Role WorkflowExecutionRole",
        "  + AWS::StepFunctions::StateMachine StateMachineComponent",
        "roles",
        "  ! role 'WorkflowExecutionRole' is new, and may call 'sagemaker:CreateTrainingJob'",
        f"stack '{STACK}' is deployed: CREATE_COMPLETE",
    ]
    names = json.loads(machine(cloud)["definition"])["States"]["Prepare"]["Result"]["Code"]
    assert len(names) == len(ASSETS)
    for name, asset in zip(names, ASSETS, strict=True):
        for file in asset.files:
            found = body(cloud, f"{name}/{file.path}" if file.path else name)
            assert hashlib.sha256(found).hexdigest() == file.sha256


def test_a_second_deployment_changes_and_uploads_nothing(project: Project, cloud: aws.Cloud) -> None:
    project.run(*DEPLOY)
    before = cloud.client("cloudformation").list_change_sets(StackName=STACK)["Summaries"]
    code, _, err = project.run(*DEPLOY)
    bucket = asset_bucket(cloud)
    assert (code, err.splitlines()) == (
        0,
        [
            f"0 objects sent to {bucket}, 3 objects there already",
            f"stack '{STACK}': nothing changes",
            "nothing to deploy",
        ],
    )
    assert cloud.client("cloudformation").list_change_sets(StackName=STACK)["Summaries"] == before
    assert stacks(cloud) == {STACK: "CREATE_COMPLETE"}


def test_an_update_is_told_in_words(project: Project, cloud: aws.Cloud) -> None:
    project.run(*DEPLOY)
    project.parameters = {"Seconds": "9"}
    wait = {"Type": "Wait", "Seconds": 1, "End": True}
    project.workflows = [Workflow(states={"Wait": wait}, action="sagemaker:*", comment="new")]
    code, _, err = project.run(*DEPLOY)
    assert code == 0
    assert without_events(err)[1:] == [
        f"stack '{STACK}': update",
        "  ~ AWS::IAM::Role WorkflowExecutionRole",
        "  ~ AWS::StepFunctions::StateMachine StateMachineComponent",
        "parameters",
        "  ~ Seconds: '5' -> '9'",
        "roles",
        "  ! role 'WorkflowExecutionRole' may now call 'sagemaker:*' on '*'",
        "definition",
        '  ~ the definition itself (Comment: "" -> "new")',
        '  ~ States/Wait (Seconds: "${Seconds}" -> 1)',
        f"stack '{STACK}' is deployed: UPDATE_COMPLETE",
    ]


def test_who_says_no_leaves_nothing_behind(project: Project, cloud: aws.Cloud) -> None:
    project.answers = ["n"]
    code, _, err = project.run("deploy", "--env", "prod")
    assert (code, project.asked) == (1, [f"Deploy stack '{STACK}'? [y/N] "])
    assert err.splitlines()[-1] == "nothing is deployed"
    assert stacks(cloud) == {}


def test_who_says_yes_deploys(project: Project, cloud: aws.Cloud) -> None:
    project.answers = ["y"]
    assert project.run("deploy", "--env", "prod")[0] == 0
    assert stacks(cloud) == {STACK: "CREATE_COMPLETE"}


def test_an_interrupt_at_the_question_leaves_nothing_behind(project: Project, cloud: aws.Cloud) -> None:
    def interrupted(_: str) -> str:
        raise KeyboardInterrupt

    project.answer = interrupted  # type: ignore[method-assign]
    assert project.run("deploy", "--env", "prod")[0] == 130
    assert stacks(cloud) == {}


def test_a_change_set_that_is_not_executed_waits_and_the_next_run_takes_the_stack_up(
    project: Project, cloud: aws.Cloud
) -> None:
    code, out, err = project.run("deploy", "--env", "prod", "--no-execute")
    assert (code, project.asked) == (0, [])
    assert re.fullmatch(rf"{STACK} sfn-cfn-[0-9a-f]{{32}}\n", out)
    assert err.splitlines()[-1] == "1 change set made and not executed"
    assert stacks(cloud) == {STACK: "REVIEW_IN_PROGRESS"}


def renamed(project: Project) -> None:
    project.run(*DEPLOY)
    project.workflows = [Workflow(machine="other")]


REPLACED = "its name 'fraud-train-prod' becomes 'fraud-other-prod'"


def test_a_replacement_of_the_machine_needs_a_yes_of_its_own(project: Project, cloud: aws.Cloud) -> None:
    renamed(project)
    code, _, err = project.run(*DEPLOY)
    assert code == 1
    assert [
        f"  ! the state machine is REPLACED: {REPLACED}",
        "    its running executions end, its versions and aliases go",
    ] == err.splitlines()[2:4]
    assert err.splitlines()[-2:] == [
        f"error[SFN814]: the state machine of stack '{STACK}' would be replaced: {REPLACED}",
        "  hint: give --allow-replacement if its running executions may end",
    ]
    assert machine(cloud)["name"] == "fraud-train-prod"


def test_a_replacement_is_agreed_to_by_the_stack_s_name(project: Project, cloud: aws.Cloud) -> None:
    renamed(project)
    project.answers = ["y"]
    assert project.run("deploy", "--env", "prod")[0] == 1
    project.answers = [STACK, "y"]
    assert project.run("deploy", "--env", "prod")[0] == 0
    question = f"The state machine is replaced. Type the stack's name '{STACK}' to agree: "
    assert project.asked == [question, question, f"Deploy stack '{STACK}'? [y/N] "]
    assert machine(cloud)["name"] == "fraud-other-prod"


def test_a_replacement_is_agreed_to_by_its_option(project: Project, cloud: aws.Cloud) -> None:
    renamed(project)
    assert project.run(*DEPLOY, "--allow-replacement")[0] == 0
    assert machine(cloud)["name"] == "fraud-other-prod"


def test_a_large_template_goes_through_the_asset_bucket(project: Project, cloud: aws.Cloud) -> None:
    project.workflows = [Workflow(assets=(), comment="x" * 60_000)]
    assert project.run(*DEPLOY)[0] == 0
    assert len(json.loads(machine(cloud)["definition"])["Comment"]) == 60_000
    (one,) = cloud.client("s3").list_objects_v2(Bucket=asset_bucket(cloud))["Contents"]
    assert re.fullmatch(r"sfn-cfn/templates/[0-9a-f]{64}/train\.yaml", one["Key"])


def test_without_assets_no_bucket_is_made(project: Project, cloud: aws.Cloud) -> None:
    project.workflows = [Workflow(assets=())]
    assert project.run(*DEPLOY)[0] == 0
    assert cloud.client("s3").list_buckets()["Buckets"] == []


def test_several_stacks_are_deployed_together(project: Project, cloud: aws.Cloud) -> None:
    (project.root / "workflows/score.py").write_text("# score\n")
    project.workflows = [Workflow("score", "score"), Workflow()]
    code, _, err = project.run(*DEPLOY)
    assert code == 0
    assert stacks(cloud) == {"fraud-score-prod": "CREATE_COMPLETE", STACK: "CREATE_COMPLETE"}
    assert err.splitlines()[-2:] == [
        "stack 'fraud-score-prod' is deployed: CREATE_COMPLETE",
        f"stack '{STACK}' is deployed: CREATE_COMPLETE",
    ]


def test_one_of_several_is_deployed_by_its_name(project: Project, cloud: aws.Cloud) -> None:
    (project.root / "workflows/score.py").write_text("# score\n")
    project.workflows = [Workflow("score", "score"), Workflow()]
    assert project.run(*DEPLOY, "score")[0] == 0
    assert stacks(cloud) == {"fraud-score-prod": "CREATE_COMPLETE"}


def test_tags_parameters_and_the_settings_names_reach_the_stack(project: Project, cloud: aws.Cloud) -> None:
    settings = project.root / "sfn-cfn.toml"
    settings.write_text(settings.read_text() + 'stacks = { train = "own-name" }\n')
    code, _, _ = project.run(*DEPLOY, "--tags", "Cost=7", "--parameter", "Seconds=3")
    assert code == 0
    (stack,) = cloud.client("cloudformation").describe_stacks(StackName="own-name")["Stacks"]
    assert {one["Key"]: one["Value"] for one in stack["Tags"]} == {"Team": "risk", "Cost": "7"}
    assert json.loads(machine(cloud, "own-name")["definition"])["States"]["Wait"]["Seconds"] == 3


def test_a_value_that_nobody_gives_again_is_kept(project: Project, cloud: aws.Cloud) -> None:
    project.run(*DEPLOY, "--parameter", "Seconds=3")
    project.workflows = [Workflow(comment="new")]
    _, _, err = project.run(*DEPLOY)
    assert "    Seconds keeps '3'; its default is '5'" in err.splitlines()
    assert json.loads(machine(cloud)["definition"])["States"]["Wait"]["Seconds"] == 3


def test_a_given_asset_bucket_is_taken(project: Project, cloud: aws.Cloud) -> None:
    place = {"LocationConstraint": "eu-west-1"}
    cloud.client("s3").create_bucket(Bucket="given-bucket", CreateBucketConfiguration=place)
    settings = project.root / "sfn-cfn.toml"
    settings.write_text(settings.read_text() + 'parameters = { AssetBucket = "given-bucket" }\n')
    assert project.run(*DEPLOY)[0] == 0
    listed = cloud.client("s3").list_objects_v2(Bucket="given-bucket")["Contents"]
    assert [one["Key"] for one in listed] == [one.key for one in objects(ASSETS)]
    assert [one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]] == ["given-bucket"]


def test_the_command_line_says_where_code_goes(project: Project, cloud: aws.Cloud) -> None:
    place = {"LocationConstraint": "eu-west-1"}
    cloud.client("s3").create_bucket(Bucket="given-bucket", CreateBucketConfiguration=place)
    given = ("--parameter", "AssetBucket=given-bucket", "--parameter", "AssetPrefix=own")
    assert project.run(*DEPLOY, *given)[0] == 0
    uri = json.loads(machine(cloud)["definition"])["States"]["Prepare"]["Result"]["Code"][0]
    assert uri.startswith("s3://given-bucket/own/")
    assert hashlib.sha256(body(cloud, uri)).hexdigest() == ASSETS[0].sha256


def test_where_nobody_answers_nothing_is_left(
    project: Project, cloud: aws.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    services = replace(project.services, answer=Services().answer)
    assert main(["deploy", "--env", "prod"], services) == 2
    assert stacks(cloud) == {}


@pytest.mark.parametrize("option", ["--parameter", "--tags"])
def test_a_pair_without_an_equals_sign_is_refused(project: Project, option: str) -> None:
    code, _, err = project.run(*DEPLOY, option, "Seconds")
    assert (code, err.splitlines()[-1]) == (
        2,
        f"Error: Invalid value for '{option}': 'Seconds' is not Key=Value.",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--env", "prd"), "there is no environment 'prd'; did you mean 'prod'?"),
        (("--env", "prod", "trian"), "there is no workflow 'trian'; there are train."),
        (("--env", "prod", "--parameter", "X=1"), "no template has the parameter 'X'."),
    ],
)
def test_a_name_that_is_not_there_is_refused(
    project: Project, cloud: aws.Cloud, arguments: tuple[str, ...], message: str
) -> None:
    code, _, err = project.run("deploy", *arguments)
    assert (code, err.splitlines()[-1]) == (2, f"Error: {message}")
    assert stacks(cloud) == {}


def test_a_named_source_that_fails_is_told_by_its_finding(project: Project, cloud: aws.Cloud) -> None:
    (project.root / "workflows/score.py").write_text("# score\n")
    plain = project.build

    def build(settings: Any, sources: Any, **options: Any) -> Any:
        report = plain(settings, sources, **options)
        fails = any(one.path.stem == "score" for one in sources)
        died = (SFN290.at(None, "the process died", "build again"),)
        return dataclasses.replace(report, diagnostics=died if fails else ())

    project.build = build  # type: ignore[method-assign]
    code, _, err = project.run(*DEPLOY, "score")
    assert (code, err.splitlines()[0]) == (1, "error[SFN290]: the process died")
    assert "there is no workflow" not in err
    assert stacks(cloud) == {}


def test_a_finding_of_the_build_ends_it_before_anything_happens(project: Project, cloud: aws.Cloud) -> None:
    project.diagnostics = (SFN290.at(None, "the process died", "build again"),)
    code, _, err = project.run(*DEPLOY)
    assert (code, err.splitlines()[0]) == (1, "error[SFN290]: the process died")
    assert cloud.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize(
    ("name", "region", "finding"),
    [
        (
            "absent-bucket",
            "",
            "error[SFN822]: the asset bucket 'absent-bucket' does not exist",
        ),
        (
            "far-bucket",
            "us-west-2",
            "error[SFN823]: the asset bucket 'far-bucket' is in us-west-2, the environment in eu-west-1",
        ),
    ],
)
def test_an_asset_bucket_that_cannot_be_used_is_refused(
    project: Project, cloud: aws.Cloud, name: str, region: str, finding: str
) -> None:
    if region:
        place = {"LocationConstraint": region}
        aws.connect(aws.Target("x", region)).client("s3").create_bucket(
            Bucket=name, CreateBucketConfiguration=place
        )
    settings = project.root / "sfn-cfn.toml"
    settings.write_text(settings.read_text() + f'parameters = {{ AssetBucket = "{name}" }}\n')
    code, _, err = project.run(*DEPLOY)
    assert (code, err.splitlines()[0]) == (2, finding)
    assert stacks(cloud) == {}


def test_another_account_is_refused_before_anything_happens(project: Project, cloud: aws.Cloud) -> None:
    settings = project.root / "sfn-cfn.toml"
    settings.write_text(settings.read_text() + 'account = "210987654321"\n')
    code, _, err = project.run(*DEPLOY)
    message = f"environment 'prod' is in account 210987654321, the credentials are of {ACCOUNT}"
    assert (code, err.splitlines()[0]) == (2, f"error[SFN803]: {message}")
    assert cloud.client("s3").list_buckets()["Buckets"] == []


def test_a_body_that_is_damaged_is_not_uploaded(project: Project, cloud: aws.Cloud) -> None:
    (one,) = ASSETS[0].files
    (project.root / ".sfn-cfn/assets" / one.sha256).write_bytes(b"half")
    code, _, err = project.run(*DEPLOY)
    key = f"sfn-cfn/{one.sha256}/sourcedir.tar.gz"
    assert code == 2
    assert f"error[SFN820]: the body of asset '{key}' is not what its name '{one.sha256}' says" in err
    assert "Contents" not in cloud.client("s3").list_objects_v2(Bucket=asset_bucket(cloud))


def test_an_object_that_is_not_what_its_key_says_is_sent_again(project: Project, cloud: aws.Cloud) -> None:
    project.run(*DEPLOY)
    one, *_ = objects(ASSETS)
    cloud.client("s3").put_object(Bucket=asset_bucket(cloud), Key=one.key, Body=b"x" * one.size)
    _, _, err = project.run(*DEPLOY)
    assert err.splitlines()[0].startswith("1 object sent to ")
    found = body(cloud, f"s3://{asset_bucket(cloud)}/{one.key}")
    assert hashlib.sha256(found).hexdigest() == one.sha256


def test_status_and_outputs_are_those_of_the_stacks(project: Project, cloud: aws.Cloud) -> None:
    project.run(*DEPLOY)
    code, out, _ = project.run("status", "--env", "prod", "train", "score")
    assert code == 0
    assert [line.split()[:3] for line in out.splitlines()] == [
        ["workflow", "stack", "status"],
        ["train", STACK, "CREATE_COMPLETE"],
        ["score", "fraud-score-prod", "not"],
    ]
    assert project.run("outputs", "--env", "prod", "train")[0] == 0
    code, _, err = project.run("outputs", "--env", "prod", "score")
    message = f"there is no stack 'fraud-score-prod' in account {ACCOUNT}, region eu-west-1"
    assert (code, err.splitlines()[0]) == (2, f"error[SFN830]: {message}")


DATA = {"WorkflowDataBucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "RetainExceptOnCreate"}}


def with_data(project: Project, cloud: aws.Cloud) -> str:
    project.workflows = [Workflow(resources=DATA)]
    assert project.run(*DEPLOY)[0] == 0
    rows = cloud.client("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    (bucket,) = [one["PhysicalResourceId"] for one in rows if one["ResourceType"] == "AWS::S3::Bucket"]
    cloud.client("s3").put_object(Bucket=bucket, Key="model", Body=b"1")
    return bucket


def test_destroy_asks_for_the_name(project: Project, cloud: aws.Cloud) -> None:
    project.run(*DEPLOY)
    project.answers = ["yes"]
    code, _, err = project.run("destroy", "--env", "prod", "train")
    assert (code, project.asked) == (1, [f"Type the stack's name '{STACK}' to delete it: "])
    assert err.splitlines() == [f"stack '{STACK}' stays"]
    project.answers = [STACK]
    assert project.run("destroy", "--env", "prod", "train")[0] == 0
    assert stacks(cloud) == {}


def test_destroy_keeps_the_data_and_says_how_to_take_it_over(project: Project, cloud: aws.Cloud) -> None:
    bucket = with_data(project, cloud)
    code, _, err = project.run("destroy", "--env", "prod", "train", "--yes")
    assert code == 0
    assert without_events(err) == [
        f"stack '{STACK}' is deleted",
        f"warning[SFN832]: bucket '{bucket}' of stack '{STACK}' is kept",
        f'  hint: a later deployment takes it by DataBucket = "{bucket}" in [environments.prod.parameters]',
    ]


def test_destroy_deletes_data_that_it_is_told_to(project: Project, cloud: aws.Cloud) -> None:
    bucket = with_data(project, cloud)
    code, _, err = project.run("destroy", "--env", "prod", "train", "--yes", "--delete-data")
    assert (code, err.splitlines()[-1]) == (
        0,
        f"bucket '{bucket}' is deleted, and 1 versions of objects in it",
    )
    assert bucket not in [one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]]


def test_destroy_tells_of_the_table_of_pipelines_that_is_kept(project: Project, cloud: aws.Cloud) -> None:
    key = {"AttributeName": "pipeline", "AttributeType": "S"}
    properties = {
        "AttributeDefinitions": [key],
        "KeySchema": [{"AttributeName": "pipeline", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    table = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "Properties": properties}
    project.workflows = [Workflow(resources={"PipelineTable": table})]
    assert project.run(*DEPLOY)[0] == 0
    (name,) = cloud.client("dynamodb").list_tables()["TableNames"]
    code, _, err = project.run("destroy", "--env", "prod", "train", "--yes")
    assert code == 0
    assert without_events(err)[1:] == [
        f"warning[SFN837]: table '{name}' of stack '{STACK}' is kept",
        f'  hint: a later deployment takes it by PipelineTableName = "{name}" in [environments.prod.parameters]',
    ]


def test_a_stack_that_is_not_there_is_nothing_to_destroy(project: Project) -> None:
    code, _, err = project.run("destroy", "--env", "prod", "train")
    assert (code, err.splitlines()) == (0, [f"there is no stack '{STACK}'"])
