"""What later states read of a stage that may be off: found where nothing is declared for it, and only there."""

from __future__ import annotations

from typing import Any

import pytest
from samples import machine
from staging import found, hints, state, switched, task


def missing(
    tree: dict[str, Any], given: dict[str, Any] | None = None, **stages: Any
) -> list[tuple[str, ...]]:
    """Reader, place and stage of each finding; there is no other."""
    rows = []
    for one in found(tree, given, **stages):
        assert one.startswith("SFN693 "), one
        _, reader, _, place, _, stage, _ = one.split("'")
        rows.append((reader, place, stage))
    return rows


def then(read: Any, **made: Any) -> dict[str, Any]:
    """A, which is the stage, and B, which reads."""
    return machine(A=task("B", **made), B=task(Parameters={"FunctionName": "f", "x.$": read}))


def test_a_read_of_a_skipped_result_is_found_at_the_line_of_the_reader_with_the_remedy() -> None:
    tree = then("$.Prepared.Uri", ResultPath="$.Prepared")
    assert found(tree, a=["A"]) == [
        (
            "SFN693 workflows/train.py:2 (States/B): state 'B' reads '$.Prepared.Uri', which "
            "stage 'a' does not give when "
            "it is off"
        )
    ]
    declare = 'declare it under [workflows.train.stages.a]: result = { "$.Prepared.Uri" = ... }'
    assert hints(tree, a=["A"]) == [declare]


@pytest.mark.parametrize(
    ("read", "made", "place"),
    [
        ("$['Prepared']['Uri']", {"ResultPath": "$.Prepared"}, "$.Prepared.Uri"),
        ("$.Prepared", {"ResultPath": "$.Prepared.Uri"}, "$.Prepared"),
        ("$.Prepared.Parts[0].Uri", {"ResultPath": "$['Prepared']"}, "$.Prepared.Parts[0].Uri"),
        ("States.Format('$.No {}', $.Prepared)", {"ResultPath": "$.Prepared"}, "$.Prepared"),
        ("$.Anything", {}, "$.Anything"),
        ("$.Anything", {"OutputPath": "$.Payload", "ResultPath": "$.x"}, "$.Anything"),
    ],
)
def test_a_place_is_found_however_it_is_written_and_read(read: str, made: dict[str, Any], place: str) -> None:
    assert missing(then(read, **made), a=["A"]) == [("B", place, "a")]


@pytest.mark.parametrize(
    ("read", "made"),
    [
        ("$.Other", {"ResultPath": "$.Prepared"}),
        ("$.PreparedToo", {"ResultPath": "$.Prepared"}),
        ("$.Anything", {"ResultPath": None}),
        ("$$.Execution.Input.Prepared", {"ResultPath": "$.Prepared"}),
        ("States.Format('$.Prepared')", {"ResultPath": "$.Prepared"}),
        ("$", {}),
    ],
)
def test_what_a_stage_does_not_write_is_not_missed(read: str, made: dict[str, Any]) -> None:
    assert missing(then(read, **made), a=["A"]) == []


@pytest.mark.parametrize(
    ("result", "rows"),
    [
        ({"$.P": {"U": 1}}, []),
        ({"$.P.U": 1}, []),
        ({"$": {"P": {"U": 1}}}, []),
        ({"$.P.$": "$.Other"}, []),
        ({"$.P": {"U.$": "$.Other"}}, []),
        ({"$.P.U.V": 1}, []),
        ({"$.P": {"V": 1}}, [("B", "$.P.U", "a")]),
        ({"$.P": "text"}, [("B", "$.P.U", "a")]),
        ({"$.Q": {"U": 1}}, [("B", "$.P.U", "a")]),
        ({"$P": {"U": 1}}, [("B", "$.P.U", "a")]),
    ],
)
def test_a_declared_result_is_enough_where_it_has_what_is_read(
    result: dict[str, Any], rows: list[tuple[str, ...]]
) -> None:
    assert missing(then("$.P.U", ResultPath="$.P"), a={"states": ["A"], "result": result}) == rows


@pytest.mark.parametrize(
    ("value", "enough"), [([{"U": 1}], True), ([{"V": 1}], False), ([], False), (1, False)]
)
def test_a_declared_list_is_enough_where_it_has_the_item(value: Any, enough: bool) -> None:
    stage = {"states": ["A"], "result": {"$.P": value}}
    rows = [] if enough else [("B", "$.P[0].U", "a")]
    assert missing(then("$.P[0].U", ResultPath="$.P"), a=stage) == rows


