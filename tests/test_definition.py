"""From the SDK's definition to states, tokens and inputs."""

from __future__ import annotations

import pytest
from samples import loaded, machine

from sfn_cfn import definition
from sfn_cfn.errors import DefinitionError, SourceLocation
from sfn_cfn.model import Integration, ParameterDeclaration, Text, Token

BUCKET = ParameterDeclaration("Bucket", "String", "data")
COUNT = ParameterDeclaration("Count", "Number", 2)
TRAIN = "arn:aws:states:::sagemaker:createTrainingJob.sync"


def test_a_declared_name_is_a_token_and_another_stays_text() -> None:
    parsed = definition.parse(
        loaded(machine(A={"Type": "Pass", "Result": "s3://${Bucket}/${Other}"})), [BUCKET]
    )
    assert parsed.tree["States"]["A"]["Result"] == Text(("s3://", Token("Bucket"), "/${Other}"))


def test_pseudo_parameters_are_tokens_without_a_declaration() -> None:
    parsed = definition.parse(loaded(machine(A={"Type": "Pass", "Result": "${AWS::Region}"})))
    assert parsed.states[0].node["Result"] == Text((Token("AWS::Region"),))


def test_only_parameters_that_a_leaf_uses_are_the_definitions() -> None:
    given = machine(A={"Type": "Pass", "Result": ["${Bucket}", 2]})
    parsed = definition.parse(
        loaded(given, numbers={("States", "A", "Result", "1"): "Count"}), [BUCKET, COUNT]
    )
    assert parsed.parameters == (BUCKET, COUNT)
    assert parsed.tree["States"]["A"]["Result"][1] == Token("Count", number=True)
    assert definition.parse(loaded(machine(A={"Type": "Succeed"})), [BUCKET]).parameters == ()


def test_names_that_the_compiler_fills_in_are_given() -> None:
    role = Token("Role", "expression")
    given = loaded(machine(A={"Type": "Pass", "Result": "${SageMakerRoleArn}"}))
    assert definition.parse(given, known={"SageMakerRoleArn": role}).tree["States"]["A"]["Result"] == Text(
        (role,)
    )


def test_a_workflows_declaration_stands_before_the_settings() -> None:
    own = ParameterDeclaration("Bucket", "String", "mine")
    given = loaded(machine(A={"Type": "Pass", "Result": "${Bucket}"}), parameters=(own,))
    assert definition.parse(given, [BUCKET]).parameters == (own,)


def test_a_parameter_declared_twice_with_two_meanings_is_refused() -> None:
    first = ParameterDeclaration("Bucket", "String", "a", location=SourceLocation("workflows/train.py", 3))
    second = ParameterDeclaration("Bucket", "String", "b", location=SourceLocation("workflows/train.py", 9))
    with pytest.raises(DefinitionError) as caught:
        definition.parse(loaded(machine(A={"Type": "Succeed"}), parameters=(first, second)))
    finding = caught.value.diagnostics[0]
    assert str(finding.location) == "workflows/train.py:9"
    assert finding.message == (
        "parameter 'Bucket' is declared again with another meaning (first at workflows/train.py:3)"
    )


def test_states_of_branches_and_maps_are_flattened_under_their_paths() -> None:
    inner = machine(Same={"Type": "Pass", "End": True})
    given = machine(
        P={"Type": "Parallel", "Branches": [inner, inner], "Next": "M"},
        M={"Type": "Map", "Iterator": machine(N={"Type": "Map", "ItemProcessor": inner}), "End": True},
    )
    lines = {("States", "P", "Branches", "1", "States", "Same"): SourceLocation("workflows/parts.py", 7)}
    parsed = definition.parse(loaded(given, state_lines=lines))
    assert ["/".join(state.path) for state in parsed.states] == [
        "States/P",
        "States/P/Branches/0/States/Same",
        "States/P/Branches/1/States/Same",
        "States/M",
        "States/M/Iterator/States/N",
        "States/M/Iterator/States/N/ItemProcessor/States/Same",
    ]
    assert str(parsed.states[2].location) == "workflows/parts.py:7 (States/P/Branches/1/States/Same)"
    assert str(parsed.states[1].location) == "workflows/train.py:40 (States/P/Branches/0/States/Same)"


