"""A command -> what it and all processes below it cost, by the kernel's own account.

Times are wall-clock seconds from the start of the process to its end. Peak memory is that of the largest
single process of the tree (`ru_maxrss`), in MiB. `watch` also looks at the processes while they run, and so
is used for memory only, never for a time.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

_KIB = 1024
_LOOK_EVERY = 0.01


@dataclass(frozen=True, slots=True)
class Command:
    """An argument list with its folder and its whole environment."""

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall-clock seconds, processor seconds of the whole tree, MiB of its largest process."""

    seconds: float
    processor: float
    largest: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Peak MiB: of the largest process below the first, and of all together, shared pages counted once."""

    below: float
    together: float


def run(command: Command) -> Cost:
    """Run to the end. Raises `RuntimeError` with the program's messages where it fails."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = _start(command, errors.fileno())
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        _demand_success(process.returncode, command, errors.fileno())
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _KIB)


def run_all(commands: Sequence[Command], *, at_a_time: int = 1) -> Cost:
    """What all commands take together; the memory is that of the largest process."""
    start = time.perf_counter()
    with ThreadPoolExecutor(at_a_time) as pool:
        costs = list(pool.map(run, commands))
    seconds = time.perf_counter() - start
    return Cost(seconds, sum(item.processor for item in costs), max(item.largest for item in costs))


def watch(command: Command) -> Memory:
    """The memory of a command that runs processes of its own."""
    below: dict[int, float] = {}
    together = 0.0
    with tempfile.TemporaryFile() as errors:
        process = _start(command, errors.fileno())
        while process.poll() is None:
            tree = _tree(process.pid)
            for pid in tree[1:]:
                below[pid] = max(below.get(pid, 0.0), _field(pid, "status", "VmHWM:"))
            together = max(together, sum(_field(pid, "smaps_rollup", "Pss:") for pid in tree))
            time.sleep(_LOOK_EVERY)
        _demand_success(process.returncode, command, errors.fileno())
    return Memory(max(below.values(), default=0.0), together)


def _start(command: Command, errors: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command.arguments,
        cwd=command.folder,
        env=dict(command.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
    )


def _demand_success(code: int, command: Command, errors: int) -> None:
    if code:
        os.lseek(errors, 0, os.SEEK_SET)
        messages = os.read(errors, 10_000).decode(errors="replace")
        raise RuntimeError(f"{' '.join(command.arguments)} ends with {code}:\n{messages}")


def _tree(pid: int) -> list[int]:
    """A process and all below it, from Linux's own list."""
    found = [pid]
    for each in found:
        try:
            text = Path(f"/proc/{each}/task/{each}/children").read_text(encoding="ascii")
        except OSError:
            continue
        found += [int(child) for child in text.split()]
    return found


def _field(pid: int, file: str, name: str) -> float:
    """A line of /proc in MiB; 0 where the process has ended."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / _KIB for line in lines if line.startswith(name)), 0.0)
