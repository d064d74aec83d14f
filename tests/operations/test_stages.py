from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from samples import loaded, machine
from staging import PARAMETERS, found, hints, parsed, rewritten, settings, state, switched, task

from sfn_cfn import definition
from sfn_cfn.model import ExecutionInput, Text, Token, starts
from sfn_cfn.operations.stages import CAPABILITY
from sfn_cfn.settings import Settings

CHAIN = machine(A=task("B"), B=task("C"), C=task("D"), D=task())
CHOICE = machine(
    Train=state("Good?"),
    **{
        "Good?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "BooleanEquals": True, "Next": "Deploy"}],
            "Default": "Notify",
        }
    },
    Deploy=state("End"),
    Notify=state("End"),
    End=state(),
)


def on_ways(tree: dict[str, Any]) -> dict[str, Any]:
    """The definition that an execution sees whose switches are all on: added states taken out again."""
    states = copy.deepcopy(tree["States"])
    ahead = {name: node["Choices"][1]["Next"] for name, node in states.items() if name.startswith("Run ")}

    def last(name: str) -> str:
        return last(ahead[name]) if name in ahead else name

    kept = {}
    for name, node in states.items():
        if name.startswith(("Run ", "Skip ", "Switch ")):
            continue
        for entry in (node, *node.get("Choices", ()), *node.get("Catch", ())):
            entry.update({key: last(entry[key]) for key in ("Next", "Default") if key in entry})
        for number, branch in enumerate(node.get("Branches", ())):
            node["Branches"][number] = on_ways(branch)
        for key in ("ItemProcessor", "Iterator"):
            if key in node:
                node[key] = on_ways(node[key])
        kept[name] = node
    return {**tree, "StartAt": last(tree["StartAt"]), "States": kept}


NESTED = machine(
    First=state("Both"),
    Both={
        "Type": "Parallel",
        "Branches": [
            machine(L1=state("L2"), L2=state()),
            machine(R1={"Type": "Map", "Iterator": machine(I=state()), "End": True}),
        ],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Again"}],
        "Next": "Last",
    },
    Again=state("Both"),
    Last=state(),
)


@pytest.mark.parametrize(
    ("tree", "stages"),
    [
        (CHAIN, {"one": ["A"]}),
        (CHAIN, {"one": ["A"], "two": ["B", "C"], "three": ["D"]}),
        (CHAIN, {"outer": ["A", "B", "C", "D"], "inner": ["A", "B"], "innermost": ["A"]}),
        (CHAIN, {"outer": ["C", "D"], "inner": ["D"], "before": ["B"]}),
        (CHOICE, {"deploy": ["Deploy"], "notify": ["Notify"], "end": ["End"]}),
        (CHOICE, {"all": ["Good?", "Deploy", "Notify"]}),
        (NESTED, {"both": ["Both"], "left": ["L1"], "right": ["R1"], "item": ["I"], "last": ["Last"]}),
        (NESTED, {"both": ["Both", "L1", "I"]}),
    ],
)
def test_the_way_with_all_switches_on_is_the_definition(tree: dict[str, Any], stages: dict[str, Any]) -> None:
    before = copy.deepcopy(tree)
    after = switched(tree, **stages)
    assert after != tree
    assert on_ways(after) == tree == before


def test_a_switch_asks_for_presence_first_and_refuses_what_is_no_boolean() -> None:
    tree = switched(CHAIN, two=["B"])
    assert list(tree["States"]) == ["A", "Run two?", "Switch two is no boolean", "B", "C", "D"]
    switch = "$$.Execution.Input['Stages']['two']"
    assert tree["States"]["Run two?"] == {
        "Type": "Choice",
        "Comment": "Stage 'two' runs unless the execution's input has Stages.two = false",
        "Choices": [
            {"Variable": switch, "IsPresent": False, "Next": "B"},
            {"Variable": switch, "BooleanEquals": True, "Next": "B"},
            {"Variable": switch, "BooleanEquals": False, "Next": "C"},
        ],
        "Default": "Switch two is no boolean",
    }
    assert tree["States"]["A"]["Next"] == "Run two?"


