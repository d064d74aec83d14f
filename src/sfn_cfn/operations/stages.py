"""Definition, Settings -> the definition with its stages switched by the execution's input.

`{"Stages": {"preprocess": false}}` leaves the stage `preprocess` out: a Choice before it passes the state's input on
to what comes after the stage, with the results that the settings declare. Nothing else changes, so that an execution
with all stages on does what it did without switches. The parts: `stages_graph` (what a stage is), `stages_faults`
(what cannot be one), `stages_results` over `stages_flow` and `stages_reads` (what later states need of one),
`stages_rewrite` with `stages_states` and `stages_maps` (the added states).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, Text, Token
from sfn_cfn.operations.capability import Capability, declare, with_tokens
from sfn_cfn.operations.stages_faults import resolve
from sfn_cfn.operations.stages_graph import Stage, scopes
from sfn_cfn.operations.stages_maps import child_readers
from sfn_cfn.operations.stages_results import missing
from sfn_cfn.operations.stages_rewrite import add_switches, is_jsonata
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
    'expression in its place, `"{% ... %}"`.',
)
SFN696 = Code(
    "SFN696",
    Severity.ERROR,
    "the input that holds the switches is another one already",
    f"The switches of stages stand in the execution's input under `{INPUT}`, as booleans by the stages' names. Give an "
    "input of the workflow's own another name.",
)

_PLACE = re.compile(
    r"\$(?:\.[A-Za-z_][A-Za-z0-9_-]*|\['[^'\]]+'\])*(?:\.\$)?|\$[A-Za-z_][A-Za-z0-9_]*(?:\.\$)?"
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
    for name, stage in stages(own.operations).items():
        for path, value in stage.result.items():
            fault = hint = ""
            if not _PLACE.fullmatch(path) or path in ("$.$", "$states", "$states.$"):
                fault, hint = (
                    "is no reference path and no variable",
                    "write '$.Name', '$.Name.Inner' or '$name'",
                )
            elif path.endswith(".$") and jsonata:
                fault, hint = "has a path for its value in a state machine of JSONata", 'write "{% ... %}"'
            elif path.endswith(".$") and not (isinstance(value, str) and value.startswith("$")):
                fault, hint = "has a value that is no path", f"write a path, or '{path.removesuffix('.$')}'"
            if fault:
                place = own.place("stages", name, "result", path)
                yield SFN695.at(place, f"result '{path}' of stage '{name}' {fault}", hint)


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
