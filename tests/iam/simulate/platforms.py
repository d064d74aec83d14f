"""The calls of states that run something on a platform: ECS, Batch, EKS, EMR, builds, media, and calls by HTTP.

From the developer guide of Step Functions, "IAM policies for integrated services", for tags, keys and
service-linked roles from each service's own guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iam.simulate.calls import Call, grant_key, named, pass_role, texts, values, watched, with_key
from iam.simulate.machines import Place, plain, run_time
from iam.simulate.samples import NAME, Task

ANY = "run-time"


def _named_in(place: Place, service: str, kind: str, value: str) -> str:
    """An ARN as it is, a name as one of this place."""
    return value if plain(value).startswith("arn:") else place.arn(service, f"{kind}/{value}")


def _linked(place: Place, service: str, role: str) -> Call:
    """The first call of its kind in an account makes the role that is linked to the service."""
    resource = place.arn("iam", f"role/aws-service-role/{service}/{role}", "")
    key = "iam:AWSServiceName"
    return Call(
        "iam:CreateServiceLinkedRole", resource, {key: service}, {key: ("autoscaling.amazonaws.com",)}
    )


def ecs(task: Task) -> Iterator[Call]:
    """A task of a definition (with no revision: of the latest), in one cluster."""
    given, place = task.parameters, task.machine.place
    cluster = _named_in(place, "ecs", "cluster", (texts(given, "Cluster") or ["default"])[0])
    definition = _named_in(
        place, "ecs", "task-definition", (texts(given, "TaskDefinition") or [run_time(NAME)])[0]
    )
    # Without a revision it is the latest: the call is made on that one.
    where = definition if re.search(r":\d+$", plain(definition)) else f"{definition}{run_time(':3')}"
    context = {"ecs:cluster": plain(cluster)}
    others = {} if cluster.endswith("\ue001") else {"ecs:cluster": (f"{plain(cluster)}-sibling",)}
    yield Call("ecs:RunTask", where, context, others)
    tasks = f"{cluster.replace(':cluster/', ':task/')}/{run_time('id')}"
    if task.pattern == "sync":
        for action in ("DescribeTasks", "StopTask"):
            yield Call(f"ecs:{action}", tasks)
        yield from watched(place, "sForECSTask")
    if "PropagateTags" in given or "Tags" in given:
        yield Call(
            "ecs:TagResource",
            tasks,
            {"ecs:CreateAction": "RunTask"},
            {"ecs:CreateAction": ("CreateService",)},
        )
    roles = [*texts(given, "TaskRoleArn"), *texts(given, "ExecutionRoleArn")]
    # Roles that the state does not name are those of the task definition.
    for role in roles or [run_time(NAME)]:
        yield pass_role(place, role, "ecs-tasks.amazonaws.com")
    for one in values(given, "ManagedEBSVolume"):
        yield pass_role(place, one["RoleArn"], "ecs.amazonaws.com")


def batch(task: Task) -> Iterator[Call]:
    """A job of a definition (with no revision: of the latest) in a queue."""
    given, place = task.parameters, task.machine.place
    for queue in named(place, "batch", "job-queue/{JobQueue}", given):
        yield Call("batch:SubmitJob", queue)
    for definition in named(place, "batch", "job-definition/{JobDefinition}", given):
        yield Call("batch:SubmitJob", definition)
        if not re.search(r":\d+$", plain(definition)):
            yield Call("batch:SubmitJob", f"{definition}:{run_time('3')}")
    jobs = place.arn("batch", f"job/{run_time('id')}")
    for resource in values(given, "ConsumableResource"):
        yield Call("batch:SubmitJob", _named_in(place, "batch", "consumable-resource", resource))
    if "Tags" in given:
        yield Call("batch:TagResource", jobs)
    if task.pattern == "sync":
        yield Call("batch:DescribeJobs", "*")
        yield Call("batch:TerminateJob", jobs)
        yield from watched(place, "sForBatchJobs")


def build(task: Task) -> Iterator[Call]:
    """A build's ID begins with its project's name, a report's ARN with its group's."""
    given, place, api = task.parameters, task.machine.place, task.call.partition(":")[2]
    kind = "report-group" if api == "batchGetReports" else "project"
    found = texts(given, "Id") or texts(given, "Ids") or texts(given, "ReportArns") or [run_time(NAME)]
    for one in found:
        name = one.partition(":")[0] if one == plain(one) else one
        resource = place.arn("codebuild", f"{kind}/{name}")
        if one.startswith("arn:"):
            resource = one.replace(":report/", ":report-group/").rpartition(":")[0]
        yield Call(f"codebuild:{api[0].upper()}{api[1:]}", resource)
        if task.pattern == "sync":
            yield Call("codebuild:StopBuildBatch", resource)
            yield Call("codebuild:BatchGetBuildBatches", resource)


def eks(task: Task) -> Iterator[Call]:
    """A cluster, and a node group or a Fargate profile in one; `call` and `runJob` are let in by the cluster."""
    given, place, api = task.parameters, task.machine.place, task.call.partition(":")[2]
    if api == "createCluster":
        yield from _cluster(task)
    elif api not in ("call", "runJob"):
        kind, name = ("Nodegroup", "nodegroup") if "odegroup" in api else ("FargateProfile", "fargateprofile")
        yield from _part(task, kind, name)
    if api.startswith("create"):
        for field in ("RoleArn", "NodeRole", "PodExecutionRoleArn"):
            for role in [given[field]] if field in given else ():
                yield pass_role(place, role, "eks.amazonaws.com")


def _cluster(task: Task) -> Iterator[Call]:
    given, place = task.parameters, task.machine.place
    (cluster,) = named(place, "eks", "cluster/{Name}", given)
    yield Call("eks:CreateCluster", "*")
    yield _linked(place, "eks.amazonaws.com", "AWSServiceRoleForAmazonEKS")
    if task.pattern:
        yield Call("eks:DescribeCluster", cluster)
        yield Call("eks:DeleteCluster", cluster)
    if "Tags" in given:
        yield Call("eks:TagResource", cluster)
    for key in texts(given, "KeyArn"):
        yield grant_key(place, key)
        yield with_key(place, "kms:DescribeKey", key, {}, {})
    for role in texts(given, "NodeRoleArn"):
        yield Call("eks:CreateAccessEntry", cluster)
        yield pass_role(place, role, "eks.amazonaws.com")
        yield pass_role(place, role, "ec2.amazonaws.com")


def _part(task: Task, kind: str, resource: str) -> Iterator[Call]:
    given, place, api = task.parameters, task.machine.place, task.call.partition(":")[2]
    name = "NodegroupName" if kind == "Nodegroup" else "FargateProfileName"
    (cluster,) = named(place, "eks", "cluster/{ClusterName}", given)
    (parts,) = named(place, "eks", f"{resource}/{{ClusterName}}/{{{name}}}/{run_time('id')}", given)
    creates = api.startswith("create")
    yield Call(f"eks:Create{kind}", cluster) if creates else Call(f"eks:Delete{kind}", parts)
    if task.pattern:
        yield Call(f"eks:Describe{kind}", parts)
        yield Call(f"eks:Delete{kind}", parts)
    if not creates:
        return
    service, role = (
        ("eks-nodegroup.amazonaws.com", "AWSServiceRoleForAmazonEKSNodegroup")
        if kind == "Nodegroup"
        else ("eks-fargate.amazonaws.com", "AWSServiceRoleForAmazonEKSForFargate")
    )
    linked = _linked(place, service, role)
    yield linked
    yield Call("iam:GetRole", linked.resource)
    if "Tags" in given:
        yield Call("eks:TagResource", parts)
    if kind == "Nodegroup":
        yield Call("ec2:DescribeSubnets", "*")
        for one in texts(given, "NodeRole") or [run_time(NAME)]:
            node = one if plain(one).startswith("arn:") else place.arn("iam", f"role/{one}", "")
            yield Call("iam:GetRole", node)
            yield Call("iam:ListAttachedRolePolicies", node)


def emr_cluster(task: Task) -> Iterator[Call]:
    """A cluster: its service's role, the role of its instances by their profile, and that of its scaling."""
    given, place = task.parameters, task.machine.place
    clusters = place.arn("elasticmapreduce", f"cluster/{run_time('j-1')}")
    yield Call("elasticmapreduce:RunJobFlow", "*")
    roles = (
        ("ServiceRole", "EMR_DefaultRole", "elasticmapreduce"),
        ("JobFlowRole", "EMR_EC2_DefaultRole", "ec2"),
        ("AutoScalingRole", "", "application-autoscaling"),
    )
    for field, default, service in roles:
        for role in texts(given, field) or ([default] if default else ()):
            yield from (
                pass_role(place, one, f"{service}.{place.suffix}") for one in _roles_named(place, role)
            )
    yield _linked(place, f"elasticmapreduce.{place.suffix}", "AWSServiceRoleForEMRCleanup")
    if "Tags" in given:
        yield Call("elasticmapreduce:AddTags", clusters)
    if task.pattern == "sync":
        yield Call("elasticmapreduce:DescribeCluster", clusters)
        yield Call("elasticmapreduce:TerminateJobFlows", clusters)
        yield from watched(place, "ForEMRRunJobFlow")


