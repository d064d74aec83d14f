"""Definition -> the policies of its roles, and the Fragment with the roles, their parameters and conditions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.errors import Diagnostic, PolicyError
from sfn_cfn.iam import roles
from sfn_cfn.iam.arns import ACCOUNT, Shapes, arn, targets
from sfn_cfn.iam.codes import SFN501, SFN502, SFN503
from sfn_cfn.iam.jobs import derive_job_policy, malformed
from sfn_cfn.iam.statements import (
    PolicyDocument,
    Statement,
    conditions_to_template,
    minimise,
    shown,
    statement,
    to_template,
)
from sfn_cfn.iam.table import INTEGRATIONS, LAMBDA_ARN, Entry, Grant, Resource, Role
from sfn_cfn.iam.values import UNKNOWN, Value, nodes, parameters, values
from sfn_cfn.model import Definition, Node, State, Text, machine_name, text
from sfn_cfn.template.intrinsics import equals, get_att, if_, ref, sub
from sfn_cfn.template.model import Fragment

WORKFLOW_ROLE = "WorkflowExecutionRole"
WORKFLOW_ROLE_PARAMETER = "WorkflowExecutionRoleArn"
WORKFLOW_ROLE_CONDITION = "CreateWorkflowExecutionRole"
STATE_MACHINE = "StateMachineComponent"

ROLE_ARN_PATTERN = "^$|^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$"

_ROLE = Resource("iam", "role/", "", "role")
_SUPPORTED = (
    "this integration is not supported yet; call the service by a Lambda function, or use one of these: "
    + ", ".join(INTEGRATIONS)
)


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of the state machine's role, and that of the SageMaker role where there is one."""

    workflow: PolicyDocument
    jobs: PolicyDocument | None


def derive_policies(definition: Definition) -> Policies:
    """The policies that let every state run. Raises `PolicyError` with every finding."""
    faults: list[Diagnostic] = []
    shapes = {item.name: item for item in definition.parameters}
    found = [one for state in definition.states for one in _of_state(state, shapes, faults)]
    jobs = derive_job_policy(definition, shapes, faults) if roles.uses_template_role(definition) else None
    if faults:
        raise PolicyError(sorted(set(faults), key=lambda one: one.sort_key))
    return Policies(minimise(found), jobs)


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


def _of_state(state: State, shapes: Shapes, faults: list[Diagnostic]) -> Iterator[Statement]:
    faults.extend(_unknown_features(state))
    call = state.integration
    if state.type != "Task" or (call and call.service == "activity"):
        # The workers of an activity poll with their own rights.
        return
    resource = state.node.get("Resource", "")
    whole = call.arn if call else ""
    if call and not call.action:
        if call.service == "lambda" or _is_function_parameter(whole, shapes):
            yield from _of_function(state, whole, shapes, faults)
        else:
            faults.append(_no_resource(state, resource))
        return
    name = f"{call.service}:{call.action}" if call else ""
    entry = INTEGRATIONS.get(name) if call and not call.sdk else None
    if not call or not entry:
        faults.append(_unknown(state, name, resource))
    elif call.pattern not in entry.patterns:
        faults.append(_unsupported(state, name, call.pattern, entry))
    else:
        yield from _of_entry(state, entry, call.pattern, shapes, faults)


def _is_function_parameter(value: str | Text, shapes: Shapes) -> bool:
    if not isinstance(value, Text) or len(value.pieces) != 1:
        return False
    declared = shapes.get(next(value.tokens).name)
    return bool(declared) and ":lambda:" in str(declared.default if declared else "")


def _unknown_features(state: State) -> Iterator[Diagnostic]:
    processor = state.node.get("ItemProcessor", {})
    config = processor.get("ProcessorConfig", {}) if isinstance(processor, Mapping) else {}
    distributed = isinstance(config, Mapping) and config.get("Mode") == "DISTRIBUTED"
    features = (
        ("a distributed map", distributed),
        ("'ItemReader'", "ItemReader" in state.node),
        ("'ResultWriter'", "ResultWriter" in state.node),
        ("'Credentials'", "Credentials" in state.node),
    )
    for feature, present in features:
        if present:
            yield SFN501.at(
                state.location,
                f"state '{state.name}' has {feature}, and what the role needs for that is not known",
                "leave it out, or call the service by a Lambda function",
            )


