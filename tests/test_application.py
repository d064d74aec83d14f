"""The parent of all workflows' templates: parameters, shared parts, outputs, and its deployment by the AWS CLI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import cfn_flip
import pytest
from moto.server import ThreadedMotoServer
from samples import loaded, machine

from sfn_cfn import application, compiler, settings
from sfn_cfn.deploy import children, definitions, package
from sfn_cfn.errors import SourceLocation, TemplateError
from sfn_cfn.model import OutputFile, WorkflowSource
from sfn_cfn.report import BuildReport, with_application
from sfn_cfn.settings import Settings

REGION = "eu-west-1"
TOML = """
[project]
name = "ml"
application = true
[parameters.Folder]
default = "in"
[environments.dev]
parameters = { Folder = "test", TrainFolder = "other" }
tags = { Stage = "d" }
[environments.production]
"""
BUCKET = "sagemaker-ap-south-1-487651230987"


def read(toml: str = TOML) -> Settings:
    with TemporaryDirectory() as folder:
        (Path(folder) / "sfn-cfn.toml").write_text(toml, encoding="utf-8")
        return settings.read(Path(folder))


def workflow(**payload: Any) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f", "Payload": {"Data": "x", **payload}},
        "TimeoutSeconds": 60,
        "End": True,
    }
    return machine(Load=task)


DATA = {"Uri": f"s3://{BUCKET}/data/${{Folder}}"}


def outputs(found: Settings, form: str = "yaml", **workflows: Any) -> tuple[OutputFile, ...]:
    made = []
    for name, states in workflows.items():
        one, said = compiler.compile_workflow(loaded(states, name=name), found, form)
        assert one is not None, said
        made += one.outputs
    return tuple(made)


def files(toml: str = TOML, form: str = "yaml", **workflows: Any) -> dict[str, str]:
    found = read(toml)
    built = outputs(found, form, **(workflows or {"train": workflow(**DATA), "score_all": workflow(**DATA)}))
    return {one.path: one.content for one in (*built, *application.files(built, found, form))}


def parent(toml: str = TOML, **workflows: Any) -> Any:
    return json.loads(cfn_flip.to_json(files(toml, **workflows)["application.yaml"]))


def stacks(made: Any) -> dict[str, Any]:
    found = {name: one["Properties"] for name, one in made["Resources"].items() if name.endswith("Stack")}
    assert all(made["Resources"][name]["Type"] == "AWS::CloudFormation::Stack" for name in found)
    return found


def test_every_workflow_is_a_nested_stack_by_its_path() -> None:
    found = stacks(parent())
    assert {name: one["TemplateURL"] for name, one in found.items()} == {
        "ScoreAllStack": "score_all.yaml",
        "TrainStack": "train.yaml",
    }


def test_equal_parameters_are_one_and_are_passed_to_both() -> None:
    made = parent()
    assert made["Parameters"]["Folder"]["Default"] == "in"
    for one in stacks(made).values():
        assert one["Parameters"]["Folder"] == {"Ref": "Folder"}
        assert one["Parameters"]["TargetEnv"] == {"Ref": "TargetEnv"}


def test_a_pipeline_s_name_has_the_room_that_the_longest_workflow_leaves() -> None:
    longest = "w" * 50
    made = parent(train=workflow(), **{longest: workflow()})
    child = json.loads(cfn_flip.to_json(files(train=workflow(), **{longest: workflow()})[f"{longest}.yaml"]))
    assert made["Parameters"]["PipelineName"] == child["Parameters"]["PipelineName"]


def test_parameters_that_differ_are_one_for_each_workflow() -> None:
    """`DataBucket` of one workflow is the author's own."""
    score = loaded_with_folder("out")
    found = read()
    built = (*outputs(found, train=workflow(**DATA)), *score)
    (file, dev, _) = application.files(built, found, "yaml")
    made = json.loads(cfn_flip.to_json(file.content))
    assert "Folder" not in made["Parameters"]
    assert made["Parameters"]["TrainFolder"]["Default"] == "in"
    assert made["Parameters"]["ScoreFolder"]["Default"] == "out"
    assert stacks(made)["TrainStack"]["Parameters"]["Folder"] == {"Ref": "TrainFolder"}
    values = json.loads(dev.content)["Parameters"]
    assert (values["TrainFolder"], values["ScoreFolder"]) == ("other", "test")


