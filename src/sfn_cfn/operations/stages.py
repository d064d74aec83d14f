"""Definition, Settings -> the definition with its stages switched by the execution's input.

`{"Stages": {"preprocess": false}}` leaves the stage `preprocess` out: a Choice before it passes the state's input on
to what comes after the stage, with the results that the settings declare. Nothing else changes, so that an execution
with all stages on does what it did without switches. The parts: `stages_graph` (what a stage is), `stages_faults`
(what cannot be one), `stages_results` over `stages_flow` (what later states need of one: `stages_reads` follows a
state, by `stages_paths` and `stages_expressions`, with `stages_values`), `stages_rewrite` with `stages_states` and
`stages_maps` (the added states).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, Text, Token
from sfn_cfn.operations.capability import Capability, declare, with_tokens
from sfn_cfn.operations.stages_expressions import is_expression
from sfn_cfn.operations.stages_faults import resolve
from sfn_cfn.operations.stages_graph import Stage, scopes
from sfn_cfn.operations.stages_maps import child_readers
from sfn_cfn.operations.stages_paths import Path, is_function, is_path, parse, place_of
from sfn_cfn.operations.stages_results import missing
from sfn_cfn.operations.stages_rewrite import add_switches, is_jsonata
from sfn_cfn.operations.stages_values import is_item
from sfn_cfn.sections.stages import INPUT, stages
from sfn_cfn.settings import Settings

SFN694 = Code(
    "SFN694",
    Severity.ERROR,
    "a child of a Distributed Map reads its execution's input, and a stage is in it",
    "The children of a Distributed Map are executions of their own, whose input is the item. For a stage in them, "
    "the item selector hands the switches down beside the item, so that the child's input has another form; its "
    "first state takes the item out. Read the item by a path from `$` instead of `$$.Execution.Input`.",
)
SFN695 = Code(
    "SFN695",
    Severity.ERROR,
    "a stage's result cannot be written",
    "The names in a stage's `result` are reference paths, `$`, `$.Prepared` or `$.Prepared.Uri`, or variables, "
    "`$name`. A name that ends in `.$` has a path for its value, in a state machine of JSONPath; one of JSONata has an "
    'expression in its place, `"{% ... %}"`. Within an object such a name may have an intrinsic function too. Results '
    "are written in their order, so that one of a place stands before those within it.",
)
SFN696 = Code(
    "SFN696",
    Severity.ERROR,
    "the input that holds the switches is another one already",
    f"The switches of stages stand in the execution's input under `{INPUT}`, as booleans by the stages' names. Give an "
    "input of the workflow's own another name.",
)


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    own = settings.of(definition.name)
    given = stages(own.operations)
    if not given:
        return
    unwritten = tuple(_results(definition, settings))
    yield from unwritten
    yield from _taken(definition, tuple(given))
    found = scopes(definition)
    resolved, faults = resolve(definition, found, given, own)
    yield from faults
    for state in child_readers(definition, resolved):
        message = f"state '{state.name}' reads the input of a Distributed Map's child, which then holds the switches"
        yield SFN694.at(
            state.location, message, "read the item by a path from '$', or take the stage out of the map"
        )
    if not faults and not unwritten:
        yield from missing(definition, found, resolved, own)


def _results(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    """Declared results that no Pass state can give."""
    own = settings.of(definition.name)
    jsonata = is_jsonata(definition)
    texts = {one.name for one in declare(definition, settings).parameters if one.kind == "String"}
    for name, stage in stages(own.operations).items():
        before: dict[str, Any] = {}
        for path, value in stage.result.items():
            faults = [_unwritten(path, value, jsonata=jsonata), _disordered(path, before)]
            faults += [_ended(value, texts)] if jsonata else []
            before[path] = value
            if fault := next(filter(None, faults), None):
                place = own.place("stages", name, "result", path)
                yield SFN695.at(place, f"result '{path}' of stage '{name}' {fault[0]}", fault[1])


_Fault: TypeAlias = "tuple[str, str] | None"
"""What is wrong with a result, and what to do."""


def _unwritten(path: str, value: Any, *, jsonata: bool) -> _Fault:
    """A place that a Pass state cannot write to, or a value that it cannot find."""
    plain = path.removesuffix(".$")
    found = parse(plain)
    odd = ("`", "%}") if jsonata else ()
    if not found or found.end < len(plain) or not _is_place(found) or any(one in plain for one in odd):
        return "is no reference path and no variable", "write '$.Name', '$.Name.Inner' or '$name'"
    if path == "$.$":
        return "is no reference path and no variable", "write '$', with an object that has paths"
    if jsonata and path.endswith(".$"):
        return "has a path for its value in a state machine of JSONata", 'write "{% ... %}"'
    if path.endswith(".$") and not (isinstance(value, str) and is_path(value)):
        return "has a value that is no path", f"write a path, or '{plain}'"
    for key, item in _by_path(value):
        if jsonata:
            return f"has a path for its '{key}' in a state machine of JSONata", 'write "{% ... %}"'
        if not (isinstance(item, str) and (is_path(item) or is_function(item))):
            hint = f"write a path or a function such as States.Format('{{}}', $.Name), or '{key[:-2]}'"
            return f"has a value for its '{key}' that is neither a path nor a function", hint
    return None


def _is_place(path: Path) -> bool:
    """Whether a path is one place of the data, or a variable."""
    if path.wide or path.root in ("$$", "$states") or any(is_item(one) or not one for one in path.names):
        return False
    return path.root == "$" or not path.names


def _by_path(value: Any) -> Iterator[tuple[str, Any]]:
    """The fields within a value whose names say that a path is in their place."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key.endswith(".$"):
                yield key, item
            else:
                yield from _by_path(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _by_path(item)


def _disordered(path: str, before: Mapping[str, Any]) -> _Fault:
    """A result that undoes one before it, or has no object to stand in."""
    place = place_of(path.removesuffix(".$"))
    for other, value in before.items():
        earlier = place_of(other.removesuffix(".$"))
        if earlier == place:
            return f"is declared as '{other}' too", "keep one of them"
        if earlier[: len(place)] == place:
            return (
                f"overwrites its result '{other}'",
                f"write '{path}' before '{other}', or one object for both",
            )
        known = not (other.endswith(".$") or (isinstance(value, str) and is_expression(value)))
        if place[: len(earlier)] == earlier and known and not isinstance(value, Mapping):
            return f"stands within its result '{other}', which is no object", f"make '{other}' an object"
    return None


def _ended(value: Any, texts: Collection[str]) -> _Fault:
    """A parameter's text in an expression, which it could end, or be more of than a text."""
    if isinstance(value, (Mapping, list, tuple)):
        inner = value.values() if isinstance(value, Mapping) else value
        return next(filter(None, (_ended(one, texts) for one in inner)), None)
    if isinstance(value, str) and is_expression(value):
        for name in sorted(texts):
            if f"${{{name}}}" in value:
                return (
                    f"has parameter '{name}' in an expression, which its value may end",
                    f'give "${{{name}}}" a name of its own in an object, outside of expressions',
                )
    return None


def _taken(definition: Definition, names: tuple[str, ...]) -> Iterator[Diagnostic]:
    """The switches' input where the author has declared it as something else."""
    schema = definition.workflow.input_schema
    declared = schema.get(INPUT, {})
    if isinstance(declared, Mapping):
        wrong = [name for name in names if declared.get(name, "bool") != "bool"]
    else:
        wrong = [] if declared in ("dict", "object") else [""]
    for name in wrong:
        shown = f"{INPUT}.{name}" if name else INPUT
        message = f"input '{shown}' is declared as something else than what holds the switches of stages"
        yield SFN696.at(definition.workflow.location, message, "give the input another name")


def _rewrite(definition: Definition, settings: Settings) -> Definition:
    resolved = _resolved(definition, settings)
    if not resolved:
        return definition
    declared = declare(definition, settings)
    numbers = {item.name for item in declared.parameters if item.kind == "Number"}

    def written(value: str) -> str | Text | Token:
        found = with_tokens(value, declared)
        pieces = found.pieces if isinstance(found, Text) else ()
        alone = pieces[0] if len(pieces) == 1 else None
        is_number = isinstance(alone, Token) and alone.name in numbers
        return replace(alone, number=True) if isinstance(alone, Token) and is_number else found

    return add_switches(declared, resolved, written)


def _resolved(definition: Definition, settings: Settings) -> tuple[Stage, ...]:
    own = settings.of(definition.name)
    given = stages(own.operations)
    return resolve(definition, scopes(definition), given, own)[0] if given else ()


CAPABILITY = Capability(check=_check, rewrite=_rewrite)
