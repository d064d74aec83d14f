"""AWS SDK calls of tasks: the policies that they give, and the findings of calls that are none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from iam.building import VALUES, define, resolved, task
from sfn_cfn.iam import derive_policies

FILES = sorted((Path(__file__).parent / "sdk_cases").glob("*.yaml"))
CASES = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
EACH = [pytest.param(path, case, id=case["name"]) for path, cases in CASES.items() for case in cases]
GIVEN = {**VALUES, "DataBucket": "data", "Table": "Clients"}
STATES = "arn:aws:states:::aws-sdk:"


def derived(resource: str, parameters: Any) -> list[dict[str, Any]]:
    return resolved(derive_policies(define({"Call": task(resource, parameters)})).workflow, GIVEN)


@pytest.mark.parametrize(("file", "case"), EACH)
def test_the_policy_is_the_golden_one(file: str, case: dict[str, Any]) -> None:
    found = derived(case["resource"], case["parameters"])
    if os.environ.get("SFN_CFN_UPDATE"):
        case["workflow"] = found
        path = next(one for one in FILES if one.stem == file)
        path.write_text(yaml.safe_dump(CASES[file], sort_keys=False, width=110), encoding="utf-8")
    assert found == case["workflow"]
