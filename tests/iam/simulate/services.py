"""The calls of a state in every other service. From the developer guide of Step Functions, "IAM policies for
integrated services", and the service authorization reference (which resource each action takes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from iam.simulate import analytics, platforms
from iam.simulate.calls import Call, named, pass_role, texts, watched
from iam.simulate.machines import Place, plain, run_time
from iam.simulate.samples import NAME, Task


@dataclass(frozen=True, slots=True)
class Row:
    """`start`: (action, service and form of the resource, or `*`), for every pattern; `sync`: more with `.sync`.

    `rule` is the managed rule of `.sync`; `roles`: (parameter with a role, service that it is passed to).
    """

    start: Sequence[tuple[str, str]]
    sync: Sequence[tuple[str, str]] = ()
    rule: str = ""
    roles: Sequence[tuple[str, str]] = ()


def _item(action: str) -> Row:
    return Row([(f"dynamodb:{action}", "dynamodb table/{TableName}")])


def _many(service: str, resource: str, *actions: str) -> list[tuple[str, str]]:
    return [(f"{service}:{action}", f"{service} {resource}") for action in actions]


_PROJECT = "project/{ProjectName}"
_CLUSTER = "cluster/{ClusterId}"
_BUILDS = "StopBuild", "BatchGetBuilds"
_BATCHES = "StopBuildBatch", "BatchGetBuildBatches"
_BUILD_ROLE = [("ServiceRoleOverride", "codebuild.amazonaws.com")]
_APPLICATION = "/applications/{ApplicationId}"

TABLE = {
    "glue:startJobRun": Row(
        _many("glue", "job/{JobName}", "StartJobRun"),
        _many("glue", "job/{JobName}", "GetJobRun", "GetJobRuns", "BatchStopJobRun"),
    ),
    "dynamodb:getItem": _item("GetItem"),
    "dynamodb:putItem": _item("PutItem"),
    "dynamodb:updateItem": _item("UpdateItem"),
    "dynamodb:deleteItem": _item("DeleteItem"),
    "codebuild:startBuild": Row(
        _many("codebuild", _PROJECT, "StartBuild"),
        _many("codebuild", _PROJECT, *_BUILDS),
        "ForCodeBuildStartBuild",
        _BUILD_ROLE,
    ),
    "codebuild:startBuildBatch": Row(
        _many("codebuild", _PROJECT, "StartBuildBatch"),
        _many("codebuild", _PROJECT, *_BATCHES),
        "ForCodeBuildStartBuildBatch",
        _BUILD_ROLE,
    ),
    "databrew:startJobRun": Row(
        _many("databrew", "job/{Name}", "StartJobRun"),
        _many("databrew", "job/{Name}", "ListJobRuns", "StopJobRun"),
    ),
    "elasticmapreduce:cancelStep": Row(_many("elasticmapreduce", _CLUSTER, "CancelSteps")),
    "elasticmapreduce:setClusterTerminationProtection": Row(
        _many("elasticmapreduce", _CLUSTER, "SetTerminationProtection")
    ),
    "elasticmapreduce:modifyInstanceFleetByName": Row(
        _many("elasticmapreduce", _CLUSTER, "ModifyInstanceFleet", "ListInstanceFleets")
    ),
    "elasticmapreduce:modifyInstanceGroupByName": Row(
        _many("elasticmapreduce", _CLUSTER, "ModifyInstanceGroups", "ListInstanceGroups")
    ),
    "elasticmapreduce:terminateCluster": Row(
        _many("elasticmapreduce", _CLUSTER, "TerminateJobFlows"),
        _many("elasticmapreduce", _CLUSTER, "DescribeCluster"),
        "ForEMRTerminateJobFlows",
    ),
    "emr-containers:deleteVirtualCluster": Row(
        _many("emr-containers", "/virtualclusters/{Id}", "DeleteVirtualCluster"),
        _many("emr-containers", "/virtualclusters/{Id}", "DescribeVirtualCluster"),
    ),
    "emr-serverless:startApplication": Row(
        _many("emr-serverless", _APPLICATION, "StartApplication"),
        _many("emr-serverless", _APPLICATION, "GetApplication", "StopApplication"),
        "sForEMRServerlessApplication",
    ),
    "emr-serverless:stopApplication": Row(
        _many("emr-serverless", _APPLICATION, "StopApplication"),
        _many("emr-serverless", _APPLICATION, "GetApplication"),
        "sForEMRServerlessApplication",
    ),
    "emr-serverless:deleteApplication": Row(
        _many("emr-serverless", _APPLICATION, "DeleteApplication"),
        _many("emr-serverless", _APPLICATION, "GetApplication"),
        "sForEMRServerlessApplication",
    ),
    "emr-serverless:cancelJobRun": Row(
        _many("emr-serverless", "/applications/{ApplicationId}/jobruns/{JobRunId}", "CancelJobRun"),
        _many("emr-serverless", "/applications/{ApplicationId}/jobruns/{JobRunId}", "GetJobRun"),
        "sForEMRServerlessJob",
    ),
    "eks:deleteCluster": Row(
        _many("eks", "cluster/{Name}", "DeleteCluster"), _many("eks", "cluster/{Name}", "DescribeCluster")
    ),
}


def of_row(task: Task) -> Iterator[Call]:
    """The calls of a state whose row is in the table."""
    row, place = TABLE[task.call], task.machine.place
    for action, where in [*row.start, *(row.sync if task.pattern.startswith("sync") else ())]:
        for resource in _resources(place, where, task.parameters):
            yield Call(action, resource)
    if row.rule and task.pattern.startswith("sync"):
        yield from watched(place, row.rule)
    for field, service in row.roles:
        for role in texts(task.parameters, field):
            yield pass_role(place, role, service)


def _resources(place: Place, where: str, given: Any) -> list[str]:
    if where == "*":
        return ["*"]
    service, form = where.split(" ")
    return [one.replace("*", run_time("run-time")) for one in named(place, service, form, given)]


def _function(task: Task) -> Iterator[Call]:
    """A function by name, with or without a qualifier, or by ARN."""
    given = task.parameters
    for resource in named(task.machine.place, "lambda", "function:{FunctionName}", given):
        for qualifier in texts(given, "Qualifier") or [""]:
            yield Call("lambda:InvokeFunction", f"{resource}:{qualifier}" if qualifier else resource)


def _message(task: Task) -> Iterator[Call]:
    """A queue by its URL: `https://sqs.<region>.amazonaws.com/<account>/<name>`."""
    place = task.machine.place
    for url in texts(task.parameters, "QueueUrl") or [run_time(NAME)]:
        match = re.match(r"https://sqs\.([a-z0-9-]+)\.[a-z.]+/(\d{12})/(.*)", url)
        where = place.arn("sqs", match[3], match[1], match[2]) if match else place.arn("sqs", run_time(NAME))
        yield Call("sqs:SendMessage", where)


def _topic(task: Task) -> Iterator[Call]:
    """A topic, or an endpoint of a topic's kind; a text message to a telephone has no resource."""
    given = task.parameters
    if "PhoneNumber" in given:
        yield Call("sns:Publish", "*")
        return
    for one in texts(given, "TopicArn") or texts(given, "TargetArn") or [run_time(NAME)]:
        yield Call(
            "sns:Publish", one if plain(one).startswith("arn:") else task.machine.place.arn("sns", one)
        )


