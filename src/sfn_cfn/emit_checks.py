"""An output's text -> findings on its size and letters, and the source that its marker names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation
from sfn_cfn.model import OutputFile

SFN721 = Code(
    "SFN721",
    Severity.ERROR,
    "a template is larger than CloudFormation takes",
    "CloudFormation takes templates of up to 1 MB, from S3. Split the workflow, or move long constants (Pass "
    "results, inline policies, hyperparameters) to S3.",
)

SFN722 = Code(
    "SFN722",
    Severity.WARNING,
    "a template is larger than CodePipeline takes",
    "A CloudFormation action of CodePipeline takes templates of up to 512 KB. Deploy this one by "
    "`aws cloudformation deploy --s3-bucket`, or split the workflow.",
)

SFN723 = Code(
    "SFN723",
    Severity.INFO,
    "a template needs an S3 bucket to be deployed from",
    "CloudFormation takes templates of more than 51,200 bytes only from S3: give "
    "`aws cloudformation deploy` a bucket by `--s3-bucket`. CodePipeline does so by itself.",
)

SFN724 = Code(
    "SFN724",
    Severity.ERROR,
    "a definition is larger than Step Functions takes",
    "Step Functions takes definitions of up to 1 MB. Move a part of the workflow to a state machine of its own.",
)

SFN725 = Code(
    "SFN725",
    Severity.ERROR,
    "an output file is not ASCII",
    "CloudFormation gives `?` for every other letter when a template is read again "
    "(aws-cloudformation/cloudformation-coverage-roadmap#814), so a change to it could not be told.",
)

SFN726 = Code(
    "SFN726",
    Severity.ERROR,
    "a state machine would change its type under its name",
    "Step Functions cannot change the type of a state machine, so CloudFormation makes a new one before it removes the "
    "old, which fails while the name is taken. Give the workflow another name. To keep the name, delete the stack of "
    "every environment, remove the template that stands, and build again.",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes. docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html."""

    template: int = 1_048_576
    pipeline: int = 524_288
    inline: int = 51_200
    definition: int = 1_048_576


def check_text(output: OutputFile, label: str, limits: Limits) -> Iterator[Diagnostic]:
    """Findings on one output; only files of the folder itself are templates."""
    text = output.content
    if not text.isascii():
        number, line = next(pair for pair in enumerate(text.split("\n"), 1) if not pair[1].isascii())
        message = f"line {number} is not ASCII: {line.strip()[:60]!a}"
        place = SourceLocation(f"{label}/{output.path}", number)
        yield SFN725.at(place, message, "write it with ASCII letters")
    if "/" in output.path:
        return
    place = SourceLocation(f"{label}/{output.path}")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limits.template:
        message = f"the template has {size:,} bytes; CloudFormation takes {limits.template:,}"
        yield SFN721.at(place, message, "split the workflow, or move long constants to S3")
    elif size > limits.pipeline:
        message = f"the template has {size:,} bytes; CodePipeline takes {limits.pipeline:,}"
        yield SFN722.at(place, message, "deploy it by 'aws cloudformation deploy --s3-bucket'")
    elif size > limits.inline:
        message = f"the template has {size:,} bytes; more than {limits.inline:,} are taken from S3 only"
        yield SFN723.at(place, message, "deploy it with '--s3-bucket'")
    if size > limits.definition and (length := _definition_size(text)) > limits.definition:
        message = f"the definition has {length:,} bytes; Step Functions takes {limits.definition:,}"
        yield SFN724.at(place, message, "move a part of the workflow to a state machine of its own")


def check_type(before: str, output: OutputFile, label: str) -> Iterator[Diagnostic]:
    """A finding where the template that stands, of either format, has the state machine's name and another type."""
    if "EXPRESS" not in before and "EXPRESS" not in output.content:
        return
    (old_name, old), (name, new) = _machine(before), _machine(output.content)
    if name and name == old_name and old != new:
        message = (
            f"the state machine would become {new} under its name; it is {old} in the template that stands"
        )
        hint = "give the workflow another name, or delete its stacks, remove the template and build again"
        yield SFN726.at(SourceLocation(f"{label}/{output.path}"), message, hint)


