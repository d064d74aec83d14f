"""The AWS calls of one run -> what was uploaded, what was asked, and what nobody could answer.

The bodies of uploads lie in the recorder's folder, each named by its SHA-256.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from sfn_cfn.errors import SourceLocation
from sfn_cfn.load import places

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """An object that the run put into S3. `sha256` in hex, `size` in bytes, `etag` as S3 gives it, quoted.

    `location` is the user's line that puts it there.
    """

    bucket: str
    key: str
    sha256: str
    size: int
    etag: str = ""
    location: SourceLocation | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was answered: boto3's name of the service, the operation, and the user's place."""

    service: str
    operation: str
    location: SourceLocation | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A call without an answer. `missing` names what was asked for and nobody made, as S3 and others say."""

    service: str
    operation: str
    location: SourceLocation | None
    missing: str = ""

    @property
    def message(self) -> str:
        """One line: what was called, why it has no answer, and where."""
        reason = f"asks for '{self.missing}', which nothing in this build made" if self.missing else ""
        place = f" ({self.location})" if self.location else ""
        return f"{self.service}:{self.operation} {reason or 'has no answer in a build'}{place}"


class Recorder:
    """Collects one run's calls; s3transfer's threads use it beside the run's own.

    `folder` (made when first needed) takes the bodies of uploads, `project` is the project's root.
    """

    def __init__(self, folder: Path, project: Path) -> None:
        self.folder = folder
        self.project = project
        self.lock = threading.RLock()
        self.buckets: dict[str, None] = {}
        self.parts: dict[str, dict[int, Upload]] = {}
        self.machines: dict[str, dict[str, Any]] = {}
        self._objects: dict[tuple[str, str], Upload] = {}
        self._calls: list[Call] = []
        self._unanswered: list[Unanswered] = []
        self._serial = 0

    @property
    def uploads(self) -> tuple[Upload, ...]:
        """What lies in S3 at the end, by bucket and key."""
        return tuple(self._objects[name] for name in sorted(self._objects))

    @property
    def made(self) -> tuple[Upload, ...]:
        """The same in the order in which it was put there."""
        return tuple(self._objects.values())

    @property
    def calls(self) -> tuple[Call, ...]:
        """What was answered, in order."""
        return tuple(self._calls)

    @property
    def unanswered(self) -> tuple[Unanswered, ...]:
        """What was not, in order."""
        return tuple(self._unanswered)

    def path(self, upload: Upload) -> Path:
        """The file with an upload's body."""
        return self.folder / upload.sha256

    def find(self, bucket: str, key: str) -> Upload | None:
        """The object of that name, or None."""
        return self._objects.get((bucket, key))

    def add(self, upload: Upload) -> None:
        """Put an object in its place; its body has to be in the folder."""
        upload = upload if upload.location else replace(upload, location=self.place())
        with self.lock:
            self._objects[upload.bucket, upload.key] = upload

    def remove(self, bucket: str, key: str) -> None:
        """Take an object away, if it is there."""
        with self.lock:
            self._objects.pop((bucket, key), None)

    def keep(self, bucket: str, key: str, chunks: Iterable[bytes]) -> Upload:
        """Write a body into the folder; the object itself is not there yet."""
        digest, tag, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f"{self.next_id()}.partial"
        with partial.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                tag.update(chunk)
                size += file.write(chunk)
        upload = Upload(bucket, key, digest.hexdigest(), size, f'"{tag.hexdigest()}"')
        partial.replace(self.path(upload))
        return upload

    def next_id(self) -> str:
        """A name that this run has not used: the number of names given so far."""
        with self.lock:
            self._serial += 1
            return f"{self._serial:06d}"

    def note(self, service: str, operation: str) -> None:
        """Record a call that gets an answer."""
        self._calls.append(Call(service, operation, self.place()))

    def refuse(self, service: str, operation: str, missing: str = "") -> Unanswered:
        """Record a call that gets none."""
        call = Unanswered(service, operation, self.place(), missing)
        self._unanswered.append(call)
        return call

    def place(self) -> SourceLocation | None:
        """The innermost frame of user code: of this thread, or else of the one that waits for it."""
        waiting = sys._current_frames().get(threading.main_thread().ident or 0)
        return self._innermost(sys._getframe(1)) or self._innermost(waiting)

    def _innermost(self, frame: FrameType | None) -> SourceLocation | None:
        while frame is not None:
            file = frame.f_code.co_filename
            if places.of_user(file):
                return SourceLocation(places.named(file, self.project), frame.f_lineno)
            frame = frame.f_back
        return None


def chunks_of(body: Any) -> Iterable[bytes]:
    """The bytes of a request's body as boto3 takes it: bytes, text, or a file open in either mode."""
    if body is None:
        return
    if isinstance(body, (bytes, bytearray, memoryview)):
        yield bytes(body)
    elif isinstance(body, str):
        yield body.encode("utf-8")
    else:
        while chunk := body.read(_CHUNK):
            yield chunk.encode("utf-8") if isinstance(chunk, str) else chunk
