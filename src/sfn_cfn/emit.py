"""Output files -> a plan against the output folder -> files, each whole or not at all.

`plan` compares and checks and touches nothing, `drift` and `stale` say what a plan found, `write` does it.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from sfn_cfn.emit_checks import Limits, check_text, check_type, source_of, unmarked
from sfn_cfn.errors import Code, Diagnostic, EmitError, Severity, SourceLocation
from sfn_cfn.model import OutputFile

SFN701 = Code(
    "SFN701",
    Severity.ERROR,
    "an output file cannot be written",
    "The output folder, or a file in it, refuses to be written. No template was changed: new texts are "
    "written beside the old ones first, and replace them only when all are complete.",
)

SFN702 = Code(
    "SFN702",
    Severity.ERROR,
    "there is no space for the output",
    "The disk, the quota or the limit on a file's size is used up. No template was changed, and what was "
    "begun is removed.",
)

SFN703 = Code(
    "SFN703",
    Severity.ERROR,
    "an output file lies outside of the output folder",
    "A folder inside the output folder is a symbolic link that leads out of it. Nothing is written there.",
)

SFN704 = Code(
    "SFN704",
    Severity.ERROR,
    "two output files have one name",
    "Some file systems do not tell upper and lower case letters apart, so two names that differ in nothing "
    "else would overwrite each other there. Rename one of the workflows.",
)

SFN705 = Code(
    "SFN705",
    Severity.WARNING,
    "a template's workflow is no more",
    "An earlier build wrote this template (its `Metadata.SfnCfn.Source` says from which file) for a workflow "
    "that the sources no longer make. It would still be deployed by whoever deploys the whole folder.",
)

SFN706 = Code(
    "SFN706",
    Severity.WARNING,
    "a template belongs to a source that is not built",
    "The template in the folder was written for a workflow of the same name in another source, which this build "
    "leaves out or could not run, so nobody knows whether it still makes that workflow. The template and its "
    "configuration files stay as they are. A build of all sources decides.",
)

SFN711 = Code(
    "SFN711",
    Severity.ERROR,
    "an output file is missing",
    "`build --check` compares the output folder with what the sources give, and writes nothing.",
)

SFN712 = Code(
    "SFN712",
    Severity.ERROR,
    "an output file is not what the sources give",
    "The sources, the settings or the versions of the packages changed after the last build, or somebody "
    "changed the file by hand.",
)

SFN713 = Code(
    "SFN713",
    Severity.ERROR,
    "a template is left over",
    "`build --check` found a template of a workflow that the sources no longer make (see SFN705).",
)

TEMPORARY_SUFFIX = ".sfn-cfn-tmp"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_EXCERPT_LINES = 20


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file and what the folder has in its place (`before`: its text, None where it is new)."""

    path: str
    content: str
    kind: Literal["new", "changed", "unchanged"]
    before: str | None = None


