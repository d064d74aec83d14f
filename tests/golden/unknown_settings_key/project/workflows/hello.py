from stepfunctions.steps import Pass
from stepfunctions.workflow import Workflow

workflow = Workflow(name="hello", definition=Pass("Say hello"), role="")
