"""An application packaged and deployed: the templates of its workflows in the asset bucket, one stack of stacks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from applications import Application
from project import ASSETS, CODE, Workflow

from sfn_cfn import settings
from sfn_cfn.deploy import aws, nested, start
from sfn_cfn.deploy.package import Package, to_upload, together, with_addresses
from sfn_cfn.model import OutputFile

# moto knows no bucket policies, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")

PARENT = "Resources:\n  TrainStack:\n    Properties:\n      TemplateURL: train.yaml\n"


def packages() -> tuple[Package, ...]:
    parent = Package("application", "fraud", OutputFile("application.yaml", PARENT), {})
    train = Package("train", "t", OutputFile("train.yaml", "A: 1\n"), {}, {}, ASSETS)
    score = Package("score", "s", OutputFile("score.yaml", "B: 1\n"), {}, {}, (CODE,))
    return parent, train, score


def test_an_application_has_all_templates_and_each_asset_once() -> None:
    (one,) = together(packages())
    assert [child.path for child in one.children] == ["train.yaml", "score.yaml"]
    assert one.assets == ASSETS
    names = sorted(item.key.rpartition("/")[2] for item in to_upload([replace(one, assets=())]))
    assert names == ["score.yaml", "train.yaml"]


def test_without_an_application_every_workflow_is_a_package() -> None:
    _, train, score = packages()
    assert together([train, score]) == (train, score)


def test_a_child_is_named_by_where_it_stands() -> None:
    (one,) = together(packages())
    text = with_addresses(one, lambda key: f"https://s3/{key}").template.content
    (key,) = (item.key for item in to_upload([one]) if item.key.endswith("/train.yaml"))
    assert f'TemplateURL: "https://s3/{key}"\n' in text


def machines(cloud: aws.Cloud) -> list[str]:
    found = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    return sorted(one["name"] for one in found)


def test_the_application_is_deployed_as_one_stack(app: Application, cloud: aws.Cloud) -> None:
    code, _, err = app.run("deploy", "--env", "prod", "--yes")
    assert code == 0, err
    assert machines(cloud) == ["fraud-score-prod", "fraud-train-prod"]
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    assert "fraud-application-prod" in [one["StackName"] for one in stacks]
    assert "fraud-train-prod" not in [one["StackName"] for one in stacks]


def test_the_application_is_packaged_for_the_aws_cli(app: Application, cloud: aws.Cloud) -> None:
    code, out, err = app.run("package", "--env", "prod")
    assert code == 0, err
    assert "--stack-name fraud-application-prod" in out
    text = (app.root / ".sfn-cfn/package/prod/application.yaml").read_text()
    values = json.loads((app.root / ".sfn-cfn/package/prod/application.prod.json").read_text())["Parameters"]
    assert text.count(f"/{values['AssetBucket']}/sfn-cfn/templates/") == 2


def test_a_workflow_s_stack_is_the_nested_one(app: Application, cloud: aws.Cloud) -> None:
    chosen = settings.read(app.root)
    (environment,) = chosen.environments
    assert nested.stack_of(cloud, chosen, environment, "train") == "fraud-train-prod"
    app.run("deploy", "--env", "prod", "--yes")
    found = nested.stack_of(cloud, chosen, environment, "train")
    assert "-TrainStack-" in found
    machine = start.find(cloud, found)
    assert machine.arn.endswith(":stateMachine:fraud-train-prod")


def test_a_workflow_that_is_named_is_still_a_stack_of_its_own(app: Application, cloud: aws.Cloud) -> None:
    code, _, err = app.run("deploy", "train", "--env", "prod", "--yes")
    assert code == 0, err
    assert machines(cloud) == ["fraud-train-prod"]


def test_a_workflow_that_stands_by_itself_is_not_deployed_in_the_application_too(
    app: Application, cloud: aws.Cloud
) -> None:
    assert app.run("deploy", "train", "--env", "prod", "--yes")[0] == 0
    code, _, err = app.run("deploy", "--env", "prod", "--yes")
    assert (code, err.splitlines()) == (
        1,
        [
            "error[SFN836]: workflow 'train' is deployed by itself already, as stack 'fraud-train-prod'",
            "  hint: delete that first by 'sfn-cfn destroy train --env prod'",
        ],
    )
    assert app.run("destroy", "train", "--env", "prod", "--yes")[0] == 0
    assert app.run("deploy", "--env", "prod", "--yes")[0] == 0
    code, _, err = app.run("deploy", "train", "--env", "prod", "--yes")
    assert (code, err.splitlines()) == (
        1,
        [
            "error[SFN836]: workflow 'train' is deployed already, in the application's stack 'fraud-application-prod'",
            "  hint: deploy the application by 'sfn-cfn deploy --env prod'",
        ],
    )
    assert machines(cloud) == ["fraud-score-prod", "fraud-train-prod"]


def test_a_nested_template_that_is_too_large_ends_it_before_anything_happens(
    app: Application, cloud: aws.Cloud
) -> None:
    app.workflows[0] = Workflow("train", comment="x" * 1_100_000)
    for command in (("deploy", "--env", "prod", "--yes"), ("package", "--env", "prod")):
        code, _, err = app.run(*command)
        assert code == 1
        assert err.startswith(
            "error[SFN721]: the template has 1,101,784 bytes; CloudFormation takes 1,048,576\n"
        )
        assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []
        assert cloud.client("s3").list_buckets()["Buckets"] == []
    app.workflows[0] = Workflow("train", comment="x" * 60_000)
    code, _, err = app.run("deploy", "--env", "prod", "--yes")
    assert (code, "SFN72" in err) == (0, False)
    assert machines(cloud) == ["fraud-score-prod", "fraud-train-prod"]
