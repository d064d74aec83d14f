from features import column

from stepfunctions.steps import Pass
from stepfunctions.workflow import Workflow

workflow = Workflow(name="raises", definition=Pass(column("age")), role="")
