from stepfunctions.steps import Chain, Parallel, Task
from stepfunctions.workflow import Workflow

run = Task(
    "Run",
    resource="arn:aws:states:::glue:startJobRun.sync",
    parameters={"JobName": "etl"},
    timeout_seconds=60,
)
ask = Task(
    "Ask",
    resource="arn:aws:states:::lambda:invoke.waitForTaskToken",
    parameters={"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
    timeout_seconds=60,
)
both = Parallel("Both")
both.add_branch(run)
both.add_branch(ask)
workflow = Workflow(name="quick", definition=Chain([both]), role="")
