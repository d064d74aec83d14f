"""Schedules: what starts a workflow by the clock, with all of its inputs."""

from __future__ import annotations

import json
import re
import zoneinfo
from typing import Any

import pytest
from samples import machine
from starts import accepted, findings, read, reader, resolved, template

from sfn_cfn.model import LONGEST_PIPELINE_NAME
from sfn_cfn.operations import starting, time_zones

NIGHTLY = '[workflows.train.schedules.nightly]\ncron = "0 6 ? * MON-FRI *"\n'
ARN = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}"
NAMED = machine(
    Train={
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {"TrainingJobName.$": "$$.Execution.Input['JobName']"},
        "TimeoutSeconds": 60,
        "End": True,
    }
)


def test_a_schedule_starts_the_machine_with_a_role_queue_and_group_of_its_own() -> None:
    toml = NIGHTLY + 'time_zone = "Europe/Berlin"\ndescription = "each working day"\ninput = { Day = "x" }'
    resources = template(toml, reader("Day"))["Resources"]
    assert resources["NightlySchedule"] == {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "GroupName": {"Ref": "ScheduleGroup"},
            "State": {"Ref": "NightlyScheduleState"},
            "ScheduleExpression": "cron(0 6 ? * MON-FRI *)",
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": {"Ref": "StateMachineComponent"},
                "RoleArn": {"Fn::GetAtt": ["ScheduleRole", "Arn"]},
                "Input": '{"Day": "x"}',
                "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["ScheduleDeadLetterQueue", "Arn"]}},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10},
            },
            "StartDate": {
                "Fn::If": [
                    "HasNightlyScheduleStart",
                    {"Ref": "NightlyScheduleStart"},
                    {"Ref": "AWS::NoValue"},
                ]
            },
            "EndDate": {
                "Fn::If": ["HasNightlyScheduleEnd", {"Ref": "NightlyScheduleEnd"}, {"Ref": "AWS::NoValue"}]
            },
            "Description": "each working day",
        },
    }
    name = {"Fn::Sub": "${PipelineName}-train-${TargetEnv}"}
    assert resources["ScheduleGroup"]["Properties"] == {"Name": name}
    role = resources["ScheduleRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {
        "ArnLike": {
            "aws:SourceArn": {"Fn::Sub": f"{ARN}:schedule-group/${{PipelineName}}-train-${{TargetEnv}}"}
        },
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
    }
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert [(one["Action"], one["Resource"]) for one in statements] == [
        ("states:StartExecution", {"Ref": "StateMachineComponent"}),
        ("sqs:SendMessage", {"Fn::GetAtt": ["ScheduleDeadLetterQueue", "Arn"]}),
    ]
    assert resources["ScheduleDeadLetterQueue"]["Properties"]["SqsManagedSseEnabled"] is True
    policy = resources["ScheduleDeadLetterQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [(one["Effect"], one["Condition"]) for one in policy] == [
        ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    ]


def test_without_schedules_nothing_is_made() -> None:
    made = template("", reader())
    assert not [name for name in (*made["Resources"], *made["Parameters"]) if "Schedule" in name]


def test_parameters_switch_a_schedule_and_bound_it_in_time() -> None:
    made = template(NIGHTLY + "enabled = false", reader())["Parameters"]
    assert made["NightlyScheduleState"]["Default"] == "DISABLED"
    assert made["NightlyScheduleState"]["AllowedValues"] == ["ENABLED", "DISABLED"]
    for end in ("Start", "End"):
        one = made[f"NightlySchedule{end}"]
        assert one["Default"] == ""
        for good in ("", "2030-01-31T06:00:00Z", "2030-01-31T06:00:00.123Z"):
            assert re.match(one["AllowedPattern"], good)
        for bad in ("2030-01-31", "2030-01-31T06:00:00", "tomorrow"):
            assert not re.match(one["AllowedPattern"], bad)


