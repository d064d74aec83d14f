"""`build --verify-portable`: what a build in another partition makes otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from samples import WORLD, loaded, machine

from sfn_cfn import definition, portable
from sfn_cfn.errors import Code, Severity, SourceLocation
from sfn_cfn.model import Definition, ParameterDeclaration, World

CHINA = World("926357148029", "cn-north-1", "aws-cn")
ERROR = Code("SFN201", Severity.ERROR, "t", "e")
WARNING = Code("SFN202", Severity.WARNING, "t", "e")
PLACE = SourceLocation("workflows/train.py")
HINT = "take the value from a parameter of the template, or make it the same in every region and account"


def both(here: Any, there: Any, **given: Any) -> list[tuple[str, str]]:
    """The place and the message of each difference between two builds of a state with this result."""
    made = [built(value, world, **given) for value, world in ((here, WORLD), (there, CHINA))]
    found = list(
        portable.differences(
            portable.make_portable(made[0]), portable.make_portable(made[1]), (made[0], made[1])
        )
    )
    assert {(item.code, item.hint) for item in found} <= {("SFN333", HINT)}
    return [(item.location.state if item.location else "", item.message) for item in found]


def built(value: Any, world: World, **given: Any) -> Definition:
    states = machine(Train={"Type": "Pass", "Result": value, "End": True})
    return definition.parse(replace(loaded(states, **given), world=world))


def uri(world: World, image: str, account: str) -> str:
    suffix = "amazonaws.com.cn" if world.partition == "aws-cn" else "amazonaws.com"
    return f"{account}.dkr.ecr.{world.region}.{suffix}/{image}"


def of(world: World) -> dict[str, Any]:
    """What the SDK and a careful author make of a world."""
    account = {"ap-south-1": "720646828776", "cn-north-1": "450853457545"}[world.region]
    suffix = "amazonaws.com.cn" if world.partition == "aws-cn" else "amazonaws.com"
    return {
        "Image": uri(world, "sagemaker-xgboost:1.7-1", account),
        "Own": uri(world, "mine:1", world.account),
        "Bucket": f"s3://sagemaker-{world.region}-{world.account}/x",
        "Topic": f"arn:{world.partition}:sns:{world.region}:{world.account}:t",
        "Queue": f"https://sqs.{world.region}.{suffix}/{world.account}/q",
        "Data": f"s3://sagemaker-sample-data-{world.region}/x",
        "Old": f"https://s3-{world.region}.{suffix}/x",
        "Typed": "arn:aws:iam::111122223333:role/r us-west-2",
        "Number": 1,
        f"Key {world.account}": [True, None],
    }


def test_what_the_sdk_makes_of_a_world_is_the_same_in_another() -> None:
    assert both(of(WORLD), of(CHINA)) == []


@pytest.mark.parametrize(
    ("here", "there", "message"),
    [
        ("a", "b", "state 'Train': 'Result' is 'a' in 'ap-south-1' and 'b' in 'cn-north-1'"),
        ({"A": [1]}, {"A": [2]}, "state 'Train': 'Result.A.0' is 1 in 'ap-south-1' and 2 in 'cn-north-1'"),
        ({"A": 1}, {}, "state 'Train': 'Result.A' is 1 in 'ap-south-1' and absent in 'cn-north-1'"),
        ({}, {"A": 1}, "state 'Train': 'Result.A' is absent in 'ap-south-1' and 1 in 'cn-north-1'"),
        ([1], [1, 2], "state 'Train': 'Result' is [1] in 'ap-south-1' and [1, 2] in 'cn-north-1'"),
        (1, True, "state 'Train': 'Result' is 1 in 'ap-south-1' and True in 'cn-north-1'"),
        (
            f"x-{WORLD.account}",
            "x",
            "state 'Train': 'Result' is 'x-${AWS::AccountId}' in 'ap-south-1' and 'x' in 'cn-north-1'",
        ),
    ],
)
def test_a_difference_is_told_at_its_state_and_field_with_both_values(
    here: Any, there: Any, message: str
) -> None:
    assert both(here, there) == [("States/Train", message)]


def test_a_long_value_is_cut_in_the_message() -> None:
    ((_, message),) = both("a" * 200, "b")
    assert message == f"state 'Train': 'Result' is '{'a' * 79}... in 'ap-south-1' and 'b' in 'cn-north-1'"


def test_a_difference_in_the_input_or_the_tags_is_told_at_the_workflow() -> None:
    one, other = (
        definition.parse(
            replace(
                loaded(machine(A={"Type": "Succeed"}), default_input={"A": tag}, tags={"T": tag}), world=world
            )
        )
        for tag, world in (("x", WORLD), ("y", CHINA))
    )
    found = list(portable.differences(one, other))
    assert [(str(item.location), item.message) for item in found] == [
        (
            str(one.workflow.location),
            f"the definition: '{field}' is 'x' in 'ap-south-1' and 'y' in 'cn-north-1'",
        )
        for field in ("default input.A", "tags.T")
    ]


def test_a_parameters_default_is_compared() -> None:
    made = []
    for world in (WORLD, CHINA):
        own = ParameterDeclaration("Bucket", "String", f"data-{world.account}")
        states = machine(S={"Type": "Pass", "Result": "${Bucket}"})
        made.append(definition.parse(replace(loaded(states, parameters=(own,)), world=world)))
    (found,) = portable.differences(made[0], made[1])
    assert found.message == (
        f"the definition: 'parameters.Bucket.default' is 'data-{WORLD.account}' in 'ap-south-1' and "
        f"'data-{CHINA.account}' in 'cn-north-1'"
    )


def test_an_image_of_another_version_is_a_difference_of_the_tag() -> None:
    here = uri(WORLD, "sagemaker-xgboost:1.7-1", "720646828776")
    there = uri(CHINA, "sagemaker-xgboost:1.5-1", "450853457545")
    ((_, message),) = both(here, there)
    end = "tImageAccount}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/sagemaker-xgboost:"
    assert message == (
        f"state 'Train': 'Result' is ...{end}1.7-1' in 'ap-south-1' and ...{end}1.5-1' in 'cn-north-1'"
    )


def test_a_source_that_fails_elsewhere_is_an_error_with_the_reason() -> None:
    failures = [
        ERROR.at(SourceLocation("workflows/train.py", 3), "no image there", "x"),
        WARNING.at(PLACE, "w"),
    ]
    found = list(portable.not_built([loaded(machine(A={"Type": "Succeed"}))], [], failures, CHINA, PLACE))
    assert [(item.code, str(item.location), item.message, item.hint) for item in found] == [
        (
            "SFN334",
            "workflows/train.py:3",
            "the source does not run in 'cn-north-1' (partition 'aws-cn'): no image there",
            "x",
        )
    ]


def test_a_workflow_that_is_not_made_elsewhere_is_an_error() -> None:
    here = [loaded(machine(A={"Type": "Succeed"}), name) for name in ("train", "score")]
    found = list(portable.not_built(here, here[:1], [], CHINA, PLACE))
    assert [(item.code, item.message) for item in found] == [
        ("SFN334", "workflow 'score' is not made in 'cn-north-1' (partition 'aws-cn')")
    ]


HEAD = """
import boto3
import sagemaker
from stepfunctions.steps import Chain, Pass
from stepfunctions.workflow import Workflow

