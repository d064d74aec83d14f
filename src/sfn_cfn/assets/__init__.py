"""Definition -> Definition and Asset...: what the run uploaded stands where a deployment puts it.

A location in S3 under which the run put objects becomes `s3://${AssetBucket}/${AssetPrefix}/<sha256>/<name>`:
a file by the SHA-256 of its body, a folder by that of its listing. So the location follows the content and
nothing else, and two builds of the same sources give the same one.

A text may hold a location anywhere (JSON-quoted, as hyperparameters are, or in an argument); a bucket and a key
may also stand in two fields of one object. What a job writes stays where it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sfn_cfn.assets.store import Store
from sfn_cfn.assets.walk import Walk, state_of
from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation
from sfn_cfn.model import Asset, Definition, NodePath, Upload, with_tree
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import ASSET_BUCKET, ASSET_PREFIX

SFN360 = Code(
    "SFN360",
    Severity.WARNING,
    "what is uploaded differs from run to run",
    "An asset's place in S3 is made of its content. Content that holds the time, a random value, the account or "
    "the region gives another template at each build, and binds the code to the world of the build.",
)

SFN361 = Code(
    "SFN361",
    Severity.WARNING,
    "an asset has more than 100 MB",
    "Every deployment to a new account or region uploads it, and every change of it uploads it again. Data of that "
    "size belongs into a bucket of its own, named by a parameter or by the execution's input.",
)

SFN362 = Code(
    "SFN362",
    Severity.INFO,
    "something is uploaded that no state names",
    "Only what the definition names is deployed. A state that finds its objects in another way (a name that is made "
    "at run time, a Lambda function's own code) does not find this one.",
)

SFN363 = Code(
    "SFN363",
    Severity.WARNING,
    "a state reads a folder that the source uploads to and a state writes to",
    "What the source uploads is deployed as a folder of its own, which no state writes to. A folder that holds both "
    "cannot be one, so the location stays as it is and what was uploaded is not there.",
)

LARGE = 100_000_000
"""Bytes of a file from which on it is reported."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The definition with assets in place of uploads, those assets by their hashes, and findings.

    `used` are the uploads that the assets hold.
    """

    definition: Definition
    assets: tuple[Asset, ...]
    findings: tuple[Diagnostic, ...]
    used: tuple[Upload, ...]


def extract(definition: Definition) -> Extracted:
    """Put assets in place of what the run uploaded. `definition` still has the build's bucket names."""
    uploads = definition.workflow.uploads
    if not uploads:
        return Extracted(definition, (), (), ())
    actions = {id(state.node): state.integration.action for state in definition.states if state.integration}
    walk = Walk(Store(uploads), actions)
    tree, given = walk.tree(definition.tree), walk.tree(definition.default_input)
    used = tuple(upload for upload in uploads if upload in walk.used)
    assets = tuple(sorted(walk.assets, key=lambda asset: (asset.sha256, asset.name)))
    findings = (*_contents(used), *_mixed(definition, walk.mixed))
    return Extracted(with_tree(definition, tree, given), assets, findings, used)


def fragment(assets: Collection[Asset]) -> Fragment:
    """The parameters that say where the assets are; none where there are no assets."""
    if not assets:
        return Fragment()
    return Fragment(
        parameters={
            ASSET_BUCKET.name: {
                "Type": "String",
                "AllowedPattern": "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
                "Description": "Bucket that holds the code and the data that this workflow names",
            },
            ASSET_PREFIX.name: {
                "Type": "String",
                "Default": "sfn-cfn",
                "AllowedPattern": "^[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$",
                "MaxLength": 200,
                "Description": "Beginning of the keys in that bucket",
            },
        }
    )


def unnamed(uploads: Iterable[Upload], used: Collection[Upload]) -> Iterator[Diagnostic]:
    """A finding for each line that uploads what no workflow of its source names.

    The SDK uploads some archives twice; one whose content is used is not reported.
    """
    contents = {upload.sha256 for upload in used}
    lines: dict[SourceLocation | None, list[str]] = defaultdict(list)
    for upload in uploads:
        if upload.sha256 not in contents:
            lines[upload.location].append(upload.key.rpartition("/")[2])
    for location, names in lines.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        verb = "are" if more else "is"
        message = f"'{names[0]}'{more} {verb} uploaded and no state names {'them' if more else 'it'}"
        yield SFN362.at(location, message, "name it in a state, or upload it outside of the workflow")


def _contents(used: Iterable[Upload]) -> Iterator[Diagnostic]:
    for upload in used:
        name = upload.key.rpartition("/")[2]
        if upload.varies:
            hint = "keep the time, random values, the account and the region out of it"
            yield SFN360.at(upload.location, f"'{name}' has another content in a second run", hint)
        if upload.size > LARGE:
            message = f"'{name}' has {upload.size / 1e6:.0f} MB, and each account and region gets a copy"
            yield SFN361.at(upload.location, message, "put it into a bucket and name it by a parameter")


def _mixed(definition: Definition, folders: Mapping[str, NodePath]) -> Iterator[Diagnostic]:
    for folder, path in sorted(folders.items()):
        state = definition.states[state_of(definition, path)]
        key = folder.partition("/")[2]
        message = f"state '{state.name}' reads '{key}', where the source uploads files and a state writes to"
        yield SFN363.at(state.location, message, "upload under a prefix that no state writes to")
