"""Findings and failures: one record, `Diagnostic`, returned by a check or carried by an `SfnCfnError`."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class ExitCode(enum.IntEnum):
    """What the process tells its caller."""

    CLEAN = 0
    FINDINGS = 1
    COULD_NOT_RUN = 2
    INTERNAL = 3


class Severity(enum.Enum):
    """How much a finding matters; an error means that the workflow's template is not written."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class SourceLocation:
    """A place in the user's project.

    `file` is relative to the project's root with forward slashes (absolute outside of it), `line` counts
    from 1 and is 0 where only the file is known, `state` is the state's path, e.g. `States/Train`.
    """

    file: str
    line: int = 0
    state: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place} ({self.state})" if self.state else place


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `message`: one line, lower case, present tense. `hint`: an imperative, or empty.

    `detail` holds further lines shown as they are (a traceback of the user's own frames, for example).
    """

    code: str
    severity: Severity
    message: str
    location: SourceLocation | None = None
    hint: str = ""
    detail: str = ""

    @property
    def sort_key(self) -> tuple[str, int, str, str, str]:
        """By place, then by code: the order in which findings are reported."""
        place = self.location or SourceLocation("")
        return (place.file, place.line, place.state, self.code, self.message)


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding: its number, its severity and its documentation (what, why, what to do)."""

    code: str
    severity: Severity
    title: str
    explanation: str

    def at(
        self, location: SourceLocation | None, message: str, hint: str = "", detail: str = ""
    ) -> Diagnostic:
        """A finding of this kind at `location`."""
        return Diagnostic(self.code, self.severity, message, location, hint, detail)


class SfnCfnError(Exception):
    """Ends a stage; carries at least one diagnostic. Its children name the stage."""

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic]) -> None:
        self.diagnostics = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        super().__init__("; ".join(f"{item.code}: {item.message}" for item in self.diagnostics))


class SettingsError(SfnCfnError):
    """`sfn-cfn.toml` cannot be used."""


class DiscoverError(SfnCfnError):
    """No workflow source could be listed."""


class LoadError(SfnCfnError):
    """A workflow source could not be run."""


class DefinitionError(SfnCfnError):
    """A definition is not what the states language or a template allows."""


class TemplateError(SfnCfnError):
    """Fragments do not fit together, or a template file cannot be read."""


class PolicyError(SfnCfnError):
    """A policy cannot be derived whole."""


class EmitError(SfnCfnError):
    """A template is over a limit, or cannot be written."""


class DeployError(SfnCfnError):
    """AWS, or what is in it, does not permit a deployment."""
