"""`buildspec.yml` does in a clean checkout what the how-to says, and leaves the artifacts that it names."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
BUILDSPEC = yaml.safe_load((ROOT / "buildspec.yml").read_text())
HOW_TO = (ROOT / "docs" / "how-to" / "codepipeline.md").read_text()

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="not a git checkout"
)


def commands() -> list[str]:
    """All commands in the order of the phases."""
    order = ("install", "pre_build", "build", "post_build")
    phases = BUILDSPEC["phases"]
    return [line for phase in order if phase in phases for line in phases[phase]["commands"]]


def run(command: str, checkout: Path) -> None:
    """As CodeBuild runs it, but with no package index: what is installed here is all there is."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON", "PIP_"))}
    env = kept | {
        "PATH": f"{checkout.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # the odd value that pip's variable wants for "no isolation"
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    done = subprocess.run(
        ["sh", "-c", command], cwd=checkout, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def lend_packages(venv: Path) -> None:
    """Let a new environment see the packages of this one, so that pip finds each requirement installed."""
    folder = venv / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    folder.joinpath("lent.pth").write_text("\n".join(site.getsitepackages()) + "\n")


def test_its_commands_run_in_a_clean_checkout_and_leave_its_artifacts(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    for command in commands():
        run(command, checkout)
        if "-m venv" in command:
            lend_packages(checkout / ".venv")
    for pattern in BUILDSPEC["artifacts"]["files"]:
        assert list(checkout.glob(pattern)), pattern


def test_the_how_to_shows_this_buildspec() -> None:
    assert (ROOT / "buildspec.yml").read_text() in HOW_TO


def test_the_how_tos_templates_and_configurations_exist() -> None:
    names = re.findall(r"BuildOutput::(\S+)", HOW_TO)
    assert len(names) >= 2
    for name in names:
        assert (ROOT / name).is_file(), name
