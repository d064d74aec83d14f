"""The calls of Athena's and Bedrock's states.

From: "Call Athena with Step Functions" and "Access to Amazon S3 from Athena"; "Bedrock API permissions" and
"Prerequisites for inference profiles" of Bedrock's guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from iam.simulate.calls import Call, named, pass_role, s3_bucket, s3_object, texts, with_key
from iam.simulate.machines import Place, plain, run_time
from iam.simulate.samples import NAME, Task

READS = ("SELECT", "WITH", "SHOW", "DESCRIBE", "EXPLAIN")
GLUE_READS = (
    "BatchGetPartition",
    "GetDatabase",
    "GetDatabases",
    "GetPartition",
    "GetPartitions",
    "GetTable",
    "GetTables",
)
GLUE_WRITES = (
    "BatchCreatePartition",
    "BatchDeletePartition",
    "BatchDeleteTable",
    "CreateDatabase",
    "CreatePartition",
    "CreateTable",
    "DeleteDatabase",
    "DeletePartition",
    "DeleteTable",
    "UpdateDatabase",
    "UpdatePartition",
    "UpdateTable",
)
OF_DATABASES = ("GetDatabase", "GetDatabases", "CreateDatabase", "UpdateDatabase")
OBJECT_READS = ("GetObject",)
OBJECT_WRITES = ("AbortMultipartUpload", "ListMultipartUploadParts", "PutObject")
ANYWHERE = f"s3://{run_time('any-bucket/any/key')}"


def query(task: Task) -> Iterator[Call]:
    """A query: its workgroup, its catalog, what it may read, where its result goes, and what it may write."""
    given, place = task.parameters, task.machine.place
    group = (texts(given, "WorkGroup") or ["primary"])[0]
    actions = ["StartQueryExecution", *(("StopQueryExecution", "GetQueryExecution") if task.pattern else ())]
    for action in actions:
        yield Call(f"athena:{action}", place.arn("athena", f"workgroup/{group}"))
    if given.get("QueryString") == run_time(NAME):
        # It may be EXECUTE, of a statement that the workgroup has.
        yield Call("athena:GetPreparedStatement", place.arn("athena", f"workgroup/{group}"))
    catalog = (texts(given, "Catalog") or ["AwsDataCatalog"])[0]
    yield Call("athena:GetDataCatalog", place.arn("athena", f"datacatalog/{catalog}"))
    yield Call("lakeformation:GetDataAccess", "*")
    writes = not plain(given.get("QueryString", "")).upper().startswith(READS)
    yield from _tables(place, given, writes=writes)
    yield from _objects(place, ANYWHERE, [*OBJECT_READS, *(OBJECT_WRITES if writes else ())])
    output = (texts(given, "OutputLocation") or [ANYWHERE])[0]
    yield from _objects(place, output, [*OBJECT_READS, *OBJECT_WRITES])
    for key in texts(given, "KmsKey"):
        for action in ("Decrypt", "GenerateDataKey"):
            yield with_key(place, f"kms:{action}", key, {}, {})


def _tables(place: Place, given: Any, *, writes: bool) -> Iterator[Call]:
    """Athena asks for the database `default` with each query."""
    database = (texts(given, "Database") or [run_time("database")])[0]
    where = ["catalog", f"database/{database}", f"table/{database}/{run_time('table')}"]
    for action in (*GLUE_READS, *(GLUE_WRITES if writes else ())):
        for one in where[:2] if action in OF_DATABASES else where:
            yield Call(f"glue:{action}", place.arn("glue", one))
    if writes:
        yield Call(
            "glue:DeleteDatabase", place.arn("glue", f"userDefinedFunction/{database}/{run_time('f')}")
        )
    for action in ("GetDatabase", "GetDatabases"):
        yield Call(f"glue:{action}", place.arn("glue", "database/default"))


def _objects(place: Place, uri: str, actions: list[str]) -> Iterator[Call]:
    below = uri if uri == ANYWHERE else f"{uri.rstrip('/')}/{run_time('result.csv')}"
    for action in actions:
        yield s3_object(place, f"s3:{action}", below)
    (location, listing) = s3_bucket(place, below, [run_time("prefix/")])
    yield location
    yield listing
    if "PutObject" in actions:
        yield Call("s3:ListBucketMultipartUploads", location.resource, location.context, location.others)


def of_query(task: Task) -> Iterator[Call]:
    """What asks for a query by its ID: of which workgroup it is, only Athena knows; its result is in S3."""
    place, api = task.machine.place, task.call.partition(":")[2]
    yield Call(f"athena:{api[0].upper()}{api[1:]}", place.arn("athena", f"workgroup/{run_time(NAME)}"))
    if api == "getQueryResults":
        yield s3_object(place, "s3:GetObject", ANYWHERE)


def invoke(task: Task) -> Iterator[Call]:
    """A model by its ID, by the ARN of something that stands for one, or by way of an inference profile."""
    given, place = task.parameters, task.machine.place
    model = (texts(given, "ModelId") or [run_time(NAME)])[0]
    yield from _model(place, model)
    for field, action in (("Input", "GetObject"), ("Output", "PutObject")):
        for uri in texts(given.get(field, {}), "S3Uri"):
            yield s3_object(place, f"s3:{action}", uri)
    for guardrail in texts(given, "GuardrailIdentifier"):
        yield from (
            Call("bedrock:ApplyGuardrail", one)
            for one in named(place, "bedrock", f"guardrail/{guardrail}", {})
        )


def _model(place: Place, model: str) -> Iterator[Call]:
    invoke_, key = "bedrock:InvokeModel", "bedrock:InferenceProfileArn"
    geography = re.match(r"(?:us|eu|apac|global|us-gov)\.(.*)", plain(model))
    profile = None
    if model != plain(model):
        for kind in ("application-inference-profile", "inference-profile", "provisioned-model"):
            yield Call(invoke_, place.arn("bedrock", f"{kind}/{model}"))
        yield Call(invoke_, place.arn("bedrock", f"foundation-model/{model}", None, ""))
        return
    if geography:
        profile, behind = place.arn("bedrock", f"inference-profile/{model}"), geography[1]
    elif ":application-inference-profile/" in model:
        profile, behind = model, run_time("anthropic.some-model")
    if profile:
        yield Call(invoke_, profile)
        target = place.arn("bedrock", f"foundation-model/{behind}", run_time("eu-north-1"), "")
        yield Call(invoke_, target, {key: profile}, {key: (f"{profile}-sibling",)})
    else:
        yield Call(
            invoke_,
            model
            if model.startswith("arn:")
            else place.arn("bedrock", f"foundation-model/{model}", None, ""),
        )


def customize(task: Task) -> Iterator[Call]:
    """A job, the model that it starts from and the one that it makes."""
    given, place = task.parameters, task.machine.place
    base = (texts(given, "BaseModelIdentifier") or [run_time(NAME)])[0]
    start = (
        base if plain(base).startswith("arn:") else place.arn("bedrock", f"foundation-model/{base}", None, "")
    )
    made = [
        place.arn("bedrock", f"{kind}/{run_time('new')}")
        for kind in ("custom-model", "model-customization-job")
    ]
    for resource in (start, made[0]):
        yield Call("bedrock:CreateModelCustomizationJob", resource)
    if task.pattern:
        for action in ("Get", "Stop"):
            yield Call(f"bedrock:{action}ModelCustomizationJob", made[1])
    if "JobTags" in given or "CustomModelTags" in given:
        yield from (Call("bedrock:TagResource", one) for one in made)
    for key in texts(given, "CustomModelKmsKeyId"):
        via = f"bedrock.{place.region}.{place.suffix}"
        for action in ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey"):
            others = {"kms:ViaService": (f"s3.{place.region}.{place.suffix}",)}
            yield with_key(place, f"kms:{action}", key, {"kms:ViaService": via}, others)
    for role in texts(given, "RoleArn"):
        yield pass_role(place, role, "bedrock.amazonaws.com")
