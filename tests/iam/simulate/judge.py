"""The calls of a state machine -> what its policies allow too little, and what they allow too much.

Beside each needed call stand its siblings: the same action on another name, in another region, in another
account, with another value of a condition key or with none; and its neighbours: every other action that the
service has on that type of resource. What a policy names and no call has, is too much as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iam.simulate import maps, sagemaker, sdk, services
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


def needed(machine: Machine) -> list[tuple[Call, str]]:
    """Each call that the states make, once, and the first state that makes it."""
    found: dict[tuple[str, ...], tuple[Call, str]] = {}
    for task in tasks(machine):
        if task.assumed:
            # The other role makes the state's calls; this one becomes that one.
            place = machine.place
            role = task.assumed if "arn:" in task.assumed else place.arn("iam", f"role/{task.assumed}", "")
            call = Call("sts:AssumeRole", role)
            found.setdefault((call.role, call.action, call.resource, ""), (call, task.path))
            continue
        kinds = {"sagemaker": sagemaker, "aws-sdk": sdk}
        table = kinds.get(task.call.partition(":")[0], services)
        for call in table.calls(task):
            found.setdefault((call.role, call.action, call.resource, str(call.context)), (call, task.path))
    for call in own(machine):
        found.setdefault((call.role, call.action, call.resource, ""), (call, "the state machine"))
    for call, path in maps.calls(machine):
        found.setdefault((call.role, call.action, call.resource, str(call.context)), (call, path))
    return list(found.values())


# The developer guide's policies for the log of executions and for X-Ray. It has `logs:PutLogEvents` too, which is
# the delivery service's, by the group's resource policy.
_LOG = (
    "CreateLogDelivery",
    "GetLogDelivery",
    "UpdateLogDelivery",
    "DeleteLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "DescribeResourcePolicies",
    "DescribeLogGroups",
)
_TRACES = ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets")


def own(machine: Machine) -> Iterator[Call]:
    """The calls that Step Functions makes by a state machine's role for its log and its traces."""
    logging = machine.properties.get("LoggingConfiguration", {})
    if logging.get("Level", "OFF") != "OFF":
        yield from (Call(f"logs:{action}", "*") for action in _LOG)
    if machine.properties.get("TracingConfiguration", {}).get("Enabled"):
        yield from (Call(f"xray:{action}", "*") for action in _TRACES)


def siblings(call: Call) -> Iterator[Request]:
    """The same action where the policy must deny it."""
    for resource in _other_resources(call.resource):
        yield call.action, resource, call.context
    for key, values in call.others.items():
        for value in values:
            yield call.action, plain(call.resource), {**call.context, key: value}
        yield (
            call.action,
            plain(call.resource),
            {one: call.context[one] for one in call.context if one != key},
        )


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


def judge(machine: Machine, evaluator: Evaluator) -> Verdict:
    """What both roles of a machine allow, beside what they must."""
    missing: list[str] = []
    excess: list[str] = []
    asked = [0, 0]
    every = needed(machine)
    for name, role in (("workflow", machine.role), ("jobs", machine.jobs_role)):
        if role is not None:
            of_role = [(call, state) for call, state in every if call.role == name]
            missing += denied(role, of_role, evaluator)
            found, considered = allowed_beside(role, of_role, evaluator)
            excess += [f"{name}: {one}" for one in found]
            asked[0] += len(of_role)
            asked[1] += considered
    return Verdict(tuple(sorted(set(missing))), tuple(sorted(set(excess))), *asked)


def denied(role: Role, of_role: Sequence[tuple[Call, str]], evaluator: Evaluator) -> list[str]:
    """The needed calls that a role may not make, and those that are no calls at all."""
    wanted = [request(call) for call, _ in of_role]
    return [
        f"{state}: {call.shown} {found.error or found.ignored or ''}".rstrip()
        for (call, state), found in zip(of_role, evaluator.decide(role.policies, wanted), strict=True)
        if not found.allowed or found.error or found.ignored
    ]


