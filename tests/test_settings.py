from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from sfn_cfn import codec, settings
from sfn_cfn.errors import SettingsError, SourceLocation
from sfn_cfn.model import ParameterDeclaration
from sfn_cfn.settings import (
    Environment,
    ExtraStatement,
    IamSettings,
    RoleSettings,
    Settings,
    WorkflowSettings,
)
from sfn_cfn.settings_file import name_of_folder
from sfn_cfn.settings_keys import SECTIONS
from sfn_cfn.settings_schema import schema
from sfn_cfn.toml_lines import key_lines, tomllib

WHOLE = """\
[project]
name = "fraud"
sources = ["flows/**/*.py"]
output = "out"
format = "json"
lint = false
emit = ["train", "score"]
keep_role = true

[load]
timeout = 5
region = "us-gov-west-1"

[environments.dev]
region = "eu-west-1"
account = "012345678901"
parameters = { Count = 2, Ratio = 0.5, On = true, Name = "x" }
tags = { Team = "risk" }

[environments.live]

[parameters.Count]
default = 1
min = 1
max = 16
allowed_values = [1, 2]
description = "how many"

[parameters.Bucket]
type = "String"
default = "data"
allowed_pattern = "[a-z]+"

[tags]
Owner = "risk"
Cost = "1"

[workflows.train]
keep_role = false
emit = false
tags = { Cost = "2" }

[workflows.score]
"""


def read(folder: Path, text: str) -> Settings:
    (folder / "sfn-cfn.toml").write_text(text, encoding="utf-8")
    return settings.read(folder)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(folder, text)
    return [f"{d.code} {d.location}: {d.message} | {d.hint}" for d in caught.value.diagnostics]


def test_a_project_without_the_file_has_every_default(tmp_path: Path) -> None:
    folder = tmp_path / "fraud"
    folder.mkdir()
    assert settings.read(folder) == Settings(root=folder, pipeline_name="fraud")


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("fraud", "fraud"),
        ("my_ml project", "my-ml-project"),
        ("2024-models", "models"),
        ("42", "ml-pipeline"),
        ("été", "t"),
        ("a" * 39 + "-b", "a" * 39),
    ],
)
def test_a_folder_name_becomes_a_valid_pipeline_name(folder: str, name: str) -> None:
    assert name_of_folder(Path("/", folder)) == name


def test_every_key_is_read_with_its_type(tmp_path: Path) -> None:
    at = {
        name: SourceLocation("sfn-cfn.toml", WHOLE.splitlines().index(f"[parameters.{name}]") + 1)
        for name in ("Count", "Bucket")
    }
    assert read(tmp_path, WHOLE) == Settings(
        root=tmp_path,
        pipeline_name="fraud",
        sources=("flows/**/*.py",),
        output="out",
        format="json",
        lint=False,
        emit=("train", "score"),
        keep_role=True,
        timeout=5.0,
        region="us-gov-west-1",
        environments=(
            Environment(
                "dev",
                "eu-west-1",
                "012345678901",
                {"Count": "2", "Ratio": "0.5", "On": "true", "Name": "x"},
                {"Team": "risk"},
            ),
            Environment("live"),
        ),
        parameters=(
            ParameterDeclaration(
                "Count",
                "Number",
                1,
                description="how many",
                allowed_values=(1, 2),
                min=1,
                max=16,
                location=at["Count"],
            ),
            ParameterDeclaration("Bucket", "String", "data", allowed_pattern="[a-z]+", location=at["Bucket"]),
        ),
        tags={"Owner": "risk", "Cost": "1"},
        workflows={
            "train": WorkflowSettings(emit=False, keep_role=False, tags={"Owner": "risk", "Cost": "2"}),
            "score": WorkflowSettings(emit=True, keep_role=True, tags={"Owner": "risk", "Cost": "1"}),
        },
    )


def test_an_environments_parameters_have_their_lines(tmp_path: Path) -> None:
    (one,) = read(tmp_path, '[environments.dev]\n[environments.dev.parameters]\nBucket = "b"\n').environments
    assert one.places == {"Bucket": SourceLocation("sfn-cfn.toml", 3)}


