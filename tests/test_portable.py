"""Values of the build's world as pseudo parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from samples import WORLD, loaded, machine

from sfn_cfn import definition, images, portable
from sfn_cfn.errors import TemplateError
from sfn_cfn.model import Definition, ParameterDeclaration, Text, Token
from sfn_cfn.portable import mappings
from sfn_cfn.template.asl import definition_string
from sfn_cfn.template.intrinsics import ref
from sfn_cfn.template.model import Fragment, Template

A, R = WORLD.account, WORLD.region
XGBOOST = "${XgboostImageAccount}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"


def portable_leaf(leaf: str) -> str:
    made = definition.parse(
        loaded(machine(S={"Type": "Pass", "Result": leaf})), [ParameterDeclaration("Bucket", "String", "b")]
    )
    changed = portable.make_portable(made)
    value = changed.states[0].node["Result"]
    assert changed.tree["States"]["S"] is changed.states[0].node
    return value.shown if isinstance(value, Text) else value


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (f"s3://sagemaker-{R}-{A}/x", "s3://${DataBucketName}/x"),
        (f"sagemaker-{R}-{A}", "${DataBucketName}"),
        (f"arn:aws:s3:::sagemaker-{R}-{A}/*", "arn:${AWS::Partition}:s3:::${DataBucketName}/*"),
        (
            f"https://s3.{R}.amazonaws.com/sagemaker-{R}-{A}/x",
            "https://s3.${AWS::Region}.${AWS::URLSuffix}/${DataBucketName}/x",
        ),
        (
            f"sagemaker-{R}-{A}.s3.{R}.amazonaws.com",
            "${DataBucketName}.s3.${AWS::Region}.${AWS::URLSuffix}",
        ),
        (f"--in=s3://sagemaker-{R}-{A}, s3://b", "--in=s3://${DataBucketName}, s3://b"),
        (f"my-sagemaker-{R}-{A}", "my-sagemaker-${AWS::Region}-${AWS::AccountId}"),
        (f"sagemaker-{R}-{A}-logs", "sagemaker-${AWS::Region}-${AWS::AccountId}-logs"),
        (f"sagemaker-{R}-{A}.logs", "sagemaker-${AWS::Region}-${AWS::AccountId}.logs"),
        (f"s3://b/sagemaker-{R}-{A}/x", "s3://b/sagemaker-${AWS::Region}-${AWS::AccountId}/x"),
        (f"s3://${{Bucket}}/{A}", "s3://${Bucket}/${AWS::AccountId}"),
        (
            f"arn:aws:lambda:{R}:{A}:function:f",
            "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f",
        ),
        ("arn:aws-us-gov:s3:::b", "arn:${AWS::Partition}:s3:::b"),
        (
            f"{A}.dkr.ecr.{R}.amazonaws.com/mine:1",
            "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/mine:1",
        ),
        (f"https://s3.{R}.amazonaws.com/b", "https://s3.${AWS::Region}.${AWS::URLSuffix}/b"),
        (f"https://s3-{R}.amazonaws.com/b", "https://s3.${AWS::Region}.${AWS::URLSuffix}/b"),
        (f"https://b.s3-{R}.amazonaws.com/k", "https://b.s3.${AWS::Region}.${AWS::URLSuffix}/k"),
        (f"https://b.s3.{R}.amazonaws.com.cn/k", "https://b.s3.${AWS::Region}.${AWS::URLSuffix}/k"),
        (f"s3-{R}-b s3-{R}", "s3-${AWS::Region}-b s3-${AWS::Region}"),
        (f"s3://sagemaker-sample-data-{R}/x", "s3://sagemaker-sample-data-${AWS::Region}/x"),
        (f"{R}a", "${AWS::Region}a"),
        (f"{R}0 1{A} {A}2 x{R}", f"{R}0 1{A} {A}2 x{R}"),
        ("arn:aws:iam::999999999999:role/typed", "arn:${AWS::Partition}:iam::999999999999:role/typed"),
        ("sagemaker.amazonaws.com arn:aws", "sagemaker.amazonaws.com arn:aws"),
        (
            f"720646828776.dkr.ecr.{R}.amazonaws.com/sagemaker-xgboost:1.7-1",
            f"{XGBOOST}/sagemaker-xgboost:1.7-1",
        ),
        (
            "run 141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1, typed",
            f"run {XGBOOST}/sagemaker-xgboost:1.7-1, typed",
        ),
        (
            f"720646828776.dkr.ecr.{R}.amazonaws.com/of-nobody:1",
            f"720646828776.dkr.ecr.{R}.amazonaws.com/of-nobody:1",
        ),
        (
            f"111122223333.dkr.ecr.{R}.amazonaws.com/theirs:1",
            "111122223333.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/theirs:1",
        ),
        (
            "111122223333.dkr.ecr.us-east-1.amazonaws.com/theirs:1",
            "111122223333.dkr.ecr.us-east-1.amazonaws.com/theirs:1",
        ),
    ],
)
def test_only_what_the_world_put_there_changes(leaf: str, expected: str) -> None:
    assert portable_leaf(leaf) == expected


def test_state_names_and_what_refers_to_them_change_together() -> None:
    name = f"Train in {R}"
    made = parsed(machine(**{name: {"Type": "Pass", "End": True}}))
    tree = portable.make_portable(made).tree
    assert list(tree["States"]) == [tree["StartAt"]]


def parsed(given: dict[str, object], **more: Any) -> Definition:
    return definition.parse(loaded(given, **more))


def test_an_image_that_nobody_knows_in_an_account_of_sagemaker_is_a_finding_at_the_workflow() -> None:
    image = f"720646828776.dkr.ecr.{R}.amazonaws.com/sagemaker-next:1.7-1"
    known = f"720646828776.dkr.ecr.{R}.amazonaws.com/sagemaker-xgboost:1.7-1"
    states = {
        "Train": {"Type": "Pass", "Result": {"Image": image, "Other": known}, "Next": "Model"},
        "Model": {"Type": "Pass", "Result": {"Image": image}, "Next": "Own"},
        "Own": {"Type": "Pass", "Result": f"{A}.dkr.ecr.{R}.amazonaws.com/mine:1", "End": True},
    }
    found = [
        (item.code, item.message, item.hint) for item in portable.foreign_images(parsed(machine(**states)))
    ]
    image_text = "image 'sagemaker-next' (state 'Train') is ap-south-1's"
    assert found == [
        (
            "SFN330",
            f"{image_text}, the region of this build: the template runs in that region only",
            "upgrade sagemaker, or set region under [load] in sfn-cfn.toml to the region you deploy to",
        )
    ]
    chosen = [
        (item.code, item.message, item.hint)
        for item in portable.foreign_images(parsed(machine(**states)), chosen=True)
    ]
    assert chosen == [("SFN331", f"{image_text}: the template runs in that region only", "")]


def test_images_of_two_kinds_are_one_finding() -> None:
    host = f"720646828776.dkr.ecr.{R}.amazonaws.com"
    states = machine(A={"Type": "Pass", "Result": [f"{host}/one:1", f"{host}/two:1"], "End": True})
    found = [item.message for item in portable.foreign_images(parsed(states), chosen=True)]
    assert found == [
        "images 'one' (state 'A'), 'two' (state 'A') are ap-south-1's: the template runs in that region only"
    ]


def test_a_typed_image_that_nobody_knows_is_bound_to_its_own_region() -> None:
    image = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-next:1"
    found = list(portable.foreign_images(parsed(machine(A={"Type": "Pass", "Result": image})), chosen=True))
    assert [(item.code, item.message, item.hint) for item in found] == [
        (
            "SFN330",
            "image 'sagemaker-next' (state 'A') is eu-west-1's: the template runs in that region only",
            "upgrade sagemaker, which knows more images",
        )
    ]


def test_what_the_author_wrote_of_a_region_or_an_account_is_a_finding_once_each_at_the_first_state() -> None:
    arn = "arn:aws:lambda:us-west-2:111122223333:function:f"
    own = f"arn:aws:sns:{R}:{A}:t https://sqs.{R}.amazonaws.com/{A}/q arn:aws:states:::lambda:invoke"
    image = "720646828776.dkr.ecr.ap-northeast-3.amazonaws.com/sagemaker-xgboost:1.7-1"
    states = machine(
        Own={"Type": "Pass", "Result": [own, image, "arn:aws:iam::111122225555:role/kept"], "Next": "A"},
        A={"Type": "Pass", "Result": arn, "Next": "B"},
        B={"Type": "Pass", "Result": [arn, "https://sqs.eu-west-3.amazonaws.com/1/q"], "End": True},
    )
    found = list(portable.written_places(parsed(states)))
    assert [(item.code, item.location and item.location.state) for item in found] == [
        ("SFN332", "States/A"),
        ("SFN332", "States/A"),
        ("SFN332", "States/B"),
    ]
    assert [item.message for item in found] == [
        "region 'us-west-2' is written out in state 'A': the template is bound to it",
        "account '111122223333' is written out in state 'A': the template is bound to it",
        "region 'eu-west-3' is written out in state 'B': the template is bound to it",
    ]
    assert found[0].hint == (
        "where the stack's own is meant, take the region from the session, or write '${AWS::Region}'"
    )
    assert found[1].hint == (
        "where the stack's own is meant, take the account from the session, or write '${AWS::AccountId}'"
    )


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        ("s3://sagemaker-us-west-2-111122223333/x", ["region 'us-west-2'", "account '111122223333'"]),
        ("s3://sagemaker-sample-data-us-west-2/x", ["region 'us-west-2'"]),
        ("https://s3-us-west-2.amazonaws.com/b", ["region 'us-west-2'"]),
        ("us-west-2b", ["region 'us-west-2'"]),
        (
            "111122223333.dkr.ecr.us-east-1.amazonaws.com/mine:1",
            ["account '111122223333'", "region 'us-east-1'"],
        ),
        (
            "https://sqs.us-east-1.amazonaws.com/111122223333/q",
            ["region 'us-east-1'", "account '111122223333'"],
        ),
        ("https://bucket.s3.amazonaws.com/key", ["partition 'aws'"]),
        ("https://s3.amazonaws.com.cn/bucket", ["partition 'aws-cn'"]),
        ("sagemaker.amazonaws.com my-model-1 xus-west-2 us-west-22 arn:aws:s3:::b", []),
        ("arn:aws:iam::111122223333:role/r", []),
    ],
)
def test_a_region_an_account_or_a_partition_is_seen_wherever_it_is_written(
    leaf: str, expected: list[str]
) -> None:
    found = portable.written_places(parsed(machine(S={"Type": "Pass", "Result": leaf})))
    assert [item.message.partition(" is written")[0] for item in found] == expected


def test_images_in_a_ready_made_pipelines_input_are_a_finding() -> None:
    image = f"720646828776.dkr.ecr.{R}.amazonaws.com/sagemaker-next:1.7-1"
    given = {"Train": {"AlgorithmSpecification": {"TrainingImage": image}}, "Model": {"Image": image}}
    made = parsed(machine(Train={"Type": "Pass", "End": True}), default_input=given)
    assert [item.message for item in portable.foreign_images(made, chosen=True)] == [
        "image 'sagemaker-next' (state 'Train') is ap-south-1's: the template runs in that region only"
    ]


def test_what_cannot_run_in_a_region_is_a_finding_at_each_state() -> None:
    image = f"720646828776.dkr.ecr.{R}.amazonaws.com/sagemaker-xgboost:1.7-1"
    states = machine(
        Train={"Type": "Pass", "Result": [image, image], "Next": "Model"},
        Model={"Type": "Pass", "Result": image, "End": True},
    )
    xgboost = "'sagemaker-xgboost:1.7-1'"
    found = list(portable.absent_images(parsed(states), ["eu-west-1", "ap-southeast-6"]))
    assert [(item.code, item.location and item.location.state, item.message) for item in found] == [
        (
            "SFN335",
            f"States/{name}",
            f"state '{name}' cannot run in 'ap-southeast-6': SageMaker does not keep image {xgboost} there",
        )
        for name in ("Train", "Model")
    ]
    assert found[0].hint == "use a version of the image that is there, or deploy to another region"
    assert list(portable.absent_images(parsed(states), [])) == []


def test_an_image_that_nobody_knows_cannot_run_in_another_region() -> None:
    image = f"720646828776.dkr.ecr.{R}.amazonaws.com/sagemaker-next:1"
    states = machine(Train={"Type": "Pass", "Result": image})
    found = portable.absent_images(parsed(states), [R, "eu-west-1"])
    assert [item.message for item in found] == [
        "state 'Train' cannot run in 'eu-west-1': SageMaker does not keep image 'sagemaker-next:1' there"
    ]


def images_of(*uris: str) -> Definition:
    return parsed(machine(S={"Type": "Pass", "Result": list(uris)}))


def uri(image: str, account: str = "763104351884") -> str:
    return f"{account}.dkr.ecr.eu-west-1.amazonaws.com/{image}"


def test_images_with_one_table_share_a_mapping_and_are_named_by_one_rule() -> None:
    fragment = portable.image_fragment(
        images_of(
            uri("sagemaker-xgboost:1.7-1", "141502667606"),
            uri("sagemaker-scikit-learn:1.2-1-cpu-py3", "141502667606"),
        )
    )
    assert list(fragment.mappings) == ["ScikitLearnXgboostImages"]
    assert fragment.mappings["ScikitLearnXgboostImages"]["eu-west-1"] == {"Account": "141502667606"}
    (rule,) = fragment.rules.values()
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {
        "Fn::Contains": [list(fragment.mappings["ScikitLearnXgboostImages"]), ref("AWS::Region")]
    }
    assert assertion["AssertDescription"] == (
        "SageMaker does not keep these images in this region: sagemaker-scikit-learn:1.2-1-cpu-py3, "
        "sagemaker-xgboost:1.7-1"
    )
    assert list(fragment.rules) == ["ScikitLearnXgboostImagesInRegion"]


def test_two_tables_of_one_repository_are_told_apart_by_the_version() -> None:
    given = [
        uri("pytorch-training:2.1.0-gpu-py310"),
        uri("pytorch-training:2.0.1-gpu-py310"),
    ]
    fragment = portable.image_fragment(images_of(*given))
    assert sorted(fragment.mappings) == ["PytorchTraining2x0x1Images", "PytorchTraining2x1x0Images"]
    assert portable.image_fragment(images_of(*reversed(given))) == fragment


def test_a_definition_without_such_images_has_no_mapping_and_no_rule() -> None:
    assert portable.image_fragment(images_of(uri("mine:1", A))) == Fragment()


def test_a_template_of_too_many_mappings_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mappings, "MOST_MAPPINGS", 0)
    monkeypatch.setattr(mappings, "MOST_ENTRIES", 5)
    monkeypatch.setattr(mappings, "LONGEST_NAME", 12)
    accounts = images.accounts(uri("sagemaker-xgboost:1.7-1", "141502667606"))
    with pytest.raises(TemplateError) as raised:
        portable.image_fragment(images_of(uri("sagemaker-xgboost:1.7-1", "141502667606")))
    assert [(item.code, item.message) for item in raised.value.diagnostics] == [
        ("SFN336", "the images of the workflow need 1 mappings, a template has 0 at most"),
        ("SFN336", f"mapping 'XgboostImages' has {len(accounts)} entries, 5 are allowed"),
        ("SFN336", "mapping 'XgboostImages' has a name of more than 12 characters"),
    ]


def test_each_mapping_has_a_rule_with_its_regions() -> None:
    made = images_of(uri("sagemaker-xgboost:1.7-1", "141502667606"), uri("pytorch-training:2.0.1-gpu-py310"))
    fragment = portable.image_fragment(made)
    used = {"M": {"Properties": {"D": definition_string(portable.make_portable(made).tree)}}}
    template = Template(mappings=fragment.mappings, rules=fragment.rules, resources=used)
    assert list(portable.unruled(template)) == []
    first = next(iter(fragment.mappings))
    fewer = {**fragment.mappings, first: {"eu-west-1": {"Account": "141502667606"}}}
    messages = [item.message for item in portable.unruled(replace(template, mappings=fewer))]
    assert messages == [f"mapping '{first}' has no rule with the same regions"]
    assert len(list(portable.unruled(replace(template, rules={})))) == 2


BUCKET = f"sagemaker-{R}-{A}"


def with_bucket(own: ParameterDeclaration | None, **more: Any) -> tuple[str, str, list[str]]:
    """The default bucket's text, the author's own, and the parameters, where `own` is the project's."""
    states = machine(S={"Type": "Pass", "Result": [f"s3://{BUCKET}/a", "s3://${DataBucket}/b"]})
    declared = [own] if own else []
    made = portable.make_portable(definition.parse(loaded(states, **more), declared), declared)
    first, second = made.states[0].node["Result"]
    return first.shown, getattr(second, "shown", second), [item.name for item in made.parameters]


