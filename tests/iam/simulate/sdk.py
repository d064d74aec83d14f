"""The calls of `aws-sdk` states. From the service authorization reference (which action and resource an operation
has), and each service's own guide where the action has another name or more are asked for.

A line of the table: operation, then its calls, each an action and its resource: `*`, or service and form. `pass`
and a service stand before the parameter of a role. A form is that of `named`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import unquote

from iam.simulate import sagemaker, services
from iam.simulate.calls import Call, named, pass_role, s3_bucket, s3_object, texts, values, with_key
from iam.simulate.machines import BEGIN, plain, run_time
from iam.simulate.samples import NAME, Task

OPERATIONS = """
glue:startCrawler; glue:StartCrawler glue crawler/{Name}
glue:createJob; glue:CreateJob glue job/{Name}; pass glue Role
athena:listQueryExecutions; athena:ListQueryExecutions athena workgroup/{WorkGroup}
kinesis:putRecord; kinesis:PutRecord kinesis stream/{StreamName}
kinesis:putRecords; kinesis:PutRecords kinesis stream/{StreamARN}
firehose:putRecordBatch; firehose:PutRecordBatch firehose deliverystream/{DeliveryStreamName}
emr:terminateJobFlows; elasticmapreduce:TerminateJobFlows elasticmapreduce cluster/{JobFlowIds}
emr:describeCluster; elasticmapreduce:DescribeCluster elasticmapreduce cluster/{ClusterId}
emrserverless:startApplication; emr-serverless:StartApplication emr-serverless /applications/{ApplicationId}
quicksight:createIngestion; quicksight:CreateIngestion quicksight dataset/{DataSetId}/ingestion/{IngestionId}
lambda:getFunction; lambda:GetFunction lambda function:{FunctionName}
lambda:createFunction; lambda:CreateFunction lambda function:{FunctionName}; s3:GetObject {S3Bucket}/{S3Key}; \
pass lambda Role
ec2:startInstances; ec2:StartInstances ec2 instance/{InstanceIds}
ec2:stopInstances; ec2:StopInstances ec2 instance/{InstanceIds}
ec2:describeInstances; ec2:DescribeInstances *
batch:describeJobs; batch:DescribeJobs *
batch:terminateJob; batch:TerminateJob batch job/{JobId}
ecs:describeTasks; ecs:DescribeTasks ecs task/{Cluster}/{Tasks}
ecs:updateService; ecs:UpdateService ecs service/{Cluster}/{Service}
ecr:describeImages; ecr:DescribeImages ecr repository/{RepositoryName}
ecr:putImage; ecr:PutImage ecr repository/{RepositoryName}
eks:describeCluster; eks:DescribeCluster eks cluster/{Name}
autoscaling:setDesiredCapacity; \
autoscaling:SetDesiredCapacity autoscaling autoScalingGroup:?:autoScalingGroupName/{AutoScalingGroupName}
cloudformation:describeStacks; cloudformation:DescribeStacks cloudformation stack/{StackName}/?
bedrockagentruntime:retrieve; bedrock:Retrieve bedrock knowledge-base/{KnowledgeBaseId}
comprehend:detectEntities; comprehend:DetectEntities *
comprehend:detectSentiment; comprehend:DetectSentiment *
comprehend:startSentimentDetectionJob; comprehend:StartSentimentDetectionJob comprehend sentiment-detection-job/?; \
pass comprehend DataAccessRoleArn
comprehend:classifyDocument; comprehend:ClassifyDocument comprehend document-classifier-endpoint/{EndpointArn}
textract:detectDocumentText; textract:DetectDocumentText *; s3:GetObject {Bucket}/{Name}
textract:startDocumentAnalysis; textract:StartDocumentAnalysis *; s3:GetObject {Bucket}/{Name}; pass textract RoleArn
rekognition:detectLabels; rekognition:DetectLabels *; s3:GetObject {Bucket}/{Name}
rekognition:startProjectVersion; rekognition:StartProjectVersion rekognition {ProjectVersionArn}
translate:translateText; translate:TranslateText *
translate:startTextTranslationJob; translate:StartTextTranslationJob *; pass translate DataAccessRoleArn
transcribe:startTranscriptionJob; transcribe:StartTranscriptionJob *; s3:GetObject {MediaFileUri}; \
s3:PutObject {OutputBucketName}/?
transcribe:getTranscriptionJob; transcribe:GetTranscriptionJob transcribe transcription-job/{TranscriptionJobName}
polly:synthesizeSpeech; polly:SynthesizeSpeech *
polly:startSpeechSynthesisTask; polly:StartSpeechSynthesisTask *; s3:PutObject {OutputS3BucketName}/?
personalize:createSolutionVersion; personalize:CreateSolutionVersion personalize {SolutionArn}
personalize:createDatasetImportJob; personalize:CreateDatasetImportJob personalize dataset-import-job/{JobName}; \
personalize:CreateDatasetImportJob personalize {DatasetArn}; pass personalize RoleArn
personalizeruntime:getRecommendations; personalize:GetRecommendations personalize {CampaignArn}
forecast:createForecast; forecast:CreateForecast forecast {PredictorArn}
kendra:query; kendra:Query kendra index/{IndexId}
frauddetector:getEventPrediction; frauddetector:GetEventPrediction frauddetector detector/{DetectorId}; \
frauddetector:GetEventPrediction frauddetector event-type/{EventTypeName}; \
frauddetector:GetEventPrediction frauddetector detector-version/{DetectorId}/?
sns:publishBatch; sns:Publish sns {TopicArn}
eventbridge:putRule; events:PutRule events rule/{Name}
eventbridge:putTargets; events:PutTargets events rule/{Rule}; pass events RoleArn
scheduler:createSchedule; scheduler:CreateSchedule scheduler schedule/default/{Name}; pass scheduler RoleArn
sfn:startSyncExecution; states:StartSyncExecution states stateMachine:{StateMachineArn}
sfn:describeExecution; states:DescribeExecution states execution:?:{ExecutionArn}
sfn:sendTaskSuccess; states:SendTaskSuccess *
sfn:listExecutions; states:ListExecutions states stateMachine:{StateMachineArn}
cloudwatch:describeAlarms; cloudwatch:DescribeAlarms cloudwatch alarm:{AlarmNames}
cloudwatchlogs:putLogEvents; logs:PutLogEvents logs log-group:{LogGroupName}:log-stream:{LogStreamName}
cloudwatchlogs:createLogGroup; logs:CreateLogGroup logs log-group:{LogGroupName}; \
logs:CreateLogGroup logs log-group:{LogGroupName}:?
cloudwatchlogs:startQuery; logs:StartQuery logs log-group:{LogGroupNames}; \
logs:StartQuery logs log-group:{LogGroupNames}:?
cognitoidentityprovider:adminGetUser; cognito-idp:AdminGetUser cognito-idp userpool/{UserPoolId}
iotdataplane:publish; iot:Publish iot topic/{Topic}
apigatewaymanagementapi:postToConnection; execute-api:ManageConnections execute-api ?/?/?/?
sts:getCallerIdentity; sts:GetCallerIdentity *
s3:listBuckets; s3:ListAllMyBuckets *
s3:putBucketNotificationConfiguration; s3:PutBucketNotification {Bucket}
s3:getBucketTagging; s3:GetBucketTagging {Bucket}
s3:headBucket; s3:ListBucket {Bucket}
s3:deleteObject; s3:DeleteObject {Bucket}/{Key}
s3:headObject; s3:GetObject {Bucket}/{Key}
s3:createMultipartUpload; s3:PutObject {Bucket}/{Key}
s3:putObjectTagging; s3:PutObjectTagging {Bucket}/{Key}
sagemaker:describeTrainingJob; sagemaker:DescribeTrainingJob sagemaker training-job/{TrainingJobName}
sagemaker:stopTrainingJob; sagemaker:StopTrainingJob sagemaker training-job/{TrainingJobName}
sagemaker:createPipeline; sagemaker:CreatePipeline sagemaker pipeline/{PipelineName}; \
sagemaker:AddTags sagemaker pipeline/{PipelineName}; pass sagemaker RoleArn
sagemaker:startPipelineExecution; sagemaker:StartPipelineExecution sagemaker pipeline/{PipelineName}
sagemaker:describePipelineExecution; \
sagemaker:DescribePipelineExecution sagemaker pipeline/?/execution/{PipelineExecutionArn}
sagemaker:stopPipelineExecution; sagemaker:StopPipelineExecution sagemaker {PipelineExecutionArn}
sagemaker:createModelPackage; \
sagemaker:CreateModelPackage sagemaker model-package/{ModelPackageGroupName}/?
sagemaker:updateModelPackage; sagemaker:UpdateModelPackage sagemaker {ModelPackageArn}
sagemaker:createModelPackageGroup; \
sagemaker:CreateModelPackageGroup sagemaker model-package-group/{ModelPackageGroupName}; \
sagemaker:AddTags sagemaker model-package-group/{ModelPackageGroupName}
sagemaker:listModelPackages; sagemaker:ListModelPackages sagemaker model-package/?/?
sagemaker:describeModelPackage; sagemaker:DescribeModelPackage sagemaker {ModelPackageName}
sagemaker:deleteEndpoint; sagemaker:DeleteEndpoint sagemaker endpoint/{EndpointName}
sagemaker:describeEndpoint; sagemaker:DescribeEndpoint sagemaker endpoint/{EndpointName}
sagemaker:updateEndpointWeightsAndCapacities; \
sagemaker:UpdateEndpointWeightsAndCapacities sagemaker endpoint/{EndpointName}
sagemaker:deleteModel; sagemaker:DeleteModel sagemaker model/{ModelName}
sagemaker:deleteEndpointConfig; sagemaker:DeleteEndpointConfig sagemaker endpoint-config/{EndpointConfigName}
sagemaker:describeProcessingJob; sagemaker:DescribeProcessingJob sagemaker processing-job/{ProcessingJobName}
sagemaker:describeTransformJob; sagemaker:DescribeTransformJob sagemaker transform-job/{TransformJobName}
sagemaker:addTags; sagemaker:AddTags sagemaker model/{ResourceArn}
sagemaker:listTrainingJobs; sagemaker:ListTrainingJobs *
sagemaker:createFeatureGroup; sagemaker:CreateFeatureGroup sagemaker feature-group/{FeatureGroupName}; \
pass sagemaker RoleArn
sagemaker:createAutoMLJobV2; sagemaker:CreateAutoMLJobV2 sagemaker automl-job/{AutoMLJobName}; pass sagemaker RoleArn
sagemaker:createMonitoringSchedule; \
sagemaker:CreateMonitoringSchedule sagemaker monitoring-schedule/{MonitoringScheduleName}; pass sagemaker RoleArn
sagemaker:createNotebookInstance; sagemaker:CreateNotebookInstance sagemaker notebook-instance/{NotebookInstanceName}; \
pass sagemaker RoleArn
sagemakerfeaturestoreruntime:putRecord; sagemaker:PutRecord sagemaker feature-group/{FeatureGroupName}
sagemakerfeaturestoreruntime:getRecord; sagemaker:GetRecord sagemaker feature-group/{FeatureGroupName}
sagemakerruntime:invokeEndpoint; sagemaker:InvokeEndpoint sagemaker endpoint/{EndpointName}
sagemakerruntime:invokeEndpointAsync; sagemaker:InvokeEndpointAsync sagemaker endpoint/{EndpointName}
dynamodb:scan; dynamodb:Scan dynamodb table/{TableName}
dynamodb:describeTable; dynamodb:DescribeTable dynamodb table/{TableName}
rds:startDBInstance; rds:StartDBInstance rds db:{DbInstanceIdentifier}
rds:describeDBInstances; rds:DescribeDBInstances rds db:?
rds:createDBSnapshot; rds:CreateDBSnapshot rds db:{DbInstanceIdentifier}; \
rds:CreateDBSnapshot rds snapshot:{DbSnapshotIdentifier}; rds:AddTagsToResource rds snapshot:{DbSnapshotIdentifier}
rdsdata:executeStatement; rds-data:ExecuteStatement rds {ResourceArn}; \
secretsmanager:GetSecretValue secretsmanager {SecretArn}
redshiftdata:describeStatement; redshift-data:DescribeStatement *
opensearch:describeDomain; es:DescribeDomain es domain/{DomainName}
timestreamquery:query; timestream:Select timestream database/?/table/?
"""
LINES = {
    line.partition(";")[0]: line.split("; ")[1:]
    for line in OPERATIONS.replace("\\\n", "").strip().splitlines()
}

# The same call as an integration of its own.
SAME = {
    "lambda:invoke": "lambda:invoke",
    "glue:startJobRun": "glue:startJobRun",
    "athena:startQueryExecution": "athena:startQueryExecution",
    "athena:getQueryExecution": "athena:getQueryExecution",
    "emr:runJobFlow": "elasticmapreduce:createCluster",
    "databrew:startJobRun": "databrew:startJobRun",
    "batch:submitJob": "batch:submitJob",
    "ecs:runTask": "ecs:runTask",
    "codebuild:startBuild": "codebuild:startBuild",
    "bedrockruntime:invokeModel": "bedrock:invokeModel",
    "bedrockruntime:converse": "bedrock:invokeModel",
    "eventbridge:putEvents": "events:putEvents",
    "sfn:startExecution": "states:startExecution",
}


def of_line(task: Task) -> Iterator[Call]:
    """The calls of an operation of the table."""
    place, given = task.machine.place, task.parameters
    for part in LINES[task.call]:
        words = part.split(" ")
        if words[0] == "pass":
            for role in texts(given, words[2]):
                found = (
                    [role]
                    if "arn:" in role
                    else [place.arn("iam", f"role/{path}{role}", "") for path in PATHS]
                )
                yield from (pass_role(place, one, f"{words[1]}.amazonaws.com") for one in found)
        elif words[1] == "*":
            yield Call(words[0], "*")
        elif words[0].startswith("s3:"):
            yield from _in_s3(task, words[0], words[1])
        else:
            action, service, form = words
            for arn in named(place, service, form.replace("?", run_time("any")), given):
                yield Call(action, _small(action, arn))
                if service == "sagemaker" and form.startswith(("training-job", "pipeline", "model-package")):
                    # Which spelling the ARN has is not documented for these: either may be asked for.
                    yield Call(action, arn.lower() if arn == plain(arn) else arn)


PATHS = ("", f"{run_time('teams')}/")
SMALL = re.compile(r":(?:model|endpoint|endpoint-config)/")


def _small(action: str, arn: str) -> str:
    """SageMaker's names of models, endpoints and configurations."""
    if action.startswith("sagemaker:") and SMALL.search(arn):
        head, slash, name = arn.partition("/")
        return f"{head}{slash}{name.lower()}"
    return arn


