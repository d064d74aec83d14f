"""Globs of the settings -> the workflow sources of a project, sorted."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

from sfn_cfn.errors import Code, Diagnostic, DiscoverError, Severity, SourceLocation
from sfn_cfn.model import WorkflowSource
from sfn_cfn.settings import Settings

SFN101 = Code(
    "SFN101",
    Severity.ERROR,
    "the folder of the workflow sources is missing",
    "Sources are the Python files that `sources` in `[project]` of `sfn-cfn.toml` matches, `workflows/*.py` "
    "where it says nothing. The project is the nearest folder, from the current one upwards, that has a "
    "`sfn-cfn.toml` or a folder `workflows`, or the one that `--project` names.",
)

SFN102 = Code(
    "SFN102",
    Severity.ERROR,
    "no file is a workflow source",
    "No Python file matches `sources`. Files and folders whose names begin with '_' or '.' are passed over: "
    "they are modules that workflows share.",
)

SFN103 = Code(
    "SFN103",
    Severity.ERROR,
    "a source named on the command line is not there",
    "A source is named by its path or by its file's name without `.py`, and is one of the files that "
    "`sources` matches.",
)

_SETTINGS_FILE = "sfn-cfn.toml"
_WILD = frozenset("*?[")


def find_root(start: Path) -> Path:
    """The nearest folder from `start` upwards with `sfn-cfn.toml` or `workflows/`; `start` if there is none."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / _SETTINGS_FILE).is_file() or (folder / "workflows").is_dir():
            return folder
    return start


def discover(settings: Settings, only: Sequence[str] = ()) -> tuple[WorkflowSource, ...]:
    """The project's workflow sources by name, or those of `only` (paths or file stems).

    Raises `DiscoverError` where a folder is missing, no file matches, or a named source is not there.
    """
    root = settings.root.resolve()
    paths = sorted({path for pattern in settings.sources for path in _matches(root, pattern)})
    if not paths:
        raise DiscoverError(_nothing(root, settings.sources))
    sources = tuple(sorted((WorkflowSource(root, path) for path in paths), key=lambda item: item.name))
    if not only:
        return sources
    missing = [_missing(root, name, sources) for name in only if not any(_named(s, name) for s in sources)]
    if missing:
        raise DiscoverError(missing)
    return tuple(source for source in sources if any(_named(source, name) for name in only))


def _matches(root: Path, pattern: str) -> Iterable[Path]:
    literal = Path(pattern).parts
    for path in root.glob(pattern):
        parts = path.relative_to(root).parts
        hidden = any(part[0] in "_." and part not in literal for part in parts)
        if path.suffix == ".py" and not hidden and path.is_file():
            yield path


def _named(source: WorkflowSource, name: str) -> bool:
    if name in (source.path.stem, source.name):
        return True
    return Path(name).resolve() == source.path.resolve()


def _nothing(root: Path, patterns: Sequence[str]) -> Diagnostic:
    """Why no pattern matched: the first folder that is missing, or no file."""
    place = SourceLocation(root.as_posix())
    folders = [_folder(pattern) for pattern in patterns]
    if folders and not any((root / folder).is_dir() for folder in folders):
        hint = "run 'sfn-cfn init NAME' for a new project, or name the project's folder by '--project'"
        return SFN101.at(place, f"there is no folder '{folders[0]}'", hint)
    shown = ", ".join(f"'{pattern}'" for pattern in patterns)
    hint = f"write a workflow, for example {folders[0] if folders else 'workflows'}/train.py"
    return SFN102.at(place, f"no file matches {shown or 'the empty list of sources'}", hint)


def _folder(pattern: str) -> str:
    """The pattern's folders before the first wildcard."""
    parts: list[str] = []
    for part in Path(pattern).parts[:-1]:
        if _WILD & set(part):
            break
        parts.append(part)
    return "/".join(parts) or "."


def _missing(root: Path, name: str, sources: Sequence[WorkflowSource]) -> Diagnostic:
    place = SourceLocation(root.as_posix())
    if any(candidate.is_file() for candidate in (Path(name), root / name)):
        hint = "add it to 'sources' in [project] of sfn-cfn.toml; names that begin with '_' or '.' are passed over"
        return SFN103.at(place, f"'{name}' is not one of the project's sources", hint)
    known = [source.path.stem for source in sources]
    close = difflib.get_close_matches(Path(name).stem, known, 1, 0.6)
    hint = f"did you mean '{close[0]}'?" if close else f"name one of {', '.join(known)}"
    return SFN103.at(place, f"there is no source '{name}'", hint)
