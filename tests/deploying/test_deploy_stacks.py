"""Change sets, what is refused of them, and how operations end, in whole messages."""

from __future__ import annotations

from typing import Any

import pytest
from project import Workflow
from stubs import ARN, CHANGE_SET, STACK, Refusal, answering, event, events, stack

from sfn_cfn.deploy import bootstrap, destroy, proposal, stacks
from sfn_cfn.deploy.change_set import Change, ChangeSet, words
from sfn_cfn.deploy.package import Package
from sfn_cfn.deploy.standing import Standing
from sfn_cfn.errors import DeployError
from sfn_cfn.model import OutputFile
from sfn_cfn.template import yaml

PACKAGE = Package(
    "train", STACK, OutputFile("train.yaml", Workflow(assets=()).template()), {"TargetEnv": "prod"}
)
STANDS = Standing(STACK, "CREATE_COMPLETE", ARN, {"TargetEnv": "prod"}, template=PACKAGE.read())
OPTIONS = proposal.Options()
MADE = ("create_change_set", {"Id": CHANGE_SET, "StackId": ARN})
DELETED = ("delete_change_set", {})


def effects(lines: list[str] | None = None) -> stacks.Effects:
    return stacks.Effects(lambda _: None, lambda: "1", (lines if lines is not None else []).append)


def answer(
    status: str, reason: str = "", changes: list[dict[str, Any]] | None = None, token: str = ""
) -> tuple:
    found: dict[str, Any] = {
        "Status": status,
        "ChangeSetId": CHANGE_SET,
        "StackId": ARN,
        "Changes": changes or [],
    }
    if reason:
        found["StatusReason"] = reason
    return "describe_change_set", {**found, **({"NextToken": token} if token else {})}


def change(
    logical_id: str, action: str = "Modify", kind: str = "AWS::IAM::Role", **more: Any
) -> dict[str, Any]:
    row = {"Action": action, "LogicalResourceId": logical_id, "ResourceType": kind, **more}
    return {"Type": "Resource", "ResourceChange": row}


def proposed(*answers: tuple, standing: Standing = STANDS) -> tuple[proposal.Proposal, ...]:
    with answering(cloudformation=answers) as cloud:
        return stacks.propose(cloud, [PACKAGE], {STACK: standing}, OPTIONS, "", effects())


def refused(*answers: tuple, standing: Standing = STANDS) -> list[tuple[str, str, str]]:
    with pytest.raises(DeployError) as caught:
        proposed(*answers, standing=standing)
    return [(item.code, item.message, item.hint) for item in caught.value.diagnostics]


def test_all_pages_of_a_change_set_are_read_when_it_is_ready() -> None:
    first = answer("CREATE_COMPLETE", changes=[change("A")], token="next")
    (one,) = proposed(
        MADE, answer("CREATE_IN_PROGRESS"), first, answer("CREATE_COMPLETE", changes=[change("B")])
    )
    assert [item.logical_id for item in one.change_set.changes] == ["A", "B"]


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    ],
)
def test_a_change_set_without_changes_is_taken_away(reason: str) -> None:
    (one,) = proposed(MADE, answer("FAILED", reason), DELETED)
    assert one.change_set.is_empty


HINT = "mend the template's source or the parameter's value, and deploy again"


def test_a_change_set_that_fails_gives_its_reason() -> None:
    found = refused(MADE, answer("FAILED", "Transform\nfailed."), DELETED)
    message = f"CloudFormation makes no change set for stack '{STACK}': Transform failed"
    assert found == [("SFN812", message, HINT)]


def test_a_template_that_is_refused_gives_the_reason() -> None:
    found = refused(("create_change_set", Refusal("ValidationError", "Parameters: [X] must have values")))
    message = f"CloudFormation makes no change set for stack '{STACK}': Parameters: [X] must have values"
    assert found == [("SFN812", message, HINT)]


