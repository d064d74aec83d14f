"""The documentation says what is so: links lead somewhere, commands exist, and the tutorial does what it shows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from sfn_cfn import catalog
from sfn_cfn.cli.commands import cli

ROOT = Path(__file__).parents[1]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
}
TUTORIAL = PAGES["docs/tutorial/first-pipeline.md"]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def prose(page: str) -> str:
    """The page without its fenced blocks."""
    return FENCED.sub("", page)


def anchors(page: str) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(name: str, page: str) -> Iterator[str]:
    """Relative links of a page that lead to no file, or to no heading of one."""
    for link in LINK.findall(prose(page)):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (ROOT / name).parent / file if file else ROOT / name
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            yield link


@pytest.mark.parametrize("name", PAGES)
def test_every_relative_link_leads_to_a_file_and_its_heading(name: str) -> None:
    assert list(broken_links(name, PAGES[name])) == []


def commands(page: str) -> Iterator[list[str]]:
    """The arguments of every `sfn-cfn ...` in code: fenced or indented lines, and spans in the prose.

    The reference's usage lines (`sfn-cfn build [OPTIONS]`) are generated from the code, and left out.
    """
    lines = [line for kind, text in FENCED.findall(page) if kind != "text" for line in text.splitlines()]
    lines += re.findall(r"^ {4}(\S.*)$", page, re.MULTILINE)
    lines += re.findall(r"`([^`\n]+)`", prose(page))
    for line in lines:
        for part in re.split(r"&&|\|\||[|;]", line):
            found = re.match(r"\s*(?:- )?(?:\S*/)?sfn-cfn(?: (.*))?$", part)
            if found and "[OPTIONS]" not in part:
                yield shlex.split(found[1] or "", comments=True)


def spelled(command: click.Command) -> set[str]:
    """Every spelling of every option of a command."""
    names = {name for item in command.params for name in (*item.opts, *item.secondary_opts)}
    return {*names, "--help", "-h"}


def unknown(arguments: list[str]) -> Iterator[str]:
    """What of a command line the program does not have."""
    command: click.Command = cli
    rest = iter(arguments)
    for argument in rest:
        if argument.startswith("-"):
            option = argument.partition("=")[0]
            if option not in spelled(command):
                yield option
            elif takes_value(command, option) and "=" not in argument:
                next(rest, None)
        elif isinstance(command, click.Group):
            found = command.commands.get(argument)
            if found is None:
                yield argument
                return
            command = found


def takes_value(command: click.Command, option: str) -> bool:
    """Whether the argument behind an option is its value."""
    return any(
        isinstance(item, click.Option) and option in item.opts and not item.is_flag and not item.count
        for item in command.params
    )


@pytest.mark.parametrize("name", PAGES)
def test_every_command_and_its_options_exist(name: str) -> None:
    assert [(line, list(unknown(line))) for line in commands(PAGES[name]) if list(unknown(line))] == []


def test_commands_are_found_in_all_three_forms() -> None:
    page = "`sfn-cfn check`\n\n    cd x && sfn-cfn init x\n\n```sh\n.venv/bin/sfn-cfn build --check\n```\n"
    assert sorted(commands(page)) == [["build", "--check"], ["check"], ["init", "x"]]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("biuld", ["biuld"]),
        ("build --chekc", ["--chekc"]),
        ("--project init build --prune", []),
        ("init --prune x", ["--prune"]),
    ],
)
def test_a_command_that_does_not_exist_is_seen(line: str, wrong: list[str]) -> None:
    assert list(unknown(line.split())) == wrong


OTHERS = {
    "--s3-bucket": "aws cloudformation deploy",
    "--parameter-overrides": "aws cloudformation deploy",
    "--counts": "benchmarks/build.py",
    "--quick": "benchmarks/build.py",
    "--states": "benchmarks/policies.py",
}
"""Options of other programs that the pages name."""


@pytest.mark.parametrize("name", PAGES)
def test_every_option_that_stands_alone_exists(name: str) -> None:
    groups = [item for item in cli.commands.values() if isinstance(item, click.Group)]
    every = [*cli.commands.values(), *(inner for group in groups for inner in group.commands.values())]
    ours = spelled(cli).union(*(spelled(item) for item in every))
    named = set(re.findall(r"`(--[a-z][a-z0-9-]*)[^`\n]*`", prose(PAGES[name])))
    assert named - ours - set(OTHERS) == set()


@pytest.mark.parametrize("name", PAGES)
def test_every_code_of_a_finding_is_in_the_catalog(name: str) -> None:
    named = set(re.findall(r"\bSFN\d{3}\b", PAGES[name]))
    assert named - {item.code for item in catalog.codes()} == set()


@dataclass(frozen=True)
class Step:
    """A fenced block of the tutorial, with the comment above it and the output that is shown below it."""

    comment: str
    language: str
    text: str
    output: str | None = None


def steps() -> list[Step]:
    """The tutorial's blocks in order; a `text` block belongs to the commands before it."""
    out: list[Step] = []
    pattern = re.compile(r"(?:^<!-- ([^\n]*) -->\n)?" + FENCED.pattern, re.DOTALL | re.MULTILINE)
    for comment, language, text in pattern.findall(TUTORIAL):
        if language == "text":
            last = out.pop()
            assert last.language == "sh"
            assert last.output is None
            out.append(Step(last.comment, last.language, last.text, text))
        else:
            out.append(Step(comment, language, text))
    return out


class Reader:
    """Does in a folder what the tutorial says; AWS is the one thing that is not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def follow(self, step: Step) -> None:
        """Run, edit or compare, as the block's language says."""
        if step.language == "sh":
            self.run(step)
        elif step.language == "diff":
            self.edit(self.folder / step.comment.removeprefix("edit "), step.text)
        else:
            file = self.folder / step.comment.removeprefix("in ")
            assert step.text in file.read_text(encoding="utf-8"), step.text

    def run(self, step: Step) -> None:
        """Run the commands in one shell, compare what they print, and stay in the folder they end in."""
        if step.text.startswith("aws "):
            return
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON"))}
        env = kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}", "NO_COLOR": "1"}
        script = f'set -e\n{step.text}pwd > "$FOLDER_FILE"\n'
        where = self.folder.parent / "where"
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=self.folder,
            env=env | {"FOLDER_FILE": str(where)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == int(step.comment.removeprefix("exit ") or 0), done.stdout
        if step.output is not None:
            assert done.stdout == step.output
        if done.returncode == 0:
            self.folder = Path(where.read_text(encoding="utf-8").strip())

    @staticmethod
    def edit(file: Path, difference: str) -> None:
        """Replace the lines with `-`, which stand in the file once, by those with `+`."""
        lines = difference.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line.startswith("-"))
        new = "".join(line[1:] for line in lines if line.startswith("+"))
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1
        file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_tutorial_does_what_it_shows(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    reader = Reader(tmp_path / "work")
    for step in steps():
        reader.follow(step)
    assert '"DataBucket": "my-own-bucket"' in (reader.folder / "templates/config/train.dev.json").read_text()


def test_the_tutorial_has_steps_of_every_kind() -> None:
    assert {step.language for step in steps()} == {"sh", "python", "yaml", "json", "diff"}
    assert sum(step.text.startswith("aws ") for step in steps()) == 2
