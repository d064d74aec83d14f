"""No test sees the AWS settings of the machine that runs it, nor how fast that is."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def no_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials, regions and profiles of the developer play no part."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one switch that rewrites the golden files."""
    parser.addoption("--golden-update", action="store_true", help="write what is said now as expected")
