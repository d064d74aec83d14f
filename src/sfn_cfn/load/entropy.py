"""World -> chance, and what names the machine: every run draws the same, on any machine.

`os.urandom` becomes a generator seeded by the world; what asks it (uuid4, `secrets`, `SystemRandom`,
numpy's generators made without a seed) follows. `random` and numpy's old global generator are seeded.
Host, user, hardware address and process ID are constants. Directories list in the order of their names.

Threads other than the first draw from a second generator, or the first thread's draws would depend on the
scheduler. `tempfile` stays really random: its names have to differ between runs that share a folder.
Not held: OpenSSL's and other native generators, and addresses that `repr` shows.
"""

from __future__ import annotations

import glob
import os
import pathlib
import platform
import random
import socket
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from sfn_cfn.load import replace
from sfn_cfn.model import World

HOST = "sfn-cfn-build"
USER = "sfn-cfn"
PID = (1 << 22) + 4242
"""Above what Linux gives to any process (`PID_MAX_LIMIT` is 2**22), so `os.kill` can tell it."""

_NODE = 0x02_73_66_6E_63_66
_PLUMBING = ("multiprocessing", "psutil", "tempfile")
"""Modules that compare or look up process IDs: they get the real one."""

_real_urandom = os.urandom
_real_getpid = os.getpid


class _Chance:
    """The generators of one run, and the process that runs it."""

    __slots__ = ("elsewhere", "first", "first_thread", "lock", "process")

    def __init__(self, seed: int) -> None:
        self.first = random.Random(seed)  # noqa: S311 (reproducible is what it has to be)
        self.elsewhere = random.Random(-seed - 1)  # noqa: S311
        self.lock = threading.Lock()
        self.first_thread = threading.get_ident()
        self.process = _real_getpid()

    def draw(self, size: int) -> bytes:
        if threading.get_ident() == self.first_thread:
            return self.first.randbytes(size)
        with self.lock:
            return self.elsewhere.randbytes(size)


_chance: _Chance | None = None


class _TemporaryNames(random.Random):
    """What `tempfile` draws its names from: really random."""

    def seed(self, a: Any = None, version: int = 2) -> None:
        super().seed(_real_urandom(32) if a is None else a, version)


def pin(world: World) -> None:
    """Seed every generator in this process. Needs `install`."""
    global _chance  # noqa: PLW0603 (the replaced functions are the process's)
    _chance = _Chance(world.seed)
    random.seed(world.seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(world.seed & 0xFFFFFFFF)


def install() -> None:
    """Replace the sources of chance and of the machine's names; until `pin` they give the real ones."""
    if getattr(os.urandom, "__wrapped__", None) is not None:
        return
    tempfile._Random = _TemporaryNames  # type: ignore[attr-defined]
    _install_generators()
    _install_uuid()
    _install_names()
    _install_process_id()
    _install_listing()


def _install_generators() -> None:
    def urandom(size: int) -> bytes:
        return _real_urandom(size) if _chance is None or size < 0 else _chance.draw(size)

    def getrandom(size: int, *flags: int) -> bytes:
        return original_getrandom(size, *flags) if _chance is None else _chance.draw(size)

    original_seed = random.Random.seed

    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        if a is None and _chance is not None:
            a = _chance.draw(32)
        original_seed(self, a, version)

    original_getrandom: Callable[..., bytes] = getattr(os, "getrandom", urandom)
    replace.functions(os, urandom=urandom, getrandom=getrandom)
    random.Random.seed = seed  # type: ignore[method-assign]
    random.seed = random._inst.seed
    random._urandom = urandom  # type: ignore[attr-defined]


def _install_uuid() -> None:
    """Let `uuid1` and `getnode` take the ways that ask `time.time_ns` and `random`."""
    original_uuid1, original_getnode = uuid.uuid1, uuid.getnode

    def getnode() -> int:
        return original_getnode() if _chance is None else _NODE

    def uuid1(node: int | None = None, clock_seq: int | None = None) -> uuid.UUID:
        if _chance is None:
            return original_uuid1(node, clock_seq)
        sequence = int.from_bytes(_chance.draw(2), "big") & 0x3FFF if clock_seq is None else clock_seq
        return original_uuid1(_NODE if node is None else node, sequence)

    replace.functions(uuid, getnode=getnode, uuid1=uuid1)


def _install_names() -> None:
    def constant(original: Callable[..., Any], value: Any) -> Callable[..., Any]:
        def name(*args: Any, **kwargs: Any) -> Any:
            return original(*args, **kwargs) if _chance is None else value

        return name

    original_uname, original_getfqdn = getattr(os, "uname", None), socket.getfqdn

    def uname() -> Any:
        real = original_uname()  # type: ignore[misc]
        return real if _chance is None else type(real)((real[0], HOST, *real[2:]))

    def getfqdn(name: str = "") -> str:
        return original_getfqdn(name) if _chance is None else (name or HOST)

    replace.functions(os, uname=uname, getlogin=constant(os.getlogin, USER))
    replace.functions(socket, gethostname=constant(socket.gethostname, HOST), getfqdn=getfqdn)
    replace.functions(platform, node=constant(platform.node, HOST))


def _install_process_id() -> None:
    original_getppid = os.getppid

    def shown(real: int) -> int:
        if _chance is None or real != _chance.process:
            return real
        caller = str(sys._getframe(2).f_globals.get("__name__"))
        return real if caller.partition(".")[0] in _PLUMBING else PID

    def getpid() -> int:
        return shown(_real_getpid())

    def getppid() -> int:
        return shown(original_getppid())

    def taking(original: Callable[..., Any]) -> Callable[..., Any]:
        def act(pid: Any, /, *args: Any, **kwargs: Any) -> Any:
            return original(_chance.process if _chance and pid == PID else pid, *args, **kwargs)

        return act

    takers = ("kill", "getpgid", "getsid", "setpgid", "sched_getaffinity", "sched_setaffinity", "pidfd_open")
    replace.functions(os, getpid=getpid, getppid=getppid)
    replace.functions(os, **{name: taking(getattr(os, name)) for name in takers if hasattr(os, name)})


class _Listing:
    """What `os.scandir` gives, in the order of the names."""

    def __init__(self, entries: Any) -> None:
        with entries:
            self._entries = iter(sorted(entries, key=lambda entry: entry.name))

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> _Listing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def _install_listing() -> None:
    original_listdir, original_scandir = os.listdir, os.scandir

    def listdir(path: Any = None) -> list[Any]:
        names: list[Any] = original_listdir(path)
        return names if _chance is None else sorted(names)

    def scandir(path: Any = None) -> Any:
        return original_scandir(path) if _chance is None else _Listing(original_scandir(path))

    replace.functions(os, listdir=listdir, scandir=scandir)
    # These classes keep the functions as they were at import: pathlib's in 3.10, glob's in 3.13.
    for keeper in (getattr(pathlib, "_NormalAccessor", None), getattr(glob, "_StringGlobber", None)):
        for name, function in (("listdir", listdir), ("scandir", scandir)):
            if hasattr(keeper, name):
                setattr(keeper, name, staticmethod(function))
