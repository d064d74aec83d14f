"""cfn-lint's process and how its findings become ours."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_rules import parsed

from sfn_cfn.check import lint
from sfn_cfn.check.lint import Linter
from sfn_cfn.check.probe import lint_subject
from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import LintSubject

GOOD = {"A": {"Type": "Succeed"}}
TOPIC = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


def subject(states: dict[str, Any] = GOOD, template: Any = TOPIC) -> LintSubject:
    text = template if isinstance(template, str) else json.dumps(template, indent=1)
    return lint_subject(parsed({"states": states}), text, "templates/train.yaml")


@pytest.fixture(scope="module")
def linter() -> Iterator[Linter]:
    with Linter() as running:
        yield running


def shown(linter: Linter, *subjects: LintSubject) -> list[str]:
    return [f"{item.code} {item.location}: {item.message}" for item in linter.lint(subjects)]


def test_a_good_template_has_no_finding(linter: Linter) -> None:
    assert shown(linter, subject()) == []


def test_a_fault_of_a_state_stands_at_the_states_place(linter: Linter) -> None:
    branch = {"StartAt": "X", "States": {"X": {"Type": "Succeed", "Foo": 1}}}
    states = {"P": {"Type": "Parallel", "Branches": [branch], "End": True}}
    assert shown(linter, subject(states)) == [
        (
            "SFN390 workflows/train.py:7 (States/P/Branches/0/States/X): cfn-lint E3601: Additional properties "
            "are not allowed ('Foo' was unexpected) at 'States/P/Branches/0/States/X/Foo'"
        )
    ]


def test_a_mistyped_choice_operator_is_a_finding_of_bounded_length(linter: Linter) -> None:
    choice = {"Variable": "$.a", "NumericGreater": 1, "Next": "D"}
    (found,) = shown(
        linter, subject({"C": {"Type": "Choice", "Choices": [choice]}, "D": {"Type": "Succeed"}})
    )
    assert found.startswith(
        "SFN390 workflows/train.py:7 (States/C): cfn-lint E3601: Only one of ['And', 'BooleanEquals', "
    )
    assert found.endswith("'] is a required property at 'States/C/Choices/0'")
    assert len(found) < 450


def test_the_same_fault_in_a_plain_definition_string_is_reported_once_from_the_probe(linter: Linter) -> None:
    states = {"C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "Nope": 1, "Next": "C"}]}}
    properties = {
        "RoleArn": "arn:aws:iam::123456789012:role/x",
        "DefinitionString": json.dumps({"StartAt": "C", "States": states}),
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    found = linter.lint([subject(states, {"Resources": {"StateMachineComponent": machine}})])
    assert [item.code for item in found] == ["SFN390"]


def test_a_fault_outside_of_the_definition_names_the_templates_line(linter: Linter) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"Nope": 1}}
    assert shown(linter, subject(template={"Resources": {"Topic": topic}})) == [
        (
            "SFN390 workflows/train.py:7: cfn-lint E3002: Additional properties are not allowed "
            "('Nope' was unexpected) (templates/train.yaml:6)"
        )
    ]


def test_a_warning_stays_a_warning(linter: Linter) -> None:
    template = {**TOPIC, "Parameters": {"Unused": {"Type": "String"}}}
    assert shown(linter, subject(template=template)) == [
        "SFN391 workflows/train.py:7: cfn-lint W2001: Parameter Unused not used. (templates/train.yaml:8)"
    ]


def test_a_text_that_is_no_template_is_a_finding(linter: Linter) -> None:
    (found,) = shown(linter, subject(template="{"))
    assert found.startswith("SFN390 workflows/train.py:7: cfn-lint E0000: ")


def test_a_process_that_was_killed_is_a_finding_and_the_next_template_is_linted() -> None:
    with Linter() as running:
        assert running.lint([subject()]) == ()
        os.kill(running.pid, signal.SIGKILL)
        assert shown(running, subject()) == [
            "SFN393 workflows/train.py:7: cfn-lint fails on templates/train.yaml: no message"
        ]
        assert running.lint([subject()]) == ()


def test_a_configuration_in_the_working_folder_or_at_home_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".cfnlintrc").write_text("ignore_checks: [E, W]\n")
    (tmp_path / "json.py").write_text("raise RuntimeError('the working folder is on the path')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    template = {**TOPIC, "Parameters": {"Unused": {"Type": "String"}}}
    with Linter() as running:
        assert [item.code for item in running.lint([subject(template=template)])] == ["SFN391"]


def test_an_exception_inside_of_a_rule_is_said_to_be_cfn_lints() -> None:
    own = {
        "rule": "E0002",
        "level": "error",
        "message": "Unknown exception while processing rule E3012: 'x'",
        "line": 3,
        "path": [],
    }
    (found,) = lint.findings(subject(), {"template": [own], "probe": []})
    assert (found.code, found.location, found.message) == (
        "SFN393",
        SourceLocation("workflows/train.py", 7),
        (
            "cfn-lint E0002: a rule of cfn-lint fails: Unknown exception while processing rule E3012: 'x' "
            "(templates/train.yaml:3)"
        ),
    )


def test_what_the_probe_finds_outside_of_the_definition_is_not_reported() -> None:
    other = {"rule": "W3045", "level": "warning", "message": "m", "line": 1, "path": ["Resources", "X"]}
    assert list(lint.findings(subject(), {"template": [], "probe": [other]})) == []