def _execution(task: Task) -> Iterator[Call]:
    """A nested execution: its ARN has the name of its state machine."""
    place = task.machine.place
    for machine in named(place, "states", "stateMachine:{StateMachineArn}", task.parameters):
        yield Call("states:StartExecution", machine)
        if task.pattern.startswith("sync"):
            executions = f"{machine.replace(':stateMachine:', ':execution:')}:{run_time('run-time')}"
            yield Call("states:DescribeExecution", executions)
            yield Call("states:StopExecution", executions)
            yield from watched(place, "sForStepFunctionsExecution")


def _events(task: Task) -> Iterator[Call]:
    """Each entry goes to its bus, or to the default one."""
    place = task.machine.place
    entries = task.parameters.get("Entries")
    for entry in entries if isinstance(entries, list) else [{"EventBusName": run_time(NAME)}]:
        bus = entry.get("EventBusName", "default")
        where = bus if plain(bus).startswith("arn:") else place.arn("events", f"event-bus/{bus}")
        yield Call("events:PutEvents", where)


SPECIAL: dict[str, Callable[[Task], Iterator[Call]]] = {
    "lambda:invoke": _function,
    "sqs:sendMessage": _message,
    "sns:publish": _topic,
    "states:startExecution": _execution,
    "events:putEvents": _events,
    "athena:startQueryExecution": analytics.query,
    "athena:stopQueryExecution": analytics.of_query,
    "athena:getQueryExecution": analytics.of_query,
    "athena:getQueryResults": analytics.of_query,
    "bedrock:invokeModel": analytics.invoke,
    "bedrock:createModelCustomizationJob": analytics.customize,
    **platforms.CALLS,
}


def calls(task: Task) -> Iterator[Call]:
    """All calls of a state; `KeyError` for an integration that no one has written down here."""
    if plain(task.call).startswith("arn:"):
        if ":lambda:" in task.call:
            yield Call("lambda:InvokeFunction", task.call)
        return
    yield from SPECIAL[task.call](task) if task.call in SPECIAL else of_row(task)
