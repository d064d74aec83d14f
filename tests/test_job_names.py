from __future__ import annotations

import hashlib
from typing import Any

import pytest
from samples import loaded, machine

from sfn_cfn import definition, job_names
from sfn_cfn.errors import Diagnostic
from sfn_cfn.job_names import expressions
from sfn_cfn.model import ParameterDeclaration, resolve

STAMPED = "sagemaker-xgboost-2024-01-02-03-04-05-680"
TRAIN = ("States", "Train", "Parameters")


def task(
    action: str, *, arguments: bool = False, more: dict[str, Any] | None = None, **parameters: Any
) -> dict[str, Any]:
    key = "Arguments" if arguments else "Parameters"
    resource = f"arn:aws:states:::sagemaker:{action}"
    return {"Type": "Task", "Resource": resource, key: parameters, "End": True, **(more or {})}


def named(
    definition_: dict[str, Any], *, unique: bool = True, varying: Any = (), **more: Any
) -> tuple[Any, list[str]]:
    """The states' parameters by state, with tokens as `${Name}`, and the findings as lines."""
    made, findings = job_names.name_jobs(
        definition.parse(loaded(definition_, varying=tuple(varying), **more)), unique=unique
    )
    shown = {
        state.name: resolve(
            state.node.get("Parameters", state.node.get("Arguments")), lambda t: f"${{{t.name}}}"
        )
        for state in made.states
    }
    return shown, [said(item) for item in findings]


def said(item: Diagnostic) -> str:
    return f"{item.code}: {item.message} [{item.hint}]"


def hashed(state: str, *more: str) -> str:
    form = "{}|" + state + "|{}" * len(more)
    return f"States.Hash(States.Format('{form}', {', '.join(('$$.Execution.Id', *more))}), 'MD5')"


def formed(prefix: str, state: str, *more: str) -> str:
    return f"States.Format('{prefix}-{{}}', {hashed(state, *more)})"


def in_map(state: dict[str, Any], mode: str = "INLINE", name: str = "Train") -> dict[str, Any]:
    return {
        "Type": "Map",
        "ItemProcessor": {"ProcessorConfig": {"Mode": mode}, **machine(**{name: state})},
        "End": True,
    }


def test_nothing_is_rewritten_unless_asked_for_and_a_fixed_name_is_told_of() -> None:
    given = machine(Train=task("createTrainingJob.sync", TrainingJobName="train"))
    shown, findings = named(given, unique=False)
    assert shown == {"Train": {"TrainingJobName": "train"}}
    assert findings == [
        (
            "SFN370: state 'Train' gives its training job the name 'train' in every execution, which is free only once "
            "[set unique_names = true in sfn-cfn.toml, or take the name from the execution's input]"
        )
    ]


def test_a_name_with_the_builds_time_is_told_of_without_that_time() -> None:
    given = machine(Train=task("createTrainingJob.sync", TrainingJobName=STAMPED))
    _, findings = named(given, unique=False, varying=[(*TRAIN, "TrainingJobName")])
    assert findings == [
        (
            "SFN370: state 'Train' gives its training job a name made at build time in every execution, which is "
            "free only once [set unique_names = true in sfn-cfn.toml, or take the name from the execution's input]"
        )
    ]


def test_a_parameter_is_a_fixed_name_too() -> None:
    given = machine(Train=task("createTrainingJob.sync", TrainingJobName="${Name}-train"))
    declared = (ParameterDeclaration("Name", "String", "x"),)
    shown, _ = named(given, parameters=declared)
    assert shown == {"Train": {"TrainingJobName.$": formed("train", "Train")}}


def test_the_executions_name_as_it_is_is_told_of_and_replaced() -> None:
    given = machine(Train=task("createTrainingJob.sync", **{"TrainingJobName.$": "$$.Execution.Name"}))
    shown, findings = named(given, unique=False)
    assert shown == {"Train": {"TrainingJobName.$": "$$.Execution.Name"}}
    assert findings == [
        (
            "SFN371: state 'Train' names its training job by the execution's name, which may not fit "
            "[set unique_names = true in sfn-cfn.toml, or take the name from the execution's input]"
        )
    ]
    assert named(given) == ({"Train": {"TrainingJobName.$": formed("Train", "Train")}}, [])


@pytest.mark.parametrize(
    "expression",
    [
        "$$.Execution.Input['Job']",
        "$.job",
        "States.Format('train-{}', States.Hash($$.Execution.Name, 'MD5'))",
    ],
)
def test_a_name_of_the_input_or_a_hash_is_right_as_it_is(expression: str) -> None:
    given = machine(Train=task("createTrainingJob.sync", **{"TrainingJobName.$": expression}))
    assert named(given) == ({"Train": {"TrainingJobName.$": expression}}, [])
    assert named(given, unique=False)[1] == []