def test_a_place_that_another_state_writes_before_or_after_the_stage_is_there() -> None:
    before = machine(Z=task("A", ResultPath="$.P"), **then("$.P.U", ResultPath="$.P")["States"])
    assert missing(before, a=["A"]) == []
    after = machine(A=task("M", ResultPath="$.P"), M=task("B", ResultPath="$.P"), B=state(InputPath="$.P"))
    assert missing(after, a=["A"]) == []


def test_a_place_that_is_written_on_one_of_two_ways_is_not() -> None:
    rule = {"Variable": "$.x", "BooleanEquals": True, "Next": "A"}
    tree = machine(
        Pick={"Type": "Choice", "Choices": [rule], "Default": "Z"},
        Z=task("A", ResultPath="$.P"),
        **then("$.P.U", ResultPath="$.P")["States"],
    )
    assert missing(tree, a=["A"]) == [("B", "$.P.U", "a")]


def test_an_input_that_the_workflow_declares_is_there() -> None:
    tree = then("$.P.U", ResultPath="$.P")
    assert missing(tree, {"input_schema": {"P": {"U": "str"}}}, a=["A"]) == []
    assert missing(tree, {"default_input": {"P": {"U": "x"}}}, a=["A"]) == []


def test_a_place_that_a_choice_asks_for_first_is_not_missed() -> None:
    rules = [
        {
            "And": [{"Variable": "$.P", "IsPresent": True}, {"Variable": "$.P", "StringEquals": "x"}],
            "Next": "B",
        }
    ]
    tree = machine(
        A=task("Is it?", ResultPath="$.P"),
        **{"Is it?": {"Type": "Choice", "Choices": rules, "Default": "End"}},
        B=state("End", InputPath="$.P"),
        End=state(),
    )
    assert missing(tree, a=["A"]) == []


def test_a_choice_that_reads_without_asking_is_found() -> None:
    rules = [{"Variable": "$.P.x", "StringEquals": "x", "Next": "End"}]
    tree = machine(
        A=task("Is it?", ResultPath="$.P"),
        **{"Is it?": {"Type": "Choice", "Choices": rules, "Default": "End"}},
        End=state(),
    )
    assert missing(tree, a=["A"]) == [("Is it?", "$.P.x", "a")]


def test_reads_in_branches_of_what_is_around_them_are_found() -> None:
    branch = machine(In=state("Then", Parameters={"x.$": "$.P"}), Then=state(Parameters={"x.$": "$.P"}))
    both = {"Type": "Parallel", "Branches": [branch], "End": True}
    tree = machine(A=task("Both", ResultPath="$.P"), Both=both)
    assert missing(tree, a=["A"]) == [("In", "$.P", "a")]
    both["Parameters"] = {"P": 1}
    assert missing(tree, a=["A"]) == []


def test_a_stage_that_ends_a_branch_is_missed_in_what_the_branches_give() -> None:
    branches = [machine(L=task()), machine(R=task())]
    both = {"Type": "Parallel", "Branches": branches, "ResultPath": "$.Both", "Next": "B"}
    tree = machine(Both=both, B=state(Parameters={"l.$": "$.Both[0].Payload", "r.$": "$.Both[1].Payload"}))
    assert missing(tree, left=["L"]) == [("B", "$.Both[0].Payload", "left")]
    assert hints(tree, left=["L"]) == [
        'declare it under [workflows.train.stages.left]: result = { "$.Payload" = ... }'
    ]
    assert missing(tree, left={"states": ["L"], "result": {"$.Payload": 1}}) == []
    tree["States"]["B"] = state(Parameters={"all.$": "$.Both[*].Payload"})
    assert missing(tree, left=["L"], right=["R"]) == [
        ("B", "$.Both[*].Payload", "left"),
        ("B", "$.Both[*].Payload", "right"),
    ]
    both["ResultSelector"] = {"x.$": "$"}
    assert missing(tree, left=["L"]) == []


def test_a_stage_in_the_items_of_a_map_is_missed_in_what_they_give() -> None:
    each = machine(In=task("Out", ResultPath="$.Score"), Out=state())
    tree = machine(
        All={"Type": "Map", "ItemProcessor": each, "Next": "B"}, B=state(Parameters={"s.$": "$[0].Score.x"})
    )
    assert missing(tree, score=["In"]) == [("B", "$[0].Score.x", "score")]
    assert missing(tree, score={"states": ["In"], "result": {"$.Score": {"x": 1}}}) == []


