"""What moto's CloudFormation lacks for templates of workflows, mended while a test runs.

- It reads templates by PyYAML's own parser; libyaml does it in a tenth of the time.
- It gives a key's policy to KMS as a Python value, over which the API of KMS falls, for it keeps JSON.
- It knows no versions and aliases of state machines. What starts an alias has to name something, so they have the ARNs
  that the Step Functions developer guide gives them ("Managing state machine aliases in Step Functions"), and are
  nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from moto.cloudformation import parsing
from moto.cloudformation.utils import yaml_tag_constructor
from moto.kms.models import KmsBackend
from moto.stepfunctions.models import StateMachine


@dataclass
class Named:
    """A version or an alias: its ARN."""

    physical_resource_id: str

    def is_created(self) -> bool:
        return True

    def delete(self, account_id: str, region: str) -> None:
        """Nothing is there."""

    @classmethod
    def create_from_cloudformation_json(cls, _name: str, given: Any, *_: Any, **__: Any) -> Named:
        properties = given["Properties"]
        if "StateMachineArn" in properties:
            return cls(f"{properties['StateMachineArn']}:1")
        machine = properties["DeploymentPreference"]["StateMachineVersionArn"].rpartition(":")[0]
        return cls(f"{machine}:{properties['Name']}")


STAND_INS = ("AWS::StepFunctions::StateMachineAlias", "AWS::StepFunctions::StateMachineVersion")


def mend(patched: pytest.MonkeyPatch) -> None:
    """Mend it until the patches are undone."""
    if yaml.__with_libyaml__:
        yaml.add_multi_constructor("", yaml_tag_constructor, Loader=yaml.CLoader)
        patched.setattr(yaml, "Loader", yaml.CLoader)

    create_key = KmsBackend.create_key

    def with_json(self: KmsBackend, policy: Any, *given: Any, **more: Any) -> Any:
        return create_key(self, json.dumps(policy), *given, **more)

    patched.setattr(KmsBackend, "create_key", with_json)

    known = {**parsing.get_model_map(), **dict.fromkeys(STAND_INS, Named)}
    patched.setattr(parsing, "get_model_map", lambda: known)

    attribute = StateMachine.get_cfn_attribute

    def with_revision(self: StateMachine, name: str) -> Any:
        return "1" if name == "StateMachineRevisionId" else attribute(self, name)

    patched.setattr(StateMachine, "get_cfn_attribute", with_revision)
