"""The stages, composed in order.

    discover     globs                     -> WorkflowSource...
    load         WorkflowSource            -> LoadedWorkflow...    runs user code, in child processes
    definition   LoadedWorkflow            -> Definition           the states language, with tokens
    iam          Definition                -> Definition           the template's role where a role stands
    assets       Definition                -> Definition, Asset... what the run uploaded, where a deployment puts it
    job_names    Definition                -> Definition           made-up names become those of the execution
    check        Definition                -> Diagnostic...
    portable     Definition                -> Definition           build-machine values become tokens
    iam          Definition                -> Fragment             roles and policies
    operations   Definition                -> Fragment             what production needs: logs, alarms, ...
    synthesize   Definition, Fragment...   -> Template             the SDK's template, rewritten
    emit         Template                  -> OutputFile...
    application  OutputFile...             -> OutputFile...        a parent of all templates, where it is wanted

`compile_one` is everything that happens to one source, in a process of its own: it is forked from a parent
that has imported the SDK once, and forks in turn the children that run the user's code, which it never does
itself. `build` starts that parent, and cfn-lint's process beside it, and puts the answers together.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sfn_cfn import codec
from sfn_cfn.deploy.interface import Interface
from sfn_cfn.deploy.interface import interface as interface_of
from sfn_cfn.emit_checks import unmarked
from sfn_cfn.errors import Code, Diagnostic, Severity, SfnCfnError, SourceLocation, TemplateError
from sfn_cfn.model import (
    Asset,
    Definition,
    Explanation,
    LintSubject,
    LoadedWorkflow,
    OutputFile,
    Permission,
    Upload,
    WorkflowSource,
    World,
)
from sfn_cfn.settings import Settings
from sfn_cfn.template.model import Template

if TYPE_CHECKING:
    from sfn_cfn.assets import Extracted
    from sfn_cfn.load import LoadResult
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
_ENTRY = "sfn_cfn.compiler:compile_request"


@dataclass(frozen=True, slots=True)
class Request:
    """What the process that compiles one source gets. `bodies`: the folder for its assets, empty for none."""

    source: WorkflowSource
    settings: Settings
    worlds: tuple[World, ...]
    template_format: str
    explain: bool = False
    regions: tuple[str, ...] = ()
    elsewhere: tuple[World, ...] = ()
    bodies: str = ""


@dataclass(frozen=True, slots=True)
class CompiledWorkflow:
    """One workflow's files, and what cfn-lint gets of its template.

    `assets` are what its definition names, `used` the uploads that they hold.
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
class Progress:
    """A step of a build: `kind` is `loading`, `done`, `failed` or `lint`."""

    kind: str
    source: str


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
    `assets`: those of each workflow in `outputs`.
    """

    outputs: tuple[OutputFile, ...]
    diagnostics: tuple[Diagnostic, ...]
    workflows: tuple[str, ...]
    failed: tuple[str, ...]
    explained: tuple[Explained, ...] = ()
    assets: Mapping[str, tuple[Asset, ...]] = field(default_factory=dict)
    interfaces: tuple[Interface, ...] = ()


def build(  # noqa: PLR0913 (what a command line may ask for)
    settings: Settings,
    sources: Sequence[WorkflowSource],
    *,
    lint: bool = True,
    template_format: str = "yaml",
    jobs: int | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stands: Callable[[OutputFile], bool] = lambda _: False,
    whole: bool = False,
    explain: bool = False,
    regions: Sequence[str] = (),
    verify_portable: bool = False,
    bodies: Path | None = None,
    application: bool = False,
) -> BuildReport:
    """Compile all sources. Writes nothing but assets' bodies. Raises `SfnCfnError` only for what ends everything.

    `bodies`: the folder for them, each named by its SHA-256; None: nowhere.

    `stands` tells whether a file is written already, as it is: such a template is not linted again.
    `whole`: `sources` are all that the project has. `explain`: say why the roles may do what they may, and
    what an execution takes.
    `application`: make the template of all workflows together; `sources` are all that the project has.
    `regions`: say what cannot run there. `verify_portable`: build as in another partition too, and compare.
    """
    from sfn_cfn.load import pool, sentinel  # noqa: PLC0415 (loaded when a build needs it)

    results: list[Compiled | None] = [None] * len(sources)
    with _linting(lint) as check:
        worlds = sentinel.choose(settings.root, settings.region)
        elsewhere = sentinel.elsewhere(settings.root, worlds) if verify_portable else ()
        asked = (template_format, explain, tuple(regions), elsewhere, str(bodies or ""))
        requests = [codec.dumps(Request(item, settings, worlds, *asked)) for item in sources]
        for source in sources:
            on_progress(Progress("loading", source.name))
        for index, answer in pool.run(_ENTRY, requests, jobs=_jobs(jobs)):
            one = codec.loads(Compiled, answer) if isinstance(answer, str) else _died(sources[index], answer)
            checks = [check(item.subject) for item in one.workflows if not stands(item.outputs[0])]
            results[index] = replace(one, checks=tuple(checks))
            on_progress(Progress("failed" if _has_error(one.diagnostics) else "done", one.source))
        if any(one and one.checks for one in results):
            on_progress(Progress("lint", ""))
        checked = [_with_checks(one) for one in results if one]
    report = _report(_refuse_same_names(checked))
    if application and not report.failed:
        report = _with_application(report, settings, template_format)
    return _with_unused_settings(report, checked, settings) if whole else report


def compile_request(text: str) -> str:
    """`compile_one` on JSON text, for the process that the pool forks."""
    sys.setrecursionlimit(10_000)  # a definition may be nested deeper than Python's default of 1,000 frames
    request = codec.loads(Request, text)
    return codec.dumps(compile_one(request))


def preload() -> None:
    """Import and read what compiling needs, before processes fork: 0.1 s that each would spend."""
    from sfn_cfn import assets, check, definition, iam, load, operations, portable, synthesize  # noqa: F401, PLC0415
    from sfn_cfn.check import probe, services  # noqa: F401, PLC0415
    from sfn_cfn.template import text, yaml  # noqa: F401, PLC0415

    operations.capabilities()
    services.preload()


def compile_one(request: Request) -> Compiled:
    """All that is done with one source: load it, then compile each workflow that its run made."""
    from sfn_cfn.load import LoadOptions, load  # noqa: PLC0415

    first, second = request.worlds
    settings = request.settings
    with tempfile.TemporaryDirectory(prefix="sfn-cfn-", ignore_cleanup_errors=True) as folder:
        options = LoadOptions(timeout=settings.timeout, bodies=Path(folder) if request.bodies else None)
        loaded = load(request.source, (first, second), options)
        one = _compiled(request, loaded)
        if request.bodies and not _has_error(one.diagnostics):
            try:
                _keep_bodies(one, Path(folder), Path(request.bodies))
            except SfnCfnError as error:
                one = replace(one, diagnostics=(*one.diagnostics, *error.diagnostics))
    return one


def _keep_bodies(one: Compiled, uploaded: Path, bodies: Path) -> None:
    """Keep what the source's workflows name; a body is the same wherever it comes from."""
    from sfn_cfn import emit  # noqa: PLC0415 (not needed by most sources)

    sizes = {item.sha256: item.size for workflow in one.workflows for item in workflow.used}
    for digest, size in sorted(sizes.items()):
        kept = bodies / digest
        if not kept.is_file() or kept.stat().st_size != size:
            emit.copy_file(uploaded / digest, kept)


