"""A source file -> its run as a script, and what ended it as findings.

The module runs as `python workflows/x.py` from the project's root does: as `__main__`, with its folder
first on the path and the root as working directory.
"""

from __future__ import annotations

import builtins
import os
import sys
import threading
import traceback
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sfn_cfn import authoring
from sfn_cfn.authored import registry
from sfn_cfn.errors import Code, Diagnostic, SourceLocation
from sfn_cfn.load import codes, notebook, places, sdk, traps
from sfn_cfn.model import WorkflowSource

_NOTEBOOK = ("%", "!")


def execute(source: WorkflowSource) -> list[Diagnostic]:
    """Run the source, then the functions that it marked; findings of what ended it early."""
    path = str(source.path)
    _prepare(source)
    module: Any = types.ModuleType("__main__")
    module.__dict__.update({"__file__": path, "__builtins__": builtins, "__spec__": None, "__cached__": None})
    sys.modules["__main__"] = module
    sys.argv[:] = [source.name]

    def run() -> None:
        # The text is the user's own script, run in a process made for it.
        exec(compile(source.path.read_bytes(), path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102

    found = guarded(run, source)
    if not found:
        for maker in list(registry.makers):
            found += guarded(lambda maker=maker: _make(maker), source)  # type: ignore[misc]
    if not found:
        found += guarded(_finish_threads, source)
    return found


def _prepare(source: WorkflowSource) -> None:
    folder = str(source.path.parent)
    os.chdir(source.root)
    sys.path.insert(0, folder)
    notebook.install()
    # What the parent imported is not in a user's way who has a module of that name beside the source.
    for name in [name for name in sys.modules if "." not in name]:
        own = source.path.parent / f"{name}.py"
        if own != source.path and name not in ("__main__", "sfn_cfn") and own.is_file():
            for loaded in [item for item in sys.modules if item == name or item.startswith(f"{name}.")]:
                del sys.modules[loaded]


def _finish_threads() -> None:
    """Wait as the interpreter does at the end of a script."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def _make(maker: Callable[[], Any]) -> None:
    """Call a function marked with `@sfn_cfn.workflow` and refuse what it cannot return."""
    made = maker()
    workflow = sys.modules["stepfunctions.workflow.stepfunctions"].Workflow
    items = made if isinstance(made, Iterable) and not isinstance(made, (str, workflow)) else (made,)
    for item in items:
        pipeline = getattr(item, "workflow", None)
        if item is not None and not isinstance(item, workflow) and not isinstance(pipeline, workflow):
            raise NotAWorkflowError(maker, item)


class NotAWorkflowError(Exception):
    """A marked function returned something else."""

    def __init__(self, maker: Callable[[], Any], item: Any) -> None:
        self.code = getattr(maker, "__code__", None)
        self.name = getattr(maker, "__name__", "?")
        self.kind = type(item).__name__
        super().__init__(self.name)


def guarded(run: Callable[[], None], source: WorkflowSource) -> list[Diagnostic]:
    """Run user code; the finding of what it raised, if anything."""
    try:
        run()
    except SystemExit as end:
        return _exited(end, source)
    except BaseException as error:  # noqa: BLE001 (the one place around user code)
        return _raised(error, source)
    return []


def _exited(end: SystemExit, source: WorkflowSource) -> list[Diagnostic]:
    if end.code is None or end.code == 0:
        return []
    shown = f"code {end.code}" if isinstance(end.code, int) else f"the message '{_one_line(str(end.code))}'"
    return [
        _code(codes.EXIT).at(
            _place(end, source), f"the source calls sys.exit with {shown}", traps.exited(end)
        )
    ]


def _code(code: Code) -> Code:
    """A failure after the source has begun to deploy is only a warning."""
    return code if sdk.journal.deployed is None else codes.AFTER_DEPLOY


def _raised(error: BaseException, source: WorkflowSource) -> list[Diagnostic]:
    if _from_unanswered(error):
        return []
    place = _place(error, source)
    if isinstance(error, NotAWorkflowError):
        if error.code is not None:
            file = places.named(error.code.co_filename, source.root)
            place = SourceLocation(file, error.code.co_firstlineno)
        message = f"function '{error.name}' returns a value of type '{error.kind}'"
        return [codes.MAKER.at(place, message, "return a Workflow, or several")]
    if isinstance(error, authoring.ParameterError):
        return [codes.PARAMETER.at(place, _one_line(str(error)))]
    if isinstance(error, SyntaxError):
        return [_syntax(error, source)]
    if traps.needs_network(error):
        message = "the source needs the network, which a build does not have"
        hint = "keep what it reads in the project, or let a state of the workflow fetch it"
        code = codes.NETWORK if sdk.journal.deployed is None else codes.AFTER_DEPLOY
        return [code.at(place, message, hint)]
    detail = "".join(_shown(error)).rstrip("\n")
    if isinstance(error, ImportError):
        return [_code(codes.IMPORT).at(place, *_import(error, source), detail)]
    name, text = type(error).__name__, _one_line(str(error))
    message = f"the source raises {name}: {text}" if text else f"the source raises {name}"
    return [_code(codes.EXCEPTION).at(place, message, traps.hint(error, source), detail)]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _from_unanswered(error: BaseException) -> bool:
    """Whether a refused AWS call is the reason; the call has a finding of its own."""
    return any(type(item).__name__ == "UnansweredCall" for item in traps.chain(error))


def _place(error: BaseException, source: WorkflowSource) -> SourceLocation:
    """The innermost frame of user code that the exception passed."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if places.of_user(frame.filename):
            return SourceLocation(places.named(frame.filename, source.root), frame.lineno or 0)
    return SourceLocation(source.name)


def _shown(error: BaseException) -> Iterator[str]:
    """The traceback as Python prints it, without this package's frames."""
    shown = traceback.TracebackException.from_exception(error)
    seen: list[Any] = []
    todo: list[Any] = [shown]
    while todo:
        item = todo.pop()
        if item is None or item in seen:
            continue
        seen.append(item)
        item.stack[:] = [frame for frame in item.stack if not places.ours(frame.filename)]
        todo += [item.__cause__, item.__context__]
    return shown.format()


def _syntax(error: SyntaxError, source: WorkflowSource) -> Diagnostic:
    place = SourceLocation(places.named(error.filename or source.name, source.root), error.lineno or 0)
    if error.filename and not places.of_user(error.filename):
        place = _place(error, source)
    hint = ""
    if (error.text or "").lstrip().startswith(_NOTEBOOK):
        hint = "remove the notebook's command, which is not Python"
    return codes.SYNTAX.at(place, f"the source is not Python: {_one_line(error.msg)}", hint)


def _import(error: ImportError, source: WorkflowSource) -> tuple[str, str]:
    """Message and hint of a failed import."""
    name = error.name or ""
    if not isinstance(error, ModuleNotFoundError) or not name:
        return f"an import fails: {_one_line(str(error))}", traps.hint(error, source)
    top = name.split(".")[0]
    for place in (source.root / f"{top}.py", source.root / top, source.root / "src" / top):
        if place.exists() and place.parent != source.path.parent:
            shown = places.named(str(place), source.root)
            hint = f"install the project, or set PYTHONPATH: '{shown}' is not beside the source"
            return f"module '{name}' is not found", hint
    if top in sys.modules and top != name:
        return f"module '{name}' is not found", f"check the name: '{top}' has no such part"
    return f"module '{name}' is not found", f"install '{top}' in the environment that runs sfn-cfn"
