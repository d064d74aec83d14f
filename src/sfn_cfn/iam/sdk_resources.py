"""An action's resource types and an operation's parameters -> what the action is granted on.

A placeholder of an ARN's format (`table/${TableName}`) is filled by the parameter of that name, of the same
stem (`TableArn`, `Table`), or of the resource type's (`Name` of CreateTable); what no parameter fills is `*`.
Types that the parameters fill are granted; where none is filled, the types that the action requires.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sfn_cfn.iam.entries import Resource
from sfn_cfn.iam.sdk_models import Action, Member, Operation, ResourceType
from sfn_cfn.iam.table.sdk_members import (
    ALSO,
    ALTERNATIVES,
    FORMATS,
    FORMS,
    GENERIC,
    HOLES,
    MEMBERS,
    NAMED_IDS,
    NO_RESOURCES,
    PATHS,
    SUFFIXES,
    TAGGED,
    UNNAMED,
)

_HOLE = re.compile(r"\$\{(\w+)\}")
_IDS = ("id", "uuid", "identifier")
"""How placeholders end that stand for what the service makes up, which no name tells."""
_MANY = 3
"""Above this number of types, a parameter that may hold the ARN of any of them stands for them all."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A resource, granted where one of the parameters `when` is given (or none is named) and none of `unless`.

    `filled` tells whether a parameter names it, `kind` is its type in small letters and digits. No resource: the
    call names none, and is authorised by none.
    """

    resource: Resource | None
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    filled: bool = True
    kind: str = ""


def choose(action: Action, call: Operation) -> tuple[Choice, ...] | None:
    """The resources of an action in a call; None where the action has no resource type."""
    if not action.types:
        return None
    if len(action.types) > _MANY and (any_arn := _any_arn(action, call)):
        return (any_arn,)
    by_type = {kind: tuple(_filled(kind, call)) for kind in action.types}
    filled = [choice for choices in by_type.values() for choice in choices]
    fields = tuple(dict.fromkeys(field for choice in filled for field in choice.when))
    named = any(choice.filled and not choice.when for choice in filled)
    if action.name in UNNAMED:
        return (*filled, Choice(None, unless=fields))
    needed = [kind for kind in action.types if kind.required]
    if not needed or {action.name, action.name.partition(":")[0]} & ALTERNATIVES:
        open_ = () if named else tuple(_open(needed or action.types, call, fields))
        return (*(choice for choice in filled if named or choice.when), *open_)
    left = [kind for kind in needed if not any(not choice.when for choice in by_type[kind])]
    given = [choice for choice in filled if named or choice.when or choice.kind in map(_kind, needed)]
    patterns = (_open([kind], call, _fields(by_type[kind])) for kind in left)
    return (*given, *(choice for choices in patterns for choice in choices))


def _fields(choices: Iterable[Choice]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(field for choice in choices for field in choice.when))


def _open(kinds: Iterable[ResourceType], call: Operation, unless: tuple[str, ...]) -> Iterator[Choice]:
    """Types that no parameter names, by their patterns."""
    patterns = {one: _kind(kind) for kind in kinds for one in _pattern(kind, call)}
    for one in _collapsed(tuple(patterns)):
        yield Choice(one, unless=unless, filled=False, kind=patterns.get(one, ""))


def _collapsed(patterns: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """Many types of one service, of which the call may mean any, as one pattern."""
    services = {one.service for one in patterns}
    if len(patterns) <= 2 * _MANY or len(services) > 1:
        return patterns
    return (Resource(services.pop(), "{}", form="format"),)


def _any_arn(action: Action, call: Operation) -> Choice | None:
    """One parameter that holds the ARN of any resource of the service, as tagging has it."""
    services = {kind.arn.split(":")[2] for kind in action.types}
    for name in (*GENERIC, *(TAGGED if "Tag" in call.name else ())):
        member = call.members.get(name)
        holds = member and (_is_arn(member) or name in TAGGED)
        if member and holds and member.required and len(services) == 1:
            return Choice(Resource(services.pop(), "", member.path, "arn"))
    return None


def _filled(kind: ResourceType, call: Operation) -> Iterator[Choice]:
    """The type's ARN by each parameter that may fill its last placeholder; none where one is left open."""
    holes = _HOLE.findall(_path(kind))
    if not holes:
        yield from (Choice(one, filled=False, kind=_kind(kind)) for one in _resources(kind, {}))
        return
    fixed = _first(kind, holes[:-1], call)
    taken = {one.path for one in fixed.values()}
    found = [one for one in _candidates(kind, holes[-1], call, last=True) if one.path not in taken]
    if len(fixed) < len(set(holes[:-1])):
        found = [member for member in found if _is_arn(member)]
    if any(member.required for member in found):
        found = [member for member in found if member.required][:1]
    optional = next((one.path for one in fixed.values() if not one.required), "")
    for member in found:
        when = optional if member.required else member.path
        for one in _resources(kind, {**fixed, holes[-1]: member}):
            yield Choice(one, (when,) if when else (), kind=_kind(kind))


def _first(kind: ResourceType, holes: Iterable[str], call: Operation) -> dict[str, Member]:
    """The parameters that fill placeholders, each one of them."""
    found: dict[str, Member] = {}
    for hole in dict.fromkeys(holes):
        taken = {one.path for one in found.values()}
        members = [one for one in _candidates(kind, hole, call, last=False) if one.path not in taken]
        if members:
            found[hole] = members[0]
    return found


