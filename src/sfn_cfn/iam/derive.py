"""Definition -> the policies of its roles, and the Fragment with the roles, their parameters and conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_cfn.errors import Diagnostic, PolicyError
from sfn_cfn.iam import calls, extra, extra_faults, narrow, roles, sizes
from sfn_cfn.iam.arns import ACCOUNT, arn
from sfn_cfn.iam.codes import SFN515
from sfn_cfn.iam.jobs import derive_job_policy
from sfn_cfn.iam.statements import (
    Condition,
    PolicyDocument,
    Statement,
    conditions_to_template,
    minimise,
    statement,
    to_template,
)
from sfn_cfn.iam.values import UNKNOWN
from sfn_cfn.model import Definition, Permission, Text, machine_name, text
from sfn_cfn.settings import IamSettings
from sfn_cfn.template.intrinsics import equals, from_text, get_att, if_, ref, sub
from sfn_cfn.template.model import Fragment

WORKFLOW_ROLE = "WorkflowExecutionRole"
WORKFLOW_ROLE_PARAMETER = "WorkflowExecutionRoleArn"
WORKFLOW_ROLE_CONDITION = "CreateWorkflowExecutionRole"
STATE_MACHINE = "StateMachineComponent"

_LIMIT = "limit its parameters by allowed_values, or by an allowed_pattern such as [a-z0-9-]{1,63}"
_THIS_ACCOUNT: Condition = ("StringEquals", "aws:SourceAccount", (Text((ACCOUNT,)),))
ROLE_ARN_PATTERN = "^$|^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$"


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of the state machine's role, and that of the SageMaker role where there is one."""

    workflow: PolicyDocument
    jobs: PolicyDocument | None


def derive_policies(
    definition: Definition, settings: IamSettings | None = None, permissions: Iterable[Permission] = ()
) -> Policies:
    """The policies that let every state run, and what the settings and the state machine's own needs add.

    Raises `PolicyError` with every finding.
    """
    settings = settings or IamSettings()
    faults: list[Diagnostic] = list(extra_faults.faults(definition, settings))
    narrowed = narrow.narrow(definition, settings)
    found = minimise((*calls.statements(narrowed, faults), *map(_own, permissions)))
    jobs = derive_job_policy(narrowed, faults) if roles.uses_template_role(definition) else None
    if faults:
        raise PolicyError(sorted(set(faults), key=lambda one: one.sort_key))
    return Policies(
        _with_extra(found, definition, settings, "workflow_role"),
        None if jobs is None else _with_extra(jobs, definition, settings, "sagemaker_role"),
    )


def _own(permission: Permission) -> Statement:
    """A permission as a statement; `*` is no part of a name there."""
    resources = [UNKNOWN if one == "*" else one for one in permission.resources]
    return statement(permission.sid, permission.actions, resources, permission.conditions)


def _with_extra(
    document: PolicyDocument, definition: Definition, settings: IamSettings, role: str
) -> PolicyDocument:
    """The document with the settings' own statements, which are not merged: each keeps the Sid it was given."""
    added = extra.statements(definition, settings, role)
    if not added:
        return document
    given = {one.sid for one in added}
    kept = (replace(one, sid=f"{one.sid}Derived") if one.sid in given else one for one in document.statements)
    return PolicyDocument(tuple(sorted((*kept, *added), key=lambda one: one.sid)))


def derive(
    definition: Definition,
    settings: IamSettings | None = None,
    permissions: Iterable[Permission] = (),
    *,
    keep_role: bool = False,
) -> Fragment:
    """The roles of a definition; `permissions` are those of the state machine besides its states' calls.

    With `keep_role`, the ARN that the workflow gives as its role is what its parameter has from the start.
    Raises `PolicyError` where a policy cannot be derived whole, or is too large.
    """
    settings = settings or IamSettings()
    policies = derive_policies(definition, settings, permissions)
    workflow = if_(WORKFLOW_ROLE_CONDITION, get_att(WORKFLOW_ROLE, "Arn"), ref(WORKFLOW_ROLE_PARAMETER))
    parameter = _role_parameter(
        "ARN of the role of the state machine; empty: the stack creates one",
        _kept_role(definition) if keep_role else "",
    )
    own = _Role(WORKFLOW_ROLE, WORKFLOW_ROLE_CONDITION, "states", "WorkflowExecutionPolicy", "workflow_role")
    jobs = _of_jobs(definition, settings, policies.jobs) if policies.jobs is not None else Fragment()
    output = {"Description": "Role of the state machine", "Value": workflow}
    return Fragment(
        parameters={WORKFLOW_ROLE_PARAMETER: parameter, **jobs.parameters},
        conditions={WORKFLOW_ROLE_CONDITION: equals(ref(WORKFLOW_ROLE_PARAMETER), ""), **jobs.conditions},
        resources={
            **_role(definition, settings, own, _workflow_trust(definition), policies.workflow),
            **jobs.resources,
        },
        outputs={"StateMachineRoleArn": output, **jobs.outputs},
        properties={(STATE_MACHINE, "RoleArn"): sub("${WorkflowRole}", {"WorkflowRole": workflow})},
    )


