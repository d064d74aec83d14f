"""`[versions]`: a version of the state machine for each change, and an alias that is moved to it."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_cfn.settings_key import Key, Section

ALL_AT_ONCE, LINEAR, CANARY = "all-at-once", "linear", "canary"


@dataclass(frozen=True, slots=True)
class VersionsSettings:
    """How the alias moves to a new version: `percent` of the starts each `minutes`, until an alarm rings.

    `alarms` are keys of `[alarms]` (None: those of failed and timed out executions that are on), `alarm_names` names of
    other alarms, with `${Parameter}` in them.
    """

    enabled: bool = False
    alias: str = "live"
    deployment: str = ALL_AT_ONCE
    percent: float = 10
    minutes: float = 5
    alarms: tuple[str, ...] | None = None
    alarm_names: tuple[str, ...] = ()


SECTION = Section(
    "A version of the state machine for each change of it, and an alias that is moved to the new version at once or "
    "little by little. What starts the workflow starts the alias. An alarm that rings while it moves takes it back.",
    {
        "enabled": Key("boolean", "whether there are versions and an alias", "false"),
        "alias": Key(
            "text",
            "the alias's name",
            '"live"',
            "(?![0-9]+$)[A-Za-z0-9_-]{1,80}",
            "up to 80 letters, digits, '-' and '_', not digits alone",
        ),
        "deployment": Key(
            "text",
            "how the alias is moved: at once; by the same share after each interval; by a first share, and after one "
            "interval wholly",
            '"all-at-once"',
            choices=(ALL_AT_ONCE, LINEAR, CANARY),
        ),
        "percent": Key(
            "number", "share of the starts that the new version gets, 1 to 99; not for `all-at-once`", "10"
        ),
        "minutes": Key("number", "the interval, 1 to 2100 minutes; not for `all-at-once`", "5"),
        "alarms": Key(
            "texts",
            "alarms of `[alarms]` on executions that take the alias back, by their keys",
            '`["failed", "timed_out"]`, those of them that are on',
            "[a-z_]+",
            "a key of [alarms], such as 'failed'",
        ),
        "alarm_names": Key(
            "texts",
            "names of other alarms that do, with parameters in them",
            "[]",
            "[ -~]{1,255}",
            "ASCII text",
        ),
    },
)
