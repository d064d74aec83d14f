"""Switched definitions, executed: which states an execution enters, and what it puts out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from interpreter import Interpreter, interpreter
from samples import machine
from staging import state, switched, task

from sfn_cfn.operations.stages_states import ERROR

WORKFLOW = machine(
    Begin=state("Clean", Parameters={"Raw.$": "$.Raw"}, ResultPath="$.Begun"),
    Clean=task("Split", ResultPath="$.Clean"),
    Split=task("Train", ResultPath="$.Prepared"),
    Train=task(
        "Accurate?", Parameters={"FunctionName": "f", "Payload.$": "$.Prepared.Uri"}, ResultPath="$.Model"
    ),
    **{
        "Accurate?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Model.Accuracy", "NumericLessThan": 0.8, "Next": "Refused"}],
            "Default": "Configure",
        },
        "Refused": {"Type": "Fail", "Error": "TooBad"},
    },
    Configure=task("Deploy", ResultPath=None),
    Deploy=task("Tell", ResultPath="$.Endpoint"),
    Tell=state(Parameters={"Model.$": "$.Model.Name", "Data.$": "$.Prepared.Uri"}, ResultPath="$.Told"),
)
STAGES: dict[str, Any] = {
    "preprocess": {"states": ["Clean", "Split"], "result": {"$.Prepared": {"Uri.$": "$.Raw"}}},
    "train": {"states": ["Train", "Accurate?"], "result": {"$.Model": {"Name": "last"}}},
    "deploy": ["Configure", "Deploy"],
}
RESULTS = {"Split": {"Uri": "s3://b/new"}, "Train": {"Name": "new", "Accuracy": 0.9}, "Deploy": {"Name": "e"}}
GIVEN = {"Raw": "s3://b/raw"}


@pytest.fixture(scope="module")
def local() -> Iterator[Interpreter]:
    with interpreter() as running:
        yield running


@pytest.mark.parametrize("on", list(itertools.product([True, False], repeat=3)))
def test_each_combination_of_three_switches_enters_its_states_in_order(
    local: Interpreter, on: tuple[bool, ...]
) -> None:
    switches = dict(zip(STAGES, on, strict=True))
    run = local.run(switched(WORKFLOW, **STAGES), {**GIVEN, "Stages": switches}, RESULTS)
    states = {
        "preprocess": (["Run preprocess?", "Clean", "Split"], ["Run preprocess?", "Skip preprocess"]),
        "train": (["Run train?", "Train", "Accurate?"], ["Run train?", "Skip train"]),
        "deploy": (["Run deploy?", "Configure", "Deploy"], ["Run deploy?"]),
    }
    expected = [name for stage, (yes, no) in states.items() for name in (yes if switches[stage] else no)]
    assert run.entered == ("Begin", *expected, "Tell")
    preprocess, train, deploy = on
    data, model = "s3://b/new" if preprocess else "s3://b/raw", "new" if train else "last"
    assert run.output["Told"] == {"Model": model, "Data": data}
    assert ("Endpoint" in run.output) is deploy


def test_all_switches_on_is_the_definition_without_switches(local: Interpreter) -> None:
    plain = local.run(WORKFLOW, GIVEN, RESULTS)
    run = local.run(switched(WORKFLOW, **STAGES), GIVEN, RESULTS)
    assert (run.status, run.output) == (plain.status, plain.output) == ("SUCCEEDED", run.output)
    assert tuple(name for name in run.entered if name in WORKFLOW["States"]) == plain.entered


def test_a_refusal_inside_a_stage_fails_as_without_switches(local: Interpreter) -> None:
    results = {**RESULTS, "Train": {"Accuracy": 0.5}}
    assert local.run(switched(WORKFLOW, **STAGES), GIVEN, results).error == "TooBad"
    assert local.run(WORKFLOW, GIVEN, results).error == "TooBad"


@pytest.mark.parametrize("given", [{}, {"Stages": {}}, {"Stages": None}, {"Stages": {"other": True}}])
@pytest.mark.parametrize("default", [True, False])
def test_a_switch_that_is_not_given_has_its_default(
    local: Interpreter, given: dict[str, Any], default: bool
) -> None:
    tree = switched(machine(A=state("B"), B=state()), a={"states": ["A"], "default": default})
    assert local.run(tree, given).entered == ("Run a?", *(["A"] if default else []), "B")


@pytest.mark.parametrize("switch", ["false", 0, None, [], {}])
def test_a_switch_that_is_no_boolean_fails_and_says_so(local: Interpreter, switch: Any) -> None:
    tree = switched(machine(A=state("B"), B=state()), a=["A"])
    run = local.run(tree, {"Stages": {"a": switch}})
    assert run.entered == ("Run a?", "Switch a is no boolean")
    assert (run.status, run.error) == ("FAILED", ERROR)
    assert run.cause == (
        "The execution's input has a Stages.a that is neither true nor false, or Stages that are no object"
    )


@pytest.mark.parametrize("switches", ["x", "", 0, True, [1], [{"a": False}]])
def test_switches_that_are_no_object_fail(local: Interpreter, switches: Any) -> None:
    tree = switched(machine(A=state("B"), B=state()), a=["A"])
    run = local.run(tree, {"Stages": switches})
    assert (run.status, run.error) == ("FAILED", ERROR)
    assert run.entered == ("Run a?", "Switch a is no boolean")


def test_an_input_passes_unchanged_where_a_stage_is_off(local: Interpreter) -> None:
    tree = switched(machine(A=task()), **{"pre-process": ["A"]})
    given = {"Stages": {"pre-process": False}, "x": [1, {"y": None}]}
    assert local.run(tree, given).output == given


def test_a_stage_in_a_stage_is_asked_only_where_the_outer_one_runs(local: Interpreter) -> None:
    tree = switched(machine(A=state("B"), B=state("C"), C=state()), outer=["A", "B"], inner=["A"])
    entered = {
        (outer, inner): local.run(tree, {"Stages": {"outer": outer, "inner": inner}}).entered
        for outer, inner in itertools.product([True, False], repeat=2)
    }
    assert entered == {
        (True, True): ("Run outer?", "Run inner?", "A", "B", "C"),
        (True, False): ("Run outer?", "Run inner?", "B", "C"),
        (False, True): ("Run outer?", "C"),
        (False, False): ("Run outer?", "C"),
    }


def test_stages_in_a_branch_and_in_a_map_read_the_execution_s_input(local: Interpreter) -> None:
    each = machine(Score=state("Note", Result="new", ResultPath="$.Score"), Note=state())
    branch = machine(
        Check=state("All"),
        All={"Type": "Map", "ItemsPath": "$.Items", "ItemProcessor": each, "MaxConcurrency": 1, "End": True},
    )
    tree = switched(
        machine(Both={"Type": "Parallel", "Branches": [branch], "End": True}), c=["Check"], s=["Score"]
    )
    off = local.run(tree, {"Items": [{}, {}], "Stages": {"c": False, "s": False}})
    assert off.entered == ("Both", "Run c?", "All", "Run s?", "Note", "Run s?", "Note")
    assert off.output == [[{}, {}]]
    on = local.run(tree, {"Items": [{}]})
    assert on.entered == ("Both", "Run c?", "Check", "All", "Run s?", "Score", "Note")
    assert on.output == [[{"Score": "new"}]]


def test_a_loop_within_a_stage_asks_its_switch_once(local: Interpreter) -> None:
    done = {"Variable": "$.Count", "NumericGreaterThanEquals": 2, "Next": "End"}
    tree = machine(
        Count=state("Done?", Parameters={"Count.$": "States.MathAdd($.Count, 1)"}),
        **{"Done?": {"Type": "Choice", "Choices": [done], "Default": "Count"}},
        End=state(),
    )
    run = local.run(switched(tree, loop=["Count", "Done?"]), {"Count": 0})
    assert run.entered == ("Run loop?", "Count", "Done?", "Count", "Done?", "End")


def test_an_error_caught_in_a_stage_goes_to_the_handler_outside(local: Interpreter) -> None:
    failing = machine(Break={"Type": "Fail", "Error": "Broken"})
    caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Failure", "Next": "Repair"}]
    tree = machine(
        Try={"Type": "Parallel", "Branches": [failing], "Catch": caught, "Next": "After"},
        Repair=state("After", Result=True, ResultPath="$.Repaired"),
        After=state(),
    )
    after = switched(tree, risky=["Try"])
    assert local.run(after, {}).entered == ("Run risky?", "Try", "Break", "Repair", "After")
    assert local.run(after, {"Stages": {"risky": False}}).entered == ("Run risky?", "After")


def test_the_whole_definition_can_be_a_stage_that_ends_it(local: Interpreter) -> None:
    tree = switched(
        machine(A=state("B"), B=state()), all={"states": ["A", "B"], "result": {"$.Skipped": True}}
    )
    assert local.run(tree, {"Stages": {"all": False}}).output == {"Stages": {"all": False}, "Skipped": True}
    assert local.run(tree, {}).entered == ("Run all?", "A", "B")


def test_results_are_written_in_order_by_value_path_and_object(local: Interpreter) -> None:
    result = {
        "$.Whole": [1, {"a": None}],
        "$.Deep.Er": "text",
        "$['Given'].$": "$$.Execution.Input['x']",
        "$.Made": {"Text.$": "States.Format('{}!', $.Deep.Er)", "Kept": {"is": True}},
    }
    tree = switched(machine(A=state("B"), B=state()), a={"states": ["A"], "result": result})
    run = local.run(tree, {"x": 7, "Stages": {"a": False}})
    assert run.entered == (
        "Run a?",
        "Skip a: $.Whole",
        "Skip a: $.Deep.Er",
        "Skip a: $['Given']",
        "Skip a: $.Made",
        "B",
    )
    assert {key: value for key, value in run.output.items() if key not in ("x", "Stages")} == {
        "Whole": [1, {"a": None}],
        "Deep": {"Er": "text"},
        "Given": 7,
        "Made": {"Text": "text!", "Kept": {"is": True}},
    }


def test_paths_in_lists_are_followed(local: Interpreter) -> None:
    result = {
        "$.List": [{"X.$": "$.k"}, 2],
        "$.Deep.List": [[{"X.$": "States.Format('{}!', $.k)"}]],
        "$.Object": {"in": [{"X.$": "$.k"}]},
        "$['a b']['Größe']": 1,
    }
    tree = switched(machine(A=state("B"), B=state()), a={"states": ["A"], "result": result})
    run = local.run(tree, {"k": 7, "Stages": {"a": False}})
    assert run.output == {
        "k": 7,
        "Stages": {"a": False},
        "List": [{"X": 7}, 2],
        "Deep": {"List": [[{"X": "7!"}]]},
        "Object": {"in": [{"X": 7}]},
        "a b": {"Gru00f6u00dfe": 1},  # the interpreter takes an escaped letter for its code
    }
    whole = {"states": ["A"], "result": {"$": [{"X.$": "$.k"}]}}
    run = local.run(switched(machine(A=state("B"), B=state()), a=whole), {"k": 7, "Stages": {"a": False}})
    assert run.output == [{"X": 7}]


CHILDREN = {
    **machine(Score=state("Note", Result="new", ResultPath="$.Score"), Note=state()),
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
}


def distributed(**fields: Any) -> dict[str, Any]:
    return machine(
        All={"Type": "Map", "ItemsPath": "$.Items", "ItemProcessor": CHILDREN, "End": True, **fields}
    )


def child(tree: dict[str, Any]) -> dict[str, Any]:
    """The children's definition, as the state machine that they run."""
    processor = tree["States"]["All"]["ItemProcessor"]
    return {key: value for key, value in processor.items() if key != "ProcessorConfig"}


