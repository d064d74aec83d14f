"""The bucket for a workflow's data, where the definition names the SDK's default one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from samples import ROOT, WORLD, loaded, machine

from sfn_cfn import compiler, definition, portable
from sfn_cfn.errors import TemplateError
from sfn_cfn.model import Definition, ParameterDeclaration
from sfn_cfn.operations import storage
from sfn_cfn.sections.storage import StorageSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template import yaml
from sfn_cfn.template.intrinsics import Intrinsic, equals, get_att, if_, ref, sub
from sfn_cfn.template.model import Fragment, Template

BUCKET = f"sagemaker-{WORLD.region}-{WORLD.account}"
NAME = if_("CreateDataBucket", ref("WorkflowDataBucket"), ref("DataBucket"))


def final(value: Any, declared: tuple[ParameterDeclaration, ...] = (), **given: Any) -> Definition:
    states = machine(S={"Type": "Pass", "Result": value, "End": True})
    return portable.make_portable(definition.parse(loaded(states, **given), declared), declared)


def test_a_definition_without_the_default_bucket_needs_none() -> None:
    assert storage.data_bucket(final("s3://mine/x")) == Fragment()


def test_the_bucket_is_made_where_the_parameter_is_empty() -> None:
    made = storage.data_bucket(final(f"s3://{BUCKET}/x"))
    assert made.conditions == {"CreateDataBucket": equals(ref("DataBucket"), "")}
    assert list(made.parameters) == ["DataBucket"]
    assert made.parameters["DataBucket"]["Default"] == ""
    assert {name: one["Condition"] for name, one in made.resources.items()} == {
        "WorkflowDataBucket": "CreateDataBucket",
        "WorkflowDataBucketPolicy": "CreateDataBucket",
    }
    assert made.outputs["DataBucketName"]["Value"] == NAME


@pytest.mark.parametrize("name", ["", "fraud-data", "a.b", "abc", "a" * 63])
def test_the_parameter_takes_the_names_of_buckets(name: str) -> None:
    assert re.fullmatch(storage.NAME_PATTERN, name)


@pytest.mark.parametrize("name", ["ab", "Fraud", "-abc", "abc-", "a_b", "s3://abc", "a" * 64, "abc/x"])
def test_the_parameter_takes_nothing_else(name: str) -> None:
    assert not re.fullmatch(storage.NAME_PATTERN, name)


def test_the_bucket_outlives_the_stack_and_has_no_fixed_name() -> None:
    made = storage.data_bucket(final(BUCKET)).resources
    for resource in made.values():
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"
    assert "BucketName" not in made["WorkflowDataBucket"]["Properties"]


def test_the_bucket_is_encrypted_versioned_closed_and_drops_parts_of_uploads() -> None:
    properties = storage.data_bucket(final(BUCKET)).resources["WorkflowDataBucket"]["Properties"]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert "LoggingConfiguration" not in properties


def test_the_bucket_takes_encrypted_connections_only() -> None:
    policy = storage.data_bucket(final(BUCKET)).resources["WorkflowDataBucketPolicy"]["Properties"]
    assert policy["Bucket"] == ref("WorkflowDataBucket")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Resource"] == [get_att("WorkflowDataBucket", "Arn"), sub("${WorkflowDataBucket.Arn}/*")]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_access_logs_go_to_the_bucket_of_the_settings() -> None:
    settings = StorageSettings("logs-${AWS::AccountId}", "fraud/")
    properties = storage.data_bucket(final(BUCKET), settings).resources["WorkflowDataBucket"]["Properties"]
    assert properties["LoggingConfiguration"] == {
        "DestinationBucketName": sub("logs-${AWS::AccountId}"),
        "LogFilePrefix": "fraud/",
    }


def test_a_parameter_of_the_access_logs_is_one_of_the_template_where_a_bucket_is_made() -> None:
    logs = ParameterDeclaration("LogBucket", "String", "logs")
    settings = {"storage": {"access_log_bucket": "${LogBucket}"}}
    template = compiled(BUCKET, logs, operations=settings)
    assert template.parameters["LogBucket"]["Default"] == "logs"
    made = template.resources["WorkflowDataBucket"]["Properties"]["LoggingConfiguration"]
    assert made == {"DestinationBucketName": sub("${LogBucket}")}
    assert "LogBucket" not in compiled("s3://mine/x", logs, operations=settings).parameters


def test_a_number_cannot_name_the_bucket() -> None:
    own = ParameterDeclaration("DataBucket", "Number", 1)
    made = final([BUCKET], declared=(own,))
    assert storage.data_bucket(made) == Fragment()  # the text names the parameter itself
    with pytest.raises(TemplateError) as raised:
        storage.data_bucket(replace(final([BUCKET]), parameters=(own,)))
    assert [item.message for item in raised.value.diagnostics] == [
        "parameter 'DataBucket' is a Number, and names the workflow's bucket"
    ]


def compiled(
    value: Any,
    *declared: ParameterDeclaration,
    tags: dict[str, str] | None = None,
    operations: dict[str, Any] | None = None,
) -> Template:
    states = machine(S={"Type": "Pass", "Result": value, "End": True})
    made, findings = compiler.compile_workflow(
        loaded(states, tags=tags or {}),
        Settings(ROOT, parameters=declared, operations=operations or {}),
        "yaml",
    )
    assert made, findings
    return yaml.load(made.outputs[0].content, "t")


def test_the_template_has_the_bucket_and_the_definition_its_name() -> None:
    template = compiled(f"s3://{BUCKET}/x")
    text = template.resources["StateMachineComponent"]["Properties"]["DefinitionString"]
    assert isinstance(text, Intrinsic)
    assert text.argument[1] == {"DataBucketName": NAME}
    assert "s3://${DataBucketName}/x" in text.argument[0]
    assert "WorkflowDataBucket" in template.resources


def test_a_tag_alone_may_name_the_bucket() -> None:
    assert "WorkflowDataBucket" in compiled("x", tags={"Bucket": BUCKET}).resources


def test_a_bucket_of_the_authors_is_a_plain_parameter_with_his_default() -> None:
    template = compiled(f"s3://{BUCKET}/x", ParameterDeclaration("DataBucket", "String", "fraud-data"))
    assert template.parameters["DataBucket"]["Default"] == "fraud-data"
    assert "WorkflowDataBucket" not in template.resources
    assert "DataBucketName" not in template.outputs


def test_a_bucket_of_the_authors_that_may_be_empty_is_made_under_his_declaration() -> None:
    own = ParameterDeclaration("DataBucket", "String", "", description="Where it all goes")
    template = compiled([f"s3://{BUCKET}/x", "s3://${DataBucket}/y"], own)
    assert template.parameters["DataBucket"]["Description"] == "Where it all goes"
    assert "WorkflowDataBucket" in template.resources
    text = template.resources["StateMachineComponent"]["Properties"]["DefinitionString"].argument[0]
    assert "s3://${DataBucketName}/y" in text
