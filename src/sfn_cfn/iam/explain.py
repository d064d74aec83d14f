"""Definition, Template -> which state needs which statement of its roles, and why.

The statements are those of the template, as it is deployed. Which state needs one is found again from the
definition: what each state needs by itself is looked up in the statements that hold it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sfn_cfn import model
from sfn_cfn.iam import calls, cover, jobs, narrow, roles
from sfn_cfn.iam.derive import WORKFLOW_ROLE
from sfn_cfn.iam.granted import Condition, Granted, Permission, permissions, read
from sfn_cfn.iam.statements import PolicyDocument, Statement, shown, to_template
from sfn_cfn.iam.table.reasons import ADDED, BOUNDARY, ITSELF, MANAGED, PART, REASONS, STARTERS, TRUSTED
from sfn_cfn.model import Definition, Explanation, State, Text
from sfn_cfn.settings import IamSettings
from sfn_cfn.template.model import Template


def explain(
    definition: Definition,
    template: Template,
    settings: IamSettings | None = None,
    own: Iterable[model.Permission] = (),
) -> tuple[Explanation, ...]:
    """All statements of the template's roles: by state in the definition's order, then those of no state.

    `definition`, `settings` and `own`, the permissions of the state machine itself, are those that the roles were
    derived from.
    """
    granted = read(template)
    definition = narrow.narrow(definition, settings or IamSettings())
    needed: dict[str, list[tuple[State, Statement]]] = {WORKFLOW_ROLE: list(calls.needs(definition, []))}
    if roles.uses_template_role(definition):
        needed[roles.ROLE] = list(jobs.needs(definition))
    own_reasons = {one.sid: one.why for one in own}
    order = sorted(granted, key=lambda name: [*needed, name].index(name))
    return tuple(
        row for name in order for row in _of_role(name, granted[name], needed.get(name, []), own_reasons)
    )


def _of_role(
    name: str, granted: Granted, needed: Sequence[tuple[State, Statement]], own: Mapping[str, str]
) -> Iterator[Explanation]:
    finder = _Finder(granted)
    yield from _merged(row for state, need in needed for row in finder.rows(name, state, need))
    rest = [one for one in granted.allowed if one not in finder.used]
    is_starter = name not in (WORKFLOW_ROLE, roles.ROLE)
    known = STARTERS if is_starter else own
    yield from _merged(
        _of_no_state(name, one, known.get(base(one.sid)) or reason(one.sid) or ADDED) for one in rest
    )
    for one in granted.trusted:
        service = one.resource.rpartition(" ")[2]
        yield _of_no_state(name, one, TRUSTED.get(service, TRUSTED[""]))
    for texts, why in ((granted.managed, MANAGED), (granted.boundary, BOUNDARY)):
        for _, text in texts:
            yield Explanation(name, "", "", "", "", (), (text,), (), why)


def _of_no_state(name: str, one: Permission, why: str) -> Explanation:
    return Explanation(
        name, "", "", "", one.sid, (one.action,), (one.resource,), _conditions(one.conditions), why
    )


class _Finder:
    """Finds the permissions of a role that hold what a state needs, and keeps what was found in `used`."""

    def __init__(self, granted: Granted) -> None:
        self.used: set[Permission] = set()
        self._when = granted.when
        self._by_action: dict[str, list[Permission]] = defaultdict(list)
        self._same: dict[tuple[str, str], list[Permission]] = defaultdict(list)
        for one in granted.allowed:
            self._by_action[one.action.lower()].append(one)
            self._same[one.action.lower(), one.resource].append(one)

    def rows(self, name: str, state: State, need: Statement) -> Iterator[Explanation]:
        """A row for each statement, resource and condition under which a need is met."""
        for resource in need.resources:
            single = replace(need, resources=(resource,))
            for bare in permissions(to_template(PolicyDocument((single,)))["Statement"]):
                one = replace(bare, when=bare.when | self._when)
                for found in self._that_hold(one):
                    self.used.add(found)
                    text = shown(resource) if cover.same_call(found, one) else found.resource
                    conditions = _own(found.conditions, one.conditions)
                    yield Explanation(
                        name,
                        state.name,
                        f"{state.location.file}:{state.location.line}",
                        call_of(state),
                        found.sid,
                        (one.action,),
                        (text,),
                        _conditions(conditions),
                        reason(need.sid) or _of_sdk(state, one.action),
                    )

    def _that_hold(self, one: Permission) -> list[Permission]:
        """The statement that allows what is needed, of the same Sid if there is one; or what is left of it.

        A statement may have become narrower than the need: then all of its parts below the need.
        """
        for near in (self._same[one.action.lower(), one.resource], self._by_action[one.action.lower()]):
            if held := [other for other in near if cover.covers(other, one)]:
                return [
                    min(held, key=lambda other: (base(other.sid) != base(one.sid), len(other.conditions)))
                ]
        return [
            other
            for other in self._by_action[one.action.lower()]
            if cover.same_call(one, other) and base(other.sid) == base(one.sid)
        ]


def call_of(state: State) -> str:
    """`sagemaker:createTrainingJob.sync`, or the ARN that a task calls."""
    call = state.integration
    if call and call.action:
        pattern = f".{call.pattern}" if call.pattern else ""
        return f"{'aws-sdk:' if call.sdk else ''}{call.service}:{call.action}{pattern}"
    resource = state.node.get("Resource", "")
    return shown(resource) if isinstance(resource, (str, Text)) else state.type


def base(sid: str) -> str:
    """A Sid without the number that tells it from the others of its name."""
    return sid.rstrip("0123456789")


def reason(sid: str) -> str:
    """The sentence of a Sid, with or without a number behind it; empty where the table has none."""
    while sid not in REASONS and sid[-1:].isdigit():
        sid = sid[:-1]
    return REASONS.get(sid, "")


def _of_sdk(state: State, action: str) -> str:
    """The sentence of an aws-sdk call's action."""
    called = state.integration.action if state.integration else ""
    return ITSELF if action.partition(":")[2].lower() == called.lower() else PART


def _own(conditions: Iterable[Condition], need: Iterable[Condition]) -> list[Condition]:
    """The conditions of a statement, with those of their values that a need is about where it has any."""
    own = {(operator, key): values for operator, key, values in need}
    return [(operator, key, own.get((operator, key), values)) for operator, key, values in conditions]


def _conditions(conditions: Iterable[Condition]) -> tuple[str, ...]:
    """`StringEquals iam:PassedToService = sagemaker.amazonaws.com`."""
    return tuple(f"{operator} {key} = {' or '.join(values)}" for operator, key, values in conditions)


def _merged(rows: Iterable[Explanation]) -> Iterator[Explanation]:
    """One row for the actions on the same resource, then for the resources of the same actions."""
    by_resource: dict[tuple[object, ...], list[Explanation]] = defaultdict(list)
    for one in rows:
        by_resource[_but(one, actions=True)].append(one)
    joined = [replace(same[0], actions=_all(item.actions for item in same)) for same in by_resource.values()]
    by_actions: dict[tuple[object, ...], list[Explanation]] = defaultdict(list)
    for one in joined:
        by_actions[_but(one, actions=False)].append(one)
    for same in by_actions.values():
        yield replace(same[0], resources=_all(item.resources for item in same))


def _but(one: Explanation, *, actions: bool) -> tuple[object, ...]:
    """What rows have in common that differ in their actions, or in their resources, alone."""
    other = one.resources if actions else one.actions
    return (one.role, one.state, one.place, one.sid, one.conditions, one.why, other)


def _all(texts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({text for some in texts for text in some}))
