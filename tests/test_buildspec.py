"""`buildspec.yml` does in a clean checkout what the how-to says, and leaves the artifacts that it names.

The commands run unchanged, in their order, in what a source action delivers: the files of the last commit
without `.git`. No package is downloaded: pip is told that there is no index, and the environment that the
commands make gets, as soon as it is there, the packages of the interpreter that runs the tests (a `.pth`
file with its folder), so that pip finds every requirement but the project itself installed.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import site
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
BUILDSPEC = yaml.safe_load((ROOT / "buildspec.yml").read_text(encoding="utf-8"))
HOW_TO = (ROOT / "docs" / "how-to" / "codepipeline.md").read_text(encoding="utf-8")

in_git = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="not a git checkout"
)


def commands() -> list[str]:
    """All commands in the order of the phases."""
    order = ("install", "pre_build", "build", "post_build")
    phases = BUILDSPEC["phases"]
    return [line for phase in order if phase in phases for line in phases[phase]["commands"]]


def run(command: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    """As CodeBuild runs it, but with no package index: what is installed here is all there is."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON", "PIP_"))}
    env = kept | {
        "PATH": f"{checkout.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # the odd value that pip's variable wants for "no isolation"
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    return subprocess.run(
        ["sh", "-c", command], cwd=checkout, env=env, capture_output=True, text=True, check=False
    )


def lend_packages(venv: Path) -> None:
    """Let a new environment see the packages of this one; those of its own come first.

    Python 3.11's venv comes with a setuptools too old for the project, which pip would replace in an
    isolated build: it goes.
    """
    folder = venv / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    for old in (*folder.glob("setuptools*"), folder / "_distutils_hack", folder / "pkg_resources"):
        shutil.rmtree(old, ignore_errors=True)
    (folder / "distutils-precedence.pth").unlink(missing_ok=True)
    (folder / "lent.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit's files, in which every command of the buildspec has run without a failure."""
    top = tmp_path_factory.mktemp("codebuild")
    (top / "bin").mkdir()
    (top / "bin" / "python3").symlink_to(sys.executable)
    command = ["git", "-c", "safe.directory=*", "archive", "--format=tar", "HEAD"]
    archive = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(top / "checkout")  # what git itself packed
    for line in commands():
        done = run(line, top / "checkout")
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        if "-m venv" in line:
            lend_packages(top / "checkout" / ".venv")
    return top / "checkout"


@in_git
@pytest.mark.parametrize("pattern", BUILDSPEC["artifacts"]["files"])
def test_its_commands_leave_the_artifact(checkout: Path, pattern: str) -> None:
    assert list(checkout.glob(pattern))


@in_git
def test_its_commands_run_the_checkouts_own_compiler(checkout: Path) -> None:
    where = run(".venv/bin/python -c 'import sfn_cfn; print(sfn_cfn.__file__)'", checkout)
    assert Path(where.stdout.strip()).is_relative_to(checkout / ".venv")


@in_git
def test_its_build_fails_after_a_template_is_edited_by_hand(checkout: Path) -> None:
    template = checkout / "templates" / "control-flow.yaml"
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("ARN of the state machine", "edited by hand", 1), encoding="utf-8")
    try:
        done = run(commands()[-1], checkout)
    finally:
        template.write_text(text, encoding="utf-8")
    assert done.returncode == 1
    assert "error[SFN712]: this file is not what the sources give\n  --> templates/control-flow.yaml\n" in (
        done.stderr
    )


def test_the_artifacts_are_all_that_a_build_writes() -> None:
    patterns = BUILDSPEC["artifacts"]["files"]
    written = {path for path in (ROOT / "templates").rglob("*") if path.is_file()}
    assert written == {path for pattern in patterns for path in ROOT.glob(pattern)}


def test_the_how_to_shows_this_buildspec() -> None:
    assert (ROOT / "buildspec.yml").read_text(encoding="utf-8") in HOW_TO


def test_the_how_tos_templates_and_configurations_exist() -> None:
    names = re.findall(r"BuildOutput::([\w./-]+)", HOW_TO)
    assert {name for name in names if not (ROOT / name).is_file()} == set()
    assert {Path(name).suffix for name in names} == {".yaml", ".json"}


def excerpt() -> str:
    """The how-to's CloudFormation template: its block of YAML that is not the buildspec."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", HOW_TO, re.DOTALL | re.MULTILINE)
    (found,) = [block for block in blocks if "AWS::CodePipeline::Pipeline" in block]
    return str(found)


def test_cfn_lint_finds_nothing_in_the_how_tos_pipeline(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(excerpt(), encoding="utf-8")
    lint = Path(sys.executable).with_name("cfn-lint")
    command = [lint, "--include-checks", "I", "--", tmp_path / "pipeline.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def actions() -> dict[str, dict[str, Any]]:
    """The pipeline's actions by their provider."""

    class Loader(yaml.SafeLoader):
        """Reads an intrinsic function as the text behind its tag."""

    Loader.add_multi_constructor("!", lambda loader, _tag, node: loader.construct_scalar(node))  # type: ignore[no-untyped-call]
    template = yaml.load(excerpt(), Loader)
    (pipeline,) = [
        item for item in template["Resources"].values() if item["Type"] == "AWS::CodePipeline::Pipeline"
    ]
    stages = pipeline["Properties"]["Stages"]
    return {action["ActionTypeId"]["Provider"]: action for stage in stages for action in stage["Actions"]}


def test_the_how_tos_pipeline_hands_the_source_to_the_build_and_its_output_to_the_deployment() -> None:
    found = actions()
    assert list(found) == ["CodeStarSourceConnection", "CodeBuild", "CloudFormation"]
    source, build, deploy = found.values()
    assert build["InputArtifacts"] == source["OutputArtifacts"]
    assert deploy["InputArtifacts"] == build["OutputArtifacts"] == [{"Name": "BuildOutput"}]


def test_the_how_tos_deployment_takes_template_and_configuration_from_the_build() -> None:
    configuration = actions()["CloudFormation"]["Configuration"]
    assert configuration["TemplatePath"] == "BuildOutput::templates/train-deploy.yaml"
    assert configuration["TemplateConfiguration"] == "BuildOutput::templates/config/train-deploy.dev.json"
    assert configuration["Capabilities"] == "CAPABILITY_IAM"