def test_an_operation_that_began_in_between_is_told() -> None:
    said = f"Stack:{ARN} is in UPDATE_IN_PROGRESS state and can not be updated."
    found = refused(("create_change_set", Refusal("ValidationError", said)))
    message = f"another operation works on stack '{STACK}': {said.rstrip('.')}"
    assert found == [("SFN811", message, "wait for its end, and deploy again")]


def test_throttling_and_expired_credentials_are_told() -> None:
    found = refused(("create_change_set", Refusal("Throttling", "Rate exceeded")))
    message = "AWS refuses 'CreateChangeSet' as one call too many"
    assert found == [("SFN807", message, "repeat the command later")]
    found = refused(MADE, ("describe_change_set", Refusal("ExpiredToken", "expired")), DELETED)
    assert found == [("SFN802", "the AWS credentials are expired", "log in again and repeat the command")]


def test_a_first_creation_that_fails_leaves_no_empty_stack() -> None:
    listed = ("list_change_sets", {"Summaries": []})
    answers = (
        MADE,
        answer("FAILED", "no"),
        DELETED,
        stack("REVIEW_IN_PROGRESS"),
        listed,
        ("delete_stack", {}),
    )
    assert refused(*answers, standing=Standing(STACK))[0][0] == "SFN812"


def test_a_stack_for_which_another_change_set_waits_is_left() -> None:
    listed = ("list_change_sets", {"Summaries": [{"ChangeSetId": "other", "ChangeSetName": "sfn-cfn-0"}]})
    answers = (MADE, answer("FAILED", "no"), DELETED, stack("REVIEW_IN_PROGRESS"), listed)
    assert refused(*answers, standing=Standing(STACK))[0][0] == "SFN812"


def machine(replacement: str, **more: Any) -> dict[str, Any]:
    details = [{"Target": {"Attribute": "Properties", "Name": "StateMachineName"}}]
    kind = "AWS::StepFunctions::StateMachine"
    return change("StateMachineComponent", kind=kind, Replacement=replacement, Details=details, **more)


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        (machine("True"), ("'StateMachineComponent' changes in StateMachineName",)),
        (machine("False"), ()),
        # The names are the same by the template: what CloudFormation cannot tell beforehand does not happen.
        (machine("Conditional"), ()),
        (machine("", Action="Remove"), ("'StateMachineComponent' is deleted",)),
    ],
)
def test_a_machine_that_would_be_replaced_is_told(row: dict[str, Any], reasons: tuple[str, ...]) -> None:
    (one,) = proposed(MADE, answer("CREATE_COMPLETE", changes=[row]))
    assert one.replacing == reasons


def test_changes_in_words() -> None:
    lines = words(
        [
            Change("Add", "A", "T"),
            Change("Modify", "B", "T", "False", ("Tags",)),
            Change("Modify", "C", "T", "True", ("Name", "Type")),
            Change("Modify", "D", "T", "Conditional"),
            Change("Remove", "E", "T"),
            Change("Remove", "F", "T", kept=True),
            Change("Import", "G", "T"),
        ]
    )
    assert [(line.text, line.kind) for line in lines] == [
        ("+ T A", "added"),
        ("~ T B (Tags)", "changed"),
        ("! T C is REPLACED (Name, Type)", "replaced"),
        ("! T D may be REPLACED", "replaced"),
        ("- T E is deleted", "removed"),
        ("- T F is let go, and kept in the account", "removed"),
        ("+ T G is taken over", "added"),
    ]


READY = proposal.Proposal(PACKAGE, STANDS, "sfn-cfn-1", ChangeSet(CHANGE_SET, ARN))
BEFORE = event(1, STACK, "CREATE_COMPLETE")
BEGUN = event(2, STACK, "UPDATE_IN_PROGRESS")
CANCELLED = "Resource update cancelled"
FAILED = [
    event(6, STACK, "UPDATE_ROLLBACK_COMPLETE"),
    event(
        5, STACK, "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Role, Topic]."
    ),
    event(4, "Topic", "UPDATE_FAILED", CANCELLED),
    event(3, "Role", "UPDATE_FAILED", "The role is protected."),
    BEGUN,
    BEFORE,
]
EXECUTED = ("execute_change_set", {})


