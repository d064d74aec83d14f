from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest

from sfn_cfn.load.capture import Reading, read, state_path


class Colour(str, Enum):
    RED = "red"


class Size(IntEnum):
    BIG = 3


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (OrderedDict(a=(1, 2.5, None, True)), {"a": [1, 2.5, None, True]}),
        ({3: "a", None: "b", True: "c", 2.5: "d"}, {"3": "a", "null": "b", "true": "c", "2.5": "d"}),
        ({"c": Colour.RED, Colour.RED: Size.BIG}, {"c": "red", "red": 3}),
    ],
)
def test_values_become_what_json_writes(value: Any, result: Any) -> None:
    reading = Reading()
    assert read(value, reading) == result
    assert reading.problems == []


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (float("nan"), ("the number NaN", "give a finite number")),
        (float("inf"), ("the number Infinity", "give a finite number")),
        (-float("inf"), ("the number -Infinity", "give a finite number")),
        ({2, 1}, ("a value of type 'set'", "make a sorted list of it")),
        (b"x", ("a value of type 'bytes'", "make text, a number, a list or a mapping of it")),
        (
            Decimal(1),
            ("a value of type 'decimal.Decimal'", "make text, a number, a list or a mapping of it"),
        ),
        ({(1, 2): 3}, ("a key of type 'tuple'", "")),
    ],
)
def test_what_json_does_not_have_is_found_at_its_path(value: Any, problem: tuple[str, str]) -> None:
    reading = Reading()
    read({"a": [0, value]}, reading)
    assert reading.problems == [(("a", "1"), *problem)]


def test_a_value_that_holds_itself_is_found() -> None:
    value: list[Any] = []
    value.append(value)
    reading = Reading()
    read(value, reading)
    assert [what for _, what, _ in reading.problems] == ["a value that holds itself"]


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("States/A/Parameters/x", "States/A"),
        ("States/P/Branches/0/States/B/Result", "States/P/Branches/0/States/B"),
        ("States/M/Iterator/States/I", "States/M/Iterator/States/I"),
        ("States/M/ItemProcessor/States/I/x", "States/M/ItemProcessor/States/I"),
        ("States/P/Branches/0/StartAt", "States/P"),
        ("TimeoutSeconds", ""),
    ],
)
def test_the_state_of_a_path_is_the_innermost(path: str, state: str) -> None:
    assert "/".join(state_path(tuple(path.split("/")))) == state
