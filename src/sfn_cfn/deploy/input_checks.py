"""An execution's input -> findings: what is missing, unknown, of another type, or not in S3."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.deploy.aws import error_of
from sfn_cfn.deploy.inputs import READ, get, is_placeholder, rooms
from sfn_cfn.deploy.interface import WRITTEN, InputPath, Interface, Use, ends, leaves
from sfn_cfn.deploy.start_codes import SFN841, SFN842, SFN843, SFN844, SFN845, SFN846, SFN847, SFN854, SFN855
from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.model import INPUT_KINDS
from sfn_cfn.sections.stages import INPUT as STAGES

LARGEST = 262_144
"""Bytes of an execution's input (Step Functions developer guide, Service quotas)."""

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
_TOKEN = re.compile(r"\$\{([A-Za-z0-9]+(?:::[A-Za-z0-9]+)?)\}")
_OBJECT = re.compile(r"s3://(?P<bucket>[A-Za-z0-9._-]{3,63})(?:/(?P<key>.*))?")
_EXACT = (("ModelDataUrl",), ("ManifestS3Uri",))


def check(face: Interface, value: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """The findings of an input as it would be sent, S3 left out."""
    size = len(json.dumps(value).encode())
    if size > LARGEST:
        yield SFN841.at(None, f"the input has {size:,} bytes, {LARGEST:,} are allowed", "put data into S3")
    known = {one.name for one in face.inputs}
    extra = [name for name in value if name not in known]
    for path, (why, place) in dict(_missing(face, value)).items():
        shown = ".".join(path)
        close = difflib.get_close_matches(path[0], extra, 1) if len(path) == 1 else []
        hint = f"rename '{close[0]}' to '{path[0]}'" if close else f"give it: --set '{shown}=...', or --input"
        yield SFN842.at(place, f"input '{shown}' is missing; {why}", hint)
    for name in extra:
        close = difflib.get_close_matches(name, sorted(known), 1)
        hint = f"if '{close[0]}' is meant, rename it" if close else ""
        yield SFN844.at(face.location, f"no state reads input '{name}' by its name", hint)
    for name, declared in face.schema.items():
        if name in value:
            yield from _types(face, (name,), declared, value[name])
    yield from _names(face, value)
    yield from _unfilled(face, value)


def _missing(
    face: Interface, value: Mapping[str, Any]
) -> Iterator[tuple[InputPath, tuple[str, SourceLocation | None]]]:
    """Places that are declared or read and that the input does not have, with why they should be there."""
    for path in _declared(face.schema):
        if path[0] not in face.optional and not _has(value, path) and _has(value, path[:-1]):
            yield path, ("the workflow declares it", face.location)
    for one in face.inputs:
        if one.name not in value and one.readers and one.name not in face.optional:
            place = one.readers[0]
            yield (one.name,), (f"state '{place.state.rpartition('/')[2]}' reads it", place)
    for use in face.uses:
        if use.path[0] in value and use.path[0] not in face.optional and not _has(value, use.path):
            yield use.path, (f"state '{use.state}' reads it", use.location)


def _declared(schema: Mapping[str, Any], path: InputPath = ()) -> Iterator[InputPath]:
    for name, inner in schema.items():
        yield (*path, name)
        if isinstance(inner, Mapping):
            yield from _declared(inner, (*path, name))


def _has(value: Any, path: InputPath) -> bool:
    for step in path:
        if isinstance(value, list):
            return True  # an index or a filter: beyond what is read here
        if not isinstance(value, Mapping) or step not in value:
            return False
        value = value[step]
    return True


def _types(face: Interface, path: InputPath, declared: Any, value: Any) -> Iterator[Diagnostic]:
    if isinstance(declared, Mapping) and isinstance(value, Mapping):
        for name, inner in declared.items():
            if name in value:
                yield from _types(face, (*path, name), inner, value[name])
        for name in value:
            if name not in declared:
                yield _undeclared(face, path, declared, name)
        return
    wanted = "object" if isinstance(declared, Mapping) else str(declared)
    kinds = INPUT_KINDS.get(wanted)
    if kinds is None or is_placeholder(value):
        return
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        place = next((one.readers[0] for one in face.inputs if one.name == path[0] and one.readers), None)
        shown = ".".join(path)
        yield SFN843.at(
            place or face.location, f"input '{shown}' is of type {type(value).__name__}, not {wanted}"
        )


def _undeclared(face: Interface, path: InputPath, declared: Mapping[str, Any], name: str) -> Diagnostic:
    """A name that a declared object does not have."""
    shown, close = ".".join((*path, name)), difflib.get_close_matches(name, sorted(declared), 1)
    # The states that stages add ask for each switch; an object of the author's own is read otherwise.
    if path == (STAGES,) and STAGES in face.optional:
        hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(sorted(declared))}"
        return SFN855.at(face.location, f"no stage has the switch '{shown}'", hint)
    hint = f"if '{close[0]}' is meant, rename it" if close else ""
    return SFN844.at(face.location, f"input '{shown}' is not declared", hint)


