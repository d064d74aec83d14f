"""Numbers of a state's output, published to CloudWatch, and alarms on them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from interpreter import Interpreter, interpreter
from operating import Made, findings, made, plain, training
from samples import machine

BY_NAME = '[metrics.Accuracy]\nstate = "Train"\nmetric = "validation:auc"\n'
BY_PATH = '[metrics.Accuracy]\nstate = "Train"\npath = "$.Training.auc"\n'
ADDED = "Publish metrics of Train"
TREE = machine(Train=training(ResultPath="$.Training", Next="Last"), Last={"Type": "Succeed"})
FINAL = [
    {"MetricName": "train:auc", "Value": 0.99, "Timestamp": 1},
    {"MetricName": "validation:auc", "Value": 0.87, "Timestamp": 1},
]


def task(found: Made, metric: str = "Accuracy") -> Any:
    """The task that publishes the metric."""
    (state,) = [one for one in found.definition.states if one.name == f"Put {metric}"]
    return state


# -- the states -------------------------------------------------------------------------------------------


def test_a_state_stands_behind_the_metrics_own_and_leads_where_that_led() -> None:
    states = made(BY_NAME, TREE).tree["States"]
    assert list(states) == ["Train", ADDED, "Last"]
    assert (states["Train"]["Next"], states[ADDED]["Next"]) == (ADDED, "Last")
    assert states[ADDED]["ResultPath"] is None
    assert states[ADDED]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Last"}]


def test_the_call_names_namespace_dimension_and_value() -> None:
    found = made(BY_NAME + 'unit = "Percent"\n', TREE)
    state = task(found)
    assert state.integration.action == "putMetricData"
    assert state.path[-6:-1] == ("0", "States", "Find Accuracy", "ItemProcessor", "States")
    put = found.tree["States"][ADDED]["Branches"][0]["States"]["Find Accuracy"]["ItemProcessor"]["States"][
        "Put Accuracy"
    ]
    assert put["Resource"] == "arn:<AWS::Partition>:states:::aws-sdk:cloudwatch:putMetricData"
    own = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:<PipelineName>-train-<TargetEnv>"
    assert put["Parameters"] == {
        "Namespace": "<PipelineName>",
        "MetricData": [
            {
                "MetricName": "Accuracy",
                "Dimensions": [{"Name": "StateMachineArn", "Value": own}],
                "Unit": "Percent",
                "Value.$": "$.Value",
            }
        ],
    }


def test_the_role_may_publish_under_this_namespace_only() -> None:
    (policy,) = made(BY_NAME, TREE).properties("WorkflowExecutionRole")["Policies"]
    (statement,) = [
        one for one in policy["PolicyDocument"]["Statement"] if one["Action"] == "cloudwatch:PutMetricData"
    ]
    assert plain(statement["Condition"]) == {"StringEquals": {"cloudwatch:namespace": "Ref(PipelineName)"}}


def test_a_state_at_the_end_gets_an_end_for_what_could_not_be_published() -> None:
    states = made(BY_NAME, machine(Train=training())).tree["States"]
    assert list(states) == ["Train", ADDED, "Metrics of Train not published"]
    assert "End" not in states["Train"]
    assert states[ADDED]["End"] is True
    assert states["Metrics of Train not published"] == {"Type": "Pass", "End": True}


def test_a_state_within_a_branch_keeps_its_place() -> None:
    branch = machine(Train=training())
    tree = machine(
        Both={"Type": "Parallel", "Branches": [machine(Other={"Type": "Succeed"}), branch], "End": True}
    )
    found = made(BY_NAME, tree)
    assert list(found.tree["States"]["Both"]["Branches"][1]["States"])[:2] == ["Train", ADDED]
    state = task(found)
    assert state.location.line == 40
    assert state.path[:4] == ("States", "Both", "Branches", "1")


def test_names_of_added_states_are_new_and_at_most_80_characters() -> None:
    long = "T" * 80
    tree = machine(**{long: training(Next="Put Accuracy"), "Put Accuracy": {"Type": "Succeed"}})
    found = made(BY_NAME.replace("Train", long), tree)
    names = [state.name for state in found.definition.states]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) == 80
    assert "Put Accuracy (2)" in names


def test_several_metrics_of_a_state_go_their_own_ways() -> None:
    more = (
        '[metrics.Seconds]\nstate = "Train"\npath = "$.Training.Seconds"\nnamespace = "Ours/${TargetEnv}"\n'
    )
    found = made(BY_NAME + more, TREE)
    assert len(found.tree["States"][ADDED]["Branches"]) == 2
    put = found.tree["States"][ADDED]["Branches"][1]["States"]["Put Seconds"]
    assert put["Parameters"]["Namespace"] == "Ours/<TargetEnv>"


def test_a_jsonata_state_machine_publishes_in_jsonata() -> None:
    state = training(Next="Last")
    state["Arguments"] = {"TrainingJobName": "n", "RoleArn": state.pop("Parameters")["RoleArn"]}
    tree = {**machine(Train=state, Last={"Type": "Succeed"}), "QueryLanguage": "JSONata"}
    states = made(BY_NAME, tree).tree["States"]
    assert states[ADDED]["Output"] == "{% $states.input %}"
    branch = states[ADDED]["Branches"][0]["States"]
    value = '$states.input.`FinalMetricDataList`[MetricName="validation:auc"][0].Value'
    assert branch["Is Accuracy there?"]["Choices"] == [
        {"Condition": f"{{% $type({value}) = 'number' %}}", "Next": "Put Accuracy"}
    ]
    assert branch["Put Accuracy"]["Arguments"]["MetricData"][0]["Value"] == f"{{% {value} %}}"
    by_path = made(BY_PATH.replace("$.Training.auc", "$.a['b c'][0]"), tree).tree["States"][ADDED]
    put = by_path["Branches"][0]["States"]["Put Accuracy"]
    assert put["Arguments"]["MetricData"][0]["Value"] == "{% $states.input.`a`.`b c`[0] %}"


# -- executed ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def local() -> Iterator[Interpreter]:
    with interpreter() as started:
        yield started


def executed(local: Interpreter, toml: str, result: Any) -> tuple[Any, list[Any]]:
    """The execution's output, and the values that were published."""
    tree = copy.deepcopy(made(toml, TREE).tree)
    (branch,) = [part["States"] for part in machines(tree) if "Put Accuracy" in part["States"]]
    put = branch["Put Accuracy"]
    branch["Put Accuracy"] = {"Type": "Pass", "Parameters": put["Parameters"], "Next": put["Next"]}
    tree["States"][ADDED]["ResultPath"] = "$.Published"
    run = local.run(tree, {"kept": 1}, {"Train": result})
    assert run.status == "SUCCEEDED", (run.error, run.cause)
    (published,) = run.output.pop("Published")
    found = published if isinstance(published, list) else [published]
    return run.output, [one["MetricData"][0]["Value"] for one in found if "MetricData" in one]


