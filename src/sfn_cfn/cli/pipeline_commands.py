"""The commands on pipelines' settings, and their options. Each imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Sequence

import click

from sfn_cfn.cli.context import settled
from sfn_cfn.cli.stack_commands import place_options

_JOBS = click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Sources run at a time.")
_NAMES = click.argument("names", nargs=-1, metavar="[NAMES]...")
_WORKFLOWS = click.option(
    "--workflow",
    "workflows",
    multiple=True,
    metavar="NAME",
    help="Look into this workflow's table only. May be given more than once.",
)


@click.group()
def pipelines() -> None:
    """Keep the settings of pipelines: files `pipelines/<name>.json`, and items of a table in DynamoDB.

    A workflow with `[pipelines] enabled = true` has a router, which starts it with a pipeline's settings.
    """


@pipelines.command()
@_NAMES
@_JOBS
@click.pass_context
def validate(context: click.Context, names: Sequence[str], jobs: int | None) -> int:
    """Check the files of the pipelines NAMES, or all, against their workflows. Nothing is asked of AWS."""
    from sfn_cfn.cli import pipelines as running  # noqa: PLC0415

    return running.validate(*settled(context), names, jobs)


@pipelines.command()
@_NAMES
@place_options
@_JOBS
@click.pass_context
def put(
    context: click.Context,
    names: Sequence[str],
    environment: str,
    profile: str,
    region: str,
    jobs: int | None,
) -> int:
    """Write the settings of the pipelines NAMES, or of all files, into the environment's table.

    All are checked first, and nothing is written where one has an error. An item is written only where it is
    still the one that was read: with a `version` in the file, the one that the file is a change of. An item that
    was spoilt by hand, and cannot be read, is written over.
    """
    from sfn_cfn.cli import packaging  # noqa: PLC0415
    from sfn_cfn.cli import pipelines as running  # noqa: PLC0415

    place = packaging.Place(environment, profile, region)
    return running.put(*settled(context), names, place, jobs)


@pipelines.command()
@click.argument("name")
@place_options
@_WORKFLOWS
@click.pass_context
def get(
    context: click.Context, name: str, environment: str, profile: str, region: str, workflows: Sequence[str]
) -> int:
    """Print the settings of the pipeline NAME as a file has them, with their version."""
    from sfn_cfn.cli import packaging  # noqa: PLC0415
    from sfn_cfn.cli import pipelines as running  # noqa: PLC0415

    place = packaging.Place(environment, profile, region)
    return running.get(*settled(context), name, place, workflows)


@pipelines.command("list")
@place_options
@_WORKFLOWS
@click.pass_context
def list_(
    context: click.Context, environment: str, profile: str, region: str, workflows: Sequence[str]
) -> int:
    """Print the pipelines of an environment: names, workflows, whether they are enabled, versions.

    Items that cannot be read are shown as malformed, and end the command with the exit code 1.
    """
    from sfn_cfn.cli import packaging  # noqa: PLC0415
    from sfn_cfn.cli import pipelines as running  # noqa: PLC0415

    place = packaging.Place(environment, profile, region)
    return running.list_all(*settled(context), place, workflows)


COMMANDS = (pipelines,)
