"""Pipelines' settings: files, what they lack, the table's items, and the commands on a local AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from faces import READY, face, ready
from project import REGION
from stubs import Refusal, answering

from sfn_cfn import compiler, discover, settings
from sfn_cfn.cli import main
from sfn_cfn.cli.console import Services
from sfn_cfn.deploy import aws, pipeline_files, pipelines
from sfn_cfn.deploy.pipeline_files import Pipeline, Written
from sfn_cfn.errors import DeployError, Diagnostic
from sfn_cfn.json_lines import key_lines
from sfn_cfn.report import BuildReport

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
        ("[]", f"SFN870 {PATH}: the file has no JSON object | "),
        ('{"a": 1, "a": 2}', f"SFN870 {PATH}: the key 'a' stands twice in an object | "),
        ('{"a": NaN}', f"SFN870 {PATH}: the file has NaN, which is no JSON | "),
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


@pytest.mark.parametrize("name", ["a" * 44, "a b", "-a", "a.b"])
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


def test_a_fixed_name_is_said_to_fail_at_the_second_start() -> None:
    given = {"workflow": "train", "parameters": {**GOOD["parameters"], "JobName": "one"}}
    assert findings(given) == [
        (
            f"SFN873 {PATH}:8: input 'JobName' names what state 'Train' makes 'one' at each start | leave it out: the "
            "router makes a unique name"
        )
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Enabled": {"S": "x"}}, "the item of pipeline 'churn' has no boolean Enabled"),
        ({"Stage_a": {"S": "x"}}, "the item of pipeline 'churn' has no boolean Stage_a"),
        ({"Settings": {"S": "{"}}, "the Settings of pipeline 'churn' are no JSON object"),
        ({"Settings": {"S": "[]"}}, "the Settings of pipeline 'churn' are no JSON object"),
    ],
)
def test_a_malformed_item_is_said(change: Any, message: str) -> None:
    with pytest.raises(DeployError) as caught:
        pipelines.pipeline_of({**pipelines.attributes(written(GOOD).pipeline, 1), **change})
    assert caught.value.diagnostics[0].message == message


def changed(file: dict[str, Any], before: Pipeline | None) -> Any:
    found = pipelines.change(written({**GOOD, **file}), "t", before)
    return shown(found) if isinstance(found, Diagnostic) else (found.kind, found.version)


def test_what_a_put_does_depends_on_what_the_table_has() -> None:
    there = replace(written(GOOD).pipeline, version=4)
    assert changed({}, None) == ("new", 1)
    assert changed({}, there) == ("unchanged", 4)
    assert changed({"enabled": False}, there) == ("changed", 5)
    assert changed({"enabled": False, "version": 4}, there) == ("changed", 5)
    assert changed({"enabled": False}, replace(there, version=0)) == ("changed", 1)


def test_a_file_that_is_a_change_of_an_older_version_is_refused() -> None:
    there = replace(written(GOOD).pipeline, version=4)
    assert changed({"enabled": False, "version": 3}, there) == (
        f"SFN872 {PATH}:10: pipeline 'churn' has version 4 in the table, the file is a change of version 3 | look at "
        "it by 'sfn-cfn pipelines get churn', and put both together"
    )
    assert changed({"version": 3}, None) == (
        f"SFN872 {PATH}:9: pipeline 'churn' is not in the table, and the file has version 3 | take 'version' out of "
        "the file"
    )
    assert changed({}, replace(there, workflow="score")) == (
        f"SFN872 {PATH}:2: pipeline 'churn' is one of workflow 'score' in the table | give the pipeline another name"
    )


def test_the_version_in_a_file_is_raised_and_all_else_stays() -> None:
    text = '{"workflow": "t", "parameters": {"version": 3},\n  "version" : 3}\n'
    assert pipeline_files.with_version(text, 4) == text.replace('"version" : 3', '"version" : 4')


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


SOURCE = """
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import LambdaStep
from stepfunctions.workflow import Workflow

given = ExecutionInput(schema={"Data": str, "Day": str})
payload = {"Data": given["Data"], "Day": given["Day"]}
load = LambdaStep("Load", parameters={"FunctionName": "f", "Payload": payload}, timeout_seconds=60)
workflow = Workflow("train", load, role="", execution_input=given)
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildReport]:
    root = tmp_path_factory.mktemp("fraud")
    (root / "workflows").mkdir()
    (root / "workflows/train.py").write_text(SOURCE)
    (root / "sfn-cfn.toml").write_text(
        f'[project]\nname = "fraud"\n[pipelines]\nenabled = true\n[environments.dev]\nregion = "{REGION}"\n'
    )
    chosen = settings.read(root)
    report = compiler.build(chosen, discover.discover(chosen), lint=False, explain=True)
    assert report.failed == ()
    (root / "templates").mkdir()
    (file,) = (one for one in report.outputs if one.path == "train.yaml")
    (root / "templates/train.yaml").write_text(file.content)
    return root, report


