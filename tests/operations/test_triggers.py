"""Triggers: rules of EventBridge that start a workflow, with an input made of the event."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.events.models import EventPattern
from samples import WORLD, machine
from starts import accepted, final, findings, read, reader, resolved, template, transformed

from sfn_cfn.errors import TemplateError
from sfn_cfn.operations import event_patterns, triggers
from sfn_cfn.sections.triggers import TriggerSettings

HEAD = "[workflows.train.triggers.new-data]\n"
S3 = HEAD + 'kind = "s3"\nbucket = "lake"\n'
OWN = f"sagemaker-{WORLD.region}-{WORLD.account}"


KINDS = {
    "s3": 'kind = "s3"\nbucket = "lake"\n',
    "workflow": 'kind = "workflow"\nworkflow = "prepare"\n',
    "event": 'kind = "event"\npattern = { source = ["x"] }\n',
}


def created(key: str, size: int = 10, bucket: str = "lake") -> dict[str, Any]:
    """An event of S3, as its user guide shows it."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "111122223333",
        "time": "2021-11-12T00:00:00Z",
        "region": "eu-west-1",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": size, "etag": "b1946ac9", "sequencer": "00617F08299329D189"},
            "reason": "PutObject",
        },
    }


def writer(place: str, field: str = "OutputDataConfig") -> dict[str, Any]:
    """A workflow whose training writes to `place`."""
    key = "S3OutputPath.$" if place.startswith("States.") else "S3OutputPath"
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {"TrainingJobName.$": "$$.Execution.Name", field: {key: place}},
        "TimeoutSeconds": 60,
        "End": True,
    }
    return machine(Train=task)


def late(toml: str, states: Any) -> list[str]:
    """The errors that only the final definition shows."""
    one, found = final(toml, states)
    with pytest.raises(TemplateError) as caught:
        triggers.CAPABILITY.add(one, found)
    return [f"{item.code} {item.location}: {item.message} | {item.hint}" for item in caught.value.diagnostics]


def rule(toml: str, states: Any = None, name: str = "NewDataTrigger") -> Any:
    """The properties of the rule."""
    return template(toml, states or reader())["Resources"][name]["Properties"]


