"""Schedules and triggers that start a pipeline: the router, with the event that it expects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from interpreter import Interpreter
from pipeline_table import VALUES, item, routed, router_of, serving
from starts import accepted, findings, reader, resolved, template, transformed

PIPELINES = "[pipelines]\nenabled = true\n"
NIGHTLY = '[workflows.train.schedules.nightly]\ncron = "0 6 ? * MON-FRI *"\n'
NEW = '[workflows.train.triggers.new]\nkind = "s3"\nbucket = "lake"\n'
ROUTER, MACHINE = {"Ref": "PipelineRouter"}, {"Ref": "StateMachineComponent"}
CREATED = {"detail": {"bucket": {"name": "lake"}, "object": {"key": 'in/"a", b.csv', "size": 7}}}
READY = {"Load": {"a": 1, "b": {"c": 2}}, "Day": "x"}


def rights(resources: Any, role: str) -> list[tuple[Any, ...]]:
    """Action, resource and condition of each statement."""
    (policy,) = resources[role]["Properties"]["Policies"]
    return [
        (one["Action"], one["Resource"], one.get("Condition"))
        for one in policy["PolicyDocument"]["Statement"]
    ]


def scheduled(made: Any) -> Any:
    """The target of the schedule."""
    return made["Resources"]["NightlySchedule"]["Properties"]["Target"]


def triggered(made: Any) -> Any:
    """The target of the trigger's rule."""
    (target,) = made["Resources"]["NewTrigger"]["Properties"]["Targets"]
    return target


@pytest.mark.parametrize("versions", ["", "[versions]\nenabled = true\n"])
def test_a_pipeline_s_schedule_and_trigger_start_the_router_and_may_start_nothing_else(versions: str) -> None:
    toml = f'{PIPELINES}{versions}{NIGHTLY}pipeline = "churn"\n{NEW}pipeline = "churn"\n'
    made = template(toml, reader("Day"))
    assert (scheduled(made)["Arn"], triggered(made)["Arn"]) == (ROUTER, ROUTER)
    start = ("states:StartExecution", ROUTER, None)
    dead_letters = {"Fn::GetAtt": ["ScheduleDeadLetterQueue", "Arn"]}
    assert rights(made["Resources"], "ScheduleRole") == [start, ("sqs:SendMessage", dead_letters, None)]
    assert rights(made["Resources"], "NewTriggerRole") == [start]


