"""A running program -> the user's file and line that it is at."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from types import FrameType
from typing import Any

from sfn_cfn.errors import SourceLocation

_OWN = tuple(
    {str(folder) + "/" for folder in (Path(__file__).parents[1], Path(__file__).resolve().parents[1])}
)
_PATHS = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
_LIBRARIES = (*_OWN, *(path.rstrip("/") + "/" for path in _PATHS if path))


def ours(file: str) -> bool:
    """Whether a frame of `file` is this package's own or the import system's."""
    return file.startswith((*_OWN, "<frozen "))


def of_user(file: str) -> bool:
    """Whether `file` is code that the user wrote: no library's, no interpreter's, not this package's."""
    if file.startswith("<") or file.startswith(_LIBRARIES):
        return False
    return "/site-packages/" not in file and "/dist-packages/" not in file


def named(file: str, root: Path) -> str:
    """`file` as the user names it: relative to the project, with forward slashes."""
    path = Path(file)
    for base in (root, root.resolve()):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return path.as_posix()


def nearest(root: Path, made: Any = None) -> SourceLocation | None:
    """The innermost frame of user code that is no method of `made`, or None."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if of_user(frame.f_code.co_filename) and not _is_method_of(frame, made):
            return SourceLocation(named(frame.f_code.co_filename, root), frame.f_lineno)
        frame = frame.f_back
    return None


def _is_method_of(frame: FrameType, made: Any) -> bool:
    code = frame.f_code
    if made is None or not code.co_argcount:
        return False
    return frame.f_locals.get(code.co_varnames[0]) is made
