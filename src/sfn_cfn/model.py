"""The values that pass between the stages. The type says how far the compiler has got.

A string leaf of a definition that holds values known only at deployment is a `Text`: literal pieces and
`Token`s. Nothing here is escaped; that happens once, when `emit` writes the definition as JSON.
"""

from __future__ import annotations

import os
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from sfn_cfn.errors import SourceLocation

NodePath: TypeAlias = tuple[str, ...]
"""A place in a definition: mapping keys and list indices (as decimal text) from its root."""


@dataclass(frozen=True, slots=True)
class Token:
    """A value that CloudFormation fills in.

    `name` stands between `${` and `}`. `value` is None where the name itself resolves (a template
    parameter, a pseudo parameter, a logical ID); otherwise it is the expression that the variable
    `name` of a two-element `Fn::Sub` gets. `number`: written unquoted when it is a whole leaf.
    """

    name: str
    value: Any = None
    number: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A string leaf with at least one token. No two literal pieces stand side by side, none is empty."""

    pieces: tuple[str | Token, ...]

    @property
    def tokens(self) -> Iterator[Token]:
        """Its tokens in order."""
        return (piece for piece in self.pieces if isinstance(piece, Token))

    @property
    def shown(self) -> str:
        """As in `Fn::Sub`, for messages: `s3://${DataBucket}/x`."""
        return "".join(p if isinstance(p, str) else f"${{{p.name}}}" for p in self.pieces)


def text(*pieces: str | Token | Text) -> str | Text:
    """Join pieces; the result is a plain string where no token is among them."""
    out: list[str | Token] = []
    for piece in pieces:
        for part in piece.pieces if isinstance(piece, Text) else (piece,):
            if isinstance(part, str) and out and isinstance(out[-1], str):
                out[-1] += part
            elif part != "":
                out.append(part)
    if all(isinstance(part, str) for part in out):
        return "".join(part for part in out if isinstance(part, str))
    return Text(tuple(out))


Node: TypeAlias = Any
"""A definition's tree: mappings (keys `str` or `Text`), lists, scalars, `Text`, and number `Token`s."""


@dataclass(frozen=True, slots=True)
class World:
    """What a run of user code sees of its surroundings. Two runs under different worlds show what varies."""

    account: str
    region: str
    partition: str = "aws"
    instant: float = 1_704_164_645.678
    seed: int = 1


_KEPT = "".join(letter for letter in string.printable if letter.isprintable() and letter != "%")


@dataclass(frozen=True, slots=True)
class WorkflowSource:
    """A file that makes workflows. `path` is absolute; `root` is the project's root."""

    root: Path
    path: Path

    @property
    def name(self) -> str:
        """The file as the user names it: relative to the root, with forward slashes, in UTF-8 in any locale."""
        inside = self.path.is_relative_to(self.root)
        path = self.path.relative_to(self.root) if inside else self.path
        return os.fsencode(path.as_posix()).decode("utf-8", "surrogateescape")

    @property
    def marker(self) -> str:
        """The name in ASCII, as a template holds it: other characters, and `%`, as in a URI."""
        from urllib.parse import quote  # noqa: PLC0415 (only where a template is made)

        return quote(self.name, safe=_KEPT, errors="surrogateescape")


@dataclass(frozen=True, slots=True)
class ParameterDeclaration:
    """A template parameter that the author declared, in a workflow or in the settings.

    `kind` is CloudFormation's `String` or `Number`. Limits that do not apply are None or empty.
    """

    name: str
    kind: Literal["String", "Number"]
    default: str | int | float | None = None
    description: str = ""
    allowed_values: tuple[str | int | float, ...] = ()
    allowed_pattern: str = ""
    min: int | float | None = None
    max: int | float | None = None
    location: SourceLocation | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """An object that the run put into S3. `sha256` in hex, `size` in bytes.

    `location` is the line that puts it there; `varies`: a second run put something else there.
    """

    bucket: str
    key: str
    sha256: str
    size: int
    location: SourceLocation | None = None
    varies: bool = False


