from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfn_cfn.model import OutputFile

from .conftest import Run, template

NARROW = "s3:GetObject"
WIDE = "s3:*"


def with_role(action: str, source: str = "workflows/train.py") -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    policies = [{"PolicyName": "p", "PolicyDocument": {"Statement": [statement]}}]
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies}}
    return template(source, f"Resources: {json.dumps({'Role': role})}\n")


def gives(run: Run, action: str, name: str = "train.yaml") -> None:
    """Let the compiler give a template whose role has that action, and one without a role."""
    run.compiler.outputs = (
        OutputFile(name, with_role(action)),
        OutputFile("config/train.dev.json", f'{{"{action}": 1}}\n'),
        OutputFile("score.yaml", template("workflows/score.py", f"# {action}\nResources: {{}}\n")),
    )


@pytest.fixture
def changed(run: Run) -> Run:
    """A project whose templates stand, and whose sources now give a wider role."""
    gives(run, NARROW)
    run("build")
    gives(run, WIDE)
    return run


def widening(severity: str) -> str:
    return (
        f"{severity}[SFN590]: role 'Role' may now call 's3:*' on '*'\n"
        "  --> templates/train.yaml\n"
        "  hint: see that the workflow needs it: 'sfn-cfn explain-policy' says which state does\n"
    )


def test_check_tells_of_a_widening_beside_the_drift(changed: Run) -> None:
    code, _, err = changed("-q", "build", "--check")
    assert code == 1
    assert err.count("SFN590") == 1
    assert widening("warning") in err


def test_a_widening_alone_is_no_error(changed: Run, tmp_path: Path) -> None:
    (changed.root / "templates").rename(tmp_path / "old")
    changed("-q", "build")
    code, _, err = changed("-q", "build", "--check", "--baseline", str(tmp_path / "old"))
    assert (code, err) == (0, widening("warning"))


def test_with_the_option_it_is_an_error(changed: Run, tmp_path: Path) -> None:
    (changed.root / "templates").rename(tmp_path / "old")
    changed("-q", "build")
    arguments = ("-q", "build", "--check", "--fail-on-broadening", "--baseline", str(tmp_path / "old"))
    code, _, err = changed(*arguments)
    assert (code, err) == (1, widening("error"))


def test_a_build_with_the_option_keeps_the_template_that_would_widen_and_writes_the_others(
    changed: Run,
) -> None:
    code, _, err = changed("-q", "build", "--fail-on-broadening")
    assert (code, err) == (1, widening("error"))
    folder = changed.root / "templates"
    assert (folder / "train.yaml").read_text() == with_role(NARROW)
    assert NARROW in (folder / "config/train.dev.json").read_text()
    assert WIDE in (folder / "score.yaml").read_text()


def test_a_plain_build_writes_and_compares_nothing(changed: Run) -> None:
    assert changed("-q", "build") == (0, "", "")
    assert (changed.root / "templates/train.yaml").read_text() == with_role(WIDE)


def test_a_narrowing_is_no_finding(changed: Run) -> None:
    changed("-q", "build")
    gives(changed, NARROW)
    assert changed("-q", "build", "--fail-on-broadening") == (0, "", "")


def test_a_new_template_is_not_compared(run: Run) -> None:
    gives(run, WIDE)
    assert run("-q", "build", "--fail-on-broadening") == (0, "", "")


def test_a_template_in_another_format_is_compared(run: Run) -> None:
    gives(run, NARROW)
    run("build")
    gives(run, WIDE, "train.json")
    code, _, err = run("-q", "build", "--fail-on-broadening")
    assert code == 1
    assert "role 'Role' may now call 's3:*'" in err


def test_a_file_of_somebody_else_is_named_and_not_compared(changed: Run) -> None:
    (changed.root / "templates/train.yaml").write_text("Resources: {}\n")
    code, _, err = changed("-q", "build", "--fail-on-broadening")
    assert (code, err) == (
        0,
        (
            "info[SFN591]: the template that stands is not one of sfn-cfn's, so its roles are not compared\n"
            "  --> templates/train.yaml\n"
            "  hint: look through the roles of the new one\n"
        ),
    )


def test_a_template_that_cannot_be_read_is_named_and_not_compared(changed: Run) -> None:
    text = with_role(NARROW)
    (changed.root / "templates/train.yaml").write_text(f"{text}<<<<<<< ours\n: [\n")
    code, _, err = changed("-q", "build", "--fail-on-broadening")
    assert code == 0
    assert err.startswith(
        "info[SFN591]: the template that stands cannot be read, so its roles are not compared\n"
        "  --> templates/train.yaml:"
    )


@pytest.mark.parametrize("option", [("--fail-on-broadening",), ("--baseline", ".")])
def test_what_is_printed_is_compared_with_nothing(run: Run, option: tuple[str, ...]) -> None:
    code, _, err = run("build", "--print", *option)
    assert code == 2
    assert "--print compares nothing, so it goes with neither --fail-on-broadening nor --baseline." in err
