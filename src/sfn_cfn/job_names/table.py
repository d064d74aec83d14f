"""The calls that make something under a name of its own, and what that name may be.

Source: the request syntax of each call in the Amazon SageMaker API Reference, and StartExecution in the
AWS Step Functions API Reference. A SageMaker name is `[a-zA-Z0-9](-*[a-zA-Z0-9])*`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfn_cfn.model import Integration


@dataclass(frozen=True, slots=True)
class Named:
    """The field with the name, how long that may be, and what it names in words.

    `job`: a retried call starts another one, so that a failed one keeps the name. `stays`: others know the
    name (an endpoint's clients), so that it is never replaced.
    """

    field: str
    longest: int
    noun: str
    job: bool = True
    stays: bool = False


_CALLS: Mapping[str, Named] = {
    "createTrainingJob": Named("TrainingJobName", 63, "training job"),
    "createTransformJob": Named("TransformJobName", 63, "transform job"),
    "createProcessingJob": Named("ProcessingJobName", 63, "processing job"),
    "createHyperParameterTuningJob": Named("HyperParameterTuningJobName", 32, "tuning job"),
    "createLabelingJob": Named("LabelingJobName", 63, "labeling job"),
    "createAutoMLJob": Named("AutoMLJobName", 32, "AutoML job"),
    "createAutoMLJobV2": Named("AutoMLJobName", 32, "AutoML job"),
    "createCompilationJob": Named("CompilationJobName", 63, "compilation job"),
    "createModel": Named("ModelName", 63, "model", job=False),
    "createEndpointConfig": Named("EndpointConfigName", 63, "endpoint configuration", job=False),
    "createEndpoint": Named("EndpointName", 63, "endpoint", job=False, stays=True),
}
LONGEST_EXECUTION = 80
"""Characters in an execution's name."""

_EXECUTION = Named("Name", LONGEST_EXECUTION, "execution")


def named(integration: Integration | None) -> Named | None:
    """What the call names; None for one that names nothing."""
    if integration is None:
        return None
    if integration.service == "sagemaker":
        return _CALLS.get(integration.action) or _CALLS.get(integration.action.replace("Ml", "ML"))
    starts = integration.service in ("states", "sfn") and integration.action == "startExecution"
    return _EXECUTION if starts else None
