"""What each service integration needs, as values: the one place that says so. No logic here.

Sources: the Step Functions developer guide's pages on IAM policies for integrated services, the service
authorization reference (resource types of each action) and the SageMaker developer guide's "API permissions"
(`kms:CreateGrant` of the caller). Where an entry differs from the guide it is tighter:

- SageMaker: the guide has `job/<name>*` and tags on `*`; here the job's own ARN for both. Transform jobs take
  no role, so there is no `iam:PassRole`.
- Glue: the guide has `*`; here the job's ARN, which all four actions support.
- SNS, SQS, Lambda, DynamoDB, nested executions: the guide has `*` where a name is known at run time only; here
  the resource type in the stack's account and region.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Resource:
    """The resource of a call: the parameter `field` names it in the way that `form` says (see `arns`).

    `qualifier` is a parameter whose text, behind a colon, is part of the name.
    """

    service: str
    path: str = ""
    field: str = ""
    form: str = "name"
    spelling: Literal["exact", "lower", "both"] = "exact"
    qualifier: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on resources. None means `*`: the actions have no resource type.

    Given only where the parameters have one of the fields `when` and none of `unless`.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[Resource, ...] | None
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A parameter that passes a role to a service (in China by another name, where it has one)."""

    field: str
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One service integration: the grants of each of its patterns, and the roles it passes."""

    patterns: Mapping[str, tuple[Grant, ...]]
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Where a SageMaker call names what its execution role must reach.

    `sources` are mappings `S3DataSource` or `S3Input`; `objects`, `folders` (written) and `synced` (read and
    written) are texts; `environment`, `arguments` (read, in the midst of a text too) and `directories` (read and
    written) count only where they are S3 URIs. `written_keys` encrypt output, `volume_keys` storage. `rules`
    run as processing jobs beside the job. `providers` are functions that give a registry's credentials.
    `packages` stand for an image and a model that the call does not name. `refused` are features whose needs
    are not known, `unsettled` those for which no guide says what they need.
    """

    logs: str
    sources: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    synced: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    written_keys: tuple[str, ...] = ()
    volume_keys: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()


SAGEMAKER_SERVICE = "sagemaker.amazonaws.com"
MANAGED_RULE_ACTIONS = ("events:DescribeRule", "events:PutRule", "events:PutTargets")
READ_TAGS = "sagemaker:ListTags"
ADD_TAGS = "sagemaker:AddTags"


def _rule(name: str) -> Grant:
    """The managed rule through which Step Functions learns that a job has ended."""
    return Grant("ManagedRules", MANAGED_RULE_ACTIONS, (Resource("events", f"rule/{name}", form="fixed"),))


def _grant_key(*fields: str) -> tuple[Grant, ...]:
    """The caller's own right to let the service use a key for storage."""
    condition = (("Bool", "kms:GrantIsForAWSResource", ("true",)),)
    return tuple(
        Grant(
            "GrantKey", ("kms:CreateGrant",), (Resource("kms", "key/", name, "key"),), condition, when=(name,)
        )
        for name in fields
    )


def _job(kind: str, path: str, rule: str, roles: tuple[str, ...] = (), keys: tuple[str, ...] = ()) -> Entry:
    """A SageMaker job: its name is in `<kind>Name`."""
    where = (Resource("sagemaker", f"{path}/", f"{kind}Name", spelling="both"),)
    start = Grant(f"SageMaker{kind}", (f"sagemaker:Create{kind}", ADD_TAGS, READ_TAGS), where)
    watch = Grant(f"SageMaker{kind}", (f"sagemaker:Describe{kind}", f"sagemaker:Stop{kind}"), where)
    grants = (start, *_grant_key(*keys))
    return Entry(
        {"": grants, "sync": (*grants, watch, _rule(f"StepFunctionsGetEventsForSageMaker{rule}JobsRule"))},
        tuple(Role(name, (SAGEMAKER_SERVICE,)) for name in roles),
    )


def _same(patterns: tuple[str, ...], *grants: Grant) -> Entry:
    return Entry(dict.fromkeys(patterns, grants))


_MODEL = Resource("sagemaker", "model/", "ModelName", spelling="lower")
_CONFIG = Resource("sagemaker", "endpoint-config/", "EndpointConfigName", spelling="lower")
_ENDPOINT = Resource("sagemaker", "endpoint/", "EndpointName", spelling="lower")
_FUNCTION = Resource("lambda", "function:", "FunctionName", "function")
_QUALIFIED = Resource("lambda", "function:", "FunctionName", "function", qualifier="Qualifier")
_GLUE_JOB = Resource("glue", "job/", "JobName")
_MACHINE = Resource("states", "stateMachine:", "StateMachineArn", "machine")
_EXECUTIONS = Resource("states", "execution:", "StateMachineArn", "executions")
_QUEUE = Resource("sqs", "", "QueueUrl", "queue")
_TOPIC = Resource("sns", "", "TopicArn", "arn")
_TARGET = Resource("sns", "", "TargetArn", "arn")
_TABLE = Resource("dynamodb", "table/", "TableName", "name or arn")

