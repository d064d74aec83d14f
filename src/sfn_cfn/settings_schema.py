"""The keys of `sfn-cfn.toml` -> the JSON schema of the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_cfn.settings_key import Key, Section
from sfn_cfn.settings_keys import OPERATOR, PARAMETER_NAME, SECTIONS, TAG_KEY, TAG_VALUE


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the file."""
    properties = {name: _section_schema(section) for name, section in SECTIONS.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sfn-cfn.toml",
        **_closed(properties),
    }


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _section_schema(section: Section) -> dict[str, Any]:
    if section.free:
        return {"description": section.description, **_key_schema(section.free)}
    keys = _properties(section.keys)
    if not section.names:
        return {"description": section.description, **_closed(keys)}
    return {
        "description": section.description,
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {f"^{section.names}$": _or_list(section, _closed(keys))},
    }


def _key_schema(key: Key) -> dict[str, Any]:
    text: dict[str, Any] = {"type": "string"}
    if key.pattern:
        text["pattern"] = f"^({key.pattern})$"
    if key.choices:
        text["enum"] = list(key.choices)
    scalar = {"type": ["string", "number", "boolean"]}
    shapes: dict[str, dict[str, Any]] = {
        "text": text,
        "boolean": {"type": "boolean"},
        "values": {"type": "object"},
        "number": {"type": "number"},
        "texts": {"type": "array", "items": text},
        "scalar": {"type": ["string", "number"]},
        "scalars": {"type": "array", "items": {"type": ["string", "number"]}},
        "texts by name": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {f"^{PARAMETER_NAME}$": scalar},
        },
        "tags": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {f"^{TAG_KEY}$": {"type": "string", "pattern": f"^{TAG_VALUE}$"}},
        },
    }
    return shapes[key.kind] if key.kind in shapes else _nested_schema(key, text)


def _nested_schema(key: Key, text: dict[str, Any]) -> dict[str, Any]:
    """The kinds that hold further tables or lists."""
    one_or_many = {"anyOf": [text, {"type": "array", "minItems": 1, "items": text}]}
    if key.kind == "table":
        return _closed(_properties(key.keys))
    if key.kind == "tables by name":
        return _by_name(key.names, _or_list(key, _closed(_properties(key.keys))))
    if key.kind == "text by name":
        return _by_name(key.names, text)
    if key.kind == "lists by name":
        return _by_name(key.names, one_or_many)
    return _by_name(OPERATOR, {"type": "object", "additionalProperties": one_or_many})


def _or_list(form: Key | Section, table: dict[str, Any]) -> dict[str, Any]:
    """A table by name, or the list that may stand in its place."""
    if not form.short:
        return table
    return {**table, **_key_schema(form.keys[form.short]), "type": ["object", "array"]}


def _by_name(names: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "patternProperties": {f"^({names})$": value}}


def _properties(keys: Mapping[str, Key]) -> dict[str, Any]:
    return {name: {"description": key.description, **_key_schema(key)} for name, key in keys.items()}
