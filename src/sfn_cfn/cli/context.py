"""A command's click context -> the services, the console and the project's root."""

from __future__ import annotations

from pathlib import Path

import click

from sfn_cfn.cli.console import Console, Services


def settled(context: click.Context) -> tuple[Services, Console, Path]:
    """The services, the console and the project's root."""
    from sfn_cfn import discover  # noqa: PLC0415

    services, console = context.obj
    project = context.meta["project"]
    console.root = project.resolve() if project else discover.find_root(Path.cwd())
    console.find = services.find
    return services, console, console.root
