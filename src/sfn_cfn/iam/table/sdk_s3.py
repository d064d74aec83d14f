"""S3's operations, whose actions seldom have their names.

Sources: the Amazon S3 user guide, "Required permissions for Amazon S3 API operations", "Using server-side encryption
with AWS KMS keys" and "Uploading and copying objects using multipart upload"; the pages of the operations in the S3
API reference. Where an action is granted on objects, a version asks for an action of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import Condition, Grant, Resource

_BUCKET = Resource("s3", "{Bucket}", form="bucket", region="", account="")
_OBJECT = Resource("s3", "{Bucket}/{Key}", form="bucket", region="", account="")
_SOURCE = Resource("s3", "", "CopySource", "copied")
_SOURCE_VERSION = Resource("s3", "", "CopySource", "copied version")
_DELETED = Resource("s3", "{Bucket}/{Delete.Objects[].Key}", form="bucket", region="", account="")


def _on(resource: Resource, *actions: str) -> tuple[Grant, ...]:
    """Actions of S3 on a bucket or an object."""
    return (Grant("S3", tuple(f"s3:{one}" for one in actions), (resource,)),)


def _when(resource: Resource, action: str, *fields: str) -> Grant:
    return Grant("S3", (f"s3:{action}",), (resource,), when=fields)


def _encrypted(action: str) -> Grant:
    """The use of the key that an object is encrypted with, by way of S3 alone."""
    services: Condition = ("StringLike", "kms:ViaService", ("s3.*.amazonaws.com", "s3.*.amazonaws.com.cn"))
    key = Resource("kms", "key/", "SsekmsKeyId", "key")
    return Grant("S3", (f"kms:{action}",), (key,), (services,), when=("SsekmsKeyId",))


def _versioned(action: str, version: str) -> tuple[Grant, ...]:
    """An action on an object, or the one on a version of it where the call names one."""
    return (
        Grant("S3", (f"s3:{action}",), (_OBJECT,), unless=("VersionId",)),
        Grant("S3", (f"s3:{version}",), (_OBJECT,), when=("VersionId",)),
    )


_WRITTEN = (
    *_on(_OBJECT, "PutObject"),
    _when(_OBJECT, "PutObjectTagging", "Tagging"),
    _when(_OBJECT, "PutObjectAcl", "Acl", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"),
    _when(_OBJECT, "PutObjectLegalHold", "ObjectLockLegalHoldStatus"),
    _when(_OBJECT, "PutObjectRetention", "ObjectLockMode", "ObjectLockRetainUntilDate"),
    _encrypted("GenerateDataKey"),
)
# Parts are put together by what reads those that are there already.
_WRITTEN_IN_PARTS = (*_WRITTEN, _encrypted("Decrypt"))
_READ_SOURCE = (*_on(_SOURCE, "GetObject"), *_on(_SOURCE_VERSION, "GetObjectVersion"))
_BYPASS = _when(_OBJECT, "BypassGovernanceRetention", "BypassGovernanceRetention")


def _listed(action: str) -> tuple[Grant, ...]:
    """A listing of a bucket, or of what begins with a prefix."""
    prefix: Condition = ("StringEquals", "s3:prefix", (Resource("s3", "", "Prefix", "text"),))
    return (
        Grant("S3", (f"s3:{action}",), (_BUCKET,), unless=("Prefix",)),
        Grant("S3", (f"s3:{action}",), (_BUCKET,), (prefix,), when=("Prefix",)),
    )


def _configuration(kind: str, get: str, put: str, *, delete: bool = True) -> dict[str, tuple[Grant, ...]]:
    """The operations on a configuration of a bucket: its two actions serve reading and all writing."""
    found = {f"GetBucket{kind}": _on(_BUCKET, get), f"PutBucket{kind}": _on(_BUCKET, put)}
    return {**found, f"DeleteBucket{kind}": _on(_BUCKET, put)} if delete else found


def _configurations(kind: str, action: str) -> dict[str, tuple[Grant, ...]]:
    one = _configuration(f"{kind}Configuration", f"Get{action}", f"Put{action}")
    return {**one, f"ListBucket{kind}Configurations": _on(_BUCKET, f"Get{action}")}


S3: Mapping[str, tuple[Grant, ...]] = {
    **_configurations("Analytics", "AnalyticsConfiguration"),
    **_configurations("IntelligentTiering", "IntelligentTieringConfiguration"),
    **_configurations("Inventory", "InventoryConfiguration"),
    **_configurations("Metrics", "MetricsConfiguration"),
    **_configuration(
        "AccelerateConfiguration", "GetAccelerateConfiguration", "PutAccelerateConfiguration", delete=False
    ),
    **_configuration("Acl", "GetBucketAcl", "PutBucketAcl", delete=False),
    **_configuration("Cors", "GetBucketCORS", "PutBucketCORS"),
    **_configuration("Encryption", "GetEncryptionConfiguration", "PutEncryptionConfiguration"),
    **_configuration("Logging", "GetBucketLogging", "PutBucketLogging", delete=False),
    **_configuration(
        "NotificationConfiguration", "GetBucketNotification", "PutBucketNotification", delete=False
    ),
    **_configuration("OwnershipControls", "GetBucketOwnershipControls", "PutBucketOwnershipControls"),
    **_configuration("RequestPayment", "GetBucketRequestPayment", "PutBucketRequestPayment", delete=False),
    **_configuration("Replication", "GetReplicationConfiguration", "PutReplicationConfiguration"),
    **_configuration("Tagging", "GetBucketTagging", "PutBucketTagging"),
    **_configuration("Versioning", "GetBucketVersioning", "PutBucketVersioning", delete=False),
    "AbortMultipartUpload": _on(_OBJECT, "AbortMultipartUpload"),
    "CompleteMultipartUpload": _on(_OBJECT, "PutObject"),
    "CopyObject": (
        *_READ_SOURCE,
        # The tags are copied unless the call replaces them.
        Grant("S3", ("s3:GetObjectTagging",), (_SOURCE,), unless=("Tagging",)),
        Grant("S3", ("s3:GetObjectVersionTagging",), (_SOURCE_VERSION,), unless=("Tagging",)),
        Grant("S3", ("s3:PutObjectTagging",), (_OBJECT,)),
        *_WRITTEN,
    ),
    "CreateBucket": (
        *_on(_BUCKET, "CreateBucket"),
        _when(_BUCKET, "PutBucketAcl", "Acl", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite"),
        _when(_BUCKET, "PutBucketObjectLockConfiguration", "ObjectLockEnabledForBucket"),
        _when(_BUCKET, "PutBucketVersioning", "ObjectLockEnabledForBucket"),
        _when(_BUCKET, "PutBucketOwnershipControls", "ObjectOwnership"),
        _when(_BUCKET, "TagResource", "CreateBucketConfiguration.Tags"),
    ),
    "CreateMultipartUpload": _WRITTEN_IN_PARTS,
    "DeleteBucket": _on(_BUCKET, "DeleteBucket"),
    "DeleteBucketLifecycle": _on(_BUCKET, "PutLifecycleConfiguration"),
    "DeleteBucketPolicy": _on(_BUCKET, "DeleteBucketPolicy"),
    "DeleteBucketWebsite": _on(_BUCKET, "DeleteBucketWebsite"),
    "DeleteObject": (*_versioned("DeleteObject", "DeleteObjectVersion"), _BYPASS),
    "DeleteObjectTagging": _versioned("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    "DeleteObjects": (
        *_on(_DELETED, "DeleteObject"),
        _when(_DELETED, "DeleteObjectVersion", "Delete.Objects[].VersionId"),
        _when(_DELETED, "BypassGovernanceRetention", "BypassGovernanceRetention"),
    ),
    "DeletePublicAccessBlock": _on(_BUCKET, "PutBucketPublicAccessBlock"),
    "GetBucketLifecycle": _on(_BUCKET, "GetLifecycleConfiguration"),
    "GetBucketLifecycleConfiguration": _on(_BUCKET, "GetLifecycleConfiguration"),
    "GetBucketLocation": _on(_BUCKET, "GetBucketLocation"),
    "GetBucketNotification": _on(_BUCKET, "GetBucketNotification"),
    "GetBucketPolicy": _on(_BUCKET, "GetBucketPolicy"),
    "GetBucketPolicyStatus": _on(_BUCKET, "GetBucketPolicyStatus"),
    "GetBucketWebsite": _on(_BUCKET, "GetBucketWebsite"),
    "GetObject": _versioned("GetObject", "GetObjectVersion"),
    "GetObjectAcl": _versioned("GetObjectAcl", "GetObjectVersionAcl"),
    "GetObjectAttributes": (
        *_versioned("GetObject", "GetObjectVersion"),
        *_versioned("GetObjectAttributes", "GetObjectVersionAttributes"),
    ),
    "GetObjectLegalHold": _on(_OBJECT, "GetObjectLegalHold"),
    "GetObjectLockConfiguration": _on(_BUCKET, "GetBucketObjectLockConfiguration"),
    "GetObjectRetention": _on(_OBJECT, "GetObjectRetention"),
    "GetObjectTagging": _versioned("GetObjectTagging", "GetObjectVersionTagging"),
    "GetObjectTorrent": _on(_OBJECT, "GetObjectTorrent"),
    "GetPublicAccessBlock": _on(_BUCKET, "GetBucketPublicAccessBlock"),
    "HeadBucket": _on(_BUCKET, "ListBucket"),
    "HeadObject": _versioned("GetObject", "GetObjectVersion"),
    "ListMultipartUploads": _on(_BUCKET, "ListBucketMultipartUploads"),
    "ListObjectVersions": _listed("ListBucketVersions"),
    "ListObjects": _listed("ListBucket"),
    "ListObjectsV2": _listed("ListBucket"),
    "ListParts": _on(_OBJECT, "ListMultipartUploadParts"),
    "PutBucketLifecycle": _on(_BUCKET, "PutLifecycleConfiguration"),
    "PutBucketLifecycleConfiguration": _on(_BUCKET, "PutLifecycleConfiguration"),
    "PutBucketNotification": _on(_BUCKET, "PutBucketNotification"),
    "PutBucketPolicy": _on(_BUCKET, "PutBucketPolicy"),
    "PutBucketWebsite": _on(_BUCKET, "PutBucketWebsite"),
    "PutObject": _WRITTEN,
    "PutObjectAcl": _versioned("PutObjectAcl", "PutObjectVersionAcl"),
    "PutObjectLegalHold": _on(_OBJECT, "PutObjectLegalHold"),
    "PutObjectLockConfiguration": _on(_BUCKET, "PutBucketObjectLockConfiguration"),
    "PutObjectRetention": (*_on(_OBJECT, "PutObjectRetention"), _BYPASS),
    "PutObjectTagging": _versioned("PutObjectTagging", "PutObjectVersionTagging"),
    "PutPublicAccessBlock": _on(_BUCKET, "PutBucketPublicAccessBlock"),
    "RestoreObject": _on(_OBJECT, "RestoreObject"),
    "UploadPart": _on(_OBJECT, "PutObject"),
    "UploadPartCopy": (*_READ_SOURCE, *_on(_OBJECT, "PutObject")),
}
