"""The page that tells of the two roles names every integration of the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfn_cfn.iam.table import INTEGRATIONS, JOBS

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "roles.md").read_text(encoding="utf-8")
TABLE = "\n".join(line for line in PAGE.splitlines() if line.startswith("| "))


@pytest.mark.parametrize("service", sorted({name.partition(":")[0] for name in INTEGRATIONS}))
def test_every_service_of_the_table_is_on_the_page(service: str) -> None:
    assert f"`{service}:" in TABLE


@pytest.mark.parametrize("name", sorted(name for name in INTEGRATIONS if name.startswith("sagemaker:")))
def test_every_integration_of_sagemaker_is_on_the_page(name: str) -> None:
    assert f"`{name.partition(':')[2]}`" in TABLE


@pytest.mark.parametrize(
    "path", sorted({path for job in JOBS.values() for path in (*job.unsettled, *job.later)})
)
def test_what_is_warned_of_is_on_the_page(path: str) -> None:
    name = path.rpartition(".")[2].removesuffix("[]")
    assert name in PAGE or {"AsyncInferenceConfig": "asynchronous endpoint"}[name] in PAGE
