"""Two builds of the same sources are the same bytes, whoever runs them, where and when."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COPIED = ("workflows", "sfn-cfn.toml")
ELSEWHERE = {
    "USER": "someone-else",
    "LOGNAME": "someone-else",
    "LANG": "tr_TR.UTF-8",
    "LC_ALL": "C",
    "TZ": "Asia/Tokyo",
    "PYTHONHASHSEED": "123",
    "AWS_DEFAULT_REGION": "us-west-2",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_PROFILE": "missing",
    "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": "/nowhere",
}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def build(project: Path, environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sfn_cfn", "--quiet", "build", "--no-lint", *options]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("another folder") / "prøject"
    project.mkdir()
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, project / name)
    return project


def test_another_folder_user_locale_zone_and_hash_seed_give_the_committed_templates(copy: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(copy.parent), **ELSEWHERE}
    done = build(copy, environment)
    assert done.returncode == 0, done.stderr
    assert contents(copy / "templates") == contents(ROOT / "templates")


def test_an_empty_environment_and_one_process_give_the_committed_templates() -> None:
    done = build(ROOT, {"PATH": os.environ["PATH"]}, "--check", "--jobs", "1")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
