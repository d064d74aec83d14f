"""Definition, settings -> the stages that can be switched, and the faults of those that cannot."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, NodePath, State
from sfn_cfn.operations.stages_graph import Edge, Scope, Stage, ended, ends, entries, exits
from sfn_cfn.sections.stages import StageSettings
from sfn_cfn.settings import WorkflowSettings

SFN690 = Code(
    "SFN690",
    Severity.ERROR,
    "a stage names no state of the workflow",
    "A stage in `[workflows.<name>.stages]` lists states by the names that they have in the workflow, wherever they "
    "are nested. A stage of `[stages]` is one of every workflow.",
)
SFN691 = Code(
    "SFN691",
    Severity.ERROR,
    "a stage cuts the workflow where it cannot be left out",
    "A stage is a contiguous part of the workflow: its states stand side by side, every way into it leads to one of "
    "them, and every way out of it to one state after it, which the workflow goes on with when the stage is off, or to "
    "the end. Ways of a Catch, and ways to a Fail state, may lead anywhere. A Choice is in a stage with all that it "
    "chooses from, or not at all; list what is missing, or part the stage.",
)
SFN692 = Code(
    "SFN692",
    Severity.ERROR,
    "two stages overlap",
    "Stages stand one after the other or one within the other. Take the state out of one of them.",
)


def resolve(
    definition: Definition,
    scopes: Mapping[NodePath, Scope],
    given: Mapping[str, StageSettings],
    own: WorkflowSettings,
) -> tuple[tuple[Stage, ...], tuple[Diagnostic, ...]]:
    """The stages without a fault of their own, and the faults of all."""
    stages = []
    faults: list[Diagnostic] = []
    for name, settings in given.items():
        states, found = _states(definition, name, settings, own)
        found = found or tuple(_apart(name, states))
        if not found:
            scope = scopes[states[0].path[:-2]]
            inside = frozenset(state.name for state in states)
            found = tuple(_cuts(name, scope, inside))
            if not found:
                (entry,) = entries(scope, inside)
                after = next(iter(exits(scope, inside)), "")
                stages.append(Stage(name, settings, scope.path, inside, entry, after))
        faults += found
    return tuple(stages), (*faults, *_overlaps(scopes, stages))


def _states(
    definition: Definition, name: str, settings: StageSettings, own: WorkflowSettings
) -> tuple[list[State], tuple[Diagnostic, ...]]:
    """The states that a stage names, without those within others of them."""
    place = own.place("stages", name, "states")
    known = {state.name: state for state in definition.states}
    if not settings.states:
        return [], (SFN690.at(place, f"stage '{name}' has no states", "list the names of its states"),)
    unknown = [one for one in settings.states if one not in known]
    faults = tuple(
        SFN690.at(
            place,
            f"stage '{name}' names state '{one}', which the workflow does not have",
            _nearest(one, known),
        )
        for one in unknown
    )
    paths = {known[one].path for one in settings.states if one in known}
    outer = [
        state
        for state in definition.states
        if state.path in paths
        and not any(state.path[:length] in paths for length in range(1, len(state.path)))
    ]
    return outer, faults


def _nearest(name: str, known: Mapping[str, State]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"write '{close[0]}'" if close else "write the name that the state has in the workflow"


def _apart(name: str, states: Sequence[State]) -> Iterator[Diagnostic]:
    """States that do not stand beside the first one."""
    first = states[0]
    for state in states[1:]:
        if state.path[:-2] != first.path[:-2]:
            yield SFN691.at(
                state.location,
                f"stage '{name}' has state '{state.name}', which does not stand beside its state '{first.name}'",
                "name the Parallel or Map state that holds it, or give it a stage of its own",
            )
            return


def _cuts(name: str, scope: Scope, inside: frozenset[str]) -> Iterator[Diagnostic]:
    """Where a part has more than one way in or out, or none out."""
    into, out = entries(scope, inside), exits(scope, inside)
    if len(into) != 1:
        yield _entered(name, scope, inside, into)
    if len(out) > 1:
        yield _left(name, scope, inside, out)
    elif out and into and (end := ended(scope, inside, next(iter(into)))):
        yield _half(name, scope, next(iter(out.values())), end)
    elif not out and not ends(scope, inside):
        last = next(scope.states[one] for one in scope.states if one in inside)
        message = f"stage '{name}' has no state after it, which the workflow could go on with when it is off"
        yield SFN691.at(last.location, message, "take the state that decides to fail out of the stage")


def _entered(name: str, scope: Scope, inside: frozenset[str], into: Mapping[str, Edge]) -> Diagnostic:
    if not into:
        first = next(scope.states[one] for one in scope.states if one in inside)
        return SFN691.at(first.location, f"no way leads into stage '{name}'", "chain it behind another state")
    (one, way), (other, second) = list(into.items())[:2]
    source = scope.states.get(second.source)
    if source and source.type == "Choice" and way.source == second.source:
        message = (
            f"stage '{name}' cuts choice '{source.name}' in half: it leads to '{one}' and to '{other}' in it"
        )
        return SFN691.at(
            source.location, message, f"add '{source.name}' to the stage, or part the stage in two"
        )
    message = f"stage '{name}' is entered at '{one}'{_from(way)} and at '{other}'{_from(second)}"
    return SFN691.at(scope.states[other].location, message, _missing(scope, inside))


def _from(way: Edge) -> str:
    return f" (from '{way.source}')" if way.source else ""


def _left(name: str, scope: Scope, inside: frozenset[str], out: Mapping[str, Edge]) -> Diagnostic:
    choice = next((scope.states[way.source] for way in out.values() if _chooses(scope, way)), None)
    if choice:
        ahead = [way.target for way in scope.edges if way.source == choice.name and way.target in out]
        rest = [target for target in out if target not in ahead]
        one, other = [*dict.fromkeys(ahead), *rest][:2]
        message = f"stage '{name}' cuts choice '{choice.name}' in half: '{one}' and '{other}' come after it"
        hint = f"take '{choice.name}' out of the stage, or add what it chooses from"
        return SFN691.at(choice.location, message, hint)
    (one, first), (other, second) = list(out.items())[:2]
    message = (
        f"stage '{name}' goes on to '{one}' (from '{first.source}') and to '{other}' (from '{second.source}')"
    )
    return SFN691.at(scope.states[second.source].location, message, _missing(scope, inside))


def _half(name: str, scope: Scope, way: Edge, end: str) -> Diagnostic:
    """A part that goes on by `way`, and ends the workflow at the state `end` of it."""
    ending = f"'{end}' ends the workflow in it"
    source = scope.states[way.source]
    if _chooses(scope, way):
        message = (
            f"stage '{name}' cuts choice '{source.name}' in half: '{way.target}' comes after it, and {ending}"
        )
        hint = f"take '{source.name}' out of the stage, or add what it chooses from"
        return SFN691.at(source.location, message, hint)
    message = f"stage '{name}' goes on to '{way.target}' (from '{source.name}'), and {ending}"
    return SFN691.at(scope.states[end].location, message, "part the stage in two")


def _chooses(scope: Scope, way: Edge) -> bool:
    return scope.states[way.source].type == "Choice"


def _missing(scope: Scope, inside: frozenset[str]) -> str:
    """A hint with the states that lie between states of the part."""
    after = _reached(scope.edges, inside)
    before = _reached([Edge(way.target, way.source) for way in scope.edges], inside)
    between = [one for one in scope.states if one in after & before and one not in inside]
    if not between:
        return "part the stage in two"
    return f"add {', '.join(repr(one) for one in between)} to the stage, or part it in two"


def _reached(edges: Sequence[Edge], start: frozenset[str]) -> set[str]:
    found: set[str] = set()
    ahead = list(start)
    while ahead:
        name = ahead.pop()
        new = {way.target for way in edges if way.source == name} - found
        found |= new
        ahead += new
    return found


def _overlaps(scopes: Mapping[NodePath, Scope], stages: Sequence[Stage]) -> Iterator[Diagnostic]:
    for index, one in enumerate(stages):
        for other in stages[:index]:
            common = one.states & other.states if one.path == other.path else frozenset()
            if not common or one.states < other.states or other.states < one.states:
                continue
            states = scopes[one.path].states
            first = next(state for name, state in states.items() if name in common)
            message = f"state '{first.name}' is in stage '{other.name}' and in stage '{one.name}', "
            if one.states == other.states:
                message += "which have the same states"
            else:
                message += "and neither holds the whole other"
            yield SFN692.at(first.location, message, "take it out of one of them")
