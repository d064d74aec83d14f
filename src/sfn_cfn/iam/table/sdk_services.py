"""Services as the `aws-sdk` integration names them, where that is not botocore's name or signing name.

Sources: the Step Functions developer guide, "Learning to use AWS service SDK integrations" (names of the
services, unsupported operations); the service authorization reference (prefixes of the actions).
"""

from __future__ import annotations

from collections.abc import Mapping

SERVICE_NAMES: Mapping[str, str] = {
    "applicationdiscovery": "discovery",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntime": "lex-runtime",
    "lexruntimev2": "lexv2-runtime",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "pinpointsmsvoice": "sms-voice",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "simpledb": "sdb",
}
"""The name in a task's `Resource` -> botocore's, where it is not botocore's without its hyphens."""

OPTIMIZED: Mapping[str, str] = {"bedrockruntime": "bedrock", "eventbridge": "events", "sfn": "states"}
"""The name of a service in the optimized integrations, where it is another one."""

SAME_CALLS: Mapping[str, str] = {"emr:runJobFlow": "elasticmapreduce:createCluster"}
"""SDK calls that an optimized integration makes under a name of its own."""

PREFIXES: Mapping[str, str] = {
    "cloudcontrol": "cloudformation",
    "cloudwatch": "cloudwatch",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "iotsecuretunneling": "iot",
    "marketplace-reporting": "aws-marketplace",
    "mturk": "mechanicalturk",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "resourcegroupstaggingapi": "tag",
}
"""botocore's name of a service -> the prefix of its actions, where requests are signed for another name."""

UNSUPPORTED: Mapping[str, frozenset[str]] = {
    "applicationdiscovery": frozenset({"DescribeExportConfigurations", "ExportConfigurations"}),
    "bedrockagentruntime": frozenset(
        {"InvokeAgent", "InvokeFlow", "InvokeInlineAgent", "OptimizePrompt", "RetrieveAndGenerateStream"}
    ),
    "bedrockruntime": frozenset({"ConverseStream", "InvokeModelWithResponseStream"}),
    "cloudwatchlogs": frozenset({"StartLiveTail"}),
    "codedeploy": frozenset(
        {
            "BatchGetDeploymentInstances",
            "GetDeploymentInstance",
            "ListDeploymentInstances",
            "SkipWaitTimeForInstanceTermination",
        }
    ),
    "comprehendmedical": frozenset({"DetectEntities"}),
    "dataexchange": frozenset({"SendApiAsset"}),
    "directconnect": frozenset(
        {
            "AllocateConnectionOnInterconnect",
            "DescribeConnectionLoa",
            "DescribeConnectionsOnInterconnect",
            "DescribeInterconnectLoa",
        }
    ),
    "efs": frozenset({"CreateTags"}),
    "elastictranscoder": frozenset({"TestRole"}),
    "emr": frozenset({"DescribeJobFlows"}),
    "iot": frozenset(
        {"AttachPrincipalPolicy", "DetachPrincipalPolicy", "ListPolicyPrincipals", "ListPrincipalPolicies"}
    ),
    "iotdeviceadvisor": frozenset({"ListTestCases"}),
    "iotsitewise": frozenset({"InvokeAssistant"}),
    "kinesis": frozenset({"SubscribeToShard"}),
    "lambda": frozenset({"InvokeAsync", "InvokeWithResponseStream"}),
    "lexruntimev2": frozenset({"StartConversation"}),
    "mediapackage": frozenset({"RotateChannelCredentials"}),
    "qbusiness": frozenset({"Chat"}),
    "rdsdata": frozenset({"ExecuteSql"}),
    "s3": frozenset({"SelectObjectContent"}),
    "s3control": frozenset({"SelectObjectContent"}),
    "sagemakerruntime": frozenset({"InvokeEndpointWithResponseStream"}),
    "shield": frozenset({"DeleteSubscription"}),
    "sts": frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}),
}
"""Operations that the guide lists as unsupported, by the service's name in a task's `Resource`."""