def test_a_new_object_starts_the_machine_with_a_role_and_a_queue_for_what_fails() -> None:
    made = template(S3 + 'prefix = "in/"\n', reader())["Resources"]
    assert made["NewDataTrigger"] == {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Name": {"Fn::Sub": "${PipelineName}-train-new-data-${TargetEnv}"},
            "State": {"Ref": "NewDataTriggerState"},
            "EventPattern": {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": ["lake"]}, "object": {"key": [{"prefix": "in/"}]}},
            },
            "Targets": [
                {
                    "Id": "Workflow",
                    "Arn": {"Ref": "StateMachineComponent"},
                    "RoleArn": {"Fn::GetAtt": ["NewDataTriggerRole", "Arn"]},
                    "Input": "{}",
                    "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["TriggerDeadLetterQueue", "Arn"]}},
                    "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10},
                }
            ],
        },
    }
    source = {
        "Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/"
        "${PipelineName}-train-new-data-${TargetEnv}"
    }
    role = made["NewDataTriggerRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": source}
    (statement,) = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (
        "states:StartExecution",
        {"Ref": "StateMachineComponent"},
    )
    policy = made["TriggerDeadLetterQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert policy[1]["Principal"] == {"Service": "events.amazonaws.com"}
    assert policy[1]["Action"] == "sqs:SendMessage"
    assert policy[1]["Condition"] == {"ArnEquals": {"aws:SourceArn": [source]}}


def key_matcher(toml: str) -> Any:
    return rule(S3 + toml)["EventPattern"]["detail"]["object"]["key"]


def test_prefix_and_suffix_together_are_one_matcher_because_several_mean_or() -> None:
    assert key_matcher('prefix = "in/"\nsuffix = ".csv"') == [{"wildcard": "in/*.csv"}]
    assert key_matcher('suffix = ".csv"') == [{"suffix": ".csv"}]
    assert key_matcher(r"prefix = 'a*b\'" + "\nsuffix = '*.csv'") == [{"wildcard": r"a\*b\\*\*.csv"}]
    assert key_matcher("prefix = 'a*b'") == [{"prefix": "a*b"}]


KEYS = st.text(alphabet="ab*\\/.", max_size=6)


@settings(max_examples=300)
@given(KEYS.filter(bool), KEYS.filter(bool), KEYS)
def test_the_wildcard_matches_just_what_begins_and_ends_so(prefix: str, suffix: str, key: str) -> None:
    one = TriggerSettings(kind="s3", bucket="lake", prefix=prefix, suffix=suffix)
    definition, _ = final("", reader())
    pattern = EventPattern(None, event_patterns.pattern(definition, one))
    for candidate in (key, prefix + key + suffix, prefix + key, key + suffix):
        fits = candidate.startswith(prefix) and candidate.endswith(suffix)
        fits = fits and len(candidate) >= len(prefix) + len(suffix)
        assert pattern.matches_event(created(candidate)) is fits, candidate


def test_a_size_is_a_numeric_range() -> None:
    size = rule(S3 + "min_size = 1\nmax_size = 100")["EventPattern"]["detail"]["object"]["size"]
    assert size == [{"numeric": [">=", 1, "<=", 100]}]
    pattern = EventPattern(None, rule(S3 + "min_size = 1\nmax_size = 100")["EventPattern"])
    assert [pattern.matches_event(created("x", one)) for one in (0, 1, 100, 101)] == [
        False,
        True,
        True,
        False,
    ]
    assert rule(S3 + "min_size = 0")["EventPattern"]["detail"]["object"]["size"] == [{"numeric": [">=", 0]}]


def test_the_input_is_made_of_bucket_and_key() -> None:
    toml = (
        S3
        + 'input = { Bucket = "<bucket>", Key = "<key>", Where = "in <bucket>", Size = "<size>", Fixed = "a < b" }'
    )
    states = reader("Bucket", "Key", "Where", "Size", "Fixed")
    (target,) = rule(toml, states)["Targets"]
    assert target["InputTransformer"] == {
        "InputTemplate": '{"Bucket": <detail_bucket_name>, "Key": <detail_object_key>, '
        '"Where": "in <detail_bucket_name>", "Size": <detail_object_size>, "Fixed": "a \\u003c b"}',
        "InputPathsMap": {
            "detail_bucket_name": "$.detail.bucket.name",
            "detail_object_key": "$.detail.object.key",
            "detail_object_size": "$.detail.object.size",
        },
    }


def test_what_eventbridge_delivers_is_accepted_by_the_check_of_inputs() -> None:
    schema = {"Bucket": "str", "Key": "str", "Size": "int", "Epochs": "int"}
    toml = (
        "[parameters.Count]\ndefault = 3\n"
        + S3
        + 'input = { Bucket = "<bucket>", Key = "<key>", Size = "<size>", Epochs = "${Count}" }'
    )
    states = reader(*schema)
    assert [line for line in findings(toml, states, input_schema=schema) if "SFN639" not in line] == []
    (target,) = template(toml, states, input_schema=schema)["Resources"]["NewDataTrigger"]["Properties"][
        "Targets"
    ]
    delivered = transformed(target, created("in/a b \u00e9.csv", 7), {"Count": 5})
    assert delivered == {"Bucket": "lake", "Key": "in/a b \u00e9.csv", "Size": 7, "Epochs": 5}
    assert accepted(delivered, toml, states, input_schema=schema) == []


EVIL = 'a", "Stages": {"train": false}, "Key": "x'


def test_who_names_an_object_writes_its_name_and_nothing_else_of_the_input() -> None:
    toml = S3 + 'input = { Bucket = "<bucket>", Key = "<key>" }'
    (target,) = rule(toml, reader("Bucket", "Key"))["Targets"]
    assert transformed(target, created(EVIL), {}) == {"Bucket": "lake", "Key": EVIL}


def others(toml: str, *names: str) -> list[str]:
    """The findings but for that on the bucket's events."""
    return [line for line in findings(toml, reader(*names)) if "SFN639" not in line]


@pytest.mark.parametrize(
    ("kind", "given", "name", "hint"),
    [
        (
            "s3",
            "s3://<bucket>/<key>",
            "<key>",
            (
                'write Bucket = "<bucket>" and Key = "<key>", and in the workflow '
                "States.Format('s3://{}/{}', $$.Execution.Input.Bucket, $$.Execution.Input.Key)"
            ),
        ),
        (
            "s3",
            "<key>.<key>",
            "<key>",
            (
                'write Key = "<key>", and in the workflow '
                "States.Format('{}.{}', $$.Execution.Input.Key, $$.Execution.Input.Key)"
            ),
        ),
        (
            "s3",
            "it's <key>",
            "<key>",
            "give it as an input of its own, with nothing around it, and join it in the workflow",
        ),
        (
            "s3",
            "x<aws.events.event.json>y",
            "<aws.events.event.json>",
            "give it as an input of its own, with nothing around it",
        ),
        (
            "workflow",
            "after <output>",
            "<output>",
            (
                'write Output = "<output>", and in the workflow '
                "States.Format('after {}', $$.Execution.Input.Output)"
            ),
        ),
        (
            "event",
            "of <source>",
            "<source>",
            (
                'write Source = "<source>", and in the workflow '
                "States.Format('of {}', $$.Execution.Input.Source)"
            ),
        ),
        (
            "event",
            "<$.detail.items[0].the-name>!",
            "<$.detail.items[0].the-name>",
            (
                'write TheName = "<$.detail.items[0].the-name>", and in the workflow '
                "States.Format('{}!', $$.Execution.Input.TheName)"
            ),
        ),
        (
            "event",
            "<$.detail.bucket.name>/",
            "<$.detail.bucket.name>",
            (
                'write Name = "<$.detail.bucket.name>", and in the workflow '
                "States.Format('{}/', $$.Execution.Input.Name)"
            ),
        ),
    ],
)
def test_what_others_write_stands_alone(kind: str, given: str, name: str, hint: str) -> None:
    toml = f'{HEAD}{KINDS[kind]}input = {{ A = {{ B = ["{given}"] }} }}'
    message = (
        f"trigger 'new-data' joins '{name}' with other text in input 'A.B', where EventBridge escapes nothing"
    )
    assert [line.split(": ", 1)[1] for line in others(toml, "A")] == [f"{message} | {hint}"]


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (
            "s3",
            "<bucket> <size> <etag> <version-id> <id> <time> <source> <region> <account> <$.detail.bucket.name>",
        ),
        ("s3", "<aws.events.rule-arn> <aws.events.rule-name> <aws.events.event.ingestion-time> <$.region>"),
        ("s3", "<key>"),
        ("s3", "<aws.events.event>"),
        ("workflow", "<execution> <execution-name> <source> <time>"),
        ("workflow", "<output>"),
        ("event", "<id> <time> <region> <account>"),
        ("event", "<$.detail>"),
    ],
)
def test_what_nobody_chooses_freely_stands_anywhere_and_the_rest_alone(kind: str, given: str) -> None:
    assert others(f'{HEAD}{KINDS[kind]}input = {{ A = "{given}" }}', "A") == []


