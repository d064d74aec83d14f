"""A definition's tree -> the tree with assets in place of uploads, and the assets.

What tells that a place is written to is the name of its field (`S3OutputPath`), or of the argument before it
(`--output-dir`): the services and the containers' arguments have no other mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sfn_cfn.assets.store import Match, Store
from sfn_cfn.model import Asset, Definition, Node, NodePath, Text, Token, Upload, text
from sfn_cfn.template.tokens import ASSET_BUCKET, ASSET_PREFIX

_WRITES = re.compile(
    r"output|checkpoint|dest(?:ination)?|debughook|tensorboard|profiler|capture|resultwriter|resultconf"
    r"|loguri|write|sink|\btmp|tmp\b|temp(?:orary|[-_]?dir|[-_]|$)|(?:^|[-_])(?:out|results?)(?:$|[-_=])",
    re.IGNORECASE,
)
_WRITING = re.compile(r"(?:put|copy|delete|upload|complete)(?:Object|Multipart|Part)")
_ARGUMENT = re.compile(r"--?[A-Za-z][\w-]*=?$")
Cut: TypeAlias = "tuple[int, int, tuple[str | Token, ...]]"
"""A span of what a text shows, and the pieces in its place."""

_BUCKETS = {"bucket", "s3bucket", "bucketname", "s3bucketname"}
_KEYS = {"key", "s3key", "objectkey", "keyname", "s3objectkey", "s3keyname"}
_PREFIXES = {"prefix", "s3prefix", "keyprefix", "s3keyprefix"}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a definition: its path, the part of it inside of its state, and what the state calls."""

    path: NodePath = ()
    inner: NodePath = ()
    action: str = ""
    before: str = ""

    def at(self, key: str, before: str = "") -> Place:
        """The place below, behind a sibling `before` where it stands in a list."""
        inside = self.path[-1:] == ("States",)
        return Place((*self.path, key), () if inside else (*self.inner, key), self.action, before)

    @property
    def written(self) -> bool:
        """Whether the state writes to a location here."""
        argument = self.before if self.before.startswith("-") else ""
        # A state's own fields (`Result`, `OutputPath`) hold data, save the one that writes.
        below = self.inner[1:] if self.inner[:1] != ("ResultWriter",) else self.inner
        return any(_WRITES.search(name) for name in (*below, argument))

    @property
    def data(self) -> bool:
        """Whether the place is a data source's, which reads all keys with this beginning."""
        return self.inner[-1:] == ("S3Uri",) and not self.written


