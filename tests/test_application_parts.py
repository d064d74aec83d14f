"""What the workflows of an application share: made once, kept as it is kept in each, refused where they differ."""

from __future__ import annotations

import json

import cfn_flip
import pytest
from test_application import DATA, TOML, files, findings, outputs, parent, read, workflow

from sfn_cfn import application
from sfn_cfn.errors import TemplateError
from sfn_cfn.model import OutputFile

ALL = """
[topic]
emails = { Team = "team@example.com" }
[alarms]
[pipelines]
enabled = true
"""


def test_what_holds_data_outlives_the_application_as_it_outlives_a_workflow() -> None:
    made = parent(TOML + ALL)["Resources"]
    child = json.loads(cfn_flip.to_json(files(TOML + ALL)["train.yaml"]))["Resources"]
    for name in ("WorkflowDataBucket", "WorkflowDataBucketPolicy", "PipelineTable"):
        kept = {key: made[name].get(key) for key in ("DeletionPolicy", "UpdateReplacePolicy", "Condition")}
        assert kept == {key: child[name].get(key) for key in kept}
        assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_a_shared_part_is_the_workflow_s_own_but_for_its_name() -> None:
    made = parent(TOML + ALL)
    child = json.loads(cfn_flip.to_json(files(TOML + ALL)["train.yaml"]))
    for name in ("WorkflowDataBucket", "WorkflowDataBucketPolicy", "PipelineTable", "AlertTopicPolicy"):
        assert made["Resources"][name] == child["Resources"][name]
    for name in ("CreateDataBucket", "CreateAlertTopic", "CreateAlertTopicKey", "CreatePipelineTable"):
        assert made["Conditions"][name] == child["Conditions"][name]
    for name in ("DataBucket", "AlertTopicArn", "AlertTopicKeyArn", "PipelineTableName"):
        assert made["Parameters"][name] == child["Parameters"][name]


def test_a_part_that_workflows_set_otherwise_is_refused() -> None:
    more = (
        '[workflows.train.storage]\naccess_log_bucket = "logs-a"\n[storage]\naccess_log_bucket = "logs-b"\n'
    )
    assert findings(TOML + more) == [
        (
            "SFN440 sfn-cfn.toml: workflows 'score_all' and 'train' set 'LoggingConfiguration' of their shared "
            "'WorkflowDataBucket' otherwise | write it for all workflows"
        )
    ]


@pytest.mark.parametrize("name", ["score_all", "train"])
def test_a_part_that_one_workflow_alone_sets_is_refused(name: str) -> None:
    assert findings(f'{TOML}[workflows.{name}.storage]\naccess_log_bucket = "logs"\n') == [
        (
            "SFN440 sfn-cfn.toml: workflows 'score_all' and 'train' set 'LoggingConfiguration' of their shared "
            "'WorkflowDataBucket' otherwise | write it for all workflows"
        )
    ]


def test_the_bucket_has_the_events_that_any_of_its_workflows_waits_for() -> None:
    trigger = 'triggers.made]\nkind = "s3"\nprefix = "in/"\n'
    made = [parent(f"{TOML}[workflows.{name}.{trigger}") for name in ("score_all", "train")]
    found = [one["Resources"]["WorkflowDataBucket"]["Properties"] for one in made]
    events = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert [one.get("NotificationConfiguration") for one in found] == [events, events]


def test_a_table_with_another_key_is_refused() -> None:
    toml = (
        TOML
        + '[pipelines]\nenabled = true\n[workflows.train.pipelines]\nkms_key = "arn:aws:kms:eu-west-1:1:key/a"\n'
    )
    assert findings(toml.replace(":1:key", ":111122223333:key")) == [
        (
            "SFN440 sfn-cfn.toml: workflows 'score_all' and 'train' set 'SSESpecification' of their shared "
            "'PipelineTable' otherwise | write it for all workflows"
        )
    ]


def test_a_subscriber_with_two_addresses_is_refused_at_its_line() -> None:
    """Else one of the two would hear of nothing."""
    toml = (
        TOML
        + '[alarms]\n[workflows.train.topic.emails]\nOps = "a@example.com"\n'
        + '[workflows.score_all.topic.emails]\nOps = "b@example.com"\n'
    )
    assert findings(toml) == [
        (
            "SFN440 sfn-cfn.toml:13: workflows 'score_all' and 'train' have 'Ops' with different addresses, and share "
            "the topic | write it in [topic.emails] for all workflows, or give one another name"
        )
    ]


