"""A template's text from YAML to JSON and back, by cfn-flip, compared with a reading of its own.

cfn-flip 1.3.0 reads YAML 1.1 and takes what stands there: `yes` for true, `12:30:45` for 45045, `!GetAtt
[A, !Ref B]` for `A.B`. So the text is read here as well, node by node; what readers disagree about is
refused, and so is a result that does not have the values of the input.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, NoReturn

import cfn_flip
import yaml
from cfn_flip.yaml_dumper import ODict, map_representer

from sfn_cfn.errors import Code, Severity, SourceLocation, TemplateError

SFN421 = Code(
    "SFN421",
    Severity.ERROR,
    "a template to convert cannot be read",
    "The file is neither YAML nor JSON, or uses what CloudFormation does not take (hash merges, two equal keys).",
)

SFN422 = Code(
    "SFN422",
    Severity.ERROR,
    "a value means different things to different readers",
    "YAML 1.1 (CloudFormation, PyYAML) and YAML 1.2 read some unquoted values differently: yes, no, on, off, "
    "0777, 12:30:45, 1.10, 1e3, 012345678901. Quote the value if it is a text; write true, 511 or 1.1 if not.",
)

SFN423 = Code(
    "SFN423",
    Severity.ERROR,
    "a template cannot be converted without a change of its values",
    "The converted text was read again and did not have the values of the input, so it is not given out.",
)

Format = Literal["yaml", "json"]

_CORE = "tag:yaml.org,2002:"
# Plain texts that YAML 1.2 (yaml.org/spec/1.2.2, section 10.3.2) reads as numbers, and YAML 1.1 does not.
_NUMBER_IN_1_2 = re.compile(r"[-+]?(?:[0-9]+|0o[0-7]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+)")

# Wider than any specification: ruamel.yaml 0.19 reads `1_e0` as a number.
_LIKE_A_NUMBER = re.compile(r"[-+.]*[0-9][0-9A-Fa-f_.:xo+-]*")


class _Dumper(cfn_flip.get_dumper()):  # type: ignore[misc]
    """cfn-flip's, with literal blocks for texts of several lines and one line for all others."""

    def represent_scalar(self, tag: str, value: str, style: str | None = None) -> Any:
        if style in (None, ">", '"'):
            style = "|" if "\n" in value else None
        if tag == f"{_CORE}str" and _LIKE_A_NUMBER.fullmatch(value):
            style = "'"
        return yaml.Dumper.represent_scalar(self, tag, value, style)


def _mapping(dumper: _Dumper, value: Any) -> Any:
    """cfn-flip's short forms, save where one has no room for what it holds."""
    attribute = value.get("Fn::GetAtt")
    if isinstance(attribute, list) and not all(isinstance(item, str) for item in attribute):
        return dumper.represent_mapping(f"{_CORE}map", value, flow_style=False)
    return map_representer(dumper, value)


_Dumper.add_representer(ODict, _mapping)
_Dumper.add_implicit_resolver(f"{_CORE}bool", re.compile(r"^[yYnN]$"), list("yYnN"))


def format_of(text: str) -> Format:
    """What the text is written as."""
    return "json" if text.lstrip("\ufeff \t\r\n").startswith("{") else "yaml"


def convert(text: str, target: Format, place: str) -> str:
    """The template as `target`. `place` names it in errors. Raises `TemplateError`."""
    values = read_json(text, place) if format_of(text) == "json" else read_yaml(text, place)
    if not isinstance(values, dict):
        _refuse(SFN421, place, 0, "the template is not a mapping")
    try:
        # cfn-flip's own types keep the order of keys.
        given, _ = cfn_flip.load(json.dumps(values))
        if target == "json":
            written = str(cfn_flip.dump_json(given)) + "\n"
            back = read_json(written, place)
        else:
            written = yaml.dump(given, Dumper=_Dumper, allow_unicode=True, width=1_000_000)
            back = read_yaml(written, place)
    except (TypeError, ValueError, AttributeError, yaml.YAMLError, TemplateError) as error:
        message = f"cannot convert the template: {str(error).splitlines()[0]}"
        raise TemplateError(SFN423.at(SourceLocation(place), message)) from error
    if difference := next(_differences(values, back, ""), ""):
        _refuse(SFN423, place, 0, f"the value at '{difference}' does not come back the same")
    return written


