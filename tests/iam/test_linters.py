"""What parliament, cfn-lint and checkov say of the derived policies: nothing that `known.yaml` does not list.

parliament judges the example templates and every golden case, cfn-lint the examples and the cases of integrations
and jobs, checkov the examples and the jobs' cases: they are slower. Each runs as a process; parliament and checkov
from an environment of their own, which `tests/tools.py` makes.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import tools
import yaml

from iam.simulate.derived import template
from iam.simulate.machines import PLACES, known, load, machines, plain
from iam.simulate.test_cases import CASES

HERE = Path(__file__).parent
LEFT = yaml.safe_load((HERE / "linters" / "known.yaml").read_text(encoding="utf-8"))
EXAMPLES = {path.stem: load(path) for path in sorted((HERE.parents[1] / "templates").glob("*.yaml"))}
JOBS = {path.stem for path in (HERE / "jobs").glob("*.yaml")}


@pytest.fixture(scope="module")
def programs() -> Path:
    """The folder with the linters' programs."""
    return tools.linters()


def run(*command: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(one) for one in command], capture_output=True, text=True, check=False, **options
    )


def write_policies(templates: Mapping[str, Any], folder: Path) -> None:
    """Each policy of the templates' roles in a file, as IAM gets it in one stack."""
    folder.mkdir()
    for number, each in enumerate(templates.values()):
        for machine in machines(each, PLACES[0], {}):
            for kind, role in (("workflow", machine.role), ("jobs", machine.jobs_role)):
                for name, policy in role.policies.items() if role else ():
                    text = plain(known(json.dumps(policy)))
                    (folder / f"{number}-{kind}-{name}.json").write_text(text, encoding="utf-8")


def cases(names: set[str] | None = None) -> dict[str, Any]:
    """The templates of golden cases."""
    return {name: template(**case) for name, case in CASES.items() if names is None or name in names}


def together(templates: Mapping[str, Any], folder: Path) -> None:
    """The roles of the templates in few files, because a linter takes long to start with each."""
    folder.mkdir(exist_ok=True)
    items = list(templates.values())
    for start in range(0, len(items), 75):
        whole: dict[str, Any] = {"Parameters": {}, "Conditions": {}, "Resources": {}}
        for number, each in enumerate(items[start : start + 75]):
            roles = {
                name: one for name, one in each["Resources"].items() if one["Type"].startswith("AWS::IAM::")
            }
            text = json.dumps(roles)
            for name in roles:
                text = text.replace(f'"{name}"', f'"Case{number}{name}"')
            whole["Resources"] |= json.loads(text)
            whole["Parameters"] |= each["Parameters"]
            whole["Conditions"] |= each["Conditions"]
        (folder / f"cases{start}.json").write_text(json.dumps(whole), encoding="utf-8")


# -- parliament -----------------------------------------------------------------------------------------


def parliament(programs: Path, folder: Path) -> set[str]:
    done = run(programs / "parliament", "--directory", folder, "--include-community-auditors", "--json")
    assert not done.stderr, done.stderr
    return {name for line in done.stdout.splitlines() for name in names_of(json.loads(line))}


def names_of(finding: Mapping[str, Any]) -> Iterator[str]:
    """A finding as the kind and the action that it is about."""
    issue, detail = finding["issue"], finding["detail"]
    if found := finding["location"].get("actions"):
        yield from (f"{issue} {action}" for action in found)
    elif isinstance(detail, list):
        yield from (f"{issue} {one['action']}" for one in detail)
    elif match := re.fullmatch(r"Unknown condition (\S+) for action (\S+)", str(detail)):
        yield f"{issue} {match[2]} {match[1]}"
    elif match := re.fullmatch(r"Type mismatch: (\S+) requires .* but given (\w+)", str(detail)):
        yield f"{issue} {match[1]} {match[2]}"
    else:
        yield f"{issue} {detail}"


