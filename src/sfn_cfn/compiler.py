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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_cfn import codec
from sfn_cfn.deploy.interface import interface as interface_of
from sfn_cfn.errors import Diagnostic, SfnCfnError, SourceLocation, TemplateError
from sfn_cfn.model import (
    Definition,
    Explanation,
    LintSubject,
    LoadedWorkflow,
    OutputFile,
    Permission,
    WorkflowSource,
    World,
)
from sfn_cfn.report import (
    BuildReport,
    Check,
    Compiled,
    CompiledWorkflow,
    died,
    has_error,
    refuse_same_names,
    refuse_unknown_workflows,
    report,
    with_application,
    with_checks,
    with_unused_settings,
)
from sfn_cfn.settings import Settings
from sfn_cfn.template.model import Template

if TYPE_CHECKING:
    from sfn_cfn.assets import Extracted
    from sfn_cfn.load import LoadResult

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
class Progress:
    """A step of a build: `kind` is `loading`, `done`, `failed` or `lint`."""

    kind: str
    source: str


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
    from sfn_cfn.check.linting import linting  # noqa: PLC0415 (loaded when a build needs it)
    from sfn_cfn.load import pool, sentinel  # noqa: PLC0415

    results: list[Compiled | None] = [None] * len(sources)
    with linting(lint) as check:
        worlds = sentinel.choose(settings.root, settings.region)
        elsewhere = sentinel.elsewhere(settings.root, worlds) if verify_portable else ()
        asked = (template_format, explain, tuple(regions), elsewhere, str(bodies or ""))
        requests = [codec.dumps(Request(item, settings, worlds, *asked)) for item in sources]
        for source in sources:
            on_progress(Progress("loading", source.name))
        for index, answer in pool.run(_ENTRY, requests, jobs=_jobs(jobs)):
            one = codec.loads(Compiled, answer) if isinstance(answer, str) else died(sources[index], answer)
            checks = [check(item.subject) for item in one.workflows if not stands(item.outputs[0])]
            results[index] = replace(one, checks=tuple(checks))
            on_progress(Progress("failed" if has_error(one.diagnostics) else "done", one.source))
        if any(one and one.checks for one in results):
            on_progress(Progress("lint", ""))
        checked = [with_checks(one) for one in results if one]
        checked = refuse_same_names(checked)
        made = report(refuse_unknown_workflows(checked, settings) if whole else checked)
        if application and not made.failed:
            look = partial(_application_findings, check=check, stands=stands)
            made = with_application(made, checked, settings, template_format, look)
    return with_unused_settings(made, checked, settings) if whole else made


def _application_findings(
    parent: OutputFile, check: Callable[[LintSubject], Check], stands: Callable[[OutputFile], bool]
) -> tuple[Diagnostic, ...]:
    """cfn-lint's findings on the parent of all templates, where it is not written already."""
    from sfn_cfn.application import subject  # noqa: PLC0415 (few projects have one)

    return () if stands(parent) else check(subject(parent))()


def compile_request(text: str) -> str:
    """`compile_one` on JSON text, for the process that the pool forks."""
    sys.setrecursionlimit(10_000)  # a definition may be nested deeper than Python's default of 1,000 frames
    request = codec.loads(Request, text)
    return codec.dumps(compile_one(request))


def preload() -> None:
    """Import and read what compiling needs, before processes fork: 0.1 s that each would spend."""
    from sfn_cfn import (  # noqa: F401, PLC0415
        assets,
        check,
        definition,
        iam,
        images,
        job_names,
        load,
        operations,
        portable,
        synthesize,
    )
    from sfn_cfn.check import probe, services  # noqa: F401, PLC0415
    from sfn_cfn.template import text, yaml  # noqa: F401, PLC0415

    operations.capabilities()
    images.preload()
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
        if request.bodies and not has_error(one.diagnostics):
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
    if not has_error(diagnostics):
        diagnostics += _unnamed(loaded.workflows, workflows)
    if request.elsewhere and not has_error(diagnostics):
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

    settings = _configured(settings, loaded)
    own = settings.of(loaded.name)
    shaped = _shaped(loaded, settings)
    placed = iam.declare(shaped.definition, own.iam, settings.parameters)
    warned = iam.findings(definition.with_default_input(placed), own.iam)
    bound = (*portable.foreign_images(placed, bool(settings.region)), *portable.written_places(placed))
    bound = (*bound, *portable.absent_images(placed, regions))
    bound = (*bound, *portable.fixed_defaults(placed, bool(settings.region)))
    findings = (*check.check(placed), *operations.check(placed, settings), *warned, *bound, *shaped.findings)
    if has_error(findings):
        return None, (*findings, *_role_faults(placed, settings, findings))
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
        own if loaded.given else None,
    )
    return made, findings


def _role_faults(placed: Definition, settings: Settings, found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """What no role can be derived for, told together with other errors; once where the call does not exist."""
    from sfn_cfn import definition, iam, portable  # noqa: PLC0415

    unknown = {item.location for item in found if item.code == "SFN353"}
    try:
        final = definition.with_default_input(portable.make_portable(placed, settings.parameters))
        iam.derive_policies(final, settings.of(placed.name).iam)
    except SfnCfnError as error:
        yield from (one for one in error.diagnostics if one.location not in unknown)


def _why(
    final: Definition, template: Template, settings: Settings, permissions: Sequence[Permission]
) -> tuple[Explanation, ...]:
    from sfn_cfn.iam.explain import explain  # noqa: PLC0415 (a build does not need it)

    return explain(final, template, settings.of(final.name).iam, permissions)


def compile_definition(loaded: LoadedWorkflow, settings: Settings) -> Definition:
    """The definition with all its tokens, as it stands in the template."""
    from sfn_cfn import operations, portable  # noqa: PLC0415

    settings = _configured(settings, loaded)
    rewritten = operations.rewrite(_shaped(loaded, settings).definition, settings)
    return portable.make_portable(rewritten, settings.parameters)


def _parsed(loaded: LoadedWorkflow, settings: Settings) -> Definition:
    """The definition with the author's tokens, the template's role and assets; the build's world in its texts."""
    return _shaped(loaded, _configured(settings, loaded)).definition


def _configured(settings: Settings, loaded: LoadedWorkflow) -> Settings:
    """The settings with what the source sets for the workflow, free of the build's world."""
    from sfn_cfn import portable, settings_python  # noqa: PLC0415

    given = (replace(one, tables=portable.in_settings(one.tables, loaded.world)) for one in loaded.given)
    return settings_python.configured(settings, loaded.name, tuple(given))


def _shaped(loaded: LoadedWorkflow, settings: Settings) -> Extracted:
    """The same with the assets and the findings of what was replaced."""
    from sfn_cfn import assets, definition, iam, job_names  # noqa: PLC0415

    parsed = definition.parse(loaded, settings.parameters, {"SageMakerRoleArn": iam.SAGEMAKER_ROLE})
    own = settings.of(loaded.name)
    found = assets.extract(iam.place_role(parsed, keep=own.keep_role))
    named, told = job_names.name_jobs(found.definition, unique=own.unique_names)
    return replace(found, definition=named, findings=(*found.findings, *told))


def _jobs(asked: int | None) -> int:
    return asked or os.cpu_count() or 1


def _placed(item: Diagnostic, workflow: LoadedWorkflow) -> Diagnostic:
    """A finding without a place is at the workflow."""
    return item if item.location else replace(item, location=workflow.location)


def _is_wanted(workflow: LoadedWorkflow, settings: Settings) -> bool:
    return settings.of(workflow.name).emit and (not settings.emit or workflow.name in settings.emit)
