"""Two templates -> what a role of the second may do that it may not by the first, in words.

What counts is what a policy allows, not how it is written: order, Sids, merged statements and a policy moved
into a resource of its own are silent, and so is what is taken away. The values of parameters are the
deployment's, so a parameter is the same as itself only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.iam import cover
from sfn_cfn.iam.codes import SFN590
from sfn_cfn.iam.granted import Condition, Granted, Permission, is_same, read
from sfn_cfn.template.intrinsics import Intrinsic
from sfn_cfn.template.model import Template

_HINT = "see that the workflow needs it: 'sfn-cfn explain-policy' says which state does"
_MOST = 3


@dataclass(frozen=True, slots=True)
class _Wording:
    """How a policy or a trust policy is spoken of."""

    may: str
    on: str
    with_actions: bool = True


_POLICY = _Wording("may now call", "on")
_TRUST = _Wording("may now be assumed", "by", with_actions=False)


def compare(old: Template, new: Template, place: SourceLocation) -> tuple[Diagnostic, ...]:
    """A finding for each widening of `new` against `old`, at `place`."""
    before = read(old)
    after = read(new, _altered(old, new))
    found = [
        (message, detail)
        for name, granted in after.items()
        for message, detail in _of_role(_subject(name, new), before.get(name), granted)
    ]
    return tuple(SFN590.at(place, message, _HINT, detail) for message, detail in found)


def _subject(name: str, template: Template) -> str:
    kind = "role" if template.resources[name].get("Type") == "AWS::IAM::Role" else "policy"
    return f"{kind} '{name}'"


def _of_role(subject: str, old: Granted | None, new: Granted) -> Iterator[tuple[str, str]]:
    """A message for each widening, and what is behind it."""
    if old is None:
        if new.allowed or new.trusted or new.managed:
            yield f"{subject} is new, and may call {_listed(one.action for one in new.allowed)}", _all_of(new)
        return
    yield from ((message, "") for message in _wider(subject, _POLICY, old.allowed, new.allowed))
    yield from ((message, "") for message in _wider(subject, _TRUST, old.trusted, new.trusted))
    for lost, kept in ((old.denied, new.denied), (old.distrusted, new.distrusted)):
        yield from ((message, "") for message in _not_denied(subject, lost, kept))
    for when, policy in new.managed:
        if not any(text == policy and other <= when for other, text in old.managed):
            yield f"{subject} now has the managed policy '{policy}'", ""
    yield from ((message, "") for message in _unbound(subject, old, new))


def _wider(
    subject: str, wording: _Wording, old: Sequence[Permission], new: Sequence[Permission]
) -> Iterator[str]:
    """What `new` allows beyond `old`: one message for each resource and reason, with all its actions."""
    stand = _Standing(old)
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in new:
        if one in stand:
            continue
        near = stand.near(one)
        if not cover.are_covered(near, one):
            groups[one.resource, _difference(one, near)].append(one.action)
    for (resource, difference), actions in groups.items():
        called = f" {_quoted(actions)}" if wording.with_actions else ""
        yield f"{subject} {wording.may}{called} {wording.on} '{resource}'{difference}"


class _Standing:
    """The old permissions, by action, so that each new one is compared with few."""

    def __init__(self, permissions: Sequence[Permission]) -> None:
        self._permissions = permissions
        self._same = frozenset(permissions)
        self._by_action: dict[tuple[str, bool], list[Permission]] = {}

    def __contains__(self, one: Permission) -> bool:
        return one in self._same

    def near(self, one: Permission) -> list[Permission]:
        """Those whose action holds that of `one`."""
        key = (one.action.lower(), one.opaque)
        if key not in self._by_action:
            self._by_action[key] = [item for item in self._permissions if cover.same_action(item, one)]
        return self._by_action[key]


def _difference(one: Permission, near: Sequence[Permission]) -> str:
    """What tells a new permission from the nearest old ones, as the end of a message."""
    same = [other for other in near if cover.same_call(other, one)]
    if not same:
        narrower = sorted({other.resource for other in near if cover.holds(one.resource, other.resource)})
        tail = f", a wider pattern than {_quoted(narrower)}" if narrower and not one.opaque else ""
        return tail + _only_where(one.conditions)
    closest = min(same, key=lambda other: len(cover.missing(one.conditions, other.conditions)))
    lost = cover.missing(one.conditions, closest.conditions)
    if lost:
        return "".join(_weaker(item, one.conditions) for item in lost)
    return f", also where {_listed(sorted(closest.when - one.when))} does not hold"


def _weaker(lost: Condition, now: Iterable[Condition]) -> str:
    """A condition that was dropped, or that has more values now."""
    operator, key, values = lost
    for other, other_key, other_values in now:
        more = [value for value in other_values if value not in values]
        if (other, other_key) == (operator, key) and more and "Not" not in operator:
            return f" where '{key}' ({operator}) is {_quoted(more)} too"
    return f" without the condition '{operator} {key}' ({_quoted(values)})"


def _only_where(conditions: Iterable[Condition]) -> str:
    found = [f"'{key}' ({operator}) is {_quoted(values, 'or')}" for operator, key, values in conditions]
    return f", only where {' and '.join(found)}" if found else ""


def _not_denied(subject: str, old: Sequence[Permission], new: Sequence[Permission]) -> Iterator[str]:
    for one in old:
        if not any(cover.covers(other, one) for other in new):
            yield f"{subject} is no longer denied '{one.action}' on '{one.resource}'"


def _unbound(subject: str, old: Granted, new: Granted) -> Iterator[str]:
    """A permissions boundary that is gone, or another one."""
    for when, boundary in old.boundary:
        if any(text == boundary and other <= when for other, text in new.boundary):
            continue
        held = sorted(
            min((other - when for other, text in new.boundary if text == boundary), key=len, default=())
        )
        if held:
            yield f"{subject} has the permissions boundary '{boundary}' only where {_quoted(held)} holds"
        elif new.boundary:
            now = _listed(text for _, text in new.boundary)
            yield f"{subject} has the permissions boundary {now} in place of '{boundary}'"
        else:
            yield f"{subject} has no permissions boundary any more; it had '{boundary}'"


def _all_of(granted: Granted) -> str:
    """All that a new role may do, a line for each resource."""
    groups: dict[str, list[str]] = defaultdict(list)
    for one in granted.allowed:
        groups[one.resource].append(one.action)
    lines = [f"{', '.join(sorted(set(actions)))} on {resource}" for resource, actions in groups.items()]
    assumed = [f"assumed by {one}" for one in sorted({one.resource for one in granted.trusted})]
    return "\n".join([*lines, *assumed, *(f"managed policy {text}" for _, text in granted.managed)])


def _quoted(texts: Iterable[str], last: str = "and") -> str:
    found = [f"'{one}'" for one in sorted(set(texts))]
    return " ".join(filter(None, (", ".join(found[:-1]), last if found[1:] else "", *found[-1:])))


def _listed(texts: Iterable[str]) -> str:
    """The first few, and how many more there are."""
    found = sorted(set(texts))
    if not found:
        return "nothing"
    more = len(found) - _MOST
    return (
        _quoted(found) if more <= 1 else ", ".join(f"'{one}'" for one in found[:_MOST]) + f" and {more} more"
    )


def _altered(old: Template, new: Template) -> frozenset[str]:
    """Conditions and mappings whose name stands for something else than before."""
    both = new.conditions.keys() & old.conditions.keys()
    conditions = {name for name in both if not is_same(old.conditions[name], new.conditions[name])}
    while True:
        more = {name for name, value in new.conditions.items() if _names(value) & conditions} - conditions
        if not more:
            break
        conditions |= more
    mappings = {name for name, value in new.mappings.items() if _is_altered(old.mappings.get(name), value)}
    return frozenset(conditions | mappings)


def _is_altered(old: object, new: object) -> bool:
    """Whether a key has another value than before; a key that is new belongs to no stack that stands."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return any(key in new and _is_altered(value, new[key]) for key, value in old.items())
    return old is not None and old != new


def _names(value: object) -> set[str]:
    """The conditions that a condition is made of."""
    if isinstance(value, Intrinsic):
        value = {value.name: value.argument}
    if isinstance(value, Mapping):
        own = {str(value["Condition"])} if isinstance(value.get("Condition"), str) else set()
        return own.union(*map(_names, value.values()))
    return set().union(*map(_names, value)) if isinstance(value, (list, tuple)) else set()
