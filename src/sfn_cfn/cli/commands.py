"""The commands and their options. Each imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

import sfn_cfn
from sfn_cfn.cli import pipeline_commands, stack_commands, start_commands
from sfn_cfn.cli.context import settled as _settled
from sfn_cfn.errors import ExitCode

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The project's folder. Without it, the nearest folder upwards with sfn-cfn.toml or workflows/.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print findings only: no progress, no summary.")
@click.option(
    "--verbose", "-v", is_flag=True, help="Print every step, and the traceback of a defect of sfn-cfn."
)
@click.option(
    "--format",
    "report_format",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="How findings are printed: text on stderr, or one JSON or SARIF document on stdout.",
)
@click.version_option(sfn_cfn.__version__, message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, project: Path | None, quiet: bool, verbose: bool, report_format: str) -> None:
    """Compile machine-learning workflows into CloudFormation templates that deploy as they are.

    Exit codes: 0 clean; 1 a finding of severity error, or drift; 2 could not run (arguments, settings, no
    sources); 3 a defect of sfn-cfn; 130 interrupted.
    """
    _, console = context.obj
    console.format, console.quiet, console.verbose = report_format, quiet, verbose
    context.meta["project"] = project


def _shared(command: Command) -> Command:
    """What `build` and `check` both take."""
    for option in (
        click.argument("sources", nargs=-1, metavar="[SOURCES]..."),
        click.option("--no-lint", is_flag=True, help="Leave cfn-lint out."),
        click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Sources run at a time."),
    ):
        command = option(command)
    return command


_FORMAT = click.Choice(["yaml", "json"])


@cli.command()
@_shared
@click.option(
    "--check", is_flag=True, help="Write nothing; exit 1 if the templates are not what the sources give."
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where templates go. Without it, `output` of the settings, 'templates'.",
)
@click.option(
    "--template-format",
    type=_FORMAT,
    help="What templates are written as. Without it, `format` of the settings, 'yaml'.",
)
@click.option("--prune", is_flag=True, help="Remove templates of workflows that are no more.")
@click.option(
    "--print", "to_stdout", is_flag=True, help="Print the one template to stdout and write nothing."
)
@click.option(
    "--region",
    "regions",
    multiple=True,
    metavar="REGION",
    help="Say which states cannot run in REGION, for want of an image. May be given more than once.",
)
@click.option(
    "--verify-portable",
    is_flag=True,
    help="Build as in another region, account and partition too, and let any difference be an error.",
)
@click.option(
    "--fail-on-broadening",
    is_flag=True,
    help="Let a role that may do more than by the template that stands be an error; its template is not written.",
)
@click.option(
    "--baseline",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Compare the roles with the templates in DIR, in place of those in the output folder.",
)
@click.pass_context
def build(context: click.Context, /, sources: Sequence[str], **options: Any) -> int:
    """Write the templates of all workflows, or of SOURCES (paths, or file names without .py).

    A workflow with an error keeps the template it has; all others are written. Files whose content is the
    same are not touched. --check also tells in words what a role may do that it may not by the template
    that stands.
    """
    from sfn_cfn.cli import building  # noqa: PLC0415

    _, console = context.obj
    if options["to_stdout"] and (options["fail_on_broadening"] or options["baseline"]):
        raise click.UsageError(
            "--print compares nothing, so it goes with neither --fail-on-broadening nor --baseline."
        )
    if options["check"] and (options["prune"] or options["to_stdout"]):
        raise click.UsageError("--check writes nothing, so it goes with neither --prune nor --print.")
    if options["to_stdout"] and console.format != "text":
        raise click.UsageError("--print and --format json or sarif both write to stdout; choose one.")
    building.refuse_unknown_regions(options["regions"])
    return building.build(*_settled(context), sources, building.Options(**options))


@cli.command()
@_shared
@click.option(
    "--env",
    "environment",
    default="",
    metavar="ENV",
    help="Ask AWS too whether the buckets that start workflows in this environment send their events, and "
    "whether the alarms that take an alias back are there.",
)
@click.option(
    "--profile", default="", metavar="NAME", help="The AWS profile, with --env. Without it, as the AWS CLI."
)
@click.option(
    "--region", default="", metavar="REGION", help="The region, with --env, where the environment has none."
)
@click.pass_context
def check(
    context: click.Context,
    sources: Sequence[str],
    no_lint: bool,
    jobs: int | None,
    environment: str,
    profile: str,
    region: str,
) -> int:
    """Build without writing: print the findings, each at the line of the workflow that caused it.

    Without --env, this takes no credentials and no network.
    """
    from sfn_cfn.cli import building, packaging  # noqa: PLC0415

    if (profile or region) and not environment:
        raise click.UsageError("--profile and --region say how --env is reached; give it too.")
    place = packaging.Place(environment, profile, region) if environment else None
    return building.check(*_settled(context), sources, building.Options(no_lint=no_lint, jobs=jobs), place)


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to", "target", type=_FORMAT, help="The format wanted. Without it, the one that FILE is not in."
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write. Without it, stdout.",
)
@click.pass_context
def convert(context: click.Context, file: Path, target: str | None, output: Path | None) -> int:
    """Convert a template between YAML and JSON.

    The result is read again and compared. A value that another reader of YAML takes for something else
    (an unquoted yes, 0777, 12:30 or 1.10) is refused and named, because nobody can tell which was meant.
    Comments are not kept.
    """
    from sfn_cfn.cli import converting  # noqa: PLC0415

    _, console = context.obj
    console.root = Path.cwd()
    return converting.convert(console, file, target, output)


@cli.command()
@click.argument("code")
@click.pass_context
def explain(context: click.Context, code: str) -> int:
    """Say what a finding's CODE means and what to do about it."""
    services, console = context.obj
    known = services.find(code.strip().upper())
    if known is None:
        raise click.UsageError(f"there is no code '{code}'; codes look like SFN101.")
    paragraphs = [click.wrap_text(part, 88) for part in known.explanation.split("\n\n")]
    console.product(f"{known.code} ({known.severity.value}): {known.title}\n\n" + "\n\n".join(paragraphs))
    return ExitCode.CLEAN


