from stepfunctions.steps import Chain, Pass
from stepfunctions.workflow import Workflow

from sfn_cfn import configure

greet, leave = Pass("Greet"), Pass("Leave")
hello = Workflow("hello", Chain([greet, leave]), role="")

configure(
    hello,
    logging={
        "level": "ALL",
        "retention_days": 30,
    },
    stages={"greet": ["Greet"]},
    schedules={
        "nightly": {
            "corn": "0 2 * * ? *",
        },
    },
    alarms=True,
)
