"""What a state machine's role needs for its log and its traces: one place for those who grant and who explain it.

Sources: the Step Functions developer guide, "Using CloudWatch Logs to log execution history" and "Trace Step
Functions request data in AWS X-Ray"; the CloudWatch Logs user guide, "Logs sent to CloudWatch Logs".
"""

from __future__ import annotations

from sfn_cfn.model import Permission

LOG_DELIVERY = Permission(
    "LogDelivery",
    (
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ),
    ("*",),
    "has the history of executions written to CloudWatch Logs; the actions name no resource",
)
"""These actions have no resource type, save `DescribeLogGroups`, which looks for a group among all. The entries are
put by the delivery service, by the resource policy of the group: the `PutLogEvents` that the guide has beside these
is not needed of the role."""

TRACING = Permission(
    "Tracing",
    (
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ),
    ("*",),
    "sends traces to X-Ray; the actions name no resource",
)
"""None of these actions has a resource type."""
