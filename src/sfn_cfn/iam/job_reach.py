"""One job -> what it reaches beside its data: images, keys, networks and functions."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_cfn.iam.arns import arn
from sfn_cfn.iam.entries import Resource
from sfn_cfn.iam.job_call import JobCall
from sfn_cfn.iam.statements import Statement, statement
from sfn_cfn.iam.table.jobs import GROUND_TRUTH_FUNCTIONS
from sfn_cfn.iam.values import ANY, UNKNOWN, Value, fold, nodes, values
from sfn_cfn.model import Node, Text

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
)
NETWORK = (
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
ENCRYPT = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
"""Writing in parts also decrypts (S3 user guide, "Multipart upload permissions")."""

_KEY = Resource("kms", "key/", "", "key")
_FUNCTION = Resource("lambda", "function:", "", "function")
_FOR_AWS = ("Bool", "kms:GrantIsForAWSResource", ("true",))


def statements(call: JobCall) -> Iterator[Statement]:
    """Images, keys, networks and functions of a call."""
    yield from _images(call.values(call.job.images))
    yield from _keys(call)
    for path in call.job.networks:
        for network in nodes(call.given, path):
            yield from _interfaces(network)
    # SageMaker calls them under this role: for the credentials of a private registry, before and after labeling.
    yield from _invoke(call, "RegistryCredentials", call.job.providers)
    yield from _invoke(call, "AnnotationFunctions", call.job.functions)


def _images(images: Iterator[Value]) -> Iterator[Statement]:
    """The repositories of images; those of SageMaker are in other accounts."""
    repositories = [found for image in images for found in _repository(image.text)]
    if repositories:
        yield statement("PullImages", PULL, repositories)
        yield statement("PullImagesToken", ["ecr:GetAuthorizationToken"], [UNKNOWN])


def _repository(image: str | Text) -> Iterator[str | Text]:
    folded = fold(image)
    host, _, path = folded.string.partition("/")
    labels = host.split(".")
    if len(labels) > 4 and labels[1] == "dkr" and labels[2].startswith("ecr"):
        name = path.partition("@")[0].partition(":")[0]
        account, region = folded.part(labels[0]), folded.part(labels[3])
        yield arn("ecr", "repository/", folded.part(name), region=region, account=account)
    elif folded.tokens:
        yield arn("ecr", "repository/", ANY, account=ANY)


def _keys(call: JobCall) -> Iterator[Statement]:
    for path in call.job.written_keys:
        for value in call.values((path,)):
            for key, narrower in call.targets(_KEY, path, value):
                yield statement("EncryptOutput", ENCRYPT, [key], narrower)
    for path in call.job.volume_keys:
        for value in call.values((path,)):
            for key, narrower in call.targets(_KEY, path, value):
                yield statement("EncryptVolumes", ["kms:CreateGrant"], [key], (_FOR_AWS, *narrower))


def _invoke(call: JobCall, sid: str, paths: tuple[str, ...]) -> Iterator[Statement]:
    for path in paths:
        for value in call.values((path,)):
            found = [] if _is_of_ground_truth(value) else call.targets(_FUNCTION, path, value)
            if found:
                yield statement(sid, ["lambda:InvokeFunction"], [one for one, _ in found])


def _is_of_ground_truth(function: Value) -> bool:
    """Whether a function is one of Ground Truth's own, in its account."""
    fields = fold(function.text).string.split(":")
    return len(fields) > 6 and fields[4].isdigit() and fields[6].startswith(GROUND_TRUTH_FUNCTIONS)


def _interfaces(network: Node) -> Iterator[Statement]:
    """Network interfaces in the subnets and with the security groups that are named."""
    subnets = [one.text for one in values(network, "Subnets[]")]
    groups = [one.text for one in values(network, "SecurityGroupIds[]")]
    if not (subnets or groups):
        return
    interface = arn("ec2", "network-interface/", ANY)
    yield statement("NetworkInterfaces", INTERFACES, [interface])
    wanted = [
        # A subnet shared by another account has that account in its ARN.
        arn("ec2", f"{kind}/", one, **({} if one == UNKNOWN else {"account": ANY}))
        for kind, ones in (("subnet", subnets), ("security-group", groups))
        for one in ones
    ]
    yield statement("NetworkInterfacesIn", ["ec2:CreateNetworkInterface"], wanted)
    yield statement("Network", NETWORK, [UNKNOWN])