def test_an_angle_bracket_doubled_is_the_text_itself() -> None:
    toml = S3 + "input = { A = '<<b>bold</b> <<key> <size> a << b <<<c>' }"
    assert others(toml, "A") == []
    (target,) = rule(toml, reader("A"))["Targets"]
    assert transformed(target, created(EVIL, 7), {}) == {"A": "<b>bold</b> <key> 7 a << b <<c>"}


def test_a_text_without_placeholders_needs_no_transformer() -> None:
    (target,) = rule(S3 + "input = { A = '<<b>' }", reader("A"))["Targets"]
    assert transformed(target, created("x"), {}) == {"A": "<b>"}
    assert "InputTransformer" not in target


def test_a_placeholder_that_nobody_knows_is_told_how_to_be_a_text() -> None:
    (found,) = others(S3 + "input = { A = '<b>bold</b>' }", "A")
    assert found.startswith(
        "SFN632 sfn-cfn.toml:6: trigger 'new-data' uses '<b>', which the service does not fill in | "
        "write '<<b>' for the text '<b>', or use one of <time>, <id>, <source>, <region>, <account>, <bucket>, <key>,"
    )


def test_the_default_input_of_a_workflow_has_no_placeholders() -> None:
    own = {"A": "<key> <<id>", "<key>": 1, "B": 0}
    made = template(S3 + 'input = { B = "<size>" }', reader("A", "B"), default_input=own)
    (target,) = made["Resources"]["NewDataTrigger"]["Properties"]["Targets"]
    assert transformed(target, created("x", 7), {}) == {"A": "<key> <<id>", "<key>": 1, "B": 7}


def test_a_part_that_the_event_lacks_is_an_empty_text() -> None:
    (target,) = rule(S3 + 'input = { A = "<version-id>", B = "v<version-id>" }', reader("A", "B"))["Targets"]
    assert transformed(target, created("x"), {}) == {"A": "", "B": "v"}


@pytest.mark.parametrize("path", ["$.", "$.detail.", "$.detail[x]", "$.detail[0", "$.a]b"])
def test_a_path_that_is_none_is_an_error(path: str) -> None:
    toml = f'{HEAD}{KINDS["event"]}input = {{ A = "<{path}>" }}'
    assert others(toml, "A") == [
        (
            f"SFN632 sfn-cfn.toml:6: trigger 'new-data' uses '<{path}>', which is no path of an event | "
            "write a path such as '<$.detail.name>'"
        )
    ]


def test_a_key_with_quotes_is_delivered_where_it_stands_alone() -> None:
    (target,) = rule(S3 + 'input = { Key = "<key>" }', reader("Key"))["Targets"]
    assert transformed(target, created('a"b\\c'), {}) == {"Key": 'a"b\\c'}


def test_a_quote_before_a_placeholder_stays_inside_of_its_text() -> None:
    toml = S3 + 'input = { Key = \'say "<bucket>" twice\', Path = "<$.detail.reason>" }'
    (target,) = rule(toml, reader("Key", "Path"))["Targets"]
    written = target["InputTransformer"]["InputTemplate"]
    assert written == '{"Key": "say \\"<detail_bucket_name>\\" twice", "Path": <detail_reason>}'


def test_a_text_that_ends_with_a_quote_and_a_placeholder_keeps_its_quotes() -> None:
    (target,) = rule(S3 + "input = { Key = 'say \"<size>' }", reader("Key"))["Targets"]
    assert transformed(target, created("x", 7), {}) == {"Key": 'say "7'}


