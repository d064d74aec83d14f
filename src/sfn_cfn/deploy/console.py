"""ARNs and names -> links into the AWS console of the right partition.

Source: the URLs that the console itself shows; CloudWatch's are percent-encoded twice, with `$` for `%`.
"""

from __future__ import annotations

from urllib.parse import quote

_HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "console.amazonaws-eusc.eu",
}


def execution(arn: str) -> str:
    """The page of an execution, by its ARN; empty where the partition's console is not known."""
    return _page(arn, "states", f"/v2/executions/details/{quote(arn, safe=':/')}")


def log_group(arn: str, group: str, prefix: str = "") -> str:
    """The page of a log group in the account and region of `arn`, streams that begin with `prefix` shown."""
    shown = f"log-groups/log-group/{_twice(group)}"
    if prefix:
        shown += f"$3FlogStreamNameFilter$3D{_twice(prefix)}"
    return _page(arn, "cloudwatch", f"logsV2:{shown}")


def _page(arn: str, service: str, rest: str) -> str:
    _, partition, _, region, *_ = arn.split(":")
    host = _HOSTS.get(partition)
    return f"https://{region}.{host}/{service}/home?region={region}#{rest}" if host else ""


def _twice(text: str) -> str:
    return quote(quote(text, safe=""), safe="").replace("%", "$")
