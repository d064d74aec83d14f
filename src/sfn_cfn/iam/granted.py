"""A template -> what each of its roles may do, as texts that can be compared.

Template values become texts: `Fn::Sub` and `Fn::Join` are put together, a value that only a deployment knows
stands as `${Name}` (`${Role.Arn}`, `${Select(0, Split(/, Uri))}`). A policy may stand in the role or in a resource of
its own; what it allows is the same. `Fn::If` gives each of its branches, with the condition that it stands under.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from sfn_cfn.template.intrinsics import Intrinsic
from sfn_cfn.template.model import Template

When: TypeAlias = "frozenset[str]"
"""Template conditions that must hold: names, `not Name` where one must not."""

Condition: TypeAlias = "tuple[str, str, tuple[str, ...]]"
"""An operator, a condition key and its values."""

ALWAYS: When = frozenset()

_POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy")
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


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
    the conditions that it stands under.
    """

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
    found: dict[str, Granted] = {}
    attached: dict[str, list[str]] = {}
    for name, resource in template.resources.items():
        if _type(resource) == "AWS::IAM::Role":
            found[name] = reader.role(resource, template.resources)
            for _, text in reader.texts(_properties(resource).get("ManagedPolicyArns", ())):
                attached.setdefault(text.strip("${}"), []).append(name)
    for name, resource in template.resources.items():
        if _type(resource) in _POLICIES:
            properties = _properties(resource)
            named = [properties.get("Roles", ()), properties.get("RoleName", ())]
            holders = [text.strip("${}") for _, text in reader.texts(named)] + attached.get(name, [])
            for holder in dict.fromkeys([one for one in holders if one in found] or [name]):
                found[holder] = reader.with_policy(found.get(holder, Granted()), resource)
    return found


def permissions(statements: Any) -> tuple[Permission, ...]:
    """What statements as template values allow."""
    return tuple(_Reader(frozenset()).statements(statements, "Allow", ALWAYS))


def is_same(one: Any, other: Any) -> bool:
    """Whether two template values are the same, in whichever spelling."""
    reader = _Reader(frozenset())
    return list(reader.spelled(one)) == list(reader.spelled(other))


def _type(resource: Any) -> str:
    return str(resource.get("Type", "")) if isinstance(resource, Mapping) else ""


def _properties(resource: Any) -> Mapping[str, Any]:
    found = resource.get("Properties")
    return found if isinstance(found, Mapping) else {}


