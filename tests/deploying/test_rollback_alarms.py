"""Alarms that take an alias back: what CloudWatch says of them before anything is deployed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from applications import Application
from botocore.exceptions import ClientError
from project import ACCOUNT, REGION, Project, Workflow
from stubs import STACK, Refusal, answering

from sfn_cfn import settings
from sfn_cfn.deploy import aws, rollback_alarms
from sfn_cfn.deploy.package import Package
from sfn_cfn.deploy.proposal import Options
from sfn_cfn.deploy.resolved import by_workflow
from sfn_cfn.deploy.standing import Standing
from sfn_cfn.model import OutputFile

TOML = """
[workflows.train.versions]
enabled = true
alarm_names = ["errors", "${Team}-errors"]
"""
TEMPLATE = "Parameters:\n  Team: {Type: String, Default: ops}\nResources: {}\n"
PACKAGE = Package("train", STACK, OutputFile("train.yaml", TEMPLATE), {})
ASK = "describe_alarms"
BOTH = (ASK, {"MetricAlarms": [{"AlarmName": "errors"}], "CompositeAlarms": [{"AlarmName": "ops-errors"}]})


def watched(
    tmp_path: Path, toml: str, package: Package = PACKAGE, **given: str
) -> list[rollback_alarms.Watching]:
    (tmp_path / "sfn-cfn.toml").write_text(toml)
    chosen = settings.read(tmp_path)
    cloud = aws.Cloud("prod", ACCOUNT, REGION, "aws", lambda _: None)
    options = Options(parameters=given)
    return list(
        rollback_alarms.watching(chosen, tuple(by_workflow(cloud, package, Standing(STACK), options)))
    )


def said(tmp_path: Path, *answers: tuple[str, Any], toml: str = TOML) -> list[str]:
    with answering(cloudwatch=answers) as cloud:
        found = list(rollback_alarms.check(cloud, watched(tmp_path, toml)))
    return [f"{one.severity.value}[{one.code}] {one.message} | {one.hint} | {one.location}" for one in found]


def test_alarms_that_are_there_are_left_alone(tmp_path: Path) -> None:
    assert said(tmp_path, BOTH) == []


def test_an_alarm_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert said(tmp_path, (ASK, {"MetricAlarms": [{"AlarmName": "errors"}]})) == [
        (
            "error[SFN834] alarm 'ops-errors', which takes the alias of workflow 'train' back, is not there | "
            "create it in eu-west-1, or correct its name | sfn-cfn.toml:4"
        )
    ]


def test_alarms_that_may_not_be_looked_for_are_a_warning(tmp_path: Path) -> None:
    assert said(tmp_path, (ASK, Refusal("AccessDenied", "not authorized", 403))) == [
        (
            "warning[SFN835] it is not known whether alarm 'errors' of workflow 'train' is there: not authorized | "
            "ask for cloudwatch:DescribeAlarms, or see that all of alarm_names are | sfn-cfn.toml:4"
        )
    ]


def test_any_other_refusal_is_raised(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="Throttling"):
        said(tmp_path, (ASK, Refusal("Throttling")))


def test_without_alarms_from_elsewhere_nobody_is_asked(tmp_path: Path) -> None:
    assert said(tmp_path, toml="[versions]\nenabled = true\n") == []
    assert said(tmp_path, toml=TOML.replace("enabled = true", "enabled = false")) == []


def test_a_name_has_the_value_that_the_stack_will_have(tmp_path: Path) -> None:
    assert [one.alarm for one in watched(tmp_path, TOML, Team="risk")] == ["errors", "risk-errors"]
    unknown = TOML.replace("Team", "Unknown")
    assert [one.alarm for one in watched(tmp_path, unknown)] == ["errors"]


def test_an_alarm_that_the_stack_makes_is_not_looked_for(tmp_path: Path) -> None:
    alarm = "  Own:\n    Type: AWS::CloudWatch::Alarm\n    Properties: {AlarmName: !Sub '${Team}-errors'}\n"
    made = TEMPLATE.replace("Resources: {}\n", f"Resources:\n{alarm}")
    package = replace(PACKAGE, template=OutputFile("train.yaml", made))
    assert [one.alarm for one in watched(tmp_path, TOML, package)] == ["errors"]


def test_more_names_than_one_call_takes_are_asked_for_in_several(tmp_path: Path) -> None:
    names = [f"a{number}" for number in range(101)]
    toml = TOML.replace('["errors", "${Team}-errors"]', str(names))
    first = (ASK, {"MetricAlarms": [{"AlarmName": name} for name in names[:100]]})
    (found,) = said(tmp_path, first, (ASK, {}), toml=toml)
    assert "alarm 'a100'" in found


def test_a_deployment_ends_before_it_begins(project: Project, cloud: aws.Cloud) -> None:
    with (project.root / "sfn-cfn.toml").open("a") as file:
        file.write(TOML.replace("${Team}", "more"))
    project.workflows = [Workflow(assets=())]
    alarm: dict[str, Any] = {"Namespace": "n", "MetricName": "m", "Period": 60, "EvaluationPeriods": 1}
    alarm |= {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "Statistic": "Sum"}
    cloud.client("cloudwatch").put_metric_alarm(AlarmName="errors", **alarm)
    code, _, err = project.run("deploy", "--env", "prod", "--yes")
    assert (code, err.splitlines()[0]) == (
        1,
        "error[SFN834]: alarm 'more-errors', which takes the alias of workflow 'train' back, is not there",
    )
    assert project.run("check", "--env", "prod")[0] == 1
    assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []
    cloud.client("cloudwatch").put_metric_alarm(AlarmName="more-errors", **alarm)
    assert project.run("check", "--env", "prod")[0] == 0
    assert project.run("deploy", "--env", "prod", "--yes")[0] == 0


def test_the_workflows_of_an_application_are_looked_at_with_their_values(
    app: Application, cloud: aws.Cloud
) -> None:
    with (app.root / "sfn-cfn.toml").open("a") as file:
        file.write(TOML.replace("${Team}", "${PipelineName}"))
    app.workflows = [replace(one, assets=()) for one in app.workflows]
    code, _, err = app.run("deploy", "--env", "prod", "--yes")
    assert code == 1
    assert (
        "error[SFN834]: alarm 'fraud-errors', which takes the alias of workflow 'train' back, is not there"
        in err
    )
