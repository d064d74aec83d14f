"""LoadedWorkflow -> Definition: the states language parsed, states flattened, tokens found, inputs collected.

Source: the Amazon States Language specification (states-language.net/spec.html) and the Step Functions
developer guide's pages on service integrations and the context object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sfn_cfn.errors import Code, DefinitionError, Diagnostic, Severity, SourceLocation
from sfn_cfn.model import (
    PIPELINE_NAME,
    PSEUDO_PARAMETERS,
    TARGET_ENV,
    Definition,
    ExecutionInput,
    Integration,
    LoadedWorkflow,
    Node,
    NodePath,
    ParameterDeclaration,
    State,
    Text,
    Token,
    names,
    text,
)

SFN301 = Code(
    "SFN301",
    Severity.ERROR,
    "a definition is not of the states language",
    "A definition has `StartAt` and a mapping `States` whose states each have a known `Type`; so has every "
    "branch of a Parallel state and the item processor of a Map state. `Branches`, `Choices`, `Retry` and `Catch` are "
    "lists of objects.",
)

SFN302 = Code(
    "SFN302",
    Severity.ERROR,
    "a parameter is declared twice, differently",
    "One template has one parameter of a name. Declare it once and use the value, or give it the same default "
    "and limits everywhere.",
)

STATE_TYPES = frozenset({"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"})

_TOKEN = re.compile(r"\$\{([A-Za-z0-9]+(?:::[A-Za-z0-9]+)?)\}")
_ARN = r"^arn:(?:[a-z0-9-]+|\$\{AWS::Partition\})"
_SERVICE = re.compile(
    _ARN + r":states:::(?P<sdk>aws-sdk:)?(?P<service>[A-Za-z0-9-]+):(?P<action>[A-Za-z0-9]+)"
    r"(?:\.(?P<pattern>sync:2|sync|waitForTaskToken))?$"
)
_BARE = re.compile(
    _ARN + r":(?:(?P<lambda>lambda):(?:[^:$]|\$\{[^}]*\})*:(?:[^:$]|\$\{[^}]*\})*:function:"
    r"|states:(?:[^:$]|\$\{[^}]*\})+:(?:[^:$]|\$\{[^}]*\})+:activity:)"
)
_EXECUTION_INPUT = re.compile(r"\$\$\.Execution\.Input(?:\.([A-Za-z0-9_-]+)|\[['\"]([^'\"]+)['\"]\])")
_STATE_INPUT = re.compile(r"(?:^|(?<=[(,\s]))\$(?:\.([A-Za-z0-9_-]+)|\[['\"]([^'\"]+)['\"]\])")
_QUOTED = re.compile(r"(?<!\[)'(?:[^'\\]|\\.)*'")
"""A text argument of an intrinsic function; in `$['x']` the quotes are the path's."""


def parse(
    loaded: LoadedWorkflow,
    declared: Sequence[ParameterDeclaration] = (),
    known: Mapping[str, Token] | None = None,
) -> Definition:
    """The definition of one loaded workflow.

    `declared` are the settings' parameters; `known` gives tokens for names that the compiler itself fills
    in. Raises `DefinitionError` with every fault found.
    """
    parameters = _parameters(loaded, declared)
    tokens = {name: Token(name) for name in (*PSEUDO_PARAMETERS, *parameters)}
    tokens |= {token.name: token for token in (PIPELINE_NAME, TARGET_ENV)} | dict(known or {})
    tree = _tokenize(loaded.definition, tokens, loaded.numbers, ())
    faults: list[Diagnostic] = []
    states = tuple(_states(tree, (), loaded, faults))
    if faults:
        raise DefinitionError(faults)
    given = _tokenize(loaded.default_input, tokens, {}, ())
    # The compiler's own tokens may stand for resources that the template has only where the states need them.
    plain = {name: token for name, token in tokens.items() if token.value is None}
    tags: Any = _tokenize(loaded.tags, plain, {}, ())
    used = names(tree) | names(given) | names(tags)
    return Definition(
        workflow=loaded,
        tree=tree,
        states=states,
        inputs=_inputs(loaded, tree, states),
        parameters=tuple(item for name, item in sorted(parameters.items()) if name in used),
        default_input=given,
        tags=tags,
    )


