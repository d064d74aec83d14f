from stepfunctions.steps import Pass
from stepfunctions.workflow import Workflow

workflow = Workflow(name="train-the-model-of-the-customers-who-may-leave-within-the-next-three-months", definition=Pass("Say hello"), role="")
