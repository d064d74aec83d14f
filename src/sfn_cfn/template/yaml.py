"""Templates to YAML text and back: the only module that imports `ruamel.yaml`.

Written text is pure ASCII and reads alike under YAML 1.1 (CloudFormation, PyYAML) and 1.2 (ruamel.yaml):
every string that a YAML 1.1 resolver takes for another value is quoted.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.scalarstring import LiteralScalarString, SingleQuotedScalarString
from ruamel.yaml.tag import Tag

from sfn_cfn.errors import Code, Severity, SourceLocation, TemplateError
from sfn_cfn.template.intrinsics import Intrinsic
from sfn_cfn.template.model import Template

SFN410 = Code(
    "SFN410",
    Severity.ERROR,
    "a template's text cannot be read",
    "The text is not YAML, or not a CloudFormation template: a mapping with a `Resources` section.",
)

SFN411 = Code(
    "SFN411",
    Severity.ERROR,
    "a template holds a letter that CloudFormation does not keep",
    "CloudFormation gives `?` for every character outside of ASCII when a template is read again "
    "(aws-cloudformation/cloudformation-coverage-roadmap#814), so later changes could not be told. In a "
    "definition such letters are written as JSON escapes; elsewhere (descriptions, defaults, tags) use ASCII.",
)

SECTIONS = (
    ("Parameters", "parameters"),
    ("Mappings", "mappings"),
    ("Rules", "rules"),
    ("Conditions", "conditions"),
    ("Resources", "resources"),
    ("Outputs", "outputs"),
)

# What a YAML 1.1 resolver reads as something other than text (yaml.org/type/*.html).
_NOT_TEXT = re.compile(
    r"""(?ix)
    (?: | ~ | null | y | n | yes | no | on | off | true | false | = | << )$
    | [-+]? (?: 0b[01_]+ | 0x[0-9a-f_]+ | 0o?[0-7_]+ | [0-9][0-9_]* ) $
    | [-+]? [0-9][0-9_]* (?: :[0-5]?[0-9] )+ (?: \.[0-9_]* )? $
    | [-+]? (?: [0-9][0-9_]* )? \.? [0-9_]* (?: e[-+]?[0-9]+ )? $
    | [-+]? \.(?:inf|nan) $
    | [0-9]{4}-[0-9][0-9]?-[0-9][0-9]? .*
    """
)
_PLAIN = re.compile(r"[A-Za-z0-9_/.$(\[^-][A-Za-z0-9_./$()+=,@;^|\\<>~? -]*(?::[A-Za-z0-9_./$()+=,@-]+)*")
_AWKWARD = re.compile(r"[\[\]{},&*#?|<>=!%@`'\"\\-]")


def dump(template: Template) -> str:
    """The template as YAML text. Raises `TemplateError` where it holds a non-ASCII character."""
    root = CommentedMap({"AWSTemplateFormatVersion": SingleQuotedScalarString("2010-09-09")})
    if template.description:
        root["Description"] = _node(template.description)
    if template.metadata:
        root["Metadata"] = _node(template.metadata)
    for section, field in SECTIONS:
        if values := getattr(template, field):
            root[section] = _FLOWING.get(section, _node)(values)
    stream = io.StringIO()
    _writer().dump(root, stream)
    text = _RULES.sub(lambda section: _LONG_LIST.sub(_wrapped, section[0]), stream.getvalue(), count=1)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.isascii():
            raise TemplateError(
                SFN411.at(
                    None,
                    f"line {number} of the template is not ASCII: {line.strip()[:60]!a}",
                    "write the description, default or tag with ASCII letters",
                )
            )
    return text


def load(text: str, place: str) -> Template:
    """A template's YAML text as values, tags as `Intrinsic`s. `place` names it in errors."""
    try:
        root = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        reason = getattr(error, "problem", None) or "it is not YAML"
        raise TemplateError(
            SFN410.at(SourceLocation(place, line), f"cannot read the template: {reason}")
        ) from error
    values = _value(root)
    if not isinstance(values, dict) or not isinstance(values.get("Resources"), dict):
        raise TemplateError(SFN410.at(SourceLocation(place), "the template has no Resources section"))
    return Template(
        description=values.get("Description", ""),
        metadata=values.get("Metadata", {}),
        **{field: values[section] for section, field in SECTIONS if section in values},
    )


def _writer() -> YAML:
    writer = YAML(typ="rt")
    writer.width = 1_000_000  # a folded line would change a definition's text
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.representer.ignore_aliases = lambda _: True
    writer.representer.yaml_representers = {**writer.representer.yaml_representers, float: _float}
    return writer


