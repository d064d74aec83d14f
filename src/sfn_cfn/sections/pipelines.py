"""`[pipelines]`: settings of pipelines in a table, and a router that starts the workflow with them."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_cfn.sections import arns
from sfn_cfn.settings_key import Key, Section

TABLE_KEY = "Pipeline"
"""The attribute of an item, and of an event, that has a pipeline's name."""

WORKFLOW, ENABLED, SETTINGS, VERSION = "Workflow", "Enabled", "Settings", "Version"
PARAMETERS, CONSTANTS, EVENT = "parameters", "constants", "event"
"""What the JSON text of the attribute `Settings` has."""

STAGE = "Stage_"
"""What the attribute of a stage's switch begins with; its name follows."""

NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,42}"
NAME_FORM = "a letter or a digit, then up to 42 letters, digits, '-' and '_'"
"""An execution is called by its pipeline, a hyphen and a UUID, in 80 characters."""

STARTED = Key(
    "text",
    "the pipeline that is started, by its name, with parameters in it; `[pipelines]` has to be enabled, and `input` "
    "is what the pipeline's item does not have, or has otherwise",
    '"": the workflow itself',
    r"(([A-Za-z0-9]|\$\{[A-Za-z0-9:]+\})([A-Za-z0-9_-]|\$\{[A-Za-z0-9:]+\})*)?",
    "a pipeline's name, with parameters such as '${TargetEnv}' in it",
)
"""The key `pipeline` of a schedule and of a trigger."""

LARGEST = 200 * 1024
"""Bytes of an item's settings: between states pass 256 KiB (Step Functions developer guide, "Service quotas")."""


@dataclass(frozen=True, slots=True)
class PipelinesSettings:
    """The table and the router. `kms_key` may hold `${Parameter}`."""

    enabled: bool = False
    kms_key: str = ""


SECTION = Section(
    "Settings of pipelines in DynamoDB: a table whose items hold parameters, switches of stages and constants by a "
    "pipeline's name, and a router, a state machine that starts the workflow with them. The table is the one that the "
    "parameter `PipelineTableName` names, or one that the stack makes.",
    {
        "enabled": Key("boolean", "whether there are a table and a router", "false"),
        "kms_key": Key(
            "text",
            "ARN of the KMS key that encrypts the table, with parameters in it; empty: a key of AWS",
            '""',
            arns.KEY,
            arns.KEY_FORM,
        ),
    },
)