@cli.command()
@click.argument("workflow")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    help="How it is printed; text is a table on a terminal. Without it, text.",
)
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Sources run at a time.")
@click.pass_context
def explain_policy(context: click.Context, workflow: str, form: str | None, jobs: int | None) -> int:
    """Say why the roles of WORKFLOW may do what they may: state, call, statement, reason.

    WORKFLOW is a workflow's name, or its source (a path, or a file name without .py), which alone is run then.
    Statements that no state alone needs (the trust policy, those of the settings) come last.
    """
    from sfn_cfn.cli import explaining  # noqa: PLC0415

    services, console, root = _settled(context)
    if console.format == "sarif":
        raise click.UsageError("explain-policy has no SARIF; give it --format text, markdown or json.")
    return explaining.explain_policy(services, console, root, workflow, form or console.format, jobs)


@cli.command()
@click.argument("name")
@click.pass_context
def init(context: click.Context, name: str) -> int:
    """Make a project in a new folder NAME: settings, a first workflow, a test. It builds as it is."""
    from sfn_cfn.cli import beginning  # noqa: PLC0415

    _, console = context.obj
    return beginning.init(console, Path(name))


@cli.command()
@click.pass_context
def version(context: click.Context) -> int:
    """Print the versions of sfn-cfn, Python and the packages that a template depends on."""
    import platform  # noqa: PLC0415
    from importlib import metadata  # noqa: PLC0415

    _, console = context.obj
    console.product(f"sfn-cfn {sfn_cfn.__version__}\npython {platform.python_version()}")
    for name in ("stepfunctions", "sagemaker", "cfn-lint", "cfn-flip", "ruamel.yaml", "click"):
        found = next((item.version for item in metadata.distributions(name=name)), "not installed")
        console.product(f"{name} {found}")
    return ExitCode.CLEAN


for _command in (*stack_commands.COMMANDS, *start_commands.COMMANDS, *pipeline_commands.COMMANDS):
    cli.add_command(_command)
