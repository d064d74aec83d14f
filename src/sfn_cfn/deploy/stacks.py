"""Packages -> deployed stacks: look, propose a change set, and when somebody has said yes, execute and follow.

    look       each stack as it stands; what cannot be deployed to ends everything before anything happens
    propose    a change set for each, made side by side (`proposal.describe` tells it in words)
    execute    all that are agreed to, followed together
    discard    what is not: its change set goes, and the empty stack that was made for it

A run that was killed leaves a stack that waits for its creation, change sets, or an operation in AWS; the next run
takes up the first, makes its own change sets, and follows the last to its end.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_cfn.deploy import change_set, codes
from sfn_cfn.deploy.aws import Cloud, translated
from sfn_cfn.deploy.bootstrap import described
from sfn_cfn.deploy.events import Event, Watched, follow, is_good, newest, root_cause
from sfn_cfn.deploy.package import Package, template_key
from sfn_cfn.deploy.proposal import Options, Proposal, replacing, request
from sfn_cfn.deploy.standing import Standing, look
from sfn_cfn.errors import DeployError, Diagnostic


@dataclass(frozen=True, slots=True)
class Effects:
    """How the flow waits, makes names of change sets, tells what it does, and shows events."""

    sleep: Callable[[float], None]
    new_name: Callable[[], str]
    say: Callable[[str], None] = lambda _: None
    show: Callable[[Event], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation on a stack ended; `failure` names the first cause where it failed."""

    stack: str
    status: str
    failure: Diagnostic | None = None


def standings(cloud: Cloud, names: Iterable[str], effects: Effects) -> dict[str, Standing]:
    """All stacks as they stand, once what an earlier run of ours began has ended.

    Raises `DeployError` with a finding for each stack that cannot be deployed to.
    """
    found: dict[str, Standing] = {}
    faults: list[Diagnostic] = []
    for name in names:
        try:
            with translated():
                found[name] = _settled(cloud, name, effects)
        except DeployError as error:  # noqa: PERF203 (each stack has its own fault)
            faults.extend(error.diagnostics)
    if faults:
        raise DeployError(dict.fromkeys(faults))
    return found


def _settled(cloud: Cloud, name: str, effects: Effects) -> Standing:
    standing = look(cloud, name)
    if standing.follows:
        effects.say(f"an earlier run still works on stack '{name}' ({standing.status}): waiting for its end")
        while standing.follows:
            effects.sleep(3.0)
            standing = look(cloud, name)
    return standing


def propose(
    cloud: Cloud,
    packages: Sequence[Package],
    standing: Mapping[str, Standing],
    options: Options,
    bucket: str,
    effects: Effects,
) -> tuple[Proposal, ...]:
    """A change set for each package. Where one is refused, none stays. Raises `DeployError`."""
    made: list[tuple[Package, str, str]] = []
    proposals: list[Proposal] = []
    cloudformation = cloud.client("cloudformation")
    try:
        with translated():
            for package in packages:
                name = change_set.PREFIX + effects.new_name()
                url = _template_url(cloud, package, bucket)
                wanted = request(package, standing[package.stack], options, name, url)
                made.append((package, name, change_set.create(cloudformation, wanted)))
            for package, name, arn in made:
                ready = change_set.wait(cloudformation, package.stack, arn, effects.sleep)
                own = standing[package.stack]
                reasons = () if ready.is_empty else replacing(package, own, options, ready)
                proposals.append(Proposal(package, own, name, ready, reasons))
    except BaseException:
        _forget(
            cloudformation, [(package.stack, arn, standing[package.stack].exists) for package, _, arn in made]
        )
        raise
    empty = [one for one in proposals if one.change_set.is_empty]
    discard(cloud, empty)
    return tuple(proposals)


def _template_url(cloud: Cloud, package: Package, bucket: str) -> str:
    """Where CloudFormation reads a large template; empty where it comes with the request."""
    if not package.is_large:
        return ""
    return address(cloud, bucket, template_key(package))


def address(cloud: Cloud, bucket: str, key: str) -> str:
    """Where CloudFormation reads an object."""
    return f"{cloud.client('s3').meta.endpoint_url}/{bucket}/{key}"


def discard(cloud: Cloud, proposals: Iterable[Proposal]) -> None:
    """Take the change sets away, and the stacks that were made for them only. Raises nothing of AWS's."""
    _forget(
        cloud.client("cloudformation"),
        [(one.stack, one.change_set.arn, one.standing.exists) for one in proposals],
    )


