"""Definition -> Definition: names that a build has made up, and names that a second execution cannot take again.

sagemaker makes a name with the time in it for each job and repeats it in hyperparameters and folders. There
stands the job's own name now, as its state gives it. A job's name that is the same in every execution is reported,
and with `unique_names` made of the execution's ARN and the state. A state that names what another one made
follows: such a name is made of nothing that differs between the two (the number of a retry, an item of a Map).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.job_names import expressions
from sfn_cfn.job_names.codes import SFN370, SFN371, SFN372, SFN373, SFN374, SFN375
from sfn_cfn.job_names.expressions import STAMPED, Name
from sfn_cfn.job_names.makers import Maker, output
from sfn_cfn.job_names.makers import makers as find_makers
from sfn_cfn.job_names.places import Field, fields, replaced, scope, shown
from sfn_cfn.model import Definition, Node, NodePath, Text, text, with_tree
from sfn_cfn.template.tokens import ASSET_BUCKET

_SETTING = "set unique_names = true in sfn-cfn.toml, or take the name from the execution's input"
_JOB_NAME = "sagemaker_job_name"


@dataclass(slots=True)
class _Work:
    """What is found and decided: fields to replace, the names that states make from now on, findings."""

    edits: dict[NodePath, Name] = field(default_factory=dict)
    names: dict[NodePath, Name] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)


def name_jobs(definition: Definition, *, unique: bool) -> tuple[Definition, tuple[Diagnostic, ...]]:
    """The definition with names from the execution in place of made-up ones, and the findings.

    `definition` holds the texts of the build (its varying leaves are at `LoadedWorkflow.varying`). `unique`: replace
    the names that collide; without it they are reported and stay.
    """
    makers = tuple(find_makers(definition))
    work = _Work()
    if unique:
        _make_unique(definition, makers, work)
    for maker in makers:
        work.names.setdefault(maker.state.path, maker.name)
        if maker.at.path not in work.edits:
            work.findings += _collisions(maker, unique=unique)
        _repeat(maker, definition, work)
    work.findings += _left(definition, makers, work)
    tree = replaced(definition.tree, work.edits)
    return with_tree(definition, tree, definition.default_input), tuple(work.findings)


def _collisions(maker: Maker, *, unique: bool) -> Iterator[Diagnostic]:
    """A finding where the name that stays is one that a second execution cannot take, or that may not fit."""
    state, call = maker.state, maker.call
    name = shown(maker.name.value)
    hint = "take the name from the execution's input" if unique else _SETTING
    if maker.fixed:
        if call.stays:
            hint = "update the endpoint where it is there already (EndpointStep with update=True)"
        what = "a name made at build time" if maker.varies else f"the name '{name}'"
        message = (
            f"state '{state.name}' gives its {call.noun} {what} in every execution, which is free only once"
        )
        yield SFN370.at(state.location, message, hint)
    elif maker.whole:
        message = f"state '{state.name}' names its {call.noun} by the execution's name, which may not fit"
        yield SFN371.at(state.location, message, hint)


def _make_unique(definition: Definition, makers: Sequence[Maker], work: _Work) -> None:
    groups: dict[tuple[str, str, str], list[Maker]] = defaultdict(list)
    for maker in makers:
        if (maker.fixed or maker.whole) and not maker.call.stays:
            groups[maker.call.field, maker.name.kind, shown(maker.name.value)].append(maker)
    everywhere = {state.path: tuple(fields(state)) for state in definition.states}
    scopes = {state.path: scope(definition, state.path) for state in definition.states}
    for group in groups.values():
        users = list(_users(group, everywhere))
        if lost := [path for path, _ in users if not all(maker.scope.sees(scopes[path]) for maker in group)]:
            work.findings.append(_out_of_reach(group[0], definition, lost[0]))
            continue
        for maker in group:
            new = _unique(maker, group[0], referred=bool(users))
            work.edits[maker.at.path] = work.names[maker.state.path] = new
            if users and maker.call.job and "Retry" in maker.state.node:
                work.findings.append(_retried(maker, definition, users[0][0]))
        for path, at in users:
            _follow(group, at, _in_language(group[0], path, definition), work)
    work.findings += _mentions(definition, makers, everywhere, work)


def _unique(maker: Maker, first: Maker, *, referred: bool, kind: str = "") -> Name:
    """A maker's new name. A name that others refer to depends on the execution and its first maker only."""
    # The context object's index of an item is there for the fields of the Map state alone.
    extra = ["States.UUID()"] if maker.scope.inline else []
    if not referred and maker.call.job and "Retry" in maker.state.node:
        extra.append("$$.State.RetryCount")
    prefix = expressions.literal_part(maker.name.value) if maker.fixed and not maker.varies else ""
    if maker.varies and STAMPED.fullmatch(shown(maker.name.value)):
        prefix = expressions.literal_part(maker.name.value)
    prefix = prefix if re.search("[A-Za-z0-9]", prefix) else (first if referred else maker).state.name
    language = kind or ("jsonata" if "Arguments" in maker.state.node else "path")
    owner = first if referred else maker
    return expressions.unique(
        prefix,
        maker.call.longest,
        owner.state.name,
        tuple(extra),
        "jsonata" if language == "jsonata" else "path",
    )


