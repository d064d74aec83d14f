"""What the settings allow for run-time values: in policies, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from iam.building import define, many, resolved, task
from sfn_cfn.errors import PolicyError, SourceLocation
from sfn_cfn.iam import derive_policies, findings
from sfn_cfn.iam.narrow import MOST, narrow
from sfn_cfn.iam.values import AnyOf
from sfn_cfn.model import ExecutionInput, ParameterDeclaration, Text, Token
from sfn_cfn.settings import IamSettings

ROLE = "${SageMakerRole}"
PUBLISH = "arn:aws:states:::sns:publish"
TRAIN = "arn:aws:states:::sagemaker:createTrainingJob.sync"
BUCKET = ParameterDeclaration("DataBucket", "String", "data")
TOPICS = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:"


def allowing(*, shared: tuple[str, ...] = (), **inputs: tuple[str, ...]) -> IamSettings:
    names = {name.replace("__", "."): values for name, values in inputs.items()}
    return IamSettings(inputs=names, shared=shared)


def inputs(given: dict[str, tuple[str, ...]], shared: tuple[str, ...] = ()) -> IamSettings:
    places = {f"inputs.{name}": SourceLocation("sfn-cfn.toml", 7) for name in given}
    return IamSettings(inputs=given, shared=shared, places=places)


def topics(parameters: Any, settings: IamSettings, **more: Any) -> list[str]:
    """What the role may publish to."""
    definition = define({"Call": task(PUBLISH, parameters, **more)})
    (found,) = resolved(derive_policies(definition, settings).workflow)
    return [one.removeprefix("arn:aws:sns:eu-west-1:111122223333:") for one in many(found["Resource"])]


def reading(uri: str, settings: IamSettings, **parameters: Any) -> list[str]:
    """What a training job whose input is that run-time URI may read."""
    source = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri.$": uri}}}
    given = {"RoleArn": ROLE, "InputDataConfig": [source], **parameters}
    jobs = derive_policies(define({"Train": task(TRAIN, given)}, (BUCKET,)), settings).jobs
    statements = resolved(jobs, {**VALUES, "DataBucket": "data"})
    return [
        one.removeprefix("arn:aws:s3:::")
        for found in statements
        if found["Action"] == "s3:GetObject"
        for one in many(found["Resource"])
    ]


VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "111122223333",
    "SageMakerRoleArn": "",
}


@pytest.mark.parametrize(
    "path",
    [
        "$$.Execution.Input.Topic",
        "$$.Execution.Input['Topic']",
        '$$.Execution.Input["Topic"]',
        "$.Topic",
        "$['Topic']",
    ],
)
def test_an_input_of_the_execution_is_what_the_settings_allow(path: str) -> None:
    settings = allowing(Topic=(f"{TOPICS}a", f"{TOPICS}b"))
    assert topics({"TopicArn.$": path, "Message": "x"}, settings) == ["a", "b"]


def test_without_settings_it_is_any() -> None:
    assert topics({"TopicArn.$": "$.Topic", "Message": "x"}, IamSettings()) == ["*"]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("{% $states.context.Execution.Input.Topic %}", "team"),
        ("{%$states.input.Topic%}", "team"),
        ("{% $states.context.Execution.Input.`Topic` %}", "team"),
        (f"{{% '{TOPICS}' & $states.input.Name & \"-x\" %}}", "n-x"),
        (f"{{% '{TOPICS}' & $states.input.Name & $now() %}}", "n*"),
        (f"{{% '{TOPICS}' & $states.input.Name = 'a' ? 'b' : 'c' %}}", "*"),
        (f"{{% $f('{TOPICS}' & $states.input.Name) %}}", "*"),
        ("{% $states.input.Topic & 'x' = 'y' ? 'a' : 'b' %}", "*"),
    ],
)
def test_a_jsonata_text_is_narrowed_where_it_is_surely_a_concatenation(expression: str, found: str) -> None:
    settings = allowing(Topic=(f"{TOPICS}team",), Name=("n",))
    definition = define({"Call": {**task(PUBLISH), "Arguments": {"TopicArn": expression, "Message": "x"}}})
    (one,) = resolved(derive_policies(definition, settings).workflow)
    assert one["Resource"] == f"arn:aws:sns:eu-west-1:111122223333:{found}"


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("States.Format('s3://{}/x', $.Bucket)", ["a/x*", "b/x*"]),
        ("States.Format('s3://{}/{}', $$.Execution.Input['Bucket'], $.Key)", ["a/k*", "b/k*"]),
        ("States.Format('s3://{}/{}/y', $.Bucket, $.other)", ["a/*/y*", "b/*/y*"]),
        ("States.Format('s3://{}', States.Format('{}/q', $.Bucket))", ["a/q*", "b/q*"]),
        ("States.Format('s3://{}/{}', $.Bucket, 'it\\'s')", ["a/it's*", "b/it's*"]),
        ("States.Format('s3://${DataBucket}/{}', $.Key)", ["data/k*"]),
        ("States.Format('s3://data/{}', $.other)", ["data/*"]),
        ("States.Format($.template, $.Bucket)", ["*/*"]),
        ("States.ArrayGetItem($.Bucket, 0)", ["*/*"]),
        ("$.Bucket.more", ["*/*"]),
        ("$", ["*/*"]),
    ],
)
def test_a_formatted_text_has_each_text_in_its_holes(expression: str, found: list[str]) -> None:
    assert reading(expression, allowing(Bucket=("a", "b"), Key=("k",))) == found


def test_an_allowed_location_may_hold_parameters_and_any_characters() -> None:
    settings = allowing(Uri=("s3://${DataBucket}/raw/", "s3://${DataBucket}/in-*/x"))
    assert reading("$.Uri", settings) == ["data/in-*/x*", "data/raw/*"]


def test_a_path_of_the_definition_is_narrowed_in_every_state() -> None:
    settings = inputs({"$.job.Topic": (f"{TOPICS}a",)})
    first, second = (task(PUBLISH, {"TopicArn.$": "$['job'].Topic"}) for _ in range(2))
    found = resolved(derive_policies(define({"A": first, "B": second}), settings).workflow)
    assert [one["Resource"] for one in found] == ["arn:aws:sns:eu-west-1:111122223333:a"]


def test_a_states_input_is_the_executions_at_the_start_only() -> None:
    first, second = (task(PUBLISH, {"TopicArn.$": "$.Topic"}) for _ in range(2))
    definition = narrow(define({"A": first, "B": second}), allowing(Topic=("t",)))
    assert [state.node["Parameters"] for state in definition.states] == [
        {"TopicArn": AnyOf(("t",), "$.Topic")},
        {"TopicArn.$": "$.Topic"},
    ]


@pytest.mark.parametrize(("input_path", "found"), [("$", ["a"]), ("$.part", ["*"]), (None, ["*"])])
def test_an_input_path_takes_the_input_of_the_execution_away(input_path: Any, found: list[str]) -> None:
    given = {"TopicArn.$": "$.Topic"}
    assert topics(given, allowing(Topic=(f"{TOPICS}a",)), InputPath=input_path) == found


def test_the_tree_of_the_definition_stays_as_it_is() -> None:
    definition = define({"A": task(PUBLISH, {"TopicArn.$": "$.Topic"})})
    assert narrow(definition, allowing(Topic=("t",))).tree is definition.tree


def test_a_selector_of_results_is_not_a_reading_of_the_input() -> None:
    node = task(PUBLISH, {"Message": "x"}, ResultSelector={"a.$": "$.Topic"})
    definition = define({"A": node})
    assert narrow(definition, allowing(Topic=("t",))).states == definition.states


def test_what_is_in_a_group_is_known_at_run_time_only_even_where_a_text_is_allowed_for_it() -> None:
    source = {"DataSource.$": "$.Config"}
    found = reading("$.Uri", allowing(Config=("s3://x/",)), InputDataConfig=[source])
    assert found == ["*/*"]


def test_each_text_allowed_for_a_list_is_one_of_its_items() -> None:
    given = {"RoleArn": ROLE, "AlgorithmSpecification": {"ContainerArguments.$": "$.Arguments"}}
    settings = allowing(Arguments=("s3://a/b", "--fast"))
    policies = derive_policies(define({"Train": task(TRAIN, given)}), settings)
    read = [one["Resource"] for one in resolved(policies.jobs) if one["Action"] == "s3:GetObject"]
    assert read == ["arn:aws:s3:::a/b*"]


def test_the_place_that_a_distributed_map_reads_is_narrowed() -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket.$": "$.Bucket", "Key": "list.json"},
        "ReaderConfig": {"InputType": "JSON"},
    }
    node = {"Type": "Map", "ItemReader": reader, "ItemProcessor": {"StartAt": "", "States": {}}, "End": True}
    found = resolved(derive_policies(define({"Each": node}), allowing(Bucket=("b",))).workflow)
    objects = [one["Resource"] for one in found if one["Action"] == "s3:GetObject"]
    assert objects == ["arn:aws:s3:::b/list.json"]


def test_too_many_combinations_leave_the_last_parts_open() -> None:
    many_texts = tuple(f"t{number}" for number in range(MOST))
    settings = allowing(Bucket=("b",), A=many_texts, B=("p", "q"))
    definition = define({"A": task(PUBLISH, {"TopicArn.$": "States.Format('{}{}{}', $.Bucket, $.A, $.B)"})})
    (state,) = narrow(definition, settings).states
    texts = state.node["Parameters"]["TopicArn"].texts
    assert len(texts) == MOST
    assert texts[0] == Text(("bt0", Token("*")))


def test_a_text_that_names_no_resource_of_the_kind_is_refused_at_the_state() -> None:
    with pytest.raises(PolicyError) as caught:
        reading("$.Uri", allowing(Uri=("raw/",)))
    (found,) = caught.value.diagnostics
    assert found.message == "'S3DataSource' of task 'Train' is 'raw/', which is not an S3 URI"


@pytest.mark.parametrize("expression", ["$.Table", "States.Format('{}/x', $.Table)"])
def test_a_narrowed_text_is_not_warned_of(expression: str) -> None:
    given = {"RoleArn": ROLE, "HyperParameters": {"table.$": expression, "rows.$": "$.Rows"}}
    warned = findings(define({"Train": task(TRAIN, given)}), allowing(Table=("plain", "s3://b/t")))
    assert [one.message for one in warned] == [
        (
            "task 'Train' gets 'HyperParameters.rows' at run time; if that is an S3 URI, the SageMaker role cannot "
            "read it"
        )
    ]


def test_a_narrowed_uri_in_a_hyperparameter_may_be_read() -> None:
    found = reading(
        "$.Uri", allowing(Uri=("s3://a/in/",), Table=("s3://b/t",)), HyperParameters={"t.$": "$.Table"}
    )
    assert found == ["a/in/*", "b/t*"]


def test_an_input_that_the_workflow_does_not_read_is_warned_of_at_its_line() -> None:
    definition = define({"A": task(PUBLISH, {"TopicArn.$": "$.Topic"})})
    object.__setattr__(definition, "inputs", (ExecutionInput("Topic"),))
    settings = inputs({"Topik": ("a",), "Topic": ("t",), "Other": ("o",)}, shared=("Other",))
    (found,) = findings(definition, settings)
    assert (found.code, str(found.location)) == ("SFN514", "sfn-cfn.toml:7")
    assert found.message == "the settings narrow 'Topik', which workflow 'train' reads nowhere"
    assert found.hint == "did you mean 'Topic'?"


def test_a_path_that_is_read_nowhere_is_warned_of() -> None:
    definition = define({"A": task(PUBLISH, {"TopicArn.$": "$.Topic"})})
    (found,) = findings(definition, inputs({"$.job.Name": ("a",)}))
    assert found.message == "the settings narrow '$.job.Name', which workflow 'train' reads nowhere"
    assert found.hint == "remove it, or name the input as the definition does"
