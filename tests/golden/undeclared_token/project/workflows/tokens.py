from stepfunctions.steps import LambdaStep
from stepfunctions.workflow import Workflow

call = LambdaStep(
    "Call",
    parameters={"FunctionName": "${ScoreFunction}", "Payload": {"Region": "${AWS::Region}"}},
    timeout_seconds=60,
)
workflow = Workflow(name="tokens", definition=call, role="")
