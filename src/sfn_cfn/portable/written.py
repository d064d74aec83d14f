"""Definition -> findings about what binds its template to a region, an account or a partition.

`definition` is, in each function, the one before its values became tokens.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping

from sfn_cfn import images
from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.model import Definition, Node, Text
from sfn_cfn.portable.codes import SFN330, SFN331, SFN332, SFN335, SFN338
from sfn_cfn.portable.places import SUFFIX, is_bound
from sfn_cfn.portable.tables import shown

_REGION = r"[a-z]{2}(?:-[a-z]+)+-[0-9]"
_PARTITIONS = {"amazonaws.com": "aws", "amazonaws.com.cn": "aws-cn", "amazonaws.eu": "aws-eusc"}
_HINTS = {
    "region": "take the region from the session, or write '${AWS::Region}'",
    "account": "take the account from the session, or write '${AWS::AccountId}'",
    "partition": "write '${AWS::Region}.${AWS::URLSuffix}' at the host's end",
}


def foreign_images(definition: Definition, chosen: bool = False) -> Iterator[Diagnostic]:
    """A finding where states name images whose accounts elsewhere nobody knows.

    `chosen`: the settings name the region of the build.
    """
    world = definition.workflow.world
    bound = {
        match["repository"]: (match["region"], name)
        for name, _, match in reversed(list(_images(definition)))
        if is_bound(match)
    }
    for region in sorted({region for region, _ in bound.values()}):
        there = {repository: name for repository, (where, name) in bound.items() if where == region}
        named = ", ".join(f"'{one}' (state '{there[one]}')" for one in sorted(there))
        named = f"images {named} are" if len(there) > 1 else f"image {named} is"
        place, end = definition.workflow.location, "the template runs in that region only"
        if chosen and region == world.region:
            yield SFN331.at(place, f"{named} {region}'s: {end}")
        elif region == world.region:
            hint = "upgrade sagemaker, or set region under [load] in sfn-cfn.toml to the region you deploy to"
            yield SFN330.at(place, f"{named} {region}'s, the region of this build: {end}", hint)
        else:
            yield SFN330.at(place, f"{named} {region}'s: {end}", "upgrade sagemaker, which knows more images")


def absent_images(definition: Definition, regions: Iterable[str]) -> Iterator[Diagnostic]:
    """A finding for each state with an image that is not in one of the regions."""
    wanted = list(dict.fromkeys(regions))
    seen: set[tuple[str, str, str]] = set()
    for name, location, match in _images(definition) if wanted else ():
        known = images.accounts(match[0])
        bound = is_bound(match)
        for region in wanted:
            key = (name, shown(match), region)
            missing = region not in known if known else bound and match["region"] != region
            if missing and key not in seen:
                seen.add(key)
                state = f"state '{name}' cannot run in '{region}'"
                yield SFN335.at(
                    location,
                    f"{state}: SageMaker does not keep image '{shown(match)}' there",
                    "use a version of the image that is there, or deploy to another region",
                )


def written_places(definition: Definition) -> Iterator[Diagnostic]:
    """A finding for each region, account and partition that the author's own texts hold, at the first state."""
    world = definition.workflow.world
    seen = {world.region, world.account}
    for name, location, node in _owners(definition):
        for what, value in (pair for leaf in _leaves(node) for pair in _written(leaf)):
            if value not in seen:
                seen.add(value)
                yield SFN332.at(
                    location,
                    f"{what} '{value}' is written out in state '{name}': the template is bound to it",
                    f"where the stack's own is meant, {_HINTS[what]}",
                )


def fixed_defaults(definition: Definition, chosen: bool = False) -> Iterator[Diagnostic]:
    """A finding for each parameter whose default or allowed values hold a value of the build's world.

    `chosen`: the settings name the region of the build.
    """
    world = definition.workflow.world
    wanted = {"account": world.account} | ({} if chosen else {"region": world.region})
    for item in definition.parameters:
        texts = [str(value) for value in (item.default, *item.allowed_values)]
        for what, value in wanted.items():
            if any(value in text for text in texts):
                yield SFN338.at(
                    item.location or definition.workflow.location,
                    f"parameter '{item.name}' has the {what} of the build, '{value}', in its default or allowed values",
                    f"write it out, or put the {what} beside the parameter instead of into it",
                )


def _written(leaf: str) -> Iterator[tuple[str, str]]:
    """The regions, accounts and partitions in a text, without those of SageMaker's own images."""
    own = images.URI.sub(lambda m: "" if images.is_owner(m["account"]) else m[0], leaf)
    for match in _pattern().finditer(own):
        for what in ("region", "account"):
            for group in (what, f"{what}_of_host", f"{what}_of_bucket", f"{what}_alone"):
                if value := match.groupdict().get(group):
                    yield what, value
        if host := match["host"]:
            yield "partition", _PARTITIONS.get(host, host)


@functools.cache
def _pattern() -> re.Pattern[str]:
    known = "|".join(sorted(map(re.escape, images.regions()), key=len, reverse=True))
    return re.compile(
        rf"(?<![A-Za-z0-9])arn:aws(?:-[a-z]+)*:(?!iam:)[a-z0-9-]+:(?P<region>{_REGION})?:(?P<account>[0-9]{{12}})?:"
        rf"|(?<![0-9A-Za-z])(?P<account_of_host>[0-9]{{12}})(?=\.dkr\.ecr\.)"
        rf"|\.(?P<region_of_host>{_REGION})(?=\.{SUFFIX})"
        rf"|sagemaker-(?P<region_of_bucket>{_REGION})-(?P<account_of_bucket>[0-9]{{12}})(?![0-9])"
        rf"|https?://(?:[a-z0-9-]+\.)*?(?:s3|sts|iam)\.(?P<host>{SUFFIX})(?![A-Za-z0-9.-])"
        rf"|(?<=amazonaws\.com/)(?P<account_alone>[0-9]{{12}})(?=/)"
        rf"|(?<![A-Za-z0-9])(?P<region_alone>{known})(?![0-9])"
    )


def _owners(definition: Definition) -> Iterator[tuple[str, SourceLocation, Node]]:
    """Each state with its node, then what a ready-made pipeline's input has under the state's name."""
    for state in definition.states:
        yield state.name, state.location, state.node
    given = definition.default_input
    places = {state.name: state.location for state in definition.states}
    for name, node in given.items() if isinstance(given, Mapping) else ():
        yield name, places.get(name, definition.workflow.location), node


def _images(definition: Definition) -> Iterator[tuple[str, SourceLocation, re.Match[str]]]:
    """Every image in ECR with the state that names it."""
    for name, location, node in _owners(definition):
        for leaf in _leaves(node):
            for match in images.URI.finditer(leaf):
                yield name, location, match


def _leaves(node: Node) -> Iterator[str]:
    """The texts of a state without those of the states nested in it."""
    if isinstance(node, Mapping):
        for key, item in node.items():
            if key not in ("Branches", "Iterator", "ItemProcessor"):
                yield from _leaves(item)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _leaves(item)
    elif isinstance(node, (str, Text)):
        yield node if isinstance(node, str) else node.shown
