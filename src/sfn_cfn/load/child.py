"""A source and a world -> the result file of one run. The only module that runs user code, in a child.

`main` is the same in a fresh process, where fork is missing.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfn_cfn import authoring, codec
from sfn_cfn.authored import registry
from sfn_cfn.errors import Diagnostic, Severity, SourceLocation
from sfn_cfn.load import capture, codes, configured, imported, processes, script, sdk
from sfn_cfn.load import world as worlds
from sfn_cfn.model import LoadedWorkflow, Upload, WorkflowSource, World


@dataclass(frozen=True, slots=True)
class Request:
    """What one run needs; `home` is an empty folder for it alone."""

    source: WorkflowSource
    world: World
    home: Path


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one run made, and its findings. `uploads` is what it put into S3, in that order."""

    workflows: tuple[LoadedWorkflow, ...]
    diagnostics: tuple[Diagnostic, ...]
    uploads: tuple[Upload, ...] = ()


def run(request: Request, answer: Path) -> None:
    """Run the source and leave its `RunResult` at `answer`. Does not come back in a fork of the user's."""
    leave, put, forked = os._exit, processes.place, []
    os.register_at_fork(after_in_child=lambda: forked.append(True))
    dumps, flush = codec.dumps, (sys.stdout.flush, sys.stderr.flush)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True)
    os.environ.pop("PYTHONIOENCODING", None)
    tempfile.tempdir = None
    sdk.redo()
    recorder: Any = worlds.enter(request.world, request.home, request.source.root)
    os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"
    try:
        result = collect(request, recorder)
        for each in flush:
            with contextlib.suppress(OSError, ValueError):
                each()
        if not forked:
            put(answer, dumps(result))
    except BaseException as error:  # noqa: BLE001 (the source may have replaced anything)
        with contextlib.suppress(BaseException):
            put(answer.with_suffix(".broken"), " ".join(f"{type(error).__name__}: {error}".split()))
        leave(processes.BROKEN)
    leave(0)


def collect(request: Request, recorder: Any) -> RunResult:
    """Run the source in this process, which is spoiled by it."""
    source, world = request.source, request.world
    sdk.journal.root, sdk.journal.account = source.root, world.account
    sdk.journal.unanswered = lambda: len(recorder.unanswered)
    sdk.journal.uploaded = lambda bucket, key: recorder.find(bucket, key) is not None
    authoring.start()
    registry.locate = lambda: sdk.journal.place(None)
    deep, deepest = sys.setrecursionlimit, sys.getrecursionlimit()
    ended = script.execute(source)
    # A source may leave less depth than the SDK needs to write a template.
    deep(max(deepest, sys.getrecursionlimit()))
    found = [*_with_unanswered(ended, recorder, source), *sdk.journal.findings]
    workflows, made = [], []
    for workflow, place in list(sdk.journal.workflows):
        loaded, problems = _captured(source, world, workflow, place)
        if loaded is not None:
            workflows.append(loaded)
            made.append((workflow, loaded.name))
        found += problems
    if not (sdk.journal.workflows or _failed(found) or imported.by_another(source.path)):
        hint = "make a Workflow in it, or move it out of the sources' folder"
        found.append(codes.NO_WORKFLOW.at(SourceLocation(source.name), "the source makes no workflow", hint))
    if not _failed(found):
        found += configured.strangers(made, source.name)
        found += _unused(workflows)
    uploads = tuple(
        Upload(item.bucket, item.key, item.sha256, item.size, item.location) for item in recorder.made
    )
    return RunResult(tuple(workflows), tuple(dict.fromkeys(found)), uploads)


def _failed(found: list[Diagnostic]) -> bool:
    return any(item.severity is Severity.ERROR for item in found)


def _captured(
    source: WorkflowSource, world: World, workflow: Any, place: SourceLocation | None
) -> tuple[LoadedWorkflow | None, list[Diagnostic]]:
    made: list[LoadedWorkflow | None] = [None]
    problems: list[Diagnostic] = []

    def take() -> None:
        location = place or SourceLocation(source.name)
        given, found = configured.given(workflow, str(workflow.name), source.root, location)
        problems.extend(found)
        made[0], found = capture.capture(source, world, workflow, place, given)
        problems.extend(found)

    problems += script.guarded(take, source)
    return made[0], problems


def _with_unanswered(found: list[Diagnostic], recorder: Any, source: WorkflowSource) -> list[Diagnostic]:
    """`found` with the calls that got no answer; what only passes such a call's error on is left out."""
    out, deployed = list(found), sdk.journal.deployed
    calls = []
    for index, call in enumerate(recorder.unanswered):
        carried = [item for item in found if call.message in f"{item.message}\n{item.detail}"]
        out = [item for item in out if item not in carried]
        if deployed is not None and index >= deployed:
            code = codes.UNANSWERED_AFTER_DEPLOY
        else:
            code = codes.HANDLED if call.missing and not carried else codes.UNANSWERED
        reason = f"asks for '{call.missing}', which nothing in this build made"
        message = f"{call.service}:{call.operation} {reason if call.missing else 'has no answer in a build'}"
        hint = "check that the definition is right without it" if code is codes.HANDLED else _hint(call)
        calls.append(code.at(call.location or SourceLocation(source.name), message, hint))
    return out + calls


_CHANGES = ("Create", "Put", "Delete", "Update", "Register", "Attach", "Start", "Run", "Publish", "Send")


def _hint(call: Any) -> str:
    """What to do instead of a call that a build does not make."""
    if call.service == "s3":
        return "keep the file in the project, or let a state of the workflow read it"
    if call.operation.startswith(_CHANGES):
        return "do this outside of the source, for example in a template of its own, and pass names in"
    return "pass the value in as a parameter, or let a state of the workflow make the call"


def _unused(workflows: list[LoadedWorkflow]) -> Iterator[Diagnostic]:
    used = {item.name for workflow in workflows for item in workflow.parameters}
    for item in registry.declared.values():
        if item.name not in used:
            message = f"parameter '{item.name}' reaches no workflow"
            hint = (
                "build text with str(), an f-string, % or +, which keep the parameter"
                if item.kind == "String"
                else "pass the parameter itself: a number that is reckoned from it is fixed in the template"
            )
            yield codes.UNUSED_PARAMETER.at(item.location, message, hint)


def main() -> None:
    """The entry of a fresh process; its last arguments are files: of a `Request`, and for its answer."""
    from sfn_cfn.load import pool  # noqa: PLC0415 (not where this process was forked from the pool's)

    request, answer = (Path(argument) for argument in sys.argv[-2:])
    pool.prepare_sdk()
    run(codec.loads(Request, request.read_text(encoding="utf-8")), answer)
