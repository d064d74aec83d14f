r"""A trigger's input -> the input transformer of EventBridge, and what is wrong with it.

A text that is one placeholder becomes the value itself, number or text, and stands unquoted in the template, where
EventBridge writes the quotes of a text, and escapes it. A placeholder inside of a longer text stands in that text's
quotes, where EventBridge escapes nothing: a value with a quote in it would end the text, and what follows would be
JSON. So only values that nobody chooses freely stand there. A part that the event lacks gives an empty text in both
places. A literal `<` is written `\u003c`, because a template knows no escape for it. Sources: the EventBridge user
guide, "Amazon EventBridge input transformation", section "Common issues with transforming input"; the EventBridge API
reference, `InputTransformer` (how many parts of the event, and how long their paths); the S3 user guide, "Bucket
naming rules"; the Step Functions API reference, `StartExecution` (what a name of an execution is made of).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, Node, Text, merged, text
from sfn_cfn.operations import inputs
from sfn_cfn.sections.triggers import TriggerSettings
from sfn_cfn.template.asl import definition_string
from sfn_cfn.template.intrinsics import Intrinsic, Value

SFN665 = Code(
    "SFN665",
    Severity.ERROR,
    "a trigger's input joins a part of the event with other text",
    "Within a longer text, EventBridge puts a part of the event in as it is. Who names an object "
    '`x", "Data": "s3://theirs` would write inputs of the execution. So what others write (`<key>`, `<output>`, paths '
    'such as `<$.detail.name>`) is an input of its own, as `Key = "<key>"`, and the workflow joins it: '
    "`States.Format('s3://{}/{}', $$.Execution.Input.Bucket, $$.Execution.Input.Key)`. What nobody chooses freely "
    "(`<bucket>`, `<size>`, `<id>`, `<time>`, `<region>`, `<account>`, `<execution>`) may stand in a longer text.",
)

LONGEST_INPUT = 8192
"""Characters in a target's input or its template (EventBridge API reference, `Target` and `InputTransformer`)."""
MOST_PARTS = 100
"""Parts of the event in one input (EventBridge API reference, `InputTransformer`)."""
LONGEST_PATH = 256
"""Characters in the path of a part, or its name (the same)."""

_COMMON = {
    "time": ("$.time", "str"),
    "id": ("$.id", "str"),
    "source": ("$.source", "str"),
    "region": ("$.region", "str"),
    "account": ("$.account", "str"),
}
PATHS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "s3": {
        **_COMMON,
        "bucket": ("$.detail.bucket.name", "str"),
        "key": ("$.detail.object.key", "str"),
        "size": ("$.detail.object.size", "int"),
        "etag": ("$.detail.object.etag", "str"),
        "version-id": ("$.detail.object.version-id", "str"),
    },
    "workflow": {
        **_COMMON,
        "execution": ("$.detail.executionArn", "str"),
        "execution-name": ("$.detail.name", "str"),
        "input": ("$.detail.input", "str"),
        "output": ("$.detail.output", "str"),
    },
    "event": _COMMON,
}
"""By kind: a placeholder, the path in the event that it stands for, and what it gives."""

PREDEFINED = {
    "aws.events.rule-arn": "str",
    "aws.events.rule-name": "str",
    "aws.events.event.ingestion-time": "str",
    "aws.events.event": "",
    "aws.events.event.json": "",
}
KNOWN: Mapping[str, Mapping[str, str]] = {
    kind: {name: what for name, (_, what) in paths.items()} | PREDEFINED for kind, paths in PATHS.items()
}
"""By kind: the placeholders that a trigger's input may have."""

_SAFE: Mapping[str, tuple[str, ...]] = {
    "s3": ("source", "bucket", "size", "etag", "version-id"),
    "workflow": ("source", "execution", "execution-name"),
    "event": (),
}
"""By kind: the placeholders whose values have no quote and no backslash, besides those of `_SAFE_ALWAYS`."""
_SAFE_ALWAYS = ("time", "id", "region", "account")
_OBJECTS = ("aws.events.event", "aws.events.event.json")

_WHOLE = re.compile(r'(?<!\\)"<([^<>"\\]+)>"')
_PLACE = re.compile(rf"<<({inputs.NAME})>|<({inputs.NAME})>|<")
_OPENING = re.compile(rf"<(?={inputs.NAME}>)")
_PATH = re.compile(r"\$(\.[A-Za-z0-9_/*-]+|\[([0-9]+|\*)\])+")


def target_input(one: TriggerSettings, definition: Definition) -> dict[str, Value]:
    """`InputTransformer` of a target, or `Input` where nothing of the event is in it."""
    own = definition.default_input
    kept = _literal(own) if isinstance(own, Mapping) else {}
    written = definition_string(merged(kept, inputs.node(one.input, definition)))
    paths: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        name = match[2]
        if name is None:
            return f"\\u003c{match[1]}>" if match[1] else "\\u003c"
        if name in PREDEFINED:
            return match[0]
        path = PATHS[one.kind][name][0] if name in PATHS[one.kind] else name
        if not path.startswith("$."):
            return f"\\u003c{match[0][1:]}"
        stem = re.sub(r"[^A-Za-z0-9]+", "_", path).strip("_")
        names = (stem, *(f"{stem}_{number}" for number in range(2, 102)))
        variable = next(name for name in names if paths.get(name, path) == path)
        paths[variable] = path
        return f"<{variable}>"

    template = _mapped(written, lambda text: _WHOLE.sub(r"<\1>", _PLACE.sub(renamed, text)))
    if "<" not in _plain(template):
        return {"Input": template}
    transformer: dict[str, Any] = {"InputTemplate": template}
    if paths:
        transformer["InputPathsMap"] = dict(sorted(paths.items()))
    return {"InputTransformer": transformer}


