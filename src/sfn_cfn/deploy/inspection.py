"""Settings, packages and their stacks -> what has to be there before a deployment, and is not as it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sfn_cfn.deploy import rollback_alarms, trigger_buckets
from sfn_cfn.deploy.aws import Cloud, translated
from sfn_cfn.deploy.package import Package
from sfn_cfn.deploy.proposal import Options
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
    with translated():
        buckets = [
            item
            for one in packages
            for item in trigger_buckets.waiting(cloud, chosen, one, standing[one.stack], options)
        ]
        alarms = [
            item
            for one in packages
            for item in rollback_alarms.watching(cloud, chosen, one, standing[one.stack], options)
        ]
        found = (*trigger_buckets.check(cloud, buckets), *rollback_alarms.check(cloud, alarms))
    asked = [*(item.location for item in buckets), *(item.location for item in alarms)]
    return found, frozenset(asked)
