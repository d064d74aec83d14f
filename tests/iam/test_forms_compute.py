"""How tasks name definitions, clusters, builds and roles, and the ARNs that the policy gets."""

from __future__ import annotations

from typing import Any

import pytest

from iam.building import VALUES, define, many, resolved, task
from sfn_cfn.errors import PolicyError
from sfn_cfn.iam import derive, derive_policies
from sfn_cfn.model import ParameterDeclaration

STATES = "arn:aws:states:::"
HERE = "eu-west-1:111122223333"
ROLES = "arn:aws:iam::111122223333:role"
OVERRIDES = {"TaskRoleArn": f"{ROLES}/task", "ExecutionRoleArn": f"{ROLES}/execution"}


def workflow(resource: str, parameters: Any, **defaults: str) -> list[dict[str, Any]]:
    declared = tuple(ParameterDeclaration(name, "String", value) for name, value in defaults.items())
    policies = derive_policies(define({"Call": task(f"{STATES}{resource}", parameters)}, declared))
    return resolved(policies.workflow, {**VALUES, **defaults})


def granted(action: str, resource: str, parameters: Any, **defaults: str) -> list[str]:
    """The resources of one action in the policy of one call."""
    found = workflow(resource, parameters, **defaults)
    return sorted({item for one in found if action in many(one["Action"]) for item in many(one["Resource"])})


def conditions(action: str, resource: str, parameters: Any, **defaults: str) -> list[Any]:
    found = workflow(resource, parameters, **defaults)
    return [one.get("Condition", {}) for one in found if action in many(one["Action"])]


def finding(resource: str, parameters: Any) -> tuple[str, str, str]:
    with pytest.raises(PolicyError) as error:
        derive(define({"Call": task(f"{STATES}{resource}", parameters)}))
    (one,) = error.value.diagnostics
    return one.code, one.message, one.hint or ""


# -- definitions with revisions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("score:3", [f"arn:aws:ecs:{HERE}:task-definition/score:3"]),
        (
            "score",
            [f"arn:aws:ecs:{HERE}:task-definition/score", f"arn:aws:ecs:{HERE}:task-definition/score:*"],
        ),
        (
            "arn:aws:ecs:eu-west-2:444455556666:task-definition/score:3",
            ["arn:aws:ecs:eu-west-2:444455556666:task-definition/score:3"],
        ),
        (
            f"arn:aws:ecs:{HERE}:task-definition/score",
            [f"arn:aws:ecs:{HERE}:task-definition/score", f"arn:aws:ecs:{HERE}:task-definition/score:*"],
        ),
        (
            "${PipelineName}-score",
            [
                f"arn:aws:ecs:{HERE}:task-definition/fraud-score",
                f"arn:aws:ecs:{HERE}:task-definition/fraud-score:*",
            ],
        ),
        ("score:${TargetEnv}", [f"arn:aws:ecs:{HERE}:task-definition/score:dev"]),
    ],
)
def test_a_task_definition_is_a_family_a_revision_or_an_arn(given: str, expected: list[str]) -> None:
    assert granted("ecs:RunTask", "ecs:runTask", {"TaskDefinition": given}) == expected


def test_a_revision_that_the_execution_knows_is_any_of_the_family() -> None:
    given = {"TaskDefinition.$": "States.Format('score:{}', $.revision)"}
    assert granted("ecs:RunTask", "ecs:runTask", given) == [f"arn:aws:ecs:{HERE}:task-definition/score:*"]


def test_a_definition_that_is_a_parameter_is_read_in_the_shape_of_its_default() -> None:
    whole = f"arn:aws:batch:{HERE}:job-definition/score:7"
    found = granted("batch:SubmitJob", "batch:submitJob", {"JobQueue": "q", "JobDefinition": "${D}"}, D=whole)
    assert whole in found
    assert f"arn:aws:batch:{HERE}:job-definition/{whole}" not in found


