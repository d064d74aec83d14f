"""`[tracing]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn import codec
from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class TracingSettings:
    """Whether executions are traced, where the section stands."""

    enabled: bool = True


def is_traced(sections: Mapping[str, Any]) -> bool:
    """Whether a workflow's executions are traced: the section is there, and not switched off."""
    return "tracing" in sections and codec.revive(TracingSettings, sections["tracing"]).enabled


SECTION = Section(
    "Traces of the executions in AWS X-Ray. Off where the section is not there.",
    {"enabled": Key("boolean", "whether executions are traced", "true, where the section stands")},
)
