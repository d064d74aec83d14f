"""`[schedules.<schedule>]`: when a workflow runs by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_cfn import codec
from sfn_cfn.sections.pipelines import STARTED
from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """One schedule. Exactly one of `cron`, `rate` and `at` is given; `flexible_minutes` 0: to the minute.

    Texts of `input` may hold `${Parameter}` and Scheduler's context attributes.
    """

    cron: str = ""
    rate: str = ""
    at: str = ""
    time_zone: str = "UTC"
    description: str = ""
    enabled: bool = True
    flexible_minutes: float = 0
    retry_attempts: float = 10
    retry_seconds: float = 3600
    pipeline: str = ""
    input: Mapping[str, Any] = field(default_factory=dict)


def schedules(sections: Mapping[str, Any]) -> dict[str, ScheduleSettings]:
    """The schedules of a workflow's settings, by name."""
    given = sections.get("schedules", {})
    return {name: codec.revive(ScheduleSettings, one) for name, one in given.items()}


NAME = "[A-Za-z][A-Za-z0-9-]{0,39}"
NAME_FORM = "a letter, then up to 39 letters, digits and hyphens"

SECTION = Section(
    "Schedules that start the workflow; mostly one workflow's, `[workflows.<name>.schedules.<schedule>]`.",
    {
        "cron": Key(
            "text",
            'minutes, hours, day of month, month, day of week and year, such as `"0 6 ? * MON-FRI *"`',
            pattern="[ -~]+",
            form="ASCII text",
        ),
        "rate": Key("text", 'how often, such as `"1 day"`', pattern="[ -~]+", form="ASCII text"),
        "at": Key("text", 'one time, such as `"2030-01-31T06:00:00"`', pattern="[ -~]+", form="ASCII text"),
        "time_zone": Key("text", "the time zone of `cron` and `at`, by its name", '"UTC"'),
        "description": Key(
            "text", "shown by the service", '""', "[ -~]{0,512}", "ASCII text of at most 512 characters"
        ),
        "enabled": Key(
            "boolean", "the default of the template parameter that switches it on and off", "true"
        ),
        "flexible_minutes": Key(
            "number", "the minutes within which an execution may start, up to 1440; 0: at the minute", "0"
        ),
        "retry_attempts": Key("number", "how often a start that fails is tried again, up to 185", "10"),
        "retry_seconds": Key("number", "for how long it is tried again, 60 to 86400 seconds", "3600"),
        "pipeline": STARTED,
        "input": Key(
            "values",
            "the execution's input, with parameters and Scheduler's context attributes "
            "(`<aws.scheduler.scheduled-time>`) in its texts",
            "{}",
        ),
    },
    NAME,
    "schedule",
    form=NAME_FORM,
)
