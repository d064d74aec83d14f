"""What the commands share: the services they call, and where and how they print."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sfn_cfn.errors import Code, Diagnostic

if TYPE_CHECKING:
    from sfn_cfn.compiler import Progress
    from sfn_cfn.deploy.aws import Cloud, Target
    from sfn_cfn.report import BuildReport


def _build(*arguments: Any, **options: Any) -> BuildReport:
    from sfn_cfn import compiler  # noqa: PLC0415 (--help must not pay for it)

    return compiler.build(*arguments, **options)


def _find(code: str) -> Code | None:
    from sfn_cfn import catalog  # noqa: PLC0415 (it imports every stage)

    found: Code | None = catalog.find(code)
    return found


def _connect(target: Target) -> Cloud:
    from sfn_cfn.deploy import aws  # noqa: PLC0415 (only where something is deployed)

    return aws.connect(target)


def _answer(question: str) -> str:
    """What the person types; where nobody is there to type, the command could not run."""
    click.echo(question, err=True, nl=False)
    line = sys.stdin.readline()
    if not line:
        click.echo("", err=True)
        raise click.UsageError("there is nobody to ask; give --yes.")
    return line


@dataclass(frozen=True, slots=True)
class Services:
    """What the commands call, imported when called: `compiler.build`, `catalog.find`, `deploy.aws.connect`.

    `sleep` waits for seconds, `answer` asks the person at the terminal.
    """

    build: Callable[..., BuildReport] = _build
    find: Callable[[str], Code | None] = _find
    connect: Callable[[Target], Cloud] = _connect
    sleep: Callable[[float], None] = time.sleep
    answer: Callable[[str], str] = _answer


@dataclass
class Console:
    """Where output goes. Text findings go to stderr; `json` and `sarif` reports are asked for, so to stdout."""

    format: str = "text"
    quiet: bool = False
    verbose: bool = False
    root: Path = field(default_factory=Path.cwd)
    find: Callable[[str], Code | None] = _find

    @property
    def color(self) -> bool:
        """Whether stderr takes colours (no-color.org)."""
        return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def product(self, text: str) -> None:
        """Print what the command is for."""
        click.echo(text, color=False)

    def note(self, text: str) -> None:
        """Print a line for the person at the terminal; where its device is full, the work goes on."""
        try:
            click.echo(text, err=True, color=self.color)
        except BrokenPipeError:
            raise
        except OSError:
            return

    def summary(self, text: str) -> None:
        """Print the last line of a run, unless quiet or a report is read by a program."""
        if not self.quiet and self.format == "text":
            self.note(text)

    def report(self, findings: Iterable[Diagnostic]) -> None:
        """Print all findings in the chosen format, sorted."""
        from sfn_cfn.cli import findings as render  # noqa: PLC0415 (only where there is something to show)

        ordered = sorted(findings, key=lambda item: item.sort_key)
        if self.format == "json":
            self.product(render.as_json(ordered))
        elif self.format == "sarif":
            self.product(render.as_sarif(ordered, self.find))
        else:
            for item in ordered:
                self.note(render.as_text(item, self.root, self.color))

    @contextmanager
    def progress(self, total: int) -> Iterator[Callable[[Progress], None]]:
        """Show how far a build is: a bar on a terminal, a line for each source elsewhere."""
        if self.quiet or self.format != "text":
            yield lambda _: None
        elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not self.verbose:
            with _bar(total, self.color) as show:
                yield show
        else:
            yield self._line

    def _line(self, progress: Progress) -> None:
        words = {"loading": "running", "done": "built", "failed": "failed", "lint": "linting"}
        if progress.kind in ("done", "failed") or self.verbose:
            self.note(f"{words.get(progress.kind, progress.kind)} {progress.source}")


@contextmanager
def _bar(total: int, color: bool) -> Iterator[Callable[[Progress], None]]:
    from rich import console, progress  # noqa: PLC0415 (0.1 s, and only for a terminal)

    columns: Sequence[Any] = (
        progress.SpinnerColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.description}", markup=False),
    )
    terminal = console.Console(stderr=True, no_color=not color)
    with progress.Progress(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("loading the SDK", total=total)

        def show(step: Progress) -> None:
            bar.update(task, description=f"{step.kind} {step.source}")
            if step.kind in ("done", "failed"):
                bar.advance(task)

        yield show


def counted(number: int, noun: str) -> str:
    """`1 template`, `2 templates`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
