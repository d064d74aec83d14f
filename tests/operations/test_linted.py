"""Each example workflow with each capability alone and all together: cfn-lint finds nothing, checkov only `LEFT`.

checkov runs as a process, from an environment of its own, which `tests/tools.py` makes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tools
from example_runs import NAMES
from example_settings import CASES, OFF, TOGETHER, compiled, pairs, plain, text, tree
from operating import made

from sfn_cfn import operations

LEFT: Mapping[str, str] = {
    "CKV_AWS_18 AWS::S3::Bucket": "access logs need a bucket that is there; [storage] names it",
    "CKV_AWS_27 AWS::SQS::Queue": "it looks for a key of KMS only, and SQS encrypts the queues by its own",
    "CKV_AWS_119 AWS::DynamoDB::Table": "a key of the customer's is named by [pipelines]; else DynamoDB's encrypts it",
    "CKV_AWS_120 AWS::ApiGateway::Stage": "what starts executions must not be answered from a cache",
    "CKV_AWS_158 AWS::Logs::LogGroup": "a key of the customer's is named by [logging]; else that of the logs does",
}
"""Check and type of resource -> why what checkov says is left as it is."""

KEY = 'kms_key = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/1"\n'
KEYED = f"[logging]\n{KEY}{TOGETHER}".replace("[queue]\n", f"[queue]\n{KEY}").replace(
    "[pipelines]\n", f"[pipelines]\n{KEY}"
)
ROUTERS = OFF + "[queue]\nenabled = true\n[pipelines]\nenabled = true\n[encryption]\n[tracing]\n"


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    """Templates that are the same are read once."""
    written = {text(name, case): f"{name}-{case}" for name, case in pairs(["plain", *CASES, "all"])}
    written |= {
        compiled("train_deploy", toml): name for name, toml in (("keys", KEYED), ("routers", ROUTERS))
    }
    for one, name in written.items():
        (tmp_path / f"{name}.yaml").write_text(one, encoding="utf-8")
    files = sorted(map(str, tmp_path.glob("*.yaml")))
    assert len(files) == len(written) > len(NAMES) * len(CASES)
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--format", "parseable", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def checkov(folder: Path) -> dict[str, set[str]]:
    """Check and type of resource -> the logical IDs that fail it."""
    options = ("--framework", "cloudformation", "--compact", "--quiet", "--output", "json", "--skip-download")
    command = [str(tools.linters() / "checkov"), "--directory", str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert answer["summary"]["passed"], done.stdout
    assert answer["summary"]["parsing_errors"] == 0, done.stdout
    assert answer["summary"]["resource_count"] > 0
    found: dict[str, set[str]] = {}
    for one in answer["results"]["failed_checks"]:
        kind, _, logical_id = one["resource"].rpartition(".")
        found.setdefault(f"{one['check_id']} {kind}", set()).add(logical_id)
    return found


def write(folder: Path, templates: Mapping[str, Any]) -> Path:
    for name, one in templates.items():
        (folder / f"{name}.json").write_text(json.dumps(one), encoding="utf-8")
    return folder


def test_checkov_reports_what_is_listed(tmp_path: Path) -> None:
    templates = {f"{name}-{case}": tree(name, case) for name, case in pairs([*CASES, "all"])}
    templates["express"] = plain(made('[state_machine]\ntype = "EXPRESS"\n').text)
    assert len(templates) == len(NAMES) * (len(CASES) + 1) + 1
    assert set(checkov(write(tmp_path, templates))) == set(LEFT)


def test_settings_answer_all_but_what_checkov_does_not_know(tmp_path: Path) -> None:
    """With keys and a bucket for access logs; queues of what failed have SQS's own encryption."""
    keyed = plain(compiled("train_deploy", KEYED))
    assert checkov(write(tmp_path, {"keyed": keyed})) == {
        "CKV_AWS_120 AWS::ApiGateway::Stage": {"EndpointStage"},
        "CKV_AWS_27 AWS::SQS::Queue": {"ScheduleDeadLetterQueue", "TriggerDeadLetterQueue"},
    }


def test_every_capability_is_among_the_cases() -> None:
    assert {*CASES, "kind"} == set(operations.NAMES)


def test_checkov_sees_a_table_without_backups(tmp_path: Path) -> None:
    one = tree("train_deploy", "pipelines")
    del one["Resources"]["PipelineTable"]["Properties"]["PointInTimeRecoverySpecification"]
    assert checkov(write(tmp_path, {"bad": one})).get("CKV_AWS_28 AWS::DynamoDB::Table") == {"PipelineTable"}
