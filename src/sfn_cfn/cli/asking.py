"""`check --env`: what a build gave, and what AWS says of the buckets and alarms that its workflows need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sfn_cfn.errors import Diagnostic
from sfn_cfn.settings import Environment, Settings

if TYPE_CHECKING:
    from sfn_cfn.deploy.aws import Cloud
    from sfn_cfn.report import BuildReport


def inspected(
    cloud: Cloud, chosen: Settings, environment: Environment, report: BuildReport
) -> Sequence[Diagnostic]:
    """The findings of a build, with AWS's answers in place of the remarks that a bucket has to send events.

    Parameters have the values that a deployment would give them: the environment's, else those that the stacks have.
    """
    from sfn_cfn.deploy import aws, inspection, package  # noqa: PLC0415 (boto3 and what goes with it)
    from sfn_cfn.deploy.proposal import Options  # noqa: PLC0415
    from sfn_cfn.deploy.standing import parameters  # noqa: PLC0415
    from sfn_cfn.operations.triggers import SFN639  # noqa: PLC0415

    found = package.packages(report.outputs, report.assets, environment, chosen.pipeline_name)
    found = package.together(found)
    with aws.translated():
        standing = {one.stack: parameters(cloud, one.stack) for one in found}
    answers, asked = inspection.inspect(cloud, report.settings(chosen), found, standing, Options())
    kept = (one for one in report.diagnostics if one.code != SFN639.code or one.location not in asked)
    return (*kept, *answers)
