"""No connection from Python beyond the loopback: an error that names the host, at once.

`socket.connect` and what sends without it are replaced in the C type, so that every kind of socket (TLS,
asyncio's, a subclass) is held; so are the functions that resolve names. Loopback and Unix sockets work.
Native code and subprocesses are held by `namespaces`, where the system allows it.
"""

from __future__ import annotations

import _socket
import errno
import functools
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

from sfn_cfn.load import replace

_LOCAL_NAMES = ("", "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_LOCAL_FAMILIES = {
    getattr(socket, name) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG") if hasattr(socket, name)
}
_refusing = False


class NetworkRefusedError(ConnectionRefusedError, socket.gaierror):
    """A build reaches nothing beyond the loopback; both what a refused connection and a failed look-up raise."""

    def __init__(self, host: str) -> None:
        super().__init__(errno.ECONNREFUSED, f"a build has no network; refused to reach '{host}'")
        self.host = host


def refuse() -> None:
    """Refuse from now on, in this process. Needs `install`."""
    global _refusing  # noqa: PLW0603 (the replaced functions are the process's)
    _refusing = True


def install() -> None:
    """Replace the functions that reach out; until `refuse` they do so."""
    if hasattr(socket.getaddrinfo, "__wrapped__"):
        return
    for name in ("connect", "connect_ex", "sendto", "sendmsg"):
        if hasattr(_socket.socket, name):
            replace.method(_socket.socket, name, _guarded_method(name))
    replace.functions(
        socket,
        getaddrinfo=_guarded_function(socket.getaddrinfo, _name_or_local),
        gethostbyname=_guarded_function(socket.gethostbyname, _name_or_local),
        gethostbyname_ex=_guarded_function(socket.gethostbyname_ex, _name_or_local),
        gethostbyaddr=_guarded_function(socket.gethostbyaddr, _name_or_local),
        getnameinfo=_guarded_function(socket.getnameinfo, _address_or_local),
    )


def is_local(host: Any) -> bool:
    """Whether a host, as Python's socket functions take it, is this machine by its loopback."""
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else str(host)
    if name.lower().rstrip(".") in _LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    # Linux takes the unspecified address as the loopback when it connects.
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _guarded_method(name: str) -> Callable[..., Any]:
    original = _socket.socket.__dict__[name]

    @functools.wraps(original)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _refusing and self.family not in _LOCAL_FAMILIES:
            address = _address(name, args)
            if address is not None and not _allowed(address):
                raise NetworkRefusedError(_shown(address))
        return original(self, *args, **kwargs)

    return guarded


def _address(name: str, args: tuple[Any, ...]) -> Any:
    """The address among the arguments: `sendto(data, [flags,] address)`, `sendmsg(b, anc, flags, address)`."""
    if name == "sendmsg":
        return args[3] if len(args) > 3 else None
    return args[-1] if args else None


def _allowed(address: Any) -> bool:
    return isinstance(address, tuple) and bool(address) and is_local(address[0])


def _shown(address: Any) -> str:
    if isinstance(address, tuple) and address:
        host = address[0]
        return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    return str(address)


def _guarded_function(original: Callable[..., Any], local: Callable[[Any], Any]) -> Callable[..., Any]:
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not _refusing:
            return original(*args, **kwargs)
        first, rest = (args[0], args[1:]) if args else (kwargs.pop("host", None), ())
        return original(local(first), *rest, **kwargs)

    return guarded


def _name_or_local(host: Any) -> Any:
    """The host, or the loopback for this machine's own name. Raises NetworkRefusedError for any other."""
    if host == socket.gethostname():
        return "127.0.0.1"
    if not is_local(host):
        raise NetworkRefusedError(_shown((host,)))
    return host


def _address_or_local(address: Any) -> Any:
    if not _allowed(address):
        raise NetworkRefusedError(_shown(address))
    return address
