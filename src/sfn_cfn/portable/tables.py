"""Definition -> the tables of SageMaker's image accounts by region that its template needs, with names.

Images with one table share it, so a template has a mapping for each table and not for each image.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sfn_cfn import images
from sfn_cfn.model import Definition, Node, Text, Token
from sfn_cfn.template.intrinsics import find_in_map, ref

ATTRIBUTE = "Account"
_LONGEST = 48
"""Characters of the joined names of a table's repositories; of more, only the first is named."""
_NUMBER = re.compile(r"[0-9]+(?:[.-][0-9]+)*")


@dataclass(frozen=True, slots=True)
class Table:
    """Accounts by region; `images` are those in the definition, `repository:tag`, in order.

    `name` is what the mapping and the token are called after: `Xgboost` -> `XgboostImages`.
    """

    name: str
    accounts: Mapping[str, str]
    images: tuple[str, ...]

    @property
    def mapping(self) -> str:
        """The mapping's name."""
        return f"{self.name}Images"

    @property
    def token(self) -> Token:
        """The account in the stack's region."""
        return Token(f"{self.name}ImageAccount", find_in_map(self.mapping, ref("AWS::Region"), ATTRIBUTE))


def tables(definition: Definition) -> tuple[Table, ...]:
    """The tables of all images in the definition, its default input and its tags, by name."""
    found: dict[tuple[tuple[str, str], ...], set[str]] = defaultdict(set)
    for part in (definition.tree, definition.default_input, definition.tags):
        for leaf in literals(part):
            for match in images.URI.finditer(leaf):
                if known := images.accounts(match[0]):
                    found[tuple(known.items())].add(shown(match))
    ordered = sorted(found.items(), key=lambda item: (sorted(item[1]), item[0]))
    names = _names([sorted(used) for _, used in ordered])
    made = (
        Table(name, dict(pairs), tuple(sorted(used)))
        for name, (pairs, used) in zip(names, ordered, strict=True)
    )
    return tuple(sorted(made, key=lambda table: table.name))


def shown(match: re.Match[str]) -> str:
    """`repository:tag` of an image."""
    return f"{match['repository']}:{match['tag']}" if match["tag"] else match["repository"]


def literals(node: Node) -> Iterator[str]:
    """The literal pieces of all texts of a tree, keys among them."""
    if isinstance(node, Mapping):
        for key, item in node.items():
            yield from literals(key)
            yield from literals(item)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from literals(item)
    elif isinstance(node, str):
        yield node
    elif isinstance(node, Text):
        yield from (piece for piece in node.pieces if isinstance(piece, str))


def _names(used: Iterable[list[str]]) -> list[str]:
    """A name for the images of each table: their repositories; the first's version where two have the same."""
    groups = list(used)
    plain = [_of_repositories(dict.fromkeys(_camel(one) for one in group)) for group in groups]
    names: list[str] = []
    for name, group in zip(plain, groups, strict=True):
        version = _version(group[0]) if plain.count(name) > 1 else ""
        wanted = f"{name}{version}"
        number = 2
        while wanted in names:
            wanted = f"{name}{version}N{number}"
            number += 1
        names.append(wanted)
    return names


def _of_repositories(names: Iterable[str]) -> str:
    found = list(names)
    joined = "".join(found)
    return joined if len(joined) <= _LONGEST or len(found) == 1 else f"{found[0]}AndOther"


def _camel(image: str) -> str:
    """`sagemaker-scikit-learn:1.2-1` -> `ScikitLearn`."""
    words = re.findall(r"[a-z0-9]+", image.partition(":")[0].removeprefix("sagemaker-"))
    return "".join(word[0].upper() + word[1:] for word in words)


def _version(image: str) -> str:
    """`pytorch-training:2.0.1-gpu` -> `2x0x1`; empty where the tag has no number."""
    number = _NUMBER.search(image.partition(":")[2])
    return re.sub(r"[.-]", "x", number[0]) if number else ""
