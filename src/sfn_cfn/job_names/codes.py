"""The kinds of findings about names and values that an execution, or a run of the source, gives otherwise."""

from __future__ import annotations

from sfn_cfn.errors import Code, Severity

SFN370 = Code(
    "SFN370",
    Severity.WARNING,
    "a name is the same in every execution",
    "SageMaker refuses a job, a model or an endpoint configuration whose name is taken, so the second execution "
    "fails at this state. `unique_names = true`, in `[project]` or for one workflow, makes such names of the "
    "execution's; or take the name from the execution's input (`ExecutionInput`). An endpoint's name is never "
    "replaced, because its clients know it: update the endpoint where it is there.",
)
SFN371 = Code(
    "SFN371",
    Severity.WARNING,
    "a job has the execution's name",
    "An execution's name has up to 80 characters, `_` and others among them. SageMaker takes 63 (32 for tuning) "
    "letters, digits and hyphens, so a longer one fails, and two states of one kind cannot both have it. "
    "`unique_names = true` puts a hash of it in its place.",
)
SFN372 = Code(
    "SFN372",
    Severity.WARNING,
    "a value differs from run to run",
    "The source was run twice, at two times and places, and gave two values here. In the template stands that of "
    "the build, in every execution: a time or a random value that was meant for one run. Take it from the execution's "
    "input or context, or fix it.",
)
SFN373 = Code(
    "SFN373",
    Severity.WARNING,
    "a name cannot be made unique, because another state needs it",
    "A name that is made inside of a Map state is one per item, and the states of an item have nothing in their "
    "context that tells the items apart (the index is there for the Map state's own fields). Inside of a distributed "
    "one each item is an execution of its own. The name has to come with the item's input.",
)
SFN374 = Code(
    "SFN374",
    Severity.WARNING,
    "a job is retried under the same name",
    "A retry starts another job. Its name has the number of the retry in it, unless another state refers to the "
    "job by its name, which then must not depend on it. SageMaker refuses the retry's job, because the failed one "
    "has the name.",
)
SFN375 = Code(
    "SFN375",
    Severity.INFO,
    "a text holds a name that was made unique elsewhere",
    "With `unique_names` a name becomes another in each execution. Fields that name the same thing follow; a text "
    "that merely holds the same characters stays, and may have meant the job.",
)