def _compiled(request: Request, loaded: LoadResult) -> Compiled:
    """What the workflows of one source become."""
    settings = request.settings
    diagnostics = list(loaded.diagnostics)
    workflows = []
    for workflow in loaded.workflows:
        if not _is_wanted(workflow, settings):
            continue
        try:
            one, findings = compile_workflow(
                workflow,
                settings,
                request.template_format,
                explain=request.explain,
                regions=request.regions,
            )
        except SfnCfnError as error:
            diagnostics += (_placed(item, workflow) for item in error.diagnostics)
            continue
        diagnostics += findings
        if one:
            workflows.append(one)
    if not _has_error(diagnostics):
        diagnostics += _unnamed(loaded.workflows, workflows)
    if request.elsewhere and not _has_error(diagnostics):
        diagnostics += _differences(request, loaded.workflows)
    return Compiled(request.source.name, tuple(workflows), tuple(diagnostics))


def _unnamed(loaded: Sequence[LoadedWorkflow], made: Sequence[CompiledWorkflow]) -> Iterator[Diagnostic]:
    """What the source uploads and none of its workflows names, where all of them are made."""
    from sfn_cfn import assets  # noqa: PLC0415

    if loaded and len(loaded) == len(made):
        yield from assets.unnamed(loaded[0].uploads, {item for one in made for item in one.used})


