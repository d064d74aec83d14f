"""An input of the settings, Definition -> what an execution is started with, and what it lacks.

A schedule, a trigger or a queue starts executions without anybody who could be asked, so what it gives is
checked when the template is built. Texts hold `${Parameter}`, and placeholders in angle brackets that the
starting service fills in.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.deploy.inputs import get
from sfn_cfn.deploy.interface import Interface, interface
from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation
from sfn_cfn.model import INPUT_KINDS, Definition, ExecutionInput, Node, Text, Token, merged
from sfn_cfn.operations.capability import declare, with_tokens
from sfn_cfn.sections.stages import INPUT as STAGES
from sfn_cfn.sections.stages import stages
from sfn_cfn.settings import Settings

SFN630 = Code(
    "SFN630",
    Severity.ERROR,
    "what starts a workflow does not give all of its inputs",
    "A schedule or a trigger starts executions by itself, so every input that the workflow declares or reads has to "
    "stand in its `input` table (or in the input that a ready-made pipeline has by default). An input that a Choice "
    "asks for with IsPresent may be left out.",
)
SFN631 = Code(
    "SFN631",
    Severity.WARNING,
    "what starts a workflow gives an input that no state reads",
    "The name is not among the declared inputs, or those within one, and no state reads it: it may be misspelt.",
)
SFN632 = Code(
    "SFN632",
    Severity.ERROR,
    "an input has a value that it cannot have",
    "The value is of another type than the workflow declares, or has a switch under `Stages` that no stage has, or "
    "holds a placeholder that the service does not fill in. Placeholders stand in angle brackets, such as "
    "`<aws.scheduler.scheduled-time>` in a schedule's input, or `<key>` in that of a trigger on S3.",
)
SFN673 = Code(
    "SFN673",
    Severity.WARNING,
    "what starts a workflow gives a job a name that fails",
    "SageMaker refuses the name of a job that was there before, so an input that is the same at each start fails at "
    "the second. Scheduler's context attributes are no names either: its time has colons, and its execution ID, one "
    "for each attempt, is of no documented length. Let the workflow write the name itself, with `unique_names = true`, "
    "or take it from the execution's context (`$$.Execution.Name`).",
)

NAME = r"[A-Za-z$][A-Za-z0-9_.$*/\[\]-]*"
PLACEHOLDER = re.compile(f"<({NAME})>")
"""What a service fills in: a name or a path, in angle brackets."""
EVENT_PLACEHOLDER = re.compile(f"(?<!<)<({NAME})>")
"""The same in a trigger's input, where `<<b>` is the text `<b>`."""

_TAKE_OUT = "take it out, or declare it in the ExecutionInput"
_WHOLE = re.compile(r"\$\{([A-Za-z0-9]+)\}")


@dataclass(frozen=True, slots=True)
class Given:
    """An `input` table of the settings: whose it is (`schedule 'nightly'`), its section's name, its line.

    `known` are the placeholders that the service fills in, with what each is (`str`, `int`, or empty where
    that is not known). Of others, those that begin with `family` are refused, save paths of an event. `once`:
    it starts one execution only.
    """

    owner: str
    section: str
    place: SourceLocation
    values: Mapping[str, Any]
    known: Mapping[str, str]
    family: str = ""
    once: bool = False


