"""What a source sets for its workflow by `configure`, over `sfn-cfn.toml` -> `Settings`, or every mistake in it.

The keys are those of `[workflows.<name>]`, save `emit`, and the same reader checks them; a mistake is at the
line of the source. A key that the file sets for the workflow too is refused: neither would win without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_cfn import settings_workflow
from sfn_cfn.errors import Code, Diagnostic, SettingsError, Severity, SourceLocation
from sfn_cfn.model import GivenSettings, NodePath, merged
from sfn_cfn.settings import Settings, WorkflowSettings
from sfn_cfn.settings_keys import SECTIONS
from sfn_cfn.settings_reader import SFN111, Reader

KEYS = {name: key for name, key in SECTIONS["workflows"].keys.items() if name != "emit"}
"""What `configure` takes: which templates are written is said in the project's file."""

SFN115 = Code(
    "SFN115",
    Severity.ERROR,
    "a workflow's setting stands at two places",
    "A key is set by `configure` in the workflow's source, and again in `[workflows.<name>]` of `sfn-cfn.toml` or by "
    "another call. One of them would have to lose; take it out. What is set for all workflows is overridden by either.",
)


@dataclass
class PythonReader(Reader):
    """A reader of tables that stand in calls of Python."""

    calls: tuple[GivenSettings, ...] = ()

    def at(self, path: tuple[str, ...]) -> SourceLocation:
        """The place of the key below `workflows.<name>`, in the call that gives it."""
        own = path[2:]
        call = next((one for one in self.calls if own[:1] and own[0] in one.tables), self.calls[0])
        return max(self.calls, key=lambda one: _depth(one, own), default=call).place(own)

    def written(self, value: Any) -> str:
        """A scalar as Python writes it."""
        return f'"{value}"' if isinstance(value, str) else repr(value)

    def as_table(self, path: tuple[str, ...]) -> str:
        """A hint where something else stands for a table."""
        return f"give '{path[-1]}' a dict"


def configured(settings: Settings, workflow: str, given: tuple[GivenSettings, ...]) -> Settings:
    """The settings with those that the source of a workflow gives it.

    Raises `SettingsError` with one diagnostic for every mistake in them.
    """
    if not given:
        return settings
    section = ("workflows", workflow)
    before = settings.of(workflow)
    keys: dict[str, Any] = dict(before.own)
    mistakes: list[Diagnostic] = []
    for index, call in enumerate(given):
        one = PythonReader({}, calls=(call,))
        found = one.keys({key: call.tables[key] for key in call.tables if key != "emit"}, section, KEYS)
        if "emit" in call.tables:
            hint = f"write it in [{'.'.join(section)}] there"
            one.wrong(SFN111, (*section, "emit"), "'emit' can be set in sfn-cfn.toml only", hint)
        mistakes += one.mistakes
        mistakes += _twice(workflow, before, call, found, given[:index])
        keys = merged(keys, found)
    reader = PythonReader({}, calls=given)
    made = settings_workflow.of_workflow(settings, workflow, _checked(keys), reader)
    mistakes += reader.mistakes
    if mistakes:
        raise SettingsError(sorted(dict.fromkeys(mistakes), key=lambda item: item.sort_key))
    placed = _with_file_places(made, before)
    return replace(settings, workflows={**settings.workflows, workflow: placed})


def _checked(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Checked keys as the reader gives them: those that have crossed a process have lists for tuples."""

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value

    return Reader({}).keys(plain(keys), (), SECTIONS["workflows"].keys)


def _depth(call: GivenSettings, path: NodePath) -> int:
    """How many keys of a path a call has."""
    tables: Any = call.tables
    for depth, key in enumerate(path):
        if not isinstance(tables, Mapping) or key not in tables:
            return depth
        tables = tables[key]
    return len(path)


def _twice(
    workflow: str,
    before: WorkflowSettings,
    call: GivenSettings,
    found: Mapping[str, Any],
    earlier: tuple[GivenSettings, ...],
) -> Iterator[Diagnostic]:
    """A finding for each value that the file or an earlier call gives too."""
    in_file = set(_leaves(before.own))
    for path in _leaves(found):
        where = next((one.place(path) for one in earlier if _depth(one, path) == len(path)), None)
        if path in in_file:
            where = before.places.get(".".join(path)) or before.iam.places.get(".".join(path[1:]))
            where = where or before.places[""]
        if where:
            message = f"setting '{'.'.join(path)}' of workflow '{workflow}' is set at {where} too"
            yield SFN115.at(call.place(path), message, "take one of them out")


def _leaves(node: Any, path: NodePath = ()) -> Iterator[NodePath]:
    if isinstance(node, Mapping):
        for key, item in node.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path


def _with_file_places(made: WorkflowSettings, before: WorkflowSettings) -> WorkflowSettings:
    """The settings with the places of the keys that stand in the file."""
    in_file = {".".join(path) for path in _leaves(before.own)}
    own = {key: place for key, place in before.places.items() if key in in_file}
    roles = {key: place for key, place in before.iam.places.items() if f"iam.{key}" in in_file}
    iam = replace(made.iam, places={**made.iam.places, **roles})
    return replace(made, places={**made.places, **own}, iam=iam)
