"""Interface, what the user gives -> the input of an execution: defaults, the user's values, unique names."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_cfn.deploy.interface import InputPath, Interface, Use, ends
from sfn_cfn.deploy.start_codes import SFN841
from sfn_cfn.errors import DeployError
from sfn_cfn.model import merged

READ = (("S3DataSource", "S3Uri"), ("S3Input", "S3Uri"), ("S3DataSource", "ManifestS3Uri"), ("ModelDataUrl",))
"""The ends of fields that hold what a job reads from S3 (SageMaker API reference)."""

_EMPTY: Mapping[str, Any] = {
    "str": "<text>",
    "int": 0,
    "float": 0.0,
    "bool": False,
    "list": [],
    "dict": {},
    "object": {},
}
_S3 = "s3://<bucket>/<key>"
_PLACEHOLDER = re.compile(rf"<[^<>]+>|{re.escape(_S3)}")


@dataclass(frozen=True, slots=True)
class Built:
    """An execution's input, and the names made for it, by their places."""

    value: dict[str, Any]
    named: Mapping[InputPath, str]


def skeleton(face: Interface) -> dict[str, Any]:
    """Every input with a placeholder of its type, or the default that a ready-made pipeline has.

    What may be left out is left out: `false` in the place of a switch would mean something.
    Names of what an execution makes are placeholders in any case: each execution has its own.
    """
    out: dict[str, Any] = {}
    for one in face.inputs:
        if one.name in face.optional:
            continue
        declared = face.schema.get(one.name)
        out[one.name] = _typed(declared) if declared is not None else "<any>"
    for use in sorted(face.uses, key=lambda one: (one.room > 0, -one.room, ends(one.field, READ))):
        declared = _type_at(face.schema, use.path)
        special = use.room > 0 or (use.whole and ends(use.field, READ))
        if (
            use.path[0] in out
            and declared in ("", "str")
            and (special or get(out, use.path) in (None, "<any>"))
        ):
            _put(out, use.path, _placeholder(use, declared))
    if face.default_input is not None:
        out = merged(out, face.default_input)
        for path, room in rooms(face).items():
            _put(out, path, f"<unique name, up to {room} characters>")
    return out


def _typed(declared: Any) -> Any:
    if isinstance(declared, Mapping):
        return {name: _typed(inner) for name, inner in declared.items()}
    return _EMPTY.get(str(declared), "<any>")


def _placeholder(use: Use, declared: str) -> str:
    if use.room:
        return f"<unique name, up to {use.room} characters>"
    if use.whole and ends(use.field, READ):
        return _S3
    return "<text>" if declared == "str" or not use.whole else "<any>"


def _type_at(schema: Any, path: InputPath) -> str:
    """The declared type of a place, empty where none is declared."""
    for step in path:
        if not isinstance(schema, Mapping) or step not in schema:
            return ""
        schema = schema[step]
    return "object" if isinstance(schema, Mapping) else str(schema)


def is_placeholder(value: Any) -> bool:
    """Whether a value is one that `skeleton` writes where the user must write another."""
    return isinstance(value, str) and _PLACEHOLDER.fullmatch(value) is not None


def parse(text: str, origin: str) -> dict[str, Any]:
    """The JSON object of an input file. Raises `DeployError`; `origin` names the file."""
    try:
        value = json.loads(text)
    except ValueError as error:
        message = f"'{origin}' is not JSON: {str(error)[:1].lower()}{str(error)[1:]}"
        raise DeployError(SFN841.at(None, message)) from error
    if not isinstance(value, dict):
        raise DeployError(SFN841.at(None, f"'{origin}' holds no JSON object", 'write {"Name": value, ...}'))
    return value


