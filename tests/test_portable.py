"""Values of the build's world as pseudo parameters."""

from __future__ import annotations

import pytest
from samples import WORLD, loaded, machine

from sfn_cfn import definition, portable
from sfn_cfn.model import ParameterDeclaration, Text

A, R = WORLD.account, WORLD.region


def portable_leaf(leaf: str) -> str:
    parsed = definition.parse(
        loaded(machine(S={"Type": "Pass", "Result": leaf})), [ParameterDeclaration("Bucket", "String", "b")]
    )
    changed = portable.make_portable(parsed)
    value = changed.states[0].node["Result"]
    assert changed.tree["States"]["S"] is changed.states[0].node
    return value.shown if isinstance(value, Text) else value


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (f"s3://sagemaker-{R}-{A}/x", "s3://sagemaker-${AWS::Region}-${AWS::AccountId}/x"),
        (f"s3://${{Bucket}}/{A}", "s3://${Bucket}/${AWS::AccountId}"),
        (
            f"arn:aws:lambda:{R}:{A}:function:f",
            "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f",
        ),
        ("arn:aws-us-gov:s3:::b", "arn:${AWS::Partition}:s3:::b"),
        (
            f"{A}.dkr.ecr.{R}.amazonaws.com/mine:1",
            "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/mine:1",
        ),
        (f"https://s3.{R}.amazonaws.com/b", "https://s3.${AWS::Region}.${AWS::URLSuffix}/b"),
        (f"{R}a", "${AWS::Region}a"),
        (f"{R}0 1{A} {A}2 x{R}", f"{R}0 1{A} {A}2 x{R}"),
        ("arn:aws:iam::999999999999:role/typed", "arn:${AWS::Partition}:iam::999999999999:role/typed"),
        ("sagemaker.amazonaws.com arn:aws", "sagemaker.amazonaws.com arn:aws"),
        (
            f"720646828776.dkr.ecr.{R}.amazonaws.com/sagemaker-xgboost:1.7-1",
            f"720646828776.dkr.ecr.{R}.amazonaws.com/sagemaker-xgboost:1.7-1",
        ),
    ],
)
def test_only_what_the_world_put_there_changes(leaf: str, expected: str) -> None:
    assert portable_leaf(leaf) == expected


def test_state_names_and_what_refers_to_them_change_together() -> None:
    name = f"Train in {R}"
    parsed = definition.parse(loaded(machine(**{name: {"Type": "Pass", "End": True}})))
    tree = portable.make_portable(parsed).tree
    assert list(tree["States"]) == [tree["StartAt"]]


def test_images_of_the_build_region_are_a_finding_at_the_workflow() -> None:
    image = f"720646828776.dkr.ecr.{R}.amazonaws.com/sagemaker-xgboost:1.7-1"
    states = {
        "Train": {"Type": "Pass", "Result": {"Image": image}, "Next": "Model"},
        "Model": {"Type": "Pass", "Result": {"Image": image}, "Next": "Own"},
        "Own": {"Type": "Pass", "Result": f"{A}.dkr.ecr.{R}.amazonaws.com/mine:1", "End": True},
    }
    parsed = definition.parse(loaded(machine(**states)))
    found = [(item.code, item.message, item.hint) for item in portable.foreign_images(parsed)]
    image_text = "image 'sagemaker-xgboost' (state 'Train') is ap-south-1's"
    assert found == [
        (
            "SFN330",
            f"{image_text}, the region of this build: the template runs in that region only",
            "set region under [load] in sfn-cfn.toml to the region you deploy to",
        )
    ]
    chosen = [(item.code, item.message, item.hint) for item in portable.foreign_images(parsed, chosen=True)]
    assert chosen == [("SFN331", f"{image_text}: the template runs in that region only", "")]


def test_images_of_two_kinds_are_one_finding() -> None:
    host = f"720646828776.dkr.ecr.{R}.amazonaws.com"
    states = machine(A={"Type": "Pass", "Result": [f"{host}/one:1", f"{host}/two:1"], "End": True})
    found = [item.message for item in portable.foreign_images(definition.parse(loaded(states)), chosen=True)]
    assert found == [
        "images 'one' (state 'A'), 'two' (state 'A') are ap-south-1's: the template runs in that region only"
    ]


def test_a_region_and_an_account_that_the_author_wrote_are_findings_once_each_at_the_first_state() -> None:
    arn = "arn:aws:lambda:us-west-2:111122223333:function:f"
    own = f"arn:aws:sns:{R}:{A}:t https://sqs.{R}.amazonaws.com/{A}/q arn:aws:states:::lambda:invoke"
    image = "111122224444.dkr.ecr.us-east-1.amazonaws.com/mine:1"
    states = machine(
        Own={"Type": "Pass", "Result": [own, image, "arn:aws:iam::111122225555:role/kept"], "Next": "A"},
        A={"Type": "Pass", "Result": arn, "Next": "B"},
        B={"Type": "Pass", "Result": [arn, "https://sqs.eu-west-3.amazonaws.com/1/q"], "End": True},
    )
    found = list(portable.written_places(definition.parse(loaded(states))))
    assert [(item.code, item.location and item.location.state) for item in found] == [
        ("SFN332", "States/A"),
        ("SFN332", "States/A"),
        ("SFN332", "States/B"),
    ]
    assert [item.message for item in found] == [
        "region 'us-west-2' is written out in state 'A': the template is bound to it",
        "account '111122223333' is written out in state 'A': the template is bound to it",
        "region 'eu-west-3' is written out in state 'B': the template is bound to it",
    ]
    assert found[1].hint == "where the stack's own is meant, take the account from the session"


def test_images_in_a_ready_made_pipelines_input_are_a_finding() -> None:
    image = f"720646828776.dkr.ecr.{R}.amazonaws.com/sagemaker-xgboost:1.7-1"
    given = {"Train": {"AlgorithmSpecification": {"TrainingImage": image}}, "Model": {"Image": image}}
    parsed = definition.parse(
        loaded(machine(Train={"Type": "Pass", "End": True}), default_input=given),
    )
    assert [item.message for item in portable.foreign_images(parsed, chosen=True)] == [
        "image 'sagemaker-xgboost' (state 'Train') is ap-south-1's: the template runs in that region only"
    ]


def test_the_builds_account_in_a_tag_becomes_the_stacks() -> None:
    parsed = definition.parse(loaded(machine(A={"Type": "Succeed"}), tags={"Account": f"id {A}"}))
    (tag,) = portable.make_portable(parsed).tags.values()
    assert isinstance(tag, Text)
    assert tag.shown == "id ${AWS::AccountId}"
