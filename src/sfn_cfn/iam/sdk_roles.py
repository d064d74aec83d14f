"""An operation's parameters -> the roles that it passes, and to which service."""

from __future__ import annotations

import functools
import re

from sfn_cfn.iam.entries import Role
from sfn_cfn.iam.sdk_models import Operation, pascal, structure
from sfn_cfn.iam.table.sdk_roles import NAMED, NOT_PASSED, PRINCIPALS, READING, ROLES

_ROLE = re.compile(r"(?:(?<!Linked)Role(?:Arn|ARN)|rolearn|roleArn|ExecutionRole|ServiceRole|^[rR]ole)$")
_DEPTH = 5
"""Roles stand near the top of the parameters; below are shapes that hold themselves."""


def passed(call: Operation, iam_name: str, action: str) -> tuple[Role, ...]:
    """The roles of a call of the service `iam_name` (as its ARN names it); `action` is its IAM action."""
    by_hand = ROLES.get(f"{iam_name}:{call.name}") or ROLES.get(f"{call.service}:{call.name}")
    if by_hand is not None:
        return by_hand
    prefix = action.partition(":")[0]
    if {prefix, action} & NOT_PASSED or call.name.startswith(READING) or not call.shape:
        return ()
    services = PRINCIPALS.get(prefix, (f"{prefix}.amazonaws.com",))
    form = "role or name" if prefix in NAMED else "role"
    fields = dict.fromkeys(_fields(call.service, call.shape, _DEPTH))
    return tuple(Role(field, services, form=form) for field in fields)


@functools.cache
def _fields(service: str, shape: str, depth: int) -> tuple[str, ...]:
    """The paths of the texts in a shape that are named as roles are."""
    found = structure(service, shape)
    if found["type"] == "list" and depth:
        below = _fields(service, found["member"]["shape"], depth - 1)
        return tuple(f"[].{path}" for path in below)
    if found["type"] != "structure":
        return ()
    paths: list[str] = []
    for name, reference in found.get("members", {}).items():
        if structure(service, reference["shape"])["type"] == "string":
            paths += [pascal(name)] if _ROLE.search(name) else []
        elif depth:
            below = _fields(service, reference["shape"], depth - 1)
            paths += [f"{pascal(name)}.{path}".replace(".[]", "[]") for path in below]
    return tuple(paths)
