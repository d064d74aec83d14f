"""Policy statements as values: made, minimised, and written as template values."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from sfn_cfn.iam.values import ANY
from sfn_cfn.model import Text, Token, text
from sfn_cfn.template.intrinsics import Value as TemplateValue
from sfn_cfn.template.intrinsics import from_text

Condition: TypeAlias = "tuple[str, str, tuple[str | Text, ...]]"
"""An operator, a condition key and its values: `("StringEquals", "aws:SourceAccount", (...,))`."""

_WILD = re.compile(r"[*?$]")
_NOT_ASCII = re.compile(r"[^\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class Statement:
    """An `Allow`. Actions and resources are sorted; a resource `*` stands for itself."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str | Text, ...]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """Statements in the order of their Sids."""

    statements: tuple[Statement, ...]

    def __bool__(self) -> bool:
        return bool(self.statements)


def statement(
    sid: str,
    actions: Iterable[str],
    resources: Iterable[str | Text],
    conditions: Iterable[Condition] = (),
) -> Statement:
    """A statement of texts in which `ANY` stands for what only the execution knows."""
    return Statement(
        sid,
        tuple(sorted(set(actions))),
        _minimal(pattern(one) for one in resources),
        tuple(sorted(map(_condition, conditions), key=lambda one: one[:2])),
    )


def _condition(one: Condition) -> Condition:
    """With sorted values; one that holds what only the execution knows is a pattern."""
    operator, key, wanted = one
    if any(isinstance(value, Text) and ANY in value.pieces for value in wanted):
        operator = {"StringEquals": "StringLike", "ArnEquals": "ArnLike"}.get(operator, operator)
        wanted = tuple(map(pattern, wanted))
    return (operator, key, _unique(wanted))


def pattern(value: str | Text) -> str | Text:
    """A text as a policy's pattern: `ANY` becomes `*`, a literal that IAM would read otherwise `?`.

    `*`, `?` and `${` have a meaning in a policy; `?` matches exactly one character. Letters outside of
    ASCII become `*`, because a template is pure ASCII.
    """
    pieces = value.pieces if isinstance(value, Text) else (value,)
    joined = text(*(("*" if p == ANY else p) if isinstance(p, Token) else _literal(p) for p in pieces))
    if isinstance(joined, str):
        return re.sub(r"\*+", "*", joined)
    return text(*(re.sub(r"\*+", "*", p) if isinstance(p, str) else p for p in joined.pieces))


def _literal(value: str) -> str:
    return _NOT_ASCII.sub("*", _WILD.sub("?", value))


def shown(value: str | Text) -> str:
    """As in `Fn::Sub`."""
    return value.shown if isinstance(value, Text) else value


def _unique(items: Iterable[str | Text]) -> tuple[str | Text, ...]:
    found = {shown(one): one for one in items}
    return tuple(found[key] for key in sorted(found))


def _minimal(items: Iterable[str | Text]) -> tuple[str | Text, ...]:
    """Sorted, without what a pattern `prefix*` among them covers."""
    found = _unique(items)
    prefixes = {name[:-1] for name in map(shown, found) if name.endswith("*") and name.count("*") == 1}
    return tuple(one for one in found if not _is_covered(shown(one), prefixes)) if prefixes else found


def _is_covered(name: str, prefixes: set[str]) -> bool:
    """Whether one of the prefixes begins a name, other than the one that the name itself gave."""
    longest = len(name) - 2 if name.endswith("*") else len(name)
    return any(name[:end] in prefixes for end in range(longest + 1))


def minimise(statements: Iterable[Statement]) -> PolicyDocument:
    """Equal actions under equal conditions become one statement, so do equal resources of one Sid."""
    merged = list(statements)
    for key in (_by_actions, _by_resources, _by_actions):
        merged = _merge(merged, key)
    merged.sort(key=_order)
    return PolicyDocument(tuple(_numbered(merged)))


def _by_actions(one: Statement) -> Any:
    return (one.actions, _shown_conditions(one))


def _by_resources(one: Statement) -> Any:
    return (one.sid, tuple(map(shown, one.resources)), _shown_conditions(one))


def _shown_conditions(one: Statement) -> tuple[Any, ...]:
    # A token's expression may hold a mapping, which has no hash; its name says the same.
    return tuple((op, key, tuple(map(shown, wanted))) for op, key, wanted in one.conditions)


def _merge(statements: Iterable[Statement], key: Callable[[Statement], Any]) -> list[Statement]:
    groups: dict[Any, list[Statement]] = defaultdict(list)
    for one in statements:
        groups[key(one)].append(one)
    return [
        Statement(
            min(one.sid for one in group),
            tuple(sorted({action for one in group for action in one.actions})),
            _minimal(resource for one in group for resource in one.resources),
            group[0].conditions,
        )
        for group in groups.values()
    ]


def _order(one: Statement) -> Any:
    return (one.sid, one.actions, tuple(map(shown, one.resources)), _shown_conditions(one))


def _numbered(statements: Iterable[Statement]) -> Iterable[Statement]:
    """A Sid stands once in a policy: the second of a name gets a 2."""
    seen: dict[str, int] = defaultdict(int)
    for one in statements:
        seen[one.sid] += 1
        yield one if seen[one.sid] == 1 else replace(one, sid=f"{one.sid}{seen[one.sid]}")


def to_template(document: PolicyDocument) -> dict[str, TemplateValue]:
    """The document as a template value."""
    return {"Version": "2012-10-17", "Statement": [_statement(one) for one in document.statements]}


def _statement(one: Statement) -> dict[str, TemplateValue]:
    written: dict[str, TemplateValue] = {
        "Sid": one.sid,
        "Effect": "Allow",
        "Action": _one_or_many(one.actions),
        "Resource": _one_or_many([from_text(resource) for resource in one.resources]),
    }
    if one.conditions:
        written["Condition"] = conditions_to_template(one.conditions)
    return written


def conditions_to_template(conditions: Iterable[Condition]) -> Mapping[str, TemplateValue]:
    """`{operator: {key: value or values}}`."""
    written: dict[str, dict[str, TemplateValue]] = {}
    for operator, key, wanted in conditions:
        written.setdefault(operator, {})[key] = _one_or_many([from_text(value) for value in wanted])
    return written


def _one_or_many(items: Iterable[TemplateValue]) -> TemplateValue:
    found = list(items)
    return found[0] if len(found) == 1 else found
