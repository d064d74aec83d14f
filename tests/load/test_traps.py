from __future__ import annotations

from pathlib import Path

import pytest
from runs import HEAD, load_all, shown

from sfn_cfn.errors import Severity
from sfn_cfn.load import LoadResult

_END = "w = Workflow('made', Pass('A'), '')\n"
_LOST = "keep the file in the project, or let a state of the workflow read it"
_FETCHED = "keep what it reads in the project, or let a state of the workflow fetch it"

SOURCES = {
    "workflows/download.py": "import boto3\ns3 = boto3.client('s3')\ns3.download_file('samples', 'a.csv', 'a.csv')\n",
    "workflows/asks.py": HEAD + "import boto3\nfrom botocore.exceptions import ClientError\n"
    "try:\n    boto3.client('s3').head_object(Bucket='b', Key='k')\nexcept ClientError:\n    pass\n" + _END,
    "workflows/wraps.py": "import boto3\ntry:\n    boto3.client('s3').head_object(Bucket='b', Key='k')\n"
    "except Exception as error:\n    raise RuntimeError('no data') from error\n",
    "workflows/creates.py": "import boto3\nboto3.client('sns').create_topic(Name='t')\n",
    "workflows/waits.py": HEAD + _END + "w.create()\nimport boto3\n"
    "boto3.client('sagemaker').get_waiter('endpoint_in_service').wait(EndpointName='e')\n",
    "workflows/fetches.py": "import urllib.request\nurllib.request.urlopen('https://example.com/a.csv')\n",
    "workflows/connects.py": "import socket\nsocket.create_connection(('example.com', 443))\n",
    "workflows/fetches_late.py": HEAD + _END + "w.create()\nimport urllib.request\n"
    "urllib.request.urlopen('https://example.com/a.csv')\n",
    "workflows/variable.py": "import os\nos.environ['STAGE']\n",
    "workflows/profile.py": "import os\nos.environ['AWS_PROFILE']\n",
    "workflows/magic.py": "get_ipython().run_line_magic('matplotlib', 'inline')\n",
    "workflows/beside.py": "open('rows.csv')\n",
    "workflows/rows.csv": "",
    "workflows/arguments.py": "import argparse\np = argparse.ArgumentParser()\n"
    "p.add_argument('--role', required=True)\np.parse_args()\n",
    "workflows/shows.py": HEAD
    + "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))\n"
    + _END,
    "workflows/shared.py": "ROLE = ''\n",
    "workflows/imports.py": HEAD + "from shared import ROLE\nw = Workflow('made', Pass('A'), ROLE)\n",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadResult]:
    root = tmp_path_factory.mktemp("project").resolve()
    found = load_all(root, SOURCES, *[name for name in SOURCES if name.endswith(".py")])
    return {Path(name).stem: result for name, result in found.items()}


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        (
            "download",
            (
                "SFN208 workflows/download.py:3: s3:HeadObject asks for 's3://samples/a.csv', which nothing in this "
                f"build made [{_LOST}]"
            ),
        ),
        (
            "asks",
            (
                "SFN218 workflows/asks.py:6: s3:HeadObject asks for 's3://b/k', which nothing in this build made "
                "[check that the definition is right without it]"
            ),
        ),
        (
            "wraps",
            (
                "SFN208 workflows/wraps.py:3: s3:HeadObject asks for 's3://b/k', which nothing in this build made "
                f"[{_LOST}]"
            ),
        ),
        (
            "creates",
            (
                "SFN208 workflows/creates.py:2: sns:CreateTopic has no answer in a build "
                "[do this outside of the source, for example in a template of its own, and pass names in]"
            ),
        ),
        (
            "waits",
            (
                "SFN216 workflows/waits.py:6: sagemaker:DescribeEndpoint has no answer in a build "
                "[pass the value in as a parameter, or let a state of the workflow make the call]"
            ),
        ),
        (
            "fetches",
            (
                "SFN219 workflows/fetches.py:2: the source needs the network, which a build does not have "
                f"[{_FETCHED}]"
            ),
        ),
        (
            "connects",
            (
                "SFN219 workflows/connects.py:2: the source needs the network, which a build does not have "
                f"[{_FETCHED}]"
            ),
        ),
        (
            "fetches_late",
            (
                "SFN209 workflows/fetches_late.py:6: the source needs the network, which a build does not have "
                f"[{_FETCHED}]"
            ),
        ),
        (
            "variable",
            (
                "SFN203 workflows/variable.py:2: the source raises KeyError: 'STAGE' [set the environment variable "
                "'STAGE' for the build, or write os.environ.get with a default]"
            ),
        ),
        (
            "profile",
            (
                "SFN203 workflows/profile.py:2: the source raises KeyError: 'AWS_PROFILE' [write "
                "os.environ.get('AWS_PROFILE') with a default: a build hides the variables of AWS]"
            ),
        ),
        (
            "magic",
            (
                "SFN203 workflows/magic.py:1: the source raises NameError: name 'get_ipython' is not defined "
                "[remove the notebook's command, which is not Python]"
            ),
        ),
        (
            "beside",
            (
                "SFN203 workflows/beside.py:1: the source raises FileNotFoundError: [Errno 2] No such file or "
                "directory: 'rows.csv' [write 'workflows/rows.csv', or a path from Path(__file__).parent: a source "
                "runs in the project's root]"
            ),
        ),
        (
            "arguments",
            (
                "SFN207 workflows/arguments.py:4: the source calls sys.exit with code 2 [give each argument a "
                "default: a build runs the source without arguments]"
            ),
        ),
    ],
)
def test_what_a_script_needs_is_said_once_with_what_to_do(
    results: dict[str, LoadResult], name: str, finding: str
) -> None:
    assert shown(results[name]) == [finding]


