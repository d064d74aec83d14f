"""Definition, stages -> the definition with a switch before each of them.

    A -> B -> C -> D   with the stage {B, C}:   A -> Run stage? -> B -> C -> D
                                                     Run stage? -> Skip stage -> D

Every way into a stage leads to its switch instead; ways within it stay, so that a loop asks once. The children of a
Distributed Map have an input of their own, so the switches are handed down to them beside each item (`stages_maps`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfn_cfn.errors import SourceLocation
from sfn_cfn.model import Definition, ExecutionInput, Node, NodePath, with_added
from sfn_cfn.operations.parts import unique
from sfn_cfn.operations.stages_graph import (
    Edge,
    Scope,
    Stage,
    scopes,
    shown,
    switched,
    switched_after,
    switched_inside,
)
from sfn_cfn.operations.stages_maps import handed, handing, is_handed, root, taking
from sfn_cfn.operations.stages_states import Written, choice, fail, passes
from sfn_cfn.sections.stages import INPUT


@dataclass(frozen=True, slots=True)
class _Switch:
    """A stage with the names of its added states; `skips` are in their order, with their nodes."""

    stage: Stage
    run: str
    skips: tuple[tuple[str, dict[str, Node]], ...]
    bad: str


@dataclass(frozen=True, slots=True)
class _Work:
    """What the parts of the tree are rebuilt with; `places` collects the lines of added states."""

    scopes: Mapping[NodePath, Scope]
    switches: Mapping[str, _Switch]
    takers: Mapping[NodePath, str]
    jsonata: bool
    places: dict[NodePath, SourceLocation]

    def at(self, path: NodePath) -> list[Stage]:
        """The stages of a scope, outer ones first."""
        found = [one.stage for one in self.switches.values() if one.stage.path == path]
        return sorted(found, key=lambda one: -len(one.states))

    def name(self, stage: Stage | None, otherwise: Node) -> Node:
        """What leads to a stage: its switch."""
        return self.switches[stage.name].run if stage else otherwise


def add_switches(definition: Definition, stages: Sequence[Stage], written: Written) -> Definition:
    """The definition with its stages switched, and with the switches among its inputs."""
    jsonata = is_jsonata(definition)
    found = scopes(definition)
    taken = {state.name for state in definition.states}
    switches = {one.name: _switch(one, taken, written, jsonata=jsonata) for one in stages}
    takers = {path: unique(f"Take an item of {path[-1]}", taken) for path in handed(definition, stages)}
    work = _Work(found, switches, takers, jsonata, {})
    tree = _scope(definition.tree, (), work)
    readers = () if jsonata else tuple(_readers(found, stages))
    return _with_inputs(with_added(definition, tree, work.places), stages, readers)


def is_jsonata(definition: Definition) -> bool:
    """Whether the state machine's language is JSONata; states of JSONPath cannot be in such a one."""
    return definition.tree.get("QueryLanguage") == "JSONata"


def _switch(stage: Stage, taken: set[str], written: Written, *, jsonata: bool) -> _Switch:
    run = unique(f"Run {stage.name}?", taken)
    nodes = list(passes(stage.settings.result, written, jsonata=jsonata))
    many = len(nodes) > 1
    skips = [
        (unique(f"Skip {stage.name}: {path}" if many else f"Skip {stage.name}", taken), node)
        for path, node in nodes
    ]
    if not skips and not stage.exit:
        skips = [(unique(f"Skip {stage.name}", taken), {"Type": "Succeed"})]
    return _Switch(stage, run, tuple(skips), unique(f"Switch {stage.name} is no boolean", taken))


