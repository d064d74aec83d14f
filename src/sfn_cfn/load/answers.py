"""An AWS call of user code -> the answer of an account in which only this run has made anything.

`ANSWERS` maps a service (boto3's name) and an operation to a function that gives the parsed response. A
call for a thing that was not made gets the service's own error, as a fresh account gives it.
"""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from botocore.response import StreamingBody

from sfn_cfn.load.recorder import Recorder, Upload, chunks_of
from sfn_cfn.model import World

ROLE = "sfn-cfn-build"
"""The role that a build runs as, as far as `GetCallerIdentity` says; `get_execution_role()` asks for it."""


class NotMadeError(Exception):
    """The call asks for something that this run has not made. `code` and `status` are the service's."""

    def __init__(self, what: str, code: str, status: int = 404) -> None:
        super().__init__(what)
        self.what, self.code, self.status = what, code, status


@dataclass(frozen=True, slots=True)
class Request:
    """A call: its parameters as the user gave them, the client's region, the run's world and record."""

    params: Mapping[str, Any]
    region: str
    world: World
    recorder: Recorder

    def __getitem__(self, name: str) -> Any:
        return self.params[name]

    @property
    def moment(self) -> datetime.datetime:
        """When everything was made: the world's first second. Reading the clock would move it."""
        return datetime.datetime.fromtimestamp(int(self.world.instant), datetime.timezone.utc)

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        """An ARN in the world's account."""
        region = self.region if regional else ""
        return f"arn:{self.world.partition}:{service}:{region}:{self.world.account}:{resource}"


Answer = Callable[[Request], "dict[str, Any]"]


def _nothing(_: Request) -> dict[str, Any]:
    return {}


def _get_caller_identity(request: Request) -> dict[str, Any]:
    arn = request.arn("sts", f"assumed-role/{ROLE}/{ROLE}", regional=False)
    return {"UserId": f"AROASFNCFNBUILDROLE00:{ROLE}", "Account": request.world.account, "Arn": arn}


def _assume_role(request: Request) -> dict[str, Any]:
    name = str(request["RoleArn"]).rpartition("/")[2]
    session = request["RoleSessionName"]
    return {
        "Credentials": {
            "AccessKeyId": "sfncfnbuild00000",
            "SecretAccessKey": "sfn-cfn-build",
            "SessionToken": "sfn-cfn-build",
            "Expiration": request.moment + datetime.timedelta(days=36_500),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROASFNCFNBUILDROLE00:{session}",
            "Arn": request.arn("sts", f"assumed-role/{name}/{session}", regional=False),
        },
    }


