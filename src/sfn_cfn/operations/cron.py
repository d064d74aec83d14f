"""An expression of EventBridge Scheduler -> what is wrong with it, and what to write in its place.

Source: EventBridge Scheduler user guide, "Schedule types" (the fields, their values and their wildcards); the
EventBridge user guide's "Cron expressions reference" says the same of `L`, `W` and `#`. What those pages do not
say (ranges that run backwards, names in small letters) is not taken here, though Scheduler may take it.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_ITEM = re.compile(r"(?P<low>\*|[A-Za-z0-9]+)(?:-(?P<high>[A-Za-z0-9]+))?(?:/(?P<step>[0-9]+))?")
_AT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})")
_LIKE_AT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:\.[0-9]+)?(Z?)")
_RATE = re.compile(r"(?P<value>[0-9]+) (?P<unit>minute|hour|day)(?P<many>s?)")
_OTHER_RATE = re.compile(r"(?P<value>[0-9]+) ?(?P<unit>minute|min|hour|day|week)s?", re.IGNORECASE)
_MACROS = {
    "@hourly": "0 * * * ? *",
    "@daily": "0 0 * * ? *",
    "@midnight": "0 0 * * ? *",
    "@weekly": "0 0 ? * SUN *",
    "@monthly": "0 0 1 * ? *",
    "@yearly": "0 0 1 1 ? *",
    "@annually": "0 0 1 1 ? *",
}
EXAMPLE = "0 6 ? * MON-FRI *"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in words that follow the expression's name, and what to do about it."""

    words: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    wildcards: str
    examples: str
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int | None:
        """The value, by its number or its name; None where it is none."""
        if text in self.names:
            return self.names.index(text) + self.low
        # int() takes other digits than these.
        if re.fullmatch(r"[0-9]{1,4}", text) and self.low <= int(text) <= self.high:
            return int(text)
        return None

    @property
    def values(self) -> str:
        """What a value may be: `1-12 or JAN-DEC`."""
        return f"{self.low}-{self.high}" + (f" or {self.names[0]}-{self.names[-1]}" if self.names else "")

    @property
    def remedy(self) -> str:
        """What may stand in the field."""
        return f"write values of {self.values}, such as {self.examples}"


FIELDS = (
    _Field("minutes", 0, 59, ",-*/", "'0', '0,30' or '*/15'"),
    _Field("hours", 0, 23, ",-*/", "'6', '8-17' or '*/2'"),
    _Field("day-of-month", 1, 31, ",-*?/LW", "'1', '1,15' or 'L'"),
    _Field("month", 1, 12, ",-*/", "'1', 'JAN,JUL' or '*/3'", _MONTHS),
    _Field("day-of-week", 1, 7, ",-*?L#", "'2', 'MON-FRI' or '2#1'", _DAYS),
    _Field("year", 1970, 2199, ",-*/", "'*', '2030' or '2030-2032'"),
)
_DOM, _DOW = 2, 4


def cron_faults(expression: str) -> Iterator[Fault]:
    """What is wrong with the six fields of a cron expression."""
    fields = expression.split()
    if len(fields) != len(FIELDS):
        names = " ".join(field.name for field in FIELDS)
        count = f"{len(fields)} field{'' if len(fields) == 1 else 's'}"
        remedy = f"write six fields, such as '{EXAMPLE}'"
        if meant := _of_unix(fields):
            remedy = f"write '{meant}'"
        yield Fault(f"has {count}, not {len(FIELDS)}: {names}", remedy)
        return
    for field, text in zip(FIELDS, fields, strict=True):
        if fault := _field_fault(field, text):
            yield Fault(f"has '{text}' as {field.name}: {fault.words}", fault.remedy)
    if (fields[_DOM] == "?") == (fields[_DOW] == "?"):
        words = "needs '?' in one of day-of-month and day-of-week, and in one only"
        yield Fault(words, _with_one_day(fields))


def _is_good(fields: list[str]) -> bool:
    return not list(cron_faults(" ".join(fields)))


def _of_unix(fields: list[str]) -> str:
    """The expression that a macro or the five fields of Unix mean; empty where that cannot be said in one.

    Unix counts the days of the week from 0, which is Sunday, as 7 is.
    """
    if len(fields) == 1:
        return _MACROS.get(fields[0].lower(), "")
    if len(fields) != len(FIELDS) - 1 or "#" in fields[_DOW]:
        return ""
    day = re.sub(r"[0-9]+", lambda match: str(int(match[0]) % 7 + 1), fields[_DOW]).upper()
    month = [*fields[: _DOM + 1], fields[_DOM + 1].upper()]
    candidates = [[*month, "?", "*"]] if day == "*" else []
    if fields[_DOM] == "*":
        candidates.append([*month[:_DOM], "?", month[-1], day, "*"])
    return next((" ".join(one) for one in candidates if _is_good(one)), "")


def _with_one_day(fields: list[str]) -> str:
    """How to say which of the two days is meant."""
    by_month = [*fields[:_DOW], "?", *fields[_DOW + 1 :]]
    by_week = [*fields[:_DOM], "?", *fields[_DOM + 1 :]]
    if fields[_DOM] == fields[_DOW] == "?":
        by_month[_DOM] = "*"
        candidates = [by_month]
    elif fields[_DOW] == "*":
        candidates = [by_month]
    elif fields[_DOM] == "*":
        candidates = [by_week]
    else:
        candidates = [by_month, by_week]
    if not all(_is_good(one) for one in candidates):
        return f"write '?' for the day that is not meant, such as '{EXAMPLE}'"
    written = [f"'{' '.join(one)}'" for one in candidates]
    return f"write {written[0]}" if len(written) == 1 else f"make two schedules, {' and '.join(written)}"


