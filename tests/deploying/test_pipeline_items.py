"""Pipelines' settings: files, what they lack, and the table's items."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from faces import READY, face, ready
from stubs import Refusal, answering

from sfn_cfn.deploy import aws, pipeline_files, pipelines
from sfn_cfn.deploy.pipeline_files import Pipeline, Written
from sfn_cfn.errors import DeployError, Diagnostic
from sfn_cfn.json_lines import key_lines

PATH = "pipelines/churn.json"
GOOD = {"workflow": "train", "parameters": {"Data": "s3://lake/in", "Options": {"Epochs": 3}}}


def written(text: str | dict[str, Any], name: str = "churn") -> Written:
    given = text if isinstance(text, str) else json.dumps(text, indent=2)
    return pipeline_files.parse(name, given, PATH)


def refused(text: str, name: str = "churn") -> list[str]:
    with pytest.raises(DeployError) as caught:
        written(text, name)
    return [shown(one) for one in caught.value.diagnostics]


def shown(one: Diagnostic) -> str:
    return f"{one.code} {one.location}: {one.message} | {one.hint}"


def findings(value: dict[str, Any], **more: Any) -> list[str]:
    own = more.pop("face", None) or face(
        input_schema={"Data": "str", "Options": {"Epochs": "int"}, "JobName": "str"}
    )
    return [shown(one) for one in pipeline_files.check(written(value), own, more.get("stages", ()))]


def test_the_lines_of_a_json_text_are_those_of_its_keys() -> None:
    text = '{\n "a": {"b": [1,\n {"c": "x\\" : {"}]},\n\n "d": 2}'
    assert key_lines(text) == {("a",): 2, ("a", "b"): 2, ("a", "b", "1", "c"): 3, ("d",): 5}


def test_a_file_is_a_pipeline() -> None:
    given = {
        **GOOD,
        "enabled": False,
        "stages": {"x": True},
        "constants": {"a": 1},
        "event": ["b"],
        "version": 2,
    }
    assert written(given).pipeline == Pipeline(
        "churn", "train", False, {"x": True}, GOOD["parameters"], {"a": 1}, ("b",), 2
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{\n 1}", f"SFN870 {PATH}:2: the file is no JSON: expecting property name enclosed in double quotes | "),
        ("[]", f'SFN870 {PATH}:1: the file is no JSON object | write {{"key": value}}'),
        (
            '{"a": 1,\n "a": 2}',
            f"SFN870 {PATH}:2: the file has the key 'a' twice in an object | take one of them out",
        ),
        ('{\n"a": NaN}', f"SFN870 {PATH}:2: the file has NaN, which is no JSON | "),
        (
            '{"workflow": "t",\n "parameters":\n {"a": 1e400}}',
            f"SFN870 {PATH}:3: the file has the number 1e400, which is too large | write it as a text",
        ),
        (
            '{"workflow": "t",\n "version": 0}',
            (f"SFN870 {PATH}:2: there is no version 0: the first is 1 | write the one that 'sfn-cfn pipelines get' "
            "shows, or take it out"),
        ),
        (
            '{"workflow": "t",\n "version": -3}',
            (f"SFN870 {PATH}:2: there is no version -3: the first is 1 | write the one that 'sfn-cfn pipelines get' "
            "shows, or take it out"),
        ),
        (
            '{"workflow": "t",\n "version": 1.0}',
            f"SFN870 {PATH}:2: 'version' is not a whole number | write a whole number",
        ),
        (
            "{}",
            (f"SFN870 {PATH}:1: the file does not say of which workflow the pipeline is | "
            'write "workflow": "<name>"'),
        ),
        (
            '{"workflow": "t",\n "parameter": {}}',
            f"SFN870 {PATH}:2: a pipeline has no key 'parameter' | did you mean 'parameters'?",
        ),
        (
            '{"workflow": "t",\n "enabled": "yes"}',
            f"SFN870 {PATH}:2: 'enabled' is not true or false | write true or false",
        ),
        (
            '{"workflow": "t",\n "version": true}',
            f"SFN870 {PATH}:2: 'version' is not a whole number | write a whole number",
        ),
        (
            '{"workflow": "t", "stages": {\n "a": 1}}',
            f"SFN870 {PATH}:2: stage 'a' is neither true nor false | ",
        ),
        ('{"workflow": "t",\n "event": [1]}', f"SFN870 {PATH}:2: 'event' has an entry that is no text | "),
    ],
)  # fmt: skip
def test_a_fault_of_a_file_is_said_at_its_line(text: str, expected: str) -> None:
    assert refused(text) == [expected]


@pytest.mark.parametrize("name", ["a" * 44, "a b", "-a", "a.b", "é", "a\n", "\u0661"])
def test_a_name_that_executions_cannot_have_is_refused(name: str) -> None:
    assert refused("{}", name) == [
        (
            f"SFN870 {PATH}: '{name}' is no name of a pipeline | use a letter or a digit, then up to 42 "
            "letters, digits, '-' and '_'"
        )
    ]


def test_settings_that_fit_have_no_finding() -> None:
    """The name of the job is made by the router."""
    assert findings(GOOD) == []


def test_a_missing_parameter_is_said_where_it_should_stand() -> None:
    assert findings({"workflow": "train", "parameters": {"Options": {"Epochs": 3}}}) == [
        (
            f"SFN842 {PATH}:3: input 'Data' is missing; state 'Train' reads it | write 'Data' in 'parameters', or name "
            "it in 'event' where events bring it"
        )
    ]
    assert findings({"workflow": "train", "parameters": {"Data": "x", "Options": {}}}) == [
        (
            f"SFN842 {PATH}:5: input 'Options.Epochs' is missing; state 'Train' reads it | write 'Options.Epochs' in "
            "'parameters', or name it in 'event' where events bring it"
        )
    ]


def test_what_events_bring_is_not_missing() -> None:
    given = {"workflow": "train", "parameters": {"Options": {"Epochs": 3}}, "event": ["Data"]}
    assert findings(given) == []


def test_what_events_bring_may_have_a_default_of_its_type() -> None:
    given = {"workflow": "train", "parameters": {"Options": {"Epochs": 3}, "Data": "x"}, "event": ["Data"]}
    assert findings(given) == []
    given["parameters"]["Data"] = 3
    assert findings(given) == [f"SFN843 {PATH}:7: input 'Data' is of type int, not str | "]


def test_objects_are_not_merged_deeper_than_their_keys_so_a_default_s_parts_are_missing() -> None:
    given = {"workflow": "train", "parameters": {"Model": {"ModelName": "x"}}}
    found = findings(given, face=ready())
    assert any("input 'Model.PrimaryContainer' is missing" in one for one in found)
    assert findings({"workflow": "train"}, face=ready()) == []
    assert READY["Model"]


def test_a_value_of_another_type_is_said_at_its_line() -> None:
    given = {"workflow": "train", "parameters": {"Data": "x"}, "constants": {"Options": {"Epochs": "3"}}}
    assert findings(given) == [f"SFN843 {PATH}:8: input 'Options.Epochs' is of type str, not int | "]


def test_stages_events_and_switches_are_those_of_the_workflow() -> None:
    given = {
        **GOOD,
        "stages": {"preproces": True},
        "event": ["Dta"],
        "constants": {"Stages": {}},
    }
    assert findings(given, stages=("preprocess",)) == [
        f"SFN871 {PATH}:10: workflow 'train' has no stage 'preproces' | did you mean 'preprocess'?",
        f"SFN871 {PATH}:12: 'event' has 'Dta', which is no input of workflow 'train' | did you mean 'Data'?",
        f"SFN871 {PATH}:16: the switches of stages stand in 'constants' | write them in 'stages'",
    ]


@pytest.mark.parametrize(
    ("key", "kind", "line"), [("parameters", "parameter", 8), ("constants", "constant", 10)]
)
def test_a_fixed_name_is_said_to_fail_at_the_second_start(key: str, kind: str, line: int) -> None:
    given: dict[str, Any] = {"workflow": "train", "parameters": {**GOOD["parameters"]}}
    given.setdefault(key, {})["JobName"] = "one"
    assert findings(given) == [
        (
            f"SFN873 {PATH}:{line}: {kind} 'JobName' is 'one' at each start, and state 'Train' makes something of "
            "that name | leave it out: the router makes a unique name"
        )
    ]


def test_constants_stand_over_parameters_as_the_router_merges_them() -> None:
    wrong, right = {"Options": {"Epochs": "x"}}, {"Options": {"Epochs": 3}}
    data = {"Data": "s3://lake/in"}
    assert findings({"workflow": "train", "parameters": {**data, **wrong}, "constants": right}) == []
    assert findings({"workflow": "train", "parameters": {**data, **right}, "constants": wrong}) == [
        f"SFN843 {PATH}:11: input 'Options.Epochs' is of type str, not int | "
    ]


def test_settings_that_are_too_large_as_text_in_a_text_are_refused() -> None:
    """Quotes count twice: between states the settings are a JSON text in JSON."""
    given = {"workflow": "train", "parameters": {**GOOD["parameters"], "More": ['"'] * 30_000}}
    (found,) = (one for one in findings(given) if "SFN871" in one)
    assert found.startswith(f"SFN871 {PATH}:3: the settings have 270,")
    assert found.endswith(" bytes, 204,800 are allowed | put data into S3")


def test_an_item_is_the_pipeline_again() -> None:
    one = written({**GOOD, "stages": {"a": False}, "event": ["b"], "constants": {"c": [1.5, None]}}).pipeline
    item = pipelines.attributes(one, 7)
    assert item["Stage_a"] == {"BOOL": False}
    assert pipelines.pipeline_of(item) == replace(one, version=7)
    assert written(pipeline_files.render(replace(one, version=7))).pipeline == replace(one, version=7)


OWN = "the item of pipeline 'churn' cannot be read: "


def malformed(**attributes: Any) -> pipelines.Malformed:
    """The item of a good pipeline with these attributes; without those that are None."""
    item = {**pipelines.attributes(written(GOOD).pipeline, 3), **attributes}
    found = pipelines.pipeline_of({key: value for key, value in item.items() if value})
    assert isinstance(found, pipelines.Malformed)
    return found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Enabled": {"S": "x"}}, "its Enabled is a text, not a boolean"),
        ({"Enabled": {"NULL": True}}, "its Enabled is null, not a boolean"),
        ({"Enabled": None}, "its Enabled is missing"),
        ({"Stage_a": {"N": "1"}}, "its Stage_a is a number, not a boolean"),
        ({"Workflow": {"B": b"train"}}, "its Workflow is binary, not a text"),
        ({"Workflow": {"S": ""}}, "its Workflow is empty"),
        ({"Settings": {"M": {}}}, "its Settings is a map, not a text"),
        (
            {"Settings": {"S": "{"}},
            "its Settings is no JSON: expecting property name enclosed in double quotes",
        ),
        ({"Settings": {"S": "[]"}}, "its Settings is no JSON object"),
        ({"Settings": {"S": '{"parameters":{"a":1e400}}'}}, "its Settings has the number 1e400, which is too large"),
        ({"Settings": {"S": '{"parameters":[1]}'}}, "the parameters of its Settings are no object"),
        ({"Settings": {"S": '{"constants":null}'}}, "the constants of its Settings are no object"),
        ({"Settings": {"S": '{"event":["a",1]}'}}, "the event of its Settings is no list of texts"),
        ({"Settings": {"S": '{"event":"a"}'}}, "the event of its Settings is no list of texts"),
        ({"Version": {"N": "1.5"}}, "its Version is 1.5, not a whole number from 1 on"),
        ({"Version": {"N": "0"}}, "its Version is 0, not a whole number from 1 on"),
        ({"Version": {"S": "1"}}, "its Version is a text, not a number"),
        ({"Version": {"S": "1"}, "Enabled": None}, "its Enabled is missing, its Version is a text, not a number"),
    ],
)  # fmt: skip
def test_a_malformed_item_is_said_with_what_writes_over_it(change: Any, message: str) -> None:
    assert shown(malformed(**change).finding) == (
        f"SFN874 None: {OWN}{message} | write pipelines/churn.json, and 'sfn-cfn pipelines put churn' writes over the "
        "item"
    )


def test_an_item_of_a_name_that_no_file_may_have_is_malformed() -> None:
    assert shown(malformed(Pipeline={"S": "a b"}).finding) == (
        "SFN874 None: the item of pipeline 'a b' cannot be read: its name is not a letter or a digit, then up to 42 "
        "letters, digits, '-' and '_' | delete it, and put it under another name"
    )


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(DeployError) as caught:
        pipelines.pipeline_of({"Id": {"S": "x"}})
    assert shown(caught.value.diagnostics[0]) == (
        "SFN874 None: the table has an item without the text Pipeline: it is no table of pipelines | name another "
        "table by the parameter 'PipelineTableName'"
    )


def test_of_a_malformed_item_its_workflow_and_version_are_read_where_they_can_be() -> None:
    found = malformed(Enabled=None)
    assert (found.workflow, found.version) == ("train", 3)
    found = malformed(Workflow=None, Version={"N": "1.5"})
    assert (found.workflow, found.version) == ("", None)


def test_an_item_made_by_hand_may_have_no_version() -> None:
    item = pipelines.attributes(written(GOOD).pipeline, 3)
    del item["Version"]
    found = pipelines.pipeline_of(item)
    assert found == written(GOOD).pipeline
    assert "version" not in pipeline_files.render(found)


def changed(file: dict[str, Any], before: Pipeline | pipelines.Malformed | None) -> Any:
    found = pipelines.change(written({**GOOD, **file}), "t", before)
    return shown(found) if isinstance(found, Diagnostic) else (found.kind, found.version)


def test_what_a_put_does_depends_on_what_the_table_has() -> None:
    there = replace(written(GOOD).pipeline, version=4)
    assert changed({}, None) == ("new", 1)
    assert changed({}, there) == ("unchanged", 4)
    assert changed({"enabled": False}, there) == ("changed", 5)
    assert changed({"enabled": False, "version": 4}, there) == ("changed", 5)
    assert changed({"enabled": False}, replace(there, version=None)) == ("changed", 1)
    assert changed({}, replace(there, version=None)) == ("unchanged", None)


def test_the_order_of_keys_is_no_change() -> None:
    """DynamoDB gives attributes in an order of its own."""
    there = replace(written({**GOOD, "stages": {"a": True, "b": False}}).pipeline, version=4)
    assert changed({"stages": {"b": False, "a": True}}, there) == ("unchanged", 4)


def test_what_python_takes_for_equal_is_changed() -> None:
    there = replace(written({**GOOD, "constants": {"a": 1}}).pipeline, version=4)
    assert changed({"constants": {"a": 1}}, there) == ("unchanged", 4)
    assert changed({"constants": {"a": True}}, there) == ("changed", 5)
    assert changed({"constants": {"a": 1.0}}, there) == ("changed", 5)


def test_a_put_writes_over_an_item_that_cannot_be_read() -> None:
    assert changed({}, malformed(Enabled=None)) == ("repaired", 4)
    assert changed({"version": 3}, malformed(Enabled=None)) == ("repaired", 4)
    assert changed({}, malformed(Version={"N": "1.5"})) == ("repaired", 1)
    assert changed({"version": 3}, malformed(Version={"N": "0"})) == ("repaired", 4)


def test_an_item_that_cannot_be_read_keeps_its_workflow_and_its_version() -> None:
    assert changed({"version": 2}, malformed(Enabled=None)) == (
        f"SFN872 {PATH}:9: pipeline 'churn' has version 3 in the table, the file is a change of version 2 | take "
        "'version' out of the file to write over the item, which cannot be read"
    )
    assert changed({}, malformed(Enabled=None, Workflow={"S": "score"})) == (
        f"SFN872 {PATH}:2: pipeline 'churn' is one of workflow 'score' in the table | give the pipeline another name"
    )


def test_a_file_that_is_a_change_of_an_older_version_is_refused() -> None:
    there = replace(written(GOOD).pipeline, version=4)
    assert changed({"enabled": False, "version": 3}, there) == (
        f"SFN872 {PATH}:10: pipeline 'churn' has version 4 in the table, the file is a change of version 3 | look at "
        "it by 'sfn-cfn pipelines get churn', and put both together"
    )
    assert changed({"enabled": False, "version": 3}, replace(there, version=None)) == (
        f"SFN872 {PATH}:10: pipeline 'churn' has no version in the table, the file is a change of version 3 | look at "
        "it by 'sfn-cfn pipelines get churn', and put both together"
    )
    assert changed({"version": 3}, None) == (
        f"SFN872 {PATH}:9: pipeline 'churn' is not in the table, and the file has version 3 | take 'version' out of "
        "the file"
    )
    assert changed({}, replace(there, workflow="score")) == (
        f"SFN872 {PATH}:2: pipeline 'churn' is one of workflow 'score' in the table | give the pipeline another name"
    )


def test_an_item_that_another_changed_meanwhile_is_not_written_over() -> None:
    there = replace(written(GOOD).pipeline, version=4)
    change = pipelines.Change(written({**GOOD, "enabled": False}), "t", there, "changed")
    refusal = Refusal("ConditionalCheckFailedException", "The conditional request failed")
    with answering(dynamodb=[("put_item", refusal)]) as cloud, pytest.raises(DeployError) as caught:
        pipelines.write(cloud, change)
    assert shown(caught.value.diagnostics[0]) == (
        f"SFN872 {PATH}:1: pipeline 'churn' was changed while this command ran | look at it by 'sfn-cfn pipelines get "
        "churn', and repeat the command"
    )


def test_what_aws_refuses_is_said() -> None:
    change = pipelines.Change(written(GOOD), "t", None, "new")
    refusal = Refusal("AccessDeniedException", "not you")
    with answering(dynamodb=[("put_item", refusal)]) as cloud, pytest.raises(DeployError) as caught:
        pipelines.write(cloud, change)
    assert caught.value.diagnostics[0].message == "AWS does not permit 'PutItem': not you"


def calls(cloud: aws.Cloud, call: str) -> list[dict[str, Any]]:
    """The parameters of these calls, as they come."""
    found: list[dict[str, Any]] = []
    event = f"provide-client-params.dynamodb.{call}"
    cloud.client("dynamodb").meta.events.register(event, lambda params, **_: found.append(dict(params)))
    return found


def test_an_item_is_read_as_it_is_at_that_moment() -> None:
    """Else the version that a change is made of may be an old one."""
    with answering(dynamodb=[("get_item", {})]) as cloud:
        asked = calls(cloud, "GetItem")
        assert pipelines.read(cloud, "t", "churn") is None
    assert asked == [{"TableName": "t", "Key": {"Pipeline": {"S": "churn"}}, "ConsistentRead": True}]


def test_all_pages_of_a_table_are_listed_by_name() -> None:
    one = written(GOOD).pipeline
    first, second = (pipelines.attributes(replace(one, name=name), 1) for name in ("z", "a"))
    broken = {**pipelines.attributes(replace(one, name="m"), 1), "Enabled": {"N": "1"}}
    pages = [
        ("scan", {"Items": [first, broken], "LastEvaluatedKey": {"Pipeline": {"S": "m"}}}),
        ("scan", {"Items": [second]}),
    ]
    with answering(dynamodb=pages) as cloud:
        asked = calls(cloud, "Scan")
        assert [item.name for item in pipelines.read_all(cloud, "t")] == ["a", "m", "z"]
    assert asked[0] == {"TableName": "t", "ConsistentRead": True}


STRANGE: list[dict[str, Any]] = [
    {"Enabled": {"S": "yes"}},
    {"Enabled": None},
    {"Settings": {"S": '{"parameters":[1]}'}},
    {"Settings": {"M": {"a": {"L": [{"N": "1"}, {"NULL": True}]}}}},
    {"Settings": {"B": b"\x00"}},
    {"Version": {"N": "1.5"}},
    {"Version": {"N": "0"}},
    {"Version": {"NULL": True}},
    {"Workflow": {"N": "7"}},
    {"Stage_a": {"SS": ["x", "y"]}},
]


@pytest.mark.parametrize("attributes", STRANGE, ids=str)
def test_an_item_that_cannot_be_read_is_written_over_while_it_is_as_it_was(
    cloud: aws.Cloud, attributes: dict[str, Any]
) -> None:
    make_table(cloud)
    good = pipelines.attributes(written(GOOD).pipeline, 3)
    item = {key: value for key, value in {**good, **attributes}.items() if value}
    cloud.client("dynamodb").put_item(TableName="t", Item=item)
    first = pipelines.change(written(GOOD), "t", pipelines.read(cloud, "t", "churn"))
    assert isinstance(first, pipelines.Change)
    assert first.kind == "repaired"
    assert pipelines.write(cloud, first).version == pipelines.read(cloud, "t", "churn").version  # type: ignore[union-attr]
    second = replace(first, written=written({**GOOD, "enabled": False}))
    with pytest.raises(DeployError):
        pipelines.write(cloud, second)
    found = pipelines.read(cloud, "t", "churn")
    assert isinstance(found, Pipeline)
    assert found.enabled


@pytest.mark.parametrize("attributes", STRANGE, ids=str)
def test_an_item_that_somebody_mends_by_hand_meanwhile_is_not_written_over(
    cloud: aws.Cloud, attributes: dict[str, Any]
) -> None:
    """In the console its version stays the same."""
    make_table(cloud)
    good = pipelines.attributes(written({**GOOD, "stages": {"a": True}}).pipeline, 3)
    item = {key: value for key, value in {**good, **attributes}.items() if value}
    there = pipelines.pipeline_of(item)
    change = pipelines.change(written({**GOOD, "enabled": False}), "t", there)
    assert isinstance(change, pipelines.Change)
    assert change.kind == "repaired"
    cloud.client("dynamodb").put_item(TableName="t", Item=good)
    with pytest.raises(DeployError):
        pipelines.write(cloud, change)


def test_an_item_without_a_version_is_not_written_over_once_it_has_one(cloud: aws.Cloud) -> None:
    make_table(cloud)
    item = pipelines.attributes(written(GOOD).pipeline, 3)
    del item["Version"]
    cloud.client("dynamodb").put_item(TableName="t", Item=item)
    there = pipelines.read(cloud, "t", "churn")
    change = pipelines.Change(written({**GOOD, "enabled": False}), "t", there, "changed")
    assert pipelines.write(cloud, change).version == 1
    with pytest.raises(DeployError):
        pipelines.write(cloud, change)


def test_two_writers_of_one_version_do_not_both_win(cloud: aws.Cloud) -> None:
    make_table(cloud)
    first = pipelines.Change(written(GOOD), "t", None, "new")
    assert pipelines.write(cloud, first).version == 1
    with pytest.raises(DeployError):
        pipelines.write(cloud, first)
    there = pipelines.read(cloud, "t", "churn")
    assert there is not None
    mine = pipelines.Change(written({**GOOD, "enabled": False}), "t", there, "changed")
    theirs = pipelines.Change(written({**GOOD, "constants": {"Data": "x"}}), "t", there, "changed")
    assert pipelines.write(cloud, theirs).version == 2
    with pytest.raises(DeployError):
        pipelines.write(cloud, mine)
    found = pipelines.read(cloud, "t", "churn")
    assert found is not None
    assert (found.version, found.constants, found.enabled) == (2, {"Data": "x"}, True)


def make_table(cloud: aws.Cloud) -> None:
    cloud.client("dynamodb").create_table(
        TableName="t",
        AttributeDefinitions=[{"AttributeName": "Pipeline", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Pipeline", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