def test_the_stacks_own_bucket_sends_its_events() -> None:
    states = reader(Place=f"s3://{OWN}/out")
    made = template(HEAD + 'kind = "s3"\nprefix = "in/"', states)["Resources"]
    assert made["WorkflowDataBucket"]["Properties"]["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    name = made["NewDataTrigger"]["Properties"]["EventPattern"]["detail"]["bucket"]["name"]
    assert name == [{"Fn::If": ["CreateDataBucket", {"Ref": "WorkflowDataBucket"}, {"Ref": "DataBucket"}]}]


def test_a_given_bucket_is_said_to_need_its_events_switched_on() -> None:
    assert findings(S3, reader()) == [
        (
            "SFN639 sfn-cfn.toml:5: trigger 'new-data' needs bucket 'lake' to send its events to EventBridge | "
            "switch that on, once for the bucket; 'sfn-cfn check --env ENV' asks S3 whether it is"
        )
    ]
    made = template(S3, reader(Place=f"s3://{OWN}/out"))["Resources"]
    assert "NotificationConfiguration" not in made["WorkflowDataBucket"]["Properties"]


def test_without_any_bucket_it_is_an_error() -> None:
    assert late(HEAD + 'kind = "s3"', reader()) == [
        (
            "SFN636 sfn-cfn.toml:3: trigger 'new-data' has no bucket, and the workflow has none for its data | "
            'write bucket = "..."'
        )
    ]


@pytest.mark.parametrize(
    ("place", "toml"),
    [
        ("s3://lake/in/models", 'bucket = "lake"\nprefix = "in/"'),
        ("s3://lake/in", 'bucket = "lake"\nprefix = "in/"'),
        ("s3://lake/out", 'bucket = "lake"'),
        ("s3://${Lake}/out/x", 'bucket = "${Lake}"\nprefix = "out/"'),
        (f"s3://{OWN}/out", 'prefix = "out"'),
        ("States.Format('s3://lake/in/{}', $$.Execution.Name)", 'bucket = "lake"\nprefix = "in/"'),
    ],
)
def test_a_workflow_that_writes_below_its_own_trigger_is_refused(place: str, toml: str) -> None:
    declared = '[parameters.Lake]\ndefault = "lake"\n'
    (found,) = late(f'{declared}{HEAD}kind = "s3"\n{toml}', writer(place))
    assert found.startswith("SFN637 sfn-cfn.toml:")
    assert ": trigger 'new-data' takes what state 'Train' writes to 's3://" in found
    assert found.endswith(" | give a prefix beside it, or let the state write elsewhere")


@pytest.mark.parametrize("place", ["s3://lake/out", "s3://pond/in/x", "s3://lake/inner", "s3://lake"])
def test_a_workflow_that_writes_beside_its_trigger_is_taken(place: str) -> None:
    one, found = final(S3 + 'prefix = "in/"', writer(place))
    assert triggers.CAPABILITY.add(one, found).fragment.resources


def called(resource: str, **parameters: Any) -> dict[str, Any]:
    """A workflow of one call."""
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    return machine(Call={**task, "TimeoutSeconds": 60})


def trained(suffix: str = "", **more: Any) -> dict[str, Any]:
    """A workflow whose training leaves its model below the trigger's prefix."""
    given = {"S3OutputPath": "s3://lake/in/", **more}
    return called("sagemaker:createTrainingJob.sync", TrainingJobName="x", OutputDataConfig=given)


BELOW = S3 + 'prefix = "in/"\n'
FORMAT = "States.Format('in/{}.csv', $$.Execution.Name)"
WRITERS = {
    "an object": called("aws-sdk:s3:putObject", Bucket="lake", Key="in/x", Body="y"),
    "a copy": called("aws-sdk:s3:copyObject", Bucket="lake", Key="in/x", CopySource="pond/y"),
    "parts": called("aws-sdk:s3:createMultipartUpload", Bucket="lake", Key="in/x"),
    "a formatted key": called("aws-sdk:s3:putObject", **{"Bucket": "lake", "Key.$": FORMAT, "Body": "y"}),
    "checkpoints": called("sagemaker:createTrainingJob.sync", CheckpointConfig={"S3Uri": "s3://lake/in/c"}),
    "an export": called("aws-sdk:dynamodb:exportTableToPointInTime", S3Bucket="lake", S3Prefix="in/t"),
    "a tuning": called(
        "sagemaker:createHyperParameterTuningJob.sync",
        TrainingJobDefinition={"OutputDataConfig": {"S3OutputPath": "s3://lake/in/"}},
    ),
    "results of a map": {
        "StartAt": "Call",
        "States": {
            "Call": {
                "Type": "Map",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    **machine(One={"Type": "Pass", "End": True}),
                },
                "ResultWriter": {
                    "Resource": "arn:aws:states:::s3:putObject",
                    "Parameters": {"Bucket": "lake", "Prefix": "in/results"},
                },
                "End": True,
            }
        },
    },
}


@pytest.mark.parametrize("what", WRITERS)
def test_what_any_call_writes_below_its_trigger_is_refused(what: str) -> None:
    (found,) = late(BELOW, WRITERS[what])
    assert found.startswith(
        "SFN637 sfn-cfn.toml:6: trigger 'new-data' takes what state 'Call' writes to 's3://lake/in"
    )


def test_what_the_default_input_has_a_job_write_is_refused() -> None:
    own = {"Train": {"OutputDataConfig": {"S3OutputPath": "s3://lake/in/"}}}
    one, found = final(BELOW, reader("Train"), default_input=own)
    with pytest.raises(TemplateError) as caught:
        triggers.CAPABILITY.add(one, found)
    assert [item.message for item in caught.value.diagnostics] == [
        "trigger 'new-data' takes what state 'default input' writes to 's3://lake/in/'"
    ]


BESIDE = {
    "another bucket": called("aws-sdk:s3:putObject", Bucket="pond", Key="in/x", Body="y"),
    "another key": called("aws-sdk:s3:putObject", Bucket="lake", Key="out/x", Body="y"),
    "the prefix as an object": called("aws-sdk:s3:putObject", Bucket="lake", Key="in", Body="y"),
    "another service": called("aws-sdk:mediastoredata:putObject", Bucket="lake", Key="in/x"),
    "reading": called("aws-sdk:s3:getObject", Bucket="lake", Key="in/x"),
    "deleting": called("aws-sdk:s3:deleteObject", Bucket="lake", Key="in/x"),
}


