"""Definition, what run-time values may be -> the definition that policies are derived from.

A leaf that the execution's input (or another path) gives becomes `AnyOf` the texts that the settings allow
for it, also as a part of `States.Format` or of a JSONata text. The template keeps the definition as it was.

Sources: the Amazon States Language specification (paths, intrinsic functions, context object) and the Step
Functions developer guide, "Transforming data with JSONata".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from sfn_cfn.errors import Diagnostic
from sfn_cfn.iam.codes import SFN514
from sfn_cfn.iam.extra import known_names, with_tokens
from sfn_cfn.iam.statements import shown
from sfn_cfn.iam.values import UNKNOWN, AnyOf, fold
from sfn_cfn.model import Definition, Node, State, Text, starts, text
from sfn_cfn.settings import IamSettings

Path: TypeAlias = "tuple[str, ...]"
Allowed: TypeAlias = "Mapping[Path, tuple[str | Text, ...]]"

INPUT: Path = ("$$", "Execution", "Input")
MOST = 1_000
"""Texts that one leaf may stand for; of combinations of more, the last parts are any characters."""

_STEPS = re.compile(
    r"\.([A-Za-z0-9_-]+)|\.`([^`]+)`|\.\"([^\"]+)\"|\[(?:'([^']*)'|\"([^\"]*)\"|([0-9]+|\*))\]"
)
_ROOT = re.compile(r"\$\$?[A-Za-z0-9_]*")
_CONTEXT: Path = ("$states", "context", "Execution", "Input")
_STATE_INPUT: Path = ("$states", "input")
_FORMAT = re.compile(r"\s*States\.Format\(\s*(.*)\)\s*", re.DOTALL)
_QUOTED = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*", re.DOTALL)
_PARTS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|.", re.DOTALL)
_SIMPLE = re.compile(r"[\w.$]+(?:\([^()'\"]*\))?")
_HOLE = re.compile(r"\\(.)|(\{\})", re.DOTALL)
_READ = ("Parameters", "Arguments", "ItemReader", "ResultWriter", "Credentials")
"""Fields of a state with what a call gets."""


def allowed_values(definition: Definition, settings: IamSettings) -> Allowed:
    """The texts of the settings by path; an execution's input of a plain name is below `INPUT`."""
    known = known_names(definition)
    return {
        _path_of(name): tuple(with_tokens(value, known) for value in values)
        for name, values in settings.inputs.items()
    }


def _path_of(name: str) -> Path:
    return (_path(name) or (name,)) if name.startswith("$") else (*INPUT, name)


def narrow(definition: Definition, settings: IamSettings) -> Definition:
    """The definition's states with `AnyOf` in place of what the settings narrow. The tree stays."""
    if not settings.inputs:
        return definition
    reader = _Reader(allowed_values(definition, settings))
    first = starts(definition.tree)
    states = tuple(_of_state(state, reader, first) for state in definition.states)
    return replace(definition, states=states)


