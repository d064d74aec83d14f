"""Definition, Settings -> the type of the state machine, and what an Express one cannot do.

Sources: the Step Functions developer guide, "Choosing workflow type in Step Functions" and "Automating Step
Functions event delivery with EventBridge" (standard workflows alone send events).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, State
from sfn_cfn.operations.capability import Addition, Capability
from sfn_cfn.sections import typed
from sfn_cfn.sections.kind import KindSettings
from sfn_cfn.sections.notifications import NotificationsSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import STATE_MACHINE

SFN641 = Code(
    "SFN641",
    Severity.ERROR,
    "a state cannot be in an Express state machine",
    "An Express state machine runs for at most five minutes and keeps no history, so it does not wait for jobs "
    "(`.sync`), for callbacks (`.waitForTaskToken`) or for activities, and starts no Distributed Map.",
)

SFN642 = Code(
    "SFN642",
    Severity.ERROR,
    "an Express state machine tells no statuses",
    "Only Standard state machines send events to EventBridge when an execution changes its status. Alarms on the "
    "metrics work for both types.",
)


def _kind(definition: Definition, settings: Settings) -> KindSettings:
    return typed(settings.of(definition.name).operations, "state_machine", KindSettings)


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    if not _kind(definition, settings).is_express:
        return
    yield from (item for state in definition.states for item in _forbidden(state))
    own = settings.of(definition.name)
    sections = own.operations
    told = typed(sections, "notifications", NotificationsSettings)
    if "notifications" in sections and told.enabled and told.statuses:
        message = f"workflow '{definition.name}' is Express, which sends no event when an execution ends"
        hint = f"write statuses = [] in [workflows.{definition.name}.notifications], and use [alarms]"
        yield SFN642.at(own.place("notifications", "statuses"), message, hint)


def _forbidden(state: State) -> Iterator[Diagnostic]:
    """What a state does that an Express state machine cannot."""
    call = state.integration
    hint = 'write type = "STANDARD" in [state_machine], or take it out'
    if call and call.pattern.startswith("sync"):
        what = f"task '{state.name}' waits for its job (.{call.pattern})"
    elif call and call.pattern == "waitForTaskToken":
        what = f"task '{state.name}' waits for a callback (.waitForTaskToken)"
    elif call and call.service == "activity":
        what = f"task '{state.name}' waits for an activity"
    elif state.type == "Map" and _is_distributed(state):
        what = f"map '{state.name}' is distributed"
    else:
        return
    yield SFN641.at(state.location, f"{what}, which an Express state machine cannot", hint)


def _is_distributed(state: State) -> bool:
    processor = state.node.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, Mapping) else None
    return isinstance(config, Mapping) and config.get("Mode") == "DISTRIBUTED"


def _add(definition: Definition, settings: Settings) -> Addition:
    """Nothing for a Standard one, which is CloudFormation's default."""
    if not _kind(definition, settings).is_express:
        return Addition()
    return Addition(Fragment(properties={(STATE_MACHINE, "StateMachineType"): "EXPRESS"}))


CAPABILITY = Capability(check=_check, add=_add)
