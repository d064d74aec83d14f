"""Sizes of policies with the longest values of their tokens, and what happens over IAM's limits."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.building import VALUES, define, resolve, task
from sfn_cfn.errors import PolicyError
from sfn_cfn.iam import SAGEMAKER_ROLE, derive
from sfn_cfn.iam.arns import arn
from sfn_cfn.iam.sizes import (
    INLINE,
    LONGEST_VALUE,
    MANAGED,
    PARTITIONS,
    ROOM,
    longest,
    place,
    policy_size,
    text_size,
)
from sfn_cfn.iam.statements import PolicyDocument, Statement, statement, to_template
from sfn_cfn.model import ParameterDeclaration, Text, Token, text
from sfn_cfn.settings import IamSettings, RoleSettings
from sfn_cfn.template.intrinsics import get_att, sub

PUBLISH = "arn:aws:states:::sns:publish"


def compact(document: PolicyDocument) -> str:
    return json.dumps(resolve(to_template(document)), separators=(",", ":"))


def one(sid: str, characters: int, action: str = "s3:GetObject") -> Statement:
    """A statement of so many characters."""
    frame = len(compact(PolicyDocument((Statement(sid, (action,), ("",)),)))) - 38
    return Statement(sid, (action,), ("x" * (characters - frame),))


_PLACES = st.sampled_from(
    [("aws", "ap-southeast-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-iso-f", "us-isof-south-1")]
)


@given(
    place_=_PLACES,
    values=st.fixed_dictionaries(
        {
            "PipelineName": st.text("a-", min_size=1, max_size=40),
            "TargetEnv": st.text("a", min_size=1, max_size=16),
            "Bucket": st.text("b.", min_size=3, max_size=63),
            "Uri": st.text("s3:/x", max_size=len("s3://b/k") + ROOM),
        }
    ),
    names=st.lists(st.lists(st.sampled_from(["AWS::Region", "PipelineName", "TargetEnv", "Bucket", "Uri"]))),
)
def test_no_values_that_the_parameters_allow_make_a_policy_larger_than_its_size(
    place_: tuple[str, str], values: dict[str, str], names: list[list[str]]
) -> None:
    resources = [arn("s3", *(part for name in one for part in (Token(name), "/"))) for one in names]
    document = PolicyDocument((statement("A", ["s3:GetObject"], resources or ["x"]),))
    shapes = {
        "Bucket": ParameterDeclaration("Bucket", "String", "b", allowed_pattern="[a-z.]{3,63}"),
        "Uri": ParameterDeclaration("Uri", "String", "s3://b/k"),
    }
    partition, region = place_
    known = {**VALUES, **values, "AWS::Partition": partition, "AWS::Region": region}
    real = json.dumps(resolve(to_template(document), known), separators=(",", ":"))
    assert len(real) <= policy_size(document, shapes)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_policy_without_tokens_has_the_size_of_its_compact_json(count: int) -> None:
    statements = [
        statement(f"S{n}", ["s3:GetObject", "s3:PutObject"], [f"arn:{n}", "b"], [("Bool", "a:b", ("true",))])
        for n in range(count)
    ]
    document = PolicyDocument(tuple(statements))
    assert policy_size(document, {}) == len(compact(document))


@pytest.mark.parametrize(
    ("pieces", "characters"),
    [
        (("AWS::AccountId",), 12),
        (("PipelineName",), 40),
        (("TargetEnv",), 16),
        (("AWS::Partition",), len("aws-us-gov")),
        (("AWS::Region",), len("us-isof-south-1")),
        (("AWS::Partition", "AWS::Region"), len("aws-us-gov") + len("us-gov-west-1") + 1),
        (("AWS::Region", "AWS::URLSuffix"), len("cn-northwest-1") + len("amazonaws.com.cn")),
        (("Unheard",), ROOM),
    ],
)
def test_a_token_counts_as_the_longest_that_it_may_become(pieces: tuple[str, ...], characters: int) -> None:
    empty = policy_size(PolicyDocument((Statement("A", ("a:B",), ("",)),)), {})
    value = text(*map(Token, pieces))
    # One partition's name, region and suffix are never those of two partitions.
    assert policy_size(PolicyDocument((Statement("A", ("a:B",), (value,)),)), {}) - empty in (
        characters,
        characters - 1,
    )


def test_partitions_are_those_that_the_sdks_know() -> None:
    known = botocore.session.get_session().get_data("partitions")["partitions"]
    found = [
        (
            entry["id"],
            max(len(name) for name in entry["regions"] if not name.endswith("-global")),
            len(entry["outputs"]["dnsSuffix"]),
        )
        for entry in known
    ]
    assert sorted(found) == sorted(PARTITIONS)


def test_an_expression_counts_as_the_longest_of_its_branches() -> None:
    created = len("arn:aws-us-gov:iam::111122223333:role/") + 64
    assert text_size(Text((SAGEMAKER_ROLE,)).pieces[0].value, {}) == created + 2  # type: ignore[union-attr]
    assert text_size(get_att("Role", "Arn"), {}) == created + 2
    assert text_size(sub("a-${PipelineName}-${!b}", {}), {}) == len('"a--${b}"') + 40
    assert text_size(sub("${V}", {"V": sub("${AWS::AccountId}!")}), {}) == 15


@pytest.mark.parametrize(
    ("declared", "characters"),
    [
        (ParameterDeclaration("A", "String", "data"), 4 + ROOM),
        (ParameterDeclaration("A", "String"), ROOM),
        (ParameterDeclaration("A", "String", "a", allowed_values=("a", "longer")), 6),
        (ParameterDeclaration("A", "String", "a", allowed_pattern="[a-z]{3,63}"), 63),
        (ParameterDeclaration("A", "String", "a", allowed_pattern="^$|^s3://(a|bcd)/x?$"), 10),
        (ParameterDeclaration("A", "String", "a", allowed_pattern="[a-z]+"), 1 + ROOM),
        (ParameterDeclaration("A", "String", "a", allowed_pattern="[a-z]{1,5000}"), 1 + ROOM),
        (ParameterDeclaration("A", "String", "a", allowed_pattern="\\p{Alpha}("), 1 + ROOM),
        (ParameterDeclaration("A", "String", "a", max=LONGEST_VALUE), LONGEST_VALUE),
        (ParameterDeclaration("A", "String", "a", max=7), 7),
        (ParameterDeclaration("A", "String", "a", max=LONGEST_VALUE + 1), 1 + ROOM),
        (ParameterDeclaration("A", "String", "a", allowed_pattern="[a-z]{1,50}", max=7), 7),
        (ParameterDeclaration("A", "String", "a", allowed_pattern="[a-z]{1,5}", max=7), 5),
        (ParameterDeclaration("A", "String", "longer", max=3), 6),
        (ParameterDeclaration("A", "Number", 5), 20),
        (ParameterDeclaration("A", "Number", 5, min=-10, max=100), 3),
        (ParameterDeclaration("A", "Number", 0.5, min=0, max=1), 20),
        (ParameterDeclaration("A", "Number", 5, allowed_values=(5, 1000)), 4),
    ],
)
def test_the_longest_value_of_a_parameter(declared: ParameterDeclaration, characters: int) -> None:
    assert longest(declared) == characters


def test_a_policy_of_just_the_limit_stays_inline() -> None:
    fits = PolicyDocument((one("A", INLINE - 38),))
    assert policy_size(fits, {}) == INLINE
    assert place(fits, {}).managed == ()


def test_what_does_not_fit_inline_is_in_managed_policies() -> None:
    document = PolicyDocument(tuple(one(f"S{n:02}", 3_000) for n in range(8)))
    placed = place(document, {})
    assert [len(part.statements) for part in (placed.inline, *placed.managed)] == [3, 2, 2, 1]
    assert policy_size(placed.inline, {}) <= INLINE
    assert all(policy_size(part, {}) <= MANAGED for part in placed.managed)
    every = [item for part in (placed.inline, *placed.managed) for item in part.statements]
    assert sorted(every, key=lambda item: item.sid) == list(document.statements)


@pytest.mark.parametrize("action", ["logs:CreateLogDelivery", "events:PutRule", "xray:PutTraceSegments"])
def test_what_is_tried_when_the_machine_is_made_stays_inline(action: str) -> None:
    others = (one(f"A{n}", 5_000) for n in range(4))
    placed = place(PolicyDocument((*others, one("Z", 5_000, action))), {})
    assert [item.sid for item in placed.inline.statements] == ["A0", "Z"]


def test_a_statement_that_fits_nowhere_is_parted_by_its_resources() -> None:
    resources = [f"arn:aws:sns:eu-west-1:111122223333:{n:04}" for n in range(700)]
    placed = place(PolicyDocument((statement("Publish", ["sns:Publish"], resources),)), {})
    parts = (placed.inline, *placed.managed)
    assert sorted(r for part in parts for item in part.statements for r in item.resources) == resources
    assert all(policy_size(part, {}) <= MANAGED for part in placed.managed)
    assert policy_size(placed.inline, {}) <= INLINE
    for part in parts:
        assert [item.sid for item in part.statements] == ["Publish"]


def publishing(count: int) -> Any:
    """A workflow that publishes to so many topics of 200 characters each, all of them different."""
    return define(
        {
            f"P{n}": task(
                PUBLISH, {"TopicArn": f"arn:aws:sns:eu-west-1:111122223333:{'x' * 160}{n:04}", "Message": "x"}
            )
            for n in range(count)
        }
    )


def test_managed_policies_hang_on_the_role_itself_and_have_no_names() -> None:
    settings = IamSettings(
        role_path="/ml/", workflow_role=RoleSettings(managed_policies=("arn:aws:iam::aws:policy/X",))
    )
    found = derive(publishing(60), settings).resources
    assert list(found) == ["WorkflowExecutionRole", "WorkflowExecutionPolicy1"]
    role = found["WorkflowExecutionRole"]["Properties"]
    assert [getattr(arn, "argument", arn) for arn in role["ManagedPolicyArns"]] == [
        "WorkflowExecutionPolicy1",
        "arn:aws:iam::aws:policy/X",
    ]
    assert role["Policies"][0]["PolicyName"] == "states"
    policy = found["WorkflowExecutionPolicy1"]
    assert (policy["Type"], policy["Condition"]) == (
        "AWS::IAM::ManagedPolicy",
        "CreateWorkflowExecutionRole",
    )
    assert list(policy["Properties"]) == ["Path", "PolicyDocument"]
    assert policy["Properties"]["Path"] == role["Path"] == "/ml/"


def refusal(definition: Any, settings: IamSettings) -> tuple[str, str, str]:
    with pytest.raises(PolicyError) as caught:
        derive(definition, settings)
    (found,) = caught.value.diagnostics
    assert found.code == "SFN515"
    return str(found.location), found.message, found.hint


def test_more_managed_policies_than_a_role_takes_are_an_error_at_the_workflow() -> None:
    attached = RoleSettings(managed_policies=("arn:aws:iam::aws:policy/X", "arn:aws:iam::aws:policy/Y"))
    settings = IamSettings(workflow_role=attached, managed_policies_per_role=4)
    assert refusal(publishing(120), settings) == (
        "workflows/train.py:1",
        (
            "the policy of role 'WorkflowExecutionRole' may have 24,352 characters, which need 3 managed policies "
            "beside 2 of the settings; a role takes 4"
        ),
        "part the workflow, limit its parameters, or raise IAM's quota and managed_policies_per_role",
    )


def test_a_quota_that_was_raised_gives_room() -> None:
    assert len(derive(publishing(420), IamSettings(managed_policies_per_role=20)).resources) > 11


def test_a_resource_that_no_policy_has_room_for_is_an_error_at_the_workflow() -> None:
    long = ParameterDeclaration("Topic", "String", "arn:aws:sns:::x", max=4_000)
    more = ParameterDeclaration("Other", "String", "arn:aws:sns:::x", max=4_000)
    last = ParameterDeclaration("Third", "String", "arn:aws:sns:::x", max=4_000)
    names = "${Topic}${Other}${Third}"
    definition = define(
        {"P": task(PUBLISH, {"TopicArn": f"arn:aws:sns:eu-west-1:1:{names}", "Message": "x"})},
        (long, more, last),
    )
    assert refusal(definition, IamSettings()) == (
        "workflows/train.py:1",
        "statement 'SnsPublish' of role 'WorkflowExecutionRole' has a resource that no policy has room for",
        "limit its parameters by allowed_values, or by an allowed_pattern such as [a-z0-9-]{1,63}",
    )


def test_a_trust_policy_that_is_too_long_is_an_error_at_the_workflow() -> None:
    definition = define({})
    object.__setattr__(definition.workflow, "name", "w" * 700)
    assert refusal(definition, IamSettings()) == (
        "workflows/train.py:1",
        "the trust policy of role 'WorkflowExecutionRole' may have 2,702 characters, 2,048 are allowed",
        "shorten the workflow's name",
    )
