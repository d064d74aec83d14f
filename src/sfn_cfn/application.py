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
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sfn_cfn.application_parts import PLACE, SFN440, SOURCE, Child, Parent, share
from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation, TemplateError
from sfn_cfn.model import PIPELINE_NAME, TARGET_ENV, LintSubject, OutputFile
from sfn_cfn.settings import Environment, Settings
from sfn_cfn.synthesize import bad_values
from sfn_cfn.template import yaml
from sfn_cfn.template.intrinsics import get_att, ref, references
from sfn_cfn.template.model import Template
from sfn_cfn.template.tags import tag_entries
from sfn_cfn.template.text import render

SFN441 = Code(
    "SFN441",
    Severity.ERROR,
    "an application is larger than a template may be",
    "A template has at most 200 parameters, 200 outputs and 500 resources. A parameter that workflows declare in "
    "different ways counts once for each, so declare it alike. Or deploy some of the workflows by themselves: "
    "`[workflows.<name>] emit = false` in one project, and another project for them.",
)

NAME = "application"
"""The parent's file, and what stands in the place of a workflow's name."""

SHOWN = ("StateMachineArn", "StateMachineAliasArn", "EndpointUrl", "PipelineRouterArn", "QueueUrl")
"""The outputs of a workflow that the parent has too: what others start, or send to. Its stack has them all."""

_ALONE = "deploy some of the workflows by themselves"
LIMITS = (
    ("parameters", 200, f"declare what workflows have in common alike, or {_ALONE}"),
    ("outputs", 200, _ALONE),
    ("resources", 500, _ALONE),
)
_ROOM = re.compile(r"\{0,([0-9]+)\}")


def is_child(output: OutputFile) -> bool:
    """Whether an output is a workflow's template."""
    return "/" not in output.path and not is_own(output.path)


def is_own(path: str) -> bool:
    """Whether a file has the application's name. Some file systems do not tell upper and lower case apart."""
    return PurePosixPath(path).name.partition(".")[0].casefold() == NAME


def files(
    outputs: Iterable[OutputFile],
    settings: Settings,
    template_format: str,
    places: Mapping[str, SourceLocation] | None = None,
) -> tuple[OutputFile, ...]:
    """The parent and a configuration file for each environment; nothing where there is no workflow.

    `outputs` are those of a build, `places` those of its workflows. Raises `TemplateError` for what cannot be shared,
    or is too much.
    """
    outputs = list(outputs)
    places = places or {}
    if own := [one for one in outputs if is_own(one.path) and "/" not in one.path]:
        name = PurePosixPath(own[0].path).stem
        message = f"a workflow is called '{name}', as the template of all workflows is"
        raise TemplateError(SFN440.at(places.get(name, PLACE), message, "rename the workflow"))
    children = list(_children((one for one in outputs if is_child(one)), places))
    if not children:
        return ()
    parent = _put_together(children, settings)
    template = Template(
        description=f"Application of {len(children)} workflow{'s' if len(children) > 1 else ''}",
        # cfn-lint says of a path in place of an address that it has to be packaged; that is what it is for.
        metadata={"SfnCfn": {"Source": SOURCE}, "cfn-lint": {"config": {"ignore_checks": ["W3002"]}}},
        parameters=parent.parameters,
        conditions=parent.conditions,
        resources=parent.resources,
        outputs=parent.outputs,
    )
    if faults := [*_faults(template), *_bad_values(parent, settings)]:
        raise TemplateError(faults)
    return (
        OutputFile(f"{NAME}.{template_format}", render(template, template_format)),
        *(_configuration(parent, settings, one) for one in settings.environments),
    )


def subject(output: OutputFile) -> LintSubject:
    """What cfn-lint gets of the parent, which has no definition of its own."""
    return LintSubject(output.path, output.content, "Resources: {}", PLACE)


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


def _children(outputs: Iterable[OutputFile], places: Mapping[str, SourceLocation]) -> Iterator[Child]:
    by_name = {PurePosixPath(one.path).stem: one for one in outputs}
    for name, own in stems(by_name).items():
        yield Child(name, by_name[name].path, _read(by_name[name]), own, places.get(name, PLACE))


def stems(workflows: Iterable[str]) -> dict[str, str]:
    """What begins the names that each of all workflows has in the parent: `TrainDeploy` for `train-deploy`.

    Where two would have one, a number follows.
    """
    found: dict[str, str] = {}
    for name in sorted(workflows, key=lambda one: f"{one}."):
        own = first = (
            "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name)) or "Workflow"
        )
        number = 1
        while own in found.values():
            number += 1
            own = f"{first}{number}"
        found[name] = own
    return found


