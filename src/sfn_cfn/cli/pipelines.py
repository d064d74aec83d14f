"""`pipelines`: files of the project <-> a table of pipelines' settings."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfn_cfn import discover, emit, settings
from sfn_cfn.cli import packaging
from sfn_cfn.cli.console import Console, Services, counted
from sfn_cfn.errors import DeployError, Diagnostic, DiscoverError, EmitError, ExitCode, Severity
from sfn_cfn.sections import typed
from sfn_cfn.sections.pipelines import NAME, NAME_FORM, PipelinesSettings
from sfn_cfn.sections.stages import stages
from sfn_cfn.settings import Environment, Settings

if TYPE_CHECKING:
    from sfn_cfn.deploy.aws import Cloud
    from sfn_cfn.deploy.pipeline_files import Pipeline, Written
    from sfn_cfn.deploy.pipelines import Change, Malformed


def validate(services: Services, console: Console, root: Path, names: Sequence[str], jobs: int | None) -> int:
    """Check the files against their workflows."""
    _, findings = _checked(services, console, root, names, jobs)
    console.report(findings)
    count = counted(len(_paths(root, names)), "pipeline")
    console.summary(f"{count}{'' if findings else '; no findings'}")
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
    from sfn_cfn.deploy import pipeline_tables, pipelines  # noqa: PLC0415 (boto3 and what goes with it)

    chosen = settings.read(root)
    environment = packaging.environment_of(chosen, place.environment)
    written, findings = _checked(services, console, root, names, jobs)
    if _has_error(findings):
        console.report(findings)
        return ExitCode.FINDINGS
    cloud = packaging.connect(services, environment, place)
    tables = {
        workflow: pipeline_tables.table(cloud, chosen, environment, workflow)
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
        _tell(console, change)
        _keep_version(console, root, change)
    return ExitCode.CLEAN


def _tell(console: Console, change: Change) -> None:
    from sfn_cfn.deploy.pipelines import Malformed  # noqa: PLC0415

    if isinstance(change.before, Malformed):
        console.summary(
            f"{change.before.name}: written over what could not be read: {_faults(change.before)}"
        )
    version = f", version {change.version}" if change.version else ""
    console.summary(f"{change.written.pipeline.name}: {change.kind}{version}")


def _faults(one: Malformed) -> str:
    return _visible(", ".join(one.faults))


def _visible(text: str) -> str:
    """Text of the table that cannot drive the terminal."""
    return "".join(one if one.isprintable() else "?" for one in text)


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

    if not re.fullmatch(NAME, name):
        raise click.UsageError(f"'{name}' is no name of a pipeline; use {NAME_FORM}.")
    cloud, tables = _tables(services, root, place, workflows)
    found = {table: one for table in tables if (one := pipelines.read(cloud, table, name))}
    if not found:
        raise click.UsageError(f"there is no pipeline '{name}' in {', '.join(tables)}.")
    if len(found) > 1:
        both = " and in ".join(found)
        raise click.UsageError(f"there is a pipeline '{name}' in {both}; name its workflow by --workflow.")
    (one,) = found.values()
    if isinstance(one, pipelines.Malformed):
        raise DeployError(one.finding)
    console.product(pipeline_files.render(one).rstrip("\n"))
    return ExitCode.CLEAN


def list_all(
    services: Services, console: Console, root: Path, place: packaging.Place, workflows: Sequence[str]
) -> int:
    """Print the pipelines of an environment; those that cannot be read are shown as malformed, and are findings."""
    from sfn_cfn.deploy import pipelines  # noqa: PLC0415

    cloud, tables = _tables(services, root, place, workflows)
    found = [one for table in tables for one in pipelines.read_all(cloud, table)]
    broken = [one for one in found if isinstance(one, pipelines.Malformed)]
    if console.format == "json":
        console.product(json.dumps([_shown(one) for one in found], indent=2))
    else:
        _table(console, [("pipeline", "workflow", "enabled", "version"), *map(_row, found)])
    if console.format == "text":
        console.report(one.finding for one in broken)
    return ExitCode.FINDINGS if broken else ExitCode.CLEAN


def _row(one: Pipeline | Malformed) -> tuple[str, ...]:
    from sfn_cfn.deploy.pipelines import Malformed  # noqa: PLC0415

    state = "malformed" if isinstance(one, Malformed) else "yes" if one.enabled else "no"
    return one.name, one.workflow or "?", state, str(one.version or "")


def _table(console: Console, rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    for row in rows:
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        console.product(_visible(line.rstrip()))


def _shown(one: Pipeline | Malformed) -> dict[str, object]:
    from sfn_cfn.deploy import pipeline_files  # noqa: PLC0415
    from sfn_cfn.deploy.pipelines import Malformed  # noqa: PLC0415

    if isinstance(one, Malformed):
        return {"name": one.name, "malformed": list(one.faults)}
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
            # As bytes, for the ends of lines to stay what they are.
            written.append(pipeline_files.parse(path.stem, path.read_bytes().decode("utf-8"), shown))
        except DeployError as error:
            findings += error.diagnostics
        except (OSError, UnicodeDecodeError) as error:
            findings.append(pipeline_files.unreadable(shown, error))
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
    known = sorted(path for path in folder.glob("*.json") if path.is_file()) if folder.is_dir() else []
    if not known:
        raise click.UsageError("there are no files 'pipelines/<name>.json'.")
    by_name = {path.stem: path for path in known}
    for name in names:
        if name not in by_name:
            raise click.UsageError(
                f"there is no file 'pipelines/{name}.json'; there are {', '.join(by_name)}."
            )
    return [by_name[name] for name in dict.fromkeys(names)] or known


def _keep_version(console: Console, root: Path, change: Change) -> None:
    """Write the item's version into the file, where the file has one, and is still as it was read."""
    from sfn_cfn.deploy import pipeline_json  # noqa: PLC0415

    one = change.written
    if one.pipeline.version in (None, change.version) or change.version is None:
        return
    path = root / one.path
    try:
        if path.read_bytes() == one.text.encode():
            emit.replace_file(path, pipeline_json.with_version(one.text, change.version))
            return
        reason = "it was changed meanwhile"
    except (OSError, EmitError) as error:
        reason = error.diagnostics[0].message if isinstance(error, EmitError) else str(error.strerror)
    console.note(f'{one.path}: {reason}; write "version": {change.version} into it')