def _scope(node: Mapping[Any, Node], path: NodePath, work: _Work) -> dict[Any, Node]:
    """A (sub)definition with its switches, and with those within its states."""
    stages = work.at(path)
    states: dict[Any, Node] = {}
    for key, state in node["States"].items():
        name = shown(key)
        for stage in stages:
            if stage.entry == name:
                states |= _added(stage, path, stages, work)
        states[key] = _within(_redirected(state, name, stages, work), (*path, "States", name), work)
    start = work.name(switched(stages, Edge("", shown(node["StartAt"]))), node["StartAt"])
    new = {**node, "StartAt": start, "States": states}
    if taker := work.takers.get(path[:-1]):
        around = work.scopes[path[:-3]].states[path[-2]]
        work.places[(*path, "States", taker)] = around.location
        first = {**taking(around.node, jsonata=work.jsonata), "Next": start}
        new |= {"StartAt": taker, "States": {taker: first, **states}}
    return new


def _added(stage: Stage, path: NodePath, stages: Sequence[Stage], work: _Work) -> dict[str, Node]:
    """The states that switch a stage, by name."""
    switch = work.switches[stage.name]
    keys = {shown(key): key for key in work.scopes[path].node["States"]}  # a name may hold a token
    on = work.name(switched_inside(stages, stage), keys[stage.entry])
    after = work.name(switched_after(stages, stage), keys.get(stage.exit, ""))
    names = [name for name, _ in switch.skips]
    ways = (on, names[0] if names else after, switch.bad)
    where = root(path, work.scopes, jsonata=work.jsonata)
    added: dict[str, Node] = {
        switch.run: choice(stage.name, where, default=stage.settings.default, ways=ways, jsonata=work.jsonata)
    }
    for index, (name, node) in enumerate(switch.skips):
        following = [*names, after][index + 1]
        way = {"Next": following} if following else {"End": True}
        added[name] = node if node["Type"] == "Succeed" else {**node, **way}
    added[switch.bad] = fail(stage.name)
    place = work.scopes[path].states[stage.entry].location
    work.places.update({(*path, "States", name): place for name in added})
    return added


def _redirected(node: Mapping[Any, Node], name: str, stages: Sequence[Stage], work: _Work) -> dict[Any, Node]:
    """A state whose ways into stages lead to their switches."""

    def to(entry: Mapping[Any, Node], key: str) -> dict[Any, Node]:
        if key not in entry:
            return dict(entry)
        way = Edge(name, shown(entry[key]))
        return {**entry, key: work.name(switched(stages, way), entry[key])}

    new = to(to(node, "Next"), "Default")
    for key in ("Choices", "Catch"):
        if key in new:
            new[key] = [to(entry, "Next") for entry in new[key]]
    return new


def _within(node: dict[Any, Node], path: NodePath, work: _Work) -> dict[Any, Node]:
    """A state with the switches within it."""
    new = dict(node)
    if "Branches" in node:
        new["Branches"] = [
            _scope(branch, (*path, "Branches", str(number)), work)
            for number, branch in enumerate(node["Branches"])
        ]
    for key in ("ItemProcessor", "Iterator"):
        if key in node:
            new[key] = _scope(node[key], (*path, key), work)
    if path in work.takers:
        jsonata = work.jsonata or node.get("QueryLanguage") == "JSONata"
        new |= handing(node, root(path[:-2], work.scopes, jsonata=jsonata), jsonata=jsonata)
    return new


def _readers(found: Mapping[NodePath, Scope], stages: Sequence[Stage]) -> Iterator[SourceLocation]:
    """The lines before which the execution's own input is asked for a switch."""
    for one in stages:
        if not is_handed(one.path, found):
            yield found[one.path].states[one.entry].location


def _with_inputs(
    definition: Definition, stages: Sequence[Stage], readers: tuple[SourceLocation, ...]
) -> Definition:
    """The switches as an input of the execution, of which each may be left out."""
    declared = definition.workflow.input_schema.get(INPUT)
    known = declared if isinstance(declared, Mapping) else {}
    schema = {**definition.workflow.input_schema, INPUT: {**known, **{one.name: "bool" for one in stages}}}
    before = [one for one in definition.inputs if one.name != INPUT]
    inputs = sorted((*before, ExecutionInput(INPUT, "object", readers)), key=lambda one: one.name)
    workflow = replace(definition.workflow, input_schema=schema)
    return replace(definition, workflow=workflow, inputs=tuple(inputs))
