from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sfn_cfn
from sfn_cfn.cli import main, reference
from sfn_cfn.cli.commands import cli

from .conftest import Run


def raiser(error: BaseException) -> object:
    def effect() -> None:
        raise error

    return effect


def test_no_sources_is_exit_code_2_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["build"]) == 2
    assert capsys.readouterr() == (
        "",
        (
            "error[SFN101]: there is no folder 'workflows'\n"
            f"  --> {tmp_path}\n"
            "  hint: run 'sfn-cfn init NAME' for a new project, or name the project's folder by '--project'\n"
        ),
    )


def test_mistaken_settings_are_exit_code_2_with_their_line(run: Run) -> None:
    (run.root / "sfn-cfn.toml").write_text("[project]\nnmae = 'x'\n")
    assert run("build") == (
        2,
        "",
        (
            "error[SFN111]: unknown key 'nmae' in [project]\n"
            "  --> sfn-cfn.toml:2\n"
            "  2 | nmae = 'x'\n"
            "  hint: did you mean 'name'?\n"
        ),
    )


def test_an_unknown_command_is_exit_code_2(run: Run) -> None:
    code, out, err = run("biuld")
    assert (code, out) == (2, "")
    assert "No such command 'biuld'" in err


def test_a_defect_of_ours_is_exit_code_3_and_says_how_to_report_it(run: Run) -> None:
    run.compiler.effect = raiser(KeyError("x"))  # type: ignore[assignment]
    assert run("build") == (
        3,
        "",
        (
            "sfn-cfn failed by itself: KeyError: 'x'\n"
            "this is a defect of sfn-cfn, not of your workflow; your files are as they were\n"
            "hint: repeat the command with --verbose and report it with the traceback "
            "and the output of 'sfn-cfn version'\n"
        ),
    )


def test_a_defect_of_ours_shows_its_traceback_when_verbose(run: Run) -> None:
    run.compiler.effect = raiser(KeyError("x"))  # type: ignore[assignment]
    code, _, err = run("-v", "build")
    assert code == 3
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.endswith("hint: report it with the traceback and the output of 'sfn-cfn version'\n")


def test_an_interrupt_is_exit_code_130_and_quiet(run: Run) -> None:
    run.compiler.effect = raiser(KeyboardInterrupt())  # type: ignore[assignment]
    assert run("build") == (130, "", "")


def test_a_real_interrupt_ends_the_process_quietly(run: Run) -> None:
    code = (
        "import os, signal, sys\n"
        "from sfn_cfn.cli import main\n"
        "from sfn_cfn.cli.console import Services\n"
        "build = lambda *a, **o: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(main(['build'], Services(build)))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=run.root, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (130, b"", b"")


def test_a_reader_that_goes_away_is_no_defect(run: Run) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "sfn_cfn", "version"]
    result = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (result.returncode, result.stderr) == (128 + signal.SIGPIPE, b"")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from sfn_cfn.cli import main\n"
        "main(['--help'])\n"
        "heavy = {'rich', 'ruamel', 'yaml', 'cfn_flip', 'cfnlint', 'boto3', 'botocore', 'sagemaker',\n"
        "         'stepfunctions', 'numpy', 'asyncio', 'sfn_cfn.compiler', 'sfn_cfn.settings', 'sfn_cfn.emit'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr == "[]\n"
    assert "Exit codes: 0 clean;" in result.stdout


def test_the_version_is_the_package_s(run: Run) -> None:
    assert run("--version") == (0, f"sfn-cfn {sfn_cfn.__version__}\n", "")
    code, out, err = run("version")
    assert (code, err) == (0, "")
    names = [row.split()[0] for row in out.splitlines()]
    assert names == [
        "sfn-cfn",
        "python",
        "stepfunctions",
        "sagemaker",
        "cfn-lint",
        "cfn-flip",
        "ruamel.yaml",
        "click",
    ]


def test_a_code_is_explained_in_any_case(run: Run) -> None:
    assert run("explain", "sfn320") == (
        0,
        "SFN320 (warning): a task has no time limit\n\nIt may run for ever.\n\nSet one.\n",
        "",
    )


def test_an_unknown_code_is_exit_code_2(run: Run) -> None:
    code, out, err = run("explain", "X1")
    assert (code, out, err.splitlines()[-1]) == (
        2,
        "",
        "Error: there is no code 'X1'; codes look like SFN101.",
    )


@pytest.mark.parametrize("name", ["SFN101", "SFN114", "SFN421", "SFN713", "SFN725"])
def test_codes_of_these_modules_are_in_the_catalog(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    assert capsys.readouterr().out.startswith(f"{name} (error): ")


@pytest.mark.parametrize("name", sorted(reference.pages()))
def test_the_reference_is_what_the_code_says(name: str) -> None:
    published = Path(__file__).parent.parent.parent / "docs/reference" / name
    assert published.read_text(encoding="utf-8") == reference.pages()[name], (
        "run 'python -m sfn_cfn.cli.reference docs/reference'"
    )


def test_the_reference_has_every_command_and_option() -> None:
    page = reference.pages()["cli.md"]
    for name, command in cli.commands.items():
        assert f"## `sfn-cfn {name}`" in page
        for option in command.params:
            if option.opts[0].startswith("-"):
                assert option.opts[0] in page


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_process_without_standard_streams_ends_with_its_own_code(tmp_path: Path, closed: str) -> None:
    (tmp_path / "train.yaml").write_text("A: 1\n")
    command = f"{shlex.quote(sys.executable)} -m sfn_cfn convert train.yaml {closed}"
    assert subprocess.run(["sh", "-c", command], cwd=tmp_path, check=False).returncode == 0


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")


@FULL
@pytest.mark.parametrize(
    "arguments", [("--help",), ("version",), ("explain", "SFN101"), ("--format", "json", "check")]
)
def test_standard_output_that_is_full_is_exit_code_2_and_no_defect(
    run: Run, arguments: tuple[str, ...]
) -> None:
    done = with_full("stdout", run.root, *arguments)
    expected = "sfn-cfn: cannot write to standard output: no space left on device\n"
    assert (done.returncode, done.stderr) == (2, expected)


@FULL
def test_standard_error_that_is_full_changes_nothing_else(run: Run) -> None:
    (run.root / "workflows/score.py").write_text("print('hello')\nraise ValueError\n")
    (run.root / "workflows/train.py").write_text(
        "from stepfunctions.steps import Pass\nfrom stepfunctions.workflow import Workflow\n"
        "print('hello')\nWorkflow('train', Pass('A'), role='')\n"
    )
    done = with_full("stderr", run.root, "build", "--no-lint")
    assert (done.returncode, done.stdout) == (1, "")
    assert (run.root / "templates/train.yaml").exists()


def with_full(stream: str, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run whose standard output or error is a device that is full."""
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Path("/dev/full").open("w") as full:
        streams[stream] = full
        command = [sys.executable, "-m", "sfn_cfn", *arguments]
        return subprocess.run(command, cwd=root, text=True, check=False, **streams)