def test_a_stage_that_is_off_by_default_goes_past_where_no_switch_is_given() -> None:
    choice = switched(CHAIN, two={"states": ["B"], "default": False})["States"]["Run two?"]
    assert [rule["Next"] for rule in choice["Choices"]] == ["C", "B", "C"]
    assert choice["Comment"] == "Stage 'two' runs if the execution's input has Stages.two = true"


def test_a_stage_at_the_start_and_at_the_end() -> None:
    tree = switched(CHAIN, all=["A", "B", "C", "D"])
    assert tree["StartAt"] == "Run all?"
    assert tree["States"]["Skip all"] == {"Type": "Succeed"}


def test_an_off_stage_leads_to_the_switch_of_the_next() -> None:
    tree = switched(CHAIN, one=["B"], two=["C"])
    assert tree["States"]["Run one?"]["Choices"][2]["Next"] == "Run two?"


def test_a_stage_that_goes_back_to_the_start_of_the_one_around_it_does_not_ask_again() -> None:
    again = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.x", "BooleanEquals": True, "Next": "A"}],
        "Default": "C",
    }
    tree = switched(machine(A=state("B"), B=again, C=state()), loop=["A", "B"])
    assert tree["States"]["B"]["Choices"][0]["Next"] == "A"
    assert tree["StartAt"] == "Run loop?"


def test_an_off_stage_that_leads_back_into_the_one_around_it_does_not_ask_that_again() -> None:
    rule = {"Variable": "$.x", "BooleanEquals": True, "Next": "C"}
    tree = machine(A={"Type": "Choice", "Choices": [rule], "Default": "B"}, B=state("A"), C=state())
    assert switched(tree, outer=["A", "B"], inner=["B"])["States"]["Run inner?"]["Choices"][2]["Next"] == "A"


def test_every_way_into_a_stage_leads_to_its_switch() -> None:
    tree = machine(
        Pick={
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "BooleanEquals": True, "Next": "In"}],
            "Default": "Try",
        },
        Try=task("Other", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "In"}]),
        Other=state("In"),
        In=state("Out"),
        Out=state(),
    )
    states = switched(tree, one=["In"])["States"]
    assert states["Pick"]["Choices"][0]["Next"] == "Run one?"
    assert states["Try"]["Catch"][0]["Next"] == "Run one?"
    assert states["Other"]["Next"] == "Run one?"


def test_names_of_added_states_are_unique_and_at_most_80_characters() -> None:
    result = {f"$.{'n' * 90}.a": 1, f"$.{'n' * 90}.b": 2}
    taken = {"Run one?": task("Skip one"), "Skip one": task("B"), "B": task()}
    tree = switched(machine(**taken), one={"states": ["B"], "result": result})
    added = [name for name in tree["States"] if name not in taken]
    assert added == [
        "Run one? (2)",
        "Skip one: $." + "n" * 68,
        "Skip one: $." + "n" * 64 + " (2)",
        "Switch one is no boolean",
    ]
    assert max(map(len, added)) == 80


def test_added_states_stand_at_the_line_of_the_state_that_they_stand_before() -> None:
    after = rewritten(CHAIN, two=["B", "C"])
    lines = {one.name: (one.location.line, one.location.state) for one in after.states}
    assert lines == {
        "A": (1, "States/A"),
        "Run two?": (2, "States/Run two?"),
        "Switch two is no boolean": (2, "States/Switch two is no boolean"),
        "B": (2, "States/B"),
        "C": (3, "States/C"),
        "D": (4, "States/D"),
    }
    assert all(after.tree["States"][one.name] is one.node for one in after.states)


