"""What the run of a source declares, and the values that stand for its parameters.

A declared parameter is its default to whoever looks at it (comparisons, `in`, `startswith`, slices,
regular expressions, `urlparse`), because the SDK and botocore check instance types, regions and bucket
names while they run. To whoever builds text with it while a template is compiled (`str`, f-strings,
`format`, `%`, `+`, `os.path.join`, `json.dumps`) it is its token, `${Name}`. `str.join` reads the default's
characters without asking, so it gives the default. Outside of a compilation it is its default everywhere.
"""

from __future__ import annotations

import json.encoder
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import ParameterDeclaration


def token(name: str) -> str:
    """The text that stands for parameter `name`."""
    return f"${{{name}}}"


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
    """The nearest frame outside of this package."""
    frame: Any = sys._getframe(1)
    while frame is not None and Path(frame.f_code.co_filename).parent == Path(__file__).parent:
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


def teach_json() -> None:
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
