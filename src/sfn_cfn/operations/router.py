"""Definition, stages -> the router: a state machine that starts a workflow with a pipeline's settings.

    event {"Pipeline": "churn", "Input": {...}}  ->  item of the table  ->  execution "churn-<UUID>"

The execution's input is made of unique names for what it creates, the item's parameters, the event's `Input` and the
item's constants, each over what stands before it, key by key at the top; `Stages` holds the item's switches, and the
event's over them. What the states language has decides the form. Only text can be made JSON (`States.StringToJson`),
so settings are one text; a switch is an attribute of its own, whose value stands under its type. `States.JsonMerge` is
shallow. A Pass cannot catch, so parsing and merging stand in a Parallel whose Catch names what is at fault. (A path
that leads nowhere is looked for by a Choice before: its error, `States.Runtime`, is caught by nothing.) Settings
replace their text in place, because 256 KiB pass between states. Sources: the Amazon States Language specification
("Intrinsic Functions", "Parallel State"); the Step Functions developer guide, "Intrinsic functions", "Handling errors"
and "Service quotas"; the DynamoDB developer guide, "Naming rules and data types".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sfn_cfn.deploy.interface import Interface, interface
from sfn_cfn.model import Definition, Node, Text, Token, text
from sfn_cfn.operations import router_defaults, router_inputs
from sfn_cfn.operations.router_states import RETRY, START, choice, fails, made, parallel, passes, start
from sfn_cfn.sections.pipelines import CONSTANTS, ENABLED, PARAMETERS, SETTINGS, STAGE, TABLE_KEY, WORKFLOW
from sfn_cfn.sections.stages import INPUT as STAGES
from sfn_cfn.sections.stages import StageSettings

UNKNOWN, DISABLED, FOREIGN = "PipelineUnknown", "PipelineDisabled", "PipelineOfAnotherWorkflow"
MALFORMED, EVENT_MALFORMED = "PipelineItemMalformed", "PipelineEventMalformed"
GIVER = router_inputs.Giver(
    kind="pipeline",
    name="$.Pipeline",
    missing="PipelineInputMissing",
    mistyped="PipelineInputOfAnotherType",
    where="in its parameters or in the event",
)
"""The errors that the router's executions fail with."""

_ITEM = "$.Found.Item"
_FORM = f"its {SETTINGS} is the JSON text of an object with the objects {PARAMETERS} and {CONSTANTS}"


def router(
    definition: Definition, switches: Mapping[str, StageSettings], table: Text, started: str
) -> dict[Any, Node]:
    """The router's definition. `table`: its name; `started`: the logical ID of what is started."""
    face = interface(definition)
    checks = router_inputs.checks(face, switches, GIVER, START)
    read = _item_states(definition, face, switches)
    states: dict[Any, Node] = {
        **_reading_event(bool(switches)),
        "Find pipeline": _find(table),
        **_judging(definition.name, tuple(switches)),
        "Read item": parallel(read, "Item is malformed", next(iter(checks), START)),
        # The fault's cause may hold the settings themselves, and is as long as a cause may be.
        "Item is malformed": _fault(
            MALFORMED, f"the item of pipeline {{}} cannot be read, {{}}: {_FORM}", "$.Fault.Error"
        ),
        **checks,
        **start(started, "$.Name"),
    }
    return {
        "Comment": "Starts the workflow with the settings of a pipeline, which stand in a table",
        "StartAt": "Has the event a pipeline?",
        "States": states,
        "TimeoutSeconds": 300,
    }


def _fault(error: str, form: str, *paths: str) -> dict[str, Node]:
    """A Fail that names the pipeline, the first `{}` of `form`."""
    return fails(error, form, "$.Pipeline", *paths)


def _reading_event(switched: bool) -> dict[str, Node]:
    """The event's own states: a pipeline's name, and an input that is an object."""
    defaults: dict[str, Node] = {STAGES: {}} if switched else {}
    name = f"$.{TABLE_KEY}"
    given = {
        "And": [
            {"Variable": name, "IsPresent": True},
            {"Variable": name, "IsString": True},
            {"Not": {"Variable": name, "StringEquals": ""}},
        ],
        "Next": "Has the event an input?",
    }
    merging: dict[str, Node] = {
        "Add defaults of the event": {
            "Type": "Pass",
            "Result": defaults,
            "ResultPath": "$.Defaults",
            "Next": "Merge",
        },
        "Merge": {
            "Type": "Pass",
            "Parameters": {
                "Pipeline.$": name,
                "Event.$": "States.JsonMerge($.Defaults, $.Input, false)",
            },
            **({"Next": "Merge switches of the event"} if switched else {"End": True}),
        },
    }
    if switched:
        # Fails where they are no object.
        merge = f"States.JsonMerge($.Event.{STAGES}, $.Event.{STAGES}, false)"
        merging["Merge switches of the event"] = {"Type": "Pass", **made(merge, "$.Own"), "End": True}
    wrong = (
        f"the event's Input, or its {STAGES}, is no object" if switched else "the event's Input is no object"
    )
    why = f'An event is {{"{TABLE_KEY}": "name", "Input": {{...}}}}'
    return {
        "Has the event a pipeline?": choice([given], "Event has no pipeline"),
        "Event has no pipeline": {
            "Type": "Fail",
            "Error": EVENT_MALFORMED,
            "Cause": f"the event has no {TABLE_KEY}. {why}",
        },
        "Has the event an input?": choice(
            [{"Variable": "$.Input", "IsPresent": True, "Next": "Read event"}], "Add input"
        ),
        "Add input": {"Type": "Pass", "Result": {}, "ResultPath": "$.Input", "Next": "Read event"},
        "Read event": parallel(merging, "Event is malformed", "Find pipeline"),
        "Event is malformed": {
            "Type": "Fail",
            "Error": EVENT_MALFORMED,
            "Cause": f"{wrong}. {why}",
        },
    }


