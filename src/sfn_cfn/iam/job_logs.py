"""One job -> the log groups and streams that it writes, and the namespaces of its metrics.

Source: the SageMaker developer guide, "CloudWatch Logs for Amazon SageMaker AI": a stream begins with the job's name,
an endpoint has a group of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sfn_cfn.iam.calls import granted
from sfn_cfn.iam.entries import Grant, Resource
from sfn_cfn.iam.job_call import JobCall
from sfn_cfn.iam.statements import Statement, statement
from sfn_cfn.iam.values import UNKNOWN, nodes

GROUPS = ("logs:CreateLogGroup", "logs:DescribeLogStreams")
STREAMS = ("logs:CreateLogStream", "logs:PutLogEvents")

RULES = "ProcessingJobs"
"""Rules of the debugger and the profiler run as processing jobs, whose names SageMaker makes up."""

ENDPOINTS = "Endpoints"


def statements(call: JobCall) -> Iterator[Statement]:
    """The log groups and streams of a call."""
    job = call.job
    for stream in job.streams:
        yield from _of_group(call, f"/aws/sagemaker/{job.logs}", f":log-stream:{stream}")
    if _runs_rules(call):
        yield from _of_group(call, f"/aws/sagemaker/{RULES}", ":log-stream:{}")
    if job.group:
        yield from _of_group(call, f"/aws/sagemaker/{job.logs}/{{{job.group}}}", ":log-stream:{}")
    elif not job.logs and not call.hosted:
        # A model whose endpoint is made elsewhere.
        yield from _of_group(call, f"/aws/sagemaker/{ENDPOINTS}/{{}}", ":log-stream:{}")


def _of_group(call: JobCall, group: str, stream: str) -> Iterator[Statement]:
    """CloudWatch Logs checks calls about a group by its ARN, and by that of a stream without a name."""
    grants = (
        Grant("LogGroups", GROUPS, (_logs(f"log-group:{group}"), _logs(f"log-group:{group}:{{}}"))),
        Grant("WriteLogs", STREAMS, (_logs(f"log-group:{group}{stream}"),)),
    )
    return granted(call.state, call.given, grants, call.shapes, call.faults)


def _logs(path: str) -> Resource:
    return Resource("logs", path, form="format")


def _runs_rules(call: JobCall) -> bool:
    return any(True for path in call.job.rules for _ in nodes(call.given, path))


def kinds(call: JobCall) -> set[str]:
    """The kinds of jobs whose metrics are put."""
    rules = {RULES} if _runs_rules(call) else set()
    own = {call.job.logs} if call.job.logs else set() if call.hosted else {ENDPOINTS}
    return own | rules


def metrics(found: Iterable[str]) -> Iterator[Statement]:
    """The metrics of several kinds of jobs: the action has no resource, but a namespace."""
    spaces = tuple(f"/aws/sagemaker/{kind}" for kind in sorted(found))
    if spaces:
        condition = ("StringEquals", "cloudwatch:namespace", spaces)
        yield statement("PutMetrics", ["cloudwatch:PutMetricData"], [UNKNOWN], [condition])
