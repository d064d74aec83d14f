from stepfunctions.steps import Chain, Task
from stepfunctions.workflow import Workflow

names = [f"table-{number:03}-" + "x" * 240 for number in range(250)]


def read(name):
    return Task(
        f"Read {name[:9]}",
        resource="arn:aws:states:::dynamodb:getItem",
        parameters={"TableName": name, "Key": {"id": {"S.$": "$.id"}}},
    )


workflow = Workflow(name="tables", definition=Chain([read(name) for name in names]), role="")
