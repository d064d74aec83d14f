"""The committed templates are what the example workflows give, here and on any other machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import plain_sdk
import pytest

ROOT = plain_sdk.ROOT
EXAMPLES = sorted((ROOT / "workflows").glob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))


def build(root: Path, *options: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run `sfn-cfn build` on the project in `root`; what it says."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-m", "sfn_cfn", "--project", str(root), "build", *options],
        cwd=cwd or root,
        env={**kept, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def copy(to: Path) -> Path:
    """The example project alone, in another place."""
    shutil.copytree(ROOT / "workflows", to / "workflows", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "sfn-cfn.toml", to)
    return to


def files(folder: Path) -> dict[str, bytes]:
    """Name -> bytes of every file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_committed_templates_are_up_to_date_and_lint_finds_nothing() -> None:
    said = build(ROOT, "--check")
    assert "error" not in said


def test_another_place_user_locale_and_hash_seed_give_the_same_bytes(tmp_path: Path) -> None:
    project = copy(tmp_path / "elsewhere" / "with a space")
    world = {
        "HOME": str(tmp_path),
        "USER": "nobody",
        "LOGNAME": "nobody",
        "LC_ALL": "C",
        "TZ": "Asia/Kolkata",
        "PYTHONHASHSEED": "4711",
        "AWS_DEFAULT_REGION": "us-gov-west-1",
        "AWS_PROFILE": "production",
    }
    build(project, "--no-lint", "--jobs", "1", cwd=tmp_path, env=world)
    assert files(project / "templates") == files(ROOT / "templates")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_output_names_the_machine_that_built_it(path: Path) -> None:
    text = path.read_text(encoding="ascii")
    assert str(ROOT) not in text
    assert plain_sdk.ACCOUNT not in text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_plain_sdk_script(path: Path, tmp_path: Path) -> None:
    (workflow,) = plain_sdk.run(path, tmp_path)
    assert workflow.name == path.stem.replace("_", "-")
    json.dumps(workflow.definition)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_says_what_it_does(path: Path) -> None:
    assert path.read_text().startswith('"""')
