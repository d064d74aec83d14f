"""Who may use the roles."""

from __future__ import annotations

from typing import Any

import pytest

from iam.building import define, resolve, task
from sfn_cfn.iam import derive
from sfn_cfn.settings import IamSettings

TRAIN = task("arn:aws:states:::sagemaker:createTrainingJob", {"RoleArn": "${SageMakerRole}"})
MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:fraud-train-dev"


def trust(role: str, settings: IamSettings | None = None) -> Any:
    properties = derive(define({"Train": TRAIN}), settings).resources[role]["Properties"]
    return resolve(properties["AssumeRolePolicyDocument"])


def test_only_this_state_machine_may_use_its_role_by_its_name_its_runs_and_its_versions() -> None:
    assert trust("WorkflowExecutionRole") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "states.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "111122223333"},
                    "ArnLike": {"aws:SourceArn": [MACHINE, f"{MACHINE}/*", f"{MACHINE}:*"]},
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("wanted", "condition"),
    [(True, {"Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}), (False, {})],
)
def test_sagemaker_may_use_its_role_for_this_account_unless_that_is_switched_off(
    wanted: bool, condition: dict[str, Any]
) -> None:
    assert trust("SageMakerExecutionRole", IamSettings(sagemaker_source_account=wanted)) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
                **condition,
            }
        ],
    }


def test_the_switch_leaves_the_trust_of_the_state_machines_role() -> None:
    off = IamSettings(sagemaker_source_account=False)
    assert trust("WorkflowExecutionRole", off) == trust("WorkflowExecutionRole")
