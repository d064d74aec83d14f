"""The JSON text of pipelines' settings: what is refused, and a version that is written into it."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_cfn.deploy import pipeline_json
from sfn_cfn.json_lines import key_lines

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
KEYS = st.sampled_from(["version", '"version": 1', "a", "", "\\", "}"]) | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
SPACE = st.text(" \t\n\r", max_size=3)


@st.composite
def written(draw: Any, value: Any) -> str:
    """A value as JSON text, with any space that JSON allows between its pieces, and any of its escapes."""

    def between(pieces: list[str]) -> str:
        return ",".join(f"{draw(SPACE)}{piece}{draw(SPACE)}" for piece in pieces)

    if isinstance(value, dict):
        pairs = [
            f"{draw(written(key))}{draw(SPACE)}:{draw(SPACE)}{draw(written(item))}"
            for key, item in value.items()
        ]
        return "{" + (between(pairs) if pairs else draw(SPACE)) + "}"
    if isinstance(value, list):
        return "[" + (between([draw(written(item)) for item in value]) if value else draw(SPACE)) + "]"
    if isinstance(value, str) and draw(st.booleans()):
        units = value.encode("utf-16-be", "surrogatepass")
        return '"' + "".join(f"\\u{unit:04X}" for (unit,) in struct.iter_unpack(">H", units)) + '"'
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


@st.composite
def objects(draw: Any) -> str:
    """An object that has a `version`, somewhere among other keys."""
    before, after = (draw(st.dictionaries(KEYS, VALUES, max_size=3)) for _ in range(2))
    whole = {**before, "version": 0, **after}
    whole["version"] = draw(st.integers(1, 10**6))
    return str(draw(written(whole)))


@given(objects(), st.integers(1, 10**18))
def test_only_the_file_s_own_version_is_another_one(text: str, version: int) -> None:
    before = json.loads(text)
    after = pipeline_json.with_version(text, version)
    assert json.loads(after) == {**before, "version": version}
    assert len(after) - len(text) == len(str(version)) - len(str(before["version"]))
    assert pipeline_json.with_version(after, before["version"]) == text


@given(objects())
def test_every_key_of_an_object_has_its_line(text: str) -> None:
    found = key_lines(text)
    assert {path[0] for path in found if len(path) == 1} == set(json.loads(text))
    assert all('"' in text.split("\n")[line - 1] for line in found.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"parameters": {"version": 3}, "version": 1}', '{"parameters": {"version": 3}, "version": 2}'),
        ('{"version":\n  1\n}', '{"version":\n  2\n}'),
        ('{"a": "\\"version\\": 1", "version":1}', '{"a": "\\"version\\": 1", "version":2}'),
        ('{"\\u0076ersion": 1,\r\n"a": [{"version": 1}]}', '{"\\u0076ersion": 2,\r\n"a": [{"version": 1}]}'),
    ],
)
def test_the_version_is_found_in_any_layout(text: str, expected: str) -> None:
    assert pipeline_json.with_version(text, 2) == expected


def faults(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(pipeline_json.Unreadable) as caught:
        pipeline_json.load(text)
    return [(one.line, one.message, one.hint) for one in caught.value.faults]


def test_what_python_reads_and_others_do_not_is_refused_at_its_line() -> None:
    text = '{\n"a": [1e400,\n-1e999],\n"a": NaN,\n"b": {"c": 1, "c": -Infinity},\n"d": "x\\ud800"}'
    assert faults(text) == [
        (2, "has the number 1e400, which is too large", "write it as a text"),
        (3, "has the number -1e999, which is too large", "write it as a text"),
        (4, "has the key 'a' twice in an object", "take one of them out"),
        (4, "has NaN, which is no JSON", ""),
        (5, "has the key 'c' twice in an object", "take one of them out"),
        (5, "has -Infinity, which is no JSON", ""),
        (6, "has a text with \\ud800, which is half of a character", "write the whole character"),
    ]


def test_a_key_may_stand_in_several_objects() -> None:
    text = '{"a": [{"a": 1}, {"a": 2}], "b": {"a": 3}, "c": "\\ud83d\\ude00"}'
    assert pipeline_json.load(text) == {"a": [{"a": 1}, {"a": 2}], "b": {"a": 3}, "c": "😀"}


def test_an_integer_of_thousands_of_digits_is_refused() -> None:
    assert faults(f'{{"a": {"7" * 5000}}}') == [
        (1, "has the number 77777777777777777777..., which is too large", "write it as a text")
    ]


def test_a_text_that_is_nested_too_deep_is_refused_where_it_becomes_so() -> None:
    deep = '{"a":' + "[" * 99 + '"["' + "]" * 99 + "}"
    assert pipeline_json.load(deep)
    message = "has objects and lists more than 100 deep in each other"
    assert faults('{"a":\n' + "[" * 100) == [(2, message, "")]
    assert faults("[" * 100_000) == [(1, message, "")]


def test_what_is_no_object_is_refused() -> None:
    assert faults("[]") == [(1, "is no JSON object", 'write {"key": value}')]
    assert faults("") == [(1, "is no JSON: expecting value", "")]
    assert faults("\ufeff{}") == [(1, "begins with a byte order mark", "save it as UTF-8 without one")]