def _differences(request: Request, workflows: Sequence[LoadedWorkflow]) -> Iterator[Diagnostic]:
    """What a build in other partitions makes otherwise, at the workflows of this one."""
    from sfn_cfn import portable  # noqa: PLC0415
    from sfn_cfn.load import LoadOptions, load  # noqa: PLC0415

    first, second = request.elsewhere
    settings = request.settings
    others = load(request.source, (first, second), LoadOptions(timeout=settings.timeout))
    wanted = [item for item in workflows if _is_wanted(item, settings)]
    place = SourceLocation(request.source.name)
    yield from portable.not_built(wanted, others.workflows, others.diagnostics, first, place)
    found = {item.name: item for item in others.workflows}
    for one in wanted:
        if other := found.get(one.name):
            try:
                pairs = [
                    (compile_definition(item, settings), _parsed(item, settings)) for item in (one, other)
                ]
                (mine, before), (its, before_elsewhere) = pairs
                yield from portable.differences(mine, its, (before, before_elsewhere))
            except SfnCfnError as error:
                yield from (_placed(item, one) for item in error.diagnostics)


def compile_workflow(
    loaded: LoadedWorkflow,
    settings: Settings,
    template_format: str,
    *,
    explain: bool = False,
    regions: Sequence[str] = (),
) -> tuple[CompiledWorkflow | None, tuple[Diagnostic, ...]]:
    """One loaded workflow as its files; None in place of them where a check finds an error."""
    from sfn_cfn import assets, check, definition, iam, operations, portable, synthesize  # noqa: PLC0415
    from sfn_cfn.check import probe  # noqa: PLC0415
    from sfn_cfn.template import text  # noqa: PLC0415

    own = settings.of(loaded.name)
    shaped = _shaped(loaded, settings)
    placed = iam.declare(shaped.definition, own.iam, settings.parameters)
    warned = iam.findings(definition.with_default_input(placed), own.iam)
    bound = (*portable.foreign_images(placed, bool(settings.region)), *portable.written_places(placed))
    bound = (*bound, *portable.absent_images(placed, regions))
    bound = (*bound, *portable.fixed_defaults(placed, bool(settings.region)))
    findings = (*check.check(placed), *operations.check(placed, settings), *warned, *bound, *shaped.findings)
    if _has_error(findings):
        return None, findings
    rewritten = operations.rewrite(placed, settings)
    final = portable.make_portable(rewritten, settings.parameters)
    final = operations.declare(final, settings)
    added = operations.add(final, settings)
    permissions = [one for item in added for one in item.permissions]
    fragments = [
        iam.derive(definition.with_default_input(final), own.iam, permissions, keep_role=own.keep_role),
        assets.fragment(shaped.assets),
        portable.image_fragment(rewritten),
        *(item.fragment for item in added),
    ]
    template = synthesize.synthesize(final, settings, fragments)
    if faults := list(portable.unruled(template)):
        raise TemplateError(faults)
    output = OutputFile(f"{final.name}.{template_format}", text.render(template, template_format))
    outputs = (
        output,
        *synthesize.configuration_files(final, template, settings),
        *synthesize.input_file(final),
    )
    subject = probe.lint_subject(final, output.content, output.path)
    why = _why(definition.with_default_input(final), template, settings, permissions) if explain else ()
    unread = iam.unread(placed, own.iam, own.iam.shared)
    made = CompiledWorkflow(
        final.name,
        loaded.location,
        outputs,
        subject,
        tuple(template.parameters),
        why,
        unread,
        shaped.assets,
        shaped.used,
        interface_of(final) if explain else None,
    )
    return made, findings


def _why(
    final: Definition, template: Template, settings: Settings, permissions: Sequence[Permission]
) -> tuple[Explanation, ...]:
    from sfn_cfn.iam.explain import explain  # noqa: PLC0415 (a build does not need it)

    return explain(final, template, settings.of(final.name).iam, permissions)


def compile_definition(loaded: LoadedWorkflow, settings: Settings) -> Definition:
    """The definition with all its tokens, as it stands in the template."""
    from sfn_cfn import operations, portable  # noqa: PLC0415

    rewritten = operations.rewrite(_parsed(loaded, settings), settings)
    return portable.make_portable(rewritten, settings.parameters)


def _parsed(loaded: LoadedWorkflow, settings: Settings) -> Definition:
    """The definition with the author's tokens, the template's role and assets; the build's world in its texts."""
    return _shaped(loaded, settings).definition


