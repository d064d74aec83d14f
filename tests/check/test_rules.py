"""Each rule against the examples of its YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sfn_cfn import definition
from sfn_cfn.check import RULES, check
from sfn_cfn.check.rule import Rule
from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import Definition, LoadedWorkflow, ParameterDeclaration, WorkflowSource, World

CASES = Path(__file__).parent / "cases"
ROOT = Path("/project")


def parsed(case: dict[str, Any]) -> Definition:
    """A case's definition: `states` and what `top` adds, `parameters` declared, `numbers` by name.

    `input` is that of a ready-made pipeline.
    """
    states = case["states"]
    tree = {"StartAt": next(iter(states)), "States": states, **case.get("top", {})}
    numbers = {tuple(p.split("/")): name for name, paths in case.get("numbers", {}).items() for p in paths}
    loaded = LoadedWorkflow(
        source=WorkflowSource(ROOT, ROOT / "workflows/train.py"),
        name="train",
        location=SourceLocation("workflows/train.py", 7),
        template="",
        definition=tree,
        world=World("487651230987", "ap-south-1"),
        parameters=tuple(ParameterDeclaration(**item) for item in case.get("parameters", ())),
        numbers=numbers,
        default_input=case.get("input"),
    )
    return definition.parse(loaded)


def examples(kind: str) -> list[Any]:
    return [
        pytest.param(rule, case, id=f"{rule.code.code}: {case['name']}")
        for rule in RULES
        for case in yaml.safe_load((CASES / f"{rule.code.code}.yaml").read_text())[kind]
    ]


@pytest.mark.parametrize(("rule", "case"), examples("pass"))
def test_a_good_example_has_no_finding(rule: Rule, case: dict[str, Any]) -> None:
    assert [item.message for item in rule(parsed(case))] == []


@pytest.mark.parametrize(("rule", "case"), examples("fail"))
def test_a_bad_example_has_exactly_its_findings(rule: Rule, case: dict[str, Any]) -> None:
    found = [[item.location.state, item.message, item.hint] for item in rule(parsed(case)) if item.location]
    assert found == case["findings"]


def test_every_rule_has_good_and_bad_examples_and_every_file_has_a_rule() -> None:
    assert {path.stem for path in CASES.iterdir()} == {rule.code.code for rule in RULES}
    for rule in RULES:
        cases = yaml.safe_load((CASES / f"{rule.code.code}.yaml").read_text())
        assert cases["pass"], rule.code.code
        assert cases["fail"], rule.code.code


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code.code)
def test_every_rule_documents_a_bad_and_a_good_example(rule: Rule) -> None:
    assert "\nBad:\n\n    " in rule.code.explanation
    assert "\nGood:\n\n    " in rule.code.explanation


def test_findings_of_all_rules_come_sorted_by_place() -> None:
    found = check(parsed({"states": {"B": {"Type": "Pass", "Next": "X"}, "A": {"Type": "Succeed"}}}))
    assert [(item.location.state, item.code) for item in found if item.location] == [
        ("States/A", "SFN345"),
        ("States/B", "SFN344"),
    ]


def test_a_finding_never_shows_the_secret() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    result = {"id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": secret}
    found = check(parsed({"states": {"A": {"Type": "Pass", "Result": result, "End": True}}}))
    assert [item.code for item in found] == ["SFN340", "SFN340"]
    assert not any(text in repr(found) for text in (secret, "AKIAIOSFODNN7EXAMPLE"))