@pytest.mark.parametrize("what", BESIDE)
def test_what_a_call_does_elsewhere_is_taken(what: str) -> None:
    one, found = final(BELOW, BESIDE[what])
    assert triggers.CAPABILITY.add(one, found).fragment.resources


@pytest.mark.parametrize(
    ("suffix", "states", "count"),
    [
        (".csv", trained(), 0),
        (".tar.gz", trained(), 1),
        ("model.tar.gz", trained(), 1),
        ("/x/output/model.tar.gz", trained(), 1),
        (".csv", trained(CompressionType="NONE"), 1),
        (".csv", trained(CompressionType="GZIP"), 0),
        (".csv", WRITERS["a tuning"], 0),
        (
            ".csv",
            called("sagemaker:createTransformJob.sync", TransformOutput={"S3OutputPath": "s3://lake/in/"}),
            0,
        ),
        (
            ".out",
            called("sagemaker:createTransformJob.sync", TransformOutput={"S3OutputPath": "s3://lake/in/"}),
            1,
        ),
        (".csv", WRITERS["an object"], 0),
        (".csv", called("aws-sdk:s3:putObject", Bucket="lake", Key="in/x.csv", Body="y"), 1),
        (".csv", WRITERS["checkpoints"], 1),
        ("${Ending}", trained(), 1),
    ],
)
def test_a_suffix_excludes_objects_whose_names_are_known(suffix: str, states: Any, count: int) -> None:
    toml = f'[parameters.Ending]\ndefault = ".csv"\n{BELOW}suffix = "{suffix}"\n'
    one, found = final(toml, states)
    if not count:
        assert triggers.CAPABILITY.add(one, found).fragment.resources
        return
    with pytest.raises(TemplateError) as caught:
        triggers.CAPABILITY.add(one, found)
    assert [item.code for item in caught.value.diagnostics] == ["SFN637"]


LIKELY = {
    "--output": called("glue:startJobRun.sync", JobName="g", Arguments={"--output": "s3://lake/in/x"}),
    "OutputFormat": called(
        "sagemaker:createProcessingJob.sync", Environment={"OutputFormat": "s3://lake/in/x"}
    ),
    "target": called("lambda:invoke", FunctionName="f", Payload={"a": {"target": "s3://lake/in/x"}}),
}


@pytest.mark.parametrize("field", LIKELY)
def test_what_a_job_is_told_of_an_output_is_a_warning(field: str) -> None:
    assert [line for line in findings(BELOW, LIKELY[field]) if "SFN66" in line] == [
        (
            f"SFN666 sfn-cfn.toml:6: state 'Call' gives '{field}' a place that trigger 'new-data' takes objects of: "
            "'s3://lake/in/x' | give a prefix beside it, or let the job write elsewhere\nCall (workflows/train.py:40)"
        )
    ]
    one, found = final(BELOW, LIKELY[field])
    assert triggers.CAPABILITY.add(one, found).fragment.resources


def test_the_stacks_own_bucket_is_known_in_a_jobs_arguments() -> None:
    states = called("glue:startJobRun.sync", JobName="g", Arguments={"--out": f"s3://{OWN}/in/x"})
    found = [line for line in findings(HEAD + 'kind = "s3"\nprefix = "in/"', states) if "SFN666" in line]
    assert len(found) == 1
    assert "'s3://${DataBucketName}/in/x'" in found[0]


def test_what_a_job_reads_below_its_trigger_is_no_warning() -> None:
    states = called("glue:startJobRun.sync", JobName="g", Arguments={"--data": "s3://lake/in/x"})
    assert [line for line in findings(BELOW, states) if "SFN666" in line] == []


@pytest.mark.parametrize(
    ("bucket", "key", "count"),
    [
        ("", "", 1),
        ('bucket = { name = ["lake"] }', "", 1),
        ('bucket = { name = ["pond"] }', "", 0),
        ("", 'object = { key = [{ prefix = "in/" }] }', 1),
        ("", 'object = { key = [{ prefix = "out/" }] }', 0),
        ("", 'object = { key = [{ suffix = ".csv" }] }', 0),
        ("", 'object = { key = [{ wildcard = "in/*/model.tar.gz" }] }', 1),
    ],
)
def test_a_pattern_on_objects_takes_what_the_workflow_writes(bucket: str, key: str, count: int) -> None:
    detail = f", detail = {{ {bucket}{key} }}" if bucket or key else ""
    toml = f'{HEAD}kind = "event"\npattern = {{ source = ["aws.s3"]{detail} }}'
    one, found = final(toml, trained())
    if not count:
        assert triggers.CAPABILITY.add(one, found).fragment.resources
        return
    with pytest.raises(TemplateError) as caught:
        triggers.CAPABILITY.add(one, found)
    assert [f"{item.code} {item.message} | {item.hint}" for item in caught.value.diagnostics] == [
        (
            "SFN637 trigger 'new-data' takes what state 'Call' writes to 's3://lake/in/' | "
            "let the pattern name another bucket or prefix"
        )
    ]


def test_prefix_and_suffix_are_no_longer_than_a_key() -> None:
    toml = f'{S3}prefix = "{"p" * 1000}"\nsuffix = "{"s" * 25}"'
    assert others(toml) == [
        (
            "SFN636 sfn-cfn.toml:6: prefix and suffix of trigger 'new-data' have 1,025 characters, a key of S3 at most "
            "1,024 | write shorter ones"
        )
    ]
    assert others(f'{S3}prefix = "{"p" * 1000}"\nsuffix = "{"s" * 24}"') == []