@pytest.mark.parametrize(
    ("resource", "given", "message"),
    [
        (
            "ecs:runTask",
            {"TaskDefinition": "score/3"},
            "'TaskDefinition' of task 'Call' is 'score/3', which is not a task definition",
        ),
        (
            "ecs:runTask",
            {"TaskDefinition": "arn:aws:batch:eu-west-1:111122223333:job-definition/score"},
            (
                "'TaskDefinition' of task 'Call' is 'arn:aws:batch:eu-west-1:111122223333:job-definition/score', "
                "which is not an ARN of ecs"
            ),
        ),
        (
            "batch:submitJob",
            {"JobDefinition": "score:latest", "JobQueue": "q"},
            "'JobDefinition' of task 'Call' is 'score:latest', which is not a job definition",
        ),
        (
            "ecs:runTask",
            {"Cluster": "arn:aws:ecs:eu-west-1:111122223333:service/jobs", "TaskDefinition": "score:3"},
            (
                "'Cluster' of task 'Call' is 'arn:aws:ecs:eu-west-1:111122223333:service/jobs', which is not an ECS "
                "cluster"
            ),
        ),
        (
            "ecs:runTask",
            {"Cluster": "jobs/a", "TaskDefinition": "score:3"},
            "'Cluster' of task 'Call' is 'jobs/a', which is not an ECS cluster",
        ),
        (
            "codebuild:stopBuild",
            {"Id": "images"},
            "'Id' of task 'Call' is 'images', which is not an ID of a build or a report",
        ),
        (
            "codebuild:batchGetReports",
            {"ReportArns": ["arn:aws:codebuild:eu-west-1:111122223333:report-group/tests"]},
            (
                "'ReportArns' of task 'Call' is 'arn:aws:codebuild:eu-west-1:111122223333:report-group/tests', which "
                "is not an ID of a build or a report"
            ),
        ),
        (
            "elasticmapreduce:createCluster",
            {"ServiceRole": "emr:role"},
            "'ServiceRole' of task 'Call' is 'emr:role', which is not a role",
        ),
        (
            "elasticmapreduce:cancelStep",
            {"ClusterId": "arn:aws:elasticmapreduce:eu-west-1:111122223333:cluster/j-1"},
            (
                "'ClusterId' of task 'Call' is 'arn:aws:elasticmapreduce:eu-west-1:111122223333:cluster/j-1', which is "
                "not a name"
            ),
        ),
    ],
)
def test_what_names_no_resource_of_its_kind_is_an_error(resource: str, given: Any, message: str) -> None:
    assert finding(resource, given)[:2] == ("SFN504", message)


# -- ECS ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cluster", "defaults"),
    [
        ("jobs", {}),
        (f"arn:aws:ecs:{HERE}:cluster/jobs", {}),
        ("${C}", {"C": "jobs"}),
        ("${C}", {"C": f"arn:aws:ecs:{HERE}:cluster/jobs"}),
    ],
)
def test_a_cluster_holds_the_call_and_its_tasks(cluster: str, defaults: dict[str, str]) -> None:
    given = {"Cluster": cluster, "TaskDefinition": "score:3"}
    assert granted("ecs:StopTask", "ecs:runTask.sync", given, **defaults) == [
        f"arn:aws:ecs:{HERE}:task/jobs/*"
    ]
    assert conditions("ecs:RunTask", "ecs:runTask.sync", given, **defaults) == [
        {"ArnEquals": {"ecs:cluster": f"arn:aws:ecs:{HERE}:cluster/jobs"}}
    ]


def test_without_parameters_any_task_of_the_account_may_be_run() -> None:
    found = workflow("ecs:runTask.sync", None)
    assert [one["Resource"] for one in found if one["Sid"] in ("EcsRunTask", "EcsTasks")] == [
        f"arn:aws:ecs:{HERE}:task-definition/*",
        f"arn:aws:ecs:{HERE}:task/*",
    ]


def test_one_override_leaves_the_other_role_to_the_task_definition() -> None:
    given = {"TaskDefinition": "score:3", "Overrides": {"TaskRoleArn": f"{ROLES}/task"}}
    assert granted("iam:PassRole", "ecs:runTask", given) == [f"{ROLES}/*", f"{ROLES}/task"]


@pytest.mark.parametrize("given", [{}, {"EnableECSManagedTags": False}])
def test_a_task_without_tags_may_not_be_tagged(given: dict[str, Any]) -> None:
    found = granted("ecs:TagResource", "ecs:runTask", {"TaskDefinition": "score:3", **given})
    assert found == []


