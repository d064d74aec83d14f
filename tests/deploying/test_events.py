"""Events as a table, their end, and the first cause of a failure."""

from __future__ import annotations

import pytest
from stubs import ARN, STACK, Refusal, answering, event, events

from sfn_cfn.deploy.events import Event, Watched, first_cause, follow, read, row


def read_all(*rows: dict) -> list[Event]:
    return [read(one) for one in rows]


def followed(*answers: tuple) -> tuple[Watched, list[str], list[float]]:
    watched, shown, pauses = Watched(STACK, ARN, "1"), [], []
    with answering(cloudformation=answers) as cloud:
        client = cloud.client("cloudformation")
        follow(client, [watched], lambda one: shown.append(one.logical_id), pauses.append)
    return watched, shown, pauses


BEFORE = event(1, STACK, "CREATE_COMPLETE")
BEGUN = event(2, STACK, "UPDATE_IN_PROGRESS")
ROLE = event(3, "Role", "UPDATE_COMPLETE")
ENDED = event(4, STACK, "UPDATE_COMPLETE")


def test_events_are_shown_once_in_order_until_the_stack_s_own_end() -> None:
    first, second = events(BEGUN, BEFORE), events(ENDED, ROLE, BEGUN, BEFORE)
    watched, shown, pauses = followed(first, second)
    assert (watched.status, shown, pauses) == ("UPDATE_COMPLETE", [STACK, "Role", STACK], [3.0])


def test_an_end_that_was_there_before_is_not_the_operation_s() -> None:
    watched, shown, _ = followed(events(BEFORE), events(ENDED, BEFORE))
    assert (watched.status, shown) == ("UPDATE_COMPLETE", [STACK])


def test_all_pages_are_read() -> None:
    _, shown, _ = followed(events(ENDED, ROLE, token="next"), events(BEGUN, BEFORE))
    assert shown == [STACK, "Role", STACK]


def test_the_cleanup_is_not_the_end() -> None:
    cleaning = event(3, STACK, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    _, shown, pauses = followed(events(cleaning, BEFORE), events(ENDED, cleaning, BEFORE))
    assert (len(shown), pauses) == (2, [3.0])


def test_a_call_that_is_one_too_many_is_made_again() -> None:
    refusal = ("describe_stack_events", Refusal("Throttling", "Rate exceeded"))
    watched, _, pauses = followed(refusal, refusal, events(ENDED, BEFORE))
    assert (watched.status, len(pauses)) == ("UPDATE_COMPLETE", 4)


def test_another_refusal_ends_it() -> None:
    with pytest.raises(Exception, match="ExpiredToken"):
        followed(("describe_stack_events", Refusal("ExpiredToken", "is expired")))


CANCELLED = "Resource creation cancelled"


def test_the_first_cause_is_no_consequence() -> None:
    found = read_all(
        event(1, STACK, "CREATE_IN_PROGRESS"),
        event(2, "Queue", "CREATE_FAILED", CANCELLED),
        event(3, "Role", "CREATE_FAILED", "the name is taken"),
        event(4, "Topic", "CREATE_FAILED", "it exists"),
        event(5, STACK, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Role, Topic]."),
    )
    cause = first_cause(found)
    assert cause
    assert (cause.logical_id, cause.reason) == ("Role", "the name is taken")


def test_without_a_resource_s_failure_the_stack_s_own_is_the_cause() -> None:
    cause = first_cause(read_all(event(1, STACK, "CREATE_FAILED", "no permission")))
    assert cause
    assert (cause.is_stack, cause.reason) == (True, "no permission")


def test_where_nothing_failed_there_is_no_cause() -> None:
    assert first_cause(read_all(ENDED)) is None


def test_a_row_has_columns() -> None:
    (one,) = read_all(event(3, "Role", "CREATE_FAILED", "the name\nis taken"))
    shown = (
        "03:04:05  CREATE_FAILED             AWS::IAM::Role                        Role  the name is taken"
    )
    assert row(one, with_stack=False) == shown
    assert row(one, with_stack=True).startswith(f"03:04:05  {STACK}      ")
