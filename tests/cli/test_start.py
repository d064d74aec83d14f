"""`inputs` and `start` on the command line: a made-up compiler, and clients that answer as a test says."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sfn_cfn.cli import main
from sfn_cfn.cli.console import Services
from sfn_cfn.deploy.aws import Cloud, Target
from sfn_cfn.deploy.interface import Interface, Step, Use
from sfn_cfn.errors import Code, Severity, SourceLocation
from sfn_cfn.model import ExecutionInput
from sfn_cfn.report import BuildReport

PLACE = SourceLocation("workflows/train.py", 2, "States/Train")
CALL = "sagemaker:createTrainingJob.sync"
FACE = Interface(
    workflow="train",
    source="workflows/train.py",
    location=SourceLocation("workflows/train.py", 9),
    inputs=(
        ExecutionInput("Deep", "object", ()),
        ExecutionInput("Epochs", "int", (PLACE, SourceLocation("workflows/train.py", 5, "States/Check"))),
        ExecutionInput("JobName", "str", (PLACE,)),
        ExecutionInput("Note", "", (PLACE,)),
        ExecutionInput("Unread", "str"),
    ),
    uses=(Use(("JobName",), "Train", CALL, ("TrainingJobName",), PLACE, 63, early=True),),
    steps=(Step("Train", "Task", CALL, PLACE),),
    optional=("Note",),
    schema={"Epochs": "int", "JobName": "str", "Unread": "str", "Deep": {"A": "bool"}},
)
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:fraud-train-dev"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:fraud-train-dev:one"
NOW = datetime(2026, 3, 1, 10, 15, tzinfo=timezone.utc)
BEGUN = [
    {"id": 1, "previousEventId": 0, "type": "ExecutionStarted", "timestamp": NOW},
    {
        "id": 2,
        "previousEventId": 0,
        "type": "TaskStateEntered",
        "timestamp": NOW,
        "stateEnteredEventDetails": {"name": "Train"},
    },
]
SUCCEEDED = [*BEGUN, {"id": 3, "previousEventId": 2, "type": "ExecutionSucceeded", "timestamp": NOW}]
FAILED = [
    *BEGUN,
    {
        "id": 3,
        "previousEventId": 2,
        "type": "ExecutionFailed",
        "timestamp": NOW,
        "executionFailedEventDetails": {"error": "States.Runtime", "cause": "no path"},
    },
]
GIVEN = ("--set", "Epochs=3", "--set", "Unread=x", "--set", "Deep.A=true")


@dataclass
class Account:
    """A made-up AWS: it notes what is started, and gives these events."""

    events: list[dict[str, Any]] = field(default_factory=lambda: SUCCEEDED)
    started: list[dict[str, Any]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    kind: str = "STANDARD"
    alias: str = ""
    refuses: str = ""

    def connect(self, target: Target) -> Cloud:
        self.targets.append(target)
        return Cloud(target.environment, "123456789012", "eu-west-1", "aws", lambda _: self)

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 (boto3's name)
        outputs = [{"OutputKey": "StateMachineArn", "OutputValue": MACHINE}]
        if self.alias:
            outputs.append({"OutputKey": "StateMachineAliasArn", "OutputValue": self.alias})
        return {"Stacks": [{"StackName": StackName, "StackStatus": "CREATE_COMPLETE", "Outputs": outputs}]}

    def describe_state_machine(self, **_: Any) -> Any:
        return {"type": self.kind, "definition": json.dumps({"States": {"Train": {}}})}

    def start_execution(self, **given: Any) -> Any:
        if self.refuses == "ctrl-c":
            raise KeyboardInterrupt
        self.started.append(given)
        return {"executionArn": EXECUTION}

    def get_execution_history(self, **_: Any) -> Any:
        if self.refuses:
            raise ClientError({"Error": {"Code": self.refuses, "Message": "no"}}, "GetExecutionHistory")
        return {"events": self.events[::-1]}


@dataclass
class Run:
    """A project, a made-up AWS, and `main` in it."""

    root: Path
    capsys: pytest.CaptureFixture[str]
    account: Account = field(default_factory=Account)
    report: BuildReport = field(
        default_factory=lambda: BuildReport((), (), ("train",), (), interfaces=(FACE,))
    )
    sleep: Callable[[float], None] = lambda _: None

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        services = Services(lambda *_, **__: self.report, connect=self.account.connect, sleep=self.sleep)
        code = main(arguments, services)
        out, err = self.capsys.readouterr()
        return code, out, err

    def start(self, *options: str) -> tuple[int, str, str]:
        return self("start", "train", "--env", "dev", *options)

    @property
    def sent(self) -> Any:
        """The input of the one execution that was started."""
        (one,) = self.account.started
        return json.loads(one["input"])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows/train.py").write_text("# train\nstep = Step('Train')\n")
    (tmp_path / "sfn-cfn.toml").write_text(
        '[project]\nname = "fraud"\n\n[environments.dev]\nregion = "eu-west-1"\naccount = "123456789012"\n'
    )
    monkeypatch.chdir(tmp_path)
    return Run(tmp_path, capsys)


SKELETON = {
    "Epochs": 0,
    "JobName": "<unique name, up to 63 characters>",
    "Unread": "<text>",
    "Deep": {"A": False},
}
TABLE = """\
input    type           read by
Deep     {A: bool}      no state by its name
Epochs   int            Train (workflows/train.py:2)
                        Check (workflows/train.py:5)
