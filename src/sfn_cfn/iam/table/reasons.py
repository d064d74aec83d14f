"""Why each statement is there: a sentence for each Sid, as `sfn-cfn explain-policy` shows it. No logic here.

A statement says which call needs it; the sentence says what that call does with it. It has no subject: the state
is named beside it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.machine_rights import LOG_DELIVERY, TRACING

REASONS: Mapping[str, str] = {
    # -- the state machine's role: SageMaker
    "SageMakerTrainingJob": "starts the training job with its tags; with .sync watches it, and stops it when told to",
    "SageMakerProcessingJob": (
        "starts the processing job with its tags; with .sync watches it, and stops it when told to"
    ),
    "SageMakerTransformJob": (
        "starts the batch transform with its tags; with .sync watches it, and stops it when told to"
    ),
    "SageMakerHyperParameterTuningJob": (
        "starts the tuning job with its tags; with .sync watches it, and stops it when told to"
    ),
    "SageMakerLabelingJob": "starts the labeling job with its tags; with .sync watches it, and stops it when told to",
    "SageMakerModel": "creates the model with its tags",
    "SageMakerModelPackage": "creates the model from a model package, which is a resource of the call",
    "SageMakerEndpointConfig": "creates the endpoint configuration with its tags",
    "SageMakerEndpoint": "creates or updates the endpoint by its endpoint configuration; the call names both",
    "SageMakerEndpointTags": "tags the endpoint that it creates",
    "GrantKey": "lets the service use the KMS key for the storage of what is created, and for nothing else",
    "DescribeKey": "looks up the KMS key, as the service does before it uses one",
    "PassRole": "passes the role to the service that works under it, and to no other service",
    "ManagedRules": "lets Step Functions learn by this managed rule of EventBridge that the job has ended",
    "CreateServiceLinkedRole": "lets the service make its own service-linked role, where the account has none yet",
    # -- functions, jobs, messages, items
    "LambdaInvoke": "calls the function",
    "GlueJobRun": "starts the Glue job; with .sync watches the run, and stops it when told to",
    "DataBrewJobRun": "starts the DataBrew job; with .sync watches the run, and stops it when told to",
    "StartExecution": "starts an execution of the other state machine",
    "WatchExecution": "watches the execution that it started, and stops it when told to",
    "SnsPublish": "publishes on the topic",
    "SnsPublishToPhone": "sends a text message to a telephone, which is no resource that a policy can name",
    "SqsSendMessage": "sends a message to the queue",
    "DynamoDBItems": "reads or writes an item of the table",
    "PutEvents": "puts events on the event bus",
    "ApiInvoke": "calls the method of the API",
    "HttpInvoke": "calls the HTTPS endpoint, by this method and at this address",
    "HttpConnection": "takes the credentials for the call from the connection of EventBridge",
    "HttpSecret": "reads the secret in which the connection keeps its credentials",
    "BedrockInvoke": "calls the model",
    "BedrockTags": "tags what it creates",
    "BedrockGuardrail": "applies the guardrail to the call",
    "BedrockInput": "reads the model's input from S3",
    "BedrockOutput": "writes the model's answer to S3",
    "BedrockCustomization": "starts the customization of the model, by its base model",
    "BedrockCustomizationWatch": "watches the customization that it started, and stops it when told to",
    "BedrockKey": "lets the service encrypt the customized model with the KMS key",
    "MediaConvertJob": "creates the job in its queue and by its template; with .sync watches it",
    "MediaConvertJobs": "watches the job that it created, and cancels it when told to",
    "MediaConvertTagJobs": "tags the job that it creates",
    "CodeBuild": "starts the build; with .sync watches it, and stops it when told to",
    # -- containers
    "EcsRunTask": "runs the task by its task definition, in its cluster",
    "EcsTasks": "watches the task that it ran, and stops it when told to",
    "EcsTagTasks": "tags the task that it runs",
    "BatchSubmitJob": "submits the job by its job definition to its queue",
    "BatchJobs": "stops the job that it submitted when told to",
    "BatchDescribeJobs": "watches the job; the action names no resource",
    "BatchTagJobs": "tags the job that it submits",
    "EksCreateCluster": "creates the cluster",
    "EksClusters": "watches, changes or deletes the cluster that the call names",
    "EksAutoMode": "lets EKS manage the nodes, storage and load balancers of the cluster",
    "EksTagClusters": "tags the cluster that it creates",
    "EksCreateNodegroup": "creates the node group in its cluster",
    "EksNodegroups": "watches or deletes the node group that the call names",
    "EksNodeRole": "looks up the role of the nodes, as EKS does with the caller's rights",
    "EksServiceRole": "looks up the service's role, as EKS does with the caller's rights",
    "EksSubnets": "looks up the subnets, as EKS does with the caller's rights",
    "EksTagNodegroups": "tags the node group that it creates",
    "EksCreateFargateProfile": "creates the Fargate profile in its cluster",
    "EksFargateProfiles": "watches or deletes the Fargate profile that the call names",
    "EksTagFargateProfiles": "tags the Fargate profile that it creates",
    # -- clusters
    "EmrRunJobFlow": "creates the cluster; the action names no resource",
    "EmrClusters": "watches the cluster, and terminates it when told to",
    "EmrTagClusters": "tags the cluster that it creates",
    "EmrSteps": "adds the step to the cluster; with .sync watches it, and cancels it when told to",
    "EmrOnEksCreateCluster": "creates the virtual cluster",
    "EmrOnEksClusters": "watches or deletes the virtual cluster",
    "EmrOnEksTagClusters": "tags the virtual cluster that it creates",
    "EmrOnEksStartJobRun": "starts the job run on the virtual cluster, under this role only",
    "EmrOnEksJobRuns": "watches the job run, and cancels it when told to",
    "EmrOnEksJobTemplate": "reads the job's template",
    "EmrOnEksTagJobRuns": "tags the job run that it starts",
    "EmrServerlessCreate": "creates the application",
    "EmrServerlessApplications": "starts, stops or deletes the application; with .sync watches it",
    "EmrServerlessStartJobRun": "starts the job run in its application",
    "EmrServerlessJobRuns": "watches the job run, and cancels it when told to",
    "EmrServerlessTag": "tags what it creates",
    "EmrServerlessNetwork": "lets EMR Serverless make the network interfaces of the application",
    # -- queries
    "AthenaQuery": "starts the query in its workgroup",
    "AthenaGet": "watches the query that it started",
    "AthenaGetResults": "reads the query's results",
    "AthenaStop": "stops the query when told to",
    "AthenaCatalog": "lets the query use the data catalog",
    "AthenaPrepared": "gets the prepared statement that the query executes from its workgroup",
    "AthenaGlue": "lets the query read the tables in the data catalog",
    "AthenaGlueDefault": "lets Athena look for the default database, as it does with each query",
    "AthenaGlueWrite": "lets the query change the tables in the data catalog",
    "AthenaLakeFormation": "lets the query read data that Lake Formation guards; the action names no resource",
    "AthenaData": "lets the query read its data in S3",
    "AthenaDataBuckets": "lets the query list the data in S3",
    "AthenaDataWrite": "lets the query write its data in S3",
    "AthenaDataWriteBuckets": "lets the query list what it writes in S3",
    "AthenaResults": "writes the query's results to S3",
    "AthenaResultsBucket": "looks up the bucket of the query's results",
    "AthenaResultsKey": "encrypts the query's results with the KMS key",
    # -- the state machine itself
    "AssumeRole": "makes its call under this role of its own (`Credentials`)",
    "MapRun": "starts a child execution of this state machine for each batch of items",
    "MapExecutions": "watches the child executions, and stops them when told to",
    "MapRedrive": "starts the failed child executions again when the execution is redriven",
    "MapItems": "reads the items",
    "MapItemsList": "lists the objects that are the items",
    "MapResults": "writes the results of the child executions",
    # -- the role of the SageMaker jobs
    "S3Read": "reads these objects, which the job's parameters name",
    "S3Write": "writes its results below this prefix",
    "S3List": "lists the bucket below these prefixes, as SageMaker does before it reads and writes",
    "S3Location": "looks up the bucket's region",
    "PullImages": "pulls the container's image",
    "PullImagesToken": "logs in to the image's registry; the action names no resource",
    "PutMetrics": "puts the job's metrics, in SageMaker's own namespaces only",
    "LogGroups": "makes the log group of its kind of job, where the account has none yet, and looks for streams in it",
    "WriteLogs": "writes the container's output to log streams of its own name",
    "EncryptOutput": "encrypts what is written with the KMS key",
    "EncryptVolumes": "lets the service use the KMS key for the storage of the instances, and for nothing else",
    "RegistryCredentials": "calls the function that gives the credentials of the private registry",
    "AnnotationFunctions": "calls your functions before and after the workers label, with the job's data",
    "FileSystems": "looks up the file system that the job reads",
    "LustreFileSystems": "looks up the file system that the job reads; the action names no resource",
    "FeatureStore": "puts records into the feature group",
    "Notifications": "tells the topic what has succeeded or failed",
    "RollbackAlarms": "looks at the alarms that stop the endpoint's deployment",
    "RemoteShell": "lets Systems Manager open a shell in the container; the actions name no resource",
    "Network": "looks up the VPC that the job runs in; the actions name no resource",
    "NetworkInterfaces": "makes and removes the network interfaces by which the job is in the VPC",
    "NetworkInterfacesIn": "makes network interfaces in these subnets and with these security groups only",
}
"""By Sid, without the number of a second statement of its name."""

STARTERS: Mapping[str, str] = {
    "StartExecution": "starts the workflow",
    "StartRouter": "starts the router, which starts the workflow with a pipeline's settings",
    "KeepWhatFailed": "keeps what could not be delivered",
    "TakeMessages": "takes messages from the queue, and those away that have started the workflow",
    "ReadMessages": "decrypts the messages of the queue",
    "RunRouter": "runs the router and waits for what becomes of it",
    "ReadPipeline": "reads the settings of the pipeline",
    "DecryptPipeline": "decrypts the settings of pipelines",
    "WorkflowKey": "decrypts the definition and encrypts the history of executions with the workflow's key",
    "WorkflowKeyLogs": "encrypts the log on its way with the workflow's key",
    **{one.sid: one.why for one in (LOG_DELIVERY, TRACING)},
}
"""The same in the roles of what starts the workflow."""

ITSELF = "makes the call itself"
"""An aws-sdk call, whose Sid is made of its service: the action of the operation's own name."""

PART = "is what IAM checks for the call, or for a part of it"
"""The other actions of an aws-sdk call."""

ADDED = "stands in the settings"
"""A statement that no state needs and no table knows."""

TRUSTED: Mapping[str, str] = {
    "states.amazonaws.com": "lets Step Functions use the role, for this state machine only",
    "sagemaker.amazonaws.com": "lets SageMaker use the role, for the jobs that it is passed to",
    "scheduler.amazonaws.com": "lets EventBridge Scheduler use the role, for the schedules of this workflow only",
    "events.amazonaws.com": "lets EventBridge use the role, for this rule only",
    "pipes.amazonaws.com": "lets EventBridge Pipes use the role, for this pipe only",
    "apigateway.amazonaws.com": "lets API Gateway use the role, for APIs of this account only",
    "": "may use the role",
}
"""Who may assume a role, by the service."""

MANAGED = "a managed policy that stands in the settings"
BOUNDARY = "limits all that the role may do"
