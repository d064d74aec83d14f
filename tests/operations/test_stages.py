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
from sfn_cfn.toml_lines import tomllib

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
    ahead = {name: node["Choices"][-2]["Next"] for name, node in states.items() if name.startswith("Run ")}

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
    switches = "$$.Execution.Input['Stages']"
    switch = f"{switches}['two']"
    assert tree["States"]["Run two?"] == {
        "Type": "Choice",
        "Comment": "Stage 'two' runs unless the execution's input has Stages.two = false",
        "Choices": [
            {
                "And": [
                    {"Variable": switches, "IsPresent": True},
                    {
                        "Or": [
                            {"Variable": switches, "IsString": True},
                            {"Variable": switches, "IsNumeric": True},
                            {"Variable": switches, "IsBoolean": True},
                            {"Variable": f"{switches}[0]", "IsPresent": True},
                        ]
                    },
                ],
                "Next": "Switch two is no boolean",
            },
            {"Variable": switch, "IsPresent": False, "Next": "B"},
            {"Variable": switch, "BooleanEquals": True, "Next": "B"},
            {"Variable": switch, "BooleanEquals": False, "Next": "C"},
        ],
        "Default": "Switch two is no boolean",
    }
    assert tree["States"]["A"]["Next"] == "Run two?"


def test_a_stage_that_is_off_by_default_goes_past_where_no_switch_is_given() -> None:
    choice = switched(CHAIN, two={"states": ["B"], "default": False})["States"]["Run two?"]
    assert [rule["Next"] for rule in choice["Choices"][1:]] == ["C", "B", "C"]
    assert choice["Comment"] == "Stage 'two' runs if the execution's input has Stages.two = true"


def test_a_stage_at_the_start_and_at_the_end() -> None:
    tree = switched(CHAIN, all=["A", "B", "C", "D"])
    assert tree["StartAt"] == "Run all?"
    assert tree["States"]["Skip all"] == {"Type": "Succeed"}


def test_an_off_stage_leads_to_the_switch_of_the_next() -> None:
    tree = switched(CHAIN, one=["B"], two=["C"])
    assert tree["States"]["Run one?"]["Choices"][-1]["Next"] == "Run two?"


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
    assert switched(tree, outer=["A", "B"], inner=["B"])["States"]["Run inner?"]["Choices"][-1]["Next"] == "A"


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
    ways = [rule["Next"] for rule in after["States"]["Run one?"]["Choices"][1:]]
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
    assert switched(tree, s=["A", "Good?"])["States"]["Run s?"]["Choices"][-1]["Next"] == "B"


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
        ("$.a.$", "$..x[", "has a value that is no path"),
        ("$v.a", 1, "is no reference path and no variable"),
        ("$$.a", 1, "is no reference path and no variable"),
        ("$.a['b','c']", 1, "is no reference path and no variable"),
        ("$.a b", 1, "is no reference path and no variable"),
        ("$['']", 1, "is no reference path and no variable"),
        ("$.a", {"b.$": 3}, "has a value for its 'b.$' that is neither a path nor a function"),
        ("$.a", {"b": [{"c.$": "junk"}]}, "has a value for its 'c.$' that is neither a path nor a function"),
        ("$.a", [{"b.$": ["$.x"]}], "has a value for its 'b.$' that is neither a path nor a function"),
        (
            "$.a",
            {"b.$": "States.Format('{}', $.x"},
            "has a value for its 'b.$' that is neither a path nor a function",
        ),
    ],
)
def test_a_result_that_cannot_be_written_is_found_in_the_settings(path: str, value: Any, fault: str) -> None:
    stage = {"states": ["A"], "result": {path: value}}
    assert found(CHAIN, one=stage) == [f"SFN695 sfn-cfn.toml: result '{path}' of stage 'one' {fault}"]


@pytest.mark.parametrize(
    ("path", "value", "hint"),
    [
        ("x", 1, "write '$.Name', '$.Name.Inner' or '$name'"),
        ("$.$", "$.a", "write '$', with an object that has paths"),
        ("$.a.$", "b", "write a path, or '$.a'"),
        ("$.a", {"b.$": "c"}, "write a path or a function such as States.Format('{}', $.Name), or 'b'"),
    ],
)
def test_a_result_that_cannot_be_written_has_a_remedy(path: str, value: Any, hint: str) -> None:
    assert hints(CHAIN, one={"states": ["A"], "result": {path: value}}) == [hint]


