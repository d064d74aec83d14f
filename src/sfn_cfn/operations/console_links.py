"""A page of the AWS console -> the line of a message that leads there, in the console of the stack's partition.

Each partition has a console of its own (the guides of Amazon Web Services in China, AWS GovCloud (US) and the AWS
European Sovereign Cloud). Those of the isolated partitions are not public, so there the line is left out. Conditions
choose, not a mapping: a `Fn::FindInMap` without the stack's partition fails the deployment.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.template.intrinsics import Intrinsic, Value, equals, if_, ref, sub

COMMERCIAL = "console.aws.amazon.com"
OTHERS: Mapping[str, tuple[str, str]] = {
    "aws-cn": ("InChinaPartition", "console.amazonaws.cn"),
    "aws-us-gov": ("InGovCloudPartition", "console.amazonaws-us-gov.com"),
    "aws-eusc": ("InEuropeanPartition", "console.amazonaws-eusc.eu"),
}
"""Partition -> its condition, and the host of its console."""

KNOWN = "ConsoleIsKnown"


def _is(partition: str) -> Value:
    return equals(ref("AWS::Partition"), partition)


CONDITIONS: Mapping[str, Value] = {
    KNOWN: Intrinsic("Or", tuple(_is(partition) for partition in ("aws", *OTHERS))),
    **{name: _is(partition) for partition, (name, _) in OTHERS.items()},
}
"""What the lines need in the template."""


def line(page: str) -> Value:
    """A line of an input template with its end, or nothing; `page`: what follows the console's host, with placeholders.

    The blank before the closing quote ends the address for a mail program, which reads the quote too.
    """
    host: Value = COMMERCIAL
    for name, other in reversed(list(OTHERS.values())):
        host = if_(name, other, host)
    shown = f'"Console: https://<region>.${{ConsoleHost}}/{page} "\n'
    return if_(KNOWN, sub(shown, {"ConsoleHost": host}), "")
