"""S3 URIs of a job -> the locations of a policy, and the statements that reach them.

A prefix of a data source is a prefix of keys (`train` reads `train.csv` too), an output is a folder, a model
archive is one object. A URI that only the execution knows is any bucket of this account: S3 has no narrower
pattern, so `aws:ResourceAccount` narrows it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sfn_cfn.iam.arns import ACCOUNT, PARTITION, Shapes, arn, default, is_settled, is_unknown, part_of
from sfn_cfn.iam.statements import Condition, Statement, pattern, shown, statement
from sfn_cfn.iam.values import ANY, fold
from sfn_cfn.model import Text, text

Kind: TypeAlias = "Literal['prefix', 'object', 'folder', 'bucket']"

READ = ("s3:GetObject",)
WRITE = ("s3:AbortMultipartUpload", "s3:PutObject")
_START = re.compile("s3://(?=[^/])|[\U000f0000-\U0010ffff]")
_BEFORE_BUCKET = re.compile(r"s3://|https://s3(?:[.-][^/]*)?/")
"""SageMaker takes `https://s3.<region>.<suffix>/bucket/key` too (pattern of `S3Uri` in its API Reference)."""

_SCHEME = re.compile("s3://[^/]")
_END = re.compile(r"[\s\"',;\])}]")
THIS_ACCOUNT: Condition = ("StringEquals", "aws:ResourceAccount", (Text((ACCOUNT,)),))


@dataclass(frozen=True, slots=True)
class Location:
    """A place in S3: the objects' path (`bucket/key*`), its bucket, and the key prefixes to list.

    `anywhere`: the bucket is not known before the execution.
    """

    path: str | Text
    bucket: str | Text
    prefixes: tuple[str | Text, ...]
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """A location that a job reads, writes, or both."""

    location: Location
    read: bool
    write: bool


def location(value: str | Text, kind: Kind, shapes: Shapes) -> Location:
    """The location that a URI names. Raises ValueError on a literal that is no S3 URI."""
    folded = fold(value)
    string = folded.string.strip().strip('"')
    if head := _BEFORE_BUCKET.match(string):
        name, _, key = string[head.end() :].partition("/")
        bucket = folded.part(name)
        prefixes = _keys(folded.part(key), kind)
        path = text(bucket, "/", prefixes[-1])
        return Location(path, bucket, prefixes, anywhere=ANY in _pieces(bucket))
    if (start := default(value, shapes)).startswith("s3://") and not is_unknown(value):
        return _of_parameter(folded.part(string[0]), folded.part(string[1:]), start, kind)
    if is_settled(folded):
        raise ValueError("an S3 URI")
    return Location(text(ANY, "/", ANY), Text((ANY,)), (Text((ANY,)),), anywhere=True)


def _pieces(value: str | Text) -> tuple[object, ...]:
    return value.pieces if isinstance(value, Text) else (value,)


def _keys(key: str | Text, kind: Kind) -> tuple[str | Text, ...]:
    """The key prefixes that a location is listed by; the last is that of its objects."""
    folded = fold(key)
    bare = folded.part(folded.string.rstrip("/"))
    if kind == "bucket" or not bare:
        return (Text((ANY,)),)
    if kind == "object":
        return (key,)
    return (text(key, ANY),) if kind == "prefix" else (bare, text(bare, "/", ANY))


def _of_parameter(first: str | Text, rest: str | Text, start: str, kind: Kind) -> Location:
    """A URI that begins with a parameter: its bucket and path are cut out of the parameter's value.

    What is listed cannot be: CloudFormation has no function for all behind the first slash.
    """
    assert isinstance(first, Text)
    token = next(first.tokens)
    behind = part_of(token, (("s3://", 1),), "Path")
    bucket = text(part_of(token, (("s3://", 1), ("/", 0)), "Bucket"))
    whole = text(behind, rest)
    if kind == "bucket":
        whole = text(bucket, "/", ANY)
    elif kind == "folder" or (kind == "prefix" and not rest and "/" not in start.removeprefix("s3://")):
        folded = fold(whole)
        whole = text(folded.part(folded.string.rstrip("/")), "/", ANY)
    elif kind == "prefix":
        whole = text(whole, ANY)
    return Location(whole, bucket, (Text((ANY,)),))


def is_uri(value: str | Text, shapes: Shapes) -> bool:
    """Whether a text (perhaps JSON-quoted, as hyperparameters are) is an S3 URI as far as one can see."""
    string = fold(value).string.strip().strip('"')
    return bool(_SCHEME.match(string)) or (
        not is_unknown(value) and default(value, shapes).startswith("s3://")
    )


def uris_within(value: str | Text, shapes: Shapes) -> Iterator[str | Text]:
    """The S3 URI that a text is, or all those in the midst of it (`--input=s3://bucket/key`, JSON)."""
    folded = fold(value)
    if is_uri(value, shapes) and folded.string.count("s3://") < 2:
        yield value
        return
    for found in _START.finditer(folded.string):
        token = folded.part(found[0])
        if isinstance(token, str) or default(token, shapes).startswith("s3://"):
            end = _END.search(folded.string, found.end())
            yield folded.part(folded.string[found.start() : end.start() if end else None])


def statements(accesses: Iterable[Access]) -> Iterator[Statement]:
    """Objects by direction of use, listing by prefix, and the buckets' regions."""
    found = list(accesses)
    for anywhere in (False, True):
        conditions = (THIS_ACCOUNT,) if anywhere else ()
        group = [one for one in found if one.location.anywhere is anywhere]
        for sid, actions, wanted in (
            ("S3Read", READ, [one.location for one in group if one.read]),
            ("S3Write", WRITE, [one.location for one in group if one.write]),
        ):
            if wanted:
                yield statement(sid, actions, [_arn(one.path) for one in wanted], conditions)
        buckets = [_arn(one.location.bucket) for one in group]
        if buckets:
            yield statement("S3Location", ["s3:GetBucketLocation"], buckets, conditions)
    yield from _lists(one.location for one in found)


def _lists(locations: Iterable[Location]) -> Iterator[Statement]:
    buckets: dict[tuple[str, bool], list[Location]] = defaultdict(list)
    for one in locations:
        buckets[shown(one.bucket), one.anywhere].append(one)
    for _, group in sorted(buckets.items(), key=lambda item: item[0]):
        prefixes = [pattern(prefix) for one in group for prefix in one.prefixes]
        conditions: tuple[Condition, ...] = (THIS_ACCOUNT,) if group[0].anywhere else ()
        if "*" not in prefixes:
            conditions = (*conditions, ("StringLike", "s3:prefix", tuple(prefixes)))
        yield statement("S3List", ["s3:ListBucket"], [_arn(group[0].bucket)], conditions)


def _arn(path: str | Text) -> str | Text:
    return arn("s3", path, region="", account="", partition=PARTITION)
