"""The commands and the settings' keys -> the pages and the schema of `docs/reference`.

`python -m sfn_cfn.cli.reference DIR` writes them; a test compares them with what is in version control.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from sfn_cfn.cli.commands import cli
from sfn_cfn.settings_key import Key
from sfn_cfn.settings_keys import SECTIONS
from sfn_cfn.settings_schema import schema

_MADE = "<!-- Made by `python -m sfn_cfn.cli.reference docs/reference`; do not edit. -->"


def pages() -> Mapping[str, str]:
    """File name to content."""
    return {
        "cli.md": "\n".join(_commands()) + "\n",
        "settings.md": "\n".join(_settings()) + "\n",
        "sfn-cfn.schema.json": json.dumps(schema(), indent=2) + "\n",
    }


def _commands() -> Iterator[str]:
    yield from ("# Command line", "", _MADE, "")
    yield from _command(cli, "sfn-cfn", 2)
    for name in sorted(cli.commands):
        command = cli.commands[name]
        yield from _command(command, f"sfn-cfn {name}", 2)
        inner = command.commands if isinstance(command, click.Group) else {}
        for part in sorted(inner):
            yield from _command(inner[part], f"sfn-cfn {name} {part}", 3)
    yield from _FORMATS.splitlines()


def _command(command: click.Command, name: str, level: int) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    yield from (f"{'#' * level} `{name}`", "")
    usage = " ".join(command.collect_usage_pieces(context))
    yield from ("```", f"{name} {usage}", "```", "")
    yield from ((command.help or "").replace("\b\n", ""), "")
    options = [item for item in command.params if isinstance(item, click.Option)]
    if options:
        yield from ("| option | meaning |", "|---|---|")
        for option in options:
            shown, meaning = option.get_help_record(context) or ("", "")
            yield f"| `{shown.replace('|', ', ')}` | {meaning.replace('|', ', ')} |"
        yield ""


_FORMATS = """\
## Where output goes

What a command is for goes to stdout (a template, an explanation, a report in JSON or SARIF); findings in
text form, progress and summaries go to stderr. `NO_COLOR` turns colours off, and so does a pipe.

A finding in text form:

```
warning[SFN705]: the workflow of 'workflows/old.py' for this template is no more
  --> templates/old.yaml
  hint: run 'sfn-cfn build --prune' to remove it and its configuration files
```

A document of `--format json` is `{"version": 1, "findings": [...]}`; each finding has `code`, `severity`
(`error`, `warning`, `info`), `message`, `file`, `line` and `state` (null where there is none), `hint` and
`detail`. `--format sarif` gives SARIF 2.1.0, which code scanning takes."""


def _settings() -> Iterator[str]:
    yield from ("# Settings: `sfn-cfn.toml`", "", _MADE, "")
    yield "Every key has a default; a project without the file builds. An unknown key is an error. The JSON schema"
    yield "is [sfn-cfn.schema.json](sfn-cfn.schema.json)."
    for name, section in SECTIONS.items():
        title = f"{name}.<{section.placeholder}>" if section.names else name
        yield from ("", f"## `[{title}]`", "", section.description)
        if section.names:
            yield from ("", f"`<{section.placeholder}>` has the form `{section.names}`.")
        if section.free:
            yield from ("", f"Its entries are {section.free.description}.")
        if section.keys:
            yield from _table(section.keys)
        if not section.names:
            yield from _subsections(name, section.keys)


def _table(keys: Mapping[str, Key]) -> Iterator[str]:
    yield from ("", "| key | value | meaning | default |", "|---|---|---|---|")
    yield from (_row(key, item) for key, item in keys.items())


def _subsections(name: str, keys: Mapping[str, Key]) -> Iterator[str]:
    """The tables within a section, those of equal keys in one place."""
    nested = [(key, item) for key, item in keys.items() if item.keys]
    while nested:
        _, item = nested[0]
        alike = [key for key, other in nested if other.keys == item.keys]
        nested = [pair for pair in nested if pair[0] not in alike]
        titles = [f"{name}.{key}" + (f".<{item.placeholder}>" if item.names else "") for key in alike]
        yield from ("", f"### {' and '.join(f'`[{title}]`' for title in titles)}")
        if item.names:
            yield from ("", f"`<{item.placeholder}>` has the form `{item.names}`.")
        yield from _table(item.keys)
        yield from _subsections(titles[0], item.keys)


def _row(name: str, key: Key) -> str:
    kinds = {
        "texts": "list of texts",
        "scalar": "text or number",
        "scalars": "list of texts or numbers",
        "lists by name": "texts or lists of texts by name",
        "text by name": "texts by name",
    }
    value = ", ".join(f"`{choice}`" for choice in key.choices) or kinds.get(key.kind, key.kind)
    if key.form and not key.choices:
        value = f"{value}: {key.form}"
    return f"| `{name}` | {value} | {key.description} | {key.default} |"


def main() -> None:
    """Write the pages into the folder that the first argument names."""
    for name, content in pages().items():
        (Path(sys.argv[1]) / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
