from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sfn_cfn.errors import LoadError
from sfn_cfn.load import pool

ENTRY = """
import os, signal, sys, yaml, logging

def go(text):
    if text == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if text == "raise":
        raise ValueError("no")
    if text == "print":
        print("on standard output")
    if text == "state":
        plain = yaml.safe_dump({"a": "b\\nc"}), logging.getLogger().level, sys.excepthook is sys.__excepthook__
        return repr(plain)
    if text == "seed":
        return f"{sys.flags.hash_randomization} {hash('a')}"
    if text == "loaded":
        return str("stepfunctions" in sys.modules and "sagemaker.estimator" in sys.modules)
    return text.upper()
"""


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "pool_entry.py").write_text(ENTRY, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "pool_entry:go"


def test_each_request_has_its_answer_and_one_that_dies_has_none(entry: str) -> None:
    answers = dict(pool.run(entry, ["a", "die", "raise", "b", "print", "loaded"], jobs=2))
    failed = answers.pop(2)
    assert answers == {0: "A", 1: None, 3: "B", 4: "PRINT", 5: "True"}
    assert isinstance(failed, pool.Failed)
    assert failed.traceback.startswith("Traceback (most recent call last):\n")
    assert failed.traceback.endswith('    raise ValueError("no")\nValueError: no\n')


def test_what_a_request_raises_is_not_printed(entry: str, capfd: pytest.CaptureFixture[str]) -> None:
    list(pool.run(entry, ["raise"]))
    assert capfd.readouterr() == ("", "")


def test_importing_the_sdk_leaves_no_trace_on_the_compile_childs(entry: str) -> None:
    (answer,) = dict(pool.run(entry, ["state"])).values()
    assert answer == repr(("a: 'b\n\n  c'\n", 30, True))


def test_the_hash_seed_is_fixed(entry: str) -> None:
    first, second = (dict(pool.run(entry, ["seed"]))[0] for _ in range(2))
    assert first == second
    assert first is not None
    assert first.startswith("0 ")


def test_no_requests_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert list(pool.run("x:y", [])) == []


def test_an_sdk_that_cannot_be_imported_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stepfunctions.py").write_text("raise ImportError('half\\ninstalled')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(LoadError) as caught:
        list(pool.run("x:y", ["a"]))
    (finding,) = caught.value.diagnostics
    assert finding.code == "SFN200"
    assert finding.message == "the SDK cannot be imported: ImportError: half installed"
    assert finding.hint == "install 'stepfunctions==2.3.0' and 'sagemaker>=2.257,<3' beside sfn-cfn"


def test_a_caller_that_stops_listening_ends_the_processes(entry: str) -> None:
    answers = pool.run(entry, ["a"] * 20, jobs=1)
    assert next(answers) == (0, "A")
    answers.close()  # type: ignore[attr-defined]