def _put_together(children: Sequence[Child], settings: Settings) -> Parent:
    """The parent of all. Raises `TemplateError` for what the workflows cannot share, and names with two meanings."""
    parent = Parent(passed={one.name: {} for one in children})
    faults = list(share(parent, children, settings))
    resources = {*parent.resources, *(one.stack for one in children)}
    placed = list(_surfaced(parent, children))
    faults += _collisions(parent, placed, resources)
    if faults:
        raise TemplateError(dict.fromkeys(faults))
    for one in placed:
        parent.parameters[one.own] = one.declared
        parent.origins[one.own] = one.name
        parent.passed[one.child.name][one.name] = ref(one.own)
    for child in children:
        passed = parent.passed[child.name]
        # Those of a shared part that only the parent reads have their defaults in the child.
        given = {name: passed[name] for name in child.template.parameters if name in passed}
        properties: dict[str, Any] = {"TemplateURL": child.path, "Parameters": given}
        if tags := _own_tags(child.name, settings):
            properties["Tags"] = tag_entries(tags)
        parent.resources[child.stack] = {"Type": "AWS::CloudFormation::Stack", "Properties": properties}
        for key, output in child.template.outputs.items():
            # What a stack does not always give cannot be read from outside.
            if key in SHOWN and "Condition" not in output:
                value = get_att(child.stack, f"Outputs.{key}")
                parent.outputs[f"{child.stem}{key}"] = {**output, "Value": value}
    return parent


def _own_tags(workflow: str, settings: Settings) -> dict[str, str]:
    """A workflow's tags that are not the project's. Those of an environment win, and the parent has them."""
    taken = {key for one in settings.environments for key in one.tags}
    own = settings.of(workflow).tags.items()
    return {key: value for key, value in own if settings.tags.get(key) != value and key not in taken}


@dataclass(frozen=True, slots=True)
class _Surfaced:
    """A parameter of a child with its name in the parent."""

    child: Child
    name: str
    own: str
    declared: Mapping[str, Any]

    def __str__(self) -> str:
        return f"parameter '{self.name}' of workflow '{self.child.name}'"


def _surfaced(parent: Parent, children: Sequence[Child]) -> Iterator[_Surfaced]:
    """The children's parameters: those that are declared alike under their names, others with their workflow's."""
    for name in dict.fromkeys(name for one in children for name in one.template.parameters):
        owners = [one for one in children if name in one.template.parameters]
        owners = [one for one in owners if name not in parent.passed[one.name]]
        owners = [one for one in owners if (one.name, name) not in parent.inner]
        declared = [one.template.parameters[name] for one in owners]
        if name == PIPELINE_NAME.name:
            declared = [min(declared, key=lambda one: int(_room(one)))] * len(declared)
        is_one = all(one == declared[0] for one in declared) and name not in parent.parameters
        for one, item in zip(owners, declared, strict=True):
            yield _Surfaced(one, name, name if is_one else f"{one.stem}{name}", item)


def _collisions(
    parent: Parent, placed: Sequence[_Surfaced], resources: Collection[str]
) -> Iterator[Diagnostic]:
    """A finding for each name that would mean two things: in the parent, or where an environment gives a value."""
    meant = {one.name: one for one in reversed(placed)}
    for name in parent.parameters:
        if name in resources:
            message = f"parameter '{name}' of a shared part has the name of a resource of the application"
            yield SFN440.at(PLACE, message, "rename it")
    for one in placed:
        message = f"{one} has the name of a resource of the application" if one.own in resources else ""
        if one.own != one.name:
            taken = _taken(one, parent, resources, meant)
            message = f"{one} would be '{one.own}' in the application, {taken}" if taken else ""
            meant.setdefault(one.own, one)
        if message:
            yield SFN440.at(one.child.place, message, "rename one of them")


def _taken(one: _Surfaced, parent: Parent, resources: Collection[str], meant: Mapping[str, _Surfaced]) -> str:
    """What has the name already that a parameter gets in the parent; empty where nothing has."""
    # `Ref` finds parameters and resources under one name.
    if one.own in resources:
        return "as a resource there is"
    if one.own in parent.parameters:
        return "as a parameter of a shared part is"
    if other := meant.get(one.own):
        return f"as {other} is"
    return ""


def _room(declared: Mapping[str, Any]) -> str:
    found = _ROOM.search(declared.get("AllowedPattern", ""))
    return found[1] if found else "0"


def _faults(template: Template) -> Iterator[Diagnostic]:
    known = {*template.parameters, *template.resources}
    for logical_id, resource in template.resources.items():
        for name in references(resource):
            if name.partition(".")[0] not in known and not name.startswith("AWS::"):
                message = f"the shared '{logical_id}' reads parameter '{name}', which the workflows declare otherwise"
                yield SFN440.at(PLACE, message, "declare it alike for all workflows")
    for section, most, hint in LIMITS:
        if (count := len(getattr(template, section))) > most:
            yield SFN441.at(PLACE, f"the application has {count} {section}, {most} are allowed", hint)


def _bad_values(parent: Parent, settings: Settings) -> Iterator[Diagnostic]:
    """What environments give to one workflow's parameter that this does not take; others are the workflow's to tell."""
    own = {name: parent.parameters[name] for name, origin in parent.origins.items() if name != origin}
    for environment in settings.environments:
        yield from bad_values(own, environment, {})


def _configuration(parent: Parent, settings: Settings, environment: Environment) -> OutputFile:
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
