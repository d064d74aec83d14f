"""The name of a time zone -> whether there is one of that name, and which was meant.

Source: EventBridge Scheduler user guide, "Schedule types", section "Time zones on EventBridge Scheduler": the names
are those of the IANA database. There, `Etc/GMT-2` is two hours before UTC, which people write `UTC+2`.
"""

from __future__ import annotations

import difflib
import functools
import re
import zoneinfo

_NO_ZONES = frozenset({"localtime", "Factory", "posixrules"})
_OFFSET = re.compile(r"(?:UTC|GMT)? ?([+-])0?([0-9]{1,2})(?::?00)?")
_FORM = "write one such as 'Europe/Berlin' or 'UTC'"


@functools.cache
def time_zones() -> frozenset[str]:
    """The names of the IANA database, of the system's or of the package `tzdata`."""
    return frozenset(zoneinfo.available_timezones() - _NO_ZONES)


def remedy(name: str) -> str:
    """What to write in place of a name that is none."""
    known = sorted(time_zones())
    by_letters = {one.lower(): one for one in known}
    if offset := _OFFSET.fullmatch(name):
        other = f"Etc/GMT{'-' if offset[1] == '+' else '+'}{int(offset[2])}"
        return f"write '{other}', or the place that is meant" if other in known else _FORM
    if re.fullmatch("[A-Z]{2,5}", name):
        return f"an abbreviation means several; {_FORM}"
    wanted = name.lower().replace(" ", "_")
    places = [one for one in known if one.lower().rpartition("/")[2] == wanted]
    if exact := by_letters.get(wanted):
        return f"did you mean '{exact}'?"
    # An older name, such as `US/Eastern`, has fewer letters in common with any other.
    close = places or [by_letters[one] for one in difflib.get_close_matches(wanted, by_letters, 1)]
    return f"did you mean '{close[0]}'?" if close else _FORM
