"""Settings, workflows with their values -> the alarms that take an alias back, and which of them are not there.

An alarm that CloudWatch does not know counts as one that does not ring, so that a deployment would never go back. Those
of the template are made with it; others are looked for. Sources: the CloudFormation template reference,
`AWS::StepFunctions::StateMachineAlias DeploymentPreference`; the CloudWatch API reference, `DescribeAlarms`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sfn_cfn.deploy.aws import DENIED, Cloud, error_of
from sfn_cfn.deploy.children import Values
from sfn_cfn.deploy.codes import SFN834, SFN835
from sfn_cfn.deploy.resolved import Member, resolved
from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.sections import typed
from sfn_cfn.sections.versions import VersionsSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.model import Template

_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_BATCH = 100
"""The most names that `DescribeAlarms` takes."""


@dataclass(frozen=True, slots=True)
class Watching:
    """An alarm by its name, and the workflow whose alias it takes back."""

    workflow: str
    alarm: str
    location: SourceLocation


def concerns(chosen: Settings, workflow: str) -> bool:
    """Whether alarms that the settings name take the workflow's alias back."""
    return bool(_names(chosen, workflow))


def watching(chosen: Settings, members: Sequence[Member]) -> Iterator[Watching]:
    """The alarms that the workflows name; those that they make, and names without a value, left out."""
    naming = [(one, known) for one, known in members if concerns(chosen, one.workflow)]
    made = {name for one, known in members for name in _made(one.read(), known)} if naming else set()
    for one, known in naming:
        place = chosen.of(one.workflow).place("versions", "alarm_names")
        for written in _names(chosen, one.workflow):
            name = resolved(written, known)
            if name and name not in made:
                yield Watching(one.workflow, name, place)


def _made(template: Template, known: Mapping[str, str]) -> Iterator[str]:
    """The names of the alarms that a template makes."""
    values = Values(template, known)
    for resource in template.resources.values():
        if resource.get("Type") in _ALARMS:
            yield values.of(resource.get("Properties", {}).get("AlarmName", ""), "")


def _names(chosen: Settings, workflow: str) -> Sequence[str]:
    own = typed(chosen.of(workflow).operations, "versions", VersionsSettings)
    return own.alarm_names if own.enabled else ()


def check(cloud: Cloud, found: Sequence[Watching]) -> Iterator[Diagnostic]:
    """A finding for each alarm that is not there, or may not be looked for.

    Raises `ClientError` where CloudWatch refuses for another reason.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415 (with the client)

    if not found:
        return
    try:
        known = _known(cloud, list(dict.fromkeys(one.alarm for one in found)))
    except ClientError as error:
        code, said = error_of(error)
        if code not in DENIED:
            raise
        message = f"it is not known whether alarm '{found[0].alarm}' of workflow '{found[0].workflow}' is there: {said}"
        hint = "ask for cloudwatch:DescribeAlarms, or see that all of alarm_names are"
        yield SFN835.at(found[0].location, message, hint)
        return
    for one in found:
        if one.alarm not in known:
            message = (
                f"alarm '{one.alarm}', which takes the alias of workflow '{one.workflow}' back, is not there"
            )
            yield SFN834.at(one.location, message, f"create it in {cloud.region}, or correct its name")


def _known(cloud: Cloud, names: Sequence[str]) -> set[str]:
    """Those of the names that are alarms of the account and region."""
    client = cloud.client("cloudwatch")
    found = set()
    for start in range(0, len(names), _BATCH):
        asked = list(names[start : start + _BATCH])
        answer = client.describe_alarms(
            AlarmNames=asked, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=_BATCH
        )
        for kind in ("MetricAlarms", "CompositeAlarms"):
            found |= {one["AlarmName"] for one in answer.get(kind, ())}
    return found
