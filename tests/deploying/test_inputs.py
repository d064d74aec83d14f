"""What an execution takes, its skeleton, and the input that is built of defaults and of what the user gives."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest
from faces import READY, TRAIN, face, read, ready, task
from samples import machine

from sfn_cfn import codec
from sfn_cfn.deploy import inputs
from sfn_cfn.deploy.interface import NAMES, Interface
from sfn_cfn.errors import DeployError

STAMP = "20260301-101500-ab12"


def test_an_input_knows_the_field_that_it_goes_into() -> None:
    found = {use.path: (use.state, use.call, use.field, use.room) for use in face().uses}
    call = "sagemaker:createTrainingJob.sync"
    assert found == {
        ("JobName",): ("Train", call, ("TrainingJobName",), 63),
        ("Data",): ("Train", call, ("InputDataConfig", "DataSource", "S3DataSource", "S3Uri"), 0),
        ("Options", "Epochs"): ("Train", call, ("HyperParameters", "epochs"), 0),
    }


def test_the_first_state_reads_the_input_by_its_own_path() -> None:
    first = task("lambda:invoke", Payload={"x.$": "$.A.B"})
    second = task("lambda:invoke", Payload={"x.$": "$.C"})
    assert [use.path for use in face({"One": {**first, "Next": "Two"}, "Two": second}).uses] == [("A", "B")]


def test_a_choice_before_the_first_task_passes_the_input_on() -> None:
    first = task("lambda:invoke", Payload={"x.$": "$.A", "y.$": "$.Result.A"})
    ask = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.A", "IsNull": False, "Next": "One"}],
        "Default": "One",
    }
    assert [use.path for use in face({"Ask": ask, "One": first}).uses] == [("A",)]
    assert face({"Ask": {**ask, "InputPath": "$.B"}, "One": first}).uses == ()


def test_text_around_an_input_leaves_less_room_for_a_name() -> None:
    states = {"T": task("sagemaker:createModel", **{"ModelName.$": f"States.Format('m-{{}}', {read('N')})"})}
    (use,) = face(states).uses
    assert (use.room, use.whole) == (61, False)


def test_a_name_of_several_parts_is_not_made_up() -> None:
    both = f"States.Format('{{}}-{{}}', {read('N')}, $.b)"
    assert [use.room for use in face({"T": task("sagemaker:createModel", **{"ModelName.$": both})}).uses] == [
        0,
        0,
    ]


def test_only_tasks_with_no_task_before_them_are_early() -> None:
    states = {
        "Ask": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "Both"}]},
        "Both": {"Type": "Parallel", "Branches": [machine(A=TRAIN)], "Next": "B"},
        "B": TRAIN,
    }
    assert {(use.state, use.early) for use in face(states).uses} == {("A", True), ("B", False)}


def test_what_a_choice_asks_for_is_optional() -> None:
    rule = {"And": [{"Variable": read("Retrain"), "IsPresent": True}], "Next": "Train"}
    assert face({"Ask": {"Type": "Choice", "Choices": [rule]}, "Train": TRAIN}).optional == ("Retrain",)


def test_the_places_that_states_write_to_keep_their_tokens() -> None:
    assert face().outputs == ("s3://models/${Folder}/out",)


def test_an_interface_passes_between_processes() -> None:
    for one in (face(), ready()):
        assert codec.loads(Interface, codec.dumps(one)) == one


@pytest.mark.parametrize(("call", "named"), NAMES.items(), ids=lambda item: "-".join(map(str, item)))
def test_the_lengths_of_names_are_those_of_the_services(
    call: tuple[str, str], named: tuple[str, int]
) -> None:
    service = {"states": "stepfunctions"}.get(call[0], call[0])
    model = botocore.session.Session().get_service_model(service)
    shape = model.operation_model(call[1][0].upper() + call[1][1:]).input_shape
    member = next(item for key, item in shape.members.items() if key.lower() == named[0].lower())
    assert member.metadata["max"] == named[1]


def test_a_skeleton_has_a_placeholder_of_each_type() -> None:
    schema = {"JobName": "str", "Data": "str", "Options": {"Epochs": "int", "Rate": "float"}, "Fast": "bool"}
    assert inputs.skeleton(face(input_schema=schema)) == {
        "Data": "s3://<bucket>/<key>",
        "Fast": False,
        "JobName": "<unique name, up to 63 characters>",
        "Options": {"Epochs": 0, "Rate": 0.0},
    }


def test_a_skeleton_of_undeclared_inputs_follows_their_paths() -> None:
    assert inputs.skeleton(face()) == {
        "Data": "s3://<bucket>/<key>",
        "JobName": "<unique name, up to 63 characters>",
        "Options": {"Epochs": "<any>"},
    }


def test_a_skeleton_leaves_out_what_may_be_left_out() -> None:
    rule = {"Variable": "$$.Execution.Input.Options.Epochs", "IsPresent": True, "Next": "Train"}
    one = face({"Ask": {"Type": "Choice", "Choices": [rule]}, "Train": TRAIN})
    assert inputs.skeleton(one) == {
        "Data": "s3://<bucket>/<key>",
        "JobName": "<unique name, up to 63 characters>",
    }


def test_a_ready_made_pipeline_has_its_defaults_and_names_to_be_made() -> None:
    found = inputs.skeleton(ready())
    assert found["Training"] == {
        "TrainingJobName": "<unique name, up to 63 characters>",
        "OutputDataConfig": {"S3OutputPath": "s3://${Folder}/x"},
    }
    assert found["Deploy"] == {
        "EndpointConfigName": "x",
        "EndpointName": "<unique name, up to 63 characters>",
    }


def test_names_that_are_not_given_are_made() -> None:
    built = inputs.build(face(), None, {"Data": "s3://b/k"}, STAMP)
    assert built.value == {"Data": "s3://b/k", "JobName": "train-job-20260301-101500-ab12"}
    assert built.named == {("JobName",): "train-job-20260301-101500-ab12"}


def test_a_given_name_stays() -> None:
    built = inputs.build(face(), None, {"JobName": "mine"}, STAMP)
    assert (built.value, built.named) == ({"JobName": "mine"}, {})


def test_a_placeholder_of_a_name_counts_as_none() -> None:
    built = inputs.build(face(), None, inputs.skeleton(face()), STAMP)
    assert built.value["JobName"] == "train-job-20260301-101500-ab12"


RESOLVED = {
    "Training": {"TrainingJobName": "estimator-x", "OutputDataConfig": {"S3OutputPath": "s3://a/x"}},
    "Model": {
        "ModelName": "x",
        "PrimaryContainer": {"ModelDataUrl": "s3://a/x/estimator-x/output/model.tar.gz"},
    },
    "Config": READY["Config"],
    "Deploy": READY["Deploy"],
}


def test_default_names_are_replaced_wherever_they_stand() -> None:
    built = inputs.build(ready(), RESOLVED, {}, STAMP)
    job, model = f"train-training-job-{STAMP}", f"train-model-{STAMP}"
    config, endpoint = f"train-endpoint-config-{STAMP}", f"train-endpoint-{STAMP}"
    assert built.value == {
        "Training": {"TrainingJobName": job, "OutputDataConfig": {"S3OutputPath": "s3://a/x"}},
        "Model": {
            "ModelName": model,
            "PrimaryContainer": {"ModelDataUrl": f"s3://a/x/{job}/output/model.tar.gz"},
        },
        "Config": {
            "EndpointConfigName": config,
            "ProductionVariants": [{"ModelName": model, "VariantName": "x"}],
        },
        "Deploy": {"EndpointConfigName": config, "EndpointName": endpoint},
    }


def test_a_name_that_is_given_for_a_default_one_goes_where_that_stood() -> None:
    built = inputs.build(ready(), RESOLVED, {"Training": {"TrainingJobName": "mine"}}, STAMP)
    assert built.value["Training"]["TrainingJobName"] == "mine"
    assert built.value["Model"]["PrimaryContainer"] == {"ModelDataUrl": "s3://a/x/mine/output/model.tar.gz"}


def test_what_the_stack_filled_in_stands_for_its_token() -> None:
    given = {"Training": {"OutputDataConfig": {"S3OutputPath": "s3://${Folder}/x", "KmsKeyId": "k"}}}
    built = inputs.build(ready(), RESOLVED, given, STAMP)
    assert built.value["Training"]["OutputDataConfig"] == {"S3OutputPath": "s3://a/x", "KmsKeyId": "k"}


NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")


@pytest.mark.parametrize("workflow", ["a", "train_deploy", "x" * 80, "-_-", "Überprüfung"])
@pytest.mark.parametrize("room", [8, 20, 21, 22, 23, 32, 63])
def test_a_unique_name_fits_and_has_its_form(workflow: str, room: int) -> None:
    taken: set[str] = set()
    for path in (("JobName",), ("Tune1JobName",), ("Tune2JobName",), ("N" * 70,), ("Ü",)):
        name = inputs.unique_name(workflow, path, room, STAMP, taken)
        assert NAME.fullmatch(name)
        assert len(name) <= room
        assert name not in taken
        taken.add(name)


def test_another_stamp_gives_another_name() -> None:
    names = {inputs.unique_name("a", ("JobName",), 12, f"20260301-101500-{end}", set()) for end in "abcdef"}
    assert len(names) == 6


def test_set_gives_text_where_text_is_declared_and_json_elsewhere() -> None:
    one = face(input_schema={"Data": "str", "Options": {"Epochs": "int"}, "JobName": "str"})
    entries = ["Data=5", "Options.Epochs=5", 'More={"a": [1]}', "Plain=x=y", "JobName=1"]
    assert inputs.assigned(entries, one) == {
        "Data": "5",
        "Options": {"Epochs": 5},
        "More": {"a": [1]},
        "Plain": "x=y",
        "JobName": "1",
    }


def refusal(act: Any) -> str:
    with pytest.raises(DeployError) as raised:
        act()
    (found,) = raised.value.diagnostics
    return f"{found.code} {found.message}"


@pytest.mark.parametrize("entry", ["Data", "=5", "a..b=1", ""])
def test_what_sets_nothing_is_refused(entry: str) -> None:
    assert refusal(lambda: inputs.assigned([entry], face())) == f"SFN841 '{entry}' sets nothing"


def test_an_input_file_is_one_json_object() -> None:
    assert inputs.parse('{"a": 1}', "x.json") == {"a": 1}
    assert refusal(lambda: inputs.parse("[1]", "x.json")) == "SFN841 'x.json' holds no JSON object"
    assert refusal(lambda: inputs.parse("{", "-")) == (
        "SFN841 '-' is not JSON: expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    )
