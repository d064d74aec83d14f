"""What starts workflows: a project's settings and a definition -> findings, the template, and what is delivered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cfn_flip
from samples import loaded, machine

from sfn_cfn import compiler, definition, operations, portable, settings
from sfn_cfn.deploy import input_checks
from sfn_cfn.deploy.interface import interface
from sfn_cfn.model import Definition, WorkflowSource
from sfn_cfn.settings import Settings

ACCOUNT, REGION = "111122223333", "eu-west-1"
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": None,
}


def reader(*names: str, **more: Any) -> dict[str, Any]:
    """A workflow whose one task sends the execution's inputs `names`, and `more`."""
    payload = {f"{name}.$": f"$$.Execution.Input['{name}']" for name in names}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f", "Payload": {"fixed": 1, **payload, **more}},
        "TimeoutSeconds": 60,
        "End": True,
    }
    return machine(Load=task)


def read(toml: str) -> Settings:
    """The settings of a project with this file."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "sfn-cfn.toml").write_text('[project]\nname = "ml"\n' + toml, encoding="utf-8")
        return settings.read(Path(folder))


def parsed(found: Settings, states: Mapping[str, Any], **given: Any) -> Definition:
    """The definition as the capabilities check it."""
    given.setdefault("source", WorkflowSource(Path("/p"), Path("/p/workflows/train.py")))
    return definition.parse(loaded(dict(states), **given), found.parameters)


def findings(toml: str, states: Mapping[str, Any], **given: Any) -> list[str]:
    """What the capabilities find: `code place: message | hint`, and a line for each detail."""
    found = read(toml)
    rows = operations.check(parsed(found, states, **given), found)
    return ["\n".join([f"{one.code} {one.location}: {one.message} | {one.hint}", *one.detail.split("\n")]).strip()
            for one in rows]  # fmt: skip


def final(toml: str, states: Mapping[str, Any], **given: Any) -> tuple[Definition, Settings]:
    """The definition as the capabilities add to it, and the settings."""
    found = read(toml)
    one = portable.make_portable(parsed(found, states, **given), found.parameters)
    return operations.declare(one, found), found


def text(toml: str, states: Mapping[str, Any], **given: Any) -> str:
    """The whole template, as it is written."""
    compiled, said = compiler.compile_workflow(loaded(dict(states), **given), read(toml), "yaml")
    assert compiled is not None, said
    return compiled.outputs[0].content


def template(toml: str, states: Mapping[str, Any], **given: Any) -> Any:
    """The same as plain values, functions in their long form."""
    return json.loads(cfn_flip.to_json(text(toml, states, **given)))


def resolved(node: Any, values: Mapping[str, Any]) -> Any:
    """A value of a template with its functions applied; `values` are those of names."""
    known = {**PSEUDO, **values}
    if isinstance(node, list):
        return [resolved(item, values) for item in node]
    if not isinstance(node, dict):
        return node
    if "Ref" in node:
        return known.get(node["Ref"], f"<{node['Ref']}>")
    if "Fn::GetAtt" in node:
        return f"<{'.'.join(node['Fn::GetAtt'])}>"
    if "Fn::Sub" in node:
        given = node["Fn::Sub"]
        written, own = (given, {}) if isinstance(given, str) else given
        every = {**known, **{key: resolved(item, values) for key, item in own.items()}}
        return re.sub(r"\$\{([^!}]+)\}", lambda match: str(every.get(match[1], f"<{match[1]}>")), written)
    if "Fn::If" in node:
        condition, then, otherwise = node["Fn::If"]
        return resolved(then if values.get(condition) else otherwise, values)
    return {key: resolved(item, values) for key, item in node.items()}


def transformed(target: Mapping[str, Any], event: Any, values: Mapping[str, Any]) -> Any:
    """What EventBridge sends to a target: the user guide's page on input transformation, in a few lines.

    A value alone is JSON, one within a text is put in as it is, and what the event lacks is an empty text.
    """
    if "Input" in target:
        return json.loads(resolved(target["Input"], values))
    transformer = resolved(target["InputTransformer"], values)
    given = transformer["InputTemplate"]
    for name, path in transformer.get("InputPathsMap", {}).items():
        value = event
        for step in path.removeprefix("$.").split("."):
            value = value.get(step, "")
        given = re.sub(rf"(?<=[:\[,] )<{name}>", lambda _, v=value: json.dumps(v), given)
        given = given.replace(f"<{name}>", str(value))
    return json.loads(given)


def accepted(delivered: Any, toml: str, states: Mapping[str, Any], **given: Any) -> list[str]:
    """What the check of an execution's input says of what a service delivers."""
    one, _ = final(toml, states, **given)
    return [item.message for item in input_checks.check(interface(one), delivered)]
