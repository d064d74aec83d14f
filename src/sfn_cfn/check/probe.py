"""Definition, emitted template -> `LintSubject`: what cfn-lint gets to see of a definition with tokens.

cfn-lint 1.58 does not look into a `Fn::Sub` with variables, and stops at the first faulty element of a list
where the definition is a text. So it also gets a small template whose `Definition` is the object itself, with
a typed dummy in the place of each token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sfn_cfn.model import Definition, LintSubject, ParameterDeclaration, Token, resolve

_PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/name/id",
    "AWS::StackName": "name",
    "AWS::URLSuffix": "amazonaws.com",
}
_ROLE = "arn:aws:iam::123456789012:role/name"


def lint_subject(definition: Definition, template_text: str, output: str) -> LintSubject:
    """What cfn-lint gets of one workflow; `output` is the emitted template's path, for its messages."""
    return LintSubject(
        output=output,
        template=template_text,
        probe=probe(definition),
        location=definition.workflow.location,
        lines={"/".join(state.path): state.location for state in definition.states},
    )


def probe(definition: Definition) -> str:
    """A template (JSON) with nothing but the state machine, its definition without tokens."""
    declared = {item.name: item for item in definition.parameters}
    plain = resolve(definition.tree, lambda token: _dummy(token, declared.get(token.name)))
    properties = {"RoleArn": _ROLE, "Definition": _without_functions(plain)}
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"StateMachineComponent": machine}}
    # Values that JSON does not have are a finding of their own; cfn-lint need not stop at them.
    return json.dumps(template, indent=1)


def _dummy(token: Token, declaration: ParameterDeclaration | None) -> Any:
    if token.name in _PSEUDO:
        return _PSEUDO[token.name]
    if declaration and declaration.default not in (None, ""):
        return declaration.default
    if declaration and declaration.allowed_values:
        return declaration.allowed_values[0]
    if token.number or (declaration and declaration.kind == "Number"):
        return 1 if declaration is None or declaration.min is None else declaration.min
    return _ROLE if "Role" in token.name else "name"


def _without_functions(node: Any) -> Any:
    """The tree with keys that cfn-lint would take for intrinsic functions renamed: they are the user's data."""
    if isinstance(node, Mapping):
        return {_key(key): _without_functions(item) for key, item in node.items()}
    if isinstance(node, list):
        return [_without_functions(item) for item in node]
    return node


def _key(key: str) -> str:
    return f"{key}_" if key == "Ref" or key.startswith("Fn::") else key
