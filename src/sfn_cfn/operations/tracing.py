"""Definition, Settings -> traces of the executions in X-Ray, and the rights to send them.

Source: the Step Functions developer guide, "Trace Step Functions request data in AWS X-Ray".
"""

from __future__ import annotations

from sfn_cfn.machine_rights import TRACING
from sfn_cfn.model import Definition
from sfn_cfn.operations.capability import Addition, Capability
from sfn_cfn.sections import typed
from sfn_cfn.sections.tracing import TracingSettings
from sfn_cfn.settings import Settings
from sfn_cfn.template.model import Fragment
from sfn_cfn.template.tokens import STATE_MACHINE


def _add(definition: Definition, settings: Settings) -> Addition:
    sections = settings.of(definition.name).operations
    if "tracing" not in sections or not typed(sections, "tracing", TracingSettings).enabled:
        return Addition()
    return Addition(
        Fragment(properties={(STATE_MACHINE, "TracingConfiguration"): {"Enabled": True}}), (TRACING,)
    )


CAPABILITY = Capability(add=_add)