REQUEST = ("",)
TOKEN = ("", "waitForTaskToken")

_INVOKE = ("lambda:InvokeFunction",)
_START_EXECUTION = Grant("StartExecution", ("states:StartExecution",), (_MACHINE,))
_WATCH_EXECUTION = Grant(
    "WatchExecution", ("states:DescribeExecution", "states:StopExecution"), (_EXECUTIONS,)
)
_NESTED = (
    _START_EXECUTION,
    _WATCH_EXECUTION,
    _rule("StepFunctionsGetEventsForStepFunctionsExecutionRule"),
)
_GLUE = Grant("GlueJobRun", ("glue:StartJobRun",), (_GLUE_JOB,))
_GLUE_WATCH = Grant("GlueJobRun", ("glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns"), (_GLUE_JOB,))
_CONTAINERS = ("PrimaryContainer", "Containers[]")
_TUNED = ("TrainingJobDefinition", "TrainingJobDefinitions[]")


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
        for one in _CONTAINERS
    )


INTEGRATIONS: Mapping[str, Entry] = {
    "sagemaker:createTrainingJob": _job("TrainingJob", "training-job", "Training", ("RoleArn",)),
    "sagemaker:createProcessingJob": _job("ProcessingJob", "processing-job", "Processing", ("RoleArn",)),
    "sagemaker:createTransformJob": _job(
        "TransformJob", "transform-job", "Transform", keys=("TransformResources.VolumeKmsKeyId",)
    ),
    "sagemaker:createHyperParameterTuningJob": _job(
        "HyperParameterTuningJob",
        "hyper-parameter-tuning-job",
        "Tuning",
        tuple(f"{one}.RoleArn" for one in _TUNED),
        tuple(f"{one}.ResourceConfig.VolumeKmsKeyId" for one in _TUNED)
        + tuple(f"{one}.HyperParameterTuningResourceConfig.VolumeKmsKeyId" for one in _TUNED),
    ),
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
    "sagemaker:createEndpointConfig": _same(
        REQUEST,
        Grant("SageMakerEndpointConfig", ("sagemaker:CreateEndpointConfig", READ_TAGS), (_CONFIG,)),
        _model_tags("SageMakerEndpointConfig", _CONFIG),
        *_grant_key("KmsKeyId"),
    ),
    "sagemaker:createEndpoint": _same(
        REQUEST,
        Grant("SageMakerEndpoint", ("sagemaker:CreateEndpoint", READ_TAGS), (_ENDPOINT, _CONFIG)),
        _model_tags("SageMakerEndpointTags", _ENDPOINT),
    ),
    "sagemaker:updateEndpoint": _same(
        REQUEST, Grant("SageMakerEndpoint", ("sagemaker:UpdateEndpoint", READ_TAGS), (_ENDPOINT, _CONFIG))
    ),
    "lambda:invoke": _same(
        TOKEN,
        Grant("LambdaInvoke", _INVOKE, (_FUNCTION,), unless=("Qualifier",)),
        Grant("LambdaInvoke", _INVOKE, (_QUALIFIED,), when=("Qualifier",)),
    ),
    "glue:startJobRun": Entry(
        {"": (_GLUE,), "waitForTaskToken": (_GLUE,), "sync": (_GLUE, _GLUE_WATCH)},
    ),
    "states:startExecution": Entry(
        {"": (_START_EXECUTION,), "waitForTaskToken": (_START_EXECUTION,), "sync": _NESTED, "sync:2": _NESTED}
    ),
    "sns:publish": _same(
        TOKEN,
        Grant("SnsPublish", ("sns:Publish",), (_TOPIC,), unless=("TargetArn", "PhoneNumber")),
        Grant("SnsPublish", ("sns:Publish",), (_TARGET,), when=("TargetArn",)),
        # A text message to a telephone has no resource.
        Grant("SnsPublishToPhone", ("sns:Publish",), None, when=("PhoneNumber",)),
    ),
    "sqs:sendMessage": _same(TOKEN, Grant("SqsSendMessage", ("sqs:SendMessage",), (_QUEUE,))),
    "dynamodb:getItem": _same(REQUEST, Grant("DynamoDBItems", ("dynamodb:GetItem",), (_TABLE,))),
    "dynamodb:putItem": _same(REQUEST, Grant("DynamoDBItems", ("dynamodb:PutItem",), (_TABLE,))),
    "dynamodb:updateItem": _same(REQUEST, Grant("DynamoDBItems", ("dynamodb:UpdateItem",), (_TABLE,))),
    "dynamodb:deleteItem": _same(REQUEST, Grant("DynamoDBItems", ("dynamodb:DeleteItem",), (_TABLE,))),
}

LAMBDA_ARN = Grant("LambdaInvoke", _INVOKE, (Resource("lambda", "function:", "", "function"),))
"""A task whose `Resource` is a function's ARN."""


_TRAINING_IMAGE = "AlgorithmSpecification.TrainingImageConfig"