def test_parliament_reports_of_the_examples_what_is_listed(programs: Path, tmp_path: Path) -> None:
    write_policies(EXAMPLES, tmp_path / "policies")
    assert parliament(programs, tmp_path / "policies") == set(LEFT["parliament"]["examples"])


def test_parliament_reports_of_the_golden_cases_what_is_listed(programs: Path, tmp_path: Path) -> None:
    write_policies(cases(), tmp_path / "policies")
    assert parliament(programs, tmp_path / "policies") == set(LEFT["parliament"]["cases"])


def test_parliament_sees_an_action_that_does_not_exist(programs: Path, tmp_path: Path) -> None:
    bad = {"Effect": "Allow", "Action": "s3:ReadObject", "Resource": "*"}
    (tmp_path / "bad.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": bad}))
    assert any(one.startswith("UNKNOWN_ACTION") for one in parliament(programs, tmp_path))


# -- checkov --------------------------------------------------------------------------------------------


def checkov(programs: Path, folder: Path) -> set[str]:
    """The checks that a role or a policy fails."""
    options = ("--framework", "cloudformation", "--compact", "--quiet", "--output", "json", "--skip-download")
    done = run(programs / "checkov", "--directory", folder, *options)
    found = json.loads(done.stdout)
    assert found["summary"]["passed"], done.stdout
    return {one["check_id"] for one in found["results"]["failed_checks"] if "AWS::IAM::" in one["resource"]}


def test_checkov_reports_of_the_examples_what_is_listed(programs: Path) -> None:
    assert checkov(programs, HERE.parents[1] / "templates") == set(LEFT["checkov"]["examples"])


def test_checkov_reports_of_the_jobs_what_is_listed(programs: Path, tmp_path: Path) -> None:
    together(cases(JOBS), tmp_path / "jobs")
    assert checkov(programs, tmp_path / "jobs") == set(LEFT["checkov"]["jobs"])


def test_checkov_sees_a_role_that_may_do_anything(programs: Path, tmp_path: Path) -> None:
    (one,) = cases({"labeling"}).values()
    policies = one["Resources"]["SageMakerExecutionRole"]["Properties"]["Policies"]
    policies[0]["PolicyDocument"]["Statement"][0] |= {"Action": "*", "Resource": "*"}
    together({"bad": one}, tmp_path / "bad")
    assert "CKV_AWS_63" in checkov(programs, tmp_path / "bad")


# -- cfn-lint -------------------------------------------------------------------------------------------


def cfn_lint(folder: Path) -> set[str]:
    """The rules that a role, a policy or a state machine's statement breaks."""
    files = sorted(folder.iterdir())
    program = Path(sys.executable).with_name("cfn-lint")
    done = run(
        program, "--regions", "us-east-1", "--format", "json", "--", *(one for one in files if one.is_file())
    )
    found = json.loads(done.stdout or "[]")
    return {one["Rule"]["Id"] for one in found if one["Location"]["Path"][0] == "Resources"}


def test_cfn_lint_reports_what_is_listed(tmp_path: Path) -> None:
    together(cases({name for name in CASES if not name.startswith("aws-sdk")}), tmp_path)
    for path in (HERE.parents[1] / "templates").glob("*.yaml"):
        shutil.copy(path, tmp_path)
    assert cfn_lint(tmp_path) == set(LEFT["cfn-lint"])


def test_cfn_lint_sees_an_action_that_does_not_exist(tmp_path: Path) -> None:
    (one,) = cases({"labeling"}).values()
    policies = one["Resources"]["SageMakerExecutionRole"]["Properties"]["Policies"]
    policies[0]["PolicyDocument"]["Statement"][0]["Action"] = "s3:ReadObject"
    together({"bad": one}, tmp_path)
    assert cfn_lint(tmp_path) == {"W3037"}


def test_everything_that_is_left_has_a_reason() -> None:
    reasons = [
        reason
        for one in (LEFT["parliament"], LEFT["checkov"])
        for found in one.values()
        for reason in found.values()
    ]
    assert all(reasons)
