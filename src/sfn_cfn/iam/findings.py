"""Definition -> warnings: what a task may need, although the definition does not name it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfn_cfn.errors import Diagnostic
from sfn_cfn.iam import extra_faults, narrow
from sfn_cfn.iam.codes import SFN505
from sfn_cfn.iam.entries import Job
from sfn_cfn.iam.jobs import is_of_this_account, jobs_under_role
from sfn_cfn.iam.roles import ROLE_PARAMETER
from sfn_cfn.iam.values import ANY, Value, nodes, parameters, run_time, values
from sfn_cfn.model import Definition, Node, State, Text
from sfn_cfn.settings import IamSettings

_NAMES = ("$$.Execution.", "$$.State.", "$$.StateMachine.", "$$.Task.")
"""Fields of the context object that hold names, numbers and times, never a URI."""


def findings(definition: Definition, settings: IamSettings | None = None) -> tuple[Diagnostic, ...]:
    """Warnings of what may be missing in the derived roles, and of what the settings add to them.

    What is surely missing is an error of `derive`.
    """
    settings = settings or IamSettings()
    found = [
        *_experiments(definition),
        *extra_faults.warnings(settings),
        *narrow.findings(definition, settings),
    ]
    for state, job in jobs_under_role(narrow.narrow(definition, settings)):
        given = parameters(state.node)
        if not isinstance(given, Value):
            found += _of_job(state, job, given)
    return tuple(dict.fromkeys(found))


def _experiments(definition: Definition) -> Iterator[Diagnostic]:
    """No guide names the rights for `ExperimentConfig`; SageMaker may ask them of the caller."""
    for state in definition.states:
        call = state.integration
        if call and call.service == "sagemaker":
            given = parameters(state.node)
            if not isinstance(given, Value) and any(True for _ in nodes(given, "ExperimentConfig")):
                yield SFN505.at(
                    state.location,
                    f"task '{state.name}' has 'ExperimentConfig', for which the state machine's role gets "
                    "nothing of its own",
                    "try an execution, and where it is denied give a role as WorkflowExecutionRoleArn",
                )


def _of_job(state: State, job: Job, given: Node) -> Iterator[Diagnostic]:
    remedy = f"give a role as {ROLE_PARAMETER}"
    for path in job.unsettled:
        if any(True for _ in nodes(given, path)):
            yield SFN505.at(
                state.location,
                f"task '{state.name}' has '{_field(path)}', for which the SageMaker role gets nothing of its own",
                f"try an execution, and where it is denied {remedy}",
            )
    for path in job.later:
        if any(True for _ in nodes(given, path)):
            yield SFN505.at(
                state.location,
                f"'{_field(path)}' of task '{state.name}' takes requests by their place in S3, which the SageMaker "
                "role can read only where a job names it",
                "allow s3:GetObject there by a statement of sagemaker_role in the settings",
            )
    for path in job.packages:
        if any(not is_of_this_account(value) for value in values(given, path)):
            yield SFN505.at(
                state.location,
                f"'{_field(path)}' of task '{state.name}' may stand for an image and a model that the SageMaker "
                "role cannot reach",
                f"leave it so for a subscription of the Marketplace, otherwise {remedy}",
            )
    unknown = sorted({name for path in (*job.environment, *job.arguments) for name in _unknown(given, path)})
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        yield SFN505.at(
            state.location,
            f"task '{state.name}' gets {names} at run time; if that is an S3 URI, the SageMaker role cannot read it",
            f"begin it with a literal (States.Format('s3://bucket/{{}}', ...)), name it as an input, or {remedy}",
        )


def _unknown(given: Node, path: str) -> Iterator[str]:
    """The names under a path whose text begins with what only the execution knows."""
    path = path.removesuffix("[]")
    parent = path.removesuffix(".*")
    for node in nodes(given, parent):
        if isinstance(node, Value):
            if _may_be_uri(node):
                yield _field(parent)
        elif isinstance(node, Mapping):
            for key, item in node.items():
                name = key.shown if isinstance(key, Text) else key
                value = run_time(item) if name.endswith(".$") else next(values({"a": item}, "a"), None)
                if value and _may_be_uri(value):
                    yield f"{_field(parent)}.{name.removesuffix('.$')}"
        elif isinstance(node, (list, tuple)) and any(
            _may_be_uri(one) for item in node for one in values({"a": item}, "a")
        ):
            yield _field(parent)


def _may_be_uri(value: Value) -> bool:
    first = value.text.pieces[0] if isinstance(value.text, Text) and value.text.pieces else ""
    expression = value.expression.strip()
    name = expression.startswith(_NAMES) and not expression.startswith("$$.Execution.Input")
    return first == ANY and not name


def _field(path: str) -> str:
    return path.rpartition(".")[2].removesuffix("[]")