@dataclass(frozen=True, slots=True)
class StaleTemplate:
    """A template of a workflow that is no more, its source, and all files that go with it.

    `instead`: the workflow's template in another format, where that is all that changed.
    """

    path: str
    source: str
    files: tuple[str, ...]
    instead: str = ""

    @property
    def message(self) -> str:
        """Why nobody needs the template."""
        if self.instead:
            return f"the workflow of '{self.source}' has its template in '{self.instead}' now"
        return f"the workflow of '{self.source}' for this template is no more"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a write would do. `label` is the folder as messages name it.

    `diagnostics` are findings on the texts; the files of a workflow with an error are not in `files`.
    """

    folder: Path
    label: str
    files: tuple[PlannedFile, ...]
    stale: tuple[StaleTemplate, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    def place(self, path: str) -> SourceLocation:
        """A file of the folder as a place."""
        return SourceLocation(f"{self.label}/{path}")


def plan(
    outputs: Sequence[OutputFile],
    folder: Path,
    *,
    label: str = "",
    built: Collection[str] = (),
    known: Collection[str] | None = None,
    limits: Limits | None = None,
) -> Plan:
    """Compare `outputs` (paths relative to `folder`) with the folder.

    `built`: names of the sources whose build succeeded; a template of one of them that is not among the
    outputs is stale. `known`: names of all the project's sources; a template of another one is stale too
    (None: unknown, so that none is). Sources that failed are known and not built, so theirs stay. Raises
    `EmitError` where the folder cannot be read or an output would leave it.
    """
    label = label or folder.name
    findings = [item for output in outputs for item in check_text(output, label, limits or Limits())]
    findings.extend(_collisions(outputs, label))
    with _translated(label):
        findings.extend(item for output in outputs for item in _retyped(output, folder, label))
    files = {item.location.file for item in findings if item.severity is Severity.ERROR and item.location}
    refused = {_owner(output.path) for output in outputs if f"{label}/{output.path}" in files}
    with _translated(label):
        others = {item.path: item for item in _of_others(outputs, folder, built, known or ())}
        foreign = [item for item in others.values() if not item.same]
        findings.extend(_not_built(item, label) for item in foreign)
        refused |= {_owner(item.path) for item in foreign}
        kept = [
            OutputFile(output.path, others[output.path].before) if output.path in others else output
            for output in outputs
            if _owner(output.path) not in refused
        ]
        planned = tuple(_compared(output, folder, label) for output in sorted(kept, key=lambda o: o.path))
        left = tuple(_left_over({output.path for output in outputs}, folder, built, known))
    return Plan(folder, label, planned, left, tuple(findings))


def write(planned: Plan, *, prune: bool = False) -> None:
    """Write what is new or changed; remove what is stale with `prune`. Raises `EmitError`.

    All texts are complete and on the disk before the first one takes its place.
    """
    ready: list[tuple[str, Path]] = []
    try:
        with _translated(planned.label):
            for file in planned.files:
                if file.kind != "unchanged":
                    path = planned.folder / file.path
                    ready.append((_complete(path, file.content), path))
            while ready:
                temporary, path = ready[0]
                os.replace(temporary, path)  # noqa: PTH105 (both names are at hand as they are)
                ready.pop(0)
            for template in planned.stale if prune else ():
                for name in template.files:
                    (planned.folder / name).unlink(missing_ok=True)
    finally:
        for temporary, _ in ready:
            Path(temporary).unlink(missing_ok=True)


def replace_file(path: Path, content: str) -> None:
    """Write one file whole, wherever it is. Raises `EmitError`."""
    with _translated(path.as_posix()):
        temporary = _complete(path, content)
        try:
            os.replace(temporary, path)  # noqa: PTH105
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def copy_file(source: Path, path: Path) -> None:
    """Copy one file whole, wherever it is, at once. Raises `EmitError`."""
    with _translated(path.as_posix()):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(TEMPORARY_SUFFIX, f".{path.name}.", path.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream, source.open("rb") as body:
                shutil.copyfileobj(body, stream)
                stream.flush()
                os.fchmod(stream.fileno(), _mode(path))
                os.fsync(stream.fileno())
            os.replace(name, path)  # noqa: PTH105
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def stale(planned: Plan) -> tuple[Diagnostic, ...]:
    """A warning for each template whose workflow is no more."""
    both = "run 'sfn-cfn build --prune' to remove it and its configuration files"
    one = "run 'sfn-cfn build --prune' to remove this one"
    return tuple(
        SFN705.at(planned.place(item.path), item.message, one if item.instead else both)
        for item in planned.stale
    )


def drift(planned: Plan) -> tuple[Diagnostic, ...]:
    """An error for each file that is missing, differs (with an excerpt of the difference) or is left over."""
    hint = "run 'sfn-cfn build' and commit the result"
    found = []
    for file in planned.files:
        place = planned.place(file.path)
        if file.kind == "new":
            found.append(SFN711.at(place, "this file is missing", hint))
        elif file.kind == "changed":
            detail = _excerpt(file.before or "", file.content)
            found.append(SFN712.at(place, "this file is not what the sources give", hint, detail))
    for item in planned.stale:
        hint = "run 'sfn-cfn build --prune'"
        found.append(SFN713.at(planned.place(item.path), item.message, hint))
    return tuple(found)


def _excerpt(before: str, after: str) -> str:
    """The first lines of a unified difference."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "on disk", "from the sources", n=1, lineterm=""
    )
    shown = list(lines)
    more = len(shown) - _EXCERPT_LINES
    return "\n".join([*shown[:_EXCERPT_LINES], *([f"... {more} more lines"] if more > 0 else [])])


def _owner(path: str) -> str:
    """The workflow of an output: names have no dot, so it is the file's name up to the first."""
    return PurePosixPath(path).name.split(".")[0]


def _collisions(outputs: Sequence[OutputFile], label: str) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for output in sorted(outputs, key=lambda item: item.path):
        other = seen.setdefault(output.path.casefold(), output.path)
        if other is not output.path:
            message = f"'{other}' and '{output.path}' differ in upper and lower case only, or not at all"
            yield SFN704.at(SourceLocation(f"{label}/{output.path}"), message, "rename one of the workflows")


@dataclass(frozen=True, slots=True)
class _Other:
    """A template in the folder, its source and the one that now gives it too; `same` but for the source."""

    path: str
    before: str
    theirs: str
    ours: str
    same: bool


def _of_others(
    outputs: Sequence[OutputFile], folder: Path, built: Collection[str], known: Collection[str]
) -> Iterator[_Other]:
    """Templates in the folder that sources of the project wrote which this build leaves out or could not run."""
    for output in outputs:
        path = folder / output.path
        if "/" in output.path or path.is_symlink() or not path.is_file():
            continue
        before = path.read_bytes().decode("utf-8", "replace")
        theirs, ours = source_of(before), source_of(output.content)
        if theirs in known and theirs not in built and ours != theirs:
            yield _Other(output.path, before, theirs, ours, unmarked(before) == unmarked(output.content))


