"""An image that SageMaker keeps for its users -> the account that keeps it, in each region that has it.

Source: the `sagemaker` package's own data (`sagemaker/image_uri_config/*.json`), read as it is installed and
without importing the package. It names, for each version of an algorithm or a framework, the repository and
the account of each region.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

URI = re.compile(
    r"(?<![0-9A-Za-z])(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?P<suffix>[a-z0-9.-]+)"
    r"/(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]*))?"
)
"""An image in ECR, alone or in the midst of a text.

Source: the grammar of names and tags in the OCI distribution specification.
"""

_BASE_PYTHON = re.compile(r"(?<=base-python)-\d+$")
"""The version of Python behind the repository's name in the data (`sagemaker.image_uris.get_base_python_image_uri`)."""

_FRAMEWORK = re.compile(r"(?:pytorch|tensorflow)(\d.*)")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an image: what its tags begin with, and the account by region."""

    tags: tuple[str, ...]
    accounts: Mapping[str, str]

    def fit(self, tag: str) -> int:
        """How much of a tag tells this version; -1 where the tag is another's."""
        fits = [len(one) for one in self.tags if tag == one or tag.startswith(f"{one}-")]
        return max(fits, default=-1)


def accounts(uri: str) -> Mapping[str, str]:
    """The account by region of the image with this URI in ECR; empty where it is none of SageMaker's.

    Where versions cannot be told apart by the tag, only regions on which all agree are given.
    """
    match = URI.fullmatch(uri)
    if not match:
        return {}
    account, region, _, repository, tag = match.groups(default="")
    found = _index().get((_BASE_PYTHON.sub("", repository), account, region), ())
    best = max((one.fit(tag) for one in found), default=-1)
    first, *others = [one.accounts for one in found if one.fit(tag) == best] or [{}]
    return {
        where: whose for where, whose in sorted(first.items()) if all(o.get(where) == whose for o in others)
    }


def is_owner(account: str) -> bool:
    """Whether an account keeps images of SageMaker in some region."""
    return any(account == one for _, one, _ in _index())


@functools.cache
def regions() -> tuple[str, ...]:
    """All regions in which some image of SageMaker is known."""
    return tuple(sorted({region for _, _, region in _index()}))


def preload() -> None:
    """Read the data, before processes fork."""
    _index()


@functools.cache
def _index() -> Mapping[tuple[str, str, str], tuple[Version, ...]]:
    """Repository, account and region -> the versions that are there. 67 files, about 20 ms."""
    found: dict[tuple[str, str, str], list[Version]] = defaultdict(list)
    for path in sorted(_folder().glob("*.json")):
        for repository, version in _versions(json.loads(path.read_text(encoding="utf-8"))):
            for region, account in version.accounts.items():
                found[repository, account, region].append(version)
    return {key: tuple(versions) for key, versions in found.items()}


def _folder() -> Path:
    spec = importlib.util.find_spec("sagemaker")
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places or ["."]))) / "image_uri_config"


def _versions(
    node: Any, names: tuple[str, ...] = (), aliases: tuple[str, ...] = ()
) -> Iterator[tuple[str, Version]]:
    """Each version below a node; `names` are the keys above it, `aliases` other names of some of them."""
    if not isinstance(node, dict):
        return
    if "registries" in node and "repository" in node:
        yield node["repository"], Version(_tags(node, names, aliases), node["registries"])
        return
    other: dict[str, str] = node.get("version_aliases", {})
    below = node.get("versions", node)
    for key, item in below.items():
        same = tuple(alias for alias, name in other.items() if name == key)
        yield from _versions(item, (*names, key), (*aliases, *same))


def _tags(node: Mapping[str, Any], names: tuple[str, ...], aliases: tuple[str, ...]) -> tuple[str, ...]:
    """What the tags of a version begin with (`sagemaker.image_uris` makes them so)."""
    prefix = node.get("tag_prefix")
    frameworks = [match[1] for name in (*names, *aliases) if (match := _FRAMEWORK.fullmatch(name))]
    joined = [f"{one}-transformers{name}" for one in frameworks for name in (*names, *aliases)]
    return (*((prefix,) if prefix else ()), *names[-2:], *aliases, *joined)