def _roles_named(place: Place, role: str) -> list[str]:
    """A role by its ARN; by its name, or by its instance profile's, with any path: the name is unique."""
    where, profile, name = role.rpartition(":instance-profile/")
    if plain(role).startswith("arn:") and not profile:
        return [role]
    base = f"{where}:role/" if profile else place.arn("iam", "role/", "")
    paths = ("", f"{run_time('teams')}/") if name == plain(name) else ("",)
    return [f"{base}{path}{name}" for path in paths]


def emr_step(task: Task) -> Iterator[Call]:
    """A step, under a role of its own where it has one: that is no PassRole but a condition."""
    place = task.machine.place
    (cluster,) = named(place, "elasticmapreduce", "cluster/{ClusterId}", task.parameters)
    key = "elasticmapreduce:ExecutionRoleArn"
    roles = texts(task.parameters, "ExecutionRoleArn")
    others = {key: tuple(f"{one}-sibling" for one in roles)} if roles else {}
    yield Call("elasticmapreduce:AddJobFlowSteps", cluster, {key: roles[0]} if roles else {}, others)
    if task.pattern == "sync":
        yield Call("elasticmapreduce:DescribeStep", cluster)
        yield Call("elasticmapreduce:CancelSteps", cluster)
        yield from watched(place, "ForEMRAddJobFlowSteps")