def _retyped(output: OutputFile, folder: Path, label: str) -> Iterator[Diagnostic]:
    """A finding where the folder has the template with another type of state machine, in whichever format."""
    if "/" in output.path or not output.path.endswith((".yaml", ".json")):
        return
    for path in (
        folder / output.path,
        *(folder / Path(output.path).with_suffix(one) for one in (".yaml", ".json")),
    ):
        if path.is_file() and not path.is_symlink():
            yield from check_type(path.read_bytes().decode("utf-8", "replace"), output, label)
            return


def _not_built(other: _Other, label: str) -> Diagnostic:
    message = (
        f"the template is that of '{other.theirs}', which is not built; "
        f"'{other.ours}' makes a workflow of the same name"
    )
    hint = "build all sources, or rename one of the workflows"
    return SFN706.at(SourceLocation(f"{label}/{other.path}"), message, hint)


def stands(output: OutputFile, folder: Path) -> bool:
    """Whether the file is in `folder` already, byte for byte."""
    try:
        return (folder / output.path).read_bytes() == output.content.encode("utf-8", "surrogatepass")
    except OSError:
        return False


def _compared(output: OutputFile, folder: Path, label: str) -> PlannedFile:
    parts = PurePosixPath(output.path).parts
    if not parts or output.path.startswith("/") or ".." in parts:
        raise ValueError(f"not a path inside of the output folder: {output.path!r}")
    path = folder / output.path
    place = SourceLocation(f"{label}/{output.path}")
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        message = f"'{'/'.join(parts[:-1])}' is a symbolic link that leads out of '{label}'"
        raise EmitError(SFN703.at(place, message, "replace the link by a folder"))
    if path.is_dir():
        raise EmitError(SFN701.at(place, "a folder stands where this file goes", "remove the folder"))
    if path.is_symlink():
        return PlannedFile(output.path, output.content, "changed", "")
    if not path.exists():
        return PlannedFile(output.path, output.content, "new")
    before = path.read_bytes()
    if before == output.content.encode("utf-8", "surrogatepass"):
        return PlannedFile(output.path, output.content, "unchanged")
    return PlannedFile(output.path, output.content, "changed", before.decode("utf-8", "replace"))


def _left_over(
    current: set[str], folder: Path, built: Collection[str], known: Collection[str] | None
) -> Iterator[StaleTemplate]:
    """Templates that an earlier build wrote and this one's sources no longer give."""
    owners = {_owner(path): path for path in current if "/" not in path}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix not in (".yaml", ".json") or path.name in current or path.name.startswith("."):
            continue
        if path.is_symlink() or not path.is_file():
            continue
        source = source_of(path.read_text(encoding="utf-8", errors="replace"))
        if not source or not (source in built or (known is not None and source not in known)):
            continue
        name = path.stem
        beside = (
            [] if name in owners else [*folder.glob(f"config/{name}.*.json"), folder / f"inputs/{name}.json"]
        )
        files = [other.relative_to(folder).as_posix() for other in sorted(beside) if other.is_file()]
        yield StaleTemplate(path.name, source, (path.name, *files), owners.get(name, ""))


def _complete(path: Path, content: str) -> str:
    """A temporary file beside `path` with the whole content on the disk; its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(TEMPORARY_SUFFIX, f".{path.name}.", path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content.encode("utf-8"))
            stream.flush()
            os.fchmod(stream.fileno(), _mode(path))
            os.fsync(stream.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return name


def _mode(path: Path) -> int:
    """The mode of the file that is replaced, or what a new file gets."""
    if path.is_file() and not path.is_symlink():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


@contextlib.contextmanager
def _translated(label: str) -> Iterator[None]:
    """Turn the system's refusals into `EmitError`."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        place = SourceLocation(label)
        if error.errno in _FULL:
            message = f"cannot write the templates: {reason}"
            raise EmitError(
                SFN702.at(place, message, "make room and build again; nothing was changed")
            ) from error
        name = Path(str(error.filename)).name if error.filename else label
        if name.endswith(TEMPORARY_SUFFIX):
            name = name[1:].rsplit(".", 2)[0]
        hint = "check the permissions of the folder, or name another one by '--output'"
        if blocker := _in_the_way(error):
            message = f"a file stands where the folder '{blocker}' goes"
            raise EmitError(
                SFN701.at(place, message, "remove the file, or name another folder by '--output'")
            ) from error
        raise EmitError(SFN701.at(place, f"cannot write '{name}': {reason}", hint)) from error


def _in_the_way(error: OSError) -> str:
    """The name of the file that stands where a folder is to be made; empty where that is not the reason."""
    if not isinstance(error, (FileExistsError, NotADirectoryError)) or not error.filename:
        return ""
    path = Path(error.filename)
    return next((one.name for one in (path, *path.parents) if os.path.lexists(one) and not one.is_dir()), "")
