"""`sfn-cfn pipelines ...` on a local AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from project import REGION
from stubs import Refusal, answering, stack

from sfn_cfn import compiler, discover, settings
from sfn_cfn.cli import main
from sfn_cfn.cli.console import Services
from sfn_cfn.deploy import aws
from sfn_cfn.report import BuildReport

OWN = "the item of pipeline 'churn' cannot be read: "

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
    make_stack(built, cloud, "fraud-train-dev")

    def command(*arguments: str, first: str = "--quiet", build: Any = None) -> tuple[int, str, str]:
        services = Services(build or (lambda *_, **__: report))
        code = main([*first.split(), "pipelines", *arguments], services)
        out, err = capsys.readouterr()
        return code, out, err

    return command


def make_stack(built: tuple[Path, BuildReport], cloud: aws.Cloud, name: str) -> None:
    cloud.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=(built[0] / "templates/train.yaml")
        .read_text()
        .replace("-train-", f"-{name.split('-')[1]}-"),
        Parameters=[{"ParameterKey": "TargetEnv", "ParameterValue": "dev"}],
        Capabilities=["CAPABILITY_IAM"],
    )


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


def test_a_malformed_item_is_told_while_all_others_are_listed(
    run: Run, built: tuple[Path, BuildReport], cloud: aws.Cloud
) -> None:
    for name in ("churn", "fraud"):
        put_file(built, name, **WHOLE)
    run("put", "--env", "dev")
    spoil(cloud, "churn", Enabled={"S": "yes"})
    code, out, err = run("list", "--env", "dev")
    assert code == 1
    assert out.splitlines() == [
        "pipeline  workflow  enabled    version",
        "churn     train     malformed  1",
        "fraud     train     yes        1",
    ]
    assert err.count("error[") == 1
    assert f"error[SFN874]: {OWN}its Enabled is a text, not a boolean\n" in err
    code, out, err = run("list", "--env", "dev", first="--quiet --format json")
    assert (code, err) == (1, "")
    assert json.loads(out) == [
        {"name": "churn", "malformed": ["its Enabled is a text, not a boolean"]},
        {"name": "fraud", "workflow": "train", "enabled": True, **WHOLE, "version": 1},
    ]
    code, out, err = run("get", "churn", "--env", "dev")
    assert (code, out) == (2, "")
    assert f"error[SFN874]: {OWN}its Enabled is a text, not a boolean\n" in err


def test_a_put_mends_a_malformed_item_and_says_so(
    run: Run, built: tuple[Path, BuildReport], cloud: aws.Cloud
) -> None:
    put_file(built, **WHOLE)
    run("put", "--env", "dev")
    spoil(cloud, "churn", Settings={"S": "{"}, Version={"N": "1.5"})
    code, _, err = run("put", "--env", "dev", first="")
    assert code == 0
    assert err.splitlines()[-2:] == [
        (
            "churn: written over what could not be read: its Settings is no JSON: expecting property name enclosed in "
            "double quotes, its Version is 1.5, not a whole number from 1 on"
        ),
        "churn: repaired, version 1",
    ]
    assert json.loads(run("get", "churn", "--env", "dev")[1])["version"] == 1


def spoil(cloud: aws.Cloud, name: str, **attributes: Any) -> None:
    """Give an item other attributes, as somebody does in the console."""
    dynamodb = cloud.client("dynamodb")
    (table,) = dynamodb.list_tables()["TableNames"]
    item = dynamodb.get_item(TableName=table, Key={"Pipeline": {"S": name}})["Item"]
    dynamodb.put_item(TableName=table, Item={**item, **attributes})


def test_files_that_are_no_text_or_have_no_good_name_are_findings_beside_the_others(
    run: Run, built: tuple[Path, BuildReport]
) -> None:
    folder = built[0] / "pipelines"
    put_file(built, **WHOLE)
    put_file(built, "a" * 44, **WHOLE)
    put_file(built, "two words", **WHOLE)
    (folder / "folder.json").mkdir()
    (folder / "latin.json").write_bytes(b'{"workflow": "\xe9"}')
    (folder / "mark.json").write_bytes(b'\xef\xbb\xbf{"workflow": "train"}')
    (folder / "deep.json").write_text('{"parameters": ' + "[" * 50_000)
    try:
        code, _, err = run("validate", first="")
    finally:
        (folder / "folder.json").rmdir()
    assert code == 1
    assert err.splitlines()[-1] == "6 pipelines"
    assert [line for line in err.splitlines() if line.startswith(("error", "  -->"))] == [
        f"error[SFN870]: '{'a' * 44}' is no name of a pipeline",
        f"  --> pipelines/{'a' * 44}.json",
        "error[SFN870]: the file has objects and lists more than 100 deep in each other",
        "  --> pipelines/deep.json:1",
        "error[SFN870]: the file is not UTF-8",
        "  --> pipelines/latin.json",
        "error[SFN870]: the file begins with a byte order mark",
        "  --> pipelines/mark.json:1",
        "error[SFN870]: 'two words' is no name of a pipeline",
        "  --> pipelines/two words.json",
    ]


def test_a_stage_that_the_workflow_does_not_have_is_refused(
    run: Run, built: tuple[Path, BuildReport]
) -> None:
    put_file(built, **WHOLE, stages={"nope": True}, event=["Nope"])
    code, _, err = run("validate")
    assert code == 1
    assert "error[SFN871]: workflow 'train' has no stage 'nope'\n  --> pipelines/churn.json:8" in err
    assert "error[SFN871]: 'event' has 'Nope', which is no input of workflow 'train'" in err


def test_the_version_alone_changes_in_the_bytes_of_a_file(run: Run, built: tuple[Path, BuildReport]) -> None:
    path = put_file(built, **WHOLE)
    run("put", "--env", "dev")
    text = (
        '{"workflow": "train", "enabled": false,\r\n "parameters": {"Data": "\u00e9", "Day": "version"},\r\n'
    )
    path.write_bytes(f'{text} "version":\r\n  1}}'.encode())
    assert run("put", "--env", "dev")[0] == 0
    assert path.read_bytes() == f'{text} "version":\r\n  2}}'.encode()


def test_a_file_that_says_what_the_table_has_gets_its_version(
    run: Run, built: tuple[Path, BuildReport]
) -> None:
    """As after a command that ended between the item and the file."""
    path = put_file(built, **WHOLE)
    run("put", "--env", "dev")
    put_file(built, **WHOLE, enabled=False)
    run("put", "--env", "dev")
    put_file(built, **WHOLE, enabled=False, version=1)
    assert run("put", "--env", "dev")[0] == 0
    assert json.loads(path.read_text())["version"] == 2


def test_a_file_that_somebody_changes_meanwhile_stays_as_it_is(
    run: Run, built: tuple[Path, BuildReport]
) -> None:
    path = put_file(built, **WHOLE)
    run("put", "--env", "dev")
    put_file(built, **WHOLE, enabled=False, version=1)

    def build(*_: Any, **__: Any) -> BuildReport:
        path.write_text("{}")
        return built[1]

    code, _, err = run("put", "--env", "dev", build=build)
    assert (code, path.read_text()) == (0, "{}")
    assert 'pipelines/churn.json: it was changed meanwhile; write "version": 2 into it' in err


def test_what_is_deployed_is_found_without_templates(
    run: Run, built: tuple[Path, BuildReport], tmp_path: Path
) -> None:
    put_file(built, **WHOLE)
    run("put", "--env", "dev")
    folders = ("templates", "workflows")
    for folder in folders:
        (built[0] / folder).rename(tmp_path / folder)
    try:
        listed, got = run("list", "--env", "dev"), run("get", "churn", "--env", "dev")
    finally:
        for folder in folders:
            (tmp_path / folder).rename(built[0] / folder)
    assert listed == (0, "pipeline  workflow  enabled  version\nchurn     train     yes      1\n", "")
    assert got[0] == 0
    assert json.loads(got[1])["version"] == 1


@pytest.mark.parametrize("missing", ["templates", "workflows"])
def test_who_may_not_describe_all_stacks_gets_those_of_the_sources_or_templates(
    missing: str,
    built: tuple[Path, BuildReport],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(built[0])
    outputs = [{"OutputKey": "PipelineTable", "OutputValue": "t"}]
    stacks = [
        ("describe_stacks", Refusal("AccessDenied", "not all")),
        stack("UPDATE_COMPLETE", Outputs=outputs),
    ]
    with answering(cloudformation=stacks, dynamodb=[("scan", {"Items": []})]) as cloud:
        asked: list[Any] = []
        cloud.client("cloudformation").meta.events.register(
            "provide-client-params.cloudformation.DescribeStacks",
            lambda params, **_: asked.append(dict(params)),
        )
        (built[0] / missing).rename(tmp_path / missing)
        try:
            code = main(["pipelines", "list", "--env", "dev"], Services(connect=lambda _: cloud))
        finally:
            (tmp_path / missing).rename(built[0] / missing)
    assert (code, capsys.readouterr().out) == (0, "pipeline  workflow  enabled  version\n")
    assert asked == [{}, {"StackName": "fraud-train-dev"}]


def test_a_name_that_no_pipeline_has_is_refused_before_anything_is_asked(run: Run) -> None:
    code, _, err = run("get", "a b", "--env", "dev")
    assert code == 2
    assert "'a b' is no name of a pipeline; use a letter or a digit" in err


def test_what_stands_in_a_table_does_not_drive_the_terminal(
    run: Run, built: tuple[Path, BuildReport], cloud: aws.Cloud
) -> None:
    (table,) = cloud.client("dynamodb").list_tables()["TableNames"]
    item = {"Pipeline": {"S": "a\x1b[31m"}, "Workflow": {"S": "\u0007"}}
    cloud.client("dynamodb").put_item(TableName=table, Item=item)
    _, out, err = run("list", "--env", "dev")
    assert out.splitlines()[1] == "a?[31m    ?         malformed"
    assert "\x1b" not in err
    put_file(built, **WHOLE)
    item = {"Pipeline": {"S": "churn"}, "Settings": {"S": '{"\\u001b": 1, "\\u001b": 2}'}}
    cloud.client("dynamodb").put_item(TableName=table, Item=item)
    _, _, err = run("put", "--env", "dev", first="")
    assert "its Settings has the key '?' twice in an object\n" in err


def test_a_pipeline_of_two_tables_is_got_by_its_workflow(
    run: Run, built: tuple[Path, BuildReport], cloud: aws.Cloud
) -> None:
    put_file(built, **WHOLE)
    run("put", "--env", "dev")
    make_stack(built, cloud, "fraud-score-dev")
    first, second = sorted(cloud.client("dynamodb").list_tables()["TableNames"])
    item = {"Workflow": {"S": "score"}, "Enabled": {"BOOL": True}, "Settings": {"S": "{}"}}
    cloud.client("dynamodb").put_item(TableName=first, Item={**item, "Pipeline": {"S": "churn"}})
    code, out, err = run("get", "churn", "--env", "dev")
    assert (code, out) == (2, "")
    assert f"there is a pipeline 'churn' in {first} and in {second}; name its workflow by --workflow." in err
    assert json.loads(run("get", "churn", "--env", "dev", "--workflow", "score")[1])["workflow"] == "score"
    rows = run("list", "--env", "dev")[1].splitlines()
    assert [row.split()[:2] for row in rows[1:]] == [["churn", "score"], ["churn", "train"]]
