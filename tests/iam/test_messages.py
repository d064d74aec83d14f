"""Events, APIs, HTTPS endpoints, models and queries: what names them, and what beside them is not allowed."""

from __future__ import annotations

from typing import Any

import pytest

from iam.building import VALUES, allows, define, many, resolved, task
from sfn_cfn.errors import PolicyError
from sfn_cfn.iam import derive_policies
from sfn_cfn.model import ParameterDeclaration

HERE = "eu-west-1:111122223333"
API = f"arn:aws:execute-api:{HERE}:abc/prod/POST/scores"
HOST = "abc.execute-api.eu-west-1.amazonaws.com"
CONNECTION = f"arn:aws:events:{HERE}:connection/crm/81210c42"
MODEL = "arn:aws:bedrock:{}::foundation-model/anthropic.claude-v2"
PROFILE = f"arn:aws:bedrock:{HERE}:inference-profile/eu.anthropic.claude-v2"


def policy(call: str, parameters: Any = None, **defaults: str) -> list[dict[str, Any]]:
    """The policy of one task; `defaults` declares parameters."""
    declared = tuple(ParameterDeclaration(name, "String", value) for name, value in defaults.items())
    node = task(f"arn:aws:states:::{call}", parameters)
    policies = derive_policies(define({"Call": node}, declared))
    return resolved(policies.workflow, {**VALUES, **defaults})


def resources(found: list[dict[str, Any]], action: str) -> list[str]:
    return [item for one in found if action in many(one["Action"]) for item in many(one["Resource"])]


def finding(call: str, parameters: dict[str, Any]) -> tuple[str, str, str]:
    with pytest.raises(PolicyError) as error:
        policy(call, parameters)
    return next((one.code, one.message, one.hint) for one in error.value.diagnostics)


# -- EventBridge ----------------------------------------------------------------------------------------


def bus(**entry: str) -> list[str]:
    return resources(policy("events:putEvents", {"Entries": [entry]}), "events:PutEvents")


def test_an_entry_without_a_bus_goes_to_the_default_one() -> None:
    assert bus(Source="x") == [f"arn:aws:events:{HERE}:event-bus/default"]


def test_a_bus_is_named_by_its_name_or_its_arn() -> None:
    assert bus(EventBusName="ml-${TargetEnv}") == [f"arn:aws:events:{HERE}:event-bus/ml-dev"]
    given = "arn:aws:events:us-east-1:444455556666:event-bus/central"
    assert bus(EventBusName=given) == [given]


def test_a_run_time_bus_begins_with_what_is_known() -> None:
    assert bus(EventBusName="{% 'ml-' & $env %}") == [f"arn:aws:events:{HERE}:event-bus/ml-*"]


def test_a_global_endpoint_has_a_bus_in_another_region_too() -> None:
    given = {"EndpointId": "abc.veo", "Entries": [{"EventBusName": "ml"}]}
    found = policy("events:putEvents", given)
    assert allows(found, "events:PutEvents", f"arn:aws:events:{HERE}:event-bus/ml")
    assert allows(found, "events:PutEvents", "arn:aws:events:us-east-1:111122223333:event-bus/ml")
    assert not allows(found, "events:PutEvents", "arn:aws:events:us-east-1:111122223333:event-bus/other")


# -- API Gateway ----------------------------------------------------------------------------------------


def api(**more: Any) -> list[dict[str, Any]]:
    given = {
        "ApiEndpoint": HOST,
        "Stage": "prod",
        "Method": "POST",
        "Path": "/scores",
        "AuthType": "IAM_ROLE",
    }
    return policy("apigateway:invoke", {**given, **more})


def test_a_call_is_of_its_api_stage_method_and_path_only() -> None:
    found = api()
    assert allows(found, "execute-api:Invoke", API)
    for part, other in (("abc", "abd"), ("prod", "dev"), ("POST", "DELETE"), ("scores", "scores/all")):
        assert not allows(found, "execute-api:Invoke", API.replace(f"{part}", other))