def _get_role(request: Request) -> dict[str, Any]:
    name = request["RoleName"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    return {
        "Role": {
            "Path": "/",
            "RoleName": name,
            "RoleId": "AROASFNCFNBUILDROLE00",
            "Arn": request.arn("iam", f"role/{name}", regional=False),
            "CreateDate": request.moment,
            "AssumeRolePolicyDocument": json.dumps(trust),
        }
    }


def _list_buckets(request: Request) -> dict[str, Any]:
    # The SDK's default bucket is there, or each build would also "create" it.
    names = {f"sagemaker-{request.world.region}-{request.world.account}", *request.recorder.buckets}
    buckets = [{"Name": name, "CreationDate": request.moment} for name in sorted(names)]
    return {"Buckets": buckets, "Owner": {"ID": request.world.account}}


def _head_bucket(request: Request) -> dict[str, Any]:
    return {"BucketRegion": request.region}


def _get_bucket_location(request: Request) -> dict[str, Any]:
    # The API gives nothing for its first region.
    return {"LocationConstraint": None if request.region == "us-east-1" else request.region}


def _create_bucket(request: Request) -> dict[str, Any]:
    request.recorder.buckets[request["Bucket"]] = None
    return {"Location": f"/{request['Bucket']}"}


def _put_object(request: Request) -> dict[str, Any]:
    upload = request.recorder.keep(request["Bucket"], request["Key"], chunks_of(request.params.get("Body")))
    request.recorder.add(upload)
    return {"ETag": upload.etag}


def _create_multipart_upload(request: Request) -> dict[str, Any]:
    identity = request.recorder.next_id()
    request.recorder.parts[identity] = {}
    return {"Bucket": request["Bucket"], "Key": request["Key"], "UploadId": identity}


def _parts(request: Request) -> dict[int, Upload]:
    found = request.recorder.parts.get(request["UploadId"])
    if found is None:
        raise NotMadeError(f"upload {request['UploadId']}", "NoSuchUpload")
    return found


def _upload_part(request: Request) -> dict[str, Any]:
    part = request.recorder.keep(request["Bucket"], request["Key"], chunks_of(request.params.get("Body")))
    _parts(request)[request["PartNumber"]] = part
    return {"ETag": part.etag}


def _complete_multipart_upload(request: Request) -> dict[str, Any]:
    parts = _parts(request)
    recorder, bucket, key = request.recorder, request["Bucket"], request["Key"]
    numbers = [part["PartNumber"] for part in request.params.get("MultipartUpload", {}).get("Parts", ())]
    paths = [recorder.path(parts[number]) for number in sorted(numbers or parts) if number in parts]
    upload = recorder.keep(bucket, key, (path.read_bytes() for path in paths))
    recorder.add(upload)
    del recorder.parts[request["UploadId"]]
    return {"Bucket": bucket, "Key": key, "ETag": upload.etag, "Location": f"/{bucket}/{key}"}


def _abort_multipart_upload(request: Request) -> dict[str, Any]:
    request.recorder.parts.pop(request["UploadId"], None)
    return {}


def _list_objects(request: Request) -> dict[str, Any]:
    bucket, prefix = request["Bucket"], request.params.get("Prefix") or ""
    delimiter = request.params.get("Delimiter") or ""
    contents: list[dict[str, Any]] = []
    folders: dict[str, None] = {}
    for item in request.recorder.uploads:
        if item.bucket != bucket or not item.key.startswith(prefix):
            continue
        head, cut, _ = item.key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        if cut:
            folders[prefix + head + cut] = None
        else:
            contents.append(
                {
                    "Key": item.key,
                    "LastModified": request.moment,
                    "ETag": item.etag,
                    "Size": item.size,
                    "StorageClass": "STANDARD",
                }
            )
    out = {"IsTruncated": False, "Name": bucket, "Prefix": prefix, "MaxKeys": 1000}
    found = {"Contents": contents, "CommonPrefixes": [{"Prefix": name} for name in folders]}
    return {**out, "KeyCount": len(contents) + len(folders), **{k: v for k, v in found.items() if v}}


def _object(request: Request, bucket: str, key: str, code: str) -> Upload:
    found = request.recorder.find(bucket, key)
    if found is None:
        raise NotMadeError(f"s3://{bucket}/{key}", code)
    return found


def _head_object(request: Request) -> dict[str, Any]:
    # A HEAD has no body, so botocore only ever sees the status.
    found = _object(request, request["Bucket"], request["Key"], "404")
    return {
        "ContentLength": found.size,
        "ETag": found.etag,
        "LastModified": request.moment,
        "ContentType": "binary/octet-stream",
        "Metadata": {},
    }


def _get_object(request: Request) -> dict[str, Any]:
    found = _object(request, request["Bucket"], request["Key"], "NoSuchKey")
    body = request.recorder.path(found).read_bytes()
    wanted = request.params.get("Range")
    if wanted:
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, found.size - int(last))
        body = body[start : int(last) + 1 if first and last else None]
    head = {**_head_object(request), "ContentLength": len(body)}
    return {**head, "Body": StreamingBody(io.BytesIO(body), len(body))}


def _copy_object(request: Request) -> dict[str, Any]:
    source = request["CopySource"]
    if isinstance(source, Mapping):
        bucket, key = source["Bucket"], source["Key"]
    else:
        bucket, _, key = unquote(source).partition("?versionId")[0].lstrip("/").partition("/")
    found = _object(request, bucket, key, "NoSuchKey")
    request.recorder.add(Upload(request["Bucket"], request["Key"], found.sha256, found.size, found.etag))
    return {"CopyObjectResult": {"ETag": found.etag, "LastModified": request.moment}}


def _delete_object(request: Request) -> dict[str, Any]:
    request.recorder.remove(request["Bucket"], request["Key"])
    return {}


def _delete_objects(request: Request) -> dict[str, Any]:
    keys = [item["Key"] for item in request["Delete"]["Objects"]]
    for key in keys:
        request.recorder.remove(request["Bucket"], key)
    return {"Deleted": [{"Key": key} for key in keys]}


def _create_state_machine(request: Request) -> dict[str, Any]:
    arn = request.arn("states", f"stateMachine:{request['name']}")
    request.recorder.machines[arn] = {
        "name": request["name"],
        "definition": request["definition"],
        "roleArn": request["roleArn"],
        "type": request.params.get("type", "STANDARD"),
    }
    return {"stateMachineArn": arn, "creationDate": request.moment}