def _in_s3(task: Task, action: str, form: str) -> Iterator[Call]:
    given = task.parameters
    names = re.findall(r"\{(\w+)\}", form)
    uri = form.replace("?", run_time("any"))
    for name in names:
        uri = uri.replace(f"{{{name}}}", (texts(given, name) or [run_time(NAME)])[0])
    yield s3_object(task.machine.place, action, uri if uri.startswith("s3://") else f"s3://{uri}")


def _objects(*actions: str) -> Callable[[Task], Iterator[Call]]:
    def of_task(task: Task) -> Iterator[Call]:
        for action in actions:
            yield from _in_s3(task, f"s3:{action}", "{Bucket}/{Key}")

    return of_task


def _get_object(task: Task) -> Iterator[Call]:
    yield from _objects("GetObjectVersion" if "VersionId" in task.parameters else "GetObject")(task)


def _written(task: Task) -> Iterator[Call]:
    """An object, its tags, and the key that the call has S3 encrypt it with."""
    yield from _objects("PutObject", *(["PutObjectTagging"] if "Tagging" in task.parameters else []))(task)
    place = task.machine.place
    via, others = (f"{service}.{place.region}.{place.suffix}" for service in ("s3", "sqs"))
    for key in texts(task.parameters, "SsekmsKeyId"):
        name = "kms:ViaService"
        yield with_key(place, "kms:GenerateDataKey", key, {name: via}, {name: (others,)})


