"""Which parameter of an operation names the resource of an action, where its name does not tell.

Sources: the service authorization reference (ARN formats of the resource types), botocore's models (parameters).
Keys of resource types are `<service of the ARN>:<type>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfn_cfn.iam.entries import Resource

SUFFIXES = ("name", "id", "identifier", "", "arn", "uuid")
"""What a parameter that names a resource may end with, behind the resource's own name."""

GENERIC = ("resourcearn", "arn", "resourceidentifier")
"""Parameters of operations on resources of any type."""

TAGGED = ("resource", "resourcename")
"""Parameters that hold the ARN of any resource in operations on tags."""

UNNAMED = frozenset(
    {
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "comprehend:DetectEntities",
        "polly:StartSpeechSynthesisTask",
        "polly:SynthesizeSpeech",
        "translate:StartTextTranslationJob",
        "translate:TranslateDocument",
        "translate:TranslateText",
    }
)
"""Actions whose resources (an endpoint, a lexicon, a terminology) most calls do without: they are then on `*`."""

NO_RESOURCES = (
    "role",
    "kmskey",
    "rolesession",
    "encryptionkey",
    "snstopic",
    "certificate",
    "secret",
    "lambda",
    "clientrequest",
)
"""What the ARNs are of that a call names beside its resource."""

ALTERNATIVES = frozenset({"chime", "events", "payment-cryptography", "states"})
"""Prefixes and actions whose resource types the reference requires, although a call is about one of them."""


@dataclass(frozen=True, slots=True)
class Tagging:
    """The parameters that give a new resource its tags, and the actions that ask for the right to."""

    fields: tuple[str, ...]
    actions: tuple[str, ...]


TAGGING = Tagging(
    ("tags", "taglist", "tagspecifications", "tagset"),
    ("AddTags", "AddTagsToResource", "TagResource", "TagResources", "CreateTags", "TagQueue"),
)

HOLES: Mapping[str, tuple[str, ...]] = {
    "athena:WorkGroupName": ("workgroup", "name"),
    "autoscaling:GroupFriendlyName": ("autoscalinggroupname", "autoscalinggroupnames"),
    "batch:JobDefinitionName": ("jobdefinitionname", "jobdefinition", "jobdefinitions"),
    "cloudwatch:AlarmName": ("alarmname", "alarmnames"),
    "cloudwatch:DashboardName": ("dashboardname", "dashboardnames"),
    "codebuild:ProjectName": ("projectname", "name", "names"),
    "ecs:ClusterName": ("cluster", "clustername", "clusters"),
    "ecs:ServiceName": ("servicename", "service", "services"),
    "ecs:TaskDefinitionFamilyName": ("family", "taskdefinition"),
    "ecs:TaskId": ("task", "tasks"),
    "eks:ClusterName": ("clustername", "name"),
    "elasticmapreduce:ClusterId": ("clusterid", "jobflowid", "jobflowids"),
    "es:DomainName": ("domainname",),
    "events:EventBusName": ("eventbusname",),
    "events:RuleName": ("rule", "rulename", "name"),
    "glue:DevEndpointName": ("endpointname",),
    "kms:Alias": ("aliasname",),
    "kms:KeyId": ("keyid", "targetkeyid", "aliasname"),
    "lambda:FunctionName": ("functionname",),
    "lambda:LayerName": ("layername",),
    "lambda:LayerVersion": ("versionnumber",),
    "lambda:Alias": ("name",),
    "logs:LogGroupName": (
        "loggroupname",
        "loggroupidentifier",
        "loggroupnames",
        "loggroupidentifiers",
        "resourcearn",
    ),
    "rds:ClusterParameterGroupName": ("dbclusterparametergroupname",),
    "rds:ClusterSnapshotName": ("dbclustersnapshotidentifier", "snapshotidentifier"),
    "rds:DbClusterInstanceName": ("dbclusteridentifier", "resourcearn"),
    "rds:DbInstanceName": ("dbinstanceidentifier", "targetdbinstanceidentifier"),
    "rds:GlobalCluster": ("globalclusteridentifier",),
    "rds:OptionGroupName": ("optiongroupname",),
    "rds:ParameterGroupName": ("dbparametergroupname",),
    "rds:SecurityGroupName": ("dbsecuritygroupname",),
    "rds:SnapshotName": ("dbsnapshotidentifier", "targetdbsnapshotidentifier"),
    "rds:SubnetGroupName": ("dbsubnetgroupname",),
    "s3:BucketName": ("bucket",),
    "s3:ObjectName": ("key",),
    "secretsmanager:SecretId": ("secretid", "name", "secretidlist"),
    "ses:IdentityName": ("identity", "emailidentity", "emailaddress", "domain"),
    "sqs:QueueName": ("queueurl", "queuename", "sourcearn"),
    "ssm:AutomationDefinitionName": ("documentname",),
    "ssm:DocumentName": ("name", "documentname"),
    "ssm:ParameterNameWithoutLeadingSlash": ("name", "names"),
    "states:ActivityName": ("activityarn", "name"),
    "states:StateMachineName": ("statemachinearn", "name", "statemachinealiasarn", "statemachineversionarn"),
}
"""`<service>:<placeholder>` -> the parameters that fill it, in lower case, the best first; of no other name."""

