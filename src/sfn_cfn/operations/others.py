"""Settings of all workflows and their names -> what no single definition tells.

A name is wrong only where the project has no such workflow, and what a source sets for its workflow is known to
others only when all are built.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Text, machine_name, text
from sfn_cfn.operations import event_machines, starting
from sfn_cfn.operations.machines import LONGEST
from sfn_cfn.operations.neighbours import routers
from sfn_cfn.sections.triggers import triggers
from sfn_cfn.settings import Settings
from sfn_cfn.template.tokens import PIPELINE_ROUTER

SFN675 = Code(
    "SFN675",
    Severity.ERROR,
    "a trigger waits for a workflow that the project does not have",
    "EventBridge takes any name, and the rule would never start anything. A state machine of another project is named "
    "by `state_machine`.",
)
SFN676 = Code(
    "SFN676",
    Severity.WARNING,
    "the settings have a table for a workflow that the project does not have",
    "A table `[workflows.<name>]` has the workflow's own name, which is not always that of its file.",
)


SFN683 = Code(
    "SFN683",
    Severity.ERROR,
    "two state machines of the project have one name",
    "A router is called by its workflow with `-router` (of pipelines) or `-queue` behind it. A workflow of that name "
    "makes a state machine of the same name, and the second of the two stacks cannot be created.",
)


def refused(name: str, settings: Settings, known: Collection[str]) -> Iterator[Diagnostic]:
    """A finding for each thing that workflow `name` sets and that cannot be beside the project's others, `known`."""
    yield from awaited(name, settings, known)
    yield from twins(name, settings, known)


def twins(name: str, settings: Settings, known: Collection[str]) -> Iterator[Diagnostic]:
    """A finding for each router of workflow `name` that has the name of another workflow's state machine."""
    own = settings.of(name)
    machines = {machine_name(other): other for other in known}
    for one in routers(own.operations):
        made = text(*starting.name_pieces(f"{name}-{one.name}", settings, LONGEST))
        if isinstance(made, Text) and (other := machines.get(made)):
            message = (
                f"{one.words} of workflow '{name}' has the name of the state machine of workflow '{other}'"
            )
            section = "pipelines" if one.logical_id == PIPELINE_ROUTER else "queue"
            yield SFN683.at(own.place(section, "enabled"), message, "rename one of the two workflows")


def awaited(name: str, settings: Settings, known: Collection[str]) -> Iterator[Diagnostic]:
    """A finding for each trigger of workflow `name` that waits for what never comes, or that comes without end.

    `known` are all workflows of the project.
    """
    own = settings.of(name)
    for trigger, one in triggers(own.operations).items():
        if one.kind != "workflow" or not one.workflow:
            continue
        if one.workflow in known:
            yield from event_machines.faults(name, trigger, one, settings)
        else:
            message = (
                f"trigger '{trigger}' waits for workflow '{one.workflow}', which the project does not have"
            )
            hint = _close(one.workflow, known) or "write state_machine in place of workflow, or take it out"
            yield SFN675.at(own.place("triggers", trigger, "workflow"), message, hint)


def strangers(settings: Settings, known: Collection[str]) -> Iterator[Diagnostic]:
    """A finding for each table of a workflow that is none of `known`."""
    for name, own in settings.workflows.items():
        if name not in known:
            message = f"'workflows.{name}' is set, and the project has no such workflow"
            yield SFN676.at(own.places.get(""), message, _close(name, known) or "take it out")


def _close(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), 1)
    return f"write '{close[0]}'" if close else ""