def _in_language(first: Maker, path: NodePath, definition: Definition) -> Name:
    """The name of a group as the state at `path` writes it."""
    state = next(state for state in definition.states if state.path == path)
    return _unique(first, first, referred=True, kind="jsonata" if "Arguments" in state.node else "path")


def _users(
    group: Sequence[Maker], everywhere: Mapping[NodePath, Sequence[Field]]
) -> Iterator[tuple[NodePath, Field]]:
    """The fields of other states that name what the group makes: a field of the same name, or its output's folder."""
    own = {maker.at.path for maker in group}
    first = group[0]
    for path, found in everywhere.items():
        for at in found:
            same = at.name == first.call.field and expressions.read(at.key, at.value) == first.name
            if at.path not in own and (
                same or any(output(maker, at) for maker in group if maker.state.path != path)
            ):
                yield path, at


def _follow(group: Sequence[Maker], at: Field, new: Name, work: _Work) -> None:
    """Put the new name where a field names what the group makes."""
    for maker in group:
        if start := output(maker, at):
            end = start + len(shown(maker.name.value))
            work.edits[at.path] = new.between(_slice(at.value, 0, start), _slice(at.value, end, None))
            return
    work.edits[at.path] = new


def _slice(value: str | Text, start: int, end: int | None) -> str | Text:
    """A part of a text by what it shows; neither end is inside of a token."""
    out: list[str | Text] = []
    at = 0
    for piece in value.pieces if isinstance(value, Text) else (value,):
        size = len(piece) if isinstance(piece, str) else len(piece.name) + 3
        first, last = max(start - at, 0), size if end is None else min(end - at, size)
        if first < last:
            out.append(piece[first:last] if isinstance(piece, str) else Text((piece,)))
        at += size
    return text(*out)


def _repeat(maker: Maker, definition: Definition, work: _Work) -> None:
    """Put the job's own name where the SDK repeats one: hyperparameters, and folders named after it."""
    varying = set(definition.workflow.varying)
    name = work.names[maker.state.path]
    before = shown(maker.name.value)
    renamed = name is not maker.name and maker.fixed
    for at in fields(maker.state):
        inside = {"HyperParameters", "StaticHyperParameters"} & set(at.parent[len(maker.state.path) :])
        if at.path in work.edits or at.listed or ASSET_BUCKET.name in at.shown:
            continue
        if inside and at.name == _JOB_NAME:
            if at.path in varying or (renamed and at.shown == f'"{before}"'):
                work.edits[at.path] = _usable(name, maker).between('"', '"')
            continue
        found = STAMPED.search(at.shown) if at.path in varying and at.path != maker.at.path else None
        if found is None and inside and renamed:
            found = re.search(rf"(?<=/){re.escape(before)}(?=/)", at.shown)
        if found:
            after = _slice(at.value, found.end(), None)
            work.edits[at.path] = _usable(name, maker).between(_slice(at.value, 0, found.start()), after)


