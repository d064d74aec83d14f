"""Functions -> their runs in processes of their own, with an end that nothing in them can put off.

    this process --- keeper --- init (process 1 of its namespace) --- one process per function

The keeper and init run no user code. Killing init ends everything in its namespace; without namespaces
the keeper is the parent itself and each run is a session that is killed as a group. Results pass through
files that are renamed into place.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from sfn_cfn.load import namespaces

Run = Callable[[], None]

_PR_SET_PDEATHSIG = 1
_OUTPUT_LIMIT = 1_000_000
"""Bytes of a source's output that are shown; a loop that prints would fill the terminal."""

_STARTER = "import sys; sys.path[:1] = []; sys.path.append(sys.argv[1]); from sfn_cfn.load import child; child.main()"

# Kept before any run pins clocks or a source replaces functions.
_monotonic = time.monotonic
_getpid, _getppid = os.getpid, os.getppid
_leave, _open, _write, _close, _rename = os._exit, os.open, os.write, os.close, os.replace

BROKEN = 70
"""How a run ends that cannot report: the source has replaced what Python itself needs."""


def together(runs: Sequence[Run], folder: Path, timeout: float, label: str) -> None:
    """Run each in a process of its own, side by side, until all have ended or `timeout` seconds passed.

    What the first prints goes to standard error, each line after `label`. How a run ended is in
    `folder/<index>.status` as `os.wait` gives it; the file of one that was stopped is missing.
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    parent, keeper = _getpid(), os.fork()
    if keeper == 0:
        _guard(lambda: _keep(runs, folder, timeout, writer, parent))
    os.close(writer)
    _relay(reader, keeper, label)
    os.close(reader)


def _guard(run: Run) -> NoReturn:
    """Run what must not return into the parent's program."""
    status = BROKEN
    try:
        run()
        status = 0
    except BaseException:  # noqa: BLE001 (nothing may return into the parent's program)
        sys.__excepthook__(*sys.exc_info())
        sys.stderr.flush()
    finally:
        _leave(status)


def _keep(runs: Sequence[Run], folder: Path, timeout: float, output: int, parent: int) -> None:
    end_with_parent(parent)
    deadline = _monotonic() + timeout
    if not namespaces.isolate():
        _supervise(runs, folder, output, deadline)
        return
    init = os.fork()
    if init == 0:
        end_with_parent()
        _guard(lambda: _supervise(runs, folder, output, None))
    os.close(output)
    if not _ended(init, deadline):
        os.kill(init, signal.SIGKILL)
        os.waitpid(init, 0)


def _supervise(runs: Sequence[Run], folder: Path, output: int, deadline: float | None) -> None:
    """Start the runs, reap until the last has ended, and kill what they leave."""
    started = {_start(run, output if index == 0 else None): index for index, run in enumerate(runs)}
    os.close(output)
    waiting = dict(started)
    while waiting:
        if deadline is None:
            child, status = os.wait()
        else:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                if _monotonic() > deadline:
                    break
                select.select([], [], [], 0.005)
                continue
        if child in waiting:
            place(folder / f"{waiting.pop(child)}.status", str(status))
    for child in started:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)


def _start(run: Run, output: int | None) -> int:
    child = os.fork()
    if child:
        return child

    def begin() -> None:
        os.setsid()
        end_with_parent()
        silent = os.open(os.devnull, os.O_RDWR)
        os.dup2(silent, 0)
        for target in (1, 2):
            os.dup2(silent if output is None else output, target)
        os.closerange(3, 4096)
        run()

    _guard(begin)


def end_with_parent(parent: int | None = None) -> None:
    """Have the system kill this process when its parent dies (Linux; elsewhere nothing).

    `parent`, where known, is the one that forked it: it may be dead already.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if parent is not None and _getppid() != parent:
            _leave(BROKEN)


def _ended(child: int, deadline: float) -> bool:
    """Wait for `child` until `deadline`; whether it ended."""
    handle = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None
    while (left := deadline - _monotonic()) > 0:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        select.select([] if handle is None else [handle], [], [], left if handle is not None else 0.005)
    return bool(os.waitpid(child, os.WNOHANG)[0])


def _relay(reader: int, keeper: int, label: str) -> None:
    """Pass output on, line by line, until the keeper has ended."""
    handle = os.pidfd_open(keeper) if hasattr(os, "pidfd_open") else None
    os.set_blocking(reader, False)
    lines = Lines(label)
    open_ = ended = False
    open_ = True
    while True:
        wanted = [item for item in (reader if open_ else None, handle) if item is not None]
        select.select(wanted, [], [], None if handle is not None else 0.005)
        ended = ended or bool(os.waitpid(keeper, os.WNOHANG)[0])
        open_ = open_ and _drain(reader, lines)
        if ended:
            break
    if handle is not None:
        os.close(handle)
    lines.end()


def _drain(reader: int, lines: Lines) -> bool:
    """Read what is there; whether more may come."""
    for _ in range(64):
        try:
            chunk = os.read(reader, 65536)
        except BlockingIOError:
            return True
        if not chunk:
            return False
        lines.add(chunk)
    return True


class Lines:
    """Whole lines of a run's output, each written to standard error after the source's name."""

    def __init__(self, label: str) -> None:
        self.label = f"{label} | ".encode("utf-8", "surrogateescape")
        self.rest = b""
        self.shown = 0

    def add(self, chunk: bytes) -> None:
        """Take what was printed; whole lines are written."""
        *whole, self.rest = (self.rest + chunk).split(b"\n")
        for line in whole:
            self._write(line)
        if len(self.rest) > 65536:
            self.end()

    def end(self) -> None:
        """Write what is left of a line."""
        if self.rest:
            self._write(self.rest)
        self.rest = b""

    def _write(self, line: bytes) -> None:
        before, self.shown = self.shown, self.shown + len(line) + 1
        if before >= _OUTPUT_LIMIT:
            return
        if self.shown >= _OUTPUT_LIMIT:
            line = b"(more output is not shown)"
        text = self.label + line.rstrip(b"\r") + b"\n"
        with contextlib.suppress(OSError):  # what is shown is no part of the result
            while text:
                text = text[os.write(2, text) :]


def place(path: Path, content: str) -> None:
    """Write a file under another name and rename it: it is there whole or not at all."""
    target = str(path)
    file = _open(target + ".part", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    left = content.encode()
    while left:
        left = left[_write(file, left) :]
    _close(file)
    _rename(target + ".part", target)


def fresh(requests: Sequence[str], folder: Path, timeout: float, label: str) -> None:
    """As `together`, with a fresh interpreter for each request, where a process cannot be forked."""
    running = []
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    for index, request in enumerate(requests):
        place(folder / f"{index}.request", request)
        command = [sys.executable, "-c", _STARTER, str(Path(__file__).resolve().parents[2])]
        command += [str(folder / f"{index}.request"), str(folder / f"{index}.json")]
        with (folder / f"{index}.output").open("wb") as output:
            running.append(
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
                )
            )
    deadline = _monotonic() + timeout
    for index, process in enumerate(running):
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(max(0.0, deadline - _monotonic()))
            place(folder / f"{index}.status", str(code << 8 if code >= 0 else -code))
            continue
        process.kill()
        process.wait()
    lines = Lines(label)
    lines.add((folder / "0.output").read_bytes())
    lines.end()
