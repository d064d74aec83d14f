"""Tokens that one stage puts into a definition and another makes the resources of."""

from __future__ import annotations

from sfn_cfn.model import Token
from sfn_cfn.template.intrinsics import get_att, if_, ref

DATA_BUCKET_PARAMETER = "DataBucket"
DATA_BUCKET_RESOURCE = "WorkflowDataBucket"
DATA_BUCKET_CONDITION = "CreateDataBucket"

DATA_BUCKET = Token(
    "DataBucketName",
    if_(DATA_BUCKET_CONDITION, ref(DATA_BUCKET_RESOURCE), ref(DATA_BUCKET_PARAMETER)),
)
"""The bucket for a workflow's data: the stack's own, or the one that its parameter names."""

ASSET_BUCKET = Token("AssetBucket")
ASSET_PREFIX = Token("AssetPrefix")
"""Where a deployment has put the workflow's code; both are parameters."""

STATE_MACHINE = "StateMachineComponent"
"""The SDK's logical ID of the state machine."""

LOG_GROUP = "StateMachineLogGroup"
"""Logical ID of the state machine's log."""

TOPIC_RESOURCE = "AlertTopic"
TOPIC_PARAMETER = "AlertTopicArn"
TOPIC_CONDITION = "CreateAlertTopic"

TOPIC = Token("AlertTopicTarget", if_(TOPIC_CONDITION, ref(TOPIC_RESOURCE), ref(TOPIC_PARAMETER)))
"""The topic of alarms and notifications: the stack's own, or the one that its parameter names."""

WORKFLOW_KEY_RESOURCE = "WorkflowKey"
WORKFLOW_KEY_PARAMETER = "WorkflowKeyArn"
WORKFLOW_KEY_CONDITION = "CreateWorkflowKey"

WORKFLOW_KEY = Token(
    "WorkflowEncryptionKey",
    if_(WORKFLOW_KEY_CONDITION, get_att(WORKFLOW_KEY_RESOURCE, "Arn"), ref(WORKFLOW_KEY_PARAMETER)),
)
"""The key of the state machine: the stack's own, or the one that its parameter names."""

STATE_MACHINE_VERSION = "StateMachineVersion"
STATE_MACHINE_ALIAS = "StateMachineAlias"
"""Logical IDs of the state machine's version and of the alias that names it."""

PIPELINE_ROUTER = "PipelineRouter"
QUEUE_ROUTER = "QueueRouter"
"""Logical IDs of the state machines that start the workflow, for a pipeline and for a message."""

SCHEDULE_DEAD_LETTERS = "ScheduleDeadLetterQueue"
TRIGGER_DEAD_LETTERS = "TriggerDeadLetterQueue"
QUEUE_DEAD_LETTERS = "WorkflowDeadLetterQueue"
"""Logical IDs of the queues of what could not be started."""

PIPELINE_TABLE_RESOURCE = "PipelineTable"
PIPELINE_TABLE_PARAMETER = "PipelineTableName"
PIPELINE_TABLE_CONDITION = "CreatePipelineTable"
