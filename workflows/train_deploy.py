"""Train a built-in XGBoost model on customer churn, score a held-out set, and put the model behind an endpoint.

Train -> Save model -> Score held-out set -> Configure endpoint -> Deploy endpoint

Calls that SageMaker throttles are tried again; any other failure is told to an SNS topic before the
execution fails. Names come from the execution's input, because SageMaker wants each job's name to be new:

    {"JobName": "churn-2024-05-01", "ModelName": "churn-2024-05-01", "EndpointName": "churn"}

The data are CSV files without a header, the label in the first column, in the session's default bucket
under `churn/train/`, `churn/validation/` and `churn/holdout/` (the last without the label).
"""

import sagemaker
from sagemaker.inputs import TrainingInput
from sagemaker.transformer import Transformer
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import (
    Catch,
    Chain,
    EndpointConfigStep,
    EndpointStep,
    Fail,
    ModelStep,
    Retry,
    SnsPublishStep,
    TrainingStep,
    TransformStep,
)
from stepfunctions.workflow import Workflow

from sfn_cfn import parameter

session = sagemaker.Session()
region = session.boto_region_name
bucket = session.default_bucket()
data = f"s3://{bucket}/churn"

execution_input = ExecutionInput(schema={"JobName": str, "ModelName": str, "EndpointName": str})

xgboost = sagemaker.estimator.Estimator(
    image_uri=sagemaker.image_uris.retrieve("xgboost", region, version="1.7-1"),
    role="ChurnSageMakerRole",
    instance_type=parameter(
        "TrainingInstanceType",
        default="ml.m5.xlarge",
        allowed_values=["ml.m5.xlarge", "ml.m5.2xlarge", "ml.m5.4xlarge"],
        description="Instance type of the training job",
    ),
    instance_count=parameter(
        "TrainingInstanceCount", default=1, min=1, max=8, description="Instances of the training job"
    ),
    volume_size=30,
    max_run=3600,
    output_path=f"{data}/models",
    sagemaker_session=session,
    hyperparameters={
        "objective": "binary:logistic",
        "eval_metric": "auc",
        "num_round": 200,
        "max_depth": 5,
        "eta": 0.2,
        "subsample": 0.8,
    },
)

train = TrainingStep(
    "Train",
    estimator=xgboost,
    data={
        "train": TrainingInput(f"{data}/train", content_type="text/csv"),
        "validation": TrainingInput(f"{data}/validation", content_type="text/csv"),
    },
    job_name=execution_input["JobName"],
    result_path="$.Training",
    timeout_seconds=4200,
)

save_model = ModelStep(
    "Save model",
    model=sagemaker.model.Model(
        image_uri=xgboost.training_image_uri(),
        model_data=train.output()["Training"]["ModelArtifacts"]["S3ModelArtifacts"],
        role="ChurnSageMakerRole",
        sagemaker_session=session,
    ),
    model_name=execution_input["ModelName"],
    result_path="$.Model",
    timeout_seconds=60,
)

score = TransformStep(
    "Score held-out set",
    transformer=Transformer(
        model_name="set by the step",
        instance_count=1,
        instance_type="ml.m5.xlarge",
        output_path=f"{data}/scores",
        assemble_with="Line",
        accept="text/csv",
        sagemaker_session=session,
    ),
    job_name=execution_input["JobName"],
    model_name=execution_input["ModelName"],
    data=f"{data}/holdout",
    content_type="text/csv",
    split_type="Line",
    result_path="$.Scoring",
    timeout_seconds=3600,
)

configure = EndpointConfigStep(
    "Configure endpoint",
    endpoint_config_name=execution_input["ModelName"],
    model_name=execution_input["ModelName"],
    initial_instance_count=parameter(
        "EndpointInstanceCount", default=1, min=1, max=10, description="Instances behind the endpoint"
    ),
    instance_type="ml.m5.large",
    result_path="$.EndpointConfig",
    timeout_seconds=60,
)

deploy = EndpointStep(
    "Deploy endpoint",
    endpoint_name=execution_input["EndpointName"],
    endpoint_config_name=execution_input["ModelName"],
    result_path="$.Endpoint",
    timeout_seconds=60,
)

tell = SnsPublishStep(
    "Tell about the failure",
    parameters={
        "TopicArn": f"arn:aws:sns:{region}:{session.account_id()}:ml-alerts",
        "Subject": "Churn model: training failed",
        "Message.$": "$.Failure.Cause",
    },
    timeout_seconds=30,
)
tell.next(Fail("Failed", error="ChurnPipelineFailed", cause="see the message on the topic ml-alerts"))

for step in (train, save_model, score, configure, deploy):
    step.add_retry(
        Retry(
            error_equals=["ThrottlingException", "SageMaker.AmazonSageMakerException"],
            interval_seconds=15,
            max_attempts=4,
            backoff_rate=2,
        )
    )
    step.add_catch(Catch(error_equals=["States.ALL"], next_step=tell, result_path="$.Failure"))

workflow = Workflow(
    name="train-deploy",
    definition=Chain([train, save_model, score, configure, deploy]),
    role="ChurnWorkflowRole",
    execution_input=execution_input,
    comment="Train, score and deploy the churn model",
)