NAMED_IDS = frozenset(
    {
        "databrew:ResourceId",
        "forecast:ResourceId",
        "glue:UsageProfileId",
        "iotfleetwise:VehicleId",
        "personalize:ResourceId",
        "quicksight:ResourceId",
        "rekognition:StreamprocessorId",
        "route53-recovery-readiness:ResourceId",
        "secretsmanager:SecretId",
        "translate:ResourceId",
    }
)
"""Placeholders that are called IDs and hold names."""

MEMBERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "athena:CreateWorkGroup": {"WorkGroupName": ("Name",)},
    "dynamodb:ImportTable": {"TableName": ("TableCreationParameters.TableName",)},
    "dynamodb:RestoreTableFromBackup": {"TableName": ("TargetTableName",)},
    "dynamodb:RestoreTableToPointInTime": {"TableName": ("SourceTableName", "TargetTableName")},
    "events:PutEvents": {"EventBusName": ("Entries[].EventBusName=default",)},
    "glue:CreateConnection": {"ConnectionName": ("ConnectionInput.Name",)},
    "glue:CreateDatabase": {"DatabaseName": ("DatabaseInput.Name",)},
    "glue:CreateTable": {"TableName": ("TableInput.Name",)},
    "glue:DeleteRegistry": {"RegistryName": ("RegistryId.RegistryName",)},
    "glue:DeleteSchema": {"RegistryName": ("SchemaId.RegistryName",), "SchemaName": ("SchemaId.SchemaName",)},
    "glue:GetRegistry": {"RegistryName": ("RegistryId.RegistryName",)},
    "glue:GetSchema": {"RegistryName": ("SchemaId.RegistryName",), "SchemaName": ("SchemaId.SchemaName",)},
    "glue:GetSchemaVersion": {
        "RegistryName": ("SchemaId.RegistryName",),
        "SchemaName": ("SchemaId.SchemaName",),
    },
    "glue:RegisterSchemaVersion": {
        "RegistryName": ("SchemaId.RegistryName",),
        "SchemaName": ("SchemaId.SchemaName",),
    },
    "glue:UpdateTable": {"TableName": ("TableInput.Name",)},
    "scheduler:CreateSchedule": {"GroupName": ("GroupName=default",)},
    "scheduler:DeleteSchedule": {"GroupName": ("GroupName=default",)},
    "scheduler:GetSchedule": {"GroupName": ("GroupName=default",)},
    "scheduler:UpdateSchedule": {"GroupName": ("GroupName=default",)},
}
"""Operation -> placeholder -> paths of the parameters that fill it; `Path=x` is `x` where it is not given."""

PATHS: Mapping[str, str] = {
    "frauddetector:detector-version": "detector-version/${DetectorId}/${DetectorVersionId}",
    # Secrets Manager ends a secret's ARN in six characters of its own.
    "secretsmanager:Secret": "secret:${SecretId}-??????",
}
"""Resource type -> the last part of its ARN, where it is not the reference's."""

ALSO: Mapping[str, str] = {
    # A name is unique in an account whatever its path, so that a pattern for the path covers nothing else.
    "iam:group": "group/${Any}/${GroupNameWithPath}",
    "iam:instance-profile": "instance-profile/${Any}/${InstanceProfileNameWithPath}",
    "iam:role": "role/${Any}/${RoleNameWithPath}",
    "iam:user": "user/${Any}/${UserNameWithPath}",
    # Actions on a log group are authorised by its ARN, with `:*` behind it or without (CloudWatch Logs user
    # guide, "CloudWatch Logs resources and operations").
    "logs:log-group": "log-group:${LogGroupName}:${Any}",
}
"""Resource type -> another last part of its ARN that is granted beside the reference's."""

FORMS: Mapping[str, Resource] = {
    "kms:alias:aliasname": Resource("kms", "alias/", form="alias"),
    "kms:key:aliasname": Resource("kms", "key/", form="key"),
    "kms:key:keyid": Resource("kms", "key/", form="key"),
    "kms:key:targetkeyid": Resource("kms", "key/", form="key"),
    "lambda:function:functionname": Resource("lambda", "function:", form="function"),
    "sagemaker:endpoint:endpointname": Resource("sagemaker", "endpoint/", "", "name or arn", "lower"),
    "sagemaker:endpoint-config:endpointconfigname": Resource(
        "sagemaker", "endpoint-config/", "", "name or arn", "lower"
    ),
    "sagemaker:model:modelname": Resource("sagemaker", "model/", "", "name or arn", "lower"),
    "ssm:document:documentname": Resource("ssm", "document/", form="document"),
    "ssm:document:name": Resource("ssm", "document/", form="document"),
    "sqs:queue:queueurl": Resource("sqs", form="queue"),
    "states:statemachine:statemachinearn": Resource("states", "stateMachine:", form="machine"),
}
"""`<type>:<parameter>` -> the form that the parameter names the resource in."""

FORMATS: Mapping[str, str] = {"s3": "bucket", "sagemaker": "both", "ssm": "path"}
"""Service -> the form of its ARNs' last parts, where it is not `format`."""
