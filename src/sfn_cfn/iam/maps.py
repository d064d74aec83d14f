"""A state -> what it needs beside its call: the run of a Distributed Map, its data, and a role to assume.

Source: the Step Functions developer guide, "Distributed mode", "ItemReader" and "ResultWriter".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.errors import Diagnostic
from sfn_cfn.iam.codes import SFN501
from sfn_cfn.iam.entries import Grant
from sfn_cfn.iam.table import machine
from sfn_cfn.iam.values import given, parameters
from sfn_cfn.model import Node, State, Text


def grants(state: State, faults: list[Diagnostic]) -> Iterator[tuple[Node, Grant]]:
    """The table's grants for a state, each with the parameters that fill it; what is not known goes to `faults`."""
    node = state.node
    if is_distributed(node):
        yield from ((node, one) for one in machine.MAP_RUN)
    if "ItemReader" in node:
        yield from _reader(state, node["ItemReader"], faults)
    if "ResultWriter" in node:
        yield from _writer(state, node["ResultWriter"], faults)
    if assumes_role(state):
        yield given(node["Credentials"]), machine.ASSUME_ROLE


def assumes_role(state: State) -> bool:
    """Whether a task's call is made by another role, so that it needs nothing of the machine's own."""
    return state.type == "Task" and "Credentials" in state.node


def is_distributed(node: Mapping[Any, Node], execution_type: str = "") -> bool:
    """Whether a Map state runs its items as executions of their own, of a type if that is given."""
    config = _fields(_fields(node.get("ItemProcessor", node.get("Iterator"))).get("ProcessorConfig"))
    return config.get("Mode") == "DISTRIBUTED" and execution_type in ("", config.get("ExecutionType"))


def _reader(state: State, reader: Node, faults: list[Diagnostic]) -> Iterator[tuple[Node, Grant]]:
    action, where = _action(reader), _where(reader)
    if action not in machine.READERS:
        faults.append(_unknown(state, "ItemReader", reader))
        return
    config = _fields(_fields(reader).get("ReaderConfig"))
    found = machine.READERS[action]
    if config.get("Transformation") == "LOAD_AND_FLATTEN":
        found = (*found, *machine.FLATTENED)
    manifest = config.get("ManifestType") or ("S3_INVENTORY" if config.get("InputType") == "MANIFEST" else "")
    if manifest:
        found = (*found, *machine.MANIFESTS.get(str(manifest), machine.MANIFESTS["ATHENA_DATA"]))
    yield from ((where, one) for one in found)


def _writer(state: State, writer: Node, faults: list[Diagnostic]) -> Iterator[tuple[Node, Grant]]:
    """A writer without a place (`WriterConfig` alone) gives its results to the next state."""
    if isinstance(writer, Mapping) and "Resource" not in writer:
        return
    action = _action(writer)
    if action in machine.WRITERS:
        yield from ((_where(writer), one) for one in machine.WRITERS[action])
    else:
        faults.append(_unknown(state, "ResultWriter", writer))


def _fields(node: Node) -> Mapping[Any, Node]:
    return node if isinstance(node, Mapping) else {}


def _where(node: Node) -> Node:
    return parameters(_fields(node))


def _action(node: Node) -> str:
    """`s3:getObject` of `arn:aws:states:::s3:getObject`."""
    return _shown(_fields(node).get("Resource", "")).rpartition(":::")[2]


def _shown(node: Node) -> str:
    return node.shown if isinstance(node, Text) else str(node)


def _unknown(state: State, field: str, node: Node) -> Diagnostic:
    called = _shown(_fields(node).get("Resource", "")).replace("${AWS::Partition}", "aws")
    known = machine.READERS if field == "ItemReader" else machine.WRITERS
    return SFN501.at(
        state.location,
        f"{field} of state '{state.name}' calls '{called}', and what the role needs for that is not known",
        f"use {' or '.join(f'arn:aws:states:::{one}' for one in known)}",
    )
