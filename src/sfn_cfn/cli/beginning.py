"""`init`: a name -> a new project that builds as it is."""

from __future__ import annotations

from pathlib import Path

import click

from sfn_cfn import emit
from sfn_cfn.cli.console import Console
from sfn_cfn.errors import ExitCode
from sfn_cfn.settings_file import name_of_folder
from sfn_cfn.settings_key import fits
from sfn_cfn.settings_keys import PIPELINE_NAME

_SETTINGS = """\
# Every key is in the reference of sfn-cfn's settings; all of them have defaults.

[project]
name = "{name}"

[environments.dev]

[environments.prod]
parameters = {{ TrainingInstanceCount = 2 }}
"""

_WORKFLOW = '''\
"""Train a model with the built-in XGBoost algorithm.

The data is read from, and the model written to, a bucket that is a parameter of the template.
"""

from sagemaker import image_uris
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sfn_cfn import parameter
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import Catch, Chain, Fail, Retry, TrainingStep
from stepfunctions.workflow import Workflow

bucket = parameter("DataBucket", default="{name}-data", allowed_pattern="[a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9]")

# SageMaker wants a new name for each job, so the execution's input gives it.
execution_input = ExecutionInput(schema={{"JobName": str}})

# The image is that of the region that the template is deployed to.
estimator = Estimator(
    image_uri=image_uris.retrieve("xgboost", "us-east-1", version="1.7-1"),
    role="${{SageMakerRoleArn}}",  # the role that the template makes
    instance_count=parameter("TrainingInstanceCount", default=1, min=1, max=16),
    instance_type=parameter("TrainingInstanceType", default="ml.m5.xlarge"),
    output_path="s3://" + bucket + "/models",
    hyperparameters={{"objective": "binary:logistic", "num_round": 100}},
)

train = TrainingStep(
    "Train",
    estimator=estimator,
    data={{"train": TrainingInput("s3://" + bucket + "/train", content_type="text/csv")}},
    job_name=execution_input["JobName"],
    timeout_seconds=7200,
)
train.add_retry(Retry(error_equals=["SageMaker.AmazonSageMakerException"], interval_seconds=30, max_attempts=3))
train.add_catch(Catch(error_equals=["States.ALL"], next_step=Fail("TrainingFailed")))

workflow = Workflow(name="train", definition=Chain([train]), role="", execution_input=execution_input)
'''

_TEST = '''\
"""The workflows build without an error: `python -m unittest` or `pytest`."""

import subprocess
import sys
import unittest
from pathlib import Path


class Workflows(unittest.TestCase):
    def test_they_build_without_an_error(self):
        root = Path(__file__).parent.parent
        command = [sys.executable, "-m", "sfn_cfn", "--project", str(root), "check", "--no-lint"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main()
'''

_IGNORED = """\
__pycache__/
.venv/
*.sfn-cfn-tmp
"""


def init(console: Console, folder: Path) -> int:
    """Make the folder with its files. Refuses a folder that has something in it."""
    name = folder.name or folder.resolve().name
    if not fits(PIPELINE_NAME, name):
        raise click.UsageError(
            f"'{name}' cannot be a project's name: use a letter, then up to 39 letters, digits and hyphens, "
            f"for example '{name_of_folder(folder)}'."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.UsageError(f"'{folder}' exists and is not an empty folder.")
    files = {
        "sfn-cfn.toml": _SETTINGS.format(name=name),
        "workflows/train.py": _WORKFLOW.format(name=name.lower()),
        "tests/test_workflows.py": _TEST,
        ".gitignore": _IGNORED,
    }
    for path, content in files.items():
        emit.replace_file(folder / path, content)
        console.summary(f"wrote {folder / path}")
    console.summary(f"next: cd {folder} && sfn-cfn build")
    return ExitCode.CLEAN
