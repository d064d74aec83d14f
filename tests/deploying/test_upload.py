"""Objects are in the bucket whole or not at all, and nothing that is there is sent again."""

from __future__ import annotations

import base64
import gc
import hashlib
from pathlib import Path
from typing import Any

import pytest
from project import digest
from stubs import Refusal, answering

from sfn_cfn.deploy import aws
from sfn_cfn.deploy.upload import (
    Object,
    Pool,
    Sender,
    Stopped,
    Transferred,
    Uploaded,
    of_parts,
    of_text,
    upload,
)
from sfn_cfn.errors import DeployError

PART = 5 * 2**20
LARGE = bytes(range(256)) * (2 * PART // 256) + b"the end"
BUCKET = "assets"


@pytest.fixture
def bucket(cloud: aws.Cloud) -> str:
    place = {"LocationConstraint": cloud.region}
    cloud.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    return BUCKET


def body(folder: Path, content: bytes, key: str = "sfn-cfn/x") -> Object:
    (folder / digest(content)).write_bytes(content)
    return Object(key, digest(content), len(content))


def test_a_large_file_goes_in_parts_and_is_known_again(cloud: aws.Cloud, bucket: str, tmp_path: Path) -> None:
    one = body(tmp_path, LARGE)
    assert upload(cloud, bucket, [one], tmp_path, part=PART) == Uploaded((one.key,), ())
    assert cloud.client("s3").get_object(Bucket=bucket, Key=one.key)["Body"].read() == LARGE
    assert '-3"' in cloud.client("s3").head_object(Bucket=bucket, Key=one.key)["ETag"]
    assert upload(cloud, bucket, [one], tmp_path, part=PART) == Uploaded((), (one.key,))


def test_another_large_file_of_the_same_size_is_not_taken_for_it(
    cloud: aws.Cloud, bucket: str, tmp_path: Path
) -> None:
    other = body(tmp_path, LARGE[:-1] + b"!")
    upload(cloud, bucket, [other], tmp_path, part=PART)
    assert upload(cloud, bucket, [body(tmp_path, LARGE)], tmp_path, part=PART).there == ()


def test_the_checksum_of_parts_is_that_of_their_checksums(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"aaabb")
    expected = hashlib.sha256(hashlib.sha256(b"aaa").digest() + hashlib.sha256(b"bb").digest()).digest()
    assert of_parts(tmp_path / "x", 3) == base64.b64encode(expected).decode()


def test_an_object_that_has_no_checksum_is_sent(cloud: aws.Cloud, bucket: str, tmp_path: Path) -> None:
    one = body(tmp_path, b"code")
    cloud.client("s3").put_object(Bucket=bucket, Key=one.key, Body=b"code")
    assert upload(cloud, bucket, [one], tmp_path).sent == (one.key,)


def test_progress_ends_at_the_whole(cloud: aws.Cloud, bucket: str, tmp_path: Path) -> None:
    shown: list[Transferred] = []
    many = [body(tmp_path, b"a" * 10, "a"), body(tmp_path, LARGE, "b"), of_text("c", "text")]
    upload(cloud, bucket, many, tmp_path, on_progress=shown.append, part=PART)
    assert (shown[-1].done, shown[-1].total) == (len(LARGE) + 14, len(LARGE) + 14)
    assert [one.done for one in shown] == sorted(one.done for one in shown)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # s3transfer leaves the file open
@pytest.mark.parametrize("content", [b"code", LARGE])
def test_what_is_sent_when_the_work_is_broken_off_is_not_there(
    cloud: aws.Cloud, bucket: str, tmp_path: Path, content: bytes
) -> None:
    one = body(tmp_path, content)
    s3 = cloud.client("s3")
    sender = Sender(s3, bucket, cloud.account, tmp_path, PART)
    with pytest.raises(KeyboardInterrupt), Pool(sender):
        raise KeyboardInterrupt
    with pytest.raises(Stopped):
        sender.send(one)
    gc.collect()
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
    assert upload(cloud, bucket, [one], tmp_path, part=PART).sent == (one.key,)


def test_a_body_that_is_not_there_is_told_before_anything_is_sent(
    cloud: aws.Cloud, bucket: str, tmp_path: Path
) -> None:
    there, absent = body(tmp_path, b"code"), Object("sfn-cfn/y", "0" * 64, 3)
    with pytest.raises(DeployError) as caught:
        upload(cloud, bucket, [there, absent], tmp_path)
    (item,) = caught.value.diagnostics
    message = "the body of asset 'sfn-cfn/y' cannot be read: no such file or directory"
    assert (item.code, item.message, item.hint) == ("SFN820", message, "build again")
    assert "Contents" not in cloud.client("s3").list_objects_v2(Bucket=bucket)


def refused(*answers: tuple[str, Any], folder: Path) -> tuple[str, str]:
    one = body(folder, b"code")
    with answering(s3=answers) as cloud, pytest.raises(DeployError) as caught:
        upload(cloud, BUCKET, [one], folder)
    (item,) = caught.value.diagnostics
    return item.code, item.message


def test_refusals_of_the_bucket_are_told(tmp_path: Path) -> None:
    absent = ("head_object", Refusal("404", "Not Found", 404))
    damaged = ("put_object", Refusal("BadDigest", "The SHA256 you specified did not match"))
    assert refused(absent, damaged, folder=tmp_path) == (
        "SFN809",
        "AWS refuses 'PutObject': The SHA256 you specified did not match",
    )
    assert refused(("head_object", Refusal("403", "Forbidden", 403)), folder=tmp_path) == (
        "SFN806",
        "AWS does not permit 'HeadObject': Forbidden",
    )
