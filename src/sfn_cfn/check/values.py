"""Definition -> findings about single values: secrets, names of tokens, values that JSON does not have."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.check.rule import Leaf, leaves, nearest, rule, shown
from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, Node, Text

_ACCESS_KEY = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])")
_SECRET_KEY = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_SECRET_FIELD = re.compile(r"secret[_-]?access[_-]?key|^aws[_-]?(?:secret[_-]?key|session[_-]?token)$", re.I)
_NAME = re.compile(r"\$\{([A-Za-z][A-Za-z0-9]*(?:::[A-Za-z0-9]+)?)\}")
_TAKE_OUT = (
    "take it out and rotate it; give the role what the job needs, or read the secret when the job runs"
)


@rule("SFN340", Severity.ERROR, "a secret is in the definition")
def secret(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A value looks like an AWS access key, or like the secret that belongs to one.

    A definition is readable by everyone who may describe the state machine or the stack, and the template is
    kept in version control. The finding shows at most the first four characters.

    Bad:

        hyperparameters={"aws_access_key_id": "AKIA..."}

    Good:

        role=parameter("SageMakerRoleArn", default="")    # the job's role has what it needs
    """
    for leaf in leaves(definition):
        if not isinstance(leaf.value, (str, Text)):
            continue
        literal = _literal(leaf.value)
        if match := _ACCESS_KEY.search(literal):
            masked = match[0][:4] + "*" * 16
            yield code.at(
                leaf.location, f"{leaf.owner} holds an AWS access key ({masked}) in '{leaf.place}'", _TAKE_OUT
            )
        if _is_secret(leaf, literal):
            yield code.at(
                leaf.location,
                f"{leaf.owner} holds what looks like an AWS secret in '{leaf.place}'",
                _TAKE_OUT,
            )


@rule("SFN341", Severity.WARNING, "a token has no declaration")
def undeclared_token(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A text holds `${Name}`, and no parameter or pseudo parameter has that name.

    It stays literal text: CloudFormation does not fill it in. Reported once for each name.

    Bad:

        TrainingStep("Train", ..., job_name="${JobNmae}")

    Good:

        TrainingStep("Train", ..., job_name=parameter("JobName", default="train"))
    """
    known = {item.name for item in definition.parameters}
    seen: set[str] = set()
    for leaf in leaves(definition):
        if not isinstance(leaf.value, (str, Text)):
            continue
        pieces = leaf.value.pieces if isinstance(leaf.value, Text) else (leaf.value,)
        for piece in pieces:
            for name in _NAME.findall(piece) if isinstance(piece, str) else ():
                if name not in seen:
                    seen.add(name)
                    declare = f"declare it: sfn_cfn.parameter('{name}', default=...)"
                    yield code.at(
                        leaf.location,
                        f"'${{{name}}}' in '{leaf.place}' of {leaf.owner} is declared nowhere and stays literal text",
                        nearest(name, known) or declare,
                    )


@rule("SFN354", Severity.ERROR, "a value is not JSON")
def not_json(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A number is NaN or infinite.

    JSON has no such values, and Step Functions refuses the definition.

    Bad:

        Pass("Start", result={"best": float("inf")})

    Good:

        Pass("Start", result={"best": None})
    """
    for leaf in leaves(definition):
        if isinstance(leaf.value, float) and not math.isfinite(leaf.value):
            yield code.at(
                leaf.location,
                f"'{leaf.place}' of {leaf.owner} is {leaf.value}, which JSON does not have",
                "use a finite number, or null",
            )


def _literal(value: str | Text) -> str:
    """The text without its tokens; nothing matches across one."""
    if isinstance(value, str):
        return value
    return "\n".join(piece for piece in value.pieces if isinstance(piece, str))


def _is_secret(leaf: Leaf, literal: str) -> bool:
    if not literal.strip() or literal.startswith(("$", "{{resolve:", "States.")):
        return False
    if leaf.path and _SECRET_FIELD.search(leaf.path[-1].removesuffix(".$")):
        return True
    return bool(_SECRET_KEY.search(literal)) and _beside_access_key(leaf.siblings, literal)


def _beside_access_key(siblings: Mapping[Any, Node], literal: str) -> bool:
    texts = [literal, *(shown(item) for item in siblings.values() if isinstance(item, (str, Text)))]
    return any(_ACCESS_KEY.search(item) for item in texts)
