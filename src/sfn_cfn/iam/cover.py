"""Two permissions -> whether one holds all that the other allows.

Patterns are IAM's: `*` is any text, `?` one character. `${Name}` in a text stands for a value that only a
deployment knows: it equals itself, and `*` holds it.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sfn_cfn.iam.granted import Condition, Permission

_SYMBOL = re.compile(r"\$\{[^}]*\}|.", re.DOTALL)
_WILD = re.compile(r"[*?]+")
_LIKE = ("StringLike", "ArnLike")
_EQUAL = (
    *(
        "StringEquals",
        "StringEqualsIgnoreCase",
        "NumericEquals",
        "DateEquals",
        "BinaryEquals",
        "Bool",
        "Null",
    ),
    "IpAddress",
)
_SPLIT = (*_LIKE, *_EQUAL)
_MOST_PIECES = 1_000


def covers(wide: Permission, narrow: Permission) -> bool:
    """Whether `wide` allows whatever `narrow` does."""
    return same_call(wide, narrow) and wide.when <= narrow.when and under(narrow.conditions, wide.conditions)


def are_covered(wide: Sequence[Permission], narrow: Permission) -> bool:
    """Whether `wide` together allow whatever `narrow` does, each value of its conditions by one of them."""
    if any(covers(one, narrow) for one in wide):
        return True
    pieces = list(itertools.islice(_pieces(narrow), _MOST_PIECES + 1))
    return 1 < len(pieces) <= _MOST_PIECES and all(
        any(covers(one, piece) for one in wide) for piece in pieces
    )


def _pieces(one: Permission) -> Iterator[Permission]:
    """A permission for each value of its conditions; all of them allow what it does."""
    choices = [
        [(operator, key, (value,)) for value in values]
        if _operator(operator)[0] != "ForAllValues" and _operator(operator)[1] in _SPLIT
        else [condition]
        for condition in one.conditions
        for operator, key, values in [condition]
    ]
    return (replace(one, conditions=chosen) for chosen in itertools.product(*choices))


def same_call(wide: Permission, narrow: Permission) -> bool:
    """Whether the action and the resource of `wide` hold those of `narrow`."""
    return same_action(wide, narrow) and _holds(wide, narrow, wide.resource, narrow.resource)


def same_action(wide: Permission, narrow: Permission) -> bool:
    """Whether the action of `wide` holds that of `narrow`."""
    return _holds(wide, narrow, wide.action.lower(), narrow.action.lower())


def _holds(wide: Permission, narrow: Permission, pattern: str, text: str) -> bool:
    if wide.opaque or narrow.opaque:
        return pattern in (text, "*")
    return holds(pattern, text)


def under(strong: Iterable[Condition], weak: Iterable[Condition]) -> bool:
    """Whether the conditions `strong` hold only where all of `weak` do."""
    return not missing(strong, weak)


def missing(strong: Iterable[Condition], weak: Iterable[Condition]) -> list[Condition]:
    """Those of `weak` that `strong` does not demand."""
    held = tuple(strong)
    return [one for one in weak if not any(_is_stronger(other, one) for other in held)]


def _is_stronger(strong: Condition, weak: Condition) -> bool:
    first, second = _operator(strong[0]), _operator(weak[0])
    if strong[1].lower() != weak[1].lower() or first[0] != second[0] or (first[2] and not second[2]):
        return False
    return _is_within(first[1], strong[2], second[1], weak[2])


def _is_within(first: str, strong: tuple[str, ...], second: str, weak: tuple[str, ...]) -> bool:
    """Whether the values `strong` under one operator leave no more than `weak` do under another."""
    if second in _LIKE and first in (second, second.replace("Like", "Equals")):
        return all(any(holds(pattern, one) for pattern in weak) for one in set(strong).difference(weak))
    if second == "StringEquals" and first == "StringLike":
        return set(strong) <= set(weak) and not any(map(_WILD.search, strong))
    if second == "StringEqualsIgnoreCase" and first in (second, "StringEquals"):
        return {one.lower() for one in strong} <= {one.lower() for one in weak}
    if first != second:
        return False
    if first in _EQUAL:
        return set(strong) <= set(weak)
    if "Not" in first:
        return set(weak) <= set(strong)
    return set(weak) == set(strong)


def _operator(name: str) -> tuple[str, str, bool]:
    """`ForAllValues`, `StringLike` and whether the key may be missing. ArnEquals and ArnLike are the same."""
    qualifier, _, base = name.rpartition(":")
    if_exists = base.endswith("IfExists")
    base = base.removesuffix("IfExists")
    return qualifier, {"ArnEquals": "ArnLike", "ArnNotEquals": "ArnNotLike"}.get(base, base), if_exists


@functools.lru_cache(maxsize=65_536)
def holds(pattern: str, text: str) -> bool:
    """Whether a pattern matches all that another one does.

    Greedy, with one step back, as for plain texts; the other's `*` is a symbol that only `*` matches.
    """
    if pattern in (text, "*"):
        return True
    if "*" not in pattern and "?" not in pattern:
        return False
    wide, narrow = _symbols(pattern), _symbols(text)
    at = star = 0
    back = -1
    index = 0
    while index < len(narrow):
        if at < len(wide) and wide[at] == "*":
            back, star = at, index
            at += 1
        elif at < len(wide) and _is_one(wide[at], narrow[index]):
            at += 1
            index += 1
        elif back >= 0:
            star += 1
            at, index = back + 1, star
        else:
            return False
    return all(symbol == "*" for symbol in wide[at:])


def _is_one(wide: str, narrow: str) -> bool:
    if wide == "?":
        return narrow != "*" and not narrow.startswith("${")
    return wide == narrow


@functools.lru_cache(maxsize=65_536)
def _symbols(pattern: str) -> tuple[str, ...]:
    """Letters, `${...}`, and wildcards with each `?` before the `*` beside it."""
    ordered = _WILD.sub(lambda run: "?" * run[0].count("?") + "*" * ("*" in run[0]), pattern)
    return tuple(_SYMBOL.findall(ordered))
