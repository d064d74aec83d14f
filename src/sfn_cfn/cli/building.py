"""`build` and `check`: sources -> report -> files and findings."""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sfn_cfn import discover, emit, images, manifest, settings
from sfn_cfn.cli import asking, broadening, packaging
from sfn_cfn.cli.console import Console, Services, counted
from sfn_cfn.errors import Diagnostic, EmitError, ExitCode, Severity
from sfn_cfn.model import OutputFile, WorkflowSource
from sfn_cfn.settings import Settings
from sfn_cfn.settings_reader import FILE_NAME

if TYPE_CHECKING:
    from sfn_cfn.report import BuildReport


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `build`; `check` has the first two."""

    no_lint: bool = False
    jobs: int | None = None
    check: bool = False
    output: Path | None = None
    template_format: str | None = None
    prune: bool = False
    to_stdout: bool = False
    fail_on_broadening: bool = False
    baseline: Path | None = None
    regions: tuple[str, ...] = ()
    verify_portable: bool = False

    @property
    def compares_roles(self) -> bool:
        """Whether the roles are compared with those of the templates that stand."""
        return self.check or self.fail_on_broadening or self.baseline is not None


def build(services: Services, console: Console, root: Path, only: Sequence[str], options: Options) -> int:
    """Write the templates, compare them (`--check`) or print one (`--print`)."""
    chosen = settings.read(root)
    known, sources = discover.discover(chosen), discover.discover(chosen, only)
    folder = _folder(chosen, options)
    writes = not (options.check or options.to_stdout)
    bodies = manifest.bodies(chosen.root) if writes else None
    report = _run(
        services, console, chosen, sources, options, not only, lambda file: emit.stands(file, folder), bodies
    )
    planned = _plan(chosen, sources, known, report, folder)
    findings = [*report.diagnostics, *planned.diagnostics]
    if options.to_stdout:
        return _print(console, planned, findings)
    wider = _broadening(planned, options)
    findings.extend(wider)
    if options.check:
        findings.extend(emit.drift(planned))
    else:
        planned = _whole(broadening.without(planned, wider), chosen, report)
        if not options.prune:
            findings.extend(emit.stale(planned))
        try:
            emit.write(planned, prune=options.prune)
            manifest.write(chosen.root, report.assets, {Path(file.path).stem for file in planned.files})
        except EmitError as error:
            console.report([*findings, *error.diagnostics])
            return ExitCode.COULD_NOT_RUN
    console.report(findings)
    for line in manifest.sizes(report.assets) if console.verbose else ():
        console.summary(line)
    console.summary(_summary(planned, findings, options))
    return _exit_code(findings)


def check(
    services: Services,
    console: Console,
    root: Path,
    only: Sequence[str],
    options: Options,
    place: packaging.Place | None = None,
) -> int:
    """Print the findings of a build that writes nothing; with a place, also what AWS says of what is needed there."""
    chosen = settings.read(root)
    known, sources = discover.discover(chosen), discover.discover(chosen, only)
    environment = packaging.environment_of(chosen, place.environment) if place else None
    cloud = packaging.connect(services, environment, place) if environment and place else None
    report = _run(services, console, chosen, sources, options, not only)
    planned = _plan(chosen, sources, known, report, _folder(chosen, options))
    said = report.diagnostics
    if environment and cloud:
        said = tuple(asking.inspected(cloud, chosen, environment, report))
    findings = [*said, *planned.diagnostics]
    console.report(findings)
    console.summary(f"{counted(len(report.workflows), 'workflow')}; {_counts(findings) or 'no findings'}")
    return _exit_code(findings)


def _run(
    services: Services,
    console: Console,
    chosen: Settings,
    sources: tuple[WorkflowSource, ...],
    options: Options,
    whole: bool,
    stands: Callable[[OutputFile], bool] = lambda _: False,
    bodies: Path | None = None,
) -> BuildReport:
    with console.progress(len(sources)) as show:
        return services.build(
            chosen,
            sources,
            lint=chosen.lint and not options.no_lint,
            template_format=options.template_format or chosen.format,
            jobs=options.jobs,
            on_progress=show,
            stands=stands,
            whole=whole,
            bodies=bodies,
            **_placing(options),
            **({"application": True} if chosen.application and whole else {}),
        )


def _placing(options: Options) -> dict[str, Any]:
    """What was asked for about other regions."""
    asked: dict[str, Any] = {"regions": options.regions} if options.regions else {}
    return {**asked, "verify_portable": True} if options.verify_portable else asked


def refuse_unknown_regions(regions: Sequence[str]) -> None:
    """Raise `UsageError` for a region in which no image of SageMaker is known: it is misspelt, or newer."""
    known = images.regions() if regions else ()
    for region in regions:
        if region not in known:
            near = difflib.get_close_matches(region, known, 1)
            hint = f"; did you mean '{near[0]}'?" if near else "."
            raise click.UsageError(f"the installed sagemaker knows no image in region '{region}'{hint}")


def _broadening(planned: emit.Plan, options: Options) -> tuple[Diagnostic, ...]:
    if not options.compares_roles:
        return ()
    return broadening.findings(planned, options.baseline, fail=options.fail_on_broadening)


def _folder(chosen: Settings, options: Options) -> Path:
    """Where the templates go."""
    folder = options.output.absolute() if options.output else chosen.root.resolve() / chosen.output
    return Path(os.path.normpath(folder))


def _plan(
    chosen: Settings,
    sources: tuple[WorkflowSource, ...],
    known: tuple[WorkflowSource, ...],
    report: BuildReport,
    folder: Path,
) -> emit.Plan:
    """`known`: all sources that the project had before any ran."""
    root = chosen.root.resolve()
    label = folder.relative_to(root) if folder.is_relative_to(root) else folder
    planned = emit.plan(
        report.outputs,
        folder,
        label=label.as_posix(),
        built={source.name for source in sources} - set(report.failed),
        # What is no longer made where the application is no longer wanted is stale, not where a build is partial.
        known={source.name for source in known} | ({FILE_NAME} if chosen.application else set()),
    )
    return _whole(planned, chosen, report)


def _whole(planned: emit.Plan, chosen: Settings, report: BuildReport) -> emit.Plan:
    """The plan without the application where the template of one of its workflows stays as it was."""
    if not chosen.application:
        return planned
    from sfn_cfn import application  # noqa: PLC0415 (few projects have one)

    there = {file.path for file in planned.files}
    if all(file.path in there for file in report.outputs if application.is_child(file)):
        return planned
    return replace(planned, files=tuple(file for file in planned.files if not application.is_own(file.path)))


def _print(console: Console, planned: emit.Plan, findings: Sequence[Diagnostic]) -> int:
    templates = [file for file in planned.files if "/" not in file.path]
    console.report(findings)
    if len(templates) > 1:
        names = ", ".join(file.path for file in templates)
        raise click.UsageError(
            f"--print needs exactly one template, and there are {len(templates)}: {names}."
        )
    if templates:
        console.product(templates[0].content.rstrip("\n"))
    return _exit_code(findings)


def _exit_code(findings: Iterable[Diagnostic]) -> ExitCode:
    from sfn_cfn.report import SFN291  # noqa: PLC0415 (by now it is there)

    found = list(findings)
    if any(item.code == SFN291.code for item in found):
        return ExitCode.INTERNAL
    failed = any(item.severity is Severity.ERROR for item in found)
    return ExitCode.FINDINGS if failed else ExitCode.CLEAN


def _summary(planned: emit.Plan, findings: Sequence[Diagnostic], options: Options) -> str:
    """`5 templates, 3 unchanged; 2 warnings`."""
    templates = [file for file in planned.files if "/" not in file.path]
    same = sum(file.kind == "unchanged" for file in templates)
    parts = [counted(len(templates), "template")]
    if same:
        parts.append(f"{same} unchanged")
    if options.prune and planned.stale:
        parts.append(f"{len(planned.stale)} removed")
    line = ", ".join(parts)
    return f"{line}; {_counts(findings)}" if findings else line


def _counts(findings: Sequence[Diagnostic]) -> str:
    """`1 error, 2 warnings`; infos as `1 remark`."""
    nouns = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}
    found = Counter(item.severity for item in findings)
    return ", ".join(counted(found[kind], noun) for kind, noun in nouns.items() if found[kind])
