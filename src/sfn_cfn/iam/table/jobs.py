"""What the SageMaker role needs for each call whose work runs under it.

Source: the SageMaker developer guide, "SageMaker AI roles" (execution role permissions by API) and "CloudWatch Logs
for Amazon SageMaker AI" (names of log groups and streams). What a feature needs is on its own page, named beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sfn_cfn.iam.entries import Grant, Job, Resource
from sfn_cfn.iam.table.sagemaker import CONTAINERS, TUNED

_TRAINING_IMAGE = "AlgorithmSpecification.TrainingImageConfig"
_VARIANTS = ("ProductionVariants[]", "ShadowProductionVariants[]")
_ASYNC = "AsyncInferenceConfig.OutputConfig"
_ALARMS = "DeploymentConfig.AutoRollbackConfiguration.Alarms[].AlarmName"


def _remote_shell(*fields: str) -> Grant:
    """A shell in the container.

    "Access a training container through AWS Systems Manager for remote debugging"; "Access containers through SSM".
    """
    channels = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
    return Grant("RemoteShell", tuple(f"ssmmessages:{one}" for one in channels), None, when=fields)


def _file_systems(prefix: str) -> tuple[Grant, ...]:
    """The look-up of a file system, which is then mounted through the job's network.

    "AWS managed policy: AmazonSageMakerFullAccess": needed for file systems as data sources of training. Amazon FSx has
    no resource for the look-up.
    """
    field = f"{prefix}InputDataConfig[].DataSource.FileSystemDataSource"
    return (
        Grant(
            "FileSystems",
            ("elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeMountTargets"),
            (Resource("elasticfilesystem", "file-system/", f"{field}.FileSystemId"),),
            when=(f"{field}.FileSystemType~EFS",),
        ),
        Grant(
            "LustreFileSystems",
            ("fsx:DescribeFileSystems",),
            None,
            when=(f"{field}.FileSystemType~FSxLustre",),
        ),
    )


def _publish(*fields: str) -> tuple[Grant, ...]:
    """Messages to the topics that the fields name, if they do."""
    return tuple(
        Grant("Notifications", ("sns:Publish",), (Resource("sns", "", name, "arn"),), when=(name,))
        for name in fields
    )


# The page of Auto-Rollback ("Auto-Rollback Configuration and Monitoring") asks it of the execution role.
_ROLLBACK = Grant(
    "RollbackAlarms",
    ("cloudwatch:DescribeAlarms",),
    (Resource("cloudwatch", "alarm:", _ALARMS),),
    when=(_ALARMS,),
)
_ENDPOINT = Job("Endpoints", group="EndpointName", grants=(_ROLLBACK,))


def _training(prefix: str = "", hyperparameters: str = "HyperParameters") -> dict[str, Any]:
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
        # What serverless training, its data sets, packages and MLflow runs ask of the role stands on no page.
        "refused": (
            "InputDataConfig[].DataSource.DatasetSource",
            "MlflowConfig",
            "ModelPackageConfig",
            "ServerlessJobConfig",
        ),
        "unsettled": ("InputDataConfig[].DataSource.S3DataSource.HubAccessConfig",),
    }
    return {name: tuple(f"{prefix}{path}" for path in paths) for name, paths in fields.items()}


def _tuning() -> Job:
    """The training jobs of a tuning job are named after it, with a number and a made-up end."""
    parts = [_training(f"{one}.", "StaticHyperParameters") for one in TUNED]
    job = Job(
        "TrainingJobs",
        streams=("{HyperParameterTuningJobName}-{}",),
        grants=tuple(grant for one in TUNED for grant in _file_systems(f"{one}.")),
    )
    return replace(job, **{name: parts[0][name] + parts[1][name] for name in parts[0]})


_TRAINING = Job(
    "TrainingJobs",
    streams=("{TrainingJobName}/{}",),
    grants=(*_file_systems(""), _remote_shell("RemoteDebugConfig.EnableRemoteDebug")),
)

JOBS: Mapping[str, Job] = {
    "sagemaker:createTrainingJob": replace(_TRAINING, **_training()),
    "sagemaker:createHyperParameterTuningJob": _tuning(),
    "sagemaker:createProcessingJob": Job(
        "ProcessingJobs",
        streams=("{ProcessingJobName}/{}",),
        # API reference, "ProcessingFeatureStoreOutput": the script itself puts the records.
        grants=(
            Grant(
                "FeatureStore",
                ("sagemaker:PutRecord",),
                (
                    Resource(
                        "sagemaker",
                        "feature-group/",
                        "ProcessingOutputConfig.Outputs[].FeatureStoreOutput.FeatureGroupName",
                        spelling="both",
                    ),
                ),
                when=("ProcessingOutputConfig.Outputs[].FeatureStoreOutput.FeatureGroupName",),
            ),
        ),
        sources=("ProcessingInputs[].S3Input",),
        folders=("ProcessingOutputConfig.Outputs[].S3Output.S3Uri",),
        environment=("Environment.*",),
        arguments=("AppSpecification.ContainerEntrypoint[]", "AppSpecification.ContainerArguments[]"),
        images=("AppSpecification.ImageUri",),
        written_keys=("ProcessingOutputConfig.KmsKeyId",),
        volume_keys=("ProcessingResources.ClusterConfig.VolumeKmsKeyId",),
        networks=("NetworkConfig.VpcConfig",),
        # It queries by tables and a database of its own making, which no page names.
        refused=("ProcessingInputs[].DatasetDefinition",),
    ),
    "sagemaker:createTransformJob": Job(
        "TransformJobs",
        streams=("{TransformJobName}/{}",),
        sources=("TransformInput.DataSource.S3DataSource",),
        folders=("TransformOutput.S3OutputPath", "DataCaptureConfig.DestinationS3Uri"),
        written_keys=("TransformOutput.KmsKeyId", "DataCaptureConfig.KmsKeyId"),
        environment=("Environment.*",),
        volume_keys=("TransformResources.VolumeKmsKeyId",),
    ),
    "sagemaker:createModel": Job(
        sources=tuple(
            f"{one}.{sources}.S3DataSource"
            for one in CONTAINERS
            for sources in ("ModelDataSource", "AdditionalModelDataSources[]")
        ),
        objects=tuple(
            f"{one}.{field}"
            for one in CONTAINERS
            for field in (
                "ModelDataUrl",
                "ModelDataSource.S3DataSource.ManifestS3Uri",
                "AdditionalModelDataSources[].S3DataSource.ManifestS3Uri",
            )
        ),
        environment=tuple(f"{one}.Environment.*" for one in CONTAINERS),
        images=tuple(f"{one}.Image" for one in CONTAINERS),
        networks=("VpcConfig",),
        providers=tuple(
            f"{one}.ImageConfig.RepositoryAuthConfig.RepositoryCredentialsProviderArn" for one in CONTAINERS
        ),
        packages=tuple(f"{one}.ModelPackageName" for one in CONTAINERS),
        unsettled=tuple(
            f"{one}.{sources}.S3DataSource.HubAccessConfig"
            for one in CONTAINERS
            for sources in ("ModelDataSource", "AdditionalModelDataSources[]")
        ),
    ),
    # Ground Truth reads its own output, to put the workers' answers together ("Create a SageMaker AI execution role
    # for a Ground Truth labeling job"). Automated labeling needs the role itself to be passed, which a role cannot
    # name before it is made; messages of a stream name objects that nothing else names.
    "sagemaker:createLabelingJob": Job(
        "LabelingJobs",
        streams=("{LabelingJobName}",),
        grants=_publish("OutputConfig.SnsTopicArn"),
        objects=("LabelCategoryConfigS3Uri", "HumanTaskConfig.UiConfig.UiTemplateS3Uri"),
        manifests=("InputConfig.DataSource.S3DataSource.ManifestS3Uri",),
        synced=("OutputConfig.S3OutputPath",),
        written_keys=("OutputConfig.KmsKeyId",),
        functions=(
            "HumanTaskConfig.PreHumanTaskLambdaArn",
            "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn",
        ),
        refused=("InputConfig.DataSource.SnsDataSource", "LabelingJobAlgorithmsConfig"),
    ),
    # "Complete the prerequisites" of asynchronous inference: the role writes the answers, publishes on the topics,
    # and reads the requests, whose places the callers name.
    "sagemaker:createEndpointConfig": Job(
        folders=(
            "DataCaptureConfig.DestinationS3Uri",
            f"{_ASYNC}.S3OutputPath",
            f"{_ASYNC}.S3FailurePath",
            *(f"{one}.CoreDumpConfig.DestinationS3Uri" for one in _VARIANTS),
        ),
        objects=("ExplainerConfig.ClarifyExplainerConfig.ShapConfig.ShapBaselineConfig.ShapBaselineUri",),
        written_keys=(
            "DataCaptureConfig.KmsKeyId",
            f"{_ASYNC}.KmsKeyId",
            *(f"{one}.CoreDumpConfig.KmsKeyId" for one in _VARIANTS),
        ),
        volume_keys=("KmsKeyId",),
        networks=("VpcConfig",),
        grants=(
            *_publish(f"{_ASYNC}.NotificationConfig.SuccessTopic", f"{_ASYNC}.NotificationConfig.ErrorTopic"),
            _remote_shell(*(f"{one}.EnableSSMAccess" for one in _VARIANTS)),
        ),
        later=("AsyncInferenceConfig",),
    ),
    "sagemaker:createEndpoint": _ENDPOINT,
    "sagemaker:updateEndpoint": _ENDPOINT,
}
"""What the execution role needs, for the calls whose work runs under it."""

GROUND_TRUTH_FUNCTIONS = ("ACS-", "PRE-")
"""How the names of Ground Truth's own functions begin. The role needs nothing for them (SageMaker developer guide,
"Create a SageMaker AI execution role for a Ground Truth labeling job": built-in task types)."""