def test_a_single_time_has_no_bounds() -> None:
    toml = '[workflows.train.schedules.once]\nat = "2030-01-31T06:00:00"\nflexible_minutes = 15'
    made = template(toml, reader())
    assert set(made["Parameters"]) == {
        "PipelineName",
        "TargetEnv",
        "WorkflowExecutionRoleArn",
        "OnceScheduleState",
    }
    properties = made["Resources"]["OnceSchedule"]["Properties"]
    assert properties["ScheduleExpression"] == "at(2030-01-31T06:00:00)"
    assert properties["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert "StartDate" not in properties


@pytest.mark.parametrize("written", ['cron = "cron(0 6 * * ? *)"', 'cron = "0 6 * * ? *"'])
def test_an_expression_is_taken_with_and_without_its_function(written: str) -> None:
    made = template(f"[workflows.train.schedules.a]\n{written}", reader())
    assert made["Resources"]["ASchedule"]["Properties"]["ScheduleExpression"] == "cron(0 6 * * ? *)"


def test_a_schedule_of_all_workflows_stands_in_each() -> None:
    made = template('[schedules.daily]\nrate = "1 day"', reader())
    assert made["Resources"]["DailySchedule"]["Properties"]["ScheduleExpression"] == "rate(1 day)"


BAD = {
    'cron = "0 6 * * *"': "SFN633 sfn-cfn.toml:4: 'cron' of schedule 'bad' has 5 fields, not 6: minutes hours "
    "day-of-month month day-of-week year | write '0 6 * * ? *'",
    'rate = "2 day"': "SFN633 sfn-cfn.toml:4: 'rate' of schedule 'bad' has the wrong number of its unit | "
    "write '2 days'",
    'at = "tomorrow"': "SFN633 sfn-cfn.toml:4: 'at' of schedule 'bad' is not a time of the form yyyy-mm-ddThh:mm:ss | "
    "write a time such as '2030-01-31T06:00:00', and its time zone in 'time_zone'",
    "enabled = true": "SFN633 sfn-cfn.toml:3: schedule 'bad' has none of 'cron', 'rate' and 'at' | "
    "give one of them, such as cron = '0 6 ? * MON-FRI *'",
    'cron = "0 6 * * ? *"\nrate = "1 day"': "SFN633 sfn-cfn.toml:3: schedule 'bad' has both 'cron' and 'rate' | "
    "take one of them out",
    'rate = "1 day"\ntime_zone = "Europe/Berln"': "SFN634 sfn-cfn.toml:5: schedule 'bad' has the unknown time zone "
    "'Europe/Berln' | did you mean 'Europe/Berlin'?",
    'rate = "1 day"\ntime_zone = "Mars/Base"': "SFN634 sfn-cfn.toml:5: schedule 'bad' has the unknown time zone "
    "'Mars/Base' | write one such as 'Europe/Berlin' or 'UTC'",
    'rate = "1 day"\nflexible_minutes = 1441': "SFN635 sfn-cfn.toml:5: 'flexible_minutes' of schedule 'bad' is 1441 | "
    "write a whole number from 0 to 1440",
    'rate = "1 day"\nretry_attempts = 1.5': "SFN635 sfn-cfn.toml:5: 'retry_attempts' of schedule 'bad' is 1.5 | "
    "write a whole number from 0 to 185",
    'rate = "1 day"\nretry_seconds = 59': "SFN635 sfn-cfn.toml:5: 'retry_seconds' of schedule 'bad' is 59 | "
    "write a whole number from 60 to 86400",
}


@pytest.mark.parametrize("toml", BAD)
def test_what_the_service_refuses_is_an_error_at_its_line(toml: str) -> None:
    assert findings(f"[workflows.train.schedules.bad]\n{toml}", reader()) == [BAD[toml]]


def test_names_with_one_logical_id_are_refused() -> None:
    toml = '[workflows.train.schedules.a-b]\nrate = "1 day"\n[workflows.train.schedules.a-B]\nrate = "1 day"'
    assert findings(toml, reader()) == [
        "SFN674 sfn-cfn.toml:5: schedules 'a-b' and 'a-B' have one logical ID, 'AB' | rename one of them"
    ]


def test_time_zones_are_those_of_the_iana_database() -> None:
    assert {
        "UTC",
        "Europe/Berlin",
        "America/Argentina/Buenos_Aires",
        "Asia/Kolkata",
    } <= time_zones.time_zones()
    assert "localtime" not in time_zones.time_zones()
    assert time_zones.time_zones() <= zoneinfo.available_timezones()


def test_a_missing_input_is_an_error_that_lists_it_with_its_readers() -> None:
    toml = NIGHTLY + 'input = { Epoch = 3, Region = "x" }'
    states = reader("Epochs", "Region", "Day")
    assert findings(toml, states) == [
        (
            "SFN630 sfn-cfn.toml:5: schedule 'nightly' does not give inputs 'Day' and 'Epochs' | "
            "rename 'Epoch' to 'Epochs'"
            "\nDay: read by Load (workflows/train.py:40)\nEpochs: read by Load (workflows/train.py:40)"
        ),
        "SFN631 sfn-cfn.toml:5: schedule 'nightly' gives input 'Epoch', which no state reads | did you mean 'Epochs'?",
    ]


def test_without_an_input_table_the_error_stands_at_the_schedule() -> None:
    assert findings(NIGHTLY, reader("Day")) == [
        (
            "SFN630 sfn-cfn.toml:3: schedule 'nightly' does not give input 'Day' | "
            "write 'Day' in [workflows.train.schedules.nightly.input]\nDay: read by Load (workflows/train.py:40)"
        )
    ]


def test_a_declared_input_that_no_state_reads_is_asked_for_too() -> None:
    (found,) = findings(NIGHTLY, reader(), input_schema={"Day": "str"})
    assert found.endswith("\nDay: declared, read by no state")


def test_an_input_that_a_choice_asks_for_may_be_left_out() -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$$.Execution.Input['Fast']", "IsPresent": True, "Next": "End"}],
        "Default": "End",
    }
    assert findings(NIGHTLY, machine(Ask=choice, End={"Type": "Succeed"})) == []


