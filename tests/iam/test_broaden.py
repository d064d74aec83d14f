from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.building import define, matches, task
from sfn_cfn import iam
from sfn_cfn.errors import Severity, SourceLocation
from sfn_cfn.iam import broaden, cover
from sfn_cfn.iam.granted import permissions
from sfn_cfn.template import text, yaml
from sfn_cfn.template.intrinsics import Intrinsic, equals, find_in_map, if_, ref, sub
from sfn_cfn.template.model import Template

HERE = SourceLocation("templates/train.yaml")
BUCKET = "arn:${AWS::Partition}:s3:::data"
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "states.amazonaws.com"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")}},
}


def allow(action: Any, resource: Any, condition: Any = None, **more: Any) -> dict[str, Any]:
    found = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return {**found, "Condition": condition} if condition else found


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(*statements: Any, trust: Any = TRUST, **properties: Any) -> dict[str, Any]:
    inline = {"Policies": [{"PolicyName": "p", "PolicyDocument": policy(*statements)}]} if statements else {}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": policy(trust), **inline, **properties},
    }


def template(*statements: Any, **properties: Any) -> Template:
    return Template(resources={"Role": role(*statements, **properties)})


def messages(old: Template, new: Template) -> list[str]:
    return [one.message for one in broaden.compare(old, new, HERE)]


READ = allow("s3:GetObject", sub(f"{BUCKET}/train*"))

WIDER = {
    "an action": (
        [READ],
        [READ, allow("sagemaker:StopTrainingJob", sub("arn:aws:sagemaker:::training-job/x"))],
        "role 'Role' may now call 'sagemaker:StopTrainingJob' on 'arn:aws:sagemaker:::training-job/x'",
    ),
    "two actions on one resource": (
        [READ],
        [READ, allow(["s3:PutObject", "s3:DeleteObject"], "x")],
        "role 'Role' may now call 's3:DeleteObject' and 's3:PutObject' on 'x'",
    ),
    "a resource": (
        [READ],
        [READ, allow("s3:GetObject", sub(f"{BUCKET}/test*"))],
        f"role 'Role' may now call 's3:GetObject' on '{BUCKET}/test*'",
    ),
    "a wider pattern": (
        [READ],
        [allow("s3:GetObject", sub(f"{BUCKET}/*"))],
        f"role 'Role' may now call 's3:GetObject' on '{BUCKET}/*', a wider pattern than '{BUCKET}/train*'",
    ),
    "a pattern of actions": (
        [READ],
        [allow("s3:Get*", sub(f"{BUCKET}/train*"))],
        f"role 'Role' may now call 's3:Get*' on '{BUCKET}/train*'",
    ),
    "a parameter in place of a name": (
        [allow("s3:GetObject", "arn:aws:s3:::data/*")],
        [allow("s3:GetObject", sub("arn:aws:s3:::${DataBucket}/*"))],
        "role 'Role' may now call 's3:GetObject' on 'arn:aws:s3:::${DataBucket}/*'",
    ),
    "a condition dropped": (
        [allow("iam:PassRole", "r", {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}})],
        [allow("iam:PassRole", "r")],
        (
            "role 'Role' may now call 'iam:PassRole' on 'r' without the condition 'StringEquals "
            "iam:PassedToService' ('sagemaker.amazonaws.com')"
        ),
    ),
    "a value more in a condition": (
        [allow("iam:PassRole", "r", {"StringEquals": {"iam:PassedToService": "a"}})],
        [allow("iam:PassRole", "r", {"StringEquals": {"iam:PassedToService": ["a", "b"]}})],
        "role 'Role' may now call 'iam:PassRole' on 'r' where 'iam:PassedToService' (StringEquals) is 'b' too",
    ),
    "an operator that forgives a missing key": (
        [allow("a:B", "r", {"StringEquals": {"k": "v"}})],
        [allow("a:B", "r", {"StringEqualsIfExists": {"k": "v"}})],
        "role 'Role' may now call 'a:B' on 'r' without the condition 'StringEquals k' ('v')",
    ),
    "less excluded": (
        [allow("a:B", "x", {"StringNotEquals": {"k": ["a", "b"]}})],
        [allow("a:B", "x", {"StringNotEquals": {"k": "a"}})],
        "role 'Role' may now call 'a:B' on 'x' without the condition 'StringNotEquals k' ('a' and 'b')",
    ),
    "a text that became a pattern": (
        [allow("a:B", "x", {"StringEquals": {"k": "a*"}})],
        [allow("a:B", "x", {"StringLike": {"k": "a*"}})],
        "role 'Role' may now call 'a:B' on 'x' without the condition 'StringEquals k' ('a*')",
    ),
    "a call under a condition": (
        [READ],
        [READ, allow("iam:PassRole", "r", {"StringEquals": {"iam:PassedToService": "a"}})],
        "role 'Role' may now call 'iam:PassRole' on 'r', only where 'iam:PassedToService' (StringEquals) is 'a'",
    ),
    "all but one action": (
        [READ],
        [READ, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        "role 'Role' may now call 'all but iam:*' on '*'",
    ),
    "a denial gone": (
        [READ, {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "secret"}],
        [READ],
        "role 'Role' is no longer denied 's3:GetObject' on 'secret'",
    ),
    "a denial under a condition": (
        [READ, {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "x"}],
        [
            READ,
            {
                "Effect": "Deny",
                "Action": "s3:GetObject",
                "Resource": "x",
                "Condition": {"Bool": {"k": "true"}},
            },
        ],
        "role 'Role' is no longer denied 's3:GetObject' on 'x'",
    ),
    "a statement without its template condition": (
        [READ, if_("IsProd", allow("a:B", "r"), ref("AWS::NoValue"))],
        [READ, allow("a:B", "r")],
        "role 'Role' may now call 'a:B' on 'r', also where 'IsProd' does not hold",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), WIDER.values(), ids=WIDER)
