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
    "Request-response, `.sync` and `.waitForTaskToken` are not supported by every service integration, and Express "
    "executions, of a Distributed Map too, wait for neither jobs nor callbacks. "
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

SFN590 = Code(
    "SFN590",
    Severity.WARNING,
    "a role may do more than by the template that stands",
    "A role follows its workflow, so that a change of the workflow may widen it without a line of policy being "
    "written by hand. `build --check` compares what the roles may do with the template in the output folder (or in "
    "the folder that `--baseline` names) and says in words what is new: actions, resources, wider patterns, "
    "conditions dropped or weakened, principals that may assume the role, managed policies, a permissions boundary "
    "that is gone. What is only written in another way, and what is taken away, is no finding.\n\n"
    "With `--fail-on-broadening` it is an error: the template is not written. See that the workflow needs what "
    "is new (`sfn-cfn explain-policy` says which state does), then build without the option and commit the result.",
)
SFN591 = Code(
    "SFN591",
    Severity.INFO,
    "roles cannot be compared with the template that stands",
    "The file in the place of the template is not one that can be read as a template of sfn-cfn's, so nobody can "
    "tell whether the roles may do more than before. A build replaces it.",
)


def malformed(state: State, path: str, value: Value, error: ValueError) -> Diagnostic:
    """The finding for a parameter that does not name what it should."""
    field = path.rpartition(".")[2].removesuffix("[]")
    # The partition of an ARN is a token by now, whatever was written.
    written = shown(value.text).replace("${AWS::Partition}", "aws")
    return SFN504.at(
        state.location,
        f"'{field}' of task '{state.name}' is '{written}', which is not {error}",
        f"give {error}",
    )


SFN510 = Code(
    "SFN510",
    Severity.ERROR,
    "the roles' settings name something that does not exist",
    "A statement, a boundary or a managed policy of `[iam]` holds an action, an operator or a parameter that does not "
    "exist, or a text that is no ARN. IAM would refuse it, or grant nothing by it.",
)
SFN511 = Code(
    "SFN511",
    Severity.ERROR,
    "a statement of the settings is too wide",
    "A statement names its actions, each by its whole name, and their resources: `*` stands only where the actions "
    "have none.",
)
SFN512 = Code(
    "SFN512",
    Severity.ERROR,
    "a statement of the settings grants nothing",
    "An action works on resources of some types, and the ARN that the statement gives is of none of them, so that no "
    "call would ever match.",
)
SFN513 = Code(
    "SFN513",
    Severity.WARNING,
    "a managed policy is wider than what is derived",
    "A managed policy is attached to a role as the settings say. What it grants cannot be seen from here, does not "
    "follow the workflow, and is changed by its owner.",
)
SFN514 = Code(
    "SFN514",
    Severity.WARNING,
    "the settings narrow an input that is not read",
    "Under `inputs` of `[iam]` stand the texts that a value may be at run time, by the name of an input of the "
    "execution or by a path. Where no state reads it in what it gives its call, a misspelt name would leave the "
    "policy wide in silence.",
)
SFN515 = Code(
    "SFN515",
    Severity.ERROR,
    "a role's policies are larger than IAM takes",
    "IAM takes 10,240 characters of inline policies in a role and 6,144 in each managed policy, of which a role has "
    "10 (a quota that can be raised), and 2,048 in a trust policy. Sizes are measured with the longest values that "
    "the parameters allow.",
)

SFN520 = Code(
    "SFN520",
    Severity.ERROR,
    "a task calls an operation that does not exist",
    "`arn:aws:states:::aws-sdk:<service>:<operation>` names a service and an operation as the AWS SDK for Java 2 does: "
    "the service in lower case, the operation with a small first letter (`aws-sdk:s3:listObjectsV2`). CloudFormation "
    "would refuse the state machine.",
)
SFN521 = Code(
    "SFN521",
    Severity.ERROR,
    "a task calls an operation that Step Functions does not support",
    "Some operations of a service, such as those that stream and those that give credentials, cannot be called by an "
    'AWS SDK integration (Step Functions developer guide, "Learning to use AWS service SDK integrations").',
)
