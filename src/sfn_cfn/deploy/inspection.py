"""Settings, packages and their stacks -> what has to be there before a deployment, and is not as it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from sfn_cfn.deploy import rollback_alarms, trigger_buckets
from sfn_cfn.deploy.aws import Cloud, translated
from sfn_cfn.deploy.package import Package
from sfn_cfn.deploy.proposal import Options
from sfn_cfn.deploy.resolved import by_workflow
from sfn_cfn.deploy.standing import Standing
from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.settings import Settings


def inspect(
    cloud: Cloud,
    chosen: Settings,
    packages: Sequence[Package],
    standing: Mapping[str, Standing],
    options: Options,
) -> tuple[tuple[Diagnostic, ...], frozenset[SourceLocation]]:
    """The findings, and the places of the settings that were looked at.

    The buckets that start workflows, and the alarms that take their aliases back.
    """
    buckets: list[trigger_buckets.Waiting] = []
    alarms: list[rollback_alarms.Watching] = []
    with translated():
        for one in packages:
            names = [one.workflow, *(PurePosixPath(child.path).stem for child in one.children)]
            if any(
                part.concerns(chosen, name) for part in (trigger_buckets, rollback_alarms) for name in names
            ):
                members = tuple(by_workflow(cloud, one, standing[one.stack], options))
                buckets += trigger_buckets.waiting(chosen, members)
                alarms += rollback_alarms.watching(chosen, members)
        found = (*trigger_buckets.check(cloud, buckets), *rollback_alarms.check(cloud, alarms))
    asked = [*(item.location for item in buckets), *(item.location for item in alarms)]
    return found, frozenset(asked)
