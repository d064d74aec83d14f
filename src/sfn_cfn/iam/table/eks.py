"""EKS's integrations.

Sources: the Step Functions developer guide, "Create and manage Amazon EKS clusters"; the service authorization
reference (the actions that each operation authorises, their resource types, and the services that roles are passed
to); the EKS user guide, "Using service-linked roles" and "Encrypt Kubernetes secrets with KMS". Where an entry differs
from the guide:

- The guide has every cluster and nodegroup, and every role where that of a nodegroup is read; here the named ones.
- It leaves out service-linked roles, tags, keys of secrets and auto mode, and has no policy for Fargate profiles.
- What launch templates and remote access of nodegroups need of the caller is not known: they are refused.

`eks:call` and `eks:runJob` speak to the cluster's own API. It lets the state machine's role in by an access entry
(or `aws-auth`) of the cluster; no IAM action is involved, and nothing is granted.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import (
    REQUEST,
    SYNC,
    Entry,
    Grant,
    Resource,
    Role,
    grant_key,
    linked_role,
    same,
    watched,
)

_EC2_SERVICES = ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")
_EKS = ("eks.amazonaws.com",)
_KEY = "EncryptionConfig[].Provider.KeyArn"


def _eks(path: str) -> tuple[Resource, ...]:
    return (Resource("eks", path, form="format"),)


_NAMED = _eks("cluster/{Name}")
_HOLDER = _eks("cluster/{ClusterName}")
_NODEGROUP = _eks("nodegroup/{ClusterName}/{NodegroupName}/{}")
_PROFILE = _eks("fargateprofile/{ClusterName}/{FargateProfileName}/{}")
_NODEGROUP_SERVICE = "eks-nodegroup.amazonaws.com"
_NODEGROUP_ROLE = "AWSServiceRoleForAmazonEKSNodegroup"
_FARGATE_SERVICE = "eks-fargate.amazonaws.com"
_FARGATE_ROLE = "AWSServiceRoleForAmazonEKSForFargate"


def _linked(service: str, name: str) -> Resource:
    return Resource("iam", f"role/aws-service-role/{service}/{name}", form="format", region="")


EKS: Mapping[str, Entry] = {
    "eks:createCluster": watched(
        (
            Grant("EksCreateCluster", ("eks:CreateCluster",), None),
            Grant("EksTagClusters", ("eks:TagResource",), _NAMED, when=("Tags",)),
            # Auto mode lets its nodes into the cluster.
            Grant("EksAutoMode", ("eks:CreateAccessEntry",), _NAMED, when=("ComputeConfig.NodeRoleArn",)),
            Grant("DescribeKey", ("kms:DescribeKey",), (Resource("kms", "key/", _KEY, "key"),), when=(_KEY,)),
            *grant_key(_KEY),
            linked_role(_EKS, "AWSServiceRoleForAmazonEKS"),
        ),
        (Grant("EksClusters", ("eks:DeleteCluster", "eks:DescribeCluster"), _NAMED),),
        (Role("RoleArn", _EKS), Role("ComputeConfig.NodeRoleArn", (*_EC2_SERVICES, *_EKS))),
    ),
    "eks:deleteCluster": watched(
        (Grant("EksClusters", ("eks:DeleteCluster",), _NAMED),),
        (Grant("EksClusters", ("eks:DescribeCluster",), _NAMED),),
    ),
    "eks:createNodegroup": watched(
        (
            Grant("EksCreateNodegroup", ("eks:CreateNodegroup",), _HOLDER),
            Grant("EksSubnets", ("ec2:DescribeSubnets",), None),
            Grant("EksTagNodegroups", ("eks:TagResource",), _NODEGROUP, when=("Tags",)),
            Grant(
                "EksNodeRole",
                ("iam:GetRole", "iam:ListAttachedRolePolicies"),
                (Resource("iam", "role/", "NodeRole", "role"),),
            ),
            Grant("EksServiceRole", ("iam:GetRole",), (_linked(_NODEGROUP_SERVICE, _NODEGROUP_ROLE),)),
            linked_role((_NODEGROUP_SERVICE,), _NODEGROUP_ROLE),
        ),
        (Grant("EksNodegroups", ("eks:DeleteNodegroup", "eks:DescribeNodegroup"), _NODEGROUP),),
        (Role("NodeRole", _EKS),),
        refused=("LaunchTemplate", "RemoteAccess"),
    ),
    "eks:deleteNodegroup": watched(
        (Grant("EksNodegroups", ("eks:DeleteNodegroup",), _NODEGROUP),),
        (Grant("EksNodegroups", ("eks:DescribeNodegroup",), _NODEGROUP),),
    ),
    "eks:createFargateProfile": watched(
        (
            Grant("EksCreateFargateProfile", ("eks:CreateFargateProfile",), _HOLDER),
            Grant("EksTagFargateProfiles", ("eks:TagResource",), _PROFILE, when=("Tags",)),
            Grant("EksServiceRole", ("iam:GetRole",), (_linked(_FARGATE_SERVICE, _FARGATE_ROLE),)),
            linked_role((_FARGATE_SERVICE,), _FARGATE_ROLE),
        ),
        (Grant("EksFargateProfiles", ("eks:DeleteFargateProfile", "eks:DescribeFargateProfile"), _PROFILE),),
        (Role("PodExecutionRoleArn", _EKS),),
    ),
    "eks:deleteFargateProfile": watched(
        (Grant("EksFargateProfiles", ("eks:DeleteFargateProfile",), _PROFILE),),
        (Grant("EksFargateProfiles", ("eks:DescribeFargateProfile",), _PROFILE),),
    ),
    "eks:call": same(REQUEST),
    "eks:runJob": same(SYNC),
}
