"""A project's text -> the two worlds that its sources are run in.

The account and the region of a world must be found again in what a run gives, so neither may stand in the
project's own text. The account has twelve digits, does not begin with zero (which a reader could take for
an octal number), and is none of the accounts that keep SageMaker's images.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sfn_cfn.model import World

# Few image accounts lack these regions (of 521 registries in sagemaker 2.257: none to eight), and fewer
# projects name them than us-east-1, us-west-2 or eu-west-1.
REGIONS = (
    "ap-south-1",
    "ap-southeast-2",
    "eu-central-1",
    "ap-southeast-1",
    "ap-northeast-1",
    "sa-east-1",
    "eu-west-3",
    "eu-west-2",
    "ap-northeast-2",
    "ca-central-1",
    "us-west-1",
    "us-east-2",
    "eu-north-1",
    "eu-west-1",
    "us-east-1",
    "us-west-2",
)
OTHER_REGIONS = {
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-us-gov": ("us-gov-west-1", "us-gov-east-1"),
    "aws": REGIONS,
}
"""Regions by partition, those with most images first: what a build is compared in."""
ACCOUNTS = ("739164285013", "814620937561", "926357148029", "647281950374", "583916402786", "471850263918")
_INSTANTS = (1_704_164_645.678, 1_855_925_839.214)
"""2024-01-02 03:04:05 and 2028-10-23 15:10:39 UTC: every field differs, down to the millisecond."""

_SUFFIXES = (".py", ".toml", ".json", ".yaml", ".yml", ".ipynb", ".cfg", ".ini", ".txt", ".sh", ".env")
_SKIPPED = {"node_modules", "__pycache__", "site-packages", "templates", "venv", "env", "build", "dist"}
_FILE_BYTES = 4 << 20
_ALL_BYTES = 64 << 20
_FILES = 20_000


def choose(root: Path, region: str = "") -> tuple[World, World]:
    """The world of a project's run and that of the second run, which shows what varies.

    `region`, where given, is the first world's. Text is read up to a bound (64 MB, 20,000 files), and
    where every candidate stands in it, the first of the list is taken.
    """
    open_accounts, open_regions = _unwritten(root, ACCOUNTS, REGIONS)
    accounts = _first_two(open_accounts, ACCOUNTS)
    first, second = _first_two([name for name in open_regions if name != region], REGIONS)
    if region:
        second = first if first != region else second
        first = region
    return (
        World(accounts[0], first, partition_of(first), _INSTANTS[0], seed=1),
        World(accounts[1], second, partition_of(second), _INSTANTS[1], seed=2),
    )


def elsewhere(root: Path, worlds: tuple[World, World]) -> tuple[World, World]:
    """The same two worlds in other partitions, each in one of its own; their clocks and seeds are the same."""
    parts = [regions for name, regions in OTHER_REGIONS.items() if name != worlds[0].partition]
    used = {world.account for world in worlds}
    others = tuple(account for account in ACCOUNTS if account not in used)
    open_accounts, open_regions = _unwritten(root, others, tuple(name for one in parts for name in one))
    accounts = _first_two(open_accounts, others)
    regions = [next((name for name in one if name in open_regions), one[0]) for one in parts]
    first, second = (
        replace(world, account=account, region=region, partition=partition_of(region))
        for world, account, region in zip(worlds, accounts, regions, strict=True)
    )
    return first, second


def _unwritten(
    root: Path, accounts: tuple[str, ...], regions: tuple[str, ...]
) -> tuple[dict[str, None], dict[str, None]]:
    """Those of the accounts and the regions that the project's text does not hold."""
    left = dict.fromkeys(accounts), dict.fromkeys(regions)
    for text in _texts(root):
        for names in left:
            for name in [name for name in names if name.encode() in text]:
                del names[name]
    return left


def partition_of(region: str) -> str:
    """The partition of a region, by its name."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _first_two(found: dict[str, None] | list[str], all_of_them: tuple[str, ...]) -> tuple[str, str]:
    first, second, *_ = dict.fromkeys((*found, *all_of_them))
    return first, second


def _texts(root: Path) -> Iterator[bytes]:
    """The project's text files, each up to a bound, in the order of their paths."""
    left, files = _ALL_BYTES, 0
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if name not in _SKIPPED and name[0] != ".")
        for name in sorted(names):
            if not name.endswith(_SUFFIXES):
                continue
            files += 1
            if left <= 0 or files > _FILES:
                return
            text = _read(Path(folder, name))
            left -= len(text)
            yield text


def _read(path: Path) -> bytes:
    """Its bytes up to the bound; nothing where it cannot be read, or is a pipe or a device."""
    if not path.is_file():
        return b""
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES)
    except OSError:
        return b""