def _copy(task: Task) -> Iterator[Call]:
    """A copy takes the tags along; a version of the source has actions of its own."""
    yield from _written(task)
    yield from _objects("PutObjectTagging")(task)
    for source in texts(task.parameters, "CopySource"):
        path, version, _ = unquote(source).partition("?versionId=")
        kind = "ObjectVersion" if version else "Object"
        for action in (f"Get{kind}", f"Get{kind}Tagging"):
            yield s3_object(task.machine.place, f"s3:{action}", f"s3://{path}")


def _delete_objects(task: Task) -> Iterator[Call]:
    objects = task.parameters["Delete"]["Objects"]
    known = isinstance(objects, list)
    for key in [one["Key"] for one in objects] if known else [run_time("any")]:
        for action in ("DeleteObject", *(() if known else ("DeleteObjectVersion",))):
            yield s3_object(task.machine.place, f"s3:{action}", f"s3://{task.parameters['Bucket']}/{key}")


def _list_objects(task: Task) -> Iterator[Call]:
    prefix = (texts(task.parameters, "Prefix") or [run_time("")])[0]
    found = s3_bucket(task.machine.place, f"s3://{task.parameters['Bucket']}/{prefix}", [prefix])
    yield from (one for one in found if one.action == "s3:ListBucket")