def virtual_cluster(task: Task) -> Iterator[Call]:
    yield Call("emr-containers:CreateVirtualCluster", "*")
    place = task.machine.place
    yield _linked(place, "emr-containers.amazonaws.com", "AWSServiceRoleForAmazonEMRContainers")
    if "Tags" in task.parameters:
        made = place.arn("emr-containers", f"/virtualclusters/{run_time('id')}")
        yield Call("emr-containers:TagResource", made)


def virtual_job(task: Task) -> Iterator[Call]:
    """A job on EKS; its role is a condition, and is passed where the pods have identities."""
    given, place = task.parameters, task.machine.place
    (cluster,) = named(place, "emr-containers", "/virtualclusters/{VirtualClusterId}", given)
    key = "emr-containers:ExecutionRoleArn"
    roles = texts(given, "ExecutionRoleArn")
    roles = [one if "arn:" in one else place.arn("iam", f"role/{one}", "") for one in roles]
    context = {key: plain(roles[0])} if roles else {}
    others = {key: (f"{roles[0]}-sibling",)} if roles and plain(roles[0]) == roles[0] else {}
    yield Call("emr-containers:StartJobRun", cluster, context, others)
    for role in roles:
        yield pass_role(place, role, "pods.eks.amazonaws.com")
    runs = f"{cluster}/jobruns/{run_time('id')}"
    if "Tags" in given:
        yield Call("emr-containers:TagResource", runs)
    for template in texts(given, "JobTemplateId"):
        yield Call(
            "emr-containers:DescribeJobTemplate", place.arn("emr-containers", f"/jobtemplates/{template}")
        )
    if task.pattern == "sync":
        yield Call("emr-containers:DescribeJobRun", runs)
        yield Call("emr-containers:CancelJobRun", runs)


def serverless_application(task: Task) -> Iterator[Call]:
    given, place = task.parameters, task.machine.place
    made = place.arn("emr-serverless", f"/applications/{run_time('id')}")
    yield Call("emr-serverless:CreateApplication", place.arn("emr-serverless", run_time("/")))
    yield _linked(place, "ops.emr-serverless.amazonaws.com", "AWSServiceRoleForAmazonEMRServerless")
    if "Tags" in given:
        yield Call("emr-serverless:TagResource", made)
    key = "aws:CalledViaLast"
    network = {key: "ops.emr-serverless.amazonaws.com"}, {key: ("cloudformation.amazonaws.com",)}
    kinds = {"subnet": texts(given, "SubnetIds"), "security-group": texts(given, "SecurityGroupIds")}
    if kinds["subnet"]:
        yield Call(
            "ec2:CreateNetworkInterface", place.arn("ec2", f"network-interface/{run_time('eni')}"), *network
        )
    for kind, ids in kinds.items():
        for one in ids:
            yield Call("ec2:CreateNetworkInterface", place.arn("ec2", f"{kind}/{one}"), *network)
    if task.pattern == "sync":
        yield Call("emr-serverless:GetApplication", made)
        yield Call("emr-serverless:DeleteApplication", made)
        yield from watched(place, "sForEMRServerlessApplication")


def serverless_job(task: Task) -> Iterator[Call]:
    given, place = task.parameters, task.machine.place
    (application,) = named(place, "emr-serverless", "/applications/{ApplicationId}", given)
    runs = f"{application}/jobruns/{run_time('id')}"
    yield Call("emr-serverless:StartJobRun", application)
    for role in texts(given, "ExecutionRoleArn"):
        yield pass_role(place, role, "emr-serverless.amazonaws.com")
    if "Tags" in given:
        yield Call("emr-serverless:TagResource", runs)
    if task.pattern == "sync":
        yield Call("emr-serverless:GetJobRun", runs)
        yield Call("emr-serverless:CancelJobRun", runs)
        yield from watched(place, "sForEMRServerlessJob")


