"""The routers' check of types, on each type of JSON for each declared one, beside the check of `sfn-cfn start`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from interpreter import Interpreter, interpreter
from mended import mended
from starts import accepted, reader, resolved, template

TOML = "[queue]\nenabled = true\n"
VALUES: dict[str, Any] = {
    "null": None,
    "text": "x",
    "number": 3,
    "fraction": 1.5,
    "boolean": True,
    "list": [1],
    "empty list": [],
    "object": {"a": 1},
    "empty object": {},
}
PASSES = {
    ("int", "fraction"),
    ("list", "object"),
    ("list", "empty object"),
    ("dict", "empty list"),
    ("object", "empty list"),
}
"""What the states language cannot tell from the declared type, so that the router lets it through."""


@pytest.fixture(scope="module")
def local() -> Iterator[Interpreter]:
    with mended(), interpreter() as started:
        yield started


@pytest.mark.parametrize("declared", ["str", "int", "float", "bool", "list", "dict", "object"])
def test_the_router_takes_what_a_start_takes_and_no_more_than_the_language_hides(
    declared: str, local: Interpreter
) -> None:
    states, schema = reader("In"), {"In": declared}
    written = template(TOML, states, input_schema=schema)["Resources"]["QueueRouter"]["Properties"]
    definition = json.loads(resolved(written["DefinitionString"], {}))
    taken, by_start = set(), set()
    for name, value in VALUES.items():
        run = local.run(definition, [{"messageId": "m", "body": json.dumps({"In": value})}])
        assert run.error in (None, "MessageInputOfAnotherType")
        if run.status == "SUCCEEDED":
            taken.add((declared, name))
        if not accepted({"In": value}, TOML, states, input_schema=schema):
            by_start.add((declared, name))
    assert taken - by_start == {one for one in PASSES if one[0] == declared}
    assert by_start <= taken