def _attributes(task: Task) -> Iterator[Call]:
    """By an access point."""
    for action in ("GetObject", "GetObjectAttributes"):
        yield Call(f"s3:{action}", f"{task.parameters['Bucket']}/object/{run_time(task.parameters['Key'])}")


def _queue(action: str) -> Callable[[Task], Iterator[Call]]:
    def of_task(task: Task) -> Iterator[Call]:
        for call in services.SPECIAL["sqs:sendMessage"](task):
            yield replace(call, action=f"sqs:{action}")

    return of_task


def _catalog(action: str) -> Callable[[Task], Iterator[Call]]:
    """A table is in a database, and that in the catalog: Glue asks for all three."""

    def of_task(task: Task) -> Iterator[Call]:
        place, given = task.machine.place, task.parameters
        table = (texts(given, "TableName") or texts(given, "Name"))[0]
        for one in ("catalog", f"database/{given['DatabaseName']}", f"table/{given['DatabaseName']}/{table}"):
            yield Call(f"glue:{action}", place.arn("glue", one))

    return of_task


def _query_table(task: Task) -> Iterator[Call]:
    (table,) = named(task.machine.place, "dynamodb", "table/{TableName}", task.parameters)
    indexes = texts(task.parameters, "IndexName")
    yield from (Call("dynamodb:Query", f"{table}/index/{one}") for one in indexes)
    yield Call("dynamodb:Query", table)


