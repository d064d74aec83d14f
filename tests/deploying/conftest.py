"""What the tests of packaging and deploying share: a local AWS, a project, and a made-up compiler."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from applications import Application, made
from moto.server import ThreadedMotoServer
from project import REGION, Project, write

from sfn_cfn.deploy import aws

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_PAGER": "",
}


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a local AWS."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    _, port = running.get_host_and_port()
    # Only under this name does moto read a template's bucket from the path of its address.
    yield f"http://localhost:{port}"
    running.stop()


@pytest.fixture
def endpoint(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The local AWS on empty ground, where boto3 finds it."""
    urllib.request.urlopen(urllib.request.Request(f"{server}/moto-api/reset", method="POST")).close()
    for name, value in {**SETTINGS, "AWS_ENDPOINT_URL": server}.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def cloud(endpoint: str) -> aws.Cloud:
    """The account and region of the local AWS."""
    return aws.connect(aws.Target("prod", REGION))


@pytest.fixture
def project(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Project:
    """A project of one workflow with two assets, and `main` in it."""
    root = tmp_path / "fraud"
    write(root)
    monkeypatch.chdir(root)
    return Project(root, capsys)


@pytest.fixture
def app(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Application:
    """A project of two workflows in one application, and `main` in it."""
    found = made(tmp_path / "fraud", capsys)
    monkeypatch.chdir(found.root)
    return found
