"""An application is written with the templates of all its workflows, or stays as it is."""

from __future__ import annotations

import pytest

from sfn_cfn.model import OutputFile

from .conftest import Run, template

LARGE = "Resources: {}\n" + f"# {'x' * 100}\n" * 11_000


@pytest.fixture
def application(run: Run) -> Run:
    """A project whose compiler gives an application of two workflows."""
    (run.root / "sfn-cfn.toml").write_text("[project]\napplication = true\n")
    give(run, "Resources: {}\n", "Description: one\n")
    return run


def give(run: Run, train: str, parent: str) -> None:
    run.compiler.outputs = (
        OutputFile("application.yaml", template("sfn-cfn.toml", parent)),
        OutputFile("config/application.dev.json", f'{{"Tags": {{"a": "{len(parent)}"}}}}\n'),
        OutputFile("score.yaml", template("workflows/score.py")),
        OutputFile("train.yaml", template("workflows/train.py", train)),
    )


def standing(run: Run) -> dict[str, str]:
    folder = run.root / "templates"
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def test_an_application_is_not_written_where_a_workflow_s_template_is_too_large(application: Run) -> None:
    """It would name a file that is not there."""
    give(application, LARGE, "Description: two\n")
    code, _, err = application("build")
    assert (code, err.splitlines()[2]) == (
        1,
        "error[SFN721]: the template has 1,133,104 bytes; CloudFormation takes 1,048,576",
    )
    assert list(standing(application)) == ["score.yaml"]


def test_an_application_stays_as_it_was_with_the_template_that_does(application: Run) -> None:
    application("build")
    before = standing(application)
    assert set(before) == {"application.yaml", "config/application.dev.json", "score.yaml", "train.yaml"}
    give(application, LARGE, "Description: two\n")
    assert application("build")[0] == 1
    assert application("build", "--prune")[0] == 1
    assert standing(application) == before
    code, _, err = application("build", "--check")
    assert (code, "application" in err) == (1, False)


def test_an_application_stays_as_it_was_where_a_role_may_do_more_than_it_should(application: Run) -> None:
    role = "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies: []\n"
    give(application, role, "Description: one\n")
    application("build")
    before = standing(application)
    statement = "{Effect: Allow, Action: 's3:*', Resource: '*'}"
    policy = f"[{{PolicyName: p, PolicyDocument: {{Statement: [{statement}]}}}}]"
    give(application, role.replace("[]", policy), "Description: two\n")
    code, _, err = application("build", "--fail-on-broadening")
    assert (code, "error[SFN5" in err) == (1, True)
    assert standing(application) == before


def test_a_workflow_called_application_is_like_any_other_where_there_is_no_application(run: Run) -> None:
    give(run, LARGE, "Description: one\n")
    assert run("build")[0] == 1
    assert sorted(standing(run)) == ["application.yaml", "config/application.dev.json", "score.yaml"]