def test_a_nested_input_is_asked_for_by_its_path() -> None:
    states = reader(**{"Deep.$": "$$.Execution.Input['Job'].size"})
    assert findings(NIGHTLY + "input = { Job = { name = 1 } }", states) == [
        (
            "SFN630 sfn-cfn.toml:5: schedule 'nightly' does not give input 'Job.size', which state 'Load' reads | "
            "write it in [workflows.train.schedules.nightly.input.Job]"
        )
    ]


def test_a_value_of_another_type_than_declared_is_an_error() -> None:
    schema = {"Day": "str", "Epochs": "int", "Job": {"size": "int"}, "Rate": "float", "All": "list"}
    toml = NIGHTLY + 'input = { Day = 3, Epochs = "3", Job = { size = "x" }, Rate = 1, All = [1] }'
    assert [line.split(": ", 1)[1] for line in findings(toml, reader(), input_schema=schema)] == [
        "schedule 'nightly' gives input 'Day' as int, not str | give a value of type str",
        "schedule 'nightly' gives input 'Epochs' as str, not int | give a value of type int",
        "schedule 'nightly' gives input 'Job.size' as str, not int | give a value of type int",
    ]


def test_an_attribute_that_scheduler_does_not_know_is_an_error() -> None:
    toml = NIGHTLY + 'input = { Day = "<aws.scheduler.schedule-time>" }'
    assert findings(toml, reader("Day")) == [
        (
            "SFN632 sfn-cfn.toml:5: schedule 'nightly' uses '<aws.scheduler.schedule-time>', which the service does "
            "not fill in | did you mean '<aws.scheduler.scheduled-time>'?"
        )
    ]


