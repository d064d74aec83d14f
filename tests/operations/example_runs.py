"""The example workflows, each run once in one process that imports the SDK."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest

from sfn_cfn import codec
from sfn_cfn.load import LoadResult, load, pool, sentinel
from sfn_cfn.model import LoadedWorkflow, WorkflowSource

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "workflows").glob("*.py"))


def loaded(request: str) -> str:
    """The entry of the pool: a source's name."""
    source = WorkflowSource(ROOT, ROOT / f"workflows/{request}.py")
    return codec.dumps(load(source, sentinel.choose(ROOT, "eu-west-1")))


@functools.cache
def all_examples() -> dict[str, LoadedWorkflow]:
    """Each example's one workflow, by the name of its source."""
    with pytest.MonkeyPatch.context() as patch:
        path = (str(Path(__file__).parent), os.environ.get("PYTHONPATH", ""))
        patch.setenv("PYTHONPATH", os.pathsep.join(path))
        answers = dict(pool.run("example_runs:loaded", NAMES))
    found = {}
    for index, name in enumerate(NAMES):
        answer = answers[index]
        assert isinstance(answer, str), answer
        (found[name],) = codec.loads(LoadResult, answer).workflows
    return found
