"""`[state_machine]`."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class KindSettings:
    """The type of the state machine."""

    type: str = "STANDARD"

    @property
    def is_express(self) -> bool:
        """Whether it is an Express state machine."""
        return self.type == "EXPRESS"


SECTION = Section(
    "The state machine itself.",
    {
        "type": Key(
            "text",
            "the type of the state machine, which cannot change while it has its name",
            '"STANDARD"',
            choices=("STANDARD", "EXPRESS"),
        )
    },
)