def node(value: Any, definition: Definition) -> Node:
    """Values of the settings with tokens in their texts; a number parameter alone is a number."""
    if isinstance(value, Mapping):
        return {with_tokens(key, definition): node(item, definition) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [node(item, definition) for item in value]
    if not isinstance(value, str):
        return value
    numbers = {item.name for item in definition.parameters if item.kind == "Number"}
    if (found := _WHOLE.fullmatch(value)) and found[1] in numbers:
        return Token(found[1], number=True)
    return with_tokens(value, definition)


def execution_input(values: Mapping[str, Any], definition: Definition) -> Node:
    """The whole input: a ready-made pipeline's own, and over it what the settings give."""
    own = definition.default_input
    return merged(own if isinstance(own, Mapping) else {}, node(values, definition))


def check(
    given: Given, definition: Definition, settings: Settings, *, complete: bool = True
) -> Iterator[Diagnostic]:
    """What an input lacks (where it is to be `complete`), what it has too much, and values that cannot be."""
    definition = declare(definition, settings)
    face = interface(definition)
    own = definition.default_input
    whole = merged(own if isinstance(own, Mapping) else {}, given.values)
    switches = list(stages(settings.of(definition.name).operations))
    known = [*(item.name for item in definition.inputs), *([STAGES] if switches else [])]
    extra = [name for name in given.values if name not in known]
    missing = [
        item for item in definition.inputs if item.name not in whole and item.name not in face.optional
    ]
    if missing and complete:
        yield _missing(given, missing, extra)
    for name in extra:
        close = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean '{close[0]}'?" if close else _TAKE_OUT
        yield SFN631.at(given.place, f"{given.owner} gives input '{name}', which no state reads", hint)
    for use in face.uses:
        head, inner = use.path[0], use.path[1:]
        if head in whole and head not in face.optional and inner and not _has(whole, use.path):
            shown = ".".join(use.path)
            message = f"{given.owner} does not give input '{shown}', which state '{use.state}' reads"
            yield SFN630.at(given.place, message, f"write it in [{given.section}.input.{head}]")
    for name, declared in _declared(definition, switches).items():
        if name in given.values:
            yield from _types(given, definition, (name,), declared)
            yield from _undeclared(given, face, (name,), declared, switches)
    yield from _placeholders(given, given.values)
    # What stands in for an input that is not given has unique names where something else completes it.
    yield from _names(given, face, whole if complete else given.values)


def _names(given: Given, face: Interface, whole: Mapping[Any, Node]) -> Iterator[Diagnostic]:
    """Names of jobs that are the same at each start, or that the service's placeholders make none."""
    wrong: dict[tuple[str, bool], list[str]] = {}
    for use in face.uses:
        value = get(whole, use.path) if use.room and use.whole and use.call.startswith("sagemaker") else None
        shown = value.shown if isinstance(value, Text) else value
        if isinstance(shown, str) and (why := _bad_name(given, shown, use.room)):
            row = f"{'.'.join(use.path)} = '{shown}': state '{use.state}'"
            wrong.setdefault((why, _has(given.values, use.path)), []).append(row)
    for (why, is_given), rows in wrong.items():
        count = "a name" if len(rows) == 1 else f"{len(rows)} names"
        hint = "write it in the workflow, with unique_names = true, not in its input"
        if not is_given:
            hint = (
                "start it by a pipeline, whose router makes names: "
                'enabled = true in [pipelines], pipeline = "..." here'
            )
        elif not given.family:
            hint = "add '<id>', which is another in each event, or make the name in the workflow"
        yield SFN673.at(
            given.place, f"{given.owner} gives {count} of what states make, {why}", hint, "\n".join(rows)
        )


def _bad_name(given: Given, shown: str, room: int) -> str:
    """Why a name fails, empty where it does not, or where that is not known."""
    holds = _found(given, shown)
    if not holds:
        return "" if given.once else "the same at each start"
    if any(name.startswith("aws.scheduler.") for name in holds):
        return "which what Scheduler fills in cannot be"
    # The ID of an event is a UUID.
    return "which are too long" if holds == ["id"] and len(shown) - 4 + 36 > room else ""


def _missing(given: Given, missing: list[ExecutionInput], extra: list[str]) -> Diagnostic:
    names = [item.name for item in missing]
    close = [(name, difflib.get_close_matches(name, extra, 1)) for name in names]
    renamed = [f"rename '{found[0]}' to '{name}'" for name, found in close if found]
    hint = f"write {_listed(names)} in [{given.section}.input]"
    message = f"{given.owner} does not give input{'s' if len(names) > 1 else ''} {_listed(names)}"
    return SFN630.at(given.place, message, "; ".join(renamed) or hint, "\n".join(map(_read, missing)))


def _listed(names: list[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _read(item: ExecutionInput) -> str:
    places = ", ".join(
        f"{place.state.rpartition('/')[2]} ({place.file}:{place.line})" for place in item.readers
    )
    return f"{item.name}: read by {places}" if places else f"{item.name}: declared, read by no state"


def _has(value: Any, path: tuple[str, ...]) -> bool:
    for step in path:
        if not isinstance(value, Mapping):
            return not isinstance(value, (bool, int, float))  # a text may stand for an object of the event
        if step not in value:
            return False
        value = value[step]
    return True


def _declared(definition: Definition, switches: Collection[str]) -> Mapping[str, Any]:
    """The declared inputs, with the switches of stages, which the rewriting adds later."""
    schema = definition.workflow.input_schema
    own = schema.get(STAGES)
    known = {**(own if isinstance(own, Mapping) else {}), **dict.fromkeys(switches, "bool")}
    return {**schema, STAGES: known} if switches else schema


def _undeclared(
    given: Given, face: Interface, path: tuple[str, ...], declared: Any, switches: Collection[str]
) -> Iterator[Diagnostic]:
    """Names that a declared object does not have, and that no state reads."""
    value = get(given.values, path)
    if not isinstance(declared, Mapping) or not isinstance(value, Mapping):
        return
    for name in value:
        inner = (*path, name)
        if name in declared:
            yield from _undeclared(given, face, inner, declared[name], switches)
        elif not any(use.path[: len(inner)] == inner for use in face.uses):
            close = difflib.get_close_matches(name, sorted(declared), 1)
            hint = f"did you mean '{close[0]}'?" if close else ""
            if switches and path == (STAGES,):
                message = f"{given.owner} gives switch '{'.'.join(inner)}', which no stage has"
                yield SFN632.at(given.place, message, hint or f"there are {', '.join(sorted(declared))}")
            else:
                message = f"{given.owner} gives input '{'.'.join(inner)}', which is not declared"
                yield SFN631.at(given.place, message, hint or _TAKE_OUT)


def _types(
    given: Given, definition: Definition, path: tuple[str, ...], declared: Any
) -> Iterator[Diagnostic]:
    value: Any = given.values
    for step in path:
        value = value[step]
    if isinstance(declared, Mapping) and isinstance(value, Mapping):
        for name, inner in declared.items():
            if name in value:
                yield from _types(given, definition, (*path, name), inner)
        return
    wanted = "object" if isinstance(declared, Mapping) else str(declared)
    kinds = INPUT_KINDS.get(wanted)
    found = _kind(given, definition, value)
    if kinds and found and (found not in kinds):
        message = f"{given.owner} gives input '{'.'.join(path)}' as {found.__name__}, not {wanted}"
        yield SFN632.at(given.place, message, f"give a value of type {wanted}")


def _kind(given: Given, definition: Definition, value: Any) -> type | None:
    """What a value is at run time; None where that is not known."""
    if not isinstance(value, str):
        return type(value)
    if found := PLACEHOLDER.fullmatch(value):
        return {"str": str, "int": int}.get(given.known.get(found[1], ""))
    made = node(value, definition)
    if isinstance(made, Token):
        return None  # an integer or not: the parameter's value says
    return str


def _placeholders(given: Given, value: Any) -> Iterator[Diagnostic]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if found := [name for name in _found(given, key) if name.startswith(given.family)]:
                message = f"{given.owner} has the placeholder '<{found[0]}>' in the name of an input"
                yield SFN632.at(given.place, message, "use placeholders in values only")
            yield from _placeholders(given, item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _placeholders(given, item)
    elif isinstance(value, str):
        for name in _found(given, value):
            path = name.startswith("$.") and not given.family
            if name.startswith(given.family) and name not in given.known and not path:
                yield _unknown(given, name)


def _found(given: Given, value: str) -> list[str]:
    """The placeholders in a text, by their names."""
    return (PLACEHOLDER if given.family else EVENT_PLACEHOLDER).findall(value)


def _unknown(given: Given, name: str) -> Diagnostic:
    close = difflib.get_close_matches(name, list(given.known), 1)
    hint = f"did you mean '<{close[0]}>'?" if close else f"use one of {_brackets(given.known)}"
    if not close and not given.family:
        hint = f"write '<<{name}>' for the text '<{name}>', or {hint}"
    return SFN632.at(given.place, f"{given.owner} uses '<{name}>', which the service does not fill in", hint)


def _brackets(names: Collection[str]) -> str:
    return ", ".join(f"<{name}>" for name in names)