def test_what_an_environment_gives_to_one_workflow_s_parameter_is_held_to_what_that_takes() -> None:
    found = read(TOML.replace('TrainFolder = "other"', "TrainFolder = 'a\"b'"))
    built = (*outputs(found, train=workflow(**DATA)), *loaded_with_folder("out"))
    with pytest.raises(TemplateError) as caught:
        application.files(built, found, "yaml")
    (one,) = caught.value.diagnostics
    assert (one.code, str(one.location), one.message) == (
        "SFN433",
        "sfn-cfn.toml:8",
        "'a\"b' of environment 'dev' for parameter 'TrainFolder' does not match its pattern ^[ !#-\\[\\]-~]*$",
    )


def loaded_with_folder(default: str) -> tuple[OutputFile, ...]:
    found = read(TOML.replace('default = "in"', f'default = "{default}"'))
    return outputs(found, score=workflow(**DATA))


def test_the_data_bucket_is_made_once_and_given_to_each() -> None:
    made = parent()
    kinds = [one["Type"] for one in made["Resources"].values()]
    assert kinds.count("AWS::S3::Bucket") == kinds.count("AWS::S3::BucketPolicy") == 1
    given = {"Fn::If": ["CreateDataBucket", {"Ref": "WorkflowDataBucket"}, {"Ref": "DataBucket"}]}
    assert [one["Parameters"]["DataBucket"] for one in stacks(made).values()] == [given, given]
    assert made["Outputs"]["DataBucketName"]["Value"] == given
    assert made["Conditions"]["CreateDataBucket"] == {"Fn::Equals": [{"Ref": "DataBucket"}, ""]}


def test_a_workflow_without_data_is_given_no_bucket() -> None:
    made = parent(train=workflow(**DATA), score=workflow())
    assert "DataBucket" not in stacks(made)["ScoreStack"]["Parameters"]


def test_topic_table_and_subscribers_are_made_once() -> None:
    more = '[topic]\nemails = { Team = "team@example.com" }\n[alarms]\n[pipelines]\nenabled = true\n'
    made = parent(TOML + more)
    kinds = [one["Type"] for one in made["Resources"].values()]
    once = ("SNS::Topic", "SNS::TopicPolicy", "SNS::Subscription", "KMS::Key", "DynamoDB::Table")
    assert {kind: kinds.count(f"AWS::{kind}") for kind in once} == dict.fromkeys(once, 1)
    for one in stacks(made).values():
        assert one["Parameters"]["Team"] == ""
        assert one["Parameters"]["AlertTopicArn"]["Fn::If"][0] == "CreateAlertTopic"
        assert one["Parameters"]["PipelineTableName"]["Fn::If"][1] == {"Ref": "PipelineTable"}
        assert "AlertTopicKeyArn" not in one["Parameters"]
    assert made["Resources"]["AlertTopic"]["Properties"]["DisplayName"] == {
        "Fn::Sub": "${PipelineName}-${TargetEnv}"
    }
    assert made["Parameters"]["Team"]["Default"] == "team@example.com"


def test_outputs_are_collected_under_their_workflow_s_name() -> None:
    made = parent()["Outputs"]
    assert made["TrainStateMachineArn"]["Value"] == {"Fn::GetAtt": ["TrainStack", "Outputs.StateMachineArn"]}
    assert "ScoreAllStateMachineArn" in made
    assert "TrainDataBucketName" not in made
    assert "TrainLogGroupName" not in made


def test_an_output_that_a_workflow_does_not_always_give_is_not_collected() -> None:
    """Who reads an output of a nested stack that is not there has an error at the deployment."""
    text = """
Parameters:
  Wanted: {Type: String, Default: ''}
Conditions:
  HasQueue: !Not [!Equals [!Ref Wanted, '']]
Resources:
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  QueueUrl: {Value: a, Condition: HasQueue}
  StateMachineArn: {Value: a}
"""
    (file, *_) = application.files([OutputFile("train.yaml", text)], read(), "yaml")
    assert list(json.loads(cfn_flip.to_json(file.content))["Outputs"]) == ["TrainStateMachineArn"]


def declaring(**declared: str) -> Any:
    """A workflow that declares these parameters, with their defaults."""
    lines = "".join(f"  {name}: {{Type: String, Default: '{value}'}}\n" for name, value in declared.items())
    return f"Parameters:\n{lines}Resources:\n  Task: {{Type: AWS::SNS::Topic}}\n"


