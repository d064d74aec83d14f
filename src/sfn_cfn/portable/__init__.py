"""Definition -> Definition: values of the build's world become tokens; and the mappings that these need.

The sentinel account and region stand nowhere in the project's text, so whatever holds them came from the
SDK: bucket names (the SDK's default bucket is `sagemaker-<region>-<account>`), ARNs, image URIs, host names.
A partition that stands in an ARN becomes `${AWS::Partition}` in any case, and the account and the region of
SageMaker's own images become tokens whoever wrote them.

    tables      what images there are, and the account of each by region
    places      a text cut at the values of the world
    mappings    the Mappings and Rules of the tables, and their limits
    written     findings: what stays bound to a region, an account or a partition
    elsewhere   findings: what a build in another partition makes otherwise
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sfn_cfn import images
from sfn_cfn.model import Definition, Node, ParameterDeclaration, Text, Token, World, names, transform
from sfn_cfn.portable import places
from sfn_cfn.portable.elsewhere import differences, not_built
from sfn_cfn.portable.mappings import image_fragment, unruled
from sfn_cfn.portable.tables import literals, tables
from sfn_cfn.portable.written import absent_images, fixed_defaults, foreign_images, written_places
from sfn_cfn.template.tokens import DATA_BUCKET, DATA_BUCKET_PARAMETER

__all__ = [
    "absent_images",
    "differences",
    "fixed_defaults",
    "foreign_images",
    "image_fragment",
    "in_settings",
    "make_portable",
    "not_built",
    "tables",
    "unruled",
    "written_places",
]


def make_portable(definition: Definition, declared: Iterable[ParameterDeclaration] = ()) -> Definition:
    """The definition with the build's account, region, partition and default bucket as tokens.

    `declared` are the project's parameters. A `DataBucket` among them or in the workflow is the default bucket:
    its own value, or where its default is empty, what the template makes of an empty one.
    """
    world = definition.workflow.world
    accounts = _image_tokens(definition)
    own = _own_bucket(definition, declared)
    bucket = DATA_BUCKET if own is None or own.default == "" else Token(DATA_BUCKET_PARAMETER)
    out = transform(definition, lambda leaf: places.portable_leaf(leaf, world, accounts, bucket))
    if own is None or not _names_bucket(out, bucket):
        return out
    if bucket is DATA_BUCKET:
        out = transform(out, _in_use)
    others = (item for item in out.parameters if item.name != own.name)
    return replace(out, parameters=tuple(sorted((*others, own), key=lambda item: item.name)))


def in_settings(value: Any, world: World) -> Any:
    """Plain values of a workflow's settings, with the build's account, region and default bucket as tokens.

    These are written `${AWS::AccountId}`, `${AWS::Region}`, `${DataBucketName}`, as the settings' file has them.
    A text without any of them is as it was.
    """
    if isinstance(value, str):
        if world.account not in value and world.region not in value:
            return value
        leaf = places.portable_leaf(value, world, {}, DATA_BUCKET)
        pieces = leaf.pieces if isinstance(leaf, Text) else (leaf,)
        return "".join(f"${{{piece.name}}}" if isinstance(piece, Token) else str(piece) for piece in pieces)
    if isinstance(value, Mapping):
        return {in_settings(key, world): in_settings(item, world) for key, item in value.items()}
    return [in_settings(item, world) for item in value] if isinstance(value, list) else value


def _image_tokens(definition: Definition) -> dict[str, Token]:
    """The token of each image's account, by its URI as it stands."""
    by_accounts = {tuple(table.accounts.items()): table.token for table in tables(definition)}
    found = {
        match[0]: tuple(images.accounts(match[0]).items())
        for part in (definition.tree, definition.default_input, definition.tags)
        for leaf in literals(part)
        for match in images.URI.finditer(leaf)
    }
    return {uri: by_accounts[pairs] for uri, pairs in found.items() if pairs}


def _own_bucket(
    definition: Definition, declared: Iterable[ParameterDeclaration]
) -> ParameterDeclaration | None:
    """The author's declaration of the data bucket; one in the workflow stands before the project's."""
    known = (*definition.parameters, *definition.workflow.parameters, *declared)
    return next((item for item in known if item.name == DATA_BUCKET_PARAMETER), None)


def _names_bucket(definition: Definition, bucket: Token) -> bool:
    used = names(definition.tree) | names(definition.default_input) | names(definition.tags)
    return bucket.name in used


def _in_use(leaf: Node) -> Node:
    """`${DataBucket}` means the bucket in use where the parameter may be empty."""
    if isinstance(leaf, Text):
        return Text(
            tuple(DATA_BUCKET if piece == Token(DATA_BUCKET_PARAMETER) else piece for piece in leaf.pieces)
        )
    return leaf
