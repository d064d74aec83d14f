"""`[dashboard]`."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class DashboardSettings:
    """Whether there is a dashboard, where the section stands."""

    enabled: bool = True


SECTION = Section(
    "A CloudWatch dashboard of the workflow: executions, durations, alarms, declared metrics and the last errors of "
    "the log. Off where the section is not there.",
    {"enabled": Key("boolean", "whether there is a dashboard", "true, where the section stands")},
)
