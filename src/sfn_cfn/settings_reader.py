"""A TOML document -> the typed values of its keys, and every mistake in them at its line."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation
from sfn_cfn.settings_key import Key, Kind, Section, fits
from sfn_cfn.settings_keys import OPERATOR, PARAMETER_NAME, SECTIONS, TAG_KEY, TAG_VALUE

FILE_NAME = "sfn-cfn.toml"

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

_CONDITION_VALUES = Key("texts", "", pattern="[ -~]*", form="ASCII text")
_FORMS = {
    False: "use letters and digits",
    True: "use letters, digits, spaces and _.:/=+-@; a key must not begin with 'aws:'",
}


@dataclass
class Reader:
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

    def written(self, value: Any) -> str:
        """A scalar as the document's language writes it; a text in quotes."""
        return _toml(value)

    def as_table(self, path: tuple[str, ...]) -> str:
        """A hint where something else stands for a table."""
        return f"write it as [{'.'.join(path)}]"

    def mended(self, value: Any, key: Key) -> str:
        """A hint where only the quotes are wrong."""
        if key.kind == "text" and isinstance(value, (int, float)):
            return f'write "{_toml(value)}"'
        if isinstance(value, str) and key.kind == "boolean" and value.lower() in ("true", "false"):
            return f"write {self.written(value.lower() == 'true')}"
        if isinstance(value, str) and key.kind == "number" and re.fullmatch(r"[0-9.]+", value):
            return f"write {value}"
        if isinstance(value, str) and re.fullmatch(r"\$\{[A-Za-z0-9:]+\}", value):
            return "write its value: no parameter can stand here"
        if key.kind == "boolean":
            return f"write {self.written(True)} or {self.written(False)}"
        return ""

    def table(self, document: Any, path: tuple[str, ...]) -> dict[str, Any]:
        """A table, empty (and noted) where something else stands."""
        if isinstance(document, dict):
            return document
        self.wrong(
            SFN112, path, f"'{'.'.join(path)}' is {_shown(document)}, not a table", self.as_table(path)
        )
        return {}

    def keys(self, table: dict[str, Any], path: tuple[str, ...], keys: Mapping[str, Key]) -> dict[str, Any]:
        """The values of the known keys that are given and right."""
        values = {}
        for name, value in table.items():
            if name not in keys:
                hint = nearest(name, keys) or f"use one of {', '.join(keys)}"
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
        if key.kind in ("tables by name", "lists by name", "text by name"):
            return dict(self.named(self.table(value, path), path, key))
        if key.kind == "conditions":
            return self.conditions(self.table(value, path), path)
        if key.kind == "values":
            return self.plain(self.table(value, path), path)
        if key.kind in ("texts", "scalars"):
            kind: Kind = "text" if key.kind == "texts" else "scalar"
            if not isinstance(value, list):
                self.wrong(
                    SFN112,
                    path,
                    f"'{shown}' is {_shown(value)}, not a list",
                    f"write [{self.written(value)}]",
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
            self.wrong(SFN112, path, f"'{shown}' is {_shown(value)}, not {wanted}", self.mended(value, key))
            return None
        return value if self.formed(value, path, key) else None

    def named(self, table: dict[str, Any], path: tuple[str, ...], key: Key) -> Iterator[tuple[str, Any]]:
        """The tables, texts, or lists of texts (one text is a list of one), of names that have the key's form."""
        uses = {"tables by name": key.form, "text by name": "a workflow's name"}
        for name, value in table.items():
            place = (*path, name)
            if not fits(key.names, name):
                use = uses.get(key.kind, "an input's name, or a path such as $.a.b")
                self.wrong(SFN113, place, f"'{name}' cannot be a name in [{'.'.join(path)}]", f"use {use}")
            elif key.kind == "tables by name":
                yield name, self.keys(self.table(_long(value, key), place), place, key.keys)
            elif key.kind == "text by name":
                if text := self.value(value, place, replace(key, kind="text")):
                    yield name, text
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

    def plain(self, value: Any, path: tuple[str, ...]) -> Any:
        """Any values that JSON has; a date or a number that is not finite is noted."""
        if isinstance(value, dict):
            return {name: self.plain(item, (*path, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self.plain(item, path) for item in value]
        if not isinstance(value, (str, bool, int, float)):
            self.wrong(
                SFN112, path, f"'{'.'.join(path)}' is {_shown(value)}, not a value of JSON", 'write "..."'
            )
            return None
        return value if self.formed(value, path, Key("values", "")) else None

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
            hint = nearest(value, key.choices)
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
                self.wrong(
                    SFN113,
                    path,
                    f"'{entry}' cannot be a name in [{name}]",
                    f"use {section.form}",
                )
            else:
                yield entry, self.keys(self.table(_long(value, section), path), path, section.keys)


def nearest(name: str, valid: Iterable[str]) -> str:
    """A hint with the name that is nearest, empty where none is near."""
    close = difflib.get_close_matches(name.lower().replace("-", "_"), list(valid), 1, 0.6)
    return f"did you mean '{close[0]}'?" if close else ""


def _long(value: Any, form: Key | Section) -> Any:
    """A table, written as the list of its one key where the form allows that."""
    return {form.short: value} if form.short and isinstance(value, list) else value


def _shown(value: Any) -> str:
    kinds = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a table",
        type(None): "None",
    }
    return kinds.get(type(value), "a date or time")


def _toml(value: Any) -> str:
    """A scalar as TOML writes it; a text in quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
