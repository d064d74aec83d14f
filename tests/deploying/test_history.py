"""Events of a history as lines."""

from __future__ import annotations

import json
from typing import Any

from executions import (
    EXECUTION,
    FAILED_TRAINING,
    TRAINING,
    Row,
    broken,
    call,
    ended,
    entered,
    exited,
    history,
)

from sfn_cfn.deploy import history as reading
from sfn_cfn.deploy.history import Event, lines

CALLS = {"Train": TRAINING, "Score": "lambda:invoke"}


def shown(*rows: Row, after: int = 0, seconds: int = 10) -> list[str]:
    return list(lines(history(*rows, seconds=seconds), CALLS, after))


def test_a_task_is_shown_from_its_call_to_its_end() -> None:
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:training-job/job-1"
    found = shown(
        ("ExecutionStarted", 0),
        entered("Task", "Train", 0),
        call(TRAINING, 2),
        ("TaskStarted", 3),
        ("TaskSubmitted", 4, {"output": json.dumps({"SdkHttpMetadata": {}, "TrainingJobArn": arn})}),
        ("TaskSucceeded", 5),
        exited("Task", "Train", 6),
        ("ExecutionSucceeded", 7),
        seconds=60,
    )
    assert found == [
        "10:16:00  Train: started (sagemaker:createTrainingJob.sync)",
        f"10:19:00  Train: runs {arn}",
        "10:21:00  Train: ended after 5 min 0 s",
    ]


def test_only_what_is_new_is_shown() -> None:
    assert list(lines(FAILED_TRAINING, CALLS, 5)) == ["10:15:50  Train: failed: States.TaskFailed"]


def test_states_that_do_nothing_are_passed() -> None:
    rows = [
        (f"{kind}State{step}", number, {"name": kind})
        for number, (kind, step) in enumerate(
            (kind, step) for kind in ("Pass", "Choice", "Wait", "Succeed") for step in ("Entered", "Exited")
        )
    ]
    assert shown(*rows) == [
        "10:15:10  Pass: passed",
        "10:15:30  Choice: passed",
        "10:15:40  Wait: started",
        "10:15:50  Wait: ended after 10 s",
        "10:16:10  Succeed: passed",
    ]


def test_a_call_that_is_tried_again_is_counted() -> None:
    assert shown(
        entered("Task", "Score", 0),
        call("lambda:invoke", 1),
        broken("lambda:invoke", 2, "Lambda.TooManyRequestsException", "later"),
        call("lambda:invoke", 3),
        ("TaskTimedOut", 4, {"resourceType": "lambda", "resource": "invoke"}),
        call("lambda:invoke", 5),
        ("TaskSucceeded", 6),
        exited("Task", "Score", 7),
    ) == [
        "10:15:00  Score: started (lambda:invoke)",
        "10:15:20  Score: failed: Lambda.TooManyRequestsException",
        "10:15:30  Score: tried again (attempt 2)",
        "10:15:40  Score: failed: States.Timeout",
        "10:15:50  Score: tried again (attempt 3)",
        "10:16:10  Score: ended after 1 min 10 s",
    ]


EACH: list[Row] = [
    entered("Map", "Each", 0),
    ("MapStateStarted", 1, {"length": 2}),
    ("MapIterationStarted", 2, {"name": "Each", "index": 0}),
    entered("Task", "Score", 3),
    ("MapIterationStarted", 2, {"name": "Each", "index": 1}),
    entered("Task", "Score", 5),
    exited("Task", "Score", 4),
    ("MapIterationSucceeded", 7, {"name": "Each", "index": 0}),
    exited("Task", "Score", 6),
    ("MapIterationSucceeded", 9, {"name": "Each", "index": 1}),
    ("MapStateSucceeded", 10),
    exited("Map", "Each", 11),
    entered("Pass", "After", 12),
    exited("Pass", "After", 13),
]


def test_the_items_of_a_map_are_told_apart() -> None:
    assert shown(*EACH) == [
        "10:15:00  Each: started",
        "10:15:10  Each: 2 items",
        "10:15:30  Each[0] / Score: started (lambda:invoke)",
        "10:15:50  Each[1] / Score: started (lambda:invoke)",
        "10:16:00  Each[0] / Score: ended after 30 s",
        "10:16:20  Each[1] / Score: ended after 30 s",
        "10:16:50  Each: ended after 1 min 50 s",
        "10:17:10  After: passed",
    ]


def test_a_map_in_a_map_is_left_level_by_level() -> None:
    assert shown(
        entered("Map", "Outer", 0),
        ("MapStateStarted", 1, {"length": 1}),
        ("MapIterationStarted", 2, {"name": "Outer", "index": 0}),
        entered("Map", "Inner", 3),
        ("MapStateStarted", 4, {"length": 1}),
        ("MapIterationStarted", 5, {"name": "Inner", "index": 0}),
        entered("Wait", "Pause", 6),
        exited("Wait", "Pause", 7),
        ("MapIterationSucceeded", 8, {"name": "Inner", "index": 0}),
        ("MapStateSucceeded", 9),
        exited("Map", "Inner", 10),
        entered("Wait", "Rest", 11),
    )[4:] == [
        "10:16:00  Outer[0] / Inner[0] / Pause: started",
        "10:16:10  Outer[0] / Inner[0] / Pause: ended after 10 s",
        "10:16:40  Outer[0] / Inner: ended after 1 min 10 s",
        "10:16:50  Outer[0] / Rest: started",
    ]


