"""What became of each source -> `BuildReport`: workflows of one name refused, findings merged and sorted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from sfn_cfn.deploy.interface import Interface
from sfn_cfn.emit_checks import unmarked
from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation, TemplateError
from sfn_cfn.model import Asset, Explanation, LintSubject, OutputFile, Upload, WorkflowSource
from sfn_cfn.settings import Settings, WorkflowSettings

if TYPE_CHECKING:
    from sfn_cfn.load.pool import Failed

SFN190 = Code(
    "SFN190",
    Severity.ERROR,
    "two workflows have one name",
    "A workflow's name names its template and its state machine. Rename one of them.",
)
SFN290 = Code(
    "SFN290",
    Severity.ERROR,
    "the process that compiles a source died",
    "The process was killed from outside (for example for want of memory). Build again, with fewer `--jobs`.",
)
SFN291 = Code(
    "SFN291",
    Severity.ERROR,
    "sfn-cfn fails by itself",
    "This is a defect of sfn-cfn, not of the workflow. The templates of the source stay as they were, all others "
    "are built. Report it with the traceback.",
)


@dataclass(frozen=True, slots=True)
class CompiledWorkflow:
    """One workflow's files, and what cfn-lint gets of its template.

    `assets` are what its definition names, `used` the uploads that they hold. `settings` are the workflow's
    where its source sets some of them.
    """

    name: str
    location: SourceLocation
    outputs: tuple[OutputFile, ...]
    subject: LintSubject
    parameters: tuple[str, ...] = ()
    why: tuple[Explanation, ...] = ()
    unread: tuple[str, ...] = ()
    assets: tuple[Asset, ...] = ()
    used: tuple[Upload, ...] = ()
    interface: Interface | None = None
    settings: WorkflowSettings | None = None


Check: TypeAlias = "Callable[[], tuple[Diagnostic, ...]]"
"""Waits for cfn-lint's findings on one template."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of one source."""

    source: str
    workflows: tuple[CompiledWorkflow, ...]
    diagnostics: tuple[Diagnostic, ...]
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """Why the roles of one workflow may do what they may."""

    workflow: str
    source: str
    rows: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build gave. `failed` names the sources with an error, whose templates are not in `outputs`.

    Where it was asked for, `explained` are each workflow's roles, `interfaces` what its executions take.
    `assets`: those of each workflow in `outputs`. `configured` are the settings of workflows whose sources
    set some of them.
    """

    outputs: tuple[OutputFile, ...]
    diagnostics: tuple[Diagnostic, ...]
    workflows: tuple[str, ...]
    failed: tuple[str, ...]
    explained: tuple[Explained, ...] = ()
    assets: Mapping[str, tuple[Asset, ...]] = field(default_factory=dict)
    interfaces: tuple[Interface, ...] = ()
    configured: Mapping[str, WorkflowSettings] = field(default_factory=dict)

    def settings(self, given: Settings) -> Settings:
        """The project's settings with those that stand in sources."""
        return replace(given, workflows={**given.workflows, **self.configured})