def faults(
    given: inputs.Given, one: TriggerSettings, definition: Definition, *, node: Any = None, path: str = ""
) -> Iterator[Diagnostic]:
    """Texts of the settings that EventBridge would not make a text of, and paths that are none."""
    node = one.input if node is None else node
    if isinstance(node, Mapping):
        for key, item in node.items():
            yield from faults(given, one, definition, node=item, path=f"{path}.{key}" if path else key)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from faults(given, one, definition, node=item, path=path)
    elif isinstance(node, str):
        found = inputs.EVENT_PLACEHOLDER.findall(node)
        names = [name for name in found if name in given.known or name.startswith("$.")]
        for name in names:
            if name.startswith("$.") and not _PATH.fullmatch(name):
                message = f"{given.owner} uses '<{name}>', which is no path of an event"
                yield inputs.SFN632.at(given.place, message, "write a path such as '<$.detail.name>'")
        if inputs.EVENT_PLACEHOLDER.fullmatch(node) is None and (
            wrong := [name for name in names if not _is_safe(one, name)]
        ):
            joined = f"{given.owner} joins '<{wrong[0]}>' with other text in input '{path}'"
            yield SFN665.at(
                given.place, f"{joined}, where EventBridge escapes nothing", _apart(node, wrong[0])
            )


def late_faults(given: inputs.Given, one: TriggerSettings, definition: Definition) -> Iterator[Diagnostic]:
    """What is beyond EventBridge's limits in the input as it is written; tokens by their names."""
    made = target_input(one, definition)
    transformer = made.get("InputTransformer", {})
    paths = transformer.get("InputPathsMap", {})
    written = _plain(made["Input"] if "Input" in made else transformer["InputTemplate"])
    if len(written) > LONGEST_INPUT:
        message = (
            f"the input of {given.owner} has {len(written):,} characters, EventBridge takes {LONGEST_INPUT:,}"
        )
        yield inputs.SFN632.at(given.place, message, "let the workflow hold what is the same at each start")
    if len(paths) > MOST_PARTS:
        message = (
            f"the input of {given.owner} has {len(paths)} parts of the event, EventBridge takes {MOST_PARTS}"
        )
        hint = "give an object of the event as one input, '<$.detail>', and let states read its parts"
        yield inputs.SFN632.at(given.place, message, hint)
    for path in (item for item in paths.values() if len(item) > LONGEST_PATH):
        message = f"the input of {given.owner} has a path of {len(path)} characters, EventBridge takes {LONGEST_PATH}"
        hint = "give an object that holds it, and let states read its part"
        yield inputs.SFN632.at(given.place, message, hint)


def _is_safe(one: TriggerSettings, name: str) -> bool:
    """Whether the value of a placeholder is sure to have no quote, backslash or control character."""
    if name in PREDEFINED:
        return name not in _OBJECTS
    names = (*_SAFE_ALWAYS, *_SAFE[one.kind])
    return name in names or name in {PATHS[one.kind][item][0] for item in names}


def _apart(given: str, name: str) -> str:
    """How to join in the workflow what stands in a text of the settings."""
    alone = "give it as an input of its own, with nothing around it"
    literal = inputs.EVENT_PLACEHOLDER.sub("", given)
    if name in _OBJECTS or re.search(r"[{}'<\\]", literal):
        return alone if name in _OBJECTS else f"{alone}, and join it in the workflow"
    names = list(dict.fromkeys(inputs.EVENT_PLACEHOLDER.findall(given)))
    new = {item: _input_name(item) for item in names}
    inner = ", ".join(f"$$.Execution.Input.{new[item]}" for item in inputs.EVENT_PLACEHOLDER.findall(given))
    fields = " and ".join(f'{new[item]} = "<{item}>"' for item in names)
    whole = inputs.EVENT_PLACEHOLDER.sub("{}", given)
    return f"write {fields}, and in the workflow States.Format('{whole}', {inner})"


def _input_name(placeholder: str) -> str:
    """A name for an input: `version-id` is `VersionId`, `$.detail.name` is `Name`."""
    last = re.sub(r"\[[^]]*\]", "", placeholder).rsplit(".", 1)[-1]
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", last)) or "Part"


def _literal(node: Node) -> Node:
    """A tree of the workflow's own, in which no text is a placeholder."""
    if isinstance(node, Mapping):
        return {_literal(key): _literal(item) for key, item in node.items()}
    if isinstance(node, (list, tuple)):
        return [_literal(item) for item in node]
    if isinstance(node, Text):
        return text(*(_literal(piece) for piece in node.pieces))
    return _OPENING.sub("<<", node) if isinstance(node, str) else node


def _plain(written: Value) -> str:
    """The text of a plain string or of `Fn::Sub`."""
    argument = written.argument if isinstance(written, Intrinsic) else written
    return str(argument if isinstance(argument, str) else argument[0])


def _mapped(written: Value, change: Any) -> Value:
    """The text of a plain string or of `Fn::Sub`, changed."""
    if not isinstance(written, Intrinsic):
        return change(written)
    if isinstance(written.argument, str):
        return Intrinsic(written.name, change(written.argument))
    text, variables = written.argument
    return Intrinsic(written.name, (change(text), variables))
