"""`deploy`: packages -> change sets in words -> a yes -> stacks, their events as a table."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfn_cfn import settings
from sfn_cfn.cli import packaging
from sfn_cfn.cli.console import Console, Services, counted
from sfn_cfn.errors import Diagnostic, ExitCode, Severity, SourceLocation

if TYPE_CHECKING:
    from sfn_cfn.deploy.aws import Cloud
    from sfn_cfn.deploy.events import Event
    from sfn_cfn.deploy.lines import Line
    from sfn_cfn.deploy.package import Package
    from sfn_cfn.deploy.proposal import Options, Proposal
    from sfn_cfn.deploy.stacks import Effects
    from sfn_cfn.deploy.standing import Standing
    from sfn_cfn.settings import Environment, Settings
    from sfn_cfn.template.model import Template

_COLORS = {"added": "green", "changed": "yellow", "removed": "red", "replaced": "red"}


@dataclass(frozen=True, slots=True)
class Answers:
    """What the command line answers beforehand."""

    yes: bool = False
    allow_replacement: bool = False
    no_execute: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What `deploy` is asked for."""

    names: Sequence[str]
    place: packaging.Place
    building: packaging.Building = field(default_factory=packaging.Building)
    answers: Answers = field(default_factory=Answers)


def deploy(services: Services, console: Console, root: Path, request: Request, options: Options) -> int:
    """Build, upload, propose, ask, execute, follow."""
    from sfn_cfn.deploy import aws, children, stacks  # noqa: PLC0415 (boto3 and what goes with it)

    chosen = settings.read(root)
    environment = packaging.environment_of(chosen, request.place.environment)
    cloud = packaging.connect(services, environment, request.place)
    try:
        found, chosen = packaging.build(
            services, console, chosen, environment, request.names, request.building
        )
    except packaging.Refused as end:
        return end.code
    _refuse_unknown_parameters(options, [one.read() for one in found])
    found = tuple(_with(one, options) for one in found)
    effects = stacks.Effects(
        services.sleep,
        lambda: uuid.uuid4().hex,
        console.note,
        table(console, with_stack=len(found) > 1),
    )
    standing = stacks.standings(cloud, [one.stack for one in found], effects)
    with aws.translated():
        standing = {one.stack: children.with_children(cloud, one, standing[one.stack]) for one in found}
    if _is_refused(console, cloud, environment, chosen, found, standing, options):
        return ExitCode.FINDINGS
    found, bucket = packaging.upload(services, console, cloud, environment, found, root)
    proposals = stacks.propose(cloud, found, standing, options, bucket, effects)
    try:
        code = _agree(services, console, cloud, proposals, options, request.answers)
    except BaseException:
        stacks.discard(cloud, [one for one in proposals if not one.change_set.is_empty])
        raise
    if code is not None:
        return code
    return _execute(console, cloud, proposals, options, effects)


def _with(package: Package, options: Options) -> Package:
    """The package with the values that the command line gives: one of them may say where its code goes."""
    given = {name: value for name, value in options.parameters.items() if name in package.read().parameters}
    return replace(package, parameters={**package.parameters, **given})


def _refuse_unknown_parameters(options: Options, templates: Sequence[Template]) -> None:
    known = {name for template in templates for name in template.parameters}
    for name in options.parameters:
        if name not in known:
            raise click.UsageError(f"no template has the parameter '{name}'.")


def _is_refused(
    console: Console,
    cloud: Cloud,
    environment: Environment,
    chosen: Settings,
    packages: Sequence[Package],
    standing: Mapping[str, Standing],
    options: Options,
) -> bool:
    """Report what is not there as it must be; whether the deployment ends there."""
    from sfn_cfn.deploy import aws, inspection, nested, proposal  # noqa: PLC0415

    with aws.translated():
        found = list(nested.conflicts(cloud, chosen, environment, packages))
    for one in packages:
        found += proposal.impossible(one, standing[one.stack], options)
    found += inspection.inspect(cloud, chosen, packages, standing, options)[0]
    if found:
        console.report(found)
    return any(one.severity is Severity.ERROR for one in found)