def machines(tree: Any) -> Iterator[Any]:
    """A definition and all that are nested in it."""
    yield tree
    for state in tree["States"].values():
        for part in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
            yield from machines(part)


def test_a_final_metric_is_found_by_its_name_and_the_output_stays(local: Interpreter) -> None:
    result = {"FinalMetricDataList": FINAL}
    assert executed(local, BY_NAME, result) == ({"kept": 1, "Training": result}, [0.87])


@pytest.mark.parametrize("result", [{}, {"FinalMetricDataList": []}, {"FinalMetricDataList": FINAL[:1]}])
def test_a_metric_that_is_not_there_is_left_out_and_nothing_fails(local: Interpreter, result: Any) -> None:
    assert executed(local, BY_NAME, result) == ({"kept": 1, "Training": result}, [])


@pytest.mark.parametrize(("result", "published"), [({"auc": 0.5}, [0.5]), ({"auc": "0.5"}, []), ({}, [])])
def test_a_number_is_read_by_its_path(local: Interpreter, result: Any, published: list[float]) -> None:
    assert executed(local, BY_PATH, result) == ({"kept": 1, "Training": result}, published)


def test_without_the_test_the_output_goes_on_as_it_is(local: Interpreter) -> None:
    tree = made(BY_NAME, TREE).tree
    result = {"FinalMetricDataList": FINAL[1:]}  # items of a Map go side by side
    run = local.run(tree, {"kept": 1}, {"Train": result})
    assert (run.status, run.output) == ("SUCCEEDED", {"kept": 1, "Training": result})
    assert run.entered == (
        "Train",
        ADDED,
        "Are there metrics for Accuracy?",
        "Find Accuracy",
        "Is Accuracy there?",
        "Put Accuracy",
        "After one for Accuracy",
        "After Accuracy",
        "Last",
    )


# -- where the number stands --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "base"),
    [
        ({}, "$"),
        ({"ResultPath": "$"}, "$"),
        ({"ResultPath": "$.a.b"}, "$.a.b"),
        ({"ResultPath": "$.a", "OutputPath": "$.a"}, "$"),
        ({"ResultPath": "$.a.b", "OutputPath": "$.a"}, "$.b"),
    ],
)
def test_a_jobs_description_is_found_wherever_the_state_puts_it(fields: dict[str, Any], base: str) -> None:
    found = made(BY_NAME, machine(Train=training(**fields)))
    (state,) = [one for one in found.definition.states if one.name == "Find Accuracy"]
    assert state.node["ItemsPath"] == f"{base}.FinalMetricDataList"


