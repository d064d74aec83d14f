r"""A trigger's settings -> the pattern of its events, and what is wrong with one that is given.

Several matchers of one field mean "or", so a prefix and a suffix together are one wildcard, in which `*` and `\` are
escaped. Sources: the EventBridge user guide, "Event pattern syntax" and "Comparison operators for use in event
patterns"; the S3 user guide, "EventBridge event message structure" (a key stands there as it is, not encoded); the
Step Functions developer guide, "Automating Step Functions event delivery with EventBridge".
"""

from __future__ import annotations

import difflib
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.model import Definition, Node, Text, Token, machine_name, text
from sfn_cfn.operations import event_matching, inputs
from sfn_cfn.operations.capability import with_tokens
from sfn_cfn.operations.parts import arn
from sfn_cfn.sections.triggers import TriggerSettings
from sfn_cfn.template.intrinsics import Value, from_text, ref
from sfn_cfn.template.tokens import DATA_BUCKET

MATCHERS = frozenset(
    {"prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "cidr", "exists"}
)

FIELDS = (
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
    "replay-name",
)
"""What every event has, and `replay-name`, which one from an archive has."""
LARGEST_NUMBER = 5_000_000_000
"""How far numbers are compared, to both sides of 0."""
LONGEST_PATTERN = 2048
"""Characters of a pattern that EventBridge takes by default (user guide, "Amazon EventBridge quotas")."""

_NAMED = r"\$\{[A-Za-z0-9:]+\}"
_MACHINE_NAME = re.compile(rf"(?:[0-9A-Za-z_.!@()'+=-]|{_NAMED})+")
_MACHINE_ARN = re.compile(
    rf"arn:(?:[a-z-]|{_NAMED})+:states:(?:[a-z0-9-]|{_NAMED})+:(?:[0-9]|{_NAMED})+:"
    rf"(?P<kind>stateMachine|express):{_MACHINE_NAME.pattern}"
)
_BUS = re.compile(
    rf"(?:arn:(?:[a-z-]|{_NAMED})+:events:(?:[a-z0-9-]|{_NAMED})+:(?:[0-9]|{_NAMED})+:event-bus/)?"
    rf"(?:[/.\-_A-Za-z0-9]|{_NAMED})+"
)


def pattern(definition: Definition, one: TriggerSettings) -> Value:
    """The pattern of a trigger of any kind, as a property."""
    return _plain(tree(definition, one))


def tree(definition: Definition, one: TriggerSettings) -> Node:
    """The pattern of a trigger of any kind, with tokens."""
    if one.kind == "event":
        return inputs.node(one.pattern, definition)
    if one.kind == "workflow":
        return {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"status": ["SUCCEEDED"], "stateMachineArn": [machine(definition, one)]},
        }
    detail: dict[str, Any] = {"bucket": {"name": [bucket(one, definition)]}}
    entity: dict[str, Any] = {}
    if one.prefix or one.suffix:
        entity["key"] = [_key_matcher(definition, one)]
    if one.min_size is not None or one.max_size is not None:
        entity["size"] = [{"numeric": _range(one)}]
    if entity:
        detail["object"] = entity
    return {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}


def _key_matcher(definition: Definition, one: TriggerSettings) -> dict[str, Node]:
    prefix, suffix = (with_tokens(item, definition) for item in (one.prefix, one.suffix))
    if not one.suffix:
        return {"prefix": prefix}
    if not one.prefix:
        return {"suffix": suffix}
    return {"wildcard": text(_escaped(prefix), "*", _escaped(suffix))}


def _escaped(value: str | Text) -> str | Text:
    """A text as a wildcard's; what a parameter holds cannot be escaped."""
    pieces = value.pieces if isinstance(value, Text) else (value,)
    return text(
        *(
            piece.replace("\\", "\\\\").replace("*", "\\*") if isinstance(piece, str) else piece
            for piece in pieces
        )
    )


def _range(one: TriggerSettings) -> list[Any]:
    least = [">=", int(one.min_size)] if one.min_size is not None else []
    greatest = ["<=", int(one.max_size)] if one.max_size is not None else []
    return [*least, *greatest]


def machine(definition: Definition, one: TriggerSettings) -> str | Text:
    """The ARN of the other state machine."""
    if one.workflow:
        return arn("states", "stateMachine:", machine_name(one.workflow))
    if one.state_machine.startswith("arn:"):
        return with_tokens(one.state_machine, definition)
    return arn("states", "stateMachine:", *pieces(with_tokens(one.state_machine, definition)))


def pieces(value: str | Text) -> tuple[str | Token, ...]:
    """The pieces of a text, with or without tokens."""
    return value.pieces if isinstance(value, Text) else (value,)


def _plain(node: Any) -> Value:
    """A tree with tokens as a value of the template."""
    if isinstance(node, Mapping):
        return {shown(key): _plain(item) for key, item in node.items()}
    if isinstance(node, (list, tuple)):
        return [_plain(item) for item in node]
    if isinstance(node, Token):
        return ref(node.name)
    return from_text(node) if isinstance(node, Text) else node


def shown(value: str | Text) -> str:
    """A text as in `Fn::Sub`."""
    return value.shown if isinstance(value, Text) else value


def bucket(one: TriggerSettings, definition: Definition) -> str | Text:
    """The bucket of a trigger on S3: its own, or that for the workflow's data."""
    return Text((DATA_BUCKET,)) if one.has_own_bucket else with_tokens(one.bucket, definition)


