"""`pipelines`: files of the project <-> a table of pipelines' settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfn_cfn import discover, emit, settings
from sfn_cfn.cli import packaging
from sfn_cfn.cli.console import Console, Services, counted
from sfn_cfn.errors import DeployError, Diagnostic, ExitCode, Severity
from sfn_cfn.sections import typed
from sfn_cfn.sections.pipelines import PipelinesSettings
from sfn_cfn.sections.stages import stages
from sfn_cfn.settings import Settings

if TYPE_CHECKING:
    from sfn_cfn.deploy.aws import Cloud
    from sfn_cfn.deploy.pipeline_files import Pipeline, Written
    from sfn_cfn.deploy.pipelines import Change


def validate(services: Services, console: Console, root: Path, names: Sequence[str], jobs: int | None) -> int:
    """Check the files against their workflows."""
    written, findings = _checked(services, console, root, names, jobs)
    console.report(findings)
    console.summary(f"{counted(len(written), 'pipeline')}{'' if findings else '; no findings'}")
    return ExitCode.FINDINGS if _has_error(findings) else ExitCode.CLEAN


def put(
    services: Services,
    console: Console,
    root: Path,
    names: Sequence[str],
    place: packaging.Place,
    jobs: int | None,
) -> int:
    """Write the files into the table, each where it is still as it was read; none where one has an error."""
    from sfn_cfn.deploy import nested, pipelines  # noqa: PLC0415 (boto3 and what goes with it)

    chosen = settings.read(root)
    environment = packaging.environment_of(chosen, place.environment)
    written, findings = _checked(services, console, root, names, jobs)
    if _has_error(findings):
        console.report(findings)
        return ExitCode.FINDINGS
    cloud = packaging.connect(services, environment, place)
    tables = {
        workflow: pipelines.table(cloud, nested.stack_of(cloud, chosen, environment, workflow))
        for workflow in dict.fromkeys(one.pipeline.workflow for one in written)
    }
    changes: list[Change] = []
    for one in written:
        name = tables[one.pipeline.workflow]
        found = pipelines.change(one, name, pipelines.read(cloud, name, one.pipeline.name))
        if isinstance(found, Diagnostic):
            findings.append(found)
        else:
            changes.append(found)
    console.report(findings)
    if _has_error(findings):
        return ExitCode.FINDINGS
    for change in changes:
        if change.kind != "unchanged":
            pipelines.write(cloud, change)
            _keep_version(root, change)
        console.summary(f"{change.written.pipeline.name}: {change.kind}, version {change.version}")
    return ExitCode.CLEAN


def get(
    services: Services,
    console: Console,
    root: Path,
    name: str,
    place: packaging.Place,
    workflows: Sequence[str],
) -> int:
    """Print a pipeline's settings as a file of the project has them."""
    from sfn_cfn.deploy import pipeline_files, pipelines  # noqa: PLC0415

    cloud, tables = _tables(services, root, place, workflows)
    for table in tables:
        if found := pipelines.read(cloud, table, name):
            console.product(pipeline_files.render(found).rstrip("\n"))
            return ExitCode.CLEAN
    raise click.UsageError(f"there is no pipeline '{name}' in {', '.join(tables)}.")


def list_all(
    services: Services, console: Console, root: Path, place: packaging.Place, workflows: Sequence[str]
) -> int:
    """Print the pipelines of an environment."""
    from sfn_cfn.deploy import pipelines  # noqa: PLC0415

    cloud, tables = _tables(services, root, place, workflows)
    found = [one for table in tables for one in pipelines.read_all(cloud, table)]
    if console.format == "json":
        console.product(json.dumps([_shown(one) for one in found], indent=2))
        return ExitCode.CLEAN
    rows = [("pipeline", "workflow", "enabled", "version")]
    rows += ((one.name, one.workflow, "yes" if one.enabled else "no", str(one.version)) for one in found)
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    for row in rows:
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        console.product(line.rstrip())
    return ExitCode.CLEAN


def _shown(one: Pipeline) -> dict[str, object]:
    from sfn_cfn.deploy import pipeline_files  # noqa: PLC0415

    return {"name": one.name, **json.loads(pipeline_files.render(one))}


