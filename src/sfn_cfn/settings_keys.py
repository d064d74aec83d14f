"""The keys of `sfn-cfn.toml`: one table that the reader, the JSON schema and the reference page share."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.sections import CAPABILITIES
from sfn_cfn.settings_key import Key, Kind, Section

PIPELINE_NAME = "[A-Za-z][A-Za-z0-9-]{0,39}"
WORKFLOW_NAME = "[0-9A-Za-z_-]{1,80}"
ENVIRONMENT_NAME = "[A-Za-z0-9-]{1,16}"
STACK_NAME = "[A-Za-z][A-Za-z0-9-]{0,127}"
PARAMETER_NAME = "[A-Za-z0-9]{1,255}"
REGION = "[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}"
# Tag rules of AWS: docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
TAG_KEY = "(?![aA][wW][sS]:)[A-Za-z0-9 _.:/=+@-]{1,128}"
TAG_VALUE = "[A-Za-z0-9 _.:/=+@-]{0,256}"
# Names and paths of IAM: docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
SID = "[A-Za-z0-9]{1,128}"
ROLE_PATH = "/([A-Za-z0-9+=,.@_-]+/)*"
INPUT = r"[^$\n][^\n]*|\$\$?[A-Za-z0-9_]*(\.[A-Za-z0-9_-]+|\[('[^']+'|\"[^\"]+\"|[0-9]+|\*)\])+"
OPERATOR = "((ForAllValues|ForAnyValue):)?[A-Z][A-Za-z]+"


_REGION_FORM = "a region such as 'eu-west-1'"
_TAGS = Key("tags", 'tags, each `Key = "value"`')
_ASCII = "[ -~]+"
_STATEMENT = {
    "actions": Key("texts", "the actions, each by its whole name", pattern=_ASCII, form="ASCII text"),
    "resources": Key(
        "texts",
        "ARNs, with parameters and `*` in them; `*` alone where the actions have no resource",
        '["*"]',
        _ASCII,
        "ASCII text",
    ),
    "conditions": Key("conditions", "operator, condition key and its values, as in a policy"),
}
_ROLE = {
    "managed_policies": Key(
        "texts",
        "ARNs of managed policies to attach; each is reported, because it is wider than what is derived",
        "[]",
        _ASCII,
        "ASCII text",
    ),
    "statements": Key(
        "tables by name",
        "statements besides the derived ones, by their Sids",
        keys=_STATEMENT,
        names=SID,
        placeholder="Sid",
        form="letters and digits",
    ),
}
IAM: Mapping[str, Key] = {
    "permissions_boundary": Key(
        "text",
        "ARN of the policy that bounds both roles, with parameters in it; empty: none",
        '""',
        "[ -~]*",
        "ASCII text",
    ),
    "role_path": Key(
        "text",
        "path of the roles, and of managed policies that the stack makes",
        '"/"',
        ROLE_PATH,
        "a path that begins and ends with '/', such as '/ml/'",
    ),
    "sagemaker_source_account": Key(
        "boolean", "whether SageMaker may use its role only for work of the stack's account", "true"
    ),
    "managed_policies_per_role": Key(
        "number", "how many managed policies the account lets a role have (a quota of IAM)", "10"
    ),
    "inputs": Key(
        "lists by name",
        'what a run-time value may be: `Input = ["text", ...]` for an input of the execution, or by its path, '
        '`"$.job.Name" = [...]`; with parameters in the texts, and `*` for any characters',
        pattern="(?![*])[ -~]+",
        form="ASCII text that does not begin with '*'",
        names=INPUT,
        placeholder="Input",
    ),
    "workflow_role": Key("table", "besides what is derived for the state machine's role", keys=_ROLE),
    "sagemaker_role": Key("table", "besides what is derived for the SageMaker role", keys=_ROLE),
}


def _for_one(name: str, section: Section) -> Key:
    """A capability's section as a table of one workflow."""
    kind: Kind = "tables by name" if section.names else "table"
    return Key(
        kind,
        f"as `[{name}]`, for this workflow",
        f"as in `[{name}]`",
        keys=section.keys,
        names=section.names,
        placeholder=section.placeholder,
        form=section.form,
        short=section.short,
    )