def test_every_mistake_is_reported_at_once_with_its_line_and_the_nearest_key(tmp_path: Path) -> None:
    text = """\
lint = true
[projcet]
[project]
nmae = "x"
sources = "workflows/*.py"
format = "yml"
[load]
timeout = "60"
region = "Europe"
[environments]
region = "eu-west-1"
[environments.a_b]
[environments.dev]
account = 123456789012
colour = "red"
"""
    assert mistakes(tmp_path, text) == [
        "SFN111 sfn-cfn.toml:1: unknown key 'lint' | write it under [project]",
        "SFN111 sfn-cfn.toml:2: unknown section 'projcet' | did you mean 'project'?",
        "SFN111 sfn-cfn.toml:4: unknown key 'nmae' in [project] | did you mean 'name'?",
        "SFN112 sfn-cfn.toml:5: 'project.sources' is a text, not a list | write [\"workflows/*.py\"]",
        "SFN112 sfn-cfn.toml:6: 'project.format' is 'yml', not one of yaml, json | did you mean 'yaml'?",
        "SFN112 sfn-cfn.toml:8: 'load.timeout' is a text, not a number | write 60",
        "SFN112 sfn-cfn.toml:9: 'load.region' is 'Europe', not a region such as 'eu-west-1' | ",
        (
            "SFN111 sfn-cfn.toml:11: key 'region' stands in [environments] itself"
            " | write it under [environments.<env>]"
        ),
        (
            "SFN113 sfn-cfn.toml:12: 'a_b' cannot be a name in [environments]"
            " | use up to 16 letters, digits and hyphens"
        ),
        "SFN112 sfn-cfn.toml:14: 'environments.dev.account' is a number, not a text | write \"123456789012\"",
        (
            "SFN111 sfn-cfn.toml:15: unknown key 'colour' in [environments.dev]"
            " | use one of region, account, parameters, tags, stacks"
        ),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("timeout = 0", "SFN112 sfn-cfn.toml:2: 'load.timeout' is 0, not more than 0 seconds | "),
        ("timeout = nan", "SFN112 sfn-cfn.toml:2: 'load.timeout' is nan, not a finite number | "),
        ("timeout = true", "SFN112 sfn-cfn.toml:2: 'load.timeout' is a boolean, not a number | "),
        ("timeout = 2020-01-01", "SFN112 sfn-cfn.toml:2: 'load.timeout' is a date or time, not a number | "),
    ],
)
def test_a_time_limit_is_a_positive_number(tmp_path: Path, line: str, message: str) -> None:
    assert mistakes(tmp_path, f"[load]\n{line}\n") == [message]


def test_a_pattern_that_leaves_the_project_is_refused(tmp_path: Path) -> None:
    assert mistakes(tmp_path, '[project]\nsources = ["../x/*.py", "a.py"]\n') == [
        (
            "SFN112 sfn-cfn.toml:2: 'project.sources' has '../x/*.py', which leaves the project's folder"
            " | write a pattern relative to sfn-cfn.toml"
        )
    ]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            "type = 'Number'\nallowed_pattern = 'x'",
            (
                "SFN114 sfn-cfn.toml:3: parameter 'P' is a Number, which has no allowed_pattern"
                ' | remove it, or write type = "String"'
            ),
        ),
        (
            "min = 1",
            (
                "SFN114 sfn-cfn.toml:2: parameter 'P' is a String, which has no min"
                ' | remove it, or write type = "Number"'
            ),
        ),
        (
            "type = 'Number'\ndefault = '3'",
            "SFN114 sfn-cfn.toml:3: default '3' of parameter 'P' is not a Number | ",
        ),
        (
            "default = 1\nmin = 2",
            "SFN114 sfn-cfn.toml:2: default 1 of parameter 'P' is below min 2 | ",
        ),
        (
            "default = 3\nmax = 2",
            "SFN114 sfn-cfn.toml:2: default 3 of parameter 'P' is above max 2 | ",
        ),
        (
            "type = 'Number'\nmin = 3\nmax = 2",
            "SFN114 sfn-cfn.toml:3: parameter 'P' has a min of 3 above its max of 2 | ",
        ),
        (
            "default = 'x'\nallowed_values = ['a', 'b']",
            "SFN114 sfn-cfn.toml:2: default 'x' of parameter 'P' is not among its allowed_values | ",
        ),
        (
            "allowed_values = ['a', 1]",
            "SFN114 sfn-cfn.toml:2: allowed_values 1 of parameter 'P' is not a String | ",
        ),
        (
            "default = 'X'\nallowed_pattern = '[a-z]+'",
            "SFN114 sfn-cfn.toml:2: default 'X' of parameter 'P' does not match allowed_pattern '[a-z]+' | ",
        ),
        (
            "allowed_pattern = '['",
            (
                "SFN112 sfn-cfn.toml:2: 'allowed_pattern' of parameter 'P' is not a regular expression:"
                " unterminated character set at position 0 | "
            ),
        ),
        (
            "default = true",
            "SFN112 sfn-cfn.toml:2: 'parameters.P.default' is a boolean, not text or a number | ",
        ),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(tmp_path: Path, lines: str, message: str) -> None:
    assert mistakes(tmp_path, f"[parameters.P]\n{lines}\n") == [message]


