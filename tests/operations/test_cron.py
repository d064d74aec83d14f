"""Expressions of EventBridge Scheduler; the good ones are those of its user guide and the EventBridge user guide."""

from __future__ import annotations

import pytest

from sfn_cfn.operations.cron import at_faults, cron_faults, rate_faults

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
DAYS = "needs '?' in one of day-of-month and day-of-week, and in one only"


@pytest.mark.parametrize("expression", GOOD)
def test_what_the_guide_shows_is_taken(expression: str) -> None:
    assert list(cron_faults(expression)) == []


BAD = {
    "0 6 * * *": "has 5 fields, not 6: minutes hours day-of-month month day-of-week year",
    "": "has 0 fields, not 6: minutes hours day-of-month month day-of-week year",
    "0 6 * * * *": DAYS,
    "0 6 ? * ? *": DAYS,
    "0 6 1 * MON *": DAYS,
    "60 6 * * ? *": "has '60' as minutes: '60' is outside of 0-59",
    "0 24 * * ? *": "has '24' as hours: '24' is outside of 0-23",
    "0 6 0 * ? *": "has '0' as day-of-month: '0' is outside of 1-31",
    "0 6 32 * ? *": "has '32' as day-of-month: '32' is outside of 1-31",
    "0 6 1 13 ? *": "has '13' as month: '13' is outside of 1-12 or JAN-DEC",
    "0 6 ? * 0 *": "has '0' as day-of-week: '0' is outside of 1-7 or SUN-SAT",
    "0 6 ? * 8 *": "has '8' as day-of-week: '8' is outside of 1-7 or SUN-SAT",
    "0 6 ? * mon *": "has 'mon' as day-of-week: write MON",
    "0 6 ? * MONDAY *": "has 'MONDAY' as day-of-week: 'MONDAY' is outside of 1-7 or SUN-SAT",
    "0 6 1 * ? 1969": "has '1969' as year: '1969' is outside of 1970-2199",
    "0 6 1 * ? 2200": "has '2200' as year: '2200' is outside of 1970-2199",
    "? 6 1 * ? *": "has '?' as minutes: '?' stands for a day only",
    "0 22-5 * * ? *": "has '22-5' as hours: the range runs backwards; write 22-23,0-5",
    "0/0 6 * * ? *": "has '0/0' as minutes: a step of 0 is outside of 1-59",
    "0/60 6 * * ? *": "has '0/60' as minutes: a step of 60 is outside of 1-59",
    "0 6 ? * 2/2 *": "has '2/2' as day-of-week: only , - * ? L # are wildcards here",
    "0 6 ? * 2#6 *": "has '2#6' as day-of-week: write a day, '#' and its number in the month, 1 to 5, such as '3#2'",
    "0 6 ? * 3#1,6#3 *": "has '3#1,6#3' as day-of-week: '3#1' cannot stand in a list",
    "0 6 LW * ? *": "has 'LW' as day-of-month: "
    "write 'L' for the last day of the month, or a day and 'W' such as '15W'",
    "0 L * * ? *": "has 'L' as hours: only , - * / are wildcards here",
    "0 6 1,,2 * ? *": "has '1,,2' as day-of-month: not a value, a range or a step",
    "a 6 * * ? *": "has 'a' as minutes: 'a' is outside of 0-59",
    "0 6 \u0661 * ? *": "has '\u0661' as day-of-month: not a value, a range or a step",
    "0 *-5 * * ? *": "has '*-5' as hours: '*' begins no range",
    "@daily": "has 1 fields, not 6: minutes hours day-of-month month day-of-week year",
}


@pytest.mark.parametrize("expression", BAD)
def test_what_the_service_refuses_is_said_in_words(expression: str) -> None:
    assert list(cron_faults(expression)) == [BAD[expression]]


def test_every_wrong_field_is_told() -> None:
    assert len(list(cron_faults("99 99 99 99 99 99"))) == 7


@pytest.mark.parametrize("rate", ["1 minute", "5 minutes", "1 hour", "12 hours", "1 day", "7 days"])
def test_rates_are_taken(rate: str) -> None:
    assert list(rate_faults(rate)) == []


@pytest.mark.parametrize(
    ("rate", "fault"),
    [
        ("0 days", "is not a positive number and minutes, hours or days"),
        ("1.5 days", "is not a positive number and minutes, hours or days"),
        ("-1 days", "is not a positive number and minutes, hours or days"),
        ("1 week", "is not a positive number and minutes, hours or days"),
        ("30 seconds", "is not a positive number and minutes, hours or days"),
        ("1 days", "has the wrong number of its unit: write 1 day"),
        ("5 minute", "has the wrong number of its unit: write 5 minutes"),
    ],
)
def test_other_rates_are_refused(rate: str, fault: str) -> None:
    assert list(rate_faults(rate)) == [fault]


def test_one_time_is_a_date_and_a_time_without_a_zone() -> None:
    form = "is not a time such as 2030-01-31T06:00:00; the time zone stands in 'time_zone'"
    assert list(at_faults("2030-01-31T06:00:00")) == []
    assert list(at_faults("2030-01-31T06:00:00Z")) == [form]
    assert list(at_faults("2030-01-31 06:00")) == [form]
    assert list(at_faults("2030-02-30T06:00:00")) == ["is not a time that there is"]