def collisions(**templates: str) -> list[str]:
    built = [OutputFile(f"{name}.yaml", content) for name, content in templates.items()]
    places = {name: SourceLocation(f"workflows/{name}.py", 7) for name in templates}
    with pytest.raises(TemplateError) as caught:
        application.files(built, read(), "yaml", places)
    return [f"{one.code} {one.location}: {one.message} | {one.hint}" for one in caught.value.diagnostics]


def test_a_name_that_another_workflow_s_parameter_has_already_is_refused_at_the_workflow() -> None:
    """Else both workflows would get one value, which means two things."""
    one = {"a": declaring(Fn="x"), "b": declaring(Fn="y"), "c": declaring(AFn="z")}
    assert collisions(**one) == [
        (
            "SFN440 workflows/a.py:7: parameter 'Fn' of workflow 'a' would be 'AFn' in the application, as parameter "
            "'AFn' of workflow 'c' is | rename one of them"
        )
    ]
    # Whichever comes first.
    assert len(collisions(b=one["a"], c=one["b"], a=declaring(BFn="z"))) == 1


def test_a_name_that_two_workflows_parameters_would_get_is_refused() -> None:
    found = collisions(a=declaring(Bx="1"), aB=declaring(x="2"), c=declaring(Bx="3", x="4"))
    assert found == [
        (
            "SFN440 workflows/aB.py:7: parameter 'x' of workflow 'aB' would be 'ABx' in the application, as parameter "
            "'Bx' of workflow 'a' is | rename one of them"
        )
    ]


def test_a_parameter_with_the_name_of_a_nested_stack_is_refused() -> None:
    assert collisions(a=declaring(AStack="x"), b=declaring(Fn="y")) == [
        (
            "SFN440 workflows/a.py:7: parameter 'AStack' of workflow 'a' has the name of a resource of the application "
            "| rename one of them"
        )
    ]
    assert collisions(a=declaring(Stack="x"), b=declaring(Stack="y"))[0] == (
        "SFN440 workflows/a.py:7: parameter 'Stack' of workflow 'a' would be 'AStack' in the application, as a "
        "resource there is | rename one of them"
    )


def test_names_that_differ_are_no_collision() -> None:
    built = [OutputFile("a.yaml", declaring(Fn="x")), OutputFile("b.yaml", declaring(Fn="y", BaFn="z"))]
    (file, *_) = application.files(built, read(), "yaml")
    assert list(json.loads(cfn_flip.to_json(file.content))["Parameters"]) == ["AFn", "BFn", "BaFn"]


def test_a_workflow_s_own_tags_are_those_of_its_nested_stack() -> None:
    """CloudFormation gives the parent's tags to it besides."""
    own = '[workflows.train.tags]\nTeam = "risk"\nCost = "2"\nArea = "a"\nStage = "own"\n'
    made = stacks(parent(TOML + '[tags]\nTeam = "ml"\nArea = "a"\n' + own))
    assert made["TrainStack"]["Tags"] == [{"Key": "Cost", "Value": "2"}, {"Key": "Team", "Value": "risk"}]
    assert "Tags" not in made["ScoreAllStack"]


def test_environments_have_configuration_files() -> None:
    made = files()
    assert json.loads(made["config/application.dev.json"]) == {
        "Parameters": {"PipelineName": "ml", "TargetEnv": "dev", "Folder": "test"},
        "Tags": {"Stage": "d"},
    }
    assert json.loads(made["config/application.production.json"])["Parameters"] == {
        "PipelineName": "ml",
        "TargetEnv": "production",
    }


@pytest.mark.parametrize("name", ["application", "Application"])
def test_a_workflow_that_has_the_application_s_name_is_refused(name: str) -> None:
    """Some file systems do not tell upper and lower case letters apart."""
    assert findings(**{name: workflow()}, train=workflow()) == [
        f"SFN440 sfn-cfn.toml: a workflow is called '{name}', as the template of all workflows is | rename the workflow"
    ]


def test_a_workflow_that_has_the_application_s_name_is_not_written_in_its_place() -> None:
    found = read()
    made = outputs(found, application=workflow(), train=workflow())
    one = with_application(BuildReport(made, (), ("application", "train"), ()), (), found, "yaml")
    assert [file.path for file in one.outputs] == [
        "config/train.dev.json",
        "config/train.production.json",
        "train.yaml",
    ]