def assigned(entries: Sequence[str], face: Interface) -> dict[str, Any]:
    """What `--set Name=value` gives. Text where text is declared; elsewhere JSON, or text where it is none."""
    out: dict[str, Any] = {}
    known = {one.name for one in face.inputs}
    for entry in entries:
        name, equals, text = entry.partition("=")
        path = (name,) if name in known else tuple(name.split("."))
        if not equals or not all(path):
            raise DeployError(SFN841.at(None, f"'{entry}' sets nothing", "write --set Name=value"))
        plain = _type_at(face.schema, path) == "str" or any(
            use.path == path and use.room for use in face.uses
        )
        _put(out, path, text if plain else _value(text))
    return out


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def build(face: Interface, default: Mapping[str, Any] | None, given: Mapping[str, Any], stamp: str) -> Built:
    """The user's values over the defaults, with unique names where none are given.

    `default` is the stack's output `ExecutionInput`, whose values stand for `${Name}` where the user left
    them; `stamp` makes a name unique. A default name counts as none, because it was used by the execution
    before; what else holds that name follows (the model's archive lies under its training job's name).
    """
    value = merged(default or {}, _filled(given, dict(_pairs(face.default_input, default))))
    named: dict[InputPath, str] = {}
    renamed: dict[tuple[str, str], str] = {}
    for path, room in rooms(face).items():
        found, before = get(value, path), get(face.default_input, path)
        field = next(use.field[-1] for use in face.uses if use.path == path and use.room)
        if isinstance(before, str) and (field, before) in renamed:
            continue
        if found is None or found == before or is_placeholder(found):
            found = named[path] = unique_name(face.workflow, path, room, stamp, set(named.values()))
            _put(value, path, found)
        if isinstance(before, str) and isinstance(found, str):
            renamed[field, before] = found
    return Built(_renamed(value, renamed, ""), named)


def rooms(face: Interface) -> dict[InputPath, int]:
    """The places of names that an execution makes, each with how many characters it may have."""
    out: dict[InputPath, int] = {}
    for use in face.uses:
        if use.room:
            out[use.path] = min(use.room, out.get(use.path, use.room))
    return out


def unique_name(workflow: str, path: InputPath, room: int, stamp: str, taken: set[str]) -> str:
    """A name of at most `room` characters of `[a-zA-Z0-9](-*[a-zA-Z0-9])*`: `train-model-<stamp>`."""
    short = room - len(stamp) - 1
    if short < 1:
        return hashlib.sha256(f"{stamp}/{'/'.join(path)}".encode()).hexdigest()[:room]
    stem = _kebab(path[-1].removesuffix("Name")) or "run"
    before = _kebab(workflow)[: max(0, short - len(stem) - 1)].strip("-")
    base = (f"{before}-{stem}" if before else stem)[:short].strip("-")
    for number in itertools.count(2):
        name = f"{base}-{stamp}"
        if name not in taken:
            break
        end = str(number)
        base = f"{base[: max(0, short - len(end))]}{end}"
    return name


def _kebab(text: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)
    return re.sub(r"[^A-Za-z0-9]+", "-", spaced).strip("-").lower()


def get(value: Any, path: InputPath) -> Any:
    """What stands at a place; None where nothing does."""
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _put(value: dict[str, Any], path: InputPath, item: Any) -> None:
    for step in path[:-1]:
        inner = value.get(step)
        value[step] = dict(inner) if isinstance(inner, Mapping) else {}
        value = value[step]
    value[path[-1]] = item


def _pairs(shown: Any, resolved: Any) -> Iterator[tuple[str, str]]:
    """Texts with `${Name}` and what the stack made of them."""
    if isinstance(shown, Mapping) and isinstance(resolved, Mapping):
        for key, item in shown.items():
            yield from _pairs(item, resolved.get(key))
    elif isinstance(shown, list) and isinstance(resolved, list):
        for item, other in zip(shown, resolved, strict=False):
            yield from _pairs(item, other)
    elif isinstance(shown, str) and isinstance(resolved, str) and "${" in shown:
        yield shown, resolved


def _filled(node: Any, known: Mapping[str, str]) -> Any:
    if isinstance(node, Mapping):
        return {key: _filled(item, known) for key, item in node.items()}
    if isinstance(node, list):
        return [_filled(item, known) for item in node]
    return known.get(node, node) if isinstance(node, str) else node


def _renamed(node: Any, names: Mapping[tuple[str, str], str], key: str) -> Any:
    """The input with new names in fields of the same kind, and in the places of a training job's output."""
    if isinstance(node, Mapping):
        return {name: _renamed(item, names, name) for name, item in node.items()}
    if isinstance(node, list):
        return [_renamed(item, names, key) for item in node]
    if not isinstance(node, str):
        return node
    for (field, old), new in names.items():
        if key == field and node == old:
            return new
        if field == "TrainingJobName":
            node = node.replace(f"/{old}/output/", f"/{new}/output/")
    return node
