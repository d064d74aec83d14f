"""A run that is killed at any of its calls leaves nothing half-written, and the next one completes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from project import ASSETS

from sfn_cfn.deploy.upload import objects

SCRIPT = Path(__file__).with_name("killed.py")
WHOLE = [[one.key, 1, one.sha256] for one in objects(ASSETS)]

# moto knows no bucket policies, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")


def reports(endpoint: str, folder: Path, when: str, *arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(SCRIPT), endpoint, str(folder), when, *arguments]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["killed"] for one in found] == [*[-signal.SIGKILL] * (len(found) - 1), 0]
    return found


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_deployment_is_completed_by_the_next_one(endpoint: str, tmp_path: Path, when: str) -> None:
    found = reports(endpoint, tmp_path, when, "deploy", "--env", "prod", "--yes")
    assert len(found) > 15
    complete = {"sfn-cfn-assets": "CREATE_COMPLETE", "fraud-train-prod": "CREATE_COMPLETE"}
    for number, one in enumerate(found, 1):
        assert (number, one["again"], one["objects"], one["stacks"]) == (number, 0, WHOLE, complete)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_package_is_completed_by_the_next_one(endpoint: str, tmp_path: Path, when: str) -> None:
    found = reports(endpoint, tmp_path, when, "package", "--env", "prod")
    assert len(found) > 8
    for number, one in enumerate(found, 1):
        assert (number, one["again"], one["objects"]) == (number, 0, WHOLE)
    # Files that name code are written only when the code is there.
    assert [one["files"] for one in found[:-1]] == [[]] * (len(found) - 1)
