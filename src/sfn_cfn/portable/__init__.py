"""Definition -> Definition: values of the build's world become pseudo parameters.

The sentinel account and region stand nowhere in the project's text, so whatever holds them came from the
SDK: bucket names (the SDK's default bucket is `sagemaker-<region>-<account>`), ARNs, image URIs, host names.
A partition that stands in an ARN becomes `${AWS::Partition}` in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, Node, Text, Token, World, text, transform

SFN330 = Code(
    "SFN330",
    Severity.WARNING,
    "images are in the account of a region that nobody chose",
    "SageMaker keeps its own images in one account per region. An image URI made by the SDK names the account of "
    "the region that the build ran under, so the template runs in that region only. Set `region` under `[load]` "
    "in sfn-cfn.toml to the region you deploy to.",
)

SFN331 = Code(
    "SFN331",
    Severity.INFO,
    "images are in the account of the build's region",
    "As SFN330, with `region` set under `[load]` in sfn-cfn.toml: the template runs in that region only.",
)

SFN332 = Code(
    "SFN332",
    Severity.INFO,
    "a region or an account is written out in the definition",
    "A region or an account that the author wrote stays as it is (those of the session become the stack's own), so "
    "the template is bound to it wherever it is deployed. Where the stack's own is meant, take it from the session "
    "(`boto3.Session().region_name`, `get_caller_identity`), or write `${AWS::Region}` and `${AWS::AccountId}`. Images "
    "and roles are not reported here.",
)

ACCOUNT = Token("AWS::AccountId")
PARTITION = Token("AWS::Partition")
REGION = Token("AWS::Region")
URL_SUFFIX = Token("AWS::URLSuffix")

_ARN = re.compile(r"(?<![A-Za-z0-9])arn:(aws(?:-[a-z]+)*):")
_SUFFIX = re.compile(r"^\.amazonaws\.com(?:\.cn)?(?![A-Za-z0-9.-])")
_IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@\s\"]+)")

_REGION = r"[a-z]{2}(?:-[a-z]+)+-[0-9]"
_WRITTEN = re.compile(
    rf"(?<![A-Za-z0-9])arn:aws(?:-[a-z]+)*:(?!iam:)[a-z0-9-]+:(?P<region>{_REGION})?:(?P<account>[0-9]{{12}})?:"
    rf"|(?<!\.dkr\.ecr)\.(?P<host>{_REGION})\.amazonaws\.com"
)


def make_portable(definition: Definition) -> Definition:
    """The definition with the build's account, region and partition as pseudo parameters."""
    world = definition.workflow.world
    return transform(definition, lambda leaf: _leaf(leaf, world))


def foreign_images(definition: Definition, chosen: bool = False) -> Iterator[Diagnostic]:
    """A finding where states name images of the build region's own image accounts.

    `definition` is the one before `make_portable`; `chosen`: the settings name the region.
    """
    world = definition.workflow.world
    given = definition.default_input
    # A ready-made pipeline's definition reads its images from the input, under its states' names.
    inputs = reversed(given.items()) if isinstance(given, dict) else ()
    images = {
        match[3]: name
        for name, node in (*inputs, *((state.name, state.node) for state in reversed(definition.states)))
        for leaf in _leaves(node)
        for match in _IMAGE.finditer(leaf)
        if match[1] != world.account and match[2] == world.region
    }
    if not images:
        return
    shown = ", ".join(f"'{name}' (state '{images[name]}')" for name in sorted(images))
    shown = f"images {shown} are" if len(images) > 1 else f"image {shown} is"
    place = definition.workflow.location
    if chosen:
        yield SFN331.at(place, f"{shown} {world.region}'s: the template runs in that region only")
    else:
        yield SFN330.at(
            place,
            f"{shown} {world.region}'s, the region of this build: the template runs in that region only",
            "set region under [load] in sfn-cfn.toml to the region you deploy to",
        )


def written_places(definition: Definition) -> Iterator[Diagnostic]:
    """A finding for each region and account that ARNs and host names of the author's own hold, at the first state.

    `definition` is the one before `make_portable`.
    """
    world = definition.workflow.world
    seen = {world.region, world.account}
    for state in definition.states:
        for match in (match for leaf in _leaves(state.node) for match in _WRITTEN.finditer(leaf)):
            for what, value in (("region", match["region"] or match["host"]), ("account", match["account"])):
                if value and value not in seen:
                    seen.add(value)
                    yield SFN332.at(
                        state.location,
                        f"{what} '{value}' is written out in state '{state.name}': the template is bound to it",
                        f"where the stack's own is meant, take the {what} from the session",
                    )


def _leaves(node: Node) -> Iterator[str]:
    if isinstance(node, dict):
        for key, item in node.items():
            if key not in ("Branches", "Iterator", "ItemProcessor"):
                yield from _leaves(item)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _leaves(item)
    elif isinstance(node, (str, Text)):
        yield node if isinstance(node, str) else node.shown


def _leaf(leaf: Node, world: World) -> Node:
    if isinstance(leaf, str):
        return text(*_pieces(leaf, world))
    if isinstance(leaf, Text):
        pieces: list[str | Token] = []
        for piece in leaf.pieces:
            pieces += _pieces(piece, world) if isinstance(piece, str) else (piece,)
        return text(*pieces)
    return leaf


def _pieces(value: str, world: World) -> list[str | Token]:
    """A literal text cut at the account, the region (with the URL suffix behind it) and partitions."""
    found = re.compile(
        rf"(?<!\d)(?P<account>{world.account})(?!\d)"
        rf"|(?<![A-Za-z0-9])(?P<region>{re.escape(world.region)})(?!\d)"
        rf"|{_ARN.pattern}"
    )
    images = [match.span(0) for match in _IMAGE.finditer(value) if match[1] != world.account]
    pieces: list[str | Token] = []
    end = 0
    for match in found.finditer(value):
        # An image account is bound to its region: both stay until the image itself is portable.
        if any(first <= match.start() < last for first, last in images):
            continue
        if match["account"]:
            pieces += [value[end : match.start()], ACCOUNT]
            end = match.end()
        elif match["region"]:
            pieces += [value[end : match.start()], REGION]
            end = match.end()
            if suffix := _SUFFIX.match(value[end:]):
                pieces += [".", URL_SUFFIX]
                end += suffix.end()
        else:
            start = match.start(match.lastindex or 0)
            pieces += [value[end:start], PARTITION]
            end = match.end() - 1
    return [*pieces, value[end:]]