def test_a_prefix_with_many_stars_makes_a_long_pattern() -> None:
    (found,) = others(f'{S3}prefix = "{"*" * 960}"\nsuffix = ".csv"')
    assert found.startswith("SFN667 sfn-cfn.toml:6: the pattern of trigger 'new-data' has 3,012 char")


def test_the_queue_for_what_fails_takes_messages_of_every_rule() -> None:
    toml = f"{S3}[workflows.train.triggers.order]\n{KINDS['event']}"
    made = template(toml, reader())["Resources"]["TriggerDeadLetterQueuePolicy"]["Properties"]
    sources = made["PolicyDocument"]["Statement"][1]["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert [one["Fn::Sub"].rsplit("/", 1)[1] for one in sources] == [
        "${PipelineName}-train-new-data-${TargetEnv}",
        "${PipelineName}-train-order-${TargetEnv}",
    ]


def test_a_rules_name_is_no_longer_than_eventbridge_takes() -> None:
    name = "n" * 40
    toml = f"[environments.{'e' * 12}]\n[workflows.train.triggers.{name}]\n{KINDS['event']}"
    (made,) = [
        one for one in template(toml, reader())["Resources"].values() if one["Type"] == "AWS::Events::Rule"
    ]
    longest = made["Properties"]["Name"]["Fn::Sub"]
    longest = longest.replace("${PipelineName}", "p" * 40).replace("${TargetEnv}", "e" * 12)
    assert len(longest) == 64


def test_another_workflow_of_the_project_starts_this_one_when_it_succeeds() -> None:
    toml = HEAD + 'kind = "workflow"\nworkflow = "prepare"\ninput = { After = "<execution>" }'
    made = rule(toml, reader("After"))
    pattern = resolved(made["EventPattern"], {"PipelineName": "ml", "TargetEnv": "dev"})
    arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:ml-prepare-dev"
    assert pattern == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["SUCCEEDED"], "stateMachineArn": [arn]},
    }
    event = {"detail": {"executionArn": "arn:x", "stateMachineArn": arn, "status": "SUCCEEDED"}}
    (target,) = made["Targets"]
    assert transformed(target, event, {}) == {"After": "arn:x"}


@pytest.mark.parametrize(
    ("given", "arn"),
    [
        ("other", "arn:aws:states:eu-west-1:111122223333:stateMachine:other"),
        ("${PipelineName}-x", "arn:aws:states:eu-west-1:111122223333:stateMachine:ml-x"),
        ("arn:aws:states:eu-west-1:999999999999:stateMachine:y",) * 2,
    ],
)
def test_any_state_machine_may_start_it(given: str, arn: str) -> None:
    made = rule(f'{HEAD}kind = "workflow"\nstate_machine = "{given}"')["EventPattern"]
    assert resolved(made, {"PipelineName": "ml"})["detail"]["stateMachineArn"] == [arn]


def test_any_pattern_on_any_bus_may_start_it() -> None:
    toml = (
        '[parameters.Team]\ndefault = "a"\n' + HEAD + 'kind = "event"\nevent_bus = "orders"\n'
        'pattern = { source = ["my.shop"], detail = { team = [{ prefix = "${Team}" }], '
        'n = [{ numeric = [">", 3] }] } }\n'
    )
    made = rule(toml)
    assert made["EventPattern"] == {
        "source": ["my.shop"],
        "detail": {"team": [{"prefix": {"Ref": "Team"}}], "n": [{"numeric": [">", 3]}]},
    }
    assert made["EventBusName"] == "orders"
    role = template(toml, reader())["Resources"]["NewDataTriggerRole"]["Properties"]
    condition = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["ArnLike"]["aws:SourceArn"]
    assert ":rule/orders/${PipelineName}-train-new-data-${TargetEnv}" in condition["Fn::Sub"]


@pytest.mark.parametrize(
    ("bus", "rule_of"),
    [
        ("orders", "orders/"),
        ("default", ""),
        ("${Bus}", "${Bus}/"),
        ("aws.partner/example.com/1/x", "aws.partner/example.com/1/x/"),
        ("arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/orders", "orders/"),
        ("arn:aws:events:eu-west-1:111122223333:event-bus/aws.partner/x/y", "aws.partner/x/y/"),
    ],
)
def test_the_role_is_for_the_rule_of_any_bus(bus: str, rule_of: str) -> None:
    toml = f'[parameters.Bus]\ndefault = "a"\n{HEAD}{KINDS["event"]}event_bus = "{bus}"'
    role = template(toml, reader())["Resources"]["NewDataTriggerRole"]["Properties"]
    condition = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["ArnLike"]["aws:SourceArn"]
    assert f":rule/{rule_of}${{PipelineName}}-train-new-data-${{TargetEnv}}" in condition["Fn::Sub"]


@pytest.mark.parametrize("bus", ["a b", "*", "arn:aws:sqs:eu-west-1:111122223333:orders", "a*"])
def test_what_names_no_event_bus_is_refused(bus: str) -> None:
    assert others(f'{HEAD}{KINDS["event"]}event_bus = "{bus}"') == [
        (
            f"SFN636 sfn-cfn.toml:6: trigger 'new-data' listens to event bus '{bus}', which is no name and no ARN "
            "of one | write the bus's name or ARN"
        )
    ]