def _parameters(
    loaded: LoadedWorkflow, declared: Sequence[ParameterDeclaration]
) -> dict[str, ParameterDeclaration]:
    """Declarations by name; one in the workflow stands before one of the settings."""
    parameters = {item.name: item for item in declared}
    own: dict[str, ParameterDeclaration] = {}
    for item in loaded.parameters:
        first = own.setdefault(item.name, item)
        if _meaning(first) != _meaning(item):
            raise DefinitionError(
                SFN302.at(
                    item.location,
                    f"parameter '{item.name}' is declared again with another meaning (first at {first.location})",
                    "declare it once and use the value in both places",
                )
            )
    return parameters | own


def _meaning(item: ParameterDeclaration) -> tuple[Any, ...]:
    return (item.kind, item.default, item.allowed_values, item.allowed_pattern, item.min, item.max)


def _tokenize(
    node: Any, tokens: Mapping[str, Token], numbers: Mapping[NodePath, str], path: NodePath
) -> Node:
    if isinstance(node, Mapping):
        return {
            _text(key, tokens): _tokenize(item, tokens, numbers, (*path, key)) for key, item in node.items()
        }
    if isinstance(node, (list, tuple)):
        return [_tokenize(item, tokens, numbers, (*path, str(i))) for i, item in enumerate(node)]
    if path in numbers:
        return Token(numbers[path], number=True)
    return _text(node, tokens) if isinstance(node, str) else node


def _text(value: str, tokens: Mapping[str, Token]) -> str | Text:
    if "${" not in value:
        return value
    pieces: list[str | Token] = []
    end = 0
    for match in _TOKEN.finditer(value):
        if token := tokens.get(match[1]):
            pieces += [value[end : match.start()], token]
            end = match.end()
    return text(*pieces, value[end:])


def _shown(key: str | Text) -> str:
    return key.shown if isinstance(key, Text) else key


def _states(tree: Node, path: NodePath, loaded: LoadedWorkflow, faults: list[Diagnostic]) -> Iterator[State]:
    """Every state of a (sub)definition, then of those nested in it, in document order."""
    place = SourceLocation(loaded.location.file, loaded.location.line, "/".join(path))
    states = tree.get("States") if isinstance(tree, Mapping) else None
    if not isinstance(states, Mapping) or not isinstance(tree.get("StartAt"), (str, Text)):
        faults.append(
            SFN301.at(place, f"{'/'.join(path) or 'the definition'} has no 'StartAt' or no 'States'")
        )
        return
    for key, node in states.items():
        name = _shown(key)
        here = (*path, "States", name)
        made = loaded.state_lines.get(here) or loaded.location
        location = SourceLocation(made.file, made.line, "/".join(here))
        kind = node.get("Type") if isinstance(node, Mapping) else None
        if not isinstance(kind, str) or kind not in STATE_TYPES:
            faults.append(SFN301.at(location, f"state '{name}' has no known Type: {kind!r}"))
            continue
        if wrong := [f"{what} of state '{name}' {fault}" for what, fault in _wrong_lists(node)]:
            faults += (SFN301.at(location, message) for message in wrong)
            continue
        yield State(here, name, kind, node, location, _integration(node) if kind == "Task" else None)
        for number, branch in enumerate(node.get("Branches", ())):
            yield from _states(branch, (*here, "Branches", str(number)), loaded, faults)
        for field in ("ItemProcessor", "Iterator"):
            if field in node:
                yield from _states(node[field], (*here, field), loaded, faults)


