"""Where the template's role stands, and what stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from iam.building import define, task
from sfn_cfn.iam import SAGEMAKER_ROLE, derive, place_role
from sfn_cfn.model import Definition, Text, Token

TRAIN = "arn:aws:states:::sagemaker:createTrainingJob"
PLACED = Text((SAGEMAKER_ROLE,))
ARN = "arn:aws:iam::111122223333:role/mine"


def placed(resource: str, parameters: dict[str, Any], *, keep: bool = False) -> Any:
    definition = place_role(define({"Call": task(resource, parameters)}), keep=keep)
    return definition.states[0].node["Parameters"]


@pytest.mark.parametrize("role", ["", "made-up", ARN, "${SageMakerRoleArn}", "${Own}"])
@pytest.mark.parametrize("pattern", ["", ".sync"])
def test_any_role_becomes_the_templates(role: str, pattern: str) -> None:
    assert placed(TRAIN + pattern, {"RoleArn": role}) == {"RoleArn": PLACED}


def test_a_model_passes_it_by_another_name() -> None:
    found = placed("arn:aws:states:::sagemaker:createModel", {"ExecutionRoleArn": ARN})
    assert found == {"ExecutionRoleArn": PLACED}


def test_a_tuning_job_passes_it_in_each_of_its_definitions() -> None:
    given = {
        "TrainingJobDefinition": {"RoleArn": ""},
        "TrainingJobDefinitions": [{"RoleArn": "a"}, {"RoleArn.$": "$.r"}],
    }
    assert placed("arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync", given) == {
        "TrainingJobDefinition": {"RoleArn": PLACED},
        "TrainingJobDefinitions": [{"RoleArn": PLACED}, {"RoleArn.$": "$.r"}],
    }


def test_a_role_known_at_run_time_stays() -> None:
    assert placed(TRAIN, {"RoleArn.$": "$.role"}) == {"RoleArn.$": "$.role"}


def test_a_jsonata_role_stays() -> None:
    node = {"Type": "Task", "Resource": TRAIN, "Arguments": {"RoleArn": "{% $role %}"}, "End": True}
    assert place_role(define({"Call": node})).states[0].node["Arguments"] == {"RoleArn": "{% $role %}"}


def test_keep_leaves_an_arn_and_a_parameter_of_the_authors() -> None:
    assert placed(TRAIN, {"RoleArn": ARN}, keep=True) == {"RoleArn": ARN}
    assert placed(TRAIN, {"RoleArn": "${Own}"}, keep=True) == {"RoleArn": Text((Token("Own"),))}


@pytest.mark.parametrize("role", ["", "made-up", "${SageMakerRoleArn}"])
def test_keep_leaves_nothing_that_is_no_arn(role: str) -> None:
    assert placed(TRAIN, {"RoleArn": role}, keep=True) == {"RoleArn": PLACED}


def test_a_parameter_of_that_name_elsewhere_means_the_role_in_use() -> None:
    given = {"FunctionName": "f", "Payload": {"role": "r=${SageMakerRoleArn}"}}
    found = placed("arn:aws:states:::lambda:invoke", given)
    assert found["Payload"] == {"role": Text(("r=", SAGEMAKER_ROLE))}


def test_a_role_that_is_passed_with_other_credentials_stays() -> None:
    node = task(TRAIN, {"RoleArn": ARN}, Credentials={"RoleArn": "arn:aws:iam::444455556666:role/train"})
    (state,) = place_role(define({"Train": node})).states
    assert state.node["Parameters"] == {"RoleArn": ARN}


def test_a_role_of_another_service_stays() -> None:
    given = {"FunctionName": "f", "Payload": {"RoleArn": ARN}}
    assert placed("arn:aws:states:::lambda:invoke", given) == given


def nested() -> Definition:
    train = task(TRAIN, {"TrainingJobName": "t", "RoleArn": ""})
    inner = {"StartAt": "Train", "States": {"Train": train}}
    return define(
        {
            "Both": {"Type": "Parallel", "Branches": [inner, inner], "Next": "Each"},
            "Each": {"Type": "Map", "Iterator": inner, "End": True},
        }
    )


def test_nested_states_get_it_too() -> None:
    trains = [state for state in place_role(nested()).states if state.name == "Train"]
    assert [state.node["Parameters"]["RoleArn"] for state in trains] == [PLACED] * 3


def test_each_states_node_is_part_of_the_tree() -> None:
    definition = place_role(nested())
    for state in definition.states:
        node: Any = definition.tree
        for step in state.path:
            node = node[int(step)] if isinstance(node, list) else node[step]
        assert state.node is node


def test_the_definition_given_is_left_alone() -> None:
    definition = nested()
    place_role(definition)
    assert definition.tree["States"]["Each"]["Iterator"]["States"]["Train"]["Parameters"]["RoleArn"] == ""


def test_placing_twice_is_placing_once() -> None:
    once = place_role(nested())
    assert place_role(once).tree == once.tree


def test_a_state_whose_name_has_a_token_is_found_again() -> None:
    definition = place_role(define({"Train ${TargetEnv}": task(TRAIN, {"RoleArn": ""})}))
    assert definition.states[0].node["Parameters"]["RoleArn"] == PLACED


def default_of_the_workflows_role(role: str, *, keep: bool) -> str:
    definition = define({"Wait": {"Type": "Wait", "Seconds": 1, "End": True}})
    definition = replace(definition, workflow=replace(definition.workflow, role=role))
    found = derive(definition, keep_role=keep).parameters["WorkflowExecutionRoleArn"]["Default"]
    assert isinstance(found, str)
    return found


def test_keep_makes_the_workflows_own_role_the_default_so_that_none_is_made() -> None:
    assert default_of_the_workflows_role(ARN, keep=True) == ARN


def test_without_keep_the_workflows_own_role_is_left_out() -> None:
    assert default_of_the_workflows_role(ARN, keep=False) == ""


@pytest.mark.parametrize("role", ["", "made-up", "${Own}", "arn:aws:iam::123456789012:role/of-the-build"])
def test_keep_takes_no_workflow_role_that_names_none(role: str) -> None:
    assert default_of_the_workflows_role(role, keep=True) == ""
