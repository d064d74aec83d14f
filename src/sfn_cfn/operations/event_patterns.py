r"""A trigger's settings -> the pattern of its events, and what is wrong with one that is given.

Several matchers of one field mean "or", so a prefix and a suffix together are one wildcard, in which `*` and `\` are
escaped. Sources: the EventBridge user guide, "Event pattern syntax" and "Comparison operators for use in event
patterns"; the S3 user guide, "EventBridge event message structure" (a key stands there as it is, not encoded); the
Step Functions developer guide, "Automating Step Functions event delivery with EventBridge".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.model import Definition, Text, Token, machine_name, text
from sfn_cfn.operations import inputs
from sfn_cfn.operations.capability import with_tokens
from sfn_cfn.operations.parts import arn
from sfn_cfn.sections.triggers import TriggerSettings
from sfn_cfn.template.intrinsics import Value, from_text, ref
from sfn_cfn.template.tokens import DATA_BUCKET

MATCHERS = frozenset(
    {"prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "cidr", "exists"}
)


def pattern(definition: Definition, one: TriggerSettings) -> Value:
    """The pattern of a trigger of any kind."""
    if one.kind == "event":
        return _plain(inputs.node(one.pattern, definition))
    if one.kind == "workflow":
        return {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"status": ["SUCCEEDED"], "stateMachineArn": [from_text(machine(definition, one))]},
        }
    detail: dict[str, Any] = {"bucket": {"name": [from_text(bucket(one, definition))]}}
    entity: dict[str, Any] = {}
    if one.prefix or one.suffix:
        entity["key"] = [_key_matcher(definition, one)]
    if one.min_size is not None or one.max_size is not None:
        entity["size"] = [{"numeric": _range(one)}]
    if entity:
        detail["object"] = entity
    return {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}


def _key_matcher(definition: Definition, one: TriggerSettings) -> dict[str, Value]:
    prefix, suffix = (with_tokens(item, definition) for item in (one.prefix, one.suffix))
    if not one.suffix:
        return {"prefix": from_text(prefix)}
    if not one.prefix:
        return {"suffix": from_text(suffix)}
    return {"wildcard": from_text(text(_escaped(prefix), "*", _escaped(suffix)))}


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


def takes_every_execution(given: Mapping[str, Any]) -> bool:
    """Whether a pattern takes the ends of all state machines, the workflow's own among them."""
    detail = given.get("detail", {})
    named = isinstance(detail, Mapping) and {"stateMachineArn", "executionArn", "name"} & set(detail)
    return "aws.states" in given.get("source", ()) and not named and "$or" not in given


def faults(pattern: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """What is wrong with a pattern, in words after `the pattern`."""
    for key, item in pattern.items():
        path = f"{place}.{key}" if place else key
        if isinstance(item, Mapping):
            if not item:
                yield f"has nothing at '{path}'"
            yield from faults(item, path)
        elif not isinstance(item, (list, tuple)):
            fix = f": write [{json.dumps(item)}]" if isinstance(item, (str, int, float)) else ""
            yield f"has no list at '{path}'{fix}"
        elif not item:
            yield f"has an empty list at '{path}'"
        elif key == "$or":
            for one in item:
                yield from (
                    faults(one, path)
                    if isinstance(one, Mapping)
                    else (f"has no pattern in the list at '{path}'",)
                )
        else:
            yield from _matcher_faults(item, path)


def _matcher_faults(items: Any, path: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, (list, tuple)):
            yield f"has a list in the list at '{path}'"
        elif isinstance(item, Mapping):
            if len(item) != 1 or not set(item) <= MATCHERS:
                names = ", ".join(item)
                yield f"has at '{path}' no comparison of EventBridge: '{names}'"
            elif "**" in str(item.get("wildcard", "")).replace("\\*", ""):
                yield f"has two wildcards side by side at '{path}'"
