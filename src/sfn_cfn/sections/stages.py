"""`[stages.<stage>]`: parts of a workflow that an execution may leave out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_cfn import codec
from sfn_cfn.settings_key import Key, Section

INPUT = "Stages"
"""The execution's input that holds the switches: `{"Stages": {"preprocess": false}}`."""


@dataclass(frozen=True, slots=True)
class StageSettings:
    """One stage: its states by name, whether it runs where its switch is not given, and what it gives when off.

    `result` is reference path (`$.Prepared`) or variable (`$prepared`) -> value; a path that ends in `.$` has a
    path for its value. Texts may hold `${Parameter}`.
    """

    states: tuple[str, ...] = ()
    default: bool = True
    result: Mapping[str, Any] = field(default_factory=dict)


def stages(sections: Mapping[str, Any]) -> dict[str, StageSettings]:
    """The stages of a workflow's settings, by name."""
    given = sections.get("stages", {})
    return {name: codec.revive(StageSettings, one) for name, one in given.items()}


SECTION = Section(
    "Stages: parts of the workflow that a switch in the execution's input, "
    f'`{{"{INPUT}": {{"<stage>": false}}}}`, leaves out. A list in place of the table is its `states`. '
    "They are mostly one workflow's: `[workflows.<name>.stages]`.",
    {
        "states": Key("texts", "the names of its states, all of them"),
        "default": Key("boolean", "whether it runs where the execution's input has no switch for it", "true"),
        "result": Key(
            "values",
            'what later states find when it is off: `{ "$.Prepared" = ... }`, by the path that they read, or by '
            "`$name` for a variable; a path that ends in `.$` has a path for its value",
            "{}",
        ),
    },
    names="[A-Za-z][A-Za-z0-9_-]{0,39}",
    placeholder="stage",
    form="a letter, then up to 39 letters, digits, '-' and '_'",
    short="states",
)