def unread(definition: Definition, settings: IamSettings, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names under `inputs` that no state reads."""
    reader = _Reader(allowed_values(definition, settings))
    first = starts(definition.tree)
    for state in definition.states:
        _of_state(state, reader, first)
    return tuple(name for name in names if _path_of(name) not in reader.read)


def findings(definition: Definition, settings: IamSettings) -> Iterator[Diagnostic]:
    """A warning for each input of the workflow's own settings that it does not read."""
    own = [name for name in settings.inputs if name not in settings.shared]
    for name in unread(definition, settings, own) if own else ():
        who = f"workflow '{definition.name}' reads nowhere"
        yield not_read(name, settings, who, [item.name for item in definition.inputs])


def not_read(name: str, settings: IamSettings, who: str, known: Collection[str] = ()) -> Diagnostic:
    """The warning for an input that is read nowhere; `known` are those that are."""
    near = difflib.get_close_matches(name, known, 1, 0.6)
    hint = f"did you mean '{near[0]}'?" if near else "remove it, or name the input as the definition does"
    return SFN514.at(
        settings.places.get(f"inputs.{name}"), f"the settings narrow '{name}', which {who}", hint
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What a text may be: all of its texts, and whether a setting has narrowed any."""

    texts: tuple[str | Text, ...] = (UNKNOWN,)
    narrowed: bool = False


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns expressions into texts. `at_start`: the state's input is the execution's. `read` collects paths."""

    allowed: Allowed
    at_start: bool = False
    read: set[Path] = field(default_factory=set)

    def path_language(self, written: str | Text) -> _Found:
        """What the value of a key `X.$` may be, or an argument in it."""
        folded = fold(written)
        string = folded.string.strip()
        if quoted := _QUOTED.fullmatch(string):
            return _Found((folded.part(_unescaped(quoted)),))
        if path := _path(string):
            return self._find(path)
        if not (call := _FORMAT.fullmatch(string)):
            return _Found()
        template, *arguments = [folded.part(one) for one in _split(call[1], ",")]
        found = [self.path_language(one) for one in arguments]
        shape = fold(template)
        quoted = _QUOTED.fullmatch(shape.string)
        return _combined(_filled(quoted[1] or quoted[2] or "", shape.part, found)) if quoted else _Found()

    def jsonata(self, written: str | Text) -> _Found:
        """What `{% ... %}` may be, where it is a path, or texts and paths joined by `&`."""
        folded = fold(written)
        inner = folded.string.strip().removeprefix("{%").removesuffix("%}")
        operands = [self._operand(one.strip(), folded.part) for one in _split(inner, "&")]
        found = [one for one in operands if one]
        return _combined(found) if len(found) == len(operands) else _Found()

    def _operand(self, written: str, part: Callable[[str], str | Text]) -> _Found | None:
        """What an operand may be; None where the expression may be more than a concatenation."""
        if quoted := _QUOTED.fullmatch(written):
            return _Found((part(_unescaped(quoted)),))
        if path := _path(written):
            return self._find(path)
        return _Found() if _SIMPLE.fullmatch(written) else None

    def _find(self, path: Path) -> _Found:
        for one in self._spellings(path):
            if one in self.allowed:
                self.read.add(one)
                return _Found(self.allowed[one], narrowed=True)
        return _Found()

    def _spellings(self, path: Path) -> Iterator[Path]:
        """The path, and that of the same value as an input of the execution."""
        yield path
        roots = (_CONTEXT, *((("$",), _STATE_INPUT) if self.at_start else ()))
        for root in roots:
            if path[: len(root)] == root:
                yield (*INPUT, *path[len(root) :])


def _path(written: str) -> Path | None:
    """The steps of a path, however they are spelled; None of any other expression."""
    root = _ROOT.match(written)
    if not root:
        return None
    steps = [root[0]]
    end = root.end()
    while end < len(written):
        step = _STEPS.match(written, end)
        if not step:
            return None
        steps.append(next(one for one in step.groups() if one is not None))
        end = step.end()
    return tuple(steps)


def _unescaped(quoted: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", quoted[1] or quoted[2] or "")


def _split(written: str, separator: str) -> list[str]:
    """The parts between separators that stand neither in quotes nor in brackets."""
    parts = [""]
    depth = 0
    for piece in _PARTS.findall(written):
        depth += (piece in "([{") - (piece in ")]}")
        if piece == separator and not depth:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _filled(template: str, part: Callable[[str], str | Text], arguments: Sequence[_Found]) -> list[_Found]:
    """A template of `States.Format` and its arguments, piece by piece."""
    pieces: list[_Found] = []
    end = 0
    given = iter(arguments)
    for hole in _HOLE.finditer(template):
        before = part(template[end : hole.start()])
        pieces += [_Found((before,)), next(given, _Found()) if hole[2] else _Found((part(hole[1]),))]
        end = hole.end()
    return [*pieces, _Found((part(template[end:]),))]


def _combined(pieces: Iterable[_Found]) -> _Found:
    """All combinations of what the pieces may be; once they are too many, the rest is any characters."""
    texts: tuple[str | Text, ...] = ("",)
    narrowed = False
    for piece in pieces:
        few = len(texts) * len(piece.texts) <= MOST
        narrowed = narrowed or piece.narrowed
        texts = tuple(text(one, other) for one in texts for other in (piece.texts if few else (UNKNOWN,)))
    return _Found(texts, narrowed)


def _of_state(state: State, reader: _Reader, first: frozenset[str]) -> State:
    is_first = len(state.path) == 2 and state.name in first
    at_start = is_first and state.node.get("InputPath", "$") == "$"
    own = replace(reader, at_start=at_start)
    node = {
        key: _walk(item, own) if key in _READ and isinstance(item, Mapping) else item
        for key, item in state.node.items()
    }
    return replace(state, node=node)


def _walk(node: Node, reader: _Reader) -> Any:
    if isinstance(node, Mapping):
        return dict(_entry(key, item, reader) for key, item in node.items())
    if isinstance(node, (list, tuple)):
        return [_walk(item, reader) for item in node]
    if isinstance(node, (str, Text)) and shown(node).lstrip().startswith("{%"):
        found = reader.jsonata(node)
        return AnyOf(found.texts, shown(node)) if found.narrowed else node
    return node


def _entry(key: str | Text, item: Node, reader: _Reader) -> tuple[str | Text, Node]:
    name = fold(key)
    if not name.string.endswith(".$") or not isinstance(item, (str, Text)):
        return key, _walk(item, reader)
    found = reader.path_language(item)
    if not found.narrowed:
        return key, item
    return name.part(name.string.removesuffix(".$")), AnyOf(found.texts, shown(item))
