"""Logs, keys, alarms, messages, metrics and dashboards on each example workflow, alone and all together: clean in
cfn-lint, and deployed on, over and off on a local AWS.

moto is content with types that it does not know: what it ignores is listed, and everything else is asked for.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from example_runs import NAMES, ROOT, all_examples
from moto.server import ThreadedMotoServer
from operating import read

from sfn_cfn import compiler, settings
from sfn_cfn.model import LoadedWorkflow
from sfn_cfn.template import yaml

pytestmark = [
    pytest.mark.filterwarnings("ignore:Tried to parse AWS"),
    pytest.mark.filterwarnings("ignore:Unable to delete [A-Za-z]+, as it was never created"),
]

IGNORED = {
    "AWS::CloudWatch::Alarm",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::S3::BucketPolicy",
}
"""Types that moto 5.2 makes nothing of (no entry in its map of models)."""

OFF = "[logging]\nenabled = false\n"
CASES = {
    "logging": "",
    "tracing": OFF + "[tracing]\n",
    "encryption": OFF + "[encryption]\n",
    "topic": OFF + '[topic.emails]\nOpsEmail = "ops@example.com"\nOtherEmail = ""\n',
    "alarms": OFF + "[alarms]\nduration = { threshold = 7200, period = 3600 }\n",
    "notifications": OFF + "[notifications]\n",
    "metrics": OFF + "{metric}",
    "dashboard": OFF + "[dashboard]\n",
    "all": (
        "[tracing]\n[encryption]\n[alarms]\nduration = { threshold = 7200, period = 3600 }\n[notifications]\n"
        '[dashboard]\n[topic.emails]\nOpsEmail = "ops@example.com"\n{metric}'
    ),
}
METRIC = '[metrics.Value]\nstate = "{state}"\npath = "$.value"\nbelow = 0.8\nperiod = 3600\n'


@pytest.fixture(scope="module")
def examples() -> dict[str, LoadedWorkflow]:
    return all_examples()


def built(loaded: LoadedWorkflow, case: str) -> str:
    """The template of an example with the settings of a case."""
    state = first_task(loaded.definition)
    toml = CASES[case].replace("{metric}", METRIC.format(state=state)) if case else OFF
    own = replace(settings.read(ROOT), operations=read(toml).operations)
    made, found = compiler.compile_workflow(loaded, own, "yaml")
    assert made, [one.message for one in found]
    return made.outputs[0].content


def first_task(definition: Mapping[str, Any]) -> str:
    """A state that a metric can be read from."""
    states = definition["States"]
    return next(name for name, one in states.items() if one["Type"] in ("Task", "Pass", "Parallel", "Map"))


def test_cfn_lint_finds_nothing(examples: dict[str, LoadedWorkflow], tmp_path: Path) -> None:
    for name, loaded in examples.items():
        for case in CASES:
            (tmp_path / f"{name}-{case}.yaml").write_text(built(loaded, case))
    files = sorted(map(str, tmp_path.glob("*.yaml")))
    assert len(files) == len(NAMES) * len(CASES)
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--format", "parseable", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture(scope="module")
def endpoint_url() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        running.stop()


def client(service: str, url: str) -> Any:
    return botocore.session.Session().create_client(
        service,
        region_name="eu-west-1",
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def there(cloud: Any, name: str) -> dict[str, tuple[str, str]]:
    """Logical ID -> type and physical ID."""
    rows = cloud.list_stack_resources(StackName=name)["StackResourceSummaries"]
    return {
        row["LogicalResourceId"]: (row["ResourceType"], row.get("PhysicalResourceId", ""))
        for row in rows
        if row.get("LogicalResourceId") and row.get("ResourceStatus", "") != "DELETE_COMPLETE"
    }


def exists(kind: str, identifier: str, url: str) -> bool:
    """Whether the service itself knows the resource."""
    if kind == "AWS::Logs::LogGroup":
        found = client("logs", url).describe_log_groups(logGroupNamePrefix=identifier)["logGroups"]
        return any(one["logGroupName"] == identifier for one in found)
    if kind == "AWS::CloudWatch::Dashboard":
        found = client("cloudwatch", url).list_dashboards()["DashboardEntries"]
        return any(one["DashboardName"] == identifier for one in found)
    if kind == "AWS::KMS::Key":
        found = client("kms", url).list_keys()["Keys"]
        return any(one["KeyId"] == identifier for one in found)
    if kind == "AWS::SNS::Topic":
        found = client("sns", url).list_topics()["Topics"]
        return any(one["TopicArn"] == identifier for one in found)
    if kind == "AWS::Events::Rule":
        return len(client("events", url).list_targets_by_rule(Rule=identifier)["Targets"]) == 1
    return True


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", NAMES)
def test_it_is_deployed_over_a_stack_without_it_and_taken_off_again(
    name: str, case: str, examples: dict[str, LoadedWorkflow], endpoint_url: str
) -> None:
    cloud = client("cloudformation", endpoint_url)
    stack = f"{name}-{case}".replace("_", "-")
    bare, full = built(examples[name], ""), built(examples[name], case)
    values = {"PipelineName": f"p-{case}"} | ({"AssetBucket": "assets"} if "AssetBucket:" in bare else {})
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    given = {"StackName": stack, "Capabilities": ["CAPABILITY_IAM"], "Parameters": parameters}
    cloud.create_stack(**given, TemplateBody=bare)
    before = there(cloud, stack)

    cloud.update_stack(**given, TemplateBody=full)
    made = there(cloud, stack)
    template = yaml.load(full, "t.yaml")
    wanted = {key: one["Type"] for key, one in template.resources.items() if one["Type"] not in IGNORED}
    assert {key: kind for key, (kind, _) in made.items() if kind not in IGNORED} == wanted
    assert made["StateMachineComponent"] == before["StateMachineComponent"]
    missing = [key for key, (kind, physical) in made.items() if not exists(kind, physical, endpoint_url)]
    assert missing == []

    cloud.update_stack(**given, TemplateBody=bare)
    after = there(cloud, stack)
    assert {key for key in after if after[key][0] not in IGNORED} == {
        key for key in before if before[key][0] not in IGNORED
    }
    assert after["StateMachineComponent"] == before["StateMachineComponent"]
    cloud.delete_stack(StackName=stack)