def _tables(
    services: Services, root: Path, place: packaging.Place, workflows: Sequence[str]
) -> tuple[Cloud, list[str]]:
    """The tables of the environment's stacks, each once: of the workflows named, or of all that have one."""
    from sfn_cfn.deploy import pipeline_tables  # noqa: PLC0415 (boto3 and what goes with it)

    chosen = settings.read(root)
    environment = packaging.environment_of(chosen, place.environment)
    cloud = packaging.connect(services, environment, place)
    if not workflows:
        return cloud, pipeline_tables.tables(cloud, chosen, environment, _known(chosen, environment))
    named = (pipeline_tables.table(cloud, chosen, environment, one) for one in workflows)
    return cloud, list(dict.fromkeys(named))


def _known(chosen: Settings, environment: Environment) -> Iterator[str]:
    """The workflows that can be known without a build: those with templates, of the settings, and the sources' names.

    With an application, that first: its table is that of its workflows.
    """
    from sfn_cfn import application  # noqa: PLC0415
    from sfn_cfn.deploy import nested  # noqa: PLC0415

    if chosen.application:
        yield application.NAME
    names = {*nested.built(chosen), *environment.stacks, *chosen.workflows}
    # Without sources: what is deployed is there all the same.
    with contextlib.suppress(DiscoverError):
        names.update(one.path.stem for one in discover.discover(chosen))
    yield from sorted(names - {application.NAME})


def _has_error(findings: Sequence[Diagnostic]) -> bool:
    return any(one.severity is Severity.ERROR for one in findings)
