"""`[logging]`."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class LoggingSettings:
    """The log of the state machine. `level` empty: by the machine's type. `kms_key` may hold `${Parameter}`."""

    enabled: bool = True
    level: str = ""
    include_execution_data: bool = False
    retention_days: int = 90
    kms_key: str = ""
    keep: bool = False


SECTION = Section(
    "The log of the state machine, on by default.",
    {
        "enabled": Key("boolean", "whether the state machine writes a log", "true"),
        "level": Key(
            "text",
            "which events of an execution are logged",
            "`ERROR`; `ALL` for an Express state machine, of which nothing else keeps a history",
            choices=("ALL", "ERROR", "FATAL"),
        ),
        "include_execution_data": Key(
            "boolean",
            "whether inputs, outputs and data between states are logged too; they may hold personal data or secrets",
            "false",
        ),
        "retention_days": Key(
            "number",
            "days that a log entry is kept; one of the counts that CloudWatch Logs takes",
            "90, as long as Step Functions keeps the history of an execution",
        ),
        "kms_key": Key(
            "text",
            "ARN of the KMS key that encrypts the log, with parameters in it; empty: a key of AWS. Its policy must "
            "let `logs.<region>.amazonaws.com` use it",
            '""',
            r"(arn:[ -~]+|\$\{[A-Za-z0-9:]+\}[ -~]*)?",
            "a key's ARN, with parameters such as '${AWS::Region}' in it",
        ),
        "keep": Key(
            "boolean",
            "whether the log outlives the stack; a later stack of the same names cannot make it again",
            "false",
        ),
    },
)
