"""What a run uploads, of what the SDK packs, announces or leaves as a local path."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from runs import WORLDS, load_all, shown

from sfn_cfn import codec
from sfn_cfn.load import LoadOptions, LoadResult, load, pool
from sfn_cfn.model import Upload, WorkflowSource

HEAD = """
from pathlib import Path
import boto3, sagemaker, sagemaker.session
from sagemaker.processing import ProcessingInput
from sagemaker.sklearn import SKLearn, SKLearnModel
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.tuner import HyperparameterTuner, IntegerParameter
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import Chain, ModelStep, ProcessingStep, TrainingStep, TuningStep
from stepfunctions.workflow import Workflow
here = Path(__file__).parent
session = sagemaker.session.Session()
common = {'framework_version': '1.2-1', 'role': 'R', 'sagemaker_session': session}
machine = {**common, 'instance_type': 'ml.m5.xlarge', 'instance_count': 1}
def estimator(**more): return SKLearn(entry_point='train.py', source_dir=str(here / 'code'), **machine, **more)
def made(name, *steps): Workflow(name, Chain(list(steps)), role='R')
"""
SOURCES = {
    "model.py": """
model = SKLearnModel(model_data='s3://m/model.tar.gz', entry_point=str(here / 'code/serve.py'), **common)
made('model', ModelStep('Model', model, model_name='m'))
""",
    "code_location.py": """
one = estimator(code_location='s3://mine/code', dependencies=[str(here / 'lib')])
made('code-location', TrainingStep('Train', one, job_name=ExecutionInput(schema={'Job': str})['Job']))
""",
    "tuning.py": """
tuner = HyperparameterTuner(estimator(), 'loss', {'depth': IntegerParameter(1, 9)}, metric_definitions=[
    {'Name': 'loss', 'Regex': 'loss=(.*)'}], objective_type='Minimize')
made('tuning', TuningStep('Tune', tuner, job_name='tune', data='s3://d/train'))
""",
    "processing.py": """
source = ProcessingInput(source=str(here / 'code/prepare.py'), destination='/opt/ml/processing/code')
folder = ProcessingInput(source=str(here / 'data'), destination='/opt/ml/processing/data', input_name='data')
step = ProcessingStep('Prepare', SKLearnProcessor(**machine), job_name='prepare', inputs=[source, folder])
made('processing', step)
""",
    "data.py": """
from stepfunctions.steps import Pass
locations = {
    'folder': session.upload_data(str(here / 'data'), key_prefix='exp/data'),
    'file': session.upload_data(str(here / 'data/a.csv'), bucket='mine', key_prefix='one'),
    'secret': session.upload_data(str(here / 'code/.env'), key_prefix='env'),
}
s3 = boto3.client('s3')
s3.put_object(Bucket='mine', Key='plain.txt', Body=b'text')
s3.upload_file(str(here / 'code/train.py'), 'mine', 'scripts/train.py')
made('data', Pass('P', result=locations))
""",
    "empty.py": """
from stepfunctions.steps import Pass
session.upload_data(str(here / 'none'), key_prefix='none')
session.upload_data(str(here / 'code/notes.txt'), key_prefix='notes')
made('empty', Pass('P'))
""",
    "differs.py": """
import time
from stepfunctions.steps import Pass
boto3.client('s3').put_object(Bucket='mine', Key='same.txt', Body=b'same')
boto3.client('s3').put_object(Bucket='mine', Key='time.txt', Body=str(time.time()).encode())
boto3.client('s3').put_object(Bucket='mine', Key=f'stamped-{time.time()}/same.txt', Body=b'same')
made('differs', Pass('P'))
""",
    "outside.py": """
