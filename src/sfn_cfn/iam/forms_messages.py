"""What names an API, a model, a connection or a place in S3 in a call -> the ARNs of the policy.

Sources: the API Gateway developer guide, "Control access for invoking an API" (`execute-api` ARNs); the Bedrock
user guide, "Prerequisites for inference profiles"; the Step Functions developer guide, "Call HTTPS APIs".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sfn_cfn.iam import storage
from sfn_cfn.iam.arns import (
    ACCOUNT,
    REGION,
    Form,
    Piece,
    Shapes,
    Target,
    arn,
    default,
    is_settled,
    is_token,
    part_of,
)
from sfn_cfn.iam.entries import Resource
from sfn_cfn.iam.statements import Condition
from sfn_cfn.iam.values import ANY, UNKNOWN, fold
from sfn_cfn.model import Text

_SCHEME = re.compile(r"^https?://")
_HOST = re.compile(r"([^.]+)\.execute-api\.([^.]+)\..+")
_INVENTORY = re.compile(r"(.*)/[^/]+/manifest\.json", re.DOTALL)
_FINAL_SLASHES = re.compile(r"/{2,}(?=.$)")

# The Bedrock user guide's table of inference profiles: each begins with the geography that it serves.
_PROFILE = re.compile(r"(?:us|us-gov|eu|apac|au|ca|jp|sa|in|kr|mx|il|uk|global)\.(?=[^.]+\.)")
_MODELS = frozenset({"custom-model-deployment", "foundation-model", "imported-model", "provisioned-model"})
_PROFILES = frozenset({"application-inference-profile", "inference-profile"})
_ROUTERS = frozenset({"default-prompt-router", "prompt-router"})


def _text(_resource: Resource, value: str | Text, _shapes: Shapes) -> list[Target]:
    """The text itself, for a condition."""
    return [(value, ())]


def _account(_resource: Resource, _value: str | Text, _shapes: Shapes) -> list[Target]:
    """The stack's account, for a condition."""
    return [(Text((ACCOUNT,)), ())]