def _names(face: Interface, value: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Given names that the service would refuse."""
    for path, room in rooms(face).items():
        name = get(value, path)
        use = next(use for use in face.uses if use.path == path and use.room)
        if not isinstance(name, str) or is_placeholder(name) or use.call.startswith("states"):
            continue
        wrong = f"is longer than {room} characters" if len(name) > room else ""
        if use.whole and not _NAME.fullmatch(name):
            wrong = "has other characters than letters, digits and '-' between them"
        if wrong:
            shown = ".".join(path)
            yield SFN845.at(
                use.location,
                f"input '{shown}' names what state '{use.state}' makes, and '{name}' {wrong}",
                "leave it out, and a unique name is made",
            )


def _unfilled(face: Interface, value: Mapping[str, Any]) -> Iterator[Diagnostic]:
    tokens = {name for _, leaf in leaves(face.default_input) for name in _TOKEN.findall(str(leaf))}
    for place, leaf in leaves(value):
        shown = ".".join(place)
        if is_placeholder(leaf):
            yield SFN854.at(None, f"input '{shown}' is still the placeholder '{leaf}'", "write its value")
        elif isinstance(leaf, str):
            found = [name for name in _TOKEN.findall(leaf) if name in tokens or "::" in name]
            if found:
                message = f"input '{shown}' holds '${{{found[0]}}}', which the stack alone fills in"
                yield SFN854.at(None, message, "write the value")


@dataclass(frozen=True, slots=True)
class Location:
    """An S3 place that a state reads, as the input has it. `exact`: an object's whole key, not a prefix.

    `made`: the execution itself writes there.
    """

    uri: str
    bucket: str
    key: str
    path: InputPath
    use: Use
    exact: bool
    made: bool


def locations(face: Interface, value: Mapping[str, Any]) -> tuple[Location, ...]:
    """The S3 places that jobs read, each once."""
    written = [_form(place) for place in face.outputs]
    found: dict[str, Location] = {}
    for use in face.uses:
        for inner, leaf in leaves(get(value, use.path)) if use.whole else ():
            field = (*use.field, *inner)
            if isinstance(leaf, str) and ends(field, WRITTEN):
                written.append(_form(leaf))
            match = _OBJECT.fullmatch(leaf) if isinstance(leaf, str) and ends(field, READ) else None
            # A place that is read early is looked at as such, even if another state reads it too.
            if match and (leaf not in found or use.early):
                key = match["key"] or ""
                path = (*use.path, *inner)
                found[leaf] = Location(leaf, match["bucket"], key, path, use, ends(field, _EXACT), False)
    return tuple(
        Location(
            one.uri, one.bucket, one.key, one.path, one.use, one.exact,
            any(form.match(one.uri) for form in written),
        )
        for one in found.values()
    )  # fmt: skip


def _form(place: str) -> re.Pattern[str]:
    """A pattern of what lies at or below an S3 place whose tokens are not known."""
    parts = _TOKEN.split(place.rstrip("/"))
    return re.compile("[^/]*".join(re.escape(part) for part in parts[::2]) + "(?:/|$)")


def missing(s3: Any, places: Iterable[Location]) -> Iterator[Diagnostic]:
    """A finding for each place with nothing in it, or that cannot be looked at. `s3` is a client."""
    for one in places:
        if not one.made:
            yield from _look(s3, one)


def _look(s3: Any, one: Location) -> Iterator[Diagnostic]:
    from botocore.exceptions import ClientError, ParamValidationError  # noqa: PLC0415 (with the client)

    shown, state = ".".join(one.path), one.use.state
    try:
        there = _is_there(s3, one)
    except ParamValidationError:
        return
    except ClientError as error:
        code, said = error_of(error)
        if code in ("NoSuchBucket", "404"):
            message = f"input '{shown}' is '{one.uri}', which is not there: no bucket '{one.bucket}'"
            yield SFN846.at(one.use.location, message, "create the bucket, or correct the input")
            return
        if code not in ("AccessDenied", "403", "AllAccessDisabled"):
            raise
        message = f"input '{shown}' is '{one.uri}', which may not be looked at: {said}"
        yield SFN847.at(one.use.location, message)
        return
    if there:
        return
    message = f"input '{shown}' is '{one.uri}', which state '{state}' reads and which is not there"
    if one.use.early:
        yield SFN846.at(one.use.location, message, "put it there, or correct the input")
    else:
        yield SFN847.at(one.use.location, f"{message} yet", "see that an earlier state writes it")


def _is_there(s3: Any, one: Location) -> bool:
    """Whether an object is there: of that key, or under that prefix. Raises `ClientError`."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (with the client)

    if not one.exact:
        try:
            found = s3.list_objects_v2(Bucket=one.bucket, Prefix=one.key, MaxKeys=1)
            return bool(found.get("KeyCount", len(found.get("Contents", ()))))
        except ClientError as error:
            if error_of(error)[0] not in ("AccessDenied", "403") or not one.key or one.key.endswith("/"):
                raise
    try:
        s3.head_object(Bucket=one.bucket, Key=one.key)
    except ClientError as error:
        # HeadObject has no body, so a bucket that is not there and a key that is not there look the same.
        if error_of(error)[0] in ("404", "NoSuchKey", "NotFound"):
            return False
        raise
    return True
