"""A project whose compiler is made up: a template with a role, a state machine, and code as assets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sfn_cfn.cli import main
from sfn_cfn.cli.console import Services
from sfn_cfn.errors import Diagnostic
from sfn_cfn.model import Asset, AssetFile, OutputFile, Text, Token
from sfn_cfn.report import BuildReport
from sfn_cfn.template.asl import definition_string
from sfn_cfn.template.intrinsics import get_att, ref, sub
from sfn_cfn.template.model import Template
from sfn_cfn.template.text import render
from sfn_cfn.template.tokens import ASSET_BUCKET, ASSET_PREFIX

REGION = "eu-west-1"
ACCOUNT = "123456789012"
SOURCE = b"print('train')\n"
SCRIPT = b"print('score')\n"
MODULE = b"WIDTH = 3\n"


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def file(path: str, body: bytes) -> AssetFile:
    return AssetFile(path, digest(body), len(body))


CODE = Asset("sourcedir.tar.gz", digest(SOURCE), (file("", SOURCE),))
FOLDER = Asset("code", "f" * 64, (file("score.py", SCRIPT), file("lib/module.py", MODULE)))
ASSETS = (CODE, FOLDER)
BODIES = (SOURCE, SCRIPT, MODULE)


def write(root: Path, names: tuple[str, ...] = ("train",)) -> None:
    """The project's files: settings, sources, and the bodies of its assets."""
    (root / "workflows").mkdir(parents=True)
    for name in names:
        (root / f"workflows/{name}.py").write_text(f"# {name}\n")
    (root / "sfn-cfn.toml").write_text(
        f'[project]\nname = "fraud"\n\n[environments.prod]\nregion = "{REGION}"\ntags = {{ Team = "risk" }}\n'
    )
    bodies = root / ".sfn-cfn" / "assets"
    bodies.mkdir(parents=True)
    for body in BODIES:
        (bodies / digest(body)).write_bytes(body)


def location(asset: Asset, path: str = "") -> Text:
    """Where a file of an asset stands, as a definition names it."""
    tail = f"/{asset.sha256}/{asset.name}" + (f"/{path}" if path else "")
    return Text(("s3://", ASSET_BUCKET, "/", ASSET_PREFIX, tail))


@dataclass
class Workflow:
    """A made-up workflow: what its template has."""

    name: str = "train"
    machine: str = "train"
    wait: Any = 5
    type: str = "STANDARD"
    assets: tuple[Asset, ...] = ASSETS
    action: str = "sagemaker:CreateTrainingJob"
    comment: str = ""
    states: dict[str, Any] = field(default_factory=dict)
    resources: dict[str, Any] = field(default_factory=dict)

    def template(self) -> str:
        """The template's text."""
        uris = [location(one) for one in self.assets]
        states = {
            "Prepare": {"Type": "Pass", "Result": {"Code": uris}, "Next": "Wait"},
            "Wait": {"Type": "Wait", "Seconds": Token("Seconds", number=True), "End": True},
            **self.states,
        }
        definition = {"Comment": self.comment, "StartAt": "Prepare", "States": states}
        policy = {"Effect": "Allow", "Action": self.action, "Resource": "*"}
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "states.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        assets = {"AssetBucket": {"Type": "String"}, "AssetPrefix": {"Type": "String", "Default": "sfn-cfn"}}
        template = Template(
            metadata={"SfnCfn": {"Source": f"workflows/{self.name}.py"}},
            parameters={
                "PipelineName": {"Type": "String", "Default": "fraud"},
                "TargetEnv": {"Type": "String", "Default": "dev"},
                "Seconds": {"Type": "Number", "Default": self.wait},
                **(assets if self.assets else {}),
            },
            resources={
                "WorkflowExecutionRole": {
                    "Type": "AWS::IAM::Role",
                    "Properties": {
                        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                        "Policies": [
                            {
                                "PolicyName": "calls",
                                "PolicyDocument": {"Version": "2012-10-17", "Statement": [policy]},
                            }
                        ],
                    },
                },
                "StateMachineComponent": {
                    "Type": "AWS::StepFunctions::StateMachine",
                    "Properties": {
                        "StateMachineName": sub(f"${{PipelineName}}-{self.machine}-${{TargetEnv}}"),
                        **({"StateMachineType": self.type} if self.type != "STANDARD" else {}),
                        "DefinitionString": definition_string(definition),
                        "RoleArn": get_att("WorkflowExecutionRole", "Arn"),
                    },
                },
                **self.resources,
            },
            outputs={"StateMachineArn": {"Value": ref("StateMachineComponent")}},
        )
        return render(template, "yaml")


@dataclass
class Project:
    """The project's folder, what its compiler gives, and a run of `main` in it."""

    root: Path
    capsys: pytest.CaptureFixture[str] | None = None
    workflows: list[Workflow] = field(default_factory=lambda: [Workflow()])
    diagnostics: tuple[Diagnostic, ...] = ()
    failed: tuple[str, ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    connect: Callable[[Any], Any] | None = None

    def build(self, settings: Any, sources: Any, **options: Any) -> BuildReport:
        built = {source.path.stem for source in sources}
        outputs, assets = [], {}
        for one in self.workflows:
            if one.name not in built:
                continue
            outputs.append(OutputFile(f"{one.name}.yaml", one.template()))
            assets[one.name] = one.assets
            for environment in settings.environments:
                values = {
                    "PipelineName": settings.pipeline_name,
                    "TargetEnv": environment.name,
                    **self.parameters,
                }
                text = json.dumps({"Parameters": values, "Tags": dict(environment.tags)}, indent=2)
                outputs.append(OutputFile(f"config/{one.name}.{environment.name}.json", text + "\n"))
        names = tuple(one.name for one in self.workflows)
        return BuildReport(tuple(outputs), self.diagnostics, names, self.failed, assets=assets)

    def answer(self, question: str) -> str:
        self.asked.append(question)
        return self.answers.pop(0)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        assert len(self.pauses) < 200, "it waits for ever"

    @property
    def services(self) -> Services:
        own = {"connect": self.connect} if self.connect else {}
        return Services(self.build, sleep=self.sleep, answer=self.answer, **own)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr of one command."""
        code = main(arguments, self.services)
        assert self.capsys
        out, err = self.capsys.readouterr()
        return code, out, err
