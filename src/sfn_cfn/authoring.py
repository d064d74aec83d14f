"""What authors import, to declare parameters, mark what makes workflows, and set what a workflow needs.

A declared parameter is its default to whoever looks at it (comparisons, `in`, `startswith`, slices,
regular expressions, `urlparse`), because the SDK and botocore check instance types, regions and bucket
names while they run. To whoever builds text with it while a template is compiled (`str`, f-strings,
`format`, `%`, `+`, `os.path.join`, `json.dumps`) it is its token, `${Name}`. `str.join` reads the default's
characters without asking, so it gives the default. Outside of a compilation it is its default everywhere.
"""

from __future__ import annotations

import json.encoder
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, overload

from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import ParameterDeclaration

Made = TypeVar("Made", bound=Callable[[], Any])

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,254}")
"""CloudFormation's parameter names: alphanumeric, at most 255 characters."""


class ParameterError(ValueError):
    """A declaration that no template can hold."""


def token(name: str) -> str:
    """The text that stands for parameter `name`."""
    return f"${{{name}}}"


DEEPEST = 100
"""Nesting of settings beyond this is taken for a value that holds itself."""


@dataclass(frozen=True, slots=True)
class Configured:
    """One call of `configure`: for what, what, and where."""

    workflow: Any
    tables: Mapping[str, Any]
    location: SourceLocation | None


class _Registry:
    """What the run of one source declared. `building` is false outside of a compilation."""

    def __init__(self) -> None:
        self.building = False
        self.declared: dict[str, ParameterDeclaration] = {}
        self.makers: list[Callable[[], Any]] = []
        self.configured: list[Configured] = []
        self.locate: Callable[[], SourceLocation | None] = _caller


def _caller() -> SourceLocation | None:
    """The nearest frame outside of this module."""
    frame: Any = sys._getframe(1)
    while frame is not None and Path(frame.f_code.co_filename) == Path(__file__):
        frame = frame.f_back
    return None if frame is None else SourceLocation(frame.f_code.co_filename, frame.f_lineno)


registry = _Registry()


class TextParameter(str):
    """A text parameter: its default to look at, `${Name}` in text that is built with it."""

    __slots__ = ("parameter",)
    parameter: str

    def __new__(cls, name: str, default: str) -> TextParameter:
        """The parameter `name`, whose value is `default`."""
        self = super().__new__(cls, default)
        self.parameter = name
        return self

    def __str__(self) -> str:
        return token(self.parameter) if registry.building else str.__str__(self)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __add__(self, other: str) -> str:
        return str(self) + other if isinstance(other, str) else NotImplemented

    def __radd__(self, other: str) -> str:
        return other + str(self) if isinstance(other, str) else NotImplemented

    def __mod__(self, values: Any) -> str:
        shown: str = str(self) % values
        return shown

    def format(self, *args: object, **kwargs: object) -> str:
        """The token stays as it is; the default is no format of its own."""
        del args, kwargs
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (TextParameter, (self.parameter, str.__str__(self)))

    def __copy__(self) -> TextParameter:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> TextParameter:
        return self


def _unless_changed(name: str) -> Callable[..., str]:
    """A `str` method that gives the parameter itself where the default comes out unchanged."""
    plain = getattr(str, name)

    def method(self: TextParameter, *args: Any, **kwargs: Any) -> str:
        result: str = plain(self, *args, **kwargs)
        return self if result == self else result

    method.__name__ = name
    method.__doc__ = plain.__doc__
    return method


for _name in ("strip", "lstrip", "rstrip", "lower", "upper", "replace", "removeprefix", "removesuffix"):
    setattr(TextParameter, _name, _unless_changed(_name))


class IntParameter(int):
    """A whole number parameter: its default to reckon with, `${Name}` in text that is built with it."""

    parameter: str

    def __new__(cls, name: str, default: int) -> IntParameter:
        """The parameter `name`, whose value is `default`."""
        self = super().__new__(cls, default)
        self.parameter = name
        return self

    def __str__(self) -> str:
        return token(self.parameter) if registry.building else int.__repr__(self)

    def __format__(self, spec: str) -> str:
        return str(self) if spec in ("", "d") else int.__format__(self, spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return (IntParameter, (self.parameter, int(self)))

    def __copy__(self) -> IntParameter:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> IntParameter:
        return self


class FloatParameter(float):
    """A number parameter: its default to reckon with, `${Name}` in text that is built with it."""

    parameter: str

    def __new__(cls, name: str, default: float) -> FloatParameter:
        """The parameter `name`, whose value is `default`."""
        self = super().__new__(cls, default)
        self.parameter = name
        return self

    def __str__(self) -> str:
        return token(self.parameter) if registry.building else float.__repr__(self)

    def __format__(self, spec: str) -> str:
        return str(self) if not spec else float.__format__(self, spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return (FloatParameter, (self.parameter, float(self)))

    def __copy__(self) -> FloatParameter:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> FloatParameter:
        return self


Parameter: TypeAlias = "TextParameter | IntParameter | FloatParameter"


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
        _teach_json()
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


def _teach_json() -> None:
    """Make `json` ask parameters for their text: its own encoders read the default's characters."""
    encoder: Any = json.encoder
    if encoder.c_make_encoder is None:
        return
    make = encoder._make_iterencode

    def asking(plain: Callable[[str], str]) -> Callable[[str], str]:
        return lambda text: plain(str(text) if isinstance(text, TextParameter) else text)

    def make_iterencode(*args: Any, **kwargs: Any) -> Any:
        head, floatstr, rest = args[:4], args[4], args[5:]

        def number(value: float) -> str:
            return str(value) if isinstance(value, FloatParameter) else floatstr(value)

        def whole(value: int) -> str:
            return str(value) if isinstance(value, IntParameter) else int.__repr__(value)

        return make(*head, number, *rest, _intstr=whole, **kwargs)

    encoder._make_iterencode = make_iterencode
    encoder.encode_basestring_ascii = asking(encoder.encode_basestring_ascii)
    encoder.encode_basestring = asking(encoder.encode_basestring)
    encoder.c_make_encoder = None


def reached(texts: Iterable[str], numbers: Mapping[tuple[str, ...], str]) -> set[str]:
    """Names of the declared parameters whose token stands in one of `texts` or at a number leaf."""
    found = set(numbers.values())
    missing = {name: token(name) for name in registry.declared if name not in found}
    for text in texts:
        if "${" in text:
            found |= {name for name, shown in missing.items() if shown in text}
    return found
