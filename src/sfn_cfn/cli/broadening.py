"""A plan against the output folder -> what the roles of its templates may do more than before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from sfn_cfn import emit
from sfn_cfn.emit_checks import source_of
from sfn_cfn.errors import Diagnostic, Severity, SourceLocation, TemplateError


def findings(planned: emit.Plan, baseline: Path | None, *, fail: bool) -> tuple[Diagnostic, ...]:
    """Each widening against the folder `baseline` (None: against what stands in the output folder).

    Warnings; errors with `fail`. A template that is in neither is not compared, because it widens nothing.
    """
    found = [item for file in planned.files if "/" not in file.path for item in _of(planned, file, baseline)]
    severe = Severity.ERROR if fail else Severity.WARNING
    return tuple(replace(one, severity=severe) if one.severity is Severity.WARNING else one for one in found)


def without(planned: emit.Plan, found: Iterable[Diagnostic]) -> emit.Plan:
    """The plan without the files of workflows that one of the findings is an error of."""
    errors = {one.location.file for one in found if one.severity is Severity.ERROR and one.location}
    refused = {_workflow(file.path) for file in planned.files if planned.place(file.path).file in errors}
    return replace(
        planned, files=tuple(file for file in planned.files if _workflow(file.path) not in refused)
    )


def _workflow(path: str) -> str:
    """The name up to the first dot, which names have not."""
    return PurePosixPath(path).name.split(".")[0]


def _of(planned: emit.Plan, file: emit.PlannedFile, baseline: Path | None) -> Iterator[Diagnostic]:
    before = _before(planned, file, baseline)
    if not before or before == file.content:
        return
    from sfn_cfn.iam import broaden  # noqa: PLC0415 (only where a template changes)
    from sfn_cfn.iam.codes import SFN591  # noqa: PLC0415
    from sfn_cfn.template import yaml  # noqa: PLC0415

    place = planned.place(file.path)
    if not source_of(before):
        message = "the template that stands is not one of sfn-cfn's, so its roles are not compared"
        yield SFN591.at(place, message, "look through the roles of the new one")
        return
    try:
        old = yaml.load(before, place.file)
    except TemplateError as error:
        message = "the template that stands cannot be read, so its roles are not compared"
        where = error.diagnostics[0].location or place
        yield SFN591.at(
            SourceLocation(place.file, where.line), message, "look through the roles of the new one"
        )
        return
    yield from broaden.compare(old, yaml.load(file.content, place.file), place)


def _before(planned: emit.Plan, file: emit.PlannedFile, baseline: Path | None) -> str:
    """The text of the template that stands, in whichever format; empty where there is none."""
    if baseline is None and file.kind != "new":
        return file.before or ""
    folder = baseline or planned.folder
    others = [Path(file.path).with_suffix(suffix).name for suffix in (".yaml", ".json")]
    for name in sorted(others, key=lambda one: one != file.path):
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8", errors="replace")
    return ""
