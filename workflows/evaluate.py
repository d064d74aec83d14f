"""Prepare data, train a scikit-learn model from code in this repository, and keep it only if it is good.

Prepare -> Train -> Evaluate -> Read metrics -> Accurate enough? -> Save model | Not accurate enough

The code that runs inside the jobs is in `code/evaluate/`. The processing scripts are uploaded with
`upload_data`, the training code is packed by the estimator; both go to the session's default bucket under
keys without a time in them, so that the definition is the same at each build. The training step gets a
plain job name for its archive's key, and the unique name from the execution's input through `parameters`:

    {"PrepareJobName": "...", "TrainJobName": "...", "EvaluateJobName": "...", "ModelName": "..."}

The Lambda function named by the parameter `MetricsFunction` (its code: `code/evaluate/read_metrics.py`)
reads the `evaluation.json` that the evaluation wrote, since a Choice state cannot read from S3.
"""

from pathlib import Path

import sagemaker
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import (
    Chain,
    Choice,
    ChoiceRule,
    Fail,
    LambdaStep,
    ModelStep,
    ProcessingStep,
    Retry,
    TrainingStep,
)
from stepfunctions.workflow import Workflow

from sfn_cfn import parameter

CODE = Path(__file__).parent / "code" / "evaluate"
CONTAINER = "/opt/ml/processing"
ROLE = "IncomeSageMakerRole"

session = sagemaker.Session()
bucket = session.default_bucket()
data = f"s3://{bucket}/income"

execution_input = ExecutionInput(
    schema={"PrepareJobName": str, "TrainJobName": str, "EvaluateJobName": str, "ModelName": str}
)


def script(name: str) -> ProcessingInput:
    """A processing script from the code folder, uploaded and mounted as the job's input."""
    uri = session.upload_data(str(CODE / name), bucket=bucket, key_prefix="income/code")
    return ProcessingInput(source=uri, destination=f"{CONTAINER}/code", input_name="code")


def processor() -> SKLearnProcessor:
    """One machine with scikit-learn on it."""
    return SKLearnProcessor(
        framework_version="1.2-1",
        role=ROLE,
        instance_type=parameter("ProcessingInstanceType", default="ml.m5.xlarge"),
        instance_count=1,
        max_runtime_in_seconds=1800,
        sagemaker_session=session,
    )


prepare = ProcessingStep(
    "Prepare",
    processor=processor(),
    job_name=execution_input["PrepareJobName"],
    inputs=[
        ProcessingInput(source=f"{data}/raw", destination=f"{CONTAINER}/raw", input_name="raw"),
        script("prepare.py"),
    ],
    outputs=[
        ProcessingOutput(
            source=f"{CONTAINER}/train", destination=f"{data}/prepared/train", output_name="train"
        ),
        ProcessingOutput(source=f"{CONTAINER}/test", destination=f"{data}/prepared/test", output_name="test"),
    ],
    container_arguments=["--test-share", "0.2"],
    container_entrypoint=["python3", f"{CONTAINER}/code/prepare.py"],
    result_path="$.Prepared",
    timeout_seconds=2400,
)

estimator = SKLearn(
    entry_point="train.py",
    source_dir=str(CODE),
    framework_version="1.2-1",
    role=ROLE,
    instance_type="ml.m5.xlarge",
    instance_count=1,
    max_run=1800,
    output_path=f"{data}/models",
    sagemaker_session=session,
    hyperparameters={"max-depth": 8, "estimators": 200},
)

train = TrainingStep(
    "Train",
    estimator=estimator,
    data={"train": f"{data}/prepared/train"},
    job_name="income-train",
    parameters={"TrainingJobName": execution_input["TrainJobName"]},
    timeout_seconds=2400,
)

evaluate = ProcessingStep(
    "Evaluate",
    processor=processor(),
    job_name=execution_input["EvaluateJobName"],
    inputs=[
        ProcessingInput(
            source=train.get_expected_model().model_data,
            destination=f"{CONTAINER}/model",
            input_name="model",
        ),
        ProcessingInput(source=f"{data}/prepared/test", destination=f"{CONTAINER}/test", input_name="test"),
        script("evaluate.py"),
    ],
    outputs=[
        ProcessingOutput(
            source=f"{CONTAINER}/evaluation", destination=f"{data}/evaluation", output_name="evaluation"
        )
    ],
    container_entrypoint=["python3", f"{CONTAINER}/code/evaluate.py"],
    result_path="$.Evaluation",
    timeout_seconds=2400,
)

read_metrics = LambdaStep(
    "Read metrics",
    parameters={
        "FunctionName": parameter("MetricsFunction", default="read-metrics"),
        "Payload": {"Bucket": bucket, "Key": "income/evaluation/evaluation.json"},
    },
    retry=Retry(
        error_equals=["Lambda.ServiceException", "Lambda.TooManyRequestsException"],
        interval_seconds=5,
        max_attempts=3,
        backoff_rate=2,
    ),
    result_path="$.Metrics",
    timeout_seconds=60,
)

save_model = ModelStep(
    "Save model",
    model=sagemaker.model.Model(
        image_uri=estimator.training_image_uri(),
        model_data=train.output()["ModelArtifacts"]["S3ModelArtifacts"],
        role=ROLE,
        env={
            "SAGEMAKER_PROGRAM": "train.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": estimator.uploaded_code.s3_prefix,
        },
        sagemaker_session=session,
    ),
    model_name=execution_input["ModelName"],
    timeout_seconds=60,
)

enough = Choice("Accurate enough?")
enough.add_choice(
    ChoiceRule.NumericGreaterThanEquals(
        variable="$.Metrics.Payload.accuracy_percent",
        value=parameter(
            "MinimumAccuracyPercent",
            default=80,
            min=0,
            max=100,
            description="Models that get fewer of the test rows right are not kept",
        ),
    ),
    next_step=save_model,
)
enough.default_choice(
    Fail("Not accurate enough", error="ModelRejected", cause="the accuracy is below MinimumAccuracyPercent")
)

workflow = Workflow(
    name="evaluate",
    definition=Chain([prepare, train, evaluate, read_metrics, enough]),
    role="IncomeWorkflowRole",
    execution_input=execution_input,
)
