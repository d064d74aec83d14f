"""A build keeps what its templates name; `--check` and a failed build keep nothing."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = """
from pathlib import Path
import boto3
from stepfunctions.steps import Chain, Pass
from stepfunctions.workflow import Workflow
s3 = boto3.client("s3")
s3.put_object(Bucket="mine", Key="code/run.py", Body=b"print()")
s3.put_object(Bucket="mine", Key="unused.txt", Body=b"x")
Workflow("flow", Chain([Pass("P", result="s3://mine/code/run.py")]), role="R")
"""
DIGEST = hashlib.sha256(b"print()").hexdigest()


def build(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    command = [sys.executable, "-m", "sfn_cfn", "--project", str(root), *options]
    return subprocess.run(command, env=kept, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "workflows").mkdir()
    (folder / "workflows/flow.py").write_text(SOURCE)
    return folder


@pytest.fixture(scope="module")
def said(root: Path) -> str:
    """What the first build says; before it, `--check` has left nothing."""
    checked = build(root, "build", "--check", "--no-lint")
    assert checked.returncode == 1
    assert [path.name for path in root.iterdir() if path.name != "workflows"] == []
    done = build(root, "--verbose", "build", "--no-lint")
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_build_keeps_the_bodies_that_its_templates_name_and_check_keeps_none(root: Path, said: str) -> None:
    kept = sorted(path.name for path in (root / ".sfn-cfn/assets").iterdir())
    assert kept == sorted([DIGEST, "flow.json"])
    assert (root / ".sfn-cfn/assets" / DIGEST).read_bytes() == b"print()"
    assert (
        f"s3://${{AssetBucket}}/${{AssetPrefix}}/{DIGEST}/run.py"
        in (root / "templates/flow.yaml").read_text()
    )
    manifest = json.loads((root / ".sfn-cfn/assets/flow.json").read_text())
    assert manifest["assets"][0]["sha256"] == DIGEST


def test_it_says_what_is_uploaded_in_vain_and_how_large_assets_are(said: str) -> None:
    assert "info[SFN362]: 'unused.txt' is uploaded and no state names it\n  --> workflows/flow.py:8" in said
    assert "asset of flow: run.py, 7 bytes, 1 file\n" in said


def test_a_source_with_an_error_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows/flow.py").write_text(f"{SOURCE}\nraise ValueError('late')\n")
    assert build(tmp_path, "build", "--no-lint").returncode == 1
    assert not (tmp_path / ".sfn-cfn").exists()
