from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sfn_cfn.errors import SourceLocation
from sfn_cfn.load.compare import compare, stable_name
from sfn_cfn.model import LoadedWorkflow, WorkflowSource, World

FIRST = World("739164285013", "ap-south-1")
SECOND = World("814620937561", "ap-southeast-2")


def made(world: World, states: Mapping[str, Any], name: str = "train", **fields: Any) -> LoadedWorkflow:
    source = WorkflowSource(Path("/p"), Path("/p/workflows/train.py"))
    place = SourceLocation("workflows/train.py", 3)
    return LoadedWorkflow(source, name, place, "", {"States": states}, world, **fields)


def varying(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    workflows, found = compare([made(FIRST, one)], [made(SECOND, other)])
    assert found == ()
    return ["/".join(path[1:]) for path in workflows[0].varying]


def test_equal_leaves_do_not_vary() -> None:
    assert varying({"A": {"x": [1, "a", None]}}, {"A": {"x": [1, "a", None]}}) == []


def test_account_region_and_image_accounts_explain_a_difference() -> None:
    one = {
        "A": {
            "b": "s3://sagemaker-ap-south-1-739164285013/x",
            "i": "111111111111.dkr.ecr.ap-south-1.amazonaws.com/x:1",
        }
    }
    other = {
        "A": {
            "b": "s3://sagemaker-ap-southeast-2-814620937561/x",
            "i": "222222222222.dkr.ecr.ap-southeast-2.amazonaws.com/x:1",
        }
    }
    assert varying(one, other) == []


def test_a_made_up_part_varies_beside_what_the_world_explains() -> None:
    one, other = {"A": {"b": "ap-south-1-77", "c": 1}}, {"A": {"b": "ap-southeast-2-78", "c": 1}}
    assert varying(one, other) == ["A/b"]


@pytest.mark.parametrize(("one", "other"), [(1, 2), (1, True), ("1", 1), ([1], [1, 2]), ({}, [])])
def test_other_values_types_and_lengths_vary(one: Any, other: Any) -> None:
    assert varying({"A": {"x": one}}, {"A": {"x": other}}) == ["A/x"]


def test_state_names_that_vary_are_paired_in_order() -> None:
    one = {"Train-1": {"x": 1, "y": "a"}, "End": {}}
    other = {"Train-2": {"x": 1, "y": "b"}, "End": {}}
    assert varying(one, other) == ["Train-1", "Train-1/y"]


def test_a_name_with_the_region_is_no_name_that_varies_in_a_key() -> None:
    assert varying({"In ap-south-1": {"x": 1}}, {"In ap-southeast-2": {"x": 1}}) == []


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        ("train-2024-01-02-03-04-05", "train-2028-10-23-15-10-39", "train"),
        ("train-2024-01-02-daily", "train-2024-10-23-daily", "train-daily"),
        ("train_20240102", "train_20281023", "train"),
        ("train20240102", "train20281023", "train"),
        ("my-model-v2-1704164645", "my-model-v2-1855925839", "my-model-v2"),
        ("ab12", "zz99", ""),
        ("f3a-train", "9c1-train", "train"),
    ],
)
def test_a_stable_name_drops_the_part_that_varies(one: str, other: str, name: str) -> None:
    assert stable_name(one, other) == name


def test_a_name_that_varies_is_replaced_in_the_default_input_too() -> None:
    one = made(FIRST, {}, "t-2024", default_input={"Train": {"Names": ["estimator-t-2024"]}})
    other = made(SECOND, {}, "t-2028")
    (workflow,), (finding,) = compare([one], [other])
    assert (workflow.name, workflow.name_varies) == ("t", True)
    assert workflow.default_input == {"Train": {"Names": ["estimator-t"]}}
    assert finding.message == "the name 't-2024' differs from run to run; the template's is 't'"


def test_a_name_that_varies_as_a_whole_becomes_the_sources() -> None:
    (workflow,), _ = compare([made(FIRST, {}, "ab12")], [made(SECOND, {}, "zz99")])
    assert workflow.name == "train"


def test_a_workflow_that_the_second_run_does_not_make_is_said() -> None:
    one = [made(FIRST, {}, "a"), made(FIRST, {}, "b")]
    workflows, (finding,) = compare(one, [made(SECOND, {}, "b")])
    assert [item.name for item in workflows] == ["a", "b"]
    assert finding.code == "SFN212"
    assert finding.message == "workflow 'a' is not made by a second run at another time and place"


@pytest.mark.parametrize("form", ["train-{}", "train-{}-daily", "{}"])
def test_a_name_loses_the_account_and_the_region_whole(form: str) -> None:
    expected = form.format("").replace("--", "-").strip("-") or "train"
    for one, other in ((FIRST.region, SECOND.region), (FIRST.account, SECOND.account)):
        (workflow,), _ = compare([made(FIRST, {}, form.format(one))], [made(SECOND, {}, form.format(other))])
        assert workflow.name == expected
