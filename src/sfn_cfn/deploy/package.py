"""What a build gave for an environment -> a template and parameters that CloudFormation takes as they are.

The configuration file of the build names no asset bucket, because only a deployment knows it; here it is
filled in. AWS CLI 2 takes that file (`--parameter-overrides file://...`), CLI 1 takes `Key=Value` pairs, which
stand in a second file, one a line.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from sfn_cfn import application
from sfn_cfn.deploy.upload import DEFAULT_PREFIX, Object, objects, of_text
from sfn_cfn.model import Asset, OutputFile
from sfn_cfn.settings import Environment
from sfn_cfn.template import yaml
from sfn_cfn.template.model import Template
from sfn_cfn.template.tokens import ASSET_BUCKET, ASSET_PREFIX

INLINE = 51_200
"""Bytes of a template that a request may hold (AWS CloudFormation User Guide, "quotas"); a larger one is
read from S3."""


@dataclass(frozen=True, slots=True)
class Package:
    """One workflow for one environment. `parameters` are those that the settings give, and the asset bucket's.

    `children` are the templates of an application's nested stacks.
    """

    workflow: str
    stack: str
    template: OutputFile
    parameters: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    assets: tuple[Asset, ...] = ()
    children: tuple[OutputFile, ...] = ()

    @property
    def is_large(self) -> bool:
        """Whether the template has to be read from S3."""
        return len(self.template.content.encode("utf-8")) > INLINE

    @property
    def needs_bucket(self) -> bool:
        """Whether something of it stands in the asset bucket."""
        return bool(self.assets or self.children) or self.is_large

    @property
    def prefix(self) -> str:
        """Where its assets stand in the asset bucket."""
        return self.parameters.get(ASSET_PREFIX.name, DEFAULT_PREFIX)

    def read(self) -> Template:
        """The template as values."""
        return yaml.load(self.template.content, self.template.path)


def packages(
    outputs: Iterable[OutputFile],
    assets: Mapping[str, tuple[Asset, ...]],
    environment: Environment,
    pipeline_name: str,
) -> tuple[Package, ...]:
    """A package for each template among a build's outputs, by the workflow's name."""
    files = {file.path: file for file in outputs}
    found = []
    for path in sorted(path for path in files if "/" not in path):
        workflow = PurePosixPath(path).stem
        config = json.loads(files[f"config/{workflow}.{environment.name}.json"].content)
        found.append(
            Package(
                workflow,
                stack_name(environment, pipeline_name, workflow),
                files[path],
                config["Parameters"],
                config.get("Tags", {}),
                assets.get(workflow, ()),
            )
        )
    return tuple(found)


def together(found: Iterable[Package]) -> tuple[Package, ...]:
    """The application's package with all others in it, where it is among them; else all."""
    every = {one.workflow: one for one in found}
    parent = every.pop(application.NAME, None)
    if parent is None:
        return tuple(every.values())
    assets = tuple(dict.fromkeys(asset for one in every.values() for asset in one.assets))
    return (replace(parent, assets=assets, children=tuple(one.template for one in every.values())),)


def with_addresses(package: Package, where: Callable[[str], str]) -> Package:
    """An application's package with the addresses of its children's templates; `where` gives that of a key."""
    if not package.children:
        return package
    addresses = {one.path: where(_text_key(package.prefix, one)) for one in package.children}
    content = application.with_addresses(package.template.content, addresses)
    return replace(package, template=replace(package.template, content=content))


def stack_name(environment: Environment, pipeline_name: str, workflow: str) -> str:
    """The settings' name for the workflow's stack, else `<pipeline_name>-<workflow>-<env>`.

    A stack's name has letters, digits and hyphens (AWS CloudFormation User Guide, "stack name"), so `_` becomes `-`.
    """
    name = environment.parameters.get("PipelineName", pipeline_name)
    return environment.stacks.get(workflow) or f"{name}-{workflow}-{environment.name}".replace("_", "-")


def with_bucket(package: Package, bucket: str) -> Package:
    """The package with the asset bucket's name among its parameters, where it has assets."""
    if not package.assets:
        return package
    return replace(package, parameters={**package.parameters, ASSET_BUCKET.name: bucket})


def to_upload(found: Iterable[Package]) -> tuple[Object, ...]:
    """What must stand in the asset bucket before the stacks: assets, and templates over `INLINE` bytes."""
    wanted: dict[str, Object] = {}
    for package in found:
        for one in objects(package.assets, package.prefix):
            wanted[one.key] = one
        texts = (*package.children, *((package.template,) if package.is_large else ()))
        for text in texts:
            one = of_text(_text_key(package.prefix, text), text.content)
            wanted[one.key] = one
    return tuple(wanted[key] for key in sorted(wanted))


def template_key(package: Package) -> str:
    """Where a large template stands in the asset bucket."""
    return _text_key(package.prefix, package.template)


def _text_key(prefix: str, template: OutputFile) -> str:
    digest = hashlib.sha256(template.content.encode("utf-8")).hexdigest()
    return f"{prefix}/templates/{digest}/{PurePosixPath(template.path).name}"


def files(package: Package, environment: str) -> Iterator[OutputFile]:
    """The template, its configuration file, and the same parameters as pairs."""
    yield package.template
    shown = {"Parameters": package.parameters, "Tags": package.tags}
    stem = f"{package.workflow}.{environment}"
    yield OutputFile(f"{stem}.json", json.dumps(shown, indent=2) + "\n")
    yield OutputFile(f"{stem}.params", "".join(f"{pair}\n" for pair in pairs(package.parameters)))


def pairs(parameters: Mapping[str, str]) -> tuple[str, ...]:
    """`Key=Value`, quoted for a shell where it must be."""
    return tuple(shlex.quote(f"{key}={value}") for key, value in parameters.items())


def command(package: Package, environment: str, folder: str, region: str, bucket: str) -> Sequence[str]:
    """The `aws cloudformation deploy` that deploys the package, by AWS CLI 2, from what is in `folder`."""
    where = f"{folder}/" if folder else ""
    out = ["aws", "cloudformation", "deploy", "--region", region, "--stack-name", package.stack]
    out += ["--template-file", f"{where}{package.template.path}", "--capabilities", "CAPABILITY_IAM"]
    out += ["--parameter-overrides", f"file://{where}{package.workflow}.{environment}.json"]
    if package.is_large:
        out += ["--s3-bucket", bucket]
    if package.tags:
        out += ["--tags", *(f"{key}={value}" for key, value in package.tags.items())]
    return out
