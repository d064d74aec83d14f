"""What starts workflows, alone and all together: clean in cfn-lint, and deployed on, over and off on a local AWS.

moto is content with types that it does not know: what it ignores is listed, and everything else is asked for.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer
from starts import reader, template, text

pytestmark = [
    pytest.mark.filterwarnings("ignore:Tried to parse AWS"),
    pytest.mark.filterwarnings("ignore:Unable to delete"),
]

IGNORED = {
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::Stage",
    "AWS::Pipes::Pipe",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
}
"""Types that moto 5.2 makes nothing of (no entry in its map of models)."""

SCHEDULE = (
    '[workflows.train.schedules.nightly]\ncron = "0 6 * * ? *"\nflexible_minutes = 5\ninput = { Day = "x" }\n'
)
TRIGGERS = """
[workflows.train.triggers.new-data]
kind = "s3"
bucket = "lake"
prefix = "in*/"
suffix = ".csv"
min_size = 1
input = { Day = "s3://<bucket>/<key>" }
[workflows.train.triggers.after]
kind = "workflow"
workflow = "prepare"
input = { Day = "<time>" }
[workflows.train.triggers.any]
kind = "event"
pattern = { source = ["my.shop"], detail = { n = [{ numeric = [">", 3] }] } }
input = { Day = "<$.detail.day>" }
"""
ENDPOINT = "[workflows.train.endpoint]\nenabled = true\naccess_logs = true\n"
QUEUE = "[workflows.train.queue]\nenabled = true\n"
CASES = {
    "schedules": SCHEDULE,
    "triggers": TRIGGERS,
    "endpoint": ENDPOINT,
    "queue": QUEUE,
    "routers": QUEUE + "[pipelines]\nenabled = true\n[encryption]\n[tracing]\n",
    "all": SCHEDULE + TRIGGERS + ENDPOINT + QUEUE,
}
STATES = reader("Day")


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    for name, toml in CASES.items():
        (tmp_path / f"{name}.yaml").write_text(text(toml, STATES))
    files = sorted(map(str, tmp_path.glob("*.yaml")))
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


def deploy(cloud: Any, call: str, case: str, written: str) -> dict[str, tuple[str, str]]:
    """Make (`create_stack`) or change (`update_stack`) the stack of a case; what is there then."""
    getattr(cloud, call)(
        StackName=case,
        TemplateBody=written,
        Parameters=[{"ParameterKey": "PipelineName", "ParameterValue": f"p-{case}"}],
        Capabilities=["CAPABILITY_IAM"],
    )
    return there(cloud, case)


def wanted(case: str) -> dict[str, str]:
    """The resources that have to be there, with their types."""
    made = template(CASES[case], STATES)["Resources"]
    return {name: one["Type"] for name, one in made.items() if one["Type"] not in IGNORED}


@pytest.mark.parametrize("case", ["schedules", "triggers", "queue"])
def test_it_is_deployed_over_a_stack_without_it_and_taken_off_again(case: str, endpoint_url: str) -> None:
    cloud = client("cloudformation", endpoint_url)
    before = deploy(cloud, "create_stack", case, text("", STATES))
    made = deploy(cloud, "update_stack", case, text(CASES[case], STATES))
    assert {name: made.get(name, ("absent",))[0] for name in wanted(case)} == wanted(case)
    assert all(physical for _, physical in made.values())
    assert made["StateMachineComponent"] == before["StateMachineComponent"]
    assert deploy(cloud, "update_stack", case, text("", STATES)) == before


@pytest.mark.parametrize("case", ["endpoint", "all"])
def test_it_is_deployed_and_taken_off_again(case: str, endpoint_url: str) -> None:
    """An API's deployment follows its method by `DependsOn`, which moto 5.2 keeps in new stacks only."""
    cloud = client("cloudformation", endpoint_url)
    made = deploy(cloud, "create_stack", case, text(CASES[case], STATES))
    assert {name: made.get(name, ("absent",))[0] for name in wanted(case)} == wanted(case)
    bare = deploy(cloud, "update_stack", case, text("", STATES))
    assert set(bare) == set(template("", STATES)["Resources"])
    assert bare["StateMachineComponent"] == made["StateMachineComponent"]


def test_the_rules_target_is_the_machine(endpoint_url: str) -> None:
    cloud = client("cloudformation", endpoint_url)
    cloud.create_stack(
        StackName="rules", TemplateBody=text(TRIGGERS, STATES), Capabilities=["CAPABILITY_IAM"]
    )
    machine = there(cloud, "rules")["StateMachineComponent"][1]
    events = client("events", endpoint_url)
    (target,) = events.list_targets_by_rule(Rule="ml-train-new-data-dev")["Targets"]
    assert target["Arn"] == machine
    assert (
        target["InputTransformer"]["InputTemplate"]
        == '{"Day": "s3://<detail_bucket_name>/<detail_object_key>"}'
    )
    pattern = events.describe_rule(Name="ml-train-new-data-dev")["EventPattern"]
    assert '"in\\\\*/*.csv"' in pattern


def test_the_types_that_are_ignored_are_no_more_than_those() -> None:
    from moto.cloudformation.parsing import get_model_map  # noqa: PLC0415 (slow to import)

    used = {one["Type"] for one in template(CASES["all"], STATES)["Resources"].values()}
    assert used - set(get_model_map()) == IGNORED
