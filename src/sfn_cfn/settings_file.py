"""The text of `sfn-cfn.toml` -> `Settings`, or every mistake in it at its line."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from sfn_cfn.errors import Code, Diagnostic, SettingsError, Severity, SourceLocation
from sfn_cfn.model import ParameterDeclaration
from sfn_cfn.settings import Environment, IamSettings, Settings, WorkflowSettings
from sfn_cfn.settings_iam import iam_settings
from sfn_cfn.settings_keys import OPERATOR, PARAMETER_NAME, SECTIONS, TAG_KEY, TAG_VALUE, Key, Kind, fits
from sfn_cfn.toml_lines import key_lines, tomllib

FILE_NAME = "sfn-cfn.toml"

SFN110 = Code(
    "SFN110",
    Severity.ERROR,
    "the settings cannot be read",
    "`sfn-cfn.toml` is a TOML file in UTF-8 at the project's root. The message says what its parser met.",
)

SFN111 = Code(
    "SFN111",
    Severity.ERROR,
    "the settings have an unknown key",
    "Every key of `sfn-cfn.toml` is in docs/reference/settings.md. An unknown one is refused, because a "
    "misspelt key would leave its default in force in silence.",
)

SFN112 = Code(
    "SFN112",
    Severity.ERROR,
    "a setting has a value that it cannot have",
    "The value is of another type than the key's, or of another form. Texts stand in quotes, numbers and "
    "booleans do not; an account is a text, because numbers lose leading zeros.",
)

SFN113 = Code(
    "SFN113",
    Severity.ERROR,
    "the settings have a name that AWS does not take",
    "Names in the settings become parts of names in AWS (environments, parameters, tags, workflows), which "
    "allow only some characters and lengths.",
)

SFN114 = Code(
    "SFN114",
    Severity.ERROR,
    "a parameter's declaration contradicts itself",
    "A parameter's default and allowed values have its type and keep its limits. A Number has `min` and "
    "`max`, a String `allowed_pattern`; CloudFormation refuses the one on the other.",
)

RESERVED = ("PipelineName", "TargetEnv", "WorkflowExecutionRoleArn", "SageMakerRoleArn")
LONGEST_PATH = 512
"""Characters in a role's path (docs.aws.amazon.com/IAM, IAM and AWS STS quotas)."""
_NAMES = {
    "environments": "up to 16 letters, digits and hyphens",
    "parameters": "letters and digits",
    "workflows": "letters, digits, '-' and '_'",
}
_CONDITION_VALUES = Key("texts", "", pattern="[ -~]*", form="ASCII text")
_FORMS = {
    False: "use letters and digits",
    True: "use letters, digits, spaces and _.:/=+-@; a key must not begin with 'aws:'",
}


def read(root: Path) -> Settings:
    """The settings of the project in `root`, defaults where it has no `sfn-cfn.toml`.

    Raises `SettingsError` with one diagnostic for every mistake in the file.
    """
    path = root / FILE_NAME
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Settings(root=root, pipeline_name=name_of_folder(root))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(
            SFN110.at(SourceLocation(FILE_NAME), f"cannot read the settings: {reason}")
        ) from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        message = str(error)[: found.start()] if found else str(error)
        line = int(found[1]) if found and found[1] else len(text.splitlines())
        place = SourceLocation(FILE_NAME, line)
        message = f"the settings are not TOML: {message[:1].lower()}{message[1:]}"
        raise SettingsError(SFN110.at(place, message)) from error
    reader = _Reader(key_lines(text))
    settings = _settings(root, document, reader)
    if reader.mistakes:
        raise SettingsError(sorted(reader.mistakes, key=lambda item: item.sort_key))
    return settings