def _checked(
    services: Services, console: Console, root: Path, names: Sequence[str], jobs: int | None
) -> tuple[list[Written], list[Diagnostic]]:
    """The files and their findings."""
    from sfn_cfn.deploy import pipeline_files  # noqa: PLC0415

    chosen = settings.read(root)
    findings: list[Diagnostic] = []
    written = []
    for path in _paths(root, names):
        shown = path.relative_to(root).as_posix()
        try:
            written.append(pipeline_files.parse(path.stem, path.read_text(encoding="utf-8"), shown))
        except DeployError as error:
            findings += error.diagnostics
        except UnicodeDecodeError:
            findings.append(pipeline_files.unreadable(shown))
    if not written:
        return written, findings
    sources = discover.discover(chosen)
    with console.progress(len(sources)) as show:
        report = services.build(chosen, sources, lint=False, jobs=jobs, on_progress=show, explain=True)
    faces = {one.workflow: one for one in report.interfaces}
    whole = report.settings(chosen)
    if any(one.pipeline.workflow not in faces for one in written):
        findings += (one for one in report.diagnostics if one.severity is Severity.ERROR)
    for one in written:
        workflow = one.pipeline.workflow
        own = whole.of(workflow).operations
        if workflow not in faces:
            findings.append(pipeline_files.no_workflow(one, sorted(faces)))
        elif not typed(own, "pipelines", PipelinesSettings).enabled:
            findings.append(pipeline_files.without_router(one))
        else:
            findings += pipeline_files.check(one, faces[workflow], tuple(stages(own)))
    return written, findings


def _paths(root: Path, names: Sequence[str]) -> list[Path]:
    """The files of the named pipelines, or all."""
    folder = root / "pipelines"
    known = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not known:
        raise click.UsageError("there are no files 'pipelines/<name>.json'.")
    by_name = {path.stem: path for path in known}
    for name in names:
        if name not in by_name:
            raise click.UsageError(
                f"there is no file 'pipelines/{name}.json'; there are {', '.join(by_name)}."
            )
    return [by_name[name] for name in dict.fromkeys(names)] or known


def _keep_version(root: Path, change: Change) -> None:
    """Write the new version into the file, where the file has one."""
    from sfn_cfn.deploy import pipeline_files  # noqa: PLC0415

    if change.written.pipeline.version is not None:
        path = root / change.written.path
        text = path.read_text(encoding="utf-8")
        emit.replace_file(path, pipeline_files.with_version(text, change.version))


def _tables(
    services: Services, root: Path, place: packaging.Place, workflows: Sequence[str]
) -> tuple[Cloud, list[str]]:
    """The tables of the environment's stacks, each once: of the workflows named, or of all that have one."""
    from sfn_cfn import application  # noqa: PLC0415
    from sfn_cfn.cli import stacks as standing  # noqa: PLC0415
    from sfn_cfn.deploy import nested, pipelines  # noqa: PLC0415

    chosen = settings.read(root)
    environment = packaging.environment_of(chosen, place.environment)
    cloud, found = standing.stacks_of(services, root, workflows, place)
    wanted = [workflow for workflow in found if workflow != application.NAME and _has_table(chosen, workflow)]
    if not wanted:
        raise click.UsageError("no workflow has [pipelines] switched on.")
    tables = [pipelines.table(cloud, nested.stack_of(cloud, chosen, environment, one)) for one in wanted]
    return cloud, list(dict.fromkeys(tables))


def _has_table(chosen: Settings, workflow: str) -> bool:
    """Whether the settings, or what a build made of those in the workflow's source, give it a table."""
    from sfn_cfn.deploy.pipelines import OUTPUT  # noqa: PLC0415
    from sfn_cfn.template import yaml  # noqa: PLC0415

    if typed(chosen.of(workflow).operations, "pipelines", PipelinesSettings).enabled:
        return True
    files = [chosen.root / chosen.output / f"{workflow}.{ending}" for ending in ("yaml", "json")]
    return any(
        OUTPUT in yaml.load(path.read_text(encoding="utf-8"), path.name).outputs
        for path in files
        if path.is_file()
    )


def _has_error(findings: Sequence[Diagnostic]) -> bool:
    return any(one.severity is Severity.ERROR for one in findings)
