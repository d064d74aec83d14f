"""The commands that start executions, and their options. Each imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from sfn_cfn.cli.context import settled

_JOBS = click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Sources run at a time.")


@click.command()
@click.argument("workflow")
@click.option(
    "--explain", is_flag=True, help="Print who reads each input to stdout, in place of the skeleton."
)
@_JOBS
@click.pass_context
def inputs(context: click.Context, workflow: str, explain: bool, jobs: int | None) -> int:
    """Print a skeleton of the input that an execution of WORKFLOW takes.

    The skeleton is JSON on stdout, with a placeholder for each input; a table of the states that read each
    input, with their lines, goes to stderr. Names of jobs, models and endpoints may be left as they are:
    `start` makes unique ones. WORKFLOW is a workflow's name, or its source.
    """
    from sfn_cfn.cli import starting  # noqa: PLC0415

    services, console, root = settled(context)
    _refuse_sarif(console.format, "inputs")
    return starting.inputs(services, console, root, workflow, explain, jobs)


@click.command()
@click.argument("workflow")
@click.option(
    "--env",
    "environment",
    required=True,
    metavar="ENV",
    help="The environment, one of `[environments]` in the settings.",
)
@click.option("--input", "file", default="", metavar="FILE", help="A JSON object with inputs; - reads stdin.")
@click.option(
    "--set",
    "entries",
    multiple=True,
    metavar="NAME=VALUE",
    help="An input; dots lead into objects. Text where text is declared, else JSON, or text where it is none.",
)
@click.option("--name", default="", metavar="NAME", help="The execution's name. Without it, a unique one.")
@click.option(
    "--alias",
    default="",
    metavar="ALIAS",
    help="Start what this alias of the state machine names. Without it, the alias that the stack has, if any.",
)
@click.option(
    "--unqualified",
    is_flag=True,
    help="Start the state machine itself, so its newest definition, where the stack has an alias.",
)
@click.option("--follow", is_flag=True, help="Print each state as it runs; exit 1 if the execution fails.")
@click.option("--no-s3-check", is_flag=True, help="Do not look whether what jobs read from S3 is there.")
@click.option("--profile", default="", metavar="NAME", help="The AWS profile. Without it, as the AWS CLI.")
@click.option("--region", default="", metavar="REGION", help="The region, where the environment has none.")
@_JOBS
@click.pass_context
def start(
    context: click.Context,
    /,
    workflow: str,
    environment: str,
    profile: str,
    region: str,
    entries: Sequence[str],
    **options: Any,
) -> int:
    """Start an execution of WORKFLOW in an environment that it is deployed to.

    The input is what --input and --set give, over the input that a ready-made pipeline has; names of jobs, models
    and endpoints that are not given are made, each unique. It is checked before anything starts: inputs that are
    missing or of another type, names that SageMaker refuses, objects that are not in S3. The execution's ARN
    goes to stdout. A workflow with versions is started by its alias, as its schedules and triggers start it.
    """
    from sfn_cfn.cli import packaging, starting  # noqa: PLC0415

    services, console, root = settled(context)
    _refuse_sarif(console.format, "start")
    if options["alias"] and options["unqualified"]:
        raise click.UsageError("--alias names an alias and --unqualified none; choose one.")
    place = packaging.Place(environment, profile, region)
    request = starting.Request(workflow, place, input=options.pop("file"), entries=tuple(entries), **options)
    return starting.start(services, console, root, request)


def _refuse_sarif(form: str, command: str) -> None:
    if form == "sarif":
        raise click.UsageError(f"{command} has no SARIF; give it --format text or json.")


COMMANDS = (inputs, start)
