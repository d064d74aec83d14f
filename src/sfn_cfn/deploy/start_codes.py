"""The kinds of findings of starting an execution and following it, by their numbers."""

from __future__ import annotations

from sfn_cfn.errors import Code, Severity

SFN840 = Code(
    "SFN840",
    Severity.ERROR,
    "a stack has no state machine",
    "The state machine is found by the stack's output `StateMachineArn`, or by its resource `StateMachineComponent`. A "
    "stack that has neither was not deployed from a template of sfn-cfn, or its creation failed.",
)
SFN841 = Code(
    "SFN841",
    Severity.ERROR,
    "an execution's input cannot be read",
    "The input is one JSON object of at most 262,144 bytes. `--set` takes `Name=value`, with dots for what is nested "
    "(`Training.HyperParameters.epochs=3`).",
)
SFN842 = Code(
    "SFN842",
    Severity.ERROR,
    "an input of an execution is missing",
    "A state reads the input by its path, and a path that leads nowhere ends the execution (States.Runtime or "
    "States.ParameterPathFailure); or the workflow's `ExecutionInput` declares it, and states further on read it "
    "from their own input. What a Choice asks for with `IsPresent` may be left out. Names of jobs, models and "
    "endpoints need not be given: `start` makes unique ones.",
)
SFN843 = Code(
    "SFN843",
    Severity.ERROR,
    "an input of an execution has another type than declared",
    "The workflow's `ExecutionInput` declares the type. Step Functions does not check it: the call that gets the value "
    "fails.",
)
SFN844 = Code(
    "SFN844",
    Severity.INFO,
    "an input is given that nobody declares or reads by its name",
    "It is passed on all the same: a state that takes its whole input may use it.",
)
SFN845 = Code(
    "SFN845",
    Severity.ERROR,
    "a name cannot be used",
    "SageMaker takes names of letters, digits and `-`, up to 63 characters (tuning and AutoML jobs: 32). The name of "
    "an execution has up to 80 characters, none of them a space, a control character, a backtick or any of "
    '`<>{}[]?*"#%\\^|~$&,;:/`.',
)
SFN846 = Code(
    "SFN846",
    Severity.ERROR,
    "an S3 object that a job is to read is not there",
    "Neither an object of that key nor one under that prefix exists, and no task runs before that could write it. The "
    "job would fail after its machines have started.",
)
SFN847 = Code(
    "SFN847",
    Severity.WARNING,
    "it is not known whether an S3 object exists",
    "It is not there yet, and an earlier task of the execution may write it; or the bucket may not be read with these "
    "credentials, while the job's role may well read it.",
)
SFN848 = Code(
    "SFN848",
    Severity.ERROR,
    "an execution cannot be started",
    "The message has Step Functions' reason. An execution's name can be used again 90 days after its end only.",
)
SFN849 = Code(
    "SFN849",
    Severity.WARNING,
    "the deployed state machine is not that of the source",
    "It has other states. The input is checked against the source, and a failure is shown at the source's lines. "
    "Deploy first, or expect them to be wrong.",
)
SFN850 = Code(
    "SFN850",
    Severity.ERROR,
    "an execution failed",
    "The message names the state that failed first and its error; a failure that the workflow caught is shown where a "
    "Fail state then ended the execution. The log is that of the job or function that the state called.",
)
SFN851 = Code(
    "SFN851",
    Severity.ERROR,
    "an execution was stopped or timed out",
    "Somebody stopped the execution (StopExecution), or it ran longer than the state machine's `TimeoutSeconds`. Jobs "
    "that it started with `.sync` are stopped as far as the role permits.",
)
SFN852 = Code(
    "SFN852",
    Severity.WARNING,
    "an execution goes on unwatched",
    "Watching an execution and running it are two things: it goes on in AWS until it ends or is stopped. The hint has "
    "the command that stops it.",
)
SFN853 = Code(
    "SFN853",
    Severity.ERROR,
    "an express execution cannot be followed",
    "Step Functions keeps no history of express executions (GetExecutionHistory). Their log group has it, where the "
    "state machine writes one.",
)
SFN854 = Code(
    "SFN854",
    Severity.ERROR,
    "an input is not filled in",
    "It still has the placeholder of `sfn-cfn inputs`, or a `${Name}` that only the stack can fill in.",
)
SFN855 = Code(
    "SFN855",
    Severity.ERROR,
    "a switch is given that no stage has",
    "The switches of stages stand in the execution's input under `Stages`, by the stages' names in the settings. At "
    "run time a switch of another name switches nothing, so that a stage runs which was to be left out.",
)
