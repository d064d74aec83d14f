"""Definition -> findings about what tasks pass to services.

Step Functions checks the same when a state machine is created, as far as it knows an API, and the service
checks the rest when the task runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sfn_cfn.check.rule import leaves, nearest, rule
from sfn_cfn.check.services import Fault, faults, is_checked, model_of, operation_of, sole_token
from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.model import Definition, Text

_STATE_NUMBERS = frozenset(
    {
        "BackoffRate",
        "HeartbeatSeconds",
        "IntervalSeconds",
        "MaxAttempts",
        "MaxConcurrency",
        "MaxDelaySeconds",
        "Seconds",
        "TimeoutSeconds",
        "ToleratedFailureCount",
        "ToleratedFailurePercentage",
    }
)


@rule("SFN350", Severity.ERROR, "a task passes a parameter that the service does not have")
def unknown_parameter(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A name in a task's `Parameters` is not in the API of the service that it calls.

    A misspelt name is refused when the state machine is created, or when the task runs. `S3Operations` is a
    note that the SageMaker SDK leaves for its own uploads; no service takes it.

    Bad:

        {"ResourceConfig": {"InstanceCuont": 1, ...}}

    Good:

        {"ResourceConfig": {"InstanceCount": 1, ...}}
    """
    return _report(
        definition, code, "unknown", lambda call, fault: f"passes '{fault.path}', which {call} does not have"
    )


@rule("SFN351", Severity.ERROR, "a task leaves out a parameter that the service requires")
def missing_parameter(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A name that the API requires is missing in a task's `Parameters`.

    A name with `.$` counts. Step Functions refuses the state machine, or the service the call.

    Bad:

        {"EndpointName": "fraud"}    # sagemaker:createEndpoint

    Good:

        {"EndpointName": "fraud", "EndpointConfigName": "fraud"}
    """
    return _report(
        definition, code, "missing", lambda call, fault: f"leaves out '{fault.path}', which {call} requires"
    )


@rule("SFN352", Severity.ERROR, "a task passes a value of the wrong kind")
def wrong_kind(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A value in a task's `Parameters` is not of the kind that the API wants.

    Step Functions does not turn texts into numbers or numbers into texts. Values taken from a path (`.$`) are
    not checked.

    Bad:

        {"HyperParameters": {"num_round": 100}}

    Good:

        {"HyperParameters": {"num_round": "100"}}
    """
    return _report(
        definition,
        code,
        "kind",
        lambda call, fault: f"passes {fault.detail} as '{fault.path}', where {call} wants {fault.hint}",
    )


@rule("SFN353", Severity.ERROR, "a task calls an action that the service does not have")
def unknown_action(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """The action in a task's `Resource` is none of the service's.

    Bad:

        "arn:aws:states:::sagemaker:createTrainigJob.sync"

    Good:

        "arn:aws:states:::sagemaker:createTrainingJob.sync"
    """
    for state in definition.states:
        if (call := state.integration) and is_checked(state) and not operation_of(state):
            actions = [name[0].lower() + name[1:] for name in model_of(call.service)["operations"]]
            yield code.at(
                state.location,
                f"task '{state.name}' calls '{call.service}:{call.action}', which the service does not have",
                nearest(call.action, actions),
            )


@rule("SFN342", Severity.ERROR, "a number parameter is used as text")
def number_as_text(definition: Definition, code: Code) -> Iterator[Diagnostic]:
    """A number parameter stands in quotes where the service, or the states language, wants a number.

    A text `"${Name}"` is written with its quotes, and a formatted value is a text.

    Bad:

        instance_count=f"{count}"

    Good:

        instance_count=parameter("TrainingInstanceCount", default=2, min=1, max=16)
    """
    numbers = {item.name for item in definition.parameters if item.kind == "Number"}
    for leaf in leaves(definition):
        if not isinstance(leaf.value, Text) or not leaf.path or not leaf.owner.startswith("state"):
            continue
        name = leaf.path[-1]
        own = name in _STATE_NUMBERS and (len(leaf.path) == 1 or leaf.path[0] == "Retry")
        compared = leaf.path[0] == "Choices" and name.startswith("Numeric") and not name.endswith("Path")
        if (own or compared) and sole_token(leaf.value) in numbers:
            parameter = sole_token(leaf.value)
            yield code.at(leaf.location, _quoted(leaf.owner, leaf.place, parameter), _unquote(parameter))
    for state in definition.states:
        for fault in faults(state):
            if fault.what == "number" and fault.detail in numbers:
                owner = f"task '{state.name}'"
                yield code.at(
                    state.location, _quoted(owner, fault.path, fault.detail), _unquote(fault.detail)
                )


def _quoted(owner: str, place: str, parameter: str) -> str:
    return f"{owner} uses number parameter '{parameter}' as text in '{place}', which wants a number"


def _unquote(parameter: str) -> str:
    return f"pass sfn_cfn.parameter('{parameter}', default=...) itself, not a text made of it"


def _report(
    definition: Definition, code: Code, what: str, say: Callable[[str, Fault], str]
) -> Iterator[Diagnostic]:
    numbers = {item.name for item in definition.parameters if item.kind == "Number"}
    for state in definition.states:
        for found in faults(state):
            fault = found
            if fault.what == "number" and fault.detail not in numbers:
                fault = Fault("kind", fault.path, "a text", fault.hint)
            if fault.what == what and state.integration:
                call = f"{state.integration.service}:{state.integration.action}"
                hint = "" if what == "kind" else fault.hint
                yield code.at(state.location, f"task '{state.name}' {say(call, fault)}", hint)
