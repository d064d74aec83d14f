"""What cfn-lint gets to see in the place of tokens."""

from __future__ import annotations

import json
from typing import Any

from test_rules import parsed

from sfn_cfn.check.probe import lint_subject, probe
from sfn_cfn.errors import SourceLocation


def probed(result: Any, **case: Any) -> Any:
    case["states"] = {"A": {"Type": "Pass", "Result": result, "End": True}}
    template = json.loads(probe(parsed(case)))
    return template["Resources"]["StateMachineComponent"]["Properties"]["Definition"]["States"]["A"]["Result"]


def test_a_parameter_gives_its_default() -> None:
    parameters = [{"name": "Prefix", "kind": "String", "default": "data"}]
    assert probed("s3://b/${Prefix}/x", parameters=parameters) == "s3://b/data/x"


def test_a_number_parameter_gives_a_number() -> None:
    parameters = [
        {"name": "Count", "kind": "Number", "default": 2},
        {"name": "Least", "kind": "Number", "min": 5},
        {"name": "Bare", "kind": "Number"},
    ]
    numbers = {n: [f"States/A/Result/{i}"] for i, n in enumerate(("Count", "Least", "Bare"))}
    assert probed([0, 0, 0], parameters=parameters, numbers=numbers) == [2, 5, 1]


def test_a_parameter_without_default_gives_an_allowed_value_or_a_name() -> None:
    parameters = [
        {"name": "Kind", "kind": "String", "allowed_values": ["a", "b"]},
        {"name": "Any", "kind": "String"},
        {"name": "JobRoleArn", "kind": "String", "default": ""},
    ]
    assert probed(["${Kind}", "${Any}", "${JobRoleArn}"], parameters=parameters) == [
        "a",
        "name",
        "arn:aws:iam::123456789012:role/name",
    ]


def test_pseudo_parameters_give_what_they_are_in_us_east_1() -> None:
    assert (
        probed("arn:${AWS::Partition}:s3:${AWS::Region}:${AWS::AccountId}:${AWS::URLSuffix}")
        == "arn:aws:s3:us-east-1:123456789012:amazonaws.com"
    )


def test_data_that_looks_like_an_intrinsic_function_is_renamed() -> None:
    assert probed([{"Ref": "x"}, {"Fn::Sub": "y"}]) == [{"Ref_": "x"}, {"Fn::Sub_": "y"}]


def test_a_subject_knows_the_place_of_every_state_by_its_path() -> None:
    branch = {"StartAt": "X", "States": {"X": {"Type": "Succeed"}}}
    subject = lint_subject(
        parsed({"states": {"P": {"Type": "Parallel", "Branches": [branch], "End": True}}}),
        "text",
        "templates/train.yaml",
    )
    assert (subject.template, subject.output) == ("text", "templates/train.yaml")
    assert subject.location == SourceLocation("workflows/train.py", 7)
    assert subject.lines == {
        path: SourceLocation("workflows/train.py", 7, path)
        for path in ("States/P", "States/P/Branches/0/States/X")
    }
