"""Each integration's case once more, in China: its partition, its regions, and its names of services."""

from __future__ import annotations

import pytest

from iam.simulate.derived import template
from iam.simulate.evaluator import Evaluator
from iam.simulate.judge import judge
from iam.simulate.machines import PLACES, machines
from iam.simulate.test_cases import CASES, MARKS

(CHINA,) = (place for place in PLACES if place.name == "China")
ELSEWHERE = ("bedrock", "aws-sdk")  # Bedrock is not in China; SDK calls have nothing of a partition's own
NAMES = [name for name in CASES if not name.startswith(ELSEWHERE) and "at run time" not in name]
EACH = [pytest.param(name, marks=MARKS.get(name, ())) for name in NAMES]


@pytest.mark.parametrize("name", EACH)
def test_every_call_is_allowed_and_nothing_beside_it(name: str, evaluator: Evaluator) -> None:
    (machine,) = machines(template(**CASES[name]), CHINA, {})
    verdict = judge(machine, evaluator)
    assert not verdict.wrong, verdict.wrong
