from stepfunctions.steps import Chain, Map, Task
from stepfunctions.workflow import Workflow


class DistributedMap(Map):
    """A Map whose items run as Express executions."""

    def to_dict(self):
        state = super().to_dict()
        config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
        state["ItemProcessor"] = {"ProcessorConfig": config, **state.pop("Iterator")}
        return state


run = Task(
    "Run",
    resource="arn:aws:states:::glue:startJobRun.sync",
    parameters={"JobName": "etl"},
    timeout_seconds=60,
)
rows = DistributedMap("Rows", iterator=Chain([run]))
workflow = Workflow(name="rows", definition=rows, role="")
