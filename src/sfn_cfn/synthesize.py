"""Definition, Settings -> Template: the SDK's template, read as a YAML syntax tree and rewritten.

What the SDK printed stays (description, the state machine's logical ID); its name, definition and role are
replaced, and parameters, tags and outputs are added. Roles and operations come as fragments of their own.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation, TemplateError
from sfn_cfn.model import (
    LONGEST_PIPELINE_NAME,
    Definition,
    OutputFile,
    ParameterDeclaration,
    Text,
    machine_name,
    names,
    resolve,
)
from sfn_cfn.settings import Environment, Settings
from sfn_cfn.settings_key import fits
from sfn_cfn.settings_keys import TAG_KEY, TAG_VALUE
from sfn_cfn.template import yaml
from sfn_cfn.template.asl import definition_string
from sfn_cfn.template.intrinsics import from_text, get_att, ref, references
from sfn_cfn.template.model import SFN401, Fragment, Template, merge
from sfn_cfn.template.tags import tag_entries

SFN430 = Code(
    "SFN430",
    Severity.ERROR,
    "a workflow's name does not fit a state machine's",
    "The state machine is called `<PipelineName>-<workflow>-<TargetEnv>`. Step Functions allows 80 characters; "
    "letters, digits, `-` and `_` work everywhere (CloudWatch logs need them).",
)

SFN431 = Code(
    "SFN431",
    Severity.ERROR,
    "a parameter could break the definition",
    "A text parameter enters the definition inside a JSON string, so neither its default nor an allowed value "
    "may hold a quote, a backslash, a control character or a letter outside of ASCII, and the default keeps the "
    "limits that the parameter declares.",
)

SFN432 = Code(
    "SFN432",
    Severity.WARNING,
    "an environment sets a parameter that no template has",
    "A configuration file holds only parameters that its template has, so a misspelt name under "
    "`[environments.<env>.parameters]` would leave the default in force in silence.",
)

SFN433 = Code(
    "SFN433",
    Severity.ERROR,
    "an environment gives a parameter a value that it does not take",
    "The value goes into a configuration file as it stands, and CloudFormation refuses it when the stack is "
    "deployed: it is no number, or outside of the limits that the parameter declares.",
)

SFN434 = Code(
    "SFN434",
    Severity.ERROR,
    "a workflow has a tag that cannot be",
    "A tag's key has up to 128 ASCII letters, digits, spaces and `_.:/=+-@` and does not begin with `aws:`, its value "
    "has up to 256 of them. (AWS takes other letters, a template does not keep them.) The `tags` of a `Workflow` go on "
    "its state machine. Parameters in them are not checked.",
)

MACHINE = "StateMachineComponent"
"""The SDK's logical ID of the state machine."""

LONGEST_NAME = 80
"""Characters in a state machine's name (docs.aws.amazon.com/step-functions, CreateStateMachine)."""

SAFE_TEXT = r"[ !#-\[\]-~]*"
"""Printable ASCII without `"` and `\\`: what can stand in a JSON string as it is."""

RESERVED = ("PipelineName", "TargetEnv")

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
"""What CloudFormation takes as the value of a number parameter; Python's `float` takes more (`1_0`, `inf`)."""


def synthesize(definition: Definition, settings: Settings, fragments: Collection[Fragment]) -> Template:
    """The whole template. Raises `TemplateError` for a name or a parameter that cannot be."""
    printed = yaml.load(definition.workflow.template, definition.workflow.location.file)
    template = Template(
        description=printed.description,
        metadata={"SfnCfn": {"Source": definition.workflow.source.marker}},
        parameters=_name_parameters(definition, settings),
        resources=_rewritten(printed.resources, definition, settings),
        outputs={
            "StateMachineArn": {"Description": "ARN of the state machine", "Value": ref(MACHINE)},
            "StateMachineName": {
                "Description": "Name of the state machine",
                "Value": get_att(MACHINE, "Name"),
            },
        },
    )
    merged = merge(template, [_declared(definition, fragments), *fragments])
    if faults := list(_shared_names(definition, merged)):
        raise TemplateError(faults)
    return merged


def configuration_files(
    definition: Definition, template: Template, settings: Settings
) -> Iterable[OutputFile]:
    """One file per environment, in CodePipeline's template-configuration form, all values text.

    Only parameters that the template has are in it (CloudFormation refuses others). Raises `TemplateError`
    with every value that its parameter does not take.
    """
    patterns = {item.name: item.allowed_pattern for item in definition.parameters}
    faults = [
        item for one in settings.environments for item in bad_values(template.parameters, one, patterns)
    ]
    if faults:
        raise TemplateError(faults)
    for environment in settings.environments:
        given = {"PipelineName": settings.pipeline_name, **_environment_values(environment)}
        values = {name: given[name] for name in template.parameters if name in given}
        tags = {**settings.of(definition.name).tags, **environment.tags}
        yield OutputFile(
            f"config/{definition.name}.{environment.name}.json", _json({"Parameters": values, "Tags": tags})
        )