def _field_fault(field: _Field, text: str) -> Fault | None:
    if text == "?":
        return None if "?" in field.wildcards else Fault("'?' stands for a day only", "write '*' for any")
    items = text.split(",")
    for item in items:
        special = any(mark in item for mark in "LW#?") and item not in field.names
        if special and not _has_names(field, item):
            fault = _special_fault(field, item)
            if not fault and len(items) > 1:
                fault = Fault(
                    f"'{item}' cannot stand in a list", f"write '{item}' alone, in a schedule of its own"
                )
        else:
            fault = _item_fault(field, item)
        if fault:
            return fault
    return None


def _has_names(field: _Field, item: str) -> bool:
    """Whether the letters of an item are those of names alone: `WED`, `JUL-AUG`."""
    words = re.findall(r"[A-Za-z]+", item)
    return bool(words) and "#" not in item and all(word in field.names for word in words)


def _special_fault(field: _Field, item: str) -> Fault | None:
    if field.name == "day-of-month":
        if item == "L" or (item.endswith("W") and field.number(item[:-1])):
            return None
        remedy = "write 'L' for the last day of the month, or a day and 'W' for the weekday next to it, such as '15W'"
        return Fault(f"'{item}' is no day", remedy)
    if field.name == "day-of-week":
        day, mark, which = item.partition("#")
        if mark:
            good = field.number(day) is not None and re.fullmatch("[1-5]", which) is not None
            remedy = (
                "write a day, '#' and its number in the month, 1 to 5, such as '3#2' for the second Tuesday"
            )
            return None if good else Fault(f"'{item}' is no day of a month", remedy)
        good = item == "L" or (item.endswith("L") and field.number(item[:-1]) is not None)
        remedy = "write a day and 'L', such as '6L' for the last Friday of the month"
        return None if good else Fault(f"'{item}' is no day", remedy)
    return Fault(f"only {' '.join(field.wildcards)} are wildcards here", field.remedy)


def _item_fault(field: _Field, item: str) -> Fault | None:
    match = _ITEM.fullmatch(item)
    if match is None:
        return Fault("not a value, a range or a step", field.remedy)
    low, high, step = match["low"], match["high"], match["step"]
    if step is not None and "/" not in field.wildcards:
        remedy = "write the days, such as 'MON,WED,FRI'"
        return Fault(f"only {' '.join(field.wildcards)} are wildcards here", remedy)
    if low == "*" and high is not None:
        return Fault("'*' begins no range", f"write '*' for any, or a range such as '{field.low}-{high}'")
    ends = [end for end in (low, high) if end not in (None, "*")]
    for end in ends:
        if field.number(end) is None:
            return _unknown(field, end)
    numbers = [field.number(end) or 0 for end in ends]
    if numbers != sorted(numbers):
        remedy = f"write '{low}-{_end(field, -1)},{_end(field, 0)}-{high}'"
        return Fault("the range runs backwards", remedy)
    if step is not None and not 1 <= int(step) <= field.high:
        words = f"a step of {step} is outside of 1-{field.high}"
        return Fault(words, f"write a step of 1-{field.high}, such as '{low}/2'")
    return None


def _end(field: _Field, which: int) -> str:
    """The first (0) or the last (-1) of a field's values."""
    return str((field.low, field.high)[which])


def _unknown(field: _Field, end: str) -> Fault:
    short = end[:3].upper()
    if short in field.names:
        return Fault(f"'{end}' is no name of it", f"write '{short}'")
    return Fault(f"'{end}' is outside of {field.values}", field.remedy)


def rate_faults(expression: str) -> Iterator[Fault]:
    """What is wrong with `<value> <unit>`."""
    match = _RATE.fullmatch(expression)
    if match is None or int(match["value"]) == 0:
        meant = _OTHER_RATE.fullmatch(expression)
        remedy = "write '1 minute' or more, such as '12 hours' or '1 day'"
        if meant and int(meant["value"]):
            unit = {"min": "minute", "week": "day"}.get(meant["unit"].lower(), meant["unit"].lower())
            count = int(meant["value"]) * (7 if meant["unit"].lower() == "week" else 1)
            remedy = f"write '{_counted(count, unit)}'"
        yield Fault("is not a positive number and minutes, hours or days", remedy)
    elif (int(match["value"]) == 1) == bool(match["many"]):
        remedy = f"write '{_counted(int(match['value']), match['unit'])}'"
        yield Fault("has the wrong number of its unit", remedy)


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def at_faults(expression: str) -> Iterator[Fault]:
    """What is wrong with `yyyy-mm-ddThh:mm:ss`."""
    match = _AT.fullmatch(expression)
    if match is None:
        remedy = "write a time such as '2030-01-31T06:00:00', and its time zone in 'time_zone'"
        if like := _LIKE_AT.fullmatch(expression):
            day, minute, second, zulu = like.groups()
            remedy = f"write '{day}T{minute}{second or ':00'}'{', and UTC in time_zone' if zulu else ''}"
        yield Fault("is not a time of the form yyyy-mm-ddThh:mm:ss", remedy)
        return
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    try:
        datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        remedy = "write a month of 01-12, a day that it has, and a time of 00:00:00-23:59:59"
        last = calendar.monthrange(year, month)[1] if year and 1 <= month <= 12 else 0
        if last and not 1 <= day <= last:
            remedy = f"write a day of 01-{last}"
        yield Fault("is not a time that there is", remedy)
