"""Definition -> findings about the operators of Choice states and the syntax of paths.

Source: the Amazon States Language specification (states-language.net/spec.html), "Choice State" and "Paths".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.check.rule import leaves, nearest, rule, shown
from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, Node, State, Text

_COMPARED = {
    "Boolean": ("Equals",),
    "Numeric": ("Equals", "GreaterThan", "GreaterThanEquals", "LessThan", "LessThanEquals"),
    "String": ("Equals", "GreaterThan", "GreaterThanEquals", "LessThan", "LessThanEquals"),
    "Timestamp": ("Equals", "GreaterThan", "GreaterThanEquals", "LessThan", "LessThanEquals"),
}
OPERATORS = frozenset(
    {f"{kind}{name}{path}" for kind, names in _COMPARED.items() for name in names for path in ("", "Path")}
    | {"StringMatches", "IsBoolean", "IsNull", "IsNumeric", "IsPresent", "IsString", "IsTimestamp"}
)
_COMBINED = ("And", "Or", "Not")
_BESIDE = frozenset({"Variable", "Next", "Comment", "Assign", "Output", "Condition"})


@rule("SFN348", Severity.ERROR, "a choice rule has an unknown operator")
def choice_operator(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A comparison of a Choice state has an operator that the states language does not know, or not exactly one.

    Step Functions refuses the state machine when it is created.

    Bad:

        {"Variable": "$.Accuracy", "NumericGreater": 0.9, "Next": "Deploy"}

    Good:

        ChoiceRule.NumericGreaterThan("$.Accuracy", 0.9)
    """
    for state in definition.states:
        if state.type == "Choice":
            for entry in _comparisons(state.node.get("Choices")):
                yield from _operator(state, entry, code)


@rule("SFN355", Severity.ERROR, "a Choice state has no choices")
def no_choices(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """The list of a Choice state's rules is empty.

    The SDK writes the state when `add_choice` is never called; Step Functions refuses the state machine.

    Bad:

        Choice("Accurate?")

    Good:

        choice.add_choice(ChoiceRule.NumericGreaterThan("$.Accuracy", 0.9), deploy)
    """
    for state in definition.states:
        if state.type == "Choice" and not state.node.get("Choices"):
            yield code.at(
                state.location,
                f"choice '{state.name}' has no choices",
                "add one by add_choice(rule, next_step)",
            )


@rule("SFN349", Severity.ERROR, "a path does not start with $")
def bad_path(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """The value of a path field, or of a field whose name ends in `.$`, is no path.

    A reference path starts with `$` (the state's input) or `$$` (the context object); a field that ends in
    `.$` also takes an intrinsic function such as `States.Format(...)`. Step Functions refuses anything else.

    Bad:

        Pass("Prepare", parameters={"Count.$": "Items.Count"})

    Good:

        Pass("Prepare", parameters={"Count.$": "$.Items.Count"})
    """
    if definition.tree.get("QueryLanguage") == "JSONata":
        return
    for leaf in leaves(definition):
        if not leaf.path or not isinstance(leaf.value, (str, Text)):
            continue
        name, value = leaf.path[-1], shown(leaf.value)
        dynamic = name.endswith(".$")
        if not dynamic and not (len(leaf.path) == 1 and name in _PATH_FIELDS):
            continue
        functions = dynamic or name in ("ErrorPath", "CausePath")
        if value.startswith("$") or (functions and value.startswith("States.")):
            continue
        if "Result" in leaf.path[:-1]:
            continue  # a Pass state's Result is taken as it is
        yield code.at(
            leaf.location,
            f"'{leaf.place}' of {leaf.owner} is no path: '{value}'",
            f"write '$.{value}', or take '.$' off the name" if dynamic else f"write '$.{value}'",
        )


_PATH_FIELDS = frozenset(
    {
        "InputPath",
        "OutputPath",
        "ResultPath",
        "ItemsPath",
        "SecondsPath",
        "TimestampPath",
        "TimeoutSecondsPath",
        "HeartbeatSecondsPath",
        "MaxConcurrencyPath",
        "ErrorPath",
        "CausePath",
    }
)


def _comparisons(choices: Any) -> Iterator[Mapping[Any, Node]]:
    """The comparisons of a Choice state, those inside `And`, `Or` and `Not` too."""
    for entry in choices if isinstance(choices, (list, tuple)) else ():
        if not isinstance(entry, Mapping):
            continue
        inner = [entry[name] for name in _COMBINED if name in entry]
        for part in inner:
            yield from _comparisons(part if isinstance(part, (list, tuple)) else [part])
        if not inner:
            yield entry


def _operator(state: State, entry: Mapping[Any, Node], code: Code) -> Iterator[Diagnostic]:
    if "Condition" in entry:
        return  # JSONata
    names = [shown(key) for key in entry if shown(key) not in _BESIDE]
    for name in names:
        if name not in OPERATORS:
            yield code.at(
                state.location,
                f"choice state '{state.name}' has an unknown operator '{name}'",
                nearest(name, OPERATORS),
            )
    if len(names) != 1:
        yield code.at(
            state.location,
            f"a choice rule of state '{state.name}' has {len(names)} operators where it needs one",
            "give each comparison one operator, and join comparisons by And, Or or Not",
        )