def has_error(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether an error is among the findings."""
    return any(item.severity is Severity.ERROR for item in diagnostics)


def died(source: WorkflowSource, failed: Failed | None) -> Compiled:
    """What stands for a source whose process gave no answer; `failed` is what it said of itself."""
    place = SourceLocation(source.name)
    if failed:
        last = failed.traceback.strip().rpartition("\n")[2]
        hint = "report it with the traceback and the output of 'sfn-cfn version'"
        finding = SFN291.at(place, f"sfn-cfn fails by itself: {last}", hint, failed.traceback.rstrip("\n"))
    else:
        message = f"the process that compiles '{source.name}' died"
        finding = SFN290.at(place, message, "build again with --jobs 1")
    return Compiled(source.name, (), (finding,))


def with_checks(one: Compiled) -> Compiled:
    """The source's findings with cfn-lint's, waited for."""
    found = [item for check in one.checks for item in check()]
    return replace(one, diagnostics=(*one.diagnostics, *found), checks=())


def refuse_same_names(results: Sequence[Compiled]) -> list[Compiled]:
    """Workflows of one name are all refused, with a finding at each; save the same one of several sources."""
    makers = defaultdict(list)
    for one in results:
        for item in one.workflows:
            makers[item.name].append((one.source, item))
    owners = {name: _owner(made) for name, made in makers.items()}
    out = []
    for one in results:
        kept = tuple(item for item in one.workflows if owners[item.name] == one.source)
        double = [item for item in one.workflows if not owners[item.name]]
        findings = tuple(_same_name(item, makers[item.name]) for item in double)
        out.append(replace(one, workflows=kept, diagnostics=(*one.diagnostics, *findings)))
    return out


def refuse_unknown_workflows(results: Sequence[Compiled], settings: Settings) -> list[Compiled]:
    """Workflows with a trigger that waits for none of the project's are refused; `results` are all sources.

    Where a source fails, or a workflow is left out, it may be the one that is meant.
    """
    if _left_out(settings) or any(has_error(one.diagnostics) for one in results):
        return list(results)
    from sfn_cfn.operations import others  # noqa: PLC0415

    known = {item.name for one in results for item in one.workflows}
    whole = replace(settings, workflows={**settings.workflows, **_configured(results)})
    out = []
    for one in results:
        findings = [found for item in one.workflows for found in others.refused(item.name, whole, known)]
        out.append(replace(one, diagnostics=(*one.diagnostics, *findings)))
    return out


def _left_out(settings: Settings) -> bool:
    """Whether workflows are left out of the build."""
    return bool(settings.emit) or not all(item.emit for item in settings.workflows.values())


def _owner(made: Sequence[tuple[str, CompiledWorkflow]]) -> str:
    """The source that a name's workflow belongs to; empty where several are made under the name.

    A module that several sources import makes its workflows in each of their runs. They are one where all
    are the same: the module's own, if it is a source, else that of the first.
    """
    sources = [source for source, _ in made]
    places = {item.location for _, item in made}
    texts = {tuple(unmarked(file.content) for file in item.outputs) for _, item in made}
    if len(set(sources)) < len(sources) or len(places) > 1 or len(texts) > 1:
        return ""
    own = made[0][1].location.file
    return own if own in sources else min(sources)


def _same_name(item: CompiledWorkflow, made: Sequence[tuple[str, CompiledWorkflow]]) -> Diagnostic:
    others = sorted({str(other.location) for _, other in made if other.location != item.location})
    sources = sorted({source for source, _ in made})
    hint = "give each workflow a name of its own"
    if others:
        message = f"workflow '{item.name}' is also made at {', '.join(others)}"
    elif len(sources) < 2:
        message = f"workflow '{item.name}' is made more than once here"
    else:
        shown = " and ".join(f"'{source}'" for source in sources)
        message = f"workflow '{item.name}' is made for {shown}, and differs"
        hint = "make it the same for all sources, or give each its own name"
    return SFN190.at(item.location, message, hint)


def report(results: Sequence[Compiled]) -> BuildReport:
    """A source with an error gives no files: its templates stay as they were."""
    failed = {one.source for one in results if has_error(one.diagnostics)}
    built = [item for one in results if one.source not in failed for item in one.workflows]
    findings = {item: None for one in results for item in one.diagnostics}
    return BuildReport(
        outputs=tuple(sorted((file for item in built for file in item.outputs), key=lambda file: file.path)),
        diagnostics=tuple(sorted(findings, key=lambda item: item.sort_key)),
        workflows=tuple(sorted(item.name for one in results for item in one.workflows)),
        failed=tuple(sorted(failed)),
        explained=tuple(
            Explained(item.name, one.source, item.why)
            for one in results
            if one.source not in failed
            for item in one.workflows
        ),
        assets={item.name: item.assets for item in sorted(built, key=lambda item: item.name)},
        interfaces=tuple(item.interface for item in built if item.interface),
        configured=_configured(results),
    )


def _configured(results: Sequence[Compiled]) -> dict[str, WorkflowSettings]:
    return {item.name: item.settings for one in results for item in one.workflows if item.settings}


def with_application(
    report: BuildReport,
    results: Sequence[Compiled],
    settings: Settings,
    template_format: str,
    check: Callable[[OutputFile], tuple[Diagnostic, ...]] = lambda _: (),
) -> BuildReport:
    """The report with the parent of all templates, or with what it cannot be made for.

    `check` tells cfn-lint's findings on the parent. Raises nothing.
    """
    from sfn_cfn import application, application_parts  # noqa: PLC0415 (few projects have one)

    places = {item.name: item.location for one in results for item in one.workflows}
    outputs = report.outputs
    made: tuple[OutputFile, ...] = ()
    found: tuple[Diagnostic, ...] = ()
    try:
        made = application.files(outputs, report.settings(settings), template_format, places)
        found = check(made[0]) if made else ()
    except TemplateError as error:
        found = error.diagnostics
    if has_error(found):
        # A workflow of the application's name would be written in its place.
        made, outputs = (), tuple(file for file in outputs if not application.is_own(file.path))
    return replace(
        report,
        failed=(*report.failed, application_parts.SOURCE) if has_error(found) else report.failed,
        outputs=tuple(sorted((*outputs, *made), key=lambda file: file.path)),
        diagnostics=tuple(sorted((*report.diagnostics, *found), key=lambda item: item.sort_key)),
    )


def with_unused_settings(report: BuildReport, results: Sequence[Compiled], settings: Settings) -> BuildReport:
    """The report with what the settings say in vain; not where a workflow is left out that may need it."""
    workflows = [item for one in results for item in one.workflows]
    said = settings.iam.inputs or settings.workflows or any(item.parameters for item in settings.environments)
    if report.failed or _left_out(settings) or not said:
        return report
    from sfn_cfn import (  # noqa: PLC0415
        application,
        iam,
        synthesize,
    )
    from sfn_cfn.operations import others  # noqa: PLC0415

    parent = [file for file in report.outputs if file.path.startswith(f"{application.NAME}.")]
    known = {name for item in workflows for name in item.parameters} | application.parameter_names(parent)
    unread = [name for name in settings.iam.inputs if all(name in item.unread for item in workflows)]
    found = (
        *report.diagnostics,
        *others.strangers(settings, {item.name for item in workflows}),
        *synthesize.unknown_parameters(settings, known),
        *(iam.not_read(name, settings.iam, "no workflow reads") for name in unread),
    )
    return replace(report, diagnostics=tuple(sorted(found, key=lambda item: item.sort_key)))