@pytest.mark.parametrize(
    ("resource", "integration"),
    [
        (TRAIN, Integration("sagemaker", "createTrainingJob", "sync")),
        (
            "arn:aws-cn:states:::states:startExecution.sync:2",
            Integration("states", "startExecution", "sync:2"),
        ),
        ("arn:${AWS::Partition}:states:::sqs:sendMessage", Integration("sqs", "sendMessage")),
        (
            "arn:aws:states:::lambda:invoke.waitForTaskToken",
            Integration("lambda", "invoke", "waitForTaskToken"),
        ),
        ("arn:aws:states:::aws-sdk:s3:getObject", Integration("s3", "getObject", sdk=True)),
    ],
)
def test_a_resource_names_service_action_and_pattern(resource: str, integration: Integration) -> None:
    parsed = definition.parse(loaded(machine(A={"Type": "Task", "Resource": resource, "End": True})))
    assert parsed.states[0].integration == integration


@pytest.mark.parametrize(
    ("arn", "service"),
    [
        ("arn:aws:lambda:eu-west-1:123456789012:function:f:live", "lambda"),
        ("arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:f", "lambda"),
        ("arn:aws:states:eu-west-1:123456789012:activity:a", "activity"),
        ("arn:aws:states:::nothing", ""),
        ("nonsense", ""),
    ],
)
def test_a_bare_arn_is_kept(arn: str, service: str) -> None:
    state = definition.parse(loaded(machine(A={"Type": "Task", "Resource": arn}))).states[0]
    assert state.integration is not None
    shown = state.integration.arn.shown if isinstance(state.integration.arn, Text) else state.integration.arn
    assert (state.integration.service, shown) == (service, arn)


def test_inputs_are_those_declared_and_those_that_paths_read() -> None:
    given = machine(
        A={
            "Type": "Pass",
            "Parameters": {"a.$": "$.first", "b.$": "$$.Execution.Input['JobName']"},
            "Next": "B",
        },
        B={
            "Type": "Pass",
            "Parameters": {"c.$": "$.not_an_input", "d.$": "$$.Execution.Input.Deep.x"},
            "End": True,
        },
    )
    parsed = definition.parse(
        loaded(given, input_schema={"JobName": "str", "Unused": "int", "Deep": {"x": "str"}})
    )
    assert [(item.name, item.type, [place.state for place in item.readers]) for item in parsed.inputs] == [
        ("Deep", "object", ["States/B"]),
        ("JobName", "str", ["States/A"]),
        ("Unused", "int", []),
        ("first", "", ["States/A"]),
    ]


def test_inputs_are_read_by_functions_and_by_the_first_states_of_branches_that_start() -> None:
    format_call = "States.Format('{},$.quoted', $.bucket, $['key'], $$.Execution.Input.day)"
    branch = {"StartAt": "X", "States": {"X": {"Type": "Pass", "Parameters": {"c.$": "$.deep"}, "Next": "Y"}}}
    branch["States"]["Y"] = {"Type": "Pass", "Parameters": {"c.$": "$.not_an_input"}, "End": True}
    states = machine(
        A={"Type": "Parallel", "Branches": [branch], "Next": "B"},
        B={"Type": "Pass", "Parameters": {"d.$": "$.not_an_input"}, "End": True},
    )
    assert [item.name for item in definition.parse(loaded(states)).inputs] == ["deep"]
    states["States"]["A"]["InputPath"] = "$.whole"
    assert [item.name for item in definition.parse(loaded(states)).inputs] == ["whole"]
    called = machine(A={"Type": "Pass", "Parameters": {"a.$": format_call}, "End": True})
    assert [item.name for item in definition.parse(loaded(called)).inputs] == ["bucket", "day", "key"]


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({}, "the definition has no 'StartAt' or no 'States'"),
        (machine(A={"Type": "Taks"}), "state 'A' has no known Type: 'Taks'"),
        (machine(A={"Type": ["Task"]}), "state 'A' has no known Type: ['Task']"),
        (machine(A={"Type": "Parallel", "Branches": 1}), "'Branches' of state 'A' is not a list"),
        (machine(A={"Type": "Choice", "Choices": {}}), "'Choices' of state 'A' is not a list"),
        (machine(A={"Type": "Task", "Retry": "x"}), "'Retry' of state 'A' is not a list"),
        (
            machine(A={"Type": "Task", "Catch": [1]}),
            "'Catch' of state 'A' has an entry that is not an object",
        ),
        ({"StartAt": ["A"], "States": {}}, "the definition has no 'StartAt' or no 'States'"),
        (
            machine(A={"Type": "Parallel", "Branches": [{"StartAt": "x"}]}),
            "States/A/Branches/0 has no 'StartAt' or no 'States'",
        ),
    ],
)
def test_what_is_not_of_the_states_language_is_refused(tree: dict[str, object], message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        definition.parse(loaded(tree, template="unused"))
    assert [finding.message for finding in caught.value.diagnostics] == [message]
