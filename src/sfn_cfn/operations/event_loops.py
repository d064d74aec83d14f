"""Definition -> where it writes in S3, so that no trigger takes its own workflow's outputs for new data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.deploy.interface import leaves
from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import Definition, Text

_S3 = re.compile(r"(?:^|')(?P<uri>s3://(?:\$\{[^}]*\}|[^'{}])*)")
"""An S3 place, whole or as the beginning of what `States.Format` makes."""

_WRITES = re.compile("Output|Destination")
_PLACES = frozenset({"Parameters", "Arguments", "ResultWriter"})


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