@pytest.mark.parametrize(
    ("result", "fault", "hint"),
    [
        (
            {"$.P.a": 1, "$.P": {"b": 2}},
            "'$.P' of stage 'one' overwrites its result '$.P.a'",
            "write '$.P' before '$.P.a', or one object for both",
        ),
        (
            {"$.P": 1, "$": {"b": 2}},
            "'$' of stage 'one' overwrites its result '$.P'",
            "write '$' before '$.P', or one object for both",
        ),
        (
            {"$.P": 1, "$['P'].$": "$.x"},
            "'$['P'].$' of stage 'one' is declared as '$.P' too",
            "keep one of them",
        ),
        (
            {"$.P": [1], "$.P.a": 1},
            "'$.P.a' of stage 'one' stands within its result '$.P', which is no object",
            "make '$.P' an object",
        ),
    ],
)
def test_results_that_undo_one_another_are_found(result: dict[str, Any], fault: str, hint: str) -> None:
    stage = {"states": ["A"], "result": result}
    assert found(CHAIN, one=stage) == [f"SFN695 sfn-cfn.toml: result {fault}"]
    assert hints(CHAIN, one=stage) == [hint]


def test_results_that_stand_in_one_another_in_their_order_are_none() -> None:
    result = {"$": {"x": 1}, "$.P": {"b": 2}, "$.P.a": 1, "$.Q.$": "$.x", "$.Q.a": 1, "$.Pa": 1, "$P": 1}
    assert found(CHAIN, one={"states": ["A"], "result": result}) == []


@pytest.mark.parametrize(
    ("value", "fault", "hint"),
    [
        (
            {"a": ["{% '${Bucket}' %}"]},
            "has parameter 'Bucket' in an expression, which its value may end",
            'give "${Bucket}" a name of its own in an object, outside of expressions',
        ),
        ({"a.$": "$.x"}, "has a path for its 'a.$' in a state machine of JSONata", 'write "{% ... %}"'),
    ],
)
def test_a_result_that_a_machine_of_jsonata_cannot_give_is_found(value: Any, fault: str, hint: str) -> None:
    tree = {**machine(A=jsonata("B"), B=jsonata()), "QueryLanguage": "JSONata"}
    stage = {"states": ["A"], "result": {"$.P": value}}
    assert found(tree, one=stage) == [f"SFN695 sfn-cfn.toml: result '$.P' of stage 'one' {fault}"]
    assert hints(tree, one=stage) == [hint]


def test_an_expression_may_hold_a_number_and_what_the_stack_knows() -> None:
    tree = {**machine(A=jsonata("B"), B=jsonata()), "QueryLanguage": "JSONata"}
    result = {"$.P": {"a": "{% ${Count} + 1 %}", "b": "{% '${AWS::Region}' %}", "c": "${Bucket}"}}
    assert found(tree, one={"states": ["A"], "result": result}) == []


@pytest.mark.parametrize("place", ["$['Größe']", "$.Größe", "$.1st", "$['a b'].c", "$['it\\'s']"])
def test_the_remedy_for_a_name_of_any_letters_is_one_that_can_be_written(place: str) -> None:
    tree = machine(A=task("B", ResultPath=place), B=state(InputPath=place))
    (hint,) = hints(tree, one=["A"])
    (written,) = tomllib.loads(hint.partition(": ")[2].replace("...", "1"))["result"]
    stage = {"states": ["A"], "result": {written: 1}}
    assert found(tree, one=stage) == []
    assert found(tree, one={"states": ["A"], "result": {place: 1}}) == []
    assert switched(tree, one=stage)["States"]["Skip one"]["ResultPath"] == written


def test_the_remedy_for_a_name_in_brackets_is_the_whole_place() -> None:
    tree = machine(A=task("B", ResultPath="$['Create Model']"), B=state(InputPath="$['Create Model']['Arn']"))
    declare = "declare it under [workflows.train.stages.one]: result = "
    assert hints(tree, one=["A"]) == [f"{declare}{{ \"$['Create Model'].Arn\" = ... }}"]


def test_a_list_with_paths_is_made_in_an_object_first() -> None:
    tree = machine(A=task("B", ResultPath="$.P"), B=state(InputPath="$.P[0].X"))
    states = switched(tree, one={"states": ["A"], "result": {"$.P": [{"X.$": "$.k"}]}})["States"]
    assert states["Skip one: value of $.P"] == {
        "Type": "Pass",
        "Parameters": {"Input.$": "$", "Value": [{"X.$": "$.k"}]},
        "Next": "Skip one: $.P",
    }
    assert states["Skip one: $.P"] == {
        "Type": "Pass",
        "InputPath": "$.Value",
        "ResultPath": "$.Input.P",
        "OutputPath": "$.Input",
        "Next": "B",
    }


