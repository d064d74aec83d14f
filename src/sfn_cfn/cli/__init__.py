"""Arguments -> call -> print -> exit code: the only place that prints, colours or exits."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import click

from sfn_cfn.cli.commands import cli
from sfn_cfn.cli.console import Console, Services
from sfn_cfn.errors import ExitCode, SfnCfnError

__all__ = ["main"]

_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
_BROKEN_PIPE = 141  # 128 + SIGPIPE


class _Ended(BaseException):
    """Another process asked this one to end; raised so that what is begun is taken away."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


def main(arguments: Sequence[str] | None = None, services: Services | None = None) -> int:
    """Run one command; its exit code. `services` replaces what the commands call, for tests."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if "_SFN_CFN_COMPLETE" in os.environ:
        cli.main(arguments, prog_name="sfn-cfn")
    _open_missing()
    console = Console()
    try:
        with _ended_in_order():
            code = _run(arguments, services or Services(), console)
        _let_go_of_stderr()
        sys.stdout.flush()
    except _Ended as end:
        return end.code
    except OSError as error:
        # Python would flush stdout again at exit and complain there.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return _BROKEN_PIPE
        console.note(f"sfn-cfn: cannot write to standard output: {(error.strerror or str(error)).lower()}")
        return ExitCode.COULD_NOT_RUN
    return code


def _let_go_of_stderr() -> None:
    """What is left for a standard error that is full is lost: Python would end with a code of its own."""
    try:
        sys.stderr.flush()
    except OSError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _open_missing() -> None:
    """Give a process that was started without standard streams (`>&-`) empty ones, and their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115, PTH123 (stays open)
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """Have SIGTERM and SIGHUP raise `_Ended`, where nobody has said otherwise (`nohup` ignores one)."""

    def end(number: int, _frame: object) -> NoReturn:
        raise _Ended(number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    main = threading.current_thread() is threading.main_thread()
    ours = [number for number in numbers if main and signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _run(arguments: list[str], services: Services, console: Console) -> int:
    try:
        with cli.make_context("sfn-cfn", arguments, obj=(services, console)) as context:
            return int(cli.invoke(context) or ExitCode.CLEAN)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.COULD_NOT_RUN
    except SfnCfnError as error:
        console.report(error.diagnostics)
        return ExitCode.COULD_NOT_RUN
    except (KeyboardInterrupt, click.Abort):
        return _INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and _in_echo(error):
            raise
        _own_defect(error, console)
        return ExitCode.INTERNAL


def _in_echo(error: OSError) -> bool:
    """Whether printing raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].name == "echo" and Path(frames[-1].filename).parent.name == "click"


def _own_defect(error: Exception, console: Console) -> None:
    if console.verbose:
        console.note(traceback.format_exc().rstrip())
    console.note(f"sfn-cfn failed by itself: {type(error).__name__}: {error}")
    console.note("this is a defect of sfn-cfn, not of your workflow; your files are as they were")
    again = "" if console.verbose else "repeat the command with --verbose and "
    console.note(f"hint: {again}report it with the traceback and the output of 'sfn-cfn version'")
