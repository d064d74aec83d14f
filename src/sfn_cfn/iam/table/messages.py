"""Events, APIs, HTTPS endpoints and models: the integrations that send something and take an answer.

Sources: the Step Functions developer guide's pages on EventBridge, API Gateway, HTTPS APIs and Bedrock; the
Bedrock user guide, "Prerequisites for inference profiles" and "Encryption of custom models"; the service
authorization reference (resource types of each action). Where an entry differs from the guide:

- EventBridge: a bus that is known at run time only is one of the stack's account and region, the guide has any.
- API Gateway: what is known of a call narrows it, also where its API is not known. `NO_AUTH`, which is what a
  task without `AuthType` has, needs nothing.
- HTTPS: the method and the endpoint are conditions, the secret is that of the connection.
- Bedrock: an inference profile sends a call to models in other regions, so that the models are granted there
  by way of the profile only; a guardrail and places in S3 where the task names them; the role of a customisation
  is passed to Bedrock alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import REQUEST, TOKEN, Condition, Entry, Grant, Resource, Role, same

BEDROCK_SERVICE = "bedrock.amazonaws.com"

_PUT_EVENTS = ("events:PutEvents",)
_BUS = "event-bus/{Entries[].EventBusName=default}"

_API = Resource("execute-api", "{ApiEndpoint}/{Stage=$default}/{Method}/{Path=}", "ApiEndpoint", "api")
_SIGNED = "AuthType~(IAM_ROLE|RESOURCE_POLICY)$"

_SELF = Resource("states", "stateMachine:{@machine}", form="format")
_METHOD = Resource("states", field="Method", form="text")
_ENDPOINT = Resource("states", field="ApiEndpoint", form="text")


def _connection(field: str, *, likely: bool = False) -> tuple[Grant, ...]:
    """A connection of EventBridge and its secret: of a public API in `Authentication`, of a private one elsewhere."""
    name = f"{field}.ConnectionArn"
    return tuple(
        Grant(sid, actions, (resource,), when=(field,), likely=likely)
        for sid, actions, resource in (
            (
                "HttpConnection",
                ("events:RetrieveConnectionCredentials",),
                Resource("events", "connection/", name, "arn"),
            ),
            (
                "HttpSecret",
                ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
                Resource("secretsmanager", "secret:", name, "connection secret"),
            ),
        )
    )


_CUSTOM_MODELS = Resource("bedrock", "custom-model/{}", form="format")
_CUSTOMIZATIONS = Resource("bedrock", "model-customization-job/{}", form="format")
_VIA_BEDROCK: Condition = ("StringLike", "kms:ViaService", ("bedrock.*.amazonaws.com",))
_CUSTOMIZE = (
    Grant(
        "BedrockCustomization",
        ("bedrock:CreateModelCustomizationJob",),
        (
            Resource("bedrock", field="BaseModelIdentifier", form="base model"),
            _CUSTOM_MODELS,
            _CUSTOMIZATIONS,
        ),
    ),
    Grant("BedrockTags", ("bedrock:TagResource",), (_CUSTOM_MODELS,), when=("CustomModelTags",)),
    Grant("BedrockTags", ("bedrock:TagResource",), (_CUSTOMIZATIONS,), when=("JobTags",)),
    Grant(
        "BedrockKey",
        ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
        (Resource("kms", "key/", "CustomModelKmsKeyId", "key"),),
        (_VIA_BEDROCK,),
        when=("CustomModelKmsKeyId",),
    ),
)
_WATCH_CUSTOMIZATION = Grant(
    "BedrockCustomizationWatch",
    ("bedrock:GetModelCustomizationJob", "bedrock:StopModelCustomizationJob"),
    (_CUSTOMIZATIONS,),
)

MESSAGES: Mapping[str, Entry] = {
    "events:putEvents": same(
        TOKEN,
        Grant("PutEvents", _PUT_EVENTS, (Resource("events", _BUS, form="format"),)),
        # A global endpoint has a bus of the same name in another region.
        Grant(
            "PutEvents",
            _PUT_EVENTS,
            (Resource("events", _BUS, form="format", region="*"),),
            when=("EndpointId",),
        ),
    ),
    "apigateway:invoke": same(
        TOKEN, Grant("ApiInvoke", ("execute-api:Invoke",), (_API,), when=(_SIGNED,), likely=True)
    ),
    "http:invoke": same(
        REQUEST,
        Grant(
            "HttpInvoke",
            ("states:InvokeHTTPEndpoint",),
            (_SELF,),
            (
                ("StringEquals", "states:HTTPMethod", (_METHOD,)),
                ("StringEquals", "states:HTTPEndpoint", (_ENDPOINT,)),
            ),
        ),
        *_connection("Authentication", likely=True),
        *_connection("InvocationConfig"),
    ),
    "bedrock:invokeModel": same(
        REQUEST,
        Grant(
            "BedrockInvoke", ("bedrock:InvokeModel",), (Resource("bedrock", field="ModelId", form="model"),)
        ),
        Grant(
            "BedrockGuardrail",
            ("bedrock:ApplyGuardrail",),
            (Resource("bedrock", "guardrail/", "GuardrailIdentifier", "name or arn"),),
            when=("GuardrailIdentifier",),
        ),
        Grant(
            "BedrockInput",
            ("s3:GetObject",),
            (Resource("s3", "object", "Input.S3Uri", "place"),),
            when=("Input.S3Uri",),
        ),
        Grant(
            "BedrockOutput",
            ("s3:PutObject",),
            (Resource("s3", "object", "Output.S3Uri", "place"),),
            when=("Output.S3Uri",),
        ),
    ),
    "bedrock:createModelCustomizationJob": Entry(
        {"": _CUSTOMIZE, "sync": (*_CUSTOMIZE, _WATCH_CUSTOMIZATION)},
        (Role("RoleArn", (BEDROCK_SERVICE,)),),
    ),
}
