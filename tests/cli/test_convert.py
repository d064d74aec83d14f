from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML as YAML12

from sfn_cfn.errors import TemplateError
from sfn_cfn.template.convert import convert, read_json, read_yaml

from .conftest import Run

YAML = """\
# a comment
AWSTemplateFormatVersion: 2010-09-09
Conditions:
  C: !Equals [!Ref A, '']
  D: !Not [!Condition C]
Resources:
  R:
    Properties:
      Att: !GetAtt R2.Arn.X
      Definition: !Sub
        - |-
          {
            "a": "${b}",
            "c": 1
          }
        - b: !If [C, !Ref A, !GetAtt [R2, Arn]]
      Account: '012345678901'
      Exponent: '1e3'
      Octal: '0o17'
      Time: "12:30:45"
      Space: "trail  "
      Nothing: null
      Yes: 'no'
      Lines: !Base64
        Fn::Sub: |
          x ${A}
          y
      Tab: "a\\tb \\u00e9 \\U0001F600"
      N: [0, -1, 1.5, 1e+22, true, False, "", {}, []]
"""
VALUES = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Conditions": {
        "C": {"Fn::Equals": [{"Ref": "A"}, ""]},
        "D": {"Fn::Not": [{"Condition": "C"}]},
    },
    "Resources": {
        "R": {
            "Properties": {
                "Att": {"Fn::GetAtt": ["R2", "Arn.X"]},
                "Definition": {
                    "Fn::Sub": [
                        '{\n  "a": "${b}",\n  "c": 1\n}',
                        {"b": {"Fn::If": ["C", {"Ref": "A"}, {"Fn::GetAtt": ["R2", "Arn"]}]}},
                    ]
                },
                "Account": "012345678901",
                "Exponent": "1e3",
                "Octal": "0o17",
                "Time": "12:30:45",
                "Space": "trail  ",
                "Nothing": None,
                "Yes": "no",
                "Lines": {"Fn::Base64": {"Fn::Sub": "x ${A}\ny\n"}},
                "Tab": "a\tb é 😀",
                "N": [0, -1, 1.5, "1e+22", True, False, "", {}, []],
            }
        }
    },
}


def text() -> str:
    return YAML.replace(" 1e+22,", " '1e+22',").replace("Yes:", "'Yes':")


def refused(content: str, target: str = "json") -> str:
    with pytest.raises(TemplateError) as caught:
        convert(content, target, "t")  # type: ignore[arg-type]
    (found,) = caught.value.diagnostics
    return f"{found.code} {found.location}: {found.message}"


def test_yaml_becomes_json_with_the_same_values() -> None:
    assert json.loads(convert(text(), "json", "t")) == VALUES


def test_json_becomes_yaml_with_the_same_values() -> None:
    assert read_yaml(convert(json.dumps(VALUES), "yaml", "t"), "t") == VALUES


def test_there_and_back_gives_the_same_text() -> None:
    there = convert(text(), "json", "t")
    assert convert(convert(there, "yaml", "t"), "json", "t") == there


def test_texts_of_several_lines_become_literal_blocks() -> None:
    assert convert('{"A": {"Fn::Sub": "{\\n  \\"a\\": \\"${b}\\"\\n}"}}', "yaml", "t") == (
        'A: !Sub |-\n  {\n    "a": "${b}"\n  }\n'
    )


def test_a_long_text_stays_on_one_line() -> None:
    content = "word " * 100 + "end"
    assert convert(json.dumps({"A": content}), "yaml", "t") == f"A: {content}\n"


@pytest.mark.parametrize(
    "value",
    ["yes", "No", "on", "OFF", "0777", "012345678901", "12:30:45", "1.10", "1e3", "0x1F", "1_000", "+1"],
)
def test_a_value_that_readers_disagree_about_is_refused_where_it_stands(value: str) -> None:
    assert refused(f"A:\n  B: {value}\n") == (
        f"SFN422 t:2: readers of YAML disagree about the unquoted value '{value}'"
    )
    assert refused(f"A:\n  {value}: B\n") == (
        f"SFN422 t:2: readers of YAML disagree about the unquoted value '{value}'"
    )


