"""A project of two workflows in one application, whose compiler is made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from project import CODE, Project, Workflow, write

from sfn_cfn import application, settings
from sfn_cfn.report import BuildReport

STACK = "fraud-application-prod"


class Application(Project):
    """A project whose workflows are nested stacks of an application."""

    def build(self, settings: Any, sources: Any, **options: Any) -> BuildReport:
        wanted = options.pop("application", False)
        report = super().build(settings, sources, **options)
        made = application.files(report.outputs, settings, "yaml") if wanted else ()
        return replace(report, outputs=(*report.outputs, *made))

    def write_templates(self) -> None:
        """What `sfn-cfn build` leaves in the folder of templates."""
        chosen = settings.read(self.root)
        sources = [Source(self.root / f"workflows/{one.name}.py") for one in self.workflows]
        (self.root / "templates").mkdir(exist_ok=True)
        for file in self.build(chosen, sources, application=True).outputs:
            if "/" not in file.path:
                (self.root / "templates" / file.path).write_text(file.content)


class Source:
    """A source by its path."""

    def __init__(self, path: Path) -> None:
        self.path = path


def made(root: Path, capsys: Any) -> Application:
    """The project in a new folder."""
    write(root, ("train", "score"))
    file = root / "sfn-cfn.toml"
    file.write_text(file.read_text().replace('name = "fraud"\n', 'name = "fraud"\napplication = true\n'))
    return Application(root, capsys, [Workflow("train"), Workflow("score", machine="score", assets=(CODE,))])
