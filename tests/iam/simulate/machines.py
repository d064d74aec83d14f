"""A template and values of its parameters -> the state machine and its roles as they stand in an account.

A text that only the execution knows is a sample between two marks (`RUN_TIME`), so that what is around it
can be told from it: a policy may leave open only what is between the marks. Another pair of marks is round
the value of a parameter that may have capital letters: no template can write it in small ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

BEGIN, END = "\ue000", "\ue001"
ANY_CASE, END_CASE = "\ue002", "\ue003"
MARKED = re.compile(f"({BEGIN}[^{END}]*{END})")

STATE_MACHINE = "AWS::StepFunctions::StateMachine"


def run_time(sample: str) -> str:
    """A text that a policy cannot know."""
    return f"{BEGIN}{plain(sample)}{END}" if sample else ""


def plain(value: str) -> str:
    """A text as the service sees it."""
    return known(value).replace(BEGIN, "").replace(END, "")


def known(value: str) -> str:
    """A text whose parameters have their values."""
    return value.replace(ANY_CASE, "").replace(END_CASE, "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stack is made, and what its parameters are."""

    name: str
    partition: str = "aws"
    region: str = "eu-west-1"
    account: str = "111122223333"
    suffix: str = "amazonaws.com"
    parameters: str = "default"  # or "other", "given role"

    def arn(self, service: str, resource: str, region: str | None = None, account: str | None = None) -> str:
        """An ARN of this place."""
        where = self.region if region is None else region
        owner = self.account if account is None else account
        return f"arn:{self.partition}:{service}:{where}:{owner}:{resource}"

    @property
    def pseudo(self) -> dict[str, str]:
        return {
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::URLSuffix": self.suffix,
            "AWS::StackName": "stack",
        }


PLACES = (
    Place("default"),
    Place("given role", parameters="given role"),
    Place("China", "aws-cn", "cn-northwest-1", "444455556666", "amazonaws.com.cn", "other"),
    Place("GovCloud", "aws-us-gov", "us-gov-west-1", "777788889999", "amazonaws.com", "other"),
)


@dataclass(frozen=True, slots=True)
class Role:
    """A role that the stack makes: its policies by name, and its trust policy."""

    arn: str
    policies: Mapping[str, Any]
    trust: Any


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine: its properties, its definition, the input of its executions where that is known."""

    place: Place
    arn: str
    properties: Mapping[str, Any]
    definition: Mapping[str, Any]
    role: Role | None
    jobs_role: Role | None
    input: Mapping[str, Any] = field(default_factory=dict)


class _Loader(yaml.SafeLoader):
    """CloudFormation's short forms as the long ones."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def load(path: Path) -> dict[str, Any]:
    """A template with all functions in their long form."""
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)


def machines(template: Mapping[str, Any], place: Place, given: Mapping[str, Any]) -> Iterator[Machine]:
    """Each state machine of a template; `given` is the sample input, with `${Name}` in its texts."""
    stack = Stack(template, place)
    for logical_id in stack.made:
        if template["Resources"][logical_id]["Type"] == STATE_MACHINE:
            properties = stack.properties(logical_id)
            text = properties.get("DefinitionString")
            definition = json.loads(text) if text else properties["Definition"]
            properties = json.loads(known(json.dumps(properties, ensure_ascii=False)))
            roles = {role.arn: role for role in stack.roles()}
            jobs = [role for role in roles.values() if "sagemaker." in json.dumps(role.trust)]
            yield Machine(
                place,
                place.arn("states", f"stateMachine:{properties['StateMachineName']}"),
                properties,
                definition,
                roles.get(properties["RoleArn"]),
                jobs[0] if jobs else None,
                json.loads(stack.sub_given(json.dumps(given))),
            )


