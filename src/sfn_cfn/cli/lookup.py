"""A workflow's name, or its source -> what a build tells of it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from sfn_cfn import discover, settings
from sfn_cfn.cli.console import Console, Services
from sfn_cfn.errors import Diagnostic, DiscoverError, Severity
from sfn_cfn.model import WorkflowSource
from sfn_cfn.settings import Settings

if TYPE_CHECKING:
    from sfn_cfn.report import BuildReport

Told = TypeVar("Told")


def look_up(
    services: Services,
    console: Console,
    root: Path,
    wanted: str,
    jobs: int | None,
    told: Callable[[BuildReport], Sequence[Told]],
    name: Callable[[Told], str],
) -> list[Told]:
    """What the build tells of the workflow of that name, or of those of the source that it names.

    `told` takes it out of a report, `name` gives its workflow. The source of that name (or with `_` for `-`) runs
    first, all the others only where it makes no workflow of that name. Empty where sources do not compile, which
    is reported.
    """
    chosen = settings.read(root)
    everything = discover.discover(chosen)
    named = _named(chosen, wanted)
    likely = named or _named(chosen, wanted.replace("-", "_"))
    report = _run(services, console, chosen, likely or everything, jobs)
    known, errors = list(told(report)), list(report.diagnostics)
    found = [one for one in known if name(one) == wanted]
    if not found and likely and not _is_path(wanted) and len(likely) < len(everything):
        others = [one for one in everything if one not in likely]
        rest = _run(services, console, chosen, others, jobs)
        found = [one for one in told(rest) if name(one) == wanted]
        if not named:
            known, errors = [*known, *told(rest)], [*errors, *rest.diagnostics]
    found = found or (known if named else [])
    if not found:
        _not_found(console, wanted, errors, sorted({name(one) for one in known}))
    return found


def _is_path(wanted: str) -> bool:
    return "/" in wanted or wanted.endswith(".py")


def _named(chosen: Settings, wanted: str) -> tuple[WorkflowSource, ...]:
    """The sources that the argument names; none where it can only be a workflow's name."""
    try:
        return discover.discover(chosen, [wanted])
    except DiscoverError:
        if _is_path(wanted):
            raise
        return ()


def _run(
    services: Services,
    console: Console,
    chosen: Settings,
    sources: Sequence[WorkflowSource],
    jobs: int | None,
) -> BuildReport:
    with console.progress(len(sources)) as show:
        return services.build(chosen, sources, lint=False, jobs=jobs, on_progress=show, explain=True)


def _not_found(console: Console, wanted: str, findings: Sequence[Diagnostic], known: Sequence[str]) -> None:
    """Why there is nothing to tell: sources that do not compile, or no workflow of that name."""
    if errors := [one for one in findings if one.severity is Severity.ERROR]:
        console.report(errors)
        return
    raise click.UsageError(f"there is no workflow '{wanted}'{_near(wanted, known)}")


def _near(wanted: str, known: Sequence[str]) -> str:
    if close := difflib.get_close_matches(wanted, known, 1, 0.6):
        return f"; did you mean '{close[0]}'?"
    return f"; there are {', '.join(known)}." if known else "; the project has none."