def media(task: Task) -> Iterator[Call]:
    """A job with its queue, template and presets; what is asked of it later has Step Functions' tag."""
    given, place = task.parameters, task.machine.place
    queues = texts(given, "Queue") or [run_time("of-the-template") if "JobTemplate" in given else "Default"]
    named_ = [
        ("queues", queues),
        ("jobTemplates", texts(given, "JobTemplate")),
        ("presets", texts(given, "Preset")),
    ]
    if isinstance(given.get("Settings"), str) or "JobTemplate" in given:
        named_.append(("presets", [run_time("preset")]))
    for kind, names in named_:
        for one in names:
            yield Call("mediaconvert:CreateJob", _named_in(place, "mediaconvert", kind, one))
    for role in texts(given, "Role"):
        yield pass_role(place, role, "mediaconvert.amazonaws.com")
    jobs = place.arn("mediaconvert", f"jobs/{run_time('id')}")
    if "Tags" in given:
        yield Call("mediaconvert:TagResource", jobs)
    if task.pattern == "sync":
        key = "aws:ResourceTag/ManagedByService"
        for action in ("GetJob", "CancelJob"):
            yield Call(f"mediaconvert:{action}", jobs, {key: "AWSStepFunctions"}, {key: ("Other",)})
        yield from watched(place, "sForMediaConvertJob")


def api(task: Task) -> Iterator[Call]:
    """A method of an API's stage, where IAM is asked."""
    given, place = task.parameters, task.machine.place
    if given.get("AuthType") == "NO_AUTH":
        return
    host = (texts(given, "ApiEndpoint") or [run_time(NAME)])[0]
    stage = (texts(given, "Stage") or ["$default"])[0]
    path = (texts(given, "Path") or [""])[0].lstrip("/")
    method = (texts(given, "Method") or [run_time("GET")])[0]
    found = re.match(r"(\w+)\.execute-api\.([a-z0-9-]+)\.", host)
    identity, region = (found[1], found[2]) if found else (host, place.region)
    yield Call("execute-api:Invoke", place.arn("execute-api", f"{identity}/{stage}/{method}/{path}", region))


def http(task: Task) -> Iterator[Call]:
    """One method of one address, with the credentials of a connection, which lie in a secret."""
    given, place = task.parameters, task.machine.place
    context, others = {}, {}
    for field, key in (("ApiEndpoint", "states:HTTPEndpoint"), ("Method", "states:HTTPMethod")):
        value = (texts(given, field) or [run_time(NAME)])[0]
        context[key] = plain(value)
        if plain(value).startswith(re.split("\ue000", value)[0]) and not value.startswith("\ue000"):
            others[key] = (f"sibling-{plain(value)}",)
    yield Call("states:InvokeHTTPEndpoint", task.machine.arn, context, others)
    (connection,) = named(place, "events", "connection/{ConnectionArn}", given)
    yield Call("events:RetrieveConnectionCredentials", connection)
    is_known = connection == plain(connection)
    name = connection.partition(":connection/")[2].partition("/")[0] if is_known else run_time("name")
    # The secret is where the connection is.
    _, _, _, region, account, _ = connection.split(":", 5)
    secret = place.arn("secretsmanager", f"secret:events!connection/{name}/{run_time('id')}", region, account)
    for action in ("GetSecretValue", "DescribeSecret"):
        yield Call(f"secretsmanager:{action}", secret)


CALLS = {
    "ecs:runTask": ecs,
    "batch:submitJob": batch,
    "elasticmapreduce:createCluster": emr_cluster,
    "elasticmapreduce:addStep": emr_step,
    "emr-containers:createVirtualCluster": virtual_cluster,
    "emr-containers:startJobRun": virtual_job,
    "emr-serverless:createApplication": serverless_application,
    "emr-serverless:startJobRun": serverless_job,
    "mediaconvert:createJob": media,
    "apigateway:invoke": api,
    "http:invoke": http,
    **{
        f"codebuild:{one}": build
        for one in (
            "stopBuild",
            "stopBuildBatch",
            "deleteBuildBatch",
            "retryBuildBatch",
            "batchDeleteBuilds",
            "batchGetReports",
        )
    },
    **{
        f"eks:{one}": eks
        for one in (
            "createCluster",
            "createNodegroup",
            "deleteNodegroup",
            "createFargateProfile",
            "deleteFargateProfile",
            "runJob",
            "call",
        )
    },
}
