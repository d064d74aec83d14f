"""`[endpoint]`: a workflow that is started by HTTP requests."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sfn_cfn.sections.pipelines import STARTED
from sfn_cfn.settings_key import Key, Section


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """The endpoint: requests per second that it takes, lastingly and at once."""

    enabled: bool = False
    rate: float = 5
    burst: float = 10
    access_logs: bool = False
    pipeline: str = ""


SECTION = Section(
    "An HTTP endpoint that starts the workflow: `POST <EndpointUrl>` with the execution's input as JSON, signed with "
    "AWS credentials.",
    {
        "enabled": Key("boolean", "whether there is one", "false"),
        "rate": Key("number", "requests per second, lastingly; the others are answered with 429", "5"),
        "burst": Key("number", "requests at once", "10"),
        "access_logs": Key(
            "boolean",
            "whether requests are logged; API Gateway of the account and region needs a role for CloudWatch Logs",
            "false",
        ),
        "pipeline": replace(
            STARTED,
            description="the pipeline that each request starts, by its name, with parameters in it; `[pipelines]` has "
            "to be enabled, and the body is what the pipeline's item does not have, or has otherwise",
        ),
    },
)
