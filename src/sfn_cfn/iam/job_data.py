"""One job's parameters -> the places in S3 that it reads and writes."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_cfn.iam import storage
from sfn_cfn.iam.codes import malformed
from sfn_cfn.iam.job_call import JobCall
from sfn_cfn.iam.statements import shown
from sfn_cfn.iam.storage import Access, Kind, Location
from sfn_cfn.iam.values import Value, nodes, values
from sfn_cfn.model import Node

MODEL_ARTIFACTS = "S3ModelArtifacts"
"""The field of a training job's result that tells where it wrote the model."""


def accesses(call: JobCall) -> Iterator[Access]:
    """The places in S3 that a call reads and writes."""
    job = call.job
    for path in job.sources:
        for source in nodes(call.given, path):
            for value, kind in _source(source):
                yield from _access(call, path, value, kind, read=True)
    for path in job.objects:
        yield from _each(call, path, _object_kind(call, path), read=True)
    for path in job.folders:
        yield from _each(call, path, "folder", write=True)
    for path in job.synced:
        yield from _each(call, path, "folder", read=True, write=True)
    for path in job.manifests:
        yield from _each(call, path, "bucket", read=True)
    yield from _texts(call)


def _texts(call: JobCall) -> Iterator[Access]:
    """The places in S3 in texts that may hold anything."""
    directories = {shown(value.text) for value in call.values(call.job.directories)}
    for path in call.job.directories:
        yield from _each(call, path, "folder", read=True, write=True, only_uris=True)
    for value in call.values(call.job.environment):
        if shown(value.text) not in directories:
            yield from _mentioned(call, "Environment", value)
    for value in call.values(call.job.arguments):
        yield from _mentioned(call, "ContainerArguments", value)


def _mentioned(call: JobCall, path: str, value: Value) -> Iterator[Access]:
    """The URIs in a text that does not say whether they are read or written; inputs are the rule."""
    for uri in storage.uris_within(value.text, call.shapes):
        found = Value(uri, value.expression)
        yield from _access(call, path, found, _environment_kind(found), read=True)


def _object_kind(call: JobCall, path: str) -> Kind:
    """A container of several models reads any archive below its URI."""
    modes = values(call.given, f"{path.rpartition('.')[0]}.Mode")
    return "prefix" if any(mode.text == "MultiModel" for mode in modes) else "object"


def _each(
    call: JobCall, path: str, kind: Kind, *, read: bool = False, write: bool = False, only_uris: bool = False
) -> Iterator[Access]:
    for value in call.values((path,)):
        if not only_uris or storage.is_uri(value.text, call.shapes):
            yield from _access(call, path, value, kind, read=read, write=write)


def _access(
    call: JobCall, path: str, value: Value, kind: Kind, *, read: bool = False, write: bool = False
) -> Iterator[Access]:
    wanted = [(value, kind)]
    from_job = MODEL_ARTIFACTS in value.expression and "$$.Execution.Input" not in value.expression
    if from_job and call.artifacts:
        wanted = [(one, "folder") for one in call.artifacts]
    for one, shape in wanted:
        if found := _location(call, path, one, shape):
            yield Access(found, read, write)


def _location(call: JobCall, path: str, value: Value, kind: Kind) -> Location | None:
    try:
        return storage.location(value.text, kind, call.shapes)
    except ValueError as error:
        call.faults.append(malformed(call.state, path, value, error))
        return None


def _environment_kind(value: Value) -> Kind:
    """A text in the environment is an archive of code, or a place of which nothing more is known."""
    return "object" if shown(value.text).strip('"').endswith(".tar.gz") else "prefix"


def _source(source: Node) -> Iterator[tuple[Value, Kind]]:
    """The URI of an `S3DataSource` or `S3Input`, and what it is the start of."""
    if isinstance(source, Value):
        yield source, "prefix"
        return
    kinds = [value.text for value in values(source, "S3DataType")]
    kind: Kind = "object" if "S3Object" in kinds else "prefix"
    if any(isinstance(one, str) and one.endswith("ManifestFile") for one in kinds):
        # A manifest names objects that nothing else names; they are in its bucket as a rule.
        kind = "bucket"
    for value in values(source, "S3Uri"):
        yield value, kind
