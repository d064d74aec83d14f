from __future__ import annotations

from pathlib import Path

import pytest

from sfn_cfn.discover import discover, find_root
from sfn_cfn.errors import DiscoverError
from sfn_cfn.settings import Settings


def project(root: Path, *files: str, **settings: object) -> Settings:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return Settings(root=root, **settings)  # type: ignore[arg-type]


def names(settings: Settings, *only: str) -> list[str]:
    return [source.name for source in discover(settings, only)]


def refused(settings: Settings, *only: str) -> list[str]:
    with pytest.raises(DiscoverError) as caught:
        discover(settings, only)
    found = caught.value.diagnostics
    assert {d.location.file for d in found if d.location} == {settings.root.resolve().as_posix()}
    return [f"{d.code} {d.message} | {d.hint}" for d in found]


def test_sources_are_sorted_python_files_without_the_shared_ones(tmp_path: Path) -> None:
    files = ("workflows/b.py", "workflows/a.py", "workflows/_c.py", "workflows/.d.py", "workflows/e.txt")
    assert names(project(tmp_path, *files)) == ["workflows/a.py", "workflows/b.py"]


def test_a_folder_named_like_a_shared_one_is_passed_over(tmp_path: Path) -> None:
    settings = project(tmp_path, "flows/_x/a.py", "flows/x/a.py", "flows/.x/a.py", sources=("flows/**/*.py",))
    assert names(settings) == ["flows/x/a.py"]


def test_a_pattern_that_names_such_a_folder_itself_finds_it(tmp_path: Path) -> None:
    assert names(project(tmp_path, "_flows/a.py", sources=("_flows/*.py",))) == ["_flows/a.py"]


def test_a_file_that_two_patterns_match_counts_once(tmp_path: Path) -> None:
    settings = project(tmp_path, "workflows/a.py", sources=("workflows/*.py", "workflows/a.py"))
    assert names(settings) == ["workflows/a.py"]


def test_a_folder_with_the_ending_of_a_source_is_none(tmp_path: Path) -> None:
    assert names(project(tmp_path, "workflows/a.py", "workflows/b.py/c.txt")) == ["workflows/a.py"]


def test_sources_are_chosen_by_stem_and_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = project(tmp_path, "workflows/a.py", "workflows/b.py", "workflows/c.py")
    monkeypatch.chdir(tmp_path / "workflows")
    assert names(settings, "c", "a") == ["workflows/a.py", "workflows/c.py"]
    assert names(settings, "b.py") == ["workflows/b.py"]
    assert names(settings, "workflows/b.py") == ["workflows/b.py"]
    assert names(settings, str(tmp_path / "workflows/b.py")) == ["workflows/b.py"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert refused(project(tmp_path)) == [
        (
            "SFN101 there is no folder 'workflows' | run 'sfn-cfn init NAME' for a new project,"
            " or name the project's folder by '--project'"
        )
    ]


def test_a_folder_without_a_source_is_reported(tmp_path: Path) -> None:
    assert refused(project(tmp_path, "workflows/_a.py")) == [
        "SFN102 no file matches 'workflows/*.py' | write a workflow, for example workflows/train.py"
    ]


def test_every_named_source_that_is_not_there_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = project(tmp_path, "workflows/train.py", "workflows/score.py", "x/other.py")
    assert refused(settings, "trian", "zzz", "x/other.py") == [
        "SFN103 there is no source 'trian' | did you mean 'train'?",
        "SFN103 there is no source 'zzz' | name one of score, train",
        (
            "SFN103 'x/other.py' is not one of the project's sources | add it to 'sources' in [project] of"
            " sfn-cfn.toml; names that begin with '_' or '.' are passed over"
        ),
    ]


def test_the_root_is_the_nearest_folder_upwards_with_settings_or_workflows(tmp_path: Path) -> None:
    project(tmp_path, "sfn-cfn.toml", "a/workflows/x.py", "a/b/c/y.txt", "d/y.txt")
    assert find_root(tmp_path / "a/b/c") == tmp_path / "a"
    assert find_root(tmp_path / "a/workflows") == tmp_path / "a"
    assert find_root(tmp_path / "d") == tmp_path


def test_the_root_is_the_start_where_nothing_is_found(tmp_path: Path) -> None:
    assert find_root(tmp_path) == tmp_path
