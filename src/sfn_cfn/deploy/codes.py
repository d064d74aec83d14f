"""The kinds of findings of packaging and deploying, by their numbers."""

from __future__ import annotations

from sfn_cfn.errors import Code, Severity

SFN801 = Code(
    "SFN801",
    Severity.ERROR,
    "there are no AWS credentials",
    "Credentials are found as the AWS CLI finds them: in the environment, in a profile, in the role of the "
    "machine. Log in, or name a profile by `AWS_PROFILE` or `--profile`. Nothing was changed.",
)
SFN802 = Code(
    "SFN802",
    Severity.ERROR,
    "the AWS credentials are expired or not valid",
    "Temporary credentials end after minutes or hours. Log in again and repeat the command: it goes on where it "
    "ended, because what is uploaded is not uploaded again and a stack goes on by itself in AWS.",
)
SFN803 = Code(
    "SFN803",
    Severity.ERROR,
    "the credentials belong to another account",
    "`[environments.<env>]` of `sfn-cfn.toml` names the account that the environment is in. The credentials "
    "belong to another one, so nothing was uploaded or deployed.",
)
SFN804 = Code(
    "SFN804",
    Severity.ERROR,
    "it is not known which region to use",
    "The region comes from `[environments.<env>]` of `sfn-cfn.toml`, from `--region`, or from where the AWS CLI "
    "takes it (`AWS_REGION`, the profile).",
)
SFN805 = Code(
    "SFN805",
    Severity.ERROR,
    "the region cannot be used",
    "`--region` contradicts the settings, or the region belongs to another partition (commercial, GovCloud, China) "
    "than the credentials, whose accounts know nothing of each other.",
)
SFN806 = Code(
    "SFN806",
    Severity.ERROR,
    "AWS does not permit a call",
    "The message names the call. The identity needs that permission, or a service control policy denies it. "
    "With `--role-arn`, CloudFormation makes the stack's resources with that role's permissions instead.",
)
SFN807 = Code(
    "SFN807",
    Severity.ERROR,
    "AWS asks to call less often",
    "The call was repeated with growing pauses, and still refused. Others use the same account's quota. Repeat "
    "the command: what is done is not done again.",
)
SFN808 = Code(
    "SFN808",
    Severity.ERROR,
    "AWS cannot be reached",
    "The address of the service did not answer: the network or a proxy is in between, or the region's name is "
    "wrong, or the region does not have the service.",
)
SFN809 = Code(
    "SFN809",
    Severity.ERROR,
    "AWS refuses a call",
    "The message names the call and has the service's own words. What was done before is not done again when the "
    "command is repeated.",
)
SFN810 = Code(
    "SFN810",
    Severity.ERROR,
    "a stack's state permits no deployment",
    "A stack whose first creation failed (ROLLBACK_COMPLETE) can only be deleted; one whose rollback failed "
    "(UPDATE_ROLLBACK_FAILED) must finish it first. The hint has the command. Look at what failed before: the "
    "stack's events keep the cause.",
)
SFN811 = Code(
    "SFN811",
    Severity.ERROR,
    "another operation works on the stack",
    "CloudFormation does one operation on a stack at a time. Wait for its end, and deploy again.",
)
SFN812 = Code(
    "SFN812",
    Severity.ERROR,
    "CloudFormation cannot make the change set",
    "The template or a parameter's value is not accepted; the message has CloudFormation's reason. The stack is "
    "as it was.",
)
SFN813 = Code(
    "SFN813",
    Severity.ERROR,
    "a deployment failed",
    "The message names the first resource that failed and why; what failed after that is its consequence. "
    "CloudFormation takes the stack back to what it was.",
)
SFN814 = Code(
    "SFN814",
    Severity.ERROR,
    "a deployment would replace the state machine",
    "A state machine's name and type cannot change in place, so CloudFormation makes a new one and deletes the "
    "old one: its running executions end, and its versions and aliases go. That needs a yes of its own, "
    "`--allow-replacement` where nobody is asked.",
)
SFN838 = Code(
    "SFN838",
    Severity.ERROR,
    "a deployment would change the type of a state machine under its name",
    "The type cannot change in place, and CloudFormation does not replace a resource that has a name of its own by "
    "another of that name: the deployment would fail and be taken back.",
)
SFN839 = Code(
    "SFN839",
    Severity.ERROR,
    "a deployment would replace a state machine and not its alias",
    "An alias routes to versions of one state machine, and CloudFormation makes a new alias only where its name is "
    "another one. It would give the alias a version of the new state machine, which Step Functions refuses, so the "
    "deployment would fail and be taken back. Under another name the alias is made anew, and the old one goes with its "
    "state machine.",
)
SFN816 = Code(
    "SFN816",
    Severity.ERROR,
    "a stack waits for a change set of somebody else",
    "The stack does not exist yet (REVIEW_IN_PROGRESS): another tool has made a change set for its creation and "
    "nobody has executed it. To execute ours would throw that one away.",
)
SFN817 = Code(
    "SFN817",
    Severity.ERROR,
    "a bucket that starts a workflow sends no events",
    "A trigger of kind `s3` waits for events that S3 sends to EventBridge. A bucket that the stack does not make sends "
    "them only where that is switched on, once for the bucket; without it the workflow would never start. The command "
    "of the hint switches it on and keeps the notifications that the bucket has. Nothing was deployed.",
)
SFN818 = Code(
    "SFN818",
    Severity.WARNING,
    "it is not known whether a bucket that starts a workflow sends its events",
    "S3 does not permit the look at the bucket's notifications (`s3:GetBucketNotification`), as it is with a bucket of "
    "another account. It has to send its events to EventBridge, and the deployment goes on.",
)
SFN819 = Code(
    "SFN819",
    Severity.ERROR,
    "a bucket that starts a workflow is in another region",
    "S3 sends a bucket's events to EventBridge of the bucket's own region, where the stack's rule is not, so the "
    "workflow would never start. A rule in that region can send the events on to the event bus of the stack's region; "
    "they arrive there as they are, and a trigger of kind `event` with `source = ['aws.s3']`, "
    "`detail-type = ['Object Created']` and the bucket's name in `detail` takes them.",
)
SFN820 = Code(
    "SFN820",
    Severity.ERROR,
    "an asset's body is missing or damaged",
    "The body of each asset is kept in `.sfn-cfn/assets/` under its SHA-256. A body that does not have the hash of "
    "its name is not uploaded. Remove the file and build again.",
)
SFN821 = Code(
    "SFN821",
    Severity.ERROR,
    "an asset cannot be uploaded",
    "An upload did not succeed; nothing is left in the bucket under the asset's key. Repeat the command: what is "
    "uploaded already is not uploaded again.",
)
SFN822 = Code(
    "SFN822",
    Severity.ERROR,
    "the asset bucket cannot be used",
    "The bucket that the parameter `AssetBucket` names does not exist, belongs to another account, or may not be "
    "read. Buckets of other accounts are refused: whoever owns the bucket could replace the code.",
)
SFN823 = Code(
    "SFN823",
    Severity.ERROR,
    "the asset bucket is in another region",
    "SageMaker jobs and CloudFormation read code and templates from a bucket in their own region. Each region needs an "
    "asset bucket of its own.",
)
SFN824 = Code(
    "SFN824",
    Severity.ERROR,
    "the asset bucket's stack is not in order",
    "The asset bucket is made once per account and region by the stack `sfn-cfn-assets`. The message says in what "
    "state that stack is.",
)
SFN830 = Code(
    "SFN830",
    Severity.ERROR,
    "a stack is not there",
    "The environment has no stack of that name in this account and region. Deploy it first, or look at the "
    "account, the region and the stack's name.",
)
SFN831 = Code(
    "SFN831",
    Severity.ERROR,
    "a stack cannot be deleted",
    "The stack is protected against termination, or a resource could not be deleted; the message says which and "
    "why.",
)
SFN832 = Code(
    "SFN832",
    Severity.WARNING,
    "a bucket is kept",
    "A data bucket outlives its stack unless `--delete-data` is given. A later deployment takes it over by the "
    "parameter `DataBucket`.",
)
SFN833 = Code(
    "SFN833",
    Severity.ERROR,
    "a part of an application cannot be deleted alone",
    "With `application = true` a workflow's stack is nested in the application's. It goes when the application is "
    "deployed without it, or with the application as a whole (`sfn-cfn destroy application`). Deleted by itself, it "
    "would leave the application with a resource that is not there.",
)
SFN834 = Code(
    "SFN834",
    Severity.ERROR,
    "an alarm that takes an alias back is not there",
    "`alarm_names` of `[versions]` names alarms from elsewhere. CloudWatch takes an alarm that it does not know for "
    "one that does not ring, so a new version that fails would get all starts. Alarms are looked for in the account "
    "and region of the stack.",
)
SFN835 = Code(
    "SFN835",
    Severity.WARNING,
    "it is not known whether an alarm that takes an alias back is there",
    "CloudWatch does not permit the look at its alarms (`cloudwatch:DescribeAlarms`). An alarm that is not there never "
    "takes a new version back; the deployment goes on.",
)
SFN836 = Code(
    "SFN836",
    Severity.ERROR,
    "a workflow is deployed in another way already",
    "A state machine has one name, so a workflow is deployed either by itself or in an application "
    "(`application = true`). CloudFormation cannot move it from one stack to the other by a deployment: it would fail "
    "at the first name that is taken. Delete it first where it stands. Its data bucket outlives its stack.",
)
SFN837 = Code(
    "SFN837",
    Severity.WARNING,
    "a table of pipelines is kept",
    "The table that `[pipelines]` makes outlives its stack, with the settings of all pipelines in it. A later "
    "deployment takes it over by the parameter `PipelineTableName`. Who needs it no more deletes it by "
    "`aws dynamodb delete-table`.",
)
