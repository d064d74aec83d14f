"""The type of the state machine, and what an Express one cannot do."""

from __future__ import annotations

from typing import Any

import pytest
from operating import PASS, findings, made, training
from samples import machine

EXPRESS = '[state_machine]\ntype = "EXPRESS"\n'
HINT = 'write type = "STANDARD" in [state_machine], or take it out'


def place(name: str) -> str:
    return f"workflows/train.py:40 (States/{name})"


def task(resource: str) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True}


def test_a_state_machine_is_standard_unless_said() -> None:
    assert "StateMachineType" not in made().machine
    assert "StateMachineType" not in made('[state_machine]\ntype = "STANDARD"\n').machine
    assert made(EXPRESS).machine["StateMachineType"] == "EXPRESS"


@pytest.mark.parametrize(
    ("state", "what"),
    [
        (training(), "task 'A' waits for its job (.sync)"),
        (task("arn:aws:states:::states:startExecution.sync:2"), "task 'A' waits for its job (.sync:2)"),
        (
            task("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
            "task 'A' waits for a callback (.waitForTaskToken)",
        ),
        (task("arn:aws:states:eu-west-1:111122223333:activity:review"), "task 'A' waits for an activity"),
        (
            {
                "Type": "Map",
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, **PASS},
                "End": True,
            },
            "map 'A' is distributed",
        ),
    ],
)
def test_what_waits_or_starts_many_cannot_be_express(state: dict[str, Any], what: str) -> None:
    tree = (
        machine(A=state)
        if state["Type"] != "Map"
        else machine(
            A={
                **state,
                "ItemProcessor": {
                    **state["ItemProcessor"],
                    "StartAt": "B",
                    "States": {"B": {"Type": "Pass", "End": True}},
                },
            }
        )
    )
    assert findings(EXPRESS, tree) == [
        f"SFN641 {place('A')}: {what}, which an Express state machine cannot | {HINT}"
    ]
    assert findings("", tree) == []


def test_what_does_not_wait_may_be_express() -> None:
    inline = {"Type": "Map", "ItemProcessor": PASS, "End": True}
    tree = machine(B={**task("arn:aws:states:::sns:publish"), "Next": "M"}, M=inline)
    del tree["States"]["B"]["End"]
    assert findings(EXPRESS, tree) == []


def test_an_express_state_machine_tells_no_statuses() -> None:
    expected = (
        "SFN642 sfn-cfn.toml:3: workflow 'train' is Express, which sends no event when an execution ends | "
        "write statuses = [] in [workflows.train.notifications], and use [alarms]"
    )
    assert findings(EXPRESS + "[notifications]\n") == [expected]
    assert findings(EXPRESS + "[notifications]\nstatuses = []\n") == []
    assert findings(EXPRESS + "[notifications]\nenabled = false\n[alarms]\n") == []


def test_no_type_but_the_two() -> None:
    with pytest.raises(Exception, match="not one of STANDARD, EXPRESS"):
        findings('[state_machine]\ntype = "FAST"\n')
