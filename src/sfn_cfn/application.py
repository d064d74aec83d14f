"""The templates of all workflows -> one parent with a nested stack for each, and its configuration files.

What workflows can share (the data bucket, the topic of alerts with its subscribers, the table of pipelines) is made
by the parent, which gives it to the children by the parameters that take a given one. Other parameters surface in the
parent: those that the children declare alike once, others once for each, with the workflow's name before theirs. A
child is named by its path beside the parent, which `aws cloudformation package` or `sfn-cfn package` makes an address.
Sources: the CloudFormation user guide, "Split a template into reusable pieces using nested stacks" and "Understand
CloudFormation quotas"; the AWS CLI command reference, `cloudformation package`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation, TemplateError
from sfn_cfn.model import PIPELINE_NAME, TARGET_ENV, OutputFile, text
from sfn_cfn.settings import Environment, Settings
from sfn_cfn.template import tokens, yaml
from sfn_cfn.template.intrinsics import Value, from_text, get_att, if_, ref, references
from sfn_cfn.template.model import Template
from sfn_cfn.template.text import render

SFN440 = Code(
    "SFN440",
    Severity.ERROR,
    "workflows of an application cannot share a part",
    "With `application = true` the workflows have one data bucket, one topic of alerts and one table of pipelines. "
    "What their settings say of it has to agree, and parameters that it reads have to be declared alike. Write the "
    "settings for all workflows (`[storage]`, `[topic]`, `[pipelines]`), not for one of them.",
)
SFN441 = Code(
    "SFN441",
    Severity.ERROR,
    "an application is larger than a template may be",
    "A template has at most 200 parameters, 200 outputs and 500 resources. Deploy some of the workflows by themselves: "
    "`[workflows.<name>] emit = false` in one project, and another project for them.",
)

NAME = "application"
"""The parent's file, and what stands in the place of a workflow's name."""

STACK = "Stack"
"""What ends the logical ID of a nested stack."""

SOURCE = "sfn-cfn.toml"
LIMITS = (("parameters", 200), ("outputs", 200), ("resources", 500))
_ROOM = re.compile(r"\{0,([0-9]+)\}")


@dataclass(frozen=True, slots=True)
class Child:
    """A workflow's template. `stem` begins the names that it has in the parent."""

    name: str
    path: str
    template: Template
    stem: str

    @property
    def stack(self) -> str:
        """The logical ID of its stack."""
        return f"{self.stem}{STACK}"


@dataclass(frozen=True, slots=True)
class Shared:
    """A part that the parent makes once: its parameter, its first resource, and all that belongs to it.

    `own` are properties that hold a workflow's name in a child, with what the parent has in their place.
    """

    parameter: str
    condition: str
    resource: str
    output: str
    others: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    own: Mapping[tuple[str, str], Value] = field(default_factory=dict)

    @property
    def value(self) -> Value:
        """What a child is given."""
        return if_(self.condition, ref(self.resource), ref(self.parameter))


_TITLE = from_text(text(PIPELINE_NAME, "-", TARGET_ENV))
SHARED = (
    Shared(
        tokens.DATA_BUCKET_PARAMETER,
        tokens.DATA_BUCKET_CONDITION,
        tokens.DATA_BUCKET_RESOURCE,
        "DataBucketName",
        others=(f"{tokens.DATA_BUCKET_RESOURCE}Policy",),
    ),
    Shared(
        tokens.TOPIC_PARAMETER,
        tokens.TOPIC_CONDITION,
        tokens.TOPIC_RESOURCE,
        tokens.TOPIC_PARAMETER,
        others=("AlertTopicPolicy", "AlertTopicKey"),
        conditions=("CreateAlertTopicKey",),
        parameters=("AlertTopicKeyArn",),
        own={
            ("AlertTopic", "DisplayName"): _TITLE,
            ("AlertTopicKey", "Description"): from_text(text("Alerts of ", PIPELINE_NAME, "-", TARGET_ENV)),
        },
    ),
    Shared(
        tokens.PIPELINE_TABLE_PARAMETER,
        tokens.PIPELINE_TABLE_CONDITION,
        tokens.PIPELINE_TABLE_RESOURCE,
        "PipelineTable",
    ),
)


@dataclass(slots=True)
class _Parent:
    """The parent as it is put together. `origins`: a parameter's name in its child, by that in the parent."""

    parameters: dict[str, Any] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=dict)
    resources: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    passed: dict[str, dict[str, Value]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)


