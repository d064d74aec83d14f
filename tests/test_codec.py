"""Values survive the way from one process to another."""

from __future__ import annotations

from samples import loaded, machine

from sfn_cfn import codec
from sfn_cfn.errors import Diagnostic, Severity, SourceLocation
from sfn_cfn.model import LoadedWorkflow, ParameterDeclaration


def test_a_loaded_workflow_comes_back_equal() -> None:
    given = loaded(
        machine(A={"Type": "Pass", "Result": [1, 2.5, None, True, "\ud800é"]}),
        numbers={("States", "A", "Result", "0"): "Count"},
        state_lines={("States", "A"): SourceLocation("workflows/train.py", 7)},
        parameters=(ParameterDeclaration("Count", "Number", 1, allowed_values=(1, 2)),),
        varying=(("States", "A", "Result", "4"),),
        default_input={"a": {"b": []}},
    )
    assert codec.loads(LoadedWorkflow, codec.dumps(given)) == given


def test_a_finding_comes_back_equal_with_and_without_a_place() -> None:
    for place in (SourceLocation("a.py", 3, "States/A"), None):
        finding = Diagnostic("SFN301", Severity.ERROR, "message", place, "hint", "detail")
        assert codec.loads(Diagnostic, codec.dumps(finding)) == finding