def allowed_beside(
    role: Role, of_role: Sequence[tuple[Call, str]], evaluator: Evaluator
) -> tuple[list[str], int]:
    """What a role may do beside the needed calls, and how many requests were considered."""
    considered = list(_beside(of_role, evaluator))
    named_somewhere = _actions(role)
    # An action that no statement names is denied; most neighbours are of this kind.
    beside = [one for one in considered if any(action.fullmatch(one[1][0]) for action in named_somewhere)]
    decided = evaluator.decide(role.policies, [one for _, one in beside])
    excess = []
    for (state, one), found in zip(beside, decided, strict=True):
        assert not found.error or NOT_OF_THIS_TYPE in found.error, (one, found.error)
        if found.allowed:
            excess.append(f"{state}: {Call(*one).shown}")
    excess += [f"no state: {one}" for one in _unneeded(role, [call for call, _ in of_role])]
    return excess, len(considered)


def request(call: Call) -> Request:
    """What the evaluator is asked."""
    return call.action, plain(call.resource), call.context


def _beside(of_role: Sequence[tuple[Call, str]], evaluator: Evaluator) -> Iterator[tuple[str, Request]]:
    """Siblings and neighbours that are not needed calls themselves."""
    needed_too = _Needed([call for call, _ in of_role])
    for call, state in of_role:
        for one in siblings(call):
            if one not in needed_too:
                yield state, one
    found = evaluator.neighbours(
        [(action, resource) for action, resource, _ in (request(call) for call, _ in of_role)]
    )
    seen = set()
    for (call, state), actions in zip(of_role, found, strict=True):
        for action in actions:
            one = (action, plain(call.resource), call.context)
            if str(one) not in seen and one not in needed_too:
                seen.add(str(one))
                yield state, one


class _Needed:
    """The requests that some needed call may be, with any text in place of what only the execution knows."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self._by_action: dict[str, list[tuple[re.Pattern[str], Call]]] = {}
        for call in calls:
            pieces = (
                ".*" if index % 2 else re.escape(one) for index, one in enumerate(MARKED.split(call.resource))
            )
            found = self._by_action.setdefault(call.action.lower(), [])
            found.append((re.compile("".join(pieces), re.DOTALL), call))

    def __contains__(self, asked: Request) -> bool:
        action, resource, context = asked
        return any(
            pattern.fullmatch(resource)
            and all(context.get(key) == call.context.get(key) for key in call.others)
            for pattern, call in self._by_action.get(action.lower(), ())
        )


# Resources that no call of the tables has, and why policies name them all the same.
SPARE = (
    re.compile(r":task-definition/[^:]+"),  # a family without its revision, as ECS's own examples have it
    re.compile(r":model-customization-job/\*"),  # named by the guide, but not by the reference
    re.compile(r":model-package-group/"),  # the same
    re.compile(r"AWSServiceRoleForEMRCleanup$"),  # linked to the service under either of its names
)


def _unneeded(role: Role, calls: list[Call]) -> list[str]:
    """Actions of the policies that no call has (a wildcard is none), and resources of statements that none has."""
    known = {call.action.lower() for call in calls}
    found = {one for one in _granted(role) if one.lower() not in known}
    for policy in role.policies.values():
        for statement in policy["Statement"]:
            actions = {one.lower() for one in _many(statement["Action"])}
            wanted = [plain(call.resource) for call in calls if call.action.lower() in actions]
            for resource in _many(statement["Resource"]):
                spare = any(one.search(resource) for one in SPARE)
                if wanted and not spare and not any(map(_wildcards(resource).fullmatch, wanted)):
                    found.add(f"{statement['Sid']} {resource}")
    return sorted(found)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _wildcards(text: str) -> re.Pattern[str]:
    pieces = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in text)
    return re.compile("".join(pieces), re.IGNORECASE | re.DOTALL)


def _granted(role: Role) -> Iterator[str]:
    for policy in role.policies.values():
        for statement in policy["Statement"]:
            assert "NotAction" not in statement
            yield from _many(statement["Action"])


def _actions(role: Role) -> list[re.Pattern[str]]:
    """What the statements name, wildcards as patterns."""
    return [_wildcards(one) for one in set(_granted(role))]
