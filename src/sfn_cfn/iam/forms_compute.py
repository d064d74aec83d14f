"""What names a resource in a call -> the ARNs of the policy: the forms of services that run containers and clusters."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

from sfn_cfn.iam import arns
from sfn_cfn.iam.arns import Form, Shapes, Target, arn, default, is_token, is_unknown, part_of
from sfn_cfn.iam.entries import Resource
from sfn_cfn.iam.values import ANY, fold
from sfn_cfn.model import Text, Token, text


def _revised(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A task or job definition: a name, `name:revision` or an ARN.

    Without a revision the service takes the latest. Whether it then authorises the name or the revision has
    changed with time (Batch user guide, "Accounting for job definition revisions"), so that both are named.
    """
    folded = fold(value)
    string = folded.string
    whole = string.startswith("arn:") or default(value, shapes).startswith("arn:")
    if whole:
        [(found, _)] = arns.given_arn(resource, value, shapes)
    elif folded.tokens or re.fullmatch(r"[A-Za-z0-9_-]+(:[0-9]+)?", string):
        found = arn(resource.service, resource.path, value)
    else:
        raise ValueError(f"a {resource.path.rstrip('/').replace('-', ' ')}")
    revised = ":" in (string.split(":", 5)[-1] if string.startswith("arn:") else string)
    return [(found, ())] if revised else [(found, ()), (text(found, ":", ANY), ())]


def _cluster(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """An ECS cluster's name or ARN: its ARN, or those of its tasks where the path is `task/`."""
    folded = fold(value)
    fields = folded.string.split(":")
    rest = ("/", ANY) if resource.path == "task/" else ()
    if is_unknown(value):
        return [(arn("ecs", resource.path, ANY), ())]
    if fields[0] == "arn":
        if len(fields) != 6 or fields[2] != "ecs" or not re.fullmatch("cluster/.+", fields[5]):
            raise ValueError("an ECS cluster")
        start = folded.part(":".join(fields[:5]))
        return [(text(start, ":", resource.path, folded.part(fields[5].partition("/")[2]), *rest), ())]
    if is_token(folded) and default(value, shapes).startswith("arn:"):
        region, account, name = (
            part_of(folded.tokens[0], steps, part)
            for steps, part in (
                (((":", 3),), "Region"),
                (((":", 4),), "Account"),
                (((":", 5), ("/", 1)), "Name"),
            )
        )
        return [(arn("ecs", resource.path, name, *rest, region=region, account=account), ())]
    if ":" in folded.string or "/" in folded.string:
        raise ValueError("an ECS cluster")
    return [(arn("ecs", resource.path, value, *rest), ())]


def _owner(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """The CodeBuild project or report group of an ID `name:id`, or of an ARN that ends in such an ID.

    CodeBuild authorises what is done to a build, a batch or a report by its project or group.
    """
    folded = fold(value)
    whole = re.fullmatch(
        r"(arn:[^:]+:codebuild:[^:]*:[^:]*:)(?:build|build-batch|report)/(.+)", folded.string
    )
    if folded.string.startswith("arn:") and not whole:
        raise ValueError("an ID of a build or a report")
    name, colon, _ = (whole[2] if whole else folded.string).partition(":")
    token, usual = next(iter(folded.tokens), ANY), default(value, shapes)
    if not whole and is_token(folded) and ":" in usual:
        steps = ((":", 5), ("/", 1)) if usual.startswith("arn:") else ((":", 0),)
        found: str | Text = Text((part_of(token, steps, "Name"),))
    elif colon:
        found = folded.part(name)
    elif isinstance(value, Text):
        found = text(*_known_start(value), ANY)
    else:
        raise ValueError("an ID of a build or a report")
    where = (
        text(folded.part(whole[1]), resource.path, found) if whole else arn("codebuild", resource.path, found)
    )
    return [(where, ())]


def _known_start(value: Text) -> Iterator[str | Token]:
    """What is known of a text before the execution; without such a part a token may hold the end as well."""
    return itertools.takewhile(lambda piece: piece != ANY, value.pieces if ANY in value.pieces else ())


def _role_or_name(resource: Resource, value: str | Text, shapes: Shapes) -> list[Target]:
    """A role by its ARN, or by its name, with or without its path; an instance profile stands for its role.

    A name is unique in an account whatever its path, so that a pattern for the path covers no other role. A
    profile and its role have one name where EMR or the console made them; nothing else tells the role.
    """
    folded = fold(value)
    if profile := re.fullmatch(r"(arn:[^:]+:iam::[^:]+:)instance-profile/(?:.+/)?([^/]+)", folded.string):
        start, name = folded.part(profile[1]), folded.part(profile[2])
        return [(text(start, "role/", *path, name), ()) for path in ((), (ANY, "/"))]
    if is_unknown(value) or folded.string.startswith("arn:") or default(value, shapes).startswith("arn:"):
        return arns.role(resource, value, shapes)
    name = value if isinstance(value, Text) else value.strip("/")
    if not name or ":" in folded.string:
        raise ValueError("a role")
    if "/" in folded.string:
        return [(arn("iam", "role/", name, region=""), ())]
    return [(arn("iam", "role/", *path, name, region=""), ()) for path in ((), (ANY, "/"))]


FORMS: Mapping[str, Form] = {
    "revision": _revised,
    "cluster": _cluster,
    "owner": _owner,
    "role or name": _role_or_name,
}
