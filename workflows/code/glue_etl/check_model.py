"""Lambda function: a training job's name and the largest error allowed -> `{"good": bool, "error": float}`."""

from typing import Any

import boto3

sagemaker = boto3.client("sagemaker")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 (Lambda passes it)
    job = sagemaker.describe_training_job(TrainingJobName=event["TrainingJobName"])
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    error = float(metrics["validation:rmse"])
    return {"good": error <= event["LargestError"], "error": error}