@pytest.mark.parametrize("value", ["2020-01-01T00:00:00Z", ".inf", "!!binary aGk="])
def test_a_value_that_json_cannot_hold_is_refused(value: str) -> None:
    assert refused(f"A: {value}\n").startswith("SFN422 t:1: readers of YAML disagree about")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("A: 1\nA: 2\n", "SFN421 t:2: the key 'A' stands twice in one mapping"),
        ('{"A": 1, "A": 2}', "SFN421 t: the key 'A' stands twice in one mapping"),
        ("A: &a {b: 1}\nB:\n  <<: *a\n", "SFN421 t:3: CloudFormation does not take the merge key '<<'"),
        (
            "A: [\n",
            "SFN421 t:2: the template is not YAML: expected the node content, but found '<stream end>'",
        ),
        ('{"A": \n}', "SFN421 t:2: the template is not JSON: expecting value"),
        ('{"A": NaN}', "SFN421 t: NaN is not JSON"),
        ('{"A": 1.10}', "SFN422 t: the number 1.10 is written 1.1 by others"),
        ("- a\n", "SFN421 t: the template is not a mapping"),
        ("", "SFN421 t: the template is not a mapping"),
    ],
)
def test_what_is_no_template_is_refused(content: str, message: str) -> None:
    assert refused(content) == message


def test_an_attribute_that_is_itself_a_reference_is_kept() -> None:
    there = convert("A: !GetAtt [B, !Ref C]\n", "json", "t")
    assert read_json(there, "t") == {"A": {"Fn::GetAtt": ["B", {"Ref": "C"}]}}
    assert convert(there, "yaml", "t") == "A:\n  Fn::GetAtt:\n    - B\n    - !Ref 'C'\n"


@pytest.mark.parametrize("content", ['{"A": {"Ref": 3}}', '{"A": {"Fn::Sub": null}}'])
def test_a_conversion_that_would_change_a_value_is_refused(content: str) -> None:
    assert refused(content, "yaml").startswith("SFN423 t: ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(derandomize=True)
@given(st.dictionaries(st.text(), JSON))
def test_any_values_come_back_the_same_or_are_refused(values: dict[str, Any]) -> None:
    written = json.dumps(values)
    try:
        there = convert(written, "yaml", "t")
    except TemplateError:
        return
    assert json.dumps(json.loads(convert(there, "json", "t"))) == written


AWKWARD = st.from_regex(
    r"[-+]?[0-9._:]{1,6}(e[-+]?[0-9]{1,2})?|yes|no|y|N|~|null|=|<<|0x[0-9a-f]|[ \n#:{!&*%@`'\"-]{1,3}",
    fullmatch=True,
)


@settings(derandomize=True)
@given(AWKWARD)
def test_no_text_is_lost_in_yaml_nor_read_otherwise_by_another_reader(value: str) -> None:
    written = convert(json.dumps({"A": value, "K": {value: "v"}}), "yaml", "t")
    expected = {"A": value, "K": {value: "v"}}
    assert read_yaml(written, "t") == expected
    assert yaml.safe_load(written) == expected
    assert YAML12(typ="safe", pure=True).load(written) == expected


def test_the_command_writes_the_other_format_to_stdout(run: Run) -> None:
    (run.root / "a.yaml").write_text("A: !Ref B\n")
    assert run("convert", "a.yaml") == (0, '{\n    "A": {\n        "Ref": "B"\n    }\n}\n', "")


def test_the_command_writes_a_file_and_keeps_stdout_empty(run: Run) -> None:
    (run.root / "a.json").write_text('{"A": {"Ref": "B"}}')
    assert run("convert", "a.json", "--output", "b.yaml") == (0, "", "")
    assert (run.root / "b.yaml").read_text() == "A: !Ref 'B'\n"


def test_the_command_can_write_the_format_that_it_read(run: Run) -> None:
    (run.root / "a.json").write_text('{"A": 1}')
    assert run("convert", "a.json", "--to", "json") == (0, '{\n    "A": 1\n}\n', "")


def test_a_refused_value_is_exit_code_2_with_its_line(run: Run) -> None:
    (run.root / "a.yaml").write_text("A:\n  B: yes\n")
    assert run("convert", "a.yaml", "--output", "b.json") == (
        2,
        "",
        (
            "error[SFN422]: readers of YAML disagree about the unquoted value 'yes'\n"
            "  --> a.yaml:2\n"
            "  2 | B: yes\n"
            "  hint: quote it if it is a text, write it plainly if not\n"
        ),
    )
    assert not (run.root / "b.json").exists()


def test_a_file_that_is_not_text_is_refused(run: Run) -> None:
    (run.root / "a.yaml").write_bytes(b"A: \xff\n")
    code, _, err = run("convert", "a.yaml")
    assert (code, err.splitlines()[-1]) == (2, "Error: 'a.yaml' is not UTF-8 text.")