def is_child(output: OutputFile) -> bool:
    """Whether an output is a workflow's template."""
    return "/" not in output.path and PurePosixPath(output.path).stem != NAME


def files(outputs: Iterable[OutputFile], settings: Settings, template_format: str) -> tuple[OutputFile, ...]:
    """The parent and a configuration file for each environment; nothing where there is no workflow.

    `outputs` are those of a build. Raises `TemplateError` for what cannot be shared, or is too much.
    """
    outputs = list(outputs)
    if any("/" not in one.path and not is_child(one) for one in outputs):
        message = f"a workflow is called '{NAME}', as the template of all workflows is"
        raise TemplateError(SFN440.at(SourceLocation(SOURCE), message, "rename the workflow"))
    children = list(_children(one for one in outputs if is_child(one)))
    if not children:
        return ()
    parent = _put_together(children)
    template = Template(
        description=f"Application of {len(children)} workflow{'s' if len(children) > 1 else ''}",
        # cfn-lint says of a path in place of an address that it has to be packaged; that is what it is for.
        metadata={"SfnCfn": {"Source": SOURCE}, "cfn-lint": {"config": {"ignore_checks": ["W3002"]}}},
        parameters=parent.parameters,
        conditions=parent.conditions,
        resources=parent.resources,
        outputs=parent.outputs,
    )
    if faults := list(_faults(template)):
        raise TemplateError(faults)
    return (
        OutputFile(f"{NAME}.{template_format}", render(template, template_format)),
        *(_configuration(parent, settings, one) for one in settings.environments),
    )


def parameter_names(made: Sequence[OutputFile]) -> set[str]:
    """The names of the parent's parameters, which environments may set."""
    parent = next((one for one in made if "/" not in one.path), None)
    return set(_read(parent).parameters) if parent else set()


def _read(output: OutputFile) -> Template:
    content = output.content
    if output.path.endswith(".json"):
        import cfn_flip  # noqa: PLC0415 (loads PyYAML, needed for JSON only)

        content = str(cfn_flip.to_yaml(content))
    return yaml.load(content, output.path)


def _children(outputs: Iterable[OutputFile]) -> Iterator[Child]:
    by_name = {PurePosixPath(one.path).stem: one for one in outputs}
    for name, own in stems(by_name).items():
        yield Child(name, by_name[name].path, _read(by_name[name]), own)


def stems(workflows: Iterable[str]) -> dict[str, str]:
    """What begins the names that each of all workflows has in the parent: `TrainDeploy` for `train-deploy`.

    Where two would have one, a number follows.
    """
    found: dict[str, str] = {}
    for name in sorted(workflows, key=lambda one: f"{one}."):
        own = first = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))
        number = 1
        while own in found.values():
            number += 1
            own = f"{first}{number}"
        found[name] = own
    return found


def _put_together(children: Sequence[Child]) -> _Parent:
    parent = _Parent(passed={one.name: {} for one in children})
    for shared in SHARED:
        if owners := [one for one in children if shared.resource in one.template.resources]:
            _share(parent, shared, owners)
    _subscribe(parent, children)
    taken = set(parent.parameters)
    for name in dict.fromkeys(name for one in children for name in one.template.parameters):
        owners = [one for one in children if name in one.template.parameters]
        _surface(parent, name, [one for one in owners if name not in parent.passed[one.name]], taken)
    for one in children:
        passed = parent.passed[one.name]
        # Those of a shared part that only the parent reads have their defaults in the child.
        given = {name: passed[name] for name in one.template.parameters if name in passed}
        parent.resources[one.stack] = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": one.path, "Parameters": given},
        }
        shown = {shared.output for shared in SHARED if shared.resource in parent.resources}
        for key, output in one.template.outputs.items():
            if key not in shown and "Condition" not in output:
                value = get_att(one.stack, f"Outputs.{key}")
                parent.outputs[f"{one.stem}{key}"] = {**output, "Value": value}
    return parent


def _share(parent: _Parent, shared: Shared, owners: Sequence[Child]) -> None:
    first = owners[0].template
    for name in (shared.parameter, *shared.parameters):
        parent.parameters[name] = first.parameters[name]
        parent.origins[name] = name
    for name in (shared.condition, *shared.conditions):
        parent.conditions[name] = first.conditions[name]
    for logical_id in (shared.resource, *shared.others):
        if logical_id in first.resources:
            parent.resources[logical_id] = _one(shared, logical_id, owners)
    parent.outputs[shared.output] = {**first.outputs[shared.output], "Value": shared.value}
    for one in owners:
        parent.passed[one.name][shared.parameter] = shared.value


