"""`inputs` and `start`: a workflow -> the skeleton of its input; an input -> an execution, followed to its end."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sfn_cfn import settings
from sfn_cfn.cli import lookup, packaging
from sfn_cfn.cli.console import Console, Services
from sfn_cfn.errors import DeployError, Diagnostic, ExitCode, Severity
from sfn_cfn.model import merged

if TYPE_CHECKING:
    from sfn_cfn.deploy.aws import Cloud
    from sfn_cfn.deploy.inputs import Built
    from sfn_cfn.deploy.interface import Interface
    from sfn_cfn.deploy.start import Machine

_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


@dataclass(frozen=True, slots=True)
class Request:
    """What `start` is asked for. `input` is a file, or `-`; `entries` are those of `--set`.

    Without `alias` and `unqualified`, the alias that the stack has is started, else the state machine.
    """

    wanted: str
    place: packaging.Place
    input: str = ""
    entries: Sequence[str] = ()
    name: str = ""
    alias: str = ""
    unqualified: bool = False
    follow: bool = False
    no_s3_check: bool = False
    jobs: int | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """An execution that runs."""

    arn: str
    machine: str
    name: str
    built: Built


def inputs(
    services: Services, console: Console, root: Path, wanted: str, explain: bool, jobs: int | None
) -> int:
    """Print the skeleton of the input, and who reads it."""
    from sfn_cfn.deploy.inputs import skeleton  # noqa: PLC0415 (not for --help)

    face = _one(services, console, root, wanted, jobs)
    if face is None:
        return ExitCode.FINDINGS
    empty = skeleton(face)
    if console.format == "json":
        console.product(json.dumps(_described(face, empty), indent=2))
        return ExitCode.CLEAN
    table = "\n".join(_table(face))
    if explain:
        console.product(table)
    else:
        console.product(json.dumps(empty, indent=2))
        console.summary(table)
    return ExitCode.CLEAN


def _one(services: Services, console: Console, root: Path, wanted: str, jobs: int | None) -> Interface | None:
    """What an execution of the workflow takes; None where it does not compile, which is reported."""
    found = lookup.look_up(
        services, console, root, wanted, jobs, lambda report: report.interfaces, lambda one: one.workflow
    )
    if len(found) > 1:
        names = ", ".join(one.workflow for one in found)
        raise click.UsageError(f"'{wanted}' makes {len(found)} workflows; name one of {names}.")
    return found[0] if found else None


def _described(face: Interface, empty: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 1,
        "workflow": face.workflow,
        "source": face.source,
        "skeleton": empty,
        "inputs": [
            {
                "name": one.name,
                "type": one.type or None,
                "optional": one.name in face.optional,
                "readers": [
                    {"state": at.state.rpartition("/")[2], "file": at.file, "line": at.line or None}
                    for at in one.readers
                ],
            }
            for one in face.inputs
        ],
    }


def _table(face: Interface) -> Iterator[str]:
    """A row for each input and each of its readers."""
    if not face.inputs:
        yield "no state reads the execution's input by a name"
        return
    rows = [("input", "type", "read by")]
    for one in face.inputs:
        kind = _kind(face.schema.get(one.name)) + (", optional" if one.name in face.optional else "")
        readers = [f"{at.state.rpartition('/')[2]} ({at.file}:{at.line})" for at in one.readers] or [
            "no state by its name"
        ]
        rows += [(one.name, kind, readers[0]), *(("", "", reader) for reader in readers[1:])]
    widths = [max(len(row[index]) for row in rows) for index in range(3)]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _kind(declared: Any) -> str:
    """A declared type as it is shown: `str`, `{Epochs: int}`, `any` where none is declared."""
    if isinstance(declared, Mapping):
        return f"{{{', '.join(f'{name}: {_kind(inner)}' for name, inner in declared.items())}}}"
    return str(declared or "any")


def start(services: Services, console: Console, root: Path, request: Request) -> int:
    """Build the input, check it, start the execution, and follow it where that is asked for."""
    from sfn_cfn.deploy import inputs as building  # noqa: PLC0415 (boto3 and what goes with it)
    from sfn_cfn.deploy import start as starting  # noqa: PLC0415
    from sfn_cfn.deploy.nested import stack_of  # noqa: PLC0415

    chosen = settings.read(root)
    environment = packaging.environment_of(chosen, request.place.environment)
    given = building.parse(_text(request.input), request.input) if request.input else {}
    face = _one(services, console, root, request.wanted, request.jobs)
    if face is None:
        return ExitCode.FINDINGS
    given = merged(given, building.assigned(request.entries, face))
    cloud = packaging.connect(services, environment, request.place)
    machine = starting.find(cloud, stack_of(cloud, chosen, environment, face.workflow))
    stamp = f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    built = building.build(face, starting.default_input(machine), given, stamp)
    findings = list(_findings(cloud, face, machine, built, request))
    if any(one.severity is Severity.ERROR for one in findings):
        console.report(findings)
        return ExitCode.FINDINGS
    if console.format == "text":
        console.report(findings)
    client = cloud.client("stepfunctions")
    wanted = machine.qualified(request.alias, unqualified=request.unqualified)
    one = _started(console, client, machine, wanted, request.name or f"{face.workflow[:59]}-{stamp}", built)
    if one is None:
        return _INTERRUPTED
    if request.follow:
        return _follow(services, console, client, face, one, findings)
    if console.format == "json":
        _document(console, one, "RUNNING", findings)
    return ExitCode.CLEAN


def _started(
    console: Console, client: Any, machine: Machine, arn: str, name: str, built: Built
) -> Started | None:
    """Start the execution and print its ARN; None where the person at the terminal did not wait for it."""
    from sfn_cfn.deploy import start as starting  # noqa: PLC0415

    try:
        one = Started(starting.start(client, arn, name, built.value), arn, name, built)
    except KeyboardInterrupt:
        console.report([starting.perhaps(machine.arn, name)])
        return None
    console.summary(f"{machine.shown(arn)} is started")
    _announce(console, one)
    return one


def _text(file: str) -> str:
    """The input file's content; standard input for `-`."""
    try:
        if file == "-":
            return sys.stdin.read()
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise click.UsageError(f"cannot read '{file}': {(reason or str(error)).lower()}") from error


