"""What the SageMaker role needs for each call whose work runs under it.

Source: the SageMaker developer guide, "SageMaker AI roles" (execution role permissions by API).
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import Job
from sfn_cfn.iam.table.sagemaker import CONTAINERS, TUNED

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
    parts = [_training(f"{one}.", "StaticHyperParameters") for one in TUNED]
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
        sources=tuple(f"{one}.ModelDataSource.S3DataSource" for one in CONTAINERS),
        objects=tuple(f"{one}.ModelDataUrl" for one in CONTAINERS),
        environment=tuple(f"{one}.Environment.*" for one in CONTAINERS),
        images=tuple(f"{one}.Image" for one in CONTAINERS),
        networks=("VpcConfig",),
        providers=tuple(
            f"{one}.ImageConfig.RepositoryAuthConfig.RepositoryCredentialsProviderArn" for one in CONTAINERS
        ),
        packages=tuple(f"{one}.ModelPackageName" for one in CONTAINERS),
        refused=tuple(f"{one}.AdditionalModelDataSources" for one in CONTAINERS),
    ),
    # Ground Truth reads its own output, to put the workers' answers together. Training for automated labeling and a
    # stream of objects (topics, a queue) have needs of their own.
    "sagemaker:createLabelingJob": Job(
        "LabelingJobs",
        objects=("LabelCategoryConfigS3Uri", "HumanTaskConfig.UiConfig.UiTemplateS3Uri"),
        manifests=("InputConfig.DataSource.S3DataSource.ManifestS3Uri",),
        synced=("OutputConfig.S3OutputPath",),
        written_keys=("OutputConfig.KmsKeyId",),
        functions=(
            "HumanTaskConfig.PreHumanTaskLambdaArn",
            "HumanTaskConfig.AnnotationConsolidationConfig.AnnotationConsolidationLambdaArn",
        ),
        refused=(
            "InputConfig.DataSource.SnsDataSource",
            "LabelingJobAlgorithmsConfig",
            "OutputConfig.SnsTopicArn",
        ),
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

GROUND_TRUTH_FUNCTIONS = ("ACS-", "PRE-")
"""How the names of Ground Truth's own functions begin. The role needs nothing for them (SageMaker developer guide,
"Create a SageMaker AI execution role for a Ground Truth labeling job": built-in task types)."""