def test_a_data_bucket_of_the_author_is_the_default_bucket() -> None:
    own = ParameterDeclaration("DataBucket", "String", "fraud-data")
    assert with_bucket(own) == ("s3://${DataBucket}/a", "s3://${DataBucket}/b", ["DataBucket"])


def test_a_data_bucket_of_the_author_that_may_be_empty_is_made_by_the_stack() -> None:
    own = ParameterDeclaration("DataBucket", "String", "")
    assert with_bucket(own) == ("s3://${DataBucketName}/a", "s3://${DataBucketName}/b", ["DataBucket"])


def test_a_data_bucket_that_nobody_declared_is_literal_text() -> None:
    assert with_bucket(None) == ("s3://${DataBucketName}/a", "s3://${DataBucket}/b", [])


def test_a_data_bucket_of_the_project_is_taken_where_the_workflow_does_not_name_it() -> None:
    own = ParameterDeclaration("DataBucket", "String", "fraud-data")
    states = machine(S={"Type": "Pass", "Result": BUCKET})
    made = portable.make_portable(parsed(states), [own])
    assert made.states[0].node["Result"] == Text((Token("DataBucket"),))
    assert made.parameters == (own,)
    other = machine(S={"Type": "Pass", "Result": "x"})
    assert portable.make_portable(parsed(other), [own]).parameters == ()


