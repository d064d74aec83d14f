from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from worlds import see

from sfn_cfn.load import network

SETUP = "from sfn_cfn.load import network, replace\nnetwork.install()\nreplace.spread()"
CATCH = """
import socket
def refused(act, *args, **kwargs):
    try: act(*args, **kwargs)
    except ConnectionRefusedError as error:
        return [type(error).__name__, str(error), isinstance(error, socket.gaierror)]
    return 'reached'
"""


def look(snippet: str, folder: Path, setup: str = SETUP) -> Any:
    return see(CATCH + snippet, folder, setup=setup, enter="network.refuse()")


def error(host: str) -> list[object]:
    return [
        "NetworkRefusedError",
        f"[Errno 111] a build has no network; refused to reach '{host}'",
        True,
    ]


def test_no_socket_connects_or_sends_beyond_the_loopback(tmp_path: Path) -> None:
    snippet = """
tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
there = ('192.0.2.1', 9)
out = [refused(tcp.connect, there), refused(tcp.connect_ex, there), refused(udp.sendto, b'x', there),
       refused(udp.sendto, b'x', 0, there), refused(udp.sendmsg, [b'x'], [], 0, there),
       refused(getattr(socket.socket, 'connect'), tcp, there), refused(socket.create_connection, there)]
"""
    assert look(snippet, tmp_path) == [error("192.0.2.1")] * 7


def test_a_connection_by_version_6_is_refused(tmp_path: Path) -> None:
    snippet = """
if socket.has_ipv6:
    out = refused(getattr(socket.socket(socket.AF_INET6), 'connect'), ('2001:db8::1', 9, 0, 0))
"""
    assert look(snippet, tmp_path) == error("2001:db8::1")


def test_a_mapped_address_does_not_pass_for_the_loopback(tmp_path: Path) -> None:
    snippet = "out = refused(socket.socket(socket.AF_INET6).connect, ('::ffff:192.0.2.1', 9, 0, 0))"
    assert look(snippet, tmp_path) == error("::ffff:192.0.2.1")


def test_the_type_in_c_is_held_too(tmp_path: Path) -> None:
    snippet = "import _socket; out = refused(_socket.socket().connect, ('192.0.2.1', 9))"
    assert look(snippet, tmp_path) == error("192.0.2.1")


def test_names_are_not_looked_up(tmp_path: Path) -> None:
    snippet = """
out = [refused(socket.getaddrinfo, 'aws.example', 443), refused(socket.gethostbyname, 'aws.example'),
       refused(socket.gethostbyname_ex, 'aws.example'), refused(socket.getaddrinfo, host='aws.example', port=1),
       refused(socket.getaddrinfo, b'aws.example', 1)]
"""
    assert look(snippet, tmp_path) == [error("aws.example")] * 5


def test_a_function_imported_by_name_before_is_held_too(tmp_path: Path) -> None:
    setup = (
        "import types, socket\nold = types.ModuleType('old'); old.look = socket.getaddrinfo\n"
        "sys.modules['old'] = old\n" + SETUP
    )
    assert look("import old; out = refused(old.look, 'aws.example', 1)", tmp_path, setup) == error(
        "aws.example"
    )


def test_loopback_connections_work(tmp_path: Path) -> None:
    snippet = """
out = []
for host in ('127.0.0.1', 'localhost', ''):
    server = socket.create_server(('127.0.0.1', 0))
    client = socket.socket(); client.connect((host, server.getsockname()[1]))
    peer = server.accept()[0]; client.sendall(b'hello'); out.append(peer.recv(5).decode())
udp = socket.socket(type=socket.SOCK_DGRAM); udp.bind(('127.0.0.1', 0))
udp.sendto(b'datagram', udp.getsockname()); out.append(udp.recv(20).decode())
out.append(refused(socket.getaddrinfo, 'localhost', 80))
out.append(refused(socket.getaddrinfo, None, 80))
"""
    assert look(snippet, tmp_path) == ["hello", "hello", "hello", "datagram", "reached", "reached"]


def test_unix_sockets_work(tmp_path: Path) -> None:
    snippet = """
import os, tempfile
name = os.path.join(tempfile.mkdtemp(), 's')
server = socket.socket(socket.AF_UNIX); server.bind(name); server.listen()
client = socket.socket(socket.AF_UNIX); client.connect(name); client.sendall(b'x')
out = server.accept()[0].recv(1).decode()
"""
    assert look(snippet, tmp_path) == "x"


def test_urllib_reports_the_refusal(tmp_path: Path) -> None:
    snippet = """
import urllib.error, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try: opener.open('https://aws.example/')
except urllib.error.URLError as error: out = str(error.reason)
"""
    assert look(snippet, tmp_path) == error("aws.example")[1]


def test_nothing_is_refused_before_it_is_told_to(tmp_path: Path) -> None:
    setup = SETUP + "\nimport socket\nbefore = socket.getaddrinfo('192.0.2.1', 9)[0][4][0]"
    assert look("import __main__ as m; out = m.before", tmp_path, setup) == "192.0.2.1"


@pytest.mark.parametrize(
    "host",
    [None, "", "localhost", "LOCALHOST.", "127.9.9.9", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", b"::1"],
)
def test_is_local(host: str | bytes | None) -> None:
    assert network.is_local(host)


@pytest.mark.parametrize(
    "host",
    ["example.com", "128.0.0.1", "localhost.example.com", "169.254.169.254", "::2", "127.0.0.1.example"],
)
def test_is_not_local(host: str) -> None:
    assert not network.is_local(host)
