"""A source that makes no workflow -> whether it is a module that another source beside it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def by_another(path: Path) -> bool:
    """Whether a Python file in the same folder imports `path`'s module. Nothing is run."""
    others = (other for other in sorted(path.parent.glob("*.py")) if other.name != path.name)
    return any(path.stem in _names(other) for other in others)


def _names(path: Path) -> set[str]:
    """The first parts of the modules that a file imports, anywhere in it; none if it is not Python."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return set()
    return {name.partition(".")[0] for node in ast.walk(tree) for name in _imported(node)}


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module or ""