def test_a_widening_is_told_in_words(old: list[Any], new: list[Any], message: str) -> None:
    assert messages(template(*old), template(*new)) == [message]


NARROWER = {name: case for name, case in WIDER.items() if name != "a parameter in place of a name"}


@pytest.mark.parametrize(("new", "old", "_message"), NARROWER.values(), ids=NARROWER)
def test_what_is_taken_away_is_silent(old: list[Any], new: list[Any], _message: str) -> None:
    assert messages(template(*old), template(*new)) == []


SAME = {
    "the order": ([READ, allow("a:B", ["x", "y"])], [allow("a:B", ["y", "x"]), READ]),
    "Sids": ([{**READ, "Sid": "One"}], [{**READ, "Sid": "Two"}]),
    "statements merged": ([allow("a:B", "x"), allow("a:C", "x")], [allow(["a:B", "a:C"], "x")]),
    "letters of an action": ([allow("s3:getobject", "x")], [allow("s3:GetObject", "x")]),
    "a long form": ([READ], [allow("s3:GetObject", {"Fn::Sub": f"{BUCKET}/train*"})]),
    "a join": (
        [READ],
        [allow("s3:GetObject", {"Fn::Join": ["", ["arn:", ref("AWS::Partition"), ":s3:::data/train*"]]})],
    ),
    "a variable of a text": (
        [READ],
        [allow("s3:GetObject", sub("arn:${P}:s3:::data/train*", {"P": ref("AWS::Partition")}))],
    ),
    "a name below a pattern": ([READ], [allow("s3:GetObject", sub(f"{BUCKET}/train/${{Day}}/x"))]),
    "a narrower condition": (
        [allow("a:B", "x", {"StringLike": {"s3:prefix": ["a*", "b"]}})],
        [allow("a:B", "x", {"StringEquals": {"S3:prefix": "abc"}})],
    ),
    "statements merged over the values of a condition": (
        [allow("a:B", "x", {"StringLike": {"k": "a"}}), allow("a:B", "x", {"StringLike": {"k": "b"}})],
        [allow("a:B", "x", {"StringLike": {"k": ["a", "b"]}})],
    ),
    "more excluded": (
        [allow("a:B", "x", {"StringNotEquals": {"k": "a"}})],
        [allow("a:B", "x", {"StringNotEquals": {"k": ["a", "b"]}})],
    ),
    "both spellings of an ARN's operator": (
        [allow("a:B", "x", {"ArnEquals": {"k": "arn:*"}})],
        [allow("a:B", "x", {"ArnLike": {"k": "arn:a"}})],
    ),
    "a choice that stays": (
        [allow("a:B", if_("C", "x", "y"))],
        [allow("a:B", [if_("C", ref("AWS::NoValue"), "y"), if_("C", "x", ref("AWS::NoValue"))])],
    ),
}


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME)
def test_another_way_to_write_it_is_silent(old: list[Any], new: list[Any]) -> None:
    assert messages(template(*old), template(*new)) == []


@pytest.mark.parametrize(
    "attachment",
    [
        {"Roles": [ref("Role")]},
        {"Roles": [{"Ref": "Role"}]},
    ],
)
def test_a_policy_that_became_a_resource_is_silent(attachment: Mapping[str, Any]) -> None:
    managed = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"PolicyDocument": policy(READ), **attachment},
    }
    moved = Template(resources={"Role": role(), "Managed": managed})
    assert messages(template(READ), moved) == []
    assert messages(moved, template(READ)) == []


