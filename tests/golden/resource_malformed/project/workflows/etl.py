from stepfunctions.steps import Chain, Task
from stepfunctions.workflow import Workflow

run = Task("Run", resource="arn:aws:states::glue:startJobRun.sync", parameters={"JobName": "etl"})
layer = Task("Layer", resource="arn:aws:lambda:eu-west-1:111122223333:layer:pandas:1")
name = Task("Name", resource="prepare-data")
send = Task(
    "Send",
    resource="arn:aws:states:::sqs:sendMessage",
    parameters={"QueueUrl": "arn:aws:sqs:eu-west-1:111122223333:jobs", "MessageBody": "go"},
)
workflow = Workflow(name="etl", definition=Chain([run, layer, name, send]), role="")
