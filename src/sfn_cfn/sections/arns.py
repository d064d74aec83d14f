"""Forms of ARNs in the settings, with parameters in them, or a parameter that is one.

A policy's statement names a key by its own ARN: that of an alias names none there, and a star names them all. Source:
the AWS KMS developer guide, "Specifying KMS keys in IAM policy statements".
"""

from __future__ import annotations

_NAMED = r"\$\{[A-Za-z0-9:]+\}"
_PART = rf"([A-Za-z0-9-]|{_NAMED})+"

KEY = rf"(arn:{_PART}:kms:{_PART}:{_PART}:key/{_PART}|(?![ -~]*alias/){_NAMED}([A-Za-z0-9:/-]|{_NAMED})*)?"
KEY_FORM = "a key's own ARN (no alias, no star), with parameters such as '${AWS::Region}' in it"

QUEUE = rf"(arn:{_PART}:sqs:{_PART}:{_PART}:([A-Za-z0-9_-]|{_NAMED})+(\.fifo)?|{_NAMED}([A-Za-z0-9:._-]|{_NAMED})*)?"
QUEUE_FORM = "the ARN of an SQS queue, with parameters such as '${AWS::Region}' in it"
