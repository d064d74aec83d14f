"""`status`, `outputs` and `destroy`: an environment's stacks, without a build."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfn_cfn import settings
from sfn_cfn.cli import deploying, packaging
from sfn_cfn.cli.console import Console, Services
from sfn_cfn.emit_checks import source_of
from sfn_cfn.errors import ExitCode
from sfn_cfn.settings import Environment, Settings

if TYPE_CHECKING:
    from sfn_cfn.deploy.aws import Cloud
    from sfn_cfn.deploy.destroy import Doomed


def status(
    services: Services, console: Console, root: Path, names: Sequence[str], place: packaging.Place
) -> int:
    """Print the state of each workflow's stack."""
    from sfn_cfn.deploy.status import statuses  # noqa: PLC0415 (boto3 and what goes with it)

    cloud, stacks = stacks_of(services, root, names, place)
    found = statuses(cloud, stacks)
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

    cloud, stacks = stacks_of(services, root, names, place)
    found = {workflow: outputs_of(cloud, name) for workflow, name in stacks.items()}
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
    """Delete the stacks of the named workflows, each after its name was typed."""
    from sfn_cfn.deploy import destroy as destroying  # noqa: PLC0415

    cloud, stacks = stacks_of(services, root, names, place)
    found = {name: destroying.find(cloud, name) for name in stacks.values()}
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
    return True


def stacks_of(
    services: Services, root: Path, names: Sequence[str], place: packaging.Place
) -> tuple[Cloud, dict[str, str]]:
    """The account and region, and the stacks' names by workflow: those named, or all that have templates."""
    from sfn_cfn.deploy.package import stack_name  # noqa: PLC0415

    chosen = settings.read(root)
    environment = packaging.environment_of(chosen, place.environment)
    workflows = list(names) or _built(chosen, environment)
    if not workflows:
        raise click.UsageError(f"there are no templates in '{chosen.output}'; build, or name the workflows.")
    stacks = {one: stack_name(environment, chosen.pipeline_name, one) for one in workflows}
    return packaging.connect(services, environment, place), stacks


def _built(chosen: Settings, environment: Environment) -> list[str]:
    """The workflows whose templates are in the output folder, and those whose stacks the settings name."""
    folder = chosen.root / chosen.output
    paths = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    made = {
        path.stem
        for path in paths
        if path.suffix in (".yaml", ".json") and source_of(path.read_text(encoding="utf-8", errors="replace"))
    }
    return sorted(made | set(environment.stacks))