def _training(prefix: str = "", hyperparameters: str = "HyperParameters") -> dict[str, tuple[str, ...]]:
    """The fields of a training job, alone or as a definition inside a tuning job."""
    fields = {
        "sources": ("InputDataConfig[].DataSource.S3DataSource",),
        "folders": ("OutputDataConfig.S3OutputPath", "TensorBoardOutputConfig.S3OutputPath"),
        # The rules' own jobs read what the training job's debugger and profiler wrote, under the same role.
        "synced": (
            "CheckpointConfig.S3Uri",
            "DebugHookConfig.S3OutputPath",
            "DebugRuleConfigurations[].S3OutputPath",
            "ProfilerConfig.S3OutputPath",
            "ProfilerRuleConfigurations[].S3OutputPath",
        ),
        "directories": (f"{hyperparameters}.model_dir",),
        "environment": (f"{hyperparameters}.*", "Environment.*"),
        "arguments": (
            "AlgorithmSpecification.ContainerEntrypoint[]",
            "AlgorithmSpecification.ContainerArguments[]",
        ),
        "images": (
            "AlgorithmSpecification.TrainingImage",
            "DebugRuleConfigurations[].RuleEvaluatorImage",
            "ProfilerRuleConfigurations[].RuleEvaluatorImage",
        ),
        "written_keys": ("OutputDataConfig.KmsKeyId",),
        "volume_keys": ("ResourceConfig.VolumeKmsKeyId", "HyperParameterTuningResourceConfig.VolumeKmsKeyId"),
        "networks": ("VpcConfig",),
        "rules": ("DebugRuleConfigurations", "ProfilerRuleConfigurations"),
        "providers": (
            f"{_TRAINING_IMAGE}.TrainingRepositoryAuthConfig.TrainingRepositoryCredentialsProviderArn",
        ),
        "packages": ("AlgorithmSpecification.AlgorithmName",),
        "refused": (
            "InputDataConfig[].DataSource.FileSystemDataSource",
            "InputDataConfig[].DataSource.DatasetSource",
            "MlflowConfig",
            "ModelPackageConfig",
            "ServerlessJobConfig",
        ),
        "unsettled": ("RemoteDebugConfig",),
    }
    return {name: tuple(f"{prefix}{path}" for path in paths) for name, paths in fields.items()}


def _tuning() -> Job:
    parts = [_training(f"{one}.", "StaticHyperParameters") for one in _TUNED]
    return Job("TrainingJobs", **{name: parts[0][name] + parts[1][name] for name in parts[0]})


JOBS: Mapping[str, Job] = {
    "sagemaker:createTrainingJob": Job("TrainingJobs", **_training()),
    "sagemaker:createHyperParameterTuningJob": _tuning(),
    "sagemaker:createProcessingJob": Job(
        "ProcessingJobs",
        sources=("ProcessingInputs[].S3Input",),
        folders=("ProcessingOutputConfig.Outputs[].S3Output.S3Uri",),
        environment=("Environment.*",),
        arguments=("AppSpecification.ContainerEntrypoint[]", "AppSpecification.ContainerArguments[]"),
        images=("AppSpecification.ImageUri",),
        written_keys=("ProcessingOutputConfig.KmsKeyId",),
        volume_keys=("ProcessingResources.ClusterConfig.VolumeKmsKeyId",),
        networks=("NetworkConfig.VpcConfig",),
        refused=(
            "ProcessingInputs[].DatasetDefinition",
            "ProcessingOutputConfig.Outputs[].FeatureStoreOutput",
        ),
    ),
    "sagemaker:createTransformJob": Job(
        "TransformJobs",
        sources=("TransformInput.DataSource.S3DataSource",),
        folders=("TransformOutput.S3OutputPath", "DataCaptureConfig.DestinationS3Uri"),
        written_keys=("TransformOutput.KmsKeyId", "DataCaptureConfig.KmsKeyId"),
        environment=("Environment.*",),
        volume_keys=("TransformResources.VolumeKmsKeyId",),
    ),
    "sagemaker:createModel": Job(
        "Endpoints",
        sources=tuple(f"{one}.ModelDataSource.S3DataSource" for one in _CONTAINERS),
        objects=tuple(f"{one}.ModelDataUrl" for one in _CONTAINERS),
        environment=tuple(f"{one}.Environment.*" for one in _CONTAINERS),
        images=tuple(f"{one}.Image" for one in _CONTAINERS),
        networks=("VpcConfig",),
        providers=tuple(
            f"{one}.ImageConfig.RepositoryAuthConfig.RepositoryCredentialsProviderArn" for one in _CONTAINERS
        ),
        packages=tuple(f"{one}.ModelPackageName" for one in _CONTAINERS),
        refused=tuple(f"{one}.AdditionalModelDataSources" for one in _CONTAINERS),
    ),
    "sagemaker:createEndpointConfig": Job(
        "Endpoints",
        folders=("DataCaptureConfig.DestinationS3Uri",),
        written_keys=("DataCaptureConfig.KmsKeyId",),
        volume_keys=("KmsKeyId",),
        refused=("AsyncInferenceConfig",),
    ),
}
"""What the execution role needs, for the calls whose work runs under it."""
