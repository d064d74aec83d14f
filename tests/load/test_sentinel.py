from __future__ import annotations

import importlib.util
import json
import time
from pathlib import Path

import pytest

from sfn_cfn.load import sentinel


def test_a_project_that_names_neither_gets_the_first_candidates(tmp_path: Path) -> None:
    first, second = sentinel.choose(tmp_path)
    assert (first.account, first.region, second.account, second.region) == (
        "739164285013",
        "ap-south-1",
        "814620937561",
        "ap-southeast-2",
    )


@pytest.mark.parametrize(
    "name", ["a.py", "deep/er/b.ipynb", "c.toml", "d.yaml", "e.yml", "f.json", "g.sh", "h.txt"]
)
def test_what_the_projects_text_contains_is_passed_over(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x = 'ap-south-1/739164285013' # ap-southeast-2", encoding="utf-8")
    first, second = sentinel.choose(tmp_path)
    assert (first.account, first.region) == ("814620937561", "eu-central-1")
    assert (second.account, second.region) == ("926357148029", "ap-southeast-1")


@pytest.mark.parametrize("folder", [".git", ".venv", "node_modules", "templates", "__pycache__"])
def test_folders_that_are_not_the_authors_text_are_not_read(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "x.json").write_text("ap-south-1", encoding="utf-8")
    assert sentinel.choose(tmp_path)[0].region == "ap-south-1"


def test_a_given_region_is_the_first_worlds_and_not_the_seconds(tmp_path: Path) -> None:
    regions = [
        [world.region for world in sentinel.choose(tmp_path, name)] for name in ("eu-west-1", "ap-south-1")
    ]
    assert regions == [["eu-west-1", "ap-south-1"], ["ap-south-1", "ap-southeast-2"]]


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")],
)
def test_the_partition_follows_the_region(tmp_path: Path, region: str, partition: str) -> None:
    assert sentinel.choose(tmp_path, region)[0].partition == partition


def test_elsewhere_is_in_two_other_partitions_at_the_same_time(tmp_path: Path) -> None:
    here = sentinel.choose(tmp_path)
    there = sentinel.elsewhere(tmp_path, here)
    assert [(world.region, world.partition) for world in there] == [
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
    ]
    assert len({world.account for world in (*here, *there)}) == 4
    assert [(world.instant, world.seed) for world in there] == [(world.instant, world.seed) for world in here]


def test_elsewhere_passes_over_what_the_projects_text_contains(tmp_path: Path) -> None:
    here = sentinel.choose(tmp_path)
    (tmp_path / "a.toml").write_text(f"cn-north-1 {sentinel.ACCOUNTS[2]}", encoding="utf-8")
    there = sentinel.elsewhere(tmp_path, here)
    assert [world.region for world in there] == ["cn-northwest-1", "us-gov-west-1"]
    assert [world.account for world in there] == list(sentinel.ACCOUNTS[3:5])


def test_elsewhere_of_a_chinese_region_is_outside_of_china(tmp_path: Path) -> None:
    there = sentinel.elsewhere(tmp_path, sentinel.choose(tmp_path, "cn-northwest-1"))
    assert {world.partition for world in there} == {"aws", "aws-us-gov"}


def test_two_worlds_differ_in_everything_that_a_run_can_see(tmp_path: Path) -> None:
    first, second = sentinel.choose(tmp_path)
    assert first.account != second.account
    assert first.region != second.region
    assert first.seed != second.seed
    one, other = (time.gmtime(world.instant)[:6] for world in (first, second))
    assert [index for index, (a, b) in enumerate(zip(one, other, strict=True)) if a == b] == []
    assert round(first.instant % 1, 3) != round(second.instant % 1, 3)


def test_a_project_that_names_every_region_still_gets_two(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(" ".join(sentinel.REGIONS + sentinel.ACCOUNTS), encoding="utf-8")
    first, second = sentinel.choose(tmp_path)
    assert (first.region, second.region) == ("ap-south-1", "ap-southeast-2")
    assert first.account != second.account


def test_a_project_that_leaves_one_region_gets_that(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(" ".join(sentinel.REGIONS[1:]), encoding="utf-8")
    assert [world.region for world in sentinel.choose(tmp_path)] == ["ap-south-1", "ap-southeast-2"]


def test_files_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe ap-south-1 \x00")
    assert sentinel.choose(tmp_path)[0].region == "ap-southeast-2"


def test_accounts_have_twelve_digits_and_no_leading_zero() -> None:
    assert [
        name for name in sentinel.ACCOUNTS if len(name) != 12 or not name.isdecimal() or name[0] == "0"
    ] == []


def test_no_account_keeps_sagemakers_images() -> None:
    spec = importlib.util.find_spec("sagemaker")
    assert spec is not None
    assert spec.origin is not None
    files = list(Path(spec.origin).parent.glob("image_uri_config/*.json"))
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert len(files) > 20
    assert [name for name in sentinel.ACCOUNTS if name in text] == []


def test_the_first_regions_have_nearly_all_images() -> None:
    spec = importlib.util.find_spec("sagemaker")
    assert spec is not None
    assert spec.origin is not None
    registries: list[dict[str, str]] = []

    def collect(node: object) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("registries"), dict):
                registries.append(node["registries"])
            for item in node.values():
                collect(item)
        elif isinstance(node, list):
            for item in node:
                collect(item)

    for file in Path(spec.origin).parent.glob("image_uri_config/*.json"):
        collect(json.loads(file.read_text(encoding="utf-8")))
    lacking = {name: sum(name not in known for known in registries) for name in sentinel.REGIONS[:5]}
    assert max(lacking.values()) <= len(registries) * 0.02