def test_a_policy_attached_by_the_role_is_the_roles() -> None:
    managed = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy(READ)}}
    moved = Template(resources={"Role": role(ManagedPolicyArns=[ref("Managed")]), "Managed": managed})
    assert messages(template(READ), moved) == []
    wider = replace(
        moved,
        resources={
            **moved.resources,
            "Managed": {**managed, "Properties": {"PolicyDocument": policy(allow("a:B", "x"))}},
        },
    )
    assert messages(template(READ), wider) == ["role 'Role' may now call 'a:B' on 'x'"]


def test_a_moved_policy_under_the_roles_own_condition_is_silent() -> None:
    own = {**role(READ), "Condition": "Create"}
    managed = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Condition": "Create",
        "Properties": {"PolicyDocument": policy(READ), "Roles": [ref("Role")]},
    }
    moved = Template(resources={"Role": {**role(), "Condition": "Create"}, "Managed": managed})
    assert messages(Template(resources={"Role": own}), moved) == []


def test_a_policy_attached_under_a_condition_is_the_roles_under_it_only() -> None:
    managed = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy(READ)}}
    choice = if_("IsProd", ref("Managed"), ref("AWS::NoValue"))
    old = Template(resources={"Role": role(ManagedPolicyArns=[choice]), "Managed": managed})
    assert messages(old, template(READ)) == [
        f"role 'Role' may now call 's3:GetObject' on '{BUCKET}/train*', also where 'IsProd' does not hold"
    ]
    assert messages(template(READ), old) == []


def test_a_policy_of_no_role_of_the_template_is_compared_by_its_own_name() -> None:
    def of(*statements: Any) -> Template:
        properties = {"PolicyDocument": policy(*statements), "Roles": ["other"]}
        return Template(resources={"Shared": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}})

    assert messages(of(READ), of(READ, allow("a:B", "x"))) == ["policy 'Shared' may now call 'a:B' on 'x'"]


def test_a_role_that_is_new_is_one_finding_with_all_that_it_may_do() -> None:
    found = broaden.compare(Template(), template(READ, allow(["a:B", "a:C", "a:D"], "x")), HERE)
    assert [one.message for one in found] == [
        "role 'Role' is new, and may call 'a:B', 'a:C', 'a:D' and 's3:GetObject'"
    ]
    assert found[0].detail == (
        f"s3:GetObject on {BUCKET}/train*\na:B, a:C, a:D on x\nassumed by Service states.amazonaws.com"
    )


def test_a_role_that_is_gone_is_silent() -> None:
    assert messages(template(READ), Template()) == []


def test_a_new_principal_and_a_dropped_condition_of_the_trust_policy_are_told() -> None:
    other = {**TRUST, "Principal": {"Service": ["states.amazonaws.com", "lambda.amazonaws.com"]}}
    assert messages(template(READ), template(READ, trust=other)) == [
        (
            "role 'Role' may now be assumed by 'Service lambda.amazonaws.com', only where 'aws:SourceAccount' "
            "(StringEquals) is '${AWS::AccountId}'"
        )
    ]
    bare = {key: value for key, value in TRUST.items() if key != "Condition"}
    assert messages(template(READ), template(READ, trust=bare)) == [
        (
            "role 'Role' may now be assumed by 'Service states.amazonaws.com' without the condition 'StringEquals "
            "aws:SourceAccount' ('${AWS::AccountId}')"
        )
    ]


def test_a_new_managed_policy_is_told() -> None:
    new = template(READ, ManagedPolicyArns=[sub("arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess")])
    assert messages(template(READ), new) == [
        "role 'Role' now has the managed policy 'arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess'"
    ]
    assert messages(new, new) == []


def test_a_managed_policy_that_lost_its_condition_is_told() -> None:
    old = template(READ, ManagedPolicyArns=[if_("IsProd", "arn:x", ref("AWS::NoValue"))])
    assert messages(old, template(READ, ManagedPolicyArns=["arn:x"])) == [
        "role 'Role' now has the managed policy 'arn:x'"
    ]


def test_a_denial_in_a_trust_policy_that_is_gone_is_told() -> None:
    deny = {**TRUST, "Effect": "Deny", "Principal": {"AWS": "*"}}
    old = template(READ)
    both: Any = role(READ)
    both["Properties"]["AssumeRolePolicyDocument"] = policy(TRUST, deny)
    assert messages(Template(resources={"Role": both}), old) == [
        "role 'Role' is no longer denied 'sts:AssumeRole' on 'AWS *'"
    ]