def _wrong_lists(node: Mapping[Any, Node]) -> Iterator[tuple[str, str]]:
    """Fields of a state that are lists of objects and here are not, with what is wrong."""
    for field in ("Branches", "Choices", "Retry", "Catch"):
        entries = node.get(field, [])
        if not isinstance(entries, list):
            yield f"'{field}'", "is not a list"
        elif not all(isinstance(entry, Mapping) for entry in entries):
            yield f"'{field}'", "has an entry that is not an object"


def _integration(node: Mapping[Any, Node]) -> Integration:
    resource = node.get("Resource", "")
    shown = _shown(resource) if isinstance(resource, (str, Text)) else ""
    if match := _SERVICE.match(shown):
        return Integration(match["service"], match["action"], match["pattern"] or "", bool(match["sdk"]))
    if match := _BARE.match(shown):
        return Integration("lambda" if match["lambda"] else "activity", "", arn=resource)
    return Integration("", "", arn=resource if isinstance(resource, (str, Text)) else "")


def _inputs(loaded: LoadedWorkflow, tree: Node, states: tuple[State, ...]) -> tuple[ExecutionInput, ...]:
    """Declared inputs and those that paths read, in order of their names."""
    readers: dict[str, list[SourceLocation]] = {name: [] for name in loaded.input_schema}
    starts: set[NodePath] = {("States", _shown(tree.get("StartAt", "")))}
    for state in states:
        first = state.path in starts
        if first and state.type == "Parallel" and not {"InputPath", "Parameters"} & set(state.node):
            starts |= {
                (*state.path, "Branches", str(number), "States", _shown(branch["StartAt"]))
                for number, branch in enumerate(state.node.get("Branches", ()))
            }
        for leaf in _own_leaves(state.node):
            found = list(_EXECUTION_INPUT.finditer(leaf))
            if first and leaf.startswith("States."):
                found += _STATE_INPUT.finditer(_QUOTED.sub("", leaf))
            elif first and (read := _STATE_INPUT.match(leaf)):
                found.append(read)
            for match in found:
                readers.setdefault(match[1] or match[2], []).append(state.location)
    return tuple(
        ExecutionInput(name, _type_name(loaded.input_schema.get(name)), tuple(dict.fromkeys(places)))
        for name, places in sorted(readers.items())
    )


def _type_name(schema: Any) -> str:
    return "object" if isinstance(schema, Mapping) else str(schema or "")


def _own_leaves(node: Node) -> Iterator[str]:
    """Texts of a state without those of the states nested in it."""
    if isinstance(node, Mapping):
        for key, item in node.items():
            if key not in ("Branches", "Iterator", "ItemProcessor", "ResultPath", "OutputPath", "Result"):
                yield from _own_leaves(item)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _own_leaves(item)
    elif isinstance(node, (str, Text)):
        yield _shown(node)


_WHOLE_INPUT = re.compile(r"^\$\$\.Execution\.Input\['([^']+)'\]\.([A-Za-z0-9]+)$")


def with_default_input(definition: Definition) -> Definition:
    """The definition as it runs with its default input: what a policy is derived from.

    A ready-made pipeline's definition reads every parameter from the input. Names stay as they are read:
    each execution has its own.
    """
    given = definition.default_input
    if not isinstance(given, Mapping):
        return definition
    states = tuple(
        replace(state, node={**state.node, "Parameters": _filled(state.node["Parameters"], given)})
        if isinstance(state.node.get("Parameters"), Mapping)
        else state
        for state in definition.states
    )
    # All states of a ready-made pipeline stand at the top.
    tree = {**definition.tree, "States": {state.name: state.node for state in states if len(state.path) == 2}}
    return replace(definition, states=states, tree=tree)


def _filled(parameters: Mapping[Any, Node], given: Mapping[Any, Node]) -> dict[Any, Node]:
    out = {}
    for key, item in parameters.items():
        read = _WHOLE_INPUT.match(item) if isinstance(item, str) and not key.endswith("Name.$") else None
        if read and read[2] in given.get(read[1], {}):
            out[key.removesuffix(".$")] = given[read[1]][read[2]]
        else:
            out[key] = item
    return out
