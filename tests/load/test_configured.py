from __future__ import annotations

from pathlib import Path

import pytest
from runs import HEAD, load_all

from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.load import LoadResult

TOP = HEAD + "from sfn_cfn import configure, parameter\n"
SOURCES = {
    "workflows/plain.py": TOP
    + "w = Workflow('plain', Pass('A'), '')\n"
    + "configure(\n    w,\n    logging={\n        'retention_days': 30,\n    },\n"
    + "    schedules=dict(\n        nightly={'cron': '0 2 * * ? *'},\n    ),\n)\n"
    + "configure('plain', tracing={'enabled': True})\n",
    "workflows/spelled.py": HEAD
    + "from stepfunctions.inputs import ExecutionInput\nfrom sfn_cfn import configure, parameter\n"
    + "given = ExecutionInput(schema={'Day': str})\na = Pass('A', parameters={'day': given['Day']})\n"
    + "w = Workflow('spelled', a, '', execution_input=given)\n"
    + "table = {'cron': parameter('Cron', '0 2 * * ? *'), 'retry_attempts': parameter('Attempts', 3)}\n"
    + "configure(w, stages={'a': (a,)}, schedules={'x': table}, metrics={'m': {'path': given['Day']}})\n"
    + "table['cron'] = 'changed'\n",
    "workflows/pipeline.py": HEAD
    + "from sfn_cfn import configure\nclass Ready:\n    workflow = None\nready = Ready()\n"
    + "ready.workflow = Workflow('ready', Pass('A'), '')\nconfigure(ready, logging={'enabled': False})\n",
    "workflows/stranger.py": TOP
    + "w = Workflow('train', Pass('A'), '')\nconfigure('trian', logging={})\nconfigure(3, logging={})\n",
    "workflows/values.py": TOP
    + "w = Workflow('values', Pass('A'), '')\n"
    + "configure(w, logging={\n    'level': {1},\n    'retention_days': 1,\n})\n",
    "workflows/loop.py": TOP
    + "w = Workflow('loop', Pass('A'), '')\nx = {}\nx['x'] = x\nconfigure(w, logging=x)\n",
    "workflows/unnamed.py": TOP + "w = Workflow('unnamed', Pass('A'), '')\nconfigure(w, {'logging': {}})\n",
    "workflows/varies.py": TOP
    + "import sagemaker, time\nb = sagemaker.Session().default_bucket()\nw = Workflow('varies', Pass('A'), '')\n"
    + "configure(w, triggers={'new': {\n    'bucket': b,\n    'prefix': str(time.time()),\n}})\n",
    "workflows/made.py": TOP
    + "for name in ('one', 'two'):\n    table = {'retention_days': len(name)}\n"
    + "    w = Workflow(name, Pass('A'), '')\n    table['level'] = name\n    configure(w, logging=table)\n",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadResult]:
    found = load_all(tmp_path_factory.mktemp("configured"), SOURCES)
    return {Path(name).stem: result for name, result in found.items()}


def shown(found: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{item.code} {item.location}: {item.message} ({item.hint})" for item in found]


def test_a_call_gives_its_tables_and_the_lines_of_their_keys(results: dict[str, LoadResult]) -> None:
    (workflow,) = results["plain"].workflows
    first, second = workflow.given
    assert first.tables == {
        "logging": {"retention_days": 30},
        "schedules": {"nightly": {"cron": "0 2 * * ? *"}},
    }
    file = "workflows/plain.py"
    assert first.lines == {
        ("logging",): SourceLocation(file, 7),
        ("logging", "retention_days"): SourceLocation(file, 8),
        ("schedules",): SourceLocation(file, 10),
        ("schedules", "nightly"): SourceLocation(file, 11),
        ("schedules", "nightly", "cron"): SourceLocation(file, 11),
    }
    assert (second.tables, second.location) == ({"tracing": {"enabled": True}}, SourceLocation(file, 14))


def test_states_parameters_and_placeholders_are_spelled_as_in_the_settings_file(
    results: dict[str, LoadResult],
) -> None:
    (workflow,) = results["spelled"].workflows
    assert workflow.given[0].tables == {
        "stages": {"a": ["A"]},
        "schedules": {"x": {"cron": "${Cron}", "retry_attempts": "${Attempts}"}},
        "metrics": {"m": {"path": "$$.Execution.Input['Day']"}},
    }
    assert [item.name for item in workflow.parameters] == ["Cron", "Attempts"]
    assert results["spelled"].diagnostics == ()


def test_a_ready_made_pipeline_stands_for_its_workflow(results: dict[str, LoadResult]) -> None:
    assert results["pipeline"].workflows[0].given[0].tables == {"logging": {"enabled": False}}


def test_a_call_for_no_workflow_of_the_source_is_refused(results: dict[str, LoadResult]) -> None:
    assert shown(results["stranger"].diagnostics) == [
        (
            "SFN224 workflows/stranger.py:5: 'configure' names workflow 'trian', which the source does not make "
            "(write 'train')"
        ),
        (
            "SFN224 workflows/stranger.py:6: 'configure' gets a value of type 'int' for a workflow "
            "(pass a Workflow, or its name)"
        ),
    ]


def test_a_value_that_no_setting_has_is_refused_at_its_key(results: dict[str, LoadResult]) -> None:
    assert shown(results["values"].diagnostics) == [
        (
            "SFN210 workflows/values.py:6: setting 'logging.level' of workflow 'values' holds a value of type 'set' "
            "(make a sorted list of it)"
        )
    ]


def test_a_table_that_holds_itself_ends_the_source(results: dict[str, LoadResult]) -> None:
    assert shown(results["loop"].diagnostics) == [
        "SFN203 workflows/loop.py:7: the source raises ValueError: a setting holds itself ()"
    ]


def test_tables_without_names_are_told_how_to_be_given(results: dict[str, LoadResult]) -> None:
    assert shown(results["unnamed"].diagnostics) == [
        (
            "SFN203 workflows/unnamed.py:5: the source raises TypeError: configure() takes 1 positional argument but 2 "
            "were given (name the tables: configure(workflow, logging={...}), or configure(workflow, **tables))"
        )
    ]


def test_only_what_the_world_does_not_explain_differs_from_run_to_run(results: dict[str, LoadResult]) -> None:
    assert shown(results["varies"].diagnostics) == [
        (
            "SFN225 workflows/varies.py:9: setting 'triggers.new.prefix' of workflow 'varies' differs from run to run "
            "(give it a fixed value)"
        )
    ]


def test_a_table_that_is_changed_for_the_next_workflow_stays_with_the_first(
    results: dict[str, LoadResult],
) -> None:
    assert [item.given[0].tables for item in results["made"].workflows] == [
        {"logging": {"retention_days": 3, "level": "one"}},
        {"logging": {"retention_days": 3, "level": "two"}},
    ]
