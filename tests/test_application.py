"""The parent of all workflows' templates: parameters, shared parts, outputs, and its deployment by the AWS CLI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
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
from sfn_cfn.errors import TemplateError
from sfn_cfn.model import OutputFile
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


def test_a_part_that_workflows_set_otherwise_is_refused() -> None:
    more = (
        '[workflows.train.storage]\naccess_log_bucket = "logs-a"\n[storage]\naccess_log_bucket = "logs-b"\n'
    )
    with pytest.raises(TemplateError) as caught:
        files(TOML + more)
    (one,) = caught.value.diagnostics
    assert (one.code, one.message) == (
        "SFN440",
        "workflows 'score_all' and 'train' set 'LoggingConfiguration' of their shared 'WorkflowDataBucket' otherwise",
    )


def test_a_workflow_that_has_the_application_s_name_is_refused() -> None:
    with pytest.raises(TemplateError) as caught:
        files(application=workflow())
    (one,) = caught.value.diagnostics
    assert (one.code, one.message, one.hint) == (
        "SFN440",
        "a workflow is called 'application', as the template of all workflows is",
        "rename the workflow",
    )


def test_names_with_the_same_letters_begin_otherwise() -> None:
    assert application.stems(["aB", "a-b", "train"]) == {"a-b": "AB", "aB": "AB2", "train": "Train"}


def test_more_than_a_template_may_have_is_refused() -> None:
    many = {f"w{number}": workflow() for number in range(60)}
    found = read()
    built = list(outputs(found, w0=workflow()))
    template = built[0].content
    copies = [OutputFile(f"{name}.yaml", template) for name in many]
    with pytest.raises(TemplateError) as caught:
        application.files(copies, found, "yaml")
    assert [one.message for one in caught.value.diagnostics] == [
        "the application has 240 outputs, 200 are allowed"
    ]


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