def name_of_folder(root: Path) -> str:
    """The folder's name as a pipeline name: other characters become hyphens."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", root.resolve().name)
    return re.sub(r"^[^A-Za-z]+", "", name)[:40].rstrip("-") or "ml-pipeline"


@dataclass
class _Reader:
    """Takes typed values out of the document and collects every mistake."""

    lines: Mapping[tuple[str, ...], int]
    mistakes: list[Diagnostic] = field(default_factory=list)

    def at(self, path: tuple[str, ...]) -> SourceLocation:
        """The key's place, or that of the nearest table around it."""
        for length in range(len(path), 0, -1):
            if line := self.lines.get(path[:length]):
                return SourceLocation(FILE_NAME, line)
        return SourceLocation(FILE_NAME)

    def wrong(self, code: Code, path: tuple[str, ...], message: str, hint: str = "") -> None:
        """Note a mistake."""
        self.mistakes.append(code.at(self.at(path), message, hint))

    def table(self, document: Any, path: tuple[str, ...]) -> dict[str, Any]:
        """A table, empty (and noted) where something else stands."""
        if isinstance(document, dict):
            return document
        self.wrong(SFN112, path, f"'{'.'.join(path)}' is {_shown(document)}, not a table", _write_table(path))
        return {}

    def keys(self, table: dict[str, Any], path: tuple[str, ...], keys: Mapping[str, Key]) -> dict[str, Any]:
        """The values of the known keys that are given and right."""
        values = {}
        for name, value in table.items():
            if name not in keys:
                hint = _nearest(name, keys) or f"use one of {', '.join(keys)}"
                self.wrong(SFN111, (*path, name), f"unknown key '{name}' in [{'.'.join(path)}]", hint)
                continue
            checked = self.value(value, (*path, name), keys[name])
            if checked is not None:
                values[name] = checked
        return values

    def value(self, value: Any, path: tuple[str, ...], key: Key) -> Any:
        """The value as its key's kind has it, or None (and noted)."""
        shown = ".".join(path)
        if key.kind in ("texts by name", "tags"):
            return self.named_texts(self.table(value, path), path, key.kind == "tags")
        if key.kind == "table":
            return self.keys(self.table(value, path), path, key.keys)
        if key.kind in ("tables by name", "lists by name"):
            return dict(self.named(self.table(value, path), path, key))
        if key.kind == "conditions":
            return self.conditions(self.table(value, path), path)
        if key.kind in ("texts", "scalars"):
            kind: Kind = "text" if key.kind == "texts" else "scalar"
            if not isinstance(value, list):
                self.wrong(
                    SFN112, path, f"'{shown}' is {_shown(value)}, not a list", f"write [{_toml(value)}]"
                )
                return None
            items = [self.value(item, path, replace(key, kind=kind)) for item in value]
            return tuple(items) if None not in items else None
        allowed: dict[str, tuple[type, ...]] = {
            "text": (str,),
            "boolean": (bool,),
            "number": (int, float),
            "scalar": (str, int, float),
        }
        if not isinstance(value, allowed[key.kind]) or (isinstance(value, bool) and key.kind != "boolean"):
            wanted = "text or a number" if key.kind == "scalar" else f"a {key.kind}"
            self.wrong(SFN112, path, f"'{shown}' is {_shown(value)}, not {wanted}", _quote(value, key))
            return None
        return value if self.formed(value, path, key) else None

    def named(self, table: dict[str, Any], path: tuple[str, ...], key: Key) -> Iterator[tuple[str, Any]]:
        """The tables, or lists of texts (one text is a list of one), of names that have the key's form."""
        for name, value in table.items():
            place = (*path, name)
            if not fits(key.names, name):
                use = key.form if key.kind == "tables by name" else "an input's name, or a path such as $.a.b"
                self.wrong(SFN113, place, f"'{name}' cannot be a name in [{'.'.join(path)}]", f"use {use}")
            elif key.kind == "tables by name":
                yield name, self.keys(self.table(value, place), place, key.keys)
            elif found := self.one_or_many(value, place, key):
                yield name, found

    def one_or_many(self, value: Any, path: tuple[str, ...], key: Key) -> tuple[str, ...]:
        """A list of texts, or the list of one text; empty (and noted) where it is neither."""
        if value == []:
            self.wrong(SFN112, path, f"'{'.'.join(path)}' is empty", "give one text, or a list of them")
            return ()
        given = [value] if isinstance(value, str) else value
        found: tuple[str, ...] | None = self.value(given, path, replace(key, kind="texts"))
        return found or ()

    def conditions(self, table: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        """Operator -> condition key -> values."""
        found: dict[str, Any] = {}
        for operator, keys in table.items():
            place = (*path, operator)
            if not fits(OPERATOR, operator):
                self.wrong(
                    SFN113, place, f"'{operator}' cannot be an operator of a condition", "use StringEquals"
                )
                continue
            given = {
                name: self.one_or_many(value, (*place, name), _CONDITION_VALUES)
                for name, value in self.table(keys, place).items()
            }
            found[operator] = {name: values for name, values in given.items() if values}
        return found

    def formed(self, value: Any, path: tuple[str, ...], key: Key) -> bool:
        """Whether a value of the right type also has the right form."""
        shown = ".".join(path)
        if isinstance(value, float) and not math.isfinite(value):
            self.wrong(SFN112, path, f"'{shown}' is {value}, not a finite number")
        elif key.choices and value not in key.choices:
            hint = _nearest(value, key.choices)
            self.wrong(SFN112, path, f"'{shown}' is '{value}', not one of {', '.join(key.choices)}", hint)
        elif key.pattern and not fits(key.pattern, value):
            self.wrong(SFN112, path, f"'{shown}' is '{value}', not {key.form}")
        else:
            return True
        return False

    def named_texts(self, table: dict[str, Any], path: tuple[str, ...], tags: bool) -> dict[str, str]:
        """Tags, or parameter values, as texts; a parameter's number or boolean becomes its text."""
        values = {}
        for name, value in table.items():
            place = (*path, name)
            if not fits(TAG_KEY if tags else PARAMETER_NAME, name):
                kind = "a tag's key" if tags else "a parameter's name"
                self.wrong(SFN113, place, f"'{name}' in [{'.'.join(path)}] is not {kind}", _FORMS[tags])
            elif isinstance(value, (dict, list)) or (tags and not isinstance(value, str)):
                self.wrong(
                    SFN112, place, f"'{'.'.join(place)}' is {_shown(value)}, not a text", 'write "..."'
                )
            elif tags and not fits(TAG_VALUE, value):
                self.wrong(
                    SFN112, place, f"'{'.'.join(place)}' has characters that a tag cannot have", _FORMS[True]
                )
            else:
                values[name] = value if isinstance(value, str) else _toml(value)
        return values

    def entries(self, document: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The named tables of a section with their typed keys."""
        section = SECTIONS[name]
        for entry, value in self.table(document.get(name, {}), (name,)).items():
            path = (name, entry)
            if not isinstance(value, dict) and entry in section.keys:
                hint = f"write it under [{name}.<{section.placeholder}>]"
                self.wrong(SFN111, path, f"key '{entry}' stands in [{name}] itself", hint)
            elif not fits(section.names, entry):
                self.wrong(SFN113, path, f"'{entry}' cannot be a name in [{name}]", f"use {_NAMES[name]}")
            else:
                yield entry, self.keys(self.table(value, path), path, section.keys)


def _settings(root: Path, document: dict[str, Any], reader: _Reader) -> Settings:
    for name, value in document.items():
        if name not in SECTIONS:
            homes = [section for section, item in SECTIONS.items() if name in item.keys and not item.names]
            hint = f"write it under [{homes[0]}]" if homes else _nearest(name, SECTIONS)
            kind = "section" if isinstance(value, dict) else "key"
            reader.wrong(
                SFN111, (name,), f"unknown {kind} '{name}'", hint or f"use one of {', '.join(SECTIONS)}"
            )
    project, load = (
        reader.keys(reader.table(document.get(name, {}), (name,)), (name,), SECTIONS[name].keys)
        for name in ("project", "load")
    )
    if "timeout" in load and load["timeout"] <= 0:
        reader.wrong(
            SFN112, ("load", "timeout"), f"'load.timeout' is {load['timeout']}, not more than 0 seconds"
        )
    for pattern in project.get("sources", ()):
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts or not pattern:
            message = f"'project.sources' has '{pattern}', which leaves the project's folder"
            reader.wrong(SFN112, ("project", "sources"), message, "write a pattern relative to sfn-cfn.toml")
    tags = reader.named_texts(reader.table(document.get("tags", {}), ("tags",)), ("tags",), tags=True)
    keep_role = project.get("keep_role", False)
    iam = _iam(
        reader.keys(reader.table(document.get("iam", {}), ("iam",)), ("iam",), SECTIONS["iam"].keys), reader
    )
    workflows = {
        name: WorkflowSettings(
            keys.get("emit", True),
            keys.get("keep_role", keep_role),
            {**tags, **keys.get("tags", {})},
            _iam(keys.get("iam", {}), reader, name, iam),
        )
        for name, keys in reader.entries(document, "workflows")
    }
    environments = tuple(
        Environment(name, **keys, places=_places(name, keys, reader))
        for name, keys in reader.entries(document, "environments")
    )
    parameters = tuple(
        declaration(name, keys, reader) for name, keys in reader.entries(document, "parameters")
    )
    return Settings(
        root=root,
        pipeline_name=project.pop("name", name_of_folder(root)),
        **project,
        timeout=float(load.get("timeout", 60.0)),
        region=load.get("region", ""),
        environments=environments or (Environment("dev"), Environment("prod")),
        parameters=parameters,
        tags=tags,
        workflows=workflows,
        iam=iam,
    )


def _iam(
    keys: dict[str, Any], reader: _Reader, workflow: str = "", common: IamSettings | None = None
) -> IamSettings:
    """The roles' settings of all workflows, or of one."""
    section = ("workflows", workflow, "iam") if workflow else ("iam",)
    quota = "managed_policies_per_role"
    if quota in keys and (keys[quota] < 1 or keys[quota] != int(keys[quota])):
        place = (*section, quota)
        reader.wrong(SFN112, place, f"'{'.'.join(place)}' is {keys[quota]}, not a count of at least 1")
    if len(keys.get("role_path", "")) > LONGEST_PATH:
        place = (*section, "role_path")
        reader.wrong(SFN112, place, f"'{'.'.join(place)}' has more than {LONGEST_PATH} characters")
    return iam_settings(keys, lambda path: reader.at((*section, *path)), common)


def declaration(name: str, keys: Mapping[str, Any], reader: _Reader) -> ParameterDeclaration:
    """A parameter's declaration, its contradictions noted."""
    path = ("parameters", name)
    default = keys.get("default")
    kind: Literal["String", "Number"] = "Number" if isinstance(default, (int, float)) else "String"
    kind = keys.get("type", kind)
    allowed = keys.get("allowed_values", ())
    pattern = keys.get("allowed_pattern", "")
    if name in RESERVED:
        reader.wrong(SFN114, path, f"parameter '{name}' is in every template already", "choose another name")
    for key in ("min", "max") if kind == "String" else ("allowed_pattern",):
        if key in keys:
            other = "Number" if kind == "String" else "String"
            hint = f'remove it, or write type = "{other}"'
            reader.wrong(SFN114, (*path, key), f"parameter '{name}' is a {kind}, which has no {key}", hint)
    try:
        re.compile(pattern)
    except re.error as error:
        message = f"'allowed_pattern' of parameter '{name}' is not a regular expression: {error}"
        reader.wrong(SFN112, (*path, "allowed_pattern"), message)
        pattern = ""
    low, high = keys.get("min"), keys.get("max")
    if low is not None and high is not None and low > high:
        reader.wrong(SFN114, (*path, "min"), f"parameter '{name}' has a min of {low} above its max of {high}")
    given = [("default", default)] if default is not None else []
    for key, value in (*given, *(("allowed_values", item) for item in allowed)):
        if fault := _fault(value, kind, pattern, low, high):
            reader.wrong(SFN114, (*path, key), f"{key} {value!r} of parameter '{name}' {fault}")
    if allowed and default is not None and default not in allowed:
        message = f"default {default!r} of parameter '{name}' is not among its allowed_values"
        reader.wrong(SFN114, (*path, "default"), message)
    location = reader.at(path)
    return ParameterDeclaration(
        name, kind, **{k: v for k, v in keys.items() if k != "type"}, location=location
    )


def _fault(value: Any, kind: str, pattern: str, low: Any, high: Any) -> str:
    if isinstance(value, str) != (kind == "String"):
        return f"is not a {kind}"
    if kind == "String":
        return f"does not match allowed_pattern '{pattern}'" if pattern and not fits(pattern, value) else ""
    if low is not None and value < low:
        return f"is below min {low}"
    return f"is above max {high}" if high is not None and value > high else ""


def _places(name: str, keys: Mapping[str, Any], reader: _Reader) -> dict[str, SourceLocation]:
    """Where an environment's parameters stand."""
    path = ("environments", name, "parameters")
    return {key: reader.at((*path, key)) for key in keys.get("parameters", ())}


def _nearest(name: str, valid: Iterable[str]) -> str:
    close = difflib.get_close_matches(name.lower().replace("-", "_"), list(valid), 1, 0.6)
    return f"did you mean '{close[0]}'?" if close else ""


def _shown(value: Any) -> str:
    kinds = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a table",
    }
    return kinds.get(type(value), "a date or time")


def _write_table(path: tuple[str, ...]) -> str:
    return f"write it as [{'.'.join(path)}]"


def _toml(value: Any) -> str:
    """A scalar as TOML writes it; a text in quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _quote(value: Any, key: Key) -> str:
    """A hint where only the quotes are wrong."""
    if key.kind == "text" and isinstance(value, (int, float)):
        return f'write "{_toml(value)}"'
    if isinstance(value, str) and key.kind == "boolean" and value.lower() in ("true", "false"):
        return f"write {value.lower()}"
    if isinstance(value, str) and key.kind == "number" and re.fullmatch(r"[0-9.]+", value):
        return f"write {value}"
    return ""
