"""The findings of this stage."""

from __future__ import annotations

from sfn_cfn.errors import Code, Severity

SFN330 = Code(
    "SFN330",
    Severity.WARNING,
    "an image is in the account of a region that nobody chose",
    "SageMaker keeps its own images in one account per region, and a template finds that account by a mapping. This "
    "image stands in such an account, but the installed `sagemaker` package does not know the image, so nobody can "
    "say which account keeps it elsewhere: the URI stays as it is, and the template runs in that region only. Upgrade "
    "`sagemaker`, or set `region` under `[load]` in sfn-cfn.toml to the region you deploy to.",
)

SFN331 = Code(
    "SFN331",
    Severity.INFO,
    "an image is in the account of the build's region",
    "As SFN330, with `region` set under `[load]` in sfn-cfn.toml: the template runs in that region only.",
)

SFN332 = Code(
    "SFN332",
    Severity.INFO,
    "a region, an account or a partition is written out in the definition",
    "A region, an account or a partition's domain that the author wrote stays as it is (those of the session become "
    "the stack's own), so the template is bound to it wherever it is deployed. Where the stack's own is meant, take it "
    "from the session (`boto3.Session().region_name`, `get_caller_identity`), or write `${AWS::Region}`, "
    "`${AWS::AccountId}` or `${AWS::URLSuffix}`. Images of SageMaker and roles are not reported: the template finds "
    "those itself.",
)

SFN333 = Code(
    "SFN333",
    Severity.ERROR,
    "a value of the definition depends on where it is built",
    "`sfn-cfn build --verify-portable` builds twice, in two partitions, under two accounts and regions, and compares "
    "what would be deployed. What differs is a value that a template cannot make at deployment: a choice that the "
    "source makes by its region, a part of the account's number, a parameter's default that holds either. Make it a "
    "parameter of the template, or the same everywhere.",
)

SFN334 = Code(
    "SFN334",
    Severity.ERROR,
    "a workflow cannot be built in another region",
    "`sfn-cfn build --verify-portable` runs the source as in another region, account and partition, and there it "
    "fails, or makes other workflows: the source asks for something that the region does not have, or looks at where "
    "it runs.",
)

SFN335 = Code(
    "SFN335",
    Severity.WARNING,
    "an image is not in a region",
    "`sfn-cfn build --region X` lists the images that SageMaker does not keep in X, as far as the installed "
    "`sagemaker` package knows. The template's own rule refuses a deployment there, before anything is made. Take "
    "another version of the image, or deploy elsewhere.",
)

SFN336 = Code(
    "SFN336",
    Severity.ERROR,
    "a template has more mappings than CloudFormation takes",
    "A template has up to 200 mappings of up to 200 entries each, and their names have up to 255 characters "
    '(AWS CloudFormation user guide, "Understand CloudFormation quotas"). Each version of an image whose account by '
    "region is its own needs a mapping. Split the workflow.",
)

SFN337 = Code(
    "SFN337",
    Severity.ERROR,
    "a mapping by region has no rule for its regions",
    "Where a region is missing in a mapping, a deployment fails with words that name neither the image nor the "
    "remedy. So each mapping that is looked up by region has a rule with the same regions. This is a defect of "
    "sfn-cfn, not of the workflow: report it.",
)

SFN338 = Code(
    "SFN338",
    Severity.ERROR,
    "a parameter's default holds the account or the region of the build",
    "A build runs under a made-up account, and in a region that nobody chose unless `load.region` says it. In the "
    "definition these become the stack's own; a parameter's default is fixed text, so it would name a resource of "
    "nobody's. Write the default out, or keep the account out of the parameter: "
    "`f\"{account}-{parameter('Name', default='data')}\"`.",
)