@dataclass(frozen=True, slots=True)
class GivenSettings:
    """What one call of `configure` sets for a workflow: tables of plain values, as `[workflows.<name>]` has them.

    `lines` are the places of the keys that are written out in the call, `location` is the call's.
    """

    tables: Mapping[str, Any]
    location: SourceLocation
    lines: Mapping[NodePath, SourceLocation] = field(default_factory=dict)

    def place(self, path: NodePath) -> SourceLocation:
        """The place of a key, or that of the nearest table around it."""
        for length in range(len(path), 0, -1):
            if found := self.lines.get(path[:length]):
                return found
        return self.location


@dataclass(frozen=True, slots=True)
class LoadedWorkflow:
    """One `Workflow` as a run of its source made it.

    `template` is the text of the SDK's `get_cloudformation_template()`. `definition` is the SDK's
    definition as JSON values; a declared text parameter stands in it as `${Name}`, and `numbers` says at
    which leaves the value is a number parameter's default. `state_lines` gives the place that made each
    state (by its path, e.g. `("States", "Train")`). `input_schema` is the `ExecutionInput`'s, input name
    to type name (nested mappings for nested schemas). `default_input` is what a ready-made pipeline wants
    as execution input. `varying` lists the leaves that a second run under another world gave otherwise
    and that the world's own account and region do not explain; `name_varies` says so of the name, whose
    stable form `name` then is. `uploads` is what the run put into S3, whose bodies are kept by SHA-256.
    `given` is what the source sets for the workflow.
    """

    source: WorkflowSource
    name: str
    location: SourceLocation
    template: str
    definition: Mapping[str, Any]
    world: World
    role: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[ParameterDeclaration, ...] = ()
    numbers: Mapping[NodePath, str] = field(default_factory=dict)
    state_lines: Mapping[NodePath, SourceLocation] = field(default_factory=dict)
    input_schema: Mapping[str, Any] = field(default_factory=dict)
    default_input: Mapping[str, Any] | None = None
    varying: tuple[NodePath, ...] = ()
    name_varies: bool = False
    uploads: tuple[Upload, ...] = ()
    given: tuple[GivenSettings, ...] = ()


@dataclass(frozen=True, slots=True)
class Integration:
    """What a task calls: `sagemaker:createTrainingJob`, its pattern, and a bare ARN where it has one.

    `pattern` is `""` (request-response), `sync`, `sync:2` or `waitForTaskToken`. `sdk` marks
    `aws-sdk:<service>:<action>`. A bare Lambda function or activity ARN has `service` `lambda` or
    `activity`, `action` `""` and the ARN in `arn`.
    """

    service: str
    action: str
    pattern: str = ""
    sdk: bool = False
    arn: str | Text = ""


@dataclass(frozen=True, slots=True)
class State:
    """One state, wherever it is nested. `node` is its mapping in the definition's tree."""

    path: NodePath
    name: str
    type: str
    node: Mapping[Any, Node]
    location: SourceLocation
    integration: Integration | None = None


INPUT_KINDS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "list": (list,),
    "dict": (dict,),
    "object": (dict,),
}
"""What an input's declared type takes of JSON, as Python's types."""


