from __future__ import annotations

from dataclasses import replace

from example_runs import ROOT, all_examples
from example_settings import LAST, TOGETHER, inputs
from operating import read

from sfn_cfn import compiler, settings
from sfn_cfn.iam.table.reasons import ADDED, STARTERS, TRUSTED


def test_every_statement_of_a_role_that_a_capability_adds_has_a_reason_of_its_own() -> None:
    workflow = all_examples()["train_deploy"]
    given = TOGETHER.replace("{state}", LAST["train_deploy"]).replace("{input}", inputs(workflow))
    for source in ("<key>", "<time>", "<$.detail.day>"):
        given = given.replace(f"{{input {source}}}", inputs(workflow, source))
    own = replace(settings.read(ROOT), operations=read(given).operations)
    made, found = compiler.compile_workflow(workflow, own, "yaml", explain=True)
    assert made, found
    rows = [one for one in made.why if one.role not in ("WorkflowExecutionRole", "SageMakerExecutionRole")]
    assert {one.role for one in rows} == {
        "AfterTriggerRole",
        "AnyTriggerRole",
        "EndpointRole",
        "NewDataTriggerRole",
        "PipelineRouterRole",
        "QueuePipeRole",
        "QueueRouterRole",
        "ScheduleRole",
    }
    assert [(one.role, one.sid, one.why) for one in rows if one.why in ("", ADDED, TRUSTED[""])] == []
    assert {one.sid for one in rows if one.sid} <= {*STARTERS, ""}
