from stepfunctions.steps import Chain, Pass
from stepfunctions.workflow import Workflow

table = {f"key {number}": "x" * 1000 for number in range(95)}
states = Chain([Pass(f"Set table {number}", result=table) for number in range(11)])
workflow = Workflow(name="large", definition=states, role="")
