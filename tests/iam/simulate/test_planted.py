"""The judge sees what is wrong with policies: real ones, spoilt in each way there is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from iam.simulate.evaluator import Evaluator
from iam.simulate.judge import allowed_beside, denied, needed
from iam.simulate.machines import PLACES, Role
from iam.simulate.test_examples import made

(MACHINE,) = made("templates/train-deploy.yaml", PLACES[0])
ROLES = {"workflow": MACHINE.role, "jobs": MACHINE.jobs_role}
Statement = dict[str, Any]


def calls(name: str) -> list[Any]:
    return [(call, state) for call, state in needed(MACHINE) if call.role == name]


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def changed(role: Role, change: Callable[[Statement], Statement | None]) -> Role:
    """The role with each statement as `change` gives it; without those for which it gives None."""
    policies = {}
    for name, policy in role.policies.items():
        found = [change(dict(statement)) for statement in policy["Statement"]]
        policies[name] = {**policy, "Statement": [one for one in found if one is not None]}
    return replace(role, policies=policies)


def statements(role: Role) -> list[Statement]:
    return [one for policy in role.policies.values() for one in policy["Statement"]]


def narrowed(statement: Statement) -> Iterator[tuple[str, Statement | None]]:
    """A statement less one of what it has: itself, an action, a resource, a value of a condition."""
    yield f"without {statement['Sid']}", None
    for key in ("Action", "Resource"):
        values = many(statement[key])
        for one in values if len(values) > 1 else ():
            yield (
                f"{statement['Sid']} without {one}",
                {**statement, key: [two for two in values if two != one]},
            )
    for operator, condition in statement.get("Condition", {}).items():
        for key, value in condition.items():
            for one in many(value):
                fewer = {operator: {**condition, key: [two for two in many(value) if two != one] or ["none"]}}
                yield f"{statement['Sid']} without {one}", {**statement, "Condition": fewer}


# Granted by two statements: a model's endpoint is made with its configuration.
TWICE = {"SageMakerEndpointConfig without sagemaker:ListTags"}


@pytest.mark.parametrize("name", ROLES)
def test_a_statement_is_missed_and_so_is_each_of_its_parts(name: str, evaluator: Evaluator) -> None:
    role = ROLES[name]
    assert role
    of_role = calls(name)
    assert denied(role, of_role, evaluator) == []
    unseen = {
        way
        for statement in statements(role)
        for way, other in narrowed(statement)
        if not denied(
            changed(role, lambda one, statement=statement, other=other: other if one == statement else one),
            of_role,
            evaluator,
        )
    }
    assert unseen <= TWICE


@pytest.mark.parametrize("name", ROLES)
def test_a_resource_that_is_widened_is_seen_for_each_action(name: str, evaluator: Evaluator) -> None:
    wide = {
        action for one in statements(ROLES[name]) if one["Resource"] != "*" for action in many(one["Action"])
    }
    assert wide <= excess(name, lambda one: {**one, "Resource": "*"}, evaluator)


@pytest.mark.parametrize("name", ROLES)
def test_a_condition_that_is_dropped_is_seen(name: str, evaluator: Evaluator) -> None:
    wide = {action for one in statements(ROLES[name]) if "Condition" in one for action in many(one["Action"])}
    found = excess(name, lambda one: {key: one[key] for key in one if key != "Condition"}, evaluator)
    assert wide
    assert wide <= found


@pytest.mark.parametrize("name", ROLES)
def test_an_action_that_is_widened_is_seen_in_each_service(name: str, evaluator: Evaluator) -> None:
    free = [one for one in statements(ROLES[name]) if "Condition" not in one]
    services = {action.partition(":")[0] for one in free for action in many(one["Action"])}

    def wider(statement: Statement) -> Statement:
        return {
            **statement,
            "Action": sorted({f"{one.partition(':')[0]}:*" for one in many(statement["Action"])}),
        }

    found = excess(name, wider, evaluator)
    assert {f"{one}:*" for one in services} <= found
    assert services - {one.partition(":")[0] for one in found if not one.endswith("*")} == set()


@pytest.mark.parametrize("action", ["s3:DeleteObject", "iam:CreateRole", "sagemaker:DeleteModel"])
def test_a_statement_that_is_added_is_seen(action: str, evaluator: Evaluator) -> None:
    def more(statement: Statement) -> Statement:
        return {**statement, "Action": [*many(statement["Action"]), action]}

    assert action in excess("workflow", more, evaluator)


def excess(name: str, change: Callable[[Statement], Statement], evaluator: Evaluator) -> set[str]:
    """The actions that are allowed beside the needed ones, once each statement is changed."""
    role = ROLES[name]
    assert role
    found, _ = allowed_beside(changed(role, change), calls(name), evaluator)
    return {word for line in found for word in line.split() if ":" in word and not word.endswith(":")}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ({"Effect": "Allow", "Action": "s3:GetObject"}, "Resource"),
        ({"Effect": "Maybe", "Action": "s3:GetObject", "Resource": "*"}, "Effect"),
    ],
)
def test_a_policy_that_is_none_is_an_error(
    statement: Mapping[str, Any], said: str, evaluator: Evaluator
) -> None:
    policies = {"own": {"Version": "2012-10-17", "Statement": [statement]}}
    (found,) = evaluator.decide(policies, [("s3:GetObject", "arn:aws:s3:::b/k", {})])
    assert not found.allowed
    assert said in json.dumps(found.error)


@pytest.mark.parametrize(
    ("action", "resource", "context", "error", "ignored"),
    [
        ("s3:GetObjekt", "arn:aws:s3:::b/k", {}, "invalid.action", ()),
        ("s3:GetObject", "arn:aws:s3:::b", {}, "no.resource.types", ()),
        ("s3:GetObject", "arn:aws:s3:::b/k", {"iam:PassedToService": "x"}, None, ("iam:PassedToService",)),
    ],
)
def test_a_call_that_is_none_is_told_from_one_that_is_denied(
    action: str, resource: str, context: Any, error: str | None, ignored: Any, evaluator: Evaluator
) -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policies = {"own": {"Version": "2012-10-17", "Statement": [statement]}}
    (found,) = evaluator.decide(policies, [(action, resource, context)])
    assert (error in found.error) if error else found.error is None
    assert found.ignored == ignored