def findings(toml: str = TOML, **workflows: Any) -> list[str]:
    """What makes the application impossible."""
    with pytest.raises(TemplateError) as caught:
        files(toml, **workflows)
    return [f"{one.code} {one.location}: {one.message} | {one.hint}" for one in caught.value.diagnostics]


def test_names_with_the_same_letters_begin_otherwise() -> None:
    assert application.stems(["aB", "a-b", "train"]) == {"a-b": "AB", "aB": "AB2", "train": "Train"}


def copies(count: int) -> list[OutputFile]:
    """Templates of workflows that have all outputs that the parent shows, and some more."""
    text = """
Parameters:
  Size{number}: {{Type: String, Default: '1'}}
Resources:
  Topic: {{Type: AWS::SNS::Topic}}
Outputs:
  StateMachineArn: {{Value: a}}
  StateMachineAliasArn: {{Value: a}}
  EndpointUrl: {{Value: a}}
  PipelineRouterArn: {{Value: a}}
  QueueUrl: {{Value: a}}
  LogGroupName: {{Value: a}}
"""
    return [OutputFile(f"w{number}.yaml", text.format(number=number)) for number in range(count)]


def test_more_than_a_template_may_have_is_refused() -> None:
    with pytest.raises(TemplateError) as caught:
        application.files(copies(201), read(), "yaml")
    assert [(one.code, one.message, one.hint) for one in caught.value.diagnostics] == [
        (
            "SFN441",
            "the application has 201 parameters, 200 are allowed",
            "declare what workflows have in common alike, or deploy some of the workflows by themselves",
        ),
        (
            "SFN441",
            "the application has 1005 outputs, 200 are allowed",
            "deploy some of the workflows by themselves",
        ),
    ]


def test_forty_workflows_with_all_that_starts_them_fit_into_one_application() -> None:
    (file, *_) = application.files(copies(40), read(), "yaml")
    made = json.loads(cfn_flip.to_json(file.content))
    assert len(made["Outputs"]) == 200
    assert "W7LogGroupName" not in made["Outputs"]


def test_the_parent_is_ascii_the_same_twice_and_names_its_source() -> None:
    text = files()["application.yaml"]
    assert text.isascii()
    assert text == files()["application.yaml"]
    assert "Metadata:\n  SfnCfn:\n    Source: sfn-cfn.toml\n" in text


def test_cfn_lint_finds_nothing_in_the_parent_with_its_children_beside_it(tmp_path: Path) -> None:
    more = '[topic]\nemails = { Team = "team@example.com" }\n[alarms]\n[pipelines]\nenabled = true\n'
    for path, content in files(TOML + more).items():
        if "/" not in path:
            (tmp_path / path).write_text(content)
    lint = [str(Path(sys.executable).parent / "cfn-lint"), str(tmp_path / "application.yaml")]
    done = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


LONG = "P" * 252
"""A parameter's name that is no name any more with a workflow's before it."""
SOURCE = """
from stepfunctions.steps import Task
from stepfunctions.workflow import Workflow
from sfn_cfn import parameter

call = {{"FunctionName": parameter("{parameter}", default="{name}")}}
task = Task("Call", resource="arn:aws:states:::lambda:invoke", parameters=call, timeout_seconds=60)
Workflow("{name}", task, role="")
"""


def built(root: Path, parameter: str, *, stands: Any = lambda _: False, lint: bool = True) -> BuildReport:
    (root / "workflows").mkdir(exist_ok=True)
    for name in ("score", "train"):
        text = SOURCE.format(name=name, parameter=parameter)
        (root / f"workflows/{name}.py").write_text(text, encoding="utf-8")
    sources = [WorkflowSource(root, root / f"workflows/{name}.py") for name in ("score", "train")]
    chosen = replace(read(), root=root)
    return compiler.build(chosen, sources, lint=lint, stands=stands, whole=True, application=True)


def test_what_cfn_lint_finds_in_the_parent_is_said_and_the_parent_is_not_written(tmp_path: Path) -> None:
    report = built(tmp_path, LONG)
    # Nothing is said of what an environment sets, which the parent may have.
    assert [(item.code, str(item.location)) for item in report.diagnostics] == [
        ("SFN390", "sfn-cfn.toml")
    ] * 2
    said = "cfn-lint E2011: expected maximum length: 255, found: 257 "
    assert all(item.message.startswith(said) for item in report.diagnostics)
    assert all("(application.yaml:" in item.message for item in report.diagnostics)
    assert [file.path for file in report.outputs if "/" not in file.path] == ["score.yaml", "train.yaml"]


