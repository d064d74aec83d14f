"""The HTTP endpoint: who may call it, what a request has to be, and what is answered."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from starts import findings, reader, resolved, template

from sfn_cfn.operations import endpoint

TOML = "[workflows.train.endpoint]\nenabled = true\n"
SCHEMA = {"Day": "str", "Epochs": "int", "Rate": "float", "Job": {"size": "int"}, "All": "list", "On": "bool"}


def made(toml: str = TOML, states: Any = None, **given: Any) -> Any:
    """The resources of the template."""
    return template(toml, states or reader(), **given)["Resources"]


def test_without_the_setting_nothing_is_made() -> None:
    assert not [name for name in made("[workflows.train.endpoint]\nrate = 3") if name.startswith("Endpoint")]


def test_limits_of_an_endpoint_that_is_not_switched_on_are_told() -> None:
    assert findings("[workflows.train.endpoint]\nrate = 3\n", reader()) == [
        (
            "SFN682 sfn-cfn.toml:4: 'endpoint.rate' does nothing, because [endpoint] is not enabled | "
            "write enabled = true or enabled = false beside it"
        )
    ]


def test_requests_are_signed_checked_and_held_back() -> None:
    resources = made()
    method = resources["EndpointMethod"]["Properties"]
    assert method["AuthorizationType"] == "AWS_IAM"
    assert method["RequestValidatorId"] == {"Ref": "EndpointValidator"}
    assert method["RequestModels"] == {"application/json": {"Ref": "EndpointModel"}}
    assert method["Integration"]["PassthroughBehavior"] == "NEVER"
    assert resources["EndpointValidator"]["Properties"]["ValidateRequestBody"] is True
    assert resources["EndpointStage"]["Properties"]["MethodSettings"] == [
        {"HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 10}
    ]
    (statement,) = resources["EndpointRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (
        "states:StartExecution",
        {"Ref": "StateMachineComponent"},
    )


def test_the_body_has_to_be_what_the_workflow_takes() -> None:
    model = made(states=reader("Day", "More"), input_schema=SCHEMA)["EndpointModel"]["Properties"]["Schema"]
    assert model == {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {
            "All": {"type": "array"},
            "Day": {"type": "string"},
            "Epochs": {"type": "integer"},
            "Job": {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]},
            "More": {},
            "On": {"type": "boolean"},
            "Rate": {"type": "number"},
        },
        "required": ["All", "Day", "Epochs", "Job", "More", "On", "Rate"],
    }


def test_a_workflow_without_inputs_takes_any_object() -> None:
    assert "required" not in made()["EndpointModel"]["Properties"]["Schema"]


def test_each_switch_of_a_stage_may_be_left_out() -> None:
    toml = TOML + '[workflows.train.stages]\nload = ["Load"]\n'
    model = made(toml, reader("Day"))["EndpointModel"]["Properties"]["Schema"]
    assert model["properties"]["Stages"] == {"type": "object", "properties": {"load": {"type": "boolean"}}}
    assert model["required"] == ["Day"]


def test_what_the_author_declares_beside_the_switches_is_asked_for() -> None:
    toml = TOML + '[workflows.train.stages]\nload = ["Load"]\n'
    schema = {"Stages": {"other": "bool"}}
    model = made(toml, reader(), input_schema=schema)["EndpointModel"]["Properties"]["Schema"]
    assert model["properties"]["Stages"]["required"] == ["other"]


def escaped(text: str) -> str:
    """What `$util.escapeJavaScript` makes of a text (Apache Commons Lang, `StringEscapeUtils`)."""
    out = json.dumps(text)[1:-1].replace("/", "\\/")
    return out.replace("'", "\\'")


@pytest.mark.parametrize(
    "value", ["plain", "it's", 'say "x"', "back\\slash", "\\'", "a/b", "\u00e9\U0001f600", "\n"]
)
def test_the_body_arrives_as_it_was_sent(value: str) -> None:
    """The template is two lines of Velocity: a variable, and the text that it stands in."""
    sent = json.dumps({"Day": value})
    written = resolved(
        made()["EndpointMethod"]["Properties"]["Integration"]["RequestTemplates"]["application/json"],
        {"StateMachineComponent": "arn:machine"},
    )
    first, second = written.splitlines()
    form = r"#set\(\$body = \$util\.escapeJavaScript\(\$input\.json\('\$'\)\)\.replaceAll\(\"(.*)\", \"(.*)\"\)\)"
    pattern, instead = re.fullmatch(form, first).groups()  # type: ignore[union-attr]
    request = json.loads(second.replace("$body", re.sub(pattern, instead, escaped(sent))))
    assert request == {"stateMachineArn": "arn:machine", "input": sent}


PIPELINE = "[pipelines]\nenabled = true\n" + TOML + 'pipeline = "churn-${TargetEnv}"\n'


def test_a_pipeline_s_endpoint_asks_for_no_input_and_for_whole_objects_of_their_types() -> None:
    resources = made(PIPELINE, reader("Day", "More"), input_schema=SCHEMA)
    model = resources["EndpointModel"]["Properties"]["Schema"]
    assert "required" not in model
    assert model["properties"]["Epochs"] == {"type": "integer"}
    assert model["properties"]["Job"]["required"] == ["size"]
    (said,) = resources["EndpointInvalidRequest"]["Properties"]["ResponseTemplates"].values()
    assert '"required": []' in said


def test_a_pipeline_s_endpoint_may_start_the_router_only() -> None:
    role = made(PIPELINE + "[encryption]\n[versions]\nenabled = true\n")["EndpointRole"]["Properties"]
    assert role["Policies"][0]["PolicyDocument"]["Statement"] == [
        {
            "Sid": "StartRouter",
            "Effect": "Allow",
            "Action": "states:StartExecution",
            "Resource": {"Ref": "PipelineRouter"},
        }
    ]


@pytest.mark.parametrize("value", ["it's", 'say "x"', "back\\slash", "a/b", "\u00e9\U0001f600", "\n", "${x}"])
def test_the_body_arrives_in_the_event_of_the_router(value: str) -> None:
    sent = json.dumps({"Day": value})
    templates = made(PIPELINE)["EndpointMethod"]["Properties"]["Integration"]["RequestTemplates"]
    known = {"PipelineRouter": "arn:router", "TargetEnv": "prod"}
    first, second = resolved(templates["application/json"], known).splitlines()
    plain = made()["EndpointMethod"]["Properties"]["Integration"]["RequestTemplates"]
    assert first == resolved(plain["application/json"], known).splitlines()[0]
    request = json.loads(second.replace("$body", escaped(sent).replace("\\'", "'")))
    assert request["stateMachineArn"] == "arn:router"
    assert json.loads(request["input"]) == {"Pipeline": "churn-prod", "Input": {"Day": value}}


def test_a_pipeline_of_the_endpoint_without_a_router_is_refused_at_its_line() -> None:
    assert findings(f'{TOML}pipeline = "churn"\n', reader()) == [
        (
            "SFN680 sfn-cfn.toml:5: the endpoint starts pipeline 'churn', and the workflow has no router of pipelines "
            "| write enabled = true in [pipelines], or take it out"
        )
    ]


def test_each_answer_is_mapped_to_a_status() -> None:
    answers = made()["EndpointMethod"]["Properties"]["Integration"]["IntegrationResponses"]
    assert [(one["StatusCode"], one.get("SelectionPattern")) for one in answers] == [
        ("200", None),
        ("400", r"4\d{2}"),
        ("502", r"5\d{2}"),
    ]
    refused = answers[1]["ResponseTemplates"]["application/json"]
    assert "#set($context.responseOverride.status = 429)" in refused
    assert "#set($context.responseOverride.status = 502)" in refused


def test_a_body_that_is_refused_is_told_what_it_has_to_have() -> None:
    (said,) = made(states=reader("B", "A"))["EndpointInvalidRequest"]["Properties"][
        "ResponseTemplates"
    ].values()
    # API Gateway writes the message with its quotes.
    assert json.loads(said.replace("$context.error.messageString", '"Invalid request body"')) == {
        "message": "Invalid request body",
        "required": ["A", "B"],
    }


def deployment(**given: Any) -> str:
    (name,) = (name for name in made(**given) if name.startswith("EndpointDeployment"))
    return name


def test_a_change_of_the_api_is_deployed() -> None:
    assert deployment() == deployment()
    assert deployment() != deployment(states=reader("Day"))
    assert re.fullmatch("EndpointDeployment[0-9a-f]{8}", deployment())


def test_access_logs_are_written_where_asked_for() -> None:
    assert "AccessLogSetting" not in made()["EndpointStage"]["Properties"]
    resources = made(f"{TOML}access_logs = true\n[logging]\nretention_days = 30")
    setting = resources["EndpointStage"]["Properties"]["AccessLogSetting"]
    assert setting["DestinationArn"] == {"Fn::GetAtt": ["EndpointLogGroup", "Arn"]}
    assert {"requestId", "caller", "status"} <= set(json.loads(setting["Format"]))
    assert resources["EndpointLogGroup"]["Properties"]["RetentionInDays"] == 30


@pytest.mark.parametrize(
    ("toml", "found"),
    [
        (
            "rate = 0",
            "SFN672 sfn-cfn.toml:5: 'rate' of the endpoint is 0 | write a number above 0, up to 10000",
        ),
        (
            "burst = 0.5",
            "SFN672 sfn-cfn.toml:5: 'burst' of the endpoint is 0.5 | write a whole number from 1 to 5000",
        ),
    ],
)
def test_limits_that_cannot_be_are_errors(toml: str, found: str) -> None:
    assert findings(TOML + toml, reader()) == [found]


def test_the_url_is_an_output() -> None:
    outputs = template(TOML, reader())["Outputs"]
    known = {"EndpointApi": "a1b2"}
    url = f"https://a1b2.execute-api.eu-west-1.amazonaws.com/{endpoint.STAGE_NAME}/{endpoint.PATH}"
    assert resolved(outputs["EndpointUrl"]["Value"], known) == url
