"""Definition -> where it writes in S3; an event's pattern -> what is wrong with it.

Source: the EventBridge user guide, "Event pattern syntax" and "Comparison operators for use in event patterns".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.deploy.interface import leaves
from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import Definition, Text

_S3 = re.compile(r"(?:^|')(?P<uri>s3://(?:[^'{}]|\$\{[^}]*\})*)")
"""An S3 place, whole or as the beginning of what `States.Format` makes."""

_WRITES = re.compile("Output|Destination")
_PLACES = frozenset({"Parameters", "Arguments", "ResultWriter"})
MATCHERS = frozenset(
    {"prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "cidr", "exists"}
)


@dataclass(frozen=True, slots=True)
class Output:
    """An S3 place that a state writes to, tokens as `${Name}`; what is known at run time only is left out."""

    uri: str
    state: str
    location: SourceLocation


def outputs(definition: Definition) -> Iterator[Output]:
    """The S3 places below which the workflow writes, as far as the definition has them."""
    for state in definition.states:
        if state.type not in ("Task", "Map"):
            continue
        for key in _PLACES & set(state.node):
            for uri in _written(state.node[key], key == "ResultWriter"):
                yield Output(uri, state.name, state.location)
    place = definition.workflow.location
    for uri in _written(definition.default_input, False):
        yield Output(uri, "default input", place)


def _written(node: Any, whole: bool) -> Iterator[str]:
    if whole and isinstance(node, Mapping) and isinstance(given := node.get("Parameters"), Mapping):
        bucket, prefix = _shown(given.get("Bucket")), _shown(given.get("Prefix"))
        if bucket:
            yield f"s3://{bucket}/{prefix}"
        return
    for place, leaf in leaves(node):
        if any(_WRITES.search(step) for step in place) and (found := _S3.search(_shown(leaf))):
            yield found["uri"]


def _shown(leaf: Any) -> str:
    if isinstance(leaf, Text):
        return leaf.shown
    return leaf if isinstance(leaf, str) else ""


def pattern_faults(pattern: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """What is wrong with a pattern, in words after `the pattern`."""
    for key, item in pattern.items():
        path = f"{place}.{key}" if place else key
        if isinstance(item, Mapping):
            if not item:
                yield f"has nothing at '{path}'"
            yield from pattern_faults(item, path)
        elif not isinstance(item, (list, tuple)):
            yield (
                f"has no list at '{path}': write [{item!r}]".replace("'", '"')
                if isinstance(item, str)
                else (f"has no list at '{path}'")
            )
        elif not item:
            yield f"has an empty list at '{path}'"
        elif key == "$or":
            for one in item:
                yield from (
                    pattern_faults(one, path)
                    if isinstance(one, Mapping)
                    else (f"has no pattern in the list at '{path}'",)
                )
        else:
            yield from _matcher_faults(item, path)


def _matcher_faults(items: Any, path: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, (list, tuple)):
            yield f"has a list in the list at '{path}'"
        elif isinstance(item, Mapping):
            if len(item) != 1 or not set(item) <= MATCHERS:
                names = ", ".join(item)
                yield f"has at '{path}' no comparison of EventBridge: '{names}'"
            elif "**" in str(item.get("wildcard", "")).replace("\\*", ""):
                yield f"has two wildcards side by side at '{path}'"
