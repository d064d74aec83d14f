"""What the run uploaded -> the object or the folder that a location in S3 names, as an asset."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sfn_cfn.model import Asset, AssetFile, Upload

_END = re.compile(r"[\s\"',;)\]}?\\]|$")
_OPEN = re.compile(r"[\s\"',;)\]}?\\{*]|$")
_SCHEME = r"(?:s3[an]?://|arn:(?:aws[a-z-]*|\$\{AWS::Partition\}):s3:::)"


@dataclass(frozen=True, slots=True)
class Match:
    """A location's length in the text, its asset, and what of the text follows the asset's own location."""

    end: int
    asset: Asset
    rest: str
    uploads: tuple[Upload, ...]
    folder: str


class Store:
    """What the run left in S3: objects by bucket and key, and the folders that they make."""

    def __init__(self, uploads: Iterable[Upload]) -> None:
        self.objects: dict[str, dict[str, Upload]] = defaultdict(dict)
        for upload in uploads:
            self.objects[upload.bucket][upload.key] = upload
        self._folders = {
            bucket: sorted({folder for key in keys for folder in _parents(key)}, key=len, reverse=True)
            for bucket, keys in self.objects.items()
        }
        names = "|".join(re.escape(name) for name in sorted(self.objects, key=len, reverse=True))
        self.locations = re.compile(rf"{_SCHEME}(?P<bucket>{names})(?=[/\s\"'\\]|$)")

    def match(self, bucket: str, key: str, *, whole: bool) -> Match | None:
        """What `key`, the text behind `bucket/`, begins with: an object, or else a folder.

        `whole`: the text is a data source's, which may also be the beginning of keys.
        """
        objects = self.objects.get(bucket, {})
        for name in sorted((name for name in objects if key.startswith(name)), key=len, reverse=True):
            if name and _END.match(key[len(name) :]):
                return _file(objects[name])
        for folder in self._folders.get(bucket, ()):
            tail = key[len(folder) :]
            if key.startswith(folder) and (_END.match(tail) or (tail[0] == "/" and _OPEN.match(tail[1:]))):
                return self._folder(bucket, folder, len(folder), "")
        start = key[: _END.search(key).start()] if whole else ""  # type: ignore[union-attr]
        if whole and any(name.startswith(start) for name in objects):
            folder, _, rest = start.rpartition("/")
            return self._folder(bucket, folder, len(start), f"/{rest}", start)
        return None

    def _folder(self, bucket: str, folder: str, end: int, rest: str, start: str | None = None) -> Match:
        head = f"{folder}/" if folder else ""
        wanted = head if start is None else start
        uploads = tuple(
            item
            for key, item in sorted(self.objects[bucket].items())
            if key.startswith(wanted) and key != head
        )
        files = tuple(AssetFile(item.key[len(head) :], item.sha256, item.size) for item in uploads)
        listing = "".join(f"{item.sha256}  {item.path}\n" for item in files)
        digest = hashlib.sha256(listing.encode("utf-8", "surrogatepass")).hexdigest()
        name = folder.rpartition("/")[2] or "objects"
        return Match(end, Asset(name, digest, files), rest, uploads, f"{bucket}/{folder}")


def _parents(key: str) -> Iterator[str]:
    folder = key.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


def _file(upload: Upload) -> Match:
    name = upload.key.rpartition("/")[2] or "object"
    files = (AssetFile("", upload.sha256, upload.size),)
    return Match(len(upload.key), Asset(name, upload.sha256, files), "", (upload,), "")
