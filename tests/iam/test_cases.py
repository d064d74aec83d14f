"""The whole policy of each integration and pattern, beside what AWS documents for it.

A case is a task's `resource` and `parameters`, or a whole `state`. `documented` is the guide's policy, resolved for
the names of the case; `beyond` lists each action that the derived policy grants more widely than that (without one of
its condition keys, too), with the reason, `left_out` each that it does not grant; `workflow` is the derived policy.
`SFN_CFN_UPDATE=1` rewrites the derived ones.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from iam.building import define, many, matches, resolved, task
from sfn_cfn.iam import derive_policies
from sfn_cfn.iam.table import INTEGRATIONS

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
CASES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
EACH = [pytest.param(path, case, id=case["name"]) for path, cases in CASES.items() for case in cases]


def derived(case: dict[str, Any]) -> list[dict[str, Any]]:
    state = case.get("state") or task(case["resource"], case["parameters"])
    policies = derive_policies(define({"Call": state}))
    return resolved(policies.workflow)


def keys(one: dict[str, Any]) -> set[str]:
    """The condition keys of a statement."""
    return {key for wanted in one.get("Condition", {}).values() for key in wanted}


@pytest.mark.parametrize(("file", "case"), EACH)
def test_the_policy_is_the_golden_one(file: str, case: dict[str, Any]) -> None:
    found = derived(case)
    if os.environ.get("SFN_CFN_UPDATE"):
        case["workflow"] = found
        path = next(one for one in FILES if one.stem == file)
        path.write_text(yaml.safe_dump(CASES[file], sort_keys=False, width=110), encoding="utf-8")
    assert found == case["workflow"]


@pytest.mark.parametrize(("file", "case"), EACH)
def test_the_policy_allows_no_more_than_is_documented_or_says_why(file: str, case: dict[str, Any]) -> None:
    wider = {
        action
        for one in derived(case)
        for action in many(one["Action"])
        for resource in many(one["Resource"])
        if not any(
            action.lower() in map(str.lower, documented["Action"])
            and any(matches(pattern, resource) for pattern in documented["Resource"])
            and keys(documented) <= keys(one)
            for documented in case["documented"]
        )
    }
    assert wider == set(case["beyond"])


@pytest.mark.parametrize(("file", "case"), EACH)
def test_every_documented_action_is_granted_or_left_out_for_a_reason(file: str, case: dict[str, Any]) -> None:
    granted = {action.lower() for one in derived(case) for action in many(one["Action"])}
    documented = {action for one in case["documented"] for action in one["Action"]}
    assert {action for action in documented if action.lower() not in granted} == set(case.get("left_out", ()))


@pytest.mark.parametrize(("file", "case"), EACH)
def test_every_difference_has_its_reason(file: str, case: dict[str, Any]) -> None:
    reasons = [*case["beyond"].values(), *case.get("left_out", {}).values()]
    assert all(isinstance(one, str) and len(one.split()) > 2 for one in reasons)


def test_every_integration_and_pattern_has_a_case() -> None:
    wanted = {
        f"{name}.{pattern}".rstrip(".") for name, entry in INTEGRATIONS.items() for pattern in entry.patterns
    }
    cases = [case for _, case in (param.values for param in EACH)]
    found = {case.get("resource", "").partition(":states:::")[2] for case in cases}
    assert wanted <= found
