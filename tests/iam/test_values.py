"""What is known of a task's parameters before the execution: literals, tokens, prefixes, requirements."""

from __future__ import annotations

from typing import Any

import pytest

from iam.building import tokens
from sfn_cfn.iam.values import UNKNOWN, Value, holds, parameters, values
from sfn_cfn.model import Text, Token


def known(expression: str) -> str:
    """The text of a JSONata leaf, with `*` for what the execution fills in and `${Name}` for a token."""
    (found,) = values({"Field": tokens(expression)}, "Field")
    return "".join(
        piece if isinstance(piece, str) else "*" if piece == Token("*") else f"${{{piece.name}}}"
        for piece in (found.text.pieces if isinstance(found.text, Text) else (found.text,))
    )


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("{% 's3://bucket/' & $x %}", "s3://bucket/*"),
        ("{% 's3://bucket/' & $states.input.run & '/out' %}", "s3://bucket/*/out"),
        ('{% "jobs/" & $x %}', "jobs/*"),
        ("{% $x & '-suffix' %}", "*-suffix"),
        ("  {%'a'&$x&$y&'b'%} ", "a*b"),
        ("{% 'a' & $string($x + 1) & 'b' %}", "a*b"),
        ("{% 'a' & $f('&', ')')[0].b & 'c' %}", "a*c"),
        ("{% 'a' & ($x ? 'b' : 'c') %}", "a*"),
        ("{% 'a' & 7 %}", "a*"),
        ("{% 's3://${Bucket}/in/' & $x %}", "s3://${Bucket}/in/*"),
        ("{% 'run-' & ${Number} %}", "run-*"),
    ],
)
def test_a_concatenation_is_known_by_its_literal_pieces(expression: str, text: str) -> None:
    assert known(expression) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [("{% 'score' %}", "score"), ('{% "sc\\u006fre\\t" %}', "score\t"), ("{% 'a' & 'b' %}", "ab")],
)
def test_an_expression_of_literals_is_known_whole(expression: str, text: str) -> None:
    assert known(expression) == text


@pytest.mark.parametrize(
    "expression",
    [
        "{% $x %}",
        "{% $x ? 'a' : 'b' %}",
        "{% 'a' & $x ? 'b' : 'c' %}",
        "{% 'a' & $x = 'b' %}",
        "{% 'a' & $x in ['b'] %}",
        "{% 'a' & $x[0]in['b'] %}",
        "{% 'a' & $x ~> $uppercase %}",
        "{% 'a' & $x + 1 %}",
        "{% $y := 'a' & $x %}",
        "{% 'a' & $replace($x, /'/, '') & 'b' %}",
        "{% 'a' /* ' */ & $x & 'b' %}",
        "{% 'a' & `b'c` & 'd' %}",
        "{% 'a'[0] & $x %}",
        "{% ('a' & $x) %}",
        "{% 'a' & ($x %}",
        "{% 'a' & $x) %}",
        "{% 'a & $x %}",
        "{% 'it\\'s' & $x %}",
        "{% $f('a') %}",
        "{% 'a' & %}",
        "{%  %}",
        "{% 'a'",
    ],
)
def test_any_other_expression_is_known_at_run_time_only(expression: str) -> None:
    (found,) = values({"Field": expression}, "Field")
    assert found == Value(UNKNOWN, expression)


def test_the_arguments_of_a_jsonata_state_may_be_one_expression() -> None:
    expression = "{% $merge([$states.input, {'a': 'b'}]) %}"
    assert parameters({"Arguments": expression}) == Value(UNKNOWN, expression)


@pytest.mark.parametrize(
    ("given", "requirement", "may", "surely"),
    [
        ({"A": "x"}, "A", True, True),
        ({}, "A", False, False),
        ({"A": 1}, "A", True, True),
        ({"A": "select 1"}, "A~(?i)select", True, True),
        ({"A": "drop"}, "A~(?i)select", False, False),
        ({"A.$": "$.a"}, "A~(?i)select", True, False),
        ({"A.$": "States.Format('select {}', $.a)"}, "A~(?i)select", True, True),
        ({"A": "{% 'select ' & $x %}"}, "A~(?i)select", True, True),
        ({"A": {"B": "x"}}, "A~x", False, False),
        (Value(UNKNOWN, "$"), "A~x", True, False),
    ],
)
def test_a_requirement_may_be_met_or_surely_is(given: Any, requirement: str, may: bool, surely: bool) -> None:
    assert holds(given, requirement) is may
    assert holds(given, requirement, surely=True) is surely
