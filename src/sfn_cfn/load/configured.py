"""The source's calls of `configure` -> `GivenSettings` of each workflow, as plain values with their lines."""

from __future__ import annotations

import ast
import difflib
import functools
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sfn_cfn import authored
from sfn_cfn.authored import Configured, FloatParameter, IntParameter
from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.load import capture, codes
from sfn_cfn.model import GivenSettings, NodePath


def given(
    workflow: Any, name: str, root: Path, location: SourceLocation
) -> tuple[tuple[GivenSettings, ...], list[Diagnostic]]:
    """What the source has set for `workflow`, whose name is `name`, in the order of the calls; and what is no value."""
    found, problems = [], []
    for call in authored.registry.configured:
        if not _is_for(call, workflow, name):
            continue
        place = call.location or location
        lines = _lines(root, place)
        reading = capture.Reading()
        one = GivenSettings(capture.read(_spelled(call.tables), reading), place, lines)
        for path, what, hint in reading.problems:
            at = ".".join(path)
            message = f"setting '{at}' of workflow '{name}' holds {what}"
            problems.append(codes.NOT_JSON.at(one.place(path), message, hint))
        found.append(one)
    return tuple(found), problems


def strangers(workflows: Sequence[tuple[Any, str]], source: str) -> Iterator[Diagnostic]:
    """A finding for each call that is for none of the workflows, each given with its name."""
    names = [name for _, name in workflows]
    for call in authored.registry.configured:
        if any(_is_for(call, workflow, name) for workflow, name in workflows):
            continue
        place = call.location or SourceLocation(source)
        if isinstance(call.workflow, str):
            message = f"'configure' names workflow '{call.workflow}', which the source does not make"
            close = difflib.get_close_matches(call.workflow, names, 1)
            hint = f"write '{close[0]}'" if close else "pass the Workflow itself"
        else:
            message = f"'configure' gets a value of type '{capture.type_of(call.workflow)}' for a workflow"
            hint = "pass a Workflow, or its name"
        yield codes.CONFIGURED.at(place, message, hint)


def _is_for(call: Configured, workflow: Any, name: str) -> bool:
    if isinstance(call.workflow, str):
        return str.__str__(call.workflow) == name
    return call.workflow is workflow or _vars(call.workflow).get("workflow") is workflow


def _vars(value: Any) -> Mapping[str, Any]:
    """The attributes of an object; of a ready-made pipeline, `workflow` is one."""
    return getattr(value, "__dict__", {})


def _spelled(value: Any) -> Any:
    """States as their names, number parameters as their tokens, placeholders as their paths."""
    if isinstance(value, Mapping):
        return {key: _spelled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_spelled(item) for item in value]
    if isinstance(value, (IntParameter, FloatParameter)):
        return authored.token(value.parameter)
    states = sys.modules.get("stepfunctions.steps.states")
    if states is not None and isinstance(value, states.Block):
        return value.state_id
    inputs = sys.modules.get("stepfunctions.inputs")
    if inputs is not None and isinstance(value, inputs.Placeholder):
        return value.to_jsonpath()
    return value


def _lines(root: Path, place: SourceLocation) -> dict[NodePath, SourceLocation]:
    """The places of the keys that are written out in the call that stands at `place`."""
    calls = (node for node in _calls(root / place.file) if node.lineno == place.line)
    call = next((node for node in calls if ast.unparse(node.func).rpartition(".")[2] == "configure"), None)
    pairs = _keywords(call) if call else ()
    return {path: SourceLocation(place.file, line) for path, line in _keys(pairs)}


@functools.cache
def _calls(file: Path) -> tuple[ast.Call, ...]:
    """The calls in a file of Python; none where it is no such file any more."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return ()
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _keywords(call: ast.Call) -> Iterator[tuple[str, int, ast.expr]]:
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.lineno, keyword.value


def _keys(
    pairs: Iterator[tuple[str, int, ast.expr]] | tuple[()], path: NodePath = ()
) -> Iterator[tuple[NodePath, int]]:
    for name, line, value in pairs:
        here = (*path, name)
        yield here, line
        if isinstance(value, ast.Dict):
            yield from _keys(_entries(value), here)
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
            yield from _keys(_keywords(value), here)


def _entries(table: ast.Dict) -> Iterator[tuple[str, int, ast.expr]]:
    for key, value in zip(table.keys, table.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, key.lineno, value