def length(definition: Definition, one: TriggerSettings) -> int:
    """The characters of a pattern as JSON, tokens by their names."""
    return len(json.dumps(event_matching.resolved(tree(definition, one), {}), separators=(",", ":")))


def is_bus(given: str) -> bool:
    """Whether a text of the settings is a name or an ARN of an event bus."""
    return _BUS.fullmatch(given) is not None


def no_machine(given: str) -> str:
    """Why a text of the settings names no state machine whose success can be waited for; empty where it may."""
    if not given.startswith("arn:"):
        return "" if _MACHINE_NAME.fullmatch(given) else "is no name of one"
    if not (found := _MACHINE_ARN.fullmatch(given)):
        return "is no ARN of one"
    return "" if found["kind"] == "stateMachine" else "is Express and sends no events"


def faults(given: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a pattern, in words after `the pattern`."""
    yield from _field_faults(given)
    yield from _faults(given, "")


def _field_faults(given: Mapping[str, Any]) -> Iterator[str]:
    for key, item in given.items():
        if key == "$or":
            for one in item if isinstance(item, (list, tuple)) else ():
                yield from _field_faults(one) if isinstance(one, Mapping) else ()
        elif key.split(".")[0] not in FIELDS:
            close = difflib.get_close_matches(key, FIELDS, 1)
            yield f"has '{key}', which no event has" + (f": did you mean '{close[0]}'?" if close else "")
        elif key in FIELDS and key != "detail" and isinstance(item, Mapping) and item:
            yield f"has no list at '{key}'"


def _faults(given: Mapping[str, Any], place: str) -> Iterator[str]:
    for key, item in given.items():
        path = f"{place}.{key}" if place else key
        if key == "$or":
            yield from _alternative_faults(item, path)
        elif isinstance(item, Mapping):
            if not item:
                yield f"has nothing at '{path}'"
            yield from _faults(item, path)
        elif not isinstance(item, (list, tuple)):
            fix = f": write [{json.dumps(item)}]" if isinstance(item, (str, int, float)) else ""
            yield f"has no list at '{path}'{fix}"
        elif not item:
            yield f"has an empty list at '{path}'"
        else:
            yield from _matcher_faults(item, path)


def _alternative_faults(items: Any, path: str) -> Iterator[str]:
    if not isinstance(items, (list, tuple)) or len(items) < 2:
        yield f"has fewer than two patterns in the list at '{path}'"
        return
    for one in items:
        if isinstance(one, Mapping) and one:
            yield from _faults(one, path)
        else:
            yield f"has no pattern in the list at '{path}'"


def _matcher_faults(items: Any, path: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, (list, tuple)):
            yield f"has a list in the list at '{path}'"
        elif isinstance(item, Mapping):
            if len(item) != 1 or not set(item) <= MATCHERS:
                names = ", ".join(item)
                yield f"has at '{path}' no comparison of EventBridge: '{names}'"
            else:
                ((name, wanted),) = item.items()
                if why := _wrong(name, wanted):
                    yield f"has at '{path}' {why}"


def _wrong(name: str, wanted: Any) -> str:
    """What is wrong with what a comparison compares with, in words; empty where nothing is."""
    if name == "exists":
        return "" if isinstance(wanted, bool) else "an 'exists' that is neither true nor false"
    if name == "numeric":
        if not _is_range(wanted):
            return 'a \'numeric\' that is no range of numbers: write [">", 0, "<=", 5]'
        beyond = any(abs(one) > LARGEST_NUMBER for one in wanted[1::2])
        return f"a number beyond {LARGEST_NUMBER:,}, which EventBridge does not compare" if beyond else ""
    if name == "cidr":
        return "" if _is_network(wanted) else f"a 'cidr' that is no range of addresses: '{wanted}'"
    if name == "anything-but":
        return _wrong_exclusion(wanted)
    if isinstance(wanted, Mapping) and name in ("prefix", "suffix"):
        wanted = wanted["equals-ignore-case"] if set(wanted) == {"equals-ignore-case"} else None
    if not isinstance(wanted, str):
        return f"no text in '{name}'"
    side_by_side = name == "wildcard" and "**" in re.sub(r"\\.", "", wanted)
    return "two wildcards side by side" if side_by_side else ""


def _wrong_exclusion(wanted: Any) -> str:
    if isinstance(wanted, Mapping):
        if len(wanted) != 1 or not set(wanted) <= {"prefix", "suffix", "equals-ignore-case", "wildcard"}:
            return f"no comparison of EventBridge in 'anything-but': '{', '.join(wanted)}'"
        ((name, inner),) = wanted.items()
        values = inner if isinstance(inner, (list, tuple)) else [inner]
        return next((why for one in values if (why := _wrong(name, one))), "" if values else "an empty list")
    values = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    is_text = all(isinstance(one, str) for one in values)
    is_number = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in values)
    return "" if values and (is_text or is_number) else "an 'anything-but' of neither texts nor numbers only"


def _is_range(wanted: Any) -> bool:
    if not isinstance(wanted, (list, tuple)) or len(wanted) not in (2, 4):
        return False
    signs, limits = tuple(wanted[::2]), wanted[1::2]
    if not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in limits):
        return False
    if len(signs) == 1:
        return signs[0] in ("<", "<=", "=", ">=", ">")
    return signs[0] in (">", ">=") and signs[1] in ("<", "<=") and limits[0] < limits[1]


def _is_network(wanted: Any) -> bool:
    if not isinstance(wanted, str) or "/" not in wanted:
        return False
    if "${" in wanted:
        return True
    try:
        ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False
    return True