def test_the_builds_account_in_a_tag_becomes_the_stacks() -> None:
    made = parsed(machine(A={"Type": "Succeed"}), tags={"Account": f"id {A}"})
    (tag,) = portable.make_portable(made).tags.values()
    assert isinstance(tag, Text)
    assert tag.shown == "id ${AWS::AccountId}"


def test_a_default_with_the_builds_account_or_region_is_an_error() -> None:
    own = (
        ParameterDeclaration("Bucket", "String", f"data-{A}"),
        ParameterDeclaration("Where", "String", "x", allowed_values=("x", R)),
        ParameterDeclaration("Typed", "String", "data-111122223333-us-west-2"),
    )
    states = machine(S={"Type": "Pass", "Result": ["${Bucket}", "${Where}", "${Typed}"]})
    made = parsed(states, parameters=own)
    found = list(portable.fixed_defaults(made))
    assert [(item.code, item.message) for item in found] == [
        (
            "SFN338",
            f"parameter 'Bucket' has the account of the build, '{A}', in its default or allowed values",
        ),
        ("SFN338", f"parameter 'Where' has the region of the build, '{R}', in its default or allowed values"),
    ]
    assert found[0].hint == "write it out, or put the account beside the parameter instead of into it"
    assert [item.message for item in portable.fixed_defaults(made, chosen=True)] == [found[0].message]
