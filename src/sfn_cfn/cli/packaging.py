"""`package`, and what `deploy` shares with it: sources -> packages for an environment, their assets uploaded."""

from __future__ import annotations

import difflib
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfn_cfn import discover, emit, manifest, settings
from sfn_cfn.cli.console import Console, Services, counted
from sfn_cfn.emit_checks import Limits, check_text, source_of
from sfn_cfn.errors import Diagnostic, DiscoverError, ExitCode, Severity
from sfn_cfn.settings import Environment, Settings
from sfn_cfn.template.tokens import ASSET_BUCKET

if TYPE_CHECKING:
    from sfn_cfn.deploy.aws import Cloud
    from sfn_cfn.deploy.package import Package
    from sfn_cfn.deploy.upload import Transferred
    from sfn_cfn.model import WorkflowSource
    from sfn_cfn.report import BuildReport


@dataclass(frozen=True, slots=True)
class Place:
    """The environment that is deployed to, and the options that say how to reach it."""

    environment: str
    profile: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Building:
    """How the sources are built."""

    no_lint: bool = False
    jobs: int | None = None


class Refused(Exception):  # noqa: N818 (no failure of ours: the findings are printed, and this is the exit code)
    """Ends a command after its findings are reported."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


def package(
    services: Services,
    console: Console,
    root: Path,
    names: Sequence[str],
    place: Place,
    building: Building,
    output: Path | None,
) -> int:
    """Build, upload, write the files, print the commands that deploy them."""
    from sfn_cfn.deploy import package as packing  # noqa: PLC0415 (boto3 and what goes with it)

    chosen = settings.read(root)
    environment = environment_of(chosen, place.environment)
    cloud = connect(services, environment, place)
    try:
        found = build(services, console, chosen, environment, names, building)[0]
    except Refused as end:
        return end.code
    found, bucket = upload(services, console, cloud, environment, found, root)
    folder = output or root / ".sfn-cfn" / "package" / environment.name
    ignored = root / ".sfn-cfn" / ".gitignore"
    if output is None and not ignored.exists():
        emit.replace_file(ignored, "*\n")
    for one in found:
        for file in packing.files(one, environment.name):
            emit.replace_file(folder / file.path, file.content)
    shown = _shown(folder)
    for one in found:
        command = packing.command(one, environment.name, shown, cloud.region, bucket)
        console.product(shlex.join(command))
    console.summary(f"{counted(len(found), 'package')} in {shown}")
    return ExitCode.CLEAN


def environment_of(chosen: Settings, name: str) -> Environment:
    """The environment of that name."""
    found = next((one for one in chosen.environments if one.name == name), None)
    if found is None:
        known = [one.name for one in chosen.environments]
        close = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(known)}."
        raise click.UsageError(f"there is no environment '{name}'; {hint}")
    return found


def connect(services: Services, environment: Environment, place: Place) -> Cloud:
    """The account and region of the environment."""
    from sfn_cfn.deploy.aws import Target  # noqa: PLC0415 (only where something is deployed)

    return services.connect(
        Target(environment.name, environment.region, environment.account, place.profile, place.region)
    )


def build(
    services: Services,
    console: Console,
    chosen: Settings,
    environment: Environment,
    names: Sequence[str],
    building: Building,
) -> tuple[tuple[Package, ...], Settings]:
    """The packages of the named workflows, or of the sources named, or of all. Raises `Refused` after a finding.

    With the project's settings, and those that stand in the workflows' sources.
    """
    from sfn_cfn.deploy import package as packing  # noqa: PLC0415

    everything = discover.discover(chosen)
    named = _named(chosen, names)
    whole = chosen.application and not named
    report = _run(services, console, chosen, named or everything, building, whole)
    own = report.settings(chosen)
    found = packing.packages(report.outputs, report.assets, environment, chosen.pipeline_name)
    if not names or "application" in names:
        found = packing.together(found)
    picked, missing = _picked(found, names)
    # A source that fails may be the one that was asked for: its findings say more than that its workflow is not there.
    if missing and named and len(named) < len(everything) and not _has_error(report.diagnostics):
        others = tuple(one for one in everything if one not in named)
        rest = _run(services, console, chosen, others, building)
        console.report(report.diagnostics)
        report, own = rest, rest.settings(own)
        found = (*found, *packing.packages(rest.outputs, rest.assets, environment, chosen.pipeline_name))
        picked, missing = _picked(found, names)
    limits = [item for one in picked for item in _limits(one, chosen.output)]
    findings = [*report.diagnostics, *limits]
    console.report(findings)
    errors = [item for item in findings if item.severity is Severity.ERROR]
    if _has_error(limits) or (errors and (missing or not names)):
        raise Refused(ExitCode.FINDINGS)
    if missing:
        known = ", ".join(sorted(one.workflow for one in found))
        raise click.UsageError(f"there is no workflow '{missing[0]}'; there are {known or 'none'}.")
    _refuse_same_stacks(picked)
    return picked, own


def _limits(one: Package, folder: str) -> Iterator[Diagnostic]:
    """What the package's templates are too large for; a nested stack's is read from S3 in any case."""
    yield from check_text(one.template, folder, Limits())
    for child in one.children:
        yield from (item for item in check_text(child, folder, Limits()) if item.severity is Severity.ERROR)


def _has_error(findings: Sequence[Diagnostic]) -> bool:
    return any(item.severity is Severity.ERROR for item in findings)


def _named(chosen: Settings, names: Sequence[str]) -> tuple[WorkflowSource, ...]:
    """The sources that are named, where every name is one of a source; else none."""
    try:
        return discover.discover(chosen, names) if names else ()
    except DiscoverError:
        if any("/" in name or name.endswith(".py") for name in names):
            raise
        return ()


def _picked(found: Sequence[Package], names: Sequence[str]) -> tuple[tuple[Package, ...], list[str]]:
    """The packages that the names mean (workflows first, then all of a source), and names that mean none."""
    if not names:
        return tuple(found), []
    picked: dict[str, Package] = {}
    missing = []
    for name in names:
        own = [one for one in found if one.workflow == name]
        stem = Path(name).stem
        own = own or [one for one in found if Path(source_of(one.template.content)).stem == stem]
        picked.update((one.workflow, one) for one in own)
        if not own:
            missing.append(name)
    return tuple(picked[name] for name in sorted(picked)), missing


def _refuse_same_stacks(found: Sequence[Package]) -> None:
    for stack, count in Counter(one.stack for one in found).items():
        if count > 1:
            both = " and ".join(f"'{one.workflow}'" for one in found if one.stack == stack)
            raise click.UsageError(
                f"workflows {both} have one stack, '{stack}'; name them in stacks of the environment."
            )


def _run(
    services: Services,
    console: Console,
    chosen: Settings,
    sources: Sequence[WorkflowSource],
    building: Building,
    application: bool = False,
) -> BuildReport:
    folder = chosen.root / chosen.output
    with console.progress(len(sources)) as show:
        return services.build(
            chosen,
            sources,
            lint=chosen.lint and not building.no_lint,
            template_format=chosen.format,
            jobs=building.jobs,
            on_progress=show,
            stands=lambda file: emit.stands(file, folder),
            whole=False,
            bodies=manifest.bodies(chosen.root),
            **({"application": True} if application else {}),
        )


def upload(
    services: Services,
    console: Console,
    cloud: Cloud,
    environment: Environment,
    found: Sequence[Package],
    root: Path,
) -> tuple[tuple[Package, ...], str]:
    """Put what the packages need into the asset bucket; the packages with its name, and the name."""
    from sfn_cfn.deploy import bootstrap, package, stacks, upload  # noqa: PLC0415

    if not any(one.needs_bucket for one in found):
        return tuple(found), ""
    name = ASSET_BUCKET.name
    own = (one.parameters[name] for one in found if name in one.parameters)
    given = next(own, environment.parameters.get(name, ""))
    bucket = bootstrap.asset_bucket(cloud, given, say=console.summary, sleep=services.sleep)
    found = [package.with_addresses(one, lambda key: stacks.address(cloud, bucket, key)) for one in found]
    wanted = package.to_upload(found)
    with _bar(console) as show:
        done = upload.upload(cloud, bucket, wanted, manifest.bodies(root), on_progress=show)
    console.summary(
        f"{counted(len(done.sent), 'object')} sent to {bucket}, {counted(len(done.there), 'object')} there already"
    )
    return tuple(package.with_bucket(one, bucket) for one in found), bucket


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[Transferred], None]]:
    """A bar of bytes on a terminal; nothing elsewhere."""
    if console.quiet or console.format != "text" or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich import console as terminal  # noqa: PLC0415 (0.1 s, and only for a terminal)
    from rich import progress  # noqa: PLC0415

    columns = (
        progress.TextColumn("uploading"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
    )
    out = terminal.Console(stderr=True, no_color=not console.color)
    with progress.Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("uploading", total=None)
        yield lambda step: bar.update(task, total=step.total, completed=step.done)


def _shown(folder: Path) -> str:
    """The folder as a person at the current one writes it."""
    here = Path.cwd()
    path = folder.absolute()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()