def _agree(
    services: Services,
    console: Console,
    cloud: Cloud,
    proposals: Sequence[Proposal],
    options: Options,
    answers: Answers,
) -> int | None:
    """Show the proposals and ask; an exit code where nothing is to be executed."""
    from sfn_cfn.deploy import codes, proposal, stacks  # noqa: PLC0415

    for one in proposals:
        for line in proposal.describe(one, options, widenings):
            _print(console, line)
    changing = [one for one in proposals if not one.change_set.is_empty]
    if not changing:
        if options.termination_protection:
            stacks.protect(cloud, [one.stack for one in proposals])
        console.summary("nothing to deploy")
        return ExitCode.CLEAN
    if answers.no_execute:
        for one in changing:
            console.product(f"{one.stack} {one.name}")
        console.summary(f"{counted(len(changing), 'change set')} made and not executed")
        return ExitCode.CLEAN
    if (
        answers.yes
        and not answers.allow_replacement
        and (refused := [one for one in changing if one.replacing])
    ):
        stacks.discard(cloud, changing)
        hint = "give --allow-replacement if its running executions may end"
        console.report(
            codes.SFN814.at(
                None, f"the state machine of stack '{one.stack}' would be replaced: {one.replacing[0]}", hint
            )
            for one in refused
        )
        return ExitCode.FINDINGS
    if not answers.yes and not _yes(services, changing, answers):
        stacks.discard(cloud, changing)
        console.summary("nothing is deployed")
        return ExitCode.FINDINGS
    return None


def _yes(services: Services, changing: Sequence[Proposal], answers: Answers) -> bool:
    """Whether the person at the terminal agrees; a replacement is agreed to by the stack's name."""
    for one in changing if not answers.allow_replacement else ():
        if one.replacing:
            question = f"The state machine is replaced. Type the stack's name '{one.stack}' to agree: "
            if services.answer(question).strip() != one.stack:
                return False
    shown = f"stack '{changing[0].stack}'" if len(changing) == 1 else counted(len(changing), "stack")
    return services.answer(f"Deploy {shown}? [y/N] ").strip().lower() in ("y", "yes")


def _execute(
    console: Console, cloud: Cloud, proposals: Sequence[Proposal], options: Options, effects: Effects
) -> int:
    from sfn_cfn.deploy import stacks  # noqa: PLC0415

    changing = [one for one in proposals if not one.change_set.is_empty]
    outcomes = stacks.execute(cloud, changing, options, effects)
    for one in outcomes:
        if not one.failure:
            console.summary(f"stack '{one.stack}' is deployed: {one.status}")
    failures = [one.failure for one in outcomes if one.failure]
    console.report(failures)
    return ExitCode.FINDINGS if failures else ExitCode.CLEAN


def widenings(old: Template, new: Template) -> Iterable[Diagnostic]:
    """What the roles may do more than before."""
    from sfn_cfn.iam import broaden  # noqa: PLC0415 (only where something changes)

    return broaden.compare(old, new, SourceLocation("stack"))


def table(console: Console, *, with_stack: bool) -> Callable[[Event], None]:
    """Prints events as rows."""
    from sfn_cfn.deploy.events import row  # noqa: PLC0415

    def show(event: Event) -> None:
        if console.quiet or console.format != "text":
            return
        color = "red" if "FAILED" in event.status or "ROLLBACK" in event.status else None
        color = color or ("green" if event.status.endswith("_COMPLETE") else None)
        console.note(click.style(row(event, with_stack), fg=color))

    return show


def _print(console: Console, line: Line) -> None:
    if console.quiet or console.format != "text":
        return
    if line.kind == "heading":
        console.note(click.style(line.text, bold=True))
    else:
        console.note(click.style(f"  {line.text}", fg=_COLORS.get(line.kind), bold=line.kind == "replaced"))
