"""What the roles of the committed templates allow, call by call, says a library that knows nothing of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from iam.simulate.evaluator import Evaluator
from iam.simulate.judge import judge
from iam.simulate.machines import PLACES, STATE_MACHINE, Machine, Place, load, machines

ROOT = Path(__file__).parents[3]
FOUND = [*sorted((ROOT / "templates").glob("*.yaml")), *sorted((ROOT / "tests" / "golden").rglob("*.yaml"))]
TEMPLATES = {path.relative_to(ROOT).as_posix(): path for path in FOUND if STATE_MACHINE in path.read_text()}


def input_of(path: Path) -> Mapping[str, Any]:
    """The input that the compiler writes beside a template, if it does."""
    given = path.parent / "inputs" / f"{path.stem}.json"
    return json.loads(given.read_text()) if given.exists() else {}


def made(name: str, place: Place) -> list[Machine]:
    path = TEMPLATES[name]
    return list(machines(load(path), place, input_of(path)))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
@pytest.mark.parametrize("name", TEMPLATES)
def test_every_call_is_allowed_and_nothing_beside_it(name: str, place: Place, evaluator: Evaluator) -> None:
    for machine in made(name, place):
        verdict = judge(machine, evaluator)
        assert not verdict.wrong, verdict.wrong
        assert verdict.needed > 5
        assert verdict.beside > 3 * verdict.needed
