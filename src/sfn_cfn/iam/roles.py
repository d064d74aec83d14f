"""Definition -> Definition: the template's own role in each place where a state passes one to SageMaker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sfn_cfn.iam import arns, table, values
from sfn_cfn.iam.entries import Role
from sfn_cfn.model import Definition, Node, NodePath, State, Text, Token
from sfn_cfn.template.intrinsics import get_att, if_, ref

ROLE = "SageMakerExecutionRole"
ROLE_PARAMETER = "SageMakerRoleArn"
ROLE_CONDITION = "CreateSageMakerExecutionRole"

SAGEMAKER_ROLE = Token("SageMakerRole", if_(ROLE_CONDITION, get_att(ROLE, "Arn"), ref(ROLE_PARAMETER)))
"""The role of the stack, or the one that its parameter gives."""

PLACED = Text((SAGEMAKER_ROLE,))


def place_role(definition: Definition, keep: bool = False) -> Definition:
    """The definition with `SAGEMAKER_ROLE` wherever a state passes a role to SageMaker.

    A role that is known at run time only (`RoleArn.$`) stays. With `keep`, so does a role's ARN and a
    parameter of the author's own.
    """
    tree = definition.tree
    for state in definition.states:
        for path, leaf in _role_leaves(state):
            if not (keep and _is_own(leaf)) and not _is_run_time(leaf):
                tree = _with(tree, path, PLACED)
    tree = _renamed(tree)
    states = tuple(replace(state, node=_at(tree, state.path)) for state in definition.states)
    given = _renamed(_placed_in_input(definition.default_input, keep))
    return replace(definition, tree=tree, states=states, default_input=given)


def _placed_in_input(node: Node, keep: bool) -> Any:
    """A ready-made pipeline's input: its roles stand under the API's own names."""
    if isinstance(node, Mapping):
        return {
            key: PLACED
            if key in ("RoleArn", "ExecutionRoleArn")
            and isinstance(item, (str, Text))
            and not (keep and _is_own(item))
            else _placed_in_input(item, keep)
            for key, item in node.items()
        }
    if isinstance(node, (list, tuple)):
        return [_placed_in_input(item, keep) for item in node]
    return node


def passed_roles(state: State) -> Iterator[Role]:
    """The table's roles that a state may pass; an AWS SDK call passes those of the same integration."""
    if state.integration:
        name = f"{state.integration.service}:{state.integration.action}"
        if entry := table.INTEGRATIONS.get(name):
            yield from entry.roles


def passes_template_role(state: State) -> bool:
    """Whether a state passes the template's role to SageMaker."""
    given = values.parameters(state.node)
    return any(
        found.text == PLACED for role in passed_roles(state) for found in values.values(given, role.field)
    )


def uses_template_role(definition: Definition) -> bool:
    """Whether the template's role stands anywhere in the definition."""
    return _holds(definition.tree)


def _holds(node: Node) -> bool:
    if isinstance(node, Text):
        return SAGEMAKER_ROLE in node.pieces
    if isinstance(node, Mapping):
        return any(map(_holds, node.values()))
    return isinstance(node, (list, tuple)) and any(map(_holds, node))


def _role_leaves(state: State) -> Iterator[tuple[NodePath, str | Text]]:
    """The roles that a state passes to SageMaker; one with `Credentials` passes a role of the account it calls."""
    if "Credentials" in state.node:
        return
    for role in passed_roles(state):
        if table.SAGEMAKER_SERVICE in role.services:
            for key in ("Parameters", "Arguments"):
                if key in state.node:
                    yield from _leaves(state.node[key], (*state.path, key), role.field)


def _leaves(node: Node, path: NodePath, field: str) -> Iterator[tuple[NodePath, str | Text]]:
    head, _, rest = field.partition(".")
    name = head.removesuffix("[]")
    if not isinstance(node, Mapping) or name not in node:
        return
    child = node[name]
    places: list[tuple[NodePath, Node]] = [((*path, name), child)]
    if head.endswith("[]"):
        items = child if isinstance(child, (list, tuple)) else ()
        places = [((*path, name, str(index)), item) for index, item in enumerate(items)]
    for place, item in places:
        if rest:
            yield from _leaves(item, place, rest)
        elif isinstance(item, (str, Text)):
            yield place, item


def _is_run_time(leaf: str | Text) -> bool:
    return (leaf.shown if isinstance(leaf, Text) else leaf).lstrip().startswith("{%")


def _is_own(leaf: str | Text) -> bool:
    """Whether a role is an ARN, or nothing but a parameter other than the template's."""
    single = isinstance(leaf, Text) and len(leaf.pieces) == 1 and leaf.pieces[0]
    own = isinstance(single, Token) and single.value is None and single.name != ROLE_PARAMETER
    return own or arns.is_role_arn(leaf)


def _shown(key: Any) -> Any:
    return key.shown if isinstance(key, Text) else key


def _at(tree: Node, path: NodePath) -> Any:
    """The node at a path."""
    for step in path:
        tree = tree[int(step)] if isinstance(tree, (list, tuple)) else tree[_key(tree, step)]
    return tree


def _key(node: Mapping[Any, Node], step: str) -> Any:
    return step if step in node else next(key for key in node if _shown(key) == step)


def _with(tree: Node, path: NodePath, leaf: Node) -> Any:
    """The tree with another leaf at a path; what is beside the path is shared."""
    if not path:
        return leaf
    step, rest = path[0], path[1:]
    if isinstance(tree, (list, tuple)):
        return [_with(item, rest, leaf) if str(i) == step else item for i, item in enumerate(tree)]
    wanted = _key(tree, step)
    return {
        key: _with(item, rest, leaf) if key is wanted or key == wanted else item for key, item in tree.items()
    }


def _renamed(node: Node) -> Any:
    """`${SageMakerRoleArn}` anywhere means the role in use, which the bare parameter may leave empty."""
    if isinstance(node, Text):
        pieces = (SAGEMAKER_ROLE if p == Token(ROLE_PARAMETER) else p for p in node.pieces)
        return Text(tuple(pieces))
    if isinstance(node, Mapping):
        return {key: _renamed(item) for key, item in node.items()}
    if isinstance(node, (list, tuple)):
        return [_renamed(item) for item in node]
    return node
