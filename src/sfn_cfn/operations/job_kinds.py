"""What SageMaker tells of the jobs, endpoints and the like that a workflow's calls make, by the call.

Sources: the SageMaker developer guide, "Events that Amazon SageMaker AI sends to Amazon EventBridge" (the fields of
each event) and "Labeling job status" (whose event names the job by its ARN only, the first of `resources`); the
EventBridge events reference, "Amazon SageMaker AI events" (all of them: there is none of AutoML, compilation, edge
packaging, inference recommendation and optimization jobs). Events of endpoints have the API's statuses in capitals with
underscores; both forms are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ROLE = ("detail", "RoleArn")
_RESULT = ("detail", "TransformOutput", "S3OutputPath")
_ENDED_BADLY = ("Failed", "Stopped")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: how its events are told from others, and what is said of one.

    `given`: the name in the call's parameters; `field`: the path of the name in an event, or of an ARN that ends in
    `resource` and the name. `role`: the path of the role, empty where an event has none. `result`: the path of the
    place of its results, by which it is known where nothing else of it is. `shown` and `reason`: paths for messages;
    `page` and `describe`: the console's page and the AWS CLI's command, with placeholders. `reason` and `page` may be
    empty.
    """

    rule: str
    noun: str
    detail_type: str
    given: str
    field: tuple[str, ...]
    status: str
    statuses: tuple[str, ...] = _ENDED_BADLY
    role: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    resource: str = ""
    shown: str = ""
    reason: str = "$.detail.FailureReason"
    page: str = ""
    describe: str = ""


def _job(name: str, noun: str, words: str, page: str, **more: Any) -> Kind:
    """A kind of job, whose events call things as its API does."""
    option = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).strip("-")
    return Kind(
        rule=f"{name}Job",
        noun=noun,
        detail_type=f"SageMaker {words} Job State Change",
        given=f"{name}JobName",
        field=("detail", f"{name}JobName"),
        status=f"{name}JobStatus",
        shown=f"$.detail.{name}JobName",
        page=f"sagemaker/home?region=<region>#/{page}/<name>",
        describe=f"describe-{option}-job --region <region> --{option}-job-name <name>",
        **{"role": _ROLE, **more},
    )


_ENDPOINT = Kind(
    rule="Endpoint",
    noun="endpoint",
    detail_type="SageMaker Endpoint State Change",
    given="EndpointName",
    field=("detail", "EndpointName"),
    status="EndpointStatus",
    statuses=(
        "FAILED",
        "Failed",
        "ROLLING_BACK",
        "RollingBack",
        "UPDATE_ROLLBACK_FAILED",
        "UpdateRollbackFailed",
    ),
    shown="$.detail.EndpointName",
    page="sagemaker/home?region=<region>#/endpoints/<name>",
    describe="describe-endpoint --region <region> --endpoint-name <name>",
)

KINDS: Mapping[str, Kind] = {
    "createTrainingJob": _job("Training", "training job", "Training", "jobs"),
    "createProcessingJob": _job("Processing", "processing job", "Processing", "processing-jobs"),
    "createTransformJob": _job(
        "Transform", "transform job", "Transform", "transform-jobs", role=(), result=_RESULT
    ),
    "createHyperParameterTuningJob": _job(
        "HyperParameterTuning",
        "tuning job",
        "HyperParameter Tuning",
        "hyper-tuning-jobs",
        role=("detail", "TrainingJobDefinition", "RoleArn"),
    ),
    "createLabelingJob": Kind(
        rule="LabelingJob",
        noun="labeling job",
        detail_type="SageMaker Ground Truth Labeling Job State Change",
        given="LabelingJobName",
        field=("resources",),
        resource="labeling-job/",
        status="LabelingJobStatus",
        shown="$.resources[0]",
        reason="",
        page="sagemaker/groundtruth?region=<region>#/labeling-jobs",
        describe="list-labeling-jobs --region <region> --status-equals <status>",
    ),
    "createEndpoint": _ENDPOINT,
    "updateEndpoint": _ENDPOINT,
    "updateEndpointWeightsAndCapacities": _ENDPOINT,
    "createModelPackage": Kind(
        rule="ModelPackage",
        noun="model package",
        detail_type="SageMaker Model Package State Change",
        given="ModelPackageGroupName",
        field=("detail", "ModelPackageGroupName"),
        status="ModelPackageStatus",
        statuses=("Failed",),
        shown="$.detail.ModelPackageArn",
        reason="",
        describe="describe-model-package --region <region> --model-package-name <name>",
    ),
    "createFeatureGroup": Kind(
        rule="FeatureGroup",
        noun="feature group",
        detail_type="SageMaker Feature Group State Change",
        given="FeatureGroupName",
        field=("detail", "FeatureGroupName"),
        status="FeatureGroupStatus",
        statuses=("CreateFailed",),
        role=_ROLE,
        shown="$.detail.FeatureGroupName",
        describe="describe-feature-group --region <region> --feature-group-name <name>",
    ),
    "startPipelineExecution": Kind(
        rule="PipelineExecution",
        noun="SageMaker pipeline execution",
        detail_type="SageMaker Model Building Pipeline Execution Status Change",
        given="PipelineName",
        field=("detail", "pipelineArn"),
        resource="pipeline/",
        status="currentPipelineExecutionStatus",
        shown="$.detail.pipelineExecutionArn",
        reason="",
        describe="describe-pipeline-execution --region <region> --pipeline-execution-arn <name>",
    ),
}
"""By the action of the task that makes them."""
