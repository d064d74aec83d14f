"""Definition, Settings -> the log group of the state machine and the rights to write to it; on by default.

The group's name begins with `/aws/vendedlogs/`, because the delivery service adds each other group by name to a
resource policy of the account, which is full after some dozens. Sources: the Step Functions developer guide, "Using
CloudWatch Logs to log execution history"; the CloudWatch Logs API reference, `PutRetentionPolicy`; the CloudFormation
template reference, `AWS::Logs::LogGroup`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_cfn.errors import Code, Diagnostic, Severity
from sfn_cfn.machine_rights import LOG_DELIVERY
from sfn_cfn.model import Definition, machine_name, text
from sfn_cfn.operations.capability import Addition, Capability
from sfn_cfn.operations.machines import log_configuration
from sfn_cfn.operations.parts import log_group
from sfn_cfn.sections import typed
from sfn_cfn.sections.kind import KindSettings
from sfn_cfn.sections.logging import LoggingSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.intrinsics import ref
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import LOG_GROUP, STATE_MACHINE

SFN640 = Code(
    "SFN640",
    Severity.ERROR,
    "a log is kept for a time that CloudWatch Logs does not know",
    "CloudWatch Logs keeps entries for one of these counts of days: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, "
    "400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653.",
)

_MONTHS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
_YEARS = (1096, 1827, 2192, 2557, 2922, 3288, 3653)
RETENTIONS = _MONTHS + _YEARS
"""Days (`PutRetentionPolicy`)."""


def _settings(definition: Definition, settings: Settings) -> LoggingSettings:
    return typed(settings.of(definition.name).operations, "logging", LoggingSettings)


def _check(definition: Definition, settings: Settings) -> Iterator[Diagnostic]:
    days = _settings(definition, settings).retention_days
    if days not in RETENTIONS:
        nearest = min(RETENTIONS, key=lambda one: (one < days, abs(one - days)))
        place = settings.of(definition.name).place("logging", "retention_days")
        message = f"'logging.retention_days' is {days}, which CloudWatch Logs does not take"
        yield SFN640.at(place, message, f"write {nearest}")


def _add(definition: Definition, settings: Settings) -> Addition:
    own = _settings(definition, settings)
    if not own.enabled:
        return Addition()
    kind = typed(settings.of(definition.name).operations, "state_machine", KindSettings)
    configuration = log_configuration(own, LOG_GROUP, "ALL" if kind.is_express else "ERROR")
    name = text("/aws/vendedlogs/states/", machine_name(definition.name))
    fragment = Fragment(
        resources={LOG_GROUP: log_group(definition, settings, name)},
        outputs={"LogGroupName": {"Description": "Log of the state machine", "Value": ref(LOG_GROUP)}},
        properties={(STATE_MACHINE, "LoggingConfiguration"): configuration},
    )
    return Addition(fragment, (LOG_DELIVERY,))


CAPABILITY = Capability(check=_check, add=_add)
