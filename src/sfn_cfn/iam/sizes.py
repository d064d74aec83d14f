"""The policies of a role -> what stands inline and what in managed policies, by IAM's limits.

Sizes are those of the resolved text, with the longest values that the parameters allow, in characters of
compact JSON: IAM does not count white space. Source: the IAM user guide, "IAM and AWS STS quotas".
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_cfn.iam.arns import Shapes
from sfn_cfn.iam.statements import PolicyDocument, Statement, to_template
from sfn_cfn.model import LONGEST_PIPELINE_NAME, ParameterDeclaration, Text, Token
from sfn_cfn.template.intrinsics import Intrinsic

INLINE = 10_240
"""Characters of all inline policies of a role together."""
MANAGED = 6_144
"""Characters of one managed policy."""
TRUST = 2_048
"""Characters of a role's trust policy, unless the account's quota is raised."""
PART = 1_024
"""Characters that a part of a statement has at most, where it can be parted."""

ROOM = 64
"""Characters that an unlimited text may have beyond its default: the longest name of most resources.

A bucket and a job have up to 63, a role and a function 64. CloudFormation's own limit, 4,096 bytes, would
make every second policy too large for values that nobody gives; a text that is longer still is refused by
IAM when the stack is deployed, and the deployment undone.
"""
LONGEST_ENVIRONMENT = 16
"""What the settings allow as the name of an environment, the value of `TargetEnv`."""
LONGEST_VALUE = 4_096
"""Characters of a parameter's value that CloudFormation takes; a limit above it limits nothing."""
LONGEST_STACK_NAME = 128
LONGEST_ROLE_NAME = 64
_NUMBER = 20
"""Digits and sign of a number without limits: those of 64 bits."""

PARTITIONS = (
    # name, longest region, URL suffix, in characters (endpoint data of the AWS SDKs)
    ("aws", 14, 13),
    ("aws-cn", 14, 16),
    ("aws-eusc", 14, 12),
    ("aws-iso", 13, 10),
    ("aws-iso-b", 14, 13),
    ("aws-iso-e", 14, 14),
    ("aws-iso-f", 15, 14),
    ("aws-us-gov", 13, 13),
)
_OF_PARTITION = {"AWS::Partition": "\ue000", "AWS::Region": "\ue001", "AWS::URLSuffix": "\ue002"}
_FIXED = {
    "AWS::AccountId": 12,
    "AWS::StackName": LONGEST_STACK_NAME,
    "AWS::StackId": len("arn::cloudformation:::stack//") + 10 + 15 + 12 + LONGEST_STACK_NAME + 36,
    "PipelineName": LONGEST_PIPELINE_NAME,
    "TargetEnv": LONGEST_ENVIRONMENT,
}
_VARIABLE = re.compile(r"\$\{([^{}]+)\}")
_FRAME = len('{"Version":"2012-10-17","Statement":[]}')

