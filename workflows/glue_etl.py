"""Join raw tables with Glue, train on the result, let a Lambda function judge the model, deploy it if it may.

Join tables -> Train -> Check model -> Good model? -> Save model -> Configure endpoint -> Update endpoint
                                                   -> Model refused

The Glue script (`code/glue_etl/join_tables.py`) and the Lambda function's code (`code/glue_etl/
check_model.py`) live in this repository; the Glue job and the function themselves are made elsewhere and
named by parameters. The endpoint exists already and is updated. The execution's input:

    {"TrainJobName": "demand-0501", "ModelName": "demand-0501", "Day": "2024-05-01"}
"""

import sagemaker
from sagemaker.inputs import TrainingInput
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import (
    Catch,
    Chain,
    Choice,
    ChoiceRule,
    EndpointConfigStep,
    EndpointStep,
    Fail,
    GlueStartJobRunStep,
    LambdaStep,
    ModelStep,
    Retry,
    TrainingStep,
)
from stepfunctions.workflow import Workflow

from sfn_cfn import parameter

ROLE = "DemandSageMakerRole"

session = sagemaker.Session()
data = f"s3://{session.default_bucket()}/demand"

execution_input = ExecutionInput(schema={"TrainJobName": str, "ModelName": str, "Day": str})

join_tables = GlueStartJobRunStep(
    "Join tables",
    parameters={
        "JobName": parameter("GlueJob", default="demand-join-tables"),
        "Arguments": {
            "--source": f"{data}/raw",
            "--target": f"{data}/joined",
            "--day": execution_input["Day"],
        },
    },
    retry=Retry(
        error_equals=["Glue.ConcurrentRunsExceededException"],
        interval_seconds=60,
        max_attempts=5,
        backoff_rate=1.5,
    ),
    result_path="$.Join",
    timeout_seconds=7200,
)

xgboost = sagemaker.estimator.Estimator(
    image_uri=sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, version="1.7-1"),
    role=ROLE,
    instance_type=parameter("TrainingInstanceType", default="ml.m5.2xlarge"),
    instance_count=1,
    max_run=7200,
    use_spot_instances=True,
    max_wait=10800,
    output_path=f"{data}/models",
    sagemaker_session=session,
    hyperparameters={"objective": "reg:squarederror", "num_round": 300, "max_depth": 6},
)

train = TrainingStep(
    "Train",
    estimator=xgboost,
    data={
        "train": TrainingInput(f"{data}/joined/train", content_type="application/x-parquet"),
        "validation": TrainingInput(f"{data}/joined/validation", content_type="application/x-parquet"),
    },
    job_name=execution_input["TrainJobName"],
    result_path="$.Training",
    timeout_seconds=12000,
)

check_model = LambdaStep(
    "Check model",
    parameters={
        "FunctionName": parameter("CheckFunction", default="demand-check-model"),
        "Payload": {
            "TrainingJobName": execution_input["TrainJobName"],
            "LargestError": parameter("LargestError", default=25, min=1, max=1000),
        },
    },
    retry=Retry(
        error_equals=["Lambda.ServiceException", "Lambda.TooManyRequestsException"],
        interval_seconds=5,
        max_attempts=3,
        backoff_rate=2,
    ),
    result_path="$.Check",
    timeout_seconds=60,
)

save_model = ModelStep(
    "Save model",
    model=sagemaker.model.Model(
        image_uri=xgboost.training_image_uri(),
        model_data=train.output()["Training"]["ModelArtifacts"]["S3ModelArtifacts"],
        role=ROLE,
        sagemaker_session=session,
    ),
    model_name=execution_input["ModelName"],
    result_path="$.Model",
    timeout_seconds=60,
)

configure = EndpointConfigStep(
    "Configure endpoint",
    endpoint_config_name=execution_input["ModelName"],
    model_name=execution_input["ModelName"],
    initial_instance_count=1,
    instance_type="ml.m5.large",
    result_path="$.EndpointConfig",
    timeout_seconds=60,
)

update = EndpointStep(
    "Update endpoint",
    endpoint_name=parameter("EndpointName", default="demand"),
    endpoint_config_name=execution_input["ModelName"],
    update=True,
    timeout_seconds=60,
)

refused = Fail("Model refused", error="ModelRefused", cause="the validation error is above LargestError")
failed = Fail("Failed", error="DemandPipelineFailed", cause="a state before this one failed")

for step in (join_tables, train, check_model, save_model, configure, update):
    step.add_catch(Catch(error_equals=["States.ALL"], next_step=failed, result_path="$.Failure"))

good = Choice("Good model?")
good.add_choice(
    ChoiceRule.BooleanEquals(variable="$.Check.Payload.good", value=True),
    next_step=Chain([save_model, configure, update]),
)
good.default_choice(refused)

workflow = Workflow(
    name="glue-etl",
    definition=Chain([join_tables, train, check_model, good]),
    role="DemandWorkflowRole",
    execution_input=execution_input,
)
