"""`build --region` and `--verify-portable` on the command line."""

from __future__ import annotations

from .conftest import Run


def test_regions_and_the_proof_reach_the_compiler(run: Run) -> None:
    run("build", "--region", "eu-west-1", "--region", "cn-north-1", "--verify-portable")
    (call,) = run.compiler.calls
    assert call["regions"] == ("eu-west-1", "cn-north-1")
    assert call["verify_portable"] is True


def test_a_build_without_them_asks_for_neither(run: Run) -> None:
    run("build")
    assert not {"regions", "verify_portable"} & set(run.compiler.calls[0])


def test_a_misspelt_region_is_refused_with_the_nearest(run: Run) -> None:
    code, _, err = run("build", "--region", "eu-wset-1")
    assert code == 2
    assert "the installed sagemaker knows no image in region 'eu-wset-1'; did you mean 'eu-west-1'?" in err
    assert run.compiler.calls == []


def test_a_region_like_none_is_refused(run: Run) -> None:
    code, _, err = run("build", "--region", "x")
    assert code == 2
    assert "the installed sagemaker knows no image in region 'x'." in err
