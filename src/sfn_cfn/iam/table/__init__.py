"""What each service integration needs, as values: the one place that says so. No logic here.

A page per family of services; this one puts them together. An integration is named as in a task's `Resource`,
`service:action`; its patterns are `""` (request-response), `sync`, `sync:2` and `waitForTaskToken`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import Entry
from sfn_cfn.iam.table.jobs import JOBS
from sfn_cfn.iam.table.sagemaker import SAGEMAKER, SAGEMAKER_SERVICE
from sfn_cfn.iam.table.services import LAMBDA_ARN, SERVICES

INTEGRATIONS: Mapping[str, Entry] = {**SAGEMAKER, **SERVICES}

__all__ = ["INTEGRATIONS", "JOBS", "LAMBDA_ARN", "SAGEMAKER_SERVICE"]
