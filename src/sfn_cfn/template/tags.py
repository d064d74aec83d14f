"""Tags -> the `Tags` of a resource."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.model import Text
from sfn_cfn.template.intrinsics import Value, from_text


def tag_entries(*given: Mapping[str, str] | Mapping[str | Text, str | Text]) -> list[dict[str, Value]]:
    """The tags as a list, those that stand later over those before, in the order of their keys."""
    tags: dict[str | Text, str | Text] = {}
    for one in given:
        tags.update(one)
    made = [{"Key": from_text(key), "Value": from_text(value)} for key, value in tags.items()]
    return sorted(made, key=lambda entry: str(entry["Key"]))
