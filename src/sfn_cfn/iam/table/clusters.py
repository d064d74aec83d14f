"""Clusters: the integrations of EMR, EMR on EKS and EMR Serverless.

Sources: the Step Functions developer guide's pages on these three; the service authorization reference (the actions
that each operation authorises, their resource types, and the services that roles are passed to); the EMR
management guide, "Using service-linked roles"; the EMR Serverless user guide, "User access policies". Where an
entry differs from the guide:

- EMR: the guide has every account's and region's clusters where the ID is known at run time only, here those of
  the stack; only making a cluster has no resource. Tags need `elasticmapreduce:AddTags`, the first cluster of
  an account the service-linked role. The role of an instance profile is taken to have its name.
- EMR on EKS: the guide misspells the service-linked role. With pod identities, the job's role is passed to them.
- EMR Serverless: the guide leaves out tags and, for an application in a VPC, its network interfaces.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import (
    REQUEST,
    Condition,
    Entry,
    Grant,
    Resource,
    Role,
    linked_role,
    rule,
    same,
    watched,
)

_EMR_SERVICES = ("elasticmapreduce.amazonaws.com", "elasticmapreduce.amazonaws.com.cn")
_EC2_SERVICES = ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")
_SCALING_SERVICES = ("application-autoscaling.amazonaws.com", "application-autoscaling.amazonaws.com.cn")

# -- EMR ------------------------------------------------------------------------------------------------

_CLUSTER = (Resource("elasticmapreduce", "cluster/", "ClusterId"),)
_NEW_CLUSTERS = (Resource("elasticmapreduce", "cluster/{}", form="format"),)
_RUNTIME_ROLE: Condition = (
    "ArnEquals",
    "elasticmapreduce:ExecutionRoleArn",
    (Resource("iam", "role/", "ExecutionRoleArn", "role"),),
)


def _emr(sid: str, *actions: str, cluster: tuple[Resource, ...] = _CLUSTER) -> Grant:
    return Grant(sid, tuple(f"elasticmapreduce:{action}" for action in actions), cluster)


_ADD_STEP = (
    Grant(
        "EmrSteps",
        ("elasticmapreduce:AddJobFlowSteps",),
        _CLUSTER,
        (_RUNTIME_ROLE,),
        when=("ExecutionRoleArn",),
    ),
    Grant("EmrSteps", ("elasticmapreduce:AddJobFlowSteps",), _CLUSTER, unless=("ExecutionRoleArn",)),
)

EMR: Mapping[str, Entry] = {
    "elasticmapreduce:createCluster": watched(
        (
            Grant("EmrRunJobFlow", ("elasticmapreduce:RunJobFlow",), None),
            Grant("EmrTagClusters", ("elasticmapreduce:AddTags",), _NEW_CLUSTERS, when=("Tags",)),
            linked_role(_EMR_SERVICES, "AWSServiceRoleForEMRCleanup"),
        ),
        (
            _emr("EmrClusters", "DescribeCluster", "TerminateJobFlows", cluster=_NEW_CLUSTERS),
            rule("StepFunctionsGetEventForEMRRunJobFlowRule"),
        ),
        (
            Role("ServiceRole", _EMR_SERVICES, form="role or name", usual="EMR_DefaultRole"),
            Role("JobFlowRole", _EC2_SERVICES, form="role or name", usual="EMR_EC2_DefaultRole"),
            Role("AutoScalingRole", _SCALING_SERVICES, form="role or name"),
        ),
    ),
    "elasticmapreduce:addStep": watched(
        _ADD_STEP,
        (
            _emr("EmrSteps", "CancelSteps", "DescribeStep"),
            rule("StepFunctionsGetEventForEMRAddJobFlowStepsRule"),
        ),
    ),
    "elasticmapreduce:cancelStep": same(REQUEST, _emr("EmrSteps", "CancelSteps")),
    "elasticmapreduce:terminateCluster": watched(
        (_emr("EmrClusters", "TerminateJobFlows"),),
        (_emr("EmrClusters", "DescribeCluster"), rule("StepFunctionsGetEventForEMRTerminateJobFlowsRule")),
    ),
    "elasticmapreduce:setClusterTerminationProtection": same(
        REQUEST, _emr("EmrClusters", "SetTerminationProtection")
    ),
    "elasticmapreduce:modifyInstanceFleetByName": same(
        REQUEST, _emr("EmrClusters", "ListInstanceFleets", "ModifyInstanceFleet")
    ),
    "elasticmapreduce:modifyInstanceGroupByName": same(
        REQUEST, _emr("EmrClusters", "ListInstanceGroups", "ModifyInstanceGroups")
    ),
}

# -- EMR on EKS -----------------------------------------------------------------------------------------


def _on_eks(path: str) -> Resource:
    return Resource("emr-containers", path, form="format")


_VIRTUAL_CLUSTER = (_on_eks("/virtualclusters/{VirtualClusterId}"),)
_DELETED = (_on_eks("/virtualclusters/{Id}"),)
_EKS_JOB_RUNS = (_on_eks("/virtualclusters/{VirtualClusterId}/jobruns/{}"),)
_JOB_ROLE: Condition = (
    "StringEquals",
    "emr-containers:ExecutionRoleArn",
    (Resource("iam", "role/", "ExecutionRoleArn", "role"),),
)
_START_ON_EKS = (
    # A job template may hold the role.
    Grant(
        "EmrOnEksStartJobRun",
        ("emr-containers:StartJobRun",),
        _VIRTUAL_CLUSTER,
        (_JOB_ROLE,),
        when=("ExecutionRoleArn",),
    ),
    Grant(
        "EmrOnEksStartJobRun", ("emr-containers:StartJobRun",), _VIRTUAL_CLUSTER, unless=("ExecutionRoleArn",)
    ),
    Grant(
        "EmrOnEksJobTemplate",
        ("emr-containers:DescribeJobTemplate",),
        (_on_eks("/jobtemplates/{JobTemplateId}"),),
        when=("JobTemplateId",),
    ),
    Grant("EmrOnEksTagJobRuns", ("emr-containers:TagResource",), _EKS_JOB_RUNS, when=("Tags",)),
)
_DELETE_ON_EKS = Grant("EmrOnEksClusters", ("emr-containers:DeleteVirtualCluster",), _DELETED)

EMR_ON_EKS: Mapping[str, Entry] = {
    "emr-containers:createVirtualCluster": same(
        REQUEST,
        Grant("EmrOnEksCreateCluster", ("emr-containers:CreateVirtualCluster",), None),
        Grant(
            "EmrOnEksTagClusters",
            ("emr-containers:TagResource",),
            (_on_eks("/virtualclusters/{}"),),
            when=("Tags",),
        ),
        linked_role(("emr-containers.amazonaws.com",), "AWSServiceRoleForAmazonEMRContainers"),
    ),
    "emr-containers:deleteVirtualCluster": watched(
        (_DELETE_ON_EKS,),
        (Grant("EmrOnEksClusters", ("emr-containers:DescribeVirtualCluster",), _DELETED),),
    ),
    "emr-containers:startJobRun": watched(
        _START_ON_EKS,
        (
            Grant(
                "EmrOnEksJobRuns",
                ("emr-containers:CancelJobRun", "emr-containers:DescribeJobRun"),
                _EKS_JOB_RUNS,
            ),
        ),
        (Role("ExecutionRoleArn", ("pods.eks.amazonaws.com",)),),
    ),
}

# -- EMR Serverless -------------------------------------------------------------------------------------

_RULE_OF_APPLICATIONS = rule("StepFunctionsGetEventsForEMRServerlessApplicationRule")
_RULE_OF_JOBS = rule("StepFunctionsGetEventsForEMRServerlessJobRule")


def _serverless(sid: str, actions: tuple[str, ...], path: str, when: tuple[str, ...] = ()) -> Grant:
    where = (Resource("emr-serverless", path, form="format"),)
    return Grant(sid, tuple(f"emr-serverless:{action}" for action in actions), where, when=when)


def _application(*actions: str, path: str = "/applications/{ApplicationId}") -> Grant:
    return _serverless("EmrServerlessApplications", actions, path)


_RUNS = "/applications/{ApplicationId}/jobruns/{}"
_RUN = "/applications/{ApplicationId}/jobruns/{JobRunId}"

EMR_SERVERLESS: Mapping[str, Entry] = {
    "emr-serverless:createApplication": watched(
        (
            _serverless("EmrServerlessCreate", ("CreateApplication",), "/{}"),
            _serverless("EmrServerlessTag", ("TagResource",), "/applications/{}", ("Tags",)),
            # EMR Serverless makes the interfaces with the caller's rights.
            Grant(
                "EmrServerlessNetwork",
                ("ec2:CreateNetworkInterface",),
                tuple(
                    Resource("ec2", path, form="format")
                    for path in (
                        "network-interface/{}",
                        "subnet/{NetworkConfiguration.SubnetIds[]}",
                        "security-group/{NetworkConfiguration.SecurityGroupIds[]}",
                    )
                ),
                (("StringEquals", "aws:CalledViaLast", ("ops.emr-serverless.amazonaws.com",)),),
                when=("NetworkConfiguration",),
            ),
            linked_role(("ops.emr-serverless.amazonaws.com",), "AWSServiceRoleForAmazonEMRServerless"),
        ),
        (
            _application("DeleteApplication", "GetApplication", path="/applications/{}"),
            _RULE_OF_APPLICATIONS,
        ),
    ),
    "emr-serverless:startApplication": watched(
        (_application("StartApplication"),),
        (_application("GetApplication", "StopApplication"), _RULE_OF_APPLICATIONS),
    ),
    "emr-serverless:stopApplication": watched(
        (_application("StopApplication"),), (_application("GetApplication"), _RULE_OF_APPLICATIONS)
    ),
    "emr-serverless:deleteApplication": watched(
        (_application("DeleteApplication"),), (_application("GetApplication"), _RULE_OF_APPLICATIONS)
    ),
    "emr-serverless:startJobRun": watched(
        (
            _serverless("EmrServerlessStartJobRun", ("StartJobRun",), "/applications/{ApplicationId}"),
            _serverless("EmrServerlessTag", ("TagResource",), _RUNS, ("Tags",)),
        ),
        (_serverless("EmrServerlessJobRuns", ("CancelJobRun", "GetJobRun"), _RUNS), _RULE_OF_JOBS),
        (Role("ExecutionRoleArn", ("emr-serverless.amazonaws.com",)),),
    ),
    "emr-serverless:cancelJobRun": watched(
        (_serverless("EmrServerlessJobRuns", ("CancelJobRun",), _RUN),),
        (_serverless("EmrServerlessJobRuns", ("GetJobRun",), _RUN), _RULE_OF_JOBS),
    ),
}

CLUSTERS: Mapping[str, Entry] = {**EMR, **EMR_ON_EKS, **EMR_SERVERLESS}
