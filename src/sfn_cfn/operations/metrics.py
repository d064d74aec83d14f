"""Definition, Settings -> a state that publishes declared numbers to CloudWatch, and alarms on them.

    Train -> Score   with [metrics.Accuracy] state = "Train":   Train -> Publish metrics of Train -> Score

A training job's own metrics stand in CloudWatch under the job's name, new at each run, so that no alarm can be bound
to them. Sources: the SageMaker API reference, `DescribeTrainingJob` (`FinalMetricDataList`), which is the result of a
`.sync` task; the CloudWatch API reference, `PutMetricData`; the Amazon States Language specification.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, Node, NodePath, State, Text, with_added
from sfn_cfn.operations.capability import Addition, Capability, with_tokens
from sfn_cfn.operations.metrics_states import CALL, Reading, publishing
from sfn_cfn.operations.parts import Watched, alarm, machine_arn, period_faults, shown
from sfn_cfn.sections import typed
from sfn_cfn.sections.metrics import MetricSettings, limits_of, suffix
from sfn_cfn.settings import Settings, WorkflowSettings
from sfn_cfn.template.intrinsics import from_text, ref
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import STATE_MACHINE

SFN649 = Code(
    "SFN649",
    Severity.ERROR,
    "a metric names no state that has it",
    "`[metrics.<Name>] state` is the name of one state of the workflow, one with an output that goes on (no Choice, "
    "Succeed or Fail). Metrics of one workflow stand in `[workflows.<name>.metrics.<Name>]`.",
)

SFN650 = Code(
    "SFN650",
    Severity.ERROR,
    "a metric cannot be read",
    "A metric has either a `path` in the state's output, or the name of a `metric` of a training job that a task waits "
    "for (`.sync`), whose result stands somewhere in the task's output.",
)

SFN651 = Code(
    "SFN651",
    Severity.ERROR,
    "a metric's limit has no period",
    "A limit of a metric (`below`, `above`) needs the time that its alarm looks at: a `period` of 60 seconds or a "
    "multiple of it, of at most a week.",
)

SFN679 = Code(
    "SFN679",
    Severity.ERROR,
    "the limits of a metric leave no value",
    "`below` rings where the value is less and `above` where it is greater. With a `below` greater than `above`, "
    "one of the two always rings.",
)

_LEAVING = ("Choice", "Succeed", "Fail")


def _metrics(own: WorkflowSettings) -> dict[str, MetricSettings]:
    found = own.operations.get("metrics", {})
    return {name: typed(found, name, MetricSettings) for name in found}


# -- check ------------------------------------------------------------------------------------------


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    own = settings.of(definition.name)
    for name, one in _metrics(own).items():
        named = [state for state in definition.states if state.name == one.state]
        if fault := _state_fault(definition, one, named):
            hint = f"name a state in [workflows.{definition.name}.metrics.{name}]"
            yield SFN649.at(own.place("metrics", name, "state"), f"metric '{name}' {fault}", hint)
        elif isinstance(found := _reading(definition, one, named[0]), str):
            place = own.place("metrics", name, "path" if one.path else "metric")
            hint = 'give the path of the number in the state\'s output: path = "$.Evaluation.accuracy"'
            if one.path and one.metric:
                hint = "take one of them out"
            yield SFN650.at(place, f"metric '{name}' {found}", hint)
        yield from _limit_faults(name, one, own)


def _state_fault(definition: Definition, one: MetricSettings, named: list[State]) -> str:
    if not one.state:
        return "names no state"
    if not named:
        return f"names state '{one.state}', which workflow '{definition.name}' has not"
    if len(named) > 1:
        return f"names state '{one.state}', which stands {len(named)} times in the workflow"
    if named[0].type in _LEAVING:
        return f"names state '{one.state}', a {named[0].type}, after which nothing can be published"
    return ""


def _limit_faults(name: str, one: MetricSettings, own: WorkflowSettings) -> Iterator[Diagnostic]:
    limits = limits_of(one)
    if one.below is not None and one.above is not None and one.below > one.above:
        message = f"metric '{name}' is below {shown(one.below)} or above {shown(one.above)} whatever it is"
        yield SFN679.at(own.place("metrics", name, "below"), message, "write the lower limit as below")
    if limits and one.period is None:
        message = f"metric '{name}' has a limit ('{limits[0]}') and no period"
        yield SFN651.at(own.place("metrics", name, limits[0]), message, "write period = 3600 beside it")
    for _, fault, remedy in period_faults(one.period) if one.period is not None else ():
        message = f"'metrics.{name}.period' is {fault}"
        yield SFN651.at(own.place("metrics", name, "period"), message, remedy)


def _reading(definition: Definition, one: MetricSettings, state: State) -> Reading | str:
    """Where the number stands in the state's output; in words, why nowhere."""
    if bool(one.path) == bool(one.metric):
        return "has both a path and a metric's name" if one.path else "has neither a path nor a metric's name"
    if one.path:
        return Reading(one.path)
    call = state.integration
    if not call or call.service != "sagemaker" or call.action != "createTrainingJob" or not call.pattern:
        return f"is read by its name from '{one.state}', which does not wait for a training job"
    if _language(definition, state) == "JSONata":
        base = "$" if "Output" not in state.node else ""
    else:
        base = _result(state.node)
    if not base:
        return f"is read by its name from '{one.state}', whose output does not hold the job's description"
    return Reading(f"{base}.FinalMetricDataList", one.metric)


