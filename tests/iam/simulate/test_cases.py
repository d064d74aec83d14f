"""Each integration and pattern, and each kind of job: what the derived policies allow, call by call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from iam.building import task
from iam.simulate.derived import template
from iam.simulate.evaluator import Evaluator
from iam.simulate.judge import judge
from iam.simulate.machines import Place, machines

HERE = Path(__file__).parents[1]
PLACE = Place("default", parameters="default")


def cases() -> dict[str, dict[str, Any]]:
    """Name -> states and defaults of parameters, of the integrations' cases and of the jobs'."""
    found = {}
    for path in sorted((HERE / "cases").glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            state = case.get("state") or task(case["resource"], case["parameters"])
            found[case["name"]] = {"states": {"Call": state}, "parameters": case.get("declared", {})}
    for path in sorted((HERE / "jobs").glob("*.yaml")):
        case = yaml.safe_load(path.read_text(encoding="utf-8"))
        given = {**case.get("parameters", {}), **case.get("values", {})}
        found[path.stem] = {"states": case["states"], "parameters": given}
    for path in sorted((HERE / "sdk_cases").glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            states = {"Call": task(case["resource"], case["parameters"])}
            given = {"DataBucket": "data", "Table": "Clients"} if "${" in str(case["parameters"]) else {}
            found[f"aws-sdk {case['name']}"] = {"states": states, "parameters": given}
    return found


CASES = cases()

# The evaluator takes no wildcard before the first slash of a resource; API Gateway documents it.
NOT_EVALUATED = {
    "apigateway:invoke, named at run time",
    "apigateway:invoke.waitForTaskToken, named at run time",
    "aws-sdk apigatewaymanagementapi:postToConnection",
}
MARKS = {
    name: pytest.mark.xfail(strict=True, reason="a wildcard that the evaluator takes for none")
    for name in NOT_EVALUATED
}
EACH = [pytest.param(name, marks=MARKS.get(name, ())) for name in CASES]


def test_the_exceptions_are_cases() -> None:
    assert set(MARKS) <= set(CASES)


@pytest.mark.parametrize("name", EACH)
def test_every_call_is_allowed_and_nothing_beside_it(name: str, evaluator: Evaluator) -> None:
    (machine,) = machines(template(**CASES[name]), PLACE, {})
    verdict = judge(machine, evaluator)
    assert not verdict.wrong, verdict.wrong
    assert verdict.needed or not machine.role.policies
