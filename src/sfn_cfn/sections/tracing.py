"""`[tracing]`."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class TracingSettings:
    """Whether executions are traced, where the section stands."""

    enabled: bool = True


SECTION = Section(
    "Traces of the executions in AWS X-Ray. Off where the section is not there.",
    {"enabled": Key("boolean", "whether executions are traced", "true, where the section stands")},
)
