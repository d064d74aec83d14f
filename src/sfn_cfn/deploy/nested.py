"""A workflow's stack -> its name, or that of the nested stack which it is in an application."""

from __future__ import annotations

from sfn_cfn.application import NAME, stem
from sfn_cfn.deploy.aws import Cloud, error_of, translated
from sfn_cfn.deploy.package import stack_name
from sfn_cfn.settings import Environment, Settings


def stack_of(cloud: Cloud, chosen: Settings, environment: Environment, workflow: str) -> str:
    """The stack's own name; with `application = true` the ARN of the application's nested stack, if it has one."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (with the client)

    own = stack_name(environment, chosen.pipeline_name, workflow)
    if not chosen.application:
        return own
    parent = stack_name(environment, chosen.pipeline_name, NAME)
    with translated():
        try:
            found = cloud.client("cloudformation").describe_stack_resource(
                StackName=parent, LogicalResourceId=f"{stem(workflow)}Stack"
            )
        except ClientError as error:
            if error_of(error)[0] not in ("ValidationError", "ResourceNotFoundException"):
                raise
            return own
    return str(found["StackResourceDetail"].get("PhysicalResourceId") or own)
