r"""A trigger's input -> the input transformer of EventBridge.

A text that is one placeholder becomes the value itself, number or text, and stands unquoted in the template; a
placeholder inside of a text stands in its quotes. A literal `<` is written `\u003c`, because a template knows no
escape for it. Source: the EventBridge user guide, "Amazon EventBridge input transformation".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sfn_cfn.model import Definition
from sfn_cfn.operations import inputs
from sfn_cfn.sections.triggers import TriggerSettings
from sfn_cfn.template.asl import definition_string
from sfn_cfn.template.intrinsics import Intrinsic, Value

_COMMON = {"time": ("$.time", "str"), "id": ("$.id", "str"), "source": ("$.source", "str")}
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

_WHOLE = re.compile(r'(?<!\\)"<([^<>"\\]+)>"')
_PLACE = re.compile(r"<([A-Za-z$][A-Za-z0-9_.$*/\[\]-]*)>|<")


def target_input(one: TriggerSettings, definition: Definition) -> dict[str, Value]:
    """`InputTransformer` of a target, or `Input` where nothing of the event is in it."""
    written = definition_string(inputs.execution_input(one.input, definition))
    paths: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "\\u003c"
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
    if not paths and template == written:
        return {"Input": written}
    transformer: dict[str, Any] = {"InputTemplate": template}
    if paths:
        transformer["InputPathsMap"] = dict(sorted(paths.items()))
    return {"InputTransformer": transformer}


def length(one: TriggerSettings, definition: Definition) -> int:
    """The characters of the input or its template, those of tokens' names in place of their values."""
    made = target_input(one, definition)
    written = made["Input"] if "Input" in made else made["InputTransformer"]["InputTemplate"]
    text = written.argument if isinstance(written, Intrinsic) else written
    return len(text if isinstance(text, str) else text[0])


def _mapped(written: Value, change: Any) -> Value:
    """The text of a plain string or of `Fn::Sub`, changed."""
    if not isinstance(written, Intrinsic):
        return change(written)
    if isinstance(written.argument, str):
        return Intrinsic(written.name, change(written.argument))
    text, variables = written.argument
    return Intrinsic(written.name, (change(text), variables))
