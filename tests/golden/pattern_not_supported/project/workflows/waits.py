from stepfunctions.steps import Chain, Parallel, Task
from stepfunctions.workflow import Workflow

scale = Task(
    "Scale",
    resource="arn:aws:states:::sagemaker:updateEndpoint.waitForTaskToken",
    parameters={"EndpointName": "scores", "EndpointConfigName": "large"},
    timeout_seconds=600,
)
tell = Task(
    "Tell",
    resource="arn:aws:states:::sns:publish.sync",
    parameters={"TopicArn": "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:news", "Message": "done"},
    timeout_seconds=600,
)
run = Task(
    "Run",
    resource="arn:aws:states:::glue:startJobRun.sync:2",
    parameters={"JobName": "etl"},
    timeout_seconds=600,
)
look = Task("Look", resource="arn:aws:states:::aws-sdk:s3:listBuckets.sync", timeout_seconds=600)
both = Parallel("Both")
both.add_branch(run)
both.add_branch(look)
workflow = Workflow(name="waits", definition=Chain([scale, tell, both]), role="")