def executed(*answers: tuple, options: proposal.Options = OPTIONS) -> tuple[stacks.Outcome, ...]:
    with answering(cloudformation=answers) as cloud:
        return stacks.execute(cloud, [READY], options, effects())


def test_a_failure_is_told_by_its_first_cause() -> None:
    (one,) = executed(events(BEFORE), EXECUTED, events(*FAILED))
    assert one.failure
    message = f"AWS::IAM::Role 'Role' of stack '{STACK}' failed: The role is protected"
    assert (one.failure.message, one.failure.hint) == (
        message,
        "the stack is in state UPDATE_ROLLBACK_COMPLETE",
    )


def test_a_failure_of_no_resource_is_the_stack_s() -> None:
    rows = [
        event(4, STACK, "UPDATE_ROLLBACK_COMPLETE"),
        event(3, STACK, "UPDATE_ROLLBACK_IN_PROGRESS", "No role."),
    ]
    (one,) = executed(events(BEFORE), EXECUTED, events(*rows, BEFORE))
    assert one.failure
    assert one.failure.message == f"the deployment of stack '{STACK}' failed: No role"


def test_an_execution_that_is_refused_is_told() -> None:
    said = "ChangeSet is in OBSOLETE status"
    (one,) = executed(events(BEFORE), ("execute_change_set", Refusal("InvalidChangeSetStatus", said)))
    assert one.failure
    assert one.failure.message == f"AWS refuses 'ExecuteChangeSet': {said}"


def test_a_stack_is_protected_after_it_is_deployed() -> None:
    ended = event(3, STACK, "UPDATE_COMPLETE")
    protected = ("update_termination_protection", {})
    options = proposal.Options(termination_protection=True)
    (one,) = executed(events(BEFORE), EXECUTED, events(ended, BEGUN, BEFORE), protected, options=options)
    assert one.failure is None


def interrupted(*answers: tuple, kind: type[BaseException]) -> list[str]:
    lines: list[str] = []

    def sleep(_: float) -> None:
        raise KeyboardInterrupt

    with answering(cloudformation=answers) as cloud, pytest.raises(kind):
        stacks.execute(cloud, [READY], OPTIONS, stacks.Effects(sleep, lambda: "1", lines.append))
    return lines


GOES_ON = [
    f"the deployment of stack '{STACK}' goes on in AWS, last seen in state UPDATE_IN_PROGRESS",
    (
        f"  'sfn-cfn status' shows it; 'aws cloudformation cancel-update-stack --stack-name {STACK}' ends it; "
        "'sfn-cfn deploy' follows it again"
    ),
]


def test_ctrl_c_says_what_goes_on() -> None:
    answers = (events(BEFORE), EXECUTED, events(BEGUN, BEFORE))
    assert interrupted(*answers, kind=KeyboardInterrupt) == GOES_ON


def test_credentials_that_expire_say_what_goes_on() -> None:
    lines: list[str] = []
    expired = ("describe_stack_events", Refusal("ExpiredToken", "expired"))
    answers = (events(BEFORE), EXECUTED, events(BEGUN, BEFORE), expired)
    with answering(cloudformation=answers) as cloud, pytest.raises(DeployError) as caught:
        stacks.execute(cloud, [READY], OPTIONS, effects(lines))
    assert [item.message for item in caught.value.diagnostics] == ["the AWS credentials are expired"]
    assert lines == GOES_ON


def test_the_request_has_the_roles_topics_tags_and_previous_values() -> None:
    standing = Standing(STACK, "CREATE_COMPLETE", ARN, {"Seconds": "9", "PipelineName": "fraud", "Gone": "1"})
    options = proposal.Options("role", ("topic",), {"TargetEnv": "dev"}, {"Cost": "7"})
    found = proposal.request(PACKAGE, standing, options, "name", "")
    # PipelineName has its default, so that another default of the next template is taken.
    assert found.parameters == (
        {"ParameterKey": "TargetEnv", "ParameterValue": "dev"},
        {"ParameterKey": "Seconds", "ParameterValue": "9"},
    )
    assert (found.role_arn, found.notification_arns, found.tags) == ("role", ("topic",), {"Cost": "7"})


