"""Frozen dataclasses of `model` and `errors` to JSON text and back, for values that cross a process."""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import os
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

# Bound here: a source that has run in the same process may have replaced `json.dumps`.
_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode
_bytes_of = os.fsencode


def dumps(value: Any) -> str:
    """The JSON text of a dataclass (or list of them). Mappings with tuple keys become lists of pairs."""
    return _encode(_plain(value))


def loads(cls: type[T], text: str) -> T:
    """The value of type `cls` that `dumps` wrote. Raises ValueError, TypeError or KeyError on other text."""
    return typing.cast("T", _typed(cls, json.loads(text)))


def revive(cls: type[T], value: Any) -> T:
    """Plain values as a type; fields that are not given have their defaults."""
    return typing.cast("T", _typed(cls, value))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Path):
        # The other process reads names as UTF-8, whatever this one's locale is.
        return _bytes_of(value).decode("utf-8", "surrogateescape")
    if isinstance(value, Mapping):
        if any(isinstance(key, tuple) for key in value):
            return [[list(key), _plain(item)] for key, item in value.items()]
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _typed(hint: Any, data: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if data is None:
            return None
        options = [option for option in typing.get_args(hint) if option is not type(None)]
        return _typed(options[0], data) if len(options) == 1 else data
    if origin is tuple:
        item = typing.get_args(hint)[0]
        return tuple(_typed(item, entry) for entry in data)
    if origin is list:
        return [_typed(typing.get_args(hint)[0], entry) for entry in data]
    if origin is not None and _is_child(origin, Mapping):
        key, item = typing.get_args(hint)
        if typing.get_origin(key) is tuple:
            pairs = data.items() if isinstance(data, dict) else data
            return {tuple(name): _typed(item, entry) for name, entry in pairs}
        return {name: _typed(item, entry) for name, entry in data.items()}
    if isinstance(hint, type):
        if dataclasses.is_dataclass(hint):
            return hint(**{name: _typed(_hints(hint)[name], entry) for name, entry in data.items()})
        if issubclass(hint, (enum.Enum, Path)):
            return hint(data)
    return data


def _is_child(value: Any, parent: type) -> bool:
    """Whether `value` is a class and a child of `parent`."""
    return isinstance(value, type) and issubclass(value, parent)
