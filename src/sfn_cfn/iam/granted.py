"""A template -> what each of its roles may do, as texts that can be compared (see `spelling`).

A policy may stand in the role or in a resource of its own; what it allows is the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from sfn_cfn.iam.spelling import ALWAYS, Spelling, When, combined, is_possible
from sfn_cfn.template.model import Template

Condition: TypeAlias = "tuple[str, str, tuple[str, ...]]"
"""An operator, a condition key and its values."""

_POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy")


@dataclass(frozen=True, slots=True)
class Permission:
    """One action on one resource; in a trust policy, one action by one principal (`Service x`).

    With `opaque`, the action or the resource is all but what it names (`NotAction`), so that it equals
    nothing but itself.
    """

    action: str
    resource: str
    conditions: tuple[Condition, ...] = ()
    when: When = ALWAYS
    sid: str = field(default="", compare=False)
    opaque: bool = False


@dataclass(frozen=True, slots=True)
class Granted:
    """What one role may do, who may assume it, and what limits it.

    `managed` are policies from outside of the template, `boundary` the permissions boundary: texts, each with
    the conditions that it stands under; `when` is the role's own.
    """

    when: When = ALWAYS
    allowed: tuple[Permission, ...] = ()
    denied: tuple[Permission, ...] = ()
    trusted: tuple[Permission, ...] = ()
    distrusted: tuple[Permission, ...] = ()
    managed: tuple[tuple[When, str], ...] = ()
    boundary: tuple[tuple[When, str], ...] = ()


def read(template: Template, altered: frozenset[str] = frozenset()) -> Mapping[str, Granted]:
    """The roles of a template by logical ID, and each policy that is attached to none of them.

    Conditions and mappings named in `altered` are taken for others than those of the same name elsewhere.
    """
    reader = _Reader(altered)
    resources = template.resources
    found = {
        name: reader.role(one, resources) for name, one in resources.items() if _type(one) == "AWS::IAM::Role"
    }
    for name, resource in resources.items():
        if _type(resource) in _POLICIES:
            holders = [pair for pair in reader.holders(name, resource, resources) if pair[1] in found]
            for when, holder in dict.fromkeys(holders or [(ALWAYS, name)]):
                found[holder] = reader.with_policy(found.get(holder, Granted()), resource, when)
    return found


def permissions(statements: Any) -> tuple[Permission, ...]:
    """What statements as template values allow."""
    return tuple(_Reader(frozenset()).statements(statements, "Allow", ALWAYS))


def is_same(one: Any, other: Any) -> bool:
    """Whether two template values are the same, in whichever spelling."""
    spelling = Spelling()
    return list(spelling.spelled(one)) == list(spelling.spelled(other))


def _type(resource: Any) -> str:
    return str(resource.get("Type", "")) if isinstance(resource, Mapping) else ""


def _properties(resource: Any) -> Mapping[str, Any]:
    found = resource.get("Properties")
    return found if isinstance(found, Mapping) else {}


class _Reader:
    """Reads template values; `altered` as in `read`."""

    def __init__(self, altered: frozenset[str]) -> None:
        self.values = Spelling(altered)

    def role(self, resource: Mapping[str, Any], resources: Mapping[str, Any]) -> Granted:
        """A role with its inline policies."""
        properties = _properties(resource)
        when = self._condition_of(resource)
        trust = _mapping(properties.get("AssumeRolePolicyDocument")).get("Statement", ())
        arns = self.values.texts(properties.get("ManagedPolicyArns", ()))
        granted = Granted(
            when,
            trusted=tuple(self.statements(trust, "Allow", when)),
            distrusted=tuple(self.statements(trust, "Deny", when)),
            managed=tuple(
                (when | own, text)
                for own, text in arns
                if _type(resources.get(text.strip("${}"))) not in _POLICIES
            ),
            boundary=tuple(
                (when | own, text)
                for own, text in self.values.texts(properties.get("PermissionsBoundary", ()))
            ),
        )
        for own, policy in self.values.choices(properties.get("Policies", ())):
            document = _mapping(_mapping(policy).get("PolicyDocument"))
            granted = self._with(granted, document, when | own)
        return granted

    def holders(
        self, name: str, policy: Mapping[str, Any], resources: Mapping[str, Any]
    ) -> Iterator[tuple[When, str]]:
        """The logical IDs of what a policy names as its roles, and of the roles that name it."""
        properties = _properties(policy)
        for when, text in self.values.texts([properties.get("Roles", ()), properties.get("RoleName", ())]):
            yield when, text.strip("${}")
        for role, resource in resources.items():
            if _type(resource) == "AWS::IAM::Role":
                for when, text in self.values.texts(_properties(resource).get("ManagedPolicyArns", ())):
                    if text == f"${{{name}}}":
                        yield when, role

    def with_policy(self, granted: Granted, resource: Mapping[str, Any], when: When) -> Granted:
        """A role with a policy that is a resource of its own, attached under some conditions."""
        document = _mapping(_properties(resource).get("PolicyDocument"))
        return self._with(granted, document, granted.when | when | self._condition_of(resource))

    def _with(self, granted: Granted, document: Mapping[str, Any], when: When) -> Granted:
        statements = document.get("Statement", ())
        return replace(
            granted,
            allowed=(*granted.allowed, *self.statements(statements, "Allow", when)),
            denied=(*granted.denied, *self.statements(statements, "Deny", when)),
        )

    def _condition_of(self, resource: Mapping[str, Any]) -> When:
        return (
            frozenset({self.values.condition(str(resource["Condition"]))})
            if "Condition" in resource
            else ALWAYS
        )

    def statements(self, value: Any, effect: str, when: When) -> Iterator[Permission]:
        """The permissions of statements with that effect."""
        for own, found in self.values.choices(value):
            one = _mapping(found)
            if one.get("Effect") != effect:
                continue
            opaque = any(key.startswith("Not") for key in one)
            held = [self._under(one.get("Condition", {})), self._actions(one), self._objects(one)]
            for (first, conditions), (second, action), (third, resource) in itertools.product(*held):
                needed = when | own | first | second | third
                if is_possible(needed):
                    sid = str(one.get("Sid", ""))
                    yield Permission(action, resource, conditions, needed, sid, opaque)

    def _actions(self, one: Mapping[str, Any]) -> list[tuple[When, Any]]:
        if "NotAction" in one:
            return [
                (
                    ALWAYS,
                    f"all but {', '.join(sorted(text for _, text in self.values.texts(one['NotAction'])))}",
                )
            ]
        return list(self.values.texts(one.get("Action", ())))

    def _objects(self, one: Mapping[str, Any]) -> list[tuple[When, Any]]:
        """The resources of a statement, or the principals of a trust policy's."""
        for key in ("NotResource", "NotPrincipal"):
            if key in one:
                return [
                    (ALWAYS, f"all but {', '.join(sorted(text for _, text in self.values.texts(one[key])))}")
                ]
        if "Principal" not in one:
            return list(self.values.texts(one.get("Resource", ())))
        found: list[tuple[When, Any]] = []
        for when, principal in self.values.choices(one["Principal"]):
            if not isinstance(principal, Mapping):
                found += self.values.texts(principal)
                continue
            for kind, named in principal.items():
                found += [(when | own, f"{kind} {text}") for own, text in self.values.texts(named)]
        return found

    def _under(self, value: Any) -> list[tuple[When, Any]]:
        """The conditions of a statement, once for each way that `Fn::If` may turn out."""
        parts: list[list[tuple[When, tuple[str, ...]]]] = []
        keys: list[tuple[str, str]] = []
        for operator, wanted in _mapping(value).items():
            for key, values in _mapping(wanted).items():
                keys.append((operator, key))
                items = values if isinstance(values, (list, tuple)) else [values]
                parts.append(list(combined([list(self.values.spelled(item)) for item in items])))
        return [
            (
                when,
                tuple(
                    sorted((*key, tuple(sorted(set(texts)))) for key, texts in zip(keys, chosen, strict=True))
                ),
            )
            for when, chosen in combined(parts)
        ]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
