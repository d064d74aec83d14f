"""Containers, batch jobs, builds, data preparation and media: the integrations of services that run work.

Sources: the Step Functions developer guide's pages on ECS and Fargate, Batch, CodeBuild, DataBrew and MediaConvert;
the service authorization reference (the actions that each operation authorises, their resource types, and the
services that roles are passed to). Where an entry differs from the guide:

- ECS: the guide has `*` for stopping and describing; here the tasks of the cluster. `ecs:cluster` holds
  RunTask to the cluster, the default one where none is given. The roles of a task definition stand in it alone:
  without an override, any role of the account may be passed, to ECS tasks only. Tagging with the call needs
  `ecs:TagResource`.
- Batch: the guide has `*`; here the queue and the definition (the Batch user guide's own policies have these two,
  though the reference marks jobs as required for SubmitJob), and the account's jobs to end them.
- CodeBuild, DataBrew: the guide has every account's projects, and every job; here the one that is named.
- MediaConvert: the guide has every queue, template and preset; here those that are named.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import REQUEST, Condition, Entry, Grant, Resource, Role, rule, same, watched

# -- ECS ------------------------------------------------------------------------------------------------

_TASK_DEFINITION = Resource("ecs", "task-definition/", "TaskDefinition", "revision")
_TASKS = Resource("ecs", "task/", "Cluster", "cluster", usual="default")
_CLUSTER = Resource("ecs", "cluster/", "Cluster", "cluster", usual="default")
_IN_CLUSTER: Condition = ("ArnEquals", "ecs:cluster", (_CLUSTER,))
_RUN = ("ecs:RunTask",)
_ECS_RUN = (
    Grant("EcsRunTask", _RUN, (_TASK_DEFINITION,), (_IN_CLUSTER,)),
    Grant(
        "EcsTagTasks",
        ("ecs:TagResource",),
        (_TASKS,),
        (("StringEquals", "ecs:CreateAction", ("RunTask",)),),
        when=("Tags", "PropagateTags", "EnableECSManagedTags"),
    ),
)
_ECS_WATCH = (
    Grant("EcsTasks", ("ecs:DescribeTasks", "ecs:StopTask"), (_TASKS,)),
    rule("StepFunctionsGetEventsForECSTaskRule"),
)
_ECS_ROLES = (
    Role("Overrides.TaskRoleArn", ("ecs-tasks.amazonaws.com",), required=True),
    Role("Overrides.ExecutionRoleArn", ("ecs-tasks.amazonaws.com",), required=True),
    Role("VolumeConfigurations[].ManagedEBSVolume.RoleArn", ("ecs.amazonaws.com",)),
)

# -- Batch ----------------------------------------------------------------------------------------------

_BATCH_JOBS = Resource("batch", "job/{}", form="format")
_CONSUMED = "ConsumableResourcePropertiesOverride.ConsumableResourceList[].ConsumableResource"
_SUBMIT = ("batch:SubmitJob",)
_BATCH_SUBMIT = (
    Grant(
        "BatchSubmitJob",
        _SUBMIT,
        (
            Resource("batch", "job-definition/", "JobDefinition", "revision"),
            Resource("batch", "job-queue/", "JobQueue", "name or arn"),
        ),
    ),
    Grant(
        "BatchSubmitJob",
        _SUBMIT,
        (Resource("batch", "consumable-resource/", _CONSUMED, "name or arn"),),
        when=(_CONSUMED,),
    ),
    Grant("BatchTagJobs", ("batch:TagResource",), (_BATCH_JOBS,), when=("Tags",)),
)
_BATCH_WATCH = (
    Grant("BatchDescribeJobs", ("batch:DescribeJobs",), None),
    Grant("BatchJobs", ("batch:TerminateJob",), (_BATCH_JOBS,)),
    rule("StepFunctionsGetEventsForBatchJobsRule"),
)

# -- CodeBuild ------------------------------------------------------------------------------------------

_PROJECT = Resource("codebuild", "project/", "ProjectName", "name or arn")
_BUILD = Resource("codebuild", "project/", "Id", "owner")
_BUILDS = Resource("codebuild", "project/", "Ids[]", "owner")
_REPORTS = Resource("codebuild", "report-group/", "ReportArns[]", "owner")
_BUILD_ROLE = (Role("ServiceRoleOverride", ("codebuild.amazonaws.com",), form="role or name"),)


def _codebuild(resource: Resource, *actions: str) -> tuple[Grant, ...]:
    return (Grant("CodeBuild", tuple(f"codebuild:{action}" for action in actions), (resource,)),)


# -- MediaConvert ---------------------------------------------------------------------------------------

_PRESET = "Settings.OutputGroups[].Outputs[].Preset"
_HOP = "HopDestinations[].Queue"
_CREATE = ("mediaconvert:CreateJob",)


def _mediaconvert(path: str) -> Resource:
    return Resource("mediaconvert", path, form="format")


_MEDIA_JOBS = _mediaconvert("jobs/{}")
_MEDIA_CREATE = (
    Grant("MediaConvertJob", _CREATE, (_mediaconvert("queues/{Queue=Default}"),), unless=("JobTemplate",)),
    # A template may name a queue and presets.
    Grant(
        "MediaConvertJob",
        _CREATE,
        tuple(map(_mediaconvert, ("queues/{Queue}", "jobTemplates/{JobTemplate}", "presets/{}"))),
        when=("JobTemplate",),
        likely=True,
    ),
    Grant("MediaConvertJob", _CREATE, (_mediaconvert(f"presets/{{{_PRESET}}}"),), when=(_PRESET,)),
    Grant("MediaConvertJob", _CREATE, (_mediaconvert(f"queues/{{{_HOP}}}"),), when=(_HOP,)),
    Grant("MediaConvertTagJobs", ("mediaconvert:TagResource",), (_MEDIA_JOBS,), when=("Tags",)),
)
_MEDIA_WATCH = (
    Grant(
        "MediaConvertJobs",
        ("mediaconvert:CancelJob", "mediaconvert:GetJob"),
        (_MEDIA_JOBS,),
        (("StringEquals", "aws:ResourceTag/ManagedByService", ("AWSStepFunctions",)),),
    ),
    rule("StepFunctionsGetEventsForMediaConvertJobRule"),
)

# -- DataBrew -------------------------------------------------------------------------------------------

_DATABREW_JOB = (Resource("databrew", "job/", "Name"),)

COMPUTE: Mapping[str, Entry] = {
    "ecs:runTask": watched(_ECS_RUN, _ECS_WATCH, _ECS_ROLES, "waitForTaskToken"),
    "batch:submitJob": watched(_BATCH_SUBMIT, _BATCH_WATCH, (), "waitForTaskToken"),
    "codebuild:startBuild": watched(
        _codebuild(_PROJECT, "StartBuild"),
        (
            *_codebuild(_PROJECT, "BatchGetBuilds", "StopBuild"),
            rule("StepFunctionsGetEventForCodeBuildStartBuildRule"),
        ),
        _BUILD_ROLE,
    ),
    "codebuild:stopBuild": same(REQUEST, *_codebuild(_BUILD, "StopBuild")),
    "codebuild:batchDeleteBuilds": same(REQUEST, *_codebuild(_BUILDS, "BatchDeleteBuilds")),
    "codebuild:batchGetReports": same(REQUEST, *_codebuild(_REPORTS, "BatchGetReports")),
    "codebuild:startBuildBatch": watched(
        _codebuild(_PROJECT, "StartBuildBatch"),
        (
            *_codebuild(_PROJECT, "BatchGetBuildBatches", "StopBuildBatch"),
            rule("StepFunctionsGetEventForCodeBuildStartBuildBatchRule"),
        ),
        _BUILD_ROLE,
    ),
    "codebuild:stopBuildBatch": same(REQUEST, *_codebuild(_BUILD, "StopBuildBatch")),
    # No guide names a rule here: Step Functions polls.
    "codebuild:retryBuildBatch": watched(
        _codebuild(_BUILD, "RetryBuildBatch"), _codebuild(_BUILD, "BatchGetBuildBatches", "StopBuildBatch")
    ),
    "codebuild:deleteBuildBatch": same(REQUEST, *_codebuild(_BUILD, "DeleteBuildBatch")),
    "databrew:startJobRun": watched(
        (Grant("DataBrewJobRun", ("databrew:StartJobRun",), _DATABREW_JOB),),
        (Grant("DataBrewJobRun", ("databrew:ListJobRuns", "databrew:StopJobRun"), _DATABREW_JOB),),
    ),
    "mediaconvert:createJob": watched(
        _MEDIA_CREATE, _MEDIA_WATCH, (Role("Role", ("mediaconvert.amazonaws.com",)),)
    ),
}