def _as_written(resource: Node) -> str:
    """A resource as people write it: the partition is a token by now."""
    written = shown(resource) if isinstance(resource, (str, Text)) else repr(resource)
    return written.replace("${AWS::Partition}", "aws")


def _unknown(state: State, name: str, resource: Node) -> Diagnostic:
    call = state.integration
    of_service = [one for one in INTEGRATIONS if call and one.startswith(f"{call.service}:")]
    near = (
        difflib.get_close_matches(name, of_service or INTEGRATIONS, 1, 0.85)
        if not call or not call.sdk
        else []
    )
    hint = f"use '{near[0]}' if that is meant" if near else _SUPPORTED
    return SFN501.at(
        state.location,
        f"task '{state.name}' calls '{_as_written(resource)}', and what the role needs for that is not known",
        hint,
    )


def _unsupported(state: State, name: str, wanted: str, entry: Entry) -> Diagnostic:
    called = f"'.{wanted}'" if wanted else "request-response"
    known = [f".{one}" if one else "request-response" for one in entry.patterns]
    return SFN502.at(
        state.location,
        f"task '{state.name}' calls '{name}' by {called}, which it does not support",
        f"use {' or '.join(known)}",
    )


def _no_resource(state: State, resource: Node) -> Diagnostic:
    written = shown(resource) if isinstance(resource, (str, Text)) else repr(resource)
    return SFN503.at(
        state.location,
        f"Resource of task '{state.name}' is '{written}', neither a service integration nor the ARN of a Lambda "
        "function or an activity",
        "write arn:aws:states:::<service>:<action>, or the ARN of a function",
    )


def _of_function(
    state: State, function: str | Text, shapes: Shapes, faults: list[Diagnostic]
) -> Iterator[Statement]:
    assert LAMBDA_ARN.resources
    try:
        found = targets(LAMBDA_ARN.resources[0], function, shapes)
    except ValueError:
        faults.append(_no_resource(state, function))
        return
    yield statement(LAMBDA_ARN.sid, LAMBDA_ARN.actions, [one for one, _ in found])


def _of_entry(
    state: State, entry: Entry, by: str, shapes: Shapes, faults: list[Diagnostic]
) -> Iterator[Statement]:
    given = parameters(state.node)
    for grant in entry.patterns[by]:
        if _applies(grant, given):
            yield from _of_grant(state, grant, given, shapes, faults)
    for role in entry.roles:
        yield from _pass_role(state, role, given, shapes, faults)


def _applies(grant: Grant, given: Node) -> bool:
    """Where the whole input is the parameters, what they have is taken to be what is usual."""
    if isinstance(given, Value):
        return not grant.when
    wanted = not grant.when or any(_has(given, field) for field in grant.when)
    return wanted and not any(_has(given, field) for field in grant.unless)


def _has(given: Node, field: str) -> bool:
    return any(True for _ in nodes(given, field))


def _of_grant(
    state: State, grant: Grant, given: Node, shapes: Shapes, faults: list[Diagnostic]
) -> Iterator[Statement]:
    if grant.resources is None:
        yield statement(grant.sid, grant.actions, [UNKNOWN], grant.conditions)
        return
    for resource in grant.resources:
        for value in _named(resource, given):
            try:
                wanted = targets(resource, value.text, shapes)
            except ValueError as error:
                faults.append(malformed(state, resource.field, value, error))
                continue
            for one, narrower in wanted:
                yield statement(grant.sid, grant.actions, [one], (*grant.conditions, *narrower))


def _named(resource: Resource, given: Node) -> list[Value]:
    """The texts that name a resource; a parameter that is missing may come with the task's input."""
    if not resource.field:
        return [Value("")]
    found = list(values(given, resource.field)) or [Value(UNKNOWN)]
    if not resource.qualifier:
        return found
    qualifiers = list(values(given, resource.qualifier))
    return [Value(text(one.text, ":", qualifier.text)) for one in found for qualifier in qualifiers]


def _pass_role(
    state: State, role: Role, given: Node, shapes: Shapes, faults: list[Diagnostic]
) -> Iterator[Statement]:
    condition = ("StringEquals", "iam:PassedToService", role.services)
    for value in values(given, role.field):
        try:
            wanted = targets(_ROLE, value.text, shapes)
        except ValueError as error:
            faults.append(malformed(state, role.field, value, error))
            continue
        for one, _ in wanted:
            yield statement("PassRole", ["iam:PassRole"], [one], [condition])
