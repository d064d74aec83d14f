"""Fragments and their merge."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_cfn.errors import TemplateError
from sfn_cfn.template.model import Fragment, Template, combine, merge

MACHINE = Template(resources={"Machine": {"Type": "T", "Properties": {"A": 1}}})
FRAGMENTS = (
    Fragment(parameters={"P": {"Type": "String"}}, properties={("Machine", "B"): 2}),
    Fragment(resources={"Role": {"Type": "R"}}, outputs={"O": {"Value": 1}}),
    Fragment(properties={("Role", "C"): 3, ("Machine", "D"): 4}, conditions={"X": True}),
)


@given(st.permutations(FRAGMENTS), st.integers(0, 3))
def test_merge_does_not_depend_on_order_or_grouping(order: list[Fragment], cut: int) -> None:
    grouped = [combine(order[:cut]), combine(order[cut:])]
    whole = merge(MACHINE, FRAGMENTS)
    for merged in (merge(MACHINE, order), merge(MACHINE, grouped)):
        assert merged == whole
        assert list(merged.resources) == list(whole.resources)
        assert list(merged.resources["Machine"]["Properties"]) == list(
            whole.resources["Machine"]["Properties"]
        )


def test_properties_land_on_resources_of_other_fragments() -> None:
    merged = merge(MACHINE, FRAGMENTS)
    assert merged.resources == {
        "Machine": {"Type": "T", "Properties": {"A": 1, "B": 2, "D": 4}},
        "Role": {"Type": "R", "Properties": {"C": 3}},
    }


@pytest.mark.parametrize(
    ("fragment", "message"),
    [
        (Fragment(resources={"Machine": {}}), "two parts of the template set 'Machine' in resources"),
        (
            Fragment(properties={("Machine", "A"): 2}),
            "two parts of the template set 'A' in Machine.Properties",
        ),
        (
            Fragment(properties={("Nothing", "A"): 2}),
            "property 'A' is set on 'Nothing', which no part of the template has",
        ),
    ],
)
def test_nothing_is_set_twice_or_nowhere(fragment: Fragment, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        merge(MACHINE, [fragment])
    assert caught.value.diagnostics[0].message == message


def test_two_fragments_with_one_property_are_refused_in_either_order() -> None:
    same = Fragment(properties={("Machine", "B"): 2})
    for order in itertools.permutations([FRAGMENTS[0], same]):
        with pytest.raises(TemplateError, match=r"set 'Machine\.B' in properties"):
            merge(MACHINE, order)
