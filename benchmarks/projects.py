"""A kind and a number -> a project of generated workflows, and the same workflows as plain scripts.

The same kind and number give the same bytes. A plain script is its workflow's source with one line more,
which prints the SDK's template.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KINDS = ("small", "sagemaker")

_SMALL = '''"""Small workflow {n}: prepare, call a function, decide."""

from stepfunctions.steps import Chain, Choice, ChoiceRule, LambdaStep, Pass, Succeed
from stepfunctions.workflow import Workflow

prepare = Pass("Prepare", result={{"run": {n}, "limit": 10}}, result_path="$.Settings")
score = LambdaStep(
    "Score",
    parameters={{"FunctionName": "score-{n}", "Payload": {{"settings.$": "$.Settings"}}}},
    result_path="$.Score",
    timeout_seconds=60,
)
decide = Choice("Decide")
decide.add_choice(ChoiceRule.NumericGreaterThan("$.Score.Payload.value", 10), Pass("High"))
decide.default_choice(Succeed("Done"))
workflow = Workflow("small-{n:03}", Chain([prepare, score, decide]), role="SmallWorkflowRole")
'''

_SAGEMAKER = '''"""SageMaker workflow {n}: train, save the model, score a held-out set, deploy the model."""

import sagemaker
from sagemaker.inputs import TrainingInput
from sagemaker.transformer import Transformer
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import (
    Chain,
    EndpointConfigStep,
    EndpointStep,
    ModelStep,
    Retry,
    TrainingStep,
    TransformStep,
)
from stepfunctions.workflow import Workflow

session = sagemaker.Session()
data = f"s3://{{session.default_bucket()}}/project-{n}"
names = ExecutionInput(schema={{"JobName": str, "ModelName": str, "EndpointName": str}})
image = sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, version="1.7-1")

estimator = sagemaker.estimator.Estimator(
    image_uri=image,
    role="TrainingRole",
    instance_type="ml.m5.xlarge",
    instance_count=1,
    output_path=f"{{data}}/models",
    sagemaker_session=session,
    hyperparameters={{"objective": "binary:logistic", "num_round": {n} + 100, "max_depth": 5}},
)
train = TrainingStep(
    "Train",
    estimator=estimator,
    data={{
        "train": TrainingInput(f"{{data}}/train", content_type="text/csv"),
        "validation": TrainingInput(f"{{data}}/validation", content_type="text/csv"),
    }},
    job_name=names["JobName"],
    result_path="$.Training",
    timeout_seconds=3600,
)
save = ModelStep(
    "Save model",
    model=sagemaker.model.Model(
        image_uri=image,
        model_data=train.output()["Training"]["ModelArtifacts"]["S3ModelArtifacts"],
        role="TrainingRole",
        sagemaker_session=session,
    ),
    model_name=names["ModelName"],
    result_path="$.Model",
    timeout_seconds=60,
)
score = TransformStep(
    "Score",
    transformer=Transformer(
        model_name="set by the step",
        instance_count=1,
        instance_type="ml.m5.xlarge",
        output_path=f"{{data}}/scores",
        sagemaker_session=session,
    ),
    job_name=names["JobName"],
    model_name=names["ModelName"],
    data=f"{{data}}/holdout",
    content_type="text/csv",
    result_path="$.Scoring",
    timeout_seconds=3600,
)
configure = EndpointConfigStep(
    "Configure endpoint",
    endpoint_config_name=names["ModelName"],
    model_name=names["ModelName"],
    initial_instance_count=1,
    instance_type="ml.m5.large",
    result_path="$.Configuration",
    timeout_seconds=60,
)
deploy = EndpointStep(
    "Deploy endpoint",
    endpoint_name=names["EndpointName"],
    endpoint_config_name=names["ModelName"],
    result_path="$.Endpoint",
    timeout_seconds=60,
)
steps = [train, save, score, configure, deploy]
for step in steps:
    step.add_retry(Retry(error_equals=["ThrottlingException"], interval_seconds=15, max_attempts=4))
workflow = Workflow("sagemaker-{n:03}", Chain(steps), role="WorkflowRole", execution_input=names)
'''

_TEMPLATES = {"small": _SMALL, "sagemaker": _SAGEMAKER}
_PRINT = "print(workflow.get_cloudformation_template())\n"


@dataclass(frozen=True, slots=True)
class Project:
    """`root` is what `sfn-cfn build` runs on; `scripts` stand outside of it."""

    kind: str
    root: Path
    scripts: tuple[Path, ...]


def make(kind: str, count: int, folder: Path) -> Project:
    """Write `count` workflows and as many plain scripts below `folder`."""
    root, plain = folder / f"{kind}-{count}", folder / f"{kind}-{count}-plain"
    (root / "workflows").mkdir(parents=True)
    plain.mkdir()
    for number in range(count):
        source, name = _TEMPLATES[kind].format(n=number), f"{kind}_{number:03}.py"
        (root / "workflows" / name).write_text(source, encoding="utf-8")
        (plain / name).write_text(source + _PRINT, encoding="utf-8")
    return Project(kind, root, tuple(sorted(plain.iterdir())))
