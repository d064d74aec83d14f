"""The stacks of an application, looked at and taken down."""

from __future__ import annotations

import json

import pytest
from applications import STACK, Application
from project import ACCOUNT, Workflow

from sfn_cfn import settings
from sfn_cfn.deploy import aws, nested

# moto knows no bucket policies, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")

DEPLOY = ("deploy", "--env", "prod", "--yes")


def stacks(cloud: aws.Cloud) -> list[str]:
    listed = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return sorted(
        one["StackName"].partition("Stack-")[0] for one in listed if one["StackName"] != "sfn-cfn-assets"
    )


def rows(out: str) -> list[list[str]]:
    return [line.split() for line in out.splitlines()]


def test_status_is_that_of_the_application_and_of_its_workflows(app: Application) -> None:
    app.write_templates()
    assert app.run(*DEPLOY)[0] == 0
    code, out, _ = app.run("status", "--env", "prod")
    assert code == 0
    header, *found = rows(out)
    assert header[:3] == ["workflow", "stack", "status"]
    assert [(row[0], row[1].partition("Stack-")[0], row[2]) for row in found] == [
        ("application", STACK, "CREATE_COMPLETE"),
        ("score", f"{STACK}-Score", "CREATE_COMPLETE"),
        ("train", f"{STACK}-Train", "CREATE_COMPLETE"),
    ]


def test_status_of_the_application_is_that_of_its_workflows_too(app: Application) -> None:
    app.write_templates()
    assert app.run(*DEPLOY)[0] == 0
    _, out, _ = app.run("status", "application", "--env", "prod")
    assert [row[0] for row in rows(out)[1:]] == ["application", "score", "train"]
    _, out, _ = app.run("status", "train", "--env", "prod")
    assert [row[0] for row in rows(out)[1:]] == ["train"]


def test_status_of_what_is_not_deployed_names_the_stack_that_it_would_have(app: Application) -> None:
    assert rows(app.run("status", "application", "--env", "prod")[1])[1:] == [
        ["application", STACK, "not", "deployed"]
    ]
    code, out, _ = app.run("--format", "json", "status", "application", "train", "--env", "prod")
    assert code == 0
    assert [
        (one["workflow"], one["stack"], one["status"], one["application"]) for one in json.loads(out)
    ] == [
        ("application", STACK, "not deployed", ""),
        ("train", f"{STACK}-TrainStack", "not deployed", STACK),
    ]


def test_a_workflow_that_was_deployed_by_itself_is_shown_with_its_own_stack(app: Application) -> None:
    assert app.run("deploy", "train", "--env", "prod", "--yes")[0] == 0
    _, out, _ = app.run("status", "train", "--env", "prod")
    assert rows(out)[1][:3] == ["train", "fraud-train-prod", "CREATE_COMPLETE"]


def test_outputs_of_a_workflow_are_those_of_its_nested_stack(app: Application) -> None:
    assert app.run(*DEPLOY)[0] == 0
    arn = f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:fraud-train-prod"
    code, out, _ = app.run("outputs", "train", "--env", "prod")
    assert (code, out) == (0, f"StateMachineArn={arn}\n")
    code, out, _ = app.run("outputs", "train", "score", "--env", "prod")
    assert (code, out.splitlines()[0]) == (0, f"train.StateMachineArn={arn}")


def test_a_workflow_of_an_application_is_not_deleted_alone(app: Application, cloud: aws.Cloud) -> None:
    assert app.run(*DEPLOY)[0] == 0
    before = stacks(cloud)
    code, _, err = app.run("destroy", "train", "--env", "prod", "--yes")
    assert (code, err.splitlines()) == (
        1,
        [
            f"error[SFN833]: workflow 'train' is a part of the application's stack '{STACK}'",
            (
                "  hint: write emit = false in [workflows.train] and deploy by 'sfn-cfn deploy --env prod', or delete "
                "the whole by 'sfn-cfn destroy application --env prod'"
            ),
        ],
    )
    assert stacks(cloud) == before


def test_the_application_is_deleted_with_all_its_stacks(app: Application, cloud: aws.Cloud) -> None:
    assert app.run(*DEPLOY)[0] == 0
    assert stacks(cloud) == [STACK, f"{STACK}-Score", f"{STACK}-Train"]
    app.answers = [STACK]
    code, _, err = app.run("destroy", "application", "train", "--env", "prod")
    assert code == 0, err
    assert app.asked == [f"Type the stack's name '{STACK}' to delete it: "]
    notes = [line for line in err.splitlines() if line.endswith(" goes with it")]
    assert [line.partition("Stack-")[0] for line in notes] == [
        f"stack '{STACK}-Score",
        f"stack '{STACK}-Train",
    ]
    assert stacks(cloud) == []


def test_a_bucket_that_a_nested_stack_has_made_is_kept_and_named(app: Application, cloud: aws.Cloud) -> None:
    app.workflows[0].resources = {"Reports": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}}
    assert app.run(*DEPLOY)[0] == 0
    code, _, err = app.run("destroy", "application", "--env", "prod", "--yes")
    assert code == 0
    (bucket,) = (
        one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"] if "reports" in one["Name"]
    )
    assert f"warning[SFN832]: bucket '{bucket}' of stack '{STACK}' is kept" in err


def test_workflows_whose_names_have_the_same_letters_are_told_apart(
    app: Application, cloud: aws.Cloud
) -> None:
    app.workflows = [Workflow("a-b", machine="x"), Workflow("aB", machine="y")]
    for one in app.workflows:
        (app.root / f"workflows/{one.name}.py").write_text("#\n")
    app.write_templates()
    code, _, err = app.run(*DEPLOY)
    assert code == 0, err
    chosen = settings.read(app.root)
    (environment,) = chosen.environments
    machines = {}
    for name in ("a-b", "aB"):
        stack = nested.stack_of(cloud, chosen, environment, name)
        assert nested.places(cloud, chosen, environment, [name])[name].stack == stack
        (found,) = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        (machines[name],) = (one["OutputValue"].rpartition(":")[2] for one in found["Outputs"])
    assert machines == {"a-b": "fraud-x-prod", "aB": "fraud-y-prod"}
