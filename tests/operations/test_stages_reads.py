"""Ways in which a state needs what a stage gives: each is found, and fails an execution with the stage off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from interpreter import Interpreter, interpreter
from samples import machine
from staging import found, hints, parsed, settings, state, task

from sfn_cfn.model import resolve
from sfn_cfn.operations.stages import CAPABILITY


def then(last: dict[str, Any], made: Any = None, place: str = "$.P", **more: Any) -> dict[str, Any]:
    """First, then the stage S, which writes a place, then what is behind it."""
    written = {"u": 1, "k": {"v": 1}} if made is None else made
    return machine(First=state("S"), S=state("L", Result=written, ResultPath=place), L=last, **more)


def then_variable(last: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The stage S assigns a variable."""
    return machine(
        First=state("S"), S=task("L", Assign={"v.$": "$.Payload"}, ResultPath=None), L=last, **more
    )


def chooses(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Choice behind the stage, whose rules lead to Yes, and otherwise to No."""
    choice = {"Type": "Choice", "Choices": [{"Next": "Yes", **rule} for rule in rules], "Default": "No"}
    return then(choice, Yes=more.get("yes", state()), No=more.get("no", state()))


def branch(**fields: Any) -> dict[str, Any]:
    return machine(In=state(**fields))


def parallel(inner: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": [inner], "End": True, **fields}


def each(inner: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Type": "Map", "ItemsPath": "$.xs", "ItemProcessor": inner, "End": True, **fields}


READ = {"Parameters": {"x.$": "$.P.u"}}
IS_THERE = {"Variable": "$.P.u", "IsPresent": True}
IS_ONE = {"Variable": "$.P.u", "NumericEquals": 1}
INNER = machine(S=state("End of it", Result=1, ResultPath="$.m"), **{"End of it": state()})

NEEDED = {
    "the output path of a Pass": then(state(OutputPath="$.P")),
    "that of one that writes nothing": then(state(ResultPath=None, OutputPath="$.P.u")),
    "that of one that writes another place": then(state(ResultPath="$.q", OutputPath="$.P")),
    "that of a Choice": then(
        {
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Y"}],
            "Default": "Y",
            "OutputPath": "$.P",
        },
        Y=state(),
    ),
    "that of a Wait": then({"Type": "Wait", "Seconds": 0, "OutputPath": "$.P", "End": True}),
    "an input path": then(state(InputPath="$.P")),
    "names in brackets": then(state(Parameters={"x.$": "$['P']['u']"})),
    "an argument of a function": then(state(Parameters={"x.$": "States.Format('$.no {}', $.P.u)"})),
    "an argument of a function of a function": then(
        state(
            Parameters={"x": [{"y.$": "States.Array(States.Format('a,(b', 'c'), States.MathAdd($.P.u, 1))"}]}
        )
    ),
    "an item of a list": then(state(InputPath="$.P[0].u"), made=[{"u": 1}]),
    "a path of a Wait": then({"Type": "Wait", "SecondsPath": "$.P.u", "End": True}),
    "a child of what was there before": machine(
        First=state("S", Result={"k": 1}, ResultPath="$.P"),
        S=state("L", Result=2, ResultPath="$.P.u"),
        L=state(**READ),
    ),
    "a branch": then(parallel(branch(**READ))),
    "a branch below the whole input": then(parallel(branch(**READ), InputPath="$")),
    "a branch below a place": then(parallel(branch(Parameters={"x.$": "$.u"}), InputPath="$.P")),
    "a branch of parameters": then(
        parallel(branch(Parameters={"x.$": "$.all.P.u"}), Parameters={"all.$": "$"})
    ),
    "the input moved": then(state("M", Parameters={"all.$": "$"}), M=state(InputPath="$.all.P.u")),
    "the input moved by its path": then(
        state("M", InputPath="$", ResultPath="$.all"), M=state(InputPath="$.all.P")
    ),
    "the input merged": then(
        state("M", Parameters={"all.$": "States.JsonMerge($, $.o, false)"}), M=state(InputPath="$.all.P")
    ),
    "the input merged with what is merged": then(
        state("M", Parameters={"all.$": "States.JsonMerge(States.JsonMerge($.o, $.below, false), $, false)"}),
        M=state(InputPath="$.all.P.u"),
    ),
    "the input in a list": then(
        state("M", Parameters={"all.$": "States.Array('a,b', $)"}), M=state(InputPath="$.all[1].P.u")
    ),
    "a read where the test has failed": chooses(IS_THERE, no=state(**READ)),
    "a read where its opposite holds": chooses({"Not": IS_THERE}, yes=state(**READ)),
    "a read where it was not there": chooses({**IS_THERE, "IsPresent": False}, yes=state(**READ)),
    "a read behind both ways": chooses(IS_THERE, yes=state("No"), no=state(**READ)),
    "a test of another place": chooses({"Variable": "$.o", "IsPresent": False}, no=state(**READ)),
    "a test of what was there before": machine(
        First=state("S", Result={"k": 1}, ResultPath="$.P"),
        S=state("L", Result=2, ResultPath="$.P.u"),
        L={
            "Type": "Choice",
            "Choices": [{"Variable": "$.P", "IsPresent": True, "Next": "Yes"}],
            "Default": "No",
        },
        Yes=state(InputPath="$.P.u"),
        No=state(),
    ),
    "a test of what is there on one of two ways": machine(
        Pick={
            "Type": "Choice",
            "Choices": [{"Variable": "$.none", "IsPresent": True, "Next": "S"}],
            "Default": "First",
        },
        First=state("S", Result={"k": 1}, ResultPath="$.P"),
        S=state("L", Result=2, ResultPath="$.P.u"),
        L={
            "Type": "Choice",
            "Choices": [{"Variable": "$.P", "IsPresent": True, "Next": "Yes"}],
            "Default": "No",
        },
        Yes=state(InputPath="$.P.u"),
        No=state(),
    ),
    "a comparison with a path": chooses({"Variable": "$.o", "NumericEqualsPath": "$.P.u"}),
    "the items": then(each(branch(), ItemsPath="$.P"), made=[1]),
    "the item selector": then(each(branch(), ItemSelector={"x.$": "$.P.u"})),
    "the result selector of a Parallel": machine(L=parallel(INNER, ResultSelector={"x.$": "$[0].m"})),
    "the output path of a Parallel": machine(L=parallel(INNER, OutputPath="$[0].m")),
    "the result selector of a Map": machine(L=each(INNER, ResultSelector={"x.$": "$[0].m"})),
    "what a selector has taken": machine(
        L={"Type": "Parallel", "Branches": [INNER], "ResultSelector": {"x.$": "$[0]"}, "Next": "M"},
        M=state(InputPath="$.x.m"),
    ),
}
NOT_NEEDED = {
    "the output path that takes another place": then(state(ResultPath="$.q", OutputPath="$.q")),
    "the output path of what the state gives": then(
        state(Result={"u": 1}, ResultPath="$.P", OutputPath="$.P.u")
    ),
    "no input": then(state(InputPath=None, Parameters={"x": 1})),
    "another place": then(state(InputPath="$.xs")),
    "a text of a function": then(state(Parameters={"x.$": "States.Format('$.P.u')"})),
    "a literal with such a name": then(state(Result={"x.$": "$.P.u"})),
    "the execution's input": then(state(InputPath="$$.Execution.Input.xs")),
    "a branch of another input": then(parallel(branch(Parameters={"x.$": "$.P"}), Parameters={"P": 1})),
    "a branch below another place": then(parallel(branch(InputPath="$.P"), InputPath="$.below")),
    "a sibling in what was there before": machine(
        First=state("S", Result={"k": 1}, ResultPath="$.P"),
        S=state("L", Result=2, ResultPath="$.P.u"),
        L=state(InputPath="$.P.k"),
    ),
    "a sibling in the execution's input": then(state(InputPath="$.o.w"), place="$.o.u"),
    "a place below": then(state("M", Result=1, ResultPath="$.P.more"), M=state(InputPath="$.P.more")),
    "a test first": chooses({"And": [IS_THERE, IS_ONE]}, yes=state(**READ)),
    "a test of the whole first": chooses(
        {"And": [{"Variable": "$.P", "IsPresent": True}, IS_ONE]}, yes=state(InputPath="$.P.k.v")
    ),
    "a test that leaves first": chooses({**IS_THERE, "IsPresent": False}, IS_ONE, no=state(**READ)),
    "a negated test that leaves first": chooses({"Not": IS_THERE}, IS_ONE, no=state(**READ)),
    "one of two that leave": chooses(
        {"Or": [{**IS_THERE, "IsPresent": False}, {"Not": IS_ONE}]}, no=state(**READ)
    ),
    "a loop that asks": machine(
        First=state("S"),
        S=state("L", Result={"u": 1}, ResultPath="$.P"),
        L={"Type": "Choice", "Choices": [{**IS_THERE, "Next": "End"}], "Default": "M"},
        M=state("L", Result={"u": 2}, ResultPath="$.P"),
        End=state(**READ),
    ),
}

GIVEN = {"xs": [{"a": 1}], "o": {"w": 1}, "below": {"P": 1}, "Stages": {"s": False}}


def rewritten(tree: dict[str, Any], stage: Any) -> dict[str, Any]:
    """The definition with its switch, whether or not it has findings."""
    made = CAPABILITY.rewrite(parsed(tree), settings(s=stage))
    plain: dict[str, Any] = resolve(made.tree, lambda token: f"${{{token.name}}}")
    return plain


@pytest.fixture(scope="module")
def local() -> Iterator[Interpreter]:
    with interpreter() as running:
        yield running


@pytest.mark.parametrize("case", NEEDED)
def test_what_needs_a_stage_is_found_and_fails_without_it(local: Interpreter, case: str) -> None:
    tree = NEEDED[case]
    assert [one.partition(" ")[0] for one in found(tree, s=["S"])] == ["SFN693"]
    assert local.run(tree, GIVEN).status == "SUCCEEDED"
    assert local.run(rewritten(tree, ["S"]), GIVEN).status == "FAILED"


@pytest.mark.parametrize("case", NOT_NEEDED)
def test_what_does_not_need_a_stage_is_not_found_and_runs_without_it(local: Interpreter, case: str) -> None:
    tree = NOT_NEEDED[case]
    assert found(tree, s=["S"]) == []
    assert local.run(tree, GIVEN).status == "SUCCEEDED"
    assert local.run(rewritten(tree, ["S"]), GIVEN).status == "SUCCEEDED"


NEVER_SHOWN = {
    "a name in double quotes": then(state(InputPath='$["P"]')),
    "a read before the test": chooses(IS_ONE, IS_THERE),
    "a read in another rule": chooses(IS_THERE, IS_ONE),
    "a read beside the test": chooses({"Or": [IS_THERE, IS_ONE]}),
    "a read before the test in one rule": chooses({"And": [IS_ONE, IS_THERE]}),
    "any field": then(state(Parameters={"x.$": "$.*"})),
    "a field anywhere": then(state(Parameters={"x.$": "$..u"})),
    "a field anywhere below": then(state(Parameters={"x.$": "$.P..u"})),
    "any field of what a stage replaces": machine(S=task("L"), L=state(Parameters={"x.$": "$.*"})),
    "all fields, in brackets": machine(
        First=state("S", Result={"k": 1}, ResultPath="$.P"),
        S=state("L", Result=1, ResultPath="$.P.u"),
        L=state(Parameters={"x.$": "$.P[*]"}),
    ),
    "the input merged with a text": then(
        state("M", Parameters={"all.$": 'States.JsonMerge(States.StringToJson(\'{"a":"x,y"}\'), $, false)'}),
        M=state(InputPath="$.all.P.u"),
    ),
    "a place within a result": machine(
        First=task("S", ResultPath="$.P"), S=task("L", ResultPath="$.P.u"), L=state(InputPath="$.P.u")
    ),
    "two fields at once": then(state(Parameters={"x.$": "$['o', 'P']"})),
    "items that a filter leaves": then(state(Parameters={"x.$": "$.P[?(@.a == 1)].u"}), made=[{"u": 1}]),
    "a part of a list": then(state(Parameters={"x.$": "$.P[-2:]"}), made=[1, 2]),
    "the length of a list": then(state(Parameters={"x.$": "$.P.length()"})),
    "a name that begins with a digit": then(state(InputPath="$.1st.k"), place="$.1st"),
    "a name of other letters": then(state(InputPath="$.Größe.k"), place="$.Größe"),
    "a variable in an output path": then_variable(task(OutputPath="$v")),
    "a variable in a result selector": then_variable(task(ResultSelector={"x.$": "$v.u"})),
    "a variable that a task assigns": then_variable(task(Assign={"x.$": "$v"})),
    "a variable that a Catch assigns": then_variable(
        task("End", Catch=[{"ErrorEquals": ["States.ALL"], "Assign": {"x.$": "$v"}, "Next": "End"}]),
        End=state(),
    ),
    "a variable that a rule assigns": then_variable(
        {
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "IsPresent": True, "Assign": {"x.$": "$v"}, "Next": "End"}],
            "Default": "End",
        },
        End=state(),
    ),
    "a variable in a Choice": then_variable(
        {
            "Type": "Choice",
            "Choices": [{"Variable": "$v", "IsString": True, "Next": "End"}],
            "Default": "End",
        },
        End=state(),
    ),
    "an item reader": then(
        each(branch(), ItemReader={"Resource": "arn", "Parameters": {"Bucket.$": "$.P.u"}})
    ),
    "a result writer": then(
        each(branch(), ResultWriter={"Resource": "arn", "Parameters": {"Bucket.$": "$.P.u"}})
    ),
    "an item batcher": then(
        each(branch(), ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"x.$": "$.P.u"}})
    ),
    "the input in a batch": then(
        each(
            branch(InputPath="$.BatchInput.all.P"),
            ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"all.$": "$"}},
        )
    ),
    "the items of what items gave": machine(
        M={"Type": "Map", "ItemsPath": "$.xs", "ItemProcessor": INNER, "ResultPath": "$.rs", "Next": "L"},
        L=each(branch(InputPath="$.m"), ItemsPath="$.rs"),
    ),
    "a variable of a Wait": then(
        {"Type": "Wait", "Seconds": 1, "Assign": {"v.$": "$"}, "Next": "M"}, M=state(InputPath="$v.P")
    ),
    "the input of a state that fails": then(
        task("E", ResultPath=None, Catch=[{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "H"}]),
        H=state("E", InputPath="$.P"),
        E=state(),
    ),
    "the cause of a failure": chooses(
        {"Variable": "$.o", "IsPresent": True},
        yes={"Type": "Fail", "CausePath": "States.Format('{}', $.P.u)"},
    ),
}
"""What the interpreter does not fail at, or cannot run at all; a comparison of what is missing is false to it."""


@pytest.mark.parametrize("case", NEVER_SHOWN)
def test_what_may_need_a_stage_is_found(case: str) -> None:
    assert [one.partition(" ")[0] for one in found(NEVER_SHOWN[case], s=["S"])] == ["SFN693"]


@pytest.mark.parametrize(
    "last",
    [
        task(ResultSelector={"x.$": "$.P.u"}),
        task(Assign={"x.$": "$.P.u"}),
        task("End", Catch=[{"ErrorEquals": ["States.ALL"], "Assign": {"x.$": "$.P.u"}, "Next": "End"}]),
        task(ResultPath="$.P.more"),
        task(Parameters={"x.$": "$$.Task.Token", "y.$": "$"}),
    ],
)
def test_what_a_task_reads_of_its_own_result_is_not_of_a_stage(last: dict[str, Any]) -> None:
    assert found(then(last, End=state()), s=["S"]) == []


def test_what_a_catch_writes_is_not_written_where_nothing_fails() -> None:
    caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.P", "Next": "H"}]
    tree = machine(
        Try=task("S", ResultPath=None, Catch=caught),
        S=task("L", ResultPath="$.P"),
        L=state(InputPath="$.P"),
        H=state("L"),
    )
    assert [one.partition(": ")[2] for one in found(tree, s=["S"])] == [
        "state 'L' reads '$.P', which stage 's' does not give when it is off"
    ]
    tree["States"]["S"]["Catch"] = [{**caught[0], "ResultPath": "$.Err"}]
    tree["States"]["L"]["InputPath"] = "$.Err"
    assert found(tree, s=["S"]) == []
    tree["States"]["S"]["Catch"][0]["Next"] = "L"
    assert found(tree, s=["S"]) == []


def test_what_a_state_writes_is_not_there_where_it_fails() -> None:
    caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Err", "Next": "H"}]
    tree = machine(
        S=task("Try", ResultPath="$.P"),
        Try=task("End", ResultPath="$.P", Catch=caught),
        H=state("End", InputPath="$.P"),
        End=state(),
    )
    assert [one.partition(": ")[2] for one in found(tree, s=["S"])] == [
        "state 'H' reads '$.P', which stage 's' does not give when it is off"
    ]


def test_a_place_that_two_stages_give_is_missed_where_both_are_off() -> None:
    tree = machine(
        First=state("S", ResultPath="$.x"),
        S=task("T", ResultPath="$.P"),
        T=task("L", ResultPath="$.P"),
        L=state(InputPath="$.P"),
    )
    assert [one.partition(": ")[2] for one in found(tree, s=["S"], t=["T"])] == [
        "state 'L' reads '$.P', which stage 's' does not give when it is off"
    ]
    assert found(tree, s=["S"]) == found(tree, t=["T"]) == []
    assert found(tree, s=["S"], t={"states": ["T"], "result": {"$.P": 1}}) == []


def test_the_remedy_for_a_function_of_a_place_is_the_place() -> None:
    tree = then(state(Parameters={"x.$": "$.P.length()"}))
    assert hints(tree, s=["S"]) == ['declare it under [workflows.train.stages.s]: result = { "$.P" = ... }']


def test_an_error_is_there_for_its_handler() -> None:
    caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.P", "Next": "H"}]
    tree = then(task("E", ResultPath=None, Catch=caught), H=state("E", InputPath="$.P"), E=state())
    assert found(tree, s=["S"]) == []


def test_items_that_are_read_elsewhere_and_results_that_are_written_elsewhere_are_no_stage_s() -> None:
    reader = {"Resource": "arn", "Parameters": {"Bucket": "b"}}
    read = {"Type": "Map", "ItemReader": reader, "ItemProcessor": branch(InputPath="$.u"), "End": True}
    tree = machine(
        First=state("S", Result={"k": 1}, ResultPath="$.P"),
        S=state("L", Result=1, ResultPath="$.P.u"),
        L=read,
    )
    assert found(tree, s=["S"]) == []
    written = {"Type": "Map", "ItemProcessor": INNER, "ResultWriter": reader, "Next": "M"}
    assert found(machine(L=written, M=state(InputPath="$[0].m")), s=["S"]) == []


def test_a_result_may_not_read_the_place_that_it_gives() -> None:
    tree = then(state(InputPath="$.P"))
    assert found(tree, s={"states": ["S"], "result": {"$.P.$": "$.P.u"}}) == [
        (
            "SFN693 sfn-cfn.toml: result '$.P.$' of stage 's' reads '$.P.u', which stage 's' does not give when "
            "it is off"
        )
    ]


def test_a_wide_path_is_found_by_the_place_that_it_lacks() -> None:
    tree = then(state(Parameters={"x.$": "$..u"}))
    assert [one.partition(": ")[2] for one in found(tree, s=["S"])] == [
        "state 'L' reads '$..u', which stage 's' does not give when it is off"
    ]
    assert hints(tree, s=["S"]) == ['declare it under [workflows.train.stages.s]: result = { "$.P" = ... }']
    assert found(tree, s={"states": ["S"], "result": {"$.P": {"u": 1}}}) == []


def test_a_result_may_not_read_what_the_stage_itself_or_one_before_does_not_give() -> None:
    tree = machine(First=task("S", ResultPath="$.F"), S=task("L", ResultPath="$.P"), L=state(InputPath="$.P"))
    stage = {"states": ["S"], "result": {"$.P.$": "$.F.u"}}
    assert found(tree, s=stage, f=["First"]) == [
        (
            "SFN693 sfn-cfn.toml: result '$.P.$' of stage 's' reads '$.F.u', which stage 'f' does not give when "
            "it is off"
        )
    ]
    assert found(tree, s=stage, f={"states": ["First"], "result": {"$.F.u": 1}}) == []


def test_a_loop_that_puts_its_input_into_itself_is_followed_to_an_end() -> None:
    again = {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "M"}], "Default": "L"}
    tree = then(state("M"), M=state("Again", Parameters={"a.$": "$", "b.$": "$", "P.$": "$.P"}), Again=again)
    tree["States"]["S"]["Next"] = "M"
    tree["States"]["L"] = state(InputPath="$.a.a.P")
    assert [one.partition("'")[2][0] for one in found(tree, s=["S"])] == ["L", "M"]


def jsonata(last: dict[str, Any], **more: Any) -> dict[str, Any]:
    tree = machine(
        First=state("S"), S=state("L", Output={"u": 1, "k": {"v": 1}}, Assign={"n": 1}), L=last, **more
    )
    return {**tree, "QueryLanguage": "JSONata"}


SURE = {
    "a path": jsonata(state(Output="{% $states.input.u %}")),
    "a path in a text": jsonata(state(Output="{% 'a' & $states.input.k.v & \"$states.input.o\" %}")),
    "a name in quotes": jsonata(state(Output="{% 1 + $states.input.`u` %}")),
    "a variable": jsonata(state(Output="{% $n + 1 %}")),
    "a variable of a task": jsonata(task(Arguments={}, Assign={"x": "{% $n %}"})),
    "the input moved": jsonata(
        state("M", Output={"all": "{% $states.input %}"}), M=state(Output="{% $states.input.all.u %}")
    ),
    "the input in a variable": jsonata(
        state("M", Assign={"all": "{% $states.input %}"}), M=state(Output="{% $all.u + 1 %}")
    ),
    "the input with more": jsonata(
        state("M", Output="{% $merge([$states.input, {'w': 1, 'x': [1, 2]}]) %}"),
        M=state(Output="{% $states.input.u %}"),
    ),
    "a result of a branch": {
        **machine(
            L={
                "Type": "Parallel",
                "Branches": [machine(S=state("E", Output={"m": 1}), E=state())],
                "Output": "{% $states.result[0].m %}",
                "End": True,
            }
        ),
        "QueryLanguage": "JSONata",
    },
    "a field of all results": {
        **machine(
            L={
                "Type": "Parallel",
                "Branches": [machine(S=state("E", Output={"m": 1}), E=state())],
                "Output": "{% $sum($states.result.m) %}",
                "End": True,
            }
        ),
        "QueryLanguage": "JSONata",
    },
    "an item of what items gave": {
        **machine(
            M={
                "Type": "Map",
                "ItemProcessor": machine(S=state("E", Output={"m": 1}), E=state()),
                "Output": {"o": {"rs": "{% $states.result %}"}},
                "Next": "L",
            },
            L={
                "Type": "Map",
                "Items": "{% $states.input.o.rs %}",
                "ItemProcessor": machine(I=state(Output="{% $states.input.m %}")),
                "End": True,
            },
        ),
        "QueryLanguage": "JSONata",
    },
    "the input in an item": jsonata(
        {
            "Type": "Map",
            "ItemSelector": {"all": "{% $states.input %}"},
            "ItemProcessor": machine(I=state(Output="{% $states.input.all.u %}")),
            "End": True,
        }
    ),
    "the input in a branch": jsonata(
        {
            "Type": "Parallel",
            "Arguments": {"all": "{% $states.input %}"},
            "Branches": [machine(I=state(Output="{% $states.input.all.u %}"))],
            "End": True,
        }
    ),
    "what the other side asks for": jsonata(
        state(Output="{% $exists($states.input.u) or $states.input.u = 1 %}")
    ),
    "a condition": jsonata(
        {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.u = 1 %}", "Next": "E"}],
            "Default": "E",
        },
        E=state(),
    ),
    "what was asked for and is not there": jsonata(
        {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $exists($states.input.u) %}", "Next": "E"}],
            "Default": "M",
        },
        M=state("E", Output="{% $states.input.u %}"),
        E=state(),
    ),
}
NOT_SURE = {
    "a look-up": jsonata(state(Output="{% $lookup($states.input, 'u') %}")),
    "a name of the expression's own": jsonata(state(Output="{% ($i := $states.input; $i.u) %}")),
    "a path with more": jsonata(state(Output="{% $states.input.(u + 1) %}")),
    "all that is known": jsonata(state(Output="{% $states.($string(input)) %}")),
    "a variable that holds it": jsonata(
        state("M", Assign={"all": "{% $states.input %}"}), M=state(Output="{% $keys($all) %}")
    ),
}
NO_READ = {
    "the whole": jsonata(task(Arguments={"Payload": "{% $states.input %}"})),
    "a text": jsonata(state(Output="{% '$states.input.u' /* $states.input.u */ %}")),
    "no expression": jsonata(state(Output="$states.input.u")),
    "the context": jsonata(state(Output="{% $states.context.Execution.Input.u %}")),
    "a result": jsonata(task(Arguments={}, Output="{% $states.result.u & $string($states.result) %}")),
    "what is asked for": jsonata(
        state(Output="{% $exists($states.input.k) ? $states.input.k.v : $exists($n) ? $n : 0 %}")
    ),
    "what a condition asks for": jsonata(
        {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $exists($states.input.u) and $states.input.u = 1 %}", "Next": "E"},
                {"Condition": "{% $not($exists($states.input.k)) %}", "Next": "F"},
            ],
            "Default": "M",
        },
        M=state(Output="{% $states.input.k %}"),
        E=state(Output="{% $states.input.u %}"),
        F=state(),
    ),
    "what a rule puts out": jsonata(
        {
            "Type": "Choice",
            "Choices": [{"Condition": "{% true %}", "Output": {"w": 1}, "Next": "M"}],
            "Default": "E",
        },
        M=state("E", Output="{% $states.input.u %}"),
        E=state(),
    ),
    "a name that hides a variable": jsonata(state(Output="{% ($n := 1) %}")),
    "an error": jsonata(
        task("E", Arguments={}, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "H"}]),
        H=state("E", Output="{% $states.input.u %}"),
        E=state(),
    ),
    "another name": jsonata(state(Output="{% ($u := 1; $u + $length($states.input.o)) %}")),
}


@pytest.mark.parametrize("case", SURE)
def test_what_an_expression_reads_is_found(case: str) -> None:
    assert [one.partition(" ")[0] for one in found(SURE[case], s=["S"])] == ["SFN693"]


@pytest.mark.parametrize("case", NOT_SURE)
def test_what_an_expression_may_need_is_said(case: str) -> None:
    assert {one.partition(" ")[0] for one in found(NOT_SURE[case], s=["S"])} == {"SFN697"}


@pytest.mark.parametrize("case", NO_READ)
def test_what_an_expression_does_not_need_is_not_found(case: str) -> None:
    assert found(NO_READ[case], s=["S"]) == []


def test_what_an_expression_may_need_is_said_with_the_place_until_it_is_declared() -> None:
    tree = jsonata(state(Output="{% $lookup($states.input, 'u') %}"))
    tree["States"]["S"]["Output"] = {"u": 1}
    assert found(tree, s=["S"]) == [
        (
            "SFN697 workflows/train.py:3 (States/L): state 'L' takes '$states.input' in an expression, which may "
            "need '$.u', and stage 's' does not give that when it is off"
        )
    ]
    assert hints(tree, s=["S"]) == ['declare it under [workflows.train.stages.s]: result = { "$.u" = ... }']
    assert found(tree, s={"states": ["S"], "result": {"$.u": 2}}) == []
