"""What the tests of the command line share: a project, and a run of `main` with a made-up compiler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sfn_cfn.cli import main
from sfn_cfn.cli.console import Services
from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import OutputFile

WARNING = Code("SFN320", Severity.WARNING, "a task has no time limit", "It may run for ever.\n\nSet one.")


def template(source: str, body: str = "Resources: {}\n") -> str:
    return f"AWSTemplateFormatVersion: '2010-09-09'\nMetadata:\n  SfnCfn:\n    Source: {source}\n{body}"


@dataclass
class FakeCompiler:
    """Gives a template for each source, and what a test puts in."""

    diagnostics: tuple[Diagnostic, ...] = ()
    failed: tuple[str, ...] = ()
    outputs: tuple[OutputFile, ...] | None = None
    effect: Callable[[], None] = lambda: None
    calls: list[dict[str, Any]] = field(default_factory=list)

    def build(self, settings: Any, sources: Any, **options: Any) -> Any:
        show = options.pop("on_progress")
        options.pop("stands")
        options.pop("whole")
        options.pop("bodies")
        self.calls.append({"sources": [source.name for source in sources], **options})
        self.effect()
        for source in sources:
            show(SimpleNamespace(kind="failed" if source.name in self.failed else "done", source=source.name))
        made = [source for source in sources if source.name not in self.failed]
        outputs = self.outputs
        if outputs is None:
            outputs = tuple(OutputFile(f"{item.path.stem}.yaml", template(item.name)) for item in made)
        return SimpleNamespace(
            outputs=outputs,
            diagnostics=self.diagnostics,
            workflows=tuple(item.path.stem for item in made),
            failed=self.failed,
            assets={},
        )


@dataclass
class Run:
    """A project's folder, its compiler, and `main` in it."""

    root: Path
    compiler: FakeCompiler
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        services = Services(self.compiler.build, lambda code: WARNING if code == WARNING.code else None)
        code = main(arguments, services)
        out, err = self.capsys.readouterr()
        return code, out, err


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    root = tmp_path / "fraud"
    (root / "workflows").mkdir(parents=True)
    for name in ("score", "train"):
        (root / f"workflows/{name}.py").write_text(f"# {name}\nstep = Step('{name}')\n")
    monkeypatch.chdir(root)
    return Run(root, FakeCompiler(), capsys)
