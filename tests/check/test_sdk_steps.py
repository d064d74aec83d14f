"""`sdk_steps.json` is what stepfunctions 2.3.0 makes of each service step that it has, with common options."""

from __future__ import annotations

import json
from pathlib import Path

from test_rules import parsed

from sfn_cfn.check import check

TREE = json.loads((Path(__file__).parent / "sdk_steps.json").read_text())


def test_what_the_sdk_makes_has_no_finding_but_missing_time_limits() -> None:
    found = check(parsed({"states": TREE["States"], "top": {"StartAt": TREE["StartAt"]}}))
    assert {item.code for item in found} == {"SFN320"}


def test_each_misspelt_parameter_of_the_sdks_steps_is_found() -> None:
    for name, state in TREE["States"].items():
        for key in state["Parameters"]:
            changed = {f"{k}x" if k == key else k: value for k, value in state["Parameters"].items()}
            found = check(parsed({"states": {name: {**state, "Parameters": changed}}}))
            assert "SFN350" in {item.code for item in found}, (name, key)
