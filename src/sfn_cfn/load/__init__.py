"""`WorkflowSource` -> `LoadedWorkflow`s: user code runs in child processes only, twice, under two worlds.

`load` is called in a process that `pool` forked from one that has imported the SDK. It runs no user code
itself: two forks of it do, each in a world without AWS, network or time of its own. Held in by Python's
own means everywhere, and by the system's namespaces where there are any.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import shutil
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_cfn import codec
from sfn_cfn.errors import Diagnostic, Severity, SourceLocation
from sfn_cfn.load import codes
from sfn_cfn.load.compare import compare, compare_uploads
from sfn_cfn.model import LoadedWorkflow, Upload, WorkflowSource, World

if TYPE_CHECKING:
    from sfn_cfn.load.child import RunResult

__all__ = ["LoadOptions", "LoadResult", "load"]


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """`timeout`: seconds that a source may run. `bodies`: the folder for what the run uploads, None: nowhere."""

    timeout: float = 60.0
    bodies: Path | None = None


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The workflows of one source and the findings of its run; with an error among them, all the same."""

    workflows: tuple[LoadedWorkflow, ...]
    diagnostics: tuple[Diagnostic, ...]


def load(
    source: WorkflowSource, worlds: tuple[World, World], options: LoadOptions | None = None
) -> LoadResult:
    """Run the source under both worlds and compare. Never raises for what the source does."""
    options = options or LoadOptions()
    if not source.path.is_file():
        message = "the source is not a file"
        return LoadResult((), (codes.IMPORT.at(SourceLocation(source.name), message),))
    with tempfile.TemporaryDirectory(prefix="sfn-cfn-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        _run_both(source, worlds, folder, options)
        first = _outcome(source, folder, 0, options)
        second = _outcome(source, folder, 1, options)
        if options.bodies:
            _keep(folder / "home0-uploads", options.bodies)
    return _merged(source, worlds, first, second)


def _keep(uploaded: Path, bodies: Path) -> None:
    """Move the bodies of the first run's uploads, each named by its SHA-256."""
    for path in sorted(uploaded.iterdir()) if uploaded.is_dir() else ():
        if path.suffix != ".partial":
            shutil.move(path, bodies / path.name)


def _run_both(
    source: WorkflowSource, worlds: tuple[World, World], folder: Path, options: LoadOptions
) -> None:
    from sfn_cfn.load import child, processes  # noqa: PLC0415 (heavy, and only in the compile child)

    requests = []
    for index, world in enumerate(worlds):
        home = folder / f"home{index}"
        home.mkdir()
        requests.append(child.Request(source, world, home))
    if hasattr(os, "fork"):
        runs = [
            functools.partial(child.run, request, folder / f"{index}.json")
            for index, request in enumerate(requests)
        ]
        processes.together(runs, folder, options.timeout, source.name)
    else:
        processes.fresh([codec.dumps(request) for request in requests], folder, options.timeout, source.name)


def _outcome(source: WorkflowSource, folder: Path, index: int, options: LoadOptions) -> RunResult:
    """What run `index` left; a finding where it left nothing."""
    from sfn_cfn.load import processes  # noqa: PLC0415
    from sfn_cfn.load.child import RunResult  # noqa: PLC0415

    answer = folder / f"{index}.json"
    if answer.is_file():
        return codec.loads(RunResult, answer.read_text(encoding="utf-8"))
    try:
        status: int | None = int((folder / f"{index}.status").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        status = None
    if status is not None and os.WIFEXITED(status) and os.WEXITSTATUS(status) == processes.BROKEN:
        return RunResult((), (_broken(source, folder / f"{index}.broken"),))
    return RunResult((), (_ended(source, status, options),))


def _broken(source: WorkflowSource, left: Path) -> Diagnostic:
    """The run could not say what it made; `left` holds the reason, if even that could be written."""
    reason = f" ({left.read_text(encoding='utf-8')})" if left.is_file() else ""
    message = f"what the source made cannot be read after its run{reason}"
    hint = "put back what the source replaces in Python and in the SDK before it ends"
    return codes.BROKEN.at(SourceLocation(source.name), message, hint)


_SIGNAL_HINTS = {
    "SIGKILL": "let it take less memory, which the system ends processes for, or build with --jobs 1",
    "SIGSEGV": "look for native code that fails, or a recursion without end: 'python -X faulthandler' shows it",
}


def _ended(source: WorkflowSource, status: int | None, options: LoadOptions) -> Diagnostic:
    place = SourceLocation(source.name)
    if status is None:
        message = f"the source does not end within {options.timeout:g} seconds and is stopped"
        hint = "look for a loop or a thread that never ends, or raise 'timeout' in the settings' [load]"
        return codes.TIME_LIMIT.at(place, message, hint)
    if os.WIFSIGNALED(status):
        try:
            name = signal.Signals(os.WTERMSIG(status)).name
        except ValueError:
            name = str(os.WTERMSIG(status))
        return codes.SIGNAL.at(
            place, f"the source's process is killed by {name}", _SIGNAL_HINTS.get(name, "")
        )
    message = f"the source ends its process with code {os.WEXITSTATUS(status)} before it is through"
    return codes.EXIT.at(place, message, "let the script run to its end; os._exit leaves no time to collect")


def _merged(
    source: WorkflowSource, worlds: tuple[World, World], first: RunResult, second: RunResult
) -> LoadResult:
    if any(item.severity is Severity.ERROR for item in first.diagnostics):
        return LoadResult(first.workflows, first.diagnostics)
    failed = [item for item in second.diagnostics if item.severity is Severity.ERROR]
    if failed:
        message = f"a second run at another time and place fails: {failed[0].message}"
        place = failed[0].location or SourceLocation(source.name)
        hint = "make the source independent of the account, the region, the time and the random seed"
        warning = codes.RUNS_DIFFER.at(place, message, hint, failed[0].detail)
        return LoadResult(_with_uploads(first.workflows, first.uploads), (*first.diagnostics, warning))
    workflows, found = compare(first.workflows, second.workflows)
    uploads = compare_uploads(first.uploads, second.uploads, worlds)
    return LoadResult(_with_uploads(workflows, uploads), (*first.diagnostics, *found))


def _with_uploads(
    workflows: Sequence[LoadedWorkflow], uploads: tuple[Upload, ...]
) -> tuple[LoadedWorkflow, ...]:
    ordered = tuple(sorted(uploads, key=lambda item: (item.bucket, item.key)))
    return tuple(dataclasses.replace(one, uploads=ordered) for one in workflows)