JobName  str            Train (workflows/train.py:2)
Note     any, optional  Train (workflows/train.py:2)
Unread   str            no state by its name
"""


def test_the_skeleton_goes_to_stdout_and_its_readers_to_stderr(run: Run) -> None:
    code, out, err = run("inputs", "train")
    assert (code, json.loads(out), err) == (0, SKELETON, TABLE)


def test_the_readers_alone_go_to_stdout(run: Run) -> None:
    assert run("inputs", "train", "--explain") == (0, TABLE, "")


def test_one_document_has_the_skeleton_and_its_readers(run: Run) -> None:
    code, out, err = run("--format", "json", "inputs", "train")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert {key: found[key] for key in ("version", "workflow", "source", "skeleton")} == {
        "version": 1,
        "workflow": "train",
        "source": "workflows/train.py",
        "skeleton": SKELETON,
    }
    assert found["inputs"][3:] == [
        {
            "name": "Note",
            "type": None,
            "optional": True,
            "readers": [{"state": "Train", "file": "workflows/train.py", "line": 2}],
        },
        {"name": "Unread", "type": "str", "optional": False, "readers": []},
    ]


def test_a_workflow_without_inputs_has_an_empty_skeleton(run: Run) -> None:
    empty = Interface("train", "workflows/train.py", PLACE, ())
    run.report = BuildReport((), (), ("train",), (), interfaces=(empty,))
    assert run("inputs", "train") == (0, "{}\n", "no state reads the execution's input by a name\n")


def test_a_workflow_that_does_not_compile_is_not_started(run: Run) -> None:
    error = Code("SFN310", Severity.ERROR, "t", "e").at(PLACE, "a state is wrong")
    run.report = BuildReport((), (error,), (), ("workflows/train.py",))
    code, out, err = run.start(*GIVEN)
    assert (code, out, run.account.targets) == (1, "", [])
    assert err.startswith("error[SFN310]: a state is wrong\n")


def test_a_source_of_several_workflows_is_refused(run: Run) -> None:
    other = Interface("score", "workflows/train.py", PLACE, ())
    run.report = BuildReport((), (), (), (), interfaces=(FACE, other))
    code, _, err = run("start", "workflows/train.py", "--env", "dev")
    assert code == 2
    assert err.endswith("Error: 'workflows/train.py' makes 2 workflows; name one of train, score.\n")


def test_an_execution_is_started_in_the_environment(run: Run) -> None:
    code, out, err = run.start(*GIVEN, "--name", "one", "--profile", "me")
    assert (code, out) == (0, f"{EXECUTION}\n")
    assert run.account.targets == [Target("dev", "eu-west-1", "123456789012", "me", "")]
    (one,) = run.account.started
    assert (one["stateMachineArn"], one["name"]) == (MACHINE, "one")
    what, name, link = err.splitlines()
    assert what == "state machine 'fraud-train-dev' is started"
    assert name == f"JobName = {run.sent['JobName']}"
    assert link.endswith(f"/states/home?region=eu-west-1#/v2/executions/details/{EXECUTION}")


def test_an_alias_is_started_by_its_arn(run: Run) -> None:
    code, _, err = run.start(*GIVEN, "--alias", "old")
    assert code == 0
    assert err.startswith("alias 'old' of state machine 'fraud-train-dev' is started\n")
    assert run.account.started[0]["stateMachineArn"] == f"{MACHINE}:old"


@pytest.mark.parametrize(
    ("options", "tail", "shown"),
    [
        ((), ":live", "alias 'live' of state machine"),
        (("--alias", "old"), ":old", "alias 'old' of state machine"),
        (("--unqualified",), "", "state machine"),
    ],
)
def test_where_the_stack_has_an_alias_it_is_started_unless_another_is_asked_for(
    run: Run, options: tuple[str, ...], tail: str, shown: str
) -> None:
    run.account.alias = f"{MACHINE}:live"
    code, _, err = run.start(*GIVEN, *options)
    assert code == 0
    assert run.account.started[0]["stateMachineArn"] == MACHINE + tail
    assert err.splitlines()[0] == f"{shown} 'fraud-train-dev' is started"


def test_an_alias_and_none_cannot_both_be_asked_for(run: Run) -> None:
    code, _, err = run.start(*GIVEN, "--alias", "live", "--unqualified")
    assert code == 2
    assert err.endswith("Error: --alias names an alias and --unqualified none; choose one.\n")


def test_a_document_says_what_was_started(run: Run) -> None:
    run.account.alias = f"{MACHINE}:live"
    code, out, _ = run("--format", "json", "start", "train", "--env", "dev", *GIVEN)
    assert code == 0
    assert json.loads(out)["execution"]["stateMachineArn"] == f"{MACHINE}:live"


def test_an_execution_has_a_unique_name_of_its_own(run: Run) -> None:
    for _ in range(2):
        assert run.start(*GIVEN)[0] == 0
    first, second = (one["name"] for one in run.account.started)
    assert first != second
    assert first.startswith("train-2")


def test_set_stands_over_the_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (run.root / "in.json").write_text('{"Epochs": 1, "Unread": "x", "Note": [1], "Deep": {"A": true}}')
    assert run.start("--input", "in.json", "--set", "Epochs=2", "--set", "JobName=mine")[0] == 0
    assert run.sent == {"Epochs": 2, "Unread": "x", "Note": [1], "Deep": {"A": True}, "JobName": "mine"}
    run.account.started.clear()
    monkeypatch.setattr(
        "sys.stdin", io.StringIO('{"Epochs": 7, "Unread": "x", "JobName": "mine", "Deep": {"A": true}}')
    )
    assert run.start("--input", "-")[0] == 0
    assert run.sent == {"Epochs": 7, "Unread": "x", "JobName": "mine", "Deep": {"A": True}}


def test_an_input_file_that_cannot_be_read_is_named(run: Run) -> None:
    code, _, err = run.start("--input", "none.json")
    assert (code, err.splitlines()[-1]) == (2, "Error: cannot read 'none.json': no such file or directory")
    (run.root / "in.json").write_bytes(b"\xff")
    code, _, err = run.start("--input", "in.json")
    assert (code, err.splitlines()[-1]) == (2, "Error: cannot read 'in.json': it is not utf-8")


def test_an_input_with_an_error_is_not_sent(run: Run) -> None:
    code, out, err = run.start(*GIVEN, "--set", "Epochs=many")
    assert (code, out, run.account.started) == (1, "", [])
    assert err == (
        "error[SFN843]: input 'Epochs' is of type str, not int\n"
        "  --> workflows/train.py:2 (States/Train)\n"
        "  2 | step = Step('Train')\n"
    )


def test_an_execution_that_succeeds_ends_in_zero(run: Run) -> None:
    code, out, err = run.start(*GIVEN, "--follow")
    assert (code, out) == (0, f"{EXECUTION}\n")
    assert err.splitlines()[3:] == [
        f"10:15:00  Train: started ({CALL})",
        "the execution succeeded after 0 s",
    ]


def test_an_execution_that_fails_ends_in_one(run: Run) -> None:
    run.account.events = FAILED
    code, _, err = run.start(*GIVEN, "--follow")
    assert code == 1
    assert err.splitlines()[4:7] == [
        "error[SFN850]: state 'Train' failed: States.Runtime: no path",
        "  --> workflows/train.py:2 (States/Train)",
        "  2 | step = Step('Train')",
    ]


@pytest.mark.parametrize(
    ("options", "events", "status", "codes"),
    [
        ((), BEGUN, "RUNNING", []),
        (("--follow",), SUCCEEDED, "SUCCEEDED", []),
        (("--follow",), FAILED, "FAILED", ["SFN850"]),
    ],
)
def test_one_document_has_the_execution_and_the_findings(
    run: Run, options: tuple[str, ...], events: list[dict[str, Any]], status: str, codes: list[str]
) -> None:
    run.account.events = events
    code, out, err = run(
        "--format", "json", "start", "train", "--env", "dev", *GIVEN, "--name", "one", *options
    )
    found = json.loads(out)
    assert (code, err) == (1 if codes else 0, "")
    assert [one["code"] for one in found["findings"]] == codes
    execution = found["execution"]
    assert (execution["arn"], execution["status"], execution["name"]) == (EXECUTION, status, "one")
    assert execution["input"] == {"Epochs": 3, "Unread": "x", "Deep": {"A": True}, **execution["names"]}


def test_ctrl_c_leaves_the_execution_running_and_says_so(run: Run) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    run.account.events, run.sleep = BEGUN, interrupt
    code, out, err = run.start(*GIVEN, "--follow")
    assert (code, out) == (130, f"{EXECUTION}\n")
    assert err.splitlines()[-2:] == [
        "warning[SFN852]: the execution goes on in AWS; it is no longer followed",
        (
            "  hint: stop it by 'aws stepfunctions stop-execution --region eu-west-1 "
            f"--execution-arn {EXECUTION}'"
        ),
    ]


def test_ctrl_c_while_it_starts_says_that_it_may_run(run: Run) -> None:
    run.account.refuses = "ctrl-c"
    code, out, err = run.start(*GIVEN, "--name", "one")
    assert (code, out) == (130, "")
    assert err == (
        "warning[SFN852]: execution 'one' may have been started, and is not followed\n"
        f"  hint: look by 'aws stepfunctions list-executions --region eu-west-1 --state-machine-arn {MACHINE}'\n"
    )


def test_credentials_that_expire_leave_the_execution_running(run: Run) -> None:
    run.account.refuses = "ExpiredTokenException"
    code, _, err = run.start(*GIVEN, "--follow")
    assert code == 2
    assert [line for line in err.splitlines() if "[SFN" in line] == [
        "error[SFN802]: the AWS credentials are expired",
        "warning[SFN852]: the execution goes on in AWS; it cannot be followed any more",
    ]


def test_a_document_names_the_execution_that_goes_on(run: Run) -> None:
    run.account.refuses = "ExpiredTokenException"
    code, out, err = run("--format", "json", "start", "train", "--env", "dev", *GIVEN, "--follow")
    found = json.loads(out)
    assert (code, err) == (2, "")
    assert (found["execution"]["arn"], found["execution"]["status"]) == (EXECUTION, "RUNNING")
    assert [one["code"] for one in found["findings"]] == ["SFN802", "SFN852"]


def test_an_express_machine_is_not_started_to_be_followed(run: Run) -> None:
    run.account.kind = "EXPRESS"
    assert run.start(*GIVEN, "--follow")[0] == 1
    assert run.account.started == []
    assert run.start(*GIVEN)[0] == 0


@pytest.mark.parametrize("command", ["inputs train", "start train --env dev"])
def test_there_is_no_sarif(run: Run, command: str) -> None:
    code, _, err = run("--format", "sarif", *command.split())
    assert code == 2
    assert err.endswith(
        f"Error: {command.split(maxsplit=1)[0]} has no SARIF; give it --format text or json.\n"
    )


def test_an_environment_that_is_not_there_is_named(run: Run) -> None:
    code, _, err = run("start", "train", "--env", "dve")
    assert (code, err.splitlines()[-1]) == (2, "Error: there is no environment 'dve'; did you mean 'dev'?")
