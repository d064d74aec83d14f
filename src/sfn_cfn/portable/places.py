"""A text of a definition -> its pieces: what holds the build's account, region or bucket becomes tokens.

An image of SageMaker becomes portable whoever wrote it; everything else only where it holds a value of the
build's world, which stands nowhere in the project's text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from sfn_cfn import images
from sfn_cfn.model import Node, Text, Token, World, text

ACCOUNT = Token("AWS::AccountId")
PARTITION = Token("AWS::Partition")
REGION = Token("AWS::Region")
URL_SUFFIX = Token("AWS::URLSuffix")

SUFFIX = r"(?:amazonaws\.(?:com(?:\.cn)?|eu)|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
"""What follows a region in a service's host (endpoint data of the AWS SDKs), a pattern."""

ARN = r"(?<![A-Za-z0-9])arn:(?P<partition>aws(?:-[a-z]+)*):"
_BEHIND = re.compile(rf"\.{SUFFIX}(?![A-Za-z0-9.-])")
_BUCKET_END = r"(?![A-Za-z0-9_-])(?!\.(?!s3[.-])[a-z0-9])"
_BUCKET_START = (
    r"(?:(?<=s3://)|(?<=s3a://)|(?<=s3n://)|(?<=:::)"
    r"|(?<=amazonaws\.com/)|(?<=amazonaws\.com\.cn/)|(?<![A-Za-z0-9._:/-]))"
)
"""A bucket's name begins a text or a word, or stands in a URI or an ARN; elsewhere it is a part of a key."""


def bucket_name(world: World) -> str:
    """The SDK's default bucket."""
    return f"sagemaker-{world.region}-{world.account}"


def portable_leaf(leaf: Node, world: World, accounts: Mapping[str, Token], bucket: Token) -> Node:
    """A leaf with tokens. `accounts`: the token of each image's account, by its whole URI."""
    if isinstance(leaf, str):
        return text(*_pieces(leaf, world, accounts, bucket))
    if isinstance(leaf, Text):
        pieces: list[str | Token] = []
        for piece in leaf.pieces:
            pieces += _pieces(piece, world, accounts, bucket) if isinstance(piece, str) else (piece,)
        return text(*pieces)
    return leaf


def is_bound(match: re.Match[str]) -> bool:
    """Whether an image stands in an account of SageMaker's and nobody knows which account keeps it elsewhere."""
    return images.is_owner(match["account"]) and not images.accounts(match[0])


def _pieces(value: str, world: World, accounts: Mapping[str, Token], bucket: Token) -> list[str | Token]:
    pieces: list[str | Token] = []
    end = 0
    for match in images.URI.finditer(value):
        account = accounts.get(match[0])
        if account is None and not is_bound(match):
            continue
        pieces += _of_world(value, end, match.start(), world, bucket)
        end = match.end()
        if account is None:
            pieces.append(match[0])
        else:
            rest = value[match.start("repository") : end]
            pieces += [account, ".dkr.ecr.", REGION, ".", URL_SUFFIX, f"/{rest}"]
    return [*pieces, *_of_world(value, end, len(value), world, bucket)]


def _of_world(value: str, start: int, stop: int, world: World, bucket: Token) -> list[str | Token]:
    """The text from `start` to `stop`, cut at the values of the world and at partitions."""
    pieces: list[str | Token] = []
    end = start
    for match in _pattern(world).finditer(value, start):
        if match.start() < end or match.end() > stop:
            continue
        head, tokens, last = value[end : match.start()], _tokens(match, bucket), match.end()
        if match["region"] and (suffix := _BEHIND.match(value, last)):
            tokens += [".", URL_SUFFIX]
            last = suffix.end()
        pieces += [head, *tokens]
        end = last
    return [*pieces, value[end:stop]]


def _tokens(match: re.Match[str], bucket: Token) -> list[str | Token]:
    if match["bucket"]:
        return [bucket]
    if match["account"]:
        return [ACCOUNT]
    if match["region"]:
        # The form `s3-<region>` exists in old regions only.
        return ["s3.", REGION] if match["old"] else [REGION]
    return ["arn:", PARTITION, ":"]


@functools.cache
def _pattern(world: World) -> re.Pattern[str]:
    region = re.escape(world.region)
    return re.compile(
        rf"{_BUCKET_START}(?P<bucket>{re.escape(bucket_name(world))}){_BUCKET_END}"
        rf"|(?<!\d)(?P<account>{world.account})(?!\d)"
        rf"|(?P<old>(?<![A-Za-z0-9-])s3-(?={region}\.{SUFFIX}))?(?<![A-Za-z0-9])(?P<region>{region})(?!\d)"
        rf"|{ARN}"
    )
