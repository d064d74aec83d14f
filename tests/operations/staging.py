"""Definitions with stages, for tests: parsed, switched, and plain JSON again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import samples

from sfn_cfn import definition
from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import Definition, ParameterDeclaration, resolve
from sfn_cfn.operations.stages import CAPABILITY
from sfn_cfn.settings import Settings, WorkflowSettings

PARAMETERS = (ParameterDeclaration("Bucket", "String", "b"), ParameterDeclaration("Count", "Number", 1))


def parsed(tree: dict[str, Any], **given: Any) -> Definition:
    """The definition, each state at a line of its own: those at the top at 1, 2, ..., nested ones at 101, ..."""
    lines = {}
    for number, path in enumerate(_paths(tree, ()), 1):
        lines[path] = SourceLocation("workflows/train.py", number)
    return definition.parse(samples.loaded(tree, state_lines=lines, **given))


def _paths(tree: dict[str, Any], path: tuple[str, ...]) -> list[tuple[str, ...]]:
    found = []
    for name, node in tree["States"].items():
        here = (*path, "States", name)
        found.append(here)
        for number, branch in enumerate(node.get("Branches", ())):
            found += _paths(branch, (*here, "Branches", str(number)))
        for key in ("ItemProcessor", "Iterator"):
            if key in node:
                found += _paths(node[key], (*here, key))
    return found


def settings(**stages: Any) -> Settings:
    """Settings with stages: lists of states, or tables."""
    sections = {
        "stages": {name: {"states": one} if isinstance(one, list) else one for name, one in stages.items()}
    }
    places = {
        ".".join(("stages", name, "states")): SourceLocation("sfn-cfn.toml", number)
        for number, name in enumerate(stages, 1)
    }
    own = WorkflowSettings(operations=sections, places=places)
    return Settings(root=Path("/project"), parameters=PARAMETERS, workflows={"train": own})


def found(tree: dict[str, Any], given: dict[str, Any] | None = None, **stages: Any) -> list[str]:
    """The findings: code, place, message."""
    place = parsed(tree, **(given or {}))
    findings = CAPABILITY.check(place, settings(**stages))
    return [f"{one.code} {one.location}: {one.message}" for one in findings]


def hints(tree: dict[str, Any], **stages: Any) -> list[str]:
    """The findings' hints."""
    return [one.hint for one in CAPABILITY.check(parsed(tree), settings(**stages))]


def rewritten(tree: dict[str, Any], given: dict[str, Any] | None = None, **stages: Any) -> Definition:
    """The definition with its switches; it has no findings."""
    assert found(tree, given, **stages) == []
    return CAPABILITY.rewrite(parsed(tree, **(given or {})), settings(**stages))


def switched(tree: dict[str, Any], **stages: Any) -> dict[str, Any]:
    """The definition with its switches, as JSON values, `${Name}` for tokens."""
    plain: dict[str, Any] = resolve(rewritten(tree, **stages).tree, lambda token: f"${{{token.name}}}")
    return plain


def state(following: str = "", **fields: Any) -> dict[str, Any]:
    """A Pass state; the last one where nothing follows."""
    return {"Type": "Pass", **({"Next": following} if following else {"End": True}), **fields}


def task(following: str = "", **fields: Any) -> dict[str, Any]:
    """A task that calls a function."""
    call = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}}
    return {**call, **({"Next": following} if following else {"End": True}), **fields}
