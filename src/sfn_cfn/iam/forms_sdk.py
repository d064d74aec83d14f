"""What names a resource in an AWS SDK call -> the ARNs of the policy: the forms of services that have one of their own.

The forms in `FILLED` are given a path that the parameters have filled in, as `format` is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from urllib.parse import unquote

from sfn_cfn.iam import arns, storage
from sfn_cfn.iam.arns import Form, Shapes, Target, arn, default, is_token, is_unknown
from sfn_cfn.iam.entries import Resource
from sfn_cfn.iam.statements import Condition
from sfn_cfn.iam.values import ANY, UNKNOWN, fold
from sfn_cfn.model import Text, text

_STATEMENT = re.compile(
    r"(?is)^\s*(?:exists\s*\(\s*)?(select)\b.*?\bfrom\s+(\S+)|^\s*(insert)\s+into\s+(\S+)"
    r"|^\s*(update)\s+(\S+)|^\s*(delete)\s+from\s+(\S+)"
)
_VERBS = ("select", "insert", "update", "delete")


def _bucket(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A bucket, or `bucket/key`; an access point's ARN stands for the bucket. Any bucket is one of this account."""
    if fold(value).string.startswith("arn:") or default(value, shapes).startswith("arn:"):
        [(whole, _)] = arns.given_arn(resource, value, shapes)
        return [(text(whole, "/object/", ANY) if "/" in resource.path else whole, ())]
    return _in_s3(value)


def _in_s3(path: str | Text) -> list[Target]:
    folded = fold(path)
    bucket = folded.part(folded.string.partition("/")[0])
    unknown = isinstance(bucket, Text) and ANY in bucket.pieces
    conditions: tuple[Condition, ...] = (storage.THIS_ACCOUNT,) if unknown else ()
    return [(arn("s3", path, region="", account=""), conditions)]


def _copied(wants_version: bool, _resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """The source of a copy: `bucket/key` (URL-encoded), or the ARN of an object behind an access point.

    A version of it (`?versionId=`) asks for an action of its own, so that a source is one or the other.
    """
    folded = fold(value)
    before, version, _ = folded.string.partition("?versionId=")
    if bool(version) is not wants_version:
        return []
    if before.startswith("arn:") or default(value, shapes).startswith("arn:"):
        return [(folded.part(before), ())]
    path = folded.part(unquote(before.lstrip("/")))
    return _in_s3(text(ANY, "/", ANY) if is_unknown(value) or "/" not in fold(path).string else path)


def _media(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """An object by its URI, `s3://<bucket>/<key>` or `https://s3.<region>.<suffix>/<bucket>/<key>`."""
    folded = fold(value)
    https = re.match(r"https://(?:s3[.-][^/]*/([^/]+)|([^/.]+)\.s3[.-][^/]*)/", folded.string)
    if https:
        value = folded.part(f"s3://{https[1] or https[2]}/{folded.string[https.end() :]}")
    found = storage.location(value, "object", shapes)
    conditions = (storage.THIS_ACCOUNT,) if found.anywhere else ()
    return [(arn("s3", found.path, region="", account=""), conditions)]


def _any_arn(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """An ARN of any service; IAM has no pattern for the services."""
    folded = fold(value)
    known = folded.string.startswith("arn:") or default(value, shapes).startswith("arn:") or is_token(folded)
    return [(value if known else UNKNOWN, ())]


def _alias(resource: Resource, value: str | Text, _shapes: Shapes) -> list[Target]:
    """An alias of a key, `alias/<name>`."""
    folded = fold(value)
    name = folded.part(folded.string.removeprefix("alias/"))
    return [(arn(resource.service, resource.path, name), ())]


def _document(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A document of Systems Manager; one of AWS' own, which has no account in its ARN, or of the stack's account."""
    if fold(value).string.startswith("arn:") or default(value, shapes).startswith("arn:"):
        return arns.given_arn(resource, value, shapes)
    own, of_aws = (arn(resource.service, resource.path, value, account=one) for one in (arns.ACCOUNT, ""))
    if isinstance(value, Text) and not isinstance(value.pieces[0], str):
        return [(own, ()), (of_aws, ())]
    return [(of_aws if fold(value).string.startswith("AWS") else own, ())]


def _both(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """As `format`, in both spellings: nothing shows for all types whether SageMaker lower-cases their names."""
    found = arns.formatted(resource, value, shapes)
    if fold(value).string.startswith("arn:") or default(value, shapes).startswith("arn:"):
        return found
    pieces = value.pieces if isinstance(value, Text) else (value,)
    lowered = text(*(piece.lower() if isinstance(piece, str) else piece for piece in pieces))
    return [*found, *arns.formatted(resource, lowered, shapes)]


def _path(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """As `format`; a name that begins with a slash brings the one that the path has before it."""
    folded = fold(value)
    return arns.formatted(resource, folded.part(folded.string.replace("//", "/")), shapes)


def _partiql(verb: str, resource: Resource, value: str | Text, _shapes: Shapes) -> list[Target]:
    """The table of a PartiQL statement, or its index, where the statement begins with `verb`.

    A statement that only the execution knows may begin with any of them.
    """
    folded = fold(value)
    match = _STATEMENT.match(folded.string)
    if not match:
        verbs = folded.string.split(None, 1)
        known = bool(verbs) and verbs[0].lower() in _VERBS
        if not folded.tokens or (known and verbs[0].lower() != verb):
            return []
        return [(arn(resource.service, resource.path, ANY), ())]
    found, name = (one for one in match.groups() if one)
    if found.lower() != verb:
        return []
    table, _, index = name.replace('"', "").replace("'", "").rstrip(";)").partition(".")
    path = [folded.part(table), *(["/index/", folded.part(index)] if index else [])]
    return [(arn(resource.service, resource.path, *path), ())]


def _sender(resource: Resource, value: str | Text, _shapes: Shapes) -> list[Target]:
    """The identities that an address may send by: its own, or that of its domain."""
    folded = fold(value)
    named = re.search(r"<([^<>]+)>\s*$", folded.string)
    address = named[1] if named else folded.string.strip()
    ones = [address, *([address.rpartition("@")[2]] if "@" in address else [])]
    return [(arn(resource.service, resource.path, folded.part(one)), ()) for one in ones]


FILLED = ("bucket", "both", "path")

FORMS: Mapping[str, Form] = {
    "alias": _alias,
    "any arn": _any_arn,
    "bucket": _bucket,
    "both": _both,
    "copied": functools.partial(_copied, False),
    "copied version": functools.partial(_copied, True),
    "document": _document,
    "path": _path,
    "sender": _sender,
    "media": _media,
    **{f"partiql {verb}": functools.partial(_partiql, verb) for verb in _VERBS},
}