def test_a_parent_that_stands_is_not_linted_again(tmp_path: Path) -> None:
    report = built(tmp_path, LONG, stands=lambda file: file.path == "application.yaml")
    assert "application.yaml" in [file.path for file in report.outputs]
    report = built(tmp_path, LONG, lint=False)
    assert "application.yaml" in [file.path for file in report.outputs]


def test_json_is_a_parent_too() -> None:
    made = json.loads(files(form="json")["application.json"])
    assert stacks(made)["TrainStack"]["TemplateURL"] == "train.json"
    assert made["Resources"].keys() == parent()["Resources"].keys()


def test_addresses_stand_in_place_of_paths() -> None:
    addresses = {"train.yaml": "https://b/1", "score_all.yaml": "https://b/2"}
    made = json.loads(cfn_flip.to_json(application.with_addresses(files()["application.yaml"], addresses)))
    assert [one["TemplateURL"] for one in stacks(made).values()] == ["https://b/2", "https://b/1"]


def members(**given: str) -> dict[str, Mapping[str, str]]:
    """What the nested stacks are given where the application's parameters have these values."""
    found = read()
    built = outputs(found, train=workflow(**DATA), score_all=workflow(**DATA))
    every = package.packages(
        (*built, *application.files(built, found, "yaml")), {}, found.environments[0], "ml"
    )
    (whole,) = package.together(every)
    values = {**definitions.values(whole.read(), whole.parameters), **given}
    return {one.workflow: one.parameters for one in children.children(whole, values)}


def test_a_nested_stack_is_given_what_the_parent_has_and_nothing_of_what_it_makes() -> None:
    made = members()
    assert set(made) == {"train", "score_all"}
    assert made["train"] == {
        **made["train"],
        "Folder": "test",
        "TargetEnv": "dev",
        "PipelineName": "ml",
        "DataBucket": "",
    }
    assert made["train"] == made["score_all"]


def test_a_nested_stack_is_given_the_bucket_that_the_parent_is_given() -> None:
    assert members(DataBucket="mine")["train"]["DataBucket"] == "mine"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """A local AWS, and the environment in which the AWS CLI finds it."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    _, port = running.get_host_and_port()
    environment = {
        # Only under this name does moto read a template's bucket from the path of its address.
        "AWS_ENDPOINT_URL": f"http://localhost:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # The state is the process's, so other servers have left theirs.
    urllib.request.urlopen(
        urllib.request.Request(f"http://localhost:{port}/moto-api/reset", method="POST")
    ).close()
    yield {**os.environ, **environment}
    running.stop()


@pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
def test_the_aws_cli_packages_and_deploys_it(server: Mapping[str, str], tmp_path: Path) -> None:
    for path, content in files().items():
        if "/" not in path:
            (tmp_path / path).write_text(content)
    place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    boto3.client("s3", region_name=REGION).create_bucket(Bucket="artifacts", **place)
    aws = [str(Path(sys.executable).parent / "aws"), "cloudformation"]
    assert shutil.which(aws[0])
    packed = [
        "--template-file",
        "application.yaml",
        "--output-template-file",
        "packed.yaml",
        "--s3-bucket",
        "artifacts",
    ]
    run(server, tmp_path, *aws, "package", *packed)
    deploy = [
        "deploy",
        "--template-file",
        "packed.yaml",
        "--stack-name",
        "ml",
        "--capabilities",
        "CAPABILITY_IAM",
    ]
    run(server, tmp_path, *aws, *deploy, "--parameter-overrides", "TargetEnv=dev", "Folder=test")
    client = boto3.client("stepfunctions", region_name=REGION)
    machines = {one["name"]: one["stateMachineArn"] for one in client.list_state_machines()["stateMachines"]}
    assert sorted(machines) == ["ml-score_all-dev", "ml-train-dev"]
    definition = client.describe_state_machine(stateMachineArn=machines["ml-train-dev"])["definition"]
    buckets = [one["Name"] for one in boto3.client("s3", region_name=REGION).list_buckets()["Buckets"]]
    (bucket,) = (name for name in buckets if name != "artifacts")
    state = json.loads(definition)["States"]["Load"]
    assert state["Parameters"]["Payload"]["Uri"] == f"s3://{bucket}/data/test"


def run(environment: Mapping[str, str], folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
