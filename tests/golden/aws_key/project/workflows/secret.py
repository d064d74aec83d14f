from stepfunctions.steps import LambdaStep
from stepfunctions.workflow import Workflow

call = LambdaStep(
    "Call",
    parameters={
        "FunctionName": "score",
        "Payload": {"Key": "AKIA" + "3NCIVKJG5TQ7YAZB"},
    },
    timeout_seconds=60,
)
workflow = Workflow(name="secret", definition=call, role="")