@pytest.mark.parametrize("on", [True, False])
def test_a_child_of_a_distributed_map_reads_the_switch_beside_its_item(local: Interpreter, on: bool) -> None:
    tree = switched(distributed(), s=["Score"])
    given = {"Items": [{"x": 1}], "Stages": {"s": on}}
    # The service gives a child the selected item as its execution's input; moto gives it the parent's.
    run = local.run(child(tree), {"ExecutionInput": given, "Item": {"x": 1}})
    entered = ("Take an item of All", "Run s?", *(["Score"] if on else []), "Note")
    assert (run.entered, run.output) == (entered, {"x": 1, **({"Score": "new"} if on else {})})


def test_a_distributed_map_hands_its_children_the_execution_s_input(local: Interpreter) -> None:
    tree = switched(distributed(ItemSelector={"Of.$": "$.Name", "Value.$": "$$.Map.Item.Value"}), s=["Score"])
    processor = tree["States"]["All"]["ItemProcessor"]
    processor |= machine(Note=state())
    given = {"Items": [1], "Name": "n", "Stages": {"s": False}}
    (handed,) = local.run(tree, given).output
    assert handed == {"ExecutionInput": given, "Item": {"Of": "n", "Value": 1}}
    assert local.run(child(switched(distributed(), s=["Score"])), handed).output == {"Of": "n", "Value": 1}


def test_a_batch_is_the_same_to_the_children_as_without_switches(local: Interpreter) -> None:
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"Name": "n"}}
    tree = switched(distributed(ItemBatcher=batcher), s=["Score"])
    handed = {"ExecutionInput": {"Stages": {"s": False}}, "Item": {"Name": "n"}}
    run = local.run(child(tree), {"Items": [1, 2], "BatchInput": handed})
    assert run.entered == ("Take an item of All", "Run s?", "Note")
    assert run.output == {"Items": [1, 2], "BatchInput": {"Name": "n"}}
