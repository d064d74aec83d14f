"""SageMaker's integrations.

Sources: the Step Functions developer guide, "IAM policies for SageMaker"; the service authorization reference
(resource types of each action); the SageMaker developer guide, "API permissions" (`kms:CreateGrant` of the
caller). Where an entry differs from the guide it is tighter: the guide has `job/<name>*` and tags on `*`, here
the job's own ARN stands for both. Transform jobs take no role, so there is no `iam:PassRole`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import REQUEST, Entry, Grant, Resource, Role, grant_key, rule, same

SAGEMAKER_SERVICE = "sagemaker.amazonaws.com"
READ_TAGS = "sagemaker:ListTags"
ADD_TAGS = "sagemaker:AddTags"

CONTAINERS = ("PrimaryContainer", "Containers[]")
TUNED = ("TrainingJobDefinition", "TrainingJobDefinitions[]")

_MODEL = Resource("sagemaker", "model/", "ModelName", spelling="lower")
_CONFIG = Resource("sagemaker", "endpoint-config/", "EndpointConfigName", spelling="lower")
_ENDPOINT = Resource("sagemaker", "endpoint/", "EndpointName", spelling="lower")


def _job(kind: str, path: str, jobs: str, roles: tuple[str, ...] = (), keys: tuple[str, ...] = ()) -> Entry:
    """A SageMaker job: its name is in `<kind>Name`."""
    where = (Resource("sagemaker", f"{path}/", f"{kind}Name", spelling="both"),)
    start = Grant(f"SageMaker{kind}", (f"sagemaker:Create{kind}", ADD_TAGS, READ_TAGS), where)
    watch = Grant(f"SageMaker{kind}", (f"sagemaker:Describe{kind}", f"sagemaker:Stop{kind}"), where)
    grants = (start, *grant_key(*keys))
    return Entry(
        {"": grants, "sync": (*grants, watch, rule(f"StepFunctionsGetEventsForSageMaker{jobs}JobsRule"))},
        tuple(Role(name, (SAGEMAKER_SERVICE,)) for name in roles),
    )


def _model_tags(sid: str, resource: Resource) -> Grant:
    """Creating with tags needs the right to tag; without tags it does not."""
    return Grant(sid, (ADD_TAGS,), (resource,), when=("Tags",))


def _packages() -> tuple[Grant, ...]:
    """A package is a resource of the call (developer guide, "Deploy a model version from a different account")."""
    return tuple(
        Grant(
            "SageMakerModelPackage",
            ("sagemaker:CreateModel", "sagemaker:DescribeModelPackage"),
            (Resource("sagemaker", "model-package/", f"{one}.ModelPackageName", "name or arn"),),
            when=(f"{one}.ModelPackageName",),
        )
        for one in CONTAINERS
    )


SAGEMAKER: Mapping[str, Entry] = {
    "sagemaker:createTrainingJob": _job("TrainingJob", "training-job", "Training", ("RoleArn",)),
    "sagemaker:createProcessingJob": _job("ProcessingJob", "processing-job", "Processing", ("RoleArn",)),
    "sagemaker:createTransformJob": _job(
        "TransformJob", "transform-job", "Transform", keys=("TransformResources.VolumeKmsKeyId",)
    ),
    "sagemaker:createHyperParameterTuningJob": _job(
        "HyperParameterTuningJob",
        "hyper-parameter-tuning-job",
        "Tuning",
        tuple(f"{one}.RoleArn" for one in TUNED),
        tuple(f"{one}.ResourceConfig.VolumeKmsKeyId" for one in TUNED)
        + tuple(f"{one}.HyperParameterTuningResourceConfig.VolumeKmsKeyId" for one in TUNED),
    ),
    # No guide has its managed rule; it is named as those of the other jobs are.
    "sagemaker:createLabelingJob": _job("LabelingJob", "labeling-job", "Labeling", ("RoleArn",)),
    "sagemaker:createModel": Entry(
        {
            "": (
                Grant("SageMakerModel", ("sagemaker:CreateModel", READ_TAGS), (_MODEL,)),
                _model_tags("SageMakerModel", _MODEL),
                *_packages(),
            )
        },
        (Role("ExecutionRoleArn", (SAGEMAKER_SERVICE,)),),
    ),
    "sagemaker:createEndpointConfig": same(
        REQUEST,
        Grant("SageMakerEndpointConfig", ("sagemaker:CreateEndpointConfig", READ_TAGS), (_CONFIG,)),
        _model_tags("SageMakerEndpointConfig", _CONFIG),
        *grant_key("KmsKeyId"),
        # For endpoints whose models are inference components.
        roles=(Role("ExecutionRoleArn", (SAGEMAKER_SERVICE,)),),
    ),
    "sagemaker:createEndpoint": same(
        REQUEST,
        Grant("SageMakerEndpoint", ("sagemaker:CreateEndpoint", READ_TAGS), (_ENDPOINT, _CONFIG)),
        _model_tags("SageMakerEndpointTags", _ENDPOINT),
    ),
    "sagemaker:updateEndpoint": same(
        REQUEST, Grant("SageMakerEndpoint", ("sagemaker:UpdateEndpoint", READ_TAGS), (_ENDPOINT, _CONFIG))
    ),
}
