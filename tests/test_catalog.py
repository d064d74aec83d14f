"""Every code is found, once, under the digit of its stage."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sfn_cfn
from sfn_cfn import catalog
from sfn_cfn.errors import Severity

SOURCE = Path(sfn_cfn.__file__).parent
DEFINED = re.compile(r"\b(?:Code|rule)\(\s*\"(SFN\d{3})\"")


def defined() -> list[str]:
    texts = [path.read_text() for path in sorted(SOURCE.rglob("*.py"))]
    return [code for text in texts for code in DEFINED.findall(text)]


def test_every_code_of_the_source_is_defined_once() -> None:
    assert len(defined()) > 30
    assert sorted(set(defined())) == sorted(defined())


def test_the_catalog_has_exactly_the_codes_of_the_source() -> None:
    assert [item.code for item in catalog.codes()] == sorted(defined())


@pytest.mark.parametrize("item", catalog.codes(), ids=lambda item: item.code)
def test_a_code_is_numbered_by_a_stage_and_documented(item: catalog.Code) -> None:
    assert re.fullmatch(r"SFN[1-8]\d\d", item.code)
    assert catalog.find(item.code) is item
    assert item.title
    assert item.title == item.title.strip().removesuffix(".")
    assert len(item.explanation) > 40


def test_a_code_is_found_in_any_case() -> None:
    found = catalog.find("sfn320")
    assert found is not None
    assert (found.code, found.severity) == ("SFN320", Severity.INFO)


@pytest.mark.parametrize("code", ["", "SFN", "SFN999", "E3601", "SFN3200"])
def test_what_is_no_code_is_not_found(code: str) -> None:
    assert catalog.find(code) is None
