"""A process -> the same process with a network, process and user namespace of its own (Linux).

In it there is a loopback and nothing else, for native code and subprocesses too, and what the process
leaves running ends with the namespace's first process. Where the system refuses (another system, a
container's filter, a distribution that restricts user namespaces) nothing changes.
"""

from __future__ import annotations

import ctypes
import functools
import os
import socket
import struct
import sys
from pathlib import Path

# sched.h
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_CLONE_NEWNET = 0x40000000
# net/if.h and bits/ioctls.h
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
_INTERFACE_REQUEST = struct.Struct("16sH14x")


def isolate() -> bool:
    """Move this process (one thread, no children yet) into namespaces of its own; whether that worked.

    The process ID namespace holds its children: the first that it forks is process 1 there. User and
    group keep their numbers.
    """
    if not allowed():
        return False
    try:
        _enter()
    except OSError:
        return False
    return True


@functools.cache
def allowed() -> bool:
    """Whether a throwaway child can do all of it: a process that got half way could not turn back.

    Asked once; forks inherit the answer.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        child = os.fork()
    except OSError:
        return False
    if child == 0:
        status = 1
        try:
            _enter()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def _enter() -> None:
    """Raises OSError where the system refuses any part."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWPID):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    own = Path("/proc/self")
    # user_namespaces(7): without this an unprivileged process may not map its group.
    (own / "setgroups").write_text("deny", encoding="ascii")
    (own / "uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    (own / "gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    _raise_loopback()


def _raise_loopback() -> None:
    import fcntl  # noqa: PLC0415 (missing on other systems, where this is never called)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        answer = fcntl.ioctl(probe, _SIOCGIFFLAGS, _INTERFACE_REQUEST.pack(b"lo", 0))
        flags = _INTERFACE_REQUEST.unpack(answer)[1]
        fcntl.ioctl(probe, _SIOCSIFFLAGS, _INTERFACE_REQUEST.pack(b"lo", flags | _IFF_UP))