def test_a_permissions_boundary_that_is_gone_or_another_is_told() -> None:
    old = template(READ, PermissionsBoundary=ref("Boundary"))
    assert messages(old, template(READ)) == [
        "role 'Role' has no permissions boundary any more; it had '${Boundary}'"
    ]
    assert messages(old, template(READ, PermissionsBoundary="arn:x")) == [
        "role 'Role' has the permissions boundary 'arn:x' in place of '${Boundary}'"
    ]
    some = template(READ, PermissionsBoundary=if_("IsProd", ref("Boundary"), ref("AWS::NoValue")))
    assert messages(old, some) == [
        "role 'Role' has the permissions boundary '${Boundary}' only where 'IsProd' holds"
    ]
    assert messages(some, old) == []
    assert messages(template(READ), old) == []


def test_a_role_without_its_template_condition_is_told() -> None:
    old = Template(resources={"Role": {**role(READ), "Condition": "Create"}})
    assert messages(old, template(READ)) == [
        f"role 'Role' may now call 's3:GetObject' on '{BUCKET}/train*', also where 'Create' does not hold",
        "role 'Role' may now be assumed by 'Service states.amazonaws.com', also where 'Create' does not hold",
    ]


def test_a_template_condition_that_means_something_else_is_another() -> None:
    body = template(if_("C", allow("a:B", "x"), ref("AWS::NoValue")))
    old = replace(body, conditions={"C": equals(ref("Env"), "prod")})
    new = replace(body, conditions={"C": equals(ref("Env"), "dev")})
    assert messages(old, new) == ["role 'Role' may now call 'a:B' on 'x', also where 'C' does not hold"]
    assert messages(old, replace(body, conditions={"C": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}})) == []


def test_a_condition_made_of_another_one_changes_with_it() -> None:
    body = template(if_("Both", allow("a:B", "x"), ref("AWS::NoValue")))
    both = Intrinsic("And", (Intrinsic("Condition", "C"), equals(ref("A"), "b")))
    old = replace(body, conditions={"C": equals(ref("Env"), "prod"), "Both": both})
    new = replace(body, conditions={"C": equals(ref("Env"), "dev"), "Both": both})
    long = {"Fn::And": [{"Condition": "C"}, {"Fn::Equals": [{"Ref": "A"}, "b"]}]}
    assert messages(old, replace(old, conditions={**old.conditions, "Both": long})) == []
    for condition in (both, long):
        changed = replace(new, conditions={**new.conditions, "Both": condition})
        assert messages(old, changed) == [
            "role 'Role' may now call 'a:B' on 'x', also where 'Both' does not hold"
        ]


def test_a_mapping_with_another_value_is_told_and_one_with_a_region_more_is_not() -> None:
    body = template(
        allow(
            "ecr:BatchGetImage", sub("arn:aws:ecr:::${A}", {"A": find_in_map("M", ref("AWS::Region"), "a")})
        )
    )
    old = replace(body, mappings={"M": {"eu-west-1": {"a": "1"}}})
    more = replace(body, mappings={"M": {"eu-west-1": {"a": "1"}, "eu-west-2": {"a": "2"}}})
    other = replace(body, mappings={"M": {"eu-west-1": {"a": "3"}}})
    assert messages(old, more) == []
    assert messages(more, old) == []
    assert messages(old, other) == [
        "role 'Role' may now call 'ecr:BatchGetImage' on 'arn:aws:ecr:::${FindInMap (changed)(M, AWS::Region, a)}'"
    ]


def test_a_finding_is_a_warning_at_the_template() -> None:
    (found,) = broaden.compare(template(READ), template(READ, allow("a:B", "x")), HERE)
    assert (found.code, found.severity, found.location) == ("SFN590", Severity.WARNING, HERE)
    assert found.hint == "see that the workflow needs it: 'sfn-cfn explain-policy' says which state does"


def derived(states: Mapping[str, Any]) -> Template:
    found = iam.derive(define(states))
    return Template(
        parameters=found.parameters,
        conditions=found.conditions,
        resources=found.resources,
        outputs=found.outputs,
    )


TRAIN = {
    "TrainingJobName": "churn",
    "RoleArn": "${SageMakerRole}",
    "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
}
START = "arn:aws:states:::sagemaker:createTrainingJob"


