"""A change of a standing state machine's type: refused by `deploy`, and nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_aws import REGION, Aws, serving
from samples import loaded, machine

from sfn_cfn import compiler
from sfn_cfn.cli import main
from sfn_cfn.cli.console import Services
from sfn_cfn.report import BuildReport

STACK = "ml-train-dev"
STANDARD = f'[project]\nname = "ml"\n[environments.dev]\nregion = "{REGION}"\n[logging]\nenabled = false\n'
EXPRESS = STANDARD + '[state_machine]\ntype = "EXPRESS"\n'


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    given = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    with serving() as one:
        for name, value in {**given, "AWS_ENDPOINT_URL": one.url}.items():
            monkeypatch.setenv(name, value)
        yield one


def build(settings: Any, _sources: Any, **_options: Any) -> BuildReport:
    """A workflow that waits for nothing, as the compiler makes it."""
    workflow = loaded(machine(First={"Type": "Pass", "End": True}))
    made, found = compiler.compile_workflow(workflow, settings, "yaml")
    assert made, found
    return BuildReport(made.outputs, found, ("train",), (), assets={"train": ()})


def deploy(root: Path, toml: str, *options: str) -> int:
    (root / "workflows").mkdir(exist_ok=True)
    (root / "workflows/train.py").write_text("")
    (root / "sfn-cfn.toml").write_text(toml)
    arguments = ["--project", str(root), "deploy", "--env", "dev", "--yes", *options]
    return main(arguments, Services(build, sleep=lambda _: None))


def test_a_change_of_the_type_is_refused_and_the_stack_stands_as_it_stood(
    aws: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = aws.client("cloudformation")
    assert deploy(tmp_path, STANDARD) == 0, capsys.readouterr().err
    template = cloud.get_template(StackName=STACK)["TemplateBody"]
    made = cloud.list_change_sets(StackName=STACK)["Summaries"]
    capsys.readouterr()
    for options in ((), ("--allow-replacement",)):
        assert deploy(tmp_path, EXPRESS, *options) == 1
        err = capsys.readouterr().err
        assert [line for line in err.splitlines() if line.startswith(("error", "  hint"))] == [
            (
                "error[SFN838]: the state machine of workflow 'train' keeps its name, and its type STANDARD would "
                "become EXPRESS"
            ),
            f"  hint: give the workflow another name, or delete the stack '{STACK}' first: its executions end",
        ]
    assert cloud.get_template(StackName=STACK)["TemplateBody"] == template
    assert cloud.list_change_sets(StackName=STACK)["Summaries"] == made