region = boto3.Session().region_name
account = boto3.client("sts").get_caller_identity()["Account"]


def make(name, value):
    return Workflow(name=name, definition=Chain([Pass("Start", result=value)]), role="")


"""
SOURCES = {
    "clean": """
session = sagemaker.Session()
image = sagemaker.image_uris.retrieve("xgboost", region, version="1.7-1")
make("clean", {"Image": image, "Bucket": f"s3://{session.default_bucket()}/x", "Host": f"https://s3-{region}.x"})
""",
    "chooses": 'make("chooses", {"Type": "ml.m5.xlarge" if region.startswith("cn-") else "ml.m6i.xlarge"})\n',
    "cuts": 'make("cuts", f"fraud-{account[-4:]}")\n',
    "fails": """
if region.startswith("cn-"):
    raise ValueError(f"no endpoint in {region}")
make("fails", 1)
""",
    "dated": """
import datetime
import uuid
make("dated", f"job-{datetime.datetime.now():%Y%m%d%H%M%S%f}-{uuid.uuid4()}")
""",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[str]]:
    """The exit code of a build of all sources, and the lines that it says."""
    root = tmp_path_factory.mktemp("project")
    (root / "workflows").mkdir()
    for name, text in SOURCES.items():
        (root / f"workflows/{name}.py").write_text(HEAD + text)
    command = [sys.executable, "-m", "sfn_cfn", "--quiet", "build", "--no-lint", "--verify-portable"]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON"))}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    written = sorted(path.stem for path in (root / "templates").glob("*.yaml"))
    assert written == ["clean", "dated"]
    return done.returncode, [line for line in done.stderr.splitlines() if line.startswith("error")]


def test_a_build_in_two_partitions_finds_what_a_template_cannot_make(said: tuple[int, list[str]]) -> None:
    code, errors = said
    assert code == 1
    assert len(errors) == 3
    chosen = "is 'ml.m6i.xlarge' in 'ap-south-1' and 'ml.m5.xlarge' in 'cn-north-1'"
    assert f"error[SFN333]: state 'Start': 'Result.Type' {chosen}" in errors
    assert (
        "error[SFN333]: state 'Start': 'Result' is 'fraud-5013' in 'ap-south-1' and 'fraud-8029' in 'cn-north-1'"
        in errors
    )
    reason = "the source does not run in 'cn-north-1' (partition 'aws-cn')"
    assert any(line.startswith(f"error[SFN334]: {reason}: ") for line in errors)


def test_what_only_a_clock_or_chance_changes_is_no_difference_of_place(said: tuple[int, list[str]]) -> None:
    assert not any("job-" in line for line in said[1])