def test_states_and_tree_agree_where_stages_are_nested() -> None:
    after = rewritten(NESTED, left=["L1"], item=["I"])
    for one in after.states:
        node: Any = after.tree
        for step in one.path:
            node = node[int(step)] if isinstance(node, list) else node[step]
        assert node is one.node
        assert node["Type"] == one.type


def test_integrations_stay_with_their_states() -> None:
    before = {one.name: one.integration for one in parsed(CHAIN).states}
    after = {one.name: one.integration for one in rewritten(CHAIN, two=["B"]).states}
    assert {name: after[name] for name in before} == before


def test_the_switches_are_inputs_of_the_execution_that_may_be_left_out() -> None:
    after = rewritten(CHAIN, {"input_schema": {"Zone": "str"}}, two=["B"], one=["A"])
    assert after.workflow.input_schema == {"Zone": "str", "Stages": {"two": "bool", "one": "bool"}}
    places = tuple(replace(parsed(CHAIN).states[number].location) for number in (1, 0))
    assert after.inputs == (ExecutionInput("Stages", "object", places), ExecutionInput("Zone", "str"))


def test_an_input_that_holds_switches_already_is_kept() -> None:
    given = {"input_schema": {"Stages": {"one": "bool", "other": "bool"}}}
    after = rewritten(CHAIN, given, one=["A"])
    assert after.workflow.input_schema == {"Stages": {"one": "bool", "other": "bool"}}


def test_parameters_in_results_are_tokens_and_numbers_numbers() -> None:
    result = {
        "$.A": {"Uri": "s3://${Bucket}/x", "Count": "${Count}", "Zone": "${AWS::Region}", "No": "${Other}"}
    }
    after = rewritten(CHAIN, one={"states": ["A"], "result": result})
    node = after.tree["States"]["Skip one"]["Result"]
    assert node["Count"] == Token("Count", number=True)
    assert node["Uri"].shown == "s3://${Bucket}/x"
    assert node["Zone"].shown == "${AWS::Region}"
    assert node["No"] == "${Other}"
    assert [item.name for item in after.parameters] == ["Bucket", "Count"]


def test_a_name_with_a_parameter_stays_one() -> None:
    tree = machine(**{"A ${Bucket}": state("B ${Bucket}"), "B ${Bucket}": state()})
    plain = definition.parse(loaded(tree), PARAMETERS)
    after = CAPABILITY.rewrite(plain, settings(one=["A ${Bucket}"])).tree
    ways = [rule["Next"] for rule in after["States"]["Run one?"]["Choices"]]
    first, second = plain.tree["States"]
    assert ways == [first, first, second]
    assert isinstance(first, Text)


def test_variables_of_an_off_stage_are_assigned() -> None:
    tree = machine(
        A=state("B", Assign={"limit": 1, "u.$": "$.u"}), B=state(Parameters={"a.$": "$limit", "b.$": "$u"})
    )
    missing = "which stage 'a' does not give when it is off"
    assert found(tree, a=["A"]) == [
        f"SFN693 workflows/train.py:2 (States/B): state 'B' reads '{name}', {missing}"
        for name in ("$limit", "$u")
    ]
    after = switched(tree, a={"states": ["A"], "result": {"$limit": [1], "$u.$": "$.v"}})["States"]
    assert after["Skip a: $limit"] == {"Type": "Pass", "Assign": {"limit": [1]}, "Next": "Skip a: $u"}
    assert after["Skip a: $u"] == {"Type": "Pass", "Assign": {"u.$": "$.v"}, "Next": "B"}


def test_nothing_is_done_without_stages() -> None:
    plain = parsed(CHAIN)
    assert CAPABILITY.rewrite(plain, settings()) is plain
    assert list(CAPABILITY.check(plain, settings())) == []


def test_a_stage_of_all_workflows_is_one_of_each() -> None:
    shared = Settings(root=settings().root, operations={"stages": {"two": {"states": ["B"]}}})
    assert "Run two?" in CAPABILITY.rewrite(parsed(CHAIN), shared).tree["States"]


