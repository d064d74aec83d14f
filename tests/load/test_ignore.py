from __future__ import annotations

from pathlib import Path

import pytest

from sfn_cfn.load import ignore


def left_out(tmp_path: Path, lines: str, path: str, *, folder: bool = False) -> bool:
    """Whether a project with these lines in `.sfnignore` leaves the path out."""
    (tmp_path / ".sfnignore").write_text(lines)
    return ignore.read(tmp_path).excludes(tmp_path / path, folder=folder)


@pytest.mark.parametrize(
    ("line", "path", "expected"),
    [
        ("*.csv", "data/train.csv", True),
        ("*.csv", "data/train.csv.gz", False),
        ("/data.csv", "data.csv", True),
        ("/data.csv", "code/data.csv", False),
        ("code/data.csv", "code/data.csv", True),
        ("code/data.csv", "x/code/data.csv", False),
        ("**/big", "a/b/big", True),
        ("a/**/big", "a/big", True),
        ("a/**/big", "a/b/c/big", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("*", "x", True),
        ("a*b", "a/b", False),
        ("?.txt", "a.txt", True),
        ("?.txt", "ab.txt", False),
        ("[ab].txt", "b.txt", True),
        ("[!ab].txt", "b.txt", False),
        ("# note", "# note", False),
        ("\\#note", "#note", True),
        ("name  ", "name", True),
        ("a+b", "a+b", True),
        ("a+b", "aab", False),
    ],
)
def test_a_pattern_is_gits(line: str, path: str, expected: bool, tmp_path: Path) -> None:
    assert left_out(tmp_path, line, path) is expected


def test_a_pattern_with_a_slash_at_its_end_fits_folders_only(tmp_path: Path) -> None:
    assert left_out(tmp_path, "build/", "x/build", folder=True)
    assert not left_out(tmp_path, "build/", "x/build")


def test_the_last_pattern_that_fits_decides(tmp_path: Path) -> None:
    assert not left_out(tmp_path, "*.csv\n!keep.csv\n", "keep.csv")
    assert left_out(tmp_path, "*.csv\n!keep.csv\nkeep*\n", "keep.csv")


@pytest.mark.parametrize(
    "name", [".env", ".env.prod", "server.pem", "id_rsa", "id_rsa.bak", "credentials", ".aws", ".git"]
)
def test_keys_and_repositories_are_left_out_whatever_the_file_says(name: str, tmp_path: Path) -> None:
    assert left_out(tmp_path, f"!{name}", f"code/{name}")


@pytest.mark.parametrize("name", ["__pycache__", ".venv", ".DS_Store", ".sfn-cfn", "x.pyc"])
def test_what_no_job_needs_is_left_out(name: str, tmp_path: Path) -> None:
    assert left_out(tmp_path, "", name)


@pytest.mark.parametrize("name", ["train.py", "environment.yml", ".env.example", "keys.py", "id_rsa.pub"])
def test_other_files_are_not(name: str, tmp_path: Path) -> None:
    assert not left_out(tmp_path, "", name)


def test_a_project_without_the_file_leaves_nothing_else_out(tmp_path: Path) -> None:
    assert ignore.read(tmp_path).patterns == ()


def test_patterns_do_not_fit_what_lies_outside_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/.sfnignore").write_text("*.csv")
    assert not ignore.read(tmp_path / "in").excludes(tmp_path / "out.csv", folder=False)