def _float(representer: Any, value: float) -> Any:
    """YAML 1.1 reads `1e-07` as text: a number has a point there."""
    shown = repr(value)
    return representer.represent_scalar(
        "tag:yaml.org,2002:float", shown if "." in shown else shown.replace("e", ".0e")
    )


def _node(value: Any) -> Any:
    """A value as ruamel's round-trip node."""
    if isinstance(value, Intrinsic):
        return _tagged(value)
    if isinstance(value, Mapping):
        return CommentedMap({_key(key): _node(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return CommentedSeq([_node(item) for item in value])
    if isinstance(value, str):
        return _string(value)
    return value


def _mappings(values: Mapping[str, Any]) -> Any:
    """The Mappings section, each entry on one line: `eu-west-1: {Account: '141502667606'}`."""
    node = _node(values)
    for mapping in node.values():
        for entry in mapping.values():
            if isinstance(entry, CommentedMap):
                entry.fa.set_flow_style()
    return node


def _rules(values: Mapping[str, Any]) -> Any:
    """The Rules section, each list of the first argument of `Fn::Contains` on one line."""
    node = _node(values)
    for rule in node.values():
        for assertion in rule.get("Assertions", ()):
            asserted = assertion["Assert"]
            if isinstance(asserted, CommentedMap) and isinstance(asserted.get("Fn::Contains"), CommentedSeq):
                asserted["Fn::Contains"][0].fa.set_flow_style()
    return node


_FLOWING: Mapping[str, Callable[[Any], Any]] = {"Mappings": _mappings, "Rules": _rules}
_RULES = re.compile(r"^Rules:\n(?: .*\n)*", re.MULTILINE)
_LONG_LIST = re.compile(r"^( +)- +\[([A-Za-z0-9, -]{81,})\]$", re.MULTILINE)


def _wrapped(line: re.Match[str]) -> str:
    """A long list of plain words over several lines, as a person would break it."""
    lead = f"{line[1]}- "
    lines = textwrap.wrap(
        f"[{line[2]}]", 110, initial_indent=lead, subsequent_indent=f"{line[1]}   ", break_on_hyphens=False
    )
    return "\n".join(lines)


def _key(key: str) -> Any:
    return key if not _NOT_TEXT.match(key) else SingleQuotedScalarString(key)


def _string(value: str) -> Any:
    if "\n" in value and _fits_block(value):
        return LiteralScalarString(value)
    if _NOT_TEXT.match(value) or (_AWKWARD.search(value) and not _PLAIN.fullmatch(value)):
        return SingleQuotedScalarString(value) if value.isprintable() else value
    return value


def _fits_block(value: str) -> bool:
    lines = value.split("\n")
    return all(line.isprintable() and line == line.rstrip() for line in lines) and not value.startswith(
        (" ", "\n")
    )


def _tagged(intrinsic: Intrinsic) -> Any:
    tag, argument = f"!{intrinsic.name}", intrinsic.argument
    if isinstance(argument, str):
        block = "\n" in argument
        quote = not block and (intrinsic.name == "Sub" or bool(_AWKWARD.search(argument.replace("-", ""))))
        return TaggedScalar(value=argument, style="|" if block else "'" if quote else None, tag=tag)
    node = _node(argument)
    if isinstance(node, CommentedSeq) and _is_short(argument):
        node.fa.set_flow_style()
    node.yaml_set_ctag(Tag(suffix=tag))
    return node


def _is_short(argument: Any) -> bool:
    """Whether a call's arguments read well on one line: `!If [A, !GetAtt B.Arn, !Ref C]`."""
    items = list(argument)
    return all(
        (isinstance(item, (str, int, float)) and "\n" not in str(item))
        or (isinstance(item, Intrinsic) and isinstance(item.argument, str) and "\n" not in item.argument)
        for item in items
    )


def _value(node: Any) -> Any:
    """A ruamel node as plain values and `Intrinsic`s."""
    tag = getattr(getattr(node, "tag", None), "value", None)
    if isinstance(node, TaggedScalar):
        return Intrinsic(str(tag).lstrip("!"), str(node.value))
    if isinstance(node, CommentedMap):
        plain: Any = {str(key): _value(item) for key, item in node.items()}
    elif isinstance(node, CommentedSeq):
        plain = [_value(item) for item in node]
    elif isinstance(node, str):
        return str(node)
    else:
        return node
    if tag and str(tag).startswith("!"):
        return Intrinsic(str(tag).lstrip("!"), tuple(plain) if isinstance(plain, list) else plain)
    return plain
