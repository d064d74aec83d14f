from stepfunctions.steps import Chain, Task
from stepfunctions.workflow import Workflow

objects = Task(
    "List objects", resource="arn:aws:states:::aws-sdk:s3:listObjectV2", parameters={"Bucket": "fraud-raw"}
)
runs = Task("List runs", resource="arn:aws:states:::aws-sdk:gleu:getJobRuns", parameters={"JobName": "etl"})
log = Task(
    "Watch log",
    resource="arn:aws:states:::aws-sdk:cloudwatchlogs:startLiveTail",
    parameters={"LogGroupIdentifiers": ["fraud"]},
)
workflow = Workflow(name="lists", definition=Chain([objects, runs, log]), role="")
