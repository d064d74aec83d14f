"""The roles that operations pass: to which service, and which parameters look like one but are none.

Sources: the service authorization reference (dependent action `iam:PassRole`); the guides of the services (the
principal that a role of theirs trusts).
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import Role

PRINCIPALS: Mapping[str, tuple[str, ...]] = {
    "airflow": ("airflow.amazonaws.com", "airflow-env.amazonaws.com"),
    "bedrock-agentcore": ("bedrock-agentcore.amazonaws.com",),
    "cassandra": ("application-autoscaling.amazonaws.com",),
    "cloudwatch": ("streams.metrics.cloudwatch.amazonaws.com",),
    "cognito-idp": ("cognito-idp.amazonaws.com",),
    "ecs": ("ecs.amazonaws.com",),
    "elasticmapreduce": ("elasticmapreduce.amazonaws.com", "elasticmapreduce.amazonaws.com.cn"),
    "es": ("es.amazonaws.com", "opensearchservice.amazonaws.com"),
    "geo": ("geo.amazonaws.com",),
    "iotjobsdata": ("iot.amazonaws.com",),
    "mobiletargeting": ("pinpoint.amazonaws.com",),
    "osis": ("osis-pipelines.amazonaws.com",),
    "timestream": ("timestream.amazonaws.com",),
}
"""The service that takes the role, where it is not `<prefix>.amazonaws.com`."""

_TASKS = ("ecs-tasks.amazonaws.com",)
_EC2 = ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")
_EMR = PRINCIPALS["elasticmapreduce"]
_OVERRIDES = (
    Role("Overrides.ExecutionRoleArn", _TASKS, form="role or name"),
    Role("Overrides.TaskRoleArn", _TASKS, form="role or name"),
    Role("", _TASKS, required=True),
)
_MONITORED = Role("MonitoringRoleArn", ("monitoring.rds.amazonaws.com",))
_RDS = ("rds.amazonaws.com",)

ROLES: Mapping[str, tuple[Role, ...]] = {
    "apigateway:PutIntegration": (Role("Credentials", ("apigateway.amazonaws.com",)),),
    "apigatewayv2:CreateIntegration": (Role("CredentialsArn", ("apigateway.amazonaws.com",)),),
    "apigatewayv2:UpdateIntegration": (Role("CredentialsArn", ("apigateway.amazonaws.com",)),),
    "batch:CreateComputeEnvironment": (Role("ServiceRole", ("batch.amazonaws.com",), form="role or name"),),
    "batch:RegisterJobDefinition": (
        Role("ContainerProperties.JobRoleArn", _TASKS, form="role or name"),
        Role("ContainerProperties.ExecutionRoleArn", _TASKS, form="role or name"),
    ),
    "ecs:RegisterTaskDefinition": (
        Role("ExecutionRoleArn", _TASKS, form="role or name"),
        Role("TaskRoleArn", _TASKS, form="role or name"),
    ),
    "ecs:RunTask": _OVERRIDES,
    "ecs:StartTask": _OVERRIDES,
    "emr:RunJobFlow": (
        Role("ServiceRole", _EMR, form="role or name"),
        Role("JobFlowRole", _EC2, form="role or name"),
        Role("AutoScalingRole", _EMR, form="role or name"),
    ),
    "rds:CreateDBInstance": (_MONITORED,),
    "rds:CreateDBCluster": (_MONITORED,),
    "rds:CreateDBInstanceReadReplica": (_MONITORED,),
    "rds:ModifyDBCluster": (_MONITORED,),
    "rds:ModifyDBInstance": (_MONITORED,),
    "rds:RestoreDBInstanceFromS3": (_MONITORED, Role("S3IngestionRoleArn", _RDS)),
    "rds:StartExportTask": (Role("IamRoleArn", ("export.rds.amazonaws.com",)),),
    "s3:PutBucketReplication": (Role("ReplicationConfiguration.Role", ("s3.amazonaws.com",)),),
    "s3control:CreateJob": (Role("RoleArn", ("batchoperations.s3.amazonaws.com",)),),
}
"""Operations (`service:Operation` of botocore's) whose roles no rule tells."""

NOT_PASSED: frozenset[str] = frozenset(
    {
        "account-access",
        "bedrock-agentcore:InvokeAgentRuntime",
        "cognito-identity",
        "cognito-idp:CreateGroup",
        "cognito-idp:UpdateGroup",
        "elasticmapreduce:AddJobFlowSteps",
        "elasticmapreduce:GetClusterSessionCredentials",
        "elasticmapreduce:StartSession",
        "emr-containers",
        "iam",
        "sts",
    }
)
"""Prefixes and actions whose role parameters are no roles that are passed."""

READING = ("BatchGet", "Delete", "Describe", "Disassociate", "Get", "List", "Search")
"""How operations begin that pass no role, whatever their parameters."""

NAMED = frozenset({"glue", "elasticmapreduce", "ecs", "codebuild", "iot", "ssm"})
"""Prefixes whose operations take a role by its name too."""
