"""An exception of user code -> a hint, where the mistake or the missing thing is known."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator

from sfn_cfn.load.places import named, of_user
from sfn_cfn.model import WorkflowSource

_REFUSED = (
    "NetworkRefusedError",
    "ConnectionRefusedError",
    "URLError",
    "ProxyError",
    "EndpointConnectionError",
)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and those that it was raised from or during."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def needs_network(error: BaseException) -> bool:
    """Whether the reason is that a build has no network: a refused connection, or a host that has no name."""
    for item in chain(error):
        refused = isinstance(item, OSError) and item.errno == errno.ECONNREFUSED
        if refused or type(item).__name__ in _REFUSED:
            return True
    return False


def hint(error: BaseException, source: WorkflowSource) -> str:
    """What to do about a mistake that is known by its exception; empty for others."""
    text = str(error)
    if isinstance(error, AttributeError) and "module 'stepfunctions.steps.sagemaker'" in text:
        return (
            "write 'import sagemaker' after 'from stepfunctions.steps import *', "
            "which gives the name 'sagemaker' to a module of its own"
        )
    if isinstance(error, TypeError) and text.startswith("configure() takes 1 positional argument"):
        return "name the tables: configure(workflow, logging={...}), or configure(workflow, **tables)"
    if isinstance(error, NameError) and error.name == "get_ipython":
        return "remove the notebook's command, which is not Python"
    if isinstance(error, ImportError) and any(name in text for name in ("fsspec", "s3fs")):
        return "read a file of the project: a build has no access to S3"
    if isinstance(error, KeyError) and _raised_in(error, "os"):
        return _variable(str(error.args[0]))
    if isinstance(error, FileNotFoundError) and isinstance(error.filename, str):
        return _file(error.filename, source)
    return ""


def exited(end: SystemExit) -> str:
    """What to do about `sys.exit`, where argparse called it."""
    if end.code == 2 and _raised_in(end, "argparse"):
        return "give each argument a default: a build runs the source without arguments"
    return ""


def _raised_in(error: BaseException, module: str) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    files = (f"<frozen {module}>", f"/{module}.py")
    return bool(frames) and not of_user(frames[-1].filename) and frames[-1].filename.endswith(files)


def _variable(name: str) -> str:
    if name.startswith(("AWS_", "SAGEMAKER_")):
        return f"write os.environ.get('{name}') with a default: a build hides the variables of AWS"
    return f"set the environment variable '{name}' for the build, or write os.environ.get with a default"


def _file(name: str, source: WorkflowSource) -> str:
    beside = source.path.parent / name
    if source.path.parent != source.root and beside.exists():
        shown = named(str(beside), source.root)
        return f"write '{shown}', or a path from Path(__file__).parent: a source runs in the project's root"
    return ""
