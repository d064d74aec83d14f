"""What AWS SDK calls need beside their own action, because the service acts with the caller's rights.

Sources: the service authorization reference (dependent actions); the Amazon Textract, Rekognition, Transcribe and
Polly developer guides (the caller reads the input and writes the output); the Lambda developer guide, "Attaching
Lambda functions to a VPC" and "Layers"; the RDS Data API's page on the secret; the Amazon EC2 user guide, "Grant
permissions to pass an IAM role"; the DynamoDB developer guide, "Requesting a table export" and "Requesting a table
import".
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_cfn.iam.entries import Grant, Resource

_SECRET = Resource("secretsmanager", "secret:", "SecretArn", "arn")


def _one(*actions: str, on: tuple[Resource, ...] | None, when: tuple[str, ...] = ()) -> Grant:
    return Grant("", actions, on, when=when)


_MEDIA = Resource("s3", "", "Media.MediaFileUri", "media")


def _object(parent: str, bucket: str = "Bucket", key: str = "Name") -> Resource:
    return Resource("s3", f"{{{parent}.{bucket}}}/{{{parent}.{key}}}", form="bucket", region="", account="")


def _reads(field: str, *where: Resource) -> tuple[Grant, ...]:
    return (_one("s3:GetObject", on=where, when=(field,)),)


def _writes(field: str, where: Resource) -> Grant:
    return _one("s3:PutObject", on=(where,), when=(field,))


_TEXTRACT_OUTPUT = _writes(
    "OutputConfig", Resource("s3", "{OutputConfig.S3Bucket}/{}", form="bucket", region="", account="")
)
_TRANSCRIBE_OUTPUT = _writes(
    "OutputBucketName", Resource("s3", "{OutputBucketName}/{}", form="bucket", region="", account="")
)

# An instance profile does not tell its role.
_PROFILED = Grant(
    "",
    ("iam:PassRole",),
    (Resource("iam", "role/{}", form="format", region=""),),
    (("StringEquals", "iam:PassedToService", ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")),),
    when=("IamInstanceProfile",),
)
# The reference does not require what most instances have.
_VOLUMES = _one("ec2:RunInstances", on=(Resource("ec2", "volume/{}", form="format"),))
_FUNCTION = (
    _one(
        "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", on=None, when=("VpcConfig",)
    ),
    _one("lambda:GetLayerVersion", on=(Resource("lambda", "layer:", "Layers[]", "arn"),), when=("Layers",)),
)

BESIDE: Mapping[str, tuple[Grant, ...]] = {
    "dynamodb:ExportTableToPointInTime": (
        _one(
            "s3:AbortMultipartUpload",
            "s3:PutObject",
            "s3:PutObjectAcl",
            on=(Resource("s3", "{S3Bucket}/{S3Prefix=}{}", form="bucket", region="", account=""),),
        ),
    ),
    "dynamodb:ImportTable": (
        _one(
            "s3:GetObject",
            on=(
                Resource(
                    "s3",
                    "{S3BucketSource.S3Bucket}/{S3BucketSource.S3KeyPrefix=}{}",
                    form="bucket",
                    region="",
                    account="",
                ),
            ),
        ),
        _one(
            "s3:ListBucket",
            on=(Resource("s3", "{S3BucketSource.S3Bucket}", form="bucket", region="", account=""),),
        ),
        _one(
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
            "logs:PutRetentionPolicy",
            on=(Resource("logs", "log-group:/aws-dynamodb/{}", form="format"),),
        ),
    ),
    "ec2:AssociateIamInstanceProfile": (_PROFILED,),
    "ec2:ReplaceIamInstanceProfileAssociation": (_PROFILED,),
    "ec2:RunInstances": (_PROFILED, _VOLUMES),
    "lambda:UpdateFunctionConfiguration": _FUNCTION,
    **{
        f"textract:{name}": _reads("Document", _object("Document.S3Object"))
        for name in ("AnalyzeDocument", "AnalyzeExpense", "DetectDocumentText")
    },
    "textract:AnalyzeID": _reads("DocumentPages", _object("DocumentPages[].S3Object")),
    **{
        f"textract:{name}": (
            *_reads("DocumentLocation", _object("DocumentLocation.S3Object")),
            _TEXTRACT_OUTPUT,
        )
        for name in (
            "StartDocumentAnalysis",
            "StartDocumentTextDetection",
            "StartExpenseAnalysis",
            "StartLendingAnalysis",
        )
    },
    **{
        f"transcribe:{name}": (*_reads("Media", _MEDIA), _TRANSCRIBE_OUTPUT)
        for name in ("StartMedicalTranscriptionJob", "StartTranscriptionJob", "StartMedicalScribeJob")
    },
    "transcribe:StartCallAnalyticsJob": (
        *_reads("Media", _MEDIA),
        _writes("OutputLocation", Resource("s3", "folder", "OutputLocation", "place")),
    ),
    **{
        f"rekognition:{name}": _reads("Image", _object("Image.S3Object"))
        for name in (
            "DetectCustomLabels",
            "DetectFaces",
            "DetectLabels",
            "DetectModerationLabels",
            "DetectProtectiveEquipment",
            "DetectText",
            "IndexFaces",
            "RecognizeCelebrities",
            "SearchFacesByImage",
            "SearchUsersByImage",
        )
    },
    "rekognition:CompareFaces": _reads(
        "SourceImage", _object("SourceImage.S3Object"), _object("TargetImage.S3Object")
    ),
    **{
        f"rekognition:{name}": _reads("Video", _object("Video.S3Object"))
        for name in (
            "StartCelebrityRecognition",
            "StartContentModeration",
            "StartFaceDetection",
            "StartFaceSearch",
            "StartLabelDetection",
            "StartPersonTracking",
            "StartSegmentDetection",
            "StartTextDetection",
        )
    },
    "polly:StartSpeechSynthesisTask": (
        _writes(
            "OutputS3BucketName",
            Resource("s3", "{OutputS3BucketName}/{}", form="bucket", region="", account=""),
        ),
        _one("sns:Publish", on=(Resource("sns", "", "SnsTopicArn", "arn"),), when=("SnsTopicArn",)),
    ),
    "lambda:CreateFunction": (
        *_FUNCTION,
        _one("s3:GetObject", on=(_object("Code", "S3Bucket", "S3Key"),), when=("Code.S3Bucket",)),
        _one(
            "s3:GetObjectVersion", on=(_object("Code", "S3Bucket", "S3Key"),), when=("Code.S3ObjectVersion",)
        ),
    ),
    "lambda:UpdateFunctionCode": (
        _one(
            "s3:GetObject",
            on=(Resource("s3", "{S3Bucket}/{S3Key}", form="bucket", region="", account=""),),
            when=("S3Bucket",),
        ),
    ),
    **{
        f"rds-data:{name}": (_one("secretsmanager:GetSecretValue", on=(_SECRET,)),)
        for name in (
            "BatchExecuteStatement",
            "BeginTransaction",
            "CommitTransaction",
            "ExecuteStatement",
            "RollbackTransaction",
        )
    },
}
"""What a call needs beside its own action, because the service acts with the caller's rights."""
