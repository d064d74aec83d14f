r"""Definition, Settings -> an HTTP endpoint that starts the state machine with the request's body.

A request is signed (IAM), has a body with all inputs of their declared types (else 400), and is held back above the
settings' rate (429). `$util.escapeJavaScript` writes `'` as `\'`, which JSON does not know, so that is taken back.
Sources: the API Gateway developer guide, "Create an AWS Step Functions API", "Variables for data transformations",
"Override your API's request and response parameters and status codes", "Request validation for REST APIs" and "Set up
CloudWatch logging for REST APIs"; the Step Functions API reference, `StartExecution` (its errors).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sfn_cfn.deploy.interface import interface
from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, Text, Token, machine_name, text
from sfn_cfn.operations import pipeline_starts, starting
from sfn_cfn.operations.capability import Addition, Capability, with_tokens
from sfn_cfn.operations.parts import log_group
from sfn_cfn.sections import typed
from sfn_cfn.sections.endpoint import EndpointSettings
from sfn_cfn.sections.pipelines import TABLE_KEY
from sfn_cfn.sections.stages import INPUT, stages
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import Value, from_text, get_att, ref, sub
from sfn_cfn.template.model import Fragment

SFN672 = Code(
    "SFN672",
    Severity.ERROR,
    "the endpoint's limits cannot be",
    "`rate` is above 0 and at most 10000 requests per second, `burst` a whole number from 1 to 5000, which is what API "
    "Gateway has for a whole account.",
)

API, ROLE, STAGE, LOG = "EndpointApi", "EndpointRole", "EndpointStage", "EndpointLogGroup"
RESOURCE, METHOD, MODEL, VALIDATOR = (
    "EndpointResource",
    "EndpointMethod",
    "EndpointModel",
    "EndpointValidator",
)
INVALID = "EndpointInvalidRequest"
STAGE_NAME, PATH = "v1", "executions"

_TYPES: Mapping[str, str] = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    "object": "object",
}
_BODY = "#set($body = $util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\", \"'\"))\n"
_STARTED = "{\"executionArn\": $input.json('$.executionArn'), \"startDate\": $input.json('$.startDate')}\n"
_REFUSED = """\
#set($type = $input.path('$.__type'))
#if($type.contains("Throttling") || $type.contains("LimitExceeded"))
#set($context.responseOverride.status = 429)
{"message": "too many executions are started at once"}
#elseif($type.contains("InvalidExecutionInput"))
{"message": "the body is not an input of an execution"}
#else
#set($context.responseOverride.status = 502)
{"message": "the workflow cannot be started"}
#end
"""
_UNAVAILABLE = '{"message": "the workflow cannot be started now"}\n'
_LOGGED = (
    '{"requestId": "$context.requestId", "time": "$context.requestTime", "caller": "$context.identity.caller", '
    '"ip": "$context.identity.sourceIp", "method": "$context.httpMethod", "path": "$context.resourcePath", '
    '"status": "$context.status", "error": "$context.error.responseType"}'
)


def _settings(definition: Definition, settings: Settings) -> EndpointSettings:
    return typed(settings.of(definition.name).operations, "endpoint", EndpointSettings)


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    one = _settings(definition, settings)
    own = settings.of(definition.name)
    yield from starting.idle("endpoint", own, settings)
    if one.enabled and one.pipeline:
        yield from pipeline_starts.named(one, "the endpoint", ("endpoint",), definition, settings)
    if one.enabled and not 0 < one.rate <= 10_000:
        message = f"'rate' of the endpoint is {one.rate}"
        yield SFN672.at(own.place("endpoint", "rate"), message, "write a number above 0, up to 10000")
    if one.enabled and starting.outside(one.burst, 1, 5000):
        message = f"'burst' of the endpoint is {one.burst}"
        yield SFN672.at(own.place("endpoint", "burst"), message, "write a whole number from 1 to 5000")


def schema(
    definition: Definition, switches: Collection[str] = (), *, complete: bool = True
) -> dict[str, Any]:
    """The JSON schema (draft 4) of a request's body: what an execution takes, all of it where it is to be `complete`.

    Each of the stages' `switches` may be left out.
    """
    optional = interface(definition).optional
    required = [item.name for item in definition.inputs if item.name not in optional]
    declared = definition.workflow.input_schema
    out: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {
            item.name: _schema(declared.get(item.name), switches if item.name == INPUT else ())
            for item in definition.inputs
        },
    }
    return {**out, "required": required} if required and complete else out


def _schema(declared: Any, optional: Collection[str] = ()) -> dict[str, Any]:
    if isinstance(declared, Mapping):
        inner = {name: _schema(item) for name, item in declared.items()}
        required = [name for name in inner if name not in optional]
        out = {"type": "object", "properties": inner}
        return {**out, "required": required} if required else out
    kind = _TYPES.get(str(declared))
    return {"type": kind} if kind else {}


def _add(definition: Definition, settings: Settings) -> Addition:
    one = _settings(definition, settings)
    if not one.enabled:
        return Addition()
    body = schema(definition, stages(settings.of(definition.name).operations), complete=not one.pipeline)
    made = _api(definition, body) | {METHOD: _method(_request(definition, settings, one))}
    changes = hashlib.sha256(repr(sorted(made.items())).encode()).hexdigest()[:8]
    # A deployment is a copy of the API as it was, so each change needs another one.
    deployment = f"EndpointDeployment{changes}"
    resources = made | {
        ROLE: starting.role(
            definition,
            settings,
            "apigateway.amazonaws.com",
            None,
            [pipeline_starts.statement(one, definition, settings)],
        ),
        deployment: {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": [METHOD, INVALID],
            "Properties": {"RestApiId": ref(API)},
        },
        STAGE: _stage(deployment, one),
    }
    if one.access_logs:
        name = text("/aws/vendedlogs/apigateway/", machine_name(definition.name))
        resources[LOG] = log_group(definition, settings, name)
    url = f"https://${{{API}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{STAGE_NAME}/{PATH}"
    outputs = {"EndpointUrl": {"Description": "POST starts the workflow, signed", "Value": sub(url)}}
    return Addition(Fragment(resources=resources, outputs=outputs))


def _api(definition: Definition, body: Mapping[str, Any]) -> dict[str, Any]:
    """The API without its method: what a body has to be, and what is said where it is not."""
    return {
        API: {
            "Type": "AWS::ApiGateway::RestApi",
            "Properties": {
                "Name": from_text(machine_name(definition.name)),
                "EndpointConfiguration": {"Types": ["REGIONAL"]},
            },
        },
        RESOURCE: {
            "Type": "AWS::ApiGateway::Resource",
            "Properties": {
                "RestApiId": ref(API),
                "ParentId": get_att(API, "RootResourceId"),
                "PathPart": PATH,
            },
        },
        MODEL: {
            "Type": "AWS::ApiGateway::Model",
            "Properties": {
                "RestApiId": ref(API),
                "ContentType": "application/json",
                "Schema": body,
            },
        },
        VALIDATOR: {
            "Type": "AWS::ApiGateway::RequestValidator",
            "Properties": {"RestApiId": ref(API), "ValidateRequestBody": True},
        },
        INVALID: {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {
                "RestApiId": ref(API),
                "ResponseType": "BAD_REQUEST_BODY",
                "StatusCode": "400",
                "ResponseTemplates": {"application/json": _invalid(body)},
            },
        },
    }


def _invalid(body: Mapping[str, Any]) -> str:
    """What is said to a body that the schema refuses: with its inputs, which are JSON whatever the body is.

    (The validator's own words, `$context.error.validationErrorString`, have quotes that nothing escapes here.)
    """
    required = json.dumps(body.get("required", []))
    return f'{{"message": $context.error.messageString, "required": {required}}}'


def _request(definition: Definition, settings: Settings, one: EndpointSettings) -> Value:
    """What is sent to Step Functions: the body as the input, or in the event that the router expects."""
    given: tuple[str | Text, ...] = ("$body",)
    if one.pipeline:
        name = with_tokens(one.pipeline, definition)
        given = (f'{{\\"{TABLE_KEY}\\": \\"', name, '\\", \\"Input\\": $body}')
    started = Token(pipeline_starts.logical_id(one, definition, settings))
    return from_text(text(f'{_BODY}{{"stateMachineArn": "', started, '", "input": "', *given, '"}\n'))


def _method(request: Value) -> dict[str, Value]:
    answers = (("200", None, _STARTED), ("400", "4\\d{2}", _REFUSED), ("502", "5\\d{2}", _UNAVAILABLE))
    responses = [
        {"StatusCode": status, "ResponseTemplates": {"application/json": template}}
        | ({"SelectionPattern": pattern} if pattern else {})
        for status, pattern, template in answers
    ]
    integration = {
        "Type": "AWS",
        "IntegrationHttpMethod": "POST",
        "Uri": sub("arn:${AWS::Partition}:apigateway:${AWS::Region}:states:action/StartExecution"),
        "Credentials": get_att(ROLE, "Arn"),
        "PassthroughBehavior": "NEVER",
        "RequestTemplates": {"application/json": request},
        "IntegrationResponses": responses,
    }
    properties = {
        "RestApiId": ref(API),
        "ResourceId": ref(RESOURCE),
        "HttpMethod": "POST",
        "AuthorizationType": "AWS_IAM",
        "RequestValidatorId": ref(VALIDATOR),
        "RequestModels": {"application/json": ref(MODEL)},
        "MethodResponses": [{"StatusCode": status} for status in ("200", "400", "429", "502")],
        "Integration": integration,
    }
    return {"Type": "AWS::ApiGateway::Method", "Properties": properties}


def _stage(deployment: str, one: EndpointSettings) -> dict[str, Value]:
    limits = {
        "HttpMethod": "*",
        "ResourcePath": "/*",
        "ThrottlingRateLimit": one.rate,
        "ThrottlingBurstLimit": int(one.burst),
    }
    properties: dict[str, Any] = {
        "RestApiId": ref(API),
        "DeploymentId": ref(deployment),
        "StageName": STAGE_NAME,
        "TracingEnabled": True,
        "MethodSettings": [limits],
    }
    if one.access_logs:
        properties["AccessLogSetting"] = {"DestinationArn": get_att(LOG, "Arn"), "Format": _LOGGED}
    return {"Type": "AWS::ApiGateway::Stage", "Properties": properties}


CAPABILITY = Capability(check=_check, add=_add)