def _of_jobs(definition: Definition, settings: IamSettings, policy: PolicyDocument) -> Fragment:
    """The role of the SageMaker jobs, its parameter and its output."""
    parameter = _role_parameter("ARN of the role of the SageMaker jobs; empty: the stack creates one")
    own = _Role(roles.ROLE, roles.ROLE_CONDITION, "jobs", "SageMakerExecutionPolicy", "sagemaker_role")
    trust = _sagemaker_trust(settings.sagemaker_source_account)
    output = {"Description": "Role of the SageMaker jobs", "Value": roles.SAGEMAKER_ROLE.value}
    return Fragment(
        parameters={roles.ROLE_PARAMETER: parameter},
        conditions={roles.ROLE_CONDITION: equals(ref(roles.ROLE_PARAMETER), "")},
        resources=_role(definition, settings, own, trust, policy),
        outputs={"SageMakerJobRoleArn": output},
    )


def _kept_role(definition: Definition) -> str:
    """The workflow's own role where it is an ARN; one of the build's own account names no role that there is."""
    given, world = definition.workflow.role, definition.workflow.world
    own = re.fullmatch(ROLE_ARN_PATTERN, given) and f"::{world.account}:" not in given
    return given if own else ""


def _role_parameter(description: str, default: str = "") -> dict[str, Any]:
    return {
        "Type": "String",
        "Default": default,
        "AllowedPattern": ROLE_ARN_PATTERN,
        "Description": description,
    }


@dataclass(frozen=True, slots=True)
class _Role:
    """One of the two roles: its logical ID and condition, its policies' names, and its key in the settings."""

    logical_id: str
    condition: str
    policy: str
    managed: str
    key: str


def _role(
    definition: Definition,
    settings: IamSettings,
    own: _Role,
    trust: Mapping[str, Any],
    policy: PolicyDocument,
) -> dict[str, Any]:
    """The role, and the managed policies that hold what does not fit into it."""
    trusted = {"Version": "2012-10-17", "Statement": [trust]}
    attached = extra.managed_policies(definition, settings, own.key)
    placed = _fitting(definition, settings, own.logical_id, policy, trusted, len(attached))
    properties: dict[str, Any] = {"AssumeRolePolicyDocument": trusted}
    path = {"Path": settings.role_path} if settings.role_path != "/" else {}
    properties |= path
    if settings.permissions_boundary:
        properties["PermissionsBoundary"] = from_text(extra.boundary(definition, settings))
    managed = {f"{own.managed}{number}": one for number, one in enumerate(placed.managed, start=1)}
    if managed or attached:
        properties["ManagedPolicyArns"] = [*map(ref, managed), *map(from_text, attached)]
    if placed.inline:
        properties["Policies"] = [{"PolicyName": own.policy, "PolicyDocument": to_template(placed.inline)}]
    role = {"Type": "AWS::IAM::Role", "Condition": own.condition, "Properties": properties}
    return {own.logical_id: role} | {
        name: {
            "Type": "AWS::IAM::ManagedPolicy",
            "Condition": own.condition,
            "Properties": {**path, "PolicyDocument": to_template(one)},
        }
        for name, one in managed.items()
    }


def _fitting(
    definition: Definition,
    settings: IamSettings,
    name: str,
    policy: PolicyDocument,
    trust: Mapping[str, Any],
    attached: int,
) -> sizes.Placed:
    """The policy in parts that IAM takes. Raises `PolicyError` where there are none."""
    shapes = {item.name: item for item in definition.parameters}
    place = definition.workflow.location
    quota = settings.managed_policies_per_role
    if (found := sizes.text_size(trust, shapes)) > sizes.TRUST:
        message = (
            f"the trust policy of role '{name}' may have {found:,} characters, {sizes.TRUST:,} are allowed"
        )
        raise PolicyError(SFN515.at(place, message, "shorten the workflow's name"))
    try:
        placed = sizes.place(policy, shapes)
    except ValueError as error:
        message = f"statement '{error}' of role '{name}' has a resource that no policy has room for"
        raise PolicyError(SFN515.at(place, message, _LIMIT)) from error
    if len(placed.managed) + attached > quota:
        found = sizes.policy_size(policy, shapes)
        message = (
            f"the policy of role '{name}' may have {found:,} characters, which need {len(placed.managed)} managed "
            f"policies beside {attached} of the settings; a role takes {quota}"
        )
        hint = "part the workflow, limit its parameters, or raise IAM's quota and managed_policies_per_role"
        raise PolicyError(SFN515.at(place, message, hint))
    return placed


def _workflow_trust(definition: Definition) -> dict[str, Any]:
    """Only this state machine may use the role; by its name, so that neither needs the other first.

    Behind the name: labels of Distributed Map runs (`/*`), versions and aliases (`:*`).
    """
    name = arn("states", "stateMachine:", machine_name(definition.name))
    machines = (name, text(name, "/*"), text(name, ":*"))
    return _trust("states.amazonaws.com", (_THIS_ACCOUNT, ("ArnLike", "aws:SourceArn", machines)))


def _sagemaker_trust(source_account: bool) -> dict[str, Any]:
    return _trust("sagemaker.amazonaws.com", (_THIS_ACCOUNT,) if source_account else ())


def _trust(service: str, conditions: tuple[Condition, ...]) -> dict[str, Any]:
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return {**trust, "Condition": conditions_to_template(conditions)} if conditions else trust