def _transaction(task: Task) -> Iterator[Call]:
    actions = {"Put": "PutItem", "Delete": "DeleteItem", "Get": "GetItem", "Update": "UpdateItem"}
    for name, action in actions.items():
        for one in values(task.parameters, name):
            for table in named(task.machine.place, "dynamodb", "table/{TableName}", one):
                yield Call(f"dynamodb:{action}", table)


def _batch_of_items(action: str) -> Callable[[Task], Iterator[Call]]:
    def of_task(task: Task) -> Iterator[Call]:
        items = task.parameters["RequestItems"]
        for table in items if isinstance(items, dict) else [run_time(NAME)]:
            yield Call(f"dynamodb:{action}", task.machine.place.arn("dynamodb", f"table/{table}"))

    return of_task


def _statement(task: Task) -> Iterator[Call]:
    """PartiQL: `SELECT ... FROM "table"."index"`; a statement that is not known may be of each kind."""
    place, statement = task.machine.place, task.parameters["Statement"]
    if BEGIN in statement:
        for kind in ("Delete", "Insert", "Select", "Update"):
            yield Call(f"dynamodb:PartiQL{kind}", place.arn("dynamodb", f"table/{run_time(NAME)}"))
        return
    table, index = re.search(r'FROM "(\w+)"\."([\w-]+)"', statement).groups()
    yield Call("dynamodb:PartiQLSelect", place.arn("dynamodb", f"table/{table}/index/{index}"))


def _parameters(action: str, name: str) -> Callable[[Task], Iterator[Call]]:
    """A path begins with a slash, of which the ARN has one only."""

    def of_task(task: Task) -> Iterator[Call]:
        for one in texts(task.parameters, name):
            arn = task.machine.place.arn("ssm", f"parameter/{one.lstrip('/')}")
            yield Call(f"ssm:{action}", arn)
            if name == "Path":
                yield Call(f"ssm:{action}", f"{arn}/{run_time('below')}")

    return of_task


def _secret(task: Task) -> Iterator[Call]:
    """A secret by its name has six characters more in its ARN."""
    for one in texts(task.parameters, "SecretId"):
        arn = one if one.startswith("arn:") else task.machine.place.arn("secretsmanager", f"secret:{one}-")
        yield Call(
            "secretsmanager:GetSecretValue", arn if one.startswith("arn:") else f"{arn}{run_time('AbCdEf')}"
        )


def _keys(*fields: tuple[str, str]) -> Callable[[Task], Iterator[Call]]:
    def of_task(task: Task) -> Iterator[Call]:
        for field, action in fields:
            for key in texts(task.parameters, field):
                yield with_key(task.machine.place, f"kms:{action}", key, {}, {})

    return of_task