@dataclass(slots=True)
class Walk:
    """One walk: the assets, the uploads that they hold, and folders with uploads that states write to.

    `actions` are the states' calls by the identity of their nodes; `outputs` the locations that are written to.
    """

    store: Store
    actions: Mapping[int, str]
    outputs: list[str] = field(default_factory=list)
    assets: dict[Asset, None] = field(default_factory=dict)
    used: dict[Upload, None] = field(default_factory=dict)
    mixed: dict[str, NodePath] = field(default_factory=dict)

    def tree(self, node: Node) -> Node:
        """The tree with assets."""
        self.outputs += _outputs(node, Place())
        return self._node(node, Place())

    def _node(self, node: Node, place: Place) -> Node:
        if isinstance(node, Mapping):
            if action := self.actions.get(id(node)):
                place = Place(place.path, (), action)
            pair = self._pair(node, place)
            return {
                key: pair[key] if key in pair else self._node(item, place.at(_shown(key)))
                for key, item in node.items()
            }
        if isinstance(node, (list, tuple)):
            before = ["", *(_shown(item) for item in node)]
            return [self._node(item, place.at(str(index), before[index])) for index, item in enumerate(node)]
        return self._text(node, place) if isinstance(node, (str, Text)) else node

    def _text(self, value: str | Text, place: Place) -> str | Text:
        """The text with each location of an upload replaced."""
        shown = _shown(value)
        cuts: list[Cut] = []
        for found in () if place.written else self.store.locations.finditer(shown):
            if _WRITES.search(_argument(shown[: found.start()])):
                continue
            slash = shown[found.end() : found.end() + 1] == "/"
            start = found.end() + slash
            match = self._take(found["bucket"], shown[start:], place, whole=place.data and not found.start())
            if match:
                cuts.append((found.start("bucket"), start + match.end, (ASSET_BUCKET, "/", *_key(match))))
        return _replaced(value, cuts) if cuts else value

    def _pair(self, node: Mapping[Any, Node], place: Place) -> dict[Any, str | Text]:
        """A bucket and a key in two fields of one object, as the fields' new values."""
        names = {_shown(key).lower().replace("_", "").replace("-", ""): key for key in node}
        buckets, keys = (
            [names[name] for name in sorted(names) if name in kind] for kind in (_BUCKETS, _KEYS | _PREFIXES)
        )
        if len(buckets) != 1 or len(keys) != 1 or place.written or _WRITING.match(place.action):
            return {}
        bucket, key = node[buckets[0]], node[keys[0]]
        if not isinstance(bucket, str) or not isinstance(key, (str, Text)):
            return {}
        wanted = _shown(key)
        match = self._take(bucket, wanted.rstrip("/"), place.at(_shown(keys[0])), whole=False)
        if not match or match.end != len(wanted.rstrip("/")):
            return {}
        return {
            buckets[0]: text(ASSET_BUCKET),
            keys[0]: text(*_key(match), wanted[len(wanted.rstrip("/")) :]),
        }

    def _take(self, bucket: str, key: str, place: Place, *, whole: bool) -> Match | None:
        """The match, noted; None where there is none, or where a state writes into the folder."""
        found = self.store.match(bucket, key, whole=whole)
        if found is None:
            return None
        folder = found.folder.rstrip("/")
        if folder and any(f"{item}/".startswith(f"{folder}/") for item in self.outputs):
            self.mixed.setdefault(folder, place.path)
            return None
        self.assets[found.asset] = None
        self.used.update(dict.fromkeys(found.uploads))
        return found


def _outputs(node: Node, place: Place) -> Iterator[str]:
    """The locations (`bucket/key`) that states write to."""
    if isinstance(node, Mapping):
        for key, item in node.items():
            yield from _outputs(item, place.at(_shown(key)))
    elif isinstance(node, (list, tuple)):
        before = ["", *(_shown(item) for item in node)]
        for index, item in enumerate(node):
            yield from _outputs(item, place.at(str(index), before[index]))
    elif isinstance(node, (str, Text)) and place.written:
        yield from (
            found.rstrip("/") for found in re.findall(r"s3[an]?://([^\s\"',;)\]}?\\]+)", _shown(node))
        )


def _key(match: Match) -> tuple[str | Token, ...]:
    return ASSET_PREFIX, f"/{match.asset.sha256}/{match.asset.name}{match.rest}"


def _argument(before: str) -> str:
    """The argument's name that stands right before a location (`--output=s3://...`)."""
    found = _ARGUMENT.search(before)
    return found[0].lstrip("-") if found else ""


def _shown(node: Node) -> str:
    return node.shown if isinstance(node, Text) else node if isinstance(node, str) else ""


def _replaced(value: str | Text, cuts: Sequence[Cut]) -> str | Text:
    """The text with pieces in place of spans of what it shows. A span ends at no token's middle."""
    pieces: list[str | Token] = []
    at = 0
    for piece in value.pieces if isinstance(value, Text) else (value,):
        size = len(piece) if isinstance(piece, str) else len(piece.name) + 3
        pieces += _around(piece, at, at + size, cuts)
        at += size
    return text(*pieces)


def _around(piece: str | Token, start: int, end: int, cuts: Sequence[Cut]) -> Iterator[str | Token]:
    """What is left of a piece, with the new pieces of the spans that begin in it."""
    at = start
    for first, last, new in cuts:
        if last <= start or first >= end:
            continue
        if isinstance(piece, str) and first > at:
            yield piece[at - start : first - start]
        if first >= start:
            yield from new
        at = min(last, end)
    if at < end:
        yield piece[at - start :] if isinstance(piece, str) else piece


def state_of(definition: Definition, path: NodePath) -> int:
    """The innermost state that a place is in, by its number; the first where it is in none."""
    inside = [n for n, state in enumerate(definition.states) if path[: len(state.path)] == state.path]
    return max(inside, key=lambda n: len(definition.states[n].path), default=0)
