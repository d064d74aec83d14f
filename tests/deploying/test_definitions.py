"""What differs between two definitions, state by state, and what replaces a state machine."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_cfn.deploy.definitions import StateChange, compare, definition, replacing, words
from sfn_cfn.model import Text, Token
from sfn_cfn.template import yaml
from sfn_cfn.template.asl import definition_string
from sfn_cfn.template.intrinsics import sub
from sfn_cfn.template.model import Template

TRAIN = {"Type": "Task", "Parameters": {"Count": Token("Count", number=True), "Name": "a"}, "End": True}


def template(states: dict[str, Any], name: Any = "x", **more: Any) -> Template:
    text = definition_string({"StartAt": "Train", "States": states})
    properties = {"StateMachineName": name, "DefinitionString": text, **more}
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    return Template(resources={"StateMachineComponent": machine})


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[StateChange, ...] | None:
    return compare(template(before), template(after))


def test_equal_definitions_have_no_changes() -> None:
    assert changed({"Train": TRAIN}, {"Train": dict(TRAIN)}) == ()


def test_a_number_token_and_one_in_a_text_stand_by_their_names() -> None:
    path = Text(("s3://", Token("Bucket"), '/a"b'))
    found = definition(template({"Train": {**TRAIN, "Result": path}}))
    assert found["States"]["Train"]["Parameters"]["Count"] == "${Count}"
    assert found["States"]["Train"]["Result"] == 's3://${Bucket}/a"b'


def test_states_come_go_and_change_by_their_fields() -> None:
    after = {"Train": {**TRAIN, "Parameters": {"Count": 2, "Size": 1}, "TimeoutSeconds": 60}, "New": TRAIN}
    assert changed({"Train": TRAIN, "Old": TRAIN}, after) == (
        StateChange(
            "States/Train",
            "changed",
            (
                ("Parameters.Count", '"${Count}" -> 2'),
                ("Parameters.Name", '"a" goes'),
                ("Parameters.Size", "1 is new"),
                ("TimeoutSeconds", "60 is new"),
            ),
        ),
        StateChange("States/New", "added"),
        StateChange("States/Old", "removed"),
    )


def test_states_inside_of_states_have_changes_of_their_own() -> None:
    def nested(seconds: int) -> dict[str, Any]:
        inner = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": seconds, "End": True}}}
        return {
            "Both": {"Type": "Parallel", "Branches": [inner], "End": True},
            "Each": {"Type": "Map", "ItemProcessor": inner, "End": True},
        }

    found = changed(nested(1), nested(2))
    assert found
    assert [one.path for one in found] == [
        "States/Both/Branches/0/States/Wait",
        "States/Each/ItemProcessor/States/Wait",
    ]


def test_a_change_in_a_list_stands_at_its_item() -> None:
    old = {**TRAIN, "Parameters": {"Channels": [{"Name": "a"}, {"Name": "b"}]}}
    new = {**TRAIN, "Parameters": {"Channels": [{"Name": "a"}, {"Name": "c"}]}}
    assert compare(template({"Train": old}), template({"Train": new})) == (
        StateChange("States/Train", "changed", (("Parameters.Channels.1.Name", '"b" -> "c"'),)),
    )


def test_of_long_values_the_place_is_shown_where_they_differ() -> None:
    old, new = (
        {**TRAIN, "Parameters": {"Uri": f"s3://${{AssetBucket}}/{'0' * 40}{letter}/train.tar.gz"}}
        for letter in ("a", "b")
    )
    (change,) = compare(template({"Train": old}), template({"Train": new})) or ()
    assert change.fields == (
        (
            "Parameters.Uri",
            f'...{"0" * 22}a/train.tar.gz" -> ...{"0" * 22}b/train.tar.gz"',
        ),
    )


def test_a_definition_that_cannot_be_read_is_not_compared() -> None:
    assert compare(Template(), template({"Train": TRAIN})) is None


def test_changes_in_words_show_a_few_fields() -> None:
    fields = tuple((f"F{number}", "1 -> 2") for number in range(6))
    lines = list(words((StateChange("States/A", "changed", fields), StateChange("States/B", "removed"))))
    assert [(line.text, line.kind) for line in lines] == [
        ("~ States/A (F0: 1 -> 2; F1: 1 -> 2; F2: 1 -> 2; F3: 1 -> 2; 2 more)", "changed"),
        ("- States/B", "removed"),
    ]


NAME = sub("${PipelineName}-train")


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        ({"PipelineName": "a"}, {"PipelineName": "a"}, ()),
        ({"PipelineName": "a"}, {"PipelineName": "b"}, ("its name 'a-train' becomes 'b-train'",)),
    ],
)
def test_another_name_replaces_the_machine(
    old: dict[str, str], new: dict[str, str], reasons: tuple[str, ...]
) -> None:
    assert replacing(template({}, NAME), template({}, NAME), old, new) == reasons


def test_another_type_replaces_the_machine() -> None:
    new = template({}, NAME, StateMachineType="EXPRESS")
    assert replacing(template({}, NAME), new, {}, {}) == ("its type STANDARD becomes EXPRESS",)


def test_json_and_yaml_are_read_alike() -> None:
    text = '{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {%s}}}}'
    name = (
        '"StateMachineName": {"Fn::Sub": "${P}-x"}, "DefinitionString": {"Fn::Sub": ["{\\"A\\": ${N}}", {}]}'
    )
    found = yaml.load(text % name, "x")
    assert definition(found) == {"A": "${N}"}
    assert replacing(found, found, {"P": "a"}, {"P": "b"}) == ("its name 'a-x' becomes 'b-x'",)