@pytest.fixture
def run(
    cloud: aws.Cloud,
    built: tuple[Path, BuildReport],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """`sfn-cfn pipelines ...` in a project whose stack is deployed."""
    root, report = built
    monkeypatch.chdir(root)
    for old in (root / "pipelines").glob("*"):
        old.unlink()
    (root / "pipelines").mkdir(exist_ok=True)
    cloud.client("cloudformation").create_stack(
        StackName="fraud-train-dev",
        TemplateBody=(root / "templates/train.yaml").read_text(),
        Parameters=[{"ParameterKey": "TargetEnv", "ParameterValue": "dev"}],
        Capabilities=["CAPABILITY_IAM"],
    )

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(["--quiet", "pipelines", *arguments], Services(lambda *_, **__: report))
        out, err = capsys.readouterr()
        return code, out, err

    return command


def put_file(built: tuple[Path, BuildReport], name: str = "churn", **value: Any) -> Path:
    path = built[0] / "pipelines" / f"{name}.json"
    path.write_text(json.dumps({"workflow": "train", **value}, indent=2))
    return path


WHOLE = {"parameters": {"Data": "s3://lake/in", "Day": "today"}}


def test_a_pipeline_is_put_listed_and_got(run: Run, built: tuple[Path, BuildReport]) -> None:
    put_file(built, **WHOLE)
    put_file(built, "fraud", **WHOLE, enabled=False)
    assert run("validate") == (0, "", "")
    assert run("put", "--env", "dev") == (0, "", "")
    code, out, err = run("list", "--env", "dev")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "pipeline  workflow  enabled  version",
        "churn     train     yes      1",
        "fraud     train     no       1",
    ]
    code, out, _ = run("get", "churn", "--env", "dev")
    assert json.loads(out) == {"workflow": "train", "enabled": True, **WHOLE, "version": 1}


def test_nothing_is_written_where_one_has_an_error(run: Run, built: tuple[Path, BuildReport]) -> None:
    put_file(built, **WHOLE)
    put_file(built, "fraud", parameters={"Data": "s3://lake/in"})
    code, out, err = run("put", "--env", "dev")
    assert (code, out) == (1, "")
    assert "error[SFN842]: input 'Day' is missing; state 'Load' reads it" in err
    assert "  --> pipelines/fraud.json:3\n" in err
    assert run("list", "--env", "dev")[1].splitlines() == ["pipeline  workflow  enabled  version"]


def test_a_file_with_a_version_is_refused_after_another_put(
    run: Run, built: tuple[Path, BuildReport]
) -> None:
    path = put_file(built, **WHOLE)
    run("put", "--env", "dev")
    path.write_text(run("get", "churn", "--env", "dev")[1].replace("today", "tomorrow"))
    assert run("put", "--env", "dev")[0] == 0
    assert json.loads(path.read_text())["version"] == 2
    other = path.read_text().replace('"version": 2', '"version": 1').replace("tomorrow", "never")
    path.write_text(other)
    code, _, err = run("put", "--env", "dev")
    assert code == 1
    assert "error[SFN872]: pipeline 'churn' has version 2 in the table" in err
    assert "tomorrow" in run("get", "churn", "--env", "dev")[1]
    assert path.read_text() == other


def test_a_pipeline_of_no_workflow_is_refused(run: Run, built: tuple[Path, BuildReport]) -> None:
    path = put_file(built, **WHOLE)
    path.write_text(path.read_text().replace('"train"', '"trian"'))
    code, _, err = run("validate")
    assert code == 1
    assert "error[SFN871]: the project has no workflow 'trian'\n  --> pipelines/churn.json:2" in err
    assert "hint: did you mean 'train'?" in err


def test_a_workflow_without_a_router_takes_no_pipelines(run: Run, built: tuple[Path, BuildReport]) -> None:
    put_file(built, **WHOLE)
    file = built[0] / "sfn-cfn.toml"
    before = file.read_text()
    try:
        file.write_text(before.replace("enabled = true", "enabled = false"))
        code, _, err = run("validate")
    finally:
        file.write_text(before)
    assert code == 1
    assert "error[SFN871]: workflow 'train' has no router that would read the settings" in err


def test_a_router_that_the_workflow_s_source_asks_for_is_found(
    run: Run, built: tuple[Path, BuildReport], capsys: pytest.CaptureFixture[str]
) -> None:
    root, report = built
    put_file(built, **WHOLE)
    file = root / "sfn-cfn.toml"
    before = file.read_text()
    beside = replace(report, configured={"train": settings.read(root).of("train")})
    try:
        file.write_text(before.replace("[pipelines]\nenabled = true\n", ""))
        codes = [
            main(["--quiet", "pipelines", *arguments], Services(lambda *_, **__: beside))
            for arguments in (["validate"], ["put", "--env", "dev"], ["get", "churn", "--env", "dev"])
        ]
    finally:
        file.write_text(before)
    out, err = capsys.readouterr()
    assert (codes, err) == ([0, 0, 0], "")
    assert json.loads(out)["version"] == 1


def test_what_is_not_there_is_said(run: Run) -> None:
    assert "there are no files 'pipelines/<name>.json'." in run("validate")[2]
    code, _, err = run("get", "churn", "--env", "dev")
    assert code == 2
    assert "there is no pipeline 'churn' in " in err


def test_the_router_s_item_is_what_put_writes(
    run: Run, built: tuple[Path, BuildReport], cloud: aws.Cloud
) -> None:
    put_file(built, **WHOLE)
    run("put", "--env", "dev")
    tables = cloud.client("dynamodb").list_tables()["TableNames"]
    item = cloud.client("dynamodb").get_item(TableName=tables[0], Key={"Pipeline": {"S": "churn"}})["Item"]
    assert item == {
        "Pipeline": {"S": "churn"},
        "Workflow": {"S": "train"},
        "Enabled": {"BOOL": True},
        "Settings": {"S": json.dumps({**WHOLE, "constants": {}}, separators=(",", ":"))},
        "Version": {"N": "1"},
    }