def test_a_parameter_of_every_template_cannot_be_declared(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "[parameters.TargetEnv]\n") == [
        "SFN114 sfn-cfn.toml:1: parameter 'TargetEnv' is in every template already | choose another name"
    ]


def test_tags_have_the_letters_that_aws_allows(tmp_path: Path) -> None:
    text = '[tags]\n"aws:x" = "1"\nA = "é"\nB = 3\n'
    rule = "use letters, digits, spaces and _.:/=+-@; a key must not begin with 'aws:'"
    assert mistakes(tmp_path, text) == [
        f"SFN113 sfn-cfn.toml:2: 'aws:x' in [tags] is not a tag's key | {rule}",
        f"SFN112 sfn-cfn.toml:3: 'tags.A' has characters that a tag cannot have | {rule}",
        "SFN112 sfn-cfn.toml:4: 'tags.B' is a number, not a text | write \"...\"",
    ]


def test_a_text_that_is_not_toml_is_reported_at_its_line(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "[project]\nname = \n") == [
        "SFN110 sfn-cfn.toml:2: the settings are not TOML: invalid value | "
    ]


def test_a_file_that_is_not_utf_8_is_reported(tmp_path: Path) -> None:
    (tmp_path / "sfn-cfn.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(SettingsError) as caught:
        settings.read(tmp_path)
    assert str(caught.value) == "SFN110: cannot read the settings: it is not UTF-8 text"


def test_a_table_where_a_value_stands_is_reported(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "project = 3\n[environments]\ndev = 1\n") == [
        "SFN112 sfn-cfn.toml:1: 'project' is a number, not a table | write it as [project]",
        "SFN112 sfn-cfn.toml:3: 'environments.dev' is a number, not a table | write it as [environments.dev]",
    ]


def test_lines_are_found_behind_texts_and_lists_of_several_lines() -> None:
    text = 'a = """\n[b]\nc = 1\n"""\nd = [\n  1, # x\n  2,\n]\n\n[e."f.g"]\nh.i = 1\nj = { k = 2 }\n'
    assert key_lines(text) == {
        ("a",): 1,
        ("d",): 5,
        ("e",): 10,
        ("e", "f.g"): 10,
        ("e", "f.g", "h"): 11,
        ("e", "f.g", "h", "i"): 11,
        ("e", "f.g", "j"): 12,
        ("e", "f.g", "j", "k"): 12,
    }


def test_the_schema_has_the_reader_s_keys_and_takes_what_it_takes() -> None:
    published = json.loads(Path("docs/reference/sfn-cfn.schema.json").read_text(encoding="utf-8"))
    assert published == schema()
    assert list(published["properties"]) == list(SECTIONS)
    for name, section in SECTIONS.items():
        found = published["properties"][name]
        if section.names:
            (found,) = found["patternProperties"].values()
        assert section.free or list(found["properties"]) == list(section.keys)
    jsonschema.validate(tomllib.loads(WHOLE), published)


@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        "project.nmae = 'x'",
        "project.name = '1'",
        "load.region = 'x'",
        "environments.a_b = {}",
        "environments.dev.account = 1",
        "tags.A = 'é'",
        "parameters.P.type = 'List'",
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(tmp_path: Path, text: str) -> None:
    assert len(mistakes(tmp_path, text)) == 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), schema())


