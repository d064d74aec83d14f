"""The kinds of findings of this stage."""

from __future__ import annotations

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.iam.statements import shown
from sfn_cfn.iam.values import Value
from sfn_cfn.model import State

SFN501 = Code(
    "SFN501",
    Severity.ERROR,
    "what a state needs is not known",
    "The role of a state machine is derived from the service integrations of its tasks. For one that is not "
    "known (or a feature of a state that needs rights of its own) no whole policy can be derived, and a policy "
    "with a part missing fails in the middle of an execution.",
)
SFN502 = Code(
    "SFN502",
    Severity.ERROR,
    "a service integration does not support the pattern",
    "Request-response, `.sync` and `.waitForTaskToken` are not supported by every service integration. "
    "CloudFormation would refuse the state machine.",
)
SFN503 = Code(
    "SFN503",
    Severity.ERROR,
    "a task's Resource is no ARN of something that a task can call",
    "A task's `Resource` is a service integration (`arn:aws:states:::service:action`), the ARN of a Lambda "
    "function or the ARN of an activity.",
)
SFN504 = Code(
    "SFN504",
    Severity.ERROR,
    "a parameter names no resource of its service",
    "A policy statement names the resource that a call is about. The parameter that should name it holds "
    "something else, so that the call, or the creation of the role, would fail.",
)
SFN505 = Code(
    "SFN505",
    Severity.WARNING,
    "a role may lack what a task needs",
    "A role is derived from what a definition names. Here a task may reach something that is named nowhere: a "
    "text that only the execution knows may be the URI of a place in S3, and a package or an algorithm of "
    "another account stands for an image and a model. Nothing is granted for it. Where the task needs it, name "
    "it in the definition, or deploy with a role of your own.",
)


def malformed(state: State, path: str, value: Value, error: ValueError) -> Diagnostic:
    """The finding for a parameter that does not name what it should."""
    field = path.rpartition(".")[2].removesuffix("[]")
    return SFN504.at(
        state.location,
        f"'{field}' of task '{state.name}' is '{shown(value.text)}', which is not {error}",
        f"give {error}",
    )
