"""An expression of EventBridge Scheduler -> what is wrong with it.

Source: EventBridge Scheduler user guide, "Schedule types" (the fields, their values and their wildcards); the
EventBridge user guide's "Cron expressions reference" says the same of `L`, `W` and `#`. What those pages do not
say (ranges that run backwards, names in small letters) is not taken here, though Scheduler may take it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_ITEM = re.compile(r"(?P<low>\*|[A-Za-z0-9]+)(?:-(?P<high>[A-Za-z0-9]+))?(?:/(?P<step>[0-9]+))?")
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_RATE = re.compile(r"(?P<value>[0-9]+) (?P<unit>minute|hour|day)(?P<many>s?)")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    wildcards: str
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int | None:
        """The value, by its number or its name; None where it is none."""
        if text in self.names:
            return self.names.index(text) + self.low
        # int() takes other digits than these.
        if re.fullmatch(r"[0-9]{1,4}", text) and self.low <= int(text) <= self.high:
            return int(text)
        return None


FIELDS = (
    _Field("minutes", 0, 59, ",-*/"),
    _Field("hours", 0, 23, ",-*/"),
    _Field("day-of-month", 1, 31, ",-*?/LW"),
    _Field("month", 1, 12, ",-*/", _MONTHS),
    _Field("day-of-week", 1, 7, ",-*?L#", _DAYS),
    _Field("year", 1970, 2199, ",-*/"),
)
_DOM, _DOW = 2, 4


def cron_faults(expression: str) -> Iterator[str]:
    """What is wrong with the six fields of a cron expression, in words after its name."""
    fields = expression.split()
    if len(fields) != len(FIELDS):
        names = " ".join(field.name for field in FIELDS)
        yield f"has {len(fields)} fields, not {len(FIELDS)}: {names}"
        return
    for field, text in zip(FIELDS, fields, strict=True):
        if fault := _field_fault(field, text):
            yield f"has '{text}' as {field.name}: {fault}"
    if (fields[_DOM] == "?") == (fields[_DOW] == "?"):
        yield "needs '?' in one of day-of-month and day-of-week, and in one only"


def _field_fault(field: _Field, text: str) -> str:
    if text == "?":
        return "" if "?" in field.wildcards else "'?' stands for a day only"
    items = text.split(",")
    for item in items:
        special = any(mark in item for mark in "LW#?") and item not in field.names
        if special and not _has_names(field, item):
            fault = _special_fault(field, item)
            if not fault and len(items) > 1:
                fault = f"'{item}' cannot stand in a list"
        else:
            fault = _item_fault(field, item)
        if fault:
            return fault
    return ""


def _has_names(field: _Field, item: str) -> bool:
    """Whether the letters of an item are those of names alone: `WED`, `JUL-AUG`."""
    words = re.findall(r"[A-Za-z]+", item)
    return bool(words) and "#" not in item and all(word in field.names for word in words)


def _special_fault(field: _Field, item: str) -> str:
    if field.name == "day-of-month":
        if item == "L" or (item.endswith("W") and field.number(item[:-1])):
            return ""
        return "write 'L' for the last day of the month, or a day and 'W' such as '15W'"
    if field.name == "day-of-week":
        day, mark, which = item.partition("#")
        if mark:
            good = field.number(day) is not None and re.fullmatch("[1-5]", which) is not None
            return "" if good else "write a day, '#' and its number in the month, 1 to 5, such as '3#2'"
        good = item == "L" or (item.endswith("L") and field.number(item[:-1]) is not None)
        return "" if good else "write 'L', or a day and 'L' such as '6L'"
    return f"only {' '.join(field.wildcards)} are wildcards here"


def _item_fault(field: _Field, item: str) -> str:
    match = _ITEM.fullmatch(item)
    if match is None:
        return "not a value, a range or a step"
    low, high, step = match["low"], match["high"], match["step"]
    if step is not None and "/" not in field.wildcards:
        return f"only {' '.join(field.wildcards)} are wildcards here"
    if low == "*" and high is not None:
        return "'*' begins no range"
    ends = [end for end in (low, high) if end not in (None, "*")]
    for end in ends:
        if field.number(end) is None:
            if end.upper() in field.names:
                return f"write {end.upper()}"
            known = f" or {field.names[0]}-{field.names[-1]}" if field.names else ""
            return f"'{end}' is outside of {field.low}-{field.high}{known}"
    numbers = [field.number(end) or 0 for end in ends]
    if numbers != sorted(numbers):
        return f"the range runs backwards; write {low}-{field.high},{field.low}-{high}"
    if step is not None and not 1 <= int(step) <= field.high:
        return f"a step of {step} is outside of 1-{field.high}"
    return ""


def rate_faults(expression: str) -> Iterator[str]:
    """What is wrong with `<value> <unit>`."""
    match = _RATE.fullmatch(expression)
    if match is None or int(match["value"]) == 0:
        yield "is not a positive number and minutes, hours or days"
    elif (int(match["value"]) == 1) == bool(match["many"]):
        right = match["unit"] if int(match["value"]) == 1 else f"{match['unit']}s"
        yield f"has the wrong number of its unit: write {match['value']} {right}"


def at_faults(expression: str) -> Iterator[str]:
    """What is wrong with `yyyy-mm-ddThh:mm:ss`."""
    if not _AT.fullmatch(expression):
        yield "is not a time such as 2030-01-31T06:00:00; the time zone stands in 'time_zone'"
        return
    try:
        datetime.datetime.fromisoformat(expression)
    except ValueError:
        yield "is not a time that there is"