def test_an_unknown_state_is_found_at_the_line_of_the_settings() -> None:
    assert found(CHOICE, first=["Train"], other=["Deplyo", "Deploy"]) == [
        "SFN690 sfn-cfn.toml:2: stage 'other' names state 'Deplyo', which the workflow does not have"
    ]
    assert hints(CHOICE, other=["Deplyo"]) == ["write 'Deploy'"]
    assert hints(CHOICE, other=["x"]) == ["write the name that the state has in the workflow"]


def test_a_stage_without_states_is_none() -> None:
    assert found(CHAIN, none=[]) == ["SFN690 sfn-cfn.toml:1: stage 'none' has no states"]


@pytest.mark.parametrize(
    ("tree", "states", "message", "hint"),
    [
        (
            CHAIN,
            ["B", "D"],
            "SFN691 workflows/train.py:4 (States/D): stage 's' is entered at 'B' (from 'A') and at 'D' (from 'C')",
            "add 'C' to the stage, or part it in two",
        ),
        (
            CHAIN,
            ["A", "C"],
            "SFN691 workflows/train.py:3 (States/C): stage 's' is entered at 'A' and at 'C' (from 'B')",
            "add 'B' to the stage, or part it in two",
        ),
        (
            CHOICE,
            ["Train", "Good?"],
            (
                "SFN691 workflows/train.py:2 (States/Good?): stage 's' cuts choice 'Good?' in "
                "half: 'Deploy' and 'Notify' "
                "come after it"
            ),
            "take 'Good?' out of the stage, or add what it chooses from",
        ),
        (
            CHOICE,
            ["Good?", "Deploy"],
            (
                "SFN691 workflows/train.py:2 (States/Good?): stage 's' cuts choice 'Good?' in half: 'Notify' and 'End' "
                "come after it"
            ),
            "take 'Good?' out of the stage, or add what it chooses from",
        ),
        (
            CHOICE,
            ["Deploy", "Notify"],
            (
                "SFN691 workflows/train.py:2 (States/Good?): stage 's' cuts choice 'Good?' in "
                "half: it leads to 'Deploy' "
                "and to 'Notify' in it"
            ),
            "add 'Good?' to the stage, or part the stage in two",
        ),
        (
            NESTED,
            ["First", "L1"],
            (
                "SFN691 workflows/train.py:3 (States/Both/Branches/0/States/L1): stage 's' has "
                "state 'L1', which does not "
                "stand beside its state 'First'"
            ),
            "name the Parallel or Map state that holds it, or give it a stage of its own",
        ),
        (
            machine(A=task("B"), B={"Type": "Fail"}),
            ["A"],
            (
                "SFN691 workflows/train.py:1 (States/A): stage 's' has no state after it, which "
                "the workflow could go on "
                "with when it is off"
            ),
            "take the state that decides to fail out of the stage",
        ),
        (
            machine(A=task("B"), B=task(), C=task("B")),
            ["C"],
            "SFN691 workflows/train.py:3 (States/C): no way leads into stage 's'",
            "chain it behind another state",
        ),
    ],
)
def test_a_cut_is_found_at_the_line_of_the_state(
    tree: dict[str, Any], states: list[str], message: str, hint: str
) -> None:
    assert (found(tree, s=states)[0], hints(tree, s=states)[0]) == (message, hint)


CHECKED = machine(
    **{
        "Good?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "BooleanEquals": True, "Next": "A"}],
            "Default": "B",
        }
    },
    A=task(),
    B=task(),
)


def test_a_choice_that_ends_in_a_stage_and_goes_on_after_it_is_cut() -> None:
    assert found(CHECKED, s=["Good?", "A"]) == [
        (
            "SFN691 workflows/train.py:1 (States/Good?): stage 's' cuts choice 'Good?' in half: 'B' comes after it, "
            "and 'A' ends the workflow in it"
        )
    ]
    assert hints(CHECKED, s=["Good?", "A"]) == ["take 'Good?' out of the stage, or add what it chooses from"]
    assert found(CHECKED, s=["Good?", "A", "B"]) == []