def test_a_template_that_cannot_be_read_is_said() -> None:
    standing = Standing(STACK, "CREATE_COMPLETE", ARN, {"TargetEnv": "prod"})
    one = proposal.Proposal(PACKAGE, standing, "x", ChangeSet(CHANGE_SET, ARN))
    lines = [line.text for line in proposal.describe(one, OPTIONS, lambda *_: ())]
    assert lines[-1] == "the definition that stands cannot be read, so it is not compared"


def test_a_protected_stack_is_not_destroyed() -> None:
    answers = [stack("CREATE_COMPLETE", EnableTerminationProtection=True)]
    with answering(cloudformation=answers) as cloud, pytest.raises(DeployError) as caught:
        destroy.find(cloud, STACK)
    (item,) = caught.value.diagnostics
    assert (item.code, item.message, item.hint) == (
        "SFN831",
        f"stack '{STACK}' is protected against termination",
        (
            "take the protection away by 'aws cloudformation update-termination-protection "
            f"--no-enable-termination-protection --stack-name {STACK}'"
        ),
    )


def test_a_deletion_that_fails_gives_the_first_cause() -> None:
    rows = [event(3, STACK, "DELETE_FAILED", "[Role]"), event(2, "Role", "DELETE_FAILED", "It is in use.")]
    answers = [events(BEFORE), ("delete_stack", {}), events(*rows, BEFORE)]
    with answering(cloudformation=answers) as cloud:
        found = destroy.delete(cloud, destroy.Doomed(STACK, ARN), "1", sleep=lambda _: None)
    assert found
    assert found.message == f"AWS::IAM::Role 'Role' of stack '{STACK}' is not deleted: It is in use"


def test_the_asset_bucket_s_template_is_what_it_says() -> None:
    resources = yaml.load(bootstrap.template(), "x").resources
    bucket = resources["AssetBucket"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    (statement,) = resources["AssetBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


def test_an_asset_bucket_s_stack_out_of_order_is_told() -> None:
    with (
        answering(cloudformation=[stack("ROLLBACK_COMPLETE")]) as cloud,
        pytest.raises(DeployError) as caught,
    ):
        bootstrap.asset_bucket(cloud, sleep=lambda _: None)
    (item,) = caught.value.diagnostics
    assert (item.code, item.message, item.hint) == (
        "SFN824",
        "stack 'sfn-cfn-assets' of the asset bucket is in state ROLLBACK_COMPLETE",
        (
            "delete it by 'aws cloudformation delete-stack --stack-name sfn-cfn-assets', "
            "or name a bucket by AssetBucket"
        ),
    )


def test_a_bucket_of_another_account_is_refused() -> None:
    answers = [("head_bucket", Refusal("403", "Forbidden", 403))]
    with answering(s3=answers) as cloud, pytest.raises(DeployError) as caught:
        bootstrap.asset_bucket(cloud, "theirs", sleep=lambda _: None)
    (item,) = caught.value.diagnostics
    assert (item.code, item.message) == (
        "SFN822",
        "the asset bucket 'theirs' is not of account 123456789012, or may not be read",
    )


def test_a_bucket_that_another_run_makes_at_the_moment_is_waited_for() -> None:
    absent = ("describe_stacks", Refusal("ValidationError", "Stack with id sfn-cfn-assets does not exist"))
    outputs = [{"OutputKey": "AssetBucket", "OutputValue": "made"}]
    answers = [
        absent,
        ("create_stack", Refusal("AlreadyExistsException", "it exists")),
        stack("CREATE_IN_PROGRESS"),
        stack("CREATE_COMPLETE", Outputs=outputs),
    ]
    pauses: list[float] = []
    with answering(cloudformation=answers, s3=[("head_bucket", {"BucketRegion": "eu-west-1"})]) as cloud:
        assert bootstrap.asset_bucket(cloud, sleep=pauses.append) == "made"
    assert pauses == [2.0]