def test_a_distributed_map_of_jsonata_hands_down_no_more_than_the_switches() -> None:
    tree = {**distributed(state()), "QueryLanguage": "JSONata"}
    switches = "$states.context.Execution.Input.`Stages`"
    assert switched(tree, s=["Note"])["States"]["All"]["ItemSelector"] == {
        "ExecutionInput": f'{{% $exists({switches}) ? {{"Stages": {switches}}} : {{}} %}}',
        "Item": "{% $states.context.Map.Item.Value %}",
    }


def test_the_selector_of_a_distributed_map_keeps_its_old_name() -> None:
    tree = distributed(state())
    tree["States"]["All"]["Parameters"] = {"x": 1}
    node = switched(tree, s=["Note"])["States"]["All"]
    assert node["Parameters"] == {"ExecutionInput.$": "$$.Execution.Input", "Item": {"x": 1}}
    assert "ItemSelector" not in node


def test_a_batch_keeps_its_own_input_beside_the_switches() -> None:
    tree = distributed(state())
    tree["States"]["All"]["ItemBatcher"] = {"MaxItemsPerBatch": 2, "BatchInput": {"x": 1}}
    batcher = switched(tree, s=["Note"])["States"]["All"]["ItemBatcher"]
    assert batcher == {
        "MaxItemsPerBatch": 2,
        "BatchInput": {"ExecutionInput.$": "$$.Execution.Input", "Item": {"x": 1}},
    }


def test_a_stage_at_the_end_of_a_branch_without_results_succeeds_where_it_is_off() -> None:
    tree = switched(NESTED, last=["L2"])
    branch = tree["States"]["Both"]["Branches"][0]["States"]
    assert branch["Skip last"] == {"Type": "Succeed"}
    assert branch["Run last?"]["Choices"][-1]["Next"] == "Skip last"


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
    assert run["Choices"][1]["Variable"] == f"{handed}['Stages']['s']"


def test_a_switch_that_only_children_read_is_an_input_without_readers() -> None:
    after = rewritten(distributed(state()), s=["Note"])
    assert after.inputs == (ExecutionInput("Stages", "object"),)


def test_a_machine_of_jsonata_has_conditions_and_outputs() -> None:
    tree = {**machine(A=jsonata("B"), B=jsonata()), "QueryLanguage": "JSONata"}
    result = {
        "$": {"a": 1},
        "$.P.q": {"u": "s3://${Bucket}/%}", "now": "{% $now() %}"},
        "$.n": [1, None],
        "$v": 1,
    }
    states = switched(tree, **{"a-b": {"states": ["A"], "result": result}})["States"]
    switches = "$states.context.Execution.Input.`Stages`"
    switch = f"{switches}.`a-b`"
    other = f"$exists({switches}) and $not($type({switches}) in ['object', 'null'])"
    assert states["Run a-b?"]["Choices"] == [
        {"Condition": f"{{% {other} %}}", "Next": "Switch a-b is no boolean"},
        {"Condition": f"{{% $not($exists({switch})) %}}", "Next": "A"},
        {"Condition": f"{{% {switch} = true %}}", "Next": "A"},
        {"Condition": f"{{% {switch} = false %}}", "Next": "Skip a-b: $"},
    ]
    value = {"u": "s3://${Bucket}/%}", "now": "{% $now() %}"}
    assert states["Skip a-b: value of $.P.q"]["Output"] == {"Input": "{% $states.input %}", "Value": value}
    given = "$states.input.Input"
    assert states["Skip a-b: $.P.q"]["Output"] == (
        f'{{% $merge([{given}, {{"P": $merge([{given}.`P`, {{"q": $states.input.Value}}])}}]) %}}'
    )
    assert states["Skip a-b: value of $.n"]["Output"]["Value"] == [1, None]
    assert states["Skip a-b: $.n"]["Output"] == f'{{% $merge([{given}, {{"n": $states.input.Value}}]) %}}'
    assert states["Skip a-b: $v"] == {"Type": "Pass", "Assign": {"v": 1}, "Next": "B"}
    after = "Skip a-b: value of $.P.q"
    assert states["Skip a-b: $"] == {"Type": "Pass", "Output": {"a": 1}, "Next": after}


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
