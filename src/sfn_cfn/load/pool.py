"""Requests -> answers, each made in a fork of one process that has imported the SDK.

    run() in the caller --- python (imports the SDK once) --- one compile child per request --- load.load

The caller imports nothing heavy. Each compile child calls `entry` and leaves its answer in a file that is
renamed into place. The line of communication is a pipe that the children close before they do anything.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from sfn_cfn.errors import LoadError
from sfn_cfn.load import codes

Entry = Callable[[str], str]

_STARTER = (
    "import sys; sys.path[:1] = []; sys.path.append(sys.argv[1]); from sfn_cfn.load import pool; pool.main()"
)
_FAILED = "!"
_PATIENCE = 0.5
"""Seconds after which a parent that nobody listens to is killed: it may be importing, with no children yet."""
_MANY = 4
"""From so many requests on, what the runs read is read before the forks (0.3 s)."""


@dataclass(frozen=True, slots=True)
class Failed:
    """In place of an answer: the traceback of what `entry` raised."""

    traceback: str


def run(entry: str, requests: Sequence[str], *, jobs: int = 2) -> Iterator[tuple[int, str | Failed | None]]:
    """Call `entry` ("module:function", text to text) on each request, at most `jobs` at a time.

    Yields the request's index and the answer, as they come; None where the child died. Raises `LoadError`
    where the SDK cannot be imported.
    """
    if not requests:
        return
    with tempfile.TemporaryDirectory(prefix="sfn-cfn-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        for index, request in enumerate(requests):
            (folder / f"{index}.request").write_text(request, encoding="utf-8")
        with _parent(entry, folder, len(requests), jobs) as process:
            assert process.stdout is not None
            left = set(range(len(requests)))
            for line in process.stdout:
                if line.startswith(_FAILED):
                    raise LoadError(codes.SDK_MISSING.at(None, line[1:].strip(), _SDK_HINT))
                index = int(line)
                left.discard(index)
                yield index, _answer(folder, index)
            for index in sorted(left):
                yield index, _answer(folder, index)


_SDK_HINT = "install 'stepfunctions==2.3.0' and 'sagemaker>=2.257,<3' beside sfn-cfn"


def _answer(folder: Path, index: int) -> str | Failed | None:
    answer, failed = folder / f"{index}.answer", folder / f"{index}.failed"
    if answer.is_file():
        return answer.read_text(encoding="utf-8")
    return Failed(failed.read_text(encoding="utf-8")) if failed.is_file() else None


@contextlib.contextmanager
def _parent(entry: str, folder: Path, count: int, jobs: int) -> Iterator[subprocess.Popen[str]]:
    """The process with the SDK; it and all below it end with the block."""
    package = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-c", _STARTER, package, entry, str(folder), str(count), str(max(1, jobs))]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
        # A terminal's interrupt goes to the caller alone, who ends the rest; each would show a traceback.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        # Its end tells the parent, however this process ends, that nobody waits for answers any more.
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _environment() -> dict[str, str]:
    """The caller's variables without what would let the host's AWS settings into the SDK's import."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAGEMAKER_"))}
    return {
        **kept,
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTHONIOENCODING": "utf-8:backslashreplace",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": os.devnull,
        "SAGEMAKER_USER_CONFIG_OVERRIDE": os.devnull,
        "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
    }


def main() -> None:
    """The process with the SDK: import, then one fork per request. Ends when its standard input does."""
    _package, entry, folder, count, jobs = sys.argv[1:]
    gc.disable()
    status = os.dup(1)
    os.dup2(2, 1)
    try:
        call = _prepare(entry)
        if int(count) >= _MANY:
            _warm(entry)
    except Exception as error:  # noqa: BLE001 (whatever an import raises; the caller reports it)
        line = " ".join(f"the SDK cannot be imported: {type(error).__name__}: {error}".split())
        os.write(status, f"{_FAILED}{line}\n".encode())
        sys.exit(1)
    gc.enable()
    gc.freeze()
    _serve(call, Path(folder), int(count), int(jobs), status)


def _warm(entry: str) -> None:
    """Read once what most requests read: worth more than it costs where there are several.

    The entry's module may have a function `preload` for its own part.
    """
    from sfn_cfn.load import aws, namespaces, sdk  # noqa: PLC0415 (heavy, and only here)

    aws.preload()
    sdk.warm()
    namespaces.allowed()
    getattr(importlib.import_module(entry.partition(":")[0]), "preload", lambda: None)()


def prepare_sdk() -> None:
    """Import the SDK with what records and replaces on it, quietly."""
    from sfn_cfn.load import sdk, world  # noqa: PLC0415 (heavy, and only here)

    world.install()
    with _silence():
        sdk.preload()
    sdk.hook()


def _prepare(entry: str) -> Entry:
    prepare_sdk()
    module, _, function = entry.partition(":")
    call: Entry = getattr(importlib.import_module(module), function)
    importlib.import_module("sfn_cfn.load.child")
    return call


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep what imports print to themselves, down to the file descriptors."""
    kept = [os.dup(1), os.dup(2)]
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        os.dup2(null, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for target, number in zip((1, 2), kept, strict=True):
            os.dup2(number, target)
            os.close(number)
        os.close(null)


def _serve(call: Entry, folder: Path, count: int, jobs: int, status: int) -> None:
    wake, waker = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    waiting = list(range(count))[::-1]
    running: dict[int, int] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            index = waiting.pop()
            running[_start(call, folder, index, (status, wake, waker))] = index
        ready = select.select([0, wake], [], [])[0]
        if 0 in ready and not os.read(0, 1):
            for child in running:
                os.kill(child, signal.SIGKILL)
            os._exit(1)
        if wake in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(wake, 4096)
        for child in [child for child in running if os.waitpid(child, os.WNOHANG)[0]]:
            os.write(status, f"{running.pop(child)}\n".encode())
    os._exit(0)


def _start(call: Entry, folder: Path, index: int, private: tuple[int, ...]) -> int:
    parent, child = os.getpid(), os.fork()
    if child == 0:
        _compile(call, folder, index, parent, private)
    return child


def _compile(call: Entry, folder: Path, index: int, parent: int, private: tuple[int, ...]) -> NoReturn:
    """The compile child: it leaves by `os._exit` whatever `entry` does."""
    from sfn_cfn.load import processes  # noqa: PLC0415

    code = 1
    try:
        processes.end_with_parent(parent)
        # What is left here when the child is killed goes with the caller's folder.
        tempfile.tempdir = str(folder)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in private:
            os.close(number)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        answer = call((folder / f"{index}.request").read_text(encoding="utf-8"))
        processes.place(folder / f"{index}.answer", answer)
        code = 0
    except BaseException:  # noqa: BLE001 (nothing may return into the parent's loop; the caller reports it)
        shown = traceback.format_exc().encode("utf-8", "backslashreplace").decode("utf-8")
        processes.place(folder / f"{index}.failed", shown)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
