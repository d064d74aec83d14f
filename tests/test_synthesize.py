"""The SDK's template, rewritten."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from samples import ROOT, loaded, machine

from sfn_cfn import definition, synthesize
from sfn_cfn.errors import SourceLocation, TemplateError
from sfn_cfn.model import LoadedWorkflow, ParameterDeclaration
from sfn_cfn.settings import Environment, Settings, WorkflowSettings
from sfn_cfn.template.intrinsics import get_att, ref, sub
from sfn_cfn.template.model import Fragment, Template

SETTINGS = Settings(ROOT, pipeline_name="fraud")
ROLE = Fragment(properties={("StateMachineComponent", "RoleArn"): ref("Role")})
PLACE = SourceLocation("workflows/train.py", 3)


def made(given: LoadedWorkflow, settings: Settings = SETTINGS) -> Template:
    return synthesize.synthesize(definition.parse(given, settings.parameters), settings, [ROLE])


def with_parameter(item: ParameterDeclaration) -> dict[str, Any]:
    used = machine(A={"Type": "Pass", "Result": f"${{{item.name}}}", "End": True})
    return dict(made(loaded(used, parameters=(replace(item, location=PLACE),))).parameters[item.name])


def refused(item: ParameterDeclaration) -> tuple[str, str]:
    with pytest.raises(TemplateError) as caught:
        with_parameter(item)
    assert caught.value.diagnostics[0].location == PLACE
    return caught.value.diagnostics[0].message, caught.value.diagnostics[0].hint


def test_the_three_properties_are_replaced_and_the_rest_of_the_printed_template_stays() -> None:
    template = made(loaded(machine(A={"Type": "Pass", "Result": "${PipelineName}", "End": True})))
    assert template.description == "CloudFormation template for AWS Step Functions - State Machine"
    assert template.metadata == {"SfnCfn": {"Source": "workflows/train.py"}}
    properties = dict(template.resources["StateMachineComponent"]["Properties"])
    assert (
        json.loads(properties.pop("DefinitionString").argument)["States"]["A"]["Result"] == "${PipelineName}"
    )
    assert properties == {
        "StateMachineName": sub("${PipelineName}-train-${TargetEnv}"),
        "RoleArn": ref("Role"),
    }
    assert template.outputs["StateMachineArn"]["Value"] == ref("StateMachineComponent")
    assert template.outputs["StateMachineName"]["Value"] == get_att("StateMachineComponent", "Name")


def test_every_template_has_the_name_and_the_environment_as_parameters() -> None:
    parameters = made(loaded(machine(A={"Type": "Succeed"}))).parameters
    assert list(parameters) == ["PipelineName", "TargetEnv"]
    assert (parameters["PipelineName"]["Default"], parameters["TargetEnv"]["AllowedValues"]) == (
        "fraud",
        ["dev", "prod"],
    )


def test_the_longest_values_of_the_parameters_keep_the_name_within_80_characters() -> None:
    parameters = made(loaded(machine(A={"Type": "Succeed"}), name="w" * 60)).parameters
    assert parameters["PipelineName"]["AllowedPattern"] == "^[A-Za-z][A-Za-z0-9-]{0,13}$"
    assert 14 + 1 + 60 + 1 + len("prod") == 80
    short = made(loaded(machine(A={"Type": "Succeed"}))).parameters
    assert short["PipelineName"]["AllowedPattern"] == "^[A-Za-z][A-Za-z0-9-]{0,39}$"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        (
            "train model!",
            "workflow name 'train model!' has characters outside of [0-9A-Za-z-_]",
            "name the workflow with letters, digits, '-' and '_' only",
        ),
        (
            "w" * 70,
            f"state machine name 'fraud-{'w' * 70}-prod' has 81 characters, 80 are allowed",
            "shorten the workflow's name by 1 characters",
        ),
    ],
)
def test_a_name_that_cannot_be_is_refused_at_the_workflow(name: str, message: str, hint: str) -> None:
    with pytest.raises(TemplateError) as caught:
        made(loaded(machine(A={"Type": "Succeed"}), name=name))
    finding = caught.value.diagnostics[0]
    assert (finding.message, finding.hint, str(finding.location)) == (message, hint, "workflows/train.py:40")


def test_tags_of_the_settings_and_of_the_workflow_are_the_state_machines() -> None:
    settings = Settings(ROOT, workflows={"train": WorkflowSettings(tags={"team": "ml", "tier": "1"})})
    properties = made(loaded(machine(A={"Type": "Succeed"}), tags={"tier": "2"}), settings)
    assert properties.resources["StateMachineComponent"]["Properties"]["Tags"] == [
        {"Key": "team", "Value": "ml"},
        {"Key": "tier", "Value": "2"},
    ]


def test_a_parameter_in_a_tag_is_one_of_the_template() -> None:
    team = ParameterDeclaration("Team", "String", "ml")
    tags = {"team": "${Team}", "use": "${Team}-x"}
    template = made(loaded(machine(A={"Type": "Succeed"}), tags=tags, parameters=(team,)))
    assert template.resources["StateMachineComponent"]["Properties"]["Tags"] == [
        {"Key": "team", "Value": ref("Team")},
        {"Key": "use", "Value": sub("${Team}-x")},
    ]
    assert template.parameters["Team"]["Default"] == "ml"


def test_a_text_parameter_cannot_break_out_of_its_json_string() -> None:
    assert with_parameter(ParameterDeclaration("Bucket", "String", "b")) == {
        "Type": "String",
        "Default": "b",
        "AllowedPattern": r"^[ !#-\[\]-~]*$",
    }
    assert with_parameter(
        ParameterDeclaration("Bucket", "String", "b", allowed_pattern=".+", min=1, max=9)
    ) == {
        "Type": "String",
        "Default": "b",
        "MinLength": 1,
        "MaxLength": 9,
        "AllowedPattern": r"^(?=[ !#-\[\]-~]*$)(?:.+)$",
    }


def test_a_number_parameter_has_limits_and_no_pattern() -> None:
    assert with_parameter(ParameterDeclaration("Count", "Number", 2, "How many", min=1, max=16)) == {
        "Type": "Number",
        "Default": 2,
        "MinValue": 1,
        "MaxValue": 16,
        "Description": "How many",
    }


@pytest.mark.parametrize(
    ("item", "message", "hint"),
    [
        (
            ParameterDeclaration("P", "String", 'a"b'),
            "parameter 'P' has a value that cannot stand in a JSON string: 'a\"b'",
            'use printable ASCII without " and \\',
        ),
        (
            ParameterDeclaration("P", "String", "a", allowed_values=("a", "b\\")),
            "parameter 'P' has a value that cannot stand in a JSON string: 'b\\\\'",
            'use printable ASCII without " and \\',
        ),
        (
            ParameterDeclaration("P", "String", "c", allowed_values=("a", "b")),
            "default 'c' of parameter 'P' is none of its allowed values ['a', 'b']",
            "change one of them",
        ),
        (
            ParameterDeclaration("P", "String", "c", allowed_pattern="[ab]"),
            "default 'c' of parameter 'P' does not match its pattern [ab]",
            "change one of them",
        ),
        (
            ParameterDeclaration("P", "Number", 0, min=1),
            "default 0 of parameter 'P' is outside of its limits",
            "change one of them",
        ),
        (
            ParameterDeclaration("TargetEnv", "String", "dev"),
            "'TargetEnv' is a parameter of every template",
            "rename yours",
        ),
    ],
)
def test_a_parameter_that_contradicts_itself_is_refused(
    item: ParameterDeclaration, message: str, hint: str
) -> None:
    assert refused(item) == (message, hint)


def test_a_configuration_file_holds_the_parameters_that_the_template_has() -> None:
    settings = Settings(
        ROOT,
        pipeline_name="fraud",
        environments=(
            Environment("dev"),
            Environment("prod", parameters={"Bucket": "p", "Other": "x"}, tags={"t": "1"}),
        ),
    )
    used = machine(A={"Type": "Pass", "Result": "${Bucket}", "End": True})
    given = loaded(used, parameters=(ParameterDeclaration("Bucket", "String", "b"),))
    parsed = definition.parse(given)
    files = list(synthesize.configuration_files(parsed, made(given, settings), settings))
    assert [(item.path, json.loads(item.content)) for item in files] == [
        (
            "config/train.dev.json",
            {"Parameters": {"PipelineName": "fraud", "TargetEnv": "dev"}, "Tags": {}},
        ),
        (
            "config/train.prod.json",
            {"Parameters": {"PipelineName": "fraud", "TargetEnv": "prod", "Bucket": "p"}, "Tags": {"t": "1"}},
        ),
    ]


def test_the_input_of_a_ready_made_pipeline_is_a_file() -> None:
    given = loaded(machine(A={"Type": "Succeed"}), default_input={"Train": {"x": 1}})
    assert [
        (item.path, json.loads(item.content)) for item in synthesize.input_file(definition.parse(given))
    ] == [("inputs/train.json", {"Train": {"x": 1}})]
    assert list(synthesize.input_file(definition.parse(loaded(machine(A={"Type": "Succeed"}))))) == []


def test_an_environments_parameter_that_no_template_has_is_a_finding_at_its_line() -> None:
    place = SourceLocation("sfn-cfn.toml", 7)
    given = {"Buckett": "x", "Bucket": "y", "Zone": "z"}
    settings = Settings(ROOT, environments=(Environment("dev", parameters=given, places={"Buckett": place}),))
    found = list(synthesize.unknown_parameters(settings, {"Bucket", "TargetEnv"}))
    assert [(item.code, item.location, item.message, item.hint) for item in found] == [
        (
            "SFN432",
            place,
            "environment 'dev' sets parameter 'Buckett', which no template has",
            "write 'Bucket'",
        ),
        (
            "SFN432",
            None,
            "environment 'dev' sets parameter 'Zone', which no template has",
            "take it out, or declare it and use it in a workflow",
        ),
    ]


@pytest.mark.parametrize(
    ("item", "value", "reason"),
    [
        (ParameterDeclaration("P", "Number", 2), "abc", "is no number"),
        (ParameterDeclaration("P", "Number", 2), "inf", "is no number"),
        (ParameterDeclaration("P", "Number", 2), "1_0", "is no number"),
        (ParameterDeclaration("P", "Number", 2), "-1.5e3", ""),
        (ParameterDeclaration("P", "String", "abc", max=3), "abcd", "is outside of its limits"),
        (ParameterDeclaration("P", "String", "a"), 'a"b', r"does not match its pattern ^[ !#-\[\]-~]*$"),
        (ParameterDeclaration("P", "Number", 2, max=8), "9", "is outside of its limits"),
        (
            ParameterDeclaration("P", "String", "a", allowed_values=("a", "b")),
            "c",
            "is none of its allowed values ['a', 'b']",
        ),
        (
            ParameterDeclaration("P", "String", "a", allowed_pattern="[a-z]+"),
            "A",
            "does not match its pattern [a-z]+",
        ),
        (ParameterDeclaration("P", "Number", 2, allowed_values=(2, 4)), "4", ""),
        (ParameterDeclaration("P", "String", "a"), "anything", ""),
    ],
)
def test_an_environments_value_is_one_that_its_parameter_takes(
    item: ParameterDeclaration, value: str, reason: str
) -> None:
    given = loaded(machine(A={"Type": "Pass", "Result": "${P}", "End": True}), parameters=(item,))
    environment = Environment("prod", parameters={"P": value}, places={"P": PLACE})
    settings = Settings(ROOT, environments=(environment,))
    parsed = definition.parse(given)
    template = synthesize.synthesize(parsed, settings, [ROLE])
    if not reason:
        (file,) = synthesize.configuration_files(parsed, template, settings)
        assert json.loads(file.content)["Parameters"]["P"] == value
        return
    with pytest.raises(TemplateError) as caught:
        list(synthesize.configuration_files(parsed, template, settings))
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.location, finding.message) == (
        "SFN433",
        PLACE,
        f"'{value}' of environment 'prod' for parameter 'P' {reason}",
    )


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("TargetEnv", "dev", "is not the environment's name"),
        ("PipelineName", "my_fraud", "does not match its pattern ^[A-Za-z][A-Za-z0-9-]{0,39}$"),
        ("RoleArn", "nobody", "does not match its pattern ^$|^arn:.*$"),
    ],
)
def test_an_environments_value_for_a_parameter_of_the_compiler_is_held_to_its_limits_too(
    name: str, value: str, reason: str
) -> None:
    environment = Environment("prod", parameters={name: value}, places={name: PLACE})
    settings = Settings(ROOT, environments=(Environment("dev"), environment))
    parsed = definition.parse(loaded(machine(A={"Type": "Succeed"})))
    role = {"RoleArn": {"Type": "String", "Default": "", "AllowedPattern": "^$|^arn:.*$"}}
    template = synthesize.synthesize(parsed, settings, [replace(ROLE, parameters=role)])
    with pytest.raises(TemplateError) as caught:
        list(synthesize.configuration_files(parsed, template, settings))
    (finding,) = caught.value.diagnostics
    assert finding.message == f"'{value}' of environment 'prod' for parameter '{name}' {reason}"


def test_all_values_that_do_not_fit_are_told_at_once() -> None:
    wrong = {"PipelineName": "1", "TargetEnv": "x"}
    environments = (Environment("dev", parameters=wrong), Environment("prod", parameters=wrong))
    settings = Settings(ROOT, environments=environments)
    parsed = definition.parse(loaded(machine(A={"Type": "Succeed"})))
    with pytest.raises(TemplateError) as caught:
        list(
            synthesize.configuration_files(parsed, synthesize.synthesize(parsed, settings, [ROLE]), settings)
        )
    assert [item.message.partition(" for ")[0] for item in caught.value.diagnostics] == [
        f"'{value}' of environment '{name}'" for name in ("dev", "prod") for value in ("1", "x")
    ]


def test_an_environment_may_have_a_pipeline_name_of_its_own() -> None:
    settings = Settings(ROOT, environments=(Environment("prod", parameters={"PipelineName": "risk"}),))
    parsed = definition.parse(loaded(machine(A={"Type": "Succeed"})))
    (file,) = synthesize.configuration_files(
        parsed, synthesize.synthesize(parsed, settings, [ROLE]), settings
    )
    assert json.loads(file.content)["Parameters"] == {"PipelineName": "risk", "TargetEnv": "prod"}


def test_a_parameter_with_the_name_of_a_resource_is_refused_where_it_is_declared() -> None:
    item = ParameterDeclaration("StateMachineComponent", "String", "x")
    assert refused(item) == (
        "parameter 'StateMachineComponent' has the name of a resource of the template",
        "rename the parameter",
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("a$b", "x", "'a$b' in the workflow's tags is not a tag's key"),
        ("aws:x", "x", "'aws:x' in the workflow's tags is not a tag's key"),
        ("a", "x" * 257, "tag 'a' of the workflow has a value that a tag cannot have: '" + "x" * 60 + "...'"),
        ("a", "${Team}", "tag 'a' of the workflow has a value that a tag cannot have: '${Team}'"),
        (
            "a",
            "one, ${TargetEnv}",
            "tag 'a' of the workflow has a value that a tag cannot have: 'one, ${TargetEnv}'",
        ),
        (
            "k-${TargetEnv}#",
            "x",
            "'k-${TargetEnv}#' in the workflow's tags is not a tag's key",
        ),
    ],
)
def test_a_tag_of_the_workflow_that_cannot_be_is_refused(key: str, value: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        made(loaded(machine(A={"Type": "Succeed"}), tags={key: value, "Fine": "a b_.:/=+-@ ${TargetEnv}"}))
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.message) == ("SFN434", message)
    assert finding.hint == "use ASCII letters, digits, spaces and _.:/=+-@; a key must not begin with 'aws:'"
    assert finding.location == SourceLocation("workflows/train.py", 40)