BAD = {
    "enabled = true": "SFN636 sfn-cfn.toml:3: trigger 'new-data' has no kind | write kind = \"s3\"",
    'kind = "s3"\nbucket = "b"\npattern = { source = ["x"] }': "SFN636 sfn-cfn.toml:6: trigger 'new-data' is of kind "
    "'s3', which has no 'pattern' | take it out, or use 'bucket', 'prefix', 'suffix', 'min_size', 'max_size'",
    'kind = "s3"\nbucket = "b"\nmin_size = 9\nmax_size = 3': "SFN636 sfn-cfn.toml:6: trigger 'new-data' has a min_size "
    "of 9 above its max_size of 3 | change one of them",
    'kind = "workflow"': "SFN636 sfn-cfn.toml:3: trigger 'new-data' has no 'workflow' and no 'state_machine' | "
    "give one of them",
    'kind = "workflow"\nworkflow = "a"\nstate_machine = "b"': "SFN636 sfn-cfn.toml:3: trigger 'new-data' has both "
    "'workflow' and 'state_machine' | give one of them",
    'kind = "workflow"\nworkflow = "train"': "SFN637 sfn-cfn.toml:3: trigger 'new-data' starts workflow 'train' at its "
    "own success | name another workflow",
    'kind = "workflow"\nstate_machine = "${PipelineName}-train-${TargetEnv}"': "SFN637 sfn-cfn.toml:3: trigger "
    "'new-data' starts workflow 'train' at its own success | name another workflow",
    'kind = "s3"\nbucket = "b"\nmin_size = -1': "SFN636 sfn-cfn.toml:6: 'min_size' of trigger 'new-data' is -1 | "
    "write a count of bytes, at most 5000000000, which EventBridge compares",
    'kind = "event"\npattern = { source = ["aws.states"] }': "SFN637 sfn-cfn.toml:5: trigger 'new-data' takes what "
    "EventBridge hears of the executions of 'train' itself | name another state machine in the pattern",
    'kind = "workflow"\nworkflow = "b"\n[workflows.b.triggers.x]\nkind = "workflow"\nworkflow = "c"\n'
    '[workflows.c.triggers.x]\nkind = "workflow"\nworkflow = "train"': "SFN637 sfn-cfn.toml:3: trigger 'new-data' "
    "starts workflow 'train' at the end of what it starts: 'train', then 'c', then 'b' | "
    "take out one of these triggers",
    'kind = "event"': "SFN636 sfn-cfn.toml:3: trigger 'new-data' has no pattern | write the events' pattern",
    'kind = "event"\npattern = { source = "x" }': "SFN638 sfn-cfn.toml:5: the pattern of trigger 'new-data' has no "
    "list at 'source': write [\"x\"] |",
    'kind = "event"\npattern = { source = [], detail = { e = [{ like = "x" }] } }': "SFN638 sfn-cfn.toml:5: the "
    "pattern of trigger 'new-data' has an empty list at 'source' |\nSFN638 sfn-cfn.toml:5: the pattern of trigger "
    "'new-data' has at 'detail.e' no comparison of EventBridge: 'like' |",
    'kind = "event"\npattern = { source = [{ wildcard = "a**b" }] }': "SFN638 sfn-cfn.toml:5: the pattern of trigger "
    "'new-data' has at 'source' two wildcards side by side |",
    'kind = "event"\npattern = { source = ["x"] }\nretry_seconds = 1': "SFN635 sfn-cfn.toml:6: 'retry_seconds' of "
    "trigger 'new-data' is 1 | write a whole number from 60 to 86400",
}


@pytest.mark.parametrize("toml", BAD)
def test_what_cannot_be_is_an_error_at_its_line(toml: str) -> None:
    assert "\n".join(findings(HEAD + toml, reader())) == BAD[toml]


def test_a_pattern_may_hold_alternatives() -> None:
    toml = 'kind = "event"\npattern = { "$or" = [{ source = ["a"] }, { detail = { x = [1, true] } }] }'
    assert findings(HEAD + toml, reader()) == []


def test_a_trigger_without_the_inputs_is_an_error_that_lists_them() -> None:
    states = reader("Data", "Epochs")
    toml = HEAD + 'kind = "event"\npattern = { source = ["x"] }\ninput = { Data = "<$.detail.data>" }'
    assert findings(toml, states) == [
        (
            "SFN630 sfn-cfn.toml:6: trigger 'new-data' does not give input 'Epochs' | write 'Epochs' in "
            "[workflows.train.triggers.new-data.input]\nEpochs: read by Load (workflows/train.py:40)"
        )
    ]


def test_a_placeholder_that_the_event_does_not_have_is_an_error() -> None:
    toml = S3 + 'input = { Key = "<keys>", "<key>" = 1 }'
    assert [line for line in findings(toml, reader("Key", "<key>")) if "SFN632" in line] == [
        (
            "SFN632 sfn-cfn.toml:6: trigger 'new-data' uses '<keys>', which the service does not fill in | "
            "did you mean '<key>'?"
        ),
        (
            "SFN632 sfn-cfn.toml:6: trigger 'new-data' has the placeholder '<key>' in the name of an input | "
            "use placeholders in values only"
        ),
    ]


