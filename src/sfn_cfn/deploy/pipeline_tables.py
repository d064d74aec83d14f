"""An environment's stacks -> the names of their tables of pipelines' settings.

Source: the AWS CloudFormation API reference, `DescribeStacks` (without a name it gives all stacks of the account and
region, with their parameters and outputs).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sfn_cfn.application import NAME
from sfn_cfn.deploy import nested
from sfn_cfn.deploy.aws import DENIED, Cloud, error_of, translated
from sfn_cfn.deploy.bootstrap import described
from sfn_cfn.deploy.package import stack_name
from sfn_cfn.deploy.pipeline_codes import SFN874
from sfn_cfn.deploy.status import outputs
from sfn_cfn.errors import DeployError
from sfn_cfn.model import PIPELINE_NAME, TARGET_ENV
from sfn_cfn.settings import Environment, Settings

OUTPUT = "PipelineTable"


def table(cloud: Cloud, chosen: Settings, environment: Environment, workflow: str) -> str:
    """The table of a workflow, or of the application by its name. Raises `DeployError` where there is none."""
    stack = _stack(cloud, chosen, environment, workflow)
    if name := outputs(cloud, stack).get(OUTPUT, ""):
        return name
    message = f"stack '{stack}' has no table of pipelines"
    raise DeployError(SFN874.at(None, message, "write [pipelines] enabled = true, build and deploy"))


def tables(cloud: Cloud, chosen: Settings, environment: Environment, known: Iterable[str]) -> list[str]:
    """The tables of all stacks of the environment, each once, by the stacks' names.

    Raises `DeployError` where there is none. `known` are workflows of the project: their stacks are asked one by one
    where not all may be described.
    """
    every = _all(cloud)
    if every is None:
        stacks = [stack for one in known for stack in _of_workflow(cloud, chosen, environment, one)]
    else:
        stacks = [one for one in every if _is_own(one, chosen, environment)]
    found = [
        one["OutputValue"]
        for stack in sorted(stacks, key=lambda one: str(one["StackName"]))
        for one in stack.get("Outputs", ())
        if one["OutputKey"] == OUTPUT
    ]
    if not found:
        where = f"account {cloud.account}, region {cloud.region}"
        message = f"no stack of environment '{environment.name}' has a table of pipelines in {where}"
        hint = "write [pipelines] enabled = true and deploy, or name the workflow by --workflow"
        raise DeployError(SFN874.at(None, message, hint))
    return list(dict.fromkeys(found))


def _all(cloud: Cloud) -> list[dict[str, Any]] | None:
    """All stacks; None where the identity may not ask for all."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (with the client)

    with translated():
        try:
            pages = cloud.client("cloudformation").get_paginator("describe_stacks").paginate()
            return [one for page in pages for one in page["Stacks"]]
        except ClientError as error:
            if error_of(error)[0] not in DENIED:
                raise
            return None


def _is_own(stack: Mapping[str, Any], chosen: Settings, environment: Environment) -> bool:
    """Whether a stack is one of a workflow, or of the application, in this environment.

    `fraud-*-dev` is also what stacks of the project `fraud-eu` are called, and those of the environment `eu-dev`:
    the parameters tell.
    """
    name = str(stack["StackName"])
    if name in environment.stacks.values():
        return True
    form = stack_name(replace(environment, stacks={}), chosen.pipeline_name, "*")
    before, _, after = form.partition("*")
    given = {one["ParameterKey"]: one.get("ParameterValue", "") for one in stack.get("Parameters", ())}
    project = environment.parameters.get(PIPELINE_NAME.name, chosen.pipeline_name)
    return (
        name.startswith(before)
        and name.endswith(after)
        and given.get(PIPELINE_NAME.name, project) == project
        and given.get(TARGET_ENV.name, environment.name) == environment.name
    )


def _stack(cloud: Cloud, chosen: Settings, environment: Environment, workflow: str) -> str:
    if chosen.application and workflow == NAME:
        return stack_name(environment, chosen.pipeline_name, NAME)
    return nested.stack_of(cloud, chosen, environment, workflow)


def _of_workflow(
    cloud: Cloud, chosen: Settings, environment: Environment, workflow: str
) -> Iterator[Mapping[str, Any]]:
    """The stack of a workflow, or of the application by its name, where there is one."""
    with translated():
        name = _stack(cloud, chosen, environment, workflow)
        if found := described(cloud.client("cloudformation"), name):
            yield found
