"""What holds of all switched definitions, with made-up ones."""

from __future__ import annotations

import copy
import itertools
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from staging import found, switched
from test_stages import on_ways

NAMES = "ABCDEFGH"


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """States in a row, some with further ways: of a Choice, of a Catch, back, or to an end of their own."""
    names = NAMES[: draw(st.integers(2, len(NAMES)))]
    states: dict[str, Any] = {}
    for index, name in enumerate(names):
        following = names[index + 1] if index + 1 < len(names) else ""
        other = draw(st.sampled_from(names))
        kind = draw(st.sampled_from(["Pass", "Pass", "Pass", "Choice", "Task", "End"]))
        way = {"Next": following} if following and kind != "End" else {"End": True}
        if kind == "Choice" and following:
            rules = [{"Variable": f"$.{name}", "IsPresent": True, "Next": other}]
            states[name] = {"Type": "Choice", "Choices": rules, "Default": following}
        elif kind == "Task":
            caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Error", "Next": other}]
            states[name] = {"Type": "Task", "Resource": "arn", "ResultPath": None, "Catch": caught, **way}
        else:
            states[name] = {"Type": "Pass", **way}
    return {"StartAt": names[0], "States": states}


@st.composite
def runs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """A definition, and up to three stages that are rows of its states."""
    tree = draw(definitions())
    names = "".join(tree["States"])
    stages = {}
    for stage in "xyz"[: draw(st.integers(1, 3))]:
        first = draw(st.integers(0, len(names) - 1))
        last = draw(st.integers(first, min(first + 3, len(names) - 1)))
        stages[stage] = list(names[first : last + 1])
    return tree, stages


def reached(tree: dict[str, Any], on: dict[str, bool]) -> set[str]:
    """The states that an execution may enter, whatever its own choices, with these switches."""
    seen: set[str] = set()
    ahead = [tree["StartAt"]]
    while ahead:
        name = ahead.pop()
        if name in seen:
            continue
        seen.add(name)
        node = tree["States"][name]
        if name.startswith("Run "):
            stage = name.removeprefix("Run ").removesuffix("?")
            ahead.append(node["Choices"][-2 if on[stage] else -1]["Next"])
            continue
        entries = (node, *node.get("Choices", ()), *node.get("Catch", ()))
        ahead += [entry[key] for entry in entries for key in ("Next", "Default") if key in entry]
    return seen


@given(runs())
@hypothesis(max_examples=300)
def test_with_all_switches_on_nothing_changes_and_off_stages_are_not_entered(
    made: tuple[dict[str, Any], dict[str, list[str]]],
) -> None:
    tree, stages = made
    if found(tree, **stages):
        return
    before = copy.deepcopy(tree)
    after = switched(tree, **stages)
    assert on_ways(after) == tree == before
    assert max(len(name) for name in after["States"]) <= 80
    for values in itertools.product([True, False], repeat=len(stages)):
        on = dict(zip(stages, values, strict=True))
        entered = reached(after, on)
        off = {name for stage, states in stages.items() if not on[stage] for name in states}
        assert entered & off == set()
        if all(values):
            assert entered & set(NAMES) == reached(tree, {})
