"""What workflows of one project are to each other: names of state machines that two of them would have."""

from __future__ import annotations

from pathlib import Path

import pytest
from starts import read

from sfn_cfn import compiler
from sfn_cfn import settings as project_settings
from sfn_cfn.model import WorkflowSource
from sfn_cfn.operations import others

SOURCE = """
from stepfunctions.steps import Chain, Pass, Succeed
from stepfunctions.workflow import Workflow

Workflow({name!r}, Chain([Pass("First"), Succeed("Last")]), role="")
"""
TWINS = {
    "pipelines": ("router", "the router of pipelines"),
    "queue": ("queue", "the router of the queue"),
}


def twins(toml: str, *known: str) -> list[str]:
    """The findings on workflow `train` among those of the project."""
    found = others.twins("train", read(toml), {"train", *known})
    return [f"{one.code} {one.location}: {one.message} | {one.hint}" for one in found]


@pytest.mark.parametrize("section", TWINS)
def test_a_router_and_a_workflow_of_one_name_are_refused(section: str) -> None:
    suffix, words = TWINS[section]
    toml = f"[workflows.train.{section}]\nenabled = true\n"
    assert twins(toml, f"train-{suffix}") == [
        (
            f"SFN683 sfn-cfn.toml:4: {words} of workflow 'train' has the name of the state machine of workflow "
            f"'train-{suffix}' | rename one of the two workflows"
        )
    ]
    assert twins(toml, "train-2", "train_queue", "train-routers") == []
    assert twins("", f"train-{suffix}") == []


def test_a_build_of_two_workflows_whose_machines_have_one_name_is_refused(tmp_path: Path) -> None:
    toml = '[project]\nname = "ml"\n[workflows.train.queue]\nenabled = true\n'
    (tmp_path / "sfn-cfn.toml").write_text(toml, encoding="utf-8")
    sources = []
    for name in ("train", "train-queue"):
        path = tmp_path / f"{name}.py"
        path.write_text(SOURCE.format(name=name), encoding="utf-8")
        sources.append(WorkflowSource(tmp_path, path))
    found = compiler.build(project_settings.read(tmp_path), sources, lint=False, whole=True)
    assert [f"{one.code} {one.location}" for one in found.diagnostics] == ["SFN683 sfn-cfn.toml:4"]
    assert found.failed == ("train.py",)
