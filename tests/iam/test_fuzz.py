"""Whatever stands in the place of a parameter, a definition gives policies or findings, never another failure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iam.building import define, task
from iam.simulate.test_cases import CASES
from sfn_cfn.errors import PolicyError
from sfn_cfn.iam import derive, findings, place_role
from sfn_cfn.iam.table import INTEGRATIONS, JOBS

_TEXTS = st.sampled_from(
    (
        "", " ", "*", "?", "/", ":", "::::", "s3://", "s3://b", "s3:///k", "arn:", "arn:aws:s3:::b/k",
        "arn:aws:iam::1:role/",
        "alias/", "alias/k", "${DataBucket}", "${SageMakerRole}x", "{%", "{% $x %}", "{% 's3://' & $x %}", "$.a",
        "States.Format(", "States.Format('s3://{}', $.a)", "\U000f0000", "é", "a" * 300,
        "https://sqs.eu-west-1.amazonaws.com/1/q", "1.dkr.ecr.eu-west-1.amazonaws.com/", "[]", "{}", "true",
    )
)  # fmt: skip
_LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _TEXTS, st.text(max_size=8))
_KEYS = st.one_of(
    st.sampled_from(
        ("S3Uri", "S3Uri.$", "DataSource", "Subnets", "Key", "ClusterName", ".$", "a.b", "a[]", "*")
    ),
    st.text(max_size=4),
)
JSON = st.recursive(
    _LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3))
)

Path = tuple["str | int", ...]
FIELDS = ("Parameters", "Arguments", "Credentials", "ItemReader", "ResultWriter", "ItemProcessor")


def places(node: Any, here: Path = ()) -> list[Path]:
    """Every place in a tree, itself among them."""
    found = [here]
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, item in items:
        found += places(item, (*here, key))
    return found


def put(node: Any, where: Path, value: Any) -> Any:
    """The tree with another value at a place."""
    if not where:
        return value
    key, rest = where[0], where[1:]
    if isinstance(node, dict):
        return {name: put(item, rest, value) if name == key else item for name, item in node.items()}
    return [put(item, rest, value) if number == key else item for number, item in enumerate(node)]


def targets(states: dict[str, Any]) -> list[Path]:
    """The places of parameters, and of what a map reads and writes."""
    return [
        (name, field, *rest)
        for name, state in states.items()
        for field in FIELDS
        if field in state
        for rest in places(state[field])
        if field != "ItemProcessor" or rest[:1] == ("ProcessorConfig",)
    ]


def derive_all(states: dict[str, Any]) -> None:
    """As a build does. A `PolicyError` is what people read, with at least one finding."""
    definition = place_role(define(states))
    findings(definition)
    with suppress(PolicyError):
        derive(definition)


WITH_TARGETS = [name for name in CASES if targets(CASES[name]["states"])]
OF_THE_SDK = [name for name in WITH_TARGETS if name.startswith("aws-sdk")]


@pytest.mark.parametrize("name", [*(one for one in WITH_TARGETS if one not in OF_THE_SDK), *OF_THE_SDK[::6]])
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_odd_parameters_give_policies_or_findings(name: str, data: st.DataObject) -> None:
    states = CASES[name]["states"]
    where = data.draw(st.sampled_from(targets(states)))
    derive_all(put(states, where, data.draw(JSON)))


def paths_of(value: Any) -> set[str]:
    """Every path of parameters that an entry of the table names, wherever it stands."""
    if isinstance(value, str):
        bare = value.partition("~")[0]
        holes = re.findall(r"\{([^{}=@]+)", value)
        return {one for one in (bare, *holes) if re.fullmatch(r"[A-Z]\w*(\[\])?(\.[\w*@]+(\[\])?)*", one)}
    if is_dataclass(value):
        return {one for field in fields(value) for one in paths_of(getattr(value, field.name))}
    if isinstance(value, Mapping):
        return {one for item in value.values() for one in paths_of(item)}
    return {one for item in value for one in paths_of(item)} if isinstance(value, tuple) else set()


def nested(path: str, value: Any, depth: int) -> Any:
    """Parameters with a value where the first parts of a path lead to."""
    parts = path.split(".")[:depth]
    for part in reversed(parts):
        value = {part.removesuffix("[]").replace("*", "Name"): [value] if part.endswith("[]") else value}
    return value


PATHS = {name: sorted(paths_of((entry, JOBS.get(name, ())))) for name, entry in {**INTEGRATIONS}.items()}


@pytest.mark.parametrize("name", [name for name, paths in PATHS.items() if paths])
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(value=JSON, depth=st.integers(1, 6))
def test_an_odd_value_at_each_parameter_of_the_table_gives_policies_or_findings(
    name: str, value: Any, depth: int
) -> None:
    for path in PATHS[name]:
        given_ = {"RoleArn": "${SageMakerRole}", "ExecutionRoleArn": "${SageMakerRole}"}
        derive_all({"Call": task(f"arn:aws:states:::{name}", {**given_, **nested(path, value, depth)})})
