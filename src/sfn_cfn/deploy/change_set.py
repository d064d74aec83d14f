"""A template and parameters -> a change set, and a change set -> what it would do, in words.

With nested stacks, the change set has one for each of them; their changes stand in place of their stack's own. Source:
the CloudFormation user guide, "Change sets for nested stacks".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfn_cfn.deploy import codes
from sfn_cfn.deploy.aws import error_of
from sfn_cfn.deploy.lines import Kind, Line
from sfn_cfn.errors import DeployError

PREFIX = "sfn-cfn-"
"""How the names of our change sets, and the tokens of our operations, begin."""
_PAUSE = 1.0
_NO_CHANGE = ("didn't contain changes", "No updates are to be performed")
_BUSY = "_IN_PROGRESS state and can not be updated"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one resource. `action`: Add, Modify, Remove, Import or Dynamic.

    `logical_id` has that of its nested stack before it, and a `/`. `replacement`: True, False, Conditional or empty.
    `causes` are the properties (or Tags, Metadata) that differ. `kept` tells that a removed resource itself stays in
    the account. `inner` is the change set of a nested stack.
    """

    action: str
    logical_id: str
    type: str
    replacement: str = ""
    causes: tuple[str, ...] = ()
    kept: bool = False
    inner: str = ""


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set that is ready, or in which nothing changes; `stack_arn` is its stack's."""

    arn: str
    stack_arn: str
    changes: tuple[Change, ...] = ()
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What a change set is made of. `template_url` stands in place of `template` where that is too large.

    `nested` asks for the changes in nested stacks too.
    """

    stack: str
    name: str
    exists: bool
    template: str
    template_url: str = ""
    parameters: tuple[Mapping[str, Any], ...] = ()
    tags: Mapping[str, str] | None = None
    role_arn: str = ""
    notification_arns: tuple[str, ...] = ()
    nested: bool = False


def create(cloudformation: Any, request: Request) -> str:
    """Begin to make the change set; its ARN. Raises `DeployError` (SFN811, SFN812) or `ClientError`."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (loaded with boto3)

    template = (
        {"TemplateURL": request.template_url} if request.template_url else {"TemplateBody": request.template}
    )
    optional: dict[str, Any] = {
        "RoleARN": request.role_arn,
        "NotificationARNs": list(request.notification_arns),
        "IncludeNestedStacks": request.nested,
        "Tags": [{"Key": key, "Value": value} for key, value in (request.tags or {}).items()],
    }
    try:
        answer = cloudformation.create_change_set(
            StackName=request.stack,
            ChangeSetName=request.name,
            ChangeSetType="UPDATE" if request.exists else "CREATE",
            Capabilities=["CAPABILITY_IAM"],
            Parameters=list(request.parameters),
            **template,
            **{key: value for key, value in optional.items() if value},
        )
    except ClientError as error:
        code, said = error_of(error)
        if code == "ValidationError" and _BUSY in said:
            raise DeployError(busy(request.stack, said)) from error
        if code == "ValidationError":
            raise DeployError(_refused(request.stack, said)) from error
        raise
    return str(answer["Id"])


def wait(cloudformation: Any, stack: str, arn: str, sleep: Callable[[float], None]) -> ChangeSet:
    """The change set when it is ready. Raises `DeployError` (SFN812) where CloudFormation refuses it."""
    pages = _ready(cloudformation, stack, arn, sleep)
    if pages[0]["Status"] == "FAILED":
        reason = pages[0].get("StatusReason", "")
        if any(text in reason for text in _NO_CHANGE):
            return ChangeSet(arn, pages[0]["StackId"], is_empty=True)
        raise DeployError(_refused(stack, reason))
    changes = _flat(cloudformation, [_change(one) for one in _changes(pages)], sleep)
    return ChangeSet(arn, pages[0]["StackId"], tuple(changes))


def _ready(
    cloudformation: Any, stack: str, arn: str, sleep: Callable[[float], None]
) -> list[Mapping[str, Any]]:
    """The pages of a change set that is no longer being made."""
    while True:
        pages = list(_pages(cloudformation, stack, arn))
        if pages[0]["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            return pages
        sleep(_PAUSE)


def _changes(pages: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for page in pages:
        yield from page.get("Changes", ())


def _flat(cloudformation: Any, changes: Sequence[Change], sleep: Callable[[float], None]) -> Iterator[Change]:
    """The changes, each nested stack's own after its row, which stays only where the stack comes, goes or is replaced.

    CloudFormation counts a nested stack as changed before it has looked into it.
    """
    for one in changes:
        if not one.inner or one.action != "Modify" or one.replacement == "True":
            yield one
        if one.inner:
            pages = _ready(cloudformation, "", one.inner, sleep)
            inner = _flat(cloudformation, [_change(item) for item in _changes(pages)], sleep)
            yield from (replace(item, logical_id=f"{one.logical_id}/{item.logical_id}") for item in inner)


def _pages(cloudformation: Any, stack: str, arn: str) -> Iterator[Mapping[str, Any]]:
    token: dict[str, str] = {}
    while True:
        named = {"StackName": stack} if stack else {}
        page = cloudformation.describe_change_set(ChangeSetName=arn, **named, **token)
        yield page
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _change(found: Mapping[str, Any]) -> Change:
    one = found.get("ResourceChange", {})
    targets = [detail.get("Target", {}) for detail in one.get("Details", ())]
    causes = dict.fromkeys(item.get("Name") or item.get("Attribute", "") for item in targets)
    return Change(
        one.get("Action", ""),
        one.get("LogicalResourceId", ""),
        one.get("ResourceType", ""),
        one.get("Replacement", ""),
        tuple(name for name in causes if name),
        one.get("PolicyAction", "") == "Retain",
        one.get("ChangeSetId", ""),
    )


def busy(stack: str, said: str) -> Any:
    """The finding that another operation works on the stack."""
    message = f"another operation works on stack '{stack}': {said}"
    return codes.SFN811.at(None, message, "wait for its end, and deploy again")


def _refused(stack: str, reason: str) -> Any:
    message = (
        f"CloudFormation makes no change set for stack '{stack}': {' '.join(reason.split()).rstrip('.')}"
    )
    return codes.SFN812.at(
        None, message, "mend the template's source or the parameter's value, and deploy again"
    )


def words(changes: Sequence[Change]) -> Iterator[Line]:
    """The changes of resources as lines, in the order of the change set."""
    for one in changes:
        sign, kind, verb = _manner(one)
        causes = f" ({', '.join(one.causes)})" if one.causes else ""
        yield Line(f"{sign} {one.type} {one.logical_id}{verb}{causes}", kind)


def _manner(one: Change) -> tuple[str, Kind, str]:
    if one.action == "Add":
        return "+", "added", ""
    if one.action == "Import":
        return "+", "added", " is taken over"
    if one.action == "Remove":
        return "-", "removed", " is let go, and kept in the account" if one.kept else " is deleted"
    if one.replacement == "True":
        return "!", "replaced", " is REPLACED"
    if one.replacement == "Conditional":
        return "!", "replaced", " may be REPLACED"
    return "~", "changed", ""
