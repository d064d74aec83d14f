"""A stack that nothing can be deployed to is refused with what to do, before anything happens."""

from __future__ import annotations

import pytest
from stubs import ABSENT, ARN, STACK, Refusal, answering, event, events, stack

from sfn_cfn.deploy import stacks
from sfn_cfn.deploy.standing import look
from sfn_cfn.errors import DeployError

EFFECTS = stacks.Effects(lambda _: None, lambda: "1")
TEMPLATE = ("get_template", {"TemplateBody": "Resources: {}\n"})
CONTINUE = (
    "mend what its events name, finish the rollback by 'aws cloudformation continue-update-rollback "
    f"--stack-name {STACK} --region eu-west-1', and deploy again"
)
BACK = f"take it back by 'aws cloudformation rollback-stack --stack-name {STACK} --region eu-west-1', and deploy again"
DELETE = f"delete it by 'aws cloudformation delete-stack --stack-name {STACK} --region eu-west-1', and deploy again"


def said(caught: pytest.ExceptionInfo[DeployError]) -> list[tuple[str, str, str]]:
    return [(item.code, item.message, item.hint) for item in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("status", "reason", "hint"),
    [
        ("ROLLBACK_COMPLETE", "its first creation failed, and it holds nothing", DELETE),
        ("ROLLBACK_FAILED", "its first creation failed, and so did its rollback", DELETE),
        ("CREATE_FAILED", "its first creation failed", DELETE),
        ("DELETE_FAILED", "its deletion failed", DELETE),
        (
            "UPDATE_ROLLBACK_FAILED",
            "the rollback of an update failed",
            CONTINUE,
        ),
        (
            "UPDATE_FAILED",
            "an update failed and was not rolled back",
            BACK,
        ),
    ],
)
def test_a_stack_that_is_stuck_is_refused_with_its_remedy(status: str, reason: str, hint: str) -> None:
    with answering(cloudformation=[stack(status)]) as cloud, pytest.raises(DeployError) as caught:
        stacks.standings(cloud, [STACK], EFFECTS)
    assert said(caught) == [("SFN810", f"stack '{STACK}' is in state {status}: {reason}", hint)]


def test_another_operation_in_progress_is_refused() -> None:
    row = event(1, STACK, "UPDATE_IN_PROGRESS", ClientRequestToken="Console-1")
    answers = [stack("UPDATE_IN_PROGRESS"), events(row)]
    with answering(cloudformation=answers) as cloud, pytest.raises(DeployError) as caught:
        stacks.standings(cloud, [STACK], EFFECTS)
    message = f"another operation works on stack '{STACK}': it is in state UPDATE_IN_PROGRESS"
    assert said(caught) == [("SFN811", message, "wait for its end, and deploy again")]


def test_an_operation_that_an_earlier_run_began_is_waited_for() -> None:
    row = event(1, STACK, "UPDATE_IN_PROGRESS", ClientRequestToken="sfn-cfn-1")
    working = [stack("UPDATE_IN_PROGRESS"), events(row)]
    lines: list[str] = []
    pauses: list[float] = []
    effects = stacks.Effects(pauses.append, lambda: "1", lines.append)
    with answering(cloudformation=[*working, *working, stack("UPDATE_COMPLETE"), TEMPLATE]) as cloud:
        found = stacks.standings(cloud, [STACK], effects)
    assert found[STACK].status == "UPDATE_COMPLETE"
    assert pauses == [3.0, 3.0]
    assert lines == [
        f"an earlier run still works on stack '{STACK}' (UPDATE_IN_PROGRESS): waiting for its end"
    ]


def test_a_stack_that_waits_for_our_change_set_is_taken_up() -> None:
    listed = ("list_change_sets", {"Summaries": [{"ChangeSetName": "sfn-cfn-1"}]})
    with answering(cloudformation=[stack("REVIEW_IN_PROGRESS"), listed]) as cloud:
        found = look(cloud, STACK)
    assert (found.exists, found.arn) == (False, ARN)


def test_a_stack_that_waits_for_somebody_else_s_change_set_is_refused() -> None:
    listed = ("list_change_sets", {"Summaries": [{"ChangeSetName": "by-hand"}]})
    answers = [stack("REVIEW_IN_PROGRESS"), listed]
    with answering(cloudformation=answers) as cloud, pytest.raises(DeployError) as caught:
        look(cloud, STACK)
    message = f"stack '{STACK}' waits for the change set 'by-hand' of somebody else"
    assert said(caught) == [("SFN816", message, "execute or delete that change set first")]


def test_a_stack_that_is_not_there_can_be_made() -> None:
    with answering(cloudformation=[ABSENT]) as cloud:
        assert look(cloud, STACK).exists is False


def test_a_template_that_cannot_be_read_is_none() -> None:
    body = ("get_template", {"TemplateBody": "Resources: [\n"})
    with answering(cloudformation=[stack("CREATE_COMPLETE"), body]) as cloud:
        assert look(cloud, STACK).template is None


def test_the_faults_of_all_stacks_are_told_at_once() -> None:
    answers = [
        stack("ROLLBACK_COMPLETE"),
        ("describe_stacks", Refusal("AccessDenied", "me may not")),
    ]
    with answering(cloudformation=answers) as cloud, pytest.raises(DeployError) as caught:
        stacks.standings(cloud, [STACK, "other"], EFFECTS)
    assert [code for code, _, _ in said(caught)] == ["SFN810", "SFN806"]


def test_a_value_that_is_not_shown_is_kept_by_its_name() -> None:
    rows = [
        {"ParameterKey": "Secret", "ParameterValue": "****"},
        {"ParameterKey": "Size", "ParameterValue": "3"},
    ]
    with answering(cloudformation=[stack("CREATE_COMPLETE", Parameters=rows), TEMPLATE]) as cloud:
        found = look(cloud, STACK)
    assert found.previous("Secret") == {"ParameterKey": "Secret", "UsePreviousValue": True}
    assert found.previous("Size") == {"ParameterKey": "Size", "ParameterValue": "3"}
    assert found.previous("Other") is None