@dataclass(frozen=True, slots=True)
class ExecutionInput:
    """What the definition reads of its execution's input: declared ones and those found in paths."""

    name: str
    type: str = ""
    readers: tuple[SourceLocation, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """A state machine's definition with tokens, its states flattened.

    `default_input`, where not None, is the execution input that a ready-made pipeline wants, with tokens;
    `tags` are the workflow's own, with tokens.
    """

    workflow: LoadedWorkflow
    tree: Mapping[Any, Node]
    states: tuple[State, ...]
    inputs: tuple[ExecutionInput, ...] = ()
    parameters: tuple[ParameterDeclaration, ...] = ()
    default_input: Node = None
    tags: Mapping[Any, Node] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The workflow's name, the middle of the state machine's."""
        return self.workflow.name


@dataclass(frozen=True, slots=True)
class Permission:
    """What the state machine's role may do besides its states' calls: one statement, and why.

    A resource `*` stands for itself. `conditions` are operator, condition key and values.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str | Text, ...]
    why: str
    conditions: tuple[tuple[str, str, tuple[str | Text, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class AssetFile:
    """A file of an asset: `path` below the asset's name, with forward slashes, empty for a single file."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Asset:
    """Code or data that the definition names and a deployment uploads.

    It stands in S3 at `<AssetPrefix>/<sha256>/<name>`, its files below that. `sha256` is that of the body of
    a single file, or of the sorted listing of a folder.
    """

    name: str
    sha256: str
    files: tuple[AssetFile, ...]


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file to be written; `path` is relative to the output folder, with forward slashes."""

    path: str
    content: str


@dataclass(frozen=True, slots=True)
class LintSubject:
    """What cfn-lint gets of one template.

    `template` is the emitted text. `probe` is a template whose state machine has the definition with
    typed dummies in place of the tokens. `lines` maps a state's path (`States/Train`) to its place.
    """

    output: str
    template: str
    probe: str
    location: SourceLocation
    lines: Mapping[str, SourceLocation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A state, its call, and what of a statement of a role it needs, and why.

    `state` and `call` are empty where no state alone needs it (the trust policy, the settings' own statements).
    `place` is the state's line, `sid` the statement in the template (empty: no statement of a policy).
    """

    role: str
    state: str
    place: str
    call: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[str, ...]
    why: str


PSEUDO_PARAMETERS = (
    "AWS::AccountId",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
)
"""Those whose value is text (docs.aws.amazon.com/AWSCloudFormation, Pseudo parameters reference)."""

PIPELINE_NAME = Token("PipelineName")
TARGET_ENV = Token("TargetEnv")
LONGEST_PIPELINE_NAME = 40
"""What `PipelineName`'s AllowedPattern allows."""


def machine_name(workflow: str) -> Text:
    """The state machine's name: `${PipelineName}-<workflow>-${TargetEnv}`."""
    return Text((PIPELINE_NAME, f"-{workflow}-", TARGET_ENV))


def resolve(node: Node, value: Callable[[Token], Any]) -> Any:
    """The tree as plain JSON values, with `value(token)` in place of each token (as text inside a `Text`)."""
    if isinstance(node, Token):
        return value(node)
    if isinstance(node, Text):
        return "".join(p if isinstance(p, str) else str(value(p)) for p in node.pieces)
    if isinstance(node, Mapping):
        return {resolve(key, value): resolve(item, value) for key, item in node.items()}
    if isinstance(node, (list, tuple)):
        return [resolve(item, value) for item in node]
    return node


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, objects in objects too; `above` stands where both have a value."""
    out = dict(below)
    for key, item in above.items():
        old = out.get(key)
        both = isinstance(old, Mapping) and isinstance(item, Mapping)
        out[key] = merged(old, item) if both else item  # type: ignore[arg-type]
    return out


def names(node: Node) -> set[str]:
    """The names of all tokens in a tree."""
    if isinstance(node, Token):
        return {node.name}
    if isinstance(node, Text):
        return {token.name for token in node.tokens}
    if isinstance(node, Mapping):
        return set().union(*(names(key) | names(item) for key, item in node.items()))
    if isinstance(node, (list, tuple)):
        return set().union(*map(names, node))
    return set()


def transform(definition: Definition, leaf: Callable[[Node], Node]) -> Definition:
    """The definition with `leaf` applied to every leaf and every key; states follow their nodes."""
    rebuilt: dict[int, Any] = {}

    def walk(node: Node) -> Node:
        if isinstance(node, Mapping):
            new: Any = {leaf(key): walk(item) for key, item in node.items()}
            rebuilt[id(node)] = new
            return new
        if isinstance(node, (list, tuple)):
            return [walk(item) for item in node]
        return leaf(node)

    tree = walk(definition.tree)
    states = []
    for state in definition.states:
        node = rebuilt[id(state.node)]
        integration = state.integration
        if integration and integration.arn:
            integration = replace(integration, arn=node["Resource"])
        states.append(replace(state, node=node, integration=integration))
    given = walk(definition.default_input)
    tags = walk(definition.tags)
    return replace(definition, tree=tree, states=tuple(states), default_input=given, tags=tags)


def with_tree(definition: Definition, tree: Node, default_input: Node) -> Definition:
    """The definition with another tree of the same states; states follow their nodes."""

    def found(path: NodePath) -> Any:
        node: Any = tree
        for name in path:
            if isinstance(node, Mapping) and name in node:
                node = node[name]
            elif isinstance(node, Mapping):
                node = next(
                    item
                    for key, item in node.items()
                    if (key.shown if isinstance(key, Text) else key) == name
                )
            else:
                node = node[int(name)]
        return node

    states = []
    for state in definition.states:
        node = found(state.path)
        integration = state.integration
        if integration and integration.arn:
            integration = replace(integration, arn=node["Resource"])
        states.append(replace(state, node=node, integration=integration))
    return replace(definition, tree=tree, states=tuple(states), default_input=default_input)


def with_added(
    definition: Definition,
    tree: Node,
    places: Mapping[NodePath, SourceLocation],
    calls: Mapping[NodePath, Integration] | None = None,
) -> Definition:
    """The definition with another tree that has further states, in document order.

    `places` are the lines of what is added, by path, `calls` the integrations of added tasks.
    """
    old = {state.path: state for state in definition.states}
    states = []
    for path, node in _states_in(tree, ()):
        if found := old.get(path):
            integration = found.integration
            if integration and integration.arn:
                integration = replace(integration, arn=node["Resource"])
            states.append(replace(found, node=node, integration=integration))
        else:
            place = replace(places[path], state="/".join(path))
            states.append(State(path, path[-1], node["Type"], node, place, (calls or {}).get(path)))
    return replace(definition, tree=tree, states=tuple(states))


def _states_in(tree: Node, path: NodePath) -> Iterator[tuple[NodePath, Any]]:
    """Every state of a (sub)definition, each followed by those nested in it."""
    for key, node in tree["States"].items():
        here = (*path, "States", key.shown if isinstance(key, Text) else key)
        yield here, node
        for number, branch in enumerate(node.get("Branches", ())):
            yield from _states_in(branch, (*here, "Branches", str(number)))
        for name in ("ItemProcessor", "Iterator"):
            if name in node:
                yield from _states_in(node[name], (*here, name))


def starts(tree: Node) -> frozenset[str]:
    """The states of a (sub)definition that always begin with its own input.

    The first, and behind a Choice that passes it on those that nothing else leads to.
    """
    found = {_name(tree.get("StartAt"))}
    states = {_name(key): node for key, node in tree["States"].items()}
    ways = [(name, target) for name, node in states.items() for target in _targets(node)]
    passing: set[str] = set()
    ahead = list(found)
    while ahead:
        name = ahead.pop()
        node = states.get(name, {})
        if node.get("Type") == "Choice" and not {"InputPath", "OutputPath", "Output"} & set(node):
            passing.add(name)
            before = {target: {one for one, other in ways if other == target} for target in _targets(node)}
            new = [target for target in before if target not in found and before[target] <= passing]
            found.update(new)
            ahead += new
    return frozenset(found)


def _name(value: Node) -> str:
    return value.shown if isinstance(value, Text) else str(value)


def _targets(node: Mapping[Any, Node]) -> set[str]:
    """The names of the states that a state leads to."""
    entries = (node, *node.get("Choices", ()), *node.get("Catch", ()))
    return {_name(entry[key]) for entry in entries for key in ("Next", "Default") if key in entry}
