from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfn_cfn import emit, manifest
from sfn_cfn.model import Asset, AssetFile

FILE = Asset("train.py", "a" * 64, (AssetFile("", "a" * 64, 12),))
FOLDER = Asset(
    "data", "b" * 64, (AssetFile("x.csv", "c" * 64, 1_500), AssetFile("y.csv", "d" * 64, 2_000_000))
)


def test_a_manifest_lists_files_with_their_hashes(tmp_path: Path) -> None:
    manifest.write(tmp_path, {"train": (FILE,), "score": (FOLDER,)}, {"train", "score"})
    assert json.loads((tmp_path / ".sfn-cfn/assets/train.json").read_text()) == {
        "assets": [
            {"name": "train.py", "sha256": "a" * 64, "files": [{"path": "", "sha256": "a" * 64, "size": 12}]}
        ]
    }
    assert (tmp_path / ".sfn-cfn/assets/score.json").exists()


def test_the_folder_keeps_itself_out_of_version_control(tmp_path: Path) -> None:
    manifest.write(tmp_path, {"train": (FILE,)}, {"train"})
    assert (tmp_path / ".sfn-cfn/.gitignore").read_text() == "*\n"


def test_a_workflow_whose_template_was_not_written_keeps_its_manifest(tmp_path: Path) -> None:
    manifest.write(tmp_path, {"train": (FILE,)}, {"train"})
    before = (tmp_path / ".sfn-cfn/assets/train.json").read_text()
    manifest.write(tmp_path, {"train": (FOLDER,)}, ())
    assert (tmp_path / ".sfn-cfn/assets/train.json").read_text() == before


def test_a_workflow_without_assets_has_no_manifest_and_makes_no_folder(tmp_path: Path) -> None:
    manifest.write(tmp_path, {"train": ()}, {"train"})
    assert list(tmp_path.iterdir()) == []
    manifest.write(tmp_path, {"train": (FILE,)}, {"train"})
    manifest.write(tmp_path, {"train": ()}, {"train"})
    assert not (tmp_path / ".sfn-cfn/assets/train.json").exists()


def test_an_equal_manifest_is_not_written_again(tmp_path: Path) -> None:
    manifest.write(tmp_path, {"train": (FILE,)}, {"train"})
    before = (tmp_path / ".sfn-cfn/assets/train.json").stat().st_ino
    manifest.write(tmp_path, {"train": (FILE,)}, {"train"})
    assert (tmp_path / ".sfn-cfn/assets/train.json").stat().st_ino == before


def test_sizes_are_told_by_workflow_and_name() -> None:
    assert list(manifest.sizes({"train": (FILE,), "score": (FOLDER,)})) == [
        "asset of score: data, 2.0 MB, 2 files",
        "asset of train: train.py, 12 bytes, 1 file",
    ]


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (120_000_000, "120.0 MB")]
)
def test_a_size_is_told_in_its_unit(size: int, shown: str) -> None:
    assert manifest.shown(size) == shown


def test_a_file_is_copied_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    (tmp_path / "from").write_bytes(b"body")
    emit.copy_file(tmp_path / "from", tmp_path / "deep/to")
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "deep").iterdir()] == [("to", b"body")]


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(emit.EmitError):
        emit.copy_file(tmp_path / "missing", tmp_path / "deep/to")
    assert list((tmp_path / "deep").iterdir()) == []
