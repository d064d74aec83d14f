"""What a capability is, and how its settings' texts become values."""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from sfn_cfn.errors import Diagnostic
from sfn_cfn.model import (
    PIPELINE_NAME,
    TARGET_ENV,
    Definition,
    Permission,
    Text,
    Token,
    names,
    text,
)
from sfn_cfn.settings import Settings
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import DATA_BUCKET

_NAME = re.compile(r"\$\{([A-Za-z0-9:]+)\}")


@functools.cache
def is_there(name: str) -> bool:
    """Whether the capability of that name is, without loading it: each can be taken out."""
    return importlib.util.find_spec(f"{__package__}.{name}") is not None


@dataclass(frozen=True, slots=True)
class Addition:
    """What a capability adds: parts of the template, and rights of the state machine's role."""

    fragment: Fragment = field(default_factory=Fragment)
    permissions: tuple[Permission, ...] = ()


Rewrite: TypeAlias = "Callable[[Definition, Settings], Definition]"
Add: TypeAlias = "Callable[[Definition, Settings], Addition]"
Check: TypeAlias = "Callable[[Definition, Settings], Iterator[Diagnostic]]"


def _unchanged(definition: Definition, _settings: Settings) -> Definition:
    return definition


def _nothing(_definition: Definition, _settings: Settings) -> Addition:
    return Addition()


def _clean(_definition: Definition, _settings: Settings) -> Iterator[Diagnostic]:
    yield from ()


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that a workflow in production needs.

    `check` looks at the author's definition, before anything is rewritten; `rewrite` changes the definition
    itself, before portability; `add` gives parts of the template, from the final definition. All three read
    the settings of the workflow, `settings.of(definition.name)`, and do nothing where it has none.
    """

    check: Check = _clean
    rewrite: Rewrite = _unchanged
    add: Add = _nothing


def declare(definition: Definition, settings: Settings) -> Definition:
    """The definition with the declarations of the parameters that the capabilities' settings read."""
    sections = settings.of(definition.name).operations
    every = (*settings.parameters, *definition.workflow.parameters, *definition.parameters)
    known = {item.name: item for item in every}
    kept = {item.name for item in definition.parameters}
    used = {name for value in _texts(sections) for name in _NAME.findall(value)}
    added = [known[name] for name in sorted(used - kept) if name in known]
    together = sorted((*definition.parameters, *added), key=lambda item: item.name)
    return replace(definition, parameters=tuple(together)) if added else definition


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for item in node.values():
            yield from _texts(item)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _texts(item)


def with_tokens(value: str, definition: Definition) -> str | Text:
    """A text of the settings: `${Name}` of a parameter or a pseudo parameter, and `${DataBucketName}`, is its token."""
    known = {PIPELINE_NAME.name, TARGET_ENV.name, *(item.name for item in definition.parameters)}
    pieces = _NAME.split(value)
    return text(*(_token(piece, known) if index % 2 else piece for index, piece in enumerate(pieces)))


def names_data_bucket(definition: Definition) -> bool:
    """Whether the definition names the bucket for the workflow's data."""
    parts = (definition.tree, definition.default_input, definition.tags)
    return any(DATA_BUCKET.name in names(part) for part in parts)


def sets_data_bucket(definition: Definition, settings: Settings) -> bool:
    """Whether a text of the capabilities' settings names it."""
    shown = f"${{{DATA_BUCKET.name}}}"
    return any(shown in value for value in _texts(settings.of(definition.name).operations))


def _token(name: str, known: Collection[str]) -> str | Token:
    if name == DATA_BUCKET.name and name not in known:
        return DATA_BUCKET
    return Token(name) if name in known or name.startswith("AWS::") else f"${{{name}}}"
