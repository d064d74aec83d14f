"""A project's `.sfnignore` and what is never uploaded -> whether a file goes into what a run uploads.

The syntax is gitignore's (git-scm.com/docs/gitignore): the last pattern that fits decides, `!` takes back, a
pattern with a slash before its end is bound to the project's root, one with a slash at its end fits folders
only, and what lies in an excluded folder cannot be taken back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FILE = ".sfnignore"

WASTE = (
    ".git",
    ".hg",
    ".svn",
    ".DS_Store",
    "__pycache__",
    "*.pyc",
    ".venv",
    ".sfn-cfn",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
)
"""What no job needs."""

SECRET = (
    ".env",
    ".env.*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "credentials",
    ".aws",
    ".netrc",
    ".pgpass",
)
"""What tells who somebody is. No pattern takes these back."""

_SAMPLES = (".env.example", ".env.sample", ".env.template", "*.pub")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: a regular expression on a path relative to the root; `keeps`: it begins with `!`."""

    expression: re.Pattern[str]
    keeps: bool
    folders: bool


@dataclass(frozen=True, slots=True)
class Ignore:
    """What a project leaves out of its uploads. `root` is resolved."""

    root: Path
    patterns: tuple[Pattern, ...] = ()

    def excludes(self, path: Path, *, folder: bool) -> bool:
        """Whether the file or folder itself is left out; its parents are not looked at."""
        name = path.name
        if fits(name, WASTE) or is_secret(name):
            return True
        inside = relative(path, self.root)
        left_out = False
        for pattern in self.patterns:
            if (folder or not pattern.folders) and inside and pattern.expression.fullmatch(inside):
                left_out = not pattern.keeps
        return left_out


def is_secret(name: str) -> bool:
    """Whether a file or folder of that name is taken for one that holds keys."""
    return fits(name, SECRET) and not fits(name, _SAMPLES)


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name fits one of some shell patterns."""
    return any(PurePosixPath(name).match(pattern) for pattern in patterns)


def relative(path: Path, root: Path) -> str:
    """The path below the root with forward slashes; empty where it is outside."""
    where = path.parent.resolve() / path.name
    return where.relative_to(root).as_posix() if where.is_relative_to(root) else ""


def read(root: Path) -> Ignore:
    """What the project in `root` says; nothing where it has no such file."""
    base, file = root.resolve(), root / FILE
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
    return Ignore(base, tuple(pattern for line in lines if (pattern := parse(line))))


def parse(line: str) -> Pattern | None:
    """The pattern of one line; None for a comment or an empty line."""
    text = re.sub(r"(?<!\\) +$", "", line.rstrip("\r\n"))
    if not text or text.startswith("#"):
        return None
    keeps = text.startswith("!")
    text = text[1:] if keeps else text.removeprefix("\\") if text.startswith(("\\#", "\\!")) else text
    folders, text = text.endswith("/"), text.rstrip("/")
    bound, text = "/" in text, text.removeprefix("/")
    if not text:
        return None
    head = "" if bound else "(?:.*/)?"
    return Pattern(re.compile(head + _expression(text), re.DOTALL), keeps, folders)


_PARTS = re.compile(r"(/\*\*/)|(^\*\*/)|(/\*\*$)|(\*+)|(\?)|(\[!?\]?[^\]]*\])|\\(.)|(.)", re.DOTALL)


def _expression(text: str) -> str:
    """The regular expression of a pattern without its `!` and the slashes at its ends."""
    out = ""
    for match in _PARTS.finditer(text):
        between, first, last, stars, one, among, escaped, plain = match.groups()
        if between:
            out += "/(?:.*/)?"
        elif first:
            out += "(?:.*/)?"
        elif last:
            out += "/.*"
        elif stars:
            out += "[^/]*"
        elif one:
            out += "[^/]"
        elif among:
            inner = among[1:-1].replace("\\", "\\\\")
            out += f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
        else:
            out += re.escape(escaped or plain)
    return out