def read_json(text: str, place: str) -> Any:
    """JSON as values. Refuses two equal keys, and numbers that their readers would write otherwise."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in items]
        for name in names:
            if names.count(name) > 1:
                _refuse(SFN421, place, 0, f"the key '{name}' stands twice in one mapping")
        return dict(items)

    def number(shown: str) -> float:
        if repr(float(shown)) != shown:
            _refuse(SFN422, place, 0, f"the number {shown} is written {float(shown)!r} by others", _QUOTE)
        return float(shown)

    def constant(shown: str) -> NoReturn:
        _refuse(SFN421, place, 0, f"{shown} is not JSON")

    try:
        return json.loads(
            text.lstrip("\ufeff"), object_pairs_hook=pairs, parse_float=number, parse_constant=constant
        )
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        raise TemplateError(
            SFN421.at(SourceLocation(place, error.lineno), f"the template is not JSON: {reason}")
        ) from error


def read_yaml(text: str, place: str) -> Any:
    """YAML as JSON values, short forms as long ones. Refuses what readers disagree about."""
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "it has characters that YAML does not allow"
        location = SourceLocation(place, mark.line + 1 if mark else 0)
        raise TemplateError(SFN421.at(location, f"the template is not YAML: {reason}")) from error
    return _value(node, place) if node is not None else None


_QUOTE = "quote it if it is a text, write it plainly if not"


def _value(node: Any, place: str) -> Any:
    """A node's value; a tag of CloudFormation becomes its long form."""
    if node.tag.startswith("!"):
        name = node.tag[1:]
        plain = _content(node, place) if not isinstance(node, yaml.ScalarNode) else node.value
        if name == "GetAtt" and isinstance(plain, str):
            plain = plain.split(".", 1)
        return {name if name in ("Ref", "Condition") else f"Fn::{name}": plain}
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, place)
    return _content(node, place)


def _content(node: Any, place: str) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, place) for item in node.value]
    values: dict[str, Any] = {}
    for key_node, item in node.value:
        line = key_node.start_mark.line + 1
        if key_node.tag == f"{_CORE}merge":
            _refuse(SFN421, place, line, "CloudFormation does not take the merge key '<<'")
        if not isinstance(key_node, yaml.ScalarNode):
            _refuse(SFN421, place, line, "a mapping's key is not a text")
        _scalar(key_node, place)
        if key_node.value in values:
            _refuse(SFN421, place, line, f"the key '{key_node.value}' stands twice in one mapping")
        values[key_node.value] = _value(item, place)
    return values


def _scalar(node: Any, place: str) -> Any:
    """A scalar as JSON has it. Raises where another reader, or another writer, gives another one."""
    shown, kind = node.value, node.tag.removeprefix(_CORE)
    value = {"true": True, "false": False}.get(shown.lower()) if kind == "bool" else shown
    if kind == "str":
        odd = node.style is None and _NUMBER_IN_1_2.fullmatch(shown) is not None
    elif kind == "null":
        value, odd = None, False
    elif kind == "bool":
        odd = value is None
    elif kind == "int":
        odd = not re.fullmatch(r"-?(?:0|[1-9][0-9]*)", shown)
        value = shown if odd else int(shown)
    elif kind == "float":
        odd = not re.fullmatch(r"-?[0-9.]+(?:e[-+][0-9]+)?", shown) or repr(float(shown)) != shown
        value = shown if odd else float(shown)
    else:  # a date alone is written as it stands, a time is not
        odd = kind != "timestamp" or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", shown)
    if odd:
        line = node.start_mark.line + 1
        _refuse(SFN422, place, line, f"readers of YAML disagree about the unquoted value '{shown}'", _QUOTE)
    return value


def _differences(left: Any, right: Any, path: str) -> Iterator[str]:
    """Paths of values that differ. `Fn::GetAtt` is the same with a dotted text as with a list."""
    if isinstance(left, dict) and isinstance(right, dict) and list(left) == list(right):
        for key in left:
            one, other = left[key], right[key]
            if key == "Fn::GetAtt":
                one, other = (item.split(".", 1) if isinstance(item, str) else item for item in (one, other))
            yield from _differences(one, other, f"{path}/{key}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _differences(one, other, f"{path}/{index}")
    elif type(left) is not type(right) or left != right:
        yield path or "/"


def _refuse(code: Code, place: str, line: int, message: str, hint: str = "") -> NoReturn:
    raise TemplateError(code.at(SourceLocation(place, line), message, hint))