def _metric(task: Task) -> Iterator[Call]:
    key = "cloudwatch:namespace"
    for one in texts(task.parameters, "Namespace"):
        yield Call("cloudwatch:PutMetricData", "*", {key: one}, {key: ("sibling",)})


def _mail(task: Task) -> Iterator[Call]:
    """The sender's address, or its domain, is the identity; a configuration set is asked for too."""
    place, given = task.machine.place, task.parameters
    for sender in texts(given, "FromEmailAddress") + texts(given, "Source"):
        address = sender.rpartition("<")[2].rstrip(">")
        for one in (address, address.partition("@")[2]):
            yield Call("ses:SendEmail", place.arn("ses", f"identity/{one}"))
    for one in texts(given, "ConfigurationSetName"):
        yield Call("ses:SendEmail", place.arn("ses", f"configuration-set/{one}"))


def _warehouse(task: Task) -> Iterator[Call]:
    """A cluster with the credentials of a user, or a workgroup, whose ARN has an ID and no name."""
    place, given = task.machine.place, task.parameters
    if "WorkgroupName" in given:
        where = place.arn("redshift-serverless", f"workgroup/{run_time('id')}")
        yield Call("redshift-data:ExecuteStatement", where)
        yield Call("redshift-serverless:GetCredentials", where)
        return
    cluster = given["ClusterIdentifier"]
    yield Call("redshift-data:ExecuteStatement", place.arn("redshift", f"cluster:{cluster}"))
    for kind, name in (("dbuser", given["DbUser"]), ("dbname", given["Database"])):
        yield Call("redshift:GetClusterCredentials", place.arn("redshift", f"{kind}:{cluster}/{name}"))


def _rest_api(task: Task) -> Iterator[Call]:
    """API Gateway's own actions are the methods of HTTP, its resources the paths."""
    (api,) = texts(task.parameters, "RestApiId")
    yield Call("apigateway:GET", task.machine.place.arn("apigateway", f"/restapis/{api}", None, ""))


SPECIAL: dict[str, Callable[[Task], Iterator[Call]]] = {
    "s3:getObject": _get_object,
    "s3:putObject": _written,
    "s3:copyObject": _copy,
    "s3:deleteObjects": _delete_objects,
    "s3:listObjectsV2": _list_objects,
    "s3:getObjectAttributes": _attributes,
    "sqs:receiveMessage": _queue("ReceiveMessage"),
    "sqs:sendMessageBatch": _queue("SendMessage"),
    "glue:getTable": _catalog("GetTable"),
    "glue:getPartitions": _catalog("GetPartitions"),
    "glue:createTable": _catalog("CreateTable"),
    "dynamodb:query": _query_table,
    "dynamodb:transactWriteItems": _transaction,
    "dynamodb:transactGetItems": _transaction,
    "dynamodb:batchGetItem": _batch_of_items("BatchGetItem"),
    "dynamodb:batchWriteItem": _batch_of_items("BatchWriteItem"),
    "dynamodb:executeStatement": _statement,
    "ssm:getParameter": _parameters("GetParameter", "Name"),
    "ssm:getParameters": _parameters("GetParameters", "Names"),
    "ssm:getParametersByPath": _parameters("GetParametersByPath", "Path"),
    "ssm:putParameter": _parameters("PutParameter", "Name"),
    "secretsmanager:getSecretValue": _secret,
    "kms:decrypt": _keys(("KeyId", "Decrypt")),
    "kms:reEncrypt": _keys(("SourceKeyId", "ReEncryptFrom"), ("DestinationKeyId", "ReEncryptTo")),
    "cloudwatch:putMetricData": _metric,
    "sesv2:sendEmail": _mail,
    "ses:sendEmail": _mail,
    "redshiftdata:executeStatement": _warehouse,
    "apigateway:getRestApi": _rest_api,
}


def calls(task: Task) -> Iterator[Call]:
    """All calls of an `aws-sdk` state; `KeyError` for an operation that no one has written down here."""
    task = replace(task, call=task.call.removeprefix("aws-sdk:"))
    if task.call == "sagemaker:createTrainingJob":
        yield from sagemaker.calls(task)
    elif task.call in SAME:
        yield from services.calls(replace(task, call=SAME[task.call]))
    elif task.call in SPECIAL:
        yield from SPECIAL[task.call](task)
    else:
        yield from of_line(task)
