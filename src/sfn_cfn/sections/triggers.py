"""`[triggers.<trigger>]`: what events start a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_cfn import codec
from sfn_cfn.sections.pipelines import STARTED
from sfn_cfn.sections.schedules import NAME, NAME_FORM
from sfn_cfn.settings_key import Key, Section
from sfn_cfn.template.tokens import DATA_BUCKET


@dataclass(frozen=True, slots=True)
class TriggerSettings:
    """One trigger. What is read depends on `kind`: `s3`, `event` or `workflow`.

    Texts may hold `${Parameter}`, those of `input` also placeholders for parts of the event. Sizes are
    in bytes.
    """

    kind: str = ""
    bucket: str = ""
    prefix: str = ""
    suffix: str = ""
    min_size: float | None = None
    max_size: float | None = None
    pattern: Mapping[str, Any] = field(default_factory=dict)
    event_bus: str = ""
    workflow: str = ""
    state_machine: str = ""
    description: str = ""
    enabled: bool = True
    retry_attempts: float = 10
    retry_seconds: float = 3600
    pipeline: str = ""
    input: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_own_bucket(self) -> bool:
        """Whether its bucket is that for the workflow's data."""
        return self.bucket in ("", f"${{{DATA_BUCKET.name}}}")


def triggers(sections: Mapping[str, Any]) -> dict[str, TriggerSettings]:
    """The triggers of a workflow's settings, by name."""
    given = sections.get("triggers", {})
    return {name: codec.revive(TriggerSettings, one) for name, one in given.items()}


_ASCII = ("[ -~]*", "ASCII text")

SECTION = Section(
    "Events that start the workflow; mostly one workflow's, `[workflows.<name>.triggers.<trigger>]`.",
    {
        "kind": Key(
            "text",
            "`s3`: an object is made in a bucket; `workflow`: another state machine succeeds; `event`: any event of "
            "EventBridge",
            "has to be given",
            choices=("s3", "workflow", "event"),
        ),
        "bucket": Key(
            "text",
            "of `s3`: the bucket's name, with parameters in it; empty: the bucket for the workflow's data",
            '""',
            r"([a-z0-9.-]|\$\{[A-Za-z0-9:]+\})*",
            "a bucket's name, with parameters such as '${AWS::Region}' in it",
        ),
        "prefix": Key("text", "of `s3`: what the object's key begins with", '""', *_ASCII),
        "suffix": Key("text", "of `s3`: what the object's key ends with", '""', *_ASCII),
        "min_size": Key("number", "of `s3`: the object's least size in bytes", "none"),
        "max_size": Key("number", "of `s3`: the object's greatest size in bytes", "none"),
        "workflow": Key(
            "text",
            "of `workflow`: another workflow of the project, by its name",
            pattern="[0-9A-Za-z_-]{1,80}",
            form="letters, digits, '-' and '_'",
        ),
        "state_machine": Key(
            "text", "of `workflow`: any state machine, by its name or ARN, with parameters", '""', *_ASCII
        ),
        "pattern": Key("values", "of `event`: the pattern of the events, as EventBridge takes it", "{}"),
        "event_bus": Key("text", "of `event`: name or ARN of the event bus", "the default one", *_ASCII),
        "description": Key(
            "text", "shown by the service", '""', "[ -~]{0,512}", "ASCII text of at most 512 characters"
        ),
        "enabled": Key(
            "boolean", "the default of the template parameter that switches it on and off", "true"
        ),
        "retry_attempts": Key("number", "how often a start that fails is tried again, up to 185", "10"),
        "retry_seconds": Key("number", "for how long it is tried again, 60 to 86400 seconds", "3600"),
        "pipeline": STARTED,
        "input": Key(
            "values",
            "the execution's input, with parameters and parts of the event in its texts: `<bucket>`, `<key>`, "
            "`<size>` of `s3`, `<execution>` of `workflow`, or a path such as `<$.detail.object.key>`; what others "
            "write stands alone, not within a longer text",
            "{}",
        ),
    },
    NAME,
    "trigger",
    form=NAME_FORM,
)
