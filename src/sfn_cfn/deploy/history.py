"""Events of an execution's history -> where each of them happened, and lines for a person.

Source: Step Functions API reference, HistoryEvent. An event names its state only where the state is entered
or left; the others belong to a state by the chain of `previousEventId`, in which each item of a Map has its
own branch.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

Event = Mapping[str, Any]
"""As boto3 gives it: `id`, `previousEventId`, `timestamp` (aware), `type`, and details by type."""

ENDS = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")
BROKEN = ("Failed", "TimedOut")
_MANY = 20
"""Items of a Map beyond which each state of each item is no longer a line."""


@dataclass(frozen=True, slots=True)
class Place:
    """The state that an event belongs to.

    `entered` is the event that entered it, `began` its time. `items` are the items of Map states that it is
    in: the Map's name, the item's index, how many there are. `attempt` counts the calls of a task.
    """

    state: str = ""
    type: str = ""
    entered: int = 0
    began: datetime | None = None
    items: tuple[tuple[str, int, int], ...] = ()
    attempt: int = 0

    @property
    def shown(self) -> str:
        """`Label each[3] / Start`: the state, in the items of Map states that it is in."""
        return " / ".join([*(f"{name}[{index}]" for name, index, _ in self.items), self.state])


def details(event: Event) -> Mapping[str, Any]:
    """What is particular to the event's type."""
    kind = str(event["type"])
    if kind.endswith("StateEntered"):
        key = "stateEnteredEventDetails"
    elif kind.endswith("StateExited"):
        key = "stateExitedEventDetails"
    else:
        key = f"{kind[0].lower()}{kind[1:]}EventDetails"
    found = event.get(key)
    return found if isinstance(found, Mapping) else {}


def places(events: Sequence[Event]) -> dict[int, Place]:
    """The state that each event belongs to, by the event's number."""
    found: dict[int, Place] = {}
    kinds: dict[int, str] = {}
    entered: dict[tuple[str, tuple[tuple[str, int, int], ...]], Place] = {}
    lengths: dict[int, int] = {}
    attempts: Counter[int] = Counter()
    for event in events:
        number, kind, detail = event["id"], event["type"], details(event)
        before = found.get(event.get("previousEventId", 0), Place())
        inside = kinds.get(event.get("previousEventId", 0), "")
        place = before
        if kind.endswith("StateEntered"):
            place = Place(
                detail["name"], kind.removesuffix("StateEntered"), number, event["timestamp"], before.items
            )
            entered[place.state, place.items] = place
        elif kind.endswith("StateExited"):
            items = _outside(before.items, detail["name"])
            place = entered.get((detail["name"], items), replace(before, items=items))
        elif kind.startswith("MapIteration"):
            name, items = detail["name"], _outside(before.items, detail["name"])
            of = entered.get((name, items), before)
            place = replace(of, items=(*items, (name, detail["index"], lengths.get(of.entered, 0))))
        elif kind.startswith("MapState") and before.items and not inside.startswith(("MapState", "MapRun")):
            name, items = before.items[-1][0], before.items[:-1]
            place = entered.get((name, items), replace(before, items=items))
        if kind == "MapStateStarted":
            lengths[place.entered] = detail.get("length", 0)
        if kind.endswith("Scheduled"):
            attempts[place.entered] += 1
        found[number] = replace(place, attempt=attempts[place.entered])
        kinds[number] = kind
    return found


def _outside(items: tuple[tuple[str, int, int], ...], name: str) -> tuple[tuple[str, int, int], ...]:
    """The items without those of the Map state `name` and of what is in it."""
    for index, (one, _, _) in enumerate(items):
        if one == name:
            return items[:index]
    return items


def lines(events: Sequence[Event], calls: Mapping[str, str] | None = None, after: int = 0) -> Iterator[str]:
    """A line for each event of interest behind the event `after`.

    `events` are all from the first. `calls` is what each state calls, for tasks.
    """
    where = places(events)
    done: Counter[tuple[Any, ...]] = Counter()
    for event in events:
        place = where[event["id"]]
        text = _text(event, place, calls or {})
        if event["type"] == "MapIterationSucceeded" and place.items:
            text = _progress(place, done)
            place = replace(place, items=place.items[:-1])
        if text and event["id"] > after:
            shown = f"{place.shown}: {text}" if place.state else text
            yield plain(f"{event['timestamp']:%H:%M:%S}  {shown}")


def _progress(place: Place, done: Counter[tuple[Any, ...]]) -> str:
    """Every tenth part of a Map with many items."""
    _, _, length = place.items[-1]
    key = (place.entered, place.items[:-1])
    done[key] += 1
    if length <= _MANY or done[key] % math.ceil(length / 10):
        return ""
    return f"{done[key]} of {length} items done"


def _text(event: Event, place: Place, calls: Mapping[str, str]) -> str:
    kind, detail = event["type"], details(event)
    many = any(length > _MANY for _, _, length in place.items)
    if kind.endswith(BROKEN):
        return _broken(event)
    if many:
        return ""
    if kind.endswith("StateEntered"):
        call = f" ({calls[place.state]})" if calls.get(place.state) else ""
        return "" if place.type in ("Pass", "Choice", "Succeed") else f"started{call}"
    if kind.endswith("StateExited"):
        quick = place.type in ("Pass", "Choice", "Succeed") or place.began is None
        return "passed" if quick else f"ended after {duration(place, event)}"
    if kind.endswith("Scheduled") and place.attempt > 1:
        return f"tried again (attempt {place.attempt})"
    if kind == "TaskSubmitted" and (made := _made(detail)):
        return f"runs {made}"
    if kind == "MapRunStarted":
        return f"runs {detail.get('mapRunArn', '')}"
    if kind == "MapStateStarted":
        return f"{detail.get('length', 0)} items"
    return ""


def _broken(event: Event) -> str:
    kind, detail = event["type"], details(event)
    if kind.startswith("Execution") or not (detail.get("error") or kind.endswith("TimedOut")):
        return ""
    return f"failed: {detail.get('error') or 'States.Timeout'}"


def _made(detail: Mapping[str, Any]) -> str:
    """The ARN or number of what a task began, from the answer of the call."""
    answer = decoded(detail.get("output", ""))
    for key in ("ExecutionArn", "JobRunId", "JobId"):
        if isinstance(answer.get(key), str):
            return str(answer[key])
    return next((str(item) for key, item in answer.items() if key.endswith("Arn")), "")


def decoded(text: Any) -> Mapping[str, Any]:
    """The JSON object that a text is; empty where it is none (texts over 256 KiB are cut off)."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def duration(place: Place, event: Event) -> str:
    """From the state's beginning to the event: `12 s`, `5 min 13 s`, `2 h 4 min`."""
    return _seconds((event["timestamp"] - place.began).total_seconds() if place.began else 0.0)


def took(events: Sequence[Event]) -> str:
    """From the first event to the last."""
    return _seconds((events[-1]["timestamp"] - events[0]["timestamp"]).total_seconds())


def _seconds(value: float) -> str:
    total = round(value)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60} s"
    return f"{total // 3600} h {total % 3600 // 60} min"


def plain(text: str) -> str:
    """One line, without characters that drive a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