estimator = SKLearn(entry_point='train.py', source_dir=str(here / 'linked'), **machine)
made('outside', TrainingStep('Train', estimator, job_name='train'))
""",
}
FILES = {
    "code/train.py": "print('train')\n",
    "code/serve.py": "print('serve')\n",
    "code/prepare.py": "print('prepare')\n",
    "code/.env": "KEY=1\n",
    "code/deploy.pem": "KEY\n",
    "code/notes.txt": "left out by .sfnignore\n",
    "code/__pycache__/train.pyc": "waste\n",
    "code/package/part.py": "print('part')\n",
    "lib/helper.py": "print('helper')\n",
    "data/a.csv": "1,2\n",
    "data/deep/b.csv": "3,4\n",
    "data/.DS_Store": "waste\n",
    "linked/train.py": "print('train')\n",
    "none/.DS_Store": "waste\n",
}


def loaded_with_bodies(request: str) -> str:
    """The entry of the pool: a root and a path, one a line; bodies go to `bodies` in the root."""
    root, path = (Path(line) for line in request.splitlines())
    bodies = root / "bodies" / path.stem
    bodies.mkdir(parents=True)
    return codec.dumps(load(WorkflowSource(root, path), WORLDS, LoadOptions(bodies=bodies)))


def project(root: Path) -> Path:
    """The sources and the files that they name."""
    for name, content in (*FILES.items(), *((name, HEAD + body) for name, body in SOURCES.items())):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (root / ".sfnignore").write_text("notes.txt\n")
    return root


def run(root: Path) -> dict[str, LoadResult]:
    """All sources, loaded with their bodies kept."""
    with pytest.MonkeyPatch.context() as patch:
        path = os.pathsep.join((str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")))
        patch.setenv("PYTHONPATH", path)
        requests = [f"{root}\n{root / name}" for name in SOURCES]
        answers = dict(pool.run("test_packing:loaded_with_bodies", requests))
    out = {}
    for index, name in enumerate(SOURCES):
        answer = answers[index]
        assert isinstance(answer, str), answer
        out[name] = codec.loads(LoadResult, answer)
    return out


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = project(tmp_path_factory.mktemp("project"))
    (folder / "linked/away.py").symlink_to("/etc/hostname")
    (folder / "linked/inside.py").symlink_to(folder / "lib/helper.py")
    (folder / "linked/loop").symlink_to(folder / "linked")
    return folder


@pytest.fixture(scope="module")
def results(root: Path) -> dict[str, LoadResult]:
    return run(root)


def uploads(result: LoadResult) -> dict[str, Upload]:
    """The uploads of the source's workflow by bucket and key, the default bucket as `default`."""
    found = result.workflows[0].uploads
    return {
        f"{one.bucket}/{one.key}".replace("sagemaker-ap-south-1-739164285013", "default"): one
        for one in found
    }


def members(root: Path, source: str, upload: Upload) -> list[str]:
    """The files of an uploaded archive."""
    body = (root / "bodies" / Path(source).stem / upload.sha256).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return sorted(member.name for member in archive if member.isfile())


def parameters(result: LoadResult, state: str) -> Any:
    return result.workflows[0].definition["States"][state]["Parameters"]


def test_a_framework_models_code_is_uploaded_to_the_place_that_the_definition_names(
    results: dict[str, LoadResult], root: Path
) -> None:
    found = results["model.py"]
    (key, upload), *more = uploads(found).items()
    named = parameters(found, "Model")["PrimaryContainer"]["Environment"]["SAGEMAKER_SUBMIT_DIRECTORY"]
    assert named == f"s3://{upload.bucket}/{upload.key}"
    assert members(root, "model.py", upload) == ["serve.py"]
    assert more == []
    assert key.endswith("/source/sourcedir.tar.gz")


def test_training_code_stands_where_the_hyperparameters_say_also_with_a_code_location(
    results: dict[str, LoadResult], root: Path
) -> None:
    found = results["code_location.py"]
    named = parameters(found, "Train")["HyperParameters"]["sagemaker_submit_directory"].strip('"')
    upload = uploads(found)[named.removeprefix("s3://")]
    assert members(root, "code_location.py", upload) == [
        "lib/helper.py",
        "package/part.py",
        "prepare.py",
        "serve.py",
        "train.py",
    ]


def test_tuning_code_stands_where_the_hyperparameters_say(results: dict[str, LoadResult]) -> None:
    found = results["tuning.py"]
    static = parameters(found, "Tune")["TrainingJobDefinition"]["StaticHyperParameters"]
    key = (
        static["sagemaker_submit_directory"]
        .strip('"')
        .replace("sagemaker-ap-south-1-739164285013", "default")
    )
    assert key.removeprefix("s3://") in uploads(found)


def test_local_files_of_a_processing_job_are_uploaded_as_a_run_does(results: dict[str, LoadResult]) -> None:
    found = results["processing.py"]
    inputs = parameters(found, "Prepare")["ProcessingInputs"]
    bucket = "s3://sagemaker-ap-south-1-739164285013"
    assert [item["S3Input"]["S3Uri"] for item in inputs] == [
        f"{bucket}/prepare/input/input-1/prepare.py",
        f"{bucket}/prepare/input/data",
    ]
    assert sorted(uploads(found)) == [
        "default/prepare/input/data/a.csv",
        "default/prepare/input/data/deep/b.csv",
        "default/prepare/input/input-1/prepare.py",
    ]