def _find(table: Text) -> dict[str, Node]:
    return {
        "Type": "Task",
        "Resource": text("arn:", Token("AWS::Partition"), ":states:::dynamodb:getItem"),
        "Parameters": {
            "TableName": table,
            "Key": {TABLE_KEY: {"S.$": "$.Pipeline"}},
            "ConsistentRead": True,
        },
        "ResultPath": "$.Found",
        "TimeoutSeconds": 30,
        "Retry": [RETRY],
        "Next": "Is the pipeline known?",
    }


def _judging(workflow: str, stages: Sequence[str]) -> dict[str, Node]:
    """Whether there is an item, for this workflow, that is switched on and has what is read of it."""
    own, on = f"{_ITEM}.{WORKFLOW}.S", f"{_ITEM}.{ENABLED}.BOOL"
    known: list[dict[str, Any]] = [
        {"Variable": _ITEM, "IsPresent": False, "Next": "Pipeline is unknown"},
        {"Variable": own, "IsPresent": False, "Next": "Item has no workflow"},
        {"Not": {"Variable": own, "StringEquals": workflow}, "Next": "Pipeline is of another workflow"},
        {"Variable": on, "IsPresent": False, "Next": "Item is neither on nor off"},
        {"Variable": on, "BooleanEquals": False, "Next": "Pipeline is disabled"},
        {"Variable": f"{_ITEM}.{SETTINGS}.S", "IsPresent": False, "Next": "Item has no settings"},
    ]
    for stage in stages:
        switch = f"{_ITEM}['{STAGE}{stage}']"
        wrong = [
            {"Variable": switch, "IsPresent": True},
            {"Variable": f"{switch}.BOOL", "IsPresent": False},
        ]
        known.append({"And": wrong, "Next": "Switch is no boolean"})
    switched = _fault(MALFORMED, f"the item of pipeline {{}} has a {STAGE}<stage> that is no boolean")

    return {
        "Is the pipeline known?": choice(known, "Read item"),
        "Pipeline is unknown": _fault(UNKNOWN, "there is no pipeline {} in the table"),
        "Item has no workflow": _fault(MALFORMED, f"the item of pipeline {{}} has no text {WORKFLOW}"),
        "Pipeline is of another workflow": _fault(
            FOREIGN, f"pipeline {{}} is of workflow {{}}, not of {workflow}", own
        ),
        "Item is neither on nor off": _fault(
            MALFORMED, f"the item of pipeline {{}} has no boolean {ENABLED}"
        ),
        "Item has no settings": _fault(MALFORMED, f"the item of pipeline {{}} has no text {SETTINGS}"),
        **({"Switch is no boolean": switched} if stages else {}),
        "Pipeline is disabled": _fault(DISABLED, f"pipeline {{}} is switched off by {ENABLED}"),
    }


def _item_states(
    definition: Definition, face: Interface, switches: Mapping[str, StageSettings]
) -> dict[str, Node]:
    """From the item and the event to the execution's name and input."""
    literal, named, texts = router_defaults.defaults(definition, face)
    on = {f"{STAGE}{name}": {"BOOL": one.default} for name, one in switches.items()}
    defaults = {"Input": literal, "Settings": {PARAMETERS: {}, CONSTANTS: {}}, "Switches": on, "Texts": texts}
    value = f"{_ITEM}.{SETTINGS}.Value"
    layers = ("$.Names", f"{value}.{PARAMETERS}", "$.Event", f"{value}.{CONSTANTS}")
    merged = "$.Defaults.Input"
    for layer in layers:
        merged = f"States.JsonMerge({merged}, {layer}, false)"
    item = {f"{name}.$": f"{_ITEM}['{STAGE}{name}'].BOOL" for name in switches}
    own = {"Switches": item, "Own.$": "$.Own.Value"} if item else {}
    parse = f"States.JsonMerge($.Defaults.Settings, States.StringToJson({_ITEM}.{SETTINGS}.S), false)"
    name = "States.Format('{}-{}', $.Pipeline, $.Unique.Value)"
    states: dict[str, dict[str, Node]] = {
        "Add defaults": {"Result": defaults, "ResultPath": "$.Defaults"},
        **router_defaults.naming(named),
        "Parse settings": made(parse, f"{_ITEM}.{SETTINGS}"),
        "Merge attributes": {
            "Parameters": {"Item.$": f"States.JsonMerge($.Defaults.Switches, {_ITEM}, false)"},
            "ResultPath": "$.Found",
        },
        "Merge settings": {
            "Parameters": {"Pipeline.$": "$.Pipeline", "Name.$": name, "Input.$": merged, **own}
        },
    }
    if item:
        states["Merge switches"] = made("States.JsonMerge($.Switches, $.Own, false)", "$.Switches")
        states["Set switches"] = {"InputPath": "$.Switches.Value", "ResultPath": f"$.Input.{STAGES}"}
    return passes(states)
