"""The roles' settings -> texts with tokens, statements and ARNs of policies; `extra_faults` checks them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from sfn_cfn.iam.statements import Statement, pattern, statement
from sfn_cfn.iam.values import ANY
from sfn_cfn.model import (
    PIPELINE_NAME,
    PSEUDO_PARAMETERS,
    TARGET_ENV,
    Definition,
    ParameterDeclaration,
    Text,
    Token,
    text,
)
from sfn_cfn.settings import ExtraStatement, IamSettings, RoleSettings

ROLES = ("workflow_role", "sagemaker_role")
NAME = re.compile(r"\$\{([^{}]*)\}")
_SPLIT = re.compile(r"(\$\{[^{}]*\}|\*+)")


def declare(
    definition: Definition, settings: IamSettings, declared: Iterable[ParameterDeclaration]
) -> Definition:
    """The definition with the declarations of the parameters that the roles' settings read.

    `declared` are those of the project; one in the workflow stands before them.
    """
    known = {item.name: item for item in (*declared, *definition.workflow.parameters)}
    known |= {item.name: item for item in definition.parameters}
    used = {name for value, _ in texts(settings) for name in NAME.findall(value)}
    kept = {item.name for item in definition.parameters}
    added = [known[name] for name in sorted(used - kept) if name in known]
    if not added:
        return definition
    return replace(definition, parameters=tuple(sorted((*definition.parameters, *added), key=_by_name)))


def _by_name(item: ParameterDeclaration) -> str:
    return item.name


def texts(settings: IamSettings) -> Iterator[tuple[str, str]]:
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