def test_a_stage_that_ends_on_one_of_two_ways_is_cut() -> None:
    tree = machine(**CHECKED["States"] | {"B": task("C")}, C=task())
    assert found(tree, s=["Good?", "A", "B"]) == [
        "SFN691 workflows/train.py:2 (States/A): stage 's' goes on to 'C' (from 'B'), and 'A' ends the workflow in it"
    ]


def test_a_handler_in_a_stage_may_end_the_workflow() -> None:
    tree = machine(
        A=task("B", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Tell"}]), Tell=task(), B=task()
    )
    assert found(tree, s=["A", "Tell"]) == []


def test_ways_to_a_fail_state_and_of_a_catch_are_no_exits() -> None:
    tree = machine(
        A=task("Good?", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Tell"}]),
        **{
            "Good?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.x", "BooleanEquals": True, "Next": "B"}],
                "Default": "Bad",
            }
        },
        B=task(),
        Tell=task("Bad"),
        Bad={"Type": "Fail"},
    )
    assert found(tree, s=["A", "Good?"]) == []
    assert switched(tree, s=["A", "Good?"])["States"]["Run s?"]["Choices"][2]["Next"] == "B"


def test_states_within_a_stage_s_states_may_be_listed_too() -> None:
    assert found(NESTED, s=["Both", "L1", "I"]) == []


def test_stages_that_overlap_are_found() -> None:
    assert found(CHAIN, x=["A", "B"], y=["B", "C"]) == [
        (
            "SFN692 workflows/train.py:2 (States/B): state 'B' is in stage 'x' and in stage 'y', "
            "and neither holds the whole other"
        )
    ]
    assert found(CHAIN, x=["B", "C"], y=["C", "B"]) == [
        "SFN692 workflows/train.py:2 (States/B): state 'B' is in stage 'x' and in stage 'y', which have the same states"
    ]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("Prepared", 1, "is no reference path and no variable"),
        ("$.a[0]", 1, "is no reference path and no variable"),
        ("$..a", 1, "is no reference path and no variable"),
        ("$states", 1, "is no reference path and no variable"),
        ("$.$", "$.a", "is no reference path and no variable"),
        ("$.a.$", 1, "has a value that is no path"),
        ("$.a.$", "States.UUID()", "has a value that is no path"),
    ],
)
def test_a_result_that_cannot_be_written_is_found_in_the_settings(path: str, value: Any, fault: str) -> None:
    stage = {"states": ["A"], "result": {path: value}}
    assert found(CHAIN, one=stage) == [f"SFN695 sfn-cfn.toml: result '{path}' of stage 'one' {fault}"]


@pytest.mark.parametrize("declared", ["str", {"one": "str"}])
def test_an_input_of_another_meaning_is_found(declared: Any) -> None:
    name = "Stages" if declared == "str" else "Stages.one"
    assert found(CHAIN, {"input_schema": {"Stages": declared}}, one=["A"]) == [
        (
            f"SFN696 workflows/train.py:40: input '{name}' is declared as something else than what holds the switches "
            "of stages"
        )
    ]


def test_a_child_of_a_distributed_map_that_reads_its_execution_s_input_is_found() -> None:
    tree = distributed(state(Parameters={"x.$": "$$.Execution.Input.x"}))
    assert found(tree, s=["Note"]) == [
        (
            "SFN694 workflows/train.py:3 (States/All/ItemProcessor/States/Read): state 'Read' reads the input of a "
            "Distributed Map's child, which then holds the switches"
        )
    ]
    assert found(tree) == []


def distributed(last: dict[str, Any]) -> dict[str, Any]:
    processor = {**machine(Note=state("Read"), Read=last), "ProcessorConfig": {"Mode": "DISTRIBUTED"}}
    return machine(All={"Type": "Map", "ItemProcessor": processor, "End": True})


