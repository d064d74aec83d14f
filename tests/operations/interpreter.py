"""A local Step Functions interpreter (moto's) that executes definitions, each task with a canned result."""

from __future__ import annotations

import itertools
import json
import time
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import botocore.session
from moto.server import ThreadedMotoServer

ROLE = "arn:aws:iam::123456789012:role/machine"
_NUMBERS = itertools.count()
"""The names of executions are new in the whole process: all servers of one share their state."""


@dataclass(frozen=True)
class Run:
    """What became of one execution. `entered`: the states in the order in which they began."""

    status: str
    output: Any
    error: str | None
    cause: str | None
    entered: tuple[str, ...]


class Interpreter:
    """Executes definitions on a server of this machine."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._client = self.client("stepfunctions")

    @property
    def port(self) -> str:
        """The server's port."""
        return self._endpoint.rpartition(":")[2]

    def client(self, service: str) -> Any:
        """A client of `service` that talks to this server."""
        return botocore.session.Session().create_client(
            service,
            region_name="eu-west-1",
            endpoint_url=self._endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def execute(self, *, wanted: bool) -> None:
        """Whether the server executes state machines; then it does not see those of its own CloudFormation."""
        config = {"stepfunctions": {"execute_state_machine": wanted}, "lambda": {"use_docker": False}}
        request = urllib.request.Request(
            f"{self._endpoint}/moto-api/config",
            json.dumps(config).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request).close()

    def deployed(self, template: str, name: str) -> dict[str, Any]:
        """The definition that a stack of the template gives its state machine."""
        cloud = self.client("cloudformation")
        self.execute(wanted=False)
        try:
            cloud.create_stack(
                StackName=name,
                TemplateBody=template,
                Parameters=[{"ParameterKey": "PipelineName", "ParameterValue": name}],
                Capabilities=["CAPABILITY_IAM"],
            )
            found = cloud.describe_stack_resource(StackName=name, LogicalResourceId="StateMachineComponent")
            arn = found["StackResourceDetail"]["PhysicalResourceId"]
            text = self._client.describe_state_machine(stateMachineArn=arn)["definition"]
        finally:
            self.execute(wanted=True)
        definition: dict[str, Any] = json.loads(text)
        return definition

    def run(
        self,
        definition: Mapping[str, Any],
        given: Any,
        results: Mapping[str, Any] | None = None,
        real: Collection[str] = (),
    ) -> Run:
        """Execute `definition`; a task gives what `results` has for it by name, or an empty object.

        The tasks in `real` call the services of this server, where `MOTO_PORT` is its port.
        """
        name = f"run-{next(_NUMBERS)}"
        text = json.dumps(canned(definition, results or {}, real=real))
        machine = self._client.create_state_machine(name=name, definition=text, roleArn=ROLE)[
            "stateMachineArn"
        ]
        started = self._client.start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))
        arn = started["executionArn"]
        while (found := self._client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(0.01)
        events = self._client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        entered = tuple(
            event["stateEnteredEventDetails"]["name"]
            for event in events
            if "stateEnteredEventDetails" in event
        )
        output = json.loads(found["output"]) if "output" in found else None
        return Run(found["status"], output, found.get("error"), found.get("cause"), entered)


def canned(node: Any, results: Mapping[str, Any], name: str = "", real: Collection[str] = ()) -> Any:
    """The definition with a Pass state in place of each task, that gives the task's result."""
    if isinstance(node, list):
        return [canned(item, results, real=real) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("Type") == "Task" and name not in real:
        kept = {key: node[key] for key in ("ResultPath", "OutputPath", "Next", "End") if key in node}
        return {"Type": "Pass", "Result": results.get(name, {}), **kept}
    return {key: canned(item, results, key, real) for key, item in node.items()}


@contextmanager
def interpreter() -> Iterator[Interpreter]:
    """The interpreter on a free port, stopped at the end."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    one = Interpreter(f"http://{host}:{port}")
    try:
        one.execute(wanted=True)
        yield one
    finally:
        one.execute(wanted=False)  # the setting is the process's, as the state is
        running.stop()
