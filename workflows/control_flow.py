"""Check and label a batch of incoming datasets: every kind of state that steers an execution.

The settings are read from a DynamoDB table; where labelling is switched on, two checks run beside each
other, then up to four datasets at a time are labelled by a worker that is asked for its progress every
30 seconds. The outcome is written back to the table and sent to a queue. The execution's input:

    {"Batch": "2024-05-01", "Datasets": [{"Uri": "s3://...", "Rows": 1000}]}
"""

import boto3
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import (
    Catch,
    Chain,
    Choice,
    ChoiceRule,
    DynamoDBGetItemStep,
    DynamoDBUpdateItemStep,
    Fail,
    LambdaStep,
    Map,
    Parallel,
    Pass,
    Retry,
    SqsSendMessageStep,
    Succeed,
    Wait,
)
from stepfunctions.workflow import Workflow

from sfn_cfn import parameter

region = boto3.session.Session().region_name
account = boto3.client("sts").get_caller_identity()["Account"]
table = parameter("BatchTable", default="labelling-batches", description="Table of batches, key Batch")

execution_input = ExecutionInput(schema={"Batch": str, "Datasets": list})


def call(state_id: str, function: str, payload: dict, **options) -> LambdaStep:
    """A call of one of the project's functions, tried again while Lambda itself is the trouble."""
    return LambdaStep(
        state_id,
        parameters={"FunctionName": f"labelling-{function}", "Payload": payload},
        retry=Retry(
            error_equals=["Lambda.ServiceException", "Lambda.TooManyRequestsException"],
            interval_seconds=2,
            max_attempts=5,
            backoff_rate=2,
        ),
        timeout_seconds=120,
        **options,
    )


read_settings = DynamoDBGetItemStep(
    "Read settings",
    parameters={"TableName": table, "Key": {"Batch": {"S": execution_input["Batch"]}}},
    result_path="$.Settings",
    timeout_seconds=30,
)

checks = Parallel("Check the batch", result_path="$.Checks")
checks.add_branch(call("Check schema", "check-schema", {"Datasets": execution_input["Datasets"]}))
checks.add_branch(call("Check licences", "check-licences", {"Datasets": execution_input["Datasets"]}))

start = call("Start labelling", "start", {"Dataset.$": "$"}, result_path="$.Job")
pause = Wait("Give it time", seconds=30)
ask = call("Ask for progress", "progress", {"Job.$": "$.Job.Payload"}, result_path="$.Progress")
finished = Choice("Finished?")
finished.add_choice(
    ChoiceRule.StringEquals(variable="$.Progress.Payload.status", value="done"), next_step=Succeed("Labelled")
)
finished.add_choice(
    ChoiceRule.Or(
        [
            ChoiceRule.StringEquals(variable="$.Progress.Payload.status", value="failed"),
            ChoiceRule.Not(ChoiceRule.IsPresent(variable="$.Progress.Payload.status", value=True)),
        ]
    ),
    next_step=Fail("Not labelled", error="LabellingFailed", cause="the worker gave up on this dataset"),
)
finished.default_choice(pause)

label_all = Map(
    "Label each dataset",
    items_path="$.Datasets",
    max_concurrency=4,
    iterator=Chain([start, pause, ask, finished]),
    result_path="$.Labels",
)
label_all.add_retry(
    Retry(error_equals=["LabellingFailed"], interval_seconds=60, max_attempts=1, backoff_rate=1)
)

record = DynamoDBUpdateItemStep(
    "Record the outcome",
    parameters={
        "TableName": table,
        "Key": {"Batch": {"S": execution_input["Batch"]}},
        "UpdateExpression": "SET #state = :state",
        "ExpressionAttributeNames": {"#state": "State"},
        "ExpressionAttributeValues": {":state": {"S": "labelled"}},
    },
    result_path="$.Recorded",
    timeout_seconds=30,
)
send = SqsSendMessageStep(
    "Send to training",
    parameters={
        "QueueUrl": f"https://sqs.{region}.amazonaws.com/{account}/labelled-batches",
        "MessageBody": {"Batch": execution_input["Batch"]},
    },
    timeout_seconds=30,
)

refuse = Fail("Batch refused", error="BatchRefused", cause="a check or a dataset of the batch failed")
for step in (checks, label_all):
    step.add_catch(Catch(error_equals=["States.ALL"], next_step=refuse, result_path="$.Failure"))

switch = Choice("Switched on?")
switch.add_choice(
    ChoiceRule.BooleanEquals(variable="$.Settings.Item.Labelling.BOOL", value=True),
    next_step=Chain([checks, label_all, record, send]),
)
switch.default_choice(Pass("Leave it", result={"Labelled": False}))

workflow = Workflow(
    name="control-flow",
    definition=Chain([read_settings, switch]),
    role="LabellingWorkflowRole",
    execution_input=execution_input,
    timeout_seconds=14400,
)
