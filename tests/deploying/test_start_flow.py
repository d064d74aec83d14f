"""A workflow is compiled, deployed and started on a local AWS, which runs it.

moto runs executions of machines that its Step Functions made, not its CloudFormation, so the machine of the
stack is made again under its name.
"""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from project import REGION

from sfn_cfn import compiler, discover, settings
from sfn_cfn.cli import main
from sfn_cfn.cli.console import Services
from sfn_cfn.report import BuildReport

SOURCE = """
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import Chain, Choice, ChoiceRule, Fail, Map, Pass, Succeed, Task
from stepfunctions.workflow import Workflow

given = ExecutionInput(schema={"JobName": str, "Data": str, "Days": list, "Strict": bool})

score = Task(
    "Score",
    resource="arn:aws:states:::sagemaker:createTransformJob",
    parameters={
        "TransformJobName": given["JobName"],
        "ModelName": "model",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": given["Data"]}}
        },
        "TransformOutput": {"S3OutputPath": "s3://scores/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    },
    result_path="$.Job",
)
days = Map("Each day", items_path="$.Days", iterator=Chain([Pass("Note")]), result_path="$.Noted")
refuse = Fail("Refuse", error="Refused", cause="not accurate enough")
strict = Choice("Strict?")
strict.add_choice(ChoiceRule.BooleanEquals(variable="$.Strict", value=True), next_step=refuse)
strict.default_choice(Succeed("Good"))

workflow = Workflow("score", Chain([score, days, strict]), role="", execution_input=given)
"""
Start = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildReport]:
    """The project, and what its build gives."""
    root = tmp_path_factory.mktemp("fraud")
    (root / "workflows").mkdir()
    (root / "workflows/score.py").write_text(SOURCE)
    (root / "sfn-cfn.toml").write_text(
        f'[project]\nname = "fraud"\n\n[environments.dev]\nregion = "{REGION}"\n'
    )
    chosen = settings.read(root)
    report = compiler.build(chosen, discover.discover(chosen), lint=False, explain=True)
    assert report.failed == ()
    return root, report


@pytest.fixture
def executing(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The local AWS, which runs executions."""

    def configure(run: bool) -> None:
        body = {"stepfunctions": {"execute_state_machine": run}}
        request = urllib.request.Request(
            f"{endpoint}/moto-api/config",
            method="POST",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request).close()

    # Tasks call the services of this server.
    monkeypatch.setenv("MOTO_PORT", str(urlsplit(endpoint).port))
    configure(run=True)
    yield endpoint
    configure(run=False)


@pytest.fixture
def start(
    executing: str,
    built: tuple[Path, BuildReport],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Start:
    """`sfn-cfn start score --env dev`, the stack deployed and its data in S3."""
    root, report = built
    monkeypatch.chdir(root)
    files = {file.path: file.content for file in report.outputs}
    values = json.loads(files["config/score.dev.json"])["Parameters"]
    client("cloudformation").create_stack(
        StackName="fraud-score-dev",
        TemplateBody=files["score.yaml"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    definition = re.search(
        r"DefinitionString: (?:!Sub )?\|-\n(.*?)\n      \w", files["score.yaml"], re.DOTALL
    )
    assert definition
    text = definition[1].replace("${AWS::Partition}", "aws")
    role = "arn:aws:iam::123456789012:role/states"
    client("stepfunctions").create_state_machine(name="fraud-score-dev", definition=text, roleArn=role)
    client("s3").create_bucket(Bucket="the-data", CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_object(Bucket="the-data", Key="in/part-0.csv", Body=b"1")
    services = Services(lambda *_, **__: report, sleep=lambda _: time.sleep(0.05))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["start", "score", "--env", "dev", *arguments], services)
        out, err = capsys.readouterr()
        return code, out, err

    return run


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


GIVEN = ("--set", "Data=s3://the-data/in", "--set", 'Days=["a", "b"]')
PAGE = f"https://{REGION}.console.aws.amazon.com/states/home?region={REGION}#/v2/executions/details/"


def test_an_execution_is_started_and_followed_to_its_end(start: Start) -> None:
    code, out, err = start(*GIVEN, "--set", "Strict=false", "--follow")
    assert code == 0, err
    arn = out.strip()
    assert arn.startswith(f"arn:aws:states:{REGION}:123456789012:execution:fraud-score-dev:score-")
    what, first, link, *lines, last = err.splitlines()
    assert what == "state machine 'fraud-score-dev' is started"
    job = first.removeprefix("JobName = ")
    assert re.fullmatch(r"score-job-\d{8}-\d{6}-[0-9a-f]{4}", job)
    assert link == PAGE + arn
    states = [re.sub(r"^[\d:]{8}  |(?<=ended after ).*", "", line) for line in lines]
    # Items run beside each other.
    assert [*states[:4], *sorted(states[4:6]), *states[6:]] == [
        "Score: started (sagemaker:createTransformJob)",
        "Score: ended after ",
        "Each day: started",
        "Each day: 2 items",
        "Each day[0] / Note: passed",
        "Each day[1] / Note: passed",
        "Each day: ended after ",
        "Strict?: passed",
        "Good: passed",
    ]
    assert last.startswith("the execution succeeded after ")
    sent = json.loads(client("stepfunctions").describe_execution(executionArn=arn)["input"])
    assert sent == {"Data": "s3://the-data/in", "Days": ["a", "b"], "Strict": False, "JobName": job}
    assert client("sagemaker").describe_transform_job(TransformJobName=job)["ModelName"] == "model"


def test_a_failure_ends_at_the_line_of_the_state(start: Start) -> None:
    code, out, err = start(*GIVEN, "--set", "Strict=true", "--follow")
    assert code == 1
    line = (
        SOURCE.splitlines().index('refuse = Fail("Refuse", error="Refused", cause="not accurate enough")') + 1
    )
    assert err.splitlines()[-5:] == [
        "error[SFN850]: state 'Refuse' failed: Refused: not accurate enough",
        f"  --> workflows/score.py:{line} (States/Refuse)",
        f'  {line} | refuse = Fail("Refuse", error="Refused", cause="not accurate enough")',
        f"  execution: {out.strip()}",
        f"  console: {PAGE}{out.strip()}",
    ]


def test_nothing_starts_while_the_input_has_an_error(start: Start) -> None:
    code, out, err = start("--set", "Data=s3://the-data/other", "--set", "Days=5")
    assert (code, out) == (1, "")
    assert re.findall(r"^error.*", err, re.MULTILINE) == [
        (
            "error[SFN846]: input 'Data' is 's3://the-data/other', which state 'Score' reads and which is "
            "not there"
        ),
        "error[SFN842]: input 'Strict' is missing; the workflow declares it",
        "error[SFN843]: input 'Days' is of type int, not list",
    ]
    arn = f"arn:aws:states:{REGION}:123456789012:stateMachine:fraud-score-dev"
    assert client("stepfunctions").list_executions(stateMachineArn=arn)["executions"] == []


def test_a_name_that_is_used_already_is_refused(start: Start) -> None:
    options = (*GIVEN, "--set", "Strict=false", "--name", "one")
    assert start(*options)[0] == 0
    code, out, err = start(*options)
    assert (code, out) == (2, "")
    assert err == (
        "error[SFN848]: execution 'one' cannot be started: Execution Already Exists: "
        f"'arn:aws:states:{REGION}:123456789012:execution:fraud-score-dev:one'\n"
        "  hint: choose another --name\n"
    )
