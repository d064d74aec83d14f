"""Capabilities stand alone: none imports another, and what they find is registered."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from sfn_cfn import catalog, operations
from sfn_cfn.errors import Code

FOLDER = Path(operations.__file__).parent


def imported(name: str) -> set[str]:
    """The modules of `operations` that a module of it imports, those that they import included."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "sfn_cfn.operations":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sfn_cfn.operations."):
            found.add((node.module or "").rpartition(".")[2])
    return found.union(*map(imported, found))


@pytest.mark.parametrize("name", operations.NAMES)
def test_no_capability_imports_another(name: str) -> None:
    assert imported(name) & set(operations.NAMES) == set()


def test_every_code_of_an_operation_is_in_the_catalog() -> None:
    known = {code.code for code in catalog.codes("6")}
    modules = [
        importlib.import_module(f"sfn_cfn.operations.{path.stem}") for path in FOLDER.glob("[a-z]*.py")
    ]
    codes = {value.code for module in modules for value in vars(module).values() if isinstance(value, Code)}
    assert codes - known == set()