def test_items_of_a_map_are_not_the_input_around_it_but_its_selector_reads_that() -> None:
    each = machine(In=state(Parameters={"x.$": "$.P"}))
    all_items = {"Type": "Map", "ItemsPath": "$.Items", "ItemProcessor": each, "End": True}
    tree = machine(A=task("All", ResultPath="$.P"), All=all_items)
    assert missing(tree, a=["A"]) == []
    all_items["ItemSelector"] = {"y.$": "$.P", "v.$": "$$.Map.Item.Value"}
    assert missing(tree, a=["A"]) == [("All", "$.P", "a")]


def test_variables_are_read_in_inner_scopes_but_not_by_children_of_a_distributed_map() -> None:
    each = machine(In=state(Parameters={"x.$": "$v.z"}))
    tree = machine(
        A=task("All", Assign={"v": 1}, ResultPath=None), All={"Type": "Map", "Iterator": each, "End": True}
    )
    assert missing(tree, a=["A"]) == [("In", "$v.z", "a")]
    each["ProcessorConfig"] = {"Mode": "DISTRIBUTED"}
    tree["States"]["All"]["ItemProcessor"] = tree["States"]["All"].pop("Iterator")
    assert missing(tree, a=["A"]) == []


def test_a_handler_that_is_reached_only_from_the_stage_may_read_its_results() -> None:
    caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Failure", "Next": "Tell"}]
    tree = machine(
        A=task("A2", ResultPath="$.P"),
        A2=task("End", Catch=caught, ResultPath="$.Q"),
        Tell=task("Failed", Parameters={"FunctionName": "f", "p.$": "$.P", "why.$": "$.Failure.Cause"}),
        Failed={"Type": "Fail"},
        End=state(),
    )
    assert missing(tree, a=["A", "A2"]) == []


def test_each_of_two_stages_may_be_off() -> None:
    tree = machine(
        A=task("B", ResultPath="$.P"),
        B=task("C", ResultPath="$.Q"),
        C=state(Parameters={"p.$": "$.P", "q.$": "$.Q"}),
    )
    assert missing(tree, a=["A"], b=["B"]) == [("C", "$.P", "a"), ("C", "$.Q", "b")]
    one = {"states": ["B"], "result": {"$.Q": 1}}
    assert missing(tree, a=["A"], b=one) == [("C", "$.P", "a")]


def test_a_stage_that_reads_what_another_gives_is_no_reader_where_both_are_one() -> None:
    tree = machine(
        A=task("B", ResultPath="$.P"), B=state("C", Parameters={"p.$": "$.P"}, ResultPath="$.Q"), C=state()
    )
    assert missing(tree, ab=["A", "B"]) == []
    assert missing(tree, a=["A"], b=["B"]) == [("B", "$.P", "a")]


def test_paths_below_an_input_path_are_told_as_they_stand_and_the_place_whole() -> None:
    tree = machine(A=task("B", ResultPath="$.P"), B=task(InputPath="$.P", Parameters={"x.$": "$.U"}))
    assert missing(tree, a=["A"]) == [("B", "$.P", "a")]
    stage = {"states": ["A"], "result": {"$.P": {"V": 1}}}
    assert missing(tree, a=stage) == [("B", "$.U", "a")]
    assert hints(tree, a=stage) == ['declare it under [workflows.train.stages.a]: result = { "$.P.U" = ... }']


def test_reads_of_a_machine_of_jsonata_are_found_too() -> None:
    call = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"}}
    reader = {**call, "Arguments": {"x": "{% $states.input.`P`.U & $limit %}"}, "End": True}
    tree = {
        **machine(
            A={**call, "Output": {"P": "{% $states.result %}"}, "Assign": {"limit": 1}, "Next": "B"}, B=reader
        ),
        "QueryLanguage": "JSONata",
    }
    assert missing(tree, a=["A"]) == [("B", "$limit", "a"), ("B", "$states.input.P.U", "a")]
    result = {"$.P": {"U": "x"}, "$limit": 2}
    assert missing(tree, a={"states": ["A"], "result": result}) == []
    reader["Arguments"] = {"x": "{% $exists($states.input.P.U) ? $states.input.P.U : 'none' %}"}
    assert missing(tree, a=["A"]) == []


def test_a_stage_whose_results_are_declared_switches() -> None:
    tree = then("$.P.U", ResultPath="$.P")
    node = switched(tree, a={"states": ["A"], "result": {"$.P": {"U": 1}}})["States"]["Skip a"]
    assert node == {"Type": "Pass", "Result": {"U": 1}, "ResultPath": "$.P", "Next": "B"}