def unknown_parameters(settings: Settings, known: Collection[str]) -> Iterator[Diagnostic]:
    """A finding for each parameter of an environment that is none of `known`, those of all templates."""
    for environment in settings.environments:
        for name in environment.parameters:
            if name not in known:
                close = difflib.get_close_matches(name, sorted(known), 1)
                yield SFN432.at(
                    environment.places.get(name),
                    f"environment '{environment.name}' sets parameter '{name}', which no template has",
                    f"write '{close[0]}'" if close else "take it out, or declare it and use it in a workflow",
                )


def input_file(definition: Definition) -> Iterable[OutputFile]:
    """The execution input that a ready-made pipeline wants, where there is one.

    Its tokens stand as `${Name}`; the stack's output `ExecutionInput` has their values.
    """
    if definition.default_input is not None:
        shown = resolve(definition.default_input, lambda token: f"${{{token.name}}}")
        yield OutputFile(f"inputs/{definition.name}.json", _json(shown))


def _environment_values(environment: Environment) -> dict[str, str]:
    return {**environment.parameters, "TargetEnv": environment.name}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def _rewritten(resources: Mapping[str, Any], definition: Definition, settings: Settings) -> dict[str, Any]:
    """The SDK's resources with the state machine's name and definition as `!Sub`, its role left out."""
    properties: dict[str, Any] = {
        **resources[MACHINE]["Properties"],
        "StateMachineName": from_text(machine_name(definition.name)),
        "DefinitionString": definition_string(definition.tree),
    }
    del properties["RoleArn"]  # the roles' fragment sets it
    if faults := list(_bad_tags(definition)):
        raise TemplateError(faults)
    if found := tag_entries(settings.of(definition.name).tags, definition.tags):
        properties["Tags"] = found
    return {**resources, MACHINE: {**resources[MACHINE], "Properties": properties}}


def _bad_tags(definition: Definition) -> Iterator[Diagnostic]:
    """A finding for each of the workflow's own tags that AWS would refuse; those of the settings are checked there."""
    hint = "use ASCII letters, digits, spaces and _.:/=+-@; a key must not begin with 'aws:'"
    for key, value in definition.tags.items():
        name, given = (item.shown if isinstance(item, Text) else item for item in (key, value))
        if not _is_tag(TAG_KEY, key):
            message = f"'{name}' in the workflow's tags is not a tag's key"
        elif not _is_tag(TAG_VALUE, value):
            given = given if len(given) <= 60 else f"{given[:60]}..."
            message = f"tag '{name}' of the workflow has a value that a tag cannot have: '{given}'"
        else:
            continue
        yield SFN434.at(definition.workflow.location, message, hint)


def _is_tag(pattern: str, text: str | Text) -> bool:
    """Whether the text has the form, whatever its tokens become."""
    return fits(pattern, resolve(text, lambda _: "0"))


def _name_parameters(definition: Definition, settings: Settings) -> dict[str, Any]:
    """The two parameters that every name is made of."""
    longest = _longest_pipeline_name(definition, settings)
    environments = [environment.name for environment in settings.environments]
    return {
        "PipelineName": {
            "Type": "String",
            "Default": settings.pipeline_name,
            "AllowedPattern": f"^[A-Za-z][A-Za-z0-9-]{{0,{longest - 1}}}$",
            "Description": "First part of the names of what this stack makes",
        },
        "TargetEnv": {
            "Type": "String",
            "Default": environments[0],
            "AllowedValues": environments,
            "Description": "Deployment environment, last part of the names of what this stack makes",
        },
    }


def _declared(definition: Definition, fragments: Iterable[Fragment]) -> Fragment:
    """The author's parameters, and a ready-made pipeline's input with its tokens resolved."""
    place = definition.workflow.location
    outputs: dict[str, Any] = {}
    if definition.default_input is not None:
        outputs["ExecutionInput"] = {
            "Description": "Input to start an execution with; give the jobs in it names of their own",
            "Value": definition_string(definition.default_input),
        }
    # A role that the author gave by a parameter has made room for the template's.
    used = names(definition.tree) | names(definition.default_input) | names(definition.tags)
    used |= {
        name
        for fragment in fragments
        for part in (fragment.resources, fragment.conditions)
        for name in references(part)
    }
    parameters = {item.name: _parameter(item, place) for item in definition.parameters if item.name in used}
    return Fragment(parameters=parameters, outputs=outputs)


def _shared_names(definition: Definition, template: Template) -> Iterator[Diagnostic]:
    """A finding for each parameter with a resource's logical ID; CloudFormation has one space for both."""
    for item in definition.parameters:
        if item.name in template.resources:
            message = f"parameter '{item.name}' has the name of a resource of the template"
            yield SFN401.at(item.location or definition.workflow.location, message, "rename the parameter")