@pytest.mark.parametrize(
    "given",
    [
        {"Tags": [{"Key": "a", "Value": "b"}]},
        {"PropagateTags": "TASK_DEFINITION"},
        {"EnableECSManagedTags": True},
        {"EnableECSManagedTags.$": "$.tags"},
    ],
)
def test_a_task_with_tags_may_be_tagged_while_it_is_run(given: dict[str, Any]) -> None:
    parameters = {"TaskDefinition": "score:3", "Overrides": OVERRIDES, **given}
    assert conditions("ecs:TagResource", "ecs:runTask", parameters) == [
        {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    ]


# -- builds ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "defaults", "expected"),
    [
        ({"Id": "images:1"}, {}, "images"),
        ({"Id": f"arn:aws:codebuild:{HERE}:build/images:1"}, {}, "images"),
        ({"Id": "${PipelineName}-images:${TargetEnv}"}, {}, "fraud-images"),
        ({"Id.$": "States.Format('images:{}', $.id)"}, {}, "images"),
        ({"Id.$": "States.Format('images-{}', $.id)"}, {}, "images-*"),
        ({"Id.$": "$.id"}, {}, "*"),
        ({"Id": "${B}"}, {"B": "images:1"}, "images"),
        ({"Id": "${B}"}, {"B": f"arn:aws:codebuild:{HERE}:build/images:1"}, "images"),
        ({"Id": "${B}"}, {"B": ""}, "*"),
    ],
)
def test_a_build_is_authorised_by_its_project(
    given: dict[str, str], defaults: dict[str, str], expected: str
) -> None:
    found = granted("codebuild:StopBuild", "codebuild:stopBuild", given, **defaults)
    assert found == [f"arn:aws:codebuild:{HERE}:project/{expected}"]


def test_a_build_of_another_region_keeps_it() -> None:
    given = {"Ids": ["images:1", "arn:aws:codebuild:eu-west-2:111122223333:build/other:2"]}
    assert granted("codebuild:BatchDeleteBuilds", "codebuild:batchDeleteBuilds", given) == [
        f"arn:aws:codebuild:{HERE}:project/images",
        "arn:aws:codebuild:eu-west-2:111122223333:project/other",
    ]


# -- roles ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("emr", [f"{ROLES}/*/emr", f"{ROLES}/emr"]),
        ("service-role/emr", [f"{ROLES}/service-role/emr"]),
        (f"{ROLES}/emr", [f"{ROLES}/emr"]),
        ("${PipelineName}-emr", [f"{ROLES}/*/fraud-emr", f"{ROLES}/fraud-emr"]),
        ("arn:aws:iam::111122223333:instance-profile/p/emr", [f"{ROLES}/*/emr", f"{ROLES}/emr"]),
    ],
)
def test_a_role_is_named_by_its_name_or_its_arn(given: str, expected: list[str]) -> None:
    found = workflow("elasticmapreduce:createCluster", {"JobFlowRole": given, "ServiceRole": f"{ROLES}/s"})
    (one,) = [
        item
        for item in found
        if "iam:PassRole" in many(item["Action"])
        and "ec2.amazonaws.com" in many(item["Condition"]["StringEquals"]["iam:PassedToService"])
    ]
    assert sorted(many(one["Resource"])) == expected


def test_roles_of_a_cluster_are_passed_to_their_services_by_both_names() -> None:
    given = {"ServiceRole": f"{ROLES}/a", "JobFlowRole": f"{ROLES}/b", "AutoScalingRole": f"{ROLES}/c"}
    found = workflow("elasticmapreduce:createCluster", given)
    passed = {
        one["Resource"]: one["Condition"]["StringEquals"]["iam:PassedToService"]
        for one in found
        if "iam:PassRole" in many(one["Action"])
    }
    assert passed == {
        f"{ROLES}/a": ["elasticmapreduce.amazonaws.com", "elasticmapreduce.amazonaws.com.cn"],
        f"{ROLES}/b": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"],
        f"{ROLES}/c": ["application-autoscaling.amazonaws.com", "application-autoscaling.amazonaws.com.cn"],
    }


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["LaunchTemplate", "RemoteAccess"])
def test_a_nodegroup_with_what_no_guide_explains_is_an_error(field: str) -> None:
    given = {"ClusterName": "jobs", "NodegroupName": "gpu", "NodeRole": f"{ROLES}/n", field: {"Id": "lt-1"}}
    assert finding("eks:createNodegroup.sync", given) == (
        "SFN501",
        f"task 'Call' has '{field}', and what the role needs for that is not known",
        "leave it out, or call the service by a Lambda function",
    )


@pytest.mark.parametrize("call", ["eks:call", "eks:runJob", "eks:runJob.sync"])
def test_the_api_of_a_cluster_needs_no_iam_action(call: str) -> None:
    assert workflow(call, {"ClusterName": "jobs"}) == []


@pytest.mark.parametrize(
    "call",
    [
        "eks:createCluster.waitForTaskToken",
        "emr-containers:createVirtualCluster.sync",
        "codebuild:stopBuild.sync",
        "elasticmapreduce:cancelStep.sync",
        "mediaconvert:createJob.waitForTaskToken",
        "eks:call.sync",
    ],
)
def test_a_pattern_that_an_integration_has_not_is_an_error(call: str) -> None:
    assert finding(call, {})[0] == "SFN502"
