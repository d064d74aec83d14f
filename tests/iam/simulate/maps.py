"""The calls of a Distributed Map itself. From the developer guide, "IAM policies for using Distributed Map states"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iam.simulate.calls import Call, s3_bucket, s3_object
from iam.simulate.machines import Machine, plain, run_time
from iam.simulate.samples import sample, states


def calls(machine: Machine) -> Iterator[tuple[Call, str]]:
    """(call, path of the state)."""
    for path, state in states(machine.definition):
        processor = state.get("ItemProcessor", {})
        if processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            for call in (*_runs(machine, state), *_items(machine, state), *_results(machine, state)):
                yield call, path


def _runs(machine: Machine, state: Mapping[str, Any]) -> Iterator[Call]:
    """Each batch is an execution of the state machine; a map run has its label between them."""
    executions = machine.arn.replace(":stateMachine:", ":execution:")
    label = state.get("Label") or run_time("label")
    yield Call("states:StartExecution", machine.arn)
    for action in ("DescribeExecution", "StopExecution"):
        yield Call(f"states:{action}", f"{executions}:{run_time('run')}")
    yield Call("states:RedriveExecution", f"{executions}/{label}:{run_time('run')}")


def _items(machine: Machine, state: Mapping[str, Any]) -> Iterator[Call]:
    reader = state.get("ItemReader")
    if not reader:
        return
    place, config = machine.place, reader.get("ReaderConfig", {})
    given = sample(reader.get("Parameters", reader.get("Arguments", {})), machine)
    bucket, key = given["Bucket"], given.get("Key", "")
    if reader["Resource"].endswith("listObjectsV2"):
        prefix = given.get("Prefix", "")
        found = s3_bucket(place, f"s3://{bucket}/{prefix}", [prefix])
        yield from (one for one in found if one.action == "s3:ListBucket")
        if config.get("Transformation") == "LOAD_AND_FLATTEN":
            yield s3_object(place, "s3:GetObject", f"s3://{bucket}/{prefix}{run_time('item.json')}")
        return
    yield s3_object(place, "s3:GetObject", f"s3://{bucket}/{key}")
    if "VersionId" in given:
        yield s3_object(place, "s3:GetObjectVersion", f"s3://{bucket}/{key}")
    if config.get("ManifestType") == "ATHENA_DATA":
        yield s3_object(place, "s3:GetObject", f"s3://{bucket}/{run_time('unload/part')}")
    elif config.get("InputType") == "MANIFEST":
        # An inventory: `<configuration>/<time>/manifest.json` lists files of `<configuration>/data/`.
        open_ = key != plain(key)
        folder = run_time("any") if open_ else key.rsplit("/", 2)[0]
        yield s3_object(place, "s3:GetObject", f"s3://{bucket}/{folder}/data/{run_time('1.csv.gz')}")


def _results(machine: Machine, state: Mapping[str, Any]) -> Iterator[Call]:
    writer = state.get("ResultWriter", {})
    if "Resource" not in writer:
        return
    given = sample(writer.get("Parameters", writer.get("Arguments", {})), machine)
    prefix = f"{given['Prefix'].rstrip('/')}/" if given.get("Prefix") else ""
    below = f"s3://{given['Bucket']}/{prefix}{run_time('run/SUCCEEDED_0.json')}"
    for action in ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload"):
        yield s3_object(machine.place, f"s3:{action}", below)
