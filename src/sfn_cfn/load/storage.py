"""A call to S3 -> the answer of a store in which only this run has put anything."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from botocore.response import StreamingBody

from sfn_cfn.load.recorder import Upload, chunks_of
from sfn_cfn.load.request import Answer, NotMadeError, Request


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


S3_ANSWERS: Mapping[str, Answer] = {
    "ListBuckets": _list_buckets,
    "HeadBucket": _head_bucket,
    "GetBucketLocation": _get_bucket_location,
    "CreateBucket": _create_bucket,
    "PutObject": _put_object,
    "CreateMultipartUpload": _create_multipart_upload,
    "UploadPart": _upload_part,
    "CompleteMultipartUpload": _complete_multipart_upload,
    "AbortMultipartUpload": _abort_multipart_upload,
    "ListObjects": _list_objects,
    "ListObjectsV2": _list_objects,
    "HeadObject": _head_object,
    "GetObject": _get_object,
    "CopyObject": _copy_object,
    "DeleteObject": _delete_object,
    "DeleteObjects": _delete_objects,
}