def test_a_map_without_items_is_left_too() -> None:
    assert shown(
        entered("Map", "Each", 0),
        ("MapStateStarted", 1, {"length": 0}),
        ("MapStateSucceeded", 2),
        exited("Map", "Each", 3),
        entered("Wait", "Rest", 4),
    ) == [
        "10:15:00  Each: started",
        "10:15:10  Each: 0 items",
        "10:15:30  Each: ended after 30 s",
        "10:15:40  Rest: started",
    ]


def test_a_map_that_is_tried_again_begins_at_its_own_level() -> None:
    found = shown(
        *EACH[:4],
        broken("lambda:invoke", 4, "Oops", "x"),
        ("MapIterationFailed", 5, {"name": "Each", "index": 0}),
        ("MapStateFailed", 5),
        ("MapStateStarted", 7, {"length": 2}),
        ("MapIterationStarted", 8, {"name": "Each", "index": 0}),
        entered("Wait", "Rest", 9),
    )
    assert found[3:] == [
        "10:15:40  Each[0] / Score: failed: Oops",
        "10:16:10  Each: 2 items",
        "10:16:30  Each[0] / Rest: started",
    ]


def test_many_items_are_counted_and_only_failures_shown() -> None:
    rows: list[Row] = [entered("Map", "Each", 0), ("MapStateStarted", 1, {"length": 40})]
    for index in range(40):
        rows.append(("MapIterationStarted", 2, {"name": "Each", "index": index}))
        rows.append(entered("Task", "Score", len(rows)))
        if index == 5:
            rows.append(broken("lambda:invoke", len(rows), "Oops", "x"))
        rows.append(exited("Task", "Score", len(rows)))
        rows.append(("MapIterationSucceeded", len(rows), {"name": "Each", "index": index}))
    found = [line[10:] for line in shown(*rows, seconds=0)]
    assert found == [
        "Each: started",
        "Each: 40 items",
        "Each: 4 of 40 items done",
        "Each[5] / Score: failed: Oops",
        *(f"Each: {count} of 40 items done" for count in range(8, 41, 4)),
    ]


def test_branches_of_a_parallel_state_have_plain_names() -> None:
    assert shown(
        entered("Parallel", "Both", 0),
        ("ParallelStateStarted", 1),
        entered("Wait", "Left", 2),
        entered("Wait", "Right", 2),
        exited("Wait", "Left", 3),
        exited("Wait", "Right", 4),
        ("ParallelStateSucceeded", 6),
        exited("Parallel", "Both", 7),
    ) == [
        "10:15:00  Both: started",
        "10:15:20  Left: started",
        "10:15:30  Right: started",
        "10:15:40  Left: ended after 20 s",
        "10:15:50  Right: ended after 20 s",
        "10:16:10  Both: ended after 1 min 10 s",
    ]


def test_executions_and_map_runs_that_a_state_starts_are_named() -> None:
    run = "arn:aws:states:eu-west-1:123456789012:mapRun:fraud/Each:abc"
    assert shown(
        entered("Task", "Nested", 0),
        ("TaskSubmitted", 1, {"output": json.dumps({"ExecutionArn": EXECUTION, "StartDate": 1})}),
        entered("Map", "Each", 2),
        ("MapRunStarted", 3, {"mapRunArn": run}),
    )[1::2] == [f"10:15:10  Nested: runs {EXECUTION}", f"10:15:30  Each: runs {run}"]


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert shown(entered("Wait", "a\x1b[31m\nb", 0)) == ["10:15:00  a [31m b: started"]


def test_an_answer_that_is_cut_off_is_no_job() -> None:
    assert shown(entered("Wait", "A", 0), ("TaskSubmitted", 1, {"output": '{"TrainingJobArn": "arn'})) == [
        "10:15:00  A: started"
    ]


def test_a_failure_has_no_line_of_its_own_at_the_end() -> None:
    assert shown(entered("Fail", "No", 0), ended(1, "E", "c")) == ["10:15:00  No: started"]


def test_durations_are_in_two_units() -> None:
    def spans(seconds: int) -> str:
        events: list[Any] = history(("ExecutionStarted", 0), ("ExecutionSucceeded", 1), seconds=seconds)
        typed: list[Event] = events
        return reading.took(typed)

    assert [spans(value) for value in (0, 59, 60, 3599, 3600, 90000)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "59 min 59 s",
        "1 h 0 min",
        "25 h 0 min",
    ]
