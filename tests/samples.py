"""Loaded workflows for tests, without running any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import LoadedWorkflow, WorkflowSource, World

WORLD = World(account="487651230987", region="ap-south-1")
ROOT = Path("/project")


def machine(**states: Any) -> dict[str, Any]:
    """A definition that starts at the first of `states`."""
    return {"StartAt": next(iter(states)), "States": states}


def loaded(definition: dict[str, Any], name: str = "train", **given: Any) -> LoadedWorkflow:
    """As the loader gives it, with the template that the SDK prints."""
    given.setdefault("source", WorkflowSource(ROOT, ROOT / "workflows/train.py"))
    given.setdefault("location", SourceLocation("workflows/train.py", 40))
    given.setdefault("template", printed(name, definition))
    return LoadedWorkflow(name=name, definition=definition, world=WORLD, **given)


def printed(name: str, definition: dict[str, Any], role: str = "") -> str:
    """What `get_cloudformation_template` prints (its shape: PyYAML, block style)."""
    body = "\n".join("        " + line for line in json.dumps(definition, indent=2).splitlines())
    return (
        "AWSTemplateFormatVersion: '2010-09-09'\n"
        "Description: CloudFormation template for AWS Step Functions - State Machine\n"
        "Resources:\n  StateMachineComponent:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
        f"      StateMachineName: {name}\n      DefinitionString: |-\n{body}\n      RoleArn: '{role}'\n"
    )
