"""`check --env`: what a build gave, and what S3 says of the buckets that start its workflows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sfn_cfn.errors import Diagnostic
from sfn_cfn.settings import Environment, Settings

if TYPE_CHECKING:
    from sfn_cfn.deploy.aws import Cloud
    from sfn_cfn.report import BuildReport


def with_buckets(
    cloud: Cloud, chosen: Settings, environment: Environment, report: BuildReport
) -> Sequence[Diagnostic]:
    """The findings of a build, with S3's answers in place of the remarks that a bucket has to send events.

    Parameters have the values that a deployment would give them: the environment's, else those that the stacks have.
    """
    from sfn_cfn.deploy import aws, package, trigger_buckets  # noqa: PLC0415 (boto3 and what goes with it)
    from sfn_cfn.deploy.proposal import Options  # noqa: PLC0415
    from sfn_cfn.deploy.standing import parameters  # noqa: PLC0415
    from sfn_cfn.operations.triggers import SFN639  # noqa: PLC0415

    found = package.packages(report.outputs, report.assets, environment, chosen.pipeline_name)
    own = report.settings(chosen)
    with aws.translated():
        waiting = [
            item
            for one in package.together(found)
            for item in trigger_buckets.waiting(cloud, own, one, parameters(cloud, one.stack), Options())
        ]
        answers = list(trigger_buckets.check(cloud, waiting))
    asked = {item.location for item in waiting}
    kept = (one for one in report.diagnostics if one.code != SFN639.code or one.location not in asked)
    return (*kept, *answers)