ROLES = """\
[iam]
permissions_boundary = "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/edge"
role_path = "/ml/"
managed_policies_per_role = 20

[iam.inputs]
Shared = "s3://shared/"
DatasetUri = ["s3://all/"]

[iam.workflow_role]
managed_policies = ["arn:aws:iam::aws:policy/A"]

[iam.workflow_role.statements.Common]
actions = ["s3:ListAllMyBuckets"]

[workflows.train.iam]
role_path = "/train/"
sagemaker_source_account = false

[workflows.train.iam.inputs]
DatasetUri = ["s3://${DataBucket}/raw/", "s3://${DataBucket}/cooked/"]
"$.job['Name']" = "fraud-*"

[workflows.train.iam.workflow_role.statements.Own]
actions = ["dynamodb:GetItem"]
resources = ["arn:aws:dynamodb:eu-west-1:111122223333:table/x"]
conditions = { StringEquals = { "aws:PrincipalTag/team" = "a" } }
"""
COMMON = IamSettings(
    permissions_boundary="arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/edge",
    role_path="/ml/",
    managed_policies_per_role=20,
    inputs={"Shared": ("s3://shared/",), "DatasetUri": ("s3://all/",)},
    workflow_role=RoleSettings(
        {"Common": ExtraStatement(("s3:ListAllMyBuckets",))}, ("arn:aws:iam::aws:policy/A",)
    ),
    shared=("Shared", "DatasetUri"),
)


def test_roles_have_the_settings_of_all_workflows(tmp_path: Path) -> None:
    found = read(tmp_path, ROLES)
    assert found.iam == COMMON
    assert found.of("score").iam == COMMON


def test_what_a_workflow_sets_for_its_roles_stands_instead_and_names_go_one_by_one(tmp_path: Path) -> None:
    own = ExtraStatement(
        ("dynamodb:GetItem",),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/x",),
        {"StringEquals": {"aws:PrincipalTag/team": ("a",)}},
    )
    assert read(tmp_path, ROLES).of("train").iam == replace(
        COMMON,
        role_path="/train/",
        sagemaker_source_account=False,
        inputs={
            "Shared": ("s3://shared/",),
            "DatasetUri": ("s3://${DataBucket}/raw/", "s3://${DataBucket}/cooked/"),
            "$.job['Name']": ("fraud-*",),
        },
        workflow_role=replace(
            COMMON.workflow_role, statements={**COMMON.workflow_role.statements, "Own": own}
        ),
        shared=("Shared",),
    )


def test_roles_settings_have_their_lines(tmp_path: Path) -> None:
    places = read(tmp_path, ROLES).of("train").iam.places
    lines = {key: place.line for key, place in places.items()}
    assert lines["permissions_boundary"] == 2
    assert lines["role_path"] == 17
    assert lines["inputs.DatasetUri"] == 21
    assert lines["inputs.$.job['Name']"] == 22
    assert lines["workflow_role.managed_policies"] == 11
    assert lines["workflow_role.statements.Common.actions"] == 14
    assert lines["workflow_role.statements.Own"] == 24
    assert lines["workflow_role.statements.Own.conditions.StringEquals.aws:PrincipalTag/team"] == 27


def test_roles_settings_survive_the_way_to_another_process(tmp_path: Path) -> None:
    found = read(tmp_path, ROLES)
    again = codec.loads(Settings, codec.dumps(found))
    assert again == found
    assert again.of("train").iam.places == found.of("train").iam.places


def test_the_schema_takes_roles_settings() -> None:
    jsonschema.validate(tomllib.loads(ROLES), schema())


