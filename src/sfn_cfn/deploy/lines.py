"""What a deployment tells, line by line; the command line gives each kind its colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "added", "changed", "removed", "replaced", "plain"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line for the person at the terminal."""

    text: str
    kind: Kind = "plain"
