"""Definition -> the policies of its roles, and the Fragment with the roles, their parameters and conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.errors import Diagnostic, PolicyError
from sfn_cfn.iam import calls, roles
from sfn_cfn.iam.arns import ACCOUNT, arn
from sfn_cfn.iam.jobs import derive_job_policy
from sfn_cfn.iam.statements import PolicyDocument, conditions_to_template, minimise, to_template
from sfn_cfn.model import Definition, Text, machine_name, text
from sfn_cfn.template.intrinsics import equals, get_att, if_, ref, sub
from sfn_cfn.template.model import Fragment

WORKFLOW_ROLE = "WorkflowExecutionRole"
WORKFLOW_ROLE_PARAMETER = "WorkflowExecutionRoleArn"
WORKFLOW_ROLE_CONDITION = "CreateWorkflowExecutionRole"
STATE_MACHINE = "StateMachineComponent"

ROLE_ARN_PATTERN = "^$|^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$"


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of the state machine's role, and that of the SageMaker role where there is one."""

    workflow: PolicyDocument
    jobs: PolicyDocument | None


def derive_policies(definition: Definition) -> Policies:
    """The policies that let every state run. Raises `PolicyError` with every finding."""
    faults: list[Diagnostic] = []
    found = minimise(calls.statements(definition, faults))
    jobs = derive_job_policy(definition, faults) if roles.uses_template_role(definition) else None
    if faults:
        raise PolicyError(sorted(set(faults), key=lambda one: one.sort_key))
    return Policies(found, jobs)


def derive(definition: Definition) -> Fragment:
    """The roles of a definition. Raises `PolicyError` where a policy cannot be derived whole."""
    policies = derive_policies(definition)
    workflow = if_(WORKFLOW_ROLE_CONDITION, get_att(WORKFLOW_ROLE, "Arn"), ref(WORKFLOW_ROLE_PARAMETER))
    parameters_ = {
        WORKFLOW_ROLE_PARAMETER: _role_parameter(
            "ARN of the role of the state machine; empty: the stack creates one"
        )
    }
    conditions = {WORKFLOW_ROLE_CONDITION: equals(ref(WORKFLOW_ROLE_PARAMETER), "")}
    resources = {
        WORKFLOW_ROLE: _role(
            WORKFLOW_ROLE_CONDITION, _workflow_trust(definition), "states", policies.workflow
        )
    }
    outputs = {"StateMachineRoleArn": {"Description": "Role of the state machine", "Value": workflow}}
    if policies.jobs is not None:
        parameters_[roles.ROLE_PARAMETER] = _role_parameter(
            "ARN of the role of the SageMaker jobs; empty: the stack creates one"
        )
        conditions[roles.ROLE_CONDITION] = equals(ref(roles.ROLE_PARAMETER), "")
        resources[roles.ROLE] = _role(roles.ROLE_CONDITION, _sagemaker_trust(), "jobs", policies.jobs)
        outputs["SageMakerJobRoleArn"] = {
            "Description": "Role of the SageMaker jobs",
            "Value": roles.SAGEMAKER_ROLE.value,
        }
    return Fragment(
        parameters=parameters_,
        conditions=conditions,
        resources=resources,
        outputs=outputs,
        properties={(STATE_MACHINE, "RoleArn"): sub("${WorkflowRole}", {"WorkflowRole": workflow})},
    )


def _role_parameter(description: str) -> dict[str, Any]:
    return {
        "Type": "String",
        "Default": "",
        "AllowedPattern": ROLE_ARN_PATTERN,
        "Description": description,
    }


def _role(condition: str, trust: Mapping[str, Any], name: str, policy: PolicyDocument) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
    }
    if policy:
        properties["Policies"] = [{"PolicyName": name, "PolicyDocument": to_template(policy)}]
    return {"Type": "AWS::IAM::Role", "Condition": condition, "Properties": properties}


def _workflow_trust(definition: Definition) -> dict[str, Any]:
    """Only this state machine may use the role; by its name, so that neither needs the other first.

    Behind the name: labels of Distributed Map runs (`/*`), versions and aliases (`:*`).
    """
    name = arn("states", "stateMachine:", machine_name(definition.name))
    machines = (name, text(name, "/*"), text(name, ":*"))
    return _trust("states.amazonaws.com", (("ArnLike", "aws:SourceArn", machines),))


def _sagemaker_trust() -> dict[str, Any]:
    return _trust("sagemaker.amazonaws.com", ())


def _trust(service: str, conditions: tuple[Any, ...]) -> dict[str, Any]:
    account = ("StringEquals", "aws:SourceAccount", (Text((ACCOUNT,)),))
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": conditions_to_template((account, *conditions)),
    }
