from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from iam.building import define, task
from sfn_cfn import iam
from sfn_cfn.iam import table
from sfn_cfn.iam.entries import Entry, Grant, Job
from sfn_cfn.iam.explain import explain, reason
from sfn_cfn.iam.table.reasons import ADDED, ITSELF, PART, REASONS
from sfn_cfn.machine_rights import TRACING
from sfn_cfn.model import Explanation
from sfn_cfn.template.intrinsics import sub
from sfn_cfn.template.model import Template

HERE = Path(__file__).parent
CASES = [
    pytest.param({"Call": task(case["resource"], case["parameters"])}, id=case["name"])
    for folder in ("cases", "sdk_cases")
    for path in sorted((HERE / folder).glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    if "resource" in case and "parameters" in case
]
TRAIN = {
    "TrainingJobName": "churn",
    "RoleArn": "${SageMakerRole}",
    "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
}
START = "arn:aws:states:::sagemaker:createTrainingJob"
JOB = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:training-job/churn"


def explained(states: Mapping[str, Any], **more: Any) -> tuple[Explanation, ...]:
    definition = define(states)
    made = iam.derive(definition)
    return explain(definition, Template(resources={**made.resources, **more}))


def of_sid(rows: tuple[Explanation, ...], sid: str) -> list[Explanation]:
    return [one for one in rows if one.sid == sid]


def test_a_state_is_named_with_its_call_its_statement_and_the_reason() -> None:
    rows = explained({"Train": task(f"{START}.sync", TRAIN)})
    assert of_sid(rows, "PassRole") == [
        Explanation(
            role="WorkflowExecutionRole",
            state="Train",
            place="workflows/train.py:10",
            call="sagemaker:createTrainingJob.sync",
            sid="PassRole",
            actions=("iam:PassRole",),
            resources=("${SageMakerRole}",),
            conditions=("StringEquals iam:PassedToService = sagemaker.amazonaws.com",),
            why="passes the role to the service that works under it, and to no other service",
        )
    ]
    (job,) = of_sid(rows, "SageMakerTrainingJob")
    assert job.resources == (JOB,)
    assert job.actions == (
        "sagemaker:AddTags",
        "sagemaker:CreateTrainingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:ListTags",
        "sagemaker:StopTrainingJob",
    )


def test_what_the_jobs_role_needs_is_of_the_state_that_starts_the_job() -> None:
    rows = explained({"Train": task(START, TRAIN)})
    (write,) = of_sid(rows, "S3Write")
    assert (write.role, write.state, write.call) == (
        "SageMakerExecutionRole",
        "Train",
        "sagemaker:createTrainingJob",
    )
    assert write.resources == ("arn:${AWS::Partition}:s3:::data/models/*",)


def test_a_statement_of_two_states_is_told_for_each_with_its_own_resources() -> None:
    other = {**TRAIN, "TrainingJobName": "other", "OutputDataConfig": {"S3OutputPath": "s3://data/others"}}
    rows = explained({"One": task(START, TRAIN), "Two": task(START, other)})
    assert [(one.state, one.resources) for one in of_sid(rows, "S3Write")] == [
        ("One", ("arn:${AWS::Partition}:s3:::data/models/*",)),
        ("Two", ("arn:${AWS::Partition}:s3:::data/others/*",)),
    ]
    assert [one.state for one in of_sid(rows, "PutMetrics")] == ["One", "Two"]
    assert [one.conditions for one in of_sid(rows, "S3List")] == [
        ("StringLike s3:prefix = models or models/*",),
        ("StringLike s3:prefix = others or others/*",),
    ]


def test_a_resource_that_a_wider_one_swallowed_is_still_told() -> None:
    rows = explained(
        {
            "One": task("arn:aws:states:::sns:publish", {"TopicArn": "arn:aws:sns:eu-west-1:111122223333:t"}),
            "Any": task("arn:aws:states:::sns:publish", {"TopicArn.$": "$.topic"}),
        }
    )
    assert [(one.state, one.sid) for one in rows if one.state] == [
        ("One", "SnsPublish"),
        ("Any", "SnsPublish"),
    ]


def renamed(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: "Other" if key == "Sid" else renamed(item) for key, item in node.items()}
    return [renamed(item) for item in node] if isinstance(node, list) else node


def test_a_statement_is_found_by_what_it_allows_whatever_its_sid_is() -> None:
    definition = define({"Train": task(f"{START}.sync", TRAIN)})
    rows = explain(definition, Template(resources=renamed(iam.derive(definition).resources)))
    assert {(one.sid, one.state) for one in rows} == {("Other", "Train"), ("", "")}


def test_a_statement_that_became_narrower_than_the_need_is_told_as_it_stands() -> None:
    definition = define({"Tell": task("arn:aws:states:::sns:publish", {"TopicArn.$": "$.topic"})})
    role: Any = iam.derive(definition).resources["WorkflowExecutionRole"]
    (policy,) = role["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    topic = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:alerts"
    narrower = {**policy, "PolicyDocument": {"Statement": [{**statement, "Resource": sub(topic)}]}}
    rows = explain(
        definition,
        Template(
            resources={
                "WorkflowExecutionRole": {
                    **role,
                    "Properties": {**role["Properties"], "Policies": [narrower]},
                }
            }
        ),
    )
    assert [(one.state, one.resources) for one in of_sid(rows, "SnsPublish")] == [("Tell", (topic,))]


def test_a_policy_that_is_parted_is_explained_whole() -> None:
    rows = explained(
        {f"T{number}": task(START, {**TRAIN, "TrainingJobName": f"a{number}"}) for number in range(150)}
    )
    assert not [one for one in rows if not one.state and one.actions != ("sts:AssumeRole",)]
    found = {sid for sid in (one.sid for one in rows) if sid.startswith("SageMakerTrainingJob")}
    assert found >= {"SageMakerTrainingJob"}


def test_a_bare_function_is_called_by_its_arn() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:f"
    (row,) = of_sid(explained({"Call": task(arn)}), "LambdaInvoke")
    assert (row.call, row.why) == (arn, "calls the function")


def test_an_aws_sdk_call_has_a_reason_made_of_its_action() -> None:
    copy = {"Bucket": "out", "Key": "k", "CopySource": "in/k"}
    rows = explained({"Copy": task("arn:aws:states:::aws-sdk:s3:copyObject", copy)})
    made = {(one.call, one.actions, one.why) for one in rows if one.state}
    assert ("aws-sdk:s3:copyObject", ("s3:GetObject", "s3:GetObjectTagging"), PART) in made
    rows = explained(
        {"Describe": task("arn:aws:states:::aws-sdk:ecr:describeImages", {"RepositoryName": "r"})}
    )
    assert [(one.actions, one.why) for one in rows if one.state] == [(("ecr:DescribeImages",), ITSELF)]


def test_who_may_assume_a_role_is_told_without_a_state() -> None:
    rows = [one for one in explained({"Train": task(START, TRAIN)}) if one.actions == ("sts:AssumeRole",)]
    assert [(one.role, one.state, one.resources, one.why) for one in rows] == [
        (
            "WorkflowExecutionRole",
            "",
            ("Service states.amazonaws.com",),
            "lets Step Functions use the role, for this state machine only",
        ),
        (
            "SageMakerExecutionRole",
            "",
            ("Service sagemaker.amazonaws.com",),
            "lets SageMaker use the role, for the jobs that it is passed to",
        ),
    ]
    assert rows[0].conditions[1] == "StringEquals aws:SourceAccount = ${AWS::AccountId}"


def attached(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "PolicyDocument": {"Statement": [statement]},
            "Roles": [{"Ref": "WorkflowExecutionRole"}],
        },
    }


def test_a_statement_that_no_state_needs_is_told_as_the_settings() -> None:
    more = {"Sid": "Own", "Effect": "Allow", "Action": "s3:GetObject", "Resource": sub("arn:aws:s3:::${B}/x")}
    rows = explained({"Wait": {"Type": "Wait", "Seconds": 1}}, Policy=attached(more))
    assert of_sid(rows, "Own") == [
        Explanation(
            "WorkflowExecutionRole",
            "",
            "",
            "",
            "Own",
            ("s3:GetObject",),
            ("arn:aws:s3:::${B}/x",),
            (),
            "stands in the settings",
        )
    ]


def every_statement(role: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for policy in role["Properties"].get("Policies", ()):
        yield from policy["PolicyDocument"]["Statement"]


@pytest.mark.parametrize("states", CASES)
def test_every_statement_of_a_role_is_needed_by_a_state_and_has_a_reason(states: Mapping[str, Any]) -> None:
    definition = define(states)
    made = iam.derive(definition)
    rows = explain(definition, Template(resources=made.resources))
    for name, resource in made.resources.items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        for statement in every_statement(resource):
            found = [one for one in rows if one.role == name and one.sid == statement["Sid"]]
            assert found, f"no state is said to need {statement['Sid']}"
            assert {one.state for one in found} == {"Call"}
            actions = statement["Action"]
            assert {action for one in found for action in one.actions} == {
                *([actions] if isinstance(actions, str) else actions)
            }
            assert all(one.why not in ("", ADDED) for one in found)


def grants(value: object) -> Iterator[Grant]:
    """The grants anywhere within a value of the table."""
    if isinstance(value, Grant):
        yield value
    elif isinstance(value, Entry):
        yield from grants(value.patterns)
    elif isinstance(value, Job):
        yield from value.grants
    elif isinstance(value, Mapping):
        yield from grants(tuple(value.values()))
    elif isinstance(value, tuple):
        for item in value:
            yield from grants(item)


def sids() -> set[str]:
    """Those of all pages of the table, save those of aws-sdk calls, whose sentence their action makes."""
    pages = [
        importlib.import_module(f"{table.__name__}.{page.name}")
        for page in pkgutil.iter_modules(table.__path__)
        if not page.name.startswith("sdk")
    ]
    return {one.sid for page in pages for value in vars(page).values() for one in grants(value) if one.sid}


def test_every_sid_of_the_table_has_a_reason() -> None:
    missing = ", ".join(sorted(sid for sid in sids() if not reason(sid)))
    assert not missing, f"write in iam/table/reasons.py what a call does with each of these: {missing}"


def test_no_reason_is_left_over() -> None:
    made_by_code = {
        *(
            "PassRole",
            "S3Read",
            "S3Write",
            "S3List",
            "S3Location",
            "PullImages",
            "PullImagesToken",
            "LogGroups",
            "WriteLogs",
        ),
        *("PutMetrics", "EncryptOutput", "EncryptVolumes", "RegistryCredentials", "AnnotationFunctions"),
        *("Network", "NetworkInterfaces", "NetworkInterfacesIn"),
    }
    assert set(REASONS) - sids() - made_by_code == set()


def test_a_second_statement_of_a_name_has_the_reason_of_the_first() -> None:
    assert reason("PassRole2") == reason("PassRole12") == REASONS["PassRole"]
    assert reason("Unknown") == reason("") == reason("2") == ""


@pytest.mark.parametrize("sentence", REASONS.values())
def test_a_reason_is_a_sentence_without_subject_and_stop(sentence: str) -> None:
    assert sentence[0].islower()
    assert sentence[-1] not in ". "
    assert len(sentence) < 110


def test_a_right_of_the_state_machine_itself_says_its_own_reason() -> None:
    definition = define(
        {"Call": task("arn:aws:states:::sns:publish", {"TopicArn": "arn:aws:sns:eu-west-1:1:t"})}
    )
    template = Template(resources=iam.derive(definition, permissions=[TRACING]).resources)
    rows = explain(definition, template, own=[TRACING])
    (row,) = [one for one in rows if one.sid == "Tracing"]
    assert (row.state, row.actions, row.why) == ("", TRACING.actions, TRACING.why)
    (row,) = [one for one in explain(definition, template) if one.sid == "Tracing"]
    assert row.why == ADDED
