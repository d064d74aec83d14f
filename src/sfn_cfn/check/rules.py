"""The registry of rules, and a definition's findings by all of them."""

from __future__ import annotations

from sfn_cfn.check import flow, parameters, syntax, values
from sfn_cfn.check.rule import Rule
from sfn_cfn.errors import Diagnostic
from sfn_cfn.model import Definition

RULES: tuple[Rule, ...] = (
    flow.no_timeout,
    values.secret,
    values.undeclared_token,
    parameters.number_as_text,
    flow.long_name,
    flow.missing_target,
    flow.unreachable,
    flow.no_terminal,
    flow.dangling,
    syntax.choice_operator,
    syntax.no_choices,
    syntax.bad_path,
    parameters.unknown_parameter,
    parameters.missing_parameter,
    parameters.wrong_kind,
    parameters.unknown_action,
    values.not_json,
    flow.same_name,
)


def check(definition: Definition) -> tuple[Diagnostic, ...]:
    """What all rules find in a definition, sorted by place and code."""
    findings = [item for rule in RULES for item in rule(definition)]
    return tuple(sorted(findings, key=lambda item: item.sort_key))
