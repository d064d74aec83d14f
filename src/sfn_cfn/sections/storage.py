"""`[storage]`."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """The bucket that the stack makes for the workflow's data. Texts may hold `${Parameter}`."""

    access_log_bucket: str = ""
    access_log_prefix: str = ""


SECTION = Section(
    "The bucket that the stack makes for the workflow's data, where the workflow uses the SDK's default bucket "
    "and the parameter `DataBucket` is left empty.",
    {
        "access_log_bucket": Key(
            "text",
            "bucket of the same region and account that gets the access logs, with parameters in its name; "
            "empty: none",
            '""',
            r"([a-z0-9.-]|\$\{[A-Za-z0-9:]+\})*",
            "a bucket's name, with parameters such as '${AWS::Region}' in it",
        ),
        "access_log_prefix": Key(
            "text", "what the keys of the access logs begin with", '""', "[ -~]*", "ASCII text"
        ),
    },
)
