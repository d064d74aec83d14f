"""Functions, jobs, messages and items: the integrations of services that a workflow calls beside SageMaker.

Sources: the Step Functions developer guide's pages on IAM policies for integrated services, and the service
authorization reference (resource types of each action). Where an entry differs from the guide it is tighter:

- Glue: the guide has `*`; here the job's ARN, which all four actions support.
- SNS, SQS, Lambda, DynamoDB, nested executions: the guide has `*` where a name is known at run time only; here
  the resource type in the stack's account and region.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import REQUEST, TOKEN, Entry, Grant, Resource, rule, same

_FUNCTION = Resource("lambda", "function:", "FunctionName", "function")
_QUALIFIED = Resource("lambda", "function:", "FunctionName", "function", qualifier="Qualifier")
_GLUE_JOB = Resource("glue", "job/", "JobName")
_MACHINE = Resource("states", "stateMachine:", "StateMachineArn", "machine")
_EXECUTIONS = Resource("states", "execution:", "StateMachineArn", "executions")
_QUEUE = Resource("sqs", "", "QueueUrl", "queue")
_TOPIC = Resource("sns", "", "TopicArn", "arn")
_TARGET = Resource("sns", "", "TargetArn", "arn")
_TABLE = Resource("dynamodb", "table/", "TableName", "name or arn")

_INVOKE = ("lambda:InvokeFunction",)
_START_EXECUTION = Grant("StartExecution", ("states:StartExecution",), (_MACHINE,))
_WATCH_EXECUTION = Grant(
    "WatchExecution", ("states:DescribeExecution", "states:StopExecution"), (_EXECUTIONS,)
)
_NESTED = (
    _START_EXECUTION,
    _WATCH_EXECUTION,
    rule("StepFunctionsGetEventsForStepFunctionsExecutionRule"),
)
_GLUE = Grant("GlueJobRun", ("glue:StartJobRun",), (_GLUE_JOB,))
_GLUE_WATCH = Grant("GlueJobRun", ("glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns"), (_GLUE_JOB,))

SERVICES: Mapping[str, Entry] = {
    "lambda:invoke": same(
        TOKEN,
        Grant("LambdaInvoke", _INVOKE, (_FUNCTION,), unless=("Qualifier",)),
        Grant("LambdaInvoke", _INVOKE, (_QUALIFIED,), when=("Qualifier",)),
    ),
    "glue:startJobRun": Entry(
        {"": (_GLUE,), "waitForTaskToken": (_GLUE,), "sync": (_GLUE, _GLUE_WATCH)},
    ),
    "states:startExecution": Entry(
        {"": (_START_EXECUTION,), "waitForTaskToken": (_START_EXECUTION,), "sync": _NESTED, "sync:2": _NESTED}
    ),
    "sns:publish": same(
        TOKEN,
        Grant("SnsPublish", ("sns:Publish",), (_TOPIC,), unless=("TargetArn", "PhoneNumber")),
        Grant("SnsPublish", ("sns:Publish",), (_TARGET,), when=("TargetArn",)),
        # A text message to a telephone has no resource.
        Grant("SnsPublishToPhone", ("sns:Publish",), None, when=("PhoneNumber",)),
    ),
    "sqs:sendMessage": same(TOKEN, Grant("SqsSendMessage", ("sqs:SendMessage",), (_QUEUE,))),
    "dynamodb:getItem": same(REQUEST, Grant("DynamoDBItems", ("dynamodb:GetItem",), (_TABLE,))),
    "dynamodb:putItem": same(REQUEST, Grant("DynamoDBItems", ("dynamodb:PutItem",), (_TABLE,))),
    "dynamodb:updateItem": same(REQUEST, Grant("DynamoDBItems", ("dynamodb:UpdateItem",), (_TABLE,))),
    "dynamodb:deleteItem": same(REQUEST, Grant("DynamoDBItems", ("dynamodb:DeleteItem",), (_TABLE,))),
}

LAMBDA_ARN = Grant("LambdaInvoke", _INVOKE, (Resource("lambda", "function:", "", "function"),))
"""A task whose `Resource` is a function's ARN."""
