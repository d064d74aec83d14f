"""Definition -> the policy of the SageMaker role: what the jobs that run under it name.

Sources: the SageMaker developer guide, "SageMaker AI roles" (execution role permissions by API) and the
service authorization reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_cfn.errors import Diagnostic
from sfn_cfn.iam import job_data, job_logs, job_reach, roles, storage
from sfn_cfn.iam.calls import granted
from sfn_cfn.iam.codes import SFN501
from sfn_cfn.iam.entries import Job
from sfn_cfn.iam.job_call import JobCall
from sfn_cfn.iam.statements import PolicyDocument, Statement, minimise
from sfn_cfn.iam.storage import Access
from sfn_cfn.iam.table import JOBS
from sfn_cfn.iam.values import UNKNOWN, Value, fold, nodes, parameters, values
from sfn_cfn.model import Definition, State

_TRAINING = ("sagemaker:createTrainingJob", "sagemaker:createHyperParameterTuningJob")
_HOSTING = ("sagemaker:createModel", "sagemaker:createEndpointConfig")
"""Calls that pass the role of an endpoint."""


def derive_job_policy(definition: Definition, faults: list[Diagnostic]) -> PolicyDocument:
    """The policy of the template's SageMaker role; what cannot be derived is appended to `faults`."""
    found: list[Statement] = []
    accesses: list[Access] = []
    kinds: set[str] = set()
    for call in _calls(definition, faults):
        accesses += job_data.accesses(call)
        found += _statements(call)
        kinds |= job_logs.kinds(call)
    return minimise([*found, *storage.statements(accesses), *job_logs.metrics(kinds)])


def needs(definition: Definition) -> Iterator[tuple[State, Statement]]:
    """What each job needs of the role by itself, with its state: what the policy is made of, not merged."""
    for call in _calls(definition, []):
        own = [*_statements(call), *storage.statements(job_data.accesses(call))]
        yield from ((call.state, needed) for needed in (*own, *job_logs.metrics(job_logs.kinds(call))))


def _calls(definition: Definition, faults: list[Diagnostic]) -> Iterator[JobCall]:
    shapes = {item.name: item for item in definition.parameters}
    artifacts = tuple(_artifacts(definition))
    under = tuple(jobs_under_role(definition))
    hosted = _are_hosted([_name(state) for state, _ in under])
    for state, job in under:
        yield JobCall(state, job, parameters(state.node), shapes, artifacts, hosted, faults)


def _are_hosted(names: list[str]) -> bool:
    """Whether it is known where models run: on endpoints that the definition names, or in transform jobs alone."""
    endpoints = any(JOBS[name].group for name in names)
    return endpoints or (
        "sagemaker:createTransformJob" in names and "sagemaker:createEndpointConfig" not in names
    )


def _name(state: State) -> str:
    call = state.integration
    return f"{call.service}:{call.action}" if call else ""


def jobs_under_role(definition: Definition) -> Iterator[tuple[State, Job]]:
    """Calls that pass the template's role, and those that run under the role of a model that does."""
    passing = {state.path for state in definition.states if roles.passes_template_role(state)}
    models = any(state.path in passing and _name(state) in _HOSTING for state in definition.states)
    for state in definition.states:
        job = JOBS.get(_name(state))
        if job and (state.path in passing or (models and not _passes_role(state))):
            yield state, job


def _passes_role(state: State) -> bool:
    """Whether a state passes a role of its own; a model and a job always do."""
    given = parameters(state.node)
    passed = tuple(roles.passed_roles(state))
    if _name(state) == "sagemaker:createEndpointConfig":
        return any(True for role in passed for _ in values(given, role.field))
    return bool(passed)


def _artifacts(definition: Definition) -> Iterator[Value]:
    """Where the definition's training jobs write their models."""
    for state in definition.states:
        if _name(state) in _TRAINING:
            for path in JOBS[_name(state)].folders:
                if path.endswith("OutputDataConfig.S3OutputPath") and "TensorBoard" not in path:
                    yield from values(parameters(state.node), path)


def _statements(call: JobCall) -> Iterator[Statement]:
    """All that a call needs of the role its work runs under, beside its data."""
    for path in call.job.refused:
        if any(True for _ in nodes(call.given, path)) and not isinstance(call.given, Value):
            _refuse(call, path)
    for path in call.job.packages:
        if any(is_of_this_account(value) for value in call.values((path,))):
            _refuse(call, path)
    yield from job_reach.statements(call)
    yield from granted(call.state, call.given, call.job.grants, call.shapes, call.faults)
    yield from job_logs.statements(call)


def _refuse(call: JobCall, path: str) -> None:
    """A finding, unless only the execution knows whether the field has anything."""
    field = path.rpartition(".")[2].removesuffix("[]")
    known = [one for one in nodes(call.given, path) if not (isinstance(one, Value) and one.text == UNKNOWN)]
    if known:
        call.faults.append(
            SFN501.at(
                call.state.location,
                f"task '{call.state.name}' has '{field}', and what its role needs for that is not known",
                "give the role's ARN and set keep_role for this workflow",
            )
        )


def is_of_this_account(package: Value) -> bool:
    """Whether a package or an algorithm is known to be the stack's own, by its name or its ARN.

    Behind one of this account are an image and a model which the role must reach; one of another account may
    come from the Marketplace, for which the role needs nothing.
    """
    fields = fold(package.text).string.split(":")
    return package.text != UNKNOWN and not (fields[0] == "arn" and fields[4:5] and fields[4].isdigit())
