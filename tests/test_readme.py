"""The README says what is so: its commands run, its excerpts are of what they show, its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def block(language: str, after: str = "") -> str:
    """The first fenced block of a language, after some text."""
    found = re.search(rf"```{language}\n(.*?)```", README[README.index(after) :], re.DOTALL)
    assert found, f"no {language} block"
    return found[1]


def sfn_cfn(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command; what it says and its exit code."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "sfn_cfn", *arguments],
        cwd=cwd,
        env=env | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The README's example, made and built by its own commands."""
    folder = tmp_path_factory.mktemp("readme")
    steps = re.findall(r"^    (sfn-cfn \S.*|cd \S+)$", README.split("## Install")[0], re.MULTILINE)
    assert steps == ["sfn-cfn init fraud-pipeline", "cd fraud-pipeline", "sfn-cfn build"]
    for step in steps:
        program, *arguments = step.split()
        if program == "cd":
            folder /= arguments[0]
            continue
        done = sfn_cfn(*arguments, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def test_it_is_shorter_than_120_lines() -> None:
    assert len(README.splitlines()) < 120


def test_the_code_that_it_shows_is_in_the_first_workflow(project: Path) -> None:
    assert block("python").strip() in (project / "workflows" / "train.py").read_text()


def test_the_template_that_it_shows_is_what_the_build_writes(project: Path) -> None:
    assert block("yaml").strip("\n") in (project / "templates" / "train.yaml").read_text()


def test_the_files_that_it_deploys_are_there(project: Path) -> None:
    deploy = re.search(r"aws cloudformation deploy(?:.*\\\n)*.*", README)
    assert deploy
    names = re.findall(r"templates/\S+", deploy[0])
    assert len(names) == 2
    assert [name for name in names if not (project / name).is_file()] == []


def test_the_finding_that_it_shows_is_what_the_build_says(tmp_path: Path) -> None:
    shown = re.search(r"^    error\[.*?(?=\n\n)", README, re.MULTILINE | re.DOTALL)
    assert shown
    text = textwrap.dedent(shown[0])
    state = re.search(r"\n +4 \| (.*)", text)
    assert state
    source = f"from stepfunctions.steps import LambdaStep\nfrom stepfunctions.workflow import Workflow\n\n{state[1]}\n"
    (tmp_path / "workflows").mkdir()
    made = 'workflow = Workflow(name="check", definition=check, role="")\n'
    (tmp_path / "workflows" / "check.py").write_text(source + made)
    done = sfn_cfn("build", "--no-lint", cwd=tmp_path)
    assert done.returncode == 1
    assert text in done.stderr


def test_the_command_for_the_tests_is_the_one_that_ci_runs() -> None:
    command = block("sh", after="<!-- test -->").strip()
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    told = "\n".join(["exec() { printf '%s' \"$3\"; }", *[line for line in script if "cd " not in line]])
    done = subprocess.run(["bash", "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == command
    assert command.endswith(".venv/bin/python -m pytest")


def test_the_command_for_the_build_writes_the_committed_templates() -> None:
    command = block("sh", after="<!-- build -->").strip()
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")
    assert command.endswith("&& .venv/bin/sfn-cfn build")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_page_is_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in PAGES if "docs" in path.parts]
    assert [page for page in pages if page != "index.md" and f"({page})" not in index] == []
