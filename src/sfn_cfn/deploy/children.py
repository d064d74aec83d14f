"""An application's package and its parameters' values -> a package of each workflow, as its nested stack gets it.

A value that the parent takes from something that it makes itself is empty, as where a workflow's own stack makes it;
one that is not known before the deployment stays `${Name}`. Source: AWS CloudFormation template reference, "Intrinsic
function reference" (`Ref`, `Fn::If`, `Fn::Sub`, `Fn::Equals`, `Fn::Not`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from sfn_cfn.deploy.aws import Cloud
from sfn_cfn.deploy.nested import NESTED_TYPE, nested_stacks
from sfn_cfn.deploy.package import Package
from sfn_cfn.deploy.standing import Standing, deployed, parameters
from sfn_cfn.template.intrinsics import Intrinsic
from sfn_cfn.template.model import Template

MADE = ""
"""What stands for a part that the parent makes."""
_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")


def children(package: Package, known: Mapping[str, str]) -> Iterator[Package]:
    """A package for each of an application's workflows; the package itself where it is none.

    `known` are the values of its parameters, and of pseudo parameters. A child's `stack` is the logical ID that it has
    in the parent.
    """
    if not package.children:
        yield package
        return
    values = Values(package.read(), known)
    by_name = {one.path: one for one in package.children}
    for logical_id, resource in values.template.resources.items():
        properties = resource.get("Properties", {})
        path = PurePosixPath(str(properties.get("TemplateURL", ""))).name
        if resource.get("Type") == NESTED_TYPE and path in by_name:
            given = properties.get("Parameters", {})
            parameters = {name: values.of(value, f"${{{name}}}") for name, value in given.items()}
            yield Package(PurePosixPath(path).stem, logical_id, by_name[path], parameters)


def with_children(cloud: Cloud, package: Package, standing: Standing) -> Standing:
    """An application's stack with those nested in it, by their workflows; of another package as it is."""
    if not package.children or not standing.exists:
        return standing
    arns = nested_stacks(cloud, standing.name)
    found = {}
    for one in children(package, {}):
        if arn := arns.get(one.stack):
            template = deployed(cloud.client("cloudformation"), arn)
            found[one.workflow] = replace(parameters(cloud, arn), template=template)
    return replace(standing, children=found)


@dataclass(frozen=True, slots=True)
class Values:
    """What the values of a template become; `known` are those of its parameters, and of pseudo parameters."""

    template: Template
    known: Mapping[str, str]

    def of(self, value: Any, unknown: str) -> str:
        """The text; `unknown` where only the deployment will tell."""
        found = self._text(value)
        return unknown if found is None else found

    def _text(self, value: Any) -> str | None:
        name, argument = _call(value)
        if name == "Ref":
            return MADE if argument in self.template.resources else self.known.get(str(argument))
        if name == "If":
            which, then, otherwise = argument
            holds = self._holds(self.template.conditions.get(which))
            return None if holds is None else self._text(then if holds else otherwise)
        if name == "Sub" and isinstance(argument, str):
            names = _VARIABLE.findall(argument)
            if any(one not in self.known for one in names):
                return None
            return _VARIABLE.sub(lambda match: self.known[match[1]], argument)
        return str(value) if not name and isinstance(value, (str, int, float)) else None

    def _holds(self, condition: Any) -> bool | None:
        name, argument = _call(condition)
        if name == "Equals":
            left, right = (self._text(one) for one in argument)
            return None if left is None or right is None else left == right
        if name == "Not":
            (inner,) = argument
            holds = self._holds(inner)
            return None if holds is None else not holds
        return None


def _call(value: Any) -> tuple[str, Any]:
    """The function that a value calls, and its argument; no name where it is a plain value."""
    if isinstance(value, Intrinsic):
        return value.name, value.argument
    if isinstance(value, Mapping) and len(value) == 1:
        ((key, argument),) = value.items()
        if key == "Ref" or str(key).startswith("Fn::"):
            return str(key).removeprefix("Fn::"), argument
    return "", None