def _forget(cloudformation: Any, made: Iterable[tuple[str, str, bool]]) -> None:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (loaded with boto3)

    for stack, arn, exists in made:
        with contextlib.suppress(ClientError, BotoCoreError):
            cloudformation.delete_change_set(ChangeSetName=arn, StackName=stack)
            waiting = None if exists else described(cloudformation, stack)
            # Another change set may wait for the same stack, of a run with --no-execute.
            if waiting and waiting["StackStatus"] == "REVIEW_IN_PROGRESS":
                listed = cloudformation.list_change_sets(StackName=stack).get("Summaries", ())
                if not [one for one in listed if one.get("ChangeSetId") != arn]:
                    cloudformation.delete_stack(StackName=stack)


def execute(
    cloud: Cloud, proposals: Sequence[Proposal], options: Options, effects: Effects
) -> tuple[Outcome, ...]:
    """Execute the change sets and follow all of them to their ends.

    Where that is broken off (by Ctrl-C, by credentials that expire), it says what goes on in AWS, and raises.
    """
    cloudformation = cloud.client("cloudformation")
    watched: list[Watched] = []
    outcomes: list[Outcome] = []
    with _telling(watched, effects):
        for one in proposals:
            try:
                _begin(cloudformation, one, watched)
            except DeployError as error:  # noqa: PERF203 (the others go on)
                outcomes += (Outcome(one.stack, "", item) for item in error.diagnostics)
        with translated():
            follow(cloudformation, watched, effects.show, effects.sleep)
    outcomes += (_outcome(cloudformation, one) for one in watched)
    if options.termination_protection:
        protect(cloud, [one.stack for one in outcomes if not one.failure])
    return tuple(outcomes)


def _begin(cloudformation: Any, one: Proposal, watched: list[Watched]) -> None:
    with translated():
        arn = one.change_set.stack_arn
        event = newest(cloudformation, arn)
        begun = Watched(one.stack, arn, event.id if event else "")
        watched.append(begun)
        try:
            cloudformation.execute_change_set(
                ChangeSetName=one.change_set.arn, StackName=one.stack, ClientRequestToken=one.name
            )
        except Exception:
            watched.remove(begun)
            raise


def protect(cloud: Cloud, names: Iterable[str]) -> None:
    """Protect stacks against termination."""
    with translated():
        for name in names:
            cloud.client("cloudformation").update_termination_protection(
                StackName=name, EnableTerminationProtection=True
            )


@contextlib.contextmanager
def _telling(watched: Sequence[Watched], effects: Effects) -> Iterator[None]:
    """Where the work inside is broken off, say what goes on in AWS."""
    try:
        yield
    except BaseException:
        for one in watched:
            if not one.status:
                for line in goes_on(one):
                    effects.say(line)
        raise


def goes_on(one: Watched) -> tuple[str, str]:
    """What is said of an operation that nobody follows any more."""
    last = next((event.status for event in reversed(one.events) if event.is_stack), "")
    state = f", last seen in state {last}" if last else ""
    creating = not last.startswith("UPDATE")
    verb = "delete-stack" if creating else "cancel-update-stack"
    how = (
        f"  'sfn-cfn status' shows it; 'aws cloudformation {verb} --stack-name {one.name}' ends it; "
        "'sfn-cfn deploy' follows it again"
    )
    return f"the deployment of stack '{one.name}' goes on in AWS{state}", how


def _outcome(cloudformation: Any, one: Watched) -> Outcome:
    if is_good(one.status):
        return Outcome(one.name, one.status)
    cause = root_cause(cloudformation, one.events)
    message = f"the deployment of stack '{one.name}' failed and ended in state {one.status}"
    if cause and not cause.is_stack:
        message = (
            f"{cause.type} '{cause.logical_id}' of stack '{cause.stack or one.name}' failed: "
            f"{cause.reason.rstrip('.')}"
        )
    elif cause or (cause := next((event for event in one.events if event.is_stack and event.reason), None)):
        message = f"the deployment of stack '{one.name}' failed: {cause.reason.rstrip('.') or cause.status}"
    return Outcome(
        one.name, one.status, codes.SFN813.at(None, message, f"the stack is in state {one.status}")
    )
