"""Assets and the folder of their bodies -> objects in the asset bucket, each whole or not there.

Keys hold the content's SHA-256, so what is there is never replaced by something else, and a run that was
killed goes on where it ended. S3 shows an object only when all of it has arrived and its checksum is right
(Amazon S3 User Guide, "Checking object integrity"): the checksum goes with the upload, and an object counts as
there only with the same checksum and size.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sfn_cfn.deploy import codes
from sfn_cfn.deploy.aws import Cloud, error_of, translated
from sfn_cfn.errors import DeployError
from sfn_cfn.model import Asset

DEFAULT_PREFIX = "sfn-cfn"
"""The default of the template parameter `AssetPrefix`."""
PART = 16 * 2**20
"""Bytes above which a file is sent in parts, and the size of a part."""
_CHUNK = 2**20
_THREADS = 8


@dataclass(frozen=True, slots=True)
class Object:
    """A body that stands in the bucket under `key`; `sha256` in hex, `size` in bytes."""

    key: str
    sha256: str
    size: int
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Transferred:
    """How far an upload is: `done` of `total` bytes, the object at hand."""

    done: int
    total: int
    key: str


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The keys that were sent, and those that were there already."""

    sent: tuple[str, ...]
    there: tuple[str, ...]


def objects(assets: Iterable[Asset], prefix: str = DEFAULT_PREFIX) -> tuple[Object, ...]:
    """Where the files of assets stand in the bucket, each key once, in order."""
    found = {}
    for asset in assets:
        base = f"{prefix}/{asset.sha256}/{asset.name}"
        for file in asset.files:
            key = f"{base}/{file.path}" if file.path else base
            found[key] = Object(key, file.sha256, file.size)
    return tuple(found[key] for key in sorted(found))


def of_text(key: str, text: str) -> Object:
    """A text (a template) as an object."""
    content = text.encode("utf-8")
    return Object(key, hashlib.sha256(content).hexdigest(), len(content), content)


def upload(
    cloud: Cloud,
    bucket: str,
    wanted: Sequence[Object],
    bodies: Path,
    *,
    on_progress: Callable[[Transferred], None] = lambda _: None,
    part: int = PART,
) -> Uploaded:
    """Send what the bucket does not have. Bodies are the files of `bodies`, named by their SHA-256.

    Raises `DeployError`: a body is missing or damaged (SFN820, before anything is sent), or AWS refuses.
    """
    s3 = cloud.client("s3")
    sender = Sender(s3, bucket, cloud.account, bodies, part)
    with translated(), Pool(sender) as pool:
        there = dict(zip(wanted, pool.map(sender.is_there, wanted), strict=True))
        missing = [one for one in wanted if not there[one]]
        if faults := [fault for one in missing if (fault := _fault(one, bodies))]:
            raise DeployError(faults)
        sender.progress = _Progress(sum(one.size for one in missing), on_progress)
        running = {pool.submit(sender.send, one): one for one in missing}
        for future in as_completed(running):
            future.result()
    return Uploaded(tuple(one.key for one in missing), tuple(one.key for one in wanted if there[one]))


