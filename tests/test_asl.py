"""The law of tokens: resolve the emitted text as `Fn::Sub` does, parse it, and nothing else has changed."""

from __future__ import annotations

import json
import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sfn_cfn.errors import TemplateError
from sfn_cfn.model import Text, Token, resolve, text
from sfn_cfn.template import asl, yaml
from sfn_cfn.template.intrinsics import Intrinsic, find_in_map, ref
from sfn_cfn.template.model import Template

# What a text parameter may hold: synthesize restricts it so that it cannot break out of a JSON string.
VALUES = {
    "Name": "va-lue",
    "Bucket": "${Name}",
    "Odd": "{x}!Name}$",
    "Empty": "",
    "AWS::Region": "eu-west-1",
    "Role": "arn:aws:iam::1:role/r",
}
NUMBERS = {"Count": "3", "Rate": "-0.5"}
ATOMS = [
    "${",
    "${!",
    "$",
    "{",
    "}",
    "\\",
    '"',
    "\n",
    "\x7f",
    "\u2028",
    "é",
    "\ud83d",
    "\ude00",
    "😀",
    "Name",
    "!",
]

literals = st.lists(st.sampled_from(ATOMS) | st.text(max_size=4), max_size=6).map("".join)
tokens = st.sampled_from([Token(name) for name in VALUES if name != "Role"] + [Token("Role", ref("X"))])
texts = st.lists(literals | tokens, max_size=5).map(lambda pieces: text(*pieces))
numbers = st.sampled_from([Token(name, number=True) for name in NUMBERS])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
trees = st.recursive(
    scalars | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(literals, inner, max_size=4),
    max_leaves=25,
)


def substitute(value: str | Intrinsic) -> str:
    """`Fn::Sub` as CloudFormation documents it: `${Name}` once, left to right, `${!x}` as `${x}`."""
    if isinstance(value, str):
        return value
    known = VALUES | NUMBERS
    written = value.argument if isinstance(value.argument, str) else value.argument[0]
    return re.sub(r"\$\{(!?)([^}]*)\}", lambda m: f"${{{m[2]}}}" if m[1] else known[m[2]], written)


@given(trees)
@example({"a": Text(("$", Token("Name"))), "${!Name}": ["\\${", "$" * 3 + "{"]})
@example([])
@example({"": {"": ""}})
def test_resolving_and_parsing_gives_the_tree_with_its_tokens_replaced(tree: object) -> None:
    expected = resolve(
        tree, lambda token: json.loads(NUMBERS[token.name]) if token.number else VALUES[token.name]
    )
    # JSON cannot tell two lone surrogates side by side from the character that they encode.
    expected = json.loads(json.dumps(expected))
    assert json.loads(substitute(asl.definition_string(tree))) == expected


@given(trees)
def test_the_text_survives_the_template_file(tree: object) -> None:
    value = asl.definition_string({"Tree": tree})
    template = Template(resources={"M": {"Properties": {"DefinitionString": value}}})
    written = yaml.dump(template)
    assert written.isascii()
    assert yaml.load(written, "t.yaml").resources == template.resources


def test_deep_nesting_is_written() -> None:
    tree: object = Text(("x", Token("Name")))
    for _ in range(100):
        tree = {"a": [tree]}
    assert json.loads(substitute(asl.definition_string(tree))) == resolve(
        tree, lambda token: VALUES[token.name]
    )


def test_a_literal_placeholder_is_no_variable() -> None:
    assert asl.write({"a": "${Name} ${!x}"}) == r'{"a": "\u0024{Name} \u0024{!x}"}'
    assert asl.definition_string({"a": "${Name}"}) == r'{"a": "\u0024{Name}"}'


def test_a_number_is_written_without_quotes() -> None:
    assert asl.write({"n": Token("Count", number=True)}) == '{"n": ${Count}}'


def test_variables_come_in_the_two_element_form_and_parameters_in_the_short_one() -> None:
    assert asl.definition_string([text("a", Token("Name"))]) == Intrinsic("Sub", '["a${Name}"]')
    assert asl.definition_string([text("a", Token("Role", ref("X")))]) == Intrinsic(
        "Sub", ('["a${Role}"]', {"Role": ref("X")})
    )


def test_variables_stand_by_name_and_those_of_mappings_last() -> None:
    looked_up = find_in_map("AImages", ref("AWS::Region"), "Account")
    written = asl.definition_string([Token("A", looked_up), Token("Z", ref("Z1")), Token("B", ref("B1"))])
    assert isinstance(written, Intrinsic)
    assert list(written.argument[1]) == ["B", "Z", "A"]


def test_a_double_dollar_stands_as_it_is_unless_an_engine_would_halve_it() -> None:
    path = {"JobName.$": "$$.Execution.Name", "Role": text("r", Token("Name"))}
    assert asl.definition_string(path) == Intrinsic(
        "Sub", '{"JobName.$": "$$.Execution.Name", "Role": "r${Name}"}'
    )
    with_variable = asl.definition_string({**path, "$$$": text(Token("Role", ref("X")))})
    assert isinstance(with_variable, Intrinsic)
    halved = string.Template(with_variable.argument[0]).safe_substitute(Role="role")
    assert json.loads(halved.replace("${Name}", "n")) == {
        "JobName.$": "$$.Execution.Name",
        "Role": "rn",
        "$$$": "role",
    }


def test_one_name_with_two_meanings_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"^SFN420: 'Role' stands for two values$"):
        asl.definition_string([text("a", Token("Role", ref("X"))), text("b", Token("Role"))])


def test_nested_objects_stand_on_lines_of_their_own_and_flat_ones_on_one() -> None:
    assert (
        asl.write({"a": {"b": 1, "c": []}, "d": [1, 2]}) == '{\n  "a": {"b": 1, "c": []},\n  "d": [1, 2]\n}'
    )
