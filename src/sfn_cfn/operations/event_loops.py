"""Definition -> where it writes in S3, so that no trigger takes its own workflow's outputs for new data.

A place is known by the field that it stands in, where a service says what the field is; what a job makes of its
arguments, its environment and its payload, only the job knows, so such a place is no more than likely. Sources: the
SageMaker API reference, `OutputDataConfig` and "Using the SageMaker Training and Inference Toolkits" (what a training
job leaves: `model.tar.gz` and `output.tar.gz`), `TransformOutput` (an object of a transform job has the name of its
input and `.out`); the S3 user guide, "Amazon S3 Event Notifications" (what makes an object).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.deploy.interface import leaves
from sfn_cfn.errors import Code, Severity, SourceLocation
from sfn_cfn.model import Definition, State, Text

SFN666 = Code(
    "SFN666",
    Severity.WARNING,
    "a job is told of a place that starts its workflow again",
    "An argument, an environment variable or a part of a payload is called an output and names a place below the "
    "trigger's prefix. If the job writes there, it starts the workflow again, and again. Let it write elsewhere; where "
    "it only reads there, call the argument otherwise.",
)

_S3 = re.compile(r"(?:^|')(?P<uri>s3://(?:\$\{[^}]*\}|[^'{}])*)")
"""An S3 place, whole or as the beginning of what `States.Format` makes."""
_FORMAT = re.compile(r"^States\.Format\(\s*'(?P<begin>(?:\$\{[^}]*\}|[^'{}])*)")

_WRITES = re.compile("Output|Destination|Checkpoint")
_LIKELY = re.compile("out|dest|target|sink|result|write|export|save|checkpoint", re.IGNORECASE)
_PLACES = ("Parameters", "Arguments")
_FREE = frozenset(
    {
        "Arguments",
        "ContainerArguments",
        "ContainerEntrypoint",
        "DefaultArguments",
        "Detail",
        "Environment",
        "EnvironmentVariables",
        "EnvironmentVariablesOverride",
        "HyperParameters",
        "Input",
        "Message",
        "MessageBody",
        "Payload",
        "StaticHyperParameters",
    }
)
"""Fields whose content only the receiver knows."""
_MAKES_OBJECTS = frozenset({"putObject", "copyObject", "createMultipartUpload", "completeMultipartUpload"})
_PAIRS = (
    ("S3Bucket", "S3Prefix"),
    ("S3BucketName", "S3Prefix"),
    ("OutputBucketName", "OutputKey"),
    ("OutputS3BucketName", "OutputS3KeyPrefix"),
)
"""Fields that name a bucket and a place in it, of calls that export, transcribe and the like."""
_MODEL = ("/output/model.tar.gz", "/output/output.tar.gz", ".json")
_ENDS: Mapping[tuple[str, tuple[str, ...]], tuple[str, ...]] = {
    ("createTrainingJob", ("OutputDataConfig", "S3OutputPath")): _MODEL,
    ("createHyperParameterTuningJob", ("OutputDataConfig", "S3OutputPath")): _MODEL,
    ("createTransformJob", ("TransformOutput", "S3OutputPath")): (".out",),
}
"""How the names of objects end, by the action and the last fields of the path. The profiler writes `.json`."""


@dataclass(frozen=True, slots=True)
class Output:
    """An S3 place that a state writes to, tokens as `${Name}`; what is known at run time only is left out.

    `whole`: it is one object, no folder. `ends`: how the names of its objects end, empty where that is not known.
    `field`: where only its name tells that something is written, that name.
    """

    uri: str
    state: str
    location: SourceLocation
    whole: bool = False
    ends: tuple[str, ...] = ()
    field: str = ""

    def may_lie(self, below: str, suffix: str) -> bool:
        """Whether objects of it may be below `below` (`s3://bucket/prefix`) with names that end with `suffix`."""
        if not (self.uri.startswith(below) or (not self.whole and f"{self.uri}/" == below)):
            return False
        if self.whole:
            return self.uri.endswith(suffix)
        return not self.ends or "${" in suffix or any(_overlap(one, suffix) for one in self.ends)

    @property
    def object(self) -> tuple[str, tuple[str, ...]]:
        """Its bucket, and keys of objects that it may make."""
        bucket, _, key = self.uri.removeprefix("s3://").partition("/")
        if self.whole:
            return bucket, (key,)
        folder = f"{key.rstrip('/')}/" if key else ""
        return bucket, tuple(f"{folder}part-00000{end}" for end in self.ends or ("",))


def _overlap(one: str, other: str) -> bool:
    """Whether a text may end with both."""
    return one.endswith(other) or other.endswith(one)


def outputs(definition: Definition) -> Iterator[Output]:
    """The S3 places below which the workflow writes, as far as the definition has them."""
    for state in definition.states:
        if state.type == "Task":
            for key in _PLACES:
                yield from _of_call(state.node.get(key), state)
        elif state.type == "Map":
            yield from _of_writer(state.node.get("ResultWriter"), state)
    place = definition.workflow.location
    for uri, _, field in _written(definition.default_input):
        yield Output(uri, "default input", place, field=field)


def _of_call(node: Any, state: State) -> Iterator[Output]:
    one = state.integration
    action = one.action if one else ""
    if one and one.service == "s3" and action in _MAKES_OBJECTS and isinstance(node, Mapping):
        yield from _object(node, state)
        return
    for uri, path, field in _written(node):
        ends = next((found for (call, end), found in _ENDS.items() if (call, end) == (action, path[-2:])), ())
        packed = not any(place[-1] == "CompressionType" and leaf == "NONE" for place, leaf in leaves(node))
        yield Output(uri, state.name, state.location, ends=ends if packed else (), field=field)
    for uri in _pairs(node):
        yield Output(uri, state.name, state.location)


def _object(node: Mapping[Any, Any], state: State) -> Iterator[Output]:
    """The one object that a call of S3 makes."""
    bucket, key = _shown(node.get("Bucket")), _shown(node.get("Key"))
    made = _FORMAT.match(_shown(node.get("Key.$")))
    if bucket and (key or made):
        begin = key or (made["begin"] if made else "")
        yield Output(f"s3://{bucket}/{begin}", state.name, state.location, whole=bool(key))


def _of_writer(node: Any, state: State) -> Iterator[Output]:
    for key in _PLACES:
        given = node.get(key) if isinstance(node, Mapping) else None
        if isinstance(given, Mapping) and (bucket := _shown(given.get("Bucket"))):
            yield Output(f"s3://{bucket}/{_shown(given.get('Prefix'))}", state.name, state.location)


def _written(node: Any) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Places that are written to: the place, its field's path, and the name by which no more than that is likely."""
    for path, leaf in leaves(node):
        if not (found := _S3.search(_shown(leaf))):
            continue
        plain = tuple(step.removesuffix(".$") for step in path)
        free = next((index for index, step in enumerate(plain) if step in _FREE), None)
        if free is None and any(_WRITES.search(step) for step in plain):
            yield found["uri"], plain, ""
        elif free is not None and plain[free + 1 :] and _LIKELY.search(plain[-1]):
            yield found["uri"], plain, plain[-1]


def _pairs(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for bucket, key in _PAIRS:
            if _shown(node.get(bucket)):
                yield f"s3://{_shown(node[bucket])}/{_shown(node.get(key))}"
        for item in node.values():
            yield from _pairs(item)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _pairs(item)


def _shown(leaf: Any) -> str:
    if isinstance(leaf, Text):
        return leaf.shown
    return leaf if isinstance(leaf, str) else ""
