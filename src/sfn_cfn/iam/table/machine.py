"""What a state machine needs for itself: Distributed Maps, roles that it assumes.

Sources: the Step Functions developer guide, "IAM policies for using Distributed Map states", "Accessing resources
in other AWS accounts". The machine is named by its name, so that neither it nor its role needs the other first. What
its log and its traces need is in `machine_rights`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import Condition, Grant, Resource

ASSUME_ROLE = Grant("AssumeRole", ("sts:AssumeRole",), (Resource("iam", "role/", "RoleArn", "role"),))
"""`Credentials` of a task: its call is made by this role, and needs nothing of the machine's own."""

MAP_RUN = (
    Grant(
        "MapRun", ("states:StartExecution",), (Resource("states", "stateMachine:{@machine}", form="format"),)
    ),
    Grant(
        "MapExecutions",
        ("states:DescribeExecution", "states:StopExecution"),
        (Resource("states", "execution:{@machine}:{}", form="format"),),
    ),
    # When an execution is redriven, so are the failed ones of its maps. Without `Label` the service makes one up.
    Grant(
        "MapRedrive",
        ("states:RedriveExecution",),
        (Resource("states", "execution:{@machine}/{Label}:{}", form="format"),),
    ),
)
"""Executions of itself, one for each batch of items."""

# The data of a Distributed Map are in the machine's own account and region (guide, "ItemReader").
_OWN: Condition = ("StringEquals", "aws:ResourceAccount", (Resource("s3", form="account"),))
_BUCKET = Resource("s3", "{Bucket}", form="stored")
_OBJECT = Resource("s3", "{Bucket}/{Key}", form="stored")
_PREFIXED = Resource("s3", "{Bucket}/{Prefix=}{}", form="stored")

_READ_OBJECT = (
    Grant("MapItems", ("s3:GetObject",), (_OBJECT,), (_OWN,)),
    # A version is read by an action of its own.
    Grant("MapItems", ("s3:GetObjectVersion",), (_OBJECT,), (_OWN,), when=("VersionId",)),
)
_LIST = Grant(
    "MapItemsList",
    ("s3:ListBucket",),
    (_BUCKET,),
    (_OWN, ("StringEquals", "s3:prefix", (Resource("s3", field="Prefix", form="text"),))),
)

READERS: Mapping[str, tuple[Grant, ...]] = {
    "s3:getObject": _READ_OBJECT,
    "s3:listObjectsV2": (_LIST,),
}
"""What an `ItemReader` needs by its `Resource`: a list gives names and sizes, not what is in the objects."""

FLATTENED = (Grant("MapItems", ("s3:GetObject",), (_PREFIXED,), (_OWN,)),)
"""With `Transformation` `LOAD_AND_FLATTEN`, the objects that are listed are read."""

MANIFESTS: Mapping[str, tuple[Grant, ...]] = {
    "S3_INVENTORY": (
        Grant("MapItems", ("s3:GetObject",), (Resource("s3", "{Bucket}/{Key}", form="inventory"),), (_OWN,)),
    ),
    "ATHENA_DATA": (
        Grant("MapItems", ("s3:GetObject",), (Resource("s3", "{Bucket}/{}", form="stored"),), (_OWN,)),
    ),
}
"""What a manifest names: an inventory's own data, and what a query wrote, which is in its bucket as a rule."""

WRITERS: Mapping[str, tuple[Grant, ...]] = {
    "s3:putObject": (
        Grant(
            "MapResults",
            ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"),
            (Resource("s3", "{Bucket}/{Prefix=}/{}", form="stored"),),
            (_OWN,),
        ),
    )
}
"""What a `ResultWriter` needs by its `Resource`."""