def _result(node: Mapping[Any, Node]) -> str:
    """The path of a task's whole result in its output; empty where it is not there."""
    place = node.get("ResultPath", "$")
    output = node.get("OutputPath", "$")
    if "ResultSelector" in node or not isinstance(place, str) or not isinstance(output, str):
        return ""
    if place == output:
        return "$"
    if output == "$":
        return place
    return f"${place[len(output) :]}" if place.startswith((f"{output}.", f"{output}[")) else ""


def _language(definition: Definition, state: State) -> str:
    """The query language of a state: its own, else the state machine's."""
    usual = definition.tree.get("QueryLanguage", "JSONPath")
    return str(state.node.get("QueryLanguage", usual))


# -- rewrite ----------------------------------------------------------------------------------------


def _rewrite(definition: Definition, settings: Settings) -> Definition:
    by_state: dict[str, dict[str, MetricSettings]] = defaultdict(dict)
    for name, one in _metrics(settings.of(definition.name)).items():
        by_state[one.state][name] = one
    for state in [state for state in definition.states if state.name in by_state]:
        definition = _published(definition, state, by_state[state.name])
    return definition


def _published(definition: Definition, state: State, metrics: Mapping[str, MetricSettings]) -> Definition:
    """The definition with a state behind `state` that publishes its metrics."""
    readings: dict[str, tuple[Reading, MetricSettings]] = {}
    for name, one in metrics.items():
        found = _reading(definition, one, state)
        if isinstance(found, Reading):
            readings[name] = (found, one)
    if not readings:
        return definition
    taken = {other.name for other in definition.states}
    added = publishing(
        state,
        {
            name: (reading, with_tokens(one.namespace, definition), one.unit)
            for name, (reading, one) in readings.items()
        },
        machine_arn(definition),
        taken,
        jsonata=definition.tree.get("QueryLanguage") == "JSONata",
    )
    tree = _placed(definition.tree, state.path, added)
    old = {other.path for other in definition.states}
    new = {path: node for path, node in _nodes(tree, ()) if path not in old}
    places = dict.fromkeys(new, state.location)
    calls = {path: CALL for path, node in new.items() if node["Type"] == "Task"}
    return with_added(definition, tree, places, calls)


def _placed(node: Node, path: NodePath, added: Mapping[str, Node]) -> Node:
    """The tree with states beside the one at `path`, which leads to the first of them."""
    if len(path) > 2:
        if isinstance(node, list):
            index = int(path[0])
            return [
                _placed(item, path[1:], added) if number == index else item
                for number, item in enumerate(node)
            ]
        return {
            key: _placed(item, path[1:], added) if _shown(key) == path[0] else item
            for key, item in node.items()
        }
    states: dict[Any, Node] = {}
    for key, item in node["States"].items():
        states[key] = item
        if _shown(key) == path[1]:
            kept = {name: value for name, value in item.items() if name not in ("Next", "End")}
            states[key] = {**kept, "Next": next(iter(added))}
            states.update(added)
    return {**node, "States": states}


def _nodes(tree: Node, path: NodePath) -> Iterator[tuple[NodePath, Any]]:
    """All states with their paths."""
    for key, node in tree["States"].items():
        here = (*path, "States", _shown(key))
        yield here, node
        for number, branch in enumerate(node.get("Branches", ())):
            yield from _nodes(branch, (*here, "Branches", str(number)))
        for name in ("ItemProcessor", "Iterator"):
            if name in node:
                yield from _nodes(node[name], (*here, name))


def _shown(key: str | Text) -> str:
    return key.shown if isinstance(key, Text) else key


# -- add --------------------------------------------------------------------------------------------


def _add(definition: Definition, settings: Settings) -> Addition:
    resources: dict[str, Any] = {}
    for name, one in _metrics(settings.of(definition.name)).items():
        for key in limits_of(one):
            resources[f"{name}{key.title()}Alarm"] = _alarm(definition, name, one, key)
    return Addition(Fragment(resources=resources))


def _alarm(definition: Definition, name: str, one: MetricSettings, key: str) -> dict[str, Any]:
    limit: float = getattr(one, key)
    words = "less" if key == "below" else "greater"
    watched = Watched(
        suffix(name, key),
        f"Workflow {definition.name}: {name} of {one.state} is {words} than {shown(limit)}",
        from_text(with_tokens(one.namespace, definition)),
        name,
        {"StateMachineArn": ref(STATE_MACHINE)},
        "Minimum" if key == "below" else "Maximum",
        limit,
        one.period or 0,
        comparison="LessThanThreshold" if key == "below" else "GreaterThanThreshold",
    )
    return alarm(definition, watched)


CAPABILITY = Capability(check=_check, rewrite=_rewrite, add=_add)
