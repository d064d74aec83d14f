"""Workflows -> where they are deployed: in a stack of their own, or in one of an application's nested stacks.

Source: AWS CloudFormation API reference, `ListStackResources`: the physical ID of a nested stack is its ARN.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from sfn_cfn.application import NAME, stems
from sfn_cfn.application_parts import STACK
from sfn_cfn.deploy.aws import Cloud, error_of, translated
from sfn_cfn.deploy.bootstrap import described
from sfn_cfn.deploy.codes import SFN836
from sfn_cfn.deploy.package import Package, stack_name
from sfn_cfn.emit_checks import source_of
from sfn_cfn.errors import Diagnostic
from sfn_cfn.settings import Environment, Settings

NESTED_TYPE = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True)
class Place:
    """The stack of a workflow. `own` is the name that it has by itself; `nested` the ARN in an application.

    `application` is the application's stack where workflows are deployed in one; `expected` how the name of the
    workflow's nested stack begins there.
    """

    workflow: str
    own: str
    nested: str = ""
    application: str = ""
    expected: str = ""

    @property
    def stack(self) -> str:
        """Its name, or its ARN."""
        return self.nested or self.own


def built(chosen: Settings) -> set[str]:
    """The workflows whose templates are in the output folder, and the application's name if its is."""
    folder = chosen.root / chosen.output
    paths = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    return {
        path.stem
        for path in paths
        if path.suffix in (".yaml", ".json") and source_of(path.read_text(encoding="utf-8", errors="replace"))
    }


def places(
    cloud: Cloud, chosen: Settings, environment: Environment, workflows: Iterable[str]
) -> dict[str, Place]:
    """Where each of these workflows is; the application is one of them by its name."""
    wanted = {one: Place(one, stack_name(environment, chosen.pipeline_name, one)) for one in workflows}
    if not chosen.application:
        return wanted
    parent = stack_name(environment, chosen.pipeline_name, NAME)
    found = nested_stacks(cloud, parent)
    known = _logical_ids(chosen, wanted)
    out = {}
    for name, one in wanted.items():
        if name == NAME:
            out[name] = one
        else:
            expected = f"{parent}-{known[name]}"
            out[name] = Place(name, one.own, found.get(known[name], ""), parent, expected)
    return out


def _logical_ids(chosen: Settings, workflows: Iterable[str]) -> dict[str, str]:
    """The logical IDs of nested stacks, by the workflows; those of the templates decide where two would have one."""
    every = (built(chosen) | set(workflows)) - {NAME}
    return {name: f"{stem}{STACK}" for name, stem in stems(every).items()}


def nested_stacks(cloud: Cloud, parent: str) -> Mapping[str, str]:
    """The ARNs of a stack's nested stacks by their logical IDs; nothing where there is no such stack."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (with the client)

    found = {}
    with translated():
        pages = (
            cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=parent)
        )
        try:
            for page in pages:
                for one in page["StackResourceSummaries"]:
                    is_there = one["ResourceStatus"] != "DELETE_COMPLETE" and one.get("PhysicalResourceId")
                    if one["ResourceType"] == NESTED_TYPE and is_there:
                        found[one["LogicalResourceId"]] = one["PhysicalResourceId"]
        except ClientError as error:
            if error_of(error)[0] != "ValidationError":
                raise
    return found


def stack_of(cloud: Cloud, chosen: Settings, environment: Environment, workflow: str) -> str:
    """The stack's own name; with `application = true` the ARN of the application's nested stack, if it has one."""
    own = stack_name(environment, chosen.pipeline_name, workflow)
    if not chosen.application:
        return own
    parent = stack_name(environment, chosen.pipeline_name, NAME)
    return nested_stacks(cloud, parent).get(_logical_ids(chosen, [workflow])[workflow], own)


def conflicts(
    cloud: Cloud, chosen: Settings, environment: Environment, packages: Sequence[Package]
) -> Iterator[Diagnostic]:
    """A finding for each workflow that stands by itself and would be deployed in an application, or the reverse."""
    if not chosen.application:
        return
    cloudformation = cloud.client("cloudformation")
    for package in packages:
        for child in package.children:
            workflow = PurePosixPath(child.path).stem
            own = stack_name(environment, chosen.pipeline_name, workflow)
            if own != package.stack and described(cloudformation, own):
                message = f"workflow '{workflow}' is deployed by itself already, as stack '{own}'"
                hint = f"delete that first by 'sfn-cfn destroy {workflow} --env {environment.name}'"
                yield SFN836.at(None, message, hint)
    alone = [one.workflow for one in packages if not one.children and one.workflow != NAME]
    for one in places(cloud, chosen, environment, alone).values() if alone else ():
        if one.nested:
            message = f"workflow '{one.workflow}' is deployed already, in the application's stack '{one.application}'"
            hint = f"deploy the application by 'sfn-cfn deploy --env {environment.name}'"
            yield SFN836.at(None, message, hint)