def test_a_placeholder_of_another_type_than_declared_is_an_error() -> None:
    toml = S3 + 'input = { Size = "<key>", Key = "<size>" }'
    found = findings(toml, reader("Size", "Key"), input_schema={"Size": "int", "Key": "str"})
    assert [line.split(": ", 1)[1] for line in found if "SFN632" in line] == [
        "trigger 'new-data' gives input 'Size' as str, not int | give a value of type int",
        "trigger 'new-data' gives input 'Key' as int, not str | give a value of type str",
    ]


def test_an_input_that_is_too_long_for_eventbridge_is_an_error() -> None:
    toml = HEAD + 'kind = "event"\npattern = { source = ["x"] }\n' + f'input = {{ A = "{"x" * 8190}" }}'
    assert late(toml, reader("A")) == [
        (
            "SFN632 sfn-cfn.toml:6: the input of trigger 'new-data' has 8,203 characters, EventBridge takes 8,192 | "
            "let the workflow hold what is the same at each start"
        )
    ]


def parts(count: int) -> str:
    """A trigger whose input has so many parts of the event."""
    given = ", ".join(f"'<$.detail.p{number}>'" for number in range(count))
    return f"{HEAD}{KINDS['event']}input = {{ A = [{given}] }}"


def test_more_parts_of_an_event_than_eventbridge_takes_are_an_error() -> None:
    assert late(parts(101), reader("A")) == [
        (
            "SFN632 sfn-cfn.toml:6: the input of trigger 'new-data' has 101 parts of the event, EventBridge takes "
            "100 | give an object of the event as one input, '<$.detail>', and let states read its parts"
        )
    ]
    (target,) = rule(parts(100), reader("A"))["Targets"]
    assert len(target["InputTransformer"]["InputPathsMap"]) == 100


def test_a_path_that_is_too_long_for_eventbridge_is_an_error() -> None:
    toml = HEAD + KINDS["event"] + f'input = {{ A = "<$.{"x" * 255}>", B = "<$.{"y" * 254}>" }}'
    assert late(toml, reader("A", "B")) == [
        (
            "SFN632 sfn-cfn.toml:6: the input of trigger 'new-data' has a path of 257 characters, EventBridge takes "
            "256 | give an object that holds it, and let states read its part"
        )
    ]


def test_names_with_one_logical_id_are_refused() -> None:
    body = 'kind = "event"\npattern = { source = ["x"] }\n'
    toml = f"{HEAD}{body}[workflows.train.triggers.newData]\n{body}"
    assert findings(toml, reader()) == [
        "SFN674 sfn-cfn.toml:6: triggers 'new-data' and 'newData' have one logical ID, 'NewData' | rename one of them"
    ]


def test_an_express_workflow_cannot_be_waited_for() -> None:
    toml = HEAD + 'kind = "workflow"\nworkflow = "b"\n[workflows.b.state_machine]\ntype = "EXPRESS"'
    assert findings(toml, reader()) == [
        (
            "SFN664 sfn-cfn.toml:3: trigger 'new-data' waits for workflow 'b', which is Express and sends no events | "
            'make it STANDARD, or let it send an event of its own and write kind = "event"'
        )
    ]


def test_workflows_in_a_row_are_no_loop() -> None:
    toml = (
        HEAD
        + 'kind = "workflow"\nworkflow = "b"\n[workflows.b.triggers.x]\nkind = "workflow"\nworkflow = "c"'
    )
    assert findings(toml, reader()) == []


def test_paths_that_look_alike_have_variables_of_their_own() -> None:
    toml = HEAD + 'kind = "event"\npattern = { source = ["x"] }\ninput = { A = "<$.a.b>", B = "<$.a_b>" }'
    (target,) = rule(toml, reader("A", "B"))["Targets"]
    assert transformed(target, {"a": {"b": 1}, "a_b": 2}, {}) == {"A": 1, "B": 2}


def test_the_settings_of_a_project_hold_triggers_for_all_workflows() -> None:
    one = read('[triggers.any]\nkind = "event"\npattern = { source = ["x"] }')
    assert one.of("other").operations["triggers"] == {"any": {"kind": "event", "pattern": {"source": ["x"]}}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            'kind = "workflow"\nstate_machine = "${PipelineName}-train-router-${TargetEnv}"\n',
            (
                "SFN637 sfn-cfn.toml:5: trigger 'new-data' starts pipeline 'churn' at its own success | "
                "name another workflow"
            ),
        ),
        (
            (
                'kind = "event"\npattern = { source = ["aws.states"], detail = { stateMachineArn = '
                '[{ suffix = ":${PipelineName}-train-router-${TargetEnv}" }] } }\n'
            ),
            (
                "SFN637 sfn-cfn.toml:7: trigger 'new-data' takes what EventBridge hears of the executions of 'train' "
                "itself | name another state machine in the pattern"
            ),
        ),
    ],
)
def test_a_pipeline_that_its_own_router_would_start_is_a_loop(body: str, expected: str) -> None:
    toml = "[pipelines]\nenabled = true\n" + HEAD + body
    assert findings(toml + 'pipeline = "churn"\n', reader()) == [expected]
    assert [one for one in findings(toml, reader()) if "SFN637" in one] == []
