"""Findings of an execution's input before it is sent, and of what lies in S3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from faces import READY, TRAIN, face, read, ready, task

from sfn_cfn.deploy import input_checks, inputs
from sfn_cfn.deploy.interface import Interface

SCHEMA = {"JobName": "str", "Data": "str", "Options": {"Epochs": "int", "Rate": "float"}}
GOOD: dict[str, Any] = {"JobName": "a-1", "Data": "s3://bucket/key", "Options": {"Epochs": 3, "Rate": 1}}


def said(one: Interface, value: dict[str, Any]) -> list[str]:
    """Severity, code, message and hint of each finding, with its line."""
    return [
        f"{item.severity.value}[{item.code}] {item.message} | {item.hint} | {item.location}"
        for item in input_checks.check(one, value)
    ]


def test_a_whole_input_has_no_findings() -> None:
    assert said(face(input_schema=SCHEMA), GOOD) == []


def test_a_missing_input_names_its_first_reader() -> None:
    assert said(face(), {"JobName": "a", "Options": {"Epochs": 1}}) == [
        (
            "error[SFN842] input 'Data' is missing; state 'Train' reads it | "
            "give it: --set 'Data=...', or --input | workflows/train.py:10 (States/Train)"
        )
    ]


def test_a_missing_input_is_told_by_its_place_in_an_object() -> None:
    (found,) = said(face(), {**GOOD, "Options": {}})
    assert found.startswith("error[SFN842] input 'Options.Epochs' is missing; state 'Train' reads it")


def test_a_misspelt_input_is_renamed() -> None:
    value = {key: item for key, item in GOOD.items() if key != "Data"} | {"Dta": "s3://b/k"}
    assert said(face(), value) == [
        (
            "error[SFN842] input 'Data' is missing; state 'Train' reads it | rename 'Dta' to 'Data' | "
            "workflows/train.py:10 (States/Train)"
        ),
        "info[SFN844] no state reads input 'Dta' by its name | if 'Data' is meant, rename it | workflows/train.py:40",
    ]


def test_an_extra_input_is_a_remark() -> None:
    assert said(face(), {**GOOD, "Zzz": 1}) == [
        "info[SFN844] no state reads input 'Zzz' by its name |  | workflows/train.py:40"
    ]


def test_what_a_declared_object_does_not_have_is_a_remark() -> None:
    found = said(face(input_schema=SCHEMA), {**GOOD, "Options": {**GOOD["Options"], "Epoch": 1, "Zzz": 1}})
    assert found == [
        (
            "info[SFN844] input 'Options.Epoch' is not declared | if 'Epochs' is meant, rename it | "
            "workflows/train.py:40"
        ),
        "info[SFN844] input 'Options.Zzz' is not declared |  | workflows/train.py:40",
    ]


def staged() -> Interface:
    """A machine whose task stands behind a switch, as the rewriting of stages leaves it."""
    switch = "$$.Execution.Input['Stages']['train']"
    rule = {"Variable": switch, "IsPresent": True, "Next": "Train"}
    return face(
        {"Run train?": {"Type": "Choice", "Choices": [rule], "Default": "Train"}, "Train": TRAIN},
        input_schema={**SCHEMA, "Stages": {"train": "bool", "deploy": "bool"}},
    )


def test_a_switch_that_no_stage_has_is_an_error() -> None:
    assert said(staged(), {**GOOD, "Stages": {"train": False}}) == []
    assert said(staged(), {**GOOD, "Stages": {"tain": False, "zzz": True}}) == [
        "error[SFN855] no stage has the switch 'Stages.tain' | did you mean 'train'? | workflows/train.py:40",
        "error[SFN855] no stage has the switch 'Stages.zzz' | there are deploy, train | workflows/train.py:40",
    ]


def test_an_author_s_own_object_of_that_name_holds_no_switches() -> None:
    one = face(input_schema={**SCHEMA, "Stages": {"Front": "str"}})
    assert said(one, {**GOOD, "Stages": {"Front": "a", "Back": "b"}}) == [
        "info[SFN844] input 'Stages.Back' is not declared |  | workflows/train.py:40"
    ]


def test_a_declared_input_is_missed_whoever_reads_it() -> None:
    schema = {**SCHEMA, "Note": "str", "Deep": {"A": {"B": "int"}, "C": "str"}}
    why = "is missing; the workflow declares it"
    assert said(face(input_schema=schema), {**GOOD, "Deep": {"C": "x"}}) == [
        f"error[SFN842] input '{name}' {why} | give it: --set '{name}=...', or --input | workflows/train.py:40"
        for name in ("Note", "Deep.A")
    ]


def test_an_input_that_a_choice_compares_may_not_be_left_out() -> None:
    rule = {"Variable": read("Data"), "StringEquals": "x", "Next": "Train"}
    one = face({"Ask": {"Type": "Choice", "Choices": [rule], "Default": "Train"}, "Train": TRAIN})
    (found,) = said(one, {"JobName": "a", "Options": {"Epochs": 1}})
    assert found.startswith("error[SFN842] input 'Data' is missing; state 'Ask' reads it")


def test_an_input_that_a_choice_asks_for_may_be_left_out() -> None:
    rule = {"Variable": read("Data"), "IsPresent": True, "Next": "Train"}
    one = face({"Ask": {"Type": "Choice", "Choices": [rule], "Default": "Train"}, "Train": TRAIN})
    assert said(one, {"JobName": "a", "Options": {"Epochs": 1}}) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Data": 5}, "input 'Data' is of type int, not str"),
        ({"Options": {"Epochs": "3"}}, "input 'Options.Epochs' is of type str, not int"),
        ({"Options": {"Epochs": True}}, "input 'Options.Epochs' is of type bool, not int"),
        ({"Options": {"Epochs": 3.5}}, "input 'Options.Epochs' is of type float, not int"),
        ({"Options": {"Rate": "x"}}, "input 'Options.Rate' is of type str, not float"),
        ({"Options": {"Epochs": None}}, "input 'Options.Epochs' is of type NoneType, not int"),
    ],
)
def test_another_type_than_declared_is_an_error(change: dict[str, Any], message: str) -> None:
    place = "workflows/train.py:10 (States/Train)"
    assert said(face(input_schema=SCHEMA), inputs.merged(GOOD, change)) == [
        f"error[SFN843] {message} |  | {place}"
    ]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("a_b", "has other characters than letters, digits and '-' between them"),
        ("-a", "has other characters than letters, digits and '-' between them"),
        ("a" * 64, "is longer than 63 characters"),
    ],
)
def test_a_name_that_sagemaker_refuses_is_an_error(name: str, wrong: str) -> None:
    assert said(face(), {**GOOD, "JobName": name}) == [
        (
            f"error[SFN845] input 'JobName' names what state 'Train' makes, and '{name}' {wrong} | "
            "leave it out, and a unique name is made | workflows/train.py:10 (States/Train)"
        )
    ]


def test_a_placeholder_is_not_sent() -> None:
    assert said(face(), {**GOOD, "Data": "s3://<bucket>/<key>"}) == [
        "error[SFN854] input 'Data' is still the placeholder 's3://<bucket>/<key>' | write its value | None"
    ]


def test_a_token_of_the_stack_is_not_sent() -> None:
    found = said(ready(), {**READY, "Extra": "${NoToken}"})
    tokens = [row for row in found if "SFN854" in row]
    assert tokens == [
        f"error[SFN854] input '{place}' holds '${{Folder}}', which the stack alone fills in | "
        "write the value | None"
        for place in ("Training.OutputDataConfig.S3OutputPath", "Model.PrimaryContainer.ModelDataUrl")
    ]


def test_an_input_over_the_limit_is_an_error() -> None:
    found = said(face(), {**GOOD, "Data": "x" * 262_144})
    assert found == [
        "error[SFN841] the input has 262,211 bytes, 262,144 are allowed | put data into S3 | None"
    ]


LATER = {**TRAIN, "Next": "Second"}


def transform(uri: str) -> dict[str, Any]:
    source = {"S3DataSource": {"S3Uri.$": read(uri)}}
    return task("sagemaker:createTransformJob.sync", TransformInput={"DataSource": source})


def places(one: Interface, value: dict[str, Any]) -> list[tuple[str, bool, bool, bool]]:
    return [(item.uri, item.use.early, item.exact, item.made) for item in input_checks.locations(one, value)]


def test_what_jobs_read_is_found_in_the_input() -> None:
    one = face({"Train": LATER, "Second": transform("Score")})
    value = {"Data": "s3://bucket/in", "Score": "s3://bucket/score/", "JobName": "s3://bucket/no"}
    assert places(one, value) == [
        ("s3://bucket/in", True, False, False),
        ("s3://bucket/score/", False, False, False),
    ]


def test_a_place_that_is_read_early_and_late_is_looked_at_as_early() -> None:
    ask = {"Type": "Choice", "Choices": [], "Default": "Train"}
    one = face({"Ask": ask, "Later": transform("Score"), "Train": {**TRAIN, "Next": "Later"}})
    assert [(use.state, use.early) for use in one.uses if use.path[0] in ("Score", "Data")] == [
        ("Later", False),
        ("Train", True),
    ]
    value = {"Data": "s3://bucket/in", "Score": "s3://bucket/in"}
    assert places(one, value) == [("s3://bucket/in", True, False, False)]


def test_what_the_execution_writes_itself_is_known() -> None:
    value = {
        "Training": {**READY["Training"], "OutputDataConfig": {"S3OutputPath": "s3://aaa/x"}},
        "Model": {"PrimaryContainer": {"ModelDataUrl": "s3://aaa/x/job/output/model.tar.gz"}},
    }
    assert places(ready(), value) == [("s3://aaa/x/job/output/model.tar.gz", False, True, True)]


def test_a_token_in_the_definitions_output_is_any_folder() -> None:
    def made(uri: str) -> bool:
        ((_, _, _, made),) = places(face(), {"Data": uri})
        return made

    assert [made(f"s3://models/{end}") for end in ("xyz/out/a", "xyz/out", "xyz/outer", "a/b/out")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.fixture
def s3() -> Iterator[Stubber]:
    client = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def looked(stub: Stubber, one: Interface, value: dict[str, Any]) -> list[str]:
    found = input_checks.missing(stub.client, input_checks.locations(one, value))
    return [f"{item.severity.value}[{item.code}] {item.message} | {item.hint}" for item in found]


LIST = {"Bucket": "bucket", "Prefix": "in", "MaxKeys": 1}
DATA = {"Data": "s3://bucket/in"}


def test_an_object_under_the_prefix_is_enough(s3: Stubber) -> None:
    s3.add_response("list_objects_v2", {"KeyCount": 1}, LIST)
    assert looked(s3, face(), DATA) == []


def test_nothing_under_the_prefix_is_an_error_where_no_task_could_write_it(s3: Stubber) -> None:
    s3.add_response("list_objects_v2", {"KeyCount": 0}, LIST)
    assert looked(s3, face(), DATA) == [
        (
            "error[SFN846] input 'Data' is 's3://bucket/in', which state 'Train' reads and which is not there | "
            "put it there, or correct the input"
        )
    ]


def test_nothing_under_the_prefix_is_a_warning_where_a_task_may_write_it(s3: Stubber) -> None:
    s3.add_response("list_objects_v2", {"KeyCount": 0}, {**LIST, "Prefix": "score"})
    one = face({"Train": LATER, "Second": transform("Score")})
    assert looked(s3, one, {"Score": "s3://bucket/score"}) == [
        (
            "warning[SFN847] input 'Score' is 's3://bucket/score', which state 'Second' reads and which is not "
            "there yet | see that an earlier state writes it"
        )
    ]


def test_a_bucket_that_is_not_there_is_an_error(s3: Stubber) -> None:
    s3.add_client_error("list_objects_v2", "NoSuchBucket", "The specified bucket does not exist", 404)
    assert looked(s3, face(), DATA) == [
        (
            "error[SFN846] input 'Data' is 's3://bucket/in', which is not there: no bucket 'bucket' | "
            "create the bucket, or correct the input"
        )
    ]


def test_an_object_that_may_be_read_but_not_listed_is_there(s3: Stubber) -> None:
    s3.add_client_error("list_objects_v2", "AccessDenied", "Access Denied", 403)
    s3.add_response("head_object", {"ContentLength": 1}, {"Bucket": "bucket", "Key": "in"})
    assert looked(s3, face(), DATA) == []


@pytest.mark.parametrize("uri", ["s3://bucket/in", "s3://bucket/in/", "s3://bucket"])
def test_denied_access_is_a_warning(s3: Stubber, uri: str) -> None:
    s3.add_client_error("list_objects_v2", "AccessDenied", "Access Denied", 403)
    if uri == "s3://bucket/in":
        s3.add_client_error("head_object", "403", "Forbidden", 403)
    said = "Forbidden" if uri == "s3://bucket/in" else "Access Denied"
    assert looked(s3, face(), {"Data": uri}) == [
        f"warning[SFN847] input 'Data' is '{uri}', which may not be looked at: {said} | "
    ]


def test_what_the_execution_writes_itself_is_not_looked_for(s3: Stubber) -> None:
    assert looked(s3, face(), {"Data": "s3://models/a/out/x"}) == []


def test_a_models_archive_is_one_object(s3: Stubber) -> None:
    s3.add_client_error("head_object", "404", "Not Found", 404)
    value = {"Model": {"PrimaryContainer": {"ModelDataUrl": "s3://bucket/m.tar.gz"}}}
    assert looked(s3, ready(), value) == [
        (
            "warning[SFN847] input 'Model.PrimaryContainer.ModelDataUrl' is 's3://bucket/m.tar.gz', which state "
            "'Save' reads and which is not there yet | see that an earlier state writes it"
        )
    ]


def test_another_refusal_ends_the_check(s3: Stubber) -> None:
    s3.add_client_error("list_objects_v2", "ExpiredToken", "The provided token has expired", 400)
    with pytest.raises(ClientError):
        looked(s3, face(), DATA)


@pytest.mark.parametrize(
    "uri", ["s3://${Bucket}/x", "s3://", "s3://arn:aws:s3:eu-west-1:1:accesspoint/a/x", "hdfs://x"]
)
def test_what_is_no_plain_bucket_is_not_looked_at(s3: Stubber, uri: str) -> None:
    assert looked(s3, face(), {"Data": uri}) == []
