"""`[metrics.<Name>]`."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_cfn.settings_key import Key, Section

NAME = "[A-Za-z][A-Za-z0-9]{0,39}"
PATH = r"\$(\.[A-Za-z0-9_-]+|\['[^'\\\]]+'\]|\[[0-9]+\])+"
"""A reference path with at least one step."""


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """A value that a state's output has: by its name among a training job's final metrics, or by a path.

    `namespace` may hold `${Parameter}`. `below` and `above` are limits for an alarm over `period` seconds.
    """

    state: str = ""
    metric: str = ""
    path: str = ""
    namespace: str = "${PipelineName}"
    unit: str = "None"
    below: float | None = None
    above: float | None = None
    period: float | None = None


LIMITS = ("below", "above")


def limits_of(one: MetricSettings) -> tuple[str, ...]:
    """The keys of its limits, each of which has an alarm."""
    return tuple(key for key in LIMITS if getattr(one, key) is not None)


def suffix(name: str, key: str) -> str:
    """What the name of the alarm on a limit ends in."""
    return f"{name}-{key}"


UNITS = ("None", "Percent", "Count", "Seconds", "Milliseconds", "Bytes", "Megabytes", "Gigabytes")

SECTION = Section(
    "A number that a state has in its output, published to CloudWatch after the state, with the state machine as "
    "dimension `StateMachineArn`. Publishing never lets an execution fail.",
    {
        "state": Key("text", "the state's name", pattern=".+", form="a state's name"),
        "metric": Key(
            "text",
            "name of a metric of the training job that the state waits for, as in `FinalMetricDataList`",
            pattern=r"[^'\\]+",
            form="a metric's name, without quotes and backslashes",
        ),
        "path": Key(
            "text",
            "path of the number in the state's output, in place of `metric`",
            pattern=PATH,
            form="a path such as $.Evaluation.accuracy",
        ),
        "namespace": Key(
            "text",
            "the namespace, with parameters in it",
            '"${PipelineName}"',
            r"(?!AWS/)(?!:)([A-Za-z0-9._#:/-]|\$\{[A-Za-z0-9:]+\})+",
            "letters, digits and ._-/#:, with parameters, and not one of AWS's own",
        ),
        "unit": Key("text", "the unit", '"None"', choices=UNITS),
        "below": Key("number", "an alarm where the value is less"),
        "above": Key("number", "an alarm where the value is greater"),
        "period": Key(
            "number",
            "seconds that the alarm looks at, 60 or a multiple of it; has to stand where a limit does",
        ),
    },
    NAME,
    "Name",
    form="a letter, then up to 39 letters and digits",
)
