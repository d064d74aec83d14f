"""Template text that every YAML reader reads alike."""

from __future__ import annotations

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from sfn_cfn.errors import SourceLocation, TemplateError
from sfn_cfn.model import Token, text
from sfn_cfn.template import yaml
from sfn_cfn.template.intrinsics import equals, find_in_map, from_text, get_att, if_, ref, sub
from sfn_cfn.template.model import Template

ascii_text = st.text(st.characters(min_codepoint=9, max_codepoint=126), max_size=30)
WORDS = "yes No on ~ null 0777 012 12:30:45 1.10 1e3 .5 0x1F 2012-10-17 #x *x &x !x %x @x `x {a} [a] a,b"
SIGNS = "' \" \\ << = +1 - -- ? : a: 1_000 0b1 0o7 .inf"
SPACES = ["", " ", "- a", "a: b", "a #b", "? a", "a\nb", "a\n", "\na", " a\nb", "a \nb", "a\tb"]
awkward = st.sampled_from([*WORDS.split(), *SIGNS.split(), *SPACES])


@given(st.dictionaries(ascii_text | awkward, st.lists(ascii_text | awkward, max_size=4), max_size=4))
def test_strings_stay_strings_for_a_yaml_1_1_reader_and_for_ours(values: dict[str, list[str]]) -> None:
    resources = {"R": {"Properties": values}}
    written = yaml.dump(Template(resources=resources))
    assert pyyaml.safe_load(written)["Resources"] == resources
    assert yaml.load(written, "t.yaml").resources == resources


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_numbers_stay_numbers_for_a_yaml_1_1_reader_and_for_ours(value: float) -> None:
    written = yaml.dump(
        Template(parameters={"Rate": {"Type": "Number", "Default": value}}, resources={"R": {}})
    )
    assert pyyaml.safe_load(written)["Parameters"]["Rate"]["Default"] == value
    assert yaml.load(written, "t.yaml").parameters["Rate"]["Default"] == value


def test_intrinsic_functions_are_written_as_tags_and_read_back() -> None:
    resources = {
        "R": {
            "A": ref("AWS::Region"),
            "B": get_att("Role", "Arn"),
            "C": if_("Made", get_att("Role", "Arn"), ref("Given")),
            "D": sub("${X}-a", {"X": find_in_map("M", ref("AWS::Region"), "Key")}),
            "E": sub("arn:${AWS::Partition}:s3:::*"),
        }
    }
    written = yaml.dump(Template(conditions={"Made": equals(ref("Given"), "")}, resources=resources))
    assert written == (
        "AWSTemplateFormatVersion: '2010-09-09'\n"
        "Conditions:\n  Made: !Equals [!Ref Given, '']\n"
        "Resources:\n  R:\n"
        "    A: !Ref AWS::Region\n"
        "    B: !GetAtt Role.Arn\n"
        "    C: !If [Made, !GetAtt Role.Arn, !Ref Given]\n"
        "    D: !Sub\n      - '${X}-a'\n      - X: !FindInMap [M, !Ref AWS::Region, Key]\n"
        "    E: !Sub 'arn:${AWS::Partition}:s3:::*'\n"
    )
    assert yaml.load(written, "t.yaml").resources == resources


def test_a_text_with_tokens_outside_of_a_definition_escapes_its_literals() -> None:
    assert from_text(text("${aws:username}/", Token("Bucket"))) == sub("${!aws:username}/${Bucket}")
    assert from_text(text(Token("Bucket"))) == ref("Bucket")
    assert from_text("${x}") == "${x}"


def test_letters_outside_of_ascii_are_refused_with_the_line() -> None:
    with pytest.raises(TemplateError) as caught:
        yaml.dump(Template(description="für alle", resources={}))
    finding = caught.value.diagnostics[0]
    assert finding.message == "line 2 of the template is not ASCII: 'Description: f\\xfcr alle'"
    assert finding.hint == "write the description, default or tag with ASCII letters"


def test_text_that_is_no_yaml_is_refused_at_its_line() -> None:
    with pytest.raises(TemplateError) as caught:
        yaml.load("a: b\nc: [\n", "templates/x.yaml")
    finding = caught.value.diagnostics[0]
    assert finding.location == SourceLocation("templates/x.yaml", 3)
    assert finding.message.startswith("cannot read the template: ")


def test_a_template_without_resources_is_refused() -> None:
    with pytest.raises(TemplateError, match="the template has no Resources section"):
        yaml.load("Parameters: {}\n", "x.yaml")


REGIONS = [f"eu-west-{number}" for number in range(1, 30)]


def test_a_mapping_has_an_entry_a_line_and_a_rule_its_list_within_the_width() -> None:
    mappings = {"XgboostImages": {region: {"Account": "012345678901"} for region in REGIONS}}
    contains = {"Fn::Contains": [REGIONS, ref("AWS::Region")]}
    rules = {"InRegion": {"Assertions": [{"Assert": contains, "AssertDescription": "not here"}]}}
    resources = {"R": {"Type": "X", "Text": "- [" + ", ".join(REGIONS) + "]\n- b"}}
    template = Template(mappings=mappings, rules=rules, resources=resources)
    written = yaml.dump(template)
    assert "    eu-west-1: {Account: '012345678901'}\n" in written
    head, _, rest = written.partition("Resources:\n")
    assert "            - [eu-west-1, eu-west-2," in head
    assert max(map(len, head.splitlines())) <= 110
    assert yaml.load(written, "t.yaml") == template
    assert "- [" + ", ".join(REGIONS) + "]\n" in rest


def test_other_mappings_and_rules_are_written_too() -> None:
    mappings = {"M": {"A": {"B": "c", "D": ["e"]}, "Fn::Transform": "x"}}
    rules = {"R": {"RuleCondition": equals(ref("A"), "b"), "Assertions": [{"Assert": equals(ref("C"), "d")}]}}
    template = Template(mappings=mappings, rules=rules, resources={"R": {"Type": "X"}})
    assert yaml.load(yaml.dump(template), "t.yaml") == template
