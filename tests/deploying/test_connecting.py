"""Where to deploy, and what AWS refuses, in whole messages."""

from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from project import ACCOUNT, REGION
from stubs import Refusal, answering

from sfn_cfn.deploy import aws
from sfn_cfn.errors import DeployError

OTHER = "210987654321"


def identity(account: str = ACCOUNT, partition: str = "aws") -> list[tuple[str, dict[str, str]]]:
    arn = f"arn:{partition}:iam::{account}:user/me"
    return [("get_caller_identity", {"Account": account, "Arn": arn, "UserId": "x"})]


def opened(target: aws.Target, answers: list, partition: str = "aws") -> aws.Cloud:
    with answering(sts=answers) as cloud:
        return aws.opened(target, target.region, partition, cloud.client)


def refused(caught: pytest.ExceptionInfo[DeployError]) -> tuple[str, str, str]:
    (item,) = caught.value.diagnostics
    return item.code, item.message, item.hint


def test_the_account_of_the_credentials_is_the_cloud_s() -> None:
    cloud = opened(aws.Target("prod", REGION, ACCOUNT), identity())
    assert (cloud.account, cloud.region, cloud.partition, cloud.environment) == (
        ACCOUNT,
        REGION,
        "aws",
        "prod",
    )


def test_another_account_than_the_configured_one_is_refused() -> None:
    with pytest.raises(DeployError) as caught:
        opened(aws.Target("prod", REGION, OTHER), identity())
    message = f"environment 'prod' is in account {OTHER}, the credentials are of {ACCOUNT}"
    assert refused(caught) == ("SFN803", message, "use credentials of that account")


def test_a_region_of_another_partition_is_refused() -> None:
    with pytest.raises(DeployError) as caught:
        opened(aws.Target("prod", "cn-north-1"), identity(), "aws-cn")
    message = "region 'cn-north-1' is in partition 'aws-cn', the credentials are of 'aws'"
    assert refused(caught) == ("SFN805", message, "use credentials of that partition, or its region")


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (
            "ExpiredToken",
            "The security token included in the request is expired",
            ("SFN802", "the AWS credentials are expired", "log in again and repeat the command"),
        ),
        (
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            (
                "SFN802",
                "the AWS credentials are not valid: The security token included in the request is invalid",
                "log in again; in a region that is off by default, enable the region for the account first",
            ),
        ),
        (
            "AccessDenied",
            "User: me is not authorized to perform: sts:GetCallerIdentity",
            (
                "SFN806",
                (
                    "AWS does not permit 'GetCallerIdentity': "
                    "User: me is not authorized to perform: sts:GetCallerIdentity"
                ),
                "ask for that permission",
            ),
        ),
        (
            "Throttling",
            "Rate exceeded",
            ("SFN807", "AWS refuses 'GetCallerIdentity' as one call too many", "repeat the command later"),
        ),
        (
            "Surprise",
            "Something\nelse.",
            ("SFN809", "AWS refuses 'GetCallerIdentity': Something else", ""),
        ),
    ],
)
def test_what_aws_refuses_is_a_finding(code: str, said: str, expected: tuple[str, str, str]) -> None:
    with pytest.raises(DeployError) as caught:
        opened(aws.Target("prod", REGION), [("get_caller_identity", Refusal(code, said))])
    assert refused(caught) == expected


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without credentials and profiles."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_no_credentials_are_a_finding(nobody: None) -> None:
    with pytest.raises(DeployError) as caught:
        aws.connect(aws.Target("prod", REGION))
    hint = "log in, or name a profile by AWS_PROFILE or --profile"
    assert refused(caught) == ("SFN801", "no AWS credentials are found", hint)


def test_a_profile_that_is_not_there_is_a_finding(nobody: None) -> None:
    with pytest.raises(DeployError) as caught:
        aws.connect(aws.Target("prod", REGION, profile="work"))
    hint = "log in, or name a profile by AWS_PROFILE or --profile"
    assert refused(caught) == ("SFN801", "there is no profile 'work'", hint)


def test_no_region_is_a_finding(nobody: None) -> None:
    with pytest.raises(DeployError) as caught:
        aws.connect(aws.Target("prod"))
    hint = "write region in [environments.prod], or set AWS_REGION"
    assert refused(caught) == ("SFN804", "no region is known for environment 'prod'", hint)


def test_a_region_against_the_settings_is_a_finding(nobody: None) -> None:
    with pytest.raises(DeployError) as caught:
        aws.connect(aws.Target("prod", REGION, asked_region="us-east-1"))
    message = "environment 'prod' is in region 'eu-west-1', not in 'us-east-1'"
    assert refused(caught) == ("SFN805", message, "leave --region out, or change the settings")


def test_a_service_that_does_not_answer_is_a_finding(monkeypatch: pytest.MonkeyPatch, nobody: None) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "t")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "t")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with pytest.raises(DeployError) as caught:
        aws.connect(aws.Target("prod", REGION))
    message = 'AWS cannot be reached: Could not connect to the endpoint URL: "http://127.0.0.1:9/"'
    assert refused(caught) == ("SFN808", message, "look at the network and at the region's name")


def answered(body: bytes, service: str = "sts", call: str = "GetCallerIdentity") -> tuple[str, str, str]:
    """The finding on a body that comes from a proxy."""
    model = botocore.session.Session().get_service_model(service)
    parser = create_parser(model.metadata["protocol"])
    response = {"status_code": 403, "headers": {}, "body": body}

    def ask() -> None:
        parsed = parser.parse(response, model.operation_model(call).output_shape)
        raise ClientError(parsed, call)

    with pytest.raises(DeployError) as caught, aws.translated():
        ask()
    return refused(caught)


@pytest.mark.parametrize(("service", "call"), [("sts", "GetCallerIdentity"), ("dynamodb", "GetItem")])
def test_of_a_proxy_s_page_only_the_title_is_shown(service: str, call: str) -> None:
    page = b"<!DOCTYPE html>\n<html><head><style>a{}</style><title>Access\n denied &amp; logged</title><body><p>no & no"
    message = "what answers is not AWS: it says 'Access denied & logged'"
    hint = "look at the proxy, and repeat the command"
    assert answered(page, service, call) == ("SFN808", message, hint)


def test_of_a_page_without_a_title_the_first_words_are_shown() -> None:
    words = "Sign in, it's the guest network. " * 9
    body = f"<html><script>var a = 1 < 2;</script><body><h1>{words}</h1>".encode()
    _, message, _ = answered(body)
    assert message == (
        "what answers is not AWS: it says 'Sign in, it's the guest network. Sign in, it's the guest network. Sign in, "
        "it's the guest network. S...'"
    )
    assert answered(b"")[1] == "what answers is not AWS"
    assert answered(b"Bad Gateway")[1] == "what answers is not AWS: it says 'Bad Gateway'"
