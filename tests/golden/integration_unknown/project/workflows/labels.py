from stepfunctions.steps import Chain, Task
from stepfunctions.workflow import Workflow

label = Task("Label", resource="arn:aws:states:::rekognition:detectLabels", parameters={"MaxLabels": 5})
send = Task(
    "Send", resource="arn:aws:states:::firehose:putRecord", parameters={"DeliveryStreamName": "labels"}
)
workflow = Workflow(name="labels", definition=Chain([label, send]), role="")
