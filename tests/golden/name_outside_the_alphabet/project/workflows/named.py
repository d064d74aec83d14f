from stepfunctions.steps import Pass
from stepfunctions.workflow import Workflow

workflow = Workflow(name="train & deploy", definition=Pass("Say hello"), role="")