def test_a_question_that_the_source_handles_is_a_warning_and_the_workflow_is_built(
    results: dict[str, LoadResult],
) -> None:
    assert [item.severity for item in results["asks"].diagnostics] == [Severity.WARNING]
    assert [workflow.name for workflow in results["asks"].workflows] == ["made"]


@pytest.mark.parametrize("name", ["shows", "imports"])
def test_a_script_made_from_a_notebook_or_with_a_module_beside_it_is_built(
    results: dict[str, LoadResult], name: str
) -> None:
    assert results[name].diagnostics == ()
    assert [workflow.name for workflow in results[name].workflows] == ["made"]


def test_a_module_that_another_source_imports_needs_no_workflow(results: dict[str, LoadResult]) -> None:
    assert results["shared"] == LoadResult((), ())


WILD = {
    "workflows/interrupts.py": HEAD + _END + "raise KeyboardInterrupt\n",
    "workflows/own_base.py": HEAD + _END + "class Stop(BaseException):\n    pass\nraise Stop('here')\n",
    "workflows/patches.py": HEAD
    + "import json, os, pathlib\n"
    + _END
    + "def bad(*a, **k):\n    raise RuntimeError\n"
    "pathlib.Path.write_text = os.rename = os.replace = os.open = os.write = os._exit = os.fsync = bad\n",
    "workflows/breaks.py": HEAD + "import builtins\n" + _END + "builtins.isinstance = lambda *_: True\n"
    "builtins.len = lambda _: 0\n",
    "workflows/leaves_well.py": HEAD + "import os\n" + _END + "os._exit(0)\n",
    "workflows/kills.py": HEAD + "import os, signal\n"
    "try:\n    os.kill(os.getppid(), signal.SIGKILL)\nexcept OSError:\n    pass\n" + _END,
    "workflows/forks.py": HEAD
    + "import os\nfor _ in range(20):\n    if os.fork() == 0:\n        os._exit(0)\n"
    + _END,
    "workflows/untouched.py": HEAD + _END,
}


@pytest.fixture(scope="module")
def wild(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadResult]:
    found = load_all(tmp_path_factory.mktemp("wild").resolve(), WILD)
    return {Path(name).stem: result for name, result in found.items()}


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("interrupts", "SFN203 workflows/interrupts.py:4: the source raises KeyboardInterrupt []"),
        ("own_base", "SFN203 workflows/own_base.py:6: the source raises Stop: here []"),
        (
            "breaks",
            (
                "SFN220 workflows/breaks.py: what the source made cannot be read after its run "
                "[put back what the source replaces in Python and in the SDK before it ends]"
            ),
        ),
        (
            "leaves_well",
            (
                "SFN207 workflows/leaves_well.py: the source ends its process with code 0 before it is through "
                "[let the script run to its end; os._exit leaves no time to collect]"
            ),
        ),
    ],
)
def test_a_source_that_breaks_its_process_is_a_finding(
    wild: dict[str, LoadResult], name: str, finding: str
) -> None:
    assert shown(wild[name]) == [finding]


@pytest.mark.parametrize("name", ["patches", "forks", "untouched"])
def test_a_source_that_replaces_functions_or_forks_is_built(wild: dict[str, LoadResult], name: str) -> None:
    assert wild[name].diagnostics == ()
    assert [workflow.name for workflow in wild[name].workflows] == ["made"]


def test_a_source_that_kills_its_parent_ends_alone(wild: dict[str, LoadResult]) -> None:
    # Its parent is process 1 of a namespace, or else the process that compiles it.
    assert [item.code for item in wild["kills"].diagnostics] in ([], ["SFN206"], ["SFN205"])
