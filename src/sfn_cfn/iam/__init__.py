"""Definition -> roles of least privilege: each statement lets a state make its call, and nothing beside it.

`table` says what each service integration needs; `values` reads a task's parameters, `arns` turns what they
name into ARNs, `derive` and `jobs` put statements together for the two roles, `statements` minimises them,
`findings` warns of what may be missing. What the settings add comes by `extra` (statements, managed policies, a
boundary) and `narrow` (what run-time values may be); `sizes` parts what is larger than IAM takes.
Nothing here is read from the network or from an AWS account.
"""

from sfn_cfn.iam.derive import Policies, derive, derive_policies
from sfn_cfn.iam.extra import declare
from sfn_cfn.iam.findings import findings
from sfn_cfn.iam.narrow import not_read, unread
from sfn_cfn.iam.roles import SAGEMAKER_ROLE, place_role

__all__ = [
    "SAGEMAKER_ROLE",
    "Policies",
    "declare",
    "derive",
    "derive_policies",
    "findings",
    "not_read",
    "place_role",
    "unread",
]