def test_a_fixed_name_becomes_one_of_the_execution_and_the_state() -> None:
    given = machine(Train=task("createTrainingJob.sync", TrainingJobName="income-train"))
    assert named(given) == ({"Train": {"TrainingJobName.$": formed("income-train", "Train")}}, [])


def test_two_states_of_one_name_differ() -> None:
    one, two = (task("createTrainingJob.sync", TrainingJobName="train") for _ in range(2))
    shown, _ = named(machine(One={**one, "End": False, "Next": "Two"}, Two=two))
    assert shown["One"] == {"TrainingJobName.$": formed("train", "One")}
    assert shown["Two"] == {"TrainingJobName.$": formed("train", "Two")}


def test_a_retried_job_has_the_number_of_the_retry_in_its_name() -> None:
    retry = {"Retry": [{"ErrorEquals": ["States.ALL"]}]}
    shown, _ = named(machine(Train=task("createTrainingJob.sync", more=retry, TrainingJobName="train")))
    assert shown == {"Train": {"TrainingJobName.$": formed("train", "Train", "$$.State.RetryCount")}}


def test_the_prefix_is_cut_so_that_the_name_fits() -> None:
    given = machine(Train=task("createTrainingJob.sync", TrainingJobName=f"{'a' * 29}-{'b' * 40}"))
    shown, _ = named(given)
    name = shown["Train"]["TrainingJobName.$"]
    assert name == formed("a" * 29, "Train")
    assert len(f"{'a' * 29}-") + 32 <= 63


def test_a_tuning_jobs_name_is_the_hash_alone() -> None:
    given = machine(Tune=task("createHyperParameterTuningJob.sync", HyperParameterTuningJobName="tune"))
    assert named(given) == ({"Tune": {"HyperParameterTuningJobName.$": hashed("Tune")}}, [])


def test_an_endpoints_name_stays() -> None:
    given = machine(Deploy=task("createEndpoint", EndpointName="live", EndpointConfigName="c"))
    shown, findings = named(given)
    assert shown == {"Deploy": {"EndpointName": "live", "EndpointConfigName": "c"}}
    assert findings == [
        (
            "SFN370: state 'Deploy' gives its endpoint the name 'live' in every execution, which is free only once "
            "[update the endpoint where it is there already (EndpointStep with update=True)]"
        )
    ]