def test_a_workflow_that_waits_for_its_job_may_do_more_than_one_that_does_not() -> None:
    found = messages(derived({"T": task(START, TRAIN)}), derived({"T": task(f"{START}.sync", TRAIN)}))
    job = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:training-job/churn"
    rule = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/"
    assert sorted(found) == [
        (
            "role 'WorkflowExecutionRole' may now call 'events:DescribeRule', 'events:PutRule' and "
            f"'events:PutTargets' on '{rule}StepFunctionsGetEventsForSageMakerTrainingJobsRule'"
        ),
        (
            "role 'WorkflowExecutionRole' may now call 'sagemaker:DescribeTrainingJob' and "
            f"'sagemaker:StopTrainingJob' on '{job}'"
        ),
    ]


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_derived_role_read_from_its_text_is_the_same(form: str) -> None:
    made = derived({"T": task(f"{START}.sync", TRAIN)})
    again = yaml.load(text.render(made, form), "templates/train.yaml")
    assert messages(made, again) == []
    assert messages(again, made) == []


def test_every_step_of_the_alphabet_is_held_as_iam_does() -> None:
    letters = "ab*?"
    for size, other in itertools.product(range(4), range(4)):
        for wide in map("".join, itertools.product(letters, repeat=size)):
            for narrow in map("".join, itertools.product(letters, repeat=other)):
                if cover.holds(wide, narrow):
                    assert all(matches(wide, one) for one in samples(narrow)), (wide, narrow)


def samples(pattern: str) -> list[str]:
    """Texts that a pattern matches, with letters that stand in no pattern."""
    parts = [{"*": ("", "a", "zz"), "?": ("b", "z")}.get(letter, (letter,)) for letter in pattern]
    return ["".join(one) for one in itertools.product(*parts)]


ACTIONS = ("s3:GetObject", "s3:PutObject")
NAMES = ("a", "ab", "abc", "b", "bc")
PATTERNS = (*NAMES, "a*", "ab*", "b*", "*")
VALUES = ("x", "xy", "y")
CONDITIONS = (None, *({"StringLike": {"k": one}} for one in ("x", "x*", "y", ["x", "y"], "*")))


@st.composite
def policies(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Statements on few names, so that two of them often overlap."""
    size = draw(st.integers(0, 3))
    return [
        allow(
            draw(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2)),
            draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2)),
            draw(st.sampled_from(CONDITIONS)),
        )
        for _ in range(size)
    ]


CALLS = tuple(itertools.product(ACTIONS, (*NAMES, "abz", "az", "bz", "z"), (*VALUES, "xz", "z", None)))


def is_allowed(statements: list[dict[str, Any]], call: tuple[str, str, str | None]) -> bool:
    action, resource, value = call
    return any(
        one.action == action
        and matches(one.resource, resource)
        and all(
            value is not None and any(matches(wanted, value) for wanted in values)
            for _, _, values in one.conditions
        )
        for one in permissions(statements)
    )


@given(policies(), policies())
def test_there_is_a_finding_where_a_call_is_allowed_that_was_not_and_nowhere_else(
    old: list[Any], new: list[Any]
) -> None:
    more = [call for call in CALLS if is_allowed(new, call) and not is_allowed(old, call)]
    assert bool(messages(template(*old, READ), template(*new, READ))) == bool(more)


KEYS = (
    *(
        "Fn::If",
        "Fn::Sub",
        "Fn::Join",
        "Fn::GetAtt",
        "Fn::FindInMap",
        "Ref",
        "Condition",
        "Type",
        "Properties",
    ),
    *("Policies", "PolicyDocument", "Statement", "Effect", "Action", "NotAction", "Resource", "Principal"),
    *("AssumeRolePolicyDocument", "ManagedPolicyArns", "PermissionsBoundary", "Roles", "StringEquals"),
)
LEAVES = st.sampled_from(
    ["Allow", "*", "${A}", "${", "AWS::NoValue", "AWS::IAM::Role", "AWS::IAM::Policy", "", None, True, 1]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)


@given(TREES, TREES, st.sampled_from(["AWS::IAM::Role", "AWS::IAM::ManagedPolicy"]))
def test_any_template_can_be_compared_with_any_other(one: Any, other: Any, kind: str) -> None:
    old, new = (
        Template(resources={"R": {"Type": kind, "Properties": value}, "S": value}, conditions={"C": value})
        for value in (one, other)
    )
    assert messages(old, old) == []
    messages(old, new)


@given(TREES)
def test_a_policy_of_any_form_is_not_wider_than_itself(value: Any) -> None:
    body = template(
        value, allow(value, "x"), allow("a:B", value), allow("a:B", "x", {"StringEquals": {"k": value}})
    )
    assert messages(body, body) == []
