from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import Chain, Choice, ChoiceRule, LambdaStep, Pass, Succeed
from stepfunctions.workflow import Workflow

given = ExecutionInput(schema={"Data": str, "Day": str})
load = LambdaStep(
    "Load",
    parameters={"FunctionName": "load", "Payload": {"data": given["Data"], "day": given["Day"]}},
    timeout_seconds=60,
)
is_good = Choice("Is it good?")
keep, drop = Pass("Keep"), Pass("Drop")
done = Succeed("Done")
keep.next(done)
drop.next(done)
is_good.add_choice(ChoiceRule.BooleanEquals(variable="$.good", value=True), next_step=keep)
is_good.default_choice(next_step=drop)

Workflow("train", Chain([load, is_good]), role="", execution_input=given)
