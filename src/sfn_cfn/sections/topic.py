"""`[topic]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """Who hears of alarms and notifications: addresses by the names of the template's parameters."""

    emails: Mapping[str, str] = field(default_factory=dict)


def is_wanted(sections: Mapping[str, Any]) -> bool:
    """Whether something of a workflow's settings is told to the topic."""
    users = (sections[name] for name in ("alarms", "notifications") if name in sections)
    watched = any("below" in one or "above" in one for one in sections.get("metrics", {}).values())
    return "topic" in sections or watched or any(one.get("enabled", True) for one in users)


SECTION = Section(
    "The SNS topic that alarms and notifications go to: the one that the parameter `AlertTopicArn` names, or one "
    "that the stack makes, encrypted with the key that the parameter `AlertTopicKeyArn` names or with one of its own. "
    "It is there where `[alarms]`, `[notifications]` or the limit of a metric wants it.",
    {
        "emails": Key(
            "texts by name",
            'addresses that get the messages, each `Parameter = "address"`: a parameter of the template with this '
            "default, so that a deployment may give another one, or none",
            "{}",
        )
    },
)
