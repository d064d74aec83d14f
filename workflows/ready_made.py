"""The SDK's ready-made pipeline: train a model of a built-in algorithm, and put it behind an endpoint.

`TrainingPipeline` makes the states itself and reads all of their parameters from the execution's input.
That input is written beside the template, as `templates/inputs/ready-made.json`; give each execution its
own job, model and endpoint names in it.
"""

import sagemaker
from sagemaker.inputs import TrainingInput
from stepfunctions.template.pipeline import TrainingPipeline

session = sagemaker.Session()
bucket = session.default_bucket()

linear = sagemaker.estimator.Estimator(
    image_uri=sagemaker.image_uris.retrieve("linear-learner", session.boto_region_name),
    role="HousingSageMakerRole",
    instance_type="ml.m5.xlarge",
    instance_count=1,
    max_run=3600,
    output_path=f"s3://{bucket}/housing/models",
    sagemaker_session=session,
    hyperparameters={"predictor_type": "regressor", "feature_dim": 8, "mini_batch_size": 100},
)

pipeline = TrainingPipeline(
    estimator=linear,
    role="HousingWorkflowRole",
    inputs={"train": TrainingInput(f"s3://{bucket}/housing/train", content_type="text/csv")},
    s3_bucket=bucket,
    pipeline_name="ready-made",
)
