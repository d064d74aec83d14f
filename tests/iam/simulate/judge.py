"""The calls of a state machine -> what its policies allow too little, and what they allow too much.

Beside each needed call stand its siblings: the same action on another name, in another region, in another
account, with another value of a condition key or with none; and its neighbours: every other action that the
service has on that type of resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iam.simulate import sagemaker, services
from iam.simulate.calls import Call
from iam.simulate.evaluator import Evaluator
from iam.simulate.machines import BEGIN, MARKED, Machine, Role, plain
from iam.simulate.samples import tasks

OTHER_REGION, OTHER_ACCOUNT = "ap-southeast-4", "999988887777"
NOT_OF_THIS_TYPE = "no.resource.types"

Request = tuple[str, str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Each list is what is wrong; the number of requests says how much was asked."""

    missing: tuple[str, ...]
    excess: tuple[str, ...]
    needed: int
    beside: int

    @property
    def wrong(self) -> str:
        """Everything that is wrong, one a line; empty where nothing is."""
        lines = [f"denied, and needed by {one}" for one in self.missing]
        return "\n".join([*lines, *(f"allowed, and needed by nobody, beside {one}" for one in self.excess)])


def needed(machine: Machine) -> dict[Call, str]:
    """Each call that the states make -> the first state that makes it."""
    found: dict[tuple[str, ...], tuple[Call, str]] = {}
    for task in tasks(machine):
        table = sagemaker if task.call.startswith("sagemaker:") else services
        for call in table.calls(task):
            found.setdefault((call.role, call.action, call.resource, str(call.context)), (call, task.path))
    return found


def siblings(call: Call) -> Iterator[Request]:
    """The same action where the policy must deny it."""
    for resource in _other_resources(call.resource):
        yield call.action, resource, call.context
    for key, values in call.others.items():
        for value in values:
            yield call.action, plain(call.resource), {**call.context, key: value}
        yield call.action, plain(call.resource), {one: call.context[one] for one in call.context if one != key}


def _other_resources(arn: str) -> Iterator[str]:
    if arn == "*":
        return
    head = arn.split(":", 5)
    for index, other in ((3, OTHER_REGION), (4, OTHER_ACCOUNT)):
        if head[index] and BEGIN not in head[index]:
            yield plain(":".join([*head[:index], other, *head[index + 1 :]]))
    pieces = MARKED.split(head[5])
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            for other in _other_texts(piece, is_last=index == len(pieces) - 1):
                yield plain(":".join([*head[:5], "".join([*pieces[:index], other, *pieces[index + 1 :]])]))


def _other_texts(known: str, *, is_last: bool) -> Iterator[str]:
    """A known piece of an ARN with one of its names changed: in front, at the end, and longer."""
    parts = re.split(r"([/:])", known)
    for index in range(0, len(parts), 2):
        name = parts[index]
        if name and name != "*":
            others = [f"sibling-{name}", name[:-1] + ("x" if name[-1] != "x" else "y")]
            if is_last or index < len(parts) - 1:
                others.append(f"{name}-sibling")
            for other in others:
                yield "".join([*parts[:index], other, *parts[index + 1 :]])


def judge(machine: Machine, evaluator: Evaluator, *, with_neighbours: bool = True) -> Verdict:
    """What both roles of a machine allow, beside what they must."""
    missing: list[str] = []
    excess: list[str] = []
    asked = [0, 0]
    every = needed(machine).values()
    for name, role in (("workflow", machine.role), ("jobs", machine.jobs_role)):
        of_role = [(call, state) for call, state in every if call.role == name]
        if role is None:
            continue
        wanted = [(call.action, plain(call.resource), call.context) for call, _ in of_role]
        for (call, state), found in zip(of_role, evaluator.decide(role.policies, wanted), strict=True):
            if not found.allowed or found.error or found.ignored:
                why = f" ({found.error or found.ignored})" if found.error or found.ignored else ""
                missing.append(f"{state}: {call.shown}{why}")
        beside = list(_beside(of_role, wanted, evaluator if with_neighbours else None))
        requests = [request for _, request in beside]
        for (state, request), found in zip(beside, evaluator.decide(role.policies, requests), strict=True):
            if found.allowed:
                excess.append(f"{state}: {Call(*request, role=name).shown}")
            elif found.error and NOT_OF_THIS_TYPE not in found.error:
                missing.append(f"{state}: {Call(*request, role=name).shown} ({found.error})")
        excess += [f"{name}: nobody needs {one}" for one in _unneeded(role, [call for call, _ in of_role])]
        asked[0] += len(wanted)
        asked[1] += len(requests)
    return Verdict(tuple(sorted(set(missing))), tuple(sorted(set(excess))), *asked)


def _beside(
    of_role: Iterable[tuple[Call, str]], wanted: list[Request], evaluator: Evaluator | None
) -> Iterator[tuple[str, Request]]:
    """Siblings and neighbours that are not needed calls themselves."""
    of_role = list(of_role)
    needed_too = _Needed([call for call, _ in of_role])
    for call, state in of_role:
        for request in siblings(call):
            if request not in needed_too:
                yield state, request
    if evaluator is None:
        return
    found = evaluator.neighbours([(action, resource) for action, resource, _ in wanted])
    seen = set()
    for (call, state), actions in zip(of_role, found, strict=True):
        for action in actions:
            request = (action, plain(call.resource), call.context)
            if str(request) not in seen and request not in needed_too:
                seen.add(str(request))
                yield state, request


class _Needed:
    """The requests that some needed call may be, with any text in place of what only the execution knows."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self._by_action: dict[str, list[tuple[re.Pattern[str], Call]]] = {}
        for call in calls:
            pieces = (".*" if index % 2 else re.escape(one) for index, one in enumerate(MARKED.split(call.resource)))
            found = self._by_action.setdefault(call.action.lower(), [])
            found.append((re.compile("".join(pieces), re.DOTALL), call))

    def __contains__(self, request: Request) -> bool:
        action, resource, context = request
        return any(
            pattern.fullmatch(resource)
            and all(context.get(key) == call.context.get(key) for key in call.others)
            for pattern, call in self._by_action.get(action.lower(), ())
        )


def _unneeded(role: Role, calls: list[Call]) -> list[str]:
    """Actions of the policies that no call has."""
    known = {call.action.lower() for call in calls}
    granted: set[str] = set()
    for policy in role.policies.values():
        for statement in policy["Statement"]:
            actions = statement["Action"]
            granted |= {actions} if isinstance(actions, str) else set(actions)
    return sorted(one for one in granted if one.lower() not in known)