def test_data_and_objects_of_boto3_are_uploads(results: dict[str, LoadResult]) -> None:
    assert sorted(uploads(results["data.py"])) == [
        "default/exp/data/a.csv",
        "default/exp/data/deep/b.csv",
        "mine/one/a.csv",
        "mine/plain.txt",
        "mine/scripts/train.py",
    ]


def test_upload_data_says_where_it_puts_things(results: dict[str, LoadResult]) -> None:
    assert results["data.py"].workflows[0].definition["States"]["P"]["Result"] == {
        "folder": "s3://sagemaker-ap-south-1-739164285013/exp/data",
        "file": "s3://mine/one/a.csv",
        "secret": "s3://sagemaker-ap-south-1-739164285013/env/.env",
    }


def test_an_upload_has_the_line_that_makes_it(results: dict[str, LoadResult]) -> None:
    lines = (HEAD + SOURCES["data.py"]).splitlines()
    place = uploads(results["data.py"])["mine/plain.txt"].location
    assert place is not None
    assert (place.file, lines[place.line - 1].split("(")[0]) == ("data.py", "s3.put_object")


def test_a_key_file_that_is_left_out_is_told_of(results: dict[str, LoadResult]) -> None:
    hint = "keep secrets in AWS Secrets Manager; give another name to what is none"
    said = "is left out of what is uploaded, because such files hold keys"
    place = len(HEAD.splitlines()) + 3
    assert shown(results["model.py"]) == []
    assert shown(results["code_location.py"]) == [
        f"SFN222 code_location.py:{place}: 'code/.env' {said} [{hint}]",
        f"SFN222 code_location.py:{place}: 'code/deploy.pem' {said} [{hint}]",
    ]


def test_an_upload_of_nothing_is_told_of(results: dict[str, LoadResult]) -> None:
    line = len(HEAD.splitlines()) + 3
    said = "holds no file to upload, so that its location in S3 is empty"
    hint = "put a file into it, or take it out of .sfnignore"
    assert shown(results["empty.py"]) == [
        f"SFN223 empty.py:{line}: 'none' {said} [{hint}]",
        f"SFN223 empty.py:{line + 1}: 'code/notes.txt' {said} [{hint}]",
    ]


def test_a_link_out_of_the_project_is_an_error_and_one_inside_is_followed(
    results: dict[str, LoadResult], root: Path
) -> None:
    found = results["outside.py"]
    line = len(HEAD.splitlines()) + 3
    said = "'linked/away.py' is a symbolic link that leads out of the project"
    hint = "copy what it leads to into the project, or exclude the link"
    assert shown(found) == [f"SFN221 outside.py:{line}: {said} [{hint}]"]
    assert {item.code: item.severity.name for item in found.diagnostics} == {"SFN221": "ERROR"}


def test_a_body_that_a_second_run_gives_otherwise_is_marked(results: dict[str, LoadResult]) -> None:
    found = uploads(results["differs.py"])
    assert {
        key.rpartition("/")[0].split("-")[0] + key.rpartition("/")[2]: one.varies
        for key, one in found.items()
    } == {
        "minesame.txt": False,
        "minetime.txt": True,
        "mine/stampedsame.txt": False,
    }


def test_another_folder_user_and_date_give_the_same_bodies(
    tmp_path: Path, results: dict[str, LoadResult]
) -> None:
    other = project(tmp_path / "somewhere else")
    for path in sorted(other.rglob("*")):
        os.utime(path, (1_500_000_000, 1_500_000_000))
        if path.is_file():
            path.chmod(0o600)
    (other / "code/package").chmod(0o700)
    again = run(other)
    for name in ("model.py", "code_location.py", "tuning.py", "processing.py", "data.py"):
        assert {key: one.sha256 for key, one in uploads(again[name]).items()} == {
            key: one.sha256 for key, one in uploads(results[name]).items()
        }


def test_nothing_is_kept_where_nobody_asks(tmp_path: Path) -> None:
    body = "import boto3\nboto3.client('s3').put_object(Bucket='b', Key='k', Body=b'x')\n"
    head = "from stepfunctions.steps import Chain, Pass\nfrom stepfunctions.workflow import Workflow\n"
    load_all(tmp_path, {"w.py": f"{head}{body}Workflow('w', Chain([Pass('P')]), role='R')\n"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.py"]
