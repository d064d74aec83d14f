"""`[notifications]`."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_cfn.settings_key import Key, Section

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True, slots=True)
class NotificationsSettings:
    """What the topic is told of executions and of SageMaker jobs, where the section stands."""

    enabled: bool = True
    statuses: tuple[str, ...] = ("FAILED", "TIMED_OUT", "ABORTED")
    jobs: bool = True
    router: bool = True


SECTION = Section(
    "Messages to the topic when an execution ends, and when one of its SageMaker jobs or endpoints fails. Off where "
    "the section is not there.",
    {
        "enabled": Key("boolean", "whether there are messages", "true, where the section stands"),
        "statuses": Key(
            "texts",
            "statuses of an execution that are told; none where empty",
            '["FAILED", "TIMED_OUT", "ABORTED"]',
            choices=STATUSES,
        ),
        "jobs": Key(
            "boolean",
            "whether SageMaker jobs and endpoints of the workflow that fail, and jobs that are stopped, are told",
            "true",
        ),
        "router": Key(
            "boolean",
            "whether executions of the router of pipelines that end badly are told, whatever `statuses` are",
            "true",
        ),
    },
)