def test_a_distributed_map_in_another_hands_down_what_it_was_handed() -> None:
    inner = distributed(state())
    outer = machine(
        Outer={
            "Type": "Map",
            "ItemProcessor": {**inner, "ProcessorConfig": {"Mode": "DISTRIBUTED"}},
            "End": True,
        }
    )
    tree = switched(outer, s=["Note"])["States"]["Outer"]
    assert tree["ItemSelector"] == {"ExecutionInput.$": "$$.Execution.Input", "Item.$": "$$.Map.Item.Value"}
    within = tree["ItemProcessor"]
    assert within["States"]["Take an item of Outer"] == {"Type": "Pass", "InputPath": "$.Item", "Next": "All"}
    handed = "$$.Execution.Input['ExecutionInput']"
    assert within["States"]["All"]["ItemSelector"]["ExecutionInput.$"] == handed
    run = within["States"]["All"]["ItemProcessor"]["States"]["Run s?"]
    assert run["Choices"][0]["Variable"] == f"{handed}['Stages']['s']"


def test_a_switch_that_only_children_read_is_an_input_without_readers() -> None:
    after = rewritten(distributed(state()), s=["Note"])
    assert after.inputs == (ExecutionInput("Stages", "object"),)


def test_a_machine_of_jsonata_has_conditions_and_outputs() -> None:
    tree = {**machine(A=jsonata("B"), B=jsonata()), "QueryLanguage": "JSONata"}
    result = {
        "$.P.q": {"u": "s3://${Bucket}/%}", "now": "{% $now() %}"},
        "$.n": [1, None],
        "$v": 1,
        "$": {"a": 1},
    }
    states = switched(tree, **{"a-b": {"states": ["A"], "result": result}})["States"]
    switch = "$states.context.Execution.Input.`Stages`.`a-b`"
    assert states["Run a-b?"]["Choices"] == [
        {"Condition": f"{{% $not($exists({switch})) %}}", "Next": "A"},
        {"Condition": f"{{% {switch} = true %}}", "Next": "A"},
        {"Condition": f"{{% {switch} = false %}}", "Next": "Skip a-b: $.P.q"},
    ]
    made = '{"u": "s3://${Bucket}/\\u0025}", "now": ($now())}'
    assert states["Skip a-b: $.P.q"]["Output"] == (
        f'{{% $merge([$states.input, {{"P": $merge([$states.input.`P`, {{"q": {made}}}])}}]) %}}'
    )
    assert states["Skip a-b: $.n"]["Output"] == '{% $merge([$states.input, {"n": [1, null]}]) %}'
    assert states["Skip a-b: $v"] == {"Type": "Pass", "Assign": {"v": 1}, "Next": "Skip a-b: $"}
    assert states["Skip a-b: $"] == {"Type": "Pass", "Output": {"a": 1}, "Next": "B"}


def jsonata(following: str = "", **fields: Any) -> dict[str, Any]:
    return {"Type": "Pass", **({"Next": following} if following else {"End": True}), **fields}


def test_a_path_for_a_value_is_none_in_a_machine_of_jsonata() -> None:
    tree = {**CHAIN, "QueryLanguage": "JSONata"}
    assert found(tree, one={"states": ["A"], "result": {"$.a.$": "$.b"}}) == [
        "SFN695 sfn-cfn.toml: result '$.a.$' of stage 'one' has a path for its value in a state machine of JSONata"
    ]


def test_states_that_begin_with_the_execution_s_input_are_found_behind_choices() -> None:
    tree = switched(CHAIN, one=["A"], two=["B"])
    assert starts(tree) == {"Run one?", "A", "Switch one is no boolean"}
    assert starts(CHAIN) == {"A"}
    assert starts(CHOICE | {"StartAt": "Good?"}) == {"Good?", "Deploy", "Notify"}