def _api(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """`<host>/<stage>/<method>/<path>`; the host is `<id>.execute-api.<region>.<suffix>`."""
    folded = fold(value)
    host, _, rest = _SCHEME.sub("", folded.string).partition("/")
    name, region = _api_of(folded.part(host), shapes)
    stage, method, path = rest.split("/", 2)
    where = folded.part(f"/{stage}/{method}/{path.removeprefix('/')}")
    return [(arn("execute-api", name, where, region=region), ())]


def _api_of(host: str | Text, shapes: Shapes) -> tuple[Piece, Piece]:
    """The ID and the region of the API that a host serves."""
    folded = fold(host)
    if match := _HOST.fullmatch(folded.string):
        return folded.part(match[1]), folded.part(match[2])
    if is_settled(folded):
        raise ValueError("the host of an API (<id>.execute-api.<region>.amazonaws.com)")
    if is_token(folded) and _HOST.fullmatch(default(host, shapes)):
        token = folded.tokens[0]
        return part_of(token, ((".", 0),), "Api"), part_of(token, ((".", 2),), "Region")
    return ANY, REGION


def _model(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A model's ID or ARN, or an inference profile's, which stands for its models in other regions too."""
    if isinstance(value, Text) and value.pieces[0] == ANY:
        return _any_model()
    shape = default(value, shapes) or fold(value).string
    if shape.startswith("arn:"):
        return _model_by_arn(value, shape)
    if not shape or " " in shape or "/" in shape:
        raise ValueError("a model or an inference profile")
    if _PROFILE.match(shape):
        profile = arn("bedrock", "inference-profile/", value)
        return [(profile, ()), _models_of(profile, value)]
    return [(arn("bedrock", "foundation-model/", value, account=""), ())]


def _model_by_arn(value: str | Text, shape: str) -> list[Target]:
    fields = shape.split(":", 5)
    kind, _, name = fields[5].partition("/") if len(fields) == 6 and fields[2] == "bedrock" else ("", "", "")
    if kind in _MODELS and name:
        return [(value, ())]
    if kind in _PROFILES and name:
        folded = fold(value)
        literal = "inference-profile/" in folded.string and kind == "inference-profile"
        model = folded.part(folded.string.partition("/")[2]) if literal else UNKNOWN
        return [(value, ()), _models_of(value, model)]
    if kind in _ROUTERS and name:
        routed: Condition = ("ArnLike", "bedrock:PromptRouterArn", (value,))
        return [
            (value, ()),
            (arn("bedrock", "foundation-model/", ANY, region=ANY, account=""), (routed,)),
            (arn("bedrock", "inference-profile/", ANY), (routed,)),
        ]
    raise ValueError("a model or an inference profile")


def _models_of(profile: str | Text, named: str | Text) -> Target:
    """The model of a profile in every region, as far as its name tells, and only by way of the profile."""
    folded = fold(named)
    match = _PROFILE.match(folded.string)
    model = folded.part(folded.string[match.end() :]) if match else UNKNOWN
    where = arn("bedrock", "foundation-model/", model, region=ANY, account="")
    return (where, (("ArnLike", "bedrock:InferenceProfileArn", (profile,)),))


def _any_model() -> list[Target]:
    profiles = [arn("bedrock", f"{kind}/", ANY) for kind in sorted(_PROFILES)]
    condition: Condition = ("ArnLike", "bedrock:InferenceProfileArn", tuple(profiles))
    return [
        (arn("bedrock", "foundation-model/", ANY, account=""), ()),
        (arn("bedrock", "foundation-model/", ANY, region=ANY, account=""), (condition,)),
        *((profile, ()) for profile in profiles),
        (arn("bedrock", "provisioned-model/", ANY), ()),
    ]


def _base_model(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """The ID or ARN of a model that may be customised: a foundation model, or one that was customised before."""
    shape = default(value, shapes) or fold(value).string
    if shape.startswith("arn:"):
        fields = shape.split(":", 5)
        if len(fields) == 6 and fields[2] == "bedrock" and re.match("(foundation|custom)-model/.", fields[5]):
            return [(value, ())]
        raise ValueError("a base model")
    return [(arn("bedrock", "foundation-model/", value, account=""), ())]


def _connection_secret(_resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """The secret in which EventBridge keeps a connection's credentials: `events!connection/<name>/<id>`."""
    folded = fold(value)
    fields = folded.string.split(":", 5)
    if len(fields) == 6 and fields[2] == "events" and fields[5].startswith("connection/"):
        given = (folded.part(one) for one in (fields[5].split("/")[1], fields[3], fields[4]))
        return [(_secret(*given), ())]
    if is_token(folded) and default(value, shapes).count("/") > 1:
        region, account, name = (
            part_of(folded.tokens[0], steps, part)
            for steps, part in ((((":", 3),), "Region"), (((":", 4),), "Account"), ((("/", 1),), "Name"))
        )
        return [(_secret(name, region, account), ())]
    if is_settled(folded):
        raise ValueError("an ARN of a connection")
    return [(arn("secretsmanager", "secret:events!connection/", ANY), ())]


def _secret(name: Piece, region: Piece, account: Piece) -> str | Text:
    return arn("secretsmanager", "secret:events!connection/", name, "/", ANY, region=region, account=account)


def _place(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """The place that a URI names: its objects (`object`, `folder`) or its bucket (`bucket`)."""
    wanted = value if resource.field else UNKNOWN
    kind: storage.Kind = "object" if resource.path == "object" else "folder"
    found = storage.location(wanted, kind, shapes)
    path = found.bucket if resource.path == "bucket" else found.path
    conditions = (storage.THIS_ACCOUNT,) if found.anywhere else ()
    return [(arn("s3", path, region="", account=""), conditions)]


def _stored(_resource: Resource, value: str | Text, _shapes: Shapes) -> list[Target]:
    """`<bucket>/<key>`; a folder that ends in a slash, or is empty, has one slash before its objects."""
    folded = fold(value)
    listed = isinstance(value, Text) and value.pieces[-1] == ANY
    string = _FINAL_SLASHES.sub("/", folded.string) if listed else folded.string
    return [(arn("s3", folded.part(string), region="", account=""), ())]


def _inventory(_resource: Resource, value: str | Text, _shapes: Shapes) -> list[Target]:
    """What an inventory's manifest lists: `<folder>/<time>/manifest.json` -> `<folder>/data/*`."""
    folded = fold(value)
    match = _INVENTORY.fullmatch(folded.string)
    where = f"{match[1]}/data" if match else folded.string.partition("/")[0]
    return [(arn("s3", folded.part(where), "/", ANY, region="", account=""), ())]


FORMS: Mapping[str, Form] = {
    "text": _text,
    "account": _account,
    "api": _api,
    "model": _model,
    "base model": _base_model,
    "connection secret": _connection_secret,
    "place": _place,
    "stored": _stored,
    "inventory": _inventory,
}

FILLED = ("api", "stored", "inventory")
"""Forms whose `path` has parameters in braces, as `format` has."""
