from stepfunctions.steps import Pass

step = Pass("Say hello"
workflow = None
