"""Lambda function: `{"Bucket": ..., "Key": ...}` -> the JSON object stored there."""

import json
from typing import Any

import boto3

s3 = boto3.client("s3")


def handler(event: dict[str, str], context: Any) -> Any:  # noqa: ARG001 (Lambda passes it)
    return json.loads(s3.get_object(Bucket=event["Bucket"], Key=event["Key"])["Body"].read())
