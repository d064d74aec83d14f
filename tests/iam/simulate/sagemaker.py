"""The calls of a SageMaker state: those of the state machine's role, and those of the job under its own role.

From: the developer guide of Step Functions, "IAM policies for integrated services, SageMaker", and that of
SageMaker, "How to use SageMaker execution roles" (the permissions by API operation).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from iam.simulate import job_features
from iam.simulate.calls import (
    Call,
    grant_key,
    named,
    pass_role,
    s3_bucket,
    s3_object,
    texts,
    values,
    watched,
    with_key,
)
from iam.simulate.machines import ANY_CASE, BEGIN, END, END_CASE, Place, Role, known, plain, run_time
from iam.simulate.samples import Task, tasks

SERVICE = "sagemaker.amazonaws.com"
# action of the integration: (resource type, parameter, rule)
JOBS = {
    "createTrainingJob": ("training-job", "TrainingJob", "TrainingJobs"),
    "createTransformJob": ("transform-job", "TransformJob", "TransformJobs"),
    "createProcessingJob": ("processing-job", "ProcessingJob", "ProcessingJobs"),
    "createHyperParameterTuningJob": ("hyper-parameter-tuning-job", "HyperParameterTuningJob", "TuningJobs"),
    "createLabelingJob": ("labeling-job", "LabelingJob", "LabelingJobs"),
}
_IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)")
_URI = re.compile(r"s3://[^\"'\s]+")


def calls(task: Task) -> Iterator[Call]:
    """All calls of a state that starts something in SageMaker."""
    action = task.call.partition(":")[2]
    yield from _job(task, action) if action in JOBS else _thing(task, action)
    task = replace(task, parameters=json.loads(known(json.dumps(task.parameters, ensure_ascii=False))))
    role = task.machine.jobs_role
    given = [one for name in ("RoleArn", "ExecutionRoleArn") for one in texts(task.parameters, name)]
    for one in given:
        yield pass_role(task.machine.place, one, SERVICE)
    uses = role is not None and (not given or role.arn in given)
    if uses and (action not in job_features.ENDPOINTS or _hosts(task, role)):
        for one in _of_job(task, action):
            yield replace(one, role="jobs")


def _hosts(task: Task, role: Role) -> bool:
    """Whether a model or an endpoint configuration of the machine is passed the role."""
    passing = (
        one for one in tasks(task.machine) if one.call.endswith((":createModel", ":createEndpointConfig"))
    )
    return any(role.arn in texts(one.parameters, "ExecutionRoleArn") for one in passing)


def _job(task: Task, action: str) -> Iterator[Call]:
    """A job: starting it with tags, and with `.sync` asking for it, stopping it and watching its end."""
    place = task.machine.place
    kind, api, rule = JOBS[action]
    actions = [f"Create{api}", "AddTags", "ListTags"]
    if task.pattern:
        actions += [f"Describe{api}", f"Stop{api}"]
        yield from watched(place, f"sForSageMaker{rule}")
    if action == "createHyperParameterTuningJob":
        # The jobs of a tuning job are started for the caller, who must let them use the key of their volumes.
        yield from (grant_key(place, key) for key in texts(task.parameters, "VolumeKmsKeyId"))
    for resource in named(place, "sagemaker", f"{kind}/{{{api}Name}}", task.parameters):
        for each in actions:
            yield Call(f"sagemaker:{each}", resource)
            if lower(resource) != resource:
                yield Call(f"sagemaker:{each}", lower(resource))


def _thing(task: Task, action: str) -> Iterator[Call]:
    """A model, an endpoint or its configuration: SageMaker writes their names in small letters in ARNs."""
    place, given = task.machine.place, task.parameters
    if action == "createEndpointConfig" and "KmsKeyId" in given:
        yield grant_key(place, given["KmsKeyId"])
    forms = {
        "createModel": ("CreateModel", ["model/{ModelName}"]),
        "createEndpointConfig": ("CreateEndpointConfig", ["endpoint-config/{EndpointConfigName}"]),
        "createEndpoint": (
            "CreateEndpoint",
            ["endpoint/{EndpointName}", "endpoint-config/{EndpointConfigName}"],
        ),
        "updateEndpoint": (
            "UpdateEndpoint",
            ["endpoint/{EndpointName}", "endpoint-config/{EndpointConfigName}"],
        ),
    }
    api, resources = forms[action]
    for form in resources:
        for resource in named(place, "sagemaker", form, given):
            yield Call(f"sagemaker:{api}", lower(resource))
            yield Call("sagemaker:ListTags", lower(resource))


def lower(arn: str) -> str:
    """The ARN with the name in small letters."""
    head, slash, name = arn.partition("/")
    return f"{head}{slash}{name.lower().replace(ANY_CASE, BEGIN).replace(END_CASE, END)}"


def _of_job(task: Task, action: str) -> Iterator[Call]:
    given, place = task.parameters, task.machine.place
    yield from _images(place, given)
    yield from _keys(place, given)
    if any(True for _ in values(given, "VpcConfig")):
        yield from _network(place, given)
    yield from job_features.logs(task, action)
    yield from job_features.calls(place, given)
    for name in ("TrainingRepositoryCredentialsProviderArn", "RepositoryCredentialsProviderArn"):
        for function in texts(given, name):
            yield Call("lambda:InvokeFunction", function)
    yield from _storage(place, given)
    if action == "createLabelingJob":
        yield from _labels(place, given)


def _images(place: Place, given: Any) -> Iterator[Call]:
    for name in ("TrainingImage", "ImageUri", "Image", "RuleEvaluatorImage"):
        for image in texts(given, name):
            if match := _IMAGE.match(image):
                repository = place.arn("ecr", f"repository/{match[3]}", match[2], match[1])
            elif image != plain(image):
                # Images of other accounts are usual: AWS's own are.
                repository = place.arn(
                    "ecr", f"repository/{run_time('run-time')}", None, run_time("123456789012")
                )
            else:
                continue
            yield Call("ecr:GetAuthorizationToken", "*")
            for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
                yield Call(f"ecr:{action}", repository)


def _keys(place: Place, given: Any) -> Iterator[Call]:
    for key in texts(given, "KmsKeyId"):
        for action in ("Encrypt", "Decrypt", "GenerateDataKey"):
            yield with_key(place, f"kms:{action}", key, {}, {})
    for key in texts(given, "VolumeKmsKeyId"):
        yield grant_key(place, key)


def _network(place: Place, given: Any) -> Iterator[Call]:
    """An interface is made in each subnet, with each security group."""
    for action in ("DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs"):
        yield Call(f"ec2:Describe{action}", "*")
    interface = place.arn("ec2", f"network-interface/{run_time('eni-1')}")
    for action in ("Create{}", "Delete{}", "Create{}Permission", "Delete{}Permission"):
        yield Call(f"ec2:{action.format('NetworkInterface')}", interface)
    for kind, field in (("subnet", "Subnets"), ("security-group", "SecurityGroupIds")):
        for one in texts(given, field):
            # A shared subnet belongs to another account; the ID is unique.
            yield Call(
                "ec2:CreateNetworkInterface", place.arn("ec2", f"{kind}/{one}", None, run_time(place.account))
            )


def _labels(place: Place, given: Any) -> Iterator[Call]:
    """A labeling job reads the objects that its manifest names, and calls its functions before and after."""
    for uri in texts(given, "ManifestS3Uri"):
        bucket = uri.removeprefix("s3://").partition("/")[0]
        yield from _read(place, [uri])
        yield from s3_bucket(place, uri, [run_time("elsewhere/")])
        yield s3_object(place, "s3:GetObject", f"s3://{bucket}/{run_time('elsewhere/1.png')}")
    for name in ("LabelCategoryConfigS3Uri", "UiTemplateS3Uri"):
        yield from _read(place, texts(given, name))
    for uri in texts(given.get("OutputConfig", {}), "S3OutputPath"):
        yield from _below(place, uri)
    for name in ("PreHumanTaskLambdaArn", "AnnotationConsolidationLambdaArn"):
        for function in texts(given, name):
            # SageMaker's own functions for the built-in kinds of task let everybody call them.
            if not function.rpartition(":")[2].startswith(("ACS-", "PRE-")):
                yield Call("lambda:InvokeFunction", function)


def _storage(place: Place, given: Any) -> Iterator[Call]:
    yield from _named_inputs(place, given)
    yield from _named_outputs(place, given)
    for name in ("HyperParameters", "StaticHyperParameters", "Environment"):
        for one in values(given, name):
            yield from _texts_with_uris(place, one)
    for name in ("ContainerArguments", "ContainerEntrypoint"):
        yield from _texts_with_uris(place, dict(enumerate(texts(given, name))))


def _named_inputs(place: Place, given: Any) -> Iterator[Call]:
    for source in (*values(given, "S3DataSource"), *values(given, "S3Input")):
        if "S3Uri" in source or "ManifestS3Uri" not in source:
            yield from _input(place, source)
    for name in ("ModelDataUrl", "ShapBaselineUri", "ManifestS3Uri"):
        yield from _read(place, texts(given, name))


def _named_outputs(place: Place, given: Any) -> Iterator[Call]:
    outputs = [one["S3Uri"] for one in values(given, "S3Output")]
    written = ("S3OutputPath", "S3FailurePath", "DestinationS3Uri")
    for uri in (*outputs, *(uri for name in written for uri in texts(given, name))):
        yield from _write(place, uri)
    for name in ("CheckpointConfig", "DebugHookConfig", "ProfilerConfig", "TensorBoardOutputConfig"):
        for one in values(given, name):
            for uri in texts(one, "S3Uri") + texts(one, "S3OutputPath"):
                yield from _write(place, uri)
                yield from _below(place, uri)


def _texts_with_uris(place: Place, given: Any) -> Iterator[Call]:
    for name, value in given.items() if isinstance(given, Mapping) else ():
        for uri in _URI.findall(value) if isinstance(value, str) else ():
            if name == "model_dir":
                yield from _write(place, uri)
                yield from _below(place, uri)
            else:
                yield from _read(place, [uri])


def _input(place: Place, source: Any) -> Iterator[Call]:
    """A prefix is every key that begins with it; a manifest names objects anywhere in its bucket."""
    uri = source.get("S3Uri", run_time("s3://run-time-bucket/run/time"))
    if source.get("S3DataType") in ("ManifestFile", "AugmentedManifestFile"):
        bucket = uri.removeprefix("s3://").partition("/")[0]
        yield from _read(place, [uri])
        yield from s3_bucket(place, uri, [run_time("elsewhere/")])
        yield s3_object(place, "s3:GetObject", f"s3://{bucket}/{run_time('elsewhere/1.png')}")
        return
    yield from _read(place, [uri, f"{uri}{run_time('part-0' if plain(uri).endswith('/') else '/part-0')}"])


def _below(place: Place, uri: str) -> Iterator[Call]:
    yield s3_object(place, "s3:GetObject", f"{uri.rstrip('/')}/{run_time('some/object')}")


def _read(place: Place, uris: Iterable[str]) -> Iterator[Call]:
    for uri in uris:
        if "/" in uri.removeprefix("s3://"):
            yield s3_object(place, "s3:GetObject", uri)
            yield from s3_bucket(place, uri, [uri.removeprefix("s3://").partition("/")[2]])


def _write(place: Place, uri: str) -> Iterator[Call]:
    below = f"{uri.rstrip('/')}/{run_time('job/output/model.tar.gz')}"
    for action in ("PutObject", "AbortMultipartUpload"):
        yield s3_object(place, f"s3:{action}", below)
    prefixes = [one.removeprefix("s3://").partition("/")[2] for one in (below, uri.rstrip("/"))]
    yield from s3_bucket(place, below, [one for one in prefixes if one])
