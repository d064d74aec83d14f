"""Where to deploy -> clients, and what AWS refuses -> `DeployError`. The one place that makes boto3 clients."""

from __future__ import annotations

import ast
import contextlib
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sfn_cfn import __version__
from sfn_cfn.deploy import codes
from sfn_cfn.errors import DeployError, Diagnostic

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_INVALID = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
DENIED = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "UnauthorizedOperation", "403"}
"""Error codes of calls that the identity may not make."""
THROTTLED = {
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
}
"""Error codes that ask to call less often (those that botocore's standard retries know)."""
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>\s*(\S.*?)\s*</title", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_SHOWN = 100
_LOG_IN = "log in, or name a profile by AWS_PROFILE or --profile"
_AGAIN = "log in again and repeat the command"


@dataclass(frozen=True, slots=True)
class Target:
    """Where an environment is: what the settings and options say; empty where boto3 decides.

    `region` and `account` are the settings'; `asked_region` and `profile` come from options.
    """

    environment: str
    region: str = ""
    account: str = ""
    profile: str = ""
    asked_region: str = ""


@dataclass(frozen=True, slots=True)
class Cloud:
    """An account and region that the credentials open. `client` gives the client of a service by its name."""

    environment: str
    account: str
    region: str
    partition: str
    client: Callable[[str], Any]


def connect(target: Target) -> Cloud:
    """The account and region that the target names. Raises `DeployError` where the credentials open another.

    Endpoints, profiles and credentials are found as boto3 finds them.
    """
    import boto3  # noqa: PLC0415 (0.3 s, and only where something is deployed)
    from botocore.config import Config  # noqa: PLC0415

    with translated():
        session = boto3.Session(
            profile_name=target.profile or None, region_name=target.region or target.asked_region or None
        )
        region = _region(target, session.region_name)
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 8},
            user_agent_extra=f"sfn-cfn/{__version__}",
            max_pool_connections=32,
        )
        made: dict[str, Any] = {}

        def client(service: str) -> Any:
            if service not in made:
                made[service] = session.client(service, region_name=region, config=config)
            return made[service]

        return opened(target, region, session.get_partition_for_region(region), client)


def opened(target: Target, region: str, partition: str, client: Callable[[str], Any]) -> Cloud:
    """The target with the account of the client's credentials. Raises `DeployError` where it is another one."""
    with translated():
        identity = client("sts").get_caller_identity()
    own = identity["Arn"].split(":")[1]
    if own != partition:
        message = f"region '{region}' is in partition '{partition}', the credentials are of '{own}'"
        raise DeployError(codes.SFN805.at(None, message, "use credentials of that partition, or its region"))
    account = identity["Account"]
    if target.account and account != target.account:
        message = f"environment '{target.environment}' is in account {target.account}, the credentials are of {account}"
        raise DeployError(codes.SFN803.at(None, message, "use credentials of that account"))
    return Cloud(target.environment, account, region, partition, client)


def _region(target: Target, found: str | None) -> str:
    asked = target.asked_region
    if asked and target.region and asked != target.region:
        message = f"environment '{target.environment}' is in region '{target.region}', not in '{asked}'"
        raise DeployError(codes.SFN805.at(None, message, "leave --region out, or change the settings"))
    if not found:
        message = f"no region is known for environment '{target.environment}'"
        hint = f"write region in [environments.{target.environment}], or set AWS_REGION"
        raise DeployError(codes.SFN804.at(None, message, hint))
    return found


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn what botocore raises into `DeployError`, one finding each."""
    from boto3.exceptions import S3UploadFailedError  # noqa: PLC0415 (0.3 s, and only where something is deployed)
    from botocore import exceptions  # noqa: PLC0415
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    try:
        yield
    except exceptions.ClientError as error:
        raise DeployError(refusal(error)) from error
    except S3UploadFailedError as error:
        cause = error.__context__
        if isinstance(cause, exceptions.ClientError):
            raise DeployError(refusal(cause)) from error
        raise DeployError(codes.SFN821.at(None, f"an upload fails: {_one_line(str(error))}")) from error
    except exceptions.ProfileNotFound as error:
        raise DeployError(
            codes.SFN801.at(None, f"there is no profile '{error.kwargs['profile']}'", _LOG_IN)
        ) from error
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise DeployError(codes.SFN801.at(None, "no AWS credentials are found", _LOG_IN)) from error
    except (
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
        exceptions.CredentialRetrievalError,
    ) as error:
        message = f"the AWS credentials cannot be had: {_one_line(str(error))}"
        raise DeployError(codes.SFN802.at(None, message, _AGAIN)) from error
    except (exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.InvalidRegionError) as error:
        message = f"AWS cannot be reached: {_one_line(str(error))}"
        hint = "look at the network and at the region's name"
        raise DeployError(codes.SFN808.at(None, message, hint)) from error
    except ResponseParserError as error:
        raise DeployError(_stranger(_body(str(error)))) from error
    except exceptions.BotoCoreError as error:
        raise DeployError(codes.SFN809.at(None, f"AWS cannot be asked: {_one_line(str(error))}")) from error


def refusal(error: Any) -> Diagnostic:
    """A `ClientError` as a finding: what was called, and the service's words."""
    code, said = error_of(error)
    call = error.operation_name
    if _PAGE.search(said):
        return _stranger(said)
    if code in _EXPIRED:
        return codes.SFN802.at(None, "the AWS credentials are expired", _AGAIN)
    if code in _INVALID:
        hint = "log in again; in a region that is off by default, enable the region for the account first"
        return codes.SFN802.at(None, f"the AWS credentials are not valid: {said}", hint)
    if code in DENIED:
        return codes.SFN806.at(None, f"AWS does not permit '{call}': {said}", "ask for that permission")
    if code in THROTTLED:
        return codes.SFN807.at(None, f"AWS refuses '{call}' as one call too many", "repeat the command later")
    return codes.SFN809.at(None, f"AWS refuses '{call}': {said}")


def error_of(error: Any) -> tuple[str, str]:
    """The code and the words of a `ClientError`."""
    detail = error.response.get("Error", {})
    code = str(detail.get("Code", ""))
    return code, _one_line(str(detail.get("Message", ""))) or code


def _stranger(answer: str) -> Diagnostic:
    """The finding that a proxy, say, answers: with the title of its page, or its first words."""
    title = _TITLE.search(answer)
    words = title[1] if title else _TAG.sub(" ", answer)
    said = _one_line(html.unescape(words))
    short = said if len(said) <= _SHOWN else f"{said[:_SHOWN].rstrip()}..."
    message = f"what answers is not AWS: it says '{short}'" if short else "what answers is not AWS"
    return codes.SFN808.at(None, message, "look at the proxy, and repeat the command")


def _body(said: str) -> str:
    """What botocore could not read; it shows the bytes at the end of its message."""
    found = re.search(r"""b(?:'.*'|".*")\Z""", said, re.DOTALL)
    try:
        return ast.literal_eval(found[0]).decode("utf-8", "replace") if found else said
    except (SyntaxError, ValueError):
        return said


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
