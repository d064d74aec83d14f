"""The tables of an environment's stacks, as CloudFormation tells them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from project import ACCOUNT, REGION
from stubs import NOW, Refusal, answering

from sfn_cfn.deploy import pipeline_tables
from sfn_cfn.errors import DeployError
from sfn_cfn.settings import Environment, Settings

DEV = Environment("dev", stacks={"score": "scoring"})
DENIED = ("describe_stacks", Refusal("AccessDenied", "not all of them"))


def chosen(tmp_path: Path, **more: Any) -> Settings:
    return Settings(root=tmp_path, pipeline_name="fraud", **more)


def row(name: str, table: str = "", project: str = "fraud", environment: str = "dev") -> dict[str, Any]:
    given = {"PipelineName": project, "TargetEnv": environment}
    outputs = {"StateMachineArn": "arn", **({"PipelineTable": table} if table else {})}
    return {
        "StackName": name,
        "CreationTime": NOW,
        "StackStatus": "CREATE_COMPLETE",
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
    }


def found(
    settings: Settings, *answers: tuple[str, Any], known: tuple[str, ...] = (), environment: Environment = DEV
) -> list[str]:
    with answering(cloudformation=answers) as cloud:
        return pipeline_tables.tables(cloud, settings, environment, known)


def page(*rows: dict[str, Any], token: str = "") -> tuple[str, Any]:
    return "describe_stacks", {"Stacks": list(rows), **({"NextToken": token} if token else {})}


def test_the_stacks_of_the_environment_tell_their_tables_each_once(tmp_path: Path) -> None:
    first = page(row("scoring", "t2", project="", environment=""), row("fraud-tune-dev", "t1"), token="2")
    second = page(row("fraud-load-dev"), row("other", "no"), row("fraud-train-dev", "t1"))
    assert found(chosen(tmp_path), first, second) == ["t1", "t2"]


def test_stacks_of_another_project_or_environment_are_left_out(tmp_path: Path) -> None:
    """Whose names end and begin alike."""
    rows = (
        row("fraud-eu-train-dev", "t1", project="fraud-eu"),
        row("fraud-train-x-dev", "t2", environment="x-dev"),
        row("fraud-train-prod", "t3", environment="prod"),
        row("my-fraud-train-dev", "t4"),
        row("fraud-train-dev-copy", "t5"),
        row("fraud-train-dev", "own"),
    )
    assert found(chosen(tmp_path), page(*rows)) == ["own"]


def test_the_environment_may_name_the_pipelines_otherwise(tmp_path: Path) -> None:
    environment = Environment("dev", parameters={"PipelineName": "my_risk"})
    rows = (row("my-risk-train-dev", "own", project="my_risk"), row("fraud-train-dev", "other"))
    assert found(chosen(tmp_path), page(*rows), environment=environment) == ["own"]


def test_where_not_all_stacks_may_be_described_those_of_known_workflows_are(tmp_path: Path) -> None:
    absent = ("describe_stacks", Refusal("ValidationError", "Stack with id fraud-a-dev does not exist"))
    answers = (DENIED, absent, page(row("fraud-train-dev", "t1")), page(row("scoring", "t2")))
    assert found(chosen(tmp_path), *answers, known=("a", "train", "score")) == ["t1", "t2"]


def test_the_application_has_the_table_of_its_workflows(tmp_path: Path) -> None:
    settings = chosen(tmp_path, application=True)
    parent = page(row("fraud-application-dev", "t1"))
    assert found(settings, parent) == ["t1"]
    unknown = ("list_stack_resources", Refusal("ValidationError", "no such stack"))
    answers = (DENIED, parent, unknown, page(row("fraud-train-dev", "t1")))
    assert found(settings, *answers, known=("application", "train")) == ["t1"]


def test_the_table_of_a_workflow_or_of_the_application_is_named_by_its_stack(tmp_path: Path) -> None:
    settings = chosen(tmp_path, application=True)
    with answering(cloudformation=[page(row("fraud-application-dev", "t1"))]) as cloud:
        assert pipeline_tables.table(cloud, settings, DEV, "application") == "t1"
    with (
        answering(cloudformation=[page(row("fraud-train-dev"))]) as cloud,
        pytest.raises(DeployError) as caught,
    ):
        pipeline_tables.table(cloud, chosen(tmp_path), DEV, "train")
    (one,) = caught.value.diagnostics
    assert (one.code, one.message, one.hint) == (
        "SFN874",
        "stack 'fraud-train-dev' has no table of pipelines",
        "write [pipelines] enabled = true, build and deploy",
    )


def test_no_table_is_a_finding_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DeployError) as caught:
        found(chosen(tmp_path), page(row("fraud-train-dev")))
    (one,) = caught.value.diagnostics
    assert (one.code, one.message, one.hint) == (
        "SFN874",
        f"no stack of environment 'dev' has a table of pipelines in account {ACCOUNT}, region {REGION}",
        "write [pipelines] enabled = true and deploy, or name the workflow by --workflow",
    )


def test_another_refusal_ends_the_command(tmp_path: Path) -> None:
    with pytest.raises(DeployError) as caught:
        found(chosen(tmp_path), ("describe_stacks", Refusal("Throttling", "slow")), known=("train",))
    assert caught.value.diagnostics[0].message == "AWS refuses 'DescribeStacks' as one call too many"