def _machine(template: str) -> tuple[str, str]:
    """The state machine's name, as it is written, and its type; an empty name where none is found."""
    if template.lstrip().startswith("{"):
        try:
            resources = json.loads(template).get("Resources", {})
        except ValueError:
            return "", ""
        found = resources.get("StateMachineComponent", {}).get("Properties", {})
        name = found.get("StateMachineName", "")
        shown = name.get("Fn::Sub", "") if isinstance(name, dict) else name
        return str(shown), str(found.get("StateMachineType", "STANDARD"))
    block = _MACHINE.search(template)
    text = block[1] if block else ""
    named, typed = _MACHINE_NAME.search(text), _MACHINE_TYPE.search(text)
    return (named[1] if named else ""), (typed[1] if typed else "STANDARD")


def source_of(template: str) -> str:
    """The source that `Metadata.SfnCfn.Source` names; empty where the text has no such marker.

    By a match on the text as a build writes it: reading every file of the folder as YAML would cost more
    than the build.
    """
    if found := _YAML_MARKER.search(template):
        value = found[1]
        marker = value[1:-1].replace("''", "'") if value.startswith("'") else value.strip('"')
        return _unquoted(marker)
    if found := _JSON_MARKER.search(template):
        return _unquoted(str(json.loads(found[1])))
    return ""


def unmarked(template: str) -> str:
    """The text without the name of its source."""
    found = _YAML_MARKER.search(template) or _JSON_MARKER.search(template)
    return template[: found.start(1)] + template[found.end(1) :] if found else template


def _unquoted(marker: str) -> str:
    """The name that `WorkflowSource.marker` stands for."""
    if "%" not in marker:
        return marker
    from urllib.parse import unquote  # noqa: PLC0415 (hardly ever)

    return unquote(marker, errors="surrogateescape")


_YAML_MARKER = re.compile(r"^Metadata:\n(?:  .*\n)*?  SfnCfn:\n(?:    .*\n)*?    Source: (.+)$", re.MULTILINE)
_JSON_MARKER = re.compile(r'"Metadata":\s*\{\s*"SfnCfn":\s*\{[^{}]*?"Source":\s*("(?:[^"\\\n]|\\.)*")')
_MACHINE = re.compile(r"^  StateMachineComponent:\n((?:    .*\n|\n)*)", re.MULTILINE)
_MACHINE_NAME = re.compile(r"^      StateMachineName: (?:!Sub )?'?([^'\n]*)'?$", re.MULTILINE)
_MACHINE_TYPE = re.compile(r"^      StateMachineType: (\w+)$", re.MULTILINE)
_BLOCK = re.compile(r"^ *DefinitionString:(?: !Sub)?\s+(?:- )?\|-?\n", re.MULTILINE)


def _definition_size(template: str) -> int:
    """Bytes of the longest definition in a template."""
    if template.lstrip().startswith("{"):
        return max((len(text) for text in _definitions(json.loads(template))), default=0)
    return max((_block_size(template[found.end() :]) for found in _BLOCK.finditer(template)), default=0)


def _block_size(rest: str) -> int:
    """Bytes of the block that `rest` begins with, without its indentation and its last line's end."""
    indent = len(rest) - len(rest.lstrip(" "))
    size = -1
    for line in rest.split("\n"):
        if line.strip() and not line.startswith(" " * indent):
            break
        size += max(len(line) - indent, 0) + 1
    return size


def _definitions(node: Any, inside: bool = False) -> Iterator[str]:
    """Texts under a key `DefinitionString`."""
    if isinstance(node, str):
        if inside:
            yield node
    elif isinstance(node, dict):
        for key, item in node.items():
            yield from _definitions(item, inside or key == "DefinitionString")
    elif isinstance(node, list):
        for item in node:
            yield from _definitions(item, inside)
