"""Athena's integrations.

Sources: the Step Functions developer guide, "IAM policies for Athena"; the Athena user guide, "Configure access
to databases and tables in the AWS Glue Data Catalog" and "Control access to Amazon S3 from Athena"; the service
authorization reference (resource types of each action). A query runs with its caller's rights, also to the data,
which only its SQL names. Where an entry differs from the guide it is tighter:

- The results are written where the task says; the guide has every bucket. Where only the workgroup says it, and
  for the data, it is every bucket of the stack's account.
- The catalog's databases are the one that the task names and `default` (to be seen only); the guide has all.
- A query that surely only reads (`SELECT`, `WITH`, `SHOW`, `DESCRIBE`, `VALUES`) changes no catalog and no data.
- Nothing creates a bucket.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import REQUEST, Entry, Grant, Resource, same

_WORKGROUP = Resource("athena", "workgroup/{WorkGroup=primary}", form="format")
_ANY_WORKGROUP = Resource("athena", "workgroup/{}", form="format")
_CATALOG = Resource("athena", "datacatalog/{QueryExecutionContext.Catalog=AwsDataCatalog}", form="format")

_RESULTS = "ResultConfiguration.OutputLocation"
_RESULT_OBJECTS = Resource("s3", "folder", _RESULTS, "place")
_RESULT_BUCKET = Resource("s3", "bucket", _RESULTS, "place")
_OBJECTS = Resource("s3", "folder", form="place")
_BUCKETS = Resource("s3", "bucket", form="place")
_RESULT_KEY = "ResultConfiguration.EncryptionConfiguration.KmsKey"

_READING = r"QueryString~(?i)\s*\(*\s*(SELECT|WITH|SHOW|DESCRIBE|DESC|VALUES)\b"

_EXECUTING = r"QueryString~(?i)\s*EXECUTE\b"

_DATABASE = "{QueryExecutionContext.Database}"
_GLUE = (
    Resource("glue", "catalog", form="fixed"),
    Resource("glue", f"database/{_DATABASE}", form="format"),
    Resource("glue", f"table/{_DATABASE}/{{}}", form="format"),
)
# Who deletes a database deletes the functions in it.
_GLUE_CHANGED = (*_GLUE, Resource("glue", f"userDefinedFunction/{_DATABASE}/{{}}", form="format"))
_GLUE_READ = (
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
)
_GLUE_WRITE = (
    "glue:BatchCreatePartition",
    "glue:BatchDeletePartition",
    "glue:BatchDeleteTable",
    "glue:CreateDatabase",
    "glue:CreatePartition",
    "glue:CreateTable",
    "glue:DeleteDatabase",
    "glue:DeletePartition",
    "glue:DeleteTable",
    "glue:UpdateDatabase",
    "glue:UpdatePartition",
    "glue:UpdateTable",
)
_WRITE_OBJECTS = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject")
_SEE_BUCKET = ("s3:GetBucketLocation", "s3:ListBucket")

_START = (
    Grant("AthenaQuery", ("athena:StartQueryExecution",), (_WORKGROUP,)),
    # What a prepared statement does is in the workgroup, which is asked for it.
    Grant(
        "AthenaPrepared",
        ("athena:GetPreparedStatement",),
        (_WORKGROUP,),
        when=(_EXECUTING,),
        unless=(_READING,),
    ),
    Grant("AthenaCatalog", ("athena:GetDataCatalog",), (_CATALOG,)),
    Grant("AthenaResults", ("s3:GetObject", *_WRITE_OBJECTS), (_RESULT_OBJECTS,)),
    Grant("AthenaResultsBucket", (*_SEE_BUCKET, "s3:ListBucketMultipartUploads"), (_RESULT_BUCKET,)),
    Grant(
        "AthenaResultsKey",
        ("kms:Decrypt", "kms:GenerateDataKey"),
        (Resource("kms", "key/", _RESULT_KEY, "key"),),
        when=(_RESULT_KEY,),
    ),
    Grant("AthenaData", ("s3:GetObject",), (_OBJECTS,)),
    Grant("AthenaDataBuckets", _SEE_BUCKET, (_BUCKETS,)),
    Grant("AthenaDataWrite", _WRITE_OBJECTS, (_OBJECTS,), unless=(_READING,)),
    Grant("AthenaDataWriteBuckets", ("s3:ListBucketMultipartUploads",), (_BUCKETS,), unless=(_READING,)),
    Grant("AthenaGlue", _GLUE_READ, _GLUE),
    # Athena looks at the database `default` whatever database a query is for.
    Grant(
        "AthenaGlueDefault",
        ("glue:GetDatabase", "glue:GetDatabases"),
        (Resource("glue", "database/default", form="fixed"),),
    ),
    Grant("AthenaGlueWrite", _GLUE_WRITE, _GLUE_CHANGED, unless=(_READING,)),
    # It has no resource type; Lake Formation's own grants say what may be reached.
    Grant("AthenaLakeFormation", ("lakeformation:GetDataAccess",), None),
)
_WATCH = Grant("AthenaQuery", ("athena:GetQueryExecution", "athena:StopQueryExecution"), (_WORKGROUP,))

ANALYTICS: Mapping[str, Entry] = {
    "athena:startQueryExecution": Entry({"": _START, "sync": (*_START, _WATCH)}),
    # An execution's ID does not tell its workgroup.
    "athena:stopQueryExecution": same(
        REQUEST, Grant("AthenaStop", ("athena:StopQueryExecution",), (_ANY_WORKGROUP,))
    ),
    "athena:getQueryExecution": same(
        REQUEST, Grant("AthenaGet", ("athena:GetQueryExecution",), (_ANY_WORKGROUP,))
    ),
    "athena:getQueryResults": same(
        REQUEST,
        Grant("AthenaGetResults", ("athena:GetQueryResults",), (_ANY_WORKGROUP,)),
        Grant("AthenaData", ("s3:GetObject",), (_OBJECTS,)),
    ),
}
