"""`[encryption]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn import codec
from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class EncryptionSettings:
    """Encryption of the definition and the history, where the section stands. `reuse_seconds`: of a data key."""

    enabled: bool = True
    reuse_seconds: int = 300


def encryption_of(sections: Mapping[str, Any]) -> EncryptionSettings | None:
    """A workflow's settings of it; None where the section is not there, or switched off."""
    if "encryption" not in sections:
        return None
    found = codec.revive(EncryptionSettings, sections["encryption"])
    return found if found.enabled else None


SECTION = Section(
    "Encryption of the definition and of executions' histories with a customer managed key: the one that the "
    "parameter `WorkflowKeyArn` names, or one that the stack makes. Off where the section is not there.",
    {
        "enabled": Key("boolean", "whether a customer managed key is used", "true, where the section stands"),
        "reuse_seconds": Key(
            "number", "seconds that Step Functions uses one data key for, from 60 to 900", "300"
        ),
    },
)
