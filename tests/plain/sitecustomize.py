"""Answers AWS calls in a plain `python script.py`, so that an SDK script runs where there is no AWS.

Python imports a module of this name at its start from any folder of PYTHONPATH. It waits until botocore
is imported and puts canned answers in the place of the network. It shares nothing with the compiler's own
loading: the tests take from it what the SDK alone gives, the benchmark what a plain script costs.

`PLAIN_ACCOUNT` and `PLAIN_REGION` say where the script believes to run. With `PLAIN_OUTPUT` (a file),
every `Workflow` that the script makes is written there at exit: a JSON list of name, definition, role, and the
input of a ready-made pipeline (`given`).
`PLAIN_PARAMETERS` (a JSON object) gives declared parameters other values than their defaults.
"""

from __future__ import annotations

import atexit
import importlib.abc
import json
import os
import sys
from pathlib import Path

ACCOUNT = os.environ.get("PLAIN_ACCOUNT", "123456789012")
REGION = os.environ.get("PLAIN_REGION", "us-east-1")
if "PLAIN_ACCOUNT" in os.environ:
    os.environ.update(
        AWS_DEFAULT_REGION=REGION,
        AWS_REGION=REGION,
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    )


def answer(service: str, operation: str, params: dict) -> dict:
    """The canned answer of an operation; LookupError where a script asks for something else."""
    role = f"arn:aws:iam::{ACCOUNT}:role/{params.get('RoleName', 'plain')}"
    answers = {
        ("sts", "GetCallerIdentity"): {
            "Account": ACCOUNT,
            "UserId": "AIDAPLAIN",
            "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/plain/plain",
        },
        ("iam", "GetRole"): {"Role": {"Arn": role, "RoleName": params.get("RoleName", "plain")}},
        ("s3", "ListBuckets"): {"Buckets": []},
        ("s3", "HeadBucket"): {},
        ("s3", "CreateBucket"): {},
        ("s3", "PutObject"): {"ETag": '"0"'},
        ("stepfunctions", "CreateStateMachine"): {
            "stateMachineArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{params.get('name')}"
        },
        ("stepfunctions", "StartExecution"): {"executionArn": "plain", "startDate": 0},
    }
    return answers[service, operation]


def patch_client(module) -> None:
    """botocore answers from the table above and sends nothing."""
    names = {"sfn": "stepfunctions"}

    def make_api_call(self, operation, params):
        service = self.meta.service_model.service_name
        return answer(names.get(service, service), operation, params)

    module.BaseClient._make_api_call = make_api_call


def patch_workflow(module) -> None:
    """Each `Workflow` is kept, and written at exit."""
    made: list = []
    init = module.Workflow.__init__

    def keep(self, *args, **kwargs):
        init(self, *args, **kwargs)
        made.append(self)

    module.Workflow.__init__ = keep
    atexit.register(write, made)


def patch_pipeline(module) -> None:
    """Each ready-made pipeline is kept: its input belongs to its workflow."""
    init = module.WorkflowTemplate.__init__

    def keep(self, *args, **kwargs):
        init(self, *args, **kwargs)
        pipelines.append(self)

    module.WorkflowTemplate.__init__ = keep


pipelines: list = []


def patch_authoring(module) -> None:
    """`parameter` gives the value from `PLAIN_PARAMETERS`, as text or number like its default."""
    values = json.loads(os.environ["PLAIN_PARAMETERS"])

    def parameter(name, default=None, **limits):
        value = values.get(name, default)
        return type(default)(value) if default is not None else value

    module.parameter = parameter


def write(made: list) -> None:
    """The workflows as JSON values, in the order in which they were made."""
    given = {id(item.workflow): item.input_template for item in pipelines}
    rows = [
        {
            "name": item.name,
            "definition": item.definition.to_dict(),
            "role": item.role,
            "given": given.get(id(item)),
        }
        for item in made
    ]
    Path(os.environ["PLAIN_OUTPUT"]).write_text(json.dumps(rows))


class PatchAfterImport(importlib.abc.MetaPathFinder):
    """Finds nothing itself: it runs a function after the named module has been executed."""

    def __init__(self, patches: dict) -> None:
        self.patches = patches

    def find_spec(self, name, path, target=None):
        patch = self.patches.pop(name, None)
        if patch is None:
            return None
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            patch(module)

        spec.loader.exec_module = exec_module
        return spec


if "PLAIN_ACCOUNT" in os.environ:
    import importlib.util

    wanted = {"botocore.client": patch_client}
    if "PLAIN_OUTPUT" in os.environ:
        wanted["stepfunctions.workflow.stepfunctions"] = patch_workflow
        wanted["stepfunctions.template.pipeline.common"] = patch_pipeline
    if "PLAIN_PARAMETERS" in os.environ:
        wanted["sfn_cfn.authoring"] = patch_authoring
    sys.meta_path.insert(0, PatchAfterImport(wanted))
