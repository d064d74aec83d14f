from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sfn_cfn.load import namespaces

PROGRAM = """
import json, os, socket
from sfn_cfn.load import namespaces
before = [os.getuid(), os.getgid()]
worked = namespaces.isolate()
def refused(address):
    with socket.socket() as probe:
        probe.settimeout(5)
        try: probe.connect(address)
        except OSError as error: return error.errno
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
read, write = os.pipe()
child = os.fork()
if child == 0:
    os.write(write, str(os.getpid()).encode()); os._exit(0)
os.waitpid(child, 0)
print(json.dumps({"worked": worked, "ids": [os.getuid(), os.getgid()] == before, "child": int(os.read(read, 20)),
                  "far": refused(('192.0.2.1', 9)), "links": sorted(n for _, n in socket.if_nameindex())}))
"""


def run(program: str) -> Any:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_isolated_process_has_a_loopback_and_no_way_out() -> None:
    seen = run(PROGRAM)
    if not seen["worked"]:
        pytest.skip("this system allows no user namespaces")
    assert "lo" in seen["links"]
    assert seen["far"] == 101  # ENETUNREACH
    assert seen["child"] == 1
    assert seen["ids"] is True


def test_where_the_system_refuses_nothing_changes() -> None:
    program = PROGRAM.replace(
        "before =",
        "namespaces._enter = lambda: (_ for _ in ()).throw(PermissionError(1, 'refused'))\nbefore =",
    )
    seen = run(program)
    assert seen["worked"] is False
    assert seen["child"] != 1
    assert seen["ids"] is True


def test_the_probe_leaves_the_process_where_it_is() -> None:
    names = [Path("/proc/self/ns", kind) for kind in ("net", "user", "pid_for_children")]
    before = [name.readlink() for name in names]
    namespaces.allowed.__wrapped__()
    assert [name.readlink() for name in names] == before