def test_the_switches_of_stages_are_inputs_too() -> None:
    states = reader()
    toml = '[workflows.train.stages.load]\nstates = ["Load"]\n' + NIGHTLY
    assert findings(toml + "input = { Stages = { load = false } }", states) == []


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (
            "Stages = { laod = false }",
            (
                "SFN632 sfn-cfn.toml:7: schedule 'nightly' gives switch 'Stages.laod', which no stage has | "
                "did you mean 'load'?"
            ),
        ),
        (
            "Stages = { zzz = false }",
            "SFN632 sfn-cfn.toml:7: schedule 'nightly' gives switch 'Stages.zzz', which no stage has | there are load",
        ),
        (
            'Stages = { load = "false" }',
            (
                "SFN632 sfn-cfn.toml:7: schedule 'nightly' gives input 'Stages.load' as str, not bool | "
                "give a value of type bool"
            ),
        ),
        (
            "Stages = false",
            (
                "SFN632 sfn-cfn.toml:7: schedule 'nightly' gives input 'Stages' as bool, not object | "
                "give a value of type object"
            ),
        ),
        (
            "Stage = { load = false }",
            (
                "SFN631 sfn-cfn.toml:7: schedule 'nightly' gives input 'Stage', which no state reads | "
                "did you mean 'Stages'?"
            ),
        ),
    ],
)
def test_a_switch_that_no_stage_has_is_an_error(given: str, found: str) -> None:
    toml = '[workflows.train.stages.load]\nstates = ["Load"]\n' + NIGHTLY
    assert findings(f"{toml}input = {{ {given} }}", reader()) == [found]


def test_a_switch_that_the_author_declares_is_one_too() -> None:
    toml = '[workflows.train.stages.load]\nstates = ["Load"]\n' + NIGHTLY
    declared = {"Stages": {"other": "bool"}}
    given = "input = { Stages = { load = false, other = true } }"
    assert findings(toml + given, reader(), input_schema=declared) == []


def test_a_name_that_a_declared_object_does_not_have_is_a_warning() -> None:
    declared = {"Job": {"size": "int", "deep": {"rate": "float"}}}
    toml = NIGHTLY + "input = { Job = { size = 1, szie = 2, deep = { rate = 1, zzz = 2 } } }"
    assert findings(toml, reader("Job"), input_schema=declared) == [
        (
            "SFN631 sfn-cfn.toml:5: schedule 'nightly' gives input 'Job.szie', which is not declared | "
            "did you mean 'size'?"
        ),
        (
            "SFN631 sfn-cfn.toml:5: schedule 'nightly' gives input 'Job.deep.zzz', which is not declared | "
            "take it out, or declare it in the ExecutionInput"
        ),
    ]


def test_a_name_that_a_state_reads_is_given_though_it_is_not_declared() -> None:
    states = reader(**{"of.$": "$$.Execution.Input['Job']['zone']"})
    toml = NIGHTLY + 'input = { Job = { size = 1, zone = "a" } }'
    assert findings(toml, states, input_schema={"Job": {"size": "int"}}) == []


def test_a_name_that_a_ready_made_pipeline_brings_is_one_that_a_router_makes() -> None:
    assert findings(NIGHTLY, NAMED, default_input={"JobName": "ready"}) == [
        (
            "SFN673 sfn-cfn.toml:3: schedule 'nightly' gives a name of what states make, the same at each start | "
            'start it by a pipeline, whose router makes names: enabled = true in [pipelines], pipeline = "..." here\n'
            "JobName = 'ready': state 'Train'"
        )
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nightly", "the same at each start"),
        ("j-<aws.scheduler.execution-id>", "which what Scheduler fills in cannot be"),
    ],
)
def test_a_jobs_name_in_the_input_is_said_to_fail(name: str, why: str) -> None:
    assert findings(f'{NIGHTLY}input = {{ JobName = "{name}" }}', NAMED) == [
        (
            f"SFN673 sfn-cfn.toml:5: schedule 'nightly' gives a name of what states make, {why} | write it in the "
            f"workflow, with unique_names = true, not in its input\nJobName = '{name}': state 'Train'"
        )
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("new", "the same at each start"),
        ("a-name-that-leaves-no-room-at-all-<id>", "which are too long"),
        ("new-<id>", ""),
        ("<key>", ""),
    ],
)
def test_an_events_id_makes_names_unique(name: str, why: str) -> None:
    toml = f'[workflows.train.triggers.new]\nkind = "s3"\nbucket = "b"\ninput = {{ JobName = "{name}" }}'
    found = [line.split(" | ")[0] for line in findings(toml, NAMED) if "SFN639" not in line]
    said = f"SFN673 sfn-cfn.toml:6: trigger 'new' gives a name of what states make, {why}"
    assert found == ([said] if why else [])