IAM_KEYS = (
    "permissions_boundary, role_path, sagemaker_source_account, managed_policies_per_role, inputs, workflow_role,"
    " sagemaker_role"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[iam]\nboundary = 'x'",
            f"SFN111 sfn-cfn.toml:2: unknown key 'boundary' in [iam] | use one of {IAM_KEYS}",
        ),
        (
            "[workflows.train.iam]\nrole_paht = '/'",
            "SFN111 sfn-cfn.toml:2: unknown key 'role_paht' in [workflows.train.iam] | did you mean 'role_path'?",
        ),
        (
            "[workflows.train.iam.workflow_role]\nmanaged_policy = []",
            (
                "SFN111 sfn-cfn.toml:2: unknown key 'managed_policy' in [workflows.train.iam.workflow_role]"
                " | did you mean 'managed_policies'?"
            ),
        ),
        (
            "[iam.sagemaker_role.statements.A]\naction = ['s3:GetObject']",
            (
                "SFN111 sfn-cfn.toml:2: unknown key 'action' in [iam.sagemaker_role.statements.A]"
                " | did you mean 'actions'?"
            ),
        ),
        (
            "[iam.sagemaker_role.statements.A-1]\nactions = []",
            (
                "SFN113 sfn-cfn.toml:1: 'A-1' cannot be a name in [iam.sagemaker_role.statements]"
                " | use letters and digits"
            ),
        ),
        (
            "[iam]\nrole_path = 'ml'",
            (
                "SFN112 sfn-cfn.toml:2: 'iam.role_path' is 'ml', not a path that begins and ends with '/', such as"
                " '/ml/' | "
            ),
        ),
        (
            f"[iam]\nrole_path = '/{'a' * 511}/'",
            "SFN112 sfn-cfn.toml:2: 'iam.role_path' has more than 512 characters | ",
        ),
        (
            "[iam]\nmanaged_policies_per_role = 0",
            "SFN112 sfn-cfn.toml:2: 'iam.managed_policies_per_role' is 0, not a count of at least 1 | ",
        ),
        (
            "[iam]\nmanaged_policies_per_role = 1.5",
            "SFN112 sfn-cfn.toml:2: 'iam.managed_policies_per_role' is 1.5, not a count of at least 1 | ",
        ),
        (
            "[iam.inputs]\nUri = ['*']",
            "SFN112 sfn-cfn.toml:2: 'iam.inputs.Uri' is '*', not ASCII text that does not begin with '*' | ",
        ),
        (
            "[iam.inputs]\nUri = []",
            "SFN112 sfn-cfn.toml:2: 'iam.inputs.Uri' is empty | give one text, or a list of them",
        ),
        (
            "[iam.inputs]\nCount = 3",
            "SFN112 sfn-cfn.toml:2: 'iam.inputs.Count' is a number, not a list | write [3]",
        ),
        (
            "[iam.inputs]\n'$.a b' = 'x'",
            (
                "SFN113 sfn-cfn.toml:2: '$.a b' cannot be a name in [iam.inputs]"
                " | use an input's name, or a path such as $.a.b"
            ),
        ),
        (
            "[iam.workflow_role.statements.A.conditions]\nequals = { a = 'b' }",
            "SFN113 sfn-cfn.toml:2: 'equals' cannot be an operator of a condition | use StringEquals",
        ),
        (
            "[iam.workflow_role.statements.A]\nconditions = { StringEquals = 'b' }",
            (
                "SFN112 sfn-cfn.toml:2: 'iam.workflow_role.statements.A.conditions.StringEquals' is a text, not a"
                " table | write it as [iam.workflow_role.statements.A.conditions.StringEquals]"
            ),
        ),
        (
            "[workflows.x]\niam = 3",
            "SFN112 sfn-cfn.toml:2: 'workflows.x.iam' is a number, not a table | write it as [workflows.x.iam]",
        ),
    ],
)
def test_a_mistake_in_roles_settings_is_reported_at_its_line(tmp_path: Path, text: str, message: str) -> None:
    assert mistakes(tmp_path, text) == [message]


def test_stacks_have_names_of_their_own_by_workflow(tmp_path: Path) -> None:
    (tmp_path / "sfn-cfn.toml").write_text('[environments.prod]\nstacks = { train_it = "ml-train" }\n')
    (environment,) = settings.read(tmp_path).environments
    assert environment.stacks == {"train_it": "ml-train"}


def test_a_stacks_name_that_aws_does_not_take_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sfn-cfn.toml").write_text('[environments.prod.stacks]\ntrain = "ml_train"\n"a b" = "x"\n')
    with pytest.raises(SettingsError) as caught:
        settings.read(tmp_path)
    form = "a letter, then up to 127 letters, digits and hyphens"
    assert [(item.message, item.hint) for item in caught.value.diagnostics] == [
        (f"'environments.prod.stacks.train' is 'ml_train', not {form}", ""),
        ("'a b' cannot be a name in [environments.prod.stacks]", "use a workflow's name"),
    ]
