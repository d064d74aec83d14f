"""A build that is interrupted, in processes of its own: it ends at once, says nothing and leaves nothing."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HANGS = """
import fcntl
held = open("lock", "w")
fcntl.flock(held, fcntl.LOCK_EX)
open("started", "w").close()
while True:
    pass
"""
"""A program that never ends by itself; who gets the lock knows that it did."""


def start(project: Path) -> subprocess.Popen[str]:
    """A build as a terminal starts it: in a process group of its own."""
    (project / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(project / "tmp")}
    if (project / "path").is_dir():
        environment["PYTHONPATH"] = str(project / "path")
    process = subprocess.Popen(
        [sys.executable, "-m", "sfn_cfn", "build", "--no-lint"],
        cwd=project,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None and not (project / "started").exists():
        time.sleep(0.01)
    return process


def ended(process: subprocess.Popen[str], project: Path) -> tuple[int, str, str]:
    """Exit code and output, once everything that the build started has ended."""
    out, err = process.communicate(timeout=60)
    with (project / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    return process.returncode, out, err


@pytest.fixture
def hanging_source(tmp_path: Path) -> Path:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows/a.py").write_text(HANGS)
    return tmp_path


@pytest.fixture
def hanging_sdk(tmp_path: Path) -> Path:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows/a.py").write_text("")
    (tmp_path / "path/stepfunctions").mkdir(parents=True)
    (tmp_path / "path/stepfunctions/__init__.py").write_text(HANGS)
    return tmp_path


def test_ctrl_c_while_a_source_runs_is_quiet_and_leaves_nothing(hanging_source: Path) -> None:
    process = start(hanging_source)
    os.killpg(process.pid, signal.SIGINT)
    assert ended(process, hanging_source) == (130, "", "")
    assert list((hanging_source / "tmp").iterdir()) == []
    assert not (hanging_source / "templates").exists()


def test_ctrl_c_while_the_sdk_is_imported_is_quiet_and_leaves_nothing(hanging_sdk: Path) -> None:
    process = start(hanging_sdk)
    os.killpg(process.pid, signal.SIGINT)
    assert ended(process, hanging_sdk) == (130, "", "")
    assert list((hanging_sdk / "tmp").iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_build_that_is_ended_from_outside_leaves_nothing(
    hanging_source: Path, number: signal.Signals, code: int
) -> None:
    process = start(hanging_source)
    process.send_signal(number)
    assert ended(process, hanging_source) == (code, "", "")
    assert list((hanging_source / "tmp").iterdir()) == []


def test_an_interrupt_reaches_a_source_that_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows/a.py").write_text(
        "import os, signal\n"
        "from stepfunctions.steps import Pass\n"
        "from stepfunctions.workflow import Workflow\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "except KeyboardInterrupt:\n"
        "    Workflow('a', Pass('A'), role='')\n"
        "open('started', 'w').close()\n"
    )
    process = start(tmp_path)
    _out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "built workflows/a.py\n1 template\n")
