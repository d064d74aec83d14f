"""Who may use the roles of the committed templates: the service for this state machine, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from iam.simulate.evaluator import Evaluator
from iam.simulate.judge import OTHER_ACCOUNT, OTHER_REGION
from iam.simulate.machines import PLACES, Machine, Place
from iam.simulate.test_examples import TEMPLATES, made

STATES, SAGEMAKER = "states.amazonaws.com", "sagemaker.amazonaws.com"
ACCOUNT, ARN = "aws:SourceAccount", "aws:SourceArn"
Request = tuple[str, str, dict[str, Any]]


def for_machine(machine: Machine) -> Iterator[Request]:
    """An execution, one of a map's runs, and one of a version or an alias."""
    assert machine.role
    for arn in (machine.arn, f"{machine.arn}/Label:run", f"{machine.arn}:7", f"{machine.arn}:live"):
        yield machine.role.arn, STATES, {ACCOUNT: machine.place.account, ARN: arn}


def for_others(machine: Machine) -> Iterator[Request]:
    """Other services, other machines, other places, and requests that do not say for whom they are."""
    assert machine.role
    place, arn = machine.place, machine.arn
    own = {ACCOUNT: place.account, ARN: arn}
    for service in ("lambda.amazonaws.com", "ec2.amazonaws.com", "events.amazonaws.com", SAGEMAKER):
        yield machine.role.arn, service, own
    name = arn.rpartition(":")[2]
    others = (
        f"{arn}-sibling",
        arn.replace(name, f"sibling-{name}"),
        arn.replace(place.region, OTHER_REGION),
        arn.replace(place.account, OTHER_ACCOUNT),
        arn.replace(":stateMachine:", ":activity:"),
        place.arn("sagemaker", f"training-job/{name}"),
    )
    for other in others:
        yield machine.role.arn, STATES, {**own, ARN: other}
    yield machine.role.arn, STATES, {**own, ACCOUNT: OTHER_ACCOUNT}
    yield machine.role.arn, STATES, {ACCOUNT: place.account}
    yield machine.role.arn, STATES, {ARN: arn}
    yield machine.role.arn, STATES, {}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
@pytest.mark.parametrize("name", TEMPLATES)
def test_the_role_of_a_state_machine_is_for_it_alone(name: str, place: Place, evaluator: Evaluator) -> None:
    for machine in made(name, place):
        assert machine.role
        own, others = list(for_machine(machine)), list(for_others(machine))
        refused = refusals(evaluator, machine.role.trust, own)
        admitted = [one for one in others if one not in refusals(evaluator, machine.role.trust, others)]
        assert {"refused": refused, "admitted": admitted} == {"refused": [], "admitted": []}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
@pytest.mark.parametrize("name", TEMPLATES)
def test_the_role_of_jobs_is_for_sagemaker_in_this_account(
    name: str, place: Place, evaluator: Evaluator
) -> None:
    for machine in made(name, place):
        role = machine.jobs_role
        if role is None:
            continue
        job = place.arn("sagemaker", "training-job/job")
        own = [(role.arn, SAGEMAKER, {ACCOUNT: place.account, ARN: job})]
        others = [
            (role.arn, STATES, {ACCOUNT: place.account, ARN: job}),
            (role.arn, "ec2.amazonaws.com", {ACCOUNT: place.account, ARN: job}),
            (role.arn, SAGEMAKER, {ACCOUNT: OTHER_ACCOUNT, ARN: job}),
            (role.arn, SAGEMAKER, {}),
        ]
        refused = refusals(evaluator, role.trust, own)
        admitted = [one for one in others if one not in refusals(evaluator, role.trust, others)]
        assert {"refused": refused, "admitted": admitted} == {"refused": [], "admitted": []}


def refusals(evaluator: Evaluator, trust: Any, requests: list[Request]) -> list[Request]:
    """The requests that a trust policy does not admit."""
    found = evaluator.trusts(trust, requests)
    assert not [one for one in found if one.error or one.ignored]
    return [request for request, one in zip(requests, found, strict=True) if not one.allowed]
