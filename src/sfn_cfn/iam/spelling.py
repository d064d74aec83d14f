"""A template's value -> the texts that it may be, each with the template conditions that it stands under.

`Fn::Sub` and `Fn::Join` are put together; a value that only a deployment knows stands as `${Name}` (`${Role.Arn}`,
`${Select(0, Split(/, Uri))}`). `Fn::If` gives each of its branches. Both spellings of a function are read, and what is
no function's argument stands as it is: a template that somebody edited is read too.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from sfn_cfn.template.intrinsics import Intrinsic

When: TypeAlias = "frozenset[str]"
"""Template conditions that must hold: names, `not Name` where one must not."""

ALWAYS: When = frozenset()

_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


class Spelling:
    """Reads values; conditions and mappings named in `altered` are others than those of the same name elsewhere."""

    def __init__(self, altered: frozenset[str] = ALWAYS) -> None:
        self._altered = altered

    def condition(self, name: str) -> str:
        """The condition's name, another one where it is altered."""
        return f"{name} (changed)" if name in self._altered else name

    def texts(self, value: Any) -> Iterator[tuple[When, str]]:
        """The texts of a value or a list of them, however deep."""
        for when, one in self.choices(value):
            if isinstance(one, Mapping) and not _call(one):
                yield from self.texts(list(one.values()))
                continue
            for own, text in self.spelled(one):
                if is_possible(when | own):
                    yield when | own, text

    def choices(self, value: Any) -> Iterator[tuple[When, Any]]:
        """The items of lists and the branches of `Fn::If`; `AWS::NoValue` is nothing."""
        if isinstance(value, (list, tuple)):
            for item in value:
                yield from self.choices(item)
            return
        call = _call(value)
        if call == ("Ref", "AWS::NoValue"):
            return
        if call and call[0] == "If":
            for when, branch in self._branches(call[1]):
                yield from ((when | own, one) for own, one in self.choices(branch))
        else:
            yield ALWAYS, value

    def _branches(self, argument: Any) -> Iterator[tuple[When, Any]]:
        name, then, otherwise = argument
        name = self.condition(str(name))
        yield frozenset({name}), then
        yield frozenset({f"not {name}"}), otherwise

    def spelled(self, value: Any) -> Iterator[tuple[When, str]]:
        """A value as texts, one for each way that `Fn::If` in it may turn out."""
        call = _call(value)
        if call is None:
            yield from self._literal(value)
        elif call[0] == "If":
            for when, branch in self._branches(call[1]):
                yield from ((when | own, text) for own, text in self.spelled(branch))
        elif call[0] == "Sub":
            yield from self._substituted(call[1])
        elif call[0] == "Join" and isinstance(call[1][1], (list, tuple)):
            separator, items = call[1]
            for when, texts in combined([list(self.spelled(item)) for item in items]):
                yield when, str(separator).join(texts)
        elif call[0] in ("Ref", "GetAtt"):
            argument = ".".join(map(str, call[1])) if isinstance(call[1], (list, tuple)) else str(call[1])
            yield ALWAYS, f"${{{argument}}}"
        else:
            arguments = list(call[1]) if isinstance(call[1], (list, tuple)) else [call[1]]
            changed = call[0] == "FindInMap" and bool({*map(str, arguments[:1])} & self._altered)
            name = f"{call[0]} (changed)" if changed else call[0]
            yield from ((when, f"${{{name}{_bare(text)}}}") for when, text in self.spelled(arguments))

    def _literal(self, value: Any) -> Iterator[tuple[When, str]]:
        if isinstance(value, Mapping):
            value = [[key, item] for key, item in value.items()]
        if isinstance(value, (list, tuple)):
            for when, texts in combined([list(self.spelled(item)) for item in value]):
                yield when, f"({', '.join(texts)})"
        elif isinstance(value, str):
            yield ALWAYS, value.replace("${", "${!")
        else:
            yield ALWAYS, str(value).lower()

    def _substituted(self, argument: Any) -> Iterator[tuple[When, str]]:
        template, variables = (argument, {}) if isinstance(argument, str) else argument
        names = list(variables)
        for when, texts in combined([list(self.spelled(variables[name])) for name in names]):
            given = dict(zip(names, texts, strict=True))
            pieces = _VARIABLE.split(template)
            yield (
                when,
                "".join(
                    given.get(piece, f"${{{piece}}}") if index % 2 else piece
                    for index, piece in enumerate(pieces)
                ),
            )


def _call(value: Any) -> tuple[str, Any] | None:
    """The name and the argument of an intrinsic function, in either spelling; a malformed one as it stands."""
    if isinstance(value, Intrinsic):
        name, argument = value.name, value.argument
    elif isinstance(value, Mapping) and len(value) == 1:
        name, argument = next(iter(value.items()))
        plain = name == "Ref" or (name == "Condition" and isinstance(argument, str))
        if not plain and not str(name).startswith("Fn::"):
            return None
        name = str(name).removeprefix("Fn::")
    else:
        return None
    return (name if _is_sound(name, argument) else f"{name}?"), argument


def _is_sound(name: str, argument: Any) -> bool:
    """Whether an argument has the form that is taken apart here."""
    size = len(argument) if isinstance(argument, (list, tuple)) else 0
    if name == "Sub":
        return isinstance(argument, str) or (
            size == 2 and isinstance(argument[0], str) and isinstance(argument[1], Mapping)
        )
    return size == {"If": 3, "Join": 2}.get(name, size)


def combined(parts: Iterable[list[tuple[When, Any]]]) -> Iterator[tuple[When, tuple[Any, ...]]]:
    """Every choice of one of each part, without those whose conditions contradict one another."""
    for chosen in itertools.product(*parts):
        when = ALWAYS.union(*(one for one, _ in chosen))
        if is_possible(when):
            yield when, tuple(item for _, item in chosen)


def is_possible(when: When) -> bool:
    """Whether no condition must both hold and not hold."""
    return not any(f"not {name}" in when for name in when)


def _bare(text: str) -> str:
    """A text within `${...}`."""
    return text.replace("${", "").replace("}", "")
