"""Definition, Settings -> findings on `${Name}` in capabilities' settings, where nothing is declared by that name.

A text that a service reads (a cron expression, a bucket, a key) is wrong with it, whatever was meant: the template
would hold it as it stands. Values of the author's own (an input, a pattern, a result) may mean it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import PIPELINE_NAME, PSEUDO_PARAMETERS, TARGET_ENV, Definition
from sfn_cfn.sections import CAPABILITIES
from sfn_cfn.settings import Settings
from sfn_cfn.settings_key import Key
from sfn_cfn.template.tokens import DATA_BUCKET

SFN602 = Code(
    "SFN602",
    Severity.ERROR,
    "a setting names a parameter that is not declared",
    "`${Name}` in a setting is a parameter of `[parameters]` or of `sfn_cfn.parameter`, a pseudo parameter such as "
    "`${AWS::Region}`, or `${DataBucketName}`. Under another name the service would get the text as it stands.",
)
SFN603 = Code(
    "SFN603",
    Severity.WARNING,
    "a value of the settings has a token that is not declared",
    "`${Name}` in an input, a pattern or a result is a parameter where one of that name is declared, and the text "
    "itself where none is.",
)

_TOKEN = re.compile(r"\$\{([A-Za-z0-9:]+)\}")
_HINT = "declare it in [parameters], or with sfn_cfn.parameter"


def undeclared(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    """A finding for each place in the workflow's settings that names what is not declared."""
    own = settings.of(definition.name)
    every = (*settings.parameters, *definition.workflow.parameters, *definition.parameters)
    known = {PIPELINE_NAME.name, TARGET_ENV.name, DATA_BUCKET.name, *PSEUDO_PARAMETERS}
    known |= {item.name for item in every}
    states = {state.name for state in definition.states}
    for path, is_own, text in _texts(own.operations):
        if text in states:
            continue
        for name in dict.fromkeys(_TOKEN.findall(text)):
            if name in known:
                continue
            message = f"setting '{'.'.join(path)}' names '${{{name}}}', which is not declared"
            close = difflib.get_close_matches(name, sorted(known), 1, 0.8)
            hint = f"write '${{{close[0]}}}'" if close else _HINT
            yield (SFN603 if is_own else SFN602).at(own.place(*path), message, hint)


def _texts(sections: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], bool, str]]:
    """Each text of the capabilities' settings by its path, and whether it stands in values of the author's own."""
    for name, table in sections.items():
        section = CAPABILITIES[name]
        tables = {(name, entry): one for entry, one in table.items()} if section.names else {(name,): table}
        for path, one in tables.items():
            yield from _in_table(one, path, section.keys)


def _in_table(
    table: Mapping[str, Any], path: tuple[str, ...], keys: Mapping[str, Key]
) -> Iterator[tuple[tuple[str, ...], bool, str]]:
    for name, value in table.items():
        key = keys.get(name)
        if key and key.keys and isinstance(value, Mapping):
            tables = value if key.names else {"": value}
            for entry, one in tables.items():
                yield from _in_table(one, (*path, name, *([entry] if entry else [])), key.keys)
        else:
            yield from _in_value(value, (*path, name), bool(key and key.kind == "values"))


def _in_value(value: Any, path: tuple[str, ...], is_own: bool) -> Iterator[tuple[tuple[str, ...], bool, str]]:
    if isinstance(value, str):
        yield path, is_own, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _in_value(item, (*path, name), is_own)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _in_value(item, path, is_own)