def _findings(
    cloud: Cloud, face: Interface, machine: Machine, built: Built, request: Request
) -> Iterator[Diagnostic]:
    from sfn_cfn.deploy import input_checks  # noqa: PLC0415
    from sfn_cfn.deploy import start as starting  # noqa: PLC0415
    from sfn_cfn.deploy.aws import translated  # noqa: PLC0415

    if request.follow:
        yield from starting.follows(machine)
    yield from starting.differences(machine, face)
    yield from input_checks.check(face, built.value)
    places = input_checks.locations(face, built.value)
    if places and not request.no_s3_check:
        with translated():
            yield from list(input_checks.missing(cloud.client("s3"), places))


def _announce(console: Console, one: Started) -> None:
    from sfn_cfn.deploy import console as pages  # noqa: PLC0415

    for path, name in one.built.named.items():
        console.summary(f"{'.'.join(path)} = {name}")
    if console.format == "text":
        console.product(one.arn)
    if link := pages.execution(one.arn):
        console.summary(link)


def _follow(
    services: Services,
    console: Console,
    client: Any,
    face: Interface,
    one: Started,
    findings: Sequence[Diagnostic],
) -> int:
    """Print each state as it comes and goes; report why the execution failed."""
    from sfn_cfn.deploy import failure, history  # noqa: PLC0415
    from sfn_cfn.deploy import start as starting  # noqa: PLC0415

    calls = {step.name: step.call for step in face.steps}
    shown, events = 0, []
    try:
        for events in starting.watch(client, one.arn, services.sleep):
            for line in history.lines(events, calls, shown):
                console.summary(line)
            shown = events[-1]["id"]
        found = failure.failure(events)
        inner = starting.inner(client, found) if found else []
    except KeyboardInterrupt:
        _end(console, one, "RUNNING", findings, [starting.goes_on(one.arn, "it is no longer followed")])
        return _INTERRUPTED
    except DeployError as error:
        why = starting.goes_on(one.arn, "it cannot be followed any more")
        _end(console, one, "RUNNING", findings, [*error.diagnostics, why])
        return ExitCode.COULD_NOT_RUN
    if found is None:
        console.summary(f"the execution succeeded after {history.took(events)}")
        _end(console, one, "SUCCEEDED", findings, [])
        return ExitCode.CLEAN
    _end(console, one, found.status, findings, [failure.finding(found, face, one.arn, inner)])
    return ExitCode.FINDINGS


def _end(
    console: Console,
    one: Started,
    status: str,
    before: Sequence[Diagnostic],
    found: Sequence[Diagnostic],
) -> None:
    """Report what is found at the end; those `before` are reported already, save in a document."""
    if console.format == "json":
        _document(console, one, status, [*before, *found])
    else:
        console.report(found)


def _document(console: Console, one: Started, status: str, findings: Sequence[Diagnostic]) -> None:
    """What `--format json` gives: the execution and the findings."""
    from sfn_cfn.cli import findings as render  # noqa: PLC0415
    from sfn_cfn.deploy import console as pages  # noqa: PLC0415

    execution = {
        "arn": one.arn,
        "name": one.name,
        "stateMachineArn": one.machine,
        "status": status,
        "console": pages.execution(one.arn) or None,
        "input": one.built.value,
        "names": {".".join(path): name for path, name in one.built.named.items()},
    }
    shown = json.loads(render.as_json(findings))
    console.product(json.dumps({"version": 1, "execution": execution, **shown}, indent=2))