KEPT_INLINE = (
    "events:PutRule",
    "logs:CreateLogDelivery",
    "logs:DescribeLogGroups",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:PutTraceSegments",
)
"""Actions that Step Functions tries when a state machine is made: the role has them from the start."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A role's policy in parts: one inline, and managed policies of its own."""

    inline: PolicyDocument
    managed: tuple[PolicyDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class Length:
    """Characters of a text: fixed ones, and how often it has the partition, the region and the suffix."""

    fixed: int = 0
    partitions: int = 0
    regions: int = 0
    suffixes: int = 0

    def __add__(self, other: Length) -> Length:
        return Length(
            self.fixed + other.fixed,
            self.partitions + other.partitions,
            self.regions + other.regions,
            self.suffixes + other.suffixes,
        )

    @property
    def most(self) -> int:
        """In the partition where it is longest."""
        return self.fixed + max(
            len(name) * self.partitions + region * self.regions + suffix * self.suffixes
            for name, region, suffix in PARTITIONS
        )


def place(document: PolicyDocument, shapes: Shapes) -> Placed:
    """The policy inline where it fits, otherwise what does not fit in managed policies.

    Statements of many resources are parted by them. Raises ValueError where one resource
    alone is too much.
    """
    lengths = [(one, _statement(one, shapes)) for one in document.statements]
    if size(length for _, length in lengths) <= INLINE:
        return Placed(document)
    parts = [part for one, length in lengths for part in _parts(one, length, shapes)]
    parts.sort(key=lambda part: not _stays(part[0]))
    rooms: list[list[tuple[Statement, Length]]] = [[]]
    for part in parts:
        for index, room in enumerate(rooms):
            if size(length for _, length in (*room, part)) <= (MANAGED if index else INLINE):
                room.append(part)
                break
        else:
            rooms.append([part])
    first, *others = (_document(one for one, _ in room) for room in rooms)
    return Placed(first, tuple(others))


def size(statements: Iterable[Length]) -> int:
    """Characters of a policy of statements of these lengths."""
    found = list(statements)
    return _FRAME + max(len(found) - 1, 0) + sum(found, Length()).most


def policy_size(document: PolicyDocument, shapes: Shapes) -> int:
    """Characters of a policy with the longest values of its tokens."""
    return size(_statement(one, shapes) for one in document.statements)


def text_size(written: Any, shapes: Shapes) -> int:
    """Characters of a template value as compact JSON, with the longest values of its expressions."""
    return _length(_compact(_resolved(written, shapes))).most


def _document(parts: Iterable[Statement]) -> PolicyDocument:
    """Statements in the order of their Sids; parts of one statement are one again."""
    found: dict[str, Statement] = {}
    for part in parts:
        known = found.get(part.sid)
        found[part.sid] = replace(part, resources=(*known.resources, *part.resources)) if known else part
    return PolicyDocument(tuple(found[sid] for sid in sorted(found)))


def _stays(one: Statement) -> bool:
    return any(action in KEPT_INLINE for action in one.actions)


def _parts(one: Statement, length: Length, shapes: Shapes) -> Iterator[tuple[Statement, Length]]:
    """The statement, or parts of its resources that are small enough to fill policies with."""
    if length.most <= PART or len(one.resources) < 2:
        if _FRAME + length.most > MANAGED:
            raise ValueError(one.sid)
        yield one, length
        return
    middle = len(one.resources) // 2
    for half in (one.resources[:middle], one.resources[middle:]):
        part = replace(one, resources=half)
        yield from _parts(part, _statement(part, shapes), shapes)


def _statement(one: Statement, shapes: Shapes) -> Length:
    resolved = replace(
        one,
        resources=tuple(_filled(value, shapes) for value in one.resources),
        conditions=tuple(
            (operator, key, tuple(_filled(value, shapes) for value in wanted))
            for operator, key, wanted in one.conditions
        ),
    )
    (written,) = to_template(PolicyDocument((resolved,)))["Statement"]
    return _length(_compact(written))


def _compact(written: Any) -> str:
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def _length(resolved: str) -> Length:
    partition, region, suffix = (resolved.count(mark) for mark in _OF_PARTITION.values())
    return Length(len(resolved) - partition - region - suffix, partition, region, suffix)


def _filled(value: str | Text, shapes: Shapes) -> str:
    pieces = value.pieces if isinstance(value, Text) else (value,)
    return "".join(one if isinstance(one, str) else _of_token(one, shapes) for one in pieces)


def _of_token(token: Token, shapes: Shapes) -> str:
    return _of_name(token.name, shapes) if token.value is None else _resolved_text(token.value, shapes)


def _of_name(name: str, shapes: Shapes) -> str:
    """A text as long as a parameter may be, with a mark in place of what the partition gives."""
    if name in _OF_PARTITION:
        return _OF_PARTITION[name]
    return "x" * (longest(shapes[name]) if name in shapes else _FIXED.get(name, ROOM))


def _resolved(value: Any, shapes: Shapes) -> Any:
    if isinstance(value, Mapping):
        return {key: _resolved(item, shapes) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_resolved(item, shapes) for item in value]
    return _resolved_text(value, shapes) if isinstance(value, Intrinsic) else value


def _resolved_text(value: Any, shapes: Shapes) -> str:
    """The longest that an expression may become; of a part of a text, all of it."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Intrinsic):
        return "x" * ROOM
    argument = value.argument
    if value.name == "Ref":
        return _of_name(argument, shapes)
    if value.name == "GetAtt":
        return f"arn:{_OF_PARTITION['AWS::Partition']}:iam::{'x' * 12}:role/{'x' * LONGEST_ROLE_NAME}"
    if value.name == "Sub":
        return _of_sub(argument, shapes)
    if value.name == "If":
        return max((_resolved_text(one, shapes) for one in argument[1:]), key=_weight)
    if value.name == "Select":
        return _resolved_text(argument[1], shapes)
    if value.name == "Split":
        return _resolved_text(argument[1], shapes)
    return "x" * ROOM


def _weight(resolved: str) -> int:
    return _length(resolved).most


def _of_sub(argument: Any, shapes: Shapes) -> str:
    template, variables = argument if isinstance(argument, (tuple, list)) else (argument, {})

    def filled(found: re.Match[str]) -> str:
        if found[1].startswith("!"):
            return f"${{{found[1][1:]}}}"
        known = variables.get(found[1])
        return _of_name(found[1], shapes) if known is None else _resolved_text(known, shapes)

    return _VARIABLE.sub(filled, template)


def longest(item: ParameterDeclaration) -> int:
    """Characters of the longest value that a parameter takes, or is likely to get where nothing limits it."""
    if item.allowed_values:
        return max(len(str(value)) for value in item.allowed_values)
    default = len(str(item.default)) if item.default is not None else 0
    if item.kind == "Number":
        limits = [item.min, item.max]
        whole = all(isinstance(value, int) for value in (*limits, item.default or 0))
        known = max((len(str(value)) for value in limits), default=0)
        return max(known, default) if whole else max(known, default, _NUMBER)
    bounds = [bound for bound in (_width(item.allowed_pattern), item.max) if bound is not None]
    limit = int(min(bounds)) if bounds else None
    likely = default + ROOM
    return likely if limit is None or limit > LONGEST_VALUE else max(limit, default)


def _width(shape: str) -> int | None:
    """Characters of the longest text that a regular expression matches; None where that cannot be told."""
    if not shape:
        return None
    # The parser is the standard library's own; no public function tells a pattern's width.
    parser = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
    try:
        return int(parser.parse(shape).getwidth()[1])
    except re.error:
        return None