def _shaped(loaded: LoadedWorkflow, settings: Settings) -> Extracted:
    """The same with the assets and the findings of what was replaced."""
    from sfn_cfn import assets, definition, iam, job_names  # noqa: PLC0415

    parsed = definition.parse(loaded, settings.parameters, {"SageMakerRoleArn": iam.SAGEMAKER_ROLE})
    own = settings.of(loaded.name)
    found = assets.extract(iam.place_role(parsed, keep=own.keep_role))
    named, told = job_names.name_jobs(found.definition, unique=own.unique_names)
    return replace(found, definition=named, findings=(*found.findings, *told))


@contextmanager
def _linting(wanted: bool) -> Iterator[Callable[[LintSubject], Check]]:
    """A function that lints a template beside the loading of others.

    cfn-lint's process is started at once, so that its imports overlap those of the SDK; one thread waits
    for its answers.
    """
    if not wanted:
        yield lambda _: tuple
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (not needed without lint)

    from sfn_cfn.check.lint import Linter  # noqa: PLC0415

    thread = ThreadPoolExecutor(max_workers=1)
    with Linter() as linter:
        try:
            yield lambda subject: thread.submit(linter.lint, [subject]).result
        finally:
            # Where the build is interrupted, nobody waits for what is not linted yet.
            thread.shutdown(wait=False, cancel_futures=True)


def _with_checks(one: Compiled) -> Compiled:
    """The source's findings with cfn-lint's, waited for."""
    found = [item for check in one.checks for item in check()]
    return replace(one, diagnostics=(*one.diagnostics, *found), checks=())


def _jobs(asked: int | None) -> int:
    return asked or os.cpu_count() or 1


def _has_error(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(item.severity is Severity.ERROR for item in diagnostics)


def _died(source: WorkflowSource, failed: Failed | None) -> Compiled:
    place = SourceLocation(source.name)
    if failed:
        last = failed.traceback.strip().rpartition("\n")[2]
        hint = "report it with the traceback and the output of 'sfn-cfn version'"
        finding = SFN291.at(place, f"sfn-cfn fails by itself: {last}", hint, failed.traceback.rstrip("\n"))
    else:
        message = f"the process that compiles '{source.name}' died"
        finding = SFN290.at(place, message, "build again with --jobs 1")
    return Compiled(source.name, (), (finding,))


def _placed(item: Diagnostic, workflow: LoadedWorkflow) -> Diagnostic:
    """A finding without a place is at the workflow."""
    return item if item.location else replace(item, location=workflow.location)


def _is_wanted(workflow: LoadedWorkflow, settings: Settings) -> bool:
    return settings.of(workflow.name).emit and (not settings.emit or workflow.name in settings.emit)


def _refuse_same_names(results: Sequence[Compiled]) -> list[Compiled]:
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


def _report(results: Sequence[Compiled]) -> BuildReport:
    """A source with an error gives no files: its templates stay as they were."""
    failed = {one.source for one in results if _has_error(one.diagnostics)}
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
    )


def _with_application(report: BuildReport, settings: Settings, template_format: str) -> BuildReport:
    """The report with the parent of all templates, or with what it cannot be made for."""
    from sfn_cfn import application  # noqa: PLC0415 (few projects have one)

    try:
        made = application.files(report.outputs, settings, template_format)
    except TemplateError as error:
        found = sorted((*report.diagnostics, *error.diagnostics), key=lambda item: item.sort_key)
        return replace(report, diagnostics=tuple(found))
    return replace(report, outputs=tuple(sorted((*report.outputs, *made), key=lambda file: file.path)))


def _with_unused_settings(
    report: BuildReport, results: Sequence[Compiled], settings: Settings
) -> BuildReport:
    """The report with what the settings say in vain; not where a workflow is left out that may need it."""
    left_out = settings.emit or not all(item.emit for item in settings.workflows.values())
    workflows = [item for one in results for item in one.workflows]
    said = settings.iam.inputs or any(item.parameters for item in settings.environments)
    if report.failed or left_out or not said:
        return report
    from sfn_cfn import (  # noqa: PLC0415
        application,
        iam,
        synthesize,
    )

    parent = [file for file in report.outputs if file.path.startswith(f"{application.NAME}.")]
    known = {name for item in workflows for name in item.parameters} | application.parameter_names(parent)
    unread = [name for name in settings.iam.inputs if all(name in item.unread for item in workflows)]
    found = (
        *report.diagnostics,
        *synthesize.unknown_parameters(settings, known),
        *(iam.not_read(name, settings.iam, "no workflow reads") for name in unread),
    )
    return replace(report, diagnostics=tuple(sorted(found, key=lambda item: item.sort_key)))
