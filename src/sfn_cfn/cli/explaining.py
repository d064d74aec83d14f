"""`explain-policy`: a workflow -> which state needs which statement of its roles, and why."""

from __future__ import annotations

from pathlib import Path

from sfn_cfn.cli import explanations, lookup
from sfn_cfn.cli.console import Console, Services
from sfn_cfn.errors import ExitCode


def explain_policy(
    services: Services, console: Console, root: Path, wanted: str, form: str, jobs: int | None
) -> int:
    """Print the roles of the workflow of that name, or those of the source that it names."""
    found = lookup.look_up(
        services,
        console,
        root,
        wanted,
        jobs,
        lambda report: report.explained,
        lambda one: one.workflow,
    )
    if not found:
        return ExitCode.FINDINGS
    console.product(explanations.FORMS[form](found))
    return ExitCode.CLEAN