def test_the_router_starts_the_alias_that_its_callers_do_not_know() -> None:
    toml = f'{PIPELINES}[versions]\nenabled = true\n{NIGHTLY}pipeline = "churn"\n'
    resources = template(toml, reader("Day"))["Resources"]
    start = rights(resources, "PipelineRouterRole")[0]
    live = {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": ["live"]}}
    assert start == ("states:StartExecution", MACHINE, live)


def test_schedules_of_the_workflow_and_of_pipelines_stand_side_by_side() -> None:
    other = NIGHTLY.replace("nightly", "own") + 'input = { Day = "x" }\n'
    resources = template(f'{PIPELINES}{NIGHTLY}pipeline = "churn"\n{other}', reader("Day"))["Resources"]
    assert resources["OwnSchedule"]["Properties"]["Target"]["Arn"] == MACHINE
    starts = [one[1] for one in rights(resources, "ScheduleRole") if one[0] == "states:StartExecution"]
    assert starts == [MACHINE, ROUTER]
    sids = [
        one["Sid"]
        for one in resources["ScheduleRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    ]
    assert len(set(sids)) == len(sids) == 3


def test_who_starts_an_encrypted_router_needs_no_right_to_its_key() -> None:
    toml = f'{PIPELINES}[encryption]\n{NIGHTLY}pipeline = "churn"\n{NEW}pipeline = "churn"\n'
    resources = template(toml, reader("Day"))["Resources"]
    assert "EncryptionConfiguration" in resources["PipelineRouter"]["Properties"]
    for role in ("ScheduleRole", "NewTriggerRole"):
        assert "kms:" not in json.dumps(resources[role])


def test_the_item_may_hold_what_a_start_does_not_give() -> None:
    toml = f'{PIPELINES}{NIGHTLY}pipeline = "churn"\ninput = {{ Day = "x" }}\n'
    assert findings(toml, reader("Day", "Data"), input_schema={"Day": "str", "Data": "str"}) == []
    without = toml.replace('pipeline = "churn"\n', "")
    assert [one.split(" ")[0] for one in findings(without, reader("Day", "Data"))] == ["SFN630"]


@pytest.mark.parametrize("start", [NIGHTLY, NEW])
def test_an_unknown_input_and_one_of_another_type_are_told(start: str) -> None:
    toml = f'{PIPELINES}{start}pipeline = "churn"\ninput = {{ Dya = "x", Epochs = "3" }}\n'
    schema = {"Day": "str", "Epochs": "int"}
    found = [one for one in findings(toml, reader(*schema), input_schema=schema) if "SFN639" not in one]
    line = toml.count("\n") + 2
    owner = "schedule 'nightly'" if start == NIGHTLY else "trigger 'new'"
    assert found == [
        (
            f"SFN631 sfn-cfn.toml:{line}: {owner} gives input 'Dya', which no state reads | "
            "did you mean 'Day'?"
        ),
        (
            f"SFN632 sfn-cfn.toml:{line}: {owner} gives input 'Epochs' as str, not int | "
            "give a value of type int"
        ),
    ]


def test_an_object_that_lacks_a_part_is_told_because_the_router_merges_by_the_keys_at_the_top() -> None:
    states = {"StartAt": "Load", "States": {"Load": reader()["States"]["Load"]}}
    states["States"]["Load"]["Parameters"]["Payload"]["a.$"] = "$$.Execution.Input['Load'].a"
    toml = f'{PIPELINES}{NIGHTLY}pipeline = "churn"\ninput = {{ Load = {{ b = 3 }} }}\n'
    assert findings(toml, states, default_input=READY) == [
        (
            "SFN630 sfn-cfn.toml:8: schedule 'nightly' does not give input 'Load.a', which state 'Load' reads | "
            "write it in [workflows.train.schedules.nightly.input.Load]"
        )
    ]
    assert findings(toml.replace('pipeline = "churn"\n', ""), states, default_input=READY) == []


@pytest.mark.parametrize("pipelines", ["", "[pipelines]\nenabled = false\n"])
def test_a_pipeline_without_a_router_is_refused_at_its_line(pipelines: str) -> None:
    toml = f'{pipelines}{NIGHTLY}pipeline = "churn"\n'
    line = toml.count("\n") + 2
    assert findings(toml, reader()) == [
        (
            f"SFN680 sfn-cfn.toml:{line}: schedule 'nightly' starts pipeline 'churn', and the workflow has no router "
            "of pipelines | write enabled = true in [pipelines], or take it out"
        )
    ]


def test_a_trigger_s_pipeline_without_a_router_is_refused_at_its_line() -> None:
    found = [one for one in findings(f'{NEW}pipeline = "churn"\n', reader()) if "SFN680" in one]
    assert found == [
        (
            "SFN680 sfn-cfn.toml:6: trigger 'new' starts pipeline 'churn', and the workflow has no router of pipelines "
            "| write enabled = true in [pipelines], or take it out"
        )
    ]


def test_the_longest_name_of_a_pipeline_is_taken_and_a_longer_one_refused() -> None:
    assert findings(f'{PIPELINES}{NIGHTLY}pipeline = "{"p" * 43}"\n', reader()) == []
    assert findings(f'{PIPELINES}{NIGHTLY}pipeline = "{"p" * 44}"\n', reader()) == [
        (
            f"SFN681 sfn-cfn.toml:7: schedule 'nightly' starts pipeline '{'p' * 44}', a name of 44 characters | "
            "write a letter or a digit, then up to 42 letters, digits, '-' and '_'"
        )
    ]


def test_parameters_in_a_pipeline_s_name_count_with_what_they_are() -> None:
    long, short = (f"[environments.{'e' * length}]\n" for length in (10, 9))
    schedule = f'{NIGHTLY}pipeline = "{"p" * 34}${{TargetEnv}}"\n'
    assert findings(PIPELINES + short + schedule, reader()) == []
    (told,) = findings(PIPELINES + long + schedule, reader())
    assert told.startswith(
        f"SFN681 sfn-cfn.toml:8: schedule 'nightly' starts pipeline '{'p' * 34}{'e' * 10}', "
    )
    declared = '[parameters.Who]\ndefault = "-x"\n' + PIPELINES + NIGHTLY + 'pipeline = "${Who}"\n'
    (told,) = findings(declared, reader())
    assert told.startswith("SFN681 sfn-cfn.toml:9: schedule 'nightly' starts pipeline '-x', ")


def test_an_environment_s_own_values_make_names_too() -> None:
    schedule = f'{PIPELINES}{NIGHTLY}pipeline = "{"p" * 41}${{PipelineName}}"\n'
    assert findings(schedule, reader()) == []
    (told,) = findings(schedule + '[environments.prod.parameters]\nPipelineName = "abc"\n', reader())
    assert told.startswith(f"SFN681 sfn-cfn.toml:7: schedule 'nightly' starts pipeline '{'p' * 41}abc', ")
    (told,) = findings(schedule.replace("p" * 41, "p" * 42), reader())
    assert told.startswith(f"SFN681 sfn-cfn.toml:7: schedule 'nightly' starts pipeline '{'p' * 42}ml', ")


def test_a_parameter_that_nobody_declares_is_no_part_of_a_name() -> None:
    (told,) = findings(f'{PIPELINES}{NIGHTLY}pipeline = "a-${{Who}}"\n', reader())
    assert told.startswith("SFN602 sfn-cfn.toml:7: setting 'schedules.nightly.pipeline' names '${Who}'")


# -- what is delivered, run through the router --------------------------------------------------------


@pytest.fixture(scope="module")
def local() -> Iterator[Interpreter]:
    with serving() as started:
        yield started


def test_what_scheduler_delivers_starts_the_workflow_over_the_item(local: Interpreter) -> None:
    toml = (
        f'[parameters.Which]\ndefault = "x"\n{PIPELINES}{NIGHTLY}pipeline = "ch${{Which}}"\n'
        'input = { Day = "<aws.scheduler.scheduled-time>", Epochs = 5 }\n'
    )
    states = reader("Day", "Data", "Epochs")
    made = template(toml, states)
    text = resolved(scheduled(made)["Input"], {**VALUES, "Which": "urn"})
    delivered = json.loads(text.replace("<aws.scheduler.scheduled-time>", "2030-01-31T06:00:00Z"))
    assert delivered == {"Pipeline": "churn", "Input": {"Day": "2030-01-31T06:00:00Z", "Epochs": 5}}
    run = routed(local, item({"Data": "s3://lake", "Epochs": 3}), delivered, router_of(made))
    assert run.status == "SUCCEEDED", (run.error, run.cause)
    assert run.output["Name"].startswith("churn-")
    assert run.output["Input"] == {"Day": "2030-01-31T06:00:00Z", "Epochs": 5, "Data": "s3://lake"}
    assert accepted(run.output["Input"], toml, states) == []


def test_what_eventbridge_delivers_starts_the_workflow_over_the_item(local: Interpreter) -> None:
    toml = f'{PIPELINES}{NEW}pipeline = "churn"\ninput = {{ Key = "<key>", Bytes = "<size>" }}\n'
    states, schema = reader("Key", "Bytes", "Data"), {"Key": "str", "Bytes": "int", "Data": "str"}
    made = template(toml, states, input_schema=schema)
    delivered = transformed(triggered(made), CREATED, VALUES)
    assert delivered == {"Pipeline": "churn", "Input": {"Key": 'in/"a", b.csv', "Bytes": 7}}
    run = routed(local, item({"Data": "s3://lake", "Key": "none"}), delivered, router_of(made))
    assert run.status == "SUCCEEDED", (run.error, run.cause)
    assert run.output["Input"] == {"Key": 'in/"a", b.csv', "Bytes": 7, "Data": "s3://lake"}
    assert accepted(run.output["Input"], toml, states, input_schema=schema) == []


@pytest.mark.parametrize("start", [NIGHTLY, NEW])
def test_without_an_input_the_item_decides_all(start: str, local: Interpreter) -> None:
    made = template(f'{PIPELINES}{start}pipeline = "churn"\n', reader("Data"))
    target = scheduled(made) if start == NIGHTLY else triggered(made)
    delivered = json.loads(resolved(target["Input"], VALUES))
    assert delivered == {"Pipeline": "churn", "Input": {}}
    assert routed(local, item({"Data": "d"}), delivered, router_of(made)).output["Input"] == {"Data": "d"}


@pytest.mark.parametrize("start", [NIGHTLY, NEW])
def test_a_ready_made_pipeline_s_own_input_stands_under_the_item_not_over_it(
    start: str, local: Interpreter
) -> None:
    made = template(f'{PIPELINES}{start}pipeline = "churn"\n', reader("Load", "Day"), default_input=READY)
    target = scheduled(made) if start == NIGHTLY else triggered(made)
    delivered = json.loads(resolved(target["Input"], VALUES))
    assert delivered == {"Pipeline": "churn", "Input": {}}
    run = routed(local, item({"Day": "of the item"}), delivered, router_of(made))
    assert run.output["Input"] == {**READY, "Day": "of the item"}


def test_a_switch_of_a_schedule_stands_over_the_item_s(local: Interpreter) -> None:
    stages = '[workflows.train.stages]\nfirst = ["First"]\nlast = ["Load"]\n'
    load = reader()["States"]["Load"]
    states = {"StartAt": "First", "States": {"First": {"Type": "Pass", "Next": "Load"}, "Load": load}}
    toml = f'{PIPELINES}{stages}{NIGHTLY}pipeline = "churn"\ninput.Stages = {{ first = false }}\n'
    made = template(toml, states)
    delivered = json.loads(resolved(scheduled(made)["Input"], VALUES))
    own = item({}, Stage_first={"BOOL": True}, Stage_last={"BOOL": False})
    run = routed(local, own, delivered, router_of(made))
    assert run.status == "SUCCEEDED", (run.error, run.cause)
    assert run.output["Input"] == {"Stages": {"first": False, "last": False}}