class Pool:
    """Threads that stop at once, with what they send, where the caller is interrupted."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.threads = ThreadPoolExecutor(_THREADS, "upload")

    def __enter__(self) -> ThreadPoolExecutor:
        return self.threads

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.sender.stopped.set()
        self.threads.shutdown(wait=True, cancel_futures=kind is not None)


class Stopped(Exception):  # noqa: N818 (no error of its own: another one, or Ctrl-C, ended the work)
    """Raised where a thread reads on after the work has ended."""


class _Progress:
    """Adds up what the threads have sent."""

    def __init__(self, total: int, show: Callable[[Transferred], None]) -> None:
        self.total, self.done, self.show = total, 0, show
        self.lock = threading.Lock()

    def add(self, count: int, key: str) -> None:
        """`count` more bytes of the object are sent."""
        with self.lock:
            self.done += count
            self.show(Transferred(self.done, self.total, key))


class Sender:
    """Sends objects to one bucket, whose owner every request names."""

    def __init__(self, s3: Any, bucket: str, account: str, bodies: Path, part: int) -> None:
        self.s3, self.bodies, self.part = s3, bodies, part
        self.place = {"Bucket": bucket, "ExpectedBucketOwner": account}
        self.stopped = threading.Event()
        self.progress = _Progress(0, lambda _: None)

    def is_there(self, one: Object) -> bool:
        """Whether the bucket has the object with the right size and checksum."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 (loaded with boto3)

        try:
            head = self.s3.head_object(**self.place, Key=one.key, ChecksumMode="ENABLED")
        except ClientError as error:
            if error_of(error)[0] in ("404", "NoSuchKey", "NotFound"):
                return False
            raise
        found = head.get("ChecksumSHA256", "").partition("-")[0]
        return head["ContentLength"] == one.size and found in self.checksums(one)

    def checksums(self, one: Object) -> Iterator[str]:
        """The SHA-256 of the object as S3 writes it: of the whole, and of the parts' where it has parts."""
        yield base64.b64encode(bytes.fromhex(one.sha256)).decode("ascii")
        path = self.bodies / one.sha256
        if one.size > self.part and path.is_file():
            yield of_parts(path, self.part)

    def send(self, one: Object) -> None:
        """Send one object."""
        whole = next(iter(self.checksums(one)))
        checked = {"ChecksumAlgorithm": "SHA256"}
        if one.content is not None:
            self.s3.put_object(**self.place, **checked, Key=one.key, Body=one.content, ChecksumSHA256=whole)
            self.progress.add(one.size, one.key)
        elif one.size <= self.part:
            with (self.bodies / one.sha256).open("rb") as stream:
                body = _Watched(stream, self.stopped)
                self.s3.put_object(**self.place, **checked, Key=one.key, Body=body, ChecksumSHA256=whole)
            self.progress.add(one.size, one.key)
        else:
            self._send_parts(one, checked)

    def _send_parts(self, one: Object, checked: dict[str, str]) -> None:
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415 (loaded with boto3)

        def sent(count: int) -> None:
            if self.stopped.is_set():
                raise Stopped
            self.progress.add(count, one.key)

        self.s3.upload_file(
            str(self.bodies / one.sha256),
            self.place["Bucket"],
            one.key,
            ExtraArgs={**checked, "ExpectedBucketOwner": self.place["ExpectedBucketOwner"]},
            Callback=sent,
            Config=TransferConfig(
                multipart_threshold=self.part + 1, multipart_chunksize=self.part, max_concurrency=4
            ),
        )


class _Watched:
    """A file that refuses to be read on once the work has ended."""

    def __init__(self, stream: BinaryIO, stopped: threading.Event) -> None:
        self.stream, self.stopped = stream, stopped

    def read(self, size: int = -1) -> bytes:
        """As the file's own."""
        if self.stopped.is_set():
            raise Stopped
        return self.stream.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """As the file's own; a request that is repeated begins again."""
        return self.stream.seek(offset, whence)

    def tell(self) -> int:
        """As the file's own."""
        return self.stream.tell()


def of_parts(path: Path, part: int) -> str:
    """The SHA-256 of the parts' SHA-256s in base64: what S3 keeps of an object that came in parts."""
    digests = b""
    with path.open("rb") as stream:
        while True:
            digest, size = hashlib.sha256(), 0
            while size < part and (block := stream.read(min(_CHUNK, part - size))):
                digest.update(block)
                size += len(block)
            if not size:
                break
            digests += digest.digest()
    return base64.b64encode(hashlib.sha256(digests).digest()).decode("ascii")


def _fault(one: Object, bodies: Path) -> Any:
    """What is wrong with a body that is to be sent."""
    if one.content is not None:
        return None
    hint = "remove it, and build again"
    try:
        with (bodies / one.sha256).open("rb") as stream:
            digest, size = hashlib.sha256(), 0
            while block := stream.read(_CHUNK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"the body of asset '{one.key}' cannot be read: {reason}"
        return codes.SFN820.at(None, message, "build again")
    if (digest.hexdigest(), size) != (one.sha256, one.size):
        message = f"the body of asset '{one.key}' is not what its name '{one.sha256}' says"
        return codes.SFN820.at(None, message, hint)
    return None