@pytest.mark.parametrize(
    ("host", "target"),
    [
        (f"https://{HOST}", API),
        ("abc.execute-api.${AWS::Region}.amazonaws.com", API),
        ("abc.execute-api.cn-north-1.amazonaws.com.cn", API.replace("eu-west-1", "cn-north-1")),
        ("{% $id & '.execute-api.eu-west-1.amazonaws.com' %}", API.replace("abc", "*")),
        ("{% 'abc.' & $rest %}", API.replace("abc", "*")),
    ],
)
def test_a_host_tells_the_api_and_its_region(host: str, target: str) -> None:
    assert resources(api(ApiEndpoint=host), "execute-api:Invoke") == [target]


def test_a_host_that_is_a_parameter_is_read_as_its_default() -> None:
    given = {"ApiEndpoint": "${Api}", "Stage": "prod", "Method": "POST", "Path": "/scores"}
    found = policy("apigateway:invoke", {**given, "AuthType": "IAM_ROLE"}, Api=HOST)
    assert resources(found, "execute-api:Invoke") == [API]
    found = policy("apigateway:invoke", {**given, "AuthType": "IAM_ROLE"}, Api="")
    assert resources(found, "execute-api:Invoke") == [API.replace("abc", "*")]


@pytest.mark.parametrize("kind", ["NO_AUTH", ""])
def test_a_call_that_is_not_signed_needs_nothing(kind: str) -> None:
    assert not api(AuthType=kind)


def test_a_call_whose_authorisation_is_known_at_run_time_may_be_signed() -> None:
    given = {
        "ApiEndpoint": HOST,
        "Stage": "prod",
        "Method": "POST",
        "Path": "/scores",
        "AuthType.$": "$.auth",
    }
    assert resources(policy("apigateway:invoke", given), "execute-api:Invoke") == [API]
    assert resources(policy("apigateway:invoke"), "execute-api:Invoke") == [
        f"arn:aws:execute-api:{HERE}:*/*/*/*"
    ]


def test_a_host_that_serves_no_api_is_refused() -> None:
    given = {"ApiEndpoint": "api.example.com", "Stage": "prod", "Method": "GET", "AuthType": "IAM_ROLE"}
    code, message, hint = finding("apigateway:invoke", given)
    kind = "the host of an API (<id>.execute-api.<region>.amazonaws.com)"
    assert (code, hint) == ("SFN504", f"give {kind}")
    assert message == (f"'ApiEndpoint' of task 'Call' is 'api.example.com', which is not {kind}")


# -- HTTPS ----------------------------------------------------------------------------------------------


def https(connection: str = CONNECTION, **defaults: str) -> list[dict[str, Any]]:
    given = {"Method": "GET", "ApiEndpoint": "https://api.example.com/v1"}
    return policy("http:invoke", {**given, "Authentication": {"ConnectionArn": connection}}, **defaults)


def test_an_endpoint_is_called_by_its_method_by_this_machine_only() -> None:
    found = https()
    machine = f"arn:aws:states:{HERE}:stateMachine:fraud-train-dev"
    ours = {"states__HTTPMethod": "GET", "states__HTTPEndpoint": "https://api.example.com/v1"}
    assert allows(found, "states:InvokeHTTPEndpoint", machine, **ours)
    assert not allows(found, "states:InvokeHTTPEndpoint", machine, **{**ours, "states__HTTPMethod": "POST"})
    other = {**ours, "states__HTTPEndpoint": "https://api.example.com/v1/more"}
    assert not allows(found, "states:InvokeHTTPEndpoint", machine, **other)
    assert not allows(found, "states:InvokeHTTPEndpoint", f"{machine}-2", **ours)


def test_two_endpoints_keep_their_own_methods() -> None:
    def call(method: str, path: str) -> dict[str, Any]:
        given = {"Method": method, "ApiEndpoint": f"https://api.example.com/{path}"}
        return task(
            "arn:aws:states:::http:invoke", {**given, "Authentication": {"ConnectionArn": CONNECTION}}
        )

    found = resolved(derive_policies(define({"A": call("GET", "a"), "B": call("POST", "b")})).workflow)
    machine = f"arn:aws:states:{HERE}:stateMachine:fraud-train-dev"
    crossed = {"states__HTTPMethod": "POST", "states__HTTPEndpoint": "https://api.example.com/a"}
    assert not allows(found, "states:InvokeHTTPEndpoint", machine, **crossed)


