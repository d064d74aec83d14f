"""A template's values as CloudFormation resolves them: the functions that the templates use, and no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
}
NOTHING = object()


class NotKnownError(Exception):
    """A resource that the local AWS makes nothing of, whose name no other can have."""


@dataclass(frozen=True)
class Resolver:
    """`physical`: the resources that are there; `attribute`: logical ID, name of an attribute -> its value."""

    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    physical: Mapping[str, str]
    attribute: Callable[[str, str], Any]

    def value(self, node: Any) -> Any:
        """Raises `NotKnownError`; `NOTHING` where a property is left out."""
        if isinstance(node, list):
            found = [self.value(item) for item in node]
            return [item for item in found if item is not NOTHING]
        if not isinstance(node, Mapping):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if (
                name == "Ref"
                or name.startswith("Fn::")
                or (name == "Condition" and isinstance(argument, str))
            ):
                return self._function(name, argument)
        out = {key: self.value(item) for key, item in node.items()}
        return {key: item for key, item in out.items() if item is not NOTHING}

    def is_true(self, condition: str) -> bool:
        return bool(self.value(self.template["Conditions"][condition]))

    def _function(self, name: str, argument: Any) -> Any:
        if name == "Fn::If":
            condition, then, otherwise = argument
            return self.value(then if self.is_true(condition) else otherwise)
        if name == "Fn::FindInMap":
            table, first, second = (self.value(item) for item in argument)
            return self.template["Mappings"][table][first][second]
        if name == "Fn::Sub":
            return self._sub(argument)
        if name == "Fn::Equals":
            left, right = (str(self.value(item)) for item in argument)
            return left == right
        if name in ("Fn::Not", "Fn::And", "Fn::Or"):
            found = [self.value(item) for item in argument]
            return {"Fn::Not": not found[0], "Fn::And": all(found), "Fn::Or": any(found)}[name]
        if name == "Condition":
            return self.is_true(argument)
        return {"Ref": self._ref, "Fn::GetAtt": self._attribute}[name](argument)

    def _sub(self, argument: Any) -> str:
        written, given = (argument, {}) if isinstance(argument, str) else argument
        own = {key: self.value(item) for key, item in given.items()}

        def one(match: re.Match[str]) -> str:
            name = match[1]
            if name in own:
                return str(own[name])
            return str(self._attribute(name.split(".", 1)) if "." in name else self._ref(name))

        return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", one, written)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        if name in self.template.get("Parameters", {}):
            return self.parameters.get(name, self.template["Parameters"][name].get("Default"))
        if name in PSEUDO:
            return PSEUDO[name]
        if name not in self.physical:
            raise NotKnownError(name)
        return self.physical[name]

    def _attribute(self, argument: list[str]) -> Any:
        name, attribute = argument
        if name not in self.physical:
            raise NotKnownError(name)
        return self.attribute(name, attribute)
