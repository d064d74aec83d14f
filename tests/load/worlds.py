"""Runs a snippet in a process that has entered a world, and gives back what it assigned to `out`."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

FIRST = "World('739164285013', 'ap-south-1', 'aws', 1704164645.678, 1)"
SECOND = "World('814620937561', 'ap-southeast-2', 'aws', 1855925839.214, 2)"

ENTER = "world.enter({world}, home, project)"


def see(snippet: str, folder: Path, *, world: str = FIRST, setup: str = "", enter: str = ENTER) -> Any:
    """`setup` runs before the world is entered; `snippet` after, as `project/flow.py`, with `record`."""
    project, home = folder / "project", folder / "home"
    project.mkdir(exist_ok=True)
    home.mkdir(exist_ok=True)
    (project / "flow.py").write_text(textwrap.dedent(snippet), encoding="utf-8")
    program = "\n".join(
        [
            "import json, sys",
            "from pathlib import Path",
            "from sfn_cfn.model import World",
            textwrap.dedent(setup),
            "from sfn_cfn.load import clock, entropy, archives, network, world, aws"
            if "world." in enter
            else "",
            f"home, project = Path({str(home)!r}), Path({str(project)!r})",
            f"record = {enter.format(world=world)}",
            "path = project / 'flow.py'",
            "names = {'record': record, 'home': home, 'project': project, '__name__': 'flow'}",
            "exec(compile(path.read_text(), str(path), 'exec'), names)",
            "sys.__stdout__.write(json.dumps(names['out']))",
        ]
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=project
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
