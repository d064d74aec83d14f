"""Tokens that one stage puts into a definition and another makes the resources of."""

from __future__ import annotations

from sfn_cfn.model import Token
from sfn_cfn.template.intrinsics import if_, ref

DATA_BUCKET_PARAMETER = "DataBucket"
DATA_BUCKET_RESOURCE = "WorkflowDataBucket"
DATA_BUCKET_CONDITION = "CreateDataBucket"

DATA_BUCKET = Token(
    "DataBucketName",
    if_(DATA_BUCKET_CONDITION, ref(DATA_BUCKET_RESOURCE), ref(DATA_BUCKET_PARAMETER)),
)
"""The bucket for a workflow's data: the stack's own, or the one that its parameter names."""

ASSET_BUCKET = Token("AssetBucket")
ASSET_PREFIX = Token("AssetPrefix")
"""Where a deployment has put the workflow's code; both are parameters."""
