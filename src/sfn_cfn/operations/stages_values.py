"""What an execution's data may be where a state begins: which places are there, and which a stage left out.

A `Value` stands for one place and all below it. Of each place it holds facts: that nothing is known (the execution's
input may have it), that it is there, that a task's result may have it, or that a stage which is off would have
written it. The data of an execution is a value too: of `$` and of the variables, by their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TypeAlias

Place: TypeAlias = tuple[str, ...]
"""A root and names: `("$", "Prepared", "Uri")`, `("$limit",)`; `[0]` and `[*]` are names of a list's items."""


@dataclass(frozen=True, slots=True)
class Off:
    """A stage that is off, and the place where it would have written, as its own scope names it."""

    stage: str
    place: Place


Fact: TypeAlias = "str | Off"
Facts: TypeAlias = frozenset[Fact]

UNKNOWN = "?"
HELD = "."
"""There, because something below it was written."""
WRITTEN = "!"
MAYBE = "~"
"""There, or within what is there and of unknown form: a task's result."""
DECLARED = "="
"""There, because the settings declare it for a stage that is off."""

_DEPTH = 5
"""Of the names that are told apart; a loop may put a value into itself."""


@dataclass(frozen=True, slots=True)
class Value:
    """The facts of a place (`own`), of what is below it by other names (`rest`), and the values below it by name."""

    own: Facts
    rest: Facts
    names: Mapping[str, Value] = field(default_factory=dict)


NOTHING = frozenset({UNKNOWN})
NOT_KNOWN = Value(NOTHING, NOTHING)
EMPTY = Value(frozenset({WRITTEN}), NOTHING)
"""An object or list without anything, or a text, number, boolean, null."""
RESULT = Value(frozenset({MAYBE}), frozenset({MAYBE}))
"""What a task, a function or an expression gives."""


def of(names: Mapping[str, Value]) -> Value:
    """An object, or a list, of which all is known."""
    return Value(EMPTY.own, NOTHING, {name: taken(one) for name, one in names.items()})


def is_item(name: str) -> bool:
    """Whether a name is that of a list's item."""
    return name.startswith("[")


def child(value: Value, name: str) -> Value:
    """What is below a value by a name, the places of a list's items by their index."""
    if name in value.names:
        return value.names[name]
    if is_item(name) and value.names:
        items = [one for key, one in value.names.items() if is_item(key)]
        if name == "[*]":
            return joined(items or list(value.names.values()))
        return value.names.get("[*]") or _other(value, name)
    return _other(value, name)


def _other(value: Value, name: str) -> Value:
    facts = frozenset(
        Off(one.stage, (*one.place, name)) if isinstance(one, Off) else one for one in value.rest
    )
    return Value(facts, facts)


def find(value: Value, place: Sequence[str]) -> Value:
    """What is at a place."""
    return reduce(child, place, value)


def joined(values: Sequence[Value]) -> Value:
    """What holds of a value that is one of several."""
    if len(values) == 1 or all(one == values[0] for one in values[1:]):
        return values[0]
    keys = dict.fromkeys(key for one in values for key in one.names)
    return Value(
        frozenset[Fact]().union(*(one.own for one in values)),
        frozenset[Fact]().union(*(one.rest for one in values)),
        {key: joined([child(one, key) for one in values]) for key in keys},
    )


def missed(facts: Facts) -> frozenset[Off]:
    """Those that say that a stage which is off does not give it."""
    return frozenset(one for one in facts if isinstance(one, Off))


def missed_within(value: Value) -> Iterator[Off]:
    """The same of a value or of what is below it; what else a declared result might have is not meant."""
    if missed(value.own):
        yield from missed(value.own)
        return
    enough = DECLARED in value.own
    yield from () if enough else missed(value.rest)
    for inner in value.names.values():
        if not (enough and missed(inner.own)):
            yield from missed_within(inner)


def taken(value: Value) -> Value:
    """A value that a state has read and put elsewhere: it was there."""
    if missed(value.own):  # the state that reads it has the finding
        return RESULT
    own = frozenset(MAYBE if one == UNKNOWN else one for one in value.own)
    return trimmed(Value(own, value.rest, value.names))


