r"""An event pattern, an event -> whether EventBridge takes the event; a text with tokens -> what it may be.

Patterns are compared as the service does it: by the paths of the leaves, a path with dots in its name and a nested one
being the same, arrays leaf by leaf. Of two patterns for one path, one of them in `$or`, the last wins. Source: the
EventBridge user guide, "Comparison operators for use in event patterns" and "Event patterns".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfn_cfn.model import Node, Text, Token

Rule = Mapping[str, Sequence[Any]]
"""What has to hold of an event: the path of each leaf, and the matchers of which one has to fit."""

_COMPARISONS = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    "=": lambda value, limit: value == limit,
    ">=": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
}


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether a pattern without tokens, one that the service takes, matches an event."""
    found: dict[str, list[Any]] = {}
    for path, value in _leaves(event):
        found.setdefault(path, []).append(value)
    return any(
        all(_any(matchers, found.get(path, ())) for path, matchers in rule.items())
        for rule in _rules(pattern)
    )


def resolved(node: Node, values: Mapping[str, Any]) -> Any:
    """A tree with its tokens as `values` has them by their names; `${Name}` where it has none."""
    if isinstance(node, Mapping):
        return {str(resolved(key, values)): resolved(item, values) for key, item in node.items()}
    if isinstance(node, (list, tuple)):
        return [resolved(item, values) for item in node]
    if isinstance(node, Text):
        return "".join(
            piece if isinstance(piece, str) else str(resolved(piece, values)) for piece in node.pieces
        )
    return values.get(node.name, f"${{{node.name}}}") if isinstance(node, Token) else node


def texts(node: Any) -> Iterator[str]:
    """Every text of a tree but its keys."""
    return (value for _, value in _leaves(node) if isinstance(value, str))


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, item in node.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _leaves(item, path)
    else:
        yield path, node


def _rules(pattern: Mapping[str, Any], path: str = "") -> list[Rule]:
    out: list[Rule] = [{}]
    for key, item in pattern.items():
        place = f"{path}.{key}" if path else key
        more: list[Rule] = [{place: item}]
        if key == "$or" and isinstance(item, (list, tuple)):
            more = [rule for one in item for rule in _rules(one, path)]
        elif isinstance(item, Mapping):
            more = _rules(item, place)
        out = [{**one, **other} for one in out for other in more]
    return out


def _any(matchers: Sequence[Any], values: Sequence[Any]) -> bool:
    for matcher in matchers:
        if isinstance(matcher, Mapping) and "exists" in matcher:
            if bool(values) is matcher["exists"]:
                return True
        elif any(_fits(matcher, value) for value in values):
            return True
    return False


def _fits(matcher: Any, value: Any) -> bool:
    if not isinstance(matcher, Mapping):
        return _same(matcher, value)
    ((operator, wanted),) = matcher.items()
    if operator == "anything-but":
        return not _one_of(wanted, value)
    if operator == "numeric":
        pairs = zip(wanted[::2], wanted[1::2], strict=True)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and all(_COMPARISONS[sign](value, limit) for sign, limit in pairs)
    if not isinstance(value, str):
        return False
    if isinstance(wanted, Mapping):
        return _of_text(operator, wanted["equals-ignore-case"].lower(), value.lower())
    return _of_text(operator, wanted, value)


def _one_of(wanted: Any, value: Any) -> bool:
    """Whether a value is what `anything-but` leaves out."""
    if isinstance(wanted, Mapping):
        ((operator, inner),) = wanted.items()
        return any(_fits({operator: one}, value) for one in (inner if isinstance(inner, list) else [inner]))
    return any(_same(one, value) for one in (wanted if isinstance(wanted, list) else [wanted]))


def _same(wanted: Any, value: Any) -> bool:
    return bool(wanted == value) and isinstance(wanted, bool) is isinstance(value, bool)


def _of_text(operator: str, wanted: str, value: str) -> bool:
    if operator == "prefix":
        return value.startswith(wanted)
    if operator == "suffix":
        return value.endswith(wanted)
    if operator == "wildcard":
        return _wildcard(wanted).fullmatch(value) is not None
    if operator == "cidr":
        return _in_network(wanted, value)
    return value.lower() == wanted.lower()


def _wildcard(wanted: str) -> re.Pattern[str]:
    r"""`*` is any text, `\*` and `\\` are the characters themselves."""
    parts = re.findall(r"\\.|.", wanted, re.DOTALL)
    return re.compile("".join(".*" if part == "*" else re.escape(part[-1]) for part in parts), re.DOTALL)


def _in_network(network: str, value: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