class _Reader:
    """Reads template values; `altered` as in `read`."""

    def __init__(self, altered: frozenset[str]) -> None:
        self.altered = altered

    def role(self, resource: Mapping[str, Any], resources: Mapping[str, Any]) -> Granted:
        """A role with its inline policies."""
        properties = _properties(resource)
        when = self._condition_of(resource)
        trust = _mapping(properties.get("AssumeRolePolicyDocument")).get("Statement", ())
        arns = self.texts(properties.get("ManagedPolicyArns", ()))
        granted = Granted(
            trusted=tuple(self.statements(trust, "Allow", when)),
            distrusted=tuple(self.statements(trust, "Deny", when)),
            managed=tuple(
                (when | own, text)
                for own, text in arns
                if _type(resources.get(text.strip("${}"))) not in _POLICIES
            ),
            boundary=tuple(
                (when | own, text) for own, text in self.texts(properties.get("PermissionsBoundary", ()))
            ),
        )
        for own, policy in self._choices(properties.get("Policies", ())):
            document = _mapping(_mapping(policy).get("PolicyDocument"))
            granted = self._with(granted, document, when | own)
        return granted

    def with_policy(self, granted: Granted, resource: Mapping[str, Any]) -> Granted:
        """A role with a policy that is a resource of its own."""
        document = _mapping(_properties(resource).get("PolicyDocument"))
        held = frozenset[str]().union(*(one.when for one in granted.trusted[:1]))
        return self._with(granted, document, held | self._condition_of(resource))

    def _with(self, granted: Granted, document: Mapping[str, Any], when: When) -> Granted:
        statements = document.get("Statement", ())
        return replace(
            granted,
            allowed=(*granted.allowed, *self.statements(statements, "Allow", when)),
            denied=(*granted.denied, *self.statements(statements, "Deny", when)),
        )

    def _condition_of(self, resource: Mapping[str, Any]) -> When:
        return frozenset({self._name(str(resource["Condition"]))}) if "Condition" in resource else ALWAYS

    def _name(self, name: str) -> str:
        return f"{name} (changed)" if name in self.altered else name

    def statements(self, value: Any, effect: str, when: When) -> Iterator[Permission]:
        """The permissions of statements with that effect."""
        for own, found in self._choices(value):
            one = _mapping(found)
            if one.get("Effect") != effect:
                continue
            opaque = any(key.startswith("Not") for key in one)
            held = [self._under(one.get("Condition", {})), self._actions(one), self._objects(one)]
            for (first, conditions), (second, action), (third, resource) in itertools.product(*held):
                needed = when | own | first | second | third
                if _is_possible(needed):
                    sid = str(one.get("Sid", ""))
                    yield Permission(action, resource, conditions, needed, sid, opaque)

    def _actions(self, one: Mapping[str, Any]) -> list[tuple[When, Any]]:
        if "NotAction" in one:
            return [
                (ALWAYS, f"all but {', '.join(sorted(text for _, text in self.texts(one['NotAction'])))}")
            ]
        return list(self.texts(one.get("Action", ())))

    def _objects(self, one: Mapping[str, Any]) -> list[tuple[When, Any]]:
        """The resources of a statement, or the principals of a trust policy's."""
        for key in ("NotResource", "NotPrincipal"):
            if key in one:
                return [(ALWAYS, f"all but {', '.join(sorted(text for _, text in self.texts(one[key])))}")]
        if "Principal" not in one:
            return list(self.texts(one.get("Resource", ())))
        found: list[tuple[When, Any]] = []
        for when, principal in self._choices(one["Principal"]):
            if not isinstance(principal, Mapping):
                found += self.texts(principal)
                continue
            for kind, named in principal.items():
                found += [(when | own, f"{kind} {text}") for own, text in self.texts(named)]
        return found

    def _under(self, value: Any) -> list[tuple[When, Any]]:
        """The conditions of a statement, once for each way that `Fn::If` may turn out."""
        parts: list[list[tuple[When, tuple[str, ...]]]] = []
        keys: list[tuple[str, str]] = []
        for operator, wanted in _mapping(value).items():
            for key, values in _mapping(wanted).items():
                keys.append((operator, key))
                items = values if isinstance(values, (list, tuple)) else [values]
                parts.append(list(_combined([list(self.spelled(item)) for item in items])))
        return [
            (
                when,
                tuple(
                    sorted((*key, tuple(sorted(set(texts)))) for key, texts in zip(keys, chosen, strict=True))
                ),
            )
            for when, chosen in _combined(parts)
        ]

    def texts(self, value: Any) -> Iterator[tuple[When, str]]:
        """The texts of a value or a list of them, however deep."""
        for when, one in self._choices(value):
            if isinstance(one, Mapping) and not _call(one):
                yield from self.texts(list(one.values()))
                continue
            for own, text in self.spelled(one):
                if _is_possible(when | own):
                    yield when | own, text

    def _choices(self, value: Any) -> Iterator[tuple[When, Any]]:
        """The items of lists and the branches of `Fn::If`; `AWS::NoValue` is nothing."""
        if isinstance(value, (list, tuple)):
            for item in value:
                yield from self._choices(item)
            return
        call = _call(value)
        if call == ("Ref", "AWS::NoValue"):
            return
        if call and call[0] == "If":
            for when, branch in self._branches(call[1]):
                yield from ((when | own, one) for own, one in self._choices(branch))
        else:
            yield ALWAYS, value

    def _branches(self, argument: Any) -> Iterator[tuple[When, Any]]:
        name, then, otherwise = argument
        name = self._name(str(name))
        yield frozenset({name}), then
        yield frozenset({f"not {name}"}), otherwise

    def spelled(self, value: Any) -> Iterator[tuple[When, str]]:
        """A value as texts, one for each way that `Fn::If` in it may turn out."""
        call = _call(value)
        if call is None:
            yield from self._literal(value)
        elif call[0] == "If":
            for when, branch in self._branches(call[1]):
                yield from ((when | own, text) for own, text in self.spelled(branch))
        elif call[0] == "Sub":
            yield from self._substituted(call[1])
        elif call[0] == "Join" and isinstance(call[1][1], (list, tuple)):
            separator, items = call[1]
            for when, texts in _combined([list(self.spelled(item)) for item in items]):
                yield when, str(separator).join(texts)
        elif call[0] in ("Ref", "GetAtt"):
            argument = call[1] if isinstance(call[1], str) else ".".join(map(str, call[1]))
            yield ALWAYS, f"${{{argument}}}"
        else:
            arguments = list(call[1]) if isinstance(call[1], (list, tuple)) else [call[1]]
            changed = call[0] == "FindInMap" and arguments[0] in self.altered
            name = f"{call[0]} (changed)" if changed else call[0]
            yield from ((when, f"${{{name}{_bare(text)}}}") for when, text in self.spelled(arguments))

    def _literal(self, value: Any) -> Iterator[tuple[When, str]]:
        if isinstance(value, Mapping):
            value = [[key, item] for key, item in value.items()]
        if isinstance(value, (list, tuple)):
            for when, texts in _combined([list(self.spelled(item)) for item in value]):
                yield when, f"({', '.join(texts)})"
        elif isinstance(value, str):
            yield ALWAYS, value.replace("${", "${!")
        else:
            yield ALWAYS, str(value).lower()

    def _substituted(self, argument: Any) -> Iterator[tuple[When, str]]:
        template, variables = (argument, {}) if isinstance(argument, str) else argument
        names = list(variables)
        for when, texts in _combined([list(self.spelled(variables[name])) for name in names]):
            given = dict(zip(names, texts, strict=True))
            pieces = _VARIABLE.split(template)
            yield (
                when,
                "".join(
                    given.get(piece, f"${{{piece}}}") if index % 2 else piece
                    for index, piece in enumerate(pieces)
                ),
            )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _call(value: Any) -> tuple[str, Any] | None:
    """The name and the argument of an intrinsic function, in either spelling; a malformed one as it stands."""
    if isinstance(value, Intrinsic):
        name, argument = value.name, value.argument
    elif isinstance(value, Mapping) and len(value) == 1:
        name, argument = next(iter(value.items()))
        if name != "Ref" and not str(name).startswith("Fn::"):
            return None
        name = str(name).removeprefix("Fn::")
    else:
        return None
    return (name if _is_sound(name, argument) else f"{name}?"), argument


def _is_sound(name: str, argument: Any) -> bool:
    """Whether an argument has the form that is taken apart here."""
    size = len(argument) if isinstance(argument, (list, tuple)) else 0
    if name == "Sub":
        return isinstance(argument, str) or (
            size == 2 and isinstance(argument[0], str) and isinstance(argument[1], Mapping)
        )
    return size == {"If": 3, "Join": 2}.get(name, size)


def _combined(parts: Iterable[list[tuple[When, Any]]]) -> Iterator[tuple[When, tuple[Any, ...]]]:
    """Every choice of one of each part, without those whose conditions contradict one another."""
    for chosen in itertools.product(*parts):
        when = ALWAYS.union(*(one for one, _ in chosen))
        if _is_possible(when):
            yield when, tuple(item for _, item in chosen)


def _is_possible(when: When) -> bool:
    return not any(f"not {name}" in when for name in when)


def _bare(text: str) -> str:
    """A text within `${...}`."""
    return text.replace("${", "").replace("}", "")