def _one(shared: Shared, logical_id: str, owners: Sequence[Child]) -> dict[str, Any]:
    """The resource with the properties that any of its owners gives it. Raises `TemplateError` where two differ."""
    out: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for one in owners:
        resource = one.template.resources[logical_id]
        out = out or dict(resource)
        for key, value in resource["Properties"].items():
            given = shared.own.get((logical_id, key), value)
            if properties.setdefault(key, given) != given:
                both = f"workflows '{owners[0].name}' and '{one.name}'"
                message = f"{both} set '{key}' of their shared '{logical_id}' otherwise"
                raise TemplateError(SFN440.at(SourceLocation(SOURCE), message, "write it for all workflows"))
    return {**out, "Properties": properties}


def _subscribe(parent: _Parent, children: Sequence[Child]) -> None:
    """The subscribers of the topic, each once; a child is given none."""
    for one in children:
        for logical_id, resource in one.template.resources.items():
            if resource["Type"] != "AWS::SNS::Subscription":
                continue
            name = resource["Properties"]["Endpoint"].argument
            parent.parameters.setdefault(name, one.template.parameters[name])
            parent.origins[name] = name
            condition = resource["Condition"]
            parent.conditions[condition] = one.template.conditions[condition]
            parent.resources[logical_id] = resource
            parent.passed[one.name][name] = ""


def _surface(parent: _Parent, name: str, owners: Sequence[Child], taken: set[str]) -> None:
    """A parameter of children as one of the parent, or as one for each of them."""
    owners = [one for one in owners if not (name in taken and name in _inner())]
    declared = [one.template.parameters[name] for one in owners]
    if name == PIPELINE_NAME.name:
        declared = [min(declared, key=lambda one: int(_room(one)))] * len(declared)
    if declared and all(one == declared[0] for one in declared) and name not in taken:
        parent.parameters[name] = declared[0]
        parent.origins[name] = name
        for one in owners:
            parent.passed[one.name][name] = ref(name)
        return
    for one, item in zip(owners, declared, strict=True):
        own = f"{one.stem}{name}"
        if own in parent.parameters:
            message = f"parameter '{name}' of workflow '{one.name}' would be '{own}', which there is already"
            raise TemplateError(SFN440.at(SourceLocation(SOURCE), message, "rename one of the parameters"))
        parent.parameters[own] = item
        parent.origins[own] = name
        parent.passed[one.name][name] = ref(own)


def _inner() -> frozenset[str]:
    """Parameters of shared parts that children need not have."""
    return frozenset(name for shared in SHARED for name in shared.parameters)


def _room(declared: Mapping[str, Any]) -> str:
    found = _ROOM.search(declared.get("AllowedPattern", ""))
    return found[1] if found else "0"


def _faults(template: Template) -> Iterator[Diagnostic]:
    place = SourceLocation(SOURCE)
    known = {*template.parameters, *template.resources}
    for logical_id, resource in template.resources.items():
        for name in references(resource):
            if name.partition(".")[0] not in known and not name.startswith("AWS::"):
                message = f"the shared '{logical_id}' reads parameter '{name}', which the workflows declare otherwise"
                yield SFN440.at(place, message, "declare it alike for all workflows")
    for section, most in LIMITS:
        if (count := len(getattr(template, section))) > most:
            message = f"the application has {count} {section}, {most} are allowed"
            yield SFN441.at(place, message, "deploy some of the workflows by themselves")


def _configuration(parent: _Parent, settings: Settings, environment: Environment) -> OutputFile:
    """The parent's configuration file; a parameter's own name there stands before that in its workflow."""
    given = {
        PIPELINE_NAME.name: settings.pipeline_name,
        **environment.parameters,
        TARGET_ENV.name: environment.name,
    }
    names = {
        name: next((key for key in (name, origin) if key in given), "")
        for name, origin in parent.origins.items()
    }
    values = {name: given[names[name]] for name in parent.parameters if names[name]}
    tags = {**settings.tags, **environment.tags}
    content = json.dumps({"Parameters": values, "Tags": tags}, indent=2) + "\n"
    return OutputFile(f"config/{NAME}.{environment.name}.json", content)


def with_addresses(content: str, addresses: Mapping[str, str]) -> str:
    """The parent's text with an address in place of each child's path."""
    for path, address in addresses.items():
        pattern = rf'^(\s*"?TemplateURL"?: )(["\']?){re.escape(path)}\2(,?)$'
        content = re.sub(pattern, rf'\g<1>"{address}"\3', content, flags=re.MULTILINE)
    return content
