"""The commands that go to AWS, and their options. Each imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from sfn_cfn.cli.context import settled

Command = TypeVar("Command", bound=Callable[..., Any])


def place_options(command: Command) -> Command:
    """What every command that goes to AWS takes."""
    for option in (
        click.option(
            "--region", default="", metavar="REGION", help="The region, where the environment has none."
        ),
        click.option(
            "--profile", default="", metavar="NAME", help="The AWS profile. Without it, as the AWS CLI."
        ),
        click.option(
            "--env",
            "environment",
            required=True,
            metavar="ENV",
            help="The environment, one of `[environments]` in the settings.",
        ),
    ):
        command = option(command)
    return command


def _building(command: Command) -> Command:
    for option in (
        click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Sources run at a time."),
        click.option("--no-lint", is_flag=True, help="Leave cfn-lint out."),
    ):
        command = option(command)
    return command


def _names(*, required: bool = False) -> Callable[[Command], Command]:
    return click.argument(
        "names", nargs=-1, required=required, metavar="[NAMES]..." if not required else "NAMES..."
    )


def _pairs(_context: click.Context, _parameter: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    """`Key=Value` of an option that may be given more than once."""
    pairs = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"'{one}' is not Key=Value.")
        pairs[key] = value
    return pairs


@click.command()
@_names()
@place_options
@_building
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the files go. Without it, '.sfn-cfn/package/ENV' in the project.",
)
@click.pass_context
def package(
    context: click.Context,
    names: Sequence[str],
    environment: str,
    profile: str,
    region: str,
    no_lint: bool,
    jobs: int | None,
    output: Path | None,
) -> int:
    """Build, upload the code, and write what `aws cloudformation deploy` takes, for all workflows or NAMES.

    Writes each template, its configuration file with the asset bucket's name, and the same parameters as
    Key=Value pairs; prints the commands that deploy them. What the bucket has already is not uploaded again.
    """
    from sfn_cfn.cli import packaging  # noqa: PLC0415

    place = packaging.Place(environment, profile, region)
    building = packaging.Building(no_lint, jobs)
    return packaging.package(*settled(context), names, place, building, output)


@click.command()
@_names()
@place_options
@_building
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option(
    "--allow-replacement",
    is_flag=True,
    help="Agree that the state machine is replaced: its running executions end, its versions and aliases go.",
)
@click.option(
    "--no-execute", is_flag=True, help="Make the change sets, show them, and leave them as they are."
)
@click.option(
    "--role-arn", default="", metavar="ARN", help="The role that CloudFormation makes resources with."
)
@click.option(
    "--notification-arn",
    "notification_arns",
    multiple=True,
    metavar="ARN",
    help="A topic for the stack's events.",
)
@click.option(
    "--tags", multiple=True, callback=_pairs, metavar="KEY=VALUE", help="A tag besides those of the settings."
)
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    callback=_pairs,
    metavar="KEY=VALUE",
    help="A parameter's value, before that of the settings.",
)
@click.option("--termination-protection", is_flag=True, help="Protect the stacks against deletion.")
@click.pass_context
def deploy(context: click.Context, /, names: Sequence[str], **given: Any) -> int:
    """Build, upload the code, and deploy the stacks of all workflows, or of NAMES (workflows or sources).

    Each stack's change set is told in words before anything happens: resources, parameters, what roles may do more
    than before, the definition by state. Ends with 1 if a stack fails, after the first cause of the failure.
    """
    from sfn_cfn.cli import deploying, packaging  # noqa: PLC0415
    from sfn_cfn.deploy.proposal import Options  # noqa: PLC0415

    request = deploying.Request(
        names,
        packaging.Place(given["environment"], given["profile"], given["region"]),
        packaging.Building(given["no_lint"], given["jobs"]),
        deploying.Answers(given["yes"], given["allow_replacement"], given["no_execute"]),
    )
    options = Options(
        given["role_arn"],
        tuple(given["notification_arns"]),
        given["parameters"],
        given["tags"],
        given["termination_protection"],
    )
    return deploying.deploy(*settled(context), request, options)


@click.command()
@_names()
@place_options
@click.pass_context
def status(context: click.Context, names: Sequence[str], environment: str, profile: str, region: str) -> int:
    """Print the state of the stacks of all workflows that have templates, or of the workflows NAMES.

    Workflows that are deployed as one application are shown after it; its name is 'application'.
    """
    from sfn_cfn.cli import packaging, stacks  # noqa: PLC0415

    return stacks.status(*settled(context), names, packaging.Place(environment, profile, region))


@click.command()
@_names()
@place_options
@click.pass_context
def outputs(context: click.Context, names: Sequence[str], environment: str, profile: str, region: str) -> int:
    """Print the outputs of the stacks of all workflows that have templates, or of the workflows NAMES."""
    from sfn_cfn.cli import packaging, stacks  # noqa: PLC0415

    return stacks.outputs(*settled(context), names, packaging.Place(environment, profile, region))


@click.command()
@_names(required=True)
@place_options
@click.option("--yes", "-y", is_flag=True, help="Do not ask for the stack's name.")
@click.option("--delete-data", is_flag=True, help="Delete the stacks' buckets too, with all that is in them.")
@click.option(
    "--role-arn", default="", metavar="ARN", help="The role that CloudFormation deletes resources with."
)
@click.pass_context
def destroy(
    context: click.Context,
    names: Sequence[str],
    environment: str,
    profile: str,
    region: str,
    yes: bool,
    delete_data: bool,
    role_arn: str,
) -> int:
    """Delete the stacks of the workflows NAMES, once the name of each stack is typed.

    Buckets are kept, and named with how a later deployment takes them over; --delete-data deletes them too.
    Workflows that are deployed as one application are deleted as a whole, by the name 'application'.
    """
    from sfn_cfn.cli import packaging, stacks  # noqa: PLC0415

    place = packaging.Place(environment, profile, region)
    how = stacks.Destruction(yes, delete_data, role_arn)
    return stacks.destroy(*settled(context), names, place, how)


COMMANDS = (package, deploy, status, outputs, destroy)