def declared(value: Value) -> Value:
    """A value that the settings have for a stage that is off."""
    own = frozenset(one if isinstance(one, Off) else DECLARED for one in value.own)
    return Value(own, value.rest, {name: declared(one) for name, one in value.names.items()})


def counted(value: Value) -> Value:
    """A value of the settings that is found at run time: whatever is needed of it is counted on."""
    rest = frozenset(one if isinstance(one, Off) else DECLARED for one in value.rest)
    return Value(value.own, rest, {name: counted(one) for name, one in value.names.items()})


def whole(value: Value) -> Value:
    """A value that becomes the whole data: what a task's result may have in it is not counted on."""
    rest = frozenset(UNKNOWN if one == MAYBE else one for one in value.rest)
    return Value(value.own, rest, value.names)


def put(value: Value, place: Sequence[str], new: Value) -> Value:
    """A value with another one at a place below it."""
    if not place:
        return taken(new)
    inner = put(child(value, place[0]), place[1:], new)
    sure = value.own - NOTHING - missed(value.own)
    own = sure if sure == value.own else sure | {HELD}
    return Value(own, value.rest, {**value.names, place[0]: inner})


def trimmed(value: Value, depth: int = _DEPTH) -> Value:
    """A value without the names that are too deep."""
    if not value.names:
        return value
    if not depth:
        return Value(value.own, RESULT.rest)
    return Value(value.own, value.rest, {key: trimmed(one, depth - 1) for key, one in value.names.items()})


def merged(first: Value, second: Value) -> Value:
    """Two objects as one, by their names; the second's are kept."""
    keys = dict.fromkeys((*first.names, *second.names))
    names = {}
    for key in keys:
        new = child(second, key)
        names[key] = child(first, key) if new.own <= NOTHING else new
    return Value(EMPTY.own, first.rest | (second.rest - NOTHING), names)


def without(value: Value, given: Value, stage: str, place: Place = ()) -> Value:
    """A value where a stage is off that would have given `given`."""
    there = given.own - NOTHING
    if not there:
        return value
    if (UNKNOWN in value.own and there != {HELD}) or MAYBE in there:
        value = _lost(value, stage, place)
    elif UNKNOWN in value.own:
        value = Value(_off(value.own, stage, place), value.rest, value.names)
    names = dict(value.names)
    for name, inner in given.names.items():
        if inner.own - NOTHING:
            before = names.get(name) or _unsure(_other(value, name))
            names[name] = without(before, inner, stage, (*place, name))
    return Value(value.own, value.rest, names)


def _lost(value: Value, stage: str, place: Place) -> Value:
    names = {name: _lost(one, stage, (*place, name)) for name, one in value.names.items()}
    return Value(_off(value.own, stage, place), _off(value.rest, stage, place), names)


def _off(facts: Facts, stage: str, place: Place) -> Facts:
    return frozenset(Off(stage, place) if one == UNKNOWN else one for one in facts)


def _unsure(value: Value) -> Value:
    """A place within a task's result that a stage writes for itself: the result hardly had it."""
    facts = frozenset(UNKNOWN if one == MAYBE else one for one in value.own)
    return Value(facts, facts)


def present(value: Value, place: Sequence[str]) -> Value:
    """A value where a place below it is known to be there."""
    value = _there(value)
    if not place:
        return value
    inner = present(child(value, place[0]), place[1:])
    return Value(value.own, value.rest, {**value.names, place[0]: inner})


def _there(value: Value) -> Value:
    """A value that is there: where nothing but a stage would have written it, all of it is."""
    sure = value.own - NOTHING - missed(value.own)
    if sure == value.own:
        return value
    return Value(sure, value.rest, value.names) if sure else _cleared(value, EMPTY.own)


def _cleared(value: Value, own: Facts) -> Value:
    names = {name: _cleared(one, _known(one.own)) for name, one in value.names.items()}
    return Value(own, _known(value.rest), names)


def _known(facts: Facts) -> Facts:
    return frozenset(UNKNOWN if isinstance(one, Off) else one for one in facts)