def _pattern(kind: ResourceType, call: Operation) -> Iterator[Resource]:
    """The type's ARN with what the parameters fill of it."""
    holes = _HOLE.findall(_path(kind))
    found = _first(kind, holes, call)
    last = _candidates(kind, holes[-1], call, last=True) if holes else []
    taken = {one.path for one in found.values()}
    for member in last:
        if holes[-1] not in found and member.required and not _is_arn(member) and member.path not in taken:
            found[holes[-1]] = member
    return _resources(kind, found)


def _key(kind: ResourceType) -> str:
    return f"{kind.arn.split(':')[2]}:{kind.name}"


def _path(kind: ResourceType) -> str:
    """The last part of the ARN's format."""
    return PATHS.get(_key(kind), kind.arn.split(":", 5)[5])


def _resources(kind: ResourceType, members: Mapping[str, Member]) -> Iterator[Resource]:
    """The type's ARN with its placeholders filled by parameters, those that are left out by anything."""
    path = _path(kind)
    yield _resource(kind, path, members)
    if _key(kind) in ALSO:
        yield _resource(kind, ALSO[_key(kind)], members)


def _resource(kind: ResourceType, path: str, members: Mapping[str, Member]) -> Resource:
    _, _, service, region, account, _ = kind.arn.split(":", 5)
    holes = _HOLE.findall(path)
    last = members.get(holes[-1]) if holes else None
    if service.startswith("$"):
        return Resource("", field=last.path if last else "", form="any arn")
    if last and (special := FORMS.get(f"{_key(kind)}:{last.path.lower().removesuffix('[]')}")):
        return replace(special, field=last.path)
    own = region == "${Region}" and account == "${Account}"
    if own and last and _is_arn(last) and len(holes) == 1 and path.endswith("}"):
        return Resource(service, path.partition("$")[0], last.path, "arn")
    filled = _HOLE.sub(lambda hole: f"{{{members[hole[1]].path if hole[1] in members else ''}}}", path)
    filled = filled.replace("*", "{}")
    form = FORMATS.get(service, "format")
    return Resource(service, filled, form=form, region=_place(region), account=_place(account))


def _place(part: str) -> str:
    return "own" if part.startswith("$") else part


def _candidates(kind: ResourceType, hole: str, call: Operation, *, last: bool) -> list[Member]:
    """The parameters that may fill a placeholder: the first that names it, and the first that holds the ARN."""
    paths = MEMBERS.get(f"{call.service}:{call.name}", {}).get(hole)
    if paths:
        return [Member(path, required=True) for path in paths]
    by_hand = HOLES.get(f"{kind.arn.split(':')[2]}:{hole}", ())
    names = (
        (*by_hand, *GENERIC) if by_hand and last else by_hand or _guesses(kind, hole, call.name, last=last)
    )
    found = [call.members[name] for name in dict.fromkeys(names) if name in call.members]
    if last and not found:
        found = list(_like(kind, call))
    if not by_hand and f"{kind.arn.split(':')[2]}:{hole}" not in NAMED_IDS and hole.lower().endswith(_IDS):
        found = [one for one in found if not one.path.lower().removesuffix("[]").endswith(("name", "names"))]
    plain = [one for one in found if not _is_arn(one)]
    whole = [one for one in found if _is_arn(one)] if last else []
    return [*(plain if by_hand and last else plain[:1]), *whole[:1]]


def _is_arn(member: Member) -> bool:
    return member.path.removesuffix("[]").lower().endswith(("arn", "arns", "arnlist"))


def _kind(kind: ResourceType) -> str:
    return _plain(kind.name)


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _guesses(kind: ResourceType, hole: str, operation: str, *, last: bool) -> Iterator[str]:
    name = _plain(kind.name)
    wanted = hole.lower()
    yield wanted
    yield f"{wanted}s"
    stem = next((wanted.removesuffix(one) for one in SUFFIXES if one and wanted.endswith(one)), wanted)
    for base in (stem, name) if last else (stem,):
        if not base:
            continue
        for suffix in SUFFIXES:
            yield base + suffix
            yield f"{base}{suffix}s"
            yield f"{base}{suffix}list"
    if last and (name in operation.lower() or (stem and stem in operation.lower())):
        yield from ("name", "id", "identifier", "arn", "names", "ids", "arns")
    if last:
        yield from GENERIC


def _like(kind: ResourceType, call: Operation) -> Iterator[Member]:
    """Parameters whose stem is part of the type's name, or the other way round.

    `JobDefinitionName` names a `data-quality-job-definition`, `SolutionVersionArn` holds a `solution`'s ARN.
    """
    name = _plain(kind.name)
    for member in call.members.values():
        lowered = member.path.lower().removesuffix("[]")
        suffix = next((one for one in ("arn", "name", "identifier", "id") if lowered.endswith(one)), "")
        stem = lowered.removesuffix(suffix)
        if not suffix or len(stem) < 3 or stem.endswith(NO_RESOURCES):
            continue
        if name.endswith(stem) or (suffix == "arn" and (stem in name or name in stem)):
            yield member
