from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sfn_cfn import codec, settings, settings_python
from sfn_cfn.errors import SettingsError, SourceLocation
from sfn_cfn.model import GivenSettings
from sfn_cfn.settings import Settings
from sfn_cfn.toml_lines import tomllib

FILE = "workflows/train.py"


def given(tables: dict[str, Any], line: int = 10, **lines: int) -> GivenSettings:
    """A call at `line`; `lines` are those of keys, by their path with `_` for a dot."""
    places = {tuple(path.split("__")): SourceLocation(FILE, at) for path, at in lines.items()}
    return GivenSettings(tables, SourceLocation(FILE, line), places)


def in_file(root: Path, text: str) -> Settings:
    (root / "sfn-cfn.toml").write_text(text, encoding="utf-8")
    return settings.read(root)


def refused(found: Settings, *calls: GivenSettings) -> list[str]:
    with pytest.raises(SettingsError) as error:
        settings_python.configured(found, "train", calls)
    return [f"{item.code} {item.location}: {item.message} ({item.hint})" for item in error.value.diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        "[logging]\nretention_days = 30\nlevel = 'ALL'\n",
        "[schedules.nightly]\ncron = '0 2 * * ? *'\ninput = { Day = 'today', Many = [1, 2] }\n",
        "[stages]\ntrain = ['A', 'B']\n",
        "[tags]\nOwner = 'risk'\n",
        "[iam.inputs]\nData = 's3://a/*'\n[iam.workflow_role]\nmanaged_policies = ['arn:aws:iam::aws:policy/X']\n",
        "[iam.workflow_role.statements.Mine]\nactions = ['s3:GetObject']\nconditions.StringEquals.'aws:x' = 'y'\n",
        "[alarms]\nfailed = { threshold = 2, period = 300 }\n",
    ],
)
def test_what_is_set_in_python_is_what_the_same_table_in_the_file_sets(tmp_path: Path, text: str) -> None:
    tables = tomllib.loads(text)
    moved = "".join(
        line.replace("[", "[workflows.train.", 1) + "\n" if line.startswith("[") else line + "\n"
        for line in text.splitlines()
    )
    (tmp_path / "file").mkdir()
    expected = in_file(tmp_path / "file", moved).of("train")
    found = settings_python.configured(in_file(tmp_path, ""), "train", (given(tables),)).of("train")
    assert replace(found, places={}) == replace(expected, places={})


def test_a_mistake_is_at_the_line_of_its_key(tmp_path: Path) -> None:
    tables = {
        "loging": {},
        "logging": {"retention": 30, "level": "LOUD", "retention_days": "${Days}", "kms_key": None},
        "tracing": True,
        "stages": "A",
        "emit": False,
        "endpoint": {"enabled": "True"},
    }
    one = given(
        tables, 10, loging=11, logging=12, logging__level=14, tracing=15, stages=16, endpoint__enabled=18
    )
    assert refused(in_file(tmp_path, ""), one) == [
        f"SFN111 {FILE}:10: 'emit' can be set in sfn-cfn.toml only (write it in [workflows.train] there)",
        f"SFN111 {FILE}:11: unknown key 'loging' in [workflows.train] (did you mean 'logging'?)",
        f"SFN111 {FILE}:12: unknown key 'retention' in [workflows.train.logging] (did you mean 'retention_days'?)",
        f"SFN112 {FILE}:12: 'workflows.train.logging.kms_key' is None, not a text ()",
        (
            f"SFN112 {FILE}:12: 'workflows.train.logging.retention_days' is a text, not a number "
            "(write its value: no parameter can stand here)"
        ),
        f"SFN112 {FILE}:14: 'workflows.train.logging.level' is 'LOUD', not one of ALL, ERROR, FATAL ()",
        f"SFN112 {FILE}:15: 'workflows.train.tracing' is a boolean, not a table (give 'tracing' a dict)",
        f"SFN112 {FILE}:16: 'workflows.train.stages' is a text, not a table (give 'stages' a dict)",
        f"SFN112 {FILE}:18: 'workflows.train.endpoint.enabled' is a text, not a boolean (write True)",
    ]


def test_a_key_that_the_file_sets_for_the_workflow_too_is_refused(tmp_path: Path) -> None:
    text = "[workflows.train.logging]\nretention_days = 7\n[workflows.train.iam]\nrole_path = '/a/'\n"
    one = given(
        {"logging": {"retention_days": 30, "level": "ALL"}, "iam": {"role_path": "/b/"}}, 10, logging=12
    )
    assert refused(in_file(tmp_path, text), one) == [
        (
            f"SFN115 {FILE}:10: setting 'iam.role_path' of workflow 'train' is set at sfn-cfn.toml:4 too "
            "(take one of them out)"
        ),
        (
            f"SFN115 {FILE}:12: setting 'logging.retention_days' of workflow 'train' is set at sfn-cfn.toml:2 too "
            "(take one of them out)"
        ),
    ]


def test_a_key_that_two_calls_set_is_refused(tmp_path: Path) -> None:
    calls = (given({"tracing": {"enabled": True}}, 10), given({"tracing": {"enabled": True}}, 20))
    assert refused(in_file(tmp_path, ""), *calls) == [
        (
            f"SFN115 {FILE}:20: setting 'tracing.enabled' of workflow 'train' is set at {FILE}:10 too "
            "(take one of them out)"
        )
    ]


def test_python_and_the_file_add_up_over_what_is_set_for_all(tmp_path: Path) -> None:
    text = (
        "[logging]\nretention_days = 7\nlevel = 'FATAL'\n"
        "[workflows.train.schedules.weekly]\ncron = '0 2 ? * MON *'\n[workflows.train]\nkeep_role = true\n"
    )
    # What one source's process gets has crossed from another: lists stand for tuples.
    project = codec.loads(Settings, codec.dumps(in_file(tmp_path, text)))
    calls = (
        given({"logging": {"retention_days": 30}}, 10, logging__retention_days=11),
        given({"schedules": {"nightly": {"cron": "0 2 * * ? *"}}}, 20),
    )
    own = settings_python.configured(project, "train", calls).of("train")
    assert own.operations == {
        "logging": {"retention_days": 30, "level": "FATAL"},
        "schedules": {"weekly": {"cron": "0 2 ? * MON *"}, "nightly": {"cron": "0 2 * * ? *"}},
    }
    assert own.keep_role
    assert own.place("logging", "retention_days") == SourceLocation(FILE, 11)
    assert own.place("logging", "level") == SourceLocation("sfn-cfn.toml", 3)
    assert own.place("schedules", "weekly", "cron") == SourceLocation("sfn-cfn.toml", 5)
    assert own.place("schedules", "nightly", "cron") == SourceLocation(FILE, 20)


def test_other_workflows_keep_their_settings(tmp_path: Path) -> None:
    project = in_file(tmp_path, "[workflows.score.logging]\nretention_days = 7\n")
    found = settings_python.configured(project, "train", (given({"logging": {"retention_days": 30}}),))
    assert found.of("score") == project.of("score")
    assert found.of("train").operations == {"logging": {"retention_days": 30}}
