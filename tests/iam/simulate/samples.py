"""A definition -> its Task states with the parameters of one execution.

What the definition states stands as it is. What a path or an intrinsic function gives is a sample between
marks; of `States.Format`, and of texts joined in JSONata, only what is not literal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iam.simulate.machines import Machine, known, run_time

NAME = "Run-Time-Name"
URI = "s3://run-time-bucket/run/time"
# SageMaker writes the names of these in small letters in ARNs.
IN_SMALL_LETTERS = {
    f"sagemaker:{action}"
    for action in ("createModel", "createEndpointConfig", "createEndpoint", "updateEndpoint")
}
_STEP = re.compile(r"\['([^']*)'\]|\.([A-Za-z_]\w*)")
_FORMAT = re.compile(r"States\.Format\('((?:[^'\\]|\\.)*)'")
_JOINED = re.compile(r"'([^']*)'|\"([^\"]*)\"|([^&'\"]+)")
_SERVICE = re.compile(r"arn:[a-z-]+:states:::((?:aws-sdk:)?[\w-]+:\w+)(?:\.([\w:]+))?")


@dataclass(frozen=True, slots=True)
class Task:
    """A Task state of one execution: `call` is `service:action`, or an ARN; `pattern` is empty, `sync`, ..."""

    machine: Machine
    path: str
    call: str
    pattern: str
    parameters: Mapping[str, Any]
    assumed: str = ""  # the role that the state makes its calls under, if that is another one


def tasks(machine: Machine) -> Iterator[Task]:
    """Every Task state, at any depth."""
    for path, state in states(machine.definition):
        if state["Type"] == "Task":
            found = _SERVICE.fullmatch(state["Resource"])
            call, pattern = (found[1], found[2] or "") if found else (state["Resource"], "")
            given = sample(state.get("Parameters", state.get("Arguments", {})), machine)
            if call not in IN_SMALL_LETTERS:
                given = json.loads(known(json.dumps(given, ensure_ascii=False)))
            assumed = sample(state.get("Credentials", {}), machine).get("RoleArn", "")
            yield Task(machine, path, known(call), pattern, given, assumed)


def states(definition: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(path, state) of each state, those of branches and maps among them."""
    for name, state in definition["States"].items():
        here = f"{path}{name}"
        yield here, state
        inner = [*state.get("Branches", ())]
        inner += [state[key] for key in ("Iterator", "ItemProcessor") if key in state]
        for one in inner:
            yield from states(one, f"{here}/")


def sample(node: Any, machine: Machine, name: str = "") -> Any:
    """A node of parameters with a sample in place of each path."""
    if isinstance(node, Mapping):
        found = {}
        for key, value in node.items():
            plain = key.removesuffix(".$")
            found[plain] = _path(plain, value, machine) if plain != key else sample(value, machine, plain)
        return found
    if isinstance(node, list):
        return [sample(item, machine, name) for item in node]
    if isinstance(node, str) and node.startswith("{%"):
        return _jsonata(name, node[2:-2].strip())
    return node


def _path(name: str, path: str, machine: Machine) -> Any:
    if match := _FORMAT.match(path):
        return "".join(run_time("Sample") if one == "{}" else one for one in re.split(r"(\{\})", match[1]))
    steps = [quoted or dotted for quoted, dotted in _STEP.findall(path)]
    if steps[-1:] == ["S3ModelArtifacts"]:
        return _artifact(machine)
    if path.startswith("$$.Execution.Input"):
        found = _look(machine.input, steps[2:])
        if found is not None:
            return _names_open(found, name)
    return _unknown(name)


def _look(value: Any, steps: list[str]) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _names_open(value: Any, name: str) -> Any:
    """Names of an input may change with each execution, what they do not name may not."""
    if isinstance(value, Mapping):
        return {key: _names_open(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_names_open(item, name) for item in value]
    is_name = isinstance(value, str) and name.endswith("Name")
    return run_time(value) if is_name else value


def _unknown(name: str) -> Any:
    if name.endswith(("Uri", "Url", "OutputPath")) and not name.endswith(("ImageUri", "QueueUrl")):
        return run_time(URI)
    return run_time(NAME)


def _artifact(machine: Machine) -> str:
    """Where a training state of the machine puts a model."""
    for _, state in states(machine.definition):
        if ":sagemaker:createTrainingJob" in state.get("Resource", ""):
            given = sample(state.get("Parameters", {}), machine)
            output = given.get("OutputDataConfig", {}).get("S3OutputPath")
            if output:
                return f"{output.rstrip('/')}/{run_time('Job/output/model.tar.gz')}"
    return run_time(URI)


def _jsonata(name: str, expression: str) -> str:
    """Texts joined by `&`: the quoted ones stay, others are samples."""
    if "&" not in expression and not expression.startswith(("'", '"')):
        return _unknown(name)
    pieces = _JOINED.findall(expression)
    return "".join(
        one or two or (run_time("Sample") if three.strip(" &") else "") for one, two, three in pieces
    )