SECTIONS: Mapping[str, Section] = {
    "project": Section(
        "What is built, from where, to where.",
        {
            "name": Key(
                "text",
                "the default of the template parameter `PipelineName`",
                "the folder's name",
                PIPELINE_NAME,
                "a letter, then up to 39 letters, digits and hyphens",
            ),
            "sources": Key(
                "texts", "glob patterns of the workflow sources, relative to this file", '["workflows/*.py"]'
            ),
            "output": Key(
                "text", "the templates' folder, relative to this file", '"templates"', ".+", "a folder"
            ),
            "format": Key("text", "what templates are written as", '"yaml"', choices=("yaml", "json")),
            "lint": Key("boolean", "whether cfn-lint checks the templates", "true"),
            "emit": Key(
                "texts",
                "names of the workflows to write; all where empty",
                "[]",
                WORKFLOW_NAME,
                "letters, digits, '-' and '_'",
            ),
            "keep_role": Key(
                "boolean", "whether a role's ARN in a workflow stays instead of the template's role", "false"
            ),
            "unique_names": Key(
                "boolean",
                "whether names that collide at the second execution are made of the execution's",
                "false",
            ),
            "application": Key(
                "boolean",
                "whether there is a template `application` too, with all workflows as nested stacks",
                "false",
            ),
        },
    ),
    "load": Section(
        "How workflow sources are run.",
        {
            "timeout": Key("number", "seconds after which a source that still runs is stopped", "60"),
            "region": Key(
                "text", "the region that the SDK sees while a source runs", "chosen", REGION, _REGION_FORM
            ),
        },
    ),
    "environments": Section(
        "Where a template is deployed to: one configuration file is written for each. "
        "Without any of these, `dev` and `prod`.",
        {
            "region": Key("text", "the region deployed to", pattern=REGION, form=_REGION_FORM),
            "account": Key(
                "text", "the account deployed to", pattern="[0-9]{12}", form="12 digits, in quotes"
            ),
            "parameters": Key("texts by name", "values of template parameters, each `Name = value`"),
            "tags": _TAGS,
            "stacks": Key(
                "text by name",
                'names of stacks, each `workflow = "stack"`',
                "`<PipelineName>-<workflow>-<env>`",
                STACK_NAME,
                "a letter, then up to 127 letters, digits and hyphens",
                names=WORKFLOW_NAME,
                placeholder="workflow",
            ),
        },
        ENVIRONMENT_NAME,
        "env",
        form="up to 16 letters, digits and hyphens",
    ),
    "parameters": Section(
        "Template parameters, as `sfn_cfn.parameter` declares them in a workflow.",
        {
            "type": Key(
                "text",
                "CloudFormation's type",
                "that of `default`, else String",
                choices=("String", "Number"),
            ),
            "default": Key("scalar", "the value where a deployment gives none"),
            "description": Key("text", "shown by CloudFormation", pattern="[ -~]{0,4000}", form="ASCII text"),
            "allowed_values": Key("scalars", "the only values a deployment may give"),
            "allowed_pattern": Key("text", "a regular expression for the whole of a String's value"),
            "min": Key("number", "the least value of a Number"),
            "max": Key("number", "the greatest value of a Number"),
        },
        PARAMETER_NAME,
        "Name",
        form="letters and digits",
    ),
    "tags": Section("Tags on every state machine and stack.", {}, free=_TAGS),
    "iam": Section(
        "The roles of every workflow. What one of them sets in `[workflows.<name>.iam]` stands in its place; "
        "inputs and statements go by their names, so that others stay.",
        IAM,
    ),
    **CAPABILITIES,
    "workflows": Section(
        "What differs for one workflow, by its name.",
        {
            "emit": Key("boolean", "whether its template is written", "true"),
            "keep_role": Key("boolean", "as in `[project]`", "as in `[project]`"),
            "unique_names": Key("boolean", "as in `[project]`", "as in `[project]`"),
            "tags": Key("tags", "tags besides those of `[tags]`; one of the same key wins"),
            "iam": Key("table", "as `[iam]`, for this workflow", "as in `[iam]`", keys=IAM),
            **{name: _for_one(name, section) for name, section in CAPABILITIES.items()},
        },
        WORKFLOW_NAME,
        "name",
        form="letters, digits, '-' and '_'",
    ),
}
