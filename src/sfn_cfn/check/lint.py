"""LintSubject... -> findings of cfn-lint, at the user's line where a state caused them.

cfn-lint runs in a process of its own (see `lint_process`), which is started before the workflows are loaded
and so imports and loads its rules beside them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from sfn_cfn.errors import Code, Diagnostic, Severity, SourceLocation
from sfn_cfn.model import LintSubject

_EXPLANATION = (
    "cfn-lint checks the emitted template against CloudFormation's resource schemas, and the definition against "
    "the states language; the message names its rule. A finding inside of the definition stands at the line "
    "that made the state, any other at the workflow's."
)
SFN390 = Code("SFN390", Severity.ERROR, "cfn-lint finds an error", _EXPLANATION)
SFN391 = Code("SFN391", Severity.WARNING, "cfn-lint finds what may be wrong", _EXPLANATION)
SFN392 = Code("SFN392", Severity.INFO, "cfn-lint has a remark", _EXPLANATION)
SFN393 = Code(
    "SFN393",
    Severity.WARNING,
    "cfn-lint cannot check a template",
    "cfn-lint itself failed, on all of the template or in one of its rules, so the template is not checked in "
    "full. Install another version of cfn-lint, or build with --no-lint.",
)

_CODES = {"error": SFN390, "warning": SFN391, "informational": SFN392}
_MACHINE = ("Resources", "StateMachineComponent", "Properties")
_DEFINITION = "E3601"
_FAILED = ("E0002", "E1101")
"""Rules under which cfn-lint reports its own exceptions. E1101 also holds schemas without a rule of their own."""
_LONGEST = 300

# With -c the first entry of the path is the working folder: a user's own json.py or yaml.py must not be found.
_START = (
    "import sys; sys.path = [p for p in sys.path if p]; from sfn_cfn.check.lint_process import main; main()"
)


class Linter:
    """A context that holds one cfn-lint process, started on entry."""

    _process: subprocess.Popen[bytes]
    _errors: IO[bytes]

    def __enter__(self) -> Linter:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def pid(self) -> int:
        """The id of the process that holds cfn-lint now."""
        return self._process.pid

    def lint(self, subjects: Sequence[LintSubject]) -> tuple[Diagnostic, ...]:
        """The findings on all subjects, sorted, each once. A failure of cfn-lint is a finding too."""
        findings = [item for subject in subjects for item in self._lint(subject)]
        return tuple(sorted(dict.fromkeys(findings), key=lambda item: item.sort_key))

    def _lint(self, subject: LintSubject) -> Iterator[Diagnostic]:
        answer = self._ask({"template": subject.template, "probe": subject.probe})
        if isinstance(answer, str):
            last = answer.strip().rpartition("\n")[2] or "no message"
            yield SFN393.at(
                subject.location, f"cfn-lint fails on {subject.output}: {_line(last)}", detail=answer
            )
        else:
            yield from findings(subject, answer)

    def _ask(self, question: Mapping[str, str]) -> dict[str, list[dict[str, Any]]] | str:
        """The process's answer; where it dies, what it wrote to stderr, and a new one is started."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if line.endswith(b"\n"):
            answer: dict[str, list[dict[str, Any]]] = json.loads(line)
            return answer
        self._process.wait()
        self._errors.seek(0)
        written = self._errors.read().decode(errors="replace")
        self._stop()
        self._start()
        return written

    def _start(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by _stop)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            # cfn-lint's own messages hold sets.
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )

    def _stop(self) -> None:
        """End the process, whatever it does: nobody waits for its answer any more."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()


def findings(subject: LintSubject, found: Mapping[str, list[dict[str, Any]]]) -> Iterator[Diagnostic]:
    """cfn-lint's findings on a subject's template and probe as ours.

    Of the probe, only what it says about the definition counts; of the template, everything else.
    """
    for item in found["template"]:
        if not _is_of_definition(item):
            yield _finding(subject, item, f" ({subject.output}:{item['line']})")
    for item in found["probe"]:
        if _is_of_definition(item):
            yield _finding(subject, item, "")


def _is_of_definition(item: Mapping[str, Any]) -> bool:
    path = tuple(item["path"])
    own = path[:3] == _MACHINE and (item["rule"] == _DEFINITION or (item["rule"], len(path)) == ("E1101", 3))
    return own or (item["rule"] == "E0002" and _DEFINITION in item["message"])


def _finding(subject: LintSubject, item: Mapping[str, Any], place: str) -> Diagnostic:
    message = item["message"]
    within = tuple(item["path"])[4:] if tuple(item["path"])[:3] == _MACHINE else ()
    location = _location(subject, within)
    if item["rule"] in _FAILED and "xception" in message:
        text = f"cfn-lint {item['rule']}: a rule of cfn-lint fails: {_line(message)}{place}"
        return SFN393.at(location, text)
    where = f" at '{'/'.join(within)}'" if within and not place else ""
    code = _CODES.get(item["level"], SFN390)
    return code.at(location, f"cfn-lint {item['rule']}: {_line(message)}{where}{place}")


def _location(subject: LintSubject, within: tuple[str, ...]) -> SourceLocation:
    """The innermost state that a path in the definition leads through, else the workflow."""
    for end in range(len(within), 0, -1):
        if place := subject.lines.get("/".join(within[:end])):
            return place
    return subject.location


def _line(text: str) -> str:
    """One line of bounded length: cfn-lint lists every allowed value, or repeats the whole definition.

    What is wrong with it stands at the end.
    """
    joined = " ".join(text.split())
    half = _LONGEST // 2
    return joined if len(joined) <= _LONGEST else f"{joined[:half]}...{joined[-half:]}"
