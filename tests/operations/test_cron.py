"""Expressions of EventBridge Scheduler; the good ones are those of its user guide and the EventBridge user guide."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from sfn_cfn.operations import time_zones
from sfn_cfn.operations.cron import Fault, at_faults, cron_faults, rate_faults

GOOD = [
    "0 10 * * ? *",
    "15 12 * * ? *",
    "0 18 ? * MON-FRI *",
    "0 8 1 * ? *",
    "0/15 * * * ? *",
    "0/10 * ? * MON-FRI *",
    "0/5 8-17 ? * MON-FRI *",
    "15 10 ? * 6L 2022-2023",
    "0 9 ? * 2#1 *",
    "0 9 ? * MON#1 *",
    "0 0 L * ? *",
    "0 0 3W * ? *",
    "1/10 * * * ? *",
    "0,30 6,18 1,15 JAN,JUL ? *",
    "0 6 ? JAN-MAR SUN,SAT 2030",
    "0 6 ? JUL WED *",
    "* * * * ? 1970-2199",
    "*/5 * ? * * *",
    "30 0 1 1 ? 2023",
]


def said(faults: Iterable[Fault]) -> list[str]:
    return [f"{one.words} | {one.remedy}" for one in faults]


@pytest.mark.parametrize("expression", GOOD)
def test_what_the_guide_shows_is_taken(expression: str) -> None:
    assert list(cron_faults(expression)) == []


BAD = {
    "0 6 * * *": [
        (
            "has 5 fields, not 6: minutes hours day-of-month month day-of-week year",
            "write '0 6 * * ? *'",
        ),
    ],
    "": [
        (
            "has 0 fields, not 6: minutes hours day-of-month month day-of-week year",
            "write six fields, such as '0 6 ? * MON-FRI *'",
        ),
    ],
    "0 6 * * * *": [
        (
            "needs '?' in one of day-of-month and day-of-week, and in one only",
            "write '0 6 * * ? *'",
        ),
    ],
    "0 6 ? * ? *": [
        (
            "needs '?' in one of day-of-month and day-of-week, and in one only",
            "write '0 6 * * ? *'",
        ),
    ],
    "0 6 1 * MON *": [
        (
            "needs '?' in one of day-of-month and day-of-week, and in one only",
            "make two schedules, '0 6 1 * ? *' and '0 6 ? * MON *'",
        ),
    ],
    "60 6 * * ? *": [
        (
            "has '60' as minutes: '60' is outside of 0-59",
            "write values of 0-59, such as '0', '0,30' or '*/15'",
        ),
    ],
    "0 24 * * ? *": [
        (
            "has '24' as hours: '24' is outside of 0-23",
            "write values of 0-23, such as '6', '8-17' or '*/2'",
        ),
    ],
    "0 6 0 * ? *": [
        (
            "has '0' as day-of-month: '0' is outside of 1-31",
            "write values of 1-31, such as '1', '1,15' or 'L'",
        ),
    ],
    "0 6 32 * ? *": [
        (
            "has '32' as day-of-month: '32' is outside of 1-31",
            "write values of 1-31, such as '1', '1,15' or 'L'",
        ),
    ],
    "0 6 1 13 ? *": [
        (
            "has '13' as month: '13' is outside of 1-12 or JAN-DEC",
            "write values of 1-12 or JAN-DEC, such as '1', 'JAN,JUL' or '*/3'",
        ),
    ],
    "0 6 ? * 0 *": [
        (
            "has '0' as day-of-week: '0' is outside of 1-7 or SUN-SAT",
            "write values of 1-7 or SUN-SAT, such as '2', 'MON-FRI' or '2#1'",
        ),
    ],
    "0 6 ? * 8 *": [
        (
            "has '8' as day-of-week: '8' is outside of 1-7 or SUN-SAT",
            "write values of 1-7 or SUN-SAT, such as '2', 'MON-FRI' or '2#1'",
        ),
    ],
    "0 6 ? * mon *": [
        (
            "has 'mon' as day-of-week: 'mon' is no name of it",
            "write 'MON'",
        ),
    ],
    "0 6 ? * MONDAY *": [
        (
            "has 'MONDAY' as day-of-week: 'MONDAY' is no name of it",
            "write 'MON'",
        ),
    ],
    "0 6 1 * ? 1969": [
        (
            "has '1969' as year: '1969' is outside of 1970-2199",
            "write values of 1970-2199, such as '*', '2030' or '2030-2032'",
        ),
    ],
    "0 6 1 * ? 2200": [
        (
            "has '2200' as year: '2200' is outside of 1970-2199",
            "write values of 1970-2199, such as '*', '2030' or '2030-2032'",
        ),
    ],
    "? 6 1 * ? *": [
        (
            "has '?' as minutes: '?' stands for a day only",
            "write '*' for any",
        ),
    ],
    "0 22-5 * * ? *": [
        (
            "has '22-5' as hours: the range runs backwards",
            "write '22-23,0-5'",
        ),
    ],
    "0/0 6 * * ? *": [
        (
            "has '0/0' as minutes: a step of 0 is outside of 1-59",
            "write a step of 1-59, such as '0/2'",
        ),
    ],
    "0/60 6 * * ? *": [
        (
            "has '0/60' as minutes: a step of 60 is outside of 1-59",
            "write a step of 1-59, such as '0/2'",
        ),
    ],
    "0 6 ? * 2/2 *": [
        (
            "has '2/2' as day-of-week: only , - * ? L # are wildcards here",
            "write the days, such as 'MON,WED,FRI'",
        ),
    ],
    "0 6 ? * 2#6 *": [
        (
            "has '2#6' as day-of-week: '2#6' is no day of a month",
            "write a day, '#' and its number in the month, 1 to 5, such as '3#2' for the second Tuesday",
        ),
    ],
    "0 6 ? * 3#1,6#3 *": [
        (
            "has '3#1,6#3' as day-of-week: '3#1' cannot stand in a list",
            "write '3#1' alone, in a schedule of its own",
        ),
    ],
    "0 6 LW * ? *": [
        (
            "has 'LW' as day-of-month: 'LW' is no day",
            "write 'L' for the last day of the month, or a day and 'W' for the weekday next to it, such as '15W'",
        ),
    ],
    "0 L * * ? *": [
        (
            "has 'L' as hours: only , - * / are wildcards here",
            "write values of 0-23, such as '6', '8-17' or '*/2'",
        ),
    ],
    "0 6 1,,2 * ? *": [
        (
            "has '1,,2' as day-of-month: not a value, a range or a step",
            "write values of 1-31, such as '1', '1,15' or 'L'",
        ),
    ],
    "a 6 * * ? *": [
        (
            "has 'a' as minutes: 'a' is outside of 0-59",
            "write values of 0-59, such as '0', '0,30' or '*/15'",
        ),
    ],
    "0 6 \u0661 * ? *": [
        (
            "has '\u0661' as day-of-month: not a value, a range or a step",
            "write values of 1-31, such as '1', '1,15' or 'L'",
        ),
    ],
    "0 *-5 * * ? *": [
        (
            "has '*-5' as hours: '*' begins no range",
            "write '*' for any, or a range such as '0-5'",
        ),
    ],
    "@daily": [
        (
            "has 1 field, not 6: minutes hours day-of-month month day-of-week year",
            "write '0 0 * * ? *'",
        ),
    ],
    "0 6 1 * 1": [
        (
            "has 5 fields, not 6: minutes hours day-of-month month day-of-week year",
            "write six fields, such as '0 6 ? * MON-FRI *'",
        ),
    ],
    "0 6 * * 1-5": [
        (
            "has 5 fields, not 6: minutes hours day-of-month month day-of-week year",
            "write '0 6 ? * 2-6 *'",
        ),
    ],
    "0 6 1 * *": [
        (
            "has 5 fields, not 6: minutes hours day-of-month month day-of-week year",
            "write '0 6 1 * ? *'",
        ),
    ],
    "0 0 * * 0": [
        (
            "has 5 fields, not 6: minutes hours day-of-month month day-of-week year",
            "write '0 0 ? * 1 *'",
        ),
    ],
    "0 6 * jan mon": [
        (
            "has 5 fields, not 6: minutes hours day-of-month month day-of-week year",
            "write '0 6 ? JAN MON *'",
        ),
    ],
    "@yearly": [
        (
            "has 1 field, not 6: minutes hours day-of-month month day-of-week year",
            "write '0 0 1 1 ? *'",
        ),
    ],
    "0 6 ? * LL *": [
        (
            "has 'LL' as day-of-week: 'LL' is no day",
            "write a day and 'L', such as '6L' for the last Friday of the month",
        ),
    ],
    "0 6 ? * FRI#6 *": [
        (
            "has 'FRI#6' as day-of-week: 'FRI#6' is no day of a month",
            "write a day, '#' and its number in the month, 1 to 5, such as '3#2' for the second Tuesday",
        ),
    ],
    "0 6 * JANUARY ? *": [
        (
            "has 'JANUARY' as month: 'JANUARY' is no name of it",
            "write 'JAN'",
        ),
    ],
    "0 6 1 13 MON *": [
        (
            "has '13' as month: '13' is outside of 1-12 or JAN-DEC",
            "write values of 1-12 or JAN-DEC, such as '1', 'JAN,JUL' or '*/3'",
        ),
        (
            "needs '?' in one of day-of-month and day-of-week, and in one only",
            "write '?' for the day that is not meant, such as '0 6 ? * MON-FRI *'",
        ),
    ],
}


@pytest.mark.parametrize("expression", BAD)
def test_what_the_service_refuses_is_said_in_words(expression: str) -> None:
    assert [(one.words, one.remedy) for one in cron_faults(expression)] == BAD[expression]


@pytest.mark.parametrize("expression", BAD)
def test_an_expression_that_a_remedy_has_is_taken(expression: str) -> None:
    for one in cron_faults(expression):
        for written in re.findall(r"'([^']*)'", one.remedy):
            if len(written.split()) > 1:
                assert said(cron_faults(written)) == []


def test_every_wrong_field_is_told() -> None:
    assert len(list(cron_faults("99 99 99 99 99 99"))) == 7


@pytest.mark.parametrize("rate", ["1 minute", "5 minutes", "1 hour", "12 hours", "1 day", "7 days"])
def test_rates_are_taken(rate: str) -> None:
    assert list(rate_faults(rate)) == []


NO_RATE = "is not a positive number and minutes, hours or days"
LEAST = "write '1 minute' or more, such as '12 hours' or '1 day'"


@pytest.mark.parametrize(
    ("rate", "fault"),
    [
        ("0 days", f"{NO_RATE} | {LEAST}"),
        ("1.5 days", f"{NO_RATE} | {LEAST}"),
        ("-1 days", f"{NO_RATE} | {LEAST}"),
        ("30 seconds", f"{NO_RATE} | {LEAST}"),
        ("daily", f"{NO_RATE} | {LEAST}"),
        ("1 week", f"{NO_RATE} | write '7 days'"),
        ("2 weeks", f"{NO_RATE} | write '14 days'"),
        ("5 min", f"{NO_RATE} | write '5 minutes'"),
        ("1 Hour", f"{NO_RATE} | write '1 hour'"),
        ("1 days", "has the wrong number of its unit | write '1 day'"),
        ("5 minute", "has the wrong number of its unit | write '5 minutes'"),
    ],
)
def test_other_rates_are_refused(rate: str, fault: str) -> None:
    assert said(rate_faults(rate)) == [fault]


NO_FORM = "is not a time of the form yyyy-mm-ddThh:mm:ss"
NO_TIME = "is not a time that there is"
RANGES = "write a month of 01-12, a day that it has, and a time of 00:00:00-23:59:59"


@pytest.mark.parametrize(
    ("time", "fault"),
    [
        ("2030-01-31T06:00:00Z", f"{NO_FORM} | write '2030-01-31T06:00:00', and UTC in time_zone"),
        ("2030-01-31 06:00", f"{NO_FORM} | write '2030-01-31T06:00:00'"),
        (
            "2030-01-31T06:00:00+02:00",
            f"{NO_FORM} | write a time such as '2030-01-31T06:00:00', and its time zone in 'time_zone'",
        ),
        ("2030-02-30T06:00:00", f"{NO_TIME} | write a day of 01-28"),
        ("2028-02-30T06:00:00", f"{NO_TIME} | write a day of 01-29"),
        ("2030-04-00T06:00:00", f"{NO_TIME} | write a day of 01-30"),
        ("2030-13-01T06:00:00", f"{NO_TIME} | {RANGES}"),
        ("2030-01-01T24:00:00", f"{NO_TIME} | {RANGES}"),
        ("0000-02-30T06:00:00", f"{NO_TIME} | {RANGES}"),
    ],
)
def test_one_time_is_a_date_and_a_time_without_a_zone(time: str, fault: str) -> None:
    assert said(at_faults("2030-01-31T06:00:00")) == []
    assert said(at_faults(time)) == [fault]


FORM = "write one such as 'Europe/Berlin' or 'UTC'"


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("Europe/Berln", "did you mean 'Europe/Berlin'?"),
        ("europe/berlin", "did you mean 'Europe/Berlin'?"),
        ("New York", "did you mean 'America/New_York'?"),
        ("Asia/Tokio", "did you mean 'Asia/Tokyo'?"),
        ("Mars/Base", FORM),
        ("PST", f"an abbreviation means several; {FORM}"),
        ("UTC+2", "write 'Etc/GMT-2', or the place that is meant"),
        ("-03:00", "write 'Etc/GMT+3', or the place that is meant"),
        ("UTC+15", FORM),
    ],
)
def test_a_time_zone_that_there_is_not_is_answered_with_the_nearest(zone: str, hint: str) -> None:
    assert zone not in time_zones.time_zones()
    assert time_zones.remedy(zone) == hint
