"""What authors import, to declare parameters, mark what makes workflows, and set what a workflow needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, overload

from sfn_cfn.authored import Configured, FloatParameter, IntParameter, TextParameter, registry, teach_json
from sfn_cfn.model import ParameterDeclaration

Made = TypeVar("Made", bound=Callable[[], Any])

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,254}")
"""CloudFormation's parameter names: alphanumeric, at most 255 characters."""


DEEPEST = 100
"""Nesting of settings beyond this is taken for a value that holds itself."""


class ParameterError(ValueError):
    """A declaration that no template can hold."""


@overload
def parameter(
    name: str,
    default: str,
    *,
    description: str = "",
    allowed_values: Sequence[str] = (),
    allowed_pattern: str = "",
) -> str: ...
@overload
def parameter(
    name: str,
    default: int,
    *,
    description: str = "",
    allowed_values: Sequence[int] = (),
    min: int | None = None,
    max: int | None = None,
) -> int: ...
@overload
def parameter(
    name: str,
    default: float,
    *,
    description: str = "",
    allowed_values: Sequence[float] = (),
    min: float | None = None,
    max: float | None = None,
) -> float: ...
def parameter(
    name: str,
    default: str | float,
    *,
    description: str = "",
    allowed_values: Sequence[str | float] = (),
    allowed_pattern: str = "",
    min: float | None = None,  # noqa: A002 (the word that authors expect)
    max: float | None = None,  # noqa: A002
) -> str | int | float:
    """Declare the template parameter `name` and use it where this stands; see the module's text.

    A `str` default makes a `String` parameter (`allowed_values`, `allowed_pattern`), a number a `Number`
    one (`allowed_values`, `min`, `max`). The same declaration may stand twice. Raises `ParameterError`.
    """
    declaration = ParameterDeclaration(
        name=name,
        kind="String" if isinstance(default, str) else "Number",
        default=str.__str__(default) if isinstance(default, str) else default,
        description=description,
        allowed_values=tuple(allowed_values),
        allowed_pattern=allowed_pattern,
        min=min,
        max=max,
        location=registry.locate(),
    )
    _register(declaration)
    if isinstance(default, str):
        return TextParameter(name, default)
    return IntParameter(name, default) if isinstance(default, int) else FloatParameter(name, default)


def _register(declaration: ParameterDeclaration) -> None:
    for problem in _problems(declaration):
        raise ParameterError(problem)
    if not registry.building:
        return
    if not registry.declared:
        teach_json()
    earlier = registry.declared.get(declaration.name)
    if earlier is None:
        registry.declared[declaration.name] = declaration
    elif _content(earlier) != _content(declaration):
        place = f" at {earlier.location}" if earlier.location else ""
        raise ParameterError(f"parameter '{declaration.name}' is declared otherwise{place}")


def _content(declaration: ParameterDeclaration) -> tuple[Any, ...]:
    """All of a declaration but its place."""
    fields = ("kind", "default", "description", "allowed_values", "allowed_pattern", "min", "max")
    return tuple(getattr(declaration, field) for field in fields)


def _problems(item: ParameterDeclaration) -> Iterator[str]:
    """Why CloudFormation would refuse the declaration or its default."""
    shown = f"parameter '{item.name}'"
    default = item.default
    if not isinstance(item.name, str) or not NAME.fullmatch(item.name):
        yield f"{shown} has a name that is not 1 to 255 letters and digits, a letter first"
    if isinstance(default, bool) or not isinstance(default, (str, int, float)):
        yield f"{shown} has a default that is neither text nor a number"
        return
    if item.allowed_values and default not in item.allowed_values:
        yield f"{shown} has a default that is not among its allowed values"
    if isinstance(default, str):
        if item.min is not None or item.max is not None:
            yield f"{shown} is text and has a min or max"
        if item.allowed_pattern and not re.fullmatch(item.allowed_pattern, default):
            yield f"{shown} has a default that its allowed pattern does not match"
        return
    if item.allowed_pattern:
        yield f"{shown} is a number and has an allowed pattern"
    if (item.min is not None and default < item.min) or (item.max is not None and default > item.max):
        yield f"{shown} has a default outside of its min and max"


def workflow(function: Made) -> Made:
    """Mark a function without arguments that makes workflows: a build calls it after the module has run.

    It returns a `Workflow`, an iterable of them, or nothing: every `Workflow` that it makes counts.
    """
    registry.makers.append(function)
    return function


def configure(workflow: Any, /, **tables: Any) -> None:
    """Set for one workflow what `[workflows.<name>]` of `sfn-cfn.toml` can set, with the same keys.

    `workflow` is a `Workflow`, a ready-made pipeline that has one, or a workflow's name. Tables are mappings,
    lists are lists or tuples; a state stands for its name, a parameter for its token, a placeholder of the SDK
    for its path. What is set for all workflows is overridden; a key that `[workflows.<name>]` sets too is
    refused by the build. Several calls for one workflow add up. Outside of a compilation nothing happens.
    """
    if registry.building:
        copied = {key: _copied(value) for key, value in tables.items()}
        registry.configured.append(Configured(workflow, copied, registry.locate()))


def _copied(value: Any, depth: int = 0) -> Any:
    """The mappings and lists anew, because the author may go on to change them."""
    if depth > DEEPEST:
        raise ValueError("a setting holds itself")
    if isinstance(value, Mapping):
        return {key: _copied(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copied(item, depth + 1) for item in value]
    return value


def start() -> None:
    """Begin to collect: from here on, parameters render as tokens. Called in the child, before user code."""
    registry.building = True
    registry.declared.clear()
    registry.makers.clear()
    registry.configured.clear()
