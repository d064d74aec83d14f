"""`[alarms]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_cfn import codec
from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """One alarm: `threshold` (executions, or seconds) within `period` seconds, in `evaluation_periods` in a row."""

    enabled: bool = True
    threshold: float | None = None
    period: float | None = None
    evaluation_periods: float | None = None


@dataclass(frozen=True, slots=True)
class AlarmsSettings:
    """The alarms of the executions, where the section stands."""

    enabled: bool = True
    failed: AlarmSettings = AlarmSettings()
    timed_out: AlarmSettings = AlarmSettings()
    aborted: AlarmSettings = AlarmSettings()
    throttled: AlarmSettings = AlarmSettings()
    duration: AlarmSettings = AlarmSettings()
    router: AlarmSettings = AlarmSettings()
    dead_letters: AlarmSettings = AlarmSettings()


LOGICAL_IDS: Mapping[str, str] = {
    "failed": "ExecutionsFailedAlarm",
    "timed_out": "ExecutionsTimedOutAlarm",
    "aborted": "ExecutionsAbortedAlarm",
    "throttled": "ExecutionsThrottledAlarm",
    "duration": "ExecutionDurationAlarm",
}
"""Of the alarms on the workflow's own executions, by their keys."""

SUFFIXES: Mapping[str, str] = {key: key.replace("_", "-") for key in LOGICAL_IDS}
"""What the alarms' names end in, by their keys."""

USUAL: Mapping[str, AlarmSettings] = {
    "failed": AlarmSettings(True, 1, 300, 1),
    "timed_out": AlarmSettings(True, 1, 300, 1),
    "aborted": AlarmSettings(True, 1, 300, 1),
    "throttled": AlarmSettings(True, 1, 300, 3),
    "duration": AlarmSettings(True, None, 300, 1),
}
"""What an alarm has where nothing is set: throttling has to last, because Step Functions tries again by itself."""

BESIDE: Mapping[str, AlarmSettings] = {
    "router": AlarmSettings(True, 1, 300, 1),
    "dead_letters": AlarmSettings(True, 1, 300, 1),
}
"""The same of the alarms on what stands beside the workflow: routers, and queues of what could not be started."""


def alarms_of(sections: Mapping[str, Any]) -> dict[str, AlarmSettings]:
    """The alarms on executions that a workflow's settings switch on, by their keys, with all their values."""
    return _on(sections, USUAL)


def beside(sections: Mapping[str, Any]) -> dict[str, AlarmSettings]:
    """Those on what stands beside the workflow, where there is such."""
    return _on(sections, BESIDE)


def _on(sections: Mapping[str, Any], usual: Mapping[str, AlarmSettings]) -> dict[str, AlarmSettings]:
    if "alarms" not in sections:
        return {}
    settings = codec.revive(AlarmsSettings, sections["alarms"])
    found = {key: _filled(getattr(settings, key), one) for key, one in usual.items()}
    return {
        key: one
        for key, one in found.items()
        if settings.enabled and one.enabled and one.threshold is not None
    }


def _filled(given: AlarmSettings, usual: AlarmSettings) -> AlarmSettings:
    names = ("threshold", "period", "evaluation_periods")
    missing = {name: getattr(usual, name) for name in names if getattr(given, name) is None}
    return replace(given, **missing)


def _alarm(description: str, threshold: str, in_a_row: int = 1) -> Key:
    what, _, default = threshold.partition(";")
    return Key(
        "table",
        description,
        keys={
            "enabled": Key("boolean", "whether there is this alarm", "true"),
            "threshold": Key("number", what, default),
            "period": Key(
                "number", "seconds, 60 or a multiple of it; has to stand where `threshold` does", "300"
            ),
            "evaluation_periods": Key("number", "periods in a row that reach the threshold", str(in_a_row)),
        },
    )


_COUNT = "executions within a period;1"
SECTION = Section(
    "CloudWatch alarms on the executions and on what starts them, which tell the topic. Off where the section is not "
    "there; with it, all of them, save that on the duration, which has to be given.",
    {
        "enabled": Key("boolean", "whether there are alarms at all", "true, where the section stands"),
        "failed": _alarm("executions that failed", _COUNT),
        "timed_out": _alarm("executions that timed out", _COUNT),
        "aborted": _alarm("executions that somebody stopped", _COUNT),
        "throttled": _alarm(
            "state transitions that Step Functions held back", "transitions within a period;1", 3
        ),
        "duration": _alarm("how long an execution took", "seconds that the longest one takes;none"),
        "router": _alarm(
            "executions that failed of the routers of the queue and of pipelines, one alarm for each that there is",
            _COUNT,
        ),
        "dead_letters": _alarm(
            "starts that could not be delivered, one alarm for each queue that the stack makes for them: of schedules, "
            "of triggers and of the queue",
            "messages that are in the queue;1",
        ),
    },
)