HELD = "is read by its name from 'Train', whose output does not hold the job's description"
PLAIN = "is read by its name from 'Train', which does not wait for a training job"


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        (training(ResultPath=None), HELD),
        (training(ResultSelector={"x": 1}), HELD),
        (training(ResultPath="$.a", OutputPath="$.b"), HELD),
        (training(Resource="arn:aws:states:::sagemaker:createTrainingJob"), PLAIN),
        ({"Type": "Pass", "End": True}, PLAIN),
    ],
)
def test_a_metric_that_cannot_be_read_is_refused_at_its_line(state: dict[str, Any], fault: str) -> None:
    hint = 'give the path of the number in the state\'s output: path = "$.Evaluation.accuracy"'
    assert findings(BY_NAME, machine(Train=state)) == [
        f"SFN650 sfn-cfn.toml:3: metric 'Accuracy' {fault} | {hint}"
    ]


@pytest.mark.parametrize(
    ("keys", "fault", "hint"),
    [
        (
            "",
            "1: metric 'Accuracy' has neither a path nor a metric's name",
            'give the path of the number in the state\'s output: path = "$.Evaluation.accuracy"',
        ),
        (
            'path = "$.a"\nmetric = "b"\n',
            "3: metric 'Accuracy' has both a path and a metric's name",
            "take one of them out",
        ),
    ],
)
def test_a_metric_is_read_in_one_way(keys: str, fault: str, hint: str) -> None:
    found = findings(f'[metrics.Accuracy]\nstate = "Train"\n{keys}', TREE)
    assert found == [f"SFN650 sfn-cfn.toml:{fault} | {hint}"]


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("", "names no state"),
        ('state = "Trian"\n', "names state 'Trian', which workflow 'train' has not"),
        ('state = "Last"\n', "names state 'Last', a Succeed, after which nothing can be published"),
    ],
)
def test_a_metric_of_no_state_is_refused(key: str, fault: str) -> None:
    toml = f'[metrics.Accuracy]\npath = "$.a"\n{key}'
    line = 3 if key else 1
    assert findings(toml, TREE) == [
        f"SFN649 sfn-cfn.toml:{line}: metric 'Accuracy' {fault} | name a state in [workflows.train.metrics.Accuracy]"
    ]


# -- alarms -------------------------------------------------------------------------------------------------


def test_a_limit_is_an_alarm_on_what_is_published() -> None:
    found = made(BY_NAME + "below = 0.8\nabove = 0.999\nperiod = 3600\n", TREE)
    assert found.of_type("AWS::CloudWatch::Alarm") == ["AccuracyAboveAlarm", "AccuracyBelowAlarm"]
    alarm = plain(found.properties("AccuracyBelowAlarm"))
    assert {
        key: alarm[key] for key in ("Namespace", "MetricName", "Statistic", "Threshold", "ComparisonOperator")
    } == {
        "Namespace": "Ref(PipelineName)",
        "MetricName": "Accuracy",
        "Statistic": "Minimum",
        "Threshold": 0.8,
        "ComparisonOperator": "LessThanThreshold",
    }
    assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": "Ref(StateMachineComponent)"}]
    above = plain(found.properties("AccuracyAboveAlarm"))
    assert (above["Statistic"], above["ComparisonOperator"]) == ("Maximum", "GreaterThanThreshold")


def test_a_metric_without_limit_has_no_alarm() -> None:
    assert made(BY_NAME, TREE).of_type("AWS::CloudWatch::Alarm") == []


def test_a_limit_without_period_is_refused_at_its_line() -> None:
    assert findings(BY_NAME + "below = 0.8\n", TREE) == [
        "SFN651 sfn-cfn.toml:4: metric 'Accuracy' has a limit ('below') and no period | write period = 3600 beside it"
    ]


def test_a_period_that_cloudwatch_does_not_take_is_refused() -> None:
    assert findings(BY_NAME + "below = 0.8\nperiod = 61\n", TREE) == [
        "SFN651 sfn-cfn.toml:5: 'metrics.Accuracy.period' is 61, not a multiple of 60 seconds | write period = 60"
    ]


def test_limits_that_leave_no_value_are_refused_at_their_line() -> None:
    toml = '[metrics.M]\nstate = "A"\npath = "$.a"\nbelow = 2\nabove = 1.5\nperiod = 60\n'
    assert findings(toml) == [
        "SFN679 sfn-cfn.toml:4: metric 'M' is below 2 or above 1.5 whatever it is | write the lower limit as below"
    ]
    assert findings(toml.replace("below = 2", "below = 1.5")) == []
