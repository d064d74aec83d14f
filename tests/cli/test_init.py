from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sfn_cfn import discover, settings

from .conftest import Run


def test_a_new_project_has_settings_a_workflow_and_a_test(run: Run) -> None:
    code, out, err = run("init", "fraud-pipeline")
    assert (code, out) == (0, "")
    assert err.splitlines() == [
        "wrote fraud-pipeline/sfn-cfn.toml",
        "wrote fraud-pipeline/workflows/train.py",
        "wrote fraud-pipeline/tests/test_workflows.py",
        "wrote fraud-pipeline/.gitignore",
        "next: cd fraud-pipeline && sfn-cfn build",
    ]
    root = run.root / "fraud-pipeline"
    read = settings.read(root)
    assert read.pipeline_name == "fraud-pipeline"
    assert [item.name for item in read.environments] == ["dev", "prod"]
    assert [source.name for source in discover.discover(read)] == ["workflows/train.py"]
    for name in ("workflows/train.py", "tests/test_workflows.py"):
        ast.parse((root / name).read_text())


def test_an_empty_folder_is_filled(run: Run) -> None:
    (run.root / "new").mkdir()
    assert run("-q", "init", "new") == (0, "", "")
    assert (run.root / "new/workflows/train.py").exists()


@pytest.mark.parametrize("content", ["a.txt", ".git"])
def test_a_folder_with_something_in_it_is_left_alone(run: Run, content: str) -> None:
    (run.root / "new").mkdir()
    (run.root / "new" / content).touch()
    code, _, err = run("init", "new")
    assert (code, err.splitlines()[-1]) == (2, "Error: 'new' exists and is not an empty folder.")
    assert [path.name for path in (run.root / "new").iterdir()] == [content]


def test_a_name_that_aws_does_not_take_is_refused_with_one_that_it_takes(run: Run) -> None:
    code, _, err = run("init", "my_models")
    assert code == 2
    assert err.splitlines()[-1] == (
        "Error: 'my_models' cannot be a project's name: use a letter, then up to 39 letters, digits and hyphens, "
        "for example 'my-models'."
    )
    assert not Path("my_models").exists()