@pytest.mark.parametrize(("connection", "default"), [(CONNECTION, ""), ("${Connection}", CONNECTION)])
def test_the_secret_is_that_of_the_connection(connection: str, default: str) -> None:
    found = https(connection, Connection=default)
    secret = f"arn:aws:secretsmanager:{HERE}:secret:events!connection/"
    assert resources(found, "events:RetrieveConnectionCredentials") == [CONNECTION]
    assert resources(found, "secretsmanager:GetSecretValue") == [f"{secret}crm/*"]
    assert not allows(found, "secretsmanager:GetSecretValue", f"{secret}crm-2/1-AbCdEf")
    assert not allows(found, "secretsmanager:PutSecretValue", f"{secret}crm/1-AbCdEf")


def test_a_connection_that_is_none_is_refused() -> None:
    given = {"Method": "GET", "ApiEndpoint": "https://a.example", "Authentication": {"ConnectionArn": "crm"}}
    assert finding("http:invoke", given) == (
        "SFN504",
        "'ConnectionArn' of task 'Call' is 'crm', which is not an ARN of a connection",
        "give an ARN of a connection",
    )


# -- Bedrock --------------------------------------------------------------------------------------------


def invoke(model: str, **defaults: str) -> list[dict[str, Any]]:
    return policy("bedrock:invokeModel", {"ModelId": model, "Body": {}}, **defaults)


@pytest.mark.parametrize(
    ("model", "default"),
    [(MODEL.format("eu-west-1"), ""), ("anthropic.claude-v2", ""), ("${Id}", "anthropic.claude-v2")],
)
def test_a_model_is_invoked_in_its_region_only(model: str, default: str) -> None:
    found = invoke(model, Id=default)
    assert allows(found, "bedrock:InvokeModel", MODEL.format("eu-west-1"))
    assert not allows(found, "bedrock:InvokeModel", MODEL.format("us-east-1"))
    assert not allows(found, "bedrock:InvokeModel", MODEL.format("eu-west-1") + ":1")


@pytest.mark.parametrize(
    ("model", "default"),
    [("eu.anthropic.claude-v2", ""), (PROFILE, ""), ("${Id}", "eu.anthropic.claude-v2"), ("${Id}", PROFILE)],
)
def test_a_profile_s_model_is_invoked_by_way_of_the_profile_only(model: str, default: str) -> None:
    found = invoke(model, Id=default)
    assert allows(found, "bedrock:InvokeModel", PROFILE)
    elsewhere = MODEL.format("eu-central-1")
    assert allows(found, "bedrock:InvokeModel", elsewhere, bedrock__InferenceProfileArn=PROFILE)
    assert not allows(found, "bedrock:InvokeModel", elsewhere)
    assert not allows(found, "bedrock:InvokeModel", elsewhere, bedrock__InferenceProfileArn=f"{PROFILE}-2")


def test_a_profile_with_a_literal_name_is_of_its_own_model() -> None:
    found = invoke("eu.anthropic.claude-v2")
    other = "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-v3"
    assert not allows(found, "bedrock:InvokeModel", other, bedrock__InferenceProfileArn=PROFILE)


def test_a_model_known_at_run_time_begins_with_what_is_known() -> None:
    found = invoke("{% 'anthropic.' & $model %}")
    assert resources(found, "bedrock:InvokeModel") == [
        "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.*"
    ]


def test_a_router_invokes_models_by_way_of_itself_only() -> None:
    router = f"arn:aws:bedrock:{HERE}:prompt-router/abc"
    found = invoke(router)
    assert allows(found, "bedrock:InvokeModel", router)
    assert allows(found, "bedrock:InvokeModel", MODEL.format("us-east-1"), bedrock__PromptRouterArn=router)
    assert not allows(found, "bedrock:InvokeModel", MODEL.format("eu-west-1"))


@pytest.mark.parametrize(
    "model", ["", "no model", "arn:aws:s3:::bucket", f"arn:aws:bedrock:{HERE}:prompt/abc"]
)
def test_what_is_no_model_is_refused(model: str) -> None:
    assert finding("bedrock:invokeModel", {"ModelId": model}) == (
        "SFN504",
        f"'ModelId' of task 'Call' is '{model}', which is not a model or an inference profile",
        "give a model or an inference profile",
    )


