"""Sources as text -> what `load` makes of them, in one process that imports the SDK once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from sfn_cfn import codec
from sfn_cfn.load import LoadOptions, LoadResult, load, namespaces, pool
from sfn_cfn.model import LoadedWorkflow, WorkflowSource, World

WORLDS = (
    World("739164285013", "ap-south-1", "aws", 1_704_164_645.678, 1),
    World("814620937561", "ap-southeast-2", "aws", 1_855_925_839.214, 2),
)
HEAD = "from stepfunctions.steps import Chain, Map, Parallel, Pass\nfrom stepfunctions.workflow import Workflow\n"


def loaded(request: str) -> str:
    """The entry of the pool: a root, a path and a time limit, one a line."""
    root, path, timeout = request.splitlines()
    result = load(WorkflowSource(Path(root), Path(path)), WORLDS, LoadOptions(float(timeout)))
    return codec.dumps(result)


def loaded_without_namespaces(request: str) -> str:
    """As on a system that has none, or refuses them."""
    namespaces.isolate = lambda: False
    return loaded(request)


def loaded_without_fork(request: str) -> str:
    """As on a system that cannot fork."""
    del os.fork
    return loaded(request)


def load_all(
    root: Path,
    files: Mapping[str, str],
    *names: str,
    timeout: float = 60.0,
    entry: str = "loaded",
) -> dict[str, LoadResult]:
    """Write the files, load those named (all of them where none is)."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    wanted = names or tuple(files)
    requests = [f"{root}\n{root / name}\n{timeout}" for name in wanted]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "PYTHONPATH", os.pathsep.join((str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")))
        )
        answers = dict(pool.run(f"runs:{entry}", requests))
    return {name: _result(answers[index]) for index, name in enumerate(wanted)}


def _result(answer: str | pool.Failed | None) -> LoadResult:
    assert isinstance(answer, str), answer
    return codec.loads(LoadResult, answer)


def only(result: LoadResult) -> LoadedWorkflow:
    """The one workflow of a result without findings."""
    assert result.diagnostics == ()
    assert len(result.workflows) == 1
    return result.workflows[0]


def shown(result: LoadResult) -> list[str]:
    """Findings as lines: code, place, message, hint."""
    return [f"{item.code} {item.location}: {item.message} [{item.hint}]" for item in result.diagnostics]
