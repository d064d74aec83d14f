"""What a key of `sfn-cfn.toml` is: its value's kind and form, and what it means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "text",
    "boolean",
    "number",
    "texts",
    "scalar",
    "scalars",
    "texts by name",
    "tags",
    "lists by name",
    "text by name",
    "table",
    "tables by name",
    "conditions",
    "values",
]


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what its value is, the form it has (a pattern for the whole text) and what it means.

    `form` is that pattern in words, for messages. `default` is shown in the reference. A table has `keys`;
    of the kinds `... by name`, `names` is the pattern of the names and `placeholder` their name; with `short`,
    a list in place of a table by name is the value of that key.
    """

    kind: Kind
    description: str
    default: str = ""
    pattern: str = ""
    form: str = ""
    choices: tuple[str, ...] = ()
    keys: Mapping[str, Key] = field(default_factory=dict)
    names: str = ""
    placeholder: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """`[name]`, or with `names` (a pattern) `[name.<placeholder>]`; `free` is the kind of a map's values.

    `form` is `names` in words, for messages; `short` is as a `Key`'s.
    """

    description: str
    keys: Mapping[str, Key]
    names: str = ""
    placeholder: str = ""
    free: Key | None = None
    form: str = ""
    short: str = ""


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text has the form of `pattern`."""
    return re.fullmatch(pattern, text) is not None
