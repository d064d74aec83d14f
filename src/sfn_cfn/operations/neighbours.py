"""Settings -> what other capabilities make beside the state machine: routers, and queues of what could not be started.

Who watches these, or starts one of them, knows them by their settings and their logical IDs. A capability that is
taken out makes none, whatever the settings say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.operations.capability import is_there
from sfn_cfn.sections import typed
from sfn_cfn.sections.pipelines import PipelinesSettings
from sfn_cfn.sections.queue import QueueSettings
from sfn_cfn.template.tokens import (
    PIPELINE_ROUTER,
    QUEUE_DEAD_LETTERS,
    QUEUE_ROUTER,
    SCHEDULE_DEAD_LETTERS,
    TRIGGER_DEAD_LETTERS,
)

PIPELINE_SUFFIX, QUEUE_SUFFIX = "router", "queue"
"""What part the names of the routers from the workflow's own."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A resource beside the state machine, by its logical ID.

    `name`: in names of alarms; `words`: in messages. `has_events`: it is a state machine that tells EventBridge how its
    executions end, which an Express one does not.
    """

    logical_id: str
    name: str
    words: str
    has_events: bool = False


_PIPELINES = Neighbour(PIPELINE_ROUTER, PIPELINE_SUFFIX, "the router of pipelines", True)
_QUEUE = Neighbour(QUEUE_ROUTER, QUEUE_SUFFIX, "the router of the queue")


def has_pipelines(sections: Mapping[str, Any]) -> bool:
    """Whether there is a router of pipelines."""
    return is_there("pipelines") and typed(sections, "pipelines", PipelinesSettings).enabled


def routers(sections: Mapping[str, Any]) -> tuple[Neighbour, ...]:
    """The routers, from the sections of a workflow's settings."""
    has_queue = is_there("queue") and typed(sections, "queue", QueueSettings).enabled
    return (*([_PIPELINES] if has_pipelines(sections) else []), *([_QUEUE] if has_queue else []))


def watched(sections: Mapping[str, Any], key: str) -> tuple[Neighbour, ...]:
    """What an alarm is on, by its key in `[alarms]`: `router` or `dead_letters`."""
    return routers(sections) if key == "router" else dead_letters(sections)


def alarm_suffix(key: str, one: Neighbour) -> str:
    """What the name of the alarm ends in."""
    return f"{one.name}-{'failed' if key == 'router' else 'dead-letters'}"


def dead_letters(sections: Mapping[str, Any]) -> tuple[Neighbour, ...]:
    """The queues that the stack makes for what could not be started."""
    queue = typed(sections, "queue", QueueSettings)
    found = {
        Neighbour(SCHEDULE_DEAD_LETTERS, "schedule", "schedules"): ("schedules", sections.get("schedules")),
        Neighbour(TRIGGER_DEAD_LETTERS, "trigger", "triggers"): ("triggers", sections.get("triggers")),
        Neighbour(QUEUE_DEAD_LETTERS, "queue", "the queue"): ("queue", queue.enabled and not queue.arn),
    }
    return tuple(one for one, (name, made) in found.items() if made and is_there(name))