def _describe_state_machine(request: Request) -> dict[str, Any]:
    arn = request["stateMachineArn"]
    machine = request.recorder.machines.get(arn)
    if machine is None:
        raise NotMadeError(arn, "StateMachineDoesNotExist", 400)
    return {"stateMachineArn": arn, "status": "ACTIVE", "creationDate": request.moment, **machine}


def _update_state_machine(request: Request) -> dict[str, Any]:
    machine = request.recorder.machines.get(request["stateMachineArn"])
    if machine is not None:
        machine.update({k: request[k] for k in ("definition", "roleArn") if k in request.params})
    return {"updateDate": request.moment}


def _list_state_machines(request: Request) -> dict[str, Any]:
    return {
        "stateMachines": [
            {
                "stateMachineArn": arn,
                "name": machine["name"],
                "type": machine["type"],
                "creationDate": request.moment,
            }
            for arn, machine in request.recorder.machines.items()
        ]
    }


def _start_execution(request: Request) -> dict[str, Any]:
    machine = str(request["stateMachineArn"]).rpartition(":")[2]
    name = request.params.get("name") or request.recorder.next_id()
    return {"executionArn": request.arn("states", f"execution:{machine}:{name}"), "startDate": request.moment}


def _describe_execution(request: Request) -> dict[str, Any]:
    """An execution that has ended, or loops that wait for it would not."""
    arn = str(request["executionArn"])
    head, _, name = arn.rpartition(":")
    return {
        "executionArn": arn,
        "stateMachineArn": head.replace(":execution:", ":stateMachine:"),
        "name": name,
        "status": "SUCCEEDED",
        "startDate": request.moment,
        "stopDate": request.moment,
        "input": "{}",
        "output": "{}",
    }


def _create_activity(request: Request) -> dict[str, Any]:
    return {
        "activityArn": request.arn("states", f"activity:{request['name']}"),
        "creationDate": request.moment,
    }


ANSWERS: Mapping[tuple[str, str], Answer] = {
    ("sts", "GetCallerIdentity"): _get_caller_identity,
    ("sts", "AssumeRole"): _assume_role,
    ("iam", "GetRole"): _get_role,
    ("s3", "ListBuckets"): _list_buckets,
    ("s3", "HeadBucket"): _head_bucket,
    ("s3", "GetBucketLocation"): _get_bucket_location,
    ("s3", "CreateBucket"): _create_bucket,
    ("s3", "PutObject"): _put_object,
    ("s3", "CreateMultipartUpload"): _create_multipart_upload,
    ("s3", "UploadPart"): _upload_part,
    ("s3", "CompleteMultipartUpload"): _complete_multipart_upload,
    ("s3", "AbortMultipartUpload"): _abort_multipart_upload,
    ("s3", "ListObjects"): _list_objects,
    ("s3", "ListObjectsV2"): _list_objects,
    ("s3", "HeadObject"): _head_object,
    ("s3", "GetObject"): _get_object,
    ("s3", "CopyObject"): _copy_object,
    ("s3", "DeleteObject"): _delete_object,
    ("s3", "DeleteObjects"): _delete_objects,
    ("stepfunctions", "CreateStateMachine"): _create_state_machine,
    ("stepfunctions", "DescribeStateMachine"): _describe_state_machine,
    ("stepfunctions", "UpdateStateMachine"): _update_state_machine,
    ("stepfunctions", "ListStateMachines"): _list_state_machines,
    ("stepfunctions", "DeleteStateMachine"): _nothing,
    ("stepfunctions", "ValidateStateMachineDefinition"): lambda _: {"result": "OK", "diagnostics": []},
    ("stepfunctions", "StartExecution"): _start_execution,
    ("stepfunctions", "DescribeExecution"): _describe_execution,
    ("stepfunctions", "ListExecutions"): lambda _: {"executions": []},
    ("stepfunctions", "GetExecutionHistory"): lambda _: {"events": []},
    ("stepfunctions", "StopExecution"): lambda request: {"stopDate": request.moment},
    ("stepfunctions", "CreateActivity"): _create_activity,
    ("stepfunctions", "ListTagsForResource"): lambda _: {"tags": []},
    ("stepfunctions", "TagResource"): _nothing,
    ("stepfunctions", "UntagResource"): _nothing,
}