def test_a_custom_model_may_be_customised_again() -> None:
    base = f"arn:aws:bedrock:{HERE}:custom-model/amazon.titan/abc"
    found = policy("bedrock:createModelCustomizationJob", {"BaseModelIdentifier": base})
    assert allows(found, "bedrock:CreateModelCustomizationJob", base)
    assert not allows(found, "bedrock:CreateModelCustomizationJob", MODEL.format("eu-west-1"))


def test_what_is_no_base_model_is_refused() -> None:
    base = f"arn:aws:bedrock:{HERE}:provisioned-model/abc"
    assert finding("bedrock:createModelCustomizationJob", {"BaseModelIdentifier": base}) == (
        "SFN504",
        f"'BaseModelIdentifier' of task 'Call' is '{base}', which is not a base model",
        "give a base model",
    )


# -- Athena ---------------------------------------------------------------------------------------------


def query(sql: str) -> list[dict[str, Any]]:
    context = {"Database": "fraud"}
    place = {"OutputLocation": "s3://results/queries"}
    given = {"QueryString": sql, "QueryExecutionContext": context, "ResultConfiguration": place}
    return policy("athena:startQueryExecution", given)


def test_results_are_written_where_the_task_says() -> None:
    found = query("SELECT 1")
    assert allows(found, "s3:PutObject", "arn:aws:s3:::results/queries/1.csv")
    assert not allows(found, "s3:PutObject", "arn:aws:s3:::results/other/1.csv")
    assert not allows(
        found, "s3:PutObject", "arn:aws:s3:::results/queries-2/1.csv", aws__ResourceAccount="111122223333"
    )


def test_data_are_read_in_the_stack_s_own_account_only() -> None:
    found = query("SELECT 1")
    assert allows(found, "s3:GetObject", "arn:aws:s3:::lake/1", aws__ResourceAccount="111122223333")
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::lake/1", aws__ResourceAccount="444455556666")


def test_another_database_is_not_seen() -> None:
    found = query("SELECT 1")
    assert allows(found, "glue:GetTable", f"arn:aws:glue:{HERE}:table/fraud/scores")
    assert not allows(found, "glue:GetTable", f"arn:aws:glue:{HERE}:table/hr/salaries")
    assert not allows(found, "glue:GetTable", f"arn:aws:glue:{HERE}:database/default")


@pytest.mark.parametrize(
    "sql", ["SELECT 1", " \n(select 1)", "WITH a AS (SELECT 1) SELECT * FROM a", "{% 'SHOW ' & $x %}"]
)
def test_a_query_that_surely_reads_changes_nothing(sql: str) -> None:
    found = query(sql)
    assert not allows(found, "glue:DeleteTable", f"arn:aws:glue:{HERE}:table/fraud/scores")
    assert not allows(found, "s3:PutObject", "arn:aws:s3:::lake/1", aws__ResourceAccount="111122223333")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO a SELECT 1",
        "UNLOAD (SELECT 1) TO 's3://x'",
        "-- SELECT\nDROP TABLE a",
        "SELECTED",
        "{% $sql %}",
    ],
)
def test_any_other_query_may_change_its_database(sql: str) -> None:
    found = query(sql)
    assert allows(found, "glue:DeleteTable", f"arn:aws:glue:{HERE}:table/fraud/scores")
    assert allows(found, "s3:PutObject", "arn:aws:s3:::lake/1", aws__ResourceAccount="111122223333")


def test_a_prepared_statement_is_got_from_its_workgroup_only() -> None:
    group = f"arn:aws:athena:{HERE}:workgroup/primary"
    assert allows(query("execute score USING 7"), "athena:GetPreparedStatement", group)
    assert not allows(query("execute score USING 7"), "athena:GetPreparedStatement", f"{group}-2")
    assert not allows(query("SELECT 1"), "athena:GetPreparedStatement", group)


def test_a_location_that_is_none_is_refused() -> None:
    given = {"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": "results"}}
    assert finding("athena:startQueryExecution", given) == (
        "SFN504",
        "'OutputLocation' of task 'Call' is 'results', which is not an S3 URI",
        "give an S3 URI",
    )
