"""`status`, `outputs` and `destroy`: an environment's stacks, without a build."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfn_cfn import application, settings
from sfn_cfn.cli import deploying, packaging
from sfn_cfn.cli.console import Console, Services
from sfn_cfn.errors import ExitCode
from sfn_cfn.settings import Environment, Settings

if TYPE_CHECKING:
    from sfn_cfn.deploy.aws import Cloud
    from sfn_cfn.deploy.destroy import Doomed
    from sfn_cfn.deploy.nested import Place


def status(
    services: Services, console: Console, root: Path, names: Sequence[str], place: packaging.Place
) -> int:
    """Print the state of each workflow's stack; that of an application before those nested in it."""
    from sfn_cfn.deploy.status import statuses  # noqa: PLC0415 (boto3 and what goes with it)

    cloud, places = _places(services, root, names, place, with_members=True)
    found = statuses(cloud, places.values())
    if console.format == "json":
        console.product(json.dumps([asdict(one) for one in found], indent=2))
        return ExitCode.CLEAN
    rows = [("workflow", "stack", "status", "changed")]
    rows += ((one.workflow, one.stack, one.status, one.changed) for one in found)
    widths = [max(len(row[index]) for row in rows) for index in range(4)]
    for row in rows:
        console.product(
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        )
    for one in found:
        if one.reason:
            console.note(f"{one.stack}: {one.reason}")
    return ExitCode.CLEAN


def outputs(
    services: Services, console: Console, root: Path, names: Sequence[str], place: packaging.Place
) -> int:
    """Print the outputs of each stack, `Key=Value`; with several stacks, `workflow.Key=Value`."""
    from sfn_cfn.deploy.status import outputs as outputs_of  # noqa: PLC0415

    cloud, places = _places(services, root, names, place)
    found = {workflow: outputs_of(cloud, one.stack) for workflow, one in places.items()}
    if console.format == "json":
        console.product(json.dumps(found, indent=2))
        return ExitCode.CLEAN
    for workflow, values in found.items():
        first = f"{workflow}." if len(found) > 1 else ""
        for key, value in values.items():
            console.product(f"{first}{key}={value}")
    return ExitCode.CLEAN


@dataclass(frozen=True, slots=True)
class Destruction:
    """How `destroy` goes about it."""

    yes: bool = False
    delete_data: bool = False
    role_arn: str = ""


def destroy(
    services: Services,
    console: Console,
    root: Path,
    names: Sequence[str],
    place: packaging.Place,
    how: Destruction,
) -> int:
    """Delete the stacks of the named workflows, each after its name was typed; an application as a whole."""
    from sfn_cfn.deploy import destroy as destroying  # noqa: PLC0415

    cloud, places = _places(services, root, names, place)
    whole = {one.own for one in places.values() if not one.application}
    parts = [one for one in places.values() if one.nested and one.application not in whole]
    if parts:
        console.report(destroying.part(one, cloud.environment) for one in parts)
        return ExitCode.FINDINGS
    # A part of an application that is named too goes with it.
    found = {one.own: destroying.find(cloud, one.own) for one in places.values() if not one.nested}
    code = ExitCode.CLEAN
    for name, doomed in found.items():
        if doomed is None:
            console.summary(f"there is no stack '{name}'")
        elif not how.yes and not _agreed(services, console, doomed, how):
            console.summary(f"stack '{name}' stays")
            code = ExitCode.FINDINGS
        elif not _destroy(services, console, cloud, doomed, how):
            code = ExitCode.FINDINGS
    return code


def _agreed(services: Services, console: Console, doomed: Doomed, how: Destruction) -> bool:
    for stack in doomed.nested:
        console.note(f"stack '{stack}' goes with it")
    for bucket in doomed.buckets:
        console.note(
            f"bucket '{bucket}' {'is DELETED with all that is in it' if how.delete_data else 'is kept'}"
        )
    question = f"Type the stack's name '{doomed.name}' to delete it: "
    return services.answer(question).strip() == doomed.name


def _destroy(services: Services, console: Console, cloud: Cloud, doomed: Doomed, how: Destruction) -> bool:
    from sfn_cfn.deploy import destroy as destroying  # noqa: PLC0415

    show = deploying.table(console, with_stack=False)
    failure = destroying.delete(
        cloud, doomed, uuid.uuid4().hex, show=show, sleep=services.sleep, role_arn=how.role_arn
    )
    if failure:
        console.report([failure])
        return False
    console.summary(f"stack '{doomed.name}' is deleted")
    left = destroying.kept(cloud, doomed)
    if how.delete_data:
        for bucket in left:
            destroying.delete_bucket(cloud, bucket, console.summary)
    else:
        console.report(destroying.keeping(doomed, bucket, cloud.environment) for bucket in left)
    if tables := list(destroying.kept_tables(cloud, doomed)):
        console.report(tables)
    return True


def stacks_of(
    services: Services, root: Path, names: Sequence[str], place: packaging.Place
) -> tuple[Cloud, dict[str, str]]:
    """The account and region, and the stacks' names by workflow: those named, or all that have templates."""
    from sfn_cfn.deploy.package import stack_name  # noqa: PLC0415

    chosen = settings.read(root)
    environment = packaging.environment_of(chosen, place.environment)
    workflows = _workflows(chosen, environment, names)
    stacks = {one: stack_name(environment, chosen.pipeline_name, one) for one in workflows}
    return packaging.connect(services, environment, place), stacks


def _places(
    services: Services,
    root: Path,
    names: Sequence[str],
    place: packaging.Place,
    *,
    with_members: bool = False,
) -> tuple[Cloud, dict[str, Place]]:
    """The account and region, and where the workflows are: those named, or all that have templates.

    `with_members`: with an application that is named, its workflows too.
    """
    from sfn_cfn.deploy import nested  # noqa: PLC0415 (boto3 and what goes with it)

    chosen = settings.read(root)
    environment = packaging.environment_of(chosen, place.environment)
    workflows = _workflows(chosen, environment, names)
    if with_members and chosen.application and application.NAME in workflows:
        workflows = list(dict.fromkeys((*workflows, *_every(chosen, environment))))
    cloud = packaging.connect(services, environment, place)
    return cloud, nested.places(cloud, chosen, environment, workflows)


def _workflows(chosen: Settings, environment: Environment, names: Sequence[str]) -> list[str]:
    """The workflows named, or all."""
    found = list(names) or _every(chosen, environment)
    if not found:
        raise click.UsageError(f"there are no templates in '{chosen.output}'; build, or name the workflows.")
    return found


def _every(chosen: Settings, environment: Environment) -> list[str]:
    """The workflows with templates, or with stacks that the settings name; an application before them."""
    from sfn_cfn.deploy import nested  # noqa: PLC0415 (boto3 and what goes with it)

    every = nested.built(chosen) | set(environment.stacks)
    return sorted(every, key=lambda one: (one != application.NAME or not chosen.application, one))
