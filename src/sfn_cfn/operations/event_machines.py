"""Settings of all workflows -> what is wrong with a trigger that waits for another workflow's success.

Source: the Step Functions developer guide, "Automating Step Functions event delivery with EventBridge" (Express
workflows send no events of their executions).
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.sections import typed
from sfn_cfn.sections.kind import KindSettings
from sfn_cfn.sections.triggers import TriggerSettings, triggers
from sfn_cfn.settings import Settings

SFN637 = Code(
    "SFN637",
    Severity.ERROR,
    "a workflow would start itself without end",
    "What the workflow causes (the status of its executions and of its SageMaker jobs, the objects that it writes) "
    "would start it again, and again. Let it write elsewhere than below the trigger's prefix, name other state "
    "machines and jobs in the pattern, or start it by another workflow's success. Whose executions are taken is told "
    "by the names, accounts and regions of the environments in the settings.",
)
SFN664 = Code(
    "SFN664",
    Severity.ERROR,
    "a trigger waits for a workflow that sends no events",
    "EventBridge hears of the end of Standard executions only; an Express workflow may send an event of its own in a "
    "last state, which a trigger of kind `event` takes.",
)


def faults(name: str, trigger: str, one: TriggerSettings, settings: Settings) -> Iterator[Diagnostic]:
    """Findings on trigger `trigger` of workflow `name`, as far as the settings tell."""
    place = settings.of(name).place("triggers", trigger)
    if typed(settings.of(one.workflow).operations, "state_machine", KindSettings).is_express:
        message = (
            f"trigger '{trigger}' waits for workflow '{one.workflow}', which is Express and sends no events"
        )
        hint = 'make it STANDARD, or let it send an event of its own and write kind = "event"'
        yield SFN664.at(place, message, hint)
    elif way := _way_back(name, one.workflow, settings):
        message = f"trigger '{trigger}' starts workflow '{name}' at the end of what it starts: {way}"
        yield SFN637.at(place, message, "take out one of these triggers")


def _way_back(name: str, before: str, settings: Settings) -> str:
    """How a workflow comes to start `before`, of which its trigger waits for the success; empty where it does not."""
    ways = {before: f"'{before}'"}
    ahead = [before]
    while ahead:
        later = ahead.pop()
        for one in triggers(settings.of(later).operations).values() if later else ():
            if one.workflow == name:
                return f"'{name}', then {ways[later]}"
            if one.workflow and one.workflow not in ways:
                ways[one.workflow] = f"'{one.workflow}', then {ways[later]}"
                ahead.append(one.workflow)
    return ""