def test_one_start_alone_may_name_its_job() -> None:
    toml = '[workflows.train.schedules.once]\nat = "2030-01-31T06:00:00"\ninput = { JobName = "first" }'
    assert findings(toml, NAMED) == []


HARD = 'quote " back \\\\ slash ${Unknown} dollar $ <b> \u00e9 \U0001f600'


def test_what_scheduler_delivers_is_accepted_by_the_check_of_inputs() -> None:
    schema = {"Day": "str", "Epochs": "int", "Where": "str", "Hard": "str", "Job": {"size": "int"}}
    toml = (
        '[parameters.Where]\ndefault = "eu"\n[parameters.Count]\ndefault = 3\n'
        + NIGHTLY
        + '[workflows.train.schedules.nightly.input]\nDay = "at <aws.scheduler.scheduled-time>"\nEpochs = "${Count}"\n'
        + f"Where = \"s3://${{Where}}/${{AWS::Region}}\"\nHard = '{HARD}'\nJob = {{ size = 4 }}\n"
    )
    states = reader("Day", "Epochs", "Where", "Hard")
    made = template(toml, states, input_schema=schema)
    written = made["Resources"]["NightlySchedule"]["Properties"]["Target"]["Input"]
    text = resolved(written, {"Where": "us", "Count": 7})
    delivered = json.loads(text.replace("<aws.scheduler.scheduled-time>", "2030-01-31T06:00:00Z"))
    assert delivered == {
        "Day": "at 2030-01-31T06:00:00Z",
        "Epochs": 7,
        "Where": "s3://us/eu-west-1",
        "Hard": HARD,
        "Job": {"size": 4},
    }
    assert accepted(delivered, toml, states, input_schema=schema) == []


def test_a_ready_made_pipelines_own_input_fills_in() -> None:
    given: dict[str, Any] = {"Load": {"a": 1, "b": {"c": 2}}, "Day": "x"}
    toml = NIGHTLY + "input = { Load = { b = { c = 3 } } }"
    states = reader("Load", "Day")
    assert findings(toml, states, default_input=given) == []
    made = template(toml, states, default_input=given)
    written = made["Resources"]["NightlySchedule"]["Properties"]["Target"]["Input"]
    assert json.loads(written) == {"Load": {"a": 1, "b": {"c": 3}}, "Day": "x"}


def test_names_stay_inside_their_limits_and_are_all_different() -> None:
    settings = read("".join(f"[environments.{'e' * 15}{number}]\n" for number in "12"))
    assert max(len(one.name) for one in settings.environments) == 16
    names = set()
    for number in range(10_000):
        middle = f"workflow-of-a-long-name-{number:06}-trigger-of-a-long-name"
        _, between, _ = starting.name_pieces(middle, settings, 64)
        name = f"{'p' * LONGEST_PIPELINE_NAME}{between}{'e' * 16}"
        assert len(name) <= 64
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", name)
        names.add(name)
    assert len(names) == 10_000


def test_a_short_name_stays_as_it_is() -> None:
    assert starting.shortened("train-nightly", 20) == "train-nightly"
    assert len(starting.shortened("train-nightly-and-more", 20)) <= 20
    assert starting.shortened("train-nightly-and-more", 20).startswith("train-nightly-")


@pytest.mark.parametrize(("name", "made"), [("nightly", "Nightly"), ("new-data", "NewData"), ("aB2", "AB2")])
def test_a_logical_id_is_letters_and_digits(name: str, made: str) -> None:
    assert starting.camel(name) == made