def chain(*states: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return machine(**dict(states))


def test_states_that_name_what_another_makes_follow() -> None:
    given = chain(
        ("Model", task("createModel", ModelName="income")),
        (
            "Config",
            task(
                "createEndpointConfig", EndpointConfigName="c", ProductionVariants=[{"ModelName": "income"}]
            ),
        ),
        ("Update", task("updateEndpoint", EndpointName="live", EndpointConfigName="c")),
        ("Score", task("createTransformJob.sync", TransformJobName="score", ModelName="income")),
    )
    shown, findings = named(given)
    model = formed("income", "Model")
    assert shown == {
        "Model": {"ModelName.$": model},
        "Config": {
            "EndpointConfigName.$": formed("c", "Config"),
            "ProductionVariants": [{"ModelName.$": model}],
        },
        "Update": {"EndpointName": "live", "EndpointConfigName.$": formed("c", "Config")},
        "Score": {"TransformJobName.$": formed("score", "Score"), "ModelName.$": model},
    }
    assert findings == []


def test_two_states_that_make_what_a_third_names_give_one_name() -> None:
    given = chain(
        ("Good", task("createModel", ModelName="m")),
        ("Better", task("createModel", ModelName="m")),
        ("Score", task("createTransformJob.sync", TransformJobName="score", ModelName="m")),
    )
    shown, _ = named(given)
    assert {shown[state]["ModelName.$"] for state in ("Good", "Better", "Score")} == {formed("m", "Good")}


def test_a_job_that_others_name_is_retried_under_one_name_and_told_of() -> None:
    retry = {"Retry": [{"ErrorEquals": ["States.ALL"]}]}
    given = chain(
        ("Train", task("createTrainingJob.sync", more=retry, TrainingJobName="train")),
        ("Describe", task("describeTrainingJob", TrainingJobName="train")),
    )
    shown, findings = named(given)
    assert {shown[state]["TrainingJobName.$"] for state in shown} == {formed("train", "Train")}
    assert findings == [
        (
            "SFN374: state 'Train' is retried under one name, because state 'Describe' names its training job "
            "[let 'Describe' take the name from what 'Train' gives back]"
        )
    ]


def test_the_folder_that_a_job_writes_is_followed() -> None:
    given = chain(
        (
            "Train",
            task(
                "createTrainingJob.sync", TrainingJobName="t", OutputDataConfig={"S3OutputPath": "s3://b/o/"}
            ),
        ),
        (
            "Model",
            task("createModel", **{"ModelName.$": "$.m", "ModelDataUrl": "s3://b/o/t/output/model.tar.gz"}),
        ),
        (
            "Data",
            task("createModel", **{"ModelName.$": "$.n", "ModelDataUrl": "s3://b/t/output/model.tar.gz"}),
        ),
    )
    shown, _ = named(given)
    assert shown["Model"] == {
        "ModelName.$": "$.m",
        "ModelDataUrl.$": f"States.Format('s3://b/o/{{}}/output/model.tar.gz', {formed('t', 'Train')})",
    }
    assert shown["Data"]["ModelDataUrl"] == "s3://b/t/output/model.tar.gz"


def test_a_text_that_holds_the_former_name_is_told_of() -> None:
    given = chain(
        ("Train", task("createTrainingJob.sync", TrainingJobName="income-train")),
        (
            "Note",
            task("createModel", **{"ModelName.$": "$.m", "Env": "job income-train", "Not": "income-train-2"}),
        ),
    )
    assert named(given)[1] == [
        (
            "SFN375: 'Env' of state 'Note' holds 'income-train', the former name of a training job "
            "[check that it does not mean the job itself]"
        )
    ]


def test_a_job_in_a_map_has_a_name_for_each_item() -> None:
    given = machine(Each=in_map(task("createTrainingJob.sync", TrainingJobName="train")))
    shown, _ = named(given)
    assert shown["Train"] == {"TrainingJobName.$": formed("train", "Train", "States.UUID()")}


def test_an_item_of_a_distributed_map_is_an_execution_of_its_own() -> None:
    given = machine(Each=in_map(task("createTrainingJob.sync", TrainingJobName="train"), "DISTRIBUTED"))
    assert named(given)[0]["Train"] == {"TrainingJobName.$": formed("train", "Train")}


OUT_OF_REACH = (
    "SFN373: state 'Score' names the model of state 'Model', and a Map state is around one of them, so the name stays "
    "as it is [give the name in each item's input, and let both states take it]"
)
SCORE = task("createTransformJob.sync", **{"TransformJobName.$": "$.name", "ModelName": "m"})


def test_a_name_that_two_states_of_one_item_need_stays_and_is_told_of() -> None:
    each = in_map(task("createModel", ModelName="m"), name="Model")
    each["ItemProcessor"]["States"]["Score"] = SCORE
    shown, findings = named(machine(Each=each))
    assert (shown["Model"]["ModelName"], shown["Score"]["ModelName"]) == ("m", "m")
    assert findings[0] == OUT_OF_REACH


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_a_name_that_is_needed_outside_of_its_item_stays_and_is_told_of(mode: str) -> None:
    given = machine(Each=in_map(task("createModel", ModelName="m"), mode, "Model"), Score=SCORE)
    shown, findings = named(given)
    assert (shown["Model"]["ModelName"], shown["Score"]["ModelName"]) == ("m", "m")
    assert findings[0] == OUT_OF_REACH


def test_states_of_one_item_of_a_distributed_map_are_of_one_execution() -> None:
    each = in_map(task("createModel", ModelName="m"), "DISTRIBUTED", "Model")
    each["ItemProcessor"]["States"]["Score"] = SCORE
    shown, findings = named(machine(Each=each))
    assert shown["Score"]["ModelName.$"] == shown["Model"]["ModelName.$"] == formed("m", "Model")
    assert findings == []


def test_a_name_made_before_an_inline_map_is_the_same_in_it() -> None:
    each = in_map(
        task("createTransformJob.sync", **{"TransformJobName.$": "$.name", "ModelName": "m"}), name="Score"
    )
    shown, findings = named(machine(Model=task("createModel", ModelName="m"), Each=each))
    assert shown["Score"]["ModelName.$"] == shown["Model"]["ModelName.$"] == formed("m", "Model")
    assert findings == []


def test_a_jsonata_state_makes_the_same_name() -> None:
    given = chain(
        ("Model", task("createModel", ModelName="m")),
        ("Score", task("createTransformJob.sync", arguments=True, TransformJobName="score", ModelName="m")),
    )
    shown, _ = named(given)
    execution = "$states.context.Execution.Id"
    assert shown["Score"] == {
        "TransformJobName": f"{{% 'score-' & $hash({execution} & '|Score', 'MD5') %}}",
        "ModelName": f"{{% 'm-' & $hash({execution} & '|Model', 'MD5') %}}",
    }
    assert shown["Model"] == {"ModelName.$": formed("m", "Model")}


def test_a_jsonata_name_of_the_execution_is_told_of() -> None:
    name = "{% 'train-' & $states.context.Execution.Name %}"
    given = machine(Train=task("createTrainingJob.sync", arguments=True, TrainingJobName=name))
    assert [line[:6] for line in named(given, unique=False)[1]] == ["SFN371"]


def quoted(name: str = STAMPED) -> dict[str, str]:
    return {"sagemaker_job_name": f'"{name}"'}


VARYING = [(*TRAIN, "HyperParameters", "sagemaker_job_name")]


def test_a_made_up_job_name_in_the_hyperparameters_becomes_the_jobs_own() -> None:
    given = machine(
        Train=task(
            "createTrainingJob.sync",
            HyperParameters=quoted(),
            **{"TrainingJobName.$": "$$.Execution.Input['J']"},
        )
    )
    for unique in (True, False):
        shown, findings = named(given, unique=unique, varying=VARYING)
        assert shown["Train"]["HyperParameters"] == {
            "sagemaker_job_name.$": "States.Format('\"{}\"', $$.Execution.Input['J'])"
        }
        assert findings == []


def test_of_a_fixed_name_it_becomes_that() -> None:
    given = machine(Train=task("createTrainingJob.sync", HyperParameters=quoted(), TrainingJobName="train"))
    shown, _ = named(given, unique=False, varying=VARYING)
    assert shown["Train"]["HyperParameters"] == {"sagemaker_job_name": '"train"'}


def test_of_a_name_that_was_made_unique_it_becomes_the_new_one() -> None:
    given = machine(
        Train=task("createTrainingJob.sync", HyperParameters=quoted("train"), TrainingJobName="train")
    )
    shown, _ = named(given)
    assert shown["Train"] == {
        "TrainingJobName.$": formed("train", "Train"),
        "HyperParameters": {"sagemaker_job_name.$": f"States.Format('\"{{}}\"', {formed('train', 'Train')})"},
    }


def test_in_a_jsonata_state_too() -> None:
    given = machine(
        Train=task(
            "createTrainingJob.sync", arguments=True, HyperParameters=quoted(), TrainingJobName="{% $job %}"
        )
    )
    varying = [("States", "Train", "Arguments", "HyperParameters", "sagemaker_job_name")]
    shown, _ = named(given, varying=varying)
    assert shown["Train"]["HyperParameters"] == {"sagemaker_job_name": "{% '\"' & ($job) & '\"' %}"}


def test_a_folder_with_the_made_up_name_becomes_one_with_the_jobs_own() -> None:
    given = machine(
        Train=task(
            "createTrainingJob.sync",
            **{"HyperParameters": {"model_dir": f'"s3://b/{STAMPED}/model"'}, "TrainingJobName.$": "$.job"},
        )
    )
    shown, findings = named(given, varying=[(*TRAIN, "HyperParameters", "model_dir")])
    assert shown["Train"]["HyperParameters"] == {"model_dir.$": "States.Format('\"s3://b/{}/model\"', $.job)"}
    assert findings == []


def test_another_value_that_differs_from_run_to_run_is_told_of() -> None:
    given = machine(Train=task("createTrainingJob.sync", Seed=["4711"], **{"TrainingJobName.$": "$.job"}))
    shown, findings = named(given, varying=[(*TRAIN, "Seed", "0"), ("Comment",)])
    assert shown["Train"]["Seed"] == ["4711"]
    hint = "[take the value from the execution's input, or make it the same for every run]"
    assert findings == [
        f"SFN372: 'Parameters.Seed.0' of state 'Train' differs from run to run {hint}",
        f"SFN372: 'Comment' differs from run to run {hint}",
    ]


def test_a_reference_to_a_name_of_build_time_is_told_of_once() -> None:
    given = chain(
        ("Model", task("createModel", ModelName=STAMPED)),
        ("Score", task("createTransformJob.sync", **{"TransformJobName.$": "$.s", "ModelName": STAMPED})),
    )
    varying = [("States", name, "Parameters", "ModelName") for name in ("Model", "Score")]
    assert [line[:6] for line in named(given, unique=False, varying=varying)[1]] == ["SFN370"]
    shown, findings = named(given, varying=varying)
    assert (
        shown["Score"]["ModelName.$"] == shown["Model"]["ModelName.$"] == formed("sagemaker-xgboost", "Model")
    )
    assert findings == []


@pytest.mark.parametrize("state", ["it's {new}", "back\\slash", "für"])
def test_a_states_name_with_marks_of_the_language_is_hashed(state: str) -> None:
    name = expressions.unique("p", 63, state, (), "path")
    digest = hashlib.sha256(state.encode()).hexdigest()[:16]
    assert name.value == formed("p", digest)


@pytest.mark.parametrize(
    ("prefix", "room", "expected"),
    [("a_b/c", 30, "a-b-c"), ("--a--", 30, "a"), ("abc-def", 4, "abc"), ("abc", -1, ""), ("", 30, "")],
)
def test_a_prefix_is_in_sagemakers_alphabet(prefix: str, room: int, expected: str) -> None:
    assert expressions.cut(prefix, room) == expected
