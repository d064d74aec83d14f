"""One evaluator for each worker that runs these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iam.simulate.evaluator import Evaluator, started


@pytest.fixture(scope="session")
def evaluator() -> Iterator[Evaluator]:
    with started() as process:
        yield process
