"""What a SageMaker job and an endpoint ask of the role that they run under beside their data: logs and features.

From: the SageMaker developer guide, "CloudWatch Logs for Amazon SageMaker AI" and the page of each feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iam.simulate.calls import Call, named, texts, values
from iam.simulate.machines import Place, run_time
from iam.simulate.samples import Task, tasks

# Of log streams: the kind of their group, what is known of their names, and what SageMaker makes up.
STREAMS = {
    "createTrainingJob": ("TrainingJobs", "{TrainingJobName}", f"/{run_time('algo-1-1700000000')}"),
    "createTransformJob": ("TransformJobs", "{TransformJobName}", f"/{run_time('i-1-1700000000/data-log')}"),
    "createProcessingJob": ("ProcessingJobs", "{ProcessingJobName}", f"/{run_time('algo-1-1700000000')}"),
    "createHyperParameterTuningJob": (
        "TrainingJobs",
        "{HyperParameterTuningJobName}",
        f"-{run_time('001-0a1b2c3d/algo-1')}",
    ),
    "createLabelingJob": ("LabelingJobs", "{LabelingJobName}", ""),
}
ENDPOINTS = {"createEndpoint", "updateEndpoint"}
RULES = ("DebugRuleConfigurations", "ProfilerRuleConfigurations")


def logs(task: Task, action: str) -> Iterator[Call]:
    """Its own log group and stream, or the group of an endpoint; and those of the rules that watch a job."""
    given, place = task.parameters, task.machine.place
    if action in STREAMS:
        kind, known, made_up = STREAMS[action]
        for one in named(place, "logs", f"log-group:/aws/sagemaker/{kind}:log-stream:{known}", given):
            yield from _logs(place, f"log-group:/aws/sagemaker/{kind}", one + made_up, kind)
    elif action in ENDPOINTS:
        for one in named(place, "logs", "log-group:/aws/sagemaker/Endpoints/{EndpointName}", given):
            group = one.split(":", 5)[5]
            yield from _logs(place, group, f"{one}:log-stream:{run_time('all/i-1')}", "Endpoints")
    elif not _is_told_where_models_run(task):
        group = f"log-group:/aws/sagemaker/Endpoints/{run_time('Run-Time-Name')}"
        yield from _logs(
            place, group, place.arn("logs", f"{group}:log-stream:{run_time('all/i-1')}"), "Endpoints"
        )
    if any(True for name in RULES for _ in values(given, name)):
        # Rules of the debugger and the profiler run as processing jobs beside the job.
        group = "log-group:/aws/sagemaker/ProcessingJobs"
        stream = place.arn("logs", f"{group}:log-stream:{run_time('job/algo-1')}")
        yield from _logs(place, group, stream, "ProcessingJobs")


def _is_told_where_models_run(task: Task) -> bool:
    """Whether the definition names the endpoints of its models, or uses them in batch transforms alone."""
    made = {one.call.partition(":")[2].rpartition(":")[2] for one in tasks(task.machine)}
    return bool(made & ENDPOINTS) or ("createTransformJob" in made and "createEndpointConfig" not in made)


def _logs(place: Place, group: str, stream: str, kind: str) -> Iterator[Call]:
    """A group is asked for by its own ARN, and by that of a stream without a name."""
    for resource in (group, f"{group}:{run_time('log-stream:')}"):
        for action in ("CreateLogGroup", "DescribeLogStreams"):
            yield Call(f"logs:{action}", place.arn("logs", resource))
    for action in ("CreateLogStream", "PutLogEvents"):
        yield Call(f"logs:{action}", stream)
    namespace = f"/aws/sagemaker/{kind}"
    others = ("AWS/Lambda", "Other", f"{namespace}Other")
    yield Call(
        "cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": namespace}, {"cloudwatch:namespace": others}
    )


def calls(place: Place, given: Any) -> Iterator[Call]:
    """What features of jobs and endpoints ask of the role that they run under, by the page of each."""
    for source in values(given, "FileSystemDataSource"):
        if source.get("FileSystemType") == "EFS":
            for action in ("DescribeFileSystems", "DescribeMountTargets"):
                resource = f"file-system/{source['FileSystemId']}"
                yield Call(f"elasticfilesystem:{action}", place.arn("elasticfilesystem", resource))
        else:
            yield Call("fsx:DescribeFileSystems", "*")
    for name in ("EnableRemoteDebug", "EnableSSMAccess"):
        if True in values(given, name):
            for action in (
                "CreateControlChannel",
                "CreateDataChannel",
                "OpenControlChannel",
                "OpenDataChannel",
            ):
                yield Call(f"ssmmessages:{action}", "*")
    yield from _outputs(place, given)


def _outputs(place: Place, given: Any) -> Iterator[Call]:
    """Where results go beside S3, and what is looked at before they do."""
    for output in values(given, "FeatureStoreOutput"):
        for resource in named(place, "sagemaker", "feature-group/{FeatureGroupName}", output):
            yield Call("sagemaker:PutRecord", resource)
            head, _, name = resource.partition("/")
            yield Call("sagemaker:PutRecord", f"{head}/{name.lower()}")
    for name in ("SuccessTopic", "ErrorTopic"):
        yield from (Call("sns:Publish", topic) for topic in texts(given, name))
    for alarm in texts(given, "AlarmName"):
        yield Call("cloudwatch:DescribeAlarms", place.arn("cloudwatch", f"alarm:{alarm}"))
