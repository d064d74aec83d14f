"""Bad input, one case a folder: what `sfn-cfn build` says of it, whole, and its exit code.

`tests/golden/<case>/project/` is the input, `expected.txt` the output: everything on stderr, then the
exit code. `python -m pytest tests/test_golden.py --golden-update` writes what is said now.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.name for path in GOLDEN.iterdir() if (path / "project").is_dir())
BUILD = [sys.executable, "-m", "sfn_cfn", "build", "--no-lint", "--jobs", "1"]
SMALL_DISK = 'mkdir templates && mount -t tmpfs -o size=4k tmpfs templates && exec "$@"'
WRAPPERS = {"disk_full": ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", SMALL_DISK, "sh"]}


def said(case: str, project: Path) -> str:
    """What a build of the case says, with `PROJECT` for the folder that it happens to be in."""
    shutil.copytree(GOLDEN / case / "project", project)
    before = contents(project)
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [*WRAPPERS.get(case, []), *BUILD],
        cwd=project,
        env=env | {"NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    written = sorted(set(contents(project)) - set(before))
    text = done.stderr.replace(str(project.resolve()), "PROJECT").rstrip("\n")
    return "\n".join(
        [text, f"exit code {done.returncode}", f"written: {', '.join(written) or 'nothing'}", ""]
    )


def contents(project: Path) -> list[str]:
    """All files of the project by name, without what Python and the compiler keep for themselves."""
    files = [path.relative_to(project) for path in project.rglob("*") if path.is_file()]
    kept = [path for path in files if not {"__pycache__", ".sfn-cfn"} & set(path.parts)]
    return sorted(path.as_posix() for path in kept)


@pytest.mark.parametrize("case", CASES)
def test_a_bad_project_is_told_what_is_wrong(
    case: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if case in WRAPPERS and shutil.which("unshare") is None:
        pytest.skip("no unshare on this system")
    if case in WRAPPERS and subprocess.run([*WRAPPERS[case], "true"], cwd=tmp_path, check=False).returncode:
        pytest.skip("no user namespaces on this system")
    text = said(case, tmp_path / "project")
    expected = GOLDEN / case / "expected.txt"
    if request.config.getoption("--golden-update"):
        expected.write_text(text)
    assert text == expected.read_text()
