"""What the SDK alone makes of a script: the compiler's work is compared with this."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ACCOUNT = "123456789012"
REGION = "eu-west-1"
"""The region that `sfn-cfn.toml` builds for, so that image accounts are the same."""


@dataclass(frozen=True)
class PlainWorkflow:
    """One `Workflow` of a script that ran as a script; `given` is the input of a ready-made pipeline."""

    name: str
    definition: dict[str, Any]
    role: str
    given: dict[str, Any] | None = None


def environment(**extra: str) -> dict[str, str]:
    """This process's environment without AWS settings, and with the answers to AWS calls on the path."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON"))}
    return {
        **kept,
        "PYTHONPATH": str(ROOT / "tests" / "plain"),
        "PLAIN_ACCOUNT": ACCOUNT,
        "PLAIN_REGION": REGION,
        **extra,
    }


@functools.cache
def run(script: Path, folder: Path, parameters: tuple[tuple[str, str], ...] = ()) -> list[PlainWorkflow]:
    """Run `script` as `python script` in its project, with these values of its parameters."""
    output = folder / f"{script.stem}.json"
    env = environment(PLAIN_OUTPUT=str(output), PLAIN_PARAMETERS=json.dumps(dict(parameters)))
    done = subprocess.run(
        [sys.executable, str(script)],
        env=env | {"HOME": str(folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [PlainWorkflow(**row) for row in json.loads(output.read_text())]


_ALL = "import runpy, sys\nfor path in sys.argv[1:]: runpy.run_path(path, run_name='__main__')"


def run_all(scripts: tuple[Path, ...], folder: Path, region: str) -> dict[str, PlainWorkflow]:
    """The workflows of all scripts by name, run in one process as in that region."""
    output = folder / f"{region}.json"
    env = environment(PLAIN_OUTPUT=str(output), PLAIN_REGION=region)
    done = subprocess.run(
        [sys.executable, "-c", _ALL, *map(str, scripts)],
        env=env | {"HOME": str(folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {row["name"]: PlainWorkflow(**row) for row in json.loads(output.read_text())}
