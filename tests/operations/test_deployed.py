"""Each example workflow on a local AWS: deployed plain, updated in place with a capability, and with it off again.

Each capability alone, and all together; the last also as a new stack. What each brings is listed. Every resource of a
type that moto knows is asked of its own service, property by property, against what the template resolves to. What moto
5.2 cannot is listed here:

- `UNKNOWN`: types that it makes nothing of (`mending` has what versions and aliases are named).
- `service_answers.UNTOLD`: properties that it drops, as a machine's logging, tracing, encryption and type.
- `STAYING`: types that it makes and does not delete when an update takes them off.
- An update gives a role that is there no other policies. A new stack's are looked at in full.
- It deletes what an update takes off before it makes what is new, and also what `DeletionPolicy` keeps: `KEPT`.
- The order of an update is told in `local_aws`.

A change of the type is refused: `test_type_refused` by `deploy`, `test_emit` by `build`.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from example_runs import NAMES
from example_settings import CASES, pairs, tree
from local_aws import Aws, Made, Stack, serving
from moto.cloudformation.parsing import get_model_map
from resolving import NotKnownError, Resolver
from service_answers import READERS, UNTOLD, attribute, told

pytestmark = [
    pytest.mark.filterwarnings("ignore:Tried to parse AWS"),
    pytest.mark.filterwarnings("ignore:Unable to delete [A-Za-z]+, as it was never created"),
]

MACHINE = "StateMachineComponent"
EVERY = [*CASES, "all"]
UNKNOWN = {
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::Pipes::Pipe",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
}
STAYING = {
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
}
ALERTS = {"AWS::KMS::Key", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy"}
QUEUE = {"AWS::SQS::Queue", "AWS::SQS::QueuePolicy"}
BROUGHT: Mapping[str, set[str]] = {
    "logging": {"AWS::Logs::LogGroup"},
    "tracing": set(),
    "encryption": {"AWS::KMS::Key"},
    "topic": {*ALERTS, "AWS::SNS::Subscription"},
    "alarms": {*ALERTS, "AWS::CloudWatch::Alarm"},
    "notifications": {*ALERTS, "AWS::Events::Rule"},
    "metrics": {*ALERTS, "AWS::CloudWatch::Alarm"},
    "dashboard": {"AWS::CloudWatch::Dashboard"},
    "storage": set(),
    "stages": set(),
    "schedules": {*QUEUE, "AWS::IAM::Role", "AWS::Scheduler::Schedule", "AWS::Scheduler::ScheduleGroup"},
    "triggers": {*QUEUE, "AWS::IAM::Role", "AWS::Events::Rule"},
    "endpoint": {
        *STAYING,
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::Model",
        "AWS::ApiGateway::RequestValidator",
        "AWS::ApiGateway::Stage",
        "AWS::IAM::Role",
        "AWS::Logs::LogGroup",
    },
    "queue": {*QUEUE, "AWS::IAM::Role", "AWS::Pipes::Pipe", "AWS::StepFunctions::StateMachine"},
    "versions": {
        "AWS::StepFunctions::StateMachineAlias",
        "AWS::StepFunctions::StateMachineVersion",
    },
    "pipelines": {"AWS::DynamoDB::Table", "AWS::IAM::Role", "AWS::StepFunctions::StateMachine"},
}
"""Capability -> the types of the resources that it adds to a stack, whatever the workflow is."""
SET = {
    "logging": {"LoggingConfiguration"},
    "tracing": {"TracingConfiguration"},
    "encryption": {"EncryptionConfiguration"},
    "metrics": {"DefinitionString"},
    "stages": {"DefinitionString"},
}
"""Capability -> what it sets of the state machine; the others leave it."""
KEPT = {"PipelineTable", "WorkflowDataBucket", "WorkflowDataBucketPolicy", "WorkflowKey"}
"""What CloudFormation leaves where it is when it is taken off, by its `DeletionPolicy`."""


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with serving() as one:
        yield one


def stack_of(aws: Aws, name: str, case: str) -> Stack:
    """The stack of an example and a case, with names of its own."""
    stack = f"{name}-{case}".replace("_", "-")
    given = {"PipelineName": f"p-{case}"}
    if "AssetBucket" in tree(name, "plain")["Parameters"]:
        given["AssetBucket"] = "assets"
    return Stack(aws, stack, given)


def resolver(stack: Stack, template: Mapping[str, Any], made: Mapping[str, Made]) -> Resolver:
    @functools.cache
    def ask(name: str, of: str) -> Any:
        return attribute(stack.aws, made[name].kind, made[name].physical, of)

    physical = {name: one.physical for name, one in made.items()}
    return Resolver(template, stack.parameters, physical, ask)


def wanted(one: Resolver) -> dict[str, str]:
    """The resources that have to be there, with their types."""
    return {
        name: item["Type"]
        for name, item in one.template["Resources"].items()
        if item["Type"] not in UNKNOWN and ("Condition" not in item or one.is_true(item["Condition"]))
    }


def wrong(
    stack: Stack, template: Mapping[str, Any], made: Mapping[str, Made], before: Mapping[str, Made]
) -> dict[str, Any]:
    """Logical ID and property -> what its service says in place of what the template resolves to."""
    one = resolver(stack, template, made)
    listed = {name: item.kind for name, item in made.items() if item.kind not in UNKNOWN}
    if listed != wanted(one):
        return {"listed": listed}
    found: dict[str, Any] = {}
    for name, kind in listed.items():
        dropped = set(UNTOLD.get(kind, ()))
        if kind == "AWS::IAM::Role" and name in before:
            dropped.add("Policies")
        given = template["Resources"][name].get("Properties", {})
        properties = one.value({key: item for key, item in given.items() if key not in dropped})
        said = told(stack.aws, kind, made[name].physical, properties)
        found |= (
            {f"{name}.{key}": said.get(key) for key in properties if said.get(key) != properties[key]}
            if said
            else {name: "is not there"}
        )
    return found | {f"output {key}": value for key, value in wrong_outputs(stack, one)}


def wrong_outputs(stack: Stack, one: Resolver) -> Iterator[tuple[str, Any]]:
    """The outputs that are not what the template resolves to; those of unknown types are left."""
    outputs = stack.outputs()
    for key, output in one.template.get("Outputs", {}).items():
        with contextlib.suppress(NotKnownError):
            expected = one.value(output["Value"])
            if outputs.get(key) != expected:
                yield key, outputs.get(key)


@pytest.mark.parametrize(("name", "case"), pairs(EVERY))
def test_it_is_deployed_over_a_stack_without_it_and_taken_off_again(name: str, case: str, aws: Aws) -> None:
    stack = stack_of(aws, name, case)
    plain, full = tree(name, "plain"), tree(name, case)
    before = stack.create(plain)
    assert wrong(stack, plain, before, {}) == {}
    machine = told(aws, before[MACHINE].kind, before[MACHINE].physical, {})

    made = stack.update(full)
    assert wrong(stack, full, made, before) == {}
    assert {key: made[key] for key in before} == before

    assert stack.update(plain) == before
    assert wrong(stack, plain, before, before) == {}
    assert told(aws, before[MACHINE].kind, before[MACHINE].physical, {}) == machine
    off = {key: one for key, one in made.items() if key not in before and one.kind not in UNKNOWN | STAYING}
    assert [key for key, one in off.items() if told(aws, one.kind, one.physical, {})] == []
    stack.delete()


@pytest.mark.parametrize("name", NAMES)
def test_all_together_are_deployed_as_a_new_stack(name: str, aws: Aws) -> None:
    stack = stack_of(aws, name, "new")
    template = tree(name, "all")
    assert wrong(stack, template, stack.create(template), {}) == {}
    stack.delete()


@pytest.mark.parametrize(("name", "case"), pairs(CASES))
def test_a_capability_brings_what_is_listed_and_no_more(name: str, case: str) -> None:
    plain, full = tree(name, "plain")["Resources"], tree(name, case)["Resources"]
    assert plain.keys() - full.keys() == set()
    assert {full[key]["Type"] for key in full.keys() - plain.keys()} == BROUGHT[case]
    before, after = plain[MACHINE]["Properties"], full[MACHINE]["Properties"]
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed == SET.get(case, set())


def used() -> dict[str, set[str]]:
    """Type of resource -> the properties that the templates give it."""
    found: dict[str, set[str]] = {}
    for name in NAMES:
        for one in tree(name, "all")["Resources"].values():
            found.setdefault(one["Type"], set()).update(one.get("Properties", {}))
    return found


def test_the_types_that_moto_makes_nothing_of_are_those_listed() -> None:
    assert used().keys() - get_model_map().keys() == UNKNOWN


def test_every_other_type_is_asked_of_its_service() -> None:
    assert used().keys() - UNKNOWN == READERS.keys()


def test_the_types_that_moto_does_not_take_off_are_those_listed() -> None:
    models = {kind: get_model_map()[kind] for kind in READERS}
    assert {
        kind
        for kind, model in models.items()
        if not hasattr(model, "delete")
        and hasattr(model.delete_from_cloudformation_json, "__isabstractmethod__")
    } == STAYING


def test_no_property_is_listed_as_untold_that_no_template_gives() -> None:
    given = used()
    assert {kind: names - given[kind] for kind, names in UNTOLD.items() if names - given[kind]} == {}


def test_what_outlives_being_taken_off_is_what_is_listed() -> None:
    """moto does not look at it, and takes it off too."""
    kept = {
        key
        for name, case in pairs(EVERY)
        for key, one in tree(name, case)["Resources"].items()
        if one.get("DeletionPolicy", "Delete") != "Delete"
    }
    assert kept == KEPT