def _longest_pipeline_name(definition: Definition, settings: Settings) -> int:
    """How long `PipelineName` may be so that the state machine's name fits whatever the parameters are."""
    name, place = definition.name, definition.workflow.location
    if not re.fullmatch(r"[0-9A-Za-z_-]+", name):
        raise TemplateError(
            SFN430.at(
                place,
                f"workflow name '{name}' has characters outside of [0-9A-Za-z-_]",
                "name the workflow with letters, digits, '-' and '_' only",
            )
        )
    environment = max((item.name for item in settings.environments), key=len)
    room = LONGEST_NAME - len(name) - len(environment) - 2
    if room < len(settings.pipeline_name):
        shown = f"{settings.pipeline_name}-{name}-{environment}"
        raise TemplateError(
            SFN430.at(
                place,
                f"state machine name '{shown}' has {len(shown)} characters, {LONGEST_NAME} are allowed",
                f"shorten the workflow's name by {len(shown) - LONGEST_NAME} characters",
            )
        )
    return min(room, LONGEST_PIPELINE_NAME)


def _parameter(item: ParameterDeclaration, place: SourceLocation) -> dict[str, Any]:
    """CloudFormation's form of a declaration."""
    place = item.location or place
    if item.name in RESERVED:
        raise TemplateError(
            SFN431.at(place, f"'{item.name}' is a parameter of every template", "rename yours")
        )
    out: dict[str, Any] = {"Type": item.kind}
    if item.default is not None:
        out["Default"] = item.default
    if item.kind == "Number":
        out |= {
            key: value for key, value in (("MinValue", item.min), ("MaxValue", item.max)) if value is not None
        }
    else:
        out |= {
            key: value
            for key, value in (("MinLength", item.min), ("MaxLength", item.max))
            if value is not None
        }
    if item.allowed_values:
        out["AllowedValues"] = list(item.allowed_values)
    elif item.kind == "String":
        own = item.allowed_pattern
        out["AllowedPattern"] = f"^(?={SAFE_TEXT}$)(?:{own})$" if own else f"^{SAFE_TEXT}$"
    if item.description:
        out["Description"] = item.description
    _refuse_bad_values(item, place, out)
    return out


def _refuse_bad_values(item: ParameterDeclaration, place: SourceLocation, form: Mapping[str, Any]) -> None:
    values: Sequence[Any] = [*item.allowed_values, *([] if item.default is None else [item.default])]
    for value in values:
        if isinstance(value, str) and not re.fullmatch(SAFE_TEXT, value):
            raise TemplateError(
                SFN431.at(
                    place,
                    f"parameter '{item.name}' has a value that cannot stand in a JSON string: {value!a}",
                    'use printable ASCII without " and \\',
                )
            )
    if item.default is not None and (reason := _misfit(form, item.default, item.allowed_pattern)):
        message = f"default {item.default!r} of parameter '{item.name}' {reason}"
        raise TemplateError(SFN431.at(place, message, "change one of them"))


def bad_values(
    parameters: Mapping[str, Mapping[str, Any]], environment: Environment, patterns: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """A finding for each value that its parameter, the author's or the compiler's, does not take.

    `parameters` as a template declares them; `patterns` are the author's, for the messages.
    """
    for name, form in parameters.items():
        given = environment.parameters.get(name)
        if given is None:
            continue
        reason, hint = (
            _misfit(form, given, patterns.get(name, "")),
            "write a value that the parameter takes, or change what it takes",
        )
        if name == "TargetEnv" and given != environment.name:
            reason, hint = "is not the environment's name", "take it out: it is the environment's name"
        if reason:
            message = f"'{given}' of environment '{environment.name}' for parameter '{name}' {reason}"
            yield SFN433.at(environment.places.get(name), message, hint)


def _misfit(form: Mapping[str, Any], value: str | float, own_pattern: str = "") -> str:
    """Why a parameter of this form does not take the value, empty where it does.

    A number comes as a number, or as text from an environment. `own_pattern` is the author's, for the message.
    """
    if form["Type"] == "Number" and isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return "is no number"
        value = float(value)
    if "AllowedValues" in form:
        allowed = form["AllowedValues"]
        return "" if value in allowed else f"is none of its allowed values {allowed}"
    if isinstance(value, str):
        if not _matches(form.get("AllowedPattern", ".*"), value):
            return f"does not match its pattern {own_pattern or form['AllowedPattern']}"
        low, high, measured = form.get("MinLength"), form.get("MaxLength"), float(len(value))
    else:
        low, high, measured = form.get("MinValue"), form.get("MaxValue"), value
    if (low is not None and measured < low) or (high is not None and measured > high):
        return "is outside of its limits"
    return ""


def _matches(pattern: str, value: str) -> bool:
    """CloudFormation's patterns are Java's; one that Python cannot read is left to CloudFormation."""
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True