def test_subscribers_of_each_workflow_are_all_subscribed() -> None:
    toml = (
        TOML
        + '[alarms]\n[workflows.train.topic.emails]\nOps = "a@example.com"\n'
        + '[workflows.score_all.topic.emails]\nTeam = "b@example.com"\n'
    )
    made = parent(toml)
    kinds = {name: one["Type"] for name, one in made["Resources"].items()}
    assert [name for name, kind in kinds.items() if kind == "AWS::SNS::Subscription"] == [
        "TeamSubscription",
        "OpsSubscription",
    ]
    assert (made["Parameters"]["Ops"]["Default"], made["Parameters"]["Team"]["Default"]) == (
        "a@example.com",
        "b@example.com",
    )


def otherwise(before: str, after: str, toml: str = "") -> list[str]:
    """What is said where one workflow's template has another text somewhere."""
    found = read(TOML + toml)
    built = outputs(found, train=workflow(**DATA), score=workflow(**DATA))
    changed = [
        OutputFile(one.path, one.content.replace(before, after)) if one.path == "train.yaml" else one
        for one in built
    ]
    assert changed != list(built)
    with pytest.raises(TemplateError) as caught:
        application.files(changed, found, "yaml")
    return [one.message for one in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "    UpdateReplacePolicy: Retain\n",
            "",
            "workflows 'score' and 'train' set 'UpdateReplacePolicy' of their shared 'WorkflowDataBucket' otherwise",
        ),
        (
            "Name of the bucket for",
            "The bucket for",
            "workflows 'score' and 'train' declare their shared parameter 'DataBucket' otherwise",
        ),
    ],
)
def test_what_the_templates_say_otherwise_of_a_shared_part_is_refused(
    before: str, after: str, said: str
) -> None:
    assert otherwise(before, after)[0] == said


def test_a_shared_part_that_reads_what_the_workflows_declare_otherwise_is_refused() -> None:
    toml = TOML + '[storage]\naccess_log_bucket = "${Folder}"\n'
    found = read(toml)
    built = (
        *outputs(found, train=workflow(**DATA)),
        *outputs(read(toml.replace('"in"', '"out"')), score=workflow(**DATA)),
    )
    with pytest.raises(TemplateError) as caught:
        application.files(built, found, "yaml")
    assert [one.message for one in caught.value.diagnostics] == [
        "the shared 'WorkflowDataBucket' reads parameter 'Folder', which the workflows declare otherwise"
    ]


def test_a_parameter_that_has_a_subscriber_s_name_and_another_meaning_is_the_workflow_s_own() -> None:
    toml = TOML + '[workflows.train.alarms]\n[workflows.train.topic.emails]\nFolders = "a@example.com"\n'
    found = read(toml)
    built = list(outputs(found, train=workflow(**DATA)))
    built += [OutputFile("score.yaml", declaring("Folders"))]
    made = json.loads(cfn_flip.to_json(application.files(built, found, "yaml")[0].content))
    assert made["Resources"]["ScoreStack"]["Properties"]["Parameters"] == {"Folders": {"Ref": "ScoreFolders"}}
    assert made["Resources"]["TrainStack"]["Properties"]["Parameters"]["Folders"] == ""


def test_a_subscriber_with_the_name_of_a_nested_stack_is_refused() -> None:
    toml = TOML + '[alarms]\n[topic.emails]\nTrainStack = "a@example.com"\n'
    assert findings(toml) == [
        (
            "SFN440 sfn-cfn.toml: parameter 'TrainStack' of a shared part has the name of a resource of the "
            "application | rename it"
        )
    ]


def declaring(name: str) -> str:
    return f"Parameters:\n  {name}: {{Type: String, Default: x}}\nResources:\n  Task: {{Type: AWS::SNS::Topic}}\n"


def test_a_parameter_that_would_have_the_name_of_a_shared_one_is_refused() -> None:
    found = read()
    built = (
        *outputs(found, train=workflow(**DATA)),
        OutputFile("data.yaml", declaring("Bucket")),
        OutputFile("score.yaml", declaring("Bucket").replace("Default: x", "Default: y")),
    )
    with pytest.raises(TemplateError) as caught:
        application.files(built, found, "yaml")
    assert [one.message for one in caught.value.diagnostics] == [
        (
            "parameter 'Bucket' of workflow 'data' would be 'DataBucket' in the application, as a parameter of a "
            "shared part is"
        )
    ]