def _usable(name: Name, maker: Maker) -> Name:
    """The name where it is given a second time: a UUID is another one there, so the name's known part stands alone."""
    if "UUID" in shown(name.value) or "$uuid" in shown(name.value):
        return Name("literal", expressions.cut(expressions.literal_part(maker.name.value), 63) or "job")
    return name


def _left(definition: Definition, makers: Sequence[Maker], work: _Work) -> Iterator[Diagnostic]:
    """A finding for each other leaf that a second run gives otherwise."""
    told = {shown(maker.name.value) for maker in makers if maker.varies}
    done = {*work.edits, *(maker.at.path for maker in makers)}
    for path in definition.workflow.varying:
        node = _at(definition.tree, path)
        if path in done or ASSET_BUCKET.name in shown(node) or (shown(node) and shown(node) in told):
            continue
        inside = [state for state in definition.states if path[: len(state.path)] == state.path]
        hint = "take the value from the execution's input, or make it the same for every run"
        if not inside:
            place: SourceLocation = definition.workflow.location
            yield SFN372.at(place, f"'{'.'.join(path)}' differs from run to run", hint)
            continue
        state = max(inside, key=lambda one: len(one.path))
        where = ".".join(path[len(state.path) :]) or "the state itself"
        yield SFN372.at(state.location, f"'{where}' of state '{state.name}' differs from run to run", hint)


def _at(tree: Node, path: NodePath) -> Node:
    node: Node = tree
    for name in path:
        if isinstance(node, Mapping):
            node = next((item for key, item in node.items() if shown(key) == name), None)
        elif isinstance(node, (list, tuple)) and name.isdigit() and int(name) < len(node):
            node = node[int(name)]
        else:
            return None
    return node


def _out_of_reach(maker: Maker, definition: Definition, path: NodePath) -> Diagnostic:
    user = next(state for state in definition.states if state.path == path)
    message = (
        f"state '{user.name}' names the {maker.call.noun} of state '{maker.state.name}', and a Map state is around one "
        "of them, so the name stays as it is"
    )
    return SFN373.at(
        maker.state.location, message, "give the name in each item's input, and let both states take it"
    )


def _retried(maker: Maker, definition: Definition, path: NodePath) -> Diagnostic:
    user = next(state for state in definition.states if state.path == path)
    message = (
        f"state '{maker.state.name}' is retried under one name, because state '{user.name}' names its "
        f"{maker.call.noun}"
    )
    hint = f"let '{user.name}' take the name from what '{maker.state.name}' gives back"
    return SFN374.at(maker.state.location, message, hint)


def _mentions(
    definition: Definition,
    makers: Sequence[Maker],
    everywhere: Mapping[NodePath, Sequence[Field]],
    work: _Work,
) -> Iterator[Diagnostic]:
    """A remark where a replaced name stands in a text that was not recognised as naming the same thing."""
    states = {state.path: state for state in definition.states}
    for maker in makers:
        name = shown(maker.name.value)
        if maker.state.path not in work.names or not maker.fixed or "-" not in name:
            continue
        pattern = re.compile(rf"(?<![A-Za-z0-9-]){re.escape(name)}(?![A-Za-z0-9-])")
        for path, found in everywhere.items():
            for at in found:
                if path == maker.state.path or at.path in work.edits or not pattern.search(at.shown):
                    continue
                where = ".".join(at.path[len(path) + 1 :])
                what = f"holds '{name}', the former name of a {maker.call.noun}"
                message = f"'{where}' of state '{states[path].name}' {what}"
                yield SFN375.at(states[path].location, message, "check that it does not mean the job itself")