class Stack:
    """Intrinsic functions of a template, resolved as CloudFormation does."""

    def __init__(self, template: Mapping[str, Any], place: Place) -> None:
        self._template = template
        self._place = place
        declared = template.get("Parameters", {})
        self._values = place.pseudo | {name: _value(name, one, place) for name, one in declared.items()}
        self._values |= {
            name: f"{ANY_CASE}{self._values[name]}{END_CASE}"
            for name, one in declared.items()
            if self._values[name] and one["Type"] == "String" and _may_be_capital(one)
        }

    @property
    def made(self) -> list[str]:
        """The logical IDs that this stack makes."""
        resources = self._template["Resources"]
        return [name for name, one in resources.items() if self._holds(one.get("Condition"))]

    def properties(self, logical_id: str) -> dict[str, Any]:
        return self._resolve(self._template["Resources"][logical_id].get("Properties", {}))

    def roles(self) -> Iterator[Role]:
        """Each role with its inline and its customer managed policies."""
        types = {name: self._template["Resources"][name]["Type"] for name in self.made}
        managed = {self._ref(name): name for name, kind in types.items() if kind == "AWS::IAM::ManagedPolicy"}
        apart = [self.properties(name) for name, kind in types.items() if kind == "AWS::IAM::Policy"]
        for name, kind in types.items():
            if kind != "AWS::IAM::Role":
                continue
            found = self.properties(name)
            policies = {one["PolicyName"]: one["PolicyDocument"] for one in found.get("Policies", ())}
            for arn in found.get("ManagedPolicyArns", ()):
                if arn in managed:
                    policies[arn] = self.properties(managed[arn])["PolicyDocument"]
            for one in apart:
                if self._ref(name) in one["Roles"]:
                    policies[one["PolicyName"]] = one["PolicyDocument"]
            documents = json.dumps([policies, found["AssumeRolePolicyDocument"]], ensure_ascii=False)
            yield Role(self._arn(name), *json.loads(known(documents)))

    def sub_given(self, text: str) -> str:
        """A sample input: `${Name}` is what the template has under that name in its own texts."""
        jobs = next((role.arn for role in self.roles() if "sagemaker." in json.dumps(role.trust)), None)
        names = {"SageMakerRole": jobs or self._values.get("SageMakerRoleArn", "")}
        return self._sub([text, names | dict(_names(self._template))])

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            items = [self._resolve(item) for item in value]
            return [item for item in items if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._call(name.removeprefix("Fn::"), argument)
        found = {key: self._resolve(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not _NO_VALUE}

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self._ref(argument)
        if name == "Condition":
            return self._holds(argument)
        if name == "Sub":
            return self._sub(argument)
        if name == "GetAtt":
            return self._arn(argument[0]) if argument[1] == "Arn" else f"{argument[0]}-{argument[1]}"
        if name == "If":
            return self._resolve(argument[1 if self._holds(argument[0]) else 2])
        if name == "FindInMap":
            one, two, three = self._resolve(argument)
            return self._template["Mappings"][one][two][three]
        found = self._resolve(argument)
        return _PLAIN[name](found)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self._values:
            return self._values[name]
        kind = self._template["Resources"][name]["Type"]
        return self._arn(name) if kind in _REF_IS_ARN else f"stack-{name}-1A2B3C"

    def _arn(self, logical_id: str) -> str:
        kind = self._template["Resources"][logical_id]["Type"]
        service, resource, regional = _ARNS[kind]
        name = f"stack-{logical_id}-1A2B3C"
        given = self._template["Resources"][logical_id].get("Properties", {})
        if kind == STATE_MACHINE and "StateMachineName" in given:
            name = known(self._resolve(given["StateMachineName"]))
        where = None if regional else ""
        return self._place.arn(service, resource.format(name), where, "" if service == "s3" else None)

    def _sub(self, argument: Any) -> str:
        text, names = argument if isinstance(argument, list) else (argument, {})
        known = {key: self._resolve(item) for key, item in names.items()}

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in known:
                return str(known[name])
            return self._arn(name[:-4]) if name.endswith(".Arn") else str(self._ref(name))

        return re.sub(r"\$\{([^}]*)\}", value, text)

    def _holds(self, condition: str | None) -> bool:
        return condition is None or bool(self._resolve(self._template["Conditions"][condition]))


_NO_VALUE = object()
_PLAIN = {
    "Equals": lambda given: known(str(given[0])) == known(str(given[1])),
    "Not": lambda given: not given[0],
    "And": all,
    "Or": any,
    "Join": lambda given: given[0].join(given[1]),
    "Select": lambda given: given[1][int(given[0])],
    "Split": lambda given: given[1].split(given[0]),
}
_ARNS = {
    STATE_MACHINE: ("states", "stateMachine:{}", True),
    "AWS::IAM::Role": ("iam", "role/{}", False),
    "AWS::IAM::ManagedPolicy": ("iam", "policy/{}", False),
    "AWS::Logs::LogGroup": ("logs", "log-group:{}:*", True),
    "AWS::SNS::Topic": ("sns", "{}", True),
    "AWS::SQS::Queue": ("sqs", "{}", True),
    "AWS::S3::Bucket": ("s3", "{}", False),
    "AWS::Lambda::Function": ("lambda", "function:{}", True),
}
_REF_IS_ARN = {STATE_MACHINE, "AWS::IAM::ManagedPolicy", "AWS::SNS::Topic"}


def _names(node: Any) -> Iterator[tuple[str, Any]]:
    """The names of each `Fn::Sub` with their values."""
    if isinstance(node, list):
        for item in node:
            yield from _names(item)
    elif isinstance(node, Mapping):
        argument = node.get("Fn::Sub")
        if isinstance(argument, list):
            yield from argument[1].items()
        for item in node.values():
            yield from _names(item)


def _may_be_capital(declared: Mapping[str, Any]) -> bool:
    if "AllowedValues" in declared:
        return any(str(one) != str(one).lower() for one in declared["AllowedValues"])
    return re.fullmatch(declared.get("AllowedPattern", ".*"), "A") is not None


def _value(name: str, declared: Mapping[str, Any], place: Place) -> str:
    """A value of a parameter: its default, or another one that it allows."""
    default = str(declared.get("Default", name.lower()))
    if name.endswith("RoleArn") and default == "":
        given = place.parameters == "given role" and name == "SageMakerRoleArn"
        return place.arn("iam", "role/teams/given", "") if given else ""
    if place.parameters == "default":
        return default
    if "AllowedValues" in declared:
        return str(declared["AllowedValues"][-1])
    if declared["Type"] == "Number":
        return str(declared.get("MaxValue", declared.get("Default", 7)))
    value = f"{default}-given" if default else "given"
    pattern = declared.get("AllowedPattern", ".*")
    assert re.fullmatch(pattern, value), f"'{value}' is no value of parameter '{name}': {pattern}"
    return value
