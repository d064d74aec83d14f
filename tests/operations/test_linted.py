"""What checkov says of each example workflow with each capability alone and with all together: nothing beyond `LEFT`.

checkov runs as a process, from an environment of its own, which `tests/tools.py` makes.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cfn_flip
import pytest
import tools
from example_runs import NAMES, ROOT, all_examples
from operating import made, read

from sfn_cfn import compiler, operations, settings
from sfn_cfn.model import LoadedWorkflow

LEFT: Mapping[str, str] = {
    "CKV_AWS_18 AWS::S3::Bucket": "access logs need a bucket that is there; [storage] names it",
    "CKV_AWS_27 AWS::SQS::Queue": "it looks for a key of KMS only, and SQS encrypts the queues by its own",
    "CKV_AWS_119 AWS::DynamoDB::Table": "a key of the customer's is named by [pipelines]; else DynamoDB's encrypts it",
    "CKV_AWS_120 AWS::ApiGateway::Stage": "what starts executions must not be answered from a cache",
    "CKV_AWS_158 AWS::Logs::LogGroup": "a key of the customer's is named by [logging]; else that of the logs does",
}
"""Check and type of resource -> why what checkov says is left as it is."""

OFF = "[logging]\nenabled = false\n"
SCHEDULES = '[schedules.nightly]\ncron = "0 6 * * ? *"\ninput = {input}\n'
TRIGGERS = """
[triggers.new-data]
kind = "s3"
bucket = "lake"
input = {input}
[triggers.after]
kind = "workflow"
workflow = "prepare"
input = {input}
"""
CASES = {
    "logging": "",
    "tracing": OFF + "[tracing]\n",
    "encryption": OFF + "[encryption]\n",
    "topic": OFF + '[topic.emails]\nOpsEmail = "ops@example.com"\n',
    "alarms": OFF + "[alarms]\n",
    "notifications": OFF + "[notifications]\n",
    "metrics": OFF + '[metrics.Value]\nstate = "{state}"\npath = "$.value"\nbelow = 0.8\nperiod = 3600\n',
    "dashboard": OFF + "[dashboard]\n",
    "storage": OFF + '[storage]\naccess_log_bucket = "logs"\n',
    "stages": OFF + '[stages]\nlast = { states = ["{state}"], result = {result} }\n',
    "schedules": OFF + SCHEDULES,
    "triggers": OFF + TRIGGERS,
    "endpoint": OFF + "[endpoint]\nenabled = true\naccess_logs = true\n",
    "queue": OFF + "[queue]\nenabled = true\n",
    "versions": OFF + "[versions]\nenabled = true\n",
    "pipelines": OFF + "[pipelines]\nenabled = true\n",
}
TOGETHER = "".join(toml.removeprefix(OFF) for toml in CASES.values())
KEY = 'kms_key = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/1"\n'
KEYED = f"[logging]\n{KEY}{TOGETHER}".replace("[queue]\n", f"[queue]\n{KEY}").replace(
    "[pipelines]\n", f"[pipelines]\n{KEY}"
)
VALUES: Mapping[str, Any] = {"int": 1, "float": 1.5, "bool": True, "list": [], "dict": {}, "object": {}}
LAST = {
    "control_flow": "Send to training",
    "evaluate": "Save model",
    "glue_etl": "Update endpoint",
    "ready_made": "Deploy",
    "train_deploy": "Deploy endpoint",
}
"""A state of each example that can be a stage, because nothing needs its result."""


def inputs(loaded: LoadedWorkflow) -> str:
    """An execution's input that the workflow takes, as an inline table."""
    rows = (f"{name} = {json.dumps(VALUES.get(kind, 'x'))}" for name, kind in loaded.input_schema.items())
    return f"{{ {', '.join(rows)} }}"


def built(name: str, loaded: LoadedWorkflow, toml: str) -> Any:
    """The template of an example with these settings, functions in their long form."""
    given = toml.replace("{input}", inputs(loaded)).replace("{state}", LAST[name]).replace("{result}", "{}")
    own = replace(settings.read(ROOT), operations=read(given).operations)
    compiled, found = compiler.compile_workflow(loaded, own, "yaml")
    assert compiled, [one.message for one in found]
    return json.loads(cfn_flip.to_json(compiled.outputs[0].content))


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


@pytest.fixture(scope="module")
def examples() -> dict[str, LoadedWorkflow]:
    return all_examples()


def test_checkov_reports_what_is_listed(examples: dict[str, LoadedWorkflow], tmp_path: Path) -> None:
    cases = {**CASES, "all": TOGETHER}
    templates = {
        f"{name}-{case}": built(name, loaded, toml)
        for name, loaded in examples.items()
        for case, toml in cases.items()
    }
    express = made('[state_machine]\ntype = "EXPRESS"\n').text
    templates["express"] = json.loads(cfn_flip.to_json(express))
    assert len(templates) == len(NAMES) * len(cases) + 1
    assert set(checkov(write(tmp_path, templates))) == set(LEFT)


def test_settings_answer_all_but_what_checkov_does_not_know(
    examples: dict[str, LoadedWorkflow], tmp_path: Path
) -> None:
    """With keys and a bucket for access logs; queues of what failed have SQS's own encryption."""
    keyed = built("train_deploy", examples["train_deploy"], KEYED)
    assert checkov(write(tmp_path, {"keyed": keyed})) == {
        "CKV_AWS_120 AWS::ApiGateway::Stage": {"EndpointStage"},
        "CKV_AWS_27 AWS::SQS::Queue": {"ScheduleDeadLetterQueue", "TriggerDeadLetterQueue"},
    }


def test_every_capability_is_among_the_cases() -> None:
    assert {*CASES, "kind"} == set(operations.NAMES)


def test_checkov_sees_a_table_without_backups(examples: dict[str, LoadedWorkflow], tmp_path: Path) -> None:
    one = built("train_deploy", examples["train_deploy"], CASES["pipelines"])
    del one["Resources"]["PipelineTable"]["Properties"]["PointInTimeRecoverySpecification"]
    assert checkov(write(tmp_path, {"bad": one})).get("CKV_AWS_28 AWS::DynamoDB::Table") == {"PipelineTable"}
