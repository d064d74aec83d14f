"""What each service integration needs, as values: the one place that says so. No logic here.

A page per family of services; this one puts them together. An integration is named as in a task's `Resource`,
`service:action`; its patterns are `""` (request-response), `sync`, `sync:2` and `waitForTaskToken`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import Entry
from sfn_cfn.iam.table.analytics import ANALYTICS
from sfn_cfn.iam.table.clusters import CLUSTERS
from sfn_cfn.iam.table.compute import COMPUTE
from sfn_cfn.iam.table.eks import EKS
from sfn_cfn.iam.table.jobs import JOBS
from sfn_cfn.iam.table.messages import MESSAGES
from sfn_cfn.iam.table.sagemaker import SAGEMAKER, SAGEMAKER_SERVICE
from sfn_cfn.iam.table.services import LAMBDA_ARN, SERVICES

INTEGRATIONS: Mapping[str, Entry] = {
    **SAGEMAKER,
    **SERVICES,
    **ANALYTICS,
    **MESSAGES,
    **COMPUTE,
    **CLUSTERS,
    **EKS,
}

__all__ = ["INTEGRATIONS", "JOBS", "LAMBDA_ARN", "SAGEMAKER_SERVICE"]
