"""Archives that user code writes -> the same bytes from the same members, on any day and machine.

Times become constants, owners root, permissions 755 or 644 by the owner's execute bit (the rest is the
umask of whoever checked the sources out), and gzip headers carry no file name. The order of members is
the author's. What an author sets on a `TarInfo` or `ZipInfo` stays.
"""

from __future__ import annotations

import gzip
import stat
import tarfile
import time
import zipfile
from typing import Any

_ZIP_EPOCH = 315_532_800
"""1980-01-01 UTC, the earliest that a zip file can hold."""


def pin() -> None:
    """Replace the functions that read times and owners, in this process."""
    if isinstance(tarfile.time, _StandingTime):  # type: ignore[attr-defined]
        return
    tarfile.time = _StandingTime(0)  # type: ignore[attr-defined]
    zipfile.time = _StandingTime(_ZIP_EPOCH)  # type: ignore[attr-defined]
    _pin_tar()
    _pin_zip()
    _pin_gzip()


class _StandingTime:
    """The module `time` as an archive module sees it: the present is a constant."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def time(self) -> int:
        return self._seconds

    def localtime(self, seconds: float | None = None) -> Any:
        """In UTC: the time zone is the machine's."""
        return time.gmtime(self._seconds if seconds is None else seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def _mode(mode: int, *, folder: bool) -> int:
    return 0o755 if folder or mode & stat.S_IXUSR else 0o644


def _pin_tar() -> None:
    original_gettarinfo = tarfile.TarFile.gettarinfo
    original_stream = tarfile._Stream._init_write_gz  # type: ignore[attr-defined]

    def gettarinfo(self: tarfile.TarFile, *args: Any, **kwargs: Any) -> Any:
        member = original_gettarinfo(self, *args, **kwargs)
        if member is not None:
            member.mtime, member.uid, member.gid, member.uname, member.gname = 0, 0, 0, "", ""
            if not member.issym():
                member.mode = _mode(member.mode, folder=member.isdir())
        return member

    def init_write_gz(self: Any, *args: Any) -> None:
        self.name = ""
        original_stream(self, *args)

    tarfile.TarFile.gettarinfo = gettarinfo  # type: ignore[method-assign]
    tarfile._Stream._init_write_gz = init_write_gz  # type: ignore[attr-defined]


def _pin_zip() -> None:
    original_from_file = zipfile.ZipInfo.from_file.__func__  # type: ignore[attr-defined]

    def from_file(cls: type[zipfile.ZipInfo], *args: Any, **kwargs: Any) -> zipfile.ZipInfo:
        kwargs["strict_timestamps"] = False
        member: zipfile.ZipInfo = original_from_file(cls, *args[:2], **kwargs)
        member.date_time = (1980, 1, 1, 0, 0, 0)
        kind = stat.S_IFMT(member.external_attr >> 16)
        mode = _mode(member.external_attr >> 16, folder=member.is_dir())
        member.external_attr = (kind | mode) << 16 | member.external_attr & 0xFFFF
        return member

    zipfile.ZipInfo.from_file = classmethod(from_file)  # type: ignore[assignment, method-assign]


def _pin_gzip() -> None:
    original_init, original_compress = gzip.GzipFile.__init__, gzip.compress
    original_header = gzip.GzipFile._write_gzip_header  # type: ignore[attr-defined]

    def init(
        self: gzip.GzipFile,
        filename: Any = None,
        mode: Any = None,
        compresslevel: int = 9,
        fileobj: Any = None,
        mtime: float | None = None,
    ) -> None:
        original_init(self, filename, mode, compresslevel, fileobj, 0 if mtime is None else mtime)

    def header(self: Any, *args: Any) -> None:
        shown, self.name = self.name, ""
        try:
            original_header(self, *args)
        finally:
            self.name = shown

    def compress(data: Any, compresslevel: int = 9, *, mtime: float | None = None) -> bytes:
        return original_compress(data, compresslevel, mtime=0 if mtime is None else mtime)

    gzip.GzipFile.__init__ = init  # type: ignore[method-assign]
    gzip.GzipFile._write_gzip_header = header  # type: ignore[attr-defined]
    gzip.compress = compress
