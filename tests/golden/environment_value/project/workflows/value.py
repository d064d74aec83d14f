from stepfunctions.steps import Pass
from stepfunctions.workflow import Workflow

from sfn_cfn import parameter

start = Pass("Start", result={"instances": parameter("Instances", default=1, min=1)})
workflow = Workflow(name="value", definition=start, role="")
