"""An example workflow with three stages: built, deployed, and executed with each combination of switches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from interpreter import Interpreter, interpreter

from sfn_cfn import compiler, settings
from sfn_cfn.model import WorkflowSource

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS..S3..BucketPolicy")

ROOT = Path(__file__).parents[2]
STAGES = {
    "train": {
        "states": ["Train"],
        "result": {"$.Training.ModelArtifacts.S3ModelArtifacts.$": "$$.Execution.Input.Model"},
    },
    "score": {"states": ["Score held-out set"]},
    "deploy": {"states": ["Configure endpoint", "Deploy endpoint"]},
}
GIVEN = {"JobName": "j", "ModelName": "m", "EndpointName": "e", "Model": "s3://b/last.tar.gz"}
RESULTS = {"Train": {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/new.tar.gz"}}}


def template(sections: dict[str, Any]) -> str:
    read = settings.read(ROOT)
    own = replace(read.of("train-deploy"), operations={**read.operations, "stages": sections})
    source = WorkflowSource(ROOT, ROOT / "workflows/train_deploy.py")
    report = compiler.build(replace(read, workflows={"train-deploy": own}), [source])
    assert [one.message for one in report.diagnostics if one.severity.value == "error"] == []
    return next(file.content for file in report.outputs if file.path == "train-deploy.yaml")


@pytest.fixture(scope="module")
def local() -> Iterator[Interpreter]:
    with interpreter() as running:
        yield running


@pytest.fixture(scope="module")
def definition(local: Interpreter) -> dict[str, Any]:
    return local.deployed(template(STAGES), "with-switches")


@pytest.mark.parametrize("on", list(itertools.product([True, False], repeat=3)))
def test_the_deployed_example_enters_the_states_of_the_stages_that_are_on(
    local: Interpreter, definition: dict[str, Any], on: tuple[bool, ...]
) -> None:
    switches = dict(zip(STAGES, on, strict=True))
    run = local.run(definition, {**GIVEN, "Stages": switches}, RESULTS)
    train, score, deploy = on
    assert run.entered == (
        "Run train?",
        "Train" if train else "Skip train",
        "Save model",
        "Run score?",
        *(["Score held-out set"] if score else []),
        "Run deploy?",
        *(["Configure endpoint", "Deploy endpoint"] if deploy else ["Skip deploy"]),
    )
    assert run.status == "SUCCEEDED"
    used = run.output["Training"]["ModelArtifacts"]["S3ModelArtifacts"]
    assert used == ("s3://b/new.tar.gz" if train else "s3://b/last.tar.gz")


def test_with_all_switches_on_the_deployed_example_does_what_it_did_without(
    local: Interpreter, definition: dict[str, Any]
) -> None:
    plain = local.run(local.deployed(template({}), "without-switches"), GIVEN, RESULTS)
    run = local.run(definition, GIVEN, RESULTS)
    assert plain.entered == tuple(name for name in run.entered if not name.startswith("Run "))
    assert (run.status, run.output) == (plain.status, plain.output)
