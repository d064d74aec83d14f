"""What a call is, and how parameters name its resources. Written from AWS's documentation, not from the compiler."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from iam.simulate.machines import Place, plain, run_time
from iam.simulate.samples import NAME

Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A call that a role must be allowed to make.

    `resource` is an ARN, whose marked parts no policy can know. `others`: for condition keys of the context,
    values with which the same call must be denied.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    others: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    role: str = "workflow"  # or "jobs"

    @property
    def shown(self) -> str:
        given = "".join(f" {key}={value}" for key, value in self.context.items())
        return f"{self.action} {plain(self.resource)}{given}"


def values(node: Any, name: str) -> Iterator[Any]:
    """What stands under a name, at any depth."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == name:
                yield value
            yield from values(value, name)
    elif isinstance(node, list):
        for item in node:
            yield from values(item, name)


def texts(node: Any, name: str) -> list[str]:
    """The texts under a name, also in lists."""
    found = []
    for value in values(node, name):
        found += [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
    return found


def named(place: Place, service: str, form: str, given: Any, **arn: str) -> list[str]:
    """ARNs of what parameters name: `form` has the parameter's name, as in `job/{JobName}`.

    A parameter that is an ARN is the resource; one that is missing comes with the input, thus is a sample.
    """
    fields = re.findall(r"\{(\w+)\}", form)
    if not fields:
        return [place.arn(service, form, **arn)]
    found = []
    for value in texts(given, fields[0]) or [run_time(NAME)]:
        if plain(value).startswith("arn:"):
            found.append(value)
            continue
        rest = {name: (texts(given, name) or [run_time(NAME)])[0] for name in fields[1:]}
        found.append(place.arn(service, form.format(**{fields[0]: value}, **rest), **arn))
    return found


def pass_role(place: Place, role: str, service: str) -> Call:
    """`iam:PassRole` of one role to one service and to no other."""
    if not plain(role).startswith("arn:"):
        role = place.arn("iam", f"role/{role}", "")
    others = ("lambda.amazonaws.com", "cloudformation.amazonaws.com", "sagemaker-other.amazonaws.com")
    return Call("iam:PassRole", role, {"iam:PassedToService": service}, {"iam:PassedToService": others})


def watched(place: Place, rule: str) -> Iterator[Call]:
    """By which Step Functions learns that a job has ended: a rule that it manages."""
    for action in ("PutRule", "PutTargets", "DescribeRule"):
        yield Call(f"events:{action}", place.arn("events", f"rule/StepFunctionsGetEvent{rule}Rule"))


def grant_key(place: Place, key: str) -> Call:
    """To let a service use a key, and nobody else."""
    name = "kms:GrantIsForAWSResource"
    return with_key(place, "kms:CreateGrant", key, {name: "true"}, {name: ("false",)})


def with_key(
    place: Place, action: str, key: str, context: Mapping[str, Any], others: Mapping[str, Any]
) -> Call:
    """A key by its ID or ARN is one key, by its alias it is any key that has that alias."""
    alias = re.search(r"alias/.*", plain(key))
    if alias:
        context = {**context, "kms:ResourceAliases": [alias[0]]}
        others = {**others, "kms:ResourceAliases": (["alias/sibling"],)}
        return Call(action, place.arn("kms", f"key/{run_time('1234abcd-0000')}"), context, others)
    return Call(
        action, key if plain(key).startswith("arn:") else place.arn("kms", f"key/{key}"), context, others
    )


def s3_object(place: Place, action: str, uri: str) -> Call:
    context = {"aws:ResourceAccount": place.account}
    others = {"aws:ResourceAccount": ("999988887777",)} if _is_open(uri) else {}
    return Call(action, f"arn:{place.partition}:s3:::{uri.replace('s3://', '', 1)}", context, others)


def s3_bucket(place: Place, uri: str, prefixes: Iterable[str]) -> Iterator[Call]:
    """Its region is asked for, and what is in it below the prefix."""
    name = uri.replace("s3://", "", 1).partition("/")[0]
    is_open = _is_open(uri)
    bucket = f"arn:{place.partition}:s3:::{run_time(plain(name)) if is_open else name}"
    context = {"aws:ResourceAccount": place.account}
    others = {"aws:ResourceAccount": ("999988887777",)} if is_open else {}
    yield Call("s3:GetBucketLocation", bucket, context, others)
    for prefix in prefixes:
        known = re.split("[\ue000\ue001]", prefix)[0]
        beside = {"s3:prefix": (f"sibling-{known}", "sibling")} if known and not is_open else {}
        yield Call("s3:ListBucket", bucket, {**context, "s3:prefix": plain(prefix)}, {**others, **beside})


def _is_open(uri: str) -> bool:
    """Whether the bucket is known at run time only."""
    return "\ue000" in uri.removeprefix("s3://").partition("/")[0]
