"""The kinds of findings of pipelines' settings, by their numbers."""

from __future__ import annotations

from sfn_cfn.errors import Code, Severity

SFN870 = Code(
    "SFN870",
    Severity.ERROR,
    "a file with a pipeline's settings cannot be read",
    "`pipelines/<name>.json` is a JSON object with the text `workflow` and, where they are wanted, the boolean "
    "`enabled`, the objects `parameters`, `constants` and `stages` (booleans by the stages' names), the list "
    "`event` (names of inputs that each event brings) and the whole number `version`, from 1 on. The name is that of "
    "an item, and of executions. The file is UTF-8 without a byte order mark. A key that stands twice in an object, "
    "NaN, numbers over 1.8e308 (`1e400`), halves of characters (`\\ud800`) and objects more than 100 deep are refused, "
    "because the router would read something else, or nothing.",
)
SFN871 = Code(
    "SFN871",
    Severity.ERROR,
    "a pipeline's settings do not fit its workflow",
    "A pipeline is one of a workflow of the project that has `[pipelines]` on. `stages` has the stages of that "
    "workflow, `event` inputs that it takes. Switches stand in `stages`, not among the inputs, and together the "
    "settings have at most 204,800 bytes.",
)
SFN872 = Code(
    "SFN872",
    Severity.ERROR,
    "a pipeline's settings were changed by somebody else",
    "Every item has a version, which `put` raises by one, and only where it is still the one that was read: the one"
    " that stands in the file (`get` writes it), or the one that the table had at the beginning of the command. "
    "Read the item again by `sfn-cfn pipelines get`, and put both changes together.",
)
SFN873 = Code(
    "SFN873",
    Severity.WARNING,
    "a pipeline gives a job a name that fails at the second start",
    "SageMaker refuses the name of a job that was there before. Leave the input out of the settings: the router "
    "makes a name for each execution.",
)
SFN874 = Code(
    "SFN874",
    Severity.ERROR,
    "a table of pipelines' settings, or an item of it, is not there or not readable",
    "The table is the output `PipelineTable` of the workflow's stack, which has one where `[pipelines]` is on. "
    "Items are written by `sfn-cfn pipelines put`; one that was changed by hand may lack an attribute, or have "
    "another type. `put` writes over such an item, and says so; a `version` in the file has to be the item's, where "
    "that can be read.",
)
